/** 借条 (ISS-08, ONS-08): what left the warehouse and what became of it. */
import { expect, test } from 'vitest';
import { borrowSlip } from '../../activities/borrow-slip.js';
import type { TaskRow } from '../../domain/case.js';
import type { CustodyRow } from '../../domain/custody.js';
import {
  answered,
  at,
  evidence,
  held,
  paperCase,
  type PaperCase,
  type Place,
} from '../support/paper-case.js';

const LOAN = answered('borrowDevices', 'pan.mei', at(5, '01:00'), {
  lines: [
    { serial: 'JSP-1', use: 'customer', machineNo: 0 },
    { serial: 'JSP-2', use: 'customer', machineNo: 1 },
    { serial: 'JSP-3', use: 'spare' },
  ],
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
    tripNo: '',
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

test('W20 a trip has one slip for all its customers: their devices, its spares, and who settles what is still out', async () => {
  const TRIP = 'R20300304-001';
  const [FIRST, SECOND, GONE] = ['F20300304-001', 'F20300304-002', 'F20300304-003'] as const;
  const loan = (serial: string, when: string) =>
    answered('borrowDevices', 'pan.mei', when, { lines: [{ serial, use: 'customer', machineNo: 0 }] });
  const device = (item: string, caseId: string, when = at(5, '01:00')) =>
    lent(item, { caseId, since: when }, 'borrowDevices#1', caseId);
  const spare = (item: string) =>
    lent(item, { caseId: TRIP, since: at(5, '00:30'), dueBackAt: at(5, '10:00') }, 'borrowSpares#1', TRIP);
  const places: Record<string, Place> = {
    // Its device failed, the trip's spare took its place, was installed and is paid.
    [FIRST]: {
      bookedAt: at(4, '02:00'),
      releasedAt: at(5, '02:30'),
      tasks: [
        loan('JSP-1', at(5, '01:00')),
        answered(
          'returnToManufacturer',
          'pan.mei',
          at(5, '03:30'),
          { reference: 'RMA-7' },
          {
            context: { items: ['JSP-1'] },
          },
        ),
        answered('clearSlip', 'pan.mei', at(5, '09:00'), { salesSlipNo: 'XH-1' }),
      ],
      custody: [
        device('JSP-1', FIRST),
        held('JSP-3', 'wang.lei', at(5, '02:30'), { caseId: FIRST, receivedFrom: 'wang.lei' }),
        held('JSP-1', 'party/manufacturer', at(5, '03:30'), { caseId: FIRST }),
        held('JSP-3', 'customer/yunfan', at(5, '08:00'), { caseId: FIRST }),
      ],
    },
    // Issued and to be installed another day.
    [SECOND]: {
      bookedAt: at(4, '03:00'),
      releasedAt: at(5, '02:40'),
      tasks: [loan('JSP-2', at(5, '01:00'))],
      custody: [device('JSP-2', SECOND)],
    },
    // It left the trip, and borrowed for a visit of its own.
    [GONE]: {
      bookedAt: at(4, '03:00'),
      releasedAt: at(4, '09:00'),
      tasks: [loan('JSP-9', at(5, '01:00'))],
      custody: [device('JSP-9', GONE)],
    },
  };
  const lentSpares = answered('borrowSpares', 'pan.mei', at(5, '00:30'), { spares: ['JSP-3', 'JSP-4'] });
  const slip = (tasks: TaskRow[], custody: CustodyRow[]) => {
    const given = { process: 'trip' as const, intake: {}, tasks, custody, places };
    const { ports, file, order } = paperCase(given, 'borrowSlip');
    return borrowSlip(ports, file, order);
  };
  const out = [spare('JSP-3'), spare('JSP-4')];
  const settled = [...out, held('JSP-4', 'place/warehouse', at(5, '04:00'), { receivedBy: 'pan.mei' })];
  const filed = await slip([lentSpares, answered('settleSlip', 'pan.mei', at(5, '04:00'), {})], settled);
  expect(filed).toMatchObject({
    head: { formNo: `${TRIP}/slip`, caseNo: TRIP, state: '已归档' },
    tripNo: TRIP,
    purpose: '发行安装',
    borrower: '王雷',
    slipState: '已销',
    keeperIn: { name: '潘梅', signedAt: '2030年3月5日12:00' },
  });
  const yunfan = '杭州云帆物流有限公司\n主机';
  expect(filed.lines.map((line) => [line.serialNo, line.use, line.disposition, line.proof])).toEqual([
    ['JSP-1', yunfan, '退厂', 'RMA-7'],
    ['JSP-2', yunfan, '未还', `由 ${SECOND} 结清`],
    ['JSP-3', '备用', '已销售', 'XH-1'],
    ['JSP-4', '备用', '归还', ''],
  ]);
  // Before that it is open, whatever has become of its lines.
  expect(await slip([lentSpares], out)).toMatchObject({ slipState: '部分销', keeperIn: {} });
});
