import { z } from 'zod';
import { formKit, instant, money, type FormMode } from './forms.js';
import { MEDIA } from './complaint.js';
import { LEVELS } from './case.js';
import { BOOKING_KINDS } from './custody.js';

/** Forms of the acts every case knows besides answering its tasks. */
export function actForms(mode: FormMode) {
  const { text, evidence, staff } = formKit(mode);
  return {
    claimTask: z.strictObject({ task: z.string() }),
    releaseTask: z.strictObject({ task: z.string() }),
    correctTask: z.strictObject({
      task: z.string(),
      correction: z.record(z.string(), z.unknown()),
      reason: text(200),
    }),
    reassign: z.strictObject({ task: z.string().optional(), to: staff(), reason: text(200) }),
    note: z.strictObject({
      text: text(200),
      customerContact: z.boolean().optional(),
      amountDisputed: z.union([money(), z.literal('unknown')]).optional(),
      media: z.enum(MEDIA).optional(),
      safety: z.boolean().optional(),
      /** Tell the customer where the case stands; at most once a day (W11). */
      tellCustomer: z.boolean().optional(),
    }),
    pause: z.strictObject({
      reason: z.enum(['waitingCustomer', 'waitingUnit', 'waitingManufacturer', 'waitingTaxBureau']),
      note: text(200).optional(),
      until: instant().optional(),
    }),
    resume: z.strictObject({ note: text(200).optional() }),
    raiseLevel: z.strictObject({ to: z.enum(LEVELS).optional(), reason: text(200) }),
    withdraw: z.strictObject({
      channel: z.enum(['phone', 'sms', 'mail', 'letter', 'visit', 'web']),
      proof: evidence(),
      reason: text(200).optional(),
    }),
    merge: z.strictObject({ into: z.string().min(10).max(20), reason: text(200) }),
    reclassify: z.strictObject({ to: z.enum(['enquiry', 'repair', 'suggestion']), reason: text(200) }),
    cancelCase: z.strictObject({ reason: text(200) }),
    reschedule: z.strictObject({
      appointment: z.enum(BOOKING_KINDS),
      /** Who cannot keep it. */
      askedBy: z.enum(['customer', 'bureau', 'us']),
      reason: text(200),
    }),
    reportLost: z.strictObject({
      /** Serials or keys of things held for this case (REG-07). */
      items: z.array(z.string().min(1).max(60)).min(1),
      note: text(200).optional(),
    }),
    refuseAcceptance: z.strictObject({
      /** The hand-over that was refused; it stays open. */
      task: z.string(),
      /** What was to be handed over; all that the task asks for unless told (AT-43). */
      items: z.array(z.string().min(1).max(60)).min(1).optional(),
      reason: text(200),
    }),
    attachEvidence: z.strictObject({ field: z.string().min(1).max(40), evidence: evidence() }),
    reopen: z.strictObject({ reason: text(200) }),
    resync: z.strictObject({}),
    upgrade: z.strictObject({}),
  };
}
export type ActForms = ReturnType<typeof actForms>;
