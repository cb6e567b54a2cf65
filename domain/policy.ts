import { z } from 'zod';
import { CHANNELS_OF_CONTACT, GRADES, MEDIA } from './complaint.js';
import { LEVELS } from './case.js';

/**
 * The manual's numbers as data (C6): limits, clocks, levels, calendars, quiet hours. Validated here, pinned in a
 * case's snapshot at start, changed on a running case only by `adoptPolicy`.
 * Rules that give the numbers: procedures 3-5, 14 (D1-D29) and 16 (W1-W40).
 */

const hhmm = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'HH:MM, 00:00 to 24:00');
const hours = z.strictObject({ from: hhmm, to: hhmm });
const positive = z.number().int().positive();
const percent = z.number().int().min(1).max(5000);

/** A limit in the manual's own units; the clock turns it into minutes of its calendar. */
export const limitSchema = z.union([
  z.strictObject({ minutes: positive }),
  z.strictObject({ hours: z.number().positive() }),
  z.strictObject({ workdays: positive }),
  z.strictObject({ calendarDays: positive }),
  z.strictObject({ sameDay: z.strictObject({ cutoff: hhmm }) }),
]);

const clockSchema = z.strictObject({
  limit: limitSchema,
  calendar: z.string(),
  rule: z.string(),
  /** Percents of the limit at which the person is reminded; default `reminders.percents`. */
  reminders: z.array(percent).optional(),
  /** Whether lateness raises the level of the case. */
  raises: z.boolean().default(true),
  /** Whether a typed wait stops it; a legal limit runs on whatever we wait for (W12, REG-01). */
  pausable: z.boolean().default(true),
  /** Reminds at this interval instead of at percents, e.g. every 30 minutes of waiting (D4). */
  everyMinutes: positive.optional(),
  /** Level that the case has at least from the breach on, where that does not wait for a multiple of the limit (D6). */
  atBreach: z.enum(LEVELS).optional(),
});

const calendarSchema = z.strictObject({
  /** Holiday file, relative to the policy file; its days off and make-up days apply. */
  holidays: z.string().optional(),
  ignoresHolidays: z.boolean().default(false),
  week: z.strictObject({
    mon: z.array(hours),
    tue: z.array(hours),
    wed: z.array(hours),
    thu: z.array(hours),
    fri: z.array(hours),
    sat: z.array(hours),
    sun: z.array(hours),
  }),
  /** Hours of a make-up workday (调休上班). */
  makeUp: z.array(hours),
});

export const CLOCK_NAMES = [
  'firstResponse',
  'frontLine',
  'secondLine',
  'investigation',
  'unitAnswer',
  'manufacturerAnswer',
  'reportToHead',
  'decision',
  'problemMeeting',
  'managerCall',
  'planning',
  'approval',
  'agreement',
  'payment',
  'telling',
  'satisfaction',
  'letter',
  'review',
  'progress',
  'supervisorReport',
  'interimSolution',
  'takeCharge',
  'keepPromise',
  'withdrawalCheck',
  'internalInvestigation',
  'reclassification',
  'statement',
  'byHand',
  'sortOut',
  // custody
  'custody',
  'returnItems',
  'reportLoss',
  // issuance
  'installation',
  'preparation',
  'bureauCall',
  'officerWait',
  'agreeInstallation',
  'appointment',
  'handIn',
  'stamp',
  'clearing',
  'featureCode',
  'firstFollowUp',
  // repair
  'filingRepair',
  'simulation',
  'visitApproval',
  'contact',
  'workshop',
  'visitFollowUp',
] as const;
export type ClockName = (typeof CLOCK_NAMES)[number];

const pauseSchema = z.strictObject({
  limit: limitSchema,
  calendar: z.string(),
  waitingOn: z.enum(['customer', 'unit', 'manufacturer', 'bureau']),
  rule: z.string(),
});

export const policySchema = z.strictObject({
  schema: z.literal('aftercare.policy/1'),
  version: z.string().min(1),
  zone: z.strictObject({ name: z.string(), offsetMinutes: z.number().int().min(-720).max(840) }),
  calendars: z.record(z.string(), calendarSchema),
  reminders: z.strictObject({ percents: z.array(percent.max(99)) }),
  overdue: z.strictObject({
    /** Level that hears of a breach at once, beside the assignee. */
    tell: z.enum(LEVELS),
    /** From this percent of the limit the case stands at least at that level (W14). */
    raise: z.array(z.strictObject({ percent: percent.min(101), to: z.enum(LEVELS) })),
    /** After the last level: one line a workday at this local time, to these roles (W14). */
    daily: z.strictObject({ at: hhmm, calendar: z.string(), roles: z.array(z.string()).min(1) }),
  }),
  levels: z.strictObject({
    L1: z.strictObject({ roles: z.array(z.string()).min(1) }),
    L2: z.strictObject({ roles: z.array(z.string()).min(1) }),
    supervisor: z.strictObject({ roles: z.array(z.string()).min(1) }),
    L3: z.strictObject({ roles: z.array(z.string()).min(1) }),
    generalManager: z.strictObject({ roles: z.array(z.string()).min(1) }),
  }),
  clocks: z.record(z.enum(CLOCK_NAMES), clockSchema),
  pauses: z.record(
    z.enum(['waitingCustomer', 'waitingUnit', 'waitingManufacturer', 'waitingTaxBureau']),
    pauseSchema,
  ),
  messages: z.strictObject({
    quietHours: z.strictObject({ from: hhmm, to: hhmm }),
    /** A reply within so many minutes of the customer's own contact ignores quiet hours (W40). */
    replyWithinMinutes: positive,
    perMinute: positive,
    perHour: positive,
    perDay: positive,
    /** Messages whose deferral ends together are spread over so many minutes. */
    spreadMinutes: z.number().int().min(0).max(60),
    /** Customers hear of progress at most once a day (W11). */
    staffCalendar: z.string(),
  }),
  complaint: z.strictObject({
    /** A complaint is major when any of these holds (ESC-04, ESC-07, D14). */
    major: z.strictObject({
      amountAbove: z.number().nonnegative(),
      media: z.array(z.enum(MEDIA)),
      safety: z.boolean(),
    }),
    /** Media states that go to the supervisor at once without being major. */
    supervisorOnMedia: z.array(z.enum(MEDIA)),
    /** Levels of a major complaint and of a repeat (W35). */
    majorLevel: z.enum(LEVELS),
    resolution: z.record(z.enum(GRADES), z.strictObject({ limit: limitSchema, calendar: z.string() })),
    lateEntryMinutes: positive,
    rounds: z.strictObject({ meetingFrom: positive, plansPerRound: positive }),
    compensation: z
      .array(z.strictObject({ upTo: z.number().nonnegative().nullable(), role: z.string() }))
      .min(1),
    contact: z.strictObject({
      attempts: positive,
      channels: z.array(z.enum(CHANNELS_OF_CONTACT)).min(1),
      retryAfter: limitSchema,
      letterWorkdays: positive,
    }),
    reopen: z.strictObject({ days: positive, daysIfWithdrawn: positive, managerFrom: positive }),
    repeatDays: positive,
    promise: z.strictObject({
      warnMinutes: positive,
      warnCalendar: z.string(),
      moveBy: limitSchema,
      moveCalendar: z.string(),
      automaticChanges: z.number().int().min(0),
    }),
    callOut: z.strictObject({ everyMinutes: positive, afterLastEveryMinutes: positive }),
    callBack: limitSchema,
  }),
  /** Things held by our people (B1). */
  custody: z.strictObject({
    /** After the due time both are reminded again each workday at this local time (D8). */
    againAt: hhmm,
    calendar: z.string(),
  }),
  bookings: z.strictObject({
    /** Hours in which customers are visited, and in which the bureau's counter is open. */
    calendar: z.string(),
    bureauCalendar: z.string(),
    /** Travel kept free after an appointment; by region where it differs. */
    travelMinutes: z.number().int().min(0),
    /** How much before an appointment its answers may be given, on the same day. */
    earlyMinutes: z.number().int().min(0).optional(),
    travelByRegion: z.record(z.string(), z.number().int().min(0)).default({}),
    /** How many free slots a refusal names. */
    offer: positive,
  }),
  issuance: z.strictObject({
    /** Spare sets a trip may take (D3). */
    spares: z.number().int().min(0),
    /** Waited so long for the officer, the day's later visits are flagged (W28). */
    flagAfterMinutes: positive,
    /** A bureau asked by mail is reminded at this local time of each workday after the day of the request (W28). */
    bureauReminderAt: hhmm,
    /** Workdays within which a missing stamp comes in (W24). */
    stampWorkdays: positive,
    /** What is brought, by device family and version (ISS-16, D5); `any` where a family has none of its own. */
    kits: z.record(
      z.string(),
      z.strictObject({ version: z.string().min(1), items: z.array(z.string().min(1)).min(1) }),
    ),
    /** What every contract must hold (REG-06) and when it must be filed. */
    contractScope: z.array(z.string()).min(1),
  }),
  repair: z.strictObject({
    /** Contact is tried at so many different day parts within so many workdays (D7). */
    contact: z.strictObject({
      dayParts: positive,
      workdays: positive,
      /** First attempt of each part of the day begins at; the last part ends at `until`. */
      parts: z.strictObject({ morning: hhmm, afternoon: hhmm, evening: hhmm, until: hhmm }),
      suspendWorkdays: positive,
    }),
    /** Visits to a closed door before the lead decides (W30). */
    noShows: positive,
    /** Later than this at the door, the form asks why. */
    lateMinutes: positive,
    /** When replaced devices are back at the latest: local time of the next workday (D8). */
    replacedBackAt: hhmm,
    /** Planned day of the follow-up call after the visit; never past the clock's limit (D9). */
    followUpDay: positive,
    stampWorkdays: positive,
  }),
  kernel: z.strictObject({
    /** A case goes on in a new run at the next idle moment after so many events; 1 = after every step (tests). */
    chapterEvents: positive,
    /** How long an act waits for its turn to be saved before it answers `inLedger: false`. */
    saveWaitMs: positive,
    /** Answered request ids carried with their answers. */
    rememberRequests: positive,
  }),
});

/** A policy as it is pinned in a case: plain JSON, no functions. */
export type Policy = z.infer<typeof policySchema>;
