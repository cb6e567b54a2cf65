/**
 * What a scenario leaves behind, in the words of `simulate --json` (issue 3, A7). Instants carry the organisation's
 * offset, so that a reader sees the hour people worked at.
 */
import type { CaseFile, Refusal } from '../adapters/ports.js';
import type { BookingRow, CustodyRow } from '../domain/custody.js';
import { offsetText } from '../client/forms.js';
import type { CaseRow, ClockRow, Fact, Instant, MessageRow, Recipient, TaskRow } from '../domain/case.js';

export interface TaskResult {
  name: string;
  round: number;
  role: string;
  assignee: string | null;
  status: TaskRow['status'];
  openedAt: string;
  dueAt: string | null;
  provisional: boolean;
  completedAt: string | null;
  completedBy: string | null;
}

export interface ClockResult {
  name: string;
  round: number;
  startedAt: string;
  dueAt: string;
  stoppedAt: string | null;
  breachedAt: string | null;
  usedMinutes: number;
  limitMinutes: number;
  provisional: boolean;
}

/** A fact of the case, or an act that was refused; the fact's own data stand beside `at` and `what`. */
export interface FactResult {
  at: string;
  what: string;
  actor: string | null;
  rule: string | null;
  [detail: string]: unknown;
}

export interface MessageResult {
  key: string;
  template: string;
  channel: string | null;
  /** Id of the recipient; `contact` for a complainant who is not on file. */
  to: string;
  /** When it took its status. */
  at: string;
  status: string;
}

/** One holding of one item: who had it, since when, and when it went on or back. */
export interface CustodyResult {
  item: string;
  kind: string;
  holder: string;
  since: string;
  dueBackAt: string | null;
  returnedAt: string | null;
}

export interface BookingResult {
  who: string;
  kind: string;
  from: string;
  to: string;
  status: string;
}

export interface CaseResult {
  as: string;
  case: string;
  process: string;
  status: 'open' | 'closed' | 'failed';
  outcome: string | null;
  level: string;
  rounds: number;
  owner: string;
  grade: string | null;
  attention: string | null;
  waitingOn: string;
  tasks: TaskResult[];
  clocks: ClockResult[];
  timeline: FactResult[];
  messages: MessageResult[];
  custody: CustodyResult[];
  bookings: BookingResult[];
  /** Length of the history, over all runs. */
  events: number;
  /** `match`, or where a run no longer follows its history. */
  replay: string;
}

/** A thing that did not happen as written. */
export interface Miss {
  file: string;
  line: number;
  path: string;
  expected: string;
  actual: string;
}

export interface ScenarioResult {
  file: string;
  title: string;
  ok: boolean;
  cases: CaseResult[];
  /** Present when not ok. */
  misses?: Miss[];
}

export function missText(miss: Miss): string {
  return `${miss.file}:${miss.line}: ${miss.path}: expected ${miss.expected}, actual ${miss.actual}`;
}

/** An instant with the offset given, to the second: `2030-03-04T09:00:00+08:00`. */
export function withOffset(at: Instant, offsetMinutes: number): string {
  const local = new Date(Date.parse(at) + offsetMinutes * 60_000).toISOString().slice(0, 19);
  return local + offsetText(offsetMinutes);
}

/** What is known of a case at one moment. The timeline is missing while the ledger is down. */
export interface CasePicture {
  row: CaseRow;
  tasks: TaskRow[];
  clocks: ClockRow[];
  messages: MessageRow[];
  facts: Fact[];
  refusals: PlacedRefusal[];
  custody: CustodyRow[];
  bookings: BookingRow[];
}

/** A refused act leaves nothing in the history: its place in the story is after the last fact known then. */
export interface PlacedRefusal extends Refusal {
  afterSeq: number;
}

/** @param earlier the picture before, which knows the place of earlier refusals */
export function pictureOf(
  file: CaseFile,
  refusals: Refusal[],
  earlier: CasePicture | null,
  held: Pick<CasePicture, 'custody' | 'bookings'>,
): CasePicture {
  const last = lastSeq(file.timeline);
  return {
    row: file.row,
    tasks: file.tasks,
    clocks: file.clocks,
    messages: file.messages,
    facts: file.timeline,
    ...held,
    refusals: refusals.map((refusal, index) => earlier?.refusals[index] ?? { ...refusal, afterSeq: last }),
  };
}

/** Number of the last fact, -1 when there is none. */
export function lastSeq(facts: Fact[]): number {
  return facts.at(-1)?.seq ?? -1;
}

/** A case in the words of the result; history and replay are added by whoever read the history. */
export function caseResult(
  label: string,
  picture: CasePicture,
  offsetMinutes: number,
  history: { events: number; replay: string },
): CaseResult {
  const { row } = picture;
  return {
    as: label,
    case: row.caseId,
    process: row.process,
    status: row.status === 'closing' ? 'open' : row.status,
    outcome: row.outcome,
    level: row.level,
    rounds: row.rounds,
    owner: row.owner,
    grade: row.grade,
    attention: row.attention,
    waitingOn: row.waitingOn,
    tasks: picture.tasks.map((task) => taskResult(task, offsetMinutes)),
    clocks: picture.clocks.map((clock) => clockResult(clock, offsetMinutes)),
    timeline: timelineOf(picture.facts, picture.refusals, offsetMinutes),
    messages: picture.messages.map((message) => messageResult(message, offsetMinutes)),
    custody: picture.custody.map((row) => custodyResult(row, offsetMinutes)),
    bookings: picture.bookings.map((row) => bookingResult(row, offsetMinutes)),
    ...history,
  };
}

function taskResult(task: TaskRow, offset: number): TaskResult {
  return {
    name: task.name,
    round: task.round,
    role: task.role,
    assignee: task.assignee,
    status: task.status,
    openedAt: withOffset(task.openedAt, offset),
    dueAt: orNull(task.dueAt, offset),
    provisional: task.provisional,
    completedAt: orNull(task.completedAt, offset),
    completedBy: task.completedBy,
  };
}

function custodyResult(row: CustodyRow, offset: number): CustodyResult {
  return {
    item: row.item,
    kind: row.kind,
    holder: row.holder,
    since: withOffset(row.since, offset),
    dueBackAt: orNull(row.dueBackAt, offset),
    returnedAt: orNull(row.until, offset),
  };
}

function bookingResult(row: BookingRow, offset: number): BookingResult {
  return {
    who: row.who,
    kind: row.kind,
    from: withOffset(row.from, offset),
    to: withOffset(row.to, offset),
    status: row.status,
  };
}

function clockResult(clock: ClockRow, offset: number): ClockResult {
  return {
    name: clock.name,
    round: clock.round,
    startedAt: withOffset(clock.startedAt, offset),
    dueAt: withOffset(clock.dueAt, offset),
    stoppedAt: orNull(clock.stoppedAt, offset),
    breachedAt: orNull(clock.breachedAt, offset),
    usedMinutes: clock.usedMinutes,
    limitMinutes: clock.limitMinutes,
    provisional: clock.provisional,
  };
}

export function messageResult(message: MessageRow, offset: number): MessageResult {
  return {
    key: message.key,
    template: message.template,
    channel: message.channel ?? message.channels[0] ?? null,
    to: recipientId(message.to),
    at: withOffset(message.at ?? message.queuedAt, offset),
    status: message.status,
  };
}

/** Facts and refused acts as one story. */
export function timelineOf(facts: Fact[], refusals: PlacedRefusal[], offset: number): FactResult[] {
  const story = [
    ...facts.map((fact) => ({ place: fact.seq, entry: factResult(fact, offset) })),
    ...refusals.map((refusal) => ({ place: refusal.afterSeq + 0.5, entry: refusalResult(refusal, offset) })),
  ];
  return story.sort((a, b) => a.place - b.place).map(({ entry }) => entry);
}

function factResult(fact: Fact, offset: number): FactResult {
  const { at, what, actor, rule, data } = fact;
  return told({ at: withOffset(at, offset), what, actor, rule }, data, offset);
}

function refusalResult(refusal: PlacedRefusal, offset: number): FactResult {
  const { at, actor, act, code, data } = refusal;
  return told({ at: withOffset(at, offset), what: 'refused', actor, rule: null, act, code }, data, offset);
}

/** What every line tells, and the details of this one; instants in local time, like everything else that is shown. */
function told(line: FactResult, data: Record<string, unknown>, offset: number): FactResult {
  const details = Object.entries(data).filter(([key]) => !Object.hasOwn(line, key));
  const shown = details.map(([key, value]) => [
    key,
    typeof value === 'string' && UTC_INSTANT.test(value) ? withOffset(value, offset) : value,
  ]);
  return { ...line, ...Object.fromEntries(shown) };
}

const UTC_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export function recipientId(to: Recipient): string {
  return 'id' in to ? to.id : to.kind;
}

function orNull(at: Instant | null, offset: number): string | null {
  return at === null ? null : withOffset(at, offset);
}
