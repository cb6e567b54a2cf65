import { z } from 'zod';
import { CHANNELS_OF_CONTACT } from './complaint.js';
import { caseForms, payment, visitForms } from './forms-common.js';
import { day, formKit, instant, money, reference, yes, type FormMode } from './forms.js';
import {
  BACKUP,
  BUREAU_ANSWERS,
  DEVICE_FAMILIES,
  EQUIPMENT_CHOICES,
  EXPLAINED,
  FEE_STATUS,
  IDENTITY_CHECKS,
  INVOICE_KINDS,
  RELATIONS,
  REST_DECISIONS,
  TAXPAYER_TYPES,
} from './issuance.js';

/** Serial numbers are kept in capitals (forms.md, SN). */
export const serial = () =>
  z
    .string()
    .trim()
    .min(1)
    .max(30)
    .regex(/^[A-Za-z0-9-]+$/, 'a serial number: letters, digits, dash')
    .transform((value) => value.toUpperCase());
/** A trip that is planned (W20). */
const trip = () => z.string().regex(/^R\d{8}-\d{3,}$/, 'the number of a trip, e.g. R20300304-001');
const machineNo = () => z.number().int().min(0).max(999);

/** Forms of an issuance (forms.md 1–3), one per task. Field names are the dictionary's. */
export function issuanceForms(mode: FormMode) {
  const { text, evidence, staff } = formKit(mode);
  const means = () => z.enum(CHANNELS_OF_CONTACT);

  return {
    prepare: z.strictObject({
      /** ISS-02: asked, and what came of it (D1). */
      feeAsked: yes().default(true),
      feeStatus: z.enum(FEE_STATUS),
      due: money(),
      paid: money().default(0),
      /** ISS-03. */
      hasComputer: z.boolean(),
      hasPrinter: z.boolean(),
      printerModel: text(40).optional(),
      os: z.string().max(30).optional(),
      recommended: z.boolean().default(false),
      choice: z.enum(EQUIPMENT_CHOICES).default('own'),
      /** The customer's own hand that nothing was forced on him (REG-03, D2). */
      voluntaryConfirm: evidence().optional(),
      /** ISS-04, ISS-05. */
      computerUse: text(200).optional(),
      backupAsked: yes(),
      dedicatedMachine: yes(),
      /** ISS-06. */
      siteAddress: text(120),
      region: reference(30).optional(),
      route: text(200).optional(),
      /** A first appointment at the customer's, subject to the bureau's. */
      tentative: z.strictObject({ technician: staff(), from: instant(), to: instant() }).optional(),
    }),
    /** The time we propose to an officer who wants mail (W28), or the trip it goes with: then nobody is written to. */
    requestBureau: z.strictObject({
      technician: staff().optional(),
      from: instant().optional(),
      to: instant().optional(),
      trip: trip().optional(),
    }),
    awaitBureau: z.strictObject({
      result: z.enum(BUREAU_ANSWERS),
      /** With `otherTime`: when it suits the bureau. */
      from: instant().optional(),
      to: instant().optional(),
      note: text(200).optional(),
    }),
    /** The bureau named another time: who comes then, or that nobody can. */
    confirmBureau: z.strictObject({
      result: z.enum(['confirmed', 'impossible']).default('confirmed'),
      technician: staff().optional(),
      from: instant().optional(),
      to: instant().optional(),
    }),
    callBureau: z.strictObject({
      result: z.enum(['accepted', 'otherTime', 'declined']),
      /** The slot agreed; with `otherTime` the one the bureau named. */
      from: instant().optional(),
      to: instant().optional(),
      technician: staff().optional(),
      /** It goes with a trip that is planned: time and technician are the trip's (W20). */
      trip: trip().optional(),
      officer: text(30).optional(),
      means: means().default('phone'),
      note: text(200).optional(),
    }),
    borrowDevices: z.strictObject({
      lines: z
        .array(
          z.strictObject({
            serial: serial(),
            use: z.enum(['customer', 'spare']).default('customer'),
            machineNo: machineNo().optional(),
          }),
        )
        .min(1),
      keeperSignature: evidence(),
      borrowerSignature: evidence(),
    }),
    issueDevices: z.strictObject({
      /** ISS-11: no result without the officer. */
      officerPresent: z.boolean(),
      officer: text(30).optional(),
      devices: z
        .array(
          z.strictObject({
            serial: serial(),
            result: z.enum(['passed', 'failed']),
            reason: text(100).optional(),
            spareSerial: serial().optional(),
          }),
        )
        .default([]),
    }),
    awaitOfficer: z.strictObject({ officerBack: yes().default(true), note: text(200).optional() }),
    afterClosing: z.strictObject({
      /** D4: the devices go back, or somebody answers for them overnight. */
      decision: z.enum(['returned', 'overnight']),
      approvedBy: staff().optional(),
      keeperSignature: evidence().optional(),
      holderSignature: evidence().optional(),
    }),
    agreeInstallation: z.strictObject({
      officerInstallAt: instant(),
      /** The officer himself named the time: it counts outside the bureau's hours, too. */
      namedByOfficer: z.boolean().optional(),
      note: text(200).optional(),
    }),
    bookInstallation: z.strictObject({
      technician: staff(),
      from: instant(),
      to: instant(),
      /** ISS-15: asked again. */
      backupAsked: yes(),
      means: means().default('phone'),
    }),
    /** The bureau's slot moved, so the customer's appointment does too (ISS-25). */
    moveInstallation: z.strictObject({
      technician: staff(),
      from: instant(),
      to: instant(),
      means: means().default('phone'),
    }),
    checkBackup: z.strictObject({
      backup: z.enum(BACKUP),
      /** Signed by the customer when a backup is impossible (W23). */
      riskNote: evidence().optional(),
      arrivedAt: instant().optional(),
      note: text(200).optional(),
    }),
    install: z.strictObject({
      kitVersion: reference(60),
      /** ISS-16: ticked before leaving. */
      kit: z.array(z.string().min(1).max(40)).min(1),
      softwareVersion: reference(20),
      devices: z
        .array(
          z.strictObject({
            serial: serial(),
            result: z.enum(['installed', 'failed']),
            reason: text(100).optional(),
            /** ISS-17. */
            sample: evidence().optional(),
          }),
        )
        .min(1),
      /** W26: plain paper, or a real invoice that was voided. */
      sampleOn: z.enum(['plain', 'realInvoice']).default('plain'),
      sampleNo: reference(20).optional(),
      voided: z.boolean().optional(),
      /** ISS-20, REG-04. */
      explained: z.array(z.enum(EXPLAINED)).min(1),
      trainingOffered: yes(),
      trainingWanted: z.boolean().default(false),
    }),
    signContract: z.strictObject({
      contractNo: reference(30),
      startOn: day(),
      endOn: day(),
      /** REG-06. */
      scope: z.array(reference(20)).min(1),
      standard: text(300),
      breach: text(300),
      fee: money().default(0),
      signer: text(30),
      signature: evidence(),
      stamped: z.boolean(),
      stampMissingReason: text(50).optional(),
      stampDueOn: day().optional(),
    }),
    collectBalance: payment(mode),
    handInMoney: z.strictObject({
      received: money(),
      salesSlipNo: reference(40),
      technicianSignature: evidence(),
      financeSignature: evidence(),
    }),
    clearSlip: z.strictObject({
      salesSlipNo: reference(40),
      technicianSignature: evidence(),
      keeperSignature: evidence(),
    }),
    handInForm: z.strictObject({
      archiveNo: reference(40).optional(),
      technicianSignature: evidence(),
      receiverSignature: evidence(),
      codeAppliedAt: instant().optional(),
    }),
    /** The code is content: it stands in no history and is shown masked (D6). */
    receiveCode: z.strictObject({ code: text(32), codeReceivedAt: instant().optional() }),
    tellCode: z.strictObject({
      toldTo: text(30),
      identityCheck: z.enum(IDENTITY_CHECKS),
      /** Told, never written: what is written can be read by others (D6). */
      means: z.enum(['phone', 'visit']).default('phone'),
    }),
    followUpActivation: z.strictObject({
      state: z.enum(['inUse', 'notYet', 'problem']),
      firstInvoiceAt: instant().optional(),
      means: means().default('phone'),
      note: text(200).optional(),
    }),
    /** Asked of the customer when some devices work and others cannot be installed in this case (W21). */
    agreeSplit: z.strictObject({
      decision: z.enum(REST_DECISIONS),
      /** What of the price falls on the devices left over; said the first time it is asked. */
      share: money().optional(),
      /** With `wait`: the day on which the customer is asked again. */
      againOn: day().optional(),
      means: means().default('phone'),
      note: text(200).optional(),
    }),
    /** The visit to the bureau is off: we telephone, as always with the bureau (W28). */
    callOffBureau: z.strictObject({ told: yes().default(true), officer: text(30).optional() }),
    returnToManufacturer: z.strictObject({
      reference: reference(40),
      technicianSignature: evidence(),
      keeperSignature: evidence(),
    }),
    ...visitForms(mode),
    ...caseForms(mode),
  };
}

/** The request: what `issuance open` takes. */
export function issuanceIntakeForm(mode: FormMode) {
  const { text, evidence } = formKit(mode);
  return z.strictObject({
    /** When the customer asked: the legal three working days count from here (REG-01). Default: now. */
    receivedAt: instant().optional(),
    /** A customer on file; its taxpayer id is checked by its own algorithm. */
    customer: reference(40),
    /** Given again by the customer: must be the one on file; stays out of history. */
    taxpayerId: mode === 'edge' ? z.string().min(15).max(20).optional() : z.undefined().optional(),
    /** 安装使用告知书: no device without the tax bureau's notice (REG-02). */
    noticeNo: reference(40),
    noticeOn: day(),
    noticeFile: evidence().optional(),
    bureau: reference(40),
    kind: z.enum(RELATIONS).default('new'),
    taxpayerType: z.enum(TAXPAYER_TYPES).default('general'),
    invoiceKinds: z.array(z.enum(INVOICE_KINDS)).min(1).default(['ordinary']),
    invoiceClerk: text(60).optional(),
    devices: z
      .array(
        z.strictObject({
          family: z.enum(DEVICE_FAMILIES),
          /** 0 is the main machine. */
          machineNo: machineNo().default(0),
          replacesSerial: serial().optional(),
        }),
      )
      .min(1)
      .refine((lines) => new Set(lines.map((line) => line.machineNo)).size === lines.length, {
        error: 'each machine number once',
      }),
    note: text(200).optional(),
    relatedCases: z.array(z.string().max(20)).default([]),
  });
}

export type IssuanceForms = ReturnType<typeof issuanceForms>;
/** Answers as they stand in history. */
export type IssuanceAnswers = { [Name in keyof IssuanceForms]: z.output<IssuanceForms[Name]> };
export type IssuanceIntake = z.output<ReturnType<typeof issuanceIntakeForm>>;
