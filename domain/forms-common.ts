import { z } from 'zod';
import { CHANNELS_OF_CONTACT } from './complaint.js';
import { formKit, instant, money, reference, type FormMode } from './forms.js';
import { PAYMENT_MEANS } from './issuance.js';

/** What a customer pays on the spot, by which means (D1, W27). */
export function payment(mode: FormMode) {
  return z.strictObject({
    paid: money(),
    means: z.enum(PAYMENT_MEANS),
    chequeNo: reference(20).optional(),
    transferRef: reference(40).optional(),
    payerSignature: formKit(mode).evidence().optional(),
  });
}

/** Forms of what a visit may leave behind (`VISIT_TASKS`). */
export function visitForms(mode: FormMode) {
  const { text, evidence } = formKit(mode);
  return {
    collectStamp: z
      .strictObject({ proof: evidence().optional(), waiver: text(100).optional() })
      .refine((value) => value.proof !== undefined || value.waiver !== undefined, {
        error: "the stamped form, or the lead's written waiver (W24)",
      }),
    confirmClearing: z.strictObject({
      clearing: z.enum(['cleared', 'bounced']),
      reference: reference(40).optional(),
    }),
    recoverPayment: z.strictObject({ reference: reference(40), note: text(200).optional() }),
  };
}

/** Forms of the tasks that any case may need (`CASE_TASKS`). */
export function caseForms(mode: FormMode) {
  const { text, evidence } = formKit(mode);
  const means = () => z.enum(CHANNELS_OF_CONTACT);
  return {
    decideAfterWait: z.strictObject({ decision: text(200) }),
    keepPromise: z.strictObject({
      decision: z.enum(['keep', 'repromise']),
      promiseAt: instant().optional(),
      reason: text(200).optional(),
    }),
    callAboutDelay: z.strictObject({
      means: means().default('phone'),
      promiseAt: instant().optional(),
      note: text(200).optional(),
    }),
    deliverByHand: z.strictObject({
      means: means(),
      told: z.literal(true).default(true),
      note: text(200).optional(),
    }),
    undoByHand: z.strictObject({ done: z.literal(true).default(true), note: text(200).optional() }),
    sortOut: z.strictObject({ done: z.literal(true).default(true), note: text(200).optional() }),
    /** What was borrowed goes back; the keeper confirms (AT-43). */
    returnItems: z.strictObject({
      /** Serials or keys of what came back; all of the task's unless told. */
      items: z.array(z.string().min(1).max(60)).min(1),
      keeperSignature: evidence(),
      holderSignature: evidence(),
      condition: text(100).optional(),
    }),
    /** What nobody would take is still with its holder, who settles it with the receiver (AT-43). */
    settleRefusal: z.strictObject({ done: z.literal(true).default(true), note: text(200).optional() }),
    /** A lost or stolen special device: police and bureau the same day (REG-07). */
    reportLoss: z.strictObject({
      policeNo: z.string().min(1).max(40),
      reportedAt: instant(),
      bureauReportedAt: instant(),
      proof: evidence().optional(),
    }),
    refund: z.strictObject({
      amount: money(),
      reference: z.string().min(1).max(40),
      proof: evidence().optional(),
    }),
  };
}

export type CaseForms = ReturnType<typeof caseForms>;
/** Answers of the common tasks as they stand in history. */
export type CaseAnswers = { [Name in keyof CaseForms]: z.output<CaseForms[Name]> };
