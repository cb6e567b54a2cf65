/**
 * The ports: what the product needs of the outside, one interface each. Adapters implement them; activities and the
 * client take them as arguments; every adapter passes its port's suite in tests/adapters.
 */
import type {
  CaseRow,
  Channel,
  ClockRow,
  ContentRef,
  EvidenceRef,
  Fact,
  Instant,
  Invitation,
  Language,
  MessageRow,
  ProcessName,
  TaskRow,
  TurnRecord,
} from '../domain/case.js';
import type {
  BookingFilter,
  BookingRow,
  ClaimOrder,
  ClaimResult,
  CustodyFilter,
  CustodyRow,
  ItemRow,
  StockItem,
} from '../domain/custody.js';
import type { Company, Customer, Organisation, Roster, Staff, Unit } from '../domain/organisation.js';
import type { Held, SendCap } from '../domain/throttle.js';

/**
 * Why a delivery did not succeed, decided once, at the adapter (C9).
 * - `retry`: try again soon · `later`: try again at `retryAt` · `operator`: somebody must act first
 * - `content`: this message will never go · `contact`: this address will never work
 */
export type DeliveryFault = 'retry' | 'later' | 'operator' | 'content' | 'contact';

/** A refused or failed delivery. `message` holds codes, never addresses or text. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  constructor(
    readonly fault: DeliveryFault,
    readonly code: string,
    message: string,
    options?: { cause?: unknown; retryAt?: Instant },
  ) {
    super(message, { cause: options?.cause });
    this.retryAt = options?.retryAt ?? null;
  }
  readonly retryAt: Instant | null;
}

export interface OutgoingMail {
  /** The outbox key; becomes the Message-ID, the same on every attempt. */
  key: string;
  from: string;
  fromName: string;
  to: string;
  subject: string;
  text: string;
  language: string;
  /** Goes into the Date header: the workflow's instant. */
  at: Instant;
  /** An appointment for the reader's calendar: a text/calendar alternative beside the text. */
  invitation?: { method: Invitation['method']; content: string };
}

export interface Accepted {
  providerId: string;
  /** True when an earlier attempt had already been accepted. */
  repeat?: boolean;
}

export interface MailPort {
  /** @throws DeliveryError */
  send(mail: OutgoingMail): Promise<Accepted>;
  /** Resolves when the host answers; for `doctor`. */
  check(): Promise<string>;
  close(): Promise<void>;
}

export interface OutgoingSms {
  /** The outbox key; the provider's own reference (`outId`), asked for before any retry. */
  key: string;
  /** E.164. */
  to: string;
  signature: string;
  template: string;
  params: Record<string, string>;
  /** The rendered text without signature. */
  text: string;
  at: Instant;
}

export type SmsState =
  'unknown' | 'accepted' | 'delivered' | 'temporary' | 'deadNumber' | 'blocked' | 'content';

/** Something that came back: a receipt or a reply. Remote gateways call this by webhook. */
export type SmsEvent =
  | { kind: 'receipt'; key: string; state: SmsState; at: Instant; code: string }
  | { kind: 'reply'; from: string; text: string; at: Instant; reference: string };

export interface SmsPort {
  /** @throws DeliveryError */
  send(sms: OutgoingSms): Promise<Accepted>;
  /** What became of a key; `unknown` when the provider never accepted it. */
  query(key: string, to: string, at: Instant): Promise<SmsState>;
  check(): Promise<string>;
  close(): Promise<void>;
}

export interface StoredFile {
  sha256: string;
  bytes: number;
}

export interface StoragePort {
  /** Stores content under its SHA-256; storing it again changes nothing. */
  put(content: Uint8Array): Promise<StoredFile>;
  /** @throws StorageMissing when absent, StorageCorrupt when the content no longer has its hash. */
  get(sha256: string): Promise<Uint8Array>;
  has(sha256: string): Promise<boolean>;
  check(): Promise<string>;
}

/** One filed mail or SMS, as the local mailbox shows it. */
export interface MailboxItem {
  id: string;
  channel: 'mail' | 'sms';
  key: string;
  to: string;
  subject: string;
  text: string;
  at: Instant;
  /** The calendar object of a mail that carries one. */
  invitation?: string;
  /** How often the same key arrived; one copy is kept (AT-29). */
  deliveries: number;
}

// ---------------------------------------------------------------- ledger

/** A turn came again under its key with other content: the ledger and the history disagree. Not retryable. */
export class RecordConflict extends Error {
  override readonly name = 'RecordConflict';
  constructor(
    readonly caseId: string,
    readonly runId: string,
    readonly turn: number,
  ) {
    super(`record.conflict: ${caseId} run ${runId} turn ${turn} is recorded with another digest`);
  }
}

/** A claim came again under its key and asks for something else. Not retryable. */
export class ClaimConflict extends Error {
  override readonly name = 'ClaimConflict';
  constructor(
    readonly key: string,
    why = 'the claim is known and asked for something else',
  ) {
    super(`claim.conflict: ${key}: ${why}`);
  }
}

/** An item to be taken into stock is on file as something else. Nothing was imported. */
export class StockConflict extends Error {
  override readonly name = 'StockConflict';
  constructor(
    /** Place in the list given, from 0. */
    readonly index: number,
    readonly item: string,
    /** What it is on file. */
    readonly known: Pick<ItemRow, 'kind' | 'family' | 'model'>,
  ) {
    super(
      `stock.conflict: ${item} is on file as ${[known.kind, known.family, known.model].filter(Boolean).join(' ')}`,
    );
  }
}

export interface ContentRow {
  id: string;
  caseId: string | null;
  /** Form field it answers, e.g. `matter`. */
  field: string;
  sha256: string;
  /** null once erased. */
  body: string | null;
}

/** A content row as a list of them shows it: what and when, never the text. */
export interface ContentEntry extends Pick<ContentRow, 'id' | 'field' | 'sha256'> {
  erasedAt: Instant | null;
  erasedBy: string | null;
  erasedReason: string | null;
}

export interface ErasureNote {
  at: Instant;
  by: string;
  /** No personal data. */
  reason: string;
}

export interface IntakeRequest {
  /** Unique per intake; the same id gets the same case. */
  requestId: string;
  process: ProcessName;
  letter: string;
  /** Local day of the number, `YYYYMMDD`. */
  day: string;
  /** Start argument of the workflow as JSON, with `{caseId}` filled in by the ledger is NOT done: the client adds it. */
  input: unknown;
  contents: Omit<ContentRow, 'caseId'>[];
  /** Values by which later intakes find this case (W35): phone, taxpayer id, serial, external reference. */
  lookups: { kind: 'phone' | 'taxpayerId' | 'serial' | 'customer'; value: string }[];
  actor: string;
  at: Instant;
}

export interface IntakeRow {
  requestId: string;
  caseId: string;
  process: ProcessName;
  input: unknown;
  actor: string;
  at: Instant;
  state: 'received' | 'started';
}

export interface EvidenceRow extends EvidenceRef {
  caseId: string;
  field: string;
  /** File name as given; may hold personal data, so it stays out of history. */
  name: string;
  addedBy: string;
  addedAt: Instant;
}

export interface CaseFilter {
  process?: ProcessName;
  status?: CaseRow['status'][];
  owner?: string;
  /** Cases with an open task of this assignee or role. */
  assignee?: string;
  role?: string;
  customer?: string;
  waitingOn?: string;
  attention?: boolean;
  limit?: number;
}

/** The projection of one case. */
export interface CaseFile {
  row: CaseRow;
  tasks: TaskRow[];
  clocks: ClockRow[];
  messages: MessageRow[];
  timeline: Fact[];
  evidence: EvidenceRow[];
  finalState: unknown | null;
}

export interface OpenTaskRow extends TaskRow {
  caseId: string;
  process: ProcessName;
  level: string;
  owner: string;
  customer: string | null;
  waitingOn: string;
}

/** An answer as it stands in the ledger: personal texts are references. */
export interface AnsweredTask {
  caseId: string;
  name: string;
  completedAt: Instant;
  answer: Record<string, unknown>;
}

export interface TurnRow {
  caseId: string;
  runId: string;
  turn: number;
  at: Instant;
  digest: string;
  /** Set when a reset run rewrote this turn or an earlier one. */
  supersededBy: string | null;
}

export interface Refusal {
  caseId: string | null;
  actor: string;
  act: string;
  code: string;
  at: Instant;
  requestId: string;
  data: Record<string, unknown>;
}

/** What the outbox knows of one key and channel. */
export interface OutboxState {
  key: string;
  caseId: string;
  acceptedChannel: Channel | null;
  providerId: string | null;
  /** Channels on which a send was begun; a begun, unaccepted one is asked about before it is repeated. */
  begun: Channel[];
}

export interface SendOrder {
  key: string;
  caseId: string;
  channel: Channel;
  address: string;
  /** The workflow's instant of sending. */
  at: Instant;
  /** Caps on the address over all cases; none when it may always go. */
  caps: SendCap[];
}

export interface SendBegun extends OutboxState {
  held: Held | null;
}

/** A one-time code that a bureau was sent (W28), known by its SHA-256 only. */
export interface BureauCodeRow {
  caseId: string;
  /** The task it answers; it ends with it. */
  taskKey: string;
  unitId: string;
  madeAt: Instant;
  usedAt: Instant | null;
  usedRequest: string | null;
}

/** What a message is written with. */
export interface Correspondence {
  company: Company;
  /** Null when nobody of that id is on file, or the contact was erased. */
  recipient: { phone: string | null; mail: string | null; language: Language; name: string | null } | null;
  /** Bodies by id, null once erased; unknown ids are absent. */
  contents: Map<string, string | null>;
  staff: Map<string, Pick<Staff, 'name' | 'calledAs'>>;
}

export interface LedgerPort {
  /** Applies pending migrations; returns their names. Safe to run from several processes at once. */
  migrate(): Promise<string[]>;
  /** Names of migrations not yet applied. */
  pendingMigrations(): Promise<string[]>;
  check(): Promise<string>;
  close(): Promise<void>;

  importOrganisation(
    organisation: Organisation,
  ): Promise<{ added: number; changed: number; unchanged: number }>;
  organisation(): Promise<Organisation | null>;
  /** The part of it that a case is started with. */
  roster(): Promise<Roster | null>;
  /** By id or alias. */
  staff(idOrAlias: string): Promise<Staff | null>;
  customer(id: string): Promise<Customer | null>;
  unit(id: string): Promise<Unit | null>;

  /**
   * One transaction: allocate the next number of (letter, day), keep input, contents and lookups.
   * The same requestId returns the first row with `fresh: false`. Numbers are dense: no gaps, also under concurrency.
   */
  receiveIntake(request: IntakeRequest): Promise<{ intake: IntakeRow; fresh: boolean }>;
  markStarted(caseId: string): Promise<void>;
  pendingIntakes(): Promise<IntakeRow[]>;
  intakeByRequest(requestId: string): Promise<IntakeRow | null>;
  intakeOf(caseId: string): Promise<IntakeRow | null>;

  /** Idempotent by id. Returns the ids that were not there before. */
  putContents(rows: ContentRow[]): Promise<string[]>;
  /** Deletes what was stored for an act that was refused: nothing refers to it. */
  takeBack(rows: { contents: string[]; evidence: string[] }): Promise<void>;
  contents(ids: string[]): Promise<Map<string, ContentRow>>;
  contentsOf(caseId: string): Promise<ContentEntry[]>;
  /**
   * Empties bodies; ids and hashes stay as proof. `ids` null: all of the case, and with them the values it is found by
   * and the names of its files. Returns the ids emptied now; a repeat returns none.
   */
  erase(caseId: string, ids: string[] | null, note: ErasureNote): Promise<string[]>;

  /** See `CaseActivities.record`. `digest` is computed by the caller over the canonical turn. */
  record(turn: TurnRecord, digest: string): Promise<'written' | 'repeated'>;
  turns(caseId: string): Promise<TurnRow[]>;

  /** Everything a message is written with, read at once; null before the first import of an organisation. */
  correspondence(needs: {
    to: MessageRow['to'];
    /** Content rows its parameters name. */
    contents: string[];
    /** People its parameters name. */
    staff: string[];
  }): Promise<Correspondence | null>;
  /**
   * Marks a send as begun on a channel and tells what was known before. Not begun is what belongs to another case, is
   * accepted already, or is held by a cap; of several at once to one address each counts those before it.
   */
  beginSend(send: SendOrder): Promise<SendBegun>;
  acceptSend(key: string, channel: Channel, providerId: string): Promise<void>;
  outbox(key: string): Promise<OutboxState | null>;

  /** Keeps a code that is about to be sent to a bureau. */
  keepBureauCode(
    sha256: string,
    row: Pick<BureauCodeRow, 'caseId' | 'taskKey' | 'unitId' | 'madeAt'>,
  ): Promise<void>;
  bureauCode(sha256: string): Promise<BureauCodeRow | null>;
  /** Marks every code of an answered task as used. */
  useBureauCodes(used: { caseId: string; taskKey: string; at: Instant; requestId: string }): Promise<void>;

  /** Idempotent by id. Returns whether it was not there before. */
  addEvidence(row: EvidenceRow): Promise<boolean>;
  evidence(caseId: string): Promise<EvidenceRow[]>;

  addRefusal(refusal: Refusal): Promise<void>;
  refusals(caseId: string): Promise<Refusal[]>;

  /**
   * Moves items, books and gives up bookings in one transaction: all of it, or nothing. The same key is done once.
   * An item moves when its present holder is the one the movement names; its new holding begins no earlier than the
   * one before. An unknown device or spare is refused; any other thing comes into being with a first holding at the
   * giver. What is refused or taken leaves no trace, so that the same key may be tried again.
   * @throws ClaimConflict when the key was done and asked for something else, or a booking key is in use
   */
  claim(order: ClaimOrder): Promise<ClaimResult>;
  /**
   * Withdraws a claim whose outcome its asker never learned: items go back to whom they came from, its bookings are
   * released, those it gave up are booked again. A key not known yet is noted, so that a late attempt is refused.
   * - `undone`: it had been done and is no more (also when asked again) · `nothing`: there was nothing to undo
   * - `impossible`: an item has moved on, or a booking given up cannot be had back; the claim stands, unchanged
   */
  unclaim(key: string, at: Instant): Promise<'undone' | 'nothing' | 'impossible'>;
  /** Gives up bookings for good; unknown ones are left alone. */
  releaseBookings(keys: string[], at: Instant): Promise<void>;
  /** Holdings that pass every given filter, in the order they began. */
  custody(filter: CustodyFilter): Promise<CustodyRow[]>;
  /** Bookings that pass every given filter, by time. A day counts what begins on it. */
  bookings(filter: BookingFilter): Promise<BookingRow[]>;
  /**
   * Takes devices and spares into stock (REG-05): a first holding in the warehouse. What is on file stays where it is.
   * @throws StockConflict when a serial number is on file as something else; nothing is imported then
   */
  importStock(items: StockItem[], at: Instant): Promise<{ added: number; unchanged: number }>;
  item(id: string): Promise<ItemRow | null>;

  caseFile(caseId: string): Promise<CaseFile | null>;
  cases(filter: CaseFilter): Promise<CaseRow[]>;
  /** Open tasks, soonest due first. */
  openTasks(filter: { assignee?: string; role?: string; caseId?: string }): Promise<OpenTaskRow[]>;
  /** Answered tasks of a process by name, in the order they were answered. `until` is not included. */
  answeredTasks(filter: {
    process: ProcessName;
    names: string[];
    from?: Instant;
    until?: Instant;
  }): Promise<AnsweredTask[]>;
  /** Cases that share a lookup value and were opened at or after `since`, newest first (W35). */
  related(lookups: IntakeRequest['lookups'], since: Instant): Promise<CaseRow[]>;
  lookups(caseId: string): Promise<IntakeRequest['lookups']>;
  messages(filter: {
    caseId?: string;
    status?: MessageRow['status'];
    limit?: number;
  }): Promise<(MessageRow & { caseId: string })[]>;
}

export interface Ports {
  ledger: LedgerPort;
  mail: MailPort;
  sms: SmsPort;
  storage: StoragePort;
}

/** Makes a content reference for a row. */
export function contentRef(row: Pick<ContentRow, 'id' | 'sha256'>): ContentRef {
  return { content: row.id, sha256: row.sha256 };
}
