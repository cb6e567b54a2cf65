/** What stands on 开通登记表 (ISS-23), read from the ledger: request, preparation, issuance, installation, handover. */
import type { CaseFile } from '../adapters/ports.js';
import type { CustodyRow } from '../domain/custody.js';
import type { IssuanceAnswers, IssuanceIntake } from '../domain/forms-issuance.js';
import { apart, maskedCode } from '../domain/issuance.js';
import type {
  EQUIPMENT_CHOICES,
  EXPLAINED,
  FEE_STATUS,
  INVOICE_KINDS,
  RELATIONS,
  TAXPAYER_TYPES,
} from '../domain/issuance.js';
import type { ActivationForm, ChargeLine, DeviceLine, IssueLine } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';
import {
  attachment,
  BACKED_UP,
  byTime,
  ERASED,
  familyOf,
  IDENTITY_CHECKED,
  meansOf,
  money,
  Paper,
  said,
  yesNo,
  type Source,
  type Words,
} from './paper.js';

type IssuancePaper = Paper<IssuanceAnswers, IssuanceIntake>;

const TAXPAYERS: Words<(typeof TAXPAYER_TYPES)[number]> = { general: '一般纳税人', smallScale: '小规模' };
const INVOICES: Words<(typeof INVOICE_KINDS)[number]> = { special: '专用', ordinary: '普通' };
const RELATION: Words<(typeof RELATIONS)[number]> = {
  new: '新装',
  extension: '增加分机',
  replacement: '更换',
};
const CHOICE: Words<(typeof EQUIPMENT_CHOICES)[number]> = {
  own: '自备',
  bought: '自愿购买',
  none: '不需要',
};
const EXPLANATIONS: Words<(typeof EXPLAINED)[number]> = {
  invoicing: '开票',
  voiding: '作废红冲',
  filing: '抄报税',
  backup: '备份',
  precautions: '注意事项',
};
const FEE: Words<(typeof FEE_STATUS)[number]> = { unpaid: '未收', partial: '部分', paid: '收齐' };
const SAMPLE_ON = { plain: '普通纸', realInvoice: '正式发票' } as const;
const IN_USE = { inUse: '已开通使用', notYet: '尚未使用', problem: '使用有问题' } as const;

/** @param file the case, read from the ledger a moment ago */
export async function activationForm(
  ports: Source,
  file: CaseFile,
  order: DocumentOrder,
): Promise<ActivationForm> {
  const paper: IssuancePaper = await Paper.open(ports, file, order);
  const custody = await ports.ledger.custody({ caseId: order.caseId, current: false });
  const { intake } = paper;

  const prepared = paper.answer('prepare');
  const preparation: Partial<IssuanceAnswers['prepare']> = prepared?.answer ?? {};
  const agreed = paper
    .answers('callBureau')
    .filter(({ answer }) => answer.result !== 'declined')
    .at(-1);
  const issued = paper.answer('issueDevices');
  const waited = paper.answer('awaitOfficer');
  const door = paper.answer('checkBackup');
  const installed = paper.answer('install');
  const install: Partial<IssuanceAnswers['install']> = installed?.answer ?? {};
  const visit = installationVisit(paper);
  const contract = paper.answer('signContract');
  const form = paper.answer('handInForm');
  const received = paper.answer('receiveCode');
  const told = paper.answer('tellCode');
  const followUp = paper.answer('followUpActivation');

  return {
    head: paper.head(
      `${order.caseId}/form`,
      { by: paper.agent, at: file.row.openedAt },
      form !== undefined ? '已交' : contract !== undefined ? '已签' : '已开具',
    ),
    customer: paper.customer(preparation),
    devices: deviceLines(paper, custody),
    charges: chargeLines(paper),
    requestedAt: paper.at(file.row.receivedAt),
    noticeNo: intake.noticeNo ?? '',
    noticeOn: paper.on(intake.noticeOn),
    noticeFile: attachment(intake.noticeFile),
    taxpayerType: said(TAXPAYERS, intake.taxpayerType),
    invoiceClerk: paper.text(intake.invoiceClerk),
    invoiceKinds: (intake.invoiceKinds ?? []).map((kind) => said(INVOICES, kind)),
    machines: intake.devices === undefined ? '' : String(intake.devices.length),
    hasComputer: yesNo(preparation.hasComputer),
    hasPrinter: yesNo(preparation.hasPrinter),
    printerModel: paper.text(preparation.printerModel),
    os: preparation.os ?? '',
    recommended: yesNo(preparation.recommended),
    choice: said(CHOICE, preparation.choice),
    voluntaryConfirm: attachment(preparation.voluntaryConfirm),
    dedicatedMachine: yesNo(preparation.dedicatedMachine),
    feeAsked: yesNo(preparation.feeAsked),
    backupAskedAt: paper.at((paper.answer('bookInstallation') ?? prepared)?.at),
    backup: said(BACKED_UP, door?.answer.backup),
    backupCheckedBy: paper.signed(door),
    riskNote: attachment(door?.answer.riskNote),
    issuanceAt: paper.span(agreed?.answer.from, agreed?.answer.to),
    officer: paper.text(issued?.answer.officer ?? agreed?.answer.officer),
    officerPresent: yesNo(issued?.answer.officerPresent),
    wait: waited === undefined ? '' : paper.span(waited.task.openedAt, waited.at),
    issues: issueLines(paper),
    officerInstallAt: paper.at(paper.answer('agreeInstallation')?.answer.officerInstallAt),
    installAt: paper.span(visit?.from, visit?.to),
    arrivedAt: paper.at(door?.answer.arrivedAt ?? door?.at),
    installedAt: paper.at(installed?.at),
    softwareVersion: install.softwareVersion ?? '',
    kitChecked: install.kit === undefined ? '' : `${install.kitVersion}（${install.kit.length}项已核对）`,
    sample: (install.devices ?? [])
      .filter(({ sample }) => sample !== undefined)
      .map(({ serial, sample }) => `${serial}：${attachment(sample)}`)
      .join('\n'),
    sampleOn: said(SAMPLE_ON, install.sampleOn),
    sampleNo: install.sampleNo ?? '',
    sampleVoided: yesNo(install.voided),
    explained: (install.explained ?? []).map((each) => said(EXPLANATIONS, each)),
    trainingOffered: yesNo(install.trainingOffered),
    trainingWanted: yesNo(install.trainingWanted),
    contractNo:
      contract === undefined
        ? ''
        : `${contract.answer.contractNo}（${paper.on(contract.answer.startOn)}至${paper.on(contract.answer.endOn)}）`,
    salesSlipNo: paper.answer('handInMoney')?.answer.salesSlipNo ?? '',
    // Not settled yet is an empty box: it is ticked by hand when the slip is.
    slipCleared: paper.answer('clearSlip') === undefined ? '' : yesNo(true),
    handedToTechAt: paper.at(form?.at),
    archiveNo: form?.answer.archiveNo ?? '',
    codeApplied:
      form === undefined ? '' : paper.signed({ by: form.by, at: form.answer.codeAppliedAt ?? form.at }),
    codeReceivedAt: paper.at(received?.answer.codeReceivedAt ?? received?.at),
    code: shortCode(paper.text(received?.answer.code)),
    codeTold: told === undefined ? '' : `${paper.signed(told)}，告知${paper.text(told.answer.toldTo)}`,
    identityCheck: said(IDENTITY_CHECKED, told?.answer.identityCheck),
    firstInvoiceAt: paper.at(followUp?.answer.firstInvoiceAt),
    activationFollowUp:
      followUp === undefined ? '' : `${said(IN_USE, followUp.answer.state)}，${paper.signed(followUp)}`,
    signature: paper.signature(contract, paper.answer('collectStamp')?.answer.proof !== undefined),
    technicianSignature: paper.signatureOf(contract),
  };
}

/** The customer's appointment as it was made last. */
function installationVisit(paper: IssuancePaper): { from: string; to: string } | undefined {
  const tentative = paper.answers('prepare').map(({ answer, at }) => ({ visit: answer.tentative, at }));
  const booked = [...paper.answers('bookInstallation'), ...paper.answers('moveInstallation')].map(
    ({ answer, at }) => ({ visit: answer, at }),
  );
  return [...tentative, ...booked.sort(byTime)]
    .map(({ visit }) => visit)
    .filter((visit) => visit !== undefined)
    .at(-1);
}

/** The device that stands for each line of the order, once one was borrowed for it (W21). */
function deviceLines(paper: IssuancePaper, custody: readonly CustodyRow[]): DeviceLine[] {
  const serials = serialsByMachine(paper);
  return (paper.intake.devices ?? []).map(({ family, machineNo, replacesSerial }) => {
    const serial = serials.get(machineNo);
    return {
      family: familyOf(family),
      model: custody.find((row) => row.item === serial)?.model ?? '',
      serialNo: serial ?? '',
      machineNo: String(machineNo),
      relation: said(RELATION, paper.intake.kind),
      replacesSerial: replacesSerial ?? '',
    };
  });
}

/** What was borrowed for each machine, less what went back overnight or failed; a used spare takes the failed one's place. */
function serialsByMachine(paper: IssuancePaper): Map<number, string> {
  const serials = new Map<number, string>();
  const settled = new Set<string>();
  const steps = [
    ...paper.answers('borrowDevices').map(({ at, answer }) => ({
      at,
      take: () => {
        for (const line of answer.lines)
          if (line.use === 'customer') serials.set(line.machineNo ?? 0, line.serial);
      },
    })),
    ...paper.answers('afterClosing').map(({ at, answer }) => ({
      at,
      take: () => {
        if (answer.decision !== 'returned') return;
        for (const [machineNo, serial] of serials) if (!settled.has(serial)) serials.delete(machineNo);
      },
    })),
    ...paper.answers('issueDevices').map(({ at, answer }) => ({
      at,
      take: () => {
        for (const { serial, spareSerial } of answer.devices) {
          settled.add(spareSerial ?? serial);
          for (const [machineNo, held] of serials)
            if (held === serial) serials.set(machineNo, spareSerial ?? serial);
        }
      },
    })),
    ...paper.answers('install').map(({ at, answer }) => ({
      at,
      take: () => {
        const failed = answer.devices.filter(({ result }) => result === 'failed').map(({ serial }) => serial);
        for (const [machineNo, held] of serials) if (failed.includes(held)) serials.delete(machineNo);
      },
    })),
  ];
  for (const step of steps.sort(byTime)) step.take();
  return serials;
}

/** One line per device that got a result; with a spare, the spare is what was issued (ISS-25). */
function issueLines(paper: IssuancePaper): IssueLine[] {
  return paper.answers('issueDevices').flatMap(({ answer, at }) =>
    answer.devices.map(({ serial, result, reason, spareSerial }) => ({
      serialNo: serial,
      issueResult: result === 'passed' ? '成功' : '失败',
      failure: paper.text(reason),
      spareSerial: spareSerial ?? '',
      issuedAt: result === 'passed' || spareSerial !== undefined ? paper.at(at) : '',
    })),
  );
}

/**
 * The whole price on one line: what was paid before, and the balance at the door (D1). What falls on devices that could
 * not be installed is none of it: it stands on the form of their own case, or was refunded (W21).
 */
function chargeLines(paper: IssuancePaper): ChargeLine[] {
  const prepared = paper.answer('prepare');
  if (prepared === undefined) return [];
  const balance = paper.answer('collectBalance');
  const handedIn = paper.answer('handInMoney');
  const agreed = paper.answers('agreeSplit').find(({ answer }) => answer.share !== undefined);
  const { due, paid: before } = apart(prepared.answer.due, prepared.answer.paid, agreed?.answer.share ?? 0);
  const paid = before + (balance?.answer.paid ?? 0);
  return [
    {
      item: '全部费用',
      due: money(due),
      paid: money(paid),
      feeStatus: said(FEE, paid >= due ? 'paid' : paid > 0 ? 'partial' : 'unpaid'),
      means: balance === undefined ? '' : meansOf(balance.answer),
      collectedBy: paid === 0 ? '' : paper.collected(balance ?? prepared),
      handedInAt: paper.narrow(handedIn?.at),
      salesSlipNo: handedIn?.answer.salesSlipNo ?? '',
    },
  ];
}

/** The feature code as paper shows it; one that was never received or is erased says so. */
function shortCode(code: string): string {
  return code === '' || code === ERASED ? code : maskedCode(code);
}
