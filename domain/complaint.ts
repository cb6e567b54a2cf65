/**
 * The complaint process as plain data and decisions: values, task definitions, what is major, who approves.
 * Pure and without zod, so that the workflow may use it; the forms are in forms-complaint.ts.
 */
import type { Level } from './case.js';
import { CASE_TASKS, task } from './tasks.js';

export const CHANNELS = [
  'hotline',
  'visit',
  'letter',
  'mail',
  'web',
  'sms',
  'onSite',
  'bureau',
  '12366',
  '12345',
  '12315',
  'manufacturer',
  'media',
] as const;
export const IDENTITIES = ['named', 'confidential', 'anonymous'] as const;
export const SUBJECTS = ['ours', 'unit', 'product'] as const;
export const PROBLEM_TYPES = [
  'productQuality',
  'serviceAttitude',
  'technicalSupport',
  'delivery',
  'charges',
  'misconduct',
] as const;
export const DEMANDS = [
  'explanation',
  'apology',
  'repair',
  'replacement',
  'refund',
  'compensation',
  'staffAction',
  'other',
] as const;
export const MEDIA = ['none', 'threatened', 'exposed'] as const;
/** PRB-02: by severity and scope. Major harms use, may lose the customer or hurt reputation; general has a small effect. */
export const GRADES = ['major', 'important', 'general'] as const;
export const CHANNELS_OF_CONTACT = ['phone', 'sms', 'mail', 'visit'] as const;
export const FINDINGS = ['founded', 'partlyFounded', 'unfounded', 'unverifiable'] as const;
export const OUTCOMES = [
  'satisfied',
  'withdrawn',
  'unreachable',
  'externalRecourse',
  'merged',
  'answeredAnonymous',
  'reclassified',
  'cancelled',
] as const;

export type Grade = (typeof GRADES)[number];
export type Media = (typeof MEDIA)[number];
export type Identity = (typeof IDENTITIES)[number];
export type ComplaintOutcome = (typeof OUTCOMES)[number];

/** Every task of a complaint, in the manual's order (W1). */
export const COMPLAINT_TASKS = {
  acknowledge: task('acknowledge', 'agent', 'firstResponse', 'CMP-03'),
  decideFrontLine: task('decideFrontLine', 'agent', 'frontLine', 'W3'),
  secondLine: task('secondLine', 'secondLine', 'secondLine', 'ESC-02'),
  verifyWithUnit: task('verifyWithUnit', 'agent', 'unitAnswer', 'CMP-06'),
  reportToManufacturer: task('reportToManufacturer', 'agent', 'manufacturerAnswer', 'CMP-07'),
  investigate: task('investigate', 'agent', 'investigation', 'CMP-04'),
  reportToHead: task('reportToHead', 'agent', 'reportToHead', 'CMP-04'),
  decide: task('decide', 'centreManager', 'decision', 'CMP-05'),
  problemMeeting: task('problemMeeting', 'centreManager', 'problemMeeting', 'D13'),
  managerCall: task('managerCall', 'centreManager', 'managerCall', 'D13'),
  planResolution: task('planResolution', 'agent', 'planning', 'PRB-03'),
  approveCompensation: task('approveCompensation', 'supervisor', 'approval', 'W4'),
  agreeResolution: task('agreeResolution', 'agent', 'agreement', 'HOT-14'),
  carryOut: task('carryOut', 'agent', null, 'PRB-03'),
  payCompensation: task('payCompensation', 'finance', 'payment', 'W4'),
  tellResult: task('tellResult', 'agent', 'telling', 'CMP-12'),
  confirmSatisfaction: task('confirmSatisfaction', 'agent', 'satisfaction', 'CMP-10'),
  sendLetter: task('sendLetter', 'agent', 'letter', 'D13'),
  reviewOutcome: task('reviewOutcome', 'supervisor', 'review', 'W32'),
  // Beside the main line:
  ...CASE_TASKS,
  reportToSupervisor: task('reportToSupervisor', 'supervisor', 'supervisorReport', 'ESC-05'),
  interimSolution: task('interimSolution', 'agent', 'interimSolution', 'ESC-06'),
  takeCharge: task('takeCharge', 'level3', 'takeCharge', 'W16'),
  statement: task('statement', 'agent', 'statement', 'W31'),
  confirmWithdrawal: task('confirmWithdrawal', 'agent', 'withdrawalCheck', 'W33'),
  investigateInternally: task('investigateInternally', 'quality', 'internalInvestigation', 'W33'),
  approveReclassification: task('approveReclassification', 'supervisor', 'reclassification', 'W6'),
} as const;
export type ComplaintTask = keyof typeof COMPLAINT_TASKS;

/** What a case knows that can make it major, now or later. */
export interface Severity {
  amountDisputed: number | null;
  media: Media;
  safety: boolean;
  grade: Grade | null;
}

/** Why a complaint is major, by rule, or null (ESC-04, ESC-07, D14: strictly more; unknown does not trigger). */
export function majorBecause(
  facts: Severity,
  policy: { amountAbove: number; media: readonly Media[]; safety: boolean },
): { rule: string; reason: string } | null {
  if (facts.amountDisputed !== null && facts.amountDisputed > policy.amountAbove)
    return { rule: 'ESC-07', reason: 'amount' };
  if (policy.media.includes(facts.media)) return { rule: 'ESC-07', reason: 'media' };
  if (policy.safety && facts.safety) return { rule: 'ESC-04', reason: 'safety' };
  if (facts.grade === 'major') return { rule: 'ESC-04', reason: 'grade' };
  return null;
}

/** The stricter of two grades (W36). */
export function stricterGrade(a: Grade | null, b: Grade | null): Grade | null {
  for (const grade of GRADES) if (a === grade || b === grade) return grade;
  return null;
}

/** Role that approves an amount of compensation (W4); null when nothing is paid. */
export function approverOf(
  amount: number,
  table: readonly { upTo: number | null; role: string }[],
): string | null {
  if (amount <= 0) return null;
  for (const line of table) if (line.upTo === null || amount <= line.upTo) return line.role;
  return table.at(-1)?.role ?? null;
}

/** Level at which a complaint starts: major ones at the policy's level, repeats one up (W35). */
export function startingLevel(major: boolean, repeat: boolean, majorLevel: Level): Level {
  if (major) return majorLevel;
  return repeat ? 'L2' : 'L1';
}
