/**
 * Runs one scenario on a stage: each step through the facade a person would use, then everything settles, then what
 * the step expects is compared with what the ledger says.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { readMailbox } from '../adapters/mailbox.js';
import { readOrganisation, readStockCsv } from '../adapters/organisation-file.js';
import { Aftercare } from '../client/aftercare.js';
import { DeskError, EXIT, type LoadedPolicy } from '../client/api.js';
import { loadPolicy, merged, PolicyError } from '../client/policy.js';
import { instantAtPercent, usedMinutes } from '../domain/clock.js';
import type { ClockRow, MessageRow, TaskRow } from '../domain/case.js';
import { packageRoot } from '../runtime/config.js';
import type { CaseView } from '../workflows/case/messages.js';
import { ScenarioClock } from './clock.js';
import { compare, needsReplay, type Seen } from './expect.js';
import { Histories, type CaseHistory } from './history.js';
import {
  caseResult,
  lastSeq,
  messageResult,
  pictureOf,
  timelineOf,
  withOffset,
  type CasePicture,
  type CaseResult,
  type FactResult,
  type MessageResult,
  type Miss,
  type ScenarioResult,
} from './result.js';
import {
  minutesOf,
  percentOf,
  type CompleteStep,
  type Crashed,
  type CrashStep,
  type DoStep,
  type Expectation,
  type OpenStep,
  type OutageStep,
  type Scenario,
  type Step,
  type WaitUntilStep,
} from './scenario.js';
import type { Stack, Stage } from './stack.js';

const MINUTE_MS = 60_000;
/** A one-time code as mails show it. */
const CODE = /\b[2-9A-Z]{4}(-[2-9A-Z]{4}){2}\b/;
/** How far `waitUntil` looks for a task or clock unless told. */
const LOOK_AHEAD_MINUTES = 30 * 1440;
/** While a killed worker is replaced, nobody answers questions. */
const PATIENCE_MS = 30_000;

/** What a step did, for whoever tells the story. */
export interface StepReport {
  index: number;
  step: Step;
  /** Virtual instants before and after, ISO. */
  from: string;
  to: string;
  /** Real milliseconds it took. */
  ms: number;
  /** Label of the case it was about, when there is one. */
  about: string | null;
  /** What came up in every case, by label. */
  news: CaseNews[];
  misses: Miss[];
  /** How often a dead worker was replaced. */
  restarts: number;
}

export interface CaseNews {
  as: string;
  case: string;
  before: CasePicture | null;
  after: CasePicture;
  facts: FactResult[];
  messages: MessageResult[];
}

export interface RunHooks {
  /** Called after every step. */
  onStep?: (report: StepReport) => Promise<void> | void;
  /** Called when the desk is open, before the first step. */
  onBegin?: (desk: Aftercare, stage: Stage) => Promise<void> | void;
}

export interface FinishedRun {
  result: ScenarioResult;
  /** Histories by case, oldest run first. */
  histories: Map<string, CaseHistory>;
  /** Virtual instants of beginning and end, ISO. */
  from: string;
  to: string;
}

/** A step could not be done, so the rest of the scenario would say nothing. */
class Stopped extends Error {
  constructor(readonly miss: Omit<Miss, 'file' | 'line'>) {
    super(miss.actual);
  }
}

/** Runs a scenario on a fresh stage of the stack. */
export async function runScenario(
  stack: Stack,
  scenario: Scenario,
  hooks: RunHooks = {},
): Promise<FinishedRun> {
  const overlay = overlayOf(scenario);
  const policy = await loadOverlaid(overlay);
  const organisation = await readOrganisation(
    scenario.organisation ?? join(packageRoot(), 'examples', 'organisation.yaml'),
  );
  const stage = await stack.begin();
  const run = new ScenarioRun(stack, stage, scenario, policy, overlay, hooks);
  await run.desk.importOrganisation(organisation);
  // An office begins with devices in its warehouse; complaints need none, and importing them is not free.
  if (scenario.steps.some((step) => step.kind === 'open' && step.open !== 'complaint'))
    await run.desk.importStock(await readStockCsv(join(packageRoot(), 'examples', 'stock.csv')));
  await hooks.onBegin?.(run.desk, stage);
  return run.all();
}

interface Overlay {
  values: Record<string, unknown>;
  folder: string;
}

function overlayOf(scenario: Scenario): Overlay {
  const here = { values: {}, folder: dirname(resolve(scenario.file)) };
  if (scenario.policy === null) return here;
  if ('values' in scenario.policy) return { ...here, values: scenario.policy.values };
  return readOverlay(scenario.policy.path);
}

function readOverlay(path: string): Overlay {
  const values: unknown = parse(readFileSync(path, 'utf8'), { merge: true }) ?? {};
  if (typeof values !== 'object' || Array.isArray(values)) throw new PolicyError(path, ['must be a mapping']);
  return { values: values as Record<string, unknown>, folder: dirname(path) };
}

/** The default policy with an overlay; its holidays are the fictional ones, so that no deadline is provisional. */
function loadOverlaid(overlay: Overlay): Promise<LoadedPolicy> {
  const root = packageRoot();
  return loadPolicy(join(root, 'policy', 'default.yaml'), {
    overlay: overlay.values,
    overlayFolder: overlay.folder,
    holidays: join(root, 'examples', 'calendars', 'cn-2030.json'),
  });
}

class ScenarioRun {
  readonly desk: Aftercare;
  private readonly clock: ScenarioClock;
  private readonly recorded: Histories;
  /** Case by label, in the order of opening; one that a case opened goes by its process where that name is free. */
  private readonly cases = new Map<string, string>();
  private readonly policies = new Map<string, LoadedPolicy>();
  private last: string | null = null;
  /** Pictures at the beginning of the last acting step, and now. */
  private before = new Map<string, CasePicture>();
  private now = new Map<string, CasePicture>();
  private readonly misses: Miss[] = [];
  private dieOnIntake: Crashed | null = null;
  private armed: { line: number; what: Crashed; at: string; restarts: number } | null = null;
  private ledgerDown = false;

  constructor(
    private readonly stack: Stack,
    private readonly stage: Stage,
    private readonly scenario: Scenario,
    private readonly policy: LoadedPolicy,
    private readonly overlay: Overlay,
    private readonly hooks: RunHooks,
  ) {
    this.clock = new ScenarioClock({
      connection: stack.connection,
      namespace: stage.namespace,
      view: (caseId) => this.view(caseId),
      isDead: (worker) => stack.isDead(worker),
      startAt: scenario.startAt,
    });
    this.recorded = new Histories(stage.client);
    this.desk = new Aftercare({
      client: stage.client,
      ledger: stage.ports.ledger,
      storage: stage.ports.storage,
      policy,
      taskQueue: stage.taskQueue,
      folder: dirname(resolve(scenario.file)),
      now: () => this.clock.now(),
      startDelayMs: () => this.clock.startDelayMs(),
      afterStart: (caseId) => this.clock.adopt(caseId),
    });
    stack.whenRecovered(() => this.forgetWorkers());
  }

  private get offset(): number {
    return this.policy.policy.zone.offsetMinutes;
  }

  async all(): Promise<FinishedRun> {
    const { scenario } = this;
    const from = this.clock.now().toISOString();
    for (const [index, step] of scenario.steps.entries()) {
      const stop = await this.step(index, step);
      if (stop) {
        const rest = scenario.steps.length - index - 1;
        if (rest > 0) stop.actual += `; ${rest} later step${rest === 1 ? '' : 's'} not run`;
        break;
      }
    }
    if (this.armed !== null && this.armed.restarts === this.stack.restarts) {
      this.miss(
        this.armed.line,
        'crash',
        `a ${this.armed.what} killed at ${this.armed.at}`,
        'it never came to that',
      );
    }
    const histories = await this.histories();
    const cases = [...this.labels()].map(([label, caseId]) =>
      this.result(label, caseId, histories.get(caseId)),
    );
    const ok = this.misses.length === 0;
    return {
      result: {
        file: scenario.file,
        title: scenario.title,
        ok,
        cases: cases.filter((each) => each !== null),
        ...(ok ? {} : { misses: this.misses }),
      },
      histories,
      from,
      to: this.clock.now().toISOString(),
    };
  }

  // ---------------------------------------------------------------- steps

  /** @returns the miss that stops the scenario, or null */
  private async step(index: number, step: Step): Promise<Miss | null> {
    const from = this.clock.now().toISOString();
    const since = performance.now();
    const missesBefore = this.misses.length;
    const acting = step.kind !== 'expect';
    let stop: Miss | null = null;
    if (acting) this.before = new Map(this.now);
    try {
      await this.act(index, step);
      await this.stack.ready();
      if (acting) {
        // Time that has passed has settled already.
        if (step.kind !== 'wait' && step.kind !== 'waitUntil') await this.clock.settle();
        await this.look();
      }
    } catch (error) {
      stop = this.stopMiss(step, error);
      await this.look().catch(() => undefined);
    }
    const about = this.about(step);
    if (step.expect !== undefined && stop === null) await this.expect(index, step.expect, about);
    await this.hooks.onStep?.({
      index,
      step,
      from,
      to: this.clock.now().toISOString(),
      ms: performance.now() - since,
      about,
      news: acting ? this.news() : [],
      misses: this.misses.slice(missesBefore),
      restarts: this.stack.restarts,
    });
    return stop;
  }

  private stopMiss(step: Step, error: unknown): Miss {
    if (error instanceof Stopped) {
      const { path, expected, actual } = error.miss;
      return this.miss(step.line, path, expected, actual);
    }
    const said = error instanceof Error ? error.message : String(error);
    return this.miss(step.line, nameOf(step), 'done', said);
  }

  private act(index: number, step: Step): Promise<void> {
    const requestId = `step-${index + 1}`;
    switch (step.kind) {
      case 'open':
        return this.open(step, requestId);
      case 'wait':
        return this.clock.advanceTo(this.later(minutesOf(step.wait)!));
      case 'waitUntil':
        return this.waitUntil(step);
      case 'complete':
        return this.complete(step, requestId);
      case 'do':
        return this.deed(step, requestId);
      case 'outage':
        return this.outage(step);
      case 'crash':
        return this.crash(step);
      case 'expect':
        return Promise.resolve();
    }
  }

  private later(minutes: number): Date {
    return new Date(this.clock.now().getTime() + minutes * MINUTE_MS);
  }

  private async open(step: OpenStep, requestId: string): Promise<void> {
    const input = this.withCases(step.input, ['repeatOf', 'relatedCases']);
    if (this.dieOnIntake !== null) {
      const fallen = this.dieOnIntake;
      this.dieOnIntake = null;
      await this.stack.dyingDesk({
        policy: this.policy,
        now: this.clock.now().toISOString(),
        folder: dirname(resolve(this.scenario.file)),
        input,
        by: step.by,
        requestId,
      });
      if (fallen === 'stack') await this.stack.crashAll();
      const pending = await this.desk.pendingIntakes();
      if (pending.length !== 1)
        throw new Stopped(told('intake', '1 written and not started', String(pending.length)));
      await this.desk.retryIntakes();
    }
    await this.attempt(step, async () => {
      const receipt = await this.desk.open(step.open, input, step.by, { requestId });
      const label = step.as ?? step.open;
      this.cases.set(label, receipt.caseId);
      this.last = label;
    });
  }

  private async complete(step: CompleteStep, requestId: string): Promise<void> {
    const caseId = this.caseOf(step.in);
    const answer = this.withCases(step.answer ?? {}, ['trip']);
    await this.attempt(step, () => this.desk.complete(caseId, step.complete, answer, step.by, { requestId }));
  }

  private async deed(step: DoStep, requestId: string): Promise<void> {
    const caseId = this.caseOf(step.in);
    const given = this.withCases(step.with ?? {}, ['into']);
    const args =
      step.do === 'adoptPolicy' ? { ...given, policy: await this.adopted(given['policy']) } : given;
    await this.attempt(step, async () => {
      if (step.do === 'bureauAnswer') {
        await this.desk.answerBureau(await this.codeSent(caseId), args, { requestId });
        return;
      }
      await this.desk.act(step.do, caseId, args, step.by, { requestId });
      if (step.do === 'adoptPolicy') this.policies.set(caseId, args['policy'] as LoadedPolicy);
    });
  }

  /** The code in the newest mail that brought one: what the officer has before him. */
  private async codeSent(caseId: string): Promise<string> {
    const mails = (await readMailbox(this.stage.mailboxDir)).filter((item) => item.key.startsWith(caseId));
    const code = mails.map((mail) => CODE.exec(mail.text)?.[0]).findLast((found) => found !== undefined);
    if (code === undefined) throw new Stopped(told('bureauAnswer', 'a mail with a code', 'none'));
    return code;
  }

  /** The scenario's own policy with another overlay on top: a file, or the values themselves. */
  private adopted(given: unknown): Promise<LoadedPolicy> {
    const folder = dirname(resolve(this.scenario.file));
    const more =
      typeof given === 'string'
        ? readOverlay(resolve(folder, given))
        : { values: (given ?? {}) as Record<string, unknown>, folder: this.overlay.folder };
    const values = merged(this.overlay.values, more.values) as Record<string, unknown>;
    return loadOverlaid({ values, folder: more.folder });
  }

  private outage(step: OutageStep): Promise<void> {
    const { outage: what } = step;
    if (what === 'ledger') this.ledgerDown = true;
    this.clock.at(this.later(minutesOf(step.for)!), async () => {
      await this.stack.bringBack(what);
      if (what === 'ledger') this.ledgerDown = false;
    });
    return this.stack.takeDown(what);
  }

  private async crash(step: CrashStep): Promise<void> {
    if (step.at === 'intakeWritten') {
      this.dieOnIntake = step.crash;
      return;
    }
    if (step.at !== undefined) {
      this.armed = { line: step.line, what: step.crash, at: step.at, restarts: this.stack.restarts };
      return this.stack.arm(step.at, step.crash);
    }
    return step.crash === 'stack' ? this.stack.crashAll() : this.stack.crashWorker();
  }

  /** Does what a person does, and holds it against `refused`. */
  private async attempt(step: OpenStep | CompleteStep | DoStep, act: () => Promise<unknown>): Promise<void> {
    const path = nameOf(step);
    try {
      await act();
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      if (step.refused === undefined)
        throw new Stopped(told(path, 'accepted', `refused ${error.code}: ${error.message}`));
      if (error.code !== step.refused) {
        this.miss(
          this.lineIn(step, 'refused'),
          `${path}.refused`,
          step.refused,
          `${error.code}: ${error.message}`,
        );
      }
      return;
    }
    if (step.refused !== undefined) {
      this.miss(this.lineIn(step, 'refused'), `${path}.refused`, step.refused, 'accepted');
    }
  }

  private async waitUntil(step: WaitUntilStep): Promise<void> {
    const wanted = step.waitUntil;
    if (typeof wanted === 'string') {
      const target = new Date(wanted);
      if (target < this.clock.now()) {
        throw new Stopped(told('waitUntil', wanted, `it is ${this.local(this.clock.now())} already`));
      }
      return this.clock.advanceTo(target);
    }
    const caseId = this.caseOf(step.in);
    const deadline = this.later(wanted.within === undefined ? LOOK_AHEAD_MINUTES : minutesOf(wanted.within)!);
    const percent = wanted.at === undefined ? 100 : percentOf(wanted.at)!;
    // What lapses or begins anew at its instant has reached it, though it is no more to be found then.
    let aimed: Date | null = null;
    for (;;) {
      if (aimed !== null && aimed <= this.clock.now()) return;
      const target = await this.instantOf(caseId, wanted, percent);
      if (target !== null && target <= this.clock.now()) return;
      if (target !== null && target > deadline) {
        throw new Stopped(told('waitUntil', `within ${this.local(deadline)}`, `due ${this.local(target)}`));
      }
      if (this.clock.now() >= deadline) {
        const what = 'task' in wanted ? `task ${wanted.task}` : `clock ${wanted.clock}`;
        throw new Stopped(
          told('waitUntil', `${what} by ${this.local(deadline)}`, await this.openThings(caseId)),
        );
      }
      if (!this.clock.open().includes(caseId)) {
        throw new Stopped(told('waitUntil', 'an open case', await this.openThings(caseId)));
      }
      // What happens on the way may move the deadline: look again after every alarm.
      aimed = target;
      await this.clock.hop(target ?? deadline);
    }
  }

  /** When the task or clock reaches that part of its limit; null while there is none, or it is paused. */
  private async instantOf(
    caseId: string,
    wanted: { task: string } | { clock: string },
    percent: number,
  ): Promise<Date | null> {
    const view = await this.view(caseId);
    const clock = 'task' in wanted ? taskClock(view, wanted.task) : latest(view.clocks, wanted.clock);
    if (clock === null && 'task' in wanted && percent === 100) {
      const task = latest(view.tasks, wanted.task);
      return task?.status === 'open' && task.dueAt !== null ? new Date(task.dueAt) : null;
    }
    if (clock === null) return null;
    const calendars = (this.policies.get(caseId) ?? this.policy).calendars;
    const at = instantAtPercent(clock, percent, calendars);
    return at === null ? null : new Date(at);
  }

  private async openThings(caseId: string): Promise<string> {
    const view = await this.view(caseId);
    const tasks = view.tasks.filter((task) => task.status === 'open').map((task) => task.name);
    const clocks = view.clocks.filter((clock) => clock.stoppedAt === null).map((clock) => clock.name);
    return `case ${view.row.status}; open tasks: ${tasks.join(', ') || 'none'}; clocks: ${clocks.join(', ') || 'none'}`;
  }

  // ---------------------------------------------------------------- what happened

  /** The live case; asks again while a killed worker is being replaced. */
  private async view(caseId: string): Promise<CaseView> {
    for (const until = Date.now() + PATIENCE_MS; ;) {
      await this.stack.ready();
      try {
        return await this.desk.view(caseId);
      } catch (error) {
        const again = error instanceof DeskError && error.exit === EXIT.unreachable && Date.now() < until;
        if (!again) throw error;
      }
    }
  }

  /** After a worker died, its cases are given to the next one at once, not after the server's patience with it. */
  private async forgetWorkers(): Promise<void> {
    const { namespace } = this.stage;
    for (const workflowId of this.clock.open()) {
      await this.stack.connection.workflowService.resetStickyTaskQueue({
        namespace,
        execution: { workflowId },
      });
    }
  }

  /** Opened cases by label, then cases that cases started. */
  private labels(): Map<string, string> {
    const labels = new Map(this.cases);
    const known = new Set(labels.values());
    for (const caseId of this.clock.open()) if (!known.has(caseId)) labels.set(caseId, caseId);
    for (const caseId of this.now.keys()) if (!known.has(caseId)) labels.set(caseId, caseId);
    return labels;
  }

  /** Takes the picture of every case. While the ledger is down, what the live case tells stands in for it. */
  private async look(): Promise<void> {
    const pictures = new Map<string, CasePicture>();
    for (const caseId of this.labels().values()) {
      const picture = this.ledgerDown ? await this.livePicture(caseId) : await this.ledgerPicture(caseId);
      if (picture) pictures.set(caseId, this.asOfNow(caseId, picture));
    }
    this.now = pictures;
    const named = new Set(this.cases.values());
    for (const [caseId, { row }] of pictures)
      if (!named.has(caseId) && !this.cases.has(row.process)) this.cases.set(row.process, caseId);
  }

  /** The ledger has what a clock counted when it last changed; people are told what it has counted by now. */
  private asOfNow(caseId: string, picture: CasePicture): CasePicture {
    const { calendars } = this.policies.get(caseId) ?? this.policy;
    const now = this.clock.now().toISOString();
    const clocks = picture.clocks.map((clock) => ({
      ...clock,
      usedMinutes: usedMinutes(clock, now, calendars),
    }));
    return { ...picture, clocks };
  }

  private async ledgerPicture(caseId: string): Promise<CasePicture | null> {
    const { ledger } = this.stage.ports;
    const file = await ledger.caseFile(caseId);
    if (file === null) return null;
    const [refusals, custody, bookings] = await Promise.all([
      ledger.refusals(caseId),
      ledger.custody({ caseId, current: false }),
      ledger.bookings({ caseId }),
    ]);
    return pictureOf(file, refusals, this.now.get(caseId) ?? null, { custody, bookings });
  }

  private async livePicture(caseId: string): Promise<CasePicture> {
    const view = await this.view(caseId);
    const earlier = this.now.get(caseId);
    const fresh = new Map(view.messages.map((message) => [message.key, message]));
    const kept = (earlier?.messages ?? []).map((message) => {
      const now = fresh.get(message.key);
      fresh.delete(message.key);
      return now ?? message;
    });
    return {
      row: view.row,
      tasks: view.tasks,
      clocks: view.clocks,
      messages: [...kept, ...fresh.values()],
      facts: earlier?.facts ?? [],
      refusals: earlier?.refusals ?? [],
      custody: earlier?.custody ?? [],
      bookings: earlier?.bookings ?? [],
    };
  }

  private news(): CaseNews[] {
    return [...this.labels()].flatMap(([as, caseId]) => {
      const after = this.now.get(caseId);
      if (!after) return [];
      const before = this.before.get(caseId) ?? null;
      return [{ as, case: caseId, before, after, ...this.fresh(before, after) }];
    });
  }

  private fresh(
    before: CasePicture | null,
    after: CasePicture,
  ): { facts: FactResult[]; messages: MessageResult[] } {
    const seen = lastSeq(before?.facts ?? []);
    const facts = after.facts.filter((fact) => fact.seq > seen);
    const refusals = after.refusals.slice(before?.refusals.length ?? 0);
    return {
      facts: timelineOf(facts, refusals, this.offset),
      messages: changed(before?.messages ?? [], after.messages).map((message) =>
        messageResult(message, this.offset),
      ),
    };
  }

  private async expect(index: number, expectation: Expectation, label: string | null): Promise<void> {
    const caseId = label === null ? undefined : this.cases.get(label);
    const after = caseId === undefined ? undefined : this.now.get(caseId);
    if (label === null || caseId === undefined || after === undefined) {
      this.miss(this.scenario.lineOf(index, ['expect']), 'expect', 'a case', 'none was opened');
      return;
    }
    const history =
      needsReplay(expectation) || 'events' in expectation ? await this.historyOf(caseId) : UNREAD;
    const { facts, messages } = this.fresh(this.before.get(caseId) ?? null, after);
    const seen: Seen = {
      case: caseResult(label, after, this.offset, history),
      newFacts: facts,
      newMessages: messages,
    };
    for (const each of compare(expectation, seen)) {
      this.miss(
        this.scenario.lineOf(index, ['expect', ...each.at]),
        `expect.${each.path}`,
        each.expected,
        each.actual,
      );
    }
  }

  private async historyOf(caseId: string): Promise<{ events: number; replay: string }> {
    const history = (await this.recorded.of([caseId])).get(caseId);
    return history ?? UNREAD;
  }

  private histories(): Promise<Map<string, CaseHistory>> {
    return this.recorded.of([...this.labels().values()]);
  }

  private result(label: string, caseId: string, history: CaseHistory | undefined): CaseResult | null {
    const picture = this.now.get(caseId);
    if (!picture) return null;
    const { events, replay } = history ?? UNREAD;
    return caseResult(label === caseId ? picture.row.process : label, picture, this.offset, {
      events,
      replay,
    });
  }

  // ---------------------------------------------------------------- names

  private about(step: Step): string | null {
    const named = step.kind === 'open' ? (step.as ?? step.open) : step.in;
    return named !== undefined && this.cases.has(named) ? named : this.last;
  }

  private caseOf(label: string | undefined): string {
    const caseId = this.cases.get(label ?? this.last ?? '');
    if (caseId === undefined) throw new Stopped(told('in', label ?? 'a case', 'it was not opened'));
    return caseId;
  }

  /** Labels instead of case numbers, where an answer names another case. */
  private withCases(given: Record<string, unknown>, keys: string[]): Record<string, unknown> {
    const named = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(named)
        : typeof value === 'string'
          ? (this.cases.get(value) ?? value)
          : value;
    return Object.fromEntries(
      Object.entries(given).map(([key, value]) => [key, keys.includes(key) ? named(value) : value]),
    );
  }

  private local(at: Date): string {
    return withOffset(at.toISOString(), this.offset);
  }

  private lineIn(step: Step, field: string): number {
    return this.scenario.lineOf(this.scenario.steps.indexOf(step), [field]);
  }

  private miss(line: number, path: string, expected: string, actual: string): Miss {
    const miss = { file: this.scenario.file, line, path, expected, actual };
    this.misses.push(miss);
    return miss;
  }
}

const UNREAD = { events: 0, replay: 'no history' };

function told(path: string, expected: string, actual: string): Omit<Miss, 'file' | 'line'> {
  return { path, expected, actual };
}

/** What a step is called in a miss: `complete acknowledge`. */
export function nameOf(step: Step): string {
  switch (step.kind) {
    case 'open':
      return `open ${step.open}`;
    case 'complete':
      return `complete ${step.complete}`;
    case 'do':
      return step.do;
    case 'outage':
      return `outage ${step.outage}`;
    case 'crash':
      return `crash ${step.crash}`;
    default:
      return step.kind;
  }
}

function latest<T extends { name: string; key: string; round: number }>(rows: T[], name: string): T | null {
  return rows.findLast((row) => row.name === name || row.key === name) ?? null;
}

function taskClock(view: CaseView, name: string): ClockRow | null {
  const task: TaskRow | null = latest(view.tasks, name);
  if (task === null || task.status !== 'open') return null;
  return view.clocks.find((clock) => clock.key === task.key) ?? null;
}

/** Messages that are new or took another status, in the order in which they did. */
function changed(before: MessageRow[], after: MessageRow[]): MessageRow[] {
  const known = new Map(before.map((message) => [message.key, message]));
  return after
    .filter((message) => {
      const earlier = known.get(message.key);
      return earlier?.status !== message.status || earlier.at !== message.at;
    })
    .sort((a, b) => Date.parse(a.at ?? a.queuedAt) - Date.parse(b.at ?? b.queuedAt));
}

/** True when a scenario needs its databases in files. */
export function needsDisk(scenario: Scenario): boolean {
  return scenario.steps.some((step) => step.kind === 'crash' && step.crash === 'stack');
}
