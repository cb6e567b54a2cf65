import { z } from 'zod';
import { CHANNELS_OF_CONTACT } from './complaint.js';
import { caseForms, payment, visitForms } from './forms-common.js';
import { serial } from './forms-issuance.js';
import { day, formKit, instant, money, reference, yes, type FormKit, type FormMode } from './forms.js';
import { DEVICE_FAMILIES, IDENTITY_CHECKS } from './issuance.js';
import {
  CONTACT_RESULTS,
  CONTRACT,
  FAULT_CLASSES,
  FAULT_RESULTS,
  INSPECTED,
  MACHINES,
  PACKED,
  READER_LAMP,
  REMOTE_RESULTS,
  REPAIR_BACKUP,
  SKIP_REASONS,
  SYSTEM_STATES,
  TREATMENTS,
  WORKSHOP_RESULTS,
} from './repair.js';

const five = () => z.number().int().min(1).max(5);

/** HOT-05: a value, or the reason why the step was skipped. */
const asked = <Value extends z.ZodType>(value: Value) =>
  z
    .strictObject({ value: value.optional(), skipped: z.enum(SKIP_REASONS).optional() })
    .refine((step) => (step.value === undefined) !== (step.skipped === undefined), {
      error: 'a value, or why it was skipped (HOT-05)',
    });

/** Remote help first: what was tried in the call and what came of it (HOT-05, HOT-06, HOT-08). */
const remote = ({ text, staff }: FormKit) =>
  z
    .strictObject({
      result: z.enum(REMOTE_RESULTS),
      tried: text(200),
      /** HOT-06: who simulates the fault and calls back; required when it is to be simulated. */
      engineer: staff().optional(),
      /** Promised answer; default 24 hours from now (HOT-15). */
      promiseAt: instant().optional(),
    })
    .refine((given) => given.result !== 'simulate' || given.engineer !== undefined, {
      path: ['engineer'],
      error: 'a named person simulates the fault and calls back (HOT-06)',
    });

/** Forms of a repair (forms.md 4–6), one per task. Field names are the dictionary's. */
export function repairForms(mode: FormMode) {
  const kit = formKit(mode);
  const { text, evidence, staff } = kit;
  const means = () => z.enum(CHANNELS_OF_CONTACT);

  const call = () =>
    z.strictObject({
      result: z.enum(CONTACT_RESULTS),
      /** ONS-07: a named person keeps trying too; required at the first call that is not answered. */
      handTo: staff().optional(),
      /** ONS-02: own company and name first. */
      companyStated: yes().optional(),
      fault: text(200).optional(),
      /** ONS-04, HOT-08. */
      contract: z.enum(CONTRACT).optional(),
      contractEnd: day().optional(),
      /** ONS-09: what an out-of-contract visit costs. */
      amount: money().optional(),
      /** ONS-05. */
      backupRequired: yes().optional(),
      /** ONS-06. */
      siteAddress: text(120).optional(),
      region: reference(30).optional(),
      route: text(200).optional(),
      technician: staff().optional(),
      from: instant().optional(),
      to: instant().optional(),
      note: text(200).optional(),
    });

  const part = z.strictObject({
    name: reference(40),
    qty: z.number().int().min(1).default(1),
    /** What came out: in our custody until it is handed in (ONS-22). */
    oldSerial: serial().optional(),
    newSerial: serial().optional(),
    price: money().default(0),
  });

  return {
    helpRemotely: remote(kit),
    simulateFault: z.strictObject({
      result: z.enum(['solved', 'visit', 'longer']),
      finding: text(200),
      /** Called back: nothing else keeps the promise (HOT-18). */
      calledBack: yes(),
      /** With `longer`: the new instant the customer was promised. */
      promiseAt: instant().optional(),
    }),
    approveVisit: z.strictObject({
      decision: z.enum(['approved', 'refused']),
      /** Required when refused: it is told to the customer (ONS-27). */
      reason: text(200).optional(),
      technician: staff().optional(),
    }),
    tellRefusal: z.strictObject({
      told: yes(),
      /** Not accepted: the next lead decides again. */
      accepted: z.boolean(),
      means: means().default('phone'),
      note: text(200).optional(),
    }),
    contact: call(),
    contactToo: call(),
    decideVisit: z.strictObject({ decision: z.enum(['goOn', 'end']), reason: text(200) }),
    acceptPaid: z.strictObject({
      accepted: z.boolean(),
      /** ONS-09: in writing. */
      consent: evidence().optional(),
      explained: yes(),
    }),
    packUp: z.strictObject({
      /** ONS-01. */
      formNo: reference(20),
      packed: z.array(z.enum(PACKED)).min(1),
      contractChecked: yes(),
      /** Borrowed for this visit; what is not used goes back the same day. */
      spares: z
        .array(z.strictObject({ serial: serial(), kind: z.enum(['spare', 'device']).default('spare') }))
        .default([]),
      keeperSignature: evidence().optional(),
      borrowerSignature: evidence().optional(),
      /** When he will be there, where that is later than agreed: the customer hears of it. */
      expectedAt: instant().optional(),
    }),
    arrive: z.strictObject({
      present: z.boolean(),
      /** W30: nobody there. */
      photo: evidence().optional(),
      lateReason: text(100).optional(),
      contractChecked: z.boolean().default(true),
      backup: z.enum(REPAIR_BACKUP).optional(),
      /** Signed by the customer when a backup is impossible or declined (W23). */
      riskNote: evidence().optional(),
      note: text(200).optional(),
    }),
    repairOnSite: z.strictObject({
      faults: z
        .array(
          z.strictObject({
            /** Number of a known fault; a new one takes the next. */
            no: z.number().int().min(1),
            description: text(200),
            class: z.enum(FAULT_CLASSES),
            cause: text(200),
            /** Family of the device concerned, for the counts (ONS-24). */
            product: z.enum(DEVICE_FAMILIES).optional(),
            covered: z.boolean(),
            /** An extra fault outside the contract: price and written consent first (W22). */
            price: money().optional(),
            consent: evidence().optional(),
            steps: z.strictObject({
              connections: z.enum(INSPECTED),
              software: z.enum(INSPECTED),
              hardware: z.enum(INSPECTED),
            }),
            caseOpened: z.boolean().default(false),
            /** ONS-13: who consented before the case was opened. */
            openConsent: text(30).optional(),
            treatment: z.array(z.enum(TREATMENTS)).min(1),
            parts: z.array(part).default([]),
            result: z.enum(FAULT_RESULTS),
            /** ONS-15: tested again in front of the customer. */
            retest: z.boolean().default(false),
            retestBy: text(30).optional(),
            explained: z.boolean().default(false),
          }),
        )
        .min(1),
      /** ONS-14, forms.md 6: what is taken away, against consent and voucher. */
      taken: z
        .strictObject({
          voucherNo: reference(20),
          item: z.enum(MACHINES),
          model: reference(40),
          serial: serial().optional(),
          accessories: text(100),
          appearance: text(100),
          photo: evidence(),
          containsSpecialDevice: z.boolean(),
          consentBy: text(30),
          consent: evidence(),
          promisedReturnOn: day(),
          estimate: money().default(0),
          /** What the customer accepts; more needs new consent. */
          limit: money().default(0),
        })
        .optional(),
      /** W25: what the bureau needs to issue a replaced device. */
      replacement: z
        .strictObject({
          noticeNo: reference(40),
          noticeOn: day(),
          bureau: reference(40),
          devices: z
            .array(
              z.strictObject({
                family: z.enum(DEVICE_FAMILIES),
                machineNo: z.number().int().min(0).max(999).default(0),
                replacesSerial: serial(),
              }),
            )
            .min(1),
        })
        .optional(),
      /** ONS-16. */
      tidied: yes(),
      /** ONS-20. */
      customerPhoneUsed: z.boolean().default(false),
      phoneAllowed: z.boolean().optional(),
      satisfaction: five().optional(),
    }),
    signForm: z.strictObject({
      signer: text(30),
      signature: evidence(),
      /** ONS-23: number printed on the receipt; one copy stays, one goes to the company. */
      receiptNo: reference(20),
      customerCopyGiven: yes(),
      stamped: z.boolean(),
      stampMissingReason: text(50).optional(),
      stampDueOn: day().optional(),
      opinion: text(200).optional(),
    }),
    collectFee: payment(mode),
    handInMoney: z.strictObject({
      received: money(),
      invoiceNo: reference(40).optional(),
      technicianSignature: evidence(),
      financeSignature: evidence(),
    }),
    handInForm: z.strictObject({
      /** ONS-19: filed, classified and counted by one person. */
      faultCode: reference(40),
      archiveNo: reference(40).optional(),
      receiptChecked: yes(),
      technicianSignature: evidence(),
      receiverSignature: evidence(),
    }),
    receiveMachine: z.strictObject({ technicianSignature: evidence(), workshopSignature: evidence() }),
    repairMachine: z.strictObject({
      result: z.enum(WORKSHOP_RESULTS),
      cause: text(200),
      treatment: z.array(z.enum(TREATMENTS)).min(1),
      cost: money().default(0),
    }),
    agreeCost: z.strictObject({
      accepted: z.boolean(),
      consent: evidence().optional(),
      means: means().default('phone'),
    }),
    bookReturn: z.strictObject({
      technician: staff(),
      from: instant(),
      to: instant(),
      means: means().default('phone'),
    }),
    fetchMachine: z.strictObject({ technicianSignature: evidence(), workshopSignature: evidence() }),
    returnMachine: z.strictObject({
      present: z.boolean().default(true),
      photo: evidence().optional(),
      returnedTo: text(30).optional(),
      identityCheck: z.enum(IDENTITY_CHECKS).optional(),
      receiverSignature: evidence().optional(),
      conditionBack: text(100).optional(),
      /** ONS-15. */
      testedInFront: z.boolean().default(false),
      works: z.boolean().optional(),
      voucherTakenBack: z.boolean().default(true),
      lostDeclaration: evidence().optional(),
    }),
    followUp: z.strictObject({
      systemState: z.enum(SYSTEM_STATES),
      visitSatisfaction: five().optional(),
      namedSelf: yes().default(true),
      means: means().default('phone'),
      /** A customer who calls before the planned day is asked then (D9). */
      initiatedBy: z.enum(['us', 'customer']).default('us'),
      note: text(200).optional(),
    }),
    ...visitForms(mode),
    ...caseForms(mode),
  };
}

/** The call: what `repair open` takes (HOT-04, HOT-05). */
export function repairIntakeForm(mode: FormMode) {
  const kit = formKit(mode);
  const { text } = kit;
  return z.strictObject({
    /** When the customer called. Default: now. */
    receivedAt: instant().optional(),
    /** A customer on file, with full company name and phone. */
    customer: reference(40),
    /** Given again by the customer: must be the one on file; stays out of history. */
    taxpayerId: mode === 'edge' ? z.string().min(15).max(20).optional() : z.undefined().optional(),
    caller: text(30),
    /** A number for this matter, where it is not the one on file. */
    callbackPhone: text(20).optional(),
    taxSubBureau: reference(40),
    symptom: text(200),
    diagnosis: z.strictObject({
      readerLamp: asked(z.enum(READER_LAMP)),
      memory: asked(reference(30)),
      printerDriver: asked(reference(40)),
      cardDate: asked(day()),
      filingStart: asked(day()),
      accountingMonth: asked(z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month, YYYY-MM')),
    }),
    /** Serials of the devices concerned: later cases are found by them (ONS-25, W35). */
    serials: z.array(serial()).default([]),
    /** W13: invoices or returns cannot be filed until it is repaired. */
    blocksFiling: z.boolean().default(false),
    /** ONS-04, HOT-08: as far as the caller knows. */
    contractEnd: day().optional(),
    /** Helped in the call itself (HOT-05). */
    remote: remote(kit).optional(),
    note: text(200).optional(),
    relatedCases: z.array(z.string().max(20)).default([]),
  });
}

export type RepairForms = ReturnType<typeof repairForms>;
/** Answers as they stand in history. */
export type RepairAnswers = { [Name in keyof RepairForms]: z.output<RepairForms[Name]> };
export type RepairIntake = z.output<ReturnType<typeof repairIntakeForm>>;
