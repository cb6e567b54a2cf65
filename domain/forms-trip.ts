import { z } from 'zod';
import { CHANNELS_OF_CONTACT } from './complaint.js';
import { caseForms } from './forms-common.js';
import { serial } from './forms-issuance.js';
import { formKit, instant, reference, yes, type FormMode } from './forms.js';

/** Forms of a trip to the bureau, one per task. */
export function tripForms(mode: FormMode) {
  const { text, evidence, staff } = formKit(mode);
  return {
    /** What the bureau agreed to on the telephone (W28): one time and one technician for every customer. */
    planTrip: z.strictObject({
      technician: staff(),
      from: instant(),
      to: instant(),
      /** The officer himself named the time: it counts outside the bureau's hours, too. */
      namedByOfficer: z.boolean().optional(),
      officer: text(30).optional(),
      means: z.enum(CHANNELS_OF_CONTACT).default('phone'),
      note: text(200).optional(),
    }),
    borrowSpares: z.strictObject({
      /** None where the keeper has none to spare: the slip goes out all the same, the devices are put on it. */
      spares: z.array(serial()).default([]),
      keeperSignature: evidence(),
      borrowerSignature: evidence(),
    }),
    /** Whatever the trip still holds comes back with the slip. */
    settleSlip: z.strictObject({
      technicianSignature: evidence(),
      keeperSignature: evidence(),
      condition: text(100).optional(),
    }),
    clearTrip: z.strictObject({ cleared: yes().default(true), note: text(200).optional() }),
    /** The visit to the bureau is off: we telephone, as always with the bureau (W28). */
    callOffBureau: z.strictObject({ told: yes().default(true), officer: text(30).optional() }),
    ...caseForms(mode),
  };
}

/** What `trip open` takes. */
export function tripIntakeForm(mode: FormMode) {
  const { text } = formKit(mode);
  return z.strictObject({
    receivedAt: instant().optional(),
    bureau: reference(40),
    note: text(200).optional(),
  });
}

export type TripForms = ReturnType<typeof tripForms>;
/** Answers as they stand in history. */
export type TripAnswers = { [Name in keyof TripForms]: z.output<TripForms[Name]> };
export type TripIntake = z.output<ReturnType<typeof tripIntakeForm>>;
