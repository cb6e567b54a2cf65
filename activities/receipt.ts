/** What stands on 售后服务回单 (ONS-23), one per visit: what was found and done in a few lines, and what it cost. */
import type { CaseFile } from '../adapters/ports.js';
import type { RepairAnswers } from '../domain/forms-repair.js';
import type { FaultResult } from '../domain/repair.js';
import type { Receipt } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';
import { money, Paper, RESULTS, said, satisfaction, TREATED, yesNo, type Source } from './paper.js';
import {
  agreedVisit,
  arrivedAt,
  formNoOf,
  leftAt,
  stampCame,
  visitFee,
  type RepairPaper,
} from './service-form.js';

type Fault = RepairAnswers['repairOnSite']['faults'][number];

/** Of several faults the one that leaves most to do says how the visit ended. */
const WORST_FIRST: readonly FaultResult[] = [
  'takenAway',
  'replace',
  'unsolved',
  'temporary',
  'solved',
  'notOurs',
];

/** @param file the case, read from the ledger a moment ago */
export async function receipt(ports: Source, file: CaseFile, order: DocumentOrder): Promise<Receipt> {
  const paper: RepairPaper = await Paper.open(ports, file, order);
  const visit = order.round;
  const worked = paper.answer('repairOnSite', visit);
  const faults = worked?.answer.faults ?? [];
  const signed = paper.answer('signForm', visit);
  const filed = paper.answer('handInForm', visit);
  const fee = visitFee(paper, visit);
  const charged = fee?.answer.paid ?? 0;
  const invoiced = paper
    .answers('handInMoney', visit)
    .some(({ answer, at }) => fee !== undefined && at >= fee.at && answer.invoiceNo !== undefined);
  const points = satisfaction(worked?.answer.satisfaction);
  const { place, phone } = paper.complaints;
  return {
    head: {
      ...paper.head(
        `${order.caseId}/receipt#${visit}`,
        signed,
        filed !== undefined ? '已归档' : signed !== undefined ? '已签' : '已开具',
      ),
      printedSerial: signed?.answer.receiptNo ?? '',
    },
    customer: paper.customer(agreedVisit(paper, visit)?.answer ?? {}),
    serviceForm: formNoOf(paper, visit),
    serviceKind: serviceKind(faults),
    serials: (paper.intake.serials ?? []).join('、'),
    faultSummary: numbered(faults.map(({ description }) => paper.text(description))),
    treatmentSummary: numbered(
      faults.map(({ treatment, result }) => {
        const done = treatment.map((each) => said(TREATED, each)).join('、');
        return `${done}，${said(RESULTS, result)}`;
      }),
    ),
    parts: faults
      .flatMap(({ parts }) => parts)
      .map(
        ({ name, qty, oldSerial, newSerial }) =>
          `${name}×${qty}（旧${oldSerial ?? '无'}/新${newSerial ?? '无'}）`,
      )
      .join('\n'),
    arriveAt: paper.at(arrivedAt(paper, visit)),
    leaveAt: paper.at(leftAt(paper, visit)),
    charged: worked === undefined ? '' : `${money(charged)}元`,
    // An invoice that is still to come is an empty box: it is ticked by hand when it is given.
    invoiceGiven: invoiced ? yesNo(true) : '',
    result: said(
      RESULTS,
      WORST_FIRST.find((result) => faults.some((fault) => fault.result === result)),
    ),
    opinion: paper.text(signed?.answer.opinion),
    satisfaction: points === '' && signed !== undefined ? '未评' : points,
    complaintPlace: place,
    complaintPhone: phone,
    customerCopyGiven: yesNo(signed?.answer.customerCopyGiven),
    companyCopyInAt: paper.at(filed?.at),
    checkedBy: paper.person(filed?.by),
    signature: paper.signature(signed, stampCame(paper, visit)),
    technicianSignature: paper.signatureOf(signed),
  };
}

/** 维修, unless the whole visit was to replace or to upgrade. */
function serviceKind(faults: readonly Fault[]): string {
  const only = (treatment: Fault['treatment'][number]) =>
    faults.length > 0 && faults.every((fault) => fault.treatment.includes(treatment));
  if (only('replaced')) return '更换';
  return only('upgraded') ? '升级' : '维修';
}

/** Several faults are numbered as on the service form; one needs no number. */
function numbered(texts: readonly string[]): string {
  return texts.length === 1 ? texts[0]! : texts.map((text, i) => `${i + 1}. ${text}`).join('\n');
}
