/** A case in a ledger of its own, for tests of printed forms: what was answered, who holds what, which texts are left. */
import type { CaseFile, LedgerPort } from '../../adapters/ports.js';
import type { DocumentOrder } from '../../activities/contract.js';
import {
  PROCESS_LETTERS,
  type CaseRow,
  type DocumentKind,
  type EvidenceRef,
  type Fact,
  type TaskRow,
} from '../../domain/case.js';
import type { CustodyFilter, CustodyRow } from '../../domain/custody.js';
import type { Organisation } from '../../domain/organisation.js';

/** An instant of March 2030 in UTC: `at(5, '02:20')` is 10:20 in China. */
export const at = (day: number, time: string) => `2030-03-${String(day).padStart(2, '0')}T${time}:00.000Z`;

export const evidence = (digest: string): EvidenceRef => ({
  evidence: `evidence-${digest}`,
  sha256: digest.padEnd(64, '0'),
  mediaType: 'text/plain',
  bytes: 1,
});

/** A text: its body is the id, unless it is erased. */
export const content = (body: string) => ({ content: body, sha256: '0'.repeat(64) });

const ORGANISATION = {
  company: {
    name: '示例税控服务有限公司 | Example',
    hotline: '0571-5550100',
    place: '示例路1号 | 1 Example Road',
  },
  staff: [
    { id: 'li.na', name: '李娜' },
    { id: 'wang.lei', name: '王雷' },
    { id: 'pan.mei', name: '潘梅' },
    { id: 'zhao.min', name: '赵敏' },
    { id: 'gu.yun', name: '顾云' },
    { id: 'chen.hui', name: '陈慧' },
  ],
  customers: [
    {
      id: 'yunfan',
      name: '杭州云帆物流有限公司',
      taxpayerId: '91330106MA0000023E',
      taxBureau: 'xihu-bureau',
      contactName: '严帆',
      mobile: '13800000102',
      channel: 'sms',
    },
  ],
  units: [{ id: 'xihu-bureau', name: '示例市西湖区税务局' }],
} as unknown as Organisation;

export interface PaperCase {
  process: CaseRow['process'];
  intake: Record<string, unknown>;
  tasks: TaskRow[];
  custody?: CustodyRow[];
  timeline?: Partial<Fact>[];
  messages?: { template: string; queuedAt: string }[];
  /** Of a trip: each case that has, or had, its place on it, by number. */
  places?: Record<string, Place>;
  /** Devices on file. */
  items?: Record<string, { family: string; model: string }>;
  erased?: string[];
}

/** A case on a trip, and for how long. */
export interface Place {
  bookedAt: string;
  releasedAt?: string;
  tasks: TaskRow[];
  custody: CustodyRow[];
}

/** A task that was answered; `round` is the visit. */
export const answered = (
  name: string,
  by: string,
  when: string,
  answer: Record<string, unknown>,
  more: Partial<TaskRow> = {},
): TaskRow =>
  ({
    key: `${name}#1`,
    name,
    round: 1,
    status: 'completed',
    openedAt: when,
    completedAt: when,
    completedBy: by,
    answer,
    context: null,
    ...more,
  }) as TaskRow;

/** A holding. */
export const held = (
  item: string,
  holder: string,
  since: string,
  more: Partial<CustodyRow> = {},
): CustodyRow => ({
  item,
  kind: 'device',
  family: 'goldenTaxDisk',
  model: 'GTD-5 金税盘',
  amount: null,
  holder,
  receivedFrom: null,
  caseId: null,
  since,
  until: null,
  givenBy: null,
  receivedBy: null,
  givenProof: null,
  receivedProof: null,
  dueBackAt: null,
  keeper: null,
  rule: 'ISS-08',
  claim: 'other',
  ...more,
});

/** What a builder is given: ledger, case and order. */
export function paperCase(given: PaperCase, kind: DocumentKind, round = 1) {
  const caseId = `${PROCESS_LETTERS[given.process]}20300304-001`;
  const order: DocumentOrder = {
    caseId,
    kind,
    key: `document:${kind}#${round}`,
    round,
    at: at(20, '02:00'),
    offsetMinutes: 480,
  };
  const file = {
    row: {
      caseId,
      process: given.process,
      customer: 'yunfan',
      owner: 'li.na',
      receivedAt: at(4, '01:00'),
      openedAt: at(4, '01:05'),
    },
    tasks: given.tasks,
    timeline: given.timeline ?? [],
    messages: given.messages ?? [],
  } as unknown as CaseFile;
  const { erased = [], places = {} } = given;
  const ledger = {
    intakeOf: () => Promise.resolve({ actor: 'li.na', input: { intake: { form: given.intake } } }),
    organisation: () => Promise.resolve(ORGANISATION),
    contents: (ids: string[]) =>
      Promise.resolve(new Map(ids.map((id) => [id, { body: erased.includes(id) ? null : id }]))),
    custody: (filter: CustodyFilter) =>
      Promise.resolve(places[filter.caseId ?? '']?.custody ?? given.custody ?? []),
    bookings: () =>
      Promise.resolve(
        Object.entries(places).map(([id, { bookedAt, releasedAt = null }]) => ({
          caseId: id,
          bookedAt,
          releasedAt,
        })),
      ),
    caseFile: (id: string) =>
      Promise.resolve({
        ...file,
        row: { ...file.row, caseId: id, process: 'issuance' },
        tasks: places[id]!.tasks,
      }),
    item: (id: string) => Promise.resolve(given.items?.[id] ?? null),
  } as unknown as LedgerPort;
  return { ports: { ledger }, file, order };
}
