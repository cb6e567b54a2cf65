/**
 * Where a case stands, as plain JSON: the journal, open tasks, clocks, undelivered messages, answered requests.
 * It is carried whole through continue-as-new, so a case may go on in a new run at any idle moment (house 4).
 */
import type { CaseRow, ClockRow, Instant, MessageRow, TaskRow } from '../../domain/case.js';
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
}

export interface ClockState extends ClockRow {
  behaviour: 'deadline' | 'lapse' | 'progress' | 'promise' | 'callOut';
  taskKey: string | null;
  /** Percents of the limit at which somebody is reminded. */
  reminders: number[];
  raises: boolean;
  /** Percents already acted on. */
  fired: number[];
  /** The policy entry it came from, for `adoptPolicy`; null when the due time was given. */
  policyName: string | null;
}

export interface PendingMessage extends MessageRow {
  /** Dropped unsent once this task is no longer open (AT-28). */
  mootWith: string | null;
  /** Turn in which its outbox row is written; it leaves only after that. */
  turn: number;
  /** Index of the next channel to try. */
  next: number;
  forCustomer: boolean;
  /** Reader and matter; of held messages with one subject only the newest goes (AT-28). */
  subject: string;
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
  undo: { name: string; data: Record<string, unknown> }[];
  nextDailyAt: Instant | null;
  answered: { id: string; result: ActResult }[];
  /** Digests of request ids answered earlier than those: refused, never done twice. */
  forgotten: string[];
  reopens: number;
  data: Data;
}
