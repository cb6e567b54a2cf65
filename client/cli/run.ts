/** One run of the program: read the line, import the command that is meant, run it, say what went wrong. */
import { readFileSync } from 'node:fs';
import { EXIT } from '../api.js';
import type { Command, Globals } from './command.js';
import type { ContextParts } from './context.js';
import { troubleOf } from './errors.js';
import { parseLine } from './flags.js';
import { takesColor } from './paint.js';
import { ENTRIES } from './registry.js';

/** The nearest package.json upwards: the same from sources and from dist/. */
function version(): string {
  for (let folder = new URL('./', import.meta.url); ; folder = new URL('../', folder)) {
    try {
      const read = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as {
        name?: string;
        version: string;
      };
      if (read.name === 'aftercare') return read.version;
    } catch {
      if (folder.pathname === '/') return 'unknown';
    }
  }
}

/** What the line alone says of the globals, for errors that happen before it is understood. */
function roughGlobals(argv: readonly string[]): Globals {
  return {
    json: argv.includes('--json'),
    color: !argv.includes('--no-color'),
    time: 'local',
    yes: false,
    dryRun: false,
    verbose: argv.includes('--verbose'),
  };
}

async function complain(error: unknown, globals: Globals, parts: ContextParts): Promise<number> {
  const { Output } = await import('./output.js');
  const trouble = troubleOf(error);
  const out = parts.out ?? new Output(globals);
  out.trouble(trouble, globals.verbose && error instanceof Error ? stackOf(error) : undefined);
  return trouble.exit;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

/** Runs a line and resolves to its exit code. Never throws. */
export async function run(argv: readonly string[], parts: ContextParts = {}): Promise<number> {
  let parsed;
  try {
    const color = !argv.includes('--no-color') && takesColor(process.stdout);
    parsed = await parseLine({ argv, entries: ENTRIES, version: version(), color });
  } catch (error) {
    return complain(error, roughGlobals(argv), parts);
  }
  if (parsed.kind === 'print') {
    process.stdout.write(`${parsed.text}\n`);
    return EXIT.done;
  }
  return runCommand(parsed.command, parsed.input, parsed.globals, { ...parts, argv });
}

async function runCommand(
  command: Command,
  input: Record<string, unknown>,
  globals: Globals,
  parts: ContextParts,
): Promise<number> {
  const { Context } = await import('./context.js');
  const ctx = new Context(globals, parts);
  let presses = 0;
  const onInterrupt = () => {
    // The second press does not wait for anything.
    if (++presses > 1) process.exit(EXIT.interrupted);
    void ctx.interrupt().then(
      (code) => process.exit(code),
      () => process.exit(EXIT.interrupted),
    );
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    return (await command.run(ctx, input)) ?? EXIT.done;
  } catch (error) {
    const exit = await complain(error, globals, { ...parts, out: ctx.out });
    if (exit === EXIT.unreachable && !globals.json) {
      const requestId = troubleOf(error).requestId;
      if (requestId)
        ctx.out.say(`  request id ${requestId}; repeating is safe:\n  ${ctx.repeatLine(requestId)}`);
    }
    return exit;
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
    await ctx.close().catch(() => undefined);
  }
}
