/** Repairs at a desk, with people and things of their own, and the ways through the manual; see issuance.ts. */
import type { Desk } from './desk.js';
import { paper, type Errand, type Step, type Warehouse } from './issuance.js';
import { DIAGNOSIS } from './repair-case.js';

/** What a customer says on the telephone, and the answers to the list of HOT-05. */
export const CALL = {
  caller: '联系人',
  symptom: '开票电脑频繁死机',
  diagnosis: DIAGNOSIS,
};

/** Takes the call of a customer whom nobody else's case is about; a visit may have been asked for in it. */
export async function openRepair(
  warehouse: Warehouse,
  desk: Desk,
  input: Record<string, unknown> = {},
): Promise<Errand> {
  const errand = warehouse.next(desk);
  const { caseId } = await desk.api.open(
    'repair',
    { ...CALL, customer: errand.customer, taxSubBureau: errand.bureau, ...input },
    'li.na',
  );
  await desk.settle();
  return { ...errand, caseId };
}

const signed = { technicianSignature: paper('technician') };
const inHand = { keeperSignature: paper('keeper'), holderSignature: paper('technician') };

/** From the call to the door, on the day `MM-DD` of the call: a visit at two, a spare borrowed for it. */
function toTheDoor(errand: Errand, day: string, contract: Record<string, unknown>): Step[] {
  const { technician } = errand;
  return [
    { task: 'helpRemotely', by: 'li.na', answer: { result: 'visit', tried: '重启无效' } },
    { task: 'approveVisit', by: 'chen.hui', answer: { decision: 'approved', technician } },
    {
      task: 'contact',
      by: technician,
      answer: {
        result: 'reached',
        companyStated: true,
        backupRequired: true,
        siteAddress: '杭州市西湖区文三路示例大厦5楼',
        technician,
        from: `2030-${day}T14:00:00+08:00`,
        to: `2030-${day}T16:00:00+08:00`,
        ...contract,
      },
    },
    {
      task: 'packUp',
      by: technician,
      answer: {
        formNo: `JF-${errand.caseId}`,
        packed: ['spares', 'forms', 'tools'],
        contractChecked: true,
        spares: [{ serial: errand.spare }],
        keeperSignature: paper('keeper'),
        borrowerSignature: paper('technician'),
      },
    },
    { task: 'arrive', by: technician, at: `${day} 14:00`, answer: { present: true, backup: 'done' } },
  ];
}

const FAULT = {
  description: '频繁死机',
  class: 'connection',
  cause: '数据线松动',
  covered: true,
  steps: { connections: 'normal', software: 'normal', hardware: 'faulty' },
  treatment: ['adjusted'],
  result: 'solved',
  retest: true,
  retestBy: '联系人',
  explained: true,
};

/** The day the follow-up call is planned for, or one after it (D9). */
function inThreeDays(day: string): string {
  const on = new Date(Date.parse(`2030-${day}T00:00:00Z`) + 3 * 86_400_000).toISOString();
  return `${on.slice(5, 10)} 10:00`;
}

/**
 * Each answer of a repair within the contract where nothing goes wrong, all in one day but the call; the stamp is
 * missing.
 */
export function smoothRepair(errand: Errand, day: string): Step[] {
  const { technician, spare } = errand;
  return [
    ...toTheDoor(errand, day, { contract: 'within', contractEnd: '2030-12-31' }),
    { task: 'repairOnSite', by: technician, answer: { faults: [{ ...FAULT, no: 1 }], tidied: true } },
    {
      task: 'signForm',
      by: technician,
      answer: {
        signer: '联系人',
        signature: paper('form'),
        receiptNo: `HD-${errand.caseId}`,
        customerCopyGiven: true,
        stamped: false,
        stampMissingReason: '公章不在',
        stampDueOn: `2030-${day}`,
      },
    },
    { task: 'returnItems', by: 'pan.mei', answer: { items: [spare], ...inHand } },
    {
      task: 'handInForm',
      by: 'gu.yun',
      answer: { ...signed, faultCode: 'LJ-02', receiptChecked: true, receiverSignature: paper('receiver') },
    },
    {
      task: 'followUp',
      by: 'li.na',
      at: inThreeDays(day),
      answer: { systemState: 'normal', visitSatisfaction: 5 },
    },
  ];
}

/**
 * Each answer of a repair with all there can be: paid, one fault repaired with the spare, the computer taken to the
 * workshop and brought back, and a dead disk that the bureau issues anew by a case of its own, which is left waiting.
 */
export function paidRepair(errand: Errand, day: string): Step[] {
  const { technician, spare, caseId, serials, bureau } = errand;
  const replaced = [`PH-OF-${spare}`, `OLD-OF-${serials[0]!}`] as const;
  const money = (paid: number): Step => ({
    task: 'collectFee',
    by: technician,
    answer: { paid, means: 'cash', payerSignature: paper('payer') },
  });
  const toFinance = (received: number): Step => ({
    task: 'handInMoney',
    by: 'zhao.min',
    answer: { received, ...signed, financeSignature: paper('finance') },
  });
  const workshop = { ...signed, workshopSignature: paper('workshop') };
  return [
    ...toTheDoor(errand, day, { contract: 'none', amount: 150 }).flatMap((step): Step[] => {
      const accept = { accepted: true, explained: true, consent: paper('consent') };
      return step.task === 'contact'
        ? [step, { task: 'acceptPaid', by: technician, answer: accept }]
        : [step];
    }),
    {
      task: 'repairOnSite',
      by: technician,
      answer: {
        faults: [
          {
            ...FAULT,
            no: 1,
            class: 'hardware',
            covered: false,
            caseOpened: true,
            openConsent: '联系人',
            treatment: ['takenAway'],
            result: 'takenAway',
          },
          {
            ...FAULT,
            no: 2,
            class: 'printing',
            covered: false,
            price: 260,
            consent: paper('extra'),
            treatment: ['replaced'],
            parts: [{ name: '打印头', oldSerial: replaced[0], newSerial: spare, price: 260 }],
          },
          {
            ...FAULT,
            no: 3,
            class: 'specialDevice',
            covered: false,
            price: 0,
            consent: paper('extra'),
            treatment: ['replaced'],
            parts: [{ name: '金税盘', oldSerial: replaced[1] }],
            result: 'replace',
          },
        ],
        taken: {
          voucherNo: `QJ-${caseId}`,
          item: 'computer',
          model: '启天M4350',
          accessories: '电源线一根',
          appearance: '完好',
          photo: paper('photo'),
          containsSpecialDevice: false,
          consentBy: '联系人',
          consent: paper('taken'),
          promisedReturnOn: `2030-${day}`,
          limit: 400,
        },
        replacement: {
          noticeNo: '杭税告2030-0188',
          noticeOn: `2030-${day}`,
          bureau,
          devices: [{ family: 'goldenTaxDisk', machineNo: 0, replacesSerial: replaced[1] }],
        },
        tidied: true,
      },
    },
    {
      task: 'signForm',
      by: technician,
      answer: {
        signer: '联系人',
        signature: paper('form'),
        receiptNo: `HD-${caseId}`,
        customerCopyGiven: true,
        stamped: true,
      },
    },
    money(410),
    toFinance(410),
    {
      task: 'handInForm',
      by: 'gu.yun',
      answer: { ...signed, faultCode: 'YJ-05', receiptChecked: true, receiverSignature: paper('receiver') },
    },
    {
      task: 'returnItems',
      by: 'pan.mei',
      answer: { items: replaced.map((serial) => `${caseId}/replaced/${serial}`), ...inHand },
    },
    { task: 'receiveMachine', by: 'zhou.jie', answer: workshop },
    {
      task: 'repairMachine',
      by: 'zhou.jie',
      answer: { result: 'repaired', cause: '电容鼓包', treatment: ['replaced'], cost: 520 },
    },
    { task: 'agreeCost', by: 'li.na', answer: { accepted: true, consent: paper('more') } },
    {
      task: 'bookReturn',
      by: 'li.na',
      answer: {
        technician,
        from: `2030-${day}T17:00:00+08:00`,
        to: `2030-${day}T17:30:00+08:00`,
      },
    },
    { task: 'fetchMachine', by: technician, answer: workshop },
    {
      task: 'returnMachine',
      by: technician,
      at: `${day} 17:00`,
      answer: {
        returnedTo: '联系人',
        identityCheck: 'inPerson',
        receiverSignature: paper('back'),
        conditionBack: '与取机时一致',
        works: true,
        testedInFront: true,
      },
    },
    money(520),
    toFinance(520),
  ];
}
