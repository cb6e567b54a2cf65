/**
 * The facade's contract: what the CLI, the simulator and the web may ask of Aftercare. Implemented in aftercare.ts.
 */
import type {
  CaseFile,
  CaseFilter,
  ContentEntry,
  EvidenceRow,
  IntakeRow,
  OpenTaskRow,
  Refusal,
} from '../adapters/ports.js';
import type {
  CaseRow,
  ClockRow,
  ContactCard,
  Day,
  Instant,
  Language,
  MessageRow,
  ProcessName,
} from '../domain/case.js';
import type { FreeSlot } from '../domain/booking.js';
import type {
  BookingFilter,
  BookingRow,
  CustodyFilter,
  CustodyRow,
  ItemRow,
  StockItem,
} from '../domain/custody.js';
import type { DeviceLedger } from '../domain/device-ledger.js';
import type { Customer, Organisation, Staff } from '../domain/organisation.js';
import type { QualityLine } from '../domain/quality.js';
import type { Policy } from '../domain/policy.js';
import type { FaultCount, FaultGrouping } from '../domain/repair.js';
import type { Calendars } from '../domain/calendar.js';
import type { ActName, ActResult, CaseView } from '../workflows/case/messages.js';

/** Exit codes of the CLI, one per kind of failure. */
export const EXIT = {
  done: 0,
  failed: 1,
  refused: 2,
  notFound: 3,
  unreachable: 4,
  usage: 64,
  interrupted: 130,
} as const;

/**
 * A refusal or failure a person can act on. `code` is stable and machine-readable (`task.roleNotAllowed`),
 * `remedy` says what to do. Never holds personal data.
 */
export class DeskError extends Error {
  override readonly name = 'DeskError';
  constructor(
    readonly code: string,
    message: string,
    readonly details: {
      exit?: number;
      remedy?: string;
      fields?: { field: string; message: string }[];
      requestId?: string;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
  }
  get exit(): number {
    return this.details.exit ?? EXIT.refused;
  }
}

export interface LoadedPolicy {
  policy: Policy;
  calendars: Calendars;
  digest: string;
  source: string;
}

export interface OpenReceipt extends ActResult {
  caseId: string;
  /** False when the same request id had already opened it. */
  fresh: boolean;
  /** Cases of the same customer, phone or device (W35). */
  related: { caseId: string; status: string; outcome: string | null; openedAt: Instant }[];
  flags: string[];
}

/** A case as one member of staff may see it (W31, W32, PRV-02). */
export interface CaseSheet extends CaseFile {
  view: 'full' | 'masked';
  /** Texts by content id; absent ones are hidden from this reader or erased. */
  texts: Record<string, string>;
  complainant: (ContactCard & { customer: Customer | null }) | null;
  refusals: Refusal[];
  related: CaseRow[];
  /** Of a trip: who has, or had, a place on it (W20). */
  places?: BookingRow[];
}

export interface ClockExplanation {
  clock: ClockRow;
  lines: { from: Instant; to: Instant; minutes: number; counted: boolean; why: string }[];
  /** What happens next on it: reminders, breach, levels, with who hears. */
  ahead: { at: Instant; what: string; who: string[] }[];
}

export interface Inbox {
  actor: Staff;
  at: Instant;
  late: OpenTaskRow[];
  today: OpenTaskRow[];
  later: OpenTaskRow[];
  waitingOnOthers: CaseRow[];
  /** Own open cases without recorded progress (ESC-11). */
  withoutProgress: CaseRow[];
}

/** An item and every holding it ever had, the first one first. */
export interface ItemLife extends ItemRow {
  holdings: CustodyRow[];
}

/** The in/out/stock ledger of special devices over a month or a year (REG-05). */
export interface StockReport extends Omit<DeviceLedger, 'broken'> {
  /** `2030-03` or `2030`. */
  period: string;
  from: Day;
  /** Included. */
  to: Day;
  /** When it is due at the city bureau. */
  dueOn: Day;
  /** False while the time still runs: the closing stock is that of `asOf`. */
  over: boolean;
  asOf: Instant;
}

/** Appointments of one day by time. */
export interface Agenda {
  /** Staff id, or `bureau/<unit id>`. */
  who: string;
  /** Name of a bureau. */
  name: string | null;
  day: Day;
  entries: AgendaEntry[];
}

/** An appointment with what the person needs for it. */
export interface AgendaEntry {
  booking: BookingRow;
  /** Customer of the case, when on file. */
  customer: string | null;
  /** Whom it is with, when on file. */
  contact: { customer: string; name: string | null; phone: string | null } | null;
  /** Name of the bureau whose counter is booked for the same time. */
  bureau: string | null;
  /** What the person holds for that case. */
  kit: CustodyRow[];
  /** On a trip: every case that has its place on it, with its customer and its devices (W20). */
  places?: Omit<AgendaEntry, 'places'>[];
}

export interface ActOptions {
  requestId?: string;
}

export interface AftercareApi {
  /** Opens a complaint from the receipt block (forms.md 7); any staff member may (CMP-20). */
  openComplaint(input: unknown, by: string, options?: ActOptions): Promise<OpenReceipt>;
  /** Opens a case of a process from its intake form. */
  open(process: ProcessName, input: unknown, by: string, options?: ActOptions): Promise<OpenReceipt>;
  /**
   * Everything that is checked before a case is opened: form, customer, bureau, staff and files; nothing is stored.
   * @throws DeskError as `open`
   */
  check(process: ProcessName, input: unknown, by: string): Promise<void>;
  complete(
    caseId: string,
    task: string,
    answer: unknown,
    by: string,
    options?: ActOptions,
  ): Promise<ActResult>;
  /**
   * The answer of a tax bureau, by whoever holds the one-time code it was sent (W28): completes the task the code was
   * made for, as `bureau:<unit id>`.
   * @throws DeskError `bureau.codeUnknown`, `bureau.codeSpent`
   */
  answerBureau(code: string, answer: unknown, options?: ActOptions): Promise<ActResult & { caseId: string }>;
  /** What stands against the answer of a bureau, as `checkAct`. @throws DeskError as `answerBureau` */
  checkBureauAnswer(code: string, answer: unknown): Promise<void>;
  /** Any other act; `args` as the act's form takes them, texts as text, evidence as file. */
  act(
    name: ActName | 'reopen',
    caseId: string,
    args: unknown,
    by: string,
    options?: ActOptions,
  ): Promise<ActResult>;
  /**
   * What stands against an act, an answer (`completeTask`, with `task` and `answer`) included: its form, staff and files,
   * and the case's own rules as they stand now. Nothing is changed or stored. Whether somebody else has taken a device or
   * an appointment's time is known only when it is sent.
   * @throws DeskError as `act`
   */
  checkAct(name: ActName | 'reopen', caseId: string, args: unknown, by: string): Promise<void>;
  /** Starts every intake that was received but not started. */
  retryIntakes(): Promise<{ started: string[]; failed: { caseId: string; reason: string }[] }>;
  pendingIntakes(): Promise<IntakeRow[]>;

  sheet(caseId: string, reader: string): Promise<CaseSheet>;
  cases(filter: CaseFilter): Promise<CaseRow[]>;
  inbox(actor: string): Promise<Inbox>;
  /** The most urgent task of a person, or null. */
  next(actor: string): Promise<OpenTaskRow | null>;
  tasks(filter: { assignee?: string; role?: string; caseId?: string }): Promise<OpenTaskRow[]>;
  explain(caseId: string, clock?: string): Promise<ClockExplanation[]>;
  /** The live case, by query. With no worker nobody answers: `until` (epoch, ms) is when to give up asking. */
  view(caseId: string, until?: number): Promise<CaseView>;
  evidence(caseId: string): Promise<EvidenceRow[]>;
  /**
   * A file of a case: a printed form, or what somebody attached.
   * @throws DeskError `evidence.notFound` when the case has no such file; `case.hidden` for a person it is about (W31)
   */
  evidenceFile(caseId: string, sha256: string, reader: string): Promise<Uint8Array>;
  /** The outbox, newest first. */
  messages(filter: {
    caseId?: string;
    status?: MessageRow['status'];
    limit?: number;
  }): Promise<(MessageRow & { caseId: string })[]>;

  /** Texts of a case without their bodies. */
  contents(caseId: string): Promise<ContentEntry[]>;
  /** The texts an erasure would empty; see erasure.ts for who may and when. */
  erasable(caseId: string, by: string, only?: string[]): Promise<ContentEntry[]>;
  /** Empties texts of a case, by default all; their hashes stay. Returns the ids emptied now. */
  erase(caseId: string, by: string, erasure: { only?: string[]; reason: string }): Promise<string[]>;

  /** Takes devices and spares into stock (REG-05). `line`: their place in a file, to name what is wrong there. */
  importStock(items: (StockItem & { line?: number })[]): Promise<{ added: number; unchanged: number }>;
  /**
   * A holder is a staff id or alias, or a place, customer or party as `kind/id`.
   * @throws DeskError exit 3 for a holder or a case nobody knows
   */
  custody(filter: CustodyFilter): Promise<CustodyRow[]>;
  /** @throws DeskError exit 3 for an item nobody knows */
  life(item: string): Promise<ItemLife>;
  /**
   * What came, went and is left of special devices (REG-05); days in the organisation's zone.
   * @param period a month `2030-03` or a year `2030` that has begun
   * @throws DeskError `custody.broken` when movements do not lead to where devices are
   */
  stockReport(period: string): Promise<StockReport>;
  /** The same on paper, as PDF. `serials`: with every device. `by`: who asks, when known. */
  printStockReport(
    report: StockReport,
    options: { serials: boolean; by: string | null },
  ): Promise<Uint8Array>;
  bookings(filter: BookingFilter): Promise<BookingRow[]>;
  /** Appointments of a person, or of a counter `bureau/<unit id>`, that begin on a day, by time. */
  agenda(who: string, day: Day): Promise<Agenda>;
  /** Figures of quality by process, of cases received in the span (REG-09). */
  quality(span: { from?: Day; to?: Day }): Promise<QualityLine[]>;
  /** Faults found on visits, counted by class, product or region (ONS-24); days in the organisation's zone, both included. */
  faults(wanted: { by: FaultGrouping; from?: Day; to?: Day }): Promise<FaultCount[]>;
  /** The next free times from a day on, not before now, within the hours of a calendar of the policy. */
  freeSlots(wanted: {
    who: string;
    day: Day;
    minutes: number;
    /** Travel afterwards. */
    bufferMinutes: number;
    count: number;
    calendar: string;
  }): Promise<FreeSlot[]>;

  staff(idOrAlias: string): Promise<Staff>;
  organisation(): Promise<Organisation>;
  importOrganisation(
    organisation: Organisation,
  ): Promise<{ added: number; changed: number; unchanged: number }>;
  /** Deadlines of open cases that would move under the policy given. */
  policyEffect(
    policy: LoadedPolicy,
  ): Promise<{ caseId: string; clock: string; dueAt: Instant; wouldBeDueAt: Instant }[]>;
  readonly policy: LoadedPolicy;
  now(): Date;
  close(): Promise<void>;
}

/** Fields of a form as an operator is asked for them, derived from its schema. */
export interface FormField {
  name: string;
  label: string;
  required: boolean;
  kind: 'text' | 'choice' | 'choices' | 'number' | 'yesno' | 'instant' | 'staff' | 'file' | 'list';
  allowed?: string[];
  /** A text that is a calendar day. */
  day?: boolean;
  /** Of a list of blocks: the fields of one, named `lines[].serial`. */
  fields?: FormField[];
  default?: unknown;
  maxLength?: number;
  personal: boolean;
}

export type { ActResult, Language };
