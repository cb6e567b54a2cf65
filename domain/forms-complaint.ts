import { z } from 'zod';
import {
  CHANNELS,
  CHANNELS_OF_CONTACT,
  DEMANDS,
  FINDINGS,
  GRADES,
  IDENTITIES,
  MEDIA,
  PROBLEM_TYPES,
  SUBJECTS,
} from './complaint.js';
import { caseForms } from './forms-common.js';
import { formKit, instant, money, type FormMode } from './forms.js';

/** Forms of a complaint (forms.md 7), one per task plus the receipt block. Field names are the dictionary's. */
export function complaintForms(mode: FormMode) {
  const { text, evidence, staff } = formKit(mode);
  const amount = () => z.union([money(), z.literal('unknown')]);
  const department = () => z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, 'the id of a department');
  const means = () => z.enum(CHANNELS_OF_CONTACT);
  const apology = () => z.enum(['given', 'notApplicable']);

  const assessment = {
    grade: z.enum(GRADES),
    reason: text(200).optional(),
    complexity: z.enum(['simple', 'medium', 'complex']).default('simple'),
    means: means().default('phone'),
    /** What the customer was told in the first response. */
    text: text(200).optional(),
    /** Can the front line solve it? Undecided is decided within the limit or transfers itself (W3). */
    frontLine: z.enum(['canSolve', 'cannotSolve', 'undecided']).default('canSolve'),
    /** Learned in the call; supersedes the receipt (D14). */
    amountDisputed: amount().optional(),
    media: z.enum(MEDIA).optional(),
    safety: z.boolean().optional(),
    /** An instant promised to the customer, where one was (HOT-18). */
    promiseAt: instant().optional(),
  };

  const point = z.strictObject({
    kind: z.enum(['opinion', 'request', 'suggestion', 'complaint']),
    text: text(200),
  });

  return {
    acknowledge: z.strictObject(assessment),
    decideFrontLine: z.strictObject({
      decision: z.enum(['canSolve', 'cannotSolve']),
      reason: text(200).optional(),
    }),
    secondLine: z.strictObject({ takenOver: z.literal(true).default(true), note: text(200).optional() }),
    verifyWithUnit: z.strictObject({
      answeredAt: instant().optional(),
      answer: text(200),
      confirmed: z.boolean(),
      proof: evidence().optional(),
    }),
    reportToManufacturer: z.strictObject({
      answeredAt: instant().optional(),
      answer: text(200),
      confirmed: z.boolean(),
      proof: evidence().optional(),
    }),
    investigate: z.strictObject({
      /** 5W1H: required when complex (CMP-17). */
      what: text(200).optional(),
      when: text(200).optional(),
      where: text(200).optional(),
      who: text(200).optional(),
      why: text(200).optional(),
      how: text(200).optional(),
      finding: z.enum(FINDINGS),
      cause: text(200),
      responsibleDept: department().optional(),
      /** No: it really cannot be solved there (CMP-05). */
      solvable: z.boolean().default(true),
      amountDisputed: amount().optional(),
      media: z.enum(MEDIA).optional(),
      safety: z.boolean().optional(),
    }),
    reportToHead: z.strictObject({
      reportedTo: staff(),
      opinion: text(200).optional(),
      solvable: z.boolean().default(true),
    }),
    decide: z.strictObject({ decision: text(200), departments: z.array(department()).default([]) }),
    problemMeeting: z.strictObject({
      participants: z.array(staff()).min(1),
      conclusion: text(200),
      minutes: evidence().optional(),
    }),
    managerCall: z.strictObject({
      means: means().default('phone'),
      /** What the customer wants after the manager's call. */
      result: z.enum(['goOn', 'externalRecourse']),
      note: text(200).optional(),
    }),
    planResolution: z.strictObject({
      options: z.array(z.enum(DEMANDS)).min(1),
      plan: text(200),
      responsible: staff(),
      dueAt: instant(),
      compensation: money().default(0),
      apology: apology().default('notApplicable'),
    }),
    approveCompensation: z.strictObject({ approved: z.boolean(), reason: text(200).optional() }),
    agreeResolution: z.strictObject({
      customerReply: z.enum(['agreed', 'declined', 'counter']),
      means: means().default('phone'),
      note: text(200).optional(),
    }),
    carryOut: z.strictObject({
      treatment: text(200),
      proof: evidence(),
      doneAt: instant().optional(),
    }),
    payCompensation: z.strictObject({ amount: money(), reference: z.string().max(40), proof: evidence() }),
    tellResult: z.strictObject({
      means: means().default('phone'),
      result: text(200),
      apology: apology(),
      /** Required when found true or partly true (CMP-15, forms 7). */
      prevention: text(200).optional(),
    }),
    confirmSatisfaction: z.strictObject({
      means: means().default('phone'),
      verdict: z.enum(['satisfied', 'dissatisfied', 'notReached']),
      points: z.array(point).default([]),
      note: text(200).optional(),
    }),
    sendLetter: z.strictObject({ registeredNo: z.string().max(40), proof: evidence().optional() }),
    reviewOutcome: z.strictObject({ accepted: z.boolean(), note: text(200).optional() }),
    reportToSupervisor: z.strictObject({ instruction: text(200).optional() }),
    interimSolution: z.strictObject({
      interim: text(200),
      toldCustomer: z.boolean(),
      means: means().default('phone'),
    }),
    takeCharge: z.strictObject({ note: text(200).optional() }),
    statement: z.strictObject({ statement: text(200), proof: evidence().optional() }),
    confirmWithdrawal: z.strictObject({
      /** No: it was not the complainant's own will; the case goes on. */
      confirmed: z.boolean(),
      means: means().default('phone'),
      note: text(200).optional(),
    }),
    investigateInternally: z.strictObject({ finding: z.enum(FINDINGS), measures: text(200) }),
    approveReclassification: z.strictObject({ approved: z.boolean(), reason: text(200).optional() }),
    ...caseForms(mode),
  };
}

/**
 * The receipt block: what `complaint open` takes. One problem type, a description of at most 200 characters, several
 * demands (CRM-02); the call recording is kept as evidence (PRV-01).
 */
export function complaintIntakeForm(mode: FormMode) {
  const { text, evidence, staff } = formKit(mode);
  const contact = z.strictObject({
    name: z.string().max(30).optional(),
    phone: z.string().min(7).max(20).optional(),
    mail: z.email().optional(),
    language: z.enum(['zh-CN', 'en']).default('zh-CN'),
    channel: z.enum(['sms', 'mail']).optional(),
  });
  return z.strictObject({
    /** When the complaint reached us; default: when it is entered. */
    receivedAt: instant().optional(),
    channel: z.enum(CHANNELS).default('hotline'),
    externalRef: z.string().max(40).optional(),
    externalDueOn: z.iso.date().optional(),
    identity: z.enum(IDENTITIES).default('named'),
    /** A customer on file. */
    customer: z.string().max(40).optional(),
    /** Who complains, when not (only) the customer on file. Personal: kept as content. */
    complainant: mode === 'edge' ? contact.optional() : z.undefined().optional(),
    contact:
      mode === 'core'
        ? z.strictObject({ content: z.string(), sha256: z.string() }).optional()
        : z.undefined().optional(),
    relation: text(40).optional(),
    /** Only to find earlier cases (W35); an id may be a person's, so it stays out of history. */
    taxpayerId: mode === 'edge' ? z.string().min(15).max(20).optional() : z.undefined().optional(),
    occurredAt: instant().optional(),
    subject: z.enum(SUBJECTS).default('ours'),
    unit: z.string().max(40).optional(),
    problemType: z.enum(PROBLEM_TYPES),
    personsConcerned: z.array(staff()).default([]),
    serials: z.array(z.string().min(1).max(30)).default([]),
    relatedCases: z.array(z.string().max(20)).default([]),
    matter: text(200),
    attachment: evidence().optional(),
    demand: z.array(z.enum(DEMANDS)).min(1).default(['explanation']),
    amountDisputed: z.union([money(), z.literal('unknown')]).default('unknown'),
    media: z.enum(MEDIA).default('none'),
    safety: z.boolean().default(false),
    repeatOf: z.string().max(20).optional(),
    recording: evidence().optional(),
    /** Acknowledged on the spot by the person who took it in (W2). */
    acknowledged: complaintForms(mode).acknowledge.optional(),
  });
}

export type ComplaintForms = ReturnType<typeof complaintForms>;
/** Answers as they stand in history. */
export type ComplaintAnswers = { [Name in keyof ComplaintForms]: z.output<ComplaintForms[Name]> };
export type ComplaintIntake = z.output<ReturnType<typeof complaintIntakeForm>>;
/** What `complaint open --file` takes. */
export type ComplaintIntakeFile = z.input<ReturnType<typeof complaintIntakeForm>>;
