/** 开通登记表 (ISS-23): what of the ledger goes on the paper, in which words. */
import { expect, test } from 'vitest';
import { activationForm } from '../../activities/activation-form.js';
import type { TaskRow } from '../../domain/case.js';
import { renderDocument } from '../../documents/index.js';
import { answered, at, content, evidence, held, paperCase } from '../support/paper-case.js';

const INTAKE = {
  customer: 'yunfan',
  noticeNo: '杭税告2030-0113',
  noticeOn: '2030-03-01',
  noticeFile: evidence('abcdef0123456'),
  bureau: 'xihu-bureau',
  kind: 'new',
  taxpayerType: 'general',
  invoiceKinds: ['special', 'ordinary'],
  invoiceClerk: content('周敏 13800000321'),
  devices: [
    { family: 'goldenTaxDisk', machineNo: 0 },
    { family: 'goldenTaxDisk', machineNo: 1 },
  ],
};

const TASKS: TaskRow[] = [
  answered('prepare', 'li.na', at(4, '01:20'), {
    feeAsked: true,
    feeStatus: 'partial',
    due: 1200,
    paid: 480,
    hasComputer: true,
    hasPrinter: false,
    os: 'Windows 11',
    recommended: true,
    choice: 'bought',
    voluntaryConfirm: evidence('b0'),
    backupAsked: true,
    dedicatedMachine: true,
    siteAddress: content('文三路示例大厦5楼'),
    route: content('地铁2号线'),
  }),
  answered('callBureau', 'li.na', at(4, '01:30'), {
    result: 'accepted',
    from: at(5, '01:30'),
    to: at(5, '02:30'),
    technician: 'wang.lei',
    officer: content('税务员甲'),
  }),
  answered('borrowDevices', 'pan.mei', at(5, '01:00'), {
    lines: [
      { serial: 'JSP-1', use: 'customer', machineNo: 0 },
      { serial: 'JSP-2', use: 'customer', machineNo: 1 },
      { serial: 'JSP-3', use: 'spare' },
    ],
  }),
  answered('awaitOfficer', 'wang.lei', at(5, '02:00'), { officerBack: true }, { openedAt: at(5, '01:40') }),
  answered('issueDevices', 'wang.lei', at(5, '02:20'), {
    officerPresent: true,
    devices: [
      { serial: 'JSP-1', result: 'passed' },
      { serial: 'JSP-2', result: 'failed', reason: content('写入失败'), spareSerial: 'JSP-3' },
    ],
  }),
  answered('agreeInstallation', 'wang.lei', at(5, '02:30'), { officerInstallAt: at(6, '02:00') }),
  answered('bookInstallation', 'li.na', at(5, '03:00'), { from: at(6, '02:00'), to: at(6, '04:00') }),
  answered('checkBackup', 'wang.lei', at(6, '02:10'), { backup: 'impossible', riskNote: evidence('c1') }),
  answered('install', 'wang.lei', at(6, '03:00'), {
    kitVersion: '2026.1',
    kit: ['screwdriver', 'contract'],
    softwareVersion: 'V2.3.10',
    devices: [
      { serial: 'JSP-1', result: 'installed', sample: evidence('d1') },
      { serial: 'JSP-3', result: 'installed', sample: evidence('d2') },
    ],
    sampleOn: 'realInvoice',
    sampleNo: '00123',
    voided: true,
    explained: ['invoicing', 'voiding'],
    trainingOffered: true,
    trainingWanted: false,
  }),
  answered('signContract', 'wang.lei', at(6, '03:10'), {
    contractNo: 'HT-42',
    startOn: '2030-03-06',
    endOn: '2031-03-05',
    signer: content('严帆'),
    stamped: false,
    stampMissingReason: content('公章不在'),
    stampDueOn: '2030-03-08',
  }),
  answered('collectBalance', 'wang.lei', at(6, '03:20'), { paid: 720, means: 'cheque', chequeNo: 'Z77' }),
  answered('handInMoney', 'zhao.min', at(6, '07:00'), { received: 1200, salesSlipNo: 'XH-0317' }),
  answered('clearSlip', 'pan.mei', at(6, '07:10'), { salesSlipNo: 'XH-0317' }),
  answered('handInForm', 'gu.yun', at(6, '07:20'), { archiveNo: 'GD-9' }),
  answered('collectStamp', 'wang.lei', at(7, '02:00'), { proof: evidence('e1') }),
  answered('receiveCode', 'gu.yun', at(8, '02:00'), { code: content('7F3A9C21B4') }),
  answered('tellCode', 'li.na', at(8, '02:30'), { toldTo: content('严帆'), identityCheck: 'callback' }),
  answered('followUpActivation', 'li.na', at(12, '02:00'), {
    state: 'inUse',
    firstInvoiceAt: at(11, '06:00'),
  }),
];

const CUSTODY = [
  held('JSP-1', 'customer/yunfan', at(6, '03:00')),
  held('JSP-3', 'customer/yunfan', at(6, '03:00')),
];

const modelOf = (tasks: TaskRow[], more: { erased?: string[]; intake?: Record<string, unknown> } = {}) => {
  const { ports, file, order } = paperCase(
    { process: 'issuance', intake: INTAKE, tasks, custody: CUSTODY, ...more },
    'activationForm',
  );
  return activationForm(ports, file, order);
};

test('ISS-23 the whole form in the words of the trade, several devices', async () => {
  expect(await modelOf(TASKS)).toEqual({
    head: {
      company: '示例税控服务有限公司',
      hotline: '0571-5550100',
      formNo: 'F20300304-001/form',
      caseNo: 'F20300304-001',
      filledBy: '李娜',
      filledAt: '2030年3月4日09:05',
      state: '已交',
      printedAt: '2030年3月20日10:00',
      createdAt: at(20, '02:00'),
    },
    customer: {
      companyName: '杭州云帆物流有限公司',
      taxpayerId: '91330106MA0000023E',
      customerFileNo: 'yunfan',
      taxBureau: '示例市西湖区税务局',
      siteAddress: '文三路示例大厦5楼',
      route: '地铁2号线',
      contactName: '严帆',
      mobile: '13800000102',
      landline: '',
      channel: '短信',
    },
    devices: [
      {
        family: '金税盘',
        model: 'GTD-5 金税盘',
        serialNo: 'JSP-1',
        machineNo: '0',
        relation: '新装',
        replacesSerial: '',
      },
      {
        family: '金税盘',
        model: 'GTD-5 金税盘',
        serialNo: 'JSP-3',
        machineNo: '1',
        relation: '新装',
        replacesSerial: '',
      },
    ],
    charges: [
      {
        item: '全部费用',
        due: '1200.00',
        paid: '1200.00',
        feeStatus: '收齐',
        means: '支票\nZ77',
        collectedBy: '王雷\n2030年\n3月6日',
        handedInAt: '2030年\n3月6日',
        salesSlipNo: 'XH-0317',
      },
    ],
    requestedAt: '2030年3月4日09:00',
    noticeNo: '杭税告2030-0113',
    noticeOn: '2030年3月1日',
    noticeFile: '附件 abcdef012345',
    taxpayerType: '一般纳税人',
    invoiceClerk: '周敏 13800000321',
    invoiceKinds: ['专用', '普通'],
    machines: '2',
    hasComputer: '是',
    hasPrinter: '否',
    printerModel: '',
    os: 'Windows 11',
    recommended: '是',
    choice: '自愿购买',
    voluntaryConfirm: '附件 b00000000000',
    dedicatedMachine: '是',
    feeAsked: '是',
    backupAskedAt: '2030年3月5日11:00',
    backup: '不可能',
    backupCheckedBy: '王雷 2030年3月6日10:10',
    riskNote: '附件 c10000000000',
    issuanceAt: '2030年3月5日09:30–10:30',
    officer: '税务员甲',
    officerPresent: '是',
    wait: '2030年3月5日09:40–10:00',
    issues: [
      {
        serialNo: 'JSP-1',
        issueResult: '成功',
        failure: '',
        spareSerial: '',
        issuedAt: '2030年3月5日10:20',
      },
      {
        serialNo: 'JSP-2',
        issueResult: '失败',
        failure: '写入失败',
        spareSerial: 'JSP-3',
        issuedAt: '2030年3月5日10:20',
      },
    ],
    officerInstallAt: '2030年3月6日10:00',
    installAt: '2030年3月6日10:00–12:00',
    arrivedAt: '2030年3月6日10:10',
    installedAt: '2030年3月6日11:00',
    softwareVersion: 'V2.3.10',
    kitChecked: '2026.1（2项已核对）',
    sample: 'JSP-1：附件 d10000000000\nJSP-3：附件 d20000000000',
    sampleOn: '正式发票',
    sampleNo: '00123',
    sampleVoided: '是',
    explained: ['开票', '作废红冲'],
    trainingOffered: '是',
    trainingWanted: '否',
    contractNo: 'HT-42（2030年3月6日至2031年3月5日）',
    salesSlipNo: 'XH-0317',
    slipCleared: '是',
    handedToTechAt: '2030年3月6日15:20',
    archiveNo: 'GD-9',
    codeApplied: '顾云 2030年3月6日15:20',
    codeReceivedAt: '2030年3月8日10:00',
    code: '******B4',
    codeTold: '李娜 2030年3月8日10:30，告知严帆',
    identityCheck: '回拨核对',
    firstInvoiceAt: '2030年3月11日14:00',
    activationFollowUp: '已开通使用，李娜 2030年3月12日10:00',
    signature: {
      signerName: '严帆',
      signedAt: '2030年3月6日11:10',
      stamped: '是',
      stampMissingReason: '公章不在',
      stampDueOn: '2030年3月8日',
    },
    technicianSignature: { name: '王雷', signedAt: '2030年3月6日11:10' },
  });
});

test('D6 the feature code is never printed in full, however short it is', async () => {
  for (const [code, shown] of [
    ['7F3A9C21B4', '******B4'],
    ['ABC', '******BC'],
    ['AB', '******'],
  ] as const) {
    const model = await modelOf([answered('receiveCode', 'gu.yun', at(8, '02:00'), { code: content(code) })]);
    expect(model.code).toBe(shown);
    expect(JSON.stringify(model)).not.toContain(code);
  }
});

test('erased texts say so, and an erased code is not masked into one', async () => {
  const model = await modelOf(TASKS, {
    erased: ['7F3A9C21B4', '严帆', '写入失败', '文三路示例大厦5楼', '周敏 13800000321'],
  });
  expect(model).toMatchObject({
    code: '（已删除）',
    codeTold: '李娜 2030年3月8日10:30，告知（已删除）',
    invoiceClerk: '（已删除）',
    customer: { siteAddress: '（已删除）' },
    signature: { signerName: '（已删除）' },
    issues: [{}, { failure: '（已删除）' }],
  });
});

test('what is not known yet is an empty cell, and the form can be printed', async () => {
  const model = await modelOf([], { intake: {} });
  expect(model).toMatchObject({
    head: { state: '已开具' },
    devices: [],
    charges: [],
    issues: [],
    code: '',
    slipCleared: '',
    wait: '',
    contractNo: '',
    invoiceKinds: [],
    signature: {},
    technicianSignature: {},
  });
  expect(JSON.stringify(model)).not.toMatch(/undefined|null|NaN/);
  await expect(renderDocument('activationForm', model)).resolves.toBeInstanceOf(Uint8Array);
});

test('D4 devices that went back overnight stand for nothing, a moved appointment is none', async () => {
  const model = await modelOf([
    answered('borrowDevices', 'pan.mei', at(5, '01:00'), {
      lines: [{ serial: 'JSP-1', use: 'customer', machineNo: 0 }],
    }),
    answered('afterClosing', 'pan.mei', at(5, '09:00'), { decision: 'returned' }),
    answered('install', 'wang.lei', at(6, '03:00'), { rescheduled: true }),
  ]);
  expect(model.devices.map(({ serialNo }) => serialNo)).toEqual(['', '']);
  expect(model.installedAt).toBe('');
});

test('W21 a device that fails at the customer’s stands for no line, and its part of the price is not charged here', async () => {
  const model = await modelOf([
    ...TASKS.filter(({ name }) => ['borrowDevices', 'issueDevices'].includes(name)),
    answered('prepare', 'li.na', at(4, '01:20'), { feeStatus: 'partial', due: 2400, paid: 1000 }),
    answered('install', 'wang.lei', at(6, '03:00'), {
      kit: [],
      explained: [],
      devices: [
        { serial: 'JSP-1', result: 'installed', sample: evidence('d1') },
        { serial: 'JSP-3', result: 'failed', reason: content('无法识别') },
      ],
    }),
    answered('agreeSplit', 'li.na', at(6, '03:30'), { decision: 'wait', share: 1500, againOn: '2030-03-11' }),
    answered('agreeSplit', 'li.na', at(11, '01:00'), { decision: 'cancel' }),
  ]);
  expect(model.devices.map(({ serialNo }) => serialNo)).toEqual(['JSP-1', '']);
  expect(model.charges).toMatchObject([{ due: '900.00', paid: '900.00', feeStatus: '收齐' }]);
});
