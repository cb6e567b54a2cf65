/**
 * Scenario files run by the shipped program, as they are or disturbed: the same steps with a fault between any two, or
 * under another policy. What comes out may then be held against the undisturbed run.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');
export const SCENARIOS = join(ROOT, 'examples/scenarios');

/** A line of `simulate --json`; what a case holds is compared as it stands. */
export interface CaseLine {
  case: string;
  status: string;
  outcome: string | null;
  replay: string;
  events: number;
  custody: { item: string; holder: string; returnedAt: string | null }[];
  bookings: { who: string; status: string }[];
  messages: { key: string; status: string; template: string }[];
  timeline: Record<string, unknown>[];
  tasks: Record<string, unknown>[];
  clocks: Record<string, unknown>[];
}
export interface Result {
  title: string;
  ok: boolean;
  cases: CaseLine[];
  misses?: { file: string; line: number; path: string; expected: unknown; actual: unknown }[];
}

/** Runs scenario files; the program shares them among its stacks. Results stand in the order of the files. */
export function simulate(files: string[], more: string[] = []): Promise<Result[]> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['dist/client/cli/main.js', 'simulate', ...files, '--json', ...more],
      { cwd: ROOT, env: { ...process.env, TZ: 'UTC', NO_COLOR: '1' }, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        try {
          const read = JSON.parse(stdout) as Result | Result[];
          resolve(Array.isArray(read) ? read : [read]);
        } catch {
          reject(new Error(`simulate printed no JSON: ${error?.message ?? ''}\n${stderr.slice(-4_000)}`));
        }
      },
    );
  });
}

/** A scenario file as plain data. */
export interface Written {
  title: string;
  policy?: Record<string, unknown>;
  steps: Record<string, unknown>[];
  [key: string]: unknown;
}

/** The same story otherwise; gets a copy of its own. */
export type Disturbance = (scenario: Written) => Written;

/** A worker dies between any two steps, and another takes its cases. What a look expects belongs to the step before. */
export const workerDies: Disturbance = (scenario) => ({
  ...scenario,
  steps: scenario.steps.flatMap((step, index) => {
    const looks = Object.keys(step).every((key) => key === 'expect' || key === 'in');
    return index === 0 || looks ? [step] : [{ crash: 'worker' }, step];
  }),
});

/** A new run of the workflow at every idle moment. */
export const chapterEveryStep: Disturbance = (scenario) => ({
  ...scenario,
  policy: { ...scenario.policy, kernel: { chapterEvents: 1 } },
});

/** A disturbed scenario, and what came of it. */
export interface Disturbed {
  file: string;
  disturbed: Result;
  /** Runs of its cases: as many as there are cases when none ever went on in a new one. */
  runs: number;
}
export interface Pair extends Disturbed {
  calm: Result;
}

/** Runs files disturbed, all in one go. Paths are those of scenario files. */
export async function disturbed(paths: string[], disturbance: Disturbance): Promise<Disturbed[]> {
  return await runDisturbed(paths, disturbance, []);
}

/** Runs files undisturbed and disturbed, all in one go. */
export async function calmAndDisturbed(paths: string[], disturbance: Disturbance): Promise<Pair[]> {
  const pairs = await runDisturbed(paths, disturbance, paths);
  return pairs.map((pair) => ({ ...pair, calm: pair.calm! }));
}

async function runDisturbed(
  paths: string[],
  disturbance: Disturbance,
  calmPaths: string[],
): Promise<(Disturbed & { calm?: Result })[]> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-disturbed-'));
  try {
    const files = await Promise.all(
      paths.map(async (path) => {
        // Merge keys are resolved here, so that the written file says in full what is done.
        const scenario = parse(await readFile(path, 'utf8'), { merge: true }) as Written;
        const file = join(folder, `disturbed-${basename(path)}`);
        await writeFile(file, stringify(disturbance(scenario), { aliasDuplicateObjects: false }));
        return file;
      }),
    );
    const results = await simulate([...files, ...calmPaths], ['--out', folder]);
    return await Promise.all(
      paths.map(async (path, index) => {
        const name = basename(files[index]!).replace(/\.yaml$/, '');
        const calm = results[paths.length + index];
        return {
          file: basename(path),
          disturbed: results[index]!,
          runs: (await readdir(join(folder, name, 'histories'))).length,
          ...(calm === undefined ? {} : { calm }),
        };
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Everything that a scenario left behind and that must not depend on how often it was interrupted. Facts and messages
 * of one minute have no order among each other: deliveries run in parallel.
 */
export function effects(result: Result): unknown {
  const sorted = (lines: unknown[]) => lines.map((line) => JSON.stringify(line)).sort();
  return result.cases.map(({ events: _events, ...rest }) => ({
    ...rest,
    ...Object.fromEntries(
      (['timeline', 'messages', 'custody', 'bookings', 'tasks', 'clocks'] as const).map((list) => [
        list,
        sorted(rest[list].map(withoutContent)),
      ]),
    ),
  }));
}

/** Ids of texts and files are new each time a text is stored; their hashes are not. */
function withoutContent(line: unknown): unknown {
  return JSON.parse(
    JSON.stringify(line, (key, value: unknown) =>
      (key === 'content' || key === 'evidence') && typeof value === 'string' ? 'STORED' : value,
    ),
  );
}
