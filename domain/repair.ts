/**
 * On-site repair (上门服务流程, 热线规范) as plain data and decisions: values, task definitions, the order of inspection,
 * when to call again, when a follow-up is due. Pure and without zod; the forms are in forms-repair.ts.
 */
import {
  addDays,
  closeOfDay,
  dayOf,
  instantOf,
  isWorkday,
  lastWorkdayOnOrBefore,
  localTime,
  nextOpening,
  workdayAfter,
  type Calendars,
} from './calendar.js';
import type { Day, Instant } from './case.js';
import { CASE_TASKS, HOLDING_TASKS, task, VISIT_TASKS } from './tasks.js';

export const READER_LAMP = ['green', 'red', 'off'] as const;
export const SKIP_REASONS = ['customerAway', 'cannotEnter', 'notConcerned', 'declined', 'other'] as const;
export const REMOTE_RESULTS = ['solved', 'simulate', 'visit'] as const;
export const CONTRACT = ['within', 'outside', 'none'] as const;
/** What came of a call (ONS-07). */
export const CONTACT_RESULTS = ['reached', 'noAnswer', 'switchedOff', 'deadNumber'] as const;
/** ONS-08: all of it is packed before anybody leaves. */
export const PACKED = ['spares', 'forms', 'tools'] as const;
export const DAY_PARTS = ['morning', 'afternoon', 'evening'] as const;
export const REPAIR_BACKUP = ['done', 'impossible', 'declined', 'notDone'] as const;
export const FAULT_CLASSES = [
  'connection',
  'software',
  'hardware',
  'network',
  'printing',
  'operation',
  'specialDevice',
  'notOurs',
] as const;
/** ONS-12: the steps of an inspection, in the only order there is (先连接、再软件、最后硬件). */
export const INSPECTION_STEPS = ['connections', 'software', 'hardware'] as const;
export const INSPECTED = ['normal', 'faulty', 'notNeeded'] as const;
export const TREATMENTS = [
  'adjusted',
  'reinstalled',
  'upgraded',
  'replaced',
  'instructed',
  'takenAway',
  'toManufacturer',
] as const;
/** `replace`: a special device must be issued anew at the bureau (W25). `notOurs`: moved on to whom it concerns. */
export const FAULT_RESULTS = ['solved', 'temporary', 'unsolved', 'takenAway', 'replace', 'notOurs'] as const;
export const MACHINES = ['computer', 'printer', 'reader', 'specialDevice'] as const;
export const WORKSHOP_RESULTS = ['repaired', 'notRepaired', 'scrap'] as const;
export const SYSTEM_STATES = ['normal', 'problem', 'notUsed'] as const;

export type Contract = (typeof CONTRACT)[number];
export type DayPart = (typeof DAY_PARTS)[number];
export type FaultClass = (typeof FAULT_CLASSES)[number];
export type FaultResult = (typeof FAULT_RESULTS)[number];
export type Inspected = (typeof INSPECTED)[number];
export type Inspection = Record<(typeof INSPECTION_STEPS)[number], Inspected>;

/** Every task of a repair, in the manual's order. */
export const REPAIR_TASKS = {
  helpRemotely: task('helpRemotely', 'agent', 'frontLine', 'HOT-05'),
  simulateFault: task('simulateFault', 'engineer', 'simulation', 'HOT-06'),
  approveVisit: task('approveVisit', 'supervisor', 'visitApproval', 'HOT-08'),
  tellRefusal: task('tellRefusal', 'agent', 'telling', 'ONS-27'),
  contact: task('contact', 'engineer', 'contact', 'ONS-02'),
  contactToo: task('contactToo', 'agent', 'contact', 'ONS-07'),
  decideVisit: task('decideVisit', 'supervisor', 'decision', 'W30'),
  acceptPaid: task('acceptPaid', 'engineer', 'appointment', 'ONS-09'),
  packUp: task('packUp', 'engineer', null, 'ONS-08'),
  arrive: task('arrive', 'engineer', null, 'ONS-10'),
  repairOnSite: task('repairOnSite', 'engineer', null, 'ONS-11'),
  signForm: task('signForm', 'engineer', 'handIn', 'ONS-17'),
  collectFee: task('collectFee', 'engineer', 'handIn', 'ONS-09'),
  handInMoney: task('handInMoney', 'finance', 'handIn', 'D1'),
  handInForm: task('handInForm', 'technicalService', 'handIn', 'ONS-19'),
  receiveMachine: task('receiveMachine', 'engineer', 'handIn', 'ONS-14'),
  repairMachine: task('repairMachine', 'engineer', 'workshop', 'ONS-14'),
  agreeCost: task('agreeCost', 'agent', 'agreement', 'ONS-14'),
  bookReturn: task('bookReturn', 'agent', 'appointment', 'ONS-14'),
  fetchMachine: task('fetchMachine', 'engineer', null, 'ONS-14'),
  returnMachine: task('returnMachine', 'engineer', null, 'ONS-15'),
  followUp: task('followUp', 'agent', 'visitFollowUp', 'ONS-26'),
  // Beside the main line:
  ...CASE_TASKS,
  ...HOLDING_TASKS,
  ...VISIT_TASKS,
} as const;

/** One fault and how far it is (W22). Fault 1 is what the customer reported. */
export interface Fault {
  no: number;
  class: FaultClass | null;
  covered: boolean;
  /** What the customer agreed to pay for it beside the price of the visit, CNY (W22). */
  price: number;
  result: FaultResult | null;
}

/** Whether nothing more is to be done about a fault here: it is fixed, or moved on to whom it concerns. */
export function isSettled(fault: Pick<Fault, 'result'>): boolean {
  return fault.result === 'solved' || fault.result === 'notOurs';
}

/** What is still to be done after a visit. */
export function openFaults(faults: readonly Fault[]): Fault[] {
  return faults.filter((fault) => !isSettled(fault));
}

/**
 * Why an inspection is out of order, or null (ONS-12): connections are always looked at; a step may be left out only
 * together with every step after it.
 */
export function inspectionProblem(steps: Inspection): string | null {
  let left: string | null = null;
  for (const step of INSPECTION_STEPS) {
    if (steps[step] === 'notNeeded') left ??= step;
    else if (left !== null) return `${step} is inspected after ${left}, which was left out`;
  }
  return left === INSPECTION_STEPS[0] ? 'connections are always inspected first' : null;
}

/** Whether a visit day lies within the contract (forms.md 2: the last day counts). */
export function inContract(contract: Contract, endOn: Day | null, on: Day): boolean {
  return contract === 'within' && (endOn === null || on <= endOn);
}

// ---------------------------------------------------------------- reaching the customer (ONS-07, D7)

/** One unanswered call. */
export interface Attempt {
  at: Instant;
  on: Day;
  part: DayPart;
  by: string;
}

/** When which part of the day begins; calls end at `until`. */
export interface DayPartTimes {
  morning: string;
  afternoon: string;
  evening: string;
  until: string;
}
export interface ContactRules {
  dayParts: number;
  workdays: number;
  parts: DayPartTimes;
}

/** Part of the day an instant lies in; before the morning begins it still is the morning. */
export function dayPartOf(at: Instant, times: DayPartTimes, offsetMinutes: number): DayPart {
  const time = localTime(at, offsetMinutes);
  if (time >= times.evening) return 'evening';
  return time >= times.afternoon ? 'afternoon' : 'morning';
}

/** Enough was tried: so many different parts of the day, on so many days (D7). */
export function contactExhausted(attempts: readonly Attempt[], rules: ContactRules): boolean {
  const parts = new Set(attempts.map((attempt) => attempt.part));
  const days = new Set(attempts.map((attempt) => attempt.on));
  return parts.size >= rules.dayParts && days.size >= rules.workdays;
}

/** Part of the day in which to call again, with its beginning and end. */
export interface NextCall {
  part: DayPart;
  from: Instant;
  until: Instant;
}

/**
 * The next part of a workday that tells something new: one not tried yet, or any on a day not tried yet once enough
 * parts were. Never a part that has begun already in which somebody called.
 */
export function nextCall(
  calendars: Calendars,
  calendar: string,
  attempts: readonly Attempt[],
  now: Instant,
  rules: ContactRules,
  offsetMinutes: number,
): NextCall {
  const tried = new Set(attempts.map((attempt) => attempt.part));
  const triedOn = new Set(attempts.map((attempt) => attempt.on));
  const ends: Record<DayPart, string> = {
    morning: rules.parts.afternoon,
    afternoon: rules.parts.evening,
    evening: rules.parts.until,
  };
  for (
    let day = workdayAfter(calendars, calendar, dayOf(now, offsetMinutes), 0).on;
    ;
    day = workdayAfter(calendars, calendar, day, 1).on
  ) {
    for (const part of DAY_PARTS) {
      const from = instantOf(day, rules.parts[part], offsetMinutes);
      const until = instantOf(day, ends[part], offsetMinutes);
      if (until <= now || attempts.some((attempt) => attempt.on === day && attempt.part === part)) continue;
      const fresh = tried.size >= rules.dayParts ? !triedOn.has(day) : !tried.has(part);
      if (fresh) return { part, from, until };
    }
  }
}

// ---------------------------------------------------------------- filing period (W13)

/**
 * The last day of the filing period (征期) a day lies in, or null outside one. A period runs from the first of its month
 * to its published end.
 */
export function filingPeriodEnd(ends: readonly Day[] | undefined, on: Day): Day | null {
  return ends?.find((end) => end >= on && end.slice(0, 7) === on.slice(0, 7)) ?? null;
}

// ---------------------------------------------------------------- follow-up (ONS-26, D9)

export interface FollowUpTimes {
  plannedAt: Instant;
  dueAt: Instant;
}

/**
 * When the follow-up call is planned and due. Planned on the nth day, due a week after the end of service at the
 * latest; a day off brings either forward, never to the day of the service itself: then the next workday within the
 * week takes its place, and in a week without one the last day, whoever is on call (W9).
 */
export function followUpTimes(
  calendars: Calendars,
  calendar: string,
  endedAt: Instant,
  rules: { plannedDay: number; dueDays: number },
  offsetMinutes: number,
): FollowUpTimes {
  const ended = dayOf(endedAt, offsetMinutes);
  const last = addDays(ended, rules.dueDays);
  const within = (wanted: Day): Day => {
    const before = lastWorkdayOnOrBefore(calendars, calendar, wanted).on;
    if (before > ended) return before;
    const after = workdayAfter(calendars, calendar, addDays(wanted, 1), 0).on;
    return after <= last ? after : last;
  };
  const plannedOn = within(addDays(ended, rules.plannedDay));
  const dueOn = within(last);
  const weekLater = instantOf(last, localTime(endedAt, offsetMinutes), offsetMinutes);
  const close = isWorkday(calendars, calendar, dueOn)
    ? (closeOfDay(calendars, calendar, dueOn)?.at ?? weekLater)
    : weekLater;
  const dueAt = close < weekLater ? close : weekLater;
  const opening = isWorkday(calendars, calendar, plannedOn)
    ? nextOpening(calendars, calendar, instantOf(plannedOn, '00:00', offsetMinutes)).at
    : instantOf(plannedOn, '09:00', offsetMinutes);
  return { plannedAt: opening < dueAt ? opening : dueAt, dueAt };
}

// ---------------------------------------------------------------- counting (ONS-19, ONS-24)

export const FAULT_GROUPINGS = ['class', 'product', 'region'] as const;
export type FaultGrouping = (typeof FAULT_GROUPINGS)[number];

/** A fault as one visit found it; `region` is that of the case. */
export interface FoundFault {
  caseId: string;
  no: number;
  at: Instant;
  class: string;
  product: string | null;
  region: string | null;
  result: FaultResult;
}

export interface FaultCount {
  /** The class, product or region; `-` where the form names none. */
  key: string;
  faults: number;
  /** Of all faults counted, in whole percent. */
  percent: number;
  solved: number;
  open: number;
  movedOn: number;
  /** Visits on which one of them was worked on. */
  visits: number;
  cases: number;
}

/** A machine came back from the workshop and was tested at the customer's. */
export interface MachineBack {
  caseId: string;
  at: Instant;
  works: boolean;
}

/** What the workshop made of the machines it took: whose machine came back working has his fault solved (ONS-15). */
export function afterWorkshop(found: readonly FoundFault[], back: readonly MachineBack[]): FoundFault[] {
  return found.map((fault) =>
    fault.result === 'takenAway' &&
    back.some(({ caseId, at, works }) => works && caseId === fault.caseId && at >= fault.at)
      ? { ...fault, result: 'solved' }
      : fault,
  );
}

/** Counts faults, the most frequent first. A fault that took several visits counts once, as the last one left it. */
export function countFaults(found: readonly FoundFault[], by: FaultGrouping): FaultCount[] {
  const last = new Map<string, FoundFault>();
  for (const fault of [...found].sort((a, b) => (a.at < b.at ? -1 : 1)))
    last.set(`${fault.caseId}/${fault.no}`, fault);
  const groups = new Map<string, FoundFault[]>();
  for (const fault of last.values()) {
    const key = fault[by] ?? '-';
    groups.set(key, [...(groups.get(key) ?? []), fault]);
  }
  const visits = (faults: FoundFault[]) => {
    const ids = new Set(faults.map(({ caseId, no }) => `${caseId}/${no}`));
    return new Set(
      found.filter(({ caseId, no }) => ids.has(`${caseId}/${no}`)).map(({ caseId, at }) => `${caseId} ${at}`),
    ).size;
  };
  return [...groups]
    .map(([key, faults]) => ({
      key,
      faults: faults.length,
      percent: Math.round((100 * faults.length) / last.size),
      solved: faults.filter(({ result }) => result === 'solved').length,
      open: faults.filter((fault) => !isSettled(fault)).length,
      movedOn: faults.filter(({ result }) => result === 'notOurs').length,
      visits: visits(faults),
      cases: new Set(faults.map(({ caseId }) => caseId)).size,
    }))
    .sort((a, b) => b.faults - a.faults || (a.key < b.key ? -1 : 1));
}
