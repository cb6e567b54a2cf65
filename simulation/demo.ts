/**
 * The demo: one complaint told while it happens, on a real server under the virtual clock, with a worker killed on
 * the way; then every other scenario in a line; then the proof.
 */
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pc from 'picocolors';
import { exportCase, verifyExport } from '../audit/index.js';
import { readMailbox } from '../adapters/mailbox.js';
import type { MailboxItem } from '../adapters/ports.js';
import { loadConfig, packageRoot, type Config } from '../runtime/config.js';
import { ensureBundle } from '../worker/bundle.js';
import { closeReplayer } from './history.js';
import { simulate, spanText, writeOut, type SimulateOptions } from './index.js';
import { cut, dayText, killed, narrate, widthOf, type Line } from './narration.js';
import { missText, type ScenarioResult } from './result.js';
import { runScenario, type FinishedRun, type StepReport } from './run.js';
import { loadScenario, type Scenario } from './scenario.js';
import { Stack, type Stage } from './stack.js';

export interface DemoOptions {
  config?: Config;
  /** Slows the telling for a recording: 1 is a calm pace, 2 half of it. Unset: as fast as it happens. */
  speed?: number;
  /** One object instead of the story. */
  json?: boolean;
  /** Every other scenario instead of the chosen dozen: minutes instead of seconds. */
  all?: boolean;
  /** Folder for results, histories and mailboxes, one folder a scenario. */
  out?: string;
  color?: boolean;
  write?: (text: string) => void;
}

const LINE_MS = 120;
const TEXT_COLUMNS = 58;
const SCENARIOS = join('examples', 'scenarios');

/** The dozen that shows most in least time; each needs nothing but the stack in memory. */
export const DOZEN: readonly string[] = [
  'over-the-holiday',
  'night-major',
  'never-satisfied',
  'unreachable',
  'second-line',
  'amount-learned-later',
  'about-the-handler',
  'anonymous',
  'merged',
  'withdrawn',
  'english-by-mail',
  'intake-refused',
];

/** Tells the demo. @returns the exit code: 0 when everything went as written */
export async function runDemo(options: DemoOptions = {}): Promise<number> {
  const config = options.config ?? loadConfig();
  const folder = join(packageRoot(), SCENARIOS);
  const teller = new Teller(options);
  const since = performance.now();
  const scenario = loadScenario(join(folder, 'demo.yaml'));
  const story = await tellOne(config, scenario, teller, options.out);
  const others = readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name) && name !== 'demo.yaml')
    .sort();
  const chosen = options.all ? others : DOZEN.map((name) => `${name}.yaml`);
  const left = others.length - chosen.length;
  const results = await tellOthers(
    config,
    chosen.map((name) => join(folder, name)),
    left,
    teller,
    { stack: story.stack, ...(options.out === undefined ? {} : { out: options.out }) },
  ).finally(() => story.stack.stop());
  const ok = story.run.result.ok && story.caught !== null && results.every((result) => result.ok);
  if (options.json) {
    const proof = {
      editedCopyCaughtAt: story.caught,
      export: story.exported,
      seconds: round((performance.now() - since) / 1000),
    };
    teller.json({ ok, demo: story.run.result, ...proof, scenarios: results });
  } else teller.close(story.exported);
  return ok ? 0 : 1;
}

interface Story {
  run: FinishedRun;
  /** What it ran on; still up. */
  stack: Stack;
  /** Where the export of the case lies. */
  exported: string;
  /** The record at which an edited copy was caught; null when it was not. */
  caught: string | null;
}

async function tellOne(config: Config, scenario: Scenario, teller: Teller, out?: string): Promise<Story> {
  teller.title();
  const parts: string[] = [];
  const stack = await Stack.start({
    config,
    onDisk: false,
    onPart: (part, ms, detail) =>
      parts.push(`✓ ${part} ${round(ms / 1000)} s${part === 'engine' ? `  ${detail}` : ''}`),
  });
  try {
    const { digest } = await ensureBundle({ sources: join(packageRoot(), 'dist') });
    await teller.say(parts.concat(`✓ bundle ${digest.slice(0, 7)}`).join('   '));
    const since = performance.now();
    let stage: Stage | null = null;
    let mailbox = new Map<string, MailboxItem>();
    const run = await runScenario(stack, scenario, {
      onBegin: (_, begun) => {
        stage = begun;
      },
      onStep: async (report) => {
        mailbox = new Map(
          (await readMailbox(stack.mailboxDir)).map((item) => [`${item.channel} ${item.key}`, item]),
        );
        await teller.step(report, (key) => mailbox.get(`mail ${key}`) ?? mailbox.get(`sms ${key}`) ?? null);
      },
    });
    const seconds = (performance.now() - since) / 1000;
    if (out !== undefined) await writeOut(out, scenario, run, stack);
    const proof = await prove(config, stage!, run, digest);
    await teller.summary(run, seconds, [...mailbox.values()], proof.caught);
    return { run, stack, ...proof };
  } catch (error) {
    await Promise.all([stack.stop(), closeReplayer()]);
    throw error;
  }
}

/** Exports the case, edits a copy of it, and lets the audit find where. */
async function prove(
  config: Config,
  stage: Stage,
  run: FinishedRun,
  digest: string,
): Promise<Omit<Story, 'run' | 'stack'>> {
  const caseId = run.result.cases[0]?.case;
  if (caseId === undefined) return { exported: '', caught: null };
  const exported = join(config.home, 'demo', caseId);
  const copy = `${exported}-edited`;
  await Promise.all([exported, copy].map((folder) => rm(folder, { recursive: true, force: true })));
  const deps = {
    client: stage.client,
    ledger: stage.ports.ledger,
    storage: stage.ports.storage,
    bundle: { digest },
  };
  await mkdir(join(config.home, 'demo'), { recursive: true });
  await exportCase(deps, caseId, exported, { exportedAt: run.to });
  const sound = await verifyExport(exported);
  await cp(exported, copy, { recursive: true });
  const where = await editOneRecord(copy);
  const report = await verifyExport(copy);
  await rm(copy, { recursive: true, force: true });
  const fault = report.faults.find((each) => each.id !== null) ?? report.faults[0];
  return { exported, caught: sound.ok && !report.ok && where && fault ? (fault.id ?? fault.file) : null };
}

/** Makes a late answer look punctual: one figure in one event of a history. @returns whether there was one to edit */
async function editOneRecord(folder: string): Promise<boolean> {
  for (const name of (await readdir(folder)).filter((each) => each.startsWith('history-')).sort()) {
    const file = join(folder, name);
    const lines = (await readFile(file, 'utf8')).split('\n');
    const index = lines.findIndex((line) => line.includes('EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED'));
    const line = lines[index];
    const edited = line?.replace(
      /("eventTime":"\d{4}-\d\d-\d\dT\d\d:)(\d\d)/,
      (_, before: string, minute: string) => before + String((Number(minute) + 31) % 60).padStart(2, '0'),
    );
    if (line === undefined || edited === line) continue;
    lines[index] = edited!;
    await writeFile(file, lines.join('\n'));
    return true;
  }
  return false;
}

async function tellOthers(
  config: Config,
  files: string[],
  left: number,
  teller: Teller,
  more: Pick<SimulateOptions, 'stack' | 'out'>,
): Promise<ScenarioResult[]> {
  const since = performance.now();
  await teller.say('');
  const results = await simulate(files, {
    config,
    ...more,
    onFinished: (run) => teller.other(run),
  });
  const good = results.filter((result) => result.ok).length;
  const seconds = Math.round((performance.now() - since) / 1000);
  const all = good === results.length;
  await teller.say(
    `${all ? teller.c.green('✓') : teller.c.red('✗')} ${good} of ${results.length} more scenarios as written, ${seconds} s`,
  );
  for (const miss of results.flatMap((result) => result.misses ?? []))
    await teller.say(`  ${missText(miss)}`);
  if (left > 0)
    await teller.say(`  ${left} take longer: npm run demo -- --all, or npx aftercare simulate ${SCENARIOS}`);
  return results;
}

/** Writes the story: days, times, people, in columns. */
class Teller {
  readonly c: ReturnType<typeof pc.createColors>;
  private readonly write: (text: string) => void;
  private day = '';
  private lastAt = '';
  private titled = false;
  private restarts = 0;
  private armedAt: string | undefined;

  constructor(private readonly options: DemoOptions) {
    this.c = pc.createColors(options.color ?? (process.stdout.isTTY === true && pc.isColorSupported));
    const quiet = options.json === true;
    this.write = quiet ? () => undefined : (options.write ?? ((text) => void process.stdout.write(text)));
  }

  async say(text: string): Promise<void> {
    this.write(`${text}\n`);
    if (this.options.speed !== undefined) await delay(LINE_MS * this.options.speed);
  }

  title(): void {
    this.write(`${this.c.bold('Aftercare demo')}: one complaint, a real Temporal server, a virtual clock\n`);
  }

  async step(report: StepReport, mail: (key: string) => MailboxItem | null): Promise<void> {
    if (report.step.kind === 'crash') this.armedAt = report.step.at;
    for (const news of report.news) {
      if (!this.titled && report.step.kind === 'open') await this.heading(news.case, report);
      for (const line of narrate(report, news, mail)) {
        if (report.restarts > this.restarts && line.who.startsWith('✉')) await this.kill(report);
        await this.line(line);
      }
    }
    if (report.restarts > this.restarts) await this.kill(report);
    for (const miss of report.misses) await this.say(this.c.red(`  ${missText(miss)}`));
  }

  private async kill(report: StepReport): Promise<void> {
    this.restarts = report.restarts;
    await this.line(killed(this.armedAt));
  }

  private async heading(caseId: string, { step }: StepReport): Promise<void> {
    this.titled = true;
    const matter = step.kind === 'open' ? step.input['matter'] : undefined;
    await this.say(
      `\n${this.c.bold([caseId, matter].filter((each) => typeof each === 'string').join(' · '))}`,
    );
  }

  private async line({ at, who, person, text, rule, tone }: Line): Promise<void> {
    const { c } = this;
    const colour = { plain: String, warn: c.yellow, bad: c.red, good: c.green, kill: c.magenta, dim: c.dim }[
      tone
    ];
    if (at === null) {
      // What lies between two moments belongs to neither day's column.
      await this.say(`  ${' '.repeat(tone === 'kill' ? 7 : 0)}${colour(text)}`);
      this.lastAt = '';
      return;
    }
    if (dayText(at) !== this.day) {
      const year = this.day === '' ? ` ${at.slice(0, 4)}` : '';
      this.day = dayText(at);
      await this.say(`${this.day && year ? '\n' : ''}${c.bold(`${this.day}${year}`)}`);
    }
    const time = at === this.lastAt ? '     ' : at.slice(11, 16);
    this.lastAt = at;
    const shown = cut(text, TEXT_COLUMNS);
    const name = who.padEnd(8 - (widthOf(who) - [...who].length));
    const gap = ' '.repeat(Math.max(0, TEXT_COLUMNS - widthOf(shown)));
    await this.say(
      `  ${c.dim(time)}  ${person ? c.cyan(name) : colour(name)} ${colour(shown)}${rule ? `${gap} ${c.dim(rule)}` : ''}`.trimEnd(),
    );
  }

  async summary(
    run: FinishedRun,
    seconds: number,
    mailbox: MailboxItem[],
    caught: string | null,
  ): Promise<void> {
    const { c } = this;
    const kase = run.result.cases[0];
    if (!kase) return;
    const missed = kase.clocks.filter((clock) => clock.breachedAt !== null).length;
    const keys = new Set(mailbox.map((item) => `${item.channel} ${item.key}`));
    const sent = kase.messages.filter((message) => message.status === 'sent').length;
    const once =
      keys.size === sent
        ? `${sent} messages, each once`
        : c.red(`${sent} messages sent, ${keys.size} in the mailbox`);
    await this.say('');
    await this.say(
      `${c.bold(spanText(run.from, run.to))} in ${seconds.toFixed(1)} s · ${kase.rounds} round${kase.rounds === 1 ? '' : 's'} · ` +
        `${missed} deadline${missed === 1 ? '' : 's'} missed · ${once}`,
    );
    const replay = kase.replay === 'match' ? `match ${c.green('✓')}` : c.red(kase.replay);
    const edited = caught === null ? c.red('NOT caught') : `caught at record ${caught} ${c.green('✓')}`;
    await this.say(`History ${kase.events} events, replayed: ${replay}   edited copy: ${edited}`);
  }

  async other(run: FinishedRun): Promise<void> {
    const { result } = run;
    const { c } = this;
    const cases = `${result.cases.length} case${result.cases.length === 1 ? '' : 's'}`;
    await this.say(
      `${result.ok ? c.green('✓') : c.red('✗')} ${cut(result.title, 62)}  ${c.dim(`${cases}, ${spanText(run.from, run.to)}`)}`,
    );
  }

  close(exported: string): void {
    const near = relative(process.cwd(), exported);
    const shown = near.startsWith('..') ? exported : near;
    if (existsSync(exported))
      this.write(`\n${this.c.dim('Look closer')}  npx aftercare audit timeline ${shown}\n`);
    this.write(`${this.c.dim('Yourself')}     npm start\n`);
  }

  json(value: unknown): void {
    (this.options.write ?? ((text: string) => void process.stdout.write(text)))(`${JSON.stringify(value)}\n`);
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
