/** 借条 (ISS-08, ONS-08): what left the warehouse and what became of it. */
import { expect, test } from 'vitest';
import { borrowSlip } from '../../activities/borrow-slip.js';
import type { TaskRow } from '../../domain/case.js';
import type { CustodyRow } from '../../domain/custody.js';
import { answered, at, evidence, held, paperCase, type PaperCase } from '../support/paper-case.js';

const LOAN = answered('borrowDevices', 'pan.mei', at(5, '01:00'), {
  lines: [
    { serial: 'JSP-1', use: 'customer', machineNo: 0 },
    { serial: 'JSP-2', use: 'customer', machineNo: 1 },
    { serial: 'JSP-3', use: 'spare' },
  ],
  tripNo: 'CG-7',
  keeperSignature: evidence('a'),
  borrowerSignature: evidence('b'),
});
const lent = (
  item: string,
  more: Partial<CustodyRow> = {},
  task = 'borrowDevices#1',
  caseId = 'F20300304-001',
) =>
  held(item, 'wang.lei', at(5, '01:00'), {
    receivedFrom: 'place/warehouse',
    givenBy: 'pan.mei',
    receivedBy: 'wang.lei',
    claim: `${caseId}/${task}/request-1`,
    ...more,
  });
const LENT = [
  held('JSP-1', 'place/warehouse', at(1, '01:00'), { claim: 'stock' }),
  lent('JSP-1'),
  lent('JSP-2'),
  lent('JSP-3', { dueBackAt: at(5, '10:00') }),
  lent('F20300304-001/slip', { kind: 'borrowSlip', model: null, family: null }),
];

const slipOf = (
  tasks: TaskRow[],
  custody: CustodyRow[],
  process: PaperCase['process'] = 'issuance',
  round = 1,
) => {
  const { ports, file, order } = paperCase({ process, intake: {}, tasks, custody }, 'borrowSlip', round);
  return borrowSlip(ports, file, order);
};

test('ISS-08 lent: each thing with its use, both signatures, nothing settled', async () => {
  const line = {
    kind: '专用设备',
    name: 'GTD-5 金税盘',
    qty: '1',
    dueBackAt: '',
    disposition: '未还',
    proof: '',
    returnedAt: '',
  };
  expect(await slipOf([LOAN], LENT)).toEqual({
    head: {
      company: '示例税控服务有限公司',
      hotline: '0571-5550100',
      formNo: 'F20300304-001/slip',
      caseNo: 'F20300304-001',
      filledBy: '潘梅',
      filledAt: '2030年3月5日09:00',
      state: '已签',
      printedAt: '2030年3月20日10:00',
      createdAt: at(20, '02:00'),
    },
    tripNo: 'CG-7',
    purpose: '发行安装',
    borrower: '王雷',
    borrowedAt: '2030年3月5日09:00',
    overnightApproval: '',
    slipState: '未销',
    lines: [
      { ...line, serialNo: 'JSP-1', use: '指定客户\n主机' },
      { ...line, serialNo: 'JSP-2', use: '指定客户\n1号机' },
      { ...line, serialNo: 'JSP-3', use: '备用', dueBackAt: '2030年3月5日18:00' },
    ],
    borrowerOut: { name: '王雷', signedAt: '2030年3月5日09:00' },
    keeperOut: { name: '潘梅', signedAt: '2030年3月5日09:00' },
    borrowerIn: {},
    keeperIn: {},
  });
});

const RETURNED = [
  ...LENT,
  held('JSP-3', 'place/warehouse', at(5, '08:00'), { receivedFrom: 'wang.lei', receivedBy: 'pan.mei' }),
  held('JSP-1', 'customer/yunfan', at(6, '02:00'), { receivedFrom: 'wang.lei', givenBy: 'wang.lei' }),
];

test('ISS-22 at the customer is open until it is cleared against the sales slip', async () => {
  const failed = held('JSP-2', 'party/manufacturer', at(6, '03:00'), {
    receivedFrom: 'wang.lei',
    receivedBy: 'pan.mei',
  });
  const sentBack = answered(
    'returnToManufacturer',
    'pan.mei',
    at(6, '03:00'),
    { reference: 'RMA-7' },
    { context: { items: ['JSP-2'] } },
  );
  const before = await slipOf([LOAN, sentBack], [...RETURNED, failed]);
  expect(before.slipState).toBe('部分销');
  expect(before.lines).toMatchObject([
    { disposition: '未还', proof: '', returnedAt: '' },
    { disposition: '退厂', proof: 'RMA-7', returnedAt: '2030年3月6日11:00' },
    { disposition: '归还', proof: '', returnedAt: '2030年3月5日16:00' },
  ]);
  expect(before.keeperIn).toEqual({});

  const clear = answered('clearSlip', 'pan.mei', at(6, '07:00'), { salesSlipNo: 'XH-0317' });
  const after = await slipOf([LOAN, sentBack, clear], [...RETURNED, failed]);
  expect(after).toMatchObject({
    head: { state: '已归档' },
    slipState: '已销',
    borrowerIn: { name: '王雷', signedAt: '2030年3月6日15:00' },
    keeperIn: { name: '潘梅', signedAt: '2030年3月6日15:00' },
  });
  expect(after.lines[0]).toMatchObject({
    disposition: '已销售',
    proof: 'XH-0317',
    returnedAt: '2030年3月6日15:00',
  });
});

test('REG-07 a lost device has the number of the police report; D4 who let it out overnight', async () => {
  const lost = held('JSP-2', 'party/lost', at(6, '03:00'), { receivedFrom: 'wang.lei', givenBy: 'wang.lei' });
  const slip = await slipOf(
    [
      LOAN,
      answered('afterClosing', 'pan.mei', at(5, '09:30'), { decision: 'overnight', approvedBy: 'chen.hui' }),
      answered(
        'reportLoss',
        'chen.hui',
        at(6, '04:00'),
        { policeNo: '报-99' },
        { context: { items: ['JSP-2'] } },
      ),
    ],
    [...LENT, lost],
  );
  expect(slip.lines[1]).toMatchObject({
    disposition: '遗失',
    proof: '报-99',
    returnedAt: '2030年3月6日11:00',
  });
  expect(slip.overnightApproval).toBe('陈慧 2030年3月5日17:30');
});

test('ONS-08 a repair has a slip for each visit', async () => {
  const visit = (n: number, spares: string[]) =>
    answered(
      'packUp',
      'wang.lei',
      at(4 + n, '05:00'),
      { formNo: `JF-${n}`, spares: spares.map((serial) => ({ serial, kind: 'spare' })) },
      { key: `packUp#${n}`, round: n },
    );
  const spare = (item: string, n: number) =>
    lent(
      item,
      { kind: 'spare', family: 'printHead', model: '打印头 LQ-630' },
      `packUp#${n}`,
      'W20300304-001',
    );
  const custody = [
    spare('PH-1', 1),
    held('PH-1', 'place/warehouse', at(5, '09:00'), { kind: 'spare', receivedBy: 'pan.mei' }),
    spare('PH-1', 2),
    spare('PH-2', 2),
    held('PH-2', 'customer/yunfan', at(6, '06:00'), { kind: 'spare', givenBy: 'wang.lei' }),
  ];
  const tasks = [visit(1, ['PH-1']), visit(2, ['PH-1', 'PH-2'])];
  expect(await slipOf(tasks, custody, 'repair')).toMatchObject({
    head: { formNo: 'W20300304-001/slip#1' },
    purpose: '维修',
    slipState: '已销',
    lines: [{ kind: '备件', name: '打印头 LQ-630', serialNo: 'PH-1', use: '备用', disposition: '归还' }],
  });
  const second = await slipOf(tasks, custody, 'repair', 2);
  expect(second).toMatchObject({ head: { formNo: 'W20300304-001/slip#2' }, slipState: '部分销' });
  expect(second.lines).toMatchObject([
    { serialNo: 'PH-1', disposition: '未还' },
    { serialNo: 'PH-2', disposition: '已销售', proof: '技服表格 JF-2' },
  ]);
});

test('with nothing borrowed the slip is an empty one', async () => {
  expect(await slipOf([], [])).toMatchObject({
    head: { filledBy: '', filledAt: '' },
    borrower: '',
    tripNo: '',
    slipState: '未销',
    lines: [],
    borrowerOut: {},
    keeperOut: {},
  });
});
