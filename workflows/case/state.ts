/**
 * Where a case stands, as plain JSON: the journal, open tasks, clocks, undelivered messages, answered requests.
 * It is carried whole through continue-as-new, so a case may go on in a new run at any idle moment (house 4).
 */
import type { CaseRow, ClockRow, Instant, MessageRow, TaskRow } from '../../domain/case.js';
import type { BookingKind, BookingRequest, Holder, ItemKind, TripView } from '../../domain/custody.js';
import type { ActResult } from './messages.js';

export interface JournalEntry {
  /** The answer as given; corrections are kept beside it and never rewrite it. */
  answer: Record<string, unknown>;
  by: string;
  at: Instant;
  requestId: string | null;
  corrections?: { by: string; at: Instant; correction: Record<string, unknown> }[];
}

export interface TaskState extends Omit<TaskRow, 'answer'> {
  /** Who may not do it, with the rule that forbids it (CMP-23, W31). */
  excluded: { id: string; rule: string }[];
  /** Given by the system when the limit passes unanswered (W3, W12). */
  lapse: Record<string, unknown> | null;
  /** Beside the main line: the manual does not wait for it. */
  beside: boolean;
  /** The case may not end before it is done; also answerable while the case is closing. */
  holdsClosing: boolean;
  /** The typed wait it stands for; ends with it. */
  waits: string | null;
  /** Somebody outside, e.g. `bureau:<unit>`, who may answer it beside our own people. */
  party?: string;
  /** The appointment it is done at; `reschedule` ends it, and the manual makes another. */
  movable?: BookingKind;
}

export interface ClockState extends ClockRow {
  behaviour: 'deadline' | 'lapse' | 'progress' | 'promise' | 'callOut' | 'custody';
  taskKey: string | null;
  /** Percents of the limit at which somebody is reminded. */
  reminders: number[];
  raises: boolean;
  /** Percents already acted on; with `everyMinutes` the reminders so far, and 100. */
  fired: number[];
  /** Reminds at this interval instead of at percents. */
  everyMinutes?: number;
  /** The policy entry it came from, for `adoptPolicy`; null when the due time was given. */
  policyName: string | null;
}

export interface PendingMessage extends MessageRow {
  /** Dropped unsent once this task is answered, this appointment given up or this promise no longer runs (AT-28). */
  mootWith: string | null;
  /** Turn in which its outbox row is written; it leaves only after that. */
  turn: number;
  /** Index of the next channel to try. */
  next: number;
  forCustomer: boolean;
  /** What it is about; of held messages about one thing to one reader only the newest goes (AT-28). Null: a thing of its own. */
  subject: string | null;
  /** The instant it speaks of: afterwards it is no news and never leaves (AT-28). Absent: it stays true. */
  usefulUntil?: Instant;
  /** Set where somebody calls the customer by then whatever becomes of it. */
  calledAnyway?: true;
  /** Queued before the case was cancelled: it speaks of a case that is none any more. */
  overtaken?: true;
}

/** Something our people hold for this case, until it is given back or on. */
export interface HeldItem {
  item: string;
  kind: ItemKind;
  /** Of a device, where it was asked for or stock told it. */
  family?: string;
  holder: Holder;
  /** Whom it came from: where it goes back to when the case is cancelled. */
  from: Holder;
  keeper: string | null;
  since: Instant;
  dueBackAt: Instant | null;
  amount: number | null;
}

/** How to give back what was taken; in reverse when the case is cancelled. */
export interface UndoStep {
  name: string;
  data: Record<string, unknown>;
}

export interface Ending {
  kind: 'withdrawn' | 'merged' | 'reclassified' | 'cancelled';
  by: string;
  at: Instant;
  data: Record<string, unknown>;
}

export interface PauseState {
  reason: string;
  since: Instant;
  until: Instant;
  provisional: boolean;
  /** Task whose answer ends it; null for a pause asked for by a person. */
  task: string | null;
  waitingOn: CaseRow['waitingOn'];
}

export interface CaseState<Data = unknown> {
  chapter: number;
  turn: number;
  seq: number;
  row: CaseRow;
  journal: Record<string, JournalEntry>;
  tasks: Record<string, TaskState>;
  clocks: Record<string, ClockState>;
  messages: Record<string, PendingMessage>;
  /** How often each thing beside the main line happened: `reportToSupervisor` 2, `tell:cmp.raised` 1 … */
  occurrences: Record<string, number>;
  timers: Record<string, Instant>;
  /** People told of a level, so that each is told once (W5). */
  told: string[];
  pause: PauseState | null;
  ending: Ending | null;
  /** First round of this opening: 1, or the round a reopen starts with (W34). */
  firstRound: number;
  promise: { key: string; dueAt: Instant; warned: boolean; automaticChanges: number } | null;
  callOut: { chain: string[]; index: number } | null;
  undo: UndoStep[];
  /** What our people hold for this case, by item. Absent until something was handed over. */
  custody?: Record<string, HeldItem>;
  /** Appointments that stand, by key. Absent until one was made. */
  bookings?: Record<string, BookingRequest>;
  /** The trip it has, or had, its place on; of a trip its own, as the ledger last told it. Absent: none so far. */
  trip?: TripView;
  /** Cases this one opened, by number, and how they ended. */
  linked?: Record<string, { key: string; rule: string; outcome: string | null }>;
  nextDailyAt: Instant | null;
  answered: { id: string; result: ActResult }[];
  /** Digests of request ids answered earlier than those: refused, never done twice. */
  forgotten: string[];
  reopens: number;
  data: Data;
}
