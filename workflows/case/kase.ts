/**
 * A case in progress: its state, and what a manual may ask of it. Everything that makes a manual durable and punctual
 * lives here and in its neighbours: alarm.ts (time), recorder.ts (ledger), post-room.ts (messages), acts.ts (people).
 *
 * Position is data: every call has a derived key; a key already in the journal returns at once. So after a
 * continue-as-new the manual runs again from the top and arrives where it was.
 */
import {
  condition,
  getExternalWorkflowHandle,
  log,
  sleep,
  workflowInfo,
  type SignalDefinition,
} from '@temporalio/workflow';
import { RootCancellationScope } from '@temporalio/workflow/lib/cancellation-scope.js';
import type {
  Actor,
  CaseRow,
  Channel,
  DocumentKind,
  EvidenceRef,
  Fact,
  FactKind,
  Instant,
  Level,
  MessageParam,
  Recipient,
  TaskRow,
  TurnRecord,
} from '../../domain/case.js';
import type { BookingKind, TripView } from '../../domain/custody.js';
import type { FormIssue } from '../../domain/forms.js';
import type { TaskDefinition } from '../../domain/tasks.js';
import {
  above,
  distinctHolder,
  holdersOf,
  inTurn,
  levelOfPerson,
  mayDo,
  presentOrSubstitute,
  rank,
  runningNumber,
} from '../../domain/desk.js';
import {
  addDays,
  addMinutes,
  dayOf,
  instantOf,
  isOpen,
  isWorkday,
  lastWorkdayOnOrBefore,
  localTime,
  nextOpening,
  wholeMinute,
  workdayAfter,
} from '../../domain/calendar.js';
import {
  pauseClock,
  relimitClock,
  resumeClock,
  startClock,
  stopClock,
  usedMinutes,
  type Limit,
} from '../../domain/clock.js';
import type { ClockName } from '../../domain/policy.js';
import { shared } from './gate.js';
import { Holdings, type Wanted } from './holdings.js';
import { documents, undoing } from './profiles.js';
import { SYSTEM } from './system.js';
import {
  linkedEnded,
  type CancelCase,
  type CaseOutcome,
  type CaseStart,
  type LinkedEnd,
  type Snapshot,
} from './messages.js';
import type { CaseState, ClockState, Ending, PendingMessage, TaskState, UndoStep } from './state.js';

/** Thrown at the manual's waiting point when the case ends by another way than its main line (W33, W36, W6). */
export class CaseEnds extends Error {
  override readonly name = 'CaseEnds';
  constructor(readonly ending: Ending) {
    super(ending.kind);
  }
}

/** What a case may wait for; each has its own limit in policy (W12). */
export type Waiting = 'waitingCustomer' | 'waitingUnit' | 'waitingManufacturer' | 'waitingTaxBureau';

/** What a case that this one opens begins with, and the serials by which later cases find it. */
export interface LinkedCase {
  process: CaseRow['process'];
  intake: unknown;
  serials: string[];
}

export interface TaskOptions {
  role?: string;
  /** Preferred person; taken when present, not excluded and not concerned. */
  assignee?: string | null;
  excluded?: { id: string; rule: string }[];
  /** This very person, although the case concerns him (W31), or because the chain says so (W16). */
  exactly?: string;
  /** Start of the clock, when earlier than now. */
  since?: Instant;
  /** Due time given instead of a policy clock (the plan's own deadline). */
  dueAt?: Instant;
  /** What the answer serves: a policy clock that would end later ends then. */
  notAfter?: Instant;
  context?: Record<string, unknown>;
  lapse?: Record<string, unknown>;
  holdsClosing?: boolean;
  /** Message to the person who gets it, where finding it in the inbox would be too late. */
  notice?: { template: string; params: Record<string, MessageParam> };
  waits?: Waiting;
  /** Somebody outside who may answer it, too: whoever holds the code he was sent. */
  party?: string;
  /** Done at this appointment; ends with `{ rescheduled: true }` when it is moved. */
  movable?: BookingKind;
  /** When it is best done, where that is earlier than due (D9). */
  plannedAt?: Instant;
  /** A clock of its own kind, e.g. call-out. */
  behaviour?: ClockState['behaviour'];
}

export interface TellOptions {
  params?: Record<string, MessageParam>;
  rule: string;
  urgency?: PendingMessage['urgency'];
  channels?: Channel[];
  /** Key of the task, appointment or promise it is about: once that has ended it is dropped unsent (AT-28). */
  mootWith?: string;
  /** What it is about: of several held messages with one subject to one reader only the newest goes (AT-28). */
  subject?: string;
  /** The instant it speaks of: what has not left by then is dropped, and a person tells it while there is time (AT-28). */
  usefulUntil?: Instant;
  /** Somebody calls the customer by then whatever becomes of it: nobody is asked to tell it instead. */
  calledAnyway?: true;
  /** Formal written form for those who prefer mail; it has no SMS (texts.md). */
  written?: { template: string; params: Record<string, MessageParam> };
  /** Not before this instant, e.g. a reminder that goes only if its task is still open then. */
  notBefore?: Instant;
  /** Key instead of the derived one: messages of several cases to one person may share it (W11). */
  key?: string;
}

/** What a process adds to the kernel. */
export interface Process<Answers, Data> {
  name: CaseRow['process'];
  tasks: Record<string, TaskDefinition>;
  /** First state of the process's own facts. */
  begin(start: CaseStart): { data: Data; row: Partial<CaseRow> & Pick<CaseRow, 'owner' | 'receivedAt'> };
  /** Called once when the case opens, before anybody is told. */
  opened(kase: Kase<Answers, Data>): void;
  /** An answer was given; called before the manual goes on. */
  answered(kase: Kase<Answers, Data>, task: TaskState, answer: Record<string, unknown>, by: string): void;
  /** What the form alone cannot know, all of it at once; null when in order. */
  objection(
    kase: Kase<Answers, Data>,
    task: TaskState,
    answer: Record<string, unknown>,
  ): FormIssue | FormIssue[] | null;
  /** What an answer needs of the ledger before it counts: hand-overs and appointments; null when nothing. */
  claims?(
    kase: Kase<Answers, Data>,
    task: TaskState,
    answer: Record<string, unknown>,
    by: string,
  ): Wanted | null;
  /**
   * Tasks by which something is handed over, besides `returnItems`: out of stock, or on from who has it. Their receiver
   * may refuse (AT-43).
   */
  handOvers?: Readonly<Record<string, 'out' | 'on'>>;
  /**
   * Undoes one step of its own: `system` when it is done, `hand` when it became a person's task; null when it knows no
   * such step.
   */
  undo?(kase: Kase<Answers, Data>, step: UndoStep): 'system' | 'hand' | null;
  /** An appointment was moved; whoever is not told by the new one hears of it here (ISS-25). */
  rescheduled?(kase: Kase<Answers, Data>, appointment: BookingKind): void;
  /** A wait with reminders at an interval has lasted so long (W28). */
  waited?(kase: Kase<Answers, Data>, taskKey: string | null, minutes: number): void;
  /** Other endings than the main line's that fit this process. */
  endings: readonly Ending['kind'][];
  /** A closed case was taken up again (W34); absent: it never is. */
  reopened?(kase: Kase<Answers, Data>): void;
  /** The running case goes on under another snapshot: limits beside the clock table follow it. */
  policyChanged?(kase: Kase<Answers, Data>): void;
  /** Facts learned outside a task (note, merge, correction). */
  learned?(kase: Kase<Answers, Data>, facts: Record<string, unknown>, by: string): void;
  /** Ends a case by another way; null: it goes on after all. */
  conclude(kase: Kase<Answers, Data>, ending: Ending): Promise<CaseOutcome | null>;
  /** Tells the customer where the case stands (W11). */
  tellProgress?(kase: Kase<Answers, Data>): void;
  /** The trip that the case has its place on was moved (W20). */
  tripMoved?(kase: Kase<Answers, Data>, trip: TripView): void;
  /** Another case was merged into this one. */
  absorbed?(kase: Kase<Answers, Data>, data: unknown): void;
  /** The customer hears that a promised instant moved (W14). */
  tellMoved(kase: Kase<Answers, Data>, dueAt: Instant): void;
  /** Where customers are reached; empty for the anonymous. */
  customers(data: Data): { to: Recipient; channels: Channel[] }[];
  /** Limit and calendar of a policy clock as they apply to this case: major cases run by the wall (D17). */
  clockFor?(kase: Kase<Answers, Data>, name: ClockName): { limit: Limit; calendar: string };
}

const HOPS = 12;
/** Awaited for a hop: one that exists already costs half of a new one. */
const DONE = Promise.resolve();

/** A coroutine of the kernel that waits for something the state will say. */
interface Waiter {
  reached(): boolean;
  resolve(): void;
}

export class Kase<Answers = Record<string, Record<string, unknown>>, Data = unknown> {
  readonly state: CaseState<Data>;
  /** Facts of the turn in the making. */
  private facts: Fact[] = [];
  private dirtyTasks = new Set<string>();
  private dirtyClocks = new Set<string>();
  private dirtyMessages = new Map<string, PendingMessage>();
  private fullNext = false;
  private lookups = new Set<string>();
  /** Grows with every change; waiting loops recompute only when it has. */
  revision = 0;
  private calls: Record<string, number> = {};
  private roundNow = 1;
  private scope = '';
  private concluding = false;
  /** Documents being filed. */
  private readonly filing = new Set<string>();
  private readonly waiting = new Set<Waiter>();
  private readonly turnAtChapterStart: number;
  /** Asked to go on in a new run, on the newest code. */
  wantsChapter = false;
  /** True once the outcome is recorded and the workflow may end. */
  over = false;
  /** Set by the recorder and the post room; part of `idle`. */
  readonly busy = { recorder: false, deliveries: 0, claims: 0 };
  /** Things held, appointments, and giving them back. */
  readonly holdings = new Holdings(this as unknown as Kase<never, never>);

  constructor(
    readonly start: CaseStart,
    readonly process: Process<Answers, Data>,
  ) {
    const at = this.now;
    start.snapshot = shared(start.snapshot);
    if (start.carry !== undefined) {
      this.state = start.carry as CaseState<Data>;
      this.state.chapter += 1;
    } else {
      const { data, row } = process.begin(start);
      this.state = {
        chapter: 1,
        turn: 0,
        seq: 0,
        row: {
          caseId: start.caseId,
          process: start.process,
          status: 'open',
          outcome: null,
          level: 'L1',
          rounds: 1,
          grade: null,
          openedAt: at,
          closedAt: null,
          nextDueAt: null,
          attention: null,
          waitingOn: 'us',
          identity: 'named',
          personsConcerned: [],
          customer: null,
          relatedTo: null,
          policyDigest: start.snapshot.digest,
          responseMinutes: null,
          resolutionMinutes: null,
          ...row,
        },
        journal: {},
        tasks: {},
        clocks: {},
        messages: {},
        occurrences: {},
        timers: {},
        told: [],
        pause: null,
        ending: null,
        firstRound: 1,
        promise: null,
        callOut: null,
        undo: [],
        nextDailyAt: null,
        answered: [],
        forgotten: [],
        reopens: 0,
        data,
      };
    }
    this.turnAtChapterStart = this.state.turn;
  }

  // ------------------------------------------------------------------ looking

  /** The desk's clock: whole minutes of the workflow's time, rounded down. */
  get now(): Instant {
    return new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
  }
  get snapshot(): Snapshot {
    return this.start.snapshot;
  }
  get policy(): Snapshot['policy'] {
    return this.start.snapshot.policy;
  }
  get caseId(): string {
    return this.state.row.caseId;
  }
  get data(): Data {
    return this.state.data;
  }
  get level(): Level {
    return this.state.row.level;
  }
  get round(): number {
    return this.state.row.rounds;
  }
  get owner(): string {
    return this.state.row.owner;
  }
  get number(): number {
    return runningNumber(this.caseId);
  }
  get offsetMinutes(): number {
    return this.policy.zone.offsetMinutes;
  }
  get concerned(): string[] {
    return this.state.row.personsConcerned;
  }
  /** True in the run that opened the case, before anything was recorded. */
  get isNew(): boolean {
    return this.state.turn === 0 && this.start.carry === undefined;
  }

  openTasks(): TaskState[] {
    return Object.values(this.state.tasks).filter((task) => task.status === 'open');
  }
  /** An open task by key or name; the latest when several share the name. */
  openTaskNamed(nameOrKey: string): TaskState | undefined {
    const exact = this.state.tasks[nameOrKey];
    if (exact?.status === 'open') return exact;
    return this.openTasks()
      .filter((task) => task.name === nameOrKey)
      .at(-1);
  }
  /** The latest answered task by key or name. */
  answeredTaskNamed(nameOrKey: string): string | undefined {
    if (this.state.journal[nameOrKey] !== undefined && this.state.tasks[nameOrKey] !== undefined)
      return nameOrKey;
    return Object.values(this.state.tasks)
      .filter((task) => task.name === nameOrKey && this.state.journal[task.key] !== undefined)
      .map((task) => task.key)
      .at(-1);
  }
  /** The answer of the latest task of that name, or undefined. */
  answerOf<Name extends keyof Answers & string>(name: Name): Answers[Name] | undefined {
    const key = this.answeredTaskNamed(name);
    return key === undefined ? undefined : (this.state.journal[key]!.answer as Answers[Name]);
  }
  /** Nothing unrecorded, in flight or unanswered by the kernel: the case may go on in a new run. */
  idle(): boolean {
    return (
      this.facts.length === 0 &&
      this.dirtyTasks.size === 0 &&
      this.dirtyClocks.size === 0 &&
      this.dirtyMessages.size === 0 &&
      !this.busy.recorder &&
      this.busy.deliveries === 0 &&
      this.busy.claims === 0 &&
      this.filing.size === 0
    );
  }
  /** Whether a new run is due: the history is long enough and this run has done something. */
  chapterDue(): boolean {
    // A closed case only tells its end on; in a new run it would do so again.
    if (this.over || this.state.row.status === 'closed') return false;
    if (this.wantsChapter) return true;
    if (this.state.turn <= this.turnAtChapterStart) return false;
    const info = workflowInfo();
    return info.continueAsNewSuggested || info.historyLength >= this.policy.kernel.chapterEvents;
  }

  // ------------------------------------------------------------------ recording

  /** Adds a fact to the turn in the making. */
  fact(
    what: FactKind,
    data: Record<string, unknown>,
    actor: string | null = null,
    rule: string | null = null,
  ): void {
    this.state.seq += 1;
    this.facts.push({ seq: this.state.seq, at: this.now, what, actor, rule, data });
    this.revision += 1;
  }
  touchTask(key: string): void {
    this.dirtyTasks.add(key);
    this.revision += 1;
  }
  setClock(clock: ClockState): void {
    this.state.clocks[clock.key] = clock;
    this.dirtyClocks.add(clock.key);
    this.revision += 1;
  }
  touchMessage(message: PendingMessage): void {
    this.dirtyMessages.set(message.key, message);
    this.revision += 1;
  }
  get unrecorded(): boolean {
    return (
      this.facts.length > 0 ||
      this.dirtyTasks.size > 0 ||
      this.dirtyClocks.size > 0 ||
      this.dirtyMessages.size > 0
    );
  }
  /** Later cases of these serials find this one (ONS-25, W35); what is undefined is left out. */
  findableBy(serials: readonly (string | undefined)[]): void {
    for (const serial of serials) if (serial !== undefined) this.lookups.add(serial);
    this.revision += 1;
  }
  /** The next turn writes everything the state holds, not only what changed. */
  resync(): void {
    this.fullNext = true;
    for (const key of Object.keys(this.state.tasks)) this.dirtyTasks.add(key);
    for (const key of Object.keys(this.state.clocks)) this.dirtyClocks.add(key);
    for (const message of Object.values(this.state.messages)) this.dirtyMessages.set(message.key, message);
  }
  /** Takes all that is unrecorded as one turn. */
  takeTurn(): TurnRecord {
    this.state.turn += 1;
    Object.assign(this.state.row, this.currentRow());
    const turn: TurnRecord = {
      caseId: this.caseId,
      runId: workflowInfo().runId,
      turn: this.state.turn,
      at: this.now,
      row: { ...this.state.row },
      tasks: [...this.dirtyTasks].map((key) => this.taskRow(this.state.tasks[key]!)),
      clocks: [...this.dirtyClocks].map((key) => clockRow(this.state.clocks[key]!)),
      messages: [...this.dirtyMessages.values()].map(messageRow),
      facts: this.facts,
      finalState: this.state.row.status === 'closed' ? this.finalState() : null,
      full: this.fullNext,
      ...(this.lookups.size === 0 ? {} : { serials: [...this.lookups] }),
    };
    this.facts = [];
    this.lookups = new Set();
    this.dirtyTasks = new Set();
    this.dirtyClocks = new Set();
    this.dirtyMessages = new Map();
    this.fullNext = false;
    return turn;
  }
  taskRow(task: TaskState): TaskRow {
    return {
      key: task.key,
      name: task.name,
      round: task.round,
      role: task.role,
      assignee: task.assignee,
      status: task.status,
      rule: task.rule,
      openedAt: task.openedAt,
      plannedAt: task.plannedAt,
      dueAt: task.dueAt,
      provisional: task.provisional,
      completedAt: task.completedAt,
      completedBy: task.completedBy,
      answer: this.state.journal[task.key]?.answer ?? null,
      context: task.context,
    };
  }
  /** The carry a reopen starts from (W34): what happened stays, what was running does not. */
  private finalState(): unknown {
    return { ...this.state, messages: {}, answered: this.state.answered.slice(-20) };
  }
  /** The row with the columns people list and filter by as of now. Pure: queries call it too. */
  currentRow(): CaseRow {
    const row = this.state.row;
    const running = Object.values(this.state.clocks).filter((clock) => clock.stoppedAt === null);
    const dues = running
      .filter((clock) => clock.pausedAt === null && clock.behaviour !== 'progress')
      .map((clock) => clock.dueAt)
      .sort();
    const lost = this.openTasks().some((task) => task.name === 'deliverByHand');
    const nobody =
      this.state.occurrences['nobodyAbove'] !== undefined ||
      this.openTasks().some((task) => task.assignee === null);
    const late = running.some((clock) => clock.breachedAt !== null && clock.behaviour !== 'progress');
    const provisional = running.some((clock) => clock.provisional);
    const attention = nobody
      ? 'nobody'
      : late
        ? 'late'
        : lost
          ? 'undelivered'
          : provisional
            ? 'provisional'
            : null;
    return {
      ...row,
      nextDueAt: dues[0] ?? null,
      waitingOn: this.state.pause?.waitingOn ?? 'us',
      attention: row.status === 'closed' ? null : attention,
    };
  }
  /** Lets everything that reacts to the same event happen before the caller goes on: one turn, one alarm move. */
  async settled(): Promise<void> {
    for (let last = -1; last !== this.revision;) {
      last = this.revision;
      for (let hop = 0; hop < HOPS; hop += 1) await DONE;
    }
  }

  // ------------------------------------------------------------------ waiting

  /**
   * Resolves when the state says so. Like `condition`, but `wake` resolves it at once: for every link of a chain of
   * conditions the SDK enters the sandbox once more, and each entry starts a watchdog thread, which costs more than most
   * of what a case does in it.
   */
  when(reached: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (reached()) resolve();
      else this.waiting.add({ reached, resolve });
    });
  }
  /** As `when`, for so many milliseconds at most; false when they passed first. The timer is cancelled otherwise. */
  async within(reached: () => boolean, ms: number, summary: string): Promise<boolean> {
    // A root of its own: a child would leave a reaction on its parent for as long as the case lives, timer after timer.
    // Nothing is lost, since everything here is shielded from cancellation anyway (run.ts).
    const scope = new RootCancellationScope();
    let passed = false;
    try {
      return await scope.run(() =>
        Promise.race([
          sleep(ms, { summary }).then(() => false),
          this.when(() => passed || reached()).then(() => true),
        ]),
      );
    } finally {
      passed = true;
      scope.cancel();
      this.wake();
    }
  }
  /** Lets whoever waits for the state as it is now go on; called after every change from outside. */
  wake(): void {
    for (const line of this.waiting)
      if (line.reached()) {
        this.waiting.delete(line);
        line.resolve();
      }
  }
  /** Wakes after changes nobody announced, as `condition` would; runs as long as the case. */
  async keepAwake(): Promise<void> {
    while (!this.over) {
      await condition(() => this.over || [...this.waiting].some((line) => line.reached()));
      this.wake();
    }
  }

  // ------------------------------------------------------------------ the manual's verbs

  /** Called before the manual runs (again) from the top. */
  rewind(): void {
    this.calls = {};
    this.roundNow = 1;
    this.scope = '';
    this.concluding = false;
  }
  /** From here on the case ends by another way; a second such ending of one case has keys of its own. */
  beginEnding(): void {
    this.rewind();
    this.concluding = true;
    const n = this.state.occurrences['ending'] ?? 1;
    this.scope = n === 1 ? '' : `.e${n}`;
    // Once: what the ending itself asks of people stays open when a new run comes here again.
    this.once('ending', () => {
      for (const task of this.openTasks())
        if (!task.beside && !task.holdsClosing) this.moot(task, this.state.ending!.kind);
      if (this.state.pause !== null) this.endPause(SYSTEM, this.state.ending!.kind);
    });
  }
  /** Marks that the case is to end by another way than its main line. */
  end(kind: Ending['kind'], by: string, data: Record<string, unknown>): void {
    this.occurrence('ending');
    this.state.ending = { kind, by, at: this.now, data };
    // What was held for a customer or for staff is not said of a case that is called off; bureaus hear by their own letters.
    if (kind === 'cancelled')
      for (const message of Object.values(this.state.messages))
        if (message.to.kind !== 'unit') message.overtaken = true;
    this.revision += 1;
  }
  /** It does not end after all: the manual goes on where it was. */
  goOn(): void {
    this.state.ending = null;
    this.revision += 1;
  }
  /** Key of the manual's next call of a name: `investigate#2` in round 2, `planResolution#2.2` its second there. */
  private key(name: string): string {
    const base = `${name}#${this.roundNow}${this.scope}`;
    const n = (this.calls[base] = (this.calls[base] ?? 0) + 1);
    return n === 1 ? base : `${base}.${n}`;
  }
  /** Waits for something the state will say; ends early when the case ends by another way. */
  async until(reached: () => boolean): Promise<void> {
    const ends = () => this.state.ending !== null && !this.concluding;
    await this.when(() => reached() || ends());
    if (!reached()) throw new CaseEnds(this.state.ending!);
  }
  /** Something done once, at this point of the manual: a done effect is skipped when the manual runs again. */
  once(name: string, effect: () => void): void {
    const key = this.key(`once:${name}`);
    if (this.state.journal[key] !== undefined) return;
    effect();
    this.state.journal[key] = { answer: {}, by: SYSTEM, at: this.now, requestId: null };
  }

  /** Something looked up once, at this point of the manual: the manual runs again with what was seen then. */
  keep<Value extends object>(name: string, look: () => Value): Value {
    const key = this.key(`seen:${name}`);
    const entry = (this.state.journal[key] ??= {
      answer: look() as Record<string, unknown>,
      by: SYSTEM,
      at: this.now,
      requestId: null,
    });
    return entry.answer as Value;
  }

  /** Opens a task and waits for its answer. The next run of the manual gets the same answer at once. */
  async task<Name extends keyof Answers & string>(
    definition: TaskDefinition<Name>,
    options: TaskOptions | ((key: string) => TaskOptions) = {},
  ): Promise<Answers[Name]> {
    const key = this.key(definition.name);
    if (this.state.journal[key] === undefined) {
      if (this.state.tasks[key]?.status !== 'open')
        this.openTask(key, definition, typeof options === 'function' ? options(key) : options, false);
      await this.until(() => this.state.journal[key] !== undefined);
    }
    return this.state.journal[key]!.answer as Answers[Name];
  }

  /** A task answered before it was ever open: done on the spot by whoever took the case in (W2). */
  async given<Name extends keyof Answers & string>(
    definition: TaskDefinition<Name>,
    answer: Answers[Name],
    by: string,
  ): Promise<Answers[Name]> {
    const key = this.key(definition.name);
    if (this.state.journal[key] === undefined) {
      this.openTask(key, definition, { assignee: by }, false);
      this.applyAnswer(this.state.tasks[key]!, answer as Record<string, unknown>, by, null);
    }
    return Promise.resolve(this.state.journal[key]!.answer as Answers[Name]);
  }

  /** A task whose answer others owe us: other clocks pause; null when it lapsed (W12). */
  async wait<Name extends keyof Answers & string>(
    definition: TaskDefinition<Name>,
    reason: Waiting,
    options: TaskOptions | ((key: string) => TaskOptions) = {},
  ): Promise<Answers[Name] | null> {
    const answer = await this.task(definition, (key) => ({
      ...(typeof options === 'function' ? options(key) : options),
      waits: reason,
      lapse: { lapsed: true },
      behaviour: 'lapse',
    }));
    return (answer as { lapsed?: boolean }).lapsed === true ? null : answer;
  }

  /** A task beside the main line: opened now, not waited for. Returns its key. */
  duty(definition: TaskDefinition, options: TaskOptions = {}): string {
    const key = `${definition.name}#${this.occurrence(definition.name)}`;
    this.openTask(key, definition, options, true);
    return key;
  }

  /** The rounds of resolving and confirming, from the first (or the one a reopen starts with). */
  *rounds(): Generator<{ no: number }> {
    for (let no = this.state.firstRound; ; no += 1) {
      this.roundNow = no;
      yield { no };
    }
  }

  /** The next round begins: one more pass of resolving and confirming. */
  startRound(rule = 'CMP-13'): void {
    this.state.row.rounds += 1;
    this.fact('roundStarted', { round: this.state.row.rounds }, null, rule);
  }

  /** Waits until an instant, computed once. */
  async waitUntil(name: string, at: () => Instant): Promise<void> {
    const key = this.key(`timer:${name}`);
    if (this.state.journal[key] !== undefined) return;
    if (this.state.timers[key] === undefined) {
      this.state.timers[key] = at();
      this.revision += 1;
    }
    await this.until(() => this.state.journal[key] !== undefined);
  }
  /** What the manual waits for now, soonest first. */
  waits(): { name: string; until: Instant }[] {
    return Object.entries(this.state.timers)
      .filter(([key]) => this.state.journal[key] === undefined)
      .map(([key, until]) => ({ name: /^timer:(\w+)/.exec(key)![1]!, until }))
      .sort((a, b) => (a.until < b.until ? -1 : 1));
  }
  /** Ends a wait of that name early: somebody was heard of. */
  cutShort(name: string, by: string): boolean {
    for (const key of Object.keys(this.state.timers)) {
      if (!key.startsWith(`timer:${name}#`)) continue;
      delete this.state.timers[key];
      this.state.journal[key] = { answer: { cutShort: true }, by, at: this.now, requestId: null };
      this.revision += 1;
      return true;
    }
    return false;
  }
  /** Whether the wait the manual passed last was cut short. */
  wasCutShort(name: string): boolean {
    const base = `timer:${name}#${this.roundNow}`;
    const n = this.calls[base] ?? 1;
    return this.state.journal[n === 1 ? base : `${base}.${n}`]?.answer['cutShort'] === true;
  }

  /** Stores a printed form of the case as evidence, beside the main line: storage may be down (AT-26). */
  file(kind: DocumentKind, rule: string): void {
    const key = this.key(`document:${kind}`);
    if (this.state.journal[key] !== undefined || this.filing.has(key)) return;
    this.filing.add(key);
    void this.print(kind, key, this.roundNow, rule);
  }
  private async print(kind: DocumentKind, key: string, round: number, rule: string): Promise<void> {
    // The form is printed from the ledger, so what it shows must be there first.
    await this.when(() => !this.unrecorded && !this.busy.recorder);
    let evidence: EvidenceRef | null = null;
    try {
      evidence = await documents.fileDocument.executeWithOptions({ summary: `${kind} of ${this.caseId}` }, [
        { caseId: this.caseId, kind, key, round, at: this.now, offsetMinutes: this.offsetMinutes },
      ]);
    } catch (error) {
      log.warn('document not filed', { caseId: this.caseId, kind, error: String(error) });
      this.duty(this.process.tasks['sortOut']!, {
        context: { problem: 'document', document: kind },
        holdsClosing: true,
      });
    }
    this.filing.delete(key);
    this.state.journal[key] = { answer: { evidence }, by: SYSTEM, at: this.now, requestId: null };
    if (evidence !== null)
      this.fact(
        'evidenceAttached',
        { field: kind, evidence: evidence.evidence, sha256: evidence.sha256 },
        SYSTEM,
        rule,
      );
    this.wake();
  }

  /** The task that stands for an appointment. */
  movableTask(appointment: BookingKind): TaskState | undefined {
    return this.openTasks().find((task) => task.movable === appointment);
  }
  /** The appointment is off: its bookings are released, and the manual hears `rescheduled` (ISS-25). */
  reschedule(appointment: BookingKind, by: string): void {
    const keys = this.holdings
      .bookings()
      .filter((booking) => booking.kind === appointment)
      .map((booking) => booking.key);
    void this.holdings.release(keys);
    this.process.rescheduled?.(this, appointment);
    for (const task of this.openTasks())
      if (task.movable === appointment) this.applyAnswer(task, { rescheduled: true }, by, null);
  }

  /** Something done once that takes the outside world; nothing of the case is in flight while it has not been done. */
  async effect(name: string, work: () => Promise<unknown>): Promise<void> {
    const key = this.key(`effect:${name}`);
    if (this.state.journal[key] !== undefined) return;
    this.busy.claims += 1;
    try {
      await work();
    } finally {
      this.busy.claims -= 1;
    }
    this.state.journal[key] = { answer: {}, by: SYSTEM, at: this.now, requestId: null };
    this.revision += 1;
    this.wake();
  }

  /**
   * Opens a case of its own for part of this one and waits until that has ended (W25). Returns its number and outcome.
   */
  async linked(name: string, order: LinkedCase, rule: string): Promise<LinkedEnd> {
    const key = this.key(`linked:${name}`);
    if (this.state.journal[key] === undefined) {
      await this.openLinked(key, name, order, rule, async (caseId) => {
        // Cancelled while it was being opened: the undo list has been gone through without it.
        if (this.concluding) await this.holdings.undo({ name: 'linked', data: { case: caseId } });
        else this.undoLater('linked', { case: caseId });
      });
      if (this.concluding) throw new CaseEnds(this.state.ending!);
      await this.until(() => this.state.journal[key] !== undefined);
    }
    return this.state.journal[key]!.answer as unknown as LinkedEnd;
  }
  /** Opens a case of its own for part of this one, which goes on without it (W21). Returns its number. */
  async parted(name: string, order: LinkedCase, rule: string): Promise<string> {
    const key = this.key(`linked:${name}`);
    await this.openLinked(key, name, order, rule);
    return Object.entries(this.state.linked!).find(([, line]) => line.key === key)![0];
  }
  /** Opens it, if need be after a person has put right what was in the way (AT-26). */
  private async openLinked(
    key: string,
    name: string,
    order: LinkedCase,
    rule: string,
    opened?: (caseId: string) => Promise<void>,
  ): Promise<void> {
    for (;;) {
      await this.effect(`open:${name}`, async () => {
        const caseId = await this.startLinked(key, order);
        if (caseId === null) return;
        (this.state.linked ??= {})[caseId] = { key, rule, outcome: null };
        this.fact('linked', { case: caseId, process: order.process }, SYSTEM, rule);
        await opened?.(caseId);
      });
      const { found } = this.keep(`opened:${name}`, () => ({
        found: Object.values(this.state.linked ?? {}).some((line) => line.key === key),
      }));
      if (found) return;
      await this.task(this.process.tasks['sortOut'] as TaskDefinition<keyof Answers & string>, () => ({
        context: { problem: 'linkedCase', process: order.process },
      }));
    }
  }
  /** @returns its number; null when it could not be opened in all the time there was */
  private async startLinked(key: string, order: LinkedCase): Promise<string | null> {
    const actor: Actor = { id: this.owner, roles: this.snapshot.desk.staff[this.owner]?.roles ?? [] };
    const start: Omit<CaseStart, 'caseId'> = {
      process: order.process,
      requestId: `${this.caseId}/${key}`,
      actor,
      intake: order.intake,
      related: [this.caseId],
      opener: this.caseId,
      snapshot: this.snapshot,
    };
    try {
      // A case of its own: it lives on whatever becomes of this one.
      const { caseId } = await undoing.openLinked.executeWithOptions(
        { summary: `open a linked ${order.process}` },
        [
          {
            requestId: start.requestId,
            process: order.process,
            day: dayOf(this.now, this.offsetMinutes).replaceAll('-', ''),
            input: start,
            serials: order.serials,
            customer: this.state.row.customer,
            actor: actor.id,
            at: this.now,
            taskQueue: workflowInfo().taskQueue,
          },
        ],
      );
      return caseId;
    } catch (error) {
      log.warn('linked case not opened', { caseId: this.caseId, key, error: String(error) });
      return null;
    }
  }
  /**
   * Cancels a case that this one opened, by the same person and for the same reason (W25, W33).
   * @returns as the activity; `ended` also when it is known here that it has ended
   */
  async cancelLinked(caseId: string): Promise<'cancelled' | 'ended' | 'refused'> {
    const line = this.state.linked?.[caseId];
    if (line === undefined || line.outcome !== null) return 'ended';
    const { by, reason } = this.state.ending!.data as Partial<CancelCase>;
    const requestId = `${this.caseId}/${line.key}/cancel`;
    try {
      return await undoing.cancelLinked.executeWithOptions({ summary: `cancel ${caseId} with this case` }, [
        {
          caseId,
          act: by === undefined || reason === undefined ? null : { requestId, by, reason },
        },
      ]);
    } catch (error) {
      log.warn('linked case not cancelled', { caseId: this.caseId, linked: caseId, error: String(error) });
      return 'refused';
    }
  }
  /** A case that this one opened has ended. */
  linkedCaseEnded(end: LinkedEnd): void {
    const line = this.state.linked?.[end.caseId];
    if (line === undefined || line.outcome !== null) return;
    line.outcome = end.outcome;
    this.state.journal[line.key] = { answer: { ...end }, by: SYSTEM, at: this.now, requestId: null };
    this.fact('linkedEnded', { case: end.caseId, outcome: end.outcome }, SYSTEM, line.rule);
    this.wake();
  }

  /** Registers, once at this point of the manual, how to give back what was borrowed, booked or collected. */
  undoBy(name: string, data: Record<string, unknown> = {}): void {
    this.once(`undo:${name}`, () => this.undoLater(name, data));
  }
  /** How to undo what was just done; the list runs in reverse on cancel. */
  undoLater(name: string, data: Record<string, unknown>): void {
    this.state.undo.push({ name, data });
  }
  /** Limit and calendar of a policy clock in this case: the policy's own, unless the process knows better (D17). */
  clockRule(name: ClockName): { limit: Limit; calendar: string } {
    const own = this.process.clockFor?.(this, name);
    if (own !== undefined) return own;
    const { limit, calendar } = this.policy.clocks[name]!;
    return { limit, calendar };
  }

  /**
   * Ends the case: outcome recorded, then status `closing` and tasks refused; the workflow ends when the post room is
   * empty or its leftovers are a person's task that has been done.
   */
  async close(outcome: string, rule: string): Promise<CaseOutcome> {
    const row = this.state.row;
    if (row.status === 'open') {
      row.status = 'closing';
      row.outcome = outcome;
      this.measure();
      for (const task of this.openTasks()) if (!task.holdsClosing) this.moot(task, 'closing');
      for (const clock of Object.values(this.state.clocks))
        if (clock.stoppedAt === null && !this.holdsClosing(clock)) this.stopClock(clock.key);
      this.state.promise = null;
      this.state.callOut = null;
      this.state.nextDailyAt = null;
      this.state.timers = {};
      this.state.pause = null;
      this.holdings.askBack('closing');
      this.fact('closing', { outcome, rounds: row.rounds, level: row.level }, null, rule);
    }
    await this.when(
      () =>
        Object.keys(this.state.messages).length === 0 &&
        this.openTasks().length === 0 &&
        this.busy.deliveries === 0 &&
        this.busy.claims === 0 &&
        this.holdings.items().length === 0 &&
        this.filing.size === 0,
    );
    row.status = 'closed';
    row.closedAt = this.now;
    this.fact(
      'closed',
      { outcome, responseMinutes: row.responseMinutes, resolutionMinutes: row.resolutionMinutes },
      null,
      rule,
    );
    // The case that waits for this one hears how it ended (W25).
    if (this.start.opener !== undefined)
      await this.tellCase(this.start.opener, linkedEnded, { caseId: this.caseId, outcome });
    await this.when(() => !this.unrecorded && !this.busy.recorder);
    this.over = true;
    return {
      caseId: this.caseId,
      outcome,
      closedAt: row.closedAt,
      rounds: row.rounds,
      level: row.level,
      responseMinutes: row.responseMinutes,
      resolutionMinutes: row.resolutionMinutes,
    };
  }
  /** Tells another case; one that has ended meanwhile need not hear. */
  async tellCase<About>(caseId: string, signal: SignalDefinition<[About]>, about: About): Promise<void> {
    try {
      await getExternalWorkflowHandle(caseId).signal(signal, about);
    } catch (error) {
      log.info('the case to be told has ended', { other: caseId, error: String(error) });
    }
  }
  private holdsClosing(clock: ClockState): boolean {
    if (clock.behaviour === 'custody') return true;
    return clock.taskKey !== null && this.state.tasks[clock.taskKey]?.status === 'open';
  }
  /** Response and resolution durations are always stored, so a closed record has no gaps (AT-11, CRM-04). */
  private measure(): void {
    const { calendars } = this.snapshot;
    const row = this.state.row;
    const spent = (name: string): number | null => {
      const clocks = Object.values(this.state.clocks).filter((clock) => clock.name === name);
      if (clocks.length === 0) return null;
      return clocks.reduce((sum, clock) => sum + usedMinutes(clock, this.now, calendars), 0);
    };
    row.responseMinutes = spent('firstResponse') ?? 0;
    row.resolutionMinutes = spent('resolution') ?? row.responseMinutes;
  }

  // ------------------------------------------------------------------ tasks

  /** How often something happened, this time included. */
  occurrence(name: string): number {
    this.state.occurrences[name] = (this.state.occurrences[name] ?? 0) + 1;
    return this.state.occurrences[name];
  }

  /** Chooses who gets a task: the wished-for person, else the owner, else holders of the role in turn. */
  assign(role: string, wished: string | null | undefined, excluded: readonly string[]): string | null {
    const out = [...excluded, ...this.concerned];
    const { desk } = this.snapshot;
    if (wished !== null && wished !== undefined) {
      const person = presentOrSubstitute(desk, wished, out);
      if (person !== null) return person;
    }
    // The owner keeps the case to its end (W17): whatever he may do himself is his.
    const may = (id: string) => this.may({ id, roles: desk.staff[id]?.roles ?? [] }, role);
    if (may(this.owner)) {
      const owner = presentOrSubstitute(desk, this.owner, out);
      if (owner !== null && may(owner)) return owner;
    }
    const holder = inTurn(holdersOf(desk, role, out), this.number);
    if (holder !== null) return holder;
    // Nobody holds the role: the next person up the ladder who is not excluded, so that no task is nobody's (W5).
    const from = (Object.keys(this.policy.levels) as Level[]).find((level) =>
      this.policy.levels[level].roles.includes(role),
    );
    return distinctHolder(desk, this.policy.levels, from ?? 'supervisor', [], out, this.number).person;
  }

  /** Whether a person may do what a role does: who owns a case about the general manager may do all of it (W31). */
  may(actor: Actor, role: string): boolean {
    return mayDo(this.policy.levels, actor, role) || (actor.id === this.owner && this.aboutTheTop);
  }
  /** The complaint concerns whom everybody else answers to. */
  get aboutTheTop(): boolean {
    const { desk, policy } = this.snapshot;
    return this.concerned.some((id) => levelOfPerson(desk, policy.levels, id) === 'generalManager');
  }

  private openTask(key: string, definition: TaskDefinition, options: TaskOptions, beside: boolean): void {
    const at = this.now;
    const role = options.role ?? definition.role;
    const excluded = options.excluded ?? [];
    const assignee =
      options.exactly ??
      this.assign(
        role,
        options.assignee,
        excluded.map((line) => line.id),
      );
    const task: TaskState = {
      key,
      name: definition.name,
      round: this.state.row.rounds,
      role,
      assignee,
      status: 'open',
      rule: definition.rule,
      openedAt: at,
      plannedAt: null,
      dueAt: null,
      provisional: false,
      completedAt: null,
      completedBy: null,
      context: options.context ?? null,
      excluded,
      lapse: options.lapse ?? null,
      beside,
      holdsClosing: options.holdsClosing ?? false,
      waits: options.waits ?? null,
      ...(options.party === undefined ? {} : { party: options.party }),
      ...(options.movable === undefined ? {} : { movable: options.movable }),
    };
    this.state.tasks[key] = task;
    if (options.waits !== undefined) this.beginPause(options.waits, null, key);
    const behaviour = options.behaviour ?? (options.lapse === undefined ? 'deadline' : 'lapse');
    const dueAt = options.dueAt ?? this.cappedDue(definition, options);
    const clock =
      dueAt !== undefined
        ? this.startTimed(key, definition.clock ?? definition.name, definition.rule, dueAt, key, behaviour)
        : definition.clock !== null
          ? this.startPolicyClock(key, definition.clock, { taskKey: key, behaviour, at: options.since })
          : null;
    if (clock !== null) {
      task.dueAt = clock.dueAt;
      task.provisional = clock.provisional;
      task.plannedAt = options.plannedAt ?? this.plannedBefore(clock);
    }
    if (assignee === null) this.fact('flagged', { flag: 'nobody', task: key, role }, SYSTEM, 'W5');
    if (options.notice !== undefined && assignee !== null)
      this.tellStaff(options.notice.template, assignee, {
        rule: definition.rule,
        params: { task: { word: `task:${definition.name}` }, ...options.notice.params },
        mootWith: key,
      });
    if (task.provisional)
      this.fact('flagged', { flag: 'provisional', task: key, dueAt: task.dueAt }, SYSTEM, 'AT-19');
    this.fact(
      'taskOpened',
      { task: definition.name, key, role, assignee, dueAt: task.dueAt },
      null,
      definition.rule,
    );
    this.touchTask(key);
  }

  /** What an answer serves, when that is still ahead and comes before the limit of policy. */
  private cappedDue({ clock }: TaskDefinition, { notAfter, since }: TaskOptions): Instant | undefined {
    if (clock === null || notAfter === undefined || notAfter <= this.now) return undefined;
    const { limit, calendar } = this.clockRule(clock);
    return notAfter < this.limitFrom(limit, calendar, since) ? notAfter : undefined;
  }

  /** A deadline in calendar days that ends on a day off is planned on the last workday before it (W9). */
  private plannedBefore(clock: ClockState): Instant | null {
    if (clock.calendar !== 'wall' || clock.policyName === null) return null;
    const limit = this.policy.clocks[clock.policyName as ClockName]?.limit;
    if (limit === undefined || !('calendarDays' in limit)) return null;
    const { calendars } = this.snapshot;
    const due = dayOf(clock.dueAt, this.offsetMinutes);
    if (isWorkday(calendars, 'workdays', due)) return null;
    const planned = lastWorkdayOnOrBefore(calendars, 'workdays', due).on;
    const opening = nextOpening(calendars, 'workdays', instantOf(planned, '00:00', this.offsetMinutes)).at;
    return opening > clock.startedAt ? opening : null;
  }

  /** Whether a task's due day is a day off and no workday is left before it: the on-call agent calls (W9). */
  needsOnCall(clockName: ClockName): boolean {
    const policy = this.policy.clocks[clockName];
    if (policy === undefined || !('calendarDays' in policy.limit)) return false;
    const { calendars } = this.snapshot;
    const today = dayOf(this.now, this.offsetMinutes);
    const due = addDays(today, policy.limit.calendarDays);
    if (isWorkday(calendars, 'workdays', due)) return false;
    const last = lastWorkdayOnOrBefore(calendars, 'workdays', due).on;
    return last < today || (last === today && !isOpen(calendars, 'workdays', this.now));
  }

  /** Journals an answer, stops the clock, lets the process react. */
  applyAnswer(task: TaskState, answer: Record<string, unknown>, by: string, requestId: string | null): void {
    const at = this.now;
    task.status = 'completed';
    task.completedAt = at;
    task.completedBy = by;
    this.state.journal[task.key] = { answer, by, at, requestId };
    const clock = this.state.clocks[task.key];
    if (clock !== undefined && clock.stoppedAt === null) this.stopClock(clock.key);
    const stopped = this.state.clocks[task.key];
    this.fact(
      'taskCompleted',
      {
        task: task.name,
        key: task.key,
        by,
        ...(stopped === undefined
          ? {}
          : {
              usedMinutes: stopped.usedMinutes,
              limitMinutes: stopped.limitMinutes,
              late: stopped.breachedAt !== null,
            }),
        ...('lapsed' in answer ? { lapsed: true } : {}),
        ...('rescheduled' in answer ? { rescheduled: true } : {}),
      },
      by,
      task.rule,
    );
    this.touchTask(task.key);
    if (task.waits !== null && this.state.pause?.task === task.key) this.endPause(by, null);
    if (task.name === 'returnItems') this.holdings.askRest(task, answer['items'] as string[]);
    this.holdings.settled();
    if (!('rescheduled' in answer)) this.process.answered(this, task, answer, by);
  }

  /** The new person hears what he has and until when; the former one that it is no longer his. */
  handTask(task: TaskState, to: string | null, by: string, reason: string | null): void {
    const from = task.assignee;
    task.assignee = to;
    this.touchTask(task.key);
    if (to === null || to === by) return;
    const about = { task: { word: `task:${task.name}` } };
    this.tellStaff('staff.taskOpened', to, {
      rule: task.rule,
      params: {
        ...about,
        due: { at: task.dueAt ?? this.now },
        staff: { staff: by },
        ...(reason === null ? {} : { reason: { content: reason } }),
      },
      mootWith: task.key,
    });
    if (from !== null && from !== by && from !== to)
      this.tellStaff('staff.reassigned', from, {
        rule: task.rule,
        params: { ...about, staff: { staff: to } },
      });
  }
  /** A task that is no longer needed. */
  moot(task: TaskState, reason: string): void {
    task.status = 'moot';
    const clock = this.state.clocks[task.key];
    if (clock !== undefined && clock.stoppedAt === null) this.stopClock(clock.key);
    this.fact('taskMoot', { task: task.name, key: task.key, reason }, SYSTEM, task.rule);
    this.touchTask(task.key);
  }
  mootAll(names: readonly string[], reason: string): void {
    for (const task of this.openTasks()) if (names.includes(task.name)) this.moot(task, reason);
  }

  // ------------------------------------------------------------------ clocks

  startPolicyClock(
    key: string,
    name: ClockName,
    options: {
      taskKey?: string | null;
      behaviour?: ClockState['behaviour'];
      at?: Instant;
      limit?: Limit;
      calendar?: string;
    } = {},
  ): ClockState {
    const policy = this.policy.clocks[name]!;
    const applies = this.clockRule(name);
    const clock: ClockState = {
      ...startClock({
        key,
        name,
        round: this.state.row.rounds,
        rule: policy.rule,
        calendar: options.calendar ?? applies.calendar,
        limit: options.limit ?? applies.limit,
        at: options.at ?? this.now,
        calendars: this.snapshot.calendars,
      }),
      behaviour: options.behaviour ?? 'deadline',
      taskKey: options.taskKey ?? null,
      reminders: policy.reminders ?? this.policy.reminders.percents,
      raises: policy.raises,
      fired: [],
      policyName: name,
      ...(policy.everyMinutes === undefined ? {} : { everyMinutes: policy.everyMinutes }),
    };
    this.setClock(clock);
    if (clock.provisional && clock.taskKey === null)
      this.fact('flagged', { flag: 'provisional', clock: name, dueAt: clock.dueAt }, SYSTEM, 'AT-19');
    return clock;
  }
  /** A clock of the case itself with a limit that is not in the clock table, e.g. resolution by grade (D23). */
  startCaseClock(name: string, rule: string, limit: Limit, calendar: string, at: Instant): ClockState {
    const clock: ClockState = {
      ...startClock({
        key: `${name}#${this.occurrence(`clock:${name}`)}`,
        name,
        round: this.state.row.rounds,
        rule,
        calendar,
        limit,
        at,
        calendars: this.snapshot.calendars,
      }),
      behaviour: 'deadline',
      taskKey: null,
      reminders: this.policy.reminders.percents,
      raises: true,
      fired: [],
      policyName: null,
    };
    this.setClock(clock);
    if (clock.provisional)
      this.fact('flagged', { flag: 'provisional', clock: name, dueAt: clock.dueAt }, SYSTEM, 'AT-19');
    return clock;
  }
  /** A clock with a given due time: a promise, a plan's own deadline. */
  startTimed(
    key: string,
    name: string,
    rule: string,
    dueAt: Instant,
    taskKey: string | null,
    behaviour: ClockState['behaviour'],
  ): ClockState {
    const policy = this.policy.clocks[name as ClockName] as
      Snapshot['policy']['clocks'][ClockName] | undefined;
    const clock: ClockState = {
      ...startClock({
        key,
        name,
        round: this.state.row.rounds,
        rule,
        calendar: 'wall',
        limit: { at: dueAt },
        at: this.now,
        calendars: this.snapshot.calendars,
      }),
      behaviour,
      taskKey,
      reminders: policy?.reminders ?? this.policy.reminders.percents,
      raises: policy?.raises ?? true,
      fired: [],
      policyName: null,
      ...(policy?.everyMinutes === undefined ? {} : { everyMinutes: policy.everyMinutes }),
    };
    this.setClock(clock);
    return clock;
  }
  stopClock(key: string): void {
    const clock = this.state.clocks[key];
    if (clock === undefined || clock.stoppedAt !== null) return;
    this.setClock({ ...clock, ...stopClock(clock, this.now, this.snapshot.calendars) });
  }
  /** Gives a running clock another limit or calendar; time already used stays (AT-01, AT-17). */
  relimit(key: string, limit: Limit, calendar: string, usedUnder = this.snapshot.calendars): void {
    const clock = this.state.clocks[key];
    if (clock === undefined || clock.stoppedAt !== null) return;
    const next = relimitClock(clock, { limit, calendar }, this.now, this.snapshot.calendars, usedUnder);
    this.setClock({ ...clock, ...next });
    const task = clock.taskKey === null ? undefined : this.state.tasks[clock.taskKey];
    if (task !== undefined && task.status === 'open') {
      task.dueAt = next.dueAt;
      task.provisional = next.provisional;
      this.touchTask(task.key);
    }
  }
  runningClock(name: string): ClockState | undefined {
    return Object.values(this.state.clocks).find((clock) => clock.name === name && clock.stoppedAt === null);
  }

  /** Progress was recorded: the three hours begin again (ESC-11, D16, CRM-03). A lapsed period keeps its row. */
  progressMade(): void {
    const current = this.runningClock('progress');
    if (current === undefined) return;
    if (current.breachedAt !== null) this.stopClock(current.key);
    const key = current.breachedAt === null ? current.key : `progress#${this.occurrence('progress')}`;
    const fresh = this.startPolicyClock(key, 'progress', { behaviour: 'progress' });
    if (this.state.pause !== null)
      this.setClock({ ...fresh, ...pauseClock(fresh, this.now, this.snapshot.calendars) });
  }
  startProgress(): void {
    if (this.runningClock('progress') !== undefined) return;
    this.startPolicyClock(`progress#${this.occurrence('progress')}`, 'progress', { behaviour: 'progress' });
  }
  stopProgress(): void {
    const current = this.runningClock('progress');
    if (current !== undefined) this.stopClock(current.key);
  }

  // ------------------------------------------------------------------ pauses

  /** Typed wait: every clock stops but the wait's own and promises made to the customer (W11, W12). */
  beginPause(
    reason: 'waitingCustomer' | 'waitingUnit' | 'waitingManufacturer' | 'waitingTaxBureau',
    until: Instant | null,
    task: string | null,
    by: string | null = null,
  ): void {
    const policy = this.policy.pauses[reason]!;
    const limit = startClock({
      key: 'pause',
      name: reason,
      round: 0,
      rule: policy.rule,
      calendar: policy.calendar,
      limit: policy.limit,
      at: this.now,
      calendars: this.snapshot.calendars,
    });
    const end = until ?? limit.dueAt;
    this.state.pause = {
      reason,
      since: this.now,
      until: end,
      provisional: until === null && limit.provisional,
      task,
      waitingOn: policy.waitingOn,
    };
    for (const clock of Object.values(this.state.clocks)) {
      if (clock.stoppedAt !== null || clock.pausedAt !== null) continue;
      if (clock.behaviour === 'promise' || clock.behaviour === 'callOut' || clock.behaviour === 'custody')
        continue;
      if (this.policy.clocks[clock.name as ClockName]?.pausable === false) continue;
      if (task !== null && clock.taskKey === task) continue;
      this.setClock({ ...clock, ...pauseClock(clock, this.now, this.snapshot.calendars) });
      this.syncTaskDue(clock.key);
    }
    this.fact('paused', { reason, until: end, ...(task === null ? {} : { task }) }, by, policy.rule);
  }
  /** Ends the wait: clocks go on with the time they had left (AT-03). */
  endPause(by: string | null, why: string | null): void {
    const pause = this.state.pause;
    if (pause === null) return;
    this.state.pause = null;
    for (const clock of Object.values(this.state.clocks)) {
      if (clock.stoppedAt !== null || clock.pausedAt === null) continue;
      this.setClock({ ...clock, ...resumeClock(clock, this.now, this.snapshot.calendars) });
      this.syncTaskDue(clock.key);
    }
    this.fact('resumed', { reason: pause.reason, ...(why === null ? {} : { why }) }, by, 'W12');
  }
  syncTaskDue(clockKey: string): void {
    const clock = this.state.clocks[clockKey];
    if (clock?.taskKey === null || clock?.taskKey === undefined) return;
    const task = this.state.tasks[clock.taskKey];
    if (task === undefined || task.status !== 'open') return;
    task.dueAt = clock.pausedAt === null ? clock.dueAt : null;
    this.touchTask(task.key);
  }

  // ------------------------------------------------------------------ levels

  /**
   * Raises the case to at least a level: the first distinct person there is told, and the supervisor; the supervisor
   * has 30 minutes to take note, that person one hour for an interim solution (ESC-03, 05, 06; W5).
   */
  raiseTo(target: Level, reason: string, rule: string, by: string | null = null): void {
    const from = this.level;
    if (rank(target) <= rank(from)) return;
    const told = [this.owner, ...this.state.told];
    const { desk } = this.snapshot;
    const holder = distinctHolder(desk, this.policy.levels, target, told, this.concerned, this.number);
    for (const level of holder.skipped)
      this.fact('levelSkipped', { level, because: 'sameOrNobody' }, SYSTEM, 'W5');
    const person = holder.person;
    this.state.row.level = holder.level;
    this.fact('levelRaised', { from, to: holder.level, person, reason }, by ?? SYSTEM, rule);
    if (person === null) {
      this.fact('flagged', { flag: 'nobodyAbove', level: holder.level }, SYSTEM, 'W5');
      this.state.occurrences['nobodyAbove'] = 1;
      return;
    }
    this.state.told.push(person);
    const params = {
      level: { word: `level:${holder.level}` },
      staff: { staff: person },
      reason: { word: `reason:${reason}` },
    };
    this.tellStaff('staff.levelRaised', person, {
      params,
      rule,
      key: `${this.caseId}/levelRaised/${holder.level}/${person}`,
    });
    const supervisor = this.levelPerson('supervisor');
    if (supervisor !== null && supervisor !== person)
      this.tellStaff('staff.levelRaised', supervisor, {
        params,
        rule: 'ESC-05',
        key: `${this.caseId}/levelRaised/${holder.level}/${supervisor}`,
      });
    const tasks = this.process.tasks;
    if (tasks['reportToSupervisor'] !== undefined && this.openTaskNamed('reportToSupervisor') === undefined)
      this.duty(tasks['reportToSupervisor'], {
        assignee: supervisor,
        context: { level: holder.level, reason },
      });
    if (tasks['interimSolution'] !== undefined && this.openTaskNamed('interimSolution') === undefined)
      this.duty(tasks['interimSolution'], { assignee: person, context: { level: holder.level, reason } });
  }
  /** Calls somebody out, by SMS first and at any hour (W16). */
  callOut(person: string, rule: string, dueAt: Instant): void {
    this.tellStaff('staff.major', person, {
      rule,
      params: { task: { word: 'task:takeCharge' }, due: { at: dueAt } },
      urgency: 'critical',
      key: `${this.caseId}/major/${person}/${this.now}`,
    });
  }
  /** One level up. */
  raiseOne(reason: string, rule: string, by: string | null = null): void {
    const next = above(this.level);
    if (next !== null) this.raiseTo(next, reason, rule, by);
  }
  /** Who stands for a level in this case, told or not. */
  levelPerson(level: Level): string | null {
    return distinctHolder(this.snapshot.desk, this.policy.levels, level, [], this.concerned, this.number)
      .person;
  }
  /** The person of the level the case stands at: the owner at L1, else who was told last. */
  currentHolder(): string {
    return this.level === 'L1' ? this.owner : (this.state.told.at(-1) ?? this.owner);
  }
  /** First unconcerned level above a concerned person (W31): whose hands a case about staff goes into. */
  firstUnconcernedAbove(people: readonly string[]): { level: Level; person: string | null } {
    const { desk } = this.snapshot;
    let top: Level = 'L1';
    for (const id of people) {
      const level = levelOfPerson(desk, this.policy.levels, id);
      if (level !== null && rank(level) > rank(top)) top = level;
    }
    const from = above(top);
    if (from === null)
      return { level: 'generalManager', person: inTurn(holdersOf(desk, 'quality', people), 1) };
    const holder = distinctHolder(desk, this.policy.levels, from, [], people, this.number);
    return { level: holder.level, person: holder.person };
  }

  // ------------------------------------------------------------------ messages

  /** Queues a message to everyone who complained; nobody when anonymous (W32). */
  tellCustomer(template: string, options: TellOptions): void {
    const customers = this.process.customers(this.data);
    const n = this.occurrence(`tell:${template}`);
    for (const { to, channels } of customers) {
      const id = 'id' in to ? to.id : to.content;
      const { written } = options;
      if (written !== undefined && channels[0] === 'mail') {
        const key = `${this.caseId}/${written.template}#${n}/${id}`;
        this.queue(written.template, to, ['mail'], { ...options, params: written.params, key }, true);
      } else {
        const key = options.key ?? `${this.caseId}/${template}#${n}/${id}`;
        this.queue(template, to, options.channels ?? channels, { ...options, key }, true);
      }
    }
  }
  /** Queues a message to a member of staff: mail first, by SMS first when critical (W16). */
  tellStaff(template: string, staff: string, options: TellOptions): void {
    const key =
      options.key ?? `${this.caseId}/${template}#${this.occurrence(`tell:${template}/${staff}`)}/${staff}`;
    const channels: Channel[] =
      options.channels ?? (options.urgency === 'critical' ? ['sms', 'mail'] : ['mail', 'sms']);
    this.queue(template, { kind: 'staff', id: staff }, channels, { ...options, key }, false);
  }
  tellUnit(template: string, unit: string, options: TellOptions): void {
    const key =
      options.key ?? `${this.caseId}/${template}#${this.occurrence(`tell:${template}/${unit}`)}/${unit}`;
    this.queue(template, { kind: 'unit', id: unit }, ['mail'], { ...options, key }, false);
  }
  private queue(
    template: string,
    to: Recipient,
    channels: Channel[],
    options: TellOptions & { key: string },
    forCustomer: boolean,
  ): void {
    const at = this.now;
    const urgency = options.urgency ?? 'normal';
    const planned = options.notBefore !== undefined && options.notBefore > at ? options.notBefore : null;
    const held = urgency === 'normal' ? this.heldUntil(at, forCustomer, options.key) : null;
    const hours = hoursOf(forCustomer);
    const notBefore = planned ?? (held === null ? null : this.afterOthers(to, hours, held));
    const message: PendingMessage = {
      key: options.key,
      template,
      to,
      channels,
      params: { caseNo: this.caseId, ...options.params },
      urgency,
      queuedAt: at,
      notBefore,
      status: notBefore === null ? 'queued' : 'deferred',
      channel: null,
      at: null,
      reason: notBefore === null ? null : planned !== null ? 'planned' : hours,
      rule: options.rule,
      mootWith: options.mootWith ?? null,
      turn: this.state.turn + 1,
      next: 0,
      forCustomer,
      subject: options.subject ?? null,
      ...(options.usefulUntil === undefined ? {} : { usefulUntil: options.usefulUntil }),
      ...(options.calledAnyway === undefined ? {} : { calledAnyway: options.calledAnyway }),
    };
    this.supersede(message);
    this.state.messages[message.key] = message;
    this.touchMessage(message);
    const line = { key: message.key, template, to: 'id' in to ? to.id : to.kind };
    if (notBefore === null) this.fact('messageQueued', line, null, options.rule);
    else
      this.fact('messageDeferred', { ...line, until: notBefore, reason: message.reason }, null, options.rule);
  }
  /** A held message gives way to a newer one on the same subject (AT-28). */
  private supersede(newer: PendingMessage): void {
    if (newer.subject === null) return;
    for (const older of Object.values(this.state.messages)) {
      if (older.subject !== newer.subject || readerOf(older.to) !== readerOf(newer.to)) continue;
      if (older.status !== 'deferred' || older.notBefore === null) continue;
      delete this.state.messages[older.key];
      this.touchMessage({ ...older, status: 'dropped', at: this.now, reason: 'newer' });
      const to = 'id' in older.to ? older.to.id : older.to.kind;
      this.fact(
        'messageDropped',
        { key: older.key, template: older.template, to, reason: 'newer' },
        null,
        'AT-28',
      );
    }
  }
  /** No sooner than what the same hours hold for that reader already: they leave in the order they were queued (AT-28). */
  private afterOthers(to: Recipient, hours: string, held: Instant): Instant {
    return Object.values(this.state.messages)
      .filter((other) => other.reason === hours && readerOf(other.to) === readerOf(to))
      .reduce((last, { notBefore }) => (notBefore !== null && notBefore > last ? notBefore : last), held);
  }
  /** When a normal message may go: customers not in quiet hours (AT-28), staff in service hours only (AT-25). */
  heldUntil(at: Instant, forCustomer: boolean, key: string): Instant | null {
    const spread = (until: Instant): Instant => {
      const minutes = this.policy.messages.spreadMinutes;
      if (minutes === 0) return until;
      return addMinutes(this.snapshot.calendars, 'wall', until, hash(key) % (minutes + 1)).at;
    };
    if (!forCustomer) {
      const calendar = this.policy.messages.staffCalendar;
      if (isOpen(this.snapshot.calendars, calendar, at)) return null;
      return spread(nextOpening(this.snapshot.calendars, calendar, at).at);
    }
    const { from, to } = this.policy.messages.quietHours;
    const time = localTime(at, this.offsetMinutes);
    const overnight = from > to;
    const quiet = overnight ? time >= from || time < to : time >= from && time < to;
    if (!quiet) return null;
    const today = dayOf(at, this.offsetMinutes);
    const day = overnight && time >= from ? addDays(today, 1) : today;
    return spread(instantOf(day, to, this.offsetMinutes));
  }
  /** Milliseconds until customers' quiet hours begin: a send that is still being tried then waits for the morning. */
  untilQuietMs(): number {
    const { from } = this.policy.messages.quietHours;
    const today = dayOf(this.now, this.offsetMinutes);
    const tonight = instantOf(today, from, this.offsetMinutes);
    const next = tonight > this.now ? tonight : instantOf(addDays(today, 1), from, this.offsetMinutes);
    return Date.parse(next) - Date.parse(this.now);
  }
  /**
   * Within so many minutes of the customer's own contact a reply may go at any hour (W40). A case that another one
   * opened answers nobody: the customer did not call about it, so it is told in the morning.
   */
  replyUrgency(contactAt: Instant): PendingMessage['urgency'] {
    if (this.start.opener !== undefined) return 'normal';
    const minutes = (Date.parse(this.now) - Date.parse(contactAt)) / 60_000;
    return minutes <= this.policy.messages.replyWithinMinutes ? 'reply' : 'normal';
  }

  // ------------------------------------------------------------------ promises

  /**
   * A promised instant is a clock of its own (HOT-18, ESC-12), also an appointed answer time (CMP-14); a newer promise
   * replaces the one before.
   */
  promise(dueAt: Instant, rule: string, by: string | null = null, automatic = false): void {
    const before = this.state.promise;
    if (before !== null) this.stopClock(before.key);
    const key = `promise#${this.occurrence('promise')}`;
    const due = wholeMinute(dueAt);
    this.startTimed(
      key,
      'promise',
      rule,
      due > this.now ? due : addMinutes(this.snapshot.calendars, 'wall', this.now, 1).at,
      null,
      'promise',
    );
    this.mootAll(['keepPromise'], 'promiseMoved');
    this.state.promise = {
      key,
      dueAt: due,
      warned: false,
      automaticChanges: automatic ? (before?.automaticChanges ?? 0) + 1 : (before?.automaticChanges ?? 0),
    };
    this.fact(before === null ? 'promised' : 'promiseMoved', { dueAt: due, automatic }, by, rule);
  }
  /** What was promised has been given. */
  promiseKept(by: string | null): void {
    const promise = this.state.promise;
    if (promise === null) return;
    this.state.promise = null;
    this.stopClock(promise.key);
    const inTime = this.state.clocks[promise.key]!.breachedAt === null;
    this.mootAll(['keepPromise', 'callAboutDelay'], 'promiseKept');
    this.fact('promiseKept', { dueAt: promise.dueAt, inTime }, by, 'HOT-18');
  }
  /** The date policy gives when nobody names one. */
  policyDate(): Instant {
    const { moveBy, moveCalendar } = this.policy.complaint.promise;
    return this.limitFrom(moveBy, moveCalendar);
  }
  /** When a limit that starts now ends. */
  limitFrom(limit: Limit, calendar: string, at: Instant = this.now): Instant {
    return startClock({
      key: 'limit',
      name: 'limit',
      round: 0,
      rule: '',
      calendar,
      limit,
      at,
      calendars: this.snapshot.calendars,
    }).dueAt;
  }
  /** Opening time of the next workday at a local time, for the daily line (W14). */
  nextDaily(): Instant {
    const { at, calendar } = this.policy.overdue.daily;
    const day = workdayAfter(this.snapshot.calendars, calendar, dayOf(this.now, this.offsetMinutes), 1);
    return instantOf(day.on, at, this.offsetMinutes);
  }

  // ------------------------------------------------------------------ owner

  setOwner(to: string, by: string, rule: string): void {
    const from = this.owner;
    this.state.row.owner = to;
    this.fact('ownerChanged', { from, to }, by, rule);
  }
  /** An actor's highest duty here, for messages. */
  isConcerned(actor: Actor): boolean {
    return this.concerned.includes(actor.id);
  }
}

export function clockRow(clock: ClockState) {
  const {
    behaviour: _b,
    taskKey: _t,
    reminders: _r,
    raises: _s,
    fired: _f,
    policyName: _p,
    everyMinutes: _e,
    ...row
  } = clock;
  return row;
}

export function messageRow(message: PendingMessage) {
  const {
    mootWith: _m,
    turn: _t,
    next: _n,
    forCustomer: _c,
    subject: _s,
    usefulUntil: _u,
    calledAnyway: _a,
    overtaken: _o,
    ...row
  } = message;
  return row;
}

/** Who reads a message, by reference. */
export function readerOf(to: Recipient): string {
  return 'id' in to ? to.id : to.content;
}

/** The hours that hold a normal message: customers' quiet hours (AT-28), or those in which no staff are there (AT-25). */
export function hoursOf(forCustomer: boolean): 'quietHours' | 'serviceHours' {
  return forCustomer ? 'quietHours' : 'serviceHours';
}

/**
 * A part of the manual that goes on beside it, to be awaited in the end. A case that ends otherwise is told so at every
 * point where its manual waits, and this one may be heard of by nobody.
 */
export function beside<Result>(part: Promise<Result>): Promise<Result> {
  part.catch(() => undefined);
  return part;
}

/** Whether a task ended because its appointment was moved. */
export function rescheduled(answer: object): boolean {
  return 'rescheduled' in answer;
}

/** Small stable hash (FNV-1a), for spreading and for remembering request ids. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    value ^= text.charCodeAt(i);
    value = Math.imul(value, 0x01000193) >>> 0;
  }
  return value;
}
