/**
 * From the line people type to a command's input: flags, help and JSON Schema derive from the command's zod object.
 * Only the command that is meant is imported; the others are names and summaries.
 */
import { Command as Commander, CommanderError, Option } from 'commander';
import { GROUPS, type Command, type Entry, type Globals } from './command.js';
import { UsageError } from './errors.js';
import { paint, type Paint } from './paint.js';

/** Property names a flag's schema can have; a local twin of forms.ts's type keeps zod out of `--help`. */
interface FlagSchema {
  type?: string;
  enum?: unknown[];
  anyOf?: FlagSchema[];
  items?: FlagSchema;
  default?: unknown;
  description?: string;
  value?: string;
}

interface GlobalFlag {
  flags: string;
  takesValue: boolean;
  help: string;
}

const GLOBAL_FLAGS: GlobalFlag[] = [
  { flags: '--json', takesValue: false, help: 'data as JSON, full values' },
  { flags: '--as <STAFF>', takesValue: true, help: 'who acts; or set AFTERCARE_AS' },
  { flags: '--home <DIR>', takesValue: true, help: 'data folder, default .aftercare' },
  { flags: '--no-color', takesValue: false, help: 'plain text; so do NO_COLOR and TERM=dumb' },
  { flags: '--time <local|iso>', takesValue: true, help: 'how times are written, default local' },
  { flags: '--yes', takesValue: false, help: 'do not ask before pause, raise, reassign' },
  { flags: '--confirm <NUMBER>', takesValue: true, help: 'the number asked for before cancel, policy adopt' },
  { flags: '--dry-run', takesValue: false, help: 'show the effect, change nothing' },
  { flags: '--request-id <ID>', takesValue: true, help: 'makes an act safe to repeat' },
  { flags: '--verbose', takesValue: false, help: 'causes and stack traces' },
];

export const GLOBAL_NAMES = GLOBAL_FLAGS.map((flag) => flag.flags.split(' ')[0]!);
const WITH_VALUE = new Set(
  GLOBAL_FLAGS.filter((flag) => flag.takesValue).map((flag) => flag.flags.split(' ')[0]!),
);

/** `dryRun` as a flag: `dry-run`. */
export function kebab(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}

export interface Flag {
  field: string;
  /** As commander takes it: `--answer <KEY=VALUE>`. */
  flags: string;
  help: string;
  kind: 'boolean' | 'text' | 'list';
  choices: string[];
  required: boolean;
  /** Its value, or each of its values, is a number. */
  numeric: boolean;
}

/** The flags of a command, in the order of its input. */
export async function flagsOf(command: Command): Promise<Flag[]> {
  const { inputSchema } = await import('../forms.js');
  const schema = inputSchema(command.input);
  return Object.entries(schema.properties ?? {})
    .filter(([field]) => field !== command.positional?.field)
    .map(([field, property]) =>
      flagOf(field, property as FlagSchema, schema.required?.includes(field) ?? false),
    );
}

function flagOf(field: string, schema: FlagSchema, required: boolean): Flag {
  const help = schema.description ?? '';
  const item = schema.type === 'array' ? (schema.items ?? {}) : schema;
  const choices = (item.enum ?? []).map(String);
  if (schema.type === 'boolean') {
    const name = schema.default === true ? `no-${kebab(field)}` : kebab(field);
    return { field, flags: `--${name}`, help, kind: 'boolean', choices: [], required: false, numeric: false };
  }
  const value =
    schema.value ?? (choices.length > 0 && choices.length <= 5 ? choices.join('|') : field.toUpperCase());
  const kind = schema.type === 'array' ? 'list' : 'text';
  const numeric = item.type === 'number' || item.type === 'integer';
  return { field, flags: `--${kebab(field)} <${value}>`, help, kind, choices, required, numeric };
}

// ---------------------------------------------------------------- which command is meant

/** The words of a line that are not flags or values of global flags, up to the end of the command's name. */
function commandWords(argv: readonly string[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === '--') break;
    if (WITH_VALUE.has(arg)) i++;
    else if (!arg.startsWith('-')) words.push(arg);
  }
  return words;
}

export interface Match {
  entry: Entry | null;
  /** Set when only a group was typed (`task`): its commands are listed. */
  prefix: string[];
}

/** The command whose name the line starts with. */
export function match(argv: readonly string[], entries: readonly Entry[]): Match {
  const words = commandWords(argv);
  if (words.length === 0) return { entry: entries.find((entry) => entry.name === BARE) ?? null, prefix: [] };
  for (const entry of entries) {
    const name = entry.name.split(' ');
    if (entry.name !== BARE && name.every((word, i) => words[i] === word)) return { entry, prefix: name };
  }
  return { entry: null, prefix: words.slice(0, 1) };
}

/** The command behind a bare `aftercare`; it has no name to type. */
export const BARE = '(bare)';

// ---------------------------------------------------------------- parse

export type Parsed =
  | { kind: 'run'; command: Command; input: Record<string, unknown>; globals: Globals }
  | { kind: 'print'; text: string };

interface Line {
  argv: readonly string[];
  entries: readonly Entry[];
  version: string;
  /** For help; errors are painted by whoever prints them. */
  color: boolean;
}

/** Reads a line. @throws UsageError for anything that cannot be read, with what was probably meant */
export async function parseLine(line: Line): Promise<Parsed> {
  const { argv, entries } = line;
  const wantsHelp = argv.includes('--help') || argv.includes('-h') || commandWords(argv)[0] === 'help';
  const asked = commandWords(argv)[0] === 'help' ? argv.filter((arg) => arg !== 'help') : argv;
  const { entry, prefix } = match(asked, entries);
  const paints = paint(line.color);
  const named = entry && entry.name !== BARE;
  if (wantsHelp && (named || commandWords(asked).length <= 1)) {
    const json = argv.includes('--json');
    if (named) return { kind: 'print', text: await commandHelp(await entry.load(), paints, json) };
    const first = commandWords(asked)[0];
    if (first === undefined) return { kind: 'print', text: overview(entries, paints, json) };
    if (isGroup(first, entries)) return { kind: 'print', text: groupHelp(first, entries, paints, json) };
  }
  if (argv.includes('--version') && commandWords(argv).length === 0)
    return { kind: 'print', text: line.version };
  if (
    entry === null &&
    prefix.length === 1 &&
    commandWords(asked).length === 1 &&
    isGroup(prefix[0]!, entries)
  ) {
    throw new UsageError('usage.commandMissing', `${prefix[0]} what?`, groupRemedy(prefix[0]!, entries));
  }

  const loaded = entry ? await entry.load() : null;
  let result: Parsed | null = null;
  const program = await tree(entries, loaded, (input, globals) => {
    result = { kind: 'run', command: loaded!, input, globals };
  });
  const words = entry?.name === BARE ? [BARE, ...asked] : [...asked];
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? fromCommander(error, loaded, asked, entries) : error;
  }
  if (result === null) throw new UsageError('usage.commandMissing', 'no command', 'aftercare --help');
  return result;
}

function isGroup(word: string, entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.name.startsWith(`${word} `));
}

function groupRemedy(word: string, entries: readonly Entry[]): string {
  const names = entries
    .filter((entry) => entry.name.startsWith(`${word} `))
    .map((entry) => entry.name.split(' ')[1]);
  return `aftercare ${word} ${names.join(' | ')}`;
}

async function tree(
  entries: readonly Entry[],
  loaded: Command | null,
  onRun: (input: Record<string, unknown>, globals: Globals) => void,
): Promise<Commander> {
  const program = quiet(new Commander('aftercare'));
  for (const flag of GLOBAL_FLAGS) {
    const option = new Option(flag.flags, flag.help);
    program.addOption(flag.flags.startsWith('--time') ? option.choices(['local', 'iso']) : option);
  }
  const groups = new Map<string, Commander>();
  for (const entry of entries) {
    const [first, second] = entry.name.split(' ');
    let parent = program;
    if (second !== undefined) {
      parent = groups.get(first!) ?? quiet(program.command(first!));
      groups.set(first!, parent);
    }
    const leaf = quiet(parent.command(second ?? first!));
    if (loaded?.name === entry.name) await attach(leaf, loaded, onRun);
    else leaf.action(() => undefined);
  }
  return program;
}

function quiet(command: Commander): Commander {
  return command
    .exitOverride()
    .helpOption(false)
    .helpCommand(false)
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined, outputError: () => undefined });
}

async function attach(
  leaf: Commander,
  command: Command,
  onRun: (input: Record<string, unknown>, globals: Globals) => void,
): Promise<void> {
  const [flags, { suggest }] = await Promise.all([flagsOf(command), import('../forms.js')]);
  for (const flag of flags) leaf.addOption(optionOf(flag));
  const { positional } = command;
  if (positional) leaf.argument(`[${positional.field}${positional.many ? '...' : ''}]`);
  leaf.action(() => {
    const given = leaf.opts<Record<string, unknown>>();
    const raw: Record<string, unknown> = {};
    for (const flag of flags) {
      const name = flag.flags.slice(2).split(' ')[0]!;
      const key = camel(name.startsWith('no-') && flag.kind === 'boolean' ? name.slice(3) : name);
      if (leaf.getOptionValueSource(key) === 'cli') raw[flag.field] = given[key];
    }
    const word: unknown = leaf.processedArgs[0];
    if (positional && word !== undefined && !(Array.isArray(word) && word.length === 0))
      raw[positional.field] = word;
    onRun(read(command, flags, raw, suggest), globalsOf(leaf.optsWithGlobals()));
  });
}

function optionOf(flag: Flag): Option {
  const option = new Option(flag.flags, flag.help);
  if (flag.kind === 'list') {
    return option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}

function camel(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function globalsOf(given: Record<string, unknown>): Globals {
  const text = (key: string) => (typeof given[key] === 'string' ? { [key]: given[key] } : {});
  return {
    json: given['json'] === true,
    color: given['color'] !== false,
    time: given['time'] === 'iso' ? 'iso' : 'local',
    yes: given['yes'] === true,
    dryRun: given['dryRun'] === true,
    verbose: given['verbose'] === true,
    ...text('as'),
    ...text('home'),
    ...text('confirm'),
    ...text('requestId'),
  };
}

/** The typed words as the command's input. @throws UsageError naming flag, value and what is allowed */
function read(
  command: Command,
  flags: readonly Flag[],
  raw: Record<string, unknown>,
  suggest: (word: string, candidates: readonly string[]) => string | null,
): Record<string, unknown> {
  const typed: Record<string, unknown> = { ...raw };
  for (const { field, numeric } of flags) {
    const value = raw[field];
    if (numeric && value !== undefined)
      typed[field] = Array.isArray(value) ? value.map(numberOf) : numberOf(value);
  }
  const parsed = command.input.safeParse(typed);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = String(issue.path[0] ?? '');
  const flag = flags.find((each) => each.field === field);
  const shown = flag ? flag.flags.split(' ')[0]! : (command.positional?.value ?? field);
  const help = `aftercare ${command.name} --help`;
  const value = raw[field];
  if (value === undefined) {
    const example = command.examples[0];
    throw new UsageError('usage.missing', `${shown} is missing`, example ? `e.g. ${example}` : help, shown);
  }
  const place = issue.path[1];
  const given = String(Array.isArray(value) && typeof place === 'number' ? value[place] : value);
  const near = flag?.choices.length ? suggest(given, flag.choices) : null;
  const expected = flag?.numeric && issue.code === 'invalid_type' ? 'a number' : issue.message;
  const allowed = flag?.choices.length ? `one of ${flag.choices.join(', ')}` : expected;
  const message = `${shown} cannot be "${given}": ${allowed}`;
  throw new UsageError('usage.value', `${message}${near ? `. Did you mean ${near}?` : ''}`, help, shown);
}

/** "12x" stays text, so that the schema says what is wrong with it. */
function numberOf(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))
    ? Number(value)
    : value;
}

function fromCommander(
  error: CommanderError,
  command: Command | null,
  argv: readonly string[],
  entries: readonly Entry[],
): UsageError {
  const [line = '', hint] = error.message.split('\n');
  const text = line
    .replace(/^error: /, '')
    .replace(/option '/g, "flag '")
    .replace(/'/g, '');
  const meant = hint ? ` ${hint.replace(/[()]/g, '')}` : '';
  const named = command && command.name !== BARE ? `aftercare ${command.name} --help` : 'aftercare --help';
  switch (error.code) {
    case 'commander.unknownCommand': {
      const group = commandWords(argv)[0]!;
      const remedy = isGroup(group, entries) ? groupRemedy(group, entries) : 'aftercare --help';
      return new UsageError('usage.unknownCommand', `${text}.${meant}`, remedy);
    }
    case 'commander.unknownOption':
      return new UsageError('usage.unknownFlag', `${text}.${meant}`, named, text.split(' ').at(-1));
    case 'commander.optionMissingArgument':
      return new UsageError(
        'usage.missing',
        text.replace(/^flag (--\S+) <(.+)> .*/, '$1 needs a value: $2'),
        named,
      );
    case 'commander.excessArguments': {
      const remedy = command?.positional
        ? `${named} (one ${command.positional.value}; the rest are flags)`
        : named;
      return new UsageError('usage.excess', 'too many words', remedy);
    }
    default:
      return new UsageError('usage.invalid', text, named);
  }
}

// ---------------------------------------------------------------- help

const EXITS = '0 done · 1 failed · 2 refused · 3 not found · 4 unreachable · 64 usage · 130 Ctrl-C';

function rows(lines: readonly [string, string][], c: Paint): string {
  const width = Math.max(0, ...lines.map(([left]) => left.length)) + 2;
  return lines.map(([left, right]) => `  ${c.cyan(left.padEnd(width))}${right}`.trimEnd()).join('\n');
}

const EVERYWHERE: [string, string][] = GLOBAL_FLAGS.map((flag) => [
  flag.flags.replace(/[<>]/g, ''),
  flag.help,
]);

function visible(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry) => entry.name !== BARE);
}

/** `aftercare --help`: two examples, then every command under its heading. */
export function overview(entries: readonly Entry[], c: Paint, json: boolean): string {
  if (json) {
    const commands = visible(entries).map(({ name, group, summary }) => ({ name, group, summary }));
    return JSON.stringify(
      { commands, globalFlags: EVERYWHERE.map(([flag, help]) => ({ flag, help })) },
      null,
      2,
    );
  }
  const sections = GROUPS.map((group) => {
    const own = visible(entries).filter((entry) => entry.group === group);
    return `${c.bold(group)}\n${rows(
      own.map((entry) => [entry.name, entry.summary]),
      c,
    )}`;
  });
  return [
    `${c.bold('aftercare')}  cases that are never lost, late in silence, or answered twice`,
    '',
    '  $ aftercare inbox --as li.na          what must I do now',
    '  $ aftercare case why T20300304-001    why is it due then',
    '',
    sections.join('\n\n'),
    '',
    `${c.bold('Everywhere')}\n${rows(EVERYWHERE, c)}`,
    '',
    c.dim(`Exit codes: ${EXITS}`),
    c.dim('More: aftercare COMMAND --help'),
  ].join('\n');
}

function groupHelp(group: string, entries: readonly Entry[], c: Paint, json: boolean): string {
  const own = entries.filter((entry) => entry.name.startsWith(`${group} `));
  if (json) return JSON.stringify({ commands: own.map(({ name, summary }) => ({ name, summary })) }, null, 2);
  return [
    `${c.bold(`aftercare ${group}`)}\n${rows(
      own.map((entry) => [entry.name, entry.summary]),
      c,
    )}`,
    '',
    c.dim(`More: aftercare ${own[0]?.name ?? group} --help`),
  ].join('\n');
}

/** Help of one command; with `--json` its JSON Schema. */
export async function commandHelp(command: Command, c: Paint, json: boolean): Promise<string> {
  const flags = await flagsOf(command);
  if (json) {
    const { inputSchema } = await import('../forms.js');
    const { name, group, summary, examples, positional } = command;
    return JSON.stringify(
      { name, group, summary, examples, positional, input: inputSchema(command.input) },
      null,
      2,
    );
  }
  const place = command.positional
    ? ` ${command.positional.value}${command.positional.many ? '...' : ''}`
    : '';
  const own = flags.map((flag): [string, string] => [
    flag.flags.replace(/[<>]/g, ''),
    [
      flag.help,
      flag.choices.length > 5 ? `(${flag.choices.join(', ')})` : '',
      flag.kind === 'list' ? '(repeatable)' : '',
      flag.required ? '(required)' : '',
    ]
      .filter(Boolean)
      .join(' '),
  ]);
  return [
    `${c.bold(`aftercare ${command.name}${place}`)}${flags.length ? ' [flags]' : ''}`,
    command.summary,
    '',
    ...command.examples.map((example) => `  $ ${example}`),
    ...(own.length ? ['', c.bold('Flags'), rows(own, c)] : []),
    ...(command.notes?.length ? ['', ...command.notes] : []),
    '',
    c.bold('Everywhere'),
    `  ${GLOBAL_FLAGS.map((flag) => flag.flags.replace(/[<>]/g, '')).join('  ')}`,
    '',
    c.dim(`Exit codes: ${EXITS}`),
  ].join('\n');
}
