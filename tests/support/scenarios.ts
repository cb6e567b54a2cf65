/**
 * Scenario files run by the shipped program, as they are or disturbed: the same steps with a fault between any two, or
 * under another policy. What comes out may then be held against the undisturbed run.
 */
import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeAll } from 'vitest';
import { parse, stringify } from 'yaml';
import { DOZEN } from '../../simulation/demo.js';
import { MAIN, ROOT, runNode, type Ran } from './program.js';
import { SERVER_URL } from './server.js';

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

/** A scenario file as plain data. */
interface Written {
  title: string;
  policy?: Record<string, unknown>;
  steps: Record<string, unknown>[];
  [key: string]: unknown;
}

/** The same story otherwise; gets a copy of its own. */
type Disturbance = (scenario: Written) => Written;

/** A worker dies between any two steps, and another takes its cases. What a look expects belongs to the step before. */
const workerDies: Disturbance = (scenario) => ({
  ...scenario,
  steps: scenario.steps.flatMap((step, index) => {
    const looks = Object.keys(step).every((key) => key === 'expect' || key === 'in');
    return index === 0 || looks ? [step] : [{ crash: 'worker' }, step];
  }),
});

/** A new run of the workflow at every idle moment. */
const chapterEveryStep: Disturbance = (scenario) => ({
  ...scenario,
  policy: { ...scenario.policy, kernel: { chapterEvents: 1 } },
});

/** A disturbed scenario, and what came of it. */
export interface Disturbed {
  /** Name of the scenario's file. */
  file: string;
  result: Result;
  /** Runs of its cases: as many as there are cases when none ever went on in a new one. */
  runs: number;
}

/** Every scenario as it is, by the name of its file; the demo tells its own, `simulate` runs the others. */
export interface AsWritten {
  demo: Ran;
  results: Map<string, Result>;
}

/** What is told again under a disturbance: names of scenario files without their ending. */
const DISTURBED = {
  workerDies: ['issuance-smooth', 'repair-smooth'],
  chapterEveryStep: [
    ...['issuance-officer-away', 'issuance-partly', 'trip-two-customers'],
    ...['repair-replacement', 'repair-paid-workshop', 'repair-unreachable', 'repair-cancelled'],
  ],
};
const DISTURBANCES = { workerDies, chapterEveryStep };
const SHOWN = ['demo', ...DOZEN];

interface Told extends AsWritten {
  disturbed: Record<keyof typeof DISTURBED, Disturbed[]>;
}
let telling: Promise<Told> | null = null;

/**
 * What the demo and every scenario gave, for the tests of a file. All are run in one go, once for all test files of the
 * process: a stack for each of them would cost more than what is told on it.
 */
export function useTold(told: (all: Told) => void): void {
  beforeAll(async () => told(await (telling ??= tell())), 900_000);
}

async function tell(): Promise<Told> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-scenarios-'));
  try {
    const out = join(folder, 'out');
    const line = { home: join(folder, 'home'), env: { TZ: 'UTC', AFTERCARE_SIMULATION_SERVER: SERVER_URL } };
    const demo = await runNode([MAIN, 'demo', '--out', out], line);
    const results = new Map<string, Result>();
    for (const name of SHOWN) {
      const text = await readFile(join(out, name, 'result.json'), 'utf8').catch(() => null);
      if (text !== null) results.set(name, JSON.parse(text) as Result);
    }
    const others = scenarioNames().filter((name) => !SHOWN.includes(name));
    const written = await Promise.all(
      (Object.keys(DISTURBED) as (keyof typeof DISTURBED)[]).flatMap((how) =>
        DISTURBED[how].map(async (name) => ({ how, name, file: await writeDisturbed(folder, how, name) })),
      ),
    );
    // The longest first: the stacks are done at the same time.
    const files = [
      ...written.map(({ file }) => file),
      ...others.map((name) => join(SCENARIOS, `${name}.yaml`)),
    ];
    const ran = (await runNode([MAIN, 'simulate', ...files, '--json', '--out', out], line)).json<Result[]>();
    others.forEach((name, index) => results.set(name, ran[written.length + index]!));
    const disturbed: Told['disturbed'] = { workerDies: [], chapterEveryStep: [] };
    for (const [index, { how, name, file }] of written.entries()) {
      const histories = join(out, basename(file, '.yaml'), 'histories');
      const runs = (await readdir(histories).catch(() => [])).length;
      disturbed[how].push({ file: name, result: ran[index]!, runs });
    }
    return { demo, results, disturbed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Names of all scenario files, without their ending. */
export function scenarioNames(): string[] {
  return readdirSync(SCENARIOS)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'))
    .sort();
}

async function writeDisturbed(folder: string, how: keyof typeof DISTURBED, name: string): Promise<string> {
  // Merge keys are resolved here, so that the written file says in full what is done.
  const text = await readFile(join(SCENARIOS, `${name}.yaml`), 'utf8');
  const scenario = DISTURBANCES[how](parse(text, { merge: true }) as Written);
  const file = join(folder, `${how}-${name}.yaml`);
  await writeFile(file, stringify(scenario, { aliasDuplicateObjects: false }));
  return file;
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
