/** 投诉处理单 (CMP-09): what of the ledger goes on the paper, in which words. */
import { expect, test } from 'vitest';
import { complaintHandlingForm } from '../../activities/handling-form.js';
import { createDocuments } from '../../activities/documents.js';
import type { CaseFile, LedgerPort, Ports } from '../../adapters/ports.js';
import type { CaseRow, TaskRow } from '../../domain/case.js';
import { complaintForms } from '../../domain/forms-complaint.js';
import type { Organisation } from '../../domain/organisation.js';

const ORDER = {
  caseId: 'T20300305-001',
  kind: 'complaintHandlingForm',
  key: 'document:complaintHandlingForm',
  round: 1,
  at: '2030-03-06T02:30:00.000Z',
  offsetMinutes: 480,
} as const;

const ORGANISATION = {
  company: { name: '示例税控服务有限公司 | Example Tax Services', hotline: '0571-5550100' },
  staff: [
    { id: 'li.na', name: '李娜' },
    { id: 'wang.lei', name: '王磊' },
  ],
  customers: [{ id: 'qingshan', name: '青山包装材料有限公司' }],
  units: [],
} as unknown as Organisation;

const CONTENTS: Record<string, string> = {
  'c-matter': '打印头漏墨🙂',
  'c-cause': '密封圈老化',
  'c-contact': JSON.stringify({ name: '周敏', phone: null, mail: null, language: 'zh-CN', channel: null }),
};
const content = (id: string) => ({ content: id, sha256: '0'.repeat(64) });

const row = (identity: CaseRow['identity']) =>
  ({
    caseId: ORDER.caseId,
    receivedAt: '2030-03-05T01:52:00.000Z',
    openedAt: '2030-03-05T02:00:00.000Z',
    identity,
    customer: 'qingshan',
    personsConcerned: ['wang.lei'],
    grade: 'general',
    level: 'L1',
    owner: 'li.na',
    rounds: 1,
    outcome: null,
    responseMinutes: 0,
    resolutionMinutes: null,
  }) as unknown as CaseRow;

const task = (name: string, answer: Record<string, unknown> | null, status = 'completed') =>
  ({
    name,
    round: 1,
    status,
    completedAt: '2030-03-05T03:30:00.000Z',
    completedBy: 'li.na',
    answer,
  }) as unknown as TaskRow;

const FORM = {
  channel: 'hotline',
  customer: 'qingshan',
  contact: content('c-contact'),
  problemType: 'productQuality',
  subject: 'ours',
  matter: content('c-matter'),
  demand: ['repair', 'other'],
  amountDisputed: 300,
  media: 'none',
  safety: false,
  serials: ['A1', 'B2'],
  externalDueOn: '2030-03-15',
};

const ledger = {
  intakeOf: () => Promise.resolve({ actor: 'li.na', input: { intake: { form: FORM } } }),
  organisation: () => Promise.resolve(ORGANISATION),
  contents: (ids: string[]) =>
    Promise.resolve(new Map(ids.flatMap((id) => (CONTENTS[id] ? [[id, { body: CONTENTS[id] }]] : [])))),
} as unknown as LedgerPort;

const modelOf = (identity: CaseRow['identity'], tasks: TaskRow[] = []) =>
  complaintHandlingForm({ ledger }, { row: row(identity), tasks } as unknown as CaseFile, ORDER);

test('CMP-09 the receipt block is printed in words, with names for ids', async () => {
  expect(await modelOf('named')).toMatchObject({
    head: {
      company: '示例税控服务有限公司',
      hotline: '0571-5550100',
      formNo: ORDER.caseId,
      createdAt: ORDER.at,
    },
    receivedAt: '3月5日09:52',
    enteredAt: '3月5日10:00',
    receiver: '李娜',
    channel: '热线',
    identity: '实名',
    complainant: '周敏',
    personsConcerned: '王磊',
    matter: '打印头漏墨🙂',
    demand: ['维修', '其他'],
    amountDisputed: '300.00元',
    media: '无',
    safety: '否',
    grade: '一般',
    serials: 'A1、B2',
    externalDueOn: '3月15日',
    responseMinutes: '0分钟',
    resolutionMinutes: '',
  });
});

test('who asked for confidentiality or stayed anonymous is not named', async () => {
  for (const [identity, shown] of [
    ['confidential', '保密'],
    ['anonymous', '匿名'],
  ] as const) {
    const model = await modelOf(identity);
    expect(model.complainant).toBe(shown);
    expect(JSON.stringify(model)).not.toMatch(/周敏|青山/);
  }
});

test('answered tasks only, each with the labels and words of the trade', async () => {
  const answer = {
    finding: 'partlyFounded',
    cause: content('c-cause'),
    why: content('c-erased'),
    proof: { evidence: 'e', sha256: 'abcdef012345678' },
    solvable: true,
    means: 'phone',
    responsible: 'wang.lei',
    dueAt: '2030-03-06T08:00:00.000Z',
  };
  const { steps } = await modelOf('named', [task('investigate', answer), task('carryOut', null, 'open')]);
  expect(steps).toEqual([
    {
      at: '3月5日11:30',
      step: '调查核实',
      round: '1',
      by: '李娜',
      answers: [
        { label: '认定', value: '部分属实' },
        { label: '原因', value: '密封圈老化' },
        { label: '何因', value: '（已删除）' },
        { label: '证明材料', value: '附件 abcdef012345' },
        { label: '能否解决', value: '是' },
        { label: '方式', value: '电话' },
        { label: '责任人', value: '王磊' },
        { label: '时限', value: '3月6日16:00' },
      ],
    },
  ]);
});

test('every field of every task has a label', async () => {
  const tasks = Object.entries(complaintForms('core')).map(([name, form]) =>
    task(name, Object.fromEntries(Object.keys(form.shape).map((field) => [field, true]))),
  );
  const { steps } = await modelOf('named', tasks);
  const labels = steps.flatMap(({ answers }) => answers.map(({ label }) => label));
  expect(labels.filter((label) => /[a-z]/i.test(label))).toEqual([]);
});

test('CMP-09 the form is filed as PDF, also with a character that cannot be printed', async () => {
  const stored: { content: Uint8Array; row: { name?: string } } = { content: new Uint8Array(), row: {} };
  const ports = {
    ledger: {
      ...ledger,
      caseFile: () => Promise.resolve({ row: row('named'), tasks: [] }),
      addEvidence: (evidence: { name: string }) => Promise.resolve(void (stored.row = evidence)),
    },
    storage: {
      put: (bytes: Uint8Array) => {
        stored.content = bytes;
        return Promise.resolve({ sha256: 'f'.repeat(64), bytes: bytes.length });
      },
    },
  } as unknown as Ports;
  const ref = await createDocuments(ports)(ORDER);
  expect(ref).toMatchObject({ mediaType: 'application/pdf', bytes: stored.content.length });
  expect(stored.row.name).toBe('T20300305-001-handling-form.pdf');
  expect(Buffer.from(stored.content.subarray(0, 5)).toString()).toBe('%PDF-');
});
