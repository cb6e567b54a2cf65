/**
 * What may be asked of a running case: updates (ask), signals (tell), queries (look). Both sides import this file;
 * it holds definitions and types only (C2).
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type {
  Actor,
  CaseRow,
  Channel,
  ClockRow,
  ContentRef,
  EvidenceRef,
  Instant,
  Level,
  MessageRow,
  ProcessName,
  TaskRow,
} from '../../domain/case.js';
import type { Calendars } from '../../domain/calendar.js';
import type { Desk } from '../../domain/organisation.js';
import type { Policy } from '../../domain/policy.js';
import type { BookingKind, BookingRequest, TripView } from '../../domain/custody.js';
import type { CaseState, HeldItem } from './state.js';

/** The rules a case runs by, pinned when it starts and replaced only by `adoptPolicy`. */
export interface Snapshot {
  policy: Policy;
  /** SHA-256 of the canonical JSON of policy and calendars. */
  digest: string;
  calendars: Calendars;
  desk: Desk;
}

/** Input of every case workflow. `carry` is set in later chapters and when a closed case is reopened. */
export interface CaseStart<Intake = unknown> {
  caseId: string;
  process: ProcessName;
  requestId: string;
  actor: Actor;
  intake: Intake;
  /** Earlier cases of the same customer, phone or device (W35). */
  related: string[];
  snapshot: Snapshot;
  /** The case that opened this one, and hears of its end (W21, W25). */
  opener?: string;
  carry?: CaseState;
  reopen?: { requestId: string; actor: Actor; reason: ContentRef; closedAt: Instant; outcome: string };
}

export interface CaseOutcome {
  caseId: string;
  outcome: string;
  closedAt: Instant;
  rounds: number;
  level: Level;
  responseMinutes: number | null;
  resolutionMinutes: number | null;
}

/** Who asks, under which request id. The id is also the update id; a repeat gets the first answer. */
export interface Act {
  requestId: string;
  by: Actor;
}

export interface CompleteTask extends Act {
  /** Name of an open task, or its key (`investigate#2`). */
  task: string;
  answer: Record<string, unknown>;
}
export interface TaskAct extends Act {
  task: string;
}
export interface CorrectTask extends Act {
  /** Key of an answered task, or its name (the latest). */
  task: string;
  correction: Record<string, unknown>;
  reason: ContentRef;
}
export interface Reassign extends Act {
  /** Task to hand over; omitted: the case's owner changes. */
  task?: string;
  to: string;
  reason: ContentRef;
}
export interface Note extends Act {
  text: ContentRef;
  /** The customer contacted us: resumes a wait for the customer (AT-05). */
  customerContact?: boolean;
  /** Learned meanwhile (D14). */
  amountDisputed?: number | 'unknown';
  media?: 'none' | 'threatened' | 'exposed';
  safety?: boolean;
  /** The customer hears where the case stands, at most once a day (W11). */
  tellCustomer?: boolean;
}
export interface Pause extends Act {
  reason: 'waitingCustomer' | 'waitingUnit' | 'waitingManufacturer' | 'waitingTaxBureau';
  note?: ContentRef;
  until?: Instant;
}
export interface Resume extends Act {
  note?: ContentRef;
}
export interface RaiseLevel extends Act {
  to?: Level;
  reason: ContentRef;
}
export interface Withdraw extends Act {
  channel: string;
  /** The complainant's own words or signature (W33). */
  proof: EvidenceRef;
  reason?: ContentRef;
}
export interface Reschedule extends Act {
  appointment: BookingKind;
  /** Who cannot keep it. */
  askedBy: 'customer' | 'bureau' | 'us';
  reason: ContentRef;
}
export interface ReportLost extends Act {
  /** Serials or keys of things our people held for this case. */
  items: string[];
  note?: ContentRef;
}
export interface RefuseAcceptance extends Act {
  /** The hand-over that was refused. */
  task: string;
  /** Serials or keys of what was to be handed over; what the task asks for when omitted. */
  items?: string[];
  reason: ContentRef;
}
export interface Merge extends Act {
  into: string;
  reason: ContentRef;
}
export interface Reclassify extends Act {
  to: 'enquiry' | 'repair' | 'suggestion';
  reason: ContentRef;
}
export interface CancelCase extends Act {
  reason: ContentRef;
}
export interface AdoptPolicy extends Act {
  snapshot: Snapshot;
  reason: ContentRef;
}
export interface AttachEvidence extends Act {
  field: string;
  evidence: EvidenceRef;
}

/** The next thing people have to do, told in the answer to every act. */
export interface NextTask {
  task: string;
  key: string;
  role: string;
  assignee: string | null;
  dueAt: Instant | null;
}

export interface ActResult {
  requestId: string;
  at: Instant;
  /** False: accepted, but the ledger is behind; it follows by itself. */
  inLedger: boolean;
  status: CaseRow['status'];
  outcome: string | null;
  level: Level;
  next: NextTask[];
}

export const completeTask = defineUpdate<ActResult, [CompleteTask]>('completeTask');
export const claimTask = defineUpdate<ActResult, [TaskAct]>('claimTask');
export const releaseTask = defineUpdate<ActResult, [TaskAct]>('releaseTask');
export const correctTask = defineUpdate<ActResult, [CorrectTask]>('correctTask');
export const reassign = defineUpdate<ActResult, [Reassign]>('reassign');
export const note = defineUpdate<ActResult, [Note]>('note');
export const pause = defineUpdate<ActResult, [Pause]>('pause');
export const resume = defineUpdate<ActResult, [Resume]>('resume');
export const raiseLevel = defineUpdate<ActResult, [RaiseLevel]>('raiseLevel');
export const withdraw = defineUpdate<ActResult, [Withdraw]>('withdraw');
export const merge = defineUpdate<ActResult, [Merge]>('merge');
export const reclassify = defineUpdate<ActResult, [Reclassify]>('reclassify');
export const cancelCase = defineUpdate<ActResult, [CancelCase]>('cancelCase');
export const adoptPolicy = defineUpdate<ActResult, [AdoptPolicy]>('adoptPolicy');
export const attachEvidence = defineUpdate<ActResult, [AttachEvidence]>('attachEvidence');
/** An appointment cannot be kept; the manual makes another one (ISS-25, W30). */
export const reschedule = defineUpdate<ActResult, [Reschedule]>('reschedule');
/** Something held is lost or stolen (REG-07). */
export const reportLost = defineUpdate<ActResult, [ReportLost]>('reportLost');
/** A receiver would not take what was to be handed over: nothing moves, and the keeper hears of it (AT-43). */
export const refuseAcceptance = defineUpdate<ActResult, [RefuseAcceptance]>('refuseAcceptance');
/** Writes the whole projection to the ledger again. */
export const resync = defineUpdate<ActResult, [Act]>('resync');

/** Go on in a new run, on the newest code, as soon as the case is idle: how a patch ends (house 4). */
export const upgrade = defineUpdate<ActResult, [Act]>('upgrade');

/** Every act by name: what the client sends, the CLI offers and a scenario's `do:` takes. */
export const ACTS = {
  completeTask,
  claimTask,
  releaseTask,
  correctTask,
  reassign,
  note,
  pause,
  resume,
  raiseLevel,
  withdraw,
  merge,
  reclassify,
  cancelCase,
  adoptPolicy,
  attachEvidence,
  reschedule,
  reportLost,
  refuseAcceptance,
  resync,
  upgrade,
} as const;
export type ActName = keyof typeof ACTS;

/** What an earlier case takes over from one merged into it (W36). Signals may arrive twice: de-duplicated by case. */
export interface Absorbed {
  from: string;
  receivedAt: Instant;
  grade: 'major' | 'important' | 'general' | null;
  amountDisputed: number | null;
  media: 'none' | 'threatened' | 'exposed';
  safety: boolean;
  complainants: { kind: 'customer' | 'contact'; ref: string }[];
  replyDuties: { channel: string; ref: string; dueOn: string | null }[];
  /** Absent from cases that were merged before they were handed over as well. */
  personsConcerned?: string[];
  identity?: CaseRow['identity'];
}
export const absorb = defineSignal<[Absorbed]>('absorb');

/** A case that this one opened has ended (W21, W25). May arrive twice: de-duplicated by its number. */
export interface LinkedEnd {
  caseId: string;
  outcome: string;
}
export const linkedEnded = defineSignal<[LinkedEnd]>('linkedEnded');

/** Another case answers for a thing from now on that this one held (W20). May arrive twice. */
export interface TakenOver {
  item: string;
  by: string;
}
export const takenOver = defineSignal<[TakenOver]>('takenOver');
/** The trip that this case has a place on goes at another time, or with somebody else (W20). May arrive twice. */
export const tripMoved = defineSignal<[TripView]>('tripMoved');

/** Where a case stands; works on closed cases too while their history is kept. */
export interface CaseView {
  row: CaseRow;
  tasks: TaskRow[];
  clocks: ClockRow[];
  messages: MessageRow[];
  custody: HeldItem[];
  bookings: BookingRequest[];
  /** Cases this one opened and has not heard the end of, by number. */
  linked: string[];
  /** Instants the manual waits for before it goes on by itself, soonest first. */
  waits: { name: string; until: Instant }[];
  /** Messages not yet sent, dropped or failed. */
  undelivered: { key: string; template: string; channels: Channel[]; notBefore: Instant | null }[];
  nextAlarmAt: Instant | null;
  /** True when nothing is in flight: no handler, unrecorded fact or delivery. */
  idle: boolean;
  paused: { reason: string; since: Instant; until: Instant } | null;
  turn: number;
  chapter: number;
}
export const caseView = defineQuery<CaseView>('caseView');

/** Why a case says no: a stable code, and what the refused person may need to know. */
export interface Refusal {
  code: string;
  message: string;
  details: Record<string, unknown>;
}
/** What stands against an act that is not sent, null when nothing does; what others hold or have booked is not asked. */
export const wouldRefuse = defineQuery<Refusal | null, [name: ActName, act: Act]>('wouldRefuse');

/** How each deadline came about, interval by interval, up to the instant given; see also the `ahead` list. */
export interface ClockAccount {
  clock: ClockRow;
  lines: { from: Instant; to: Instant; minutes: number; counted: boolean; why: string }[];
  /** What will happen on it if nothing is done, with who hears. */
  ahead: { at: Instant; what: string; who: string[] }[];
}
export const explainClocks = defineQuery<ClockAccount[], [Instant]>('explainClocks');
