/** Runs scenario files on a throw-away stack: the demo, the tests and the what-if of a manager all come here. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { loadConfig, type Config } from '../runtime/config.js';
import { closeReplayer } from './history.js';
import { happened } from './print-expect.js';
import { missText, type ScenarioResult } from './result.js';
import { nameOf, needsDisk, runScenario, type FinishedRun, type StepReport } from './run.js';
import { loadScenario, ScenarioError, type Scenario } from './scenario.js';
import { Stack } from './stack.js';

export { ScenarioError, loadScenario, parseScenario, scenarioJsonSchema, type Scenario } from './scenario.js';
export { missText, type CaseResult, type Miss, type ScenarioResult } from './result.js';
export { nameOf, runScenario, type CaseNews, type FinishedRun, type StepReport } from './run.js';
export { Stack } from './stack.js';

/** From so many scenarios on a second stack is worth its start. */
const HANDFUL = 4;

export interface SimulateOptions {
  config?: Config;
  /** Folder for results, histories and the mailbox; one folder a scenario when there are several. */
  out?: string;
  /** Says what happened at every step, as `expect` to review and paste. */
  printExpect?: boolean;
  /** Leaves the last scenario's stack up until the process is interrupted, and says where it is. */
  keep?: boolean;
  /** How many stacks work side by side; unless told, 2 for a handful of scenarios or more, 1 when every step is told. */
  parallel?: number;
  /** A line for every step, and what workers complain about. */
  verbose?: boolean;
  /** Takes a line of progress. */
  say?: (line: string) => void;
  /** A stack in memory that is up already: the first to work, and stopped with the others. */
  stack?: Stack;
  /** Called with every finished scenario, for tests that look closer. */
  onFinished?: (run: FinishedRun, scenario: Scenario) => Promise<void> | void;
}

/**
 * Runs scenario files and returns their results in the same order. Several stacks work side by side where that is
 * asked for: one scenario keeps less than one core busy.
 * @throws ScenarioError when any of the files is not a scenario; nothing is run then
 */
export async function simulate(files: string[], options: SimulateOptions = {}): Promise<ScenarioResult[]> {
  const scenarios = loadAll(files);
  const config = options.config ?? loadConfig();
  const results: ScenarioResult[] = [];
  // Those that need databases in files come last: changing over costs a start.
  const waiting = scenarios.map((scenario, index) => ({ scenario, index, onDisk: needsDisk(scenario) }));
  if (!options.keep) waiting.sort((a, b) => Number(a.onDisk) - Number(b.onDisk) || a.index - b.index);
  let ready = options.stack ?? null;
  const lane = async () => {
    const stacks = new Stacks(config, options, ready);
    ready = null;
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        results[next.index] = await one(stacks, next.scenario, options);
        if (options.keep && waiting.length === 0) await stayUp(stacks.current, options.say);
      }
    } finally {
      await stacks.stop();
    }
  };
  const usual = scenarios.length < HANDFUL || options.verbose ? 1 : 2;
  const lanes = options.keep ? 1 : Math.min(options.parallel ?? usual, scenarios.length);
  await Promise.all(Array.from({ length: lanes }, lane)).finally(closeReplayer);
  return results;
}

function loadAll(files: string[]): Scenario[] {
  const problems: string[] = [];
  const scenarios: Scenario[] = [];
  for (const file of files) {
    try {
      scenarios.push(loadScenario(file));
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ScenarioError(problems);
  return scenarios;
}

/** The stack in use: kept from scenario to scenario, another one where databases must be in files or one broke. */
class Stacks {
  private onDisk = false;

  constructor(
    private readonly config: Config,
    private readonly options: SimulateOptions,
    public current: Stack | null,
  ) {}

  async get(onDisk: boolean): Promise<Stack> {
    if (this.current === null || this.onDisk !== onDisk) {
      await this.stop();
      this.onDisk = onDisk;
      this.current = await Stack.start({
        config: this.config,
        onDisk,
        ...(this.options.keep ? { keep: true } : {}),
        ...(this.options.verbose ? { loud: true } : {}),
      });
    }
    return this.current;
  }

  async stop(): Promise<void> {
    const { current } = this;
    this.current = null;
    await current?.stop();
  }
}

async function one(stacks: Stacks, scenario: Scenario, options: SimulateOptions): Promise<ScenarioResult> {
  const since = performance.now();
  const printed: string[] = [];
  const onStep = (report: StepReport) => {
    if (options.verbose) options.say?.(stepLine(report));
    if (options.printExpect) printed.push(...happened(report));
  };
  let run: FinishedRun;
  try {
    run = await runScenario(await stacks.get(needsDisk(scenario)), scenario, { onStep });
  } catch (error) {
    // The stack itself may be broken: the next scenario gets a new one.
    await stacks.stop();
    const actual = error instanceof Error ? error.message : String(error);
    const miss = { file: scenario.file, line: 1, path: '(scenario)', expected: 'to run', actual };
    const failed = { file: scenario.file, title: scenario.title, ok: false, cases: [], misses: [miss] };
    options.say?.(`✗ ${scenario.title}: ${actual}`);
    return failed;
  }
  const { result } = run;
  if (options.out !== undefined) await writeOut(options.out, scenario, run, stacks.current!);
  await options.onFinished?.(run, scenario);
  options.say?.(summaryLine(run, performance.now() - since));
  for (const miss of result.misses ?? []) options.say?.(`  ${missText(miss)}`);
  for (const line of printed) options.say?.(line);
  return result;
}

/** `✓ Dissatisfied once   1 case · 9 days in 1.2 s` */
export function summaryLine(run: FinishedRun, realMs: number): string {
  const { result } = run;
  const cases = `${result.cases.length} case${result.cases.length === 1 ? '' : 's'}`;
  return `${result.ok ? '✓' : '✗'} ${result.title}  ${cases} · ${spanText(run.from, run.to)} in ${(realMs / 1000).toFixed(1)} s`;
}

/** A virtual span in a few words: `9 days`, `3 h`, `20 min`. */
export function spanText(from: string, to: string): string {
  const minutes = Math.round((Date.parse(to) - Date.parse(from)) / 60_000);
  if (minutes < 120) return `${minutes} min`;
  if (minutes < 2880) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / 1440)} days`;
}

function stepLine(report: StepReport): string {
  const { index, step, ms, to, news } = report;
  const facts = news.flatMap((each) => each.facts.map((fact) => fact.what));
  const what = facts.length > 0 ? `  ${facts.join(', ')}` : '';
  return `  ${String(index + 1).padStart(3)} ${nameOf(step).padEnd(28)} ${to.slice(0, 16)}Z ${String(Math.round(ms)).padStart(6)} ms${what}`;
}

/** Result, histories and mailbox of a scenario, for an auditor or a golden recording. */
export async function writeOut(
  out: string,
  scenario: Scenario,
  run: FinishedRun,
  stack: Stack,
): Promise<void> {
  const folder = join(out, basename(scenario.file).replace(/\.ya?ml$/, ''));
  const histories = join(folder, 'histories');
  await mkdir(histories, { recursive: true });
  await writeFile(join(folder, 'result.json'), `${JSON.stringify(run.result, null, 2)}\n`);
  for (const [caseId, { runs }] of run.histories) {
    for (const [index, { history }] of runs.entries()) {
      await writeFile(
        join(histories, `${caseId}-run-${index + 1}.json`),
        `${JSON.stringify(history, null, 1)}\n`,
      );
    }
  }
  await cp(stack.mailboxDir, join(folder, 'mailbox'), { recursive: true });
}

/** Waits until the process is interrupted, so that somebody can look around. */
async function stayUp(stack: Stack | null, say: SimulateOptions['say']): Promise<void> {
  if (!stack) return;
  const entries = Object.entries(stack.addresses());
  const width = Math.max(...entries.map(([name]) => name.length));
  for (const [name, value] of entries) say?.(`${name.padEnd(width)}  ${value}`);
  say?.('The stack stays up until Ctrl-C.');
  await new Promise<void>((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    process.once('SIGINT', () => {
      clearInterval(alive);
      resolve();
    });
  });
}
