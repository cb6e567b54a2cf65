/** What stands on 取机凭证 (ONS-14): what was taken along on a visit, what the workshop made of it, how it came back. */
import type { CaseFile } from '../adapters/ports.js';
import { dayOf } from '../domain/calendar.js';
import type { RepairAnswers } from '../domain/forms-repair.js';
import type { WORKSHOP_RESULTS } from '../domain/repair.js';
import { word } from '../domain/words.js';
import type { PickUpVoucher } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';
import {
  attachment,
  BACKED_UP,
  IDENTITY_CHECKED,
  LANGUAGE,
  money,
  Paper,
  said,
  yesNo,
  type Source,
  type Words,
} from './paper.js';
import { agreedVisit, type RepairPaper } from './service-form.js';

const REPAIRED: Words<(typeof WORKSHOP_RESULTS)[number]> = {
  repaired: '修好',
  notRepaired: '未修',
  scrap: '建议报废',
};

/** @param file the case, read from the ledger a moment ago */
export async function pickUpVoucher(
  ports: Source,
  file: CaseFile,
  order: DocumentOrder,
): Promise<PickUpVoucher> {
  const paper: RepairPaper = await Paper.open(ports, file, order);
  const visit = order.round;
  const worked = paper.answer('repairOnSite', visit);
  const taken = worked?.answer.taken;
  const door = paper.answer('arrive', visit)?.answer;
  const workshop = paper.answer('repairMachine', visit)?.answer;
  const returned = paper
    .answers('returnMachine', visit)
    .filter(({ answer }) => answer.present)
    .at(-1);
  const back: Partial<RepairAnswers['returnMachine']> = returned?.answer ?? {};
  const left = (worked?.answer.faults ?? []).filter(({ result }) => result === 'takenAway');
  return {
    head: {
      ...paper.head(`${order.caseId}/voucher#${visit}`, worked, returned === undefined ? '已签' : '已归档'),
      printedSerial: taken?.voucherNo ?? '',
    },
    customer: paper.customer(agreedVisit(paper, visit)?.answer ?? {}),
    items:
      taken === undefined
        ? []
        : [
            {
              name: word('machine', taken.item, LANGUAGE),
              model: taken.model,
              serialNo: taken.serial ?? '无',
              accessories: paper.text(taken.accessories),
              appearance: paper.text(taken.appearance),
              photo: attachment(taken.photo).replace(' ', '\n'),
            },
          ],
    containsSpecialDevice: yesNo(taken?.containsSpecialDevice),
    backup: said(BACKED_UP, door?.backup),
    riskNote: attachment(door?.riskNote),
    reason: left
      .map(({ description, cause }) => `${paper.text(description)}：${paper.text(cause)}`)
      .join('\n'),
    consentBy: worked === undefined ? '' : `${paper.text(taken?.consentBy)} ${paper.at(worked.at)}`.trim(),
    takenBy: paper.signed(worked),
    destination: left.some(({ treatment }) => treatment.includes('toManufacturer')) ? '厂家' : '技服部',
    promisedReturnOn: paper.on(taken?.promisedReturnOn),
    estimate: money(taken?.estimate),
    limit: money(taken?.limit),
    workshopReceivedBy: paper.signed(paper.answer('receiveMachine', visit)),
    workshopResult: said(REPAIRED, workshop?.result),
    cost: money(workshop?.cost),
    extensions: extensions(paper, visit, taken?.promisedReturnOn),
    returnedAt: paper.at(returned?.at),
    returnedTo: paper.text(back.returnedTo),
    identityCheck: said(IDENTITY_CHECKED, back.identityCheck),
    testedInFront: yesNo(back.testedInFront),
    conditionBack: paper.text(back.conditionBack),
    voucherTakenBack: yesNo(back.voucherTakenBack),
    lostDeclaration: attachment(back.lostDeclaration),
    signatureOut: { signerName: paper.text(taken?.consentBy), signedAt: paper.at(worked?.at) },
    technicianOut: paper.signatureOf(worked),
    signatureBack: { signerName: paper.text(back.returnedTo), signedAt: paper.at(returned?.at) },
    technicianBack: paper.signatureOf(returned),
  };
}

/** Returns that were agreed for a later day than was promised; the customer heard of each when it was made. */
function extensions(
  paper: RepairPaper,
  visit: number,
  promisedOn: string | undefined,
): PickUpVoucher['extensions'] {
  return paper
    .answers('bookReturn', visit)
    .map(({ answer, at }) => ({ day: dayOf(answer.from, paper.order.offsetMinutes), at }))
    .filter(({ day }) => promisedOn !== undefined && day > promisedOn)
    .map(({ day, at }) => ({ newDate: paper.on(day), toldAt: paper.at(at) }));
}
