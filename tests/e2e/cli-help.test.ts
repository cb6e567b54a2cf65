/** Help is a promise: every command has it, its examples can be typed, and a slip is met with what was meant. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { GROUPS } from '../../client/cli/command.js';
import { UsageError } from '../../client/cli/errors.js';
import { BARE, GLOBAL_NAMES, flagsOf, parseLine } from '../../client/cli/flags.js';
import { ENTRIES } from '../../client/cli/registry.js';

const MAIN = fileURLToPath(new URL('../../dist/program/aftercare.js', import.meta.url));
const built = existsSync(MAIN);
const named = ENTRIES.filter((entry) => entry.name !== BARE);

/** Splits a line as a shell does, as far as examples need it. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''));
}

function parse(line: string) {
  const [program, ...argv] = words(line);
  expect(program).toBe('aftercare');
  return parseLine({ argv, entries: ENTRIES, version: '0', color: false });
}

async function slip(line: string): Promise<UsageError> {
  try {
    await parse(line);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`was taken: ${line}`);
}

describe.each(ENTRIES.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
  it('says in the registry what its file says', async () => {
    const command = await entry.load();
    expect({ name: command.name, group: command.group, summary: command.summary }).toEqual({
      name,
      group: entry.group,
      summary: entry.summary,
    });
    expect(GROUPS).toContain(command.group);
    expect(command.summary).not.toMatch(/^[A-Z][a-z]|\.$/);
  });

  it('has two examples or more, and each parses', async () => {
    const command = await entry.load();
    expect(command.examples.length).toBeGreaterThanOrEqual(2);
    expect(new Set(command.examples).size).toBe(command.examples.length);
    for (const example of command.examples) {
      const parsed = await parse(example);
      if (parsed.kind !== 'run') throw new Error(`only prints: ${example}`);
      expect(name === BARE ? ['inbox', BARE] : [name]).toContain(parsed.command.name);
    }
  });

  it('has flags of its own, each with a help line', async () => {
    for (const flag of await flagsOf(await entry.load())) {
      expect(flag.help, `${name} ${flag.flags}`).not.toBe('');
      // A global flag of the same name would take its value away.
      expect(GLOBAL_NAMES, `${name} ${flag.flags}`).not.toContain(flag.flags.split(' ')[0]);
    }
  });

  it('leads its help with the examples; with --json it is a schema', async (test) => {
    test.skip(name === BARE, 'the help of the word alone is that of the whole program, tested below');
    const command = await entry.load();
    const help = await parse(`aftercare ${name} --help`);
    if (help.kind !== 'print') throw new Error('did not print');
    const lines = help.text.split('\n');
    expect(lines[1]).toBe(command.summary);
    expect(lines[3]).toBe(`  $ ${command.examples[0]}`);
    expect(lines[4]).toBe(`  $ ${command.examples[1]}`);
    const schema = await parse(`aftercare --json ${name} --help`);
    if (schema.kind !== 'print') throw new Error('did not print');
    expect(JSON.parse(schema.text)).toMatchObject({
      name,
      examples: command.examples,
      input: { type: 'object' },
    });
  });
});

describe('the overview', () => {
  it('leads with two examples, lists every command, and none twice', async () => {
    const help = await parse('aftercare --help');
    if (help.kind !== 'print') throw new Error('did not print');
    expect(help.text.split('\n').filter((line) => line.startsWith('  $ '))).toHaveLength(2);
    for (const { name } of named) expect(help.text).toContain(`\n  ${name} `);
    expect(new Set(named.map(({ name }) => name)).size).toBe(named.length);
  });
  it('of a group lists its commands', async () => {
    const help = await parse('aftercare task --help');
    expect(help.kind === 'print' && help.text).toContain('task reassign');
  });
});

describe('usage errors suggest and never correct', () => {
  it.each([
    ['aftercare tsak', 'usage.unknownCommand', 'Did you mean task?'],
    ['aftercare task compelte T20300304-001', 'usage.unknownCommand', 'Did you mean complete?'],
    ['aftercare task complete T20300304-001 --tsk acknowledge', 'usage.unknownFlag', 'Did you mean --task?'],
    ['aftercare complaint open --anwser grade=major', 'usage.unknownFlag', 'Did you mean --answer?'],
    ['aftercare inbox --jsno', 'usage.unknownFlag', 'Did you mean --json?'],
    ['aftercare case list --status opne', 'usage.value', 'Did you mean open?'],
    ['aftercare case show 20300304-001', 'usage.value', 'e.g. T20300304-001'],
    ['aftercare case raise T20300304-001', 'usage.missing', '--reason is missing'],
    ['aftercare case show', 'usage.missing', 'CASE is missing'],
    ['aftercare case note T20300304-001 --text', 'usage.missing', '--text needs a value: TEXT'],
    ['aftercare case list --limit many', 'usage.value', 'a number'],
    ['aftercare case show T20300304-001 T20300304-002', 'usage.excess', 'too many words'],
    ['aftercare case show T20300304-001 --time loud', 'usage.invalid', 'local, iso'],
    ['aftercare task', 'usage.commandMissing', 'task what?'],
  ])('%s', async (line, code, said) => {
    const error = await slip(line);
    expect(error.exit).toBe(64);
    expect(error.code).toBe(code);
    expect(error.message).toContain(said);
    expect(error.details.remedy).not.toBe('');
  });

  it('global flags are taken anywhere', async () => {
    for (const line of [
      'aftercare --as li.na --json case show T20300304-001',
      'aftercare case --as li.na show --json T20300304-001',
      'aftercare case show T20300304-001 --json --as li.na',
    ]) {
      const parsed = await parse(line);
      expect(parsed).toMatchObject({
        kind: 'run',
        globals: { as: 'li.na', json: true },
        input: { case: 'T20300304-001' },
      });
    }
  });
});

describe.skipIf(!built)(built ? 'the program' : 'the program (skipped: dist/ is not built)', () => {
  const env = {
    ...process.env,
    AFTERCARE_HOME: '/nonexistent/aftercare',
    AFTERCARE_AS: '',
    TEMPORAL_ADDRESS: '',
    CI: '',
  };
  const aftercare = (...argv: string[]) =>
    spawnSync(process.execPath, [MAIN, ...argv], { encoding: 'utf8', env });

  it('exits 0 for help, 64 for slips, 4 when nothing runs', () => {
    expect(aftercare('--help').status).toBe(0);
    expect(aftercare('tsak').status).toBe(64);
    expect(aftercare('inbox', '--as', 'li.na').status).toBe(4);
  });

  it('talks on stderr; with --json the error is the one thing on stdout', () => {
    const words = aftercare('case', 'raise', 'T20300304-001');
    expect(words.stdout).toBe('');
    expect(words.stderr).toContain('--reason is missing');
    const json = aftercare('case', 'raise', 'T20300304-001', '--json');
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: { code: 'usage.missing', fields: [{ field: '--reason' }] },
    });
  });

  const python = spawnSync('python3', ['--version']).status === 0;
  it.skipIf(!python)(
    'colours a terminal, unless NO_COLOR, TERM=dumb or --no-color (needs python3 for a terminal)',
    () => {
      // What the runner itself was told about colour must not decide here.
      const { NO_COLOR: _no, FORCE_COLOR: _force, CI: _ci, ...plain }: NodeJS.ProcessEnv = env;
      const onTerminal = (extra: Record<string, string>, ...argv: string[]) =>
        spawnSync(
          'python3',
          ['-c', 'import pty,sys; pty.spawn(sys.argv[1:])', process.execPath, MAIN, ...argv, '--help'],
          {
            encoding: 'utf8',
            env: { ...plain, TERM: 'xterm-256color', ...extra },
          },
        ).stdout;
      expect(onTerminal({})).toContain('\u001b[');
      expect(onTerminal({ NO_COLOR: '1' })).not.toContain('\u001b[');
      expect(onTerminal({ TERM: 'dumb' })).not.toContain('\u001b[');
      expect(onTerminal({}, '--no-color')).not.toContain('\u001b[');
    },
  );
});
