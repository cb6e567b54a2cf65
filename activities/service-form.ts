/** What stands on 技服表格 (ONS-17), one per visit, read from the ledger: the call, the visit, every fault, the handing in. */
import type { CaseFile } from '../adapters/ports.js';
import { localTime } from '../domain/calendar.js';
import { atPlace, type CustodyRow } from '../domain/custody.js';
import type { RepairAnswers, RepairIntake } from '../domain/forms-repair.js';
import type {
  CONTACT_RESULTS,
  Contract,
  DayPart,
  Inspected,
  PACKED,
  READER_LAMP,
  REMOTE_RESULTS,
  SKIP_REASONS,
} from '../domain/repair.js';
import { word } from '../domain/words.js';
import type { ChargeLine, ContactAttempt, DeviceLine, FaultLine, ServiceForm } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';
import {
  attachment,
  BACKED_UP,
  byTime,
  familyOf,
  LANGUAGE,
  meansOf,
  money,
  Paper,
  RESULTS,
  said,
  satisfaction,
  TREATED,
  yesNo,
  type Answered,
  type Signed,
  type Source,
  type Words,
} from './paper.js';

/** What the papers of a repair are filled in from. */
export type RepairPaper = Paper<RepairAnswers, RepairIntake>;
type Fault = RepairAnswers['repairOnSite']['faults'][number];

const LAMP: Words<(typeof READER_LAMP)[number]> = { green: '绿', red: '红', off: '不亮' };
const SKIPPED: Words<(typeof SKIP_REASONS)[number]> = {
  customerAway: '客户不在机旁',
  cannotEnter: '无法进入系统',
  notConcerned: '与故障无关',
  declined: '客户不愿配合',
  other: '其他原因',
};
const REMOTE: Words<(typeof REMOTE_RESULTS)[number]> = {
  solved: '已解决',
  simulate: '模拟故障后答复',
  visit: '需上门',
};
const CONTRACTS: Words<Contract> = { within: '期内', outside: '期外', none: '无' };
const REACHED: Words<(typeof CONTACT_RESULTS)[number]> = {
  reached: '接通',
  noAnswer: '无人接',
  switchedOff: '关机',
  deadNumber: '空号',
};
const DAY_PART: Words<DayPart> = { morning: '上午', afternoon: '下午', evening: '晚上' };
const TAKEN_ALONG: Words<(typeof PACKED)[number]> = { spares: '备件', forms: '单据', tools: '工具' };
const INSPECTION: Words<Inspected> = { normal: '正常', faulty: '异常', notNeeded: '不需要' };

/** @param file the case, read from the ledger a moment ago */
export async function serviceForm(
  { ledger }: Source,
  file: CaseFile,
  order: DocumentOrder,
): Promise<ServiceForm> {
  const paper: RepairPaper = await Paper.open({ ledger }, file, order);
  const custody = await ledger.custody({ caseId: order.caseId, current: false });
  const visit = order.round;
  const { intake } = paper;

  const remote = paper.answer('helpRemotely')?.answer;
  const agreed = agreedVisit(paper, visit);
  const appointment: Partial<RepairAnswers['contact']> = agreed?.answer ?? {};
  const packed = paper.answer('packUp', visit);
  const door = paper.answer('arrive', visit);
  const worked = paper.answer('repairOnSite', visit);
  const work: Partial<RepairAnswers['repairOnSite']> = worked?.answer ?? {};
  const signed = paper.answer('signForm', visit);
  const filed = paper.answer('handInForm', visit);
  const paid = paper.answer('acceptPaid');
  const oldParts = handedInParts(order.caseId, work.faults ?? [], custody);

  return {
    head: paper.head(
      formNoOf(paper, visit),
      worked,
      filed !== undefined ? '已归档' : signed !== undefined ? '已签' : '已开具',
    ),
    customer: { ...paper.customer(appointment), taxSubBureau: paper.unit(intake.taxSubBureau) },
    devices: await deviceLines({ ledger }, paper, work),
    calledAt: paper.at(file.row.receivedAt),
    caller: paper.text(intake.caller),
    agent: paper.person(paper.agent),
    symptom: paper.text(intake.symptom),
    ...diagnosis(paper),
    filingDue: filingDue(paper),
    remoteTried: paper.text(remote?.tried),
    remoteResult: said(REMOTE, remote?.result),
    promiseAt: paper.at(promisedAt(file)),
    simulatedBy: paper.person(remote?.engineer),
    visitApprovedBy: paper.signed(
      paper
        .answers('approveVisit')
        .filter(({ answer }) => answer.decision === 'approved')
        .at(-1),
    ),
    contract: said(CONTRACTS, appointment.contract),
    contractEnd: paper.on(appointment.contractEnd ?? intake.contractEnd),
    attempts: attempts(paper, visit),
    companyStated: yesNo(appointment.companyStated),
    backupRequired: yesNo(appointment.backupRequired),
    visitNo: String(visit),
    technician: paper.person(worked?.by ?? appointment.technician),
    appointment: paper.span(appointment.from, appointment.to),
    packed: packedText(packed?.answer),
    arriveAt: paper.at(arrivedAt(paper, visit)),
    leaveAt: paper.at(leftAt(paper, visit)),
    lateReason: paper.text(door?.answer.lateReason),
    contractChecked: yesNo(door?.answer.contractChecked),
    paidAccepted:
      paid === undefined
        ? ''
        : paid.answer.accepted
          ? `同意 ${attachment(paid.answer.consent)}`.trim()
          : '不同意',
    leadToldAt: paper.at(file.messages.find(({ template }) => template === 'staff.paidVisit')?.queuedAt),
    backup: said(BACKED_UP, door?.answer.backup),
    backupCheckedBy: door?.answer.backup === undefined ? '' : paper.signed(door),
    riskNote: attachment(door?.answer.riskNote),
    faults: (work.faults ?? []).map((fault) => faultLine(paper, fault)),
    charges: chargeLines(paper, visit),
    voucherNo: work.taken?.voucherNo ?? '',
    tidied: yesNo(work.tidied),
    nextVisitAt: paper.at(agreedVisit(paper, visit + 1)?.answer.from),
    customerPhoneUsed: yesNo(work.customerPhoneUsed),
    customerPhoneAllowed: yesNo(work.phoneAllowed),
    satisfaction: satisfaction(work.satisfaction),
    receiptNo: signed?.answer.receiptNo ?? '',
    oldPartsHandedInAt: paper.at(oldParts?.since),
    keeper: paper.person(oldParts?.receivedBy),
    formHandedInAt: paper.at(filed?.at),
    filedBy: paper.person(filed?.by),
    faultCode: filed?.answer.faultCode ?? '',
    signature: paper.signature(signed, stampCame(paper, visit)),
    technicianSignature: paper.signatureOf(signed),
  };
}

/** The number the technician took along; before that, one that is made of case and visit. */
export function formNoOf(paper: RepairPaper, visit: number): string {
  return paper.answer('packUp', visit)?.answer.formNo ?? `${paper.order.caseId}/visit#${visit}`;
}

/** The appointment that a visit was made on, whoever of the two callers made it. */
export function agreedVisit(paper: RepairPaper, visit: number) {
  return paper
    .answers('contact', visit)
    .filter(({ answer }) => answer.result === 'reached')
    .at(-1);
}

/** When somebody was met there. */
export function arrivedAt(paper: RepairPaper, visit: number): string | undefined {
  return paper
    .answers('arrive', visit)
    .filter(({ answer }) => answer.present)
    .at(-1)?.at;
}

/** The last thing done at the customer's: the signature, or the fee taken after it. */
export function leftAt(paper: RepairPaper, visit: number): string | undefined {
  return (visitFee(paper, visit) ?? paper.answer('signForm', visit))?.at;
}

/** The fee of the visit itself. What is paid when a machine comes back is the workshop's. */
export function visitFee(paper: RepairPaper, visit: number) {
  return paper.answers('collectFee', visit).find((fee) => !isForWorkshop(paper, visit, fee));
}

function isForWorkshop(paper: RepairPaper, visit: number, fee: Signed): boolean {
  return paper.answers('returnMachine', visit).some(({ answer, at }) => answer.present && at <= fee.at);
}

/** Whether a stamp that was missing at a visit has come in (W24). */
export function stampCame(paper: RepairPaper, visit: number): boolean {
  return paper.answer('collectStamp', visit)?.answer.proof !== undefined;
}

/** Six steps of the telephone, each with its value or why it was left out (HOT-05). */
function diagnosis(paper: RepairPaper) {
  const steps: Partial<RepairIntake['diagnosis']> = paper.intake.diagnosis ?? {};
  const shown = <Value extends string>(
    step: { value?: Value | undefined; skipped?: keyof typeof SKIPPED | undefined } | undefined,
    show: (value: Value) => string = (value) => value,
  ): string => {
    if (step?.value !== undefined) return show(step.value);
    return step?.skipped === undefined ? '' : `未查（${SKIPPED[step.skipped]}）`;
  };
  return {
    readerLamp: shown(steps.readerLamp, (lamp) => said(LAMP, lamp)),
    memory: shown(steps.memory),
    printerDriver: shown(steps.printerDriver),
    cardDate: shown(steps.cardDate, (day) => paper.on(day)),
    filingStart: shown(steps.filingStart, (day) => paper.on(day)),
    accountingMonth: shown(steps.accountingMonth),
  };
}

/** The end of the filing period a fault kept the customer from (W13). */
function filingDue(paper: RepairPaper): string {
  const urgent = paper.file.timeline.find(
    ({ what, data }) => what === 'flagged' && data['flag'] === 'urgent',
  );
  const end = urgent?.data['filingPeriodEnd'];
  return typeof end === 'string' ? paper.on(end) : '';
}

/** The first instant the customer was promised an answer by (HOT-18). */
function promisedAt(file: CaseFile): string | undefined {
  const dueAt = file.timeline.find(({ what }) => what === 'promised')?.data['dueAt'];
  return typeof dueAt === 'string' ? dueAt : undefined;
}

/** Devices the call was about, and those that are to be issued anew (W25). */
async function deviceLines(
  { ledger }: Source,
  paper: RepairPaper,
  work: Partial<RepairAnswers['repairOnSite']>,
): Promise<DeviceLine[]> {
  const known = await Promise.all(
    (paper.intake.serials ?? []).map(async (serialNo) => ({ serialNo, item: await ledger.item(serialNo) })),
  );
  return [
    ...known.map(({ serialNo, item }) => ({
      family: familyOf(item?.family),
      model: item?.model ?? '',
      serialNo,
    })),
    ...(work.replacement?.devices ?? []).map(({ family, machineNo, replacesSerial }) => ({
      family: familyOf(family),
      machineNo: String(machineNo),
      relation: '更换',
      replacesSerial,
    })),
  ];
}

/** Calls of both callers; the one that reached somebody counts for both tasks and stands here once. */
function attempts(paper: RepairPaper, visit: number): ContactAttempt[] {
  const calls = [...paper.answers('contact', visit), ...paper.answers('contactToo', visit)].sort(byTime);
  const { mobile, landline } = paper.customer({});
  const number = paper.text(paper.intake.callbackPhone) || mobile || landline;
  return calls
    .filter((call, i) => calls.findIndex((each) => each.at === call.at && each.by === call.by) === i)
    .map(({ answer, at, by }) => ({
      at: paper.at(at),
      dayPart: DAY_PART[partOfDay(localTime(at, paper.order.offsetMinutes))],
      by: paper.person(by),
      number,
      result: said(REACHED, answer.result),
    }));
}

function partOfDay(time: string): DayPart {
  if (time >= '18:00') return 'evening';
  return time >= '12:00' ? 'afternoon' : 'morning';
}

function packedText(packed: RepairAnswers['packUp'] | undefined): string {
  if (packed === undefined) return '';
  const things = packed.packed.map((each) => said(TAKEN_ALONG, each)).join('、');
  const spares = packed.spares.map(({ serial }) => serial).join('、');
  return spares === '' ? things : `${things}（${spares}）`;
}

function faultLine(paper: RepairPaper, fault: Fault): FaultLine {
  return {
    description: paper.text(fault.description),
    class: word('fault', fault.class, LANGUAGE),
    cause: paper.text(fault.cause),
    covered: yesNo(fault.covered),
    connectionStep: said(INSPECTION, fault.steps.connections),
    softwareStep: said(INSPECTION, fault.steps.software),
    hardwareStep: said(INSPECTION, fault.steps.hardware),
    caseOpened: yesNo(fault.caseOpened),
    openConsent: paper.text(fault.openConsent),
    treatment: fault.treatment.map((each) => said(TREATED, each)),
    parts: fault.parts.map(({ name, qty, oldSerial, newSerial, price }) => ({
      name,
      qty: String(qty),
      oldSerial: oldSerial ?? '',
      newSerial: newSerial ?? '',
      price: money(price),
    })),
    result: said(RESULTS, fault.result),
    retest: yesNo(fault.retest),
    retestCustomer: paper.text(fault.retestBy),
    explained: fault.explained ? ['原因', '方法', '注意'] : [],
  };
}

/**
 * The visit where it is paid, every fault that is outside the contract, and what the workshop cost. A fee is paid as a
 * whole (ONS-09, W22).
 */
function chargeLines(paper: RepairPaper, visit: number): ChargeLine[] {
  const paidVisit = paper.answer('acceptPaid')?.answer.accepted === true;
  const agreedNow = paper.answer('acceptPaid', visit)?.answer.accepted === true;
  const fee = visitFee(paper, visit);
  const amount = agreedVisit(paper, visit)?.answer.amount ?? 0;
  const extra = (paper.answer('repairOnSite', visit)?.answer.faults ?? []).filter(
    ({ no, covered, price }) => !covered && (price ?? 0) > 0 && !(no === 1 && paidVisit),
  );
  const workshop = paper.answers('collectFee', visit).find((each) => isForWorkshop(paper, visit, each));
  return [
    ...(agreedNow && amount > 0 ? [chargeLine(paper, visit, '上门费', amount, fee)] : []),
    ...extra.map(({ no, price }) => chargeLine(paper, visit, `故障${no}`, price!, fee)),
    ...(workshop === undefined ? [] : [chargeLine(paper, visit, '送修费用', workshop.answer.paid, workshop)]),
  ];
}

function chargeLine(
  paper: RepairPaper,
  visit: number,
  item: string,
  due: number,
  fee: Answered<RepairAnswers['collectFee']> | undefined,
): ChargeLine {
  if (fee === undefined) return { item, due: money(due), feeStatus: '未收' };
  const finance = paper.answers('handInMoney', visit).find(({ at }) => at >= fee.at);
  return {
    item,
    due: money(due),
    paid: money(due),
    feeStatus: '收齐',
    means: meansOf(fee.answer),
    collectedBy: paper.collected(fee),
    handedInAt: paper.narrow(finance?.at),
    invoiceNo: finance?.answer.invoiceNo ?? '',
  };
}

/** Where the old parts of these faults were handed in last (D8). */
function handedInParts(
  caseId: string,
  faults: readonly Fault[],
  custody: readonly CustodyRow[],
): CustodyRow | undefined {
  const items = faults
    .flatMap(({ parts }) => parts)
    .flatMap(({ oldSerial }) => (oldSerial === undefined ? [] : [`${caseId}/replaced/${oldSerial}`]));
  return custody.filter(({ item, holder }) => items.includes(item) && holder === atPlace('warehouse')).at(-1);
}
