/**
 * What all processes share: the words of a case as plain JSON data.
 *
 * Instants are ISO strings in UTC (`2030-03-04T01:00:00.000Z`) and lie on whole minutes: the desk's clock
 * ticks in minutes, rounding down, so a deadline is never later than what was promised (docs/adr/0003).
 * Days are `YYYY-MM-DD`. Lengths carry their unit in the name.
 */

/** ISO instant in UTC, whole minutes. */
export type Instant = string;
/** Calendar day `YYYY-MM-DD` in the organisation's zone. */
export type Day = string;

/** Processes of the manual and the letter their case numbers start with (CRM-05, W7). */
export const PROCESS_LETTERS = { complaint: 'T', issuance: 'F', repair: 'W', trip: 'R' } as const;
export type ProcessName = keyof typeof PROCESS_LETTERS;
/** Whose closed cases are taken up again under their number (W34); what is done elsewhere is done, and begins anew. */
export const REOPENED_PROCESSES: readonly ProcessName[] = ['complaint'];

/** The ladder of D15, lowest first. */
export const LEVELS = ['L1', 'L2', 'supervisor', 'L3', 'generalManager'] as const;
export type Level = (typeof LEVELS)[number];

/** Who may do a task. A role is data of the organisation; these are the ones the default manuals name. */
export const ROLES = [
  'agent',
  'secondLine',
  'engineer',
  'supervisor',
  'departmentHead',
  'centreManager',
  'level3',
  'generalManager',
  'finance',
  'quality',
  'onCall',
  'warehouse',
  'technicalService',
] as const;
export type Role = (typeof ROLES)[number];

/** Who acted, and the roles held at that moment (written into history with the act). */
export interface Actor {
  id: string;
  roles: string[];
  department?: string;
}

/** Personal data or free text kept in the ledger; history holds only this. */
export interface ContentRef {
  content: string;
  sha256: string;
}

/** A file in object storage. `name` never holds personal data: it is derived from the field it answers. */
export interface EvidenceRef {
  evidence: string;
  sha256: string;
  mediaType: string;
  bytes: number;
}

export type CaseStatus = 'open' | 'closing' | 'closed' | 'failed';

/** What a case waits for, for `case list --waiting-on`. */
export type WaitingOn = 'us' | 'customer' | 'unit' | 'manufacturer' | 'bureau';

/** The case row of the ledger: the projection everybody lists and filters by. */
export interface CaseRow {
  caseId: string;
  process: ProcessName;
  status: CaseStatus;
  outcome: string | null;
  level: Level;
  rounds: number;
  owner: string;
  grade: string | null;
  openedAt: Instant;
  receivedAt: Instant;
  closedAt: Instant | null;
  nextDueAt: Instant | null;
  /** Why a person should look: `late`, `undelivered`, `provisional` … or null. */
  attention: string | null;
  waitingOn: WaitingOn;
  identity: 'named' | 'confidential' | 'anonymous';
  personsConcerned: string[];
  customer: string | null;
  relatedTo: string | null;
  policyDigest: string;
  responseMinutes: number | null;
  resolutionMinutes: number | null;
}

export type TaskStatus = 'open' | 'completed' | 'moot';

export interface TaskRow {
  key: string;
  name: string;
  round: number;
  role: string;
  assignee: string | null;
  status: TaskStatus;
  rule: string;
  openedAt: Instant;
  /** When it is planned to be done, where that is earlier than due (W9). */
  plannedAt: Instant | null;
  dueAt: Instant | null;
  provisional: boolean;
  completedAt: Instant | null;
  completedBy: string | null;
  /** The answer as it stands in history: personal fields are content references. */
  answer: Record<string, unknown> | null;
  /** Facts the person needs at hand, e.g. the proposed plan. No personal data. */
  context: Record<string, unknown> | null;
}

export interface ClockRow {
  key: string;
  name: string;
  round: number;
  /** Calendar the clock ticks in: a name in policy, or `wall`. */
  calendar: string;
  limitMinutes: number;
  /** The limit in the manual's words, e.g. `30 min`, `3 calendar days`. */
  limitText: string;
  rule: string;
  startedAt: Instant;
  dueAt: Instant;
  /** Since when it is paused; null while it ticks. */
  pausedAt: Instant | null;
  stoppedAt: Instant | null;
  breachedAt: Instant | null;
  usedMinutes: number;
  provisional: boolean;
  /** Spans in which it ticked, oldest first; the last is open while the clock runs. */
  /** `minutes`: what a closed span counted for under the calendar in force then (AT-17). */
  spans: { from: Instant; to: Instant | null; minutes?: number }[];
}

/** To whom a message goes, by reference; the address is looked up when it is sent. */
export type Recipient =
  | { kind: 'staff'; id: string }
  | { kind: 'customer'; id: string }
  /** Somebody not on file: name, phone, mail as one content row (JSON of `ContactCard`). */
  | { kind: 'contact'; content: string }
  | { kind: 'unit'; id: string };

/** What the content row of a complainant holds. Personal data: never in history. */
export interface ContactCard {
  name: string | null;
  phone: string | null;
  mail: string | null;
  language: Language;
  channel: Channel | null;
}

export type Channel = 'sms' | 'mail' | 'letter';
export type Language = 'zh-CN' | 'en';

/** A template's parameter: plain, or something the activity looks up or formats in the reader's language. */
export type MessageParam =
  | string
  | number
  | { staff: string }
  | { at: Instant }
  | { on: Day }
  | { content: string }
  | { word: string }
  /** A one-time code with which its reader may answer this task; made when the message is sent, never kept. */
  | { code: string }
  /** An appointment the mail carries for the reader's calendar; it stands in no text. */
  | { invitation: Invitation };

/** An appointment as a message carries it: no names, no addresses. */
export interface Invitation {
  /** The same for one appointment for as long as the case lives: by it a calendar knows an update. */
  uid: string;
  /** Grows with every change; a calendar ignores what is older than what it has. */
  sequence: number;
  method: 'REQUEST' | 'CANCEL';
  from: Instant;
  to: Instant;
}

export type MessageStatus = 'queued' | 'deferred' | 'sent' | 'failed' | 'dropped';

export interface MessageRow {
  /** Unique over all cases: one key, one message (house, outbox). */
  key: string;
  template: string;
  to: Recipient;
  /** Preferred order of channels; the first that works is used. */
  channels: Channel[];
  params: Record<string, MessageParam>;
  /** `critical` ignores quiet hours and service hours (W16, AT-25); `reply` is W40. */
  urgency: 'normal' | 'critical' | 'reply';
  queuedAt: Instant;
  notBefore: Instant | null;
  status: MessageStatus;
  channel: Channel | null;
  at: Instant | null;
  reason: string | null;
  rule: string;
}

/** One line of the timeline: a fact, its instant, its actor, its rule. */
export interface Fact {
  seq: number;
  at: Instant;
  what: FactKind;
  actor: string | null;
  rule: string | null;
  /** Small, JSON, without personal data. */
  data: Record<string, unknown>;
}

export const FACT_KINDS = [
  'opened',
  'taskOpened',
  'taskCompleted',
  'taskClaimed',
  'taskReleased',
  'taskReassigned',
  'taskCorrected',
  'taskMoot',
  'reminded',
  'breached',
  'levelRaised',
  'levelSkipped',
  'ownerChanged',
  'paused',
  'resumed',
  'noted',
  'factsChanged',
  'evidenceAttached',
  'promised',
  'promiseKept',
  'promiseMoved',
  'roundStarted',
  'policyAdopted',
  'messageQueued',
  'messageSent',
  'messageDeferred',
  'messageDropped',
  'messageFailed',
  'flagged',
  'withdrawn',
  'merged',
  'absorbed',
  'reclassified',
  'reopened',
  'cancelled',
  'undone',
  'undoFailed',
  'resynced',
  'custodyMoved',
  'acceptanceRefused',
  'booked',
  'bookingReleased',
  'moneyCleared',
  'linked',
  'linkedEnded',
  'closing',
  'closed',
  'refused',
] as const;
export type FactKind = (typeof FACT_KINDS)[number];

/** Printed forms of a case (forms.md); each is filed as evidence. */
export const DOCUMENT_KINDS = [
  'complaintHandlingForm',
  'activationForm',
  'borrowSlip',
  'serviceForm',
  'receipt',
  'pickUpVoucher',
] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** Everything one turn of a case writes, in one SQL transaction, keyed (case, run, turn). */
export interface TurnRecord {
  caseId: string;
  runId: string;
  turn: number;
  at: Instant;
  row: CaseRow;
  tasks: TaskRow[];
  clocks: ClockRow[];
  messages: MessageRow[];
  facts: Fact[];
  /** Stored when the case ends: the carry a reopen starts from (W34). */
  finalState: unknown | null;
  /** True when the whole projection is rewritten (`resync`). */
  full: boolean;
  /** Serials by which later cases find this one (ONS-25, W35). Absent in most turns. */
  serials?: string[];
}
