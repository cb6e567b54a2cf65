/** A repair with all there can be on paper: two faults, a paid visit, a machine that went through the workshop. */
import type { TaskRow } from '../../domain/case.js';
import type { CustodyRow } from '../../domain/custody.js';
import { answered, at, content, evidence, held, type PaperCase } from './paper-case.js';

/** Answers to the list of HOT-05. */
export const DIAGNOSIS = {
  readerLamp: { value: 'red' },
  memory: { value: '512M' },
  printerDriver: { skipped: 'notConcerned' },
  cardDate: { value: '2030-03-04' },
  filingStart: { value: '2030-03-01' },
  accountingMonth: { skipped: 'customerAway' },
};

export const REPAIR_INTAKE = {
  customer: 'yunfan',
  caller: content('严帆'),
  taxSubBureau: 'xihu-bureau',
  symptom: content('读卡器红灯常亮'),
  diagnosis: DIAGNOSIS,
  serials: ['JSP-1'],
};

export const FAULT = {
  no: 1,
  description: content('频繁死机'),
  class: 'hardware',
  cause: content('主板老化'),
  covered: false,
  steps: { connections: 'normal', software: 'normal', hardware: 'faulty' },
  caseOpened: true,
  openConsent: content('严帆'),
  treatment: ['takenAway', 'toManufacturer'],
  parts: [],
  result: 'takenAway',
  retest: false,
  explained: false,
};

export const SECOND_FAULT = {
  no: 2,
  description: content('打印缺针'),
  class: 'printing',
  cause: content('打印头磨损'),
  covered: false,
  price: 260,
  consent: evidence('f2'),
  steps: { connections: 'normal', software: 'notNeeded', hardware: 'notNeeded' },
  caseOpened: false,
  treatment: ['replaced'],
  parts: [{ name: '打印头', qty: 1, oldSerial: 'PH-OLD', newSerial: 'PH-1', price: 260 }],
  result: 'solved',
  retest: true,
  retestBy: content('严帆'),
  explained: true,
};

export const VISIT: TaskRow[] = [
  answered('helpRemotely', 'li.na', at(4, '01:05'), { result: 'visit', tried: content('重启无效') }),
  answered('approveVisit', 'chen.hui', at(4, '01:15'), { decision: 'approved', technician: 'wang.lei' }),
  answered('contact', 'wang.lei', at(4, '01:30'), { result: 'noAnswer', handTo: 'li.na' }),
  answered('contactToo', 'li.na', at(4, '04:30'), {
    result: 'reached',
    companyStated: true,
    contract: 'outside',
    contractEnd: '2029-12-31',
    backupRequired: true,
    siteAddress: content('文三路示例大厦5楼'),
    technician: 'wang.lei',
    amount: 150,
    from: at(4, '06:00'),
    to: at(4, '08:00'),
  }),
];
// The second caller's success answers the technician's task too, in the same instant.
VISIT.push({ ...VISIT[3]!, key: 'contact#1.2', name: 'contact' });
VISIT.push(
  answered('acceptPaid', 'wang.lei', at(4, '05:00'), {
    accepted: true,
    consent: evidence('a1'),
    explained: true,
  }),
  answered('packUp', 'wang.lei', at(4, '05:20'), {
    formNo: 'JF-0311',
    packed: ['spares', 'forms', 'tools'],
    contractChecked: true,
    spares: [{ serial: 'PH-1', kind: 'spare' }],
  }),
  answered('arrive', 'wang.lei', at(4, '06:20'), {
    present: true,
    lateReason: content('堵车'),
    contractChecked: true,
    backup: 'declined',
    riskNote: evidence('b1'),
  }),
  answered('repairOnSite', 'wang.lei', at(4, '07:00'), {
    faults: [FAULT, SECOND_FAULT],
    taken: {
      voucherNo: 'QJ-31',
      item: 'computer',
      model: '启天M4350',
      accessories: content('电源线一根'),
      appearance: content('轻微划痕'),
      photo: evidence('c1'),
      containsSpecialDevice: false,
      consentBy: content('严帆'),
      consent: evidence('c2'),
      promisedReturnOn: '2030-03-08',
      estimate: 300,
      limit: 400,
    },
    tidied: true,
    customerPhoneUsed: true,
    phoneAllowed: true,
    satisfaction: 4,
  }),
  answered('signForm', 'wang.lei', at(4, '07:10'), {
    signer: content('严帆'),
    receiptNo: 'HD-0311',
    customerCopyGiven: true,
    stamped: true,
    opinion: content('上门及时'),
  }),
  answered('collectFee', 'wang.lei', at(4, '07:15'), { paid: 410, means: 'transfer', transferRef: 'T-9' }),
  answered('handInMoney', 'zhao.min', at(4, '09:00'), { received: 410, invoiceNo: 'FP-5' }),
  answered('handInForm', 'gu.yun', at(4, '09:10'), { faultCode: 'YJ-05', receiptChecked: true }),
);

export const WORKSHOP: TaskRow[] = [
  answered('receiveMachine', 'gu.yun', at(4, '09:20'), {}),
  answered('repairMachine', 'gu.yun', at(6, '02:00'), {
    result: 'repaired',
    treatment: ['replaced'],
    cost: 380,
  }),
  answered('bookReturn', 'li.na', at(8, '02:00'), {
    technician: 'wang.lei',
    from: at(11, '02:00'),
    to: at(11, '03:00'),
  }),
  answered('returnMachine', 'wang.lei', at(11, '02:10'), {
    present: true,
    returnedTo: content('严帆'),
    identityCheck: 'inPerson',
    conditionBack: content('完好'),
    testedInFront: true,
    works: true,
    voucherTakenBack: false,
    lostDeclaration: evidence('d1'),
  }),
  answered('collectFee', 'wang.lei', at(11, '02:20'), { paid: 380, means: 'cash' }),
];

export const REPAIR_CUSTODY: CustodyRow[] = [
  held('W20300304-001/replaced/PH-OLD', 'wang.lei', at(4, '07:00'), { kind: 'replacedPart' }),
  held('W20300304-001/replaced/PH-OLD', 'place/warehouse', at(5, '01:30'), {
    kind: 'replacedPart',
    receivedBy: 'pan.mei',
  }),
];

/** The case with the given answers. */
export const repairCase = (tasks: TaskRow[], more: Partial<PaperCase> = {}): PaperCase => ({
  process: 'repair',
  intake: REPAIR_INTAKE,
  tasks,
  custody: REPAIR_CUSTODY,
  items: { 'JSP-1': { family: 'goldenTaxDisk', model: 'GTD-5 金税盘' } },
  timeline: [
    { what: 'flagged', data: { flag: 'urgent', filingPeriodEnd: '2030-03-15' } },
    { what: 'promised', data: { dueAt: at(5, '10:00') } },
  ],
  messages: [{ template: 'staff.paidVisit', queuedAt: at(4, '04:31') }],
  ...more,
});
