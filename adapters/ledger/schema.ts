import type { ColumnType, GeneratedAlways, JSONColumnType } from 'kysely';
import type {
  CaseRow,
  Channel,
  ClockRow,
  Fact,
  Instant,
  Language,
  MessageRow,
  ProcessName,
  TaskRow,
  TurnRecord,
} from '../../domain/case.js';
import type { BookingRow, CustodyRow, ItemRow } from '../../domain/custody.js';
import type { Unit } from '../../domain/organisation.js';
import type { BureauCodeRow, IntakeRequest, IntakeRow } from '../ports.js';

/**
 * The tables of the ledger as Kysely sees them: snake_case in the database, camelCase here (CamelCasePlugin).
 * Instants are `timestamptz` in the database and ISO strings in UTC here; the pool's parsers see to it.
 */
export interface LedgerTables {
  company: CompanyTable;
  departments: DepartmentsTable;
  staff: StaffTable;
  units: UnitsTable;
  customers: CustomersTable;
  caseNumbers: CaseNumbersTable;
  intakes: IntakesTable;
  contents: ContentsTable;
  lookups: LookupsTable;
  cases: CasesTable;
  tasks: TasksTable;
  clocks: ClocksTable;
  messages: MessagesTable;
  turns: TurnsTable;
  facts: FactsTable;
  sends: SendsTable;
  evidence: EvidenceTable;
  refusals: RefusalsTable;
  claims: ClaimsTable;
  items: ItemRow;
  custody: CustodyTable;
  bookings: BookingsTable;
  bureauCodes: BureauCodesTable;
}

/** JSON columns are written as text and cast by PostgreSQL; node-pg would turn arrays into PostgreSQL arrays. */
/** Not known when the row is written. */
type Later = ColumnType<string | null, never, string>;
type Json<T extends object | null> = JSONColumnType<T, string | null, string | null>;

interface CompanyTable {
  /** Always true: there is one company. */
  only: ColumnType<boolean, boolean | undefined, never>;
  name: string;
  smsSignature: string;
  hotline: string;
  place: string;
  hours: string;
  mailFrom: string;
  recourseBodies: string;
}

interface DepartmentsTable {
  id: string;
  position: number;
  name: string;
  head: string | null;
}

interface StaffTable {
  id: string;
  position: number;
  aliases: string[];
  name: string;
  calledAs: string | null;
  roles: string[];
  department: string;
  mail: string | null;
  mobile: string | null;
  language: Language;
  substitute: string | null;
  absent: boolean;
}

interface UnitsTable {
  id: string;
  position: number;
  name: string;
  kind: Unit['kind'];
  mail: string | null;
  phone: string | null;
  language: Language;
  hours: string | null;
  officers: Json<Unit['officers']>;
}

interface CustomersTable {
  id: string;
  position: number;
  name: string;
  taxpayerId: string | null;
  taxBureau: string | null;
  contactName: string | null;
  mobile: string | null;
  landline: string | null;
  mail: string | null;
  channel: 'sms' | 'mail';
  language: Language;
  tags: string[];
}

interface CaseNumbersTable {
  letter: string;
  day: string;
  last: number;
}

interface IntakesTable {
  requestId: string;
  caseId: string;
  process: ProcessName;
  input: Json<object>;
  actor: string;
  at: Instant;
  state: IntakeRow['state'];
}

interface ContentsTable {
  id: string;
  caseId: string | null;
  field: string;
  sha256: string;
  body: string | null;
  erasedAt: Later;
  erasedBy: Later;
  erasedReason: Later;
}

interface LookupsTable {
  caseId: string;
  kind: IntakeRequest['lookups'][number]['kind'];
  value: string;
}

interface CasesTable extends CaseRow {
  finalState: Json<object | null>;
}

interface TasksTable extends Omit<TaskRow, 'answer' | 'context'> {
  caseId: string;
  /** Order of first writing. */
  entry: GeneratedAlways<number>;
  answer: Json<Record<string, unknown> | null>;
  context: Json<Record<string, unknown> | null>;
}

interface ClocksTable extends Omit<ClockRow, 'spans'> {
  caseId: string;
  entry: GeneratedAlways<number>;
  spans: Json<ClockRow['spans']>;
}

interface MessagesTable extends Omit<MessageRow, 'to' | 'params' | 'at'> {
  caseId: string;
  entry: GeneratedAlways<number>;
  recipient: Json<MessageRow['to']>;
  params: Json<MessageRow['params']>;
  /** Instant at which the message took its present status. */
  statusAt: Instant | null;
}

interface TurnsTable {
  caseId: string;
  runId: string;
  turn: number;
  /** Order of writing over all cases: tells which of two runs is the newer. */
  entry: GeneratedAlways<number>;
  at: Instant;
  digest: string;
  supersededBy: string | null;
  /** The turn as it was recorded: what the digest was computed over, and what a reset is rebuilt from. */
  record: Json<TurnRecord>;
}

interface FactsTable extends Omit<Fact, 'data'> {
  caseId: string;
  runId: string;
  turn: number;
  data: Json<Record<string, unknown>>;
  supersededBy: string | null;
}

interface SendsTable {
  key: string;
  channel: Channel;
  caseId: string;
  addressHash: string;
  begunAt: Instant;
  accepted: boolean;
  providerId: string | null;
}

interface EvidenceTable {
  evidence: string;
  caseId: string;
  field: string;
  sha256: string;
  mediaType: string;
  bytes: number;
  name: string;
  addedBy: string;
  addedAt: Instant;
}

interface RefusalsTable {
  entry: GeneratedAlways<number>;
  caseId: string | null;
  actor: string;
  act: string;
  code: string;
  at: Instant;
  requestId: string;
  data: Json<Record<string, unknown>>;
}

interface ClaimsTable {
  key: string;
  caseId: string | null;
  at: Instant;
  state: 'done' | 'withdrawn';
  digest: string | null;
}

/** A holding; what the item is stands in `items`. */
export interface CustodyTable extends Omit<CustodyRow, 'kind' | 'family' | 'model' | 'amount'> {
  entry: GeneratedAlways<number>;
}

interface BookingsTable extends Omit<BookingRow, 'from' | 'to'> {
  startsAt: Instant;
  endsAt: Instant;
  claim: string;
  releasedBy: string | null;
}

interface BureauCodesTable extends BureauCodeRow {
  codeSha256: string;
}
