/**
 * What every visit to a customer has in common, whatever its manual: appointments, hand-overs with both confirmations,
 * money on its way to finance, a stamp that is still to come.
 */
import {
  closeOfDay,
  dayOf,
  instantOf,
  intervals,
  isOpen,
  localText,
  nextOpening,
  workdayAfter,
} from '../../domain/calendar.js';
import type { EvidenceRef, Instant } from '../../domain/case.js';
import { atPlace, withCustomer, type BookingRequest, type Movement } from '../../domain/custody.js';
import type { FormIssue } from '../../domain/forms.js';
import { balance } from '../../domain/issuance.js';
import { HOLDING_TASKS, VISIT_TASKS, type TaskDefinition } from '../../domain/tasks.js';
import type { Kase, TellOptions } from './kase.js';
import type { Wanted } from './holdings.js';
import { allOf, type Objection } from './objections.js';
import type { UndoStep } from './state.js';

/** The part of a case that does not depend on its process. */
export type Desk = Pick<
  Kase<never, never>,
  | 'caseId'
  | 'now'
  | 'policy'
  | 'snapshot'
  | 'offsetMinutes'
  | 'holdings'
  | 'assign'
  | 'duty'
  | 'fact'
  | 'undoLater'
  | 'limitFrom'
  | 'owner'
  | 'openTaskNamed'
>;

/** Cases that began before policy said how early somebody may come. */
const EARLY_MINUTES = 120;

/** One hand-over; what is not said is nobody's confirmation and no time limit. */
export function handOver(
  item: string,
  kind: Movement['kind'],
  from: string,
  to: string,
  more: Partial<Movement> & { rule: string },
): Movement {
  return { item, kind, from, to, givenBy: null, receivedBy: null, dueBackAt: null, keeper: null, ...more };
}

// ---------------------------------------------------------------- appointments

/** Travel kept free after an appointment in a region, in minutes. */
export function travel(kase: Desk, region: string | null): number {
  const { travelByRegion, travelMinutes } = kase.policy.bookings;
  return (region === null ? undefined : travelByRegion[region]) ?? travelMinutes;
}

/** The standing appointment of a kind; of a visit to the bureau either side's. */
export function bookingOf(
  { holdings }: Pick<Desk, 'holdings'>,
  kind: BookingRequest['kind'],
): BookingRequest | undefined {
  return holdings.bookings().find((booking) => booking.kind === kind);
}

/** Keys of standing appointments of a kind. */
export function bookingsOf(kase: Desk, kind: BookingRequest['kind']): string[] {
  return kase.holdings
    .bookings()
    .filter((booking) => booking.kind === kind)
    .map((booking) => booking.key);
}

/** One person's appointment with the customer; the former one of its kind is given up with it. */
export function appointment(
  kase: Desk,
  key: string,
  kind: BookingRequest['kind'],
  given: { technician: string; from: string; to: string },
  region: string | null,
): Wanted {
  const { technician: who, from, to } = given;
  return {
    releases: bookingsOf(kase, kind),
    bookings: [
      {
        key: `${kase.caseId}/${key}`,
        kind,
        who,
        from,
        to,
        bufferMinutes: travel(kase, region),
        region,
      },
    ],
  };
}

/**
 * What a message about a standing appointment is told with: it goes while that stands and lies ahead, and a newer one
 * about the same kind of visit takes its place (AT-28).
 */
export function aboutAppointment(
  kase: Desk,
  kind: BookingRequest['kind'],
): Pick<TellOptions, 'subject' | 'mootWith' | 'usefulUntil'> {
  const booking = bookingOf(kase, kind);
  return booking === undefined
    ? { subject: kind }
    : { subject: kind, mootWith: booking.key, usefulUntil: booking.from };
}

/** A technician and the bureau's counter, for the same time; a moved visit gives the former one up (ISS-07). */
export function bureauVisit(
  kase: Desk,
  key: string,
  bureau: string,
  given: { technician?: string | undefined; from?: Instant | undefined; to?: Instant | undefined },
): Wanted {
  const common = { kind: 'issuance' as const, from: given.from!, to: given.to!, region: null };
  return {
    releases: bookingsOf(kase, 'issuance'),
    bookings: [
      {
        ...common,
        key: `${kase.caseId}/${key}/technician`,
        who: given.technician!,
        bufferMinutes: travel(kase, null),
      },
      { ...common, key: `${kase.caseId}/${key}/bureau`, who: `bureau/${bureau}`, bufferMinutes: 0 },
    ],
  };
}

/** The bureau hears by telephone that nobody comes; a visit that was held needs no calling off (W28). */
export function bureauCalledOff(kase: Desk, step: UndoStep, call: TaskDefinition): 'system' | 'hand' {
  const from = String(step.data['from']);
  if (from <= kase.now) return 'system';
  if (kase.openTaskNamed(call.name) === undefined)
    kase.duty(call, { assignee: kase.owner, context: { from }, holdsClosing: true });
  return 'hand';
}

export function slotProblem(kase: Desk, from: string | undefined, to: string | undefined): Objection {
  if (from === undefined) return { field: 'from', message: 'when the appointment begins' };
  if (to === undefined) return { field: 'to', message: 'when the appointment ends' };
  if (from < kase.now) return { field: 'from', message: 'must lie in the future' };
  return to <= from ? { field: 'to', message: 'must be after from' } : null;
}

export function technicianProblem(kase: Desk, id: string | undefined, field = 'technician'): Objection {
  if (id === undefined) return { field, message: 'who goes there' };
  const person = kase.snapshot.desk.staff[id];
  if (person === undefined)
    return { field, message: 'nobody of that id on the desk; see `aftercare staff list`' };
  return person.roles.includes('engineer')
    ? null
    : { field, message: 'must be a field technician (role engineer); see `aftercare staff list`' };
}

/** What stands against an appointment: its time, and who goes. */
export function visitProblems(
  kase: Desk,
  {
    from,
    to,
    technician,
  }: { from?: string | undefined; to?: string | undefined; technician?: string | undefined },
): FormIssue[] {
  return allOf([slotProblem(kase, from, to), technicianProblem(kase, technician)]);
}

/** Why a time does not suit the bureau's counter, or null: it is closed then (W8). A slot may go on after its lunch. */
export function bureauHoursProblem(kase: Desk, from: Instant, to: Instant): Objection {
  const { calendars } = kase.snapshot;
  const { bureauCalendar } = kase.policy.bookings;
  const { offsetMinutes } = kase;
  if (!isOpen(calendars, bureauCalendar, from)) {
    const next = nextOpening(calendars, bureauCalendar, from).at;
    return {
      field: 'from',
      message: `the bureau is closed then; it opens next on ${localText(next, offsetMinutes)} (W8)`,
    };
  }
  const last = intervals(calendars, bureauCalendar, from, to).at(-1);
  if (last === undefined || last.counted) return null;
  const next = nextOpening(calendars, bureauCalendar, to).at;
  return {
    field: 'to',
    message: `the bureau closes at ${localText(last.from, offsetMinutes)} and opens next on ${localText(next, offsetMinutes)} (W8)`,
  };
}

/** A time the bureau named itself is its word; how that is said belongs to the refusal. */
export function unlessNamed(problem: Objection, said: string): Objection {
  return (
    problem && {
      ...problem,
      message: `${problem.message}; where the officer himself named the time, answer ${said}`,
    }
  );
}

/** The bureau's own word counts, whatever its hours; that it lies outside them is kept in mind (W8, W28). */
export function outsideBureauHours(kase: Desk, from: Instant, to: Instant, by: string): void {
  if (bureauHoursProblem(kase, from, to) !== null)
    kase.fact('flagged', { flag: 'outsideBureauHours', from, to }, by, 'W8');
}

/**
 * What is done at an appointment is not done before it: on its day, and at most so much earlier than policy allows, so
 * that who comes early may answer.
 */
export function tooEarly(kase: Desk, kind: BookingRequest['kind'], field: string): Objection {
  const visit = bookingOf(kase, kind);
  if (visit === undefined) return null;
  const { offsetMinutes } = kase;
  const { earlyMinutes = EARLY_MINUTES } = kase.policy.bookings;
  const early = new Date(Date.parse(visit.from) - earlyMinutes * 60_000).toISOString();
  const midnight = instantOf(dayOf(visit.from, offsetMinutes), '00:00', offsetMinutes);
  const earliest = early > midnight ? early : midnight;
  return kase.now >= earliest
    ? null
    : {
        field,
        message: `not before ${localText(earliest, offsetMinutes)}: the appointment is on ${localText(visit.from, offsetMinutes)}; one that is held earlier is moved first (\`aftercare case reschedule\`)`,
      };
}

// ---------------------------------------------------------------- signature and stamp

/** A form is signed now; a stamp that is not at hand follows within the workdays the policy allows (W24). */
export function stampProblem(
  kase: Desk,
  given: { stamped: boolean; stampMissingReason?: unknown; stampDueOn?: string | undefined },
  workdays: number,
): Objection {
  if (given.stamped) return null;
  if (given.stampMissingReason === undefined)
    return { field: 'stampMissingReason', message: 'why it is not stamped (W24)' };
  const today = dayOf(kase.now, kase.offsetMinutes);
  const last = workdayAfter(kase.snapshot.calendars, 'workdays', today, workdays).on;
  if (given.stampDueOn === undefined || given.stampDueOn > last || given.stampDueOn < today)
    return { field: 'stampDueOn', message: `the stamp comes in by ${last} at the latest (W24)` };
  return null;
}

/** The stamp that was not at hand: who took the signature brings it by the day agreed (W24). */
export function stampOwed(
  kase: Desk,
  given: { stamped: boolean; stampDueOn?: string | undefined },
  by: string,
): void {
  if (given.stamped) return;
  kase.duty(VISIT_TASKS.collectStamp, {
    assignee: by,
    dueAt: closing(kase, given.stampDueOn!),
    context: { missing: 'stamp' },
    holdsClosing: true,
  });
}

/** Whether an answer waives the stamp for good, in writing: the lead's to decide (W24). */
export function waivesStamp(task: string, answer: Record<string, unknown> | undefined): boolean {
  return task === 'collectStamp' && answer?.['waiver'] !== undefined;
}

// ---------------------------------------------------------------- money

/** Money of the customer's is given back when the case is cancelled. */
export function refundable(kase: Desk, amount: number): void {
  if (amount > 0) kase.undoLater('money', { amount });
}

/** So much of the customer's money is not this case's any more: the latest payments first. */
export function notRefundable({ state }: { state: { undo: UndoStep[] } }, amount: number): void {
  let left = amount;
  for (const step of state.undo.filter(({ name }) => name === 'money').reverse()) {
    const paid = Number(step.data['amount']);
    step.data['amount'] = balance(paid, left);
    left = balance(left, paid);
  }
  state.undo = state.undo.filter(({ name, data }) => name !== 'money' || data['amount'] !== 0);
}

/** Undoing a payment: finance refunds it (W27). */
export function refunded(kase: Desk, step: UndoStep): void {
  kase.duty(HOLDING_TASKS.refund, { context: { amount: step.data['amount'] }, holdsClosing: true });
}

/** A cheque that went to finance is watched until it is known whether it cleared (W27). */
export function chequeWatched(kase: Desk, payment: { means: string; paid: number } | undefined): void {
  if (payment?.means === 'cheque')
    kase.duty(VISIT_TASKS.confirmClearing, { context: { amount: payment.paid }, holdsClosing: true });
}

/** Cleared or bounced; a bounced cheque is finance's task, and what was delivered or repaired stays so (W27). */
export function clearingKnown(
  kase: Desk & { state: { undo: UndoStep[] } },
  clearing: 'cleared' | 'bounced',
  amount: number,
  by: string,
): void {
  kase.fact('moneyCleared', { result: clearing }, by, 'W27');
  if (clearing !== 'bounced') return;
  // Nobody is given back what never came.
  notRefundable(kase, amount);
  kase.duty(VISIT_TASKS.recoverPayment, { context: { amount }, holdsClosing: true });
}

export interface Payment {
  paid: number;
  means: string;
  chequeNo?: string | undefined;
  transferRef?: string | undefined;
  payerSignature?: EvidenceRef | undefined;
}

/** What a payment of an amount that is due lacks (D1, W27). */
export function paymentProblem(given: Payment, owed: number): Objection {
  if (given.paid !== owed) return { field: 'paid', message: `${owed} CNY are still due` };
  if (given.means === 'cheque' && given.chequeNo === undefined)
    return { field: 'chequeNo', message: 'required for a cheque' };
  return (given.means === 'transfer' || given.means === 'companyCode') && given.transferRef === undefined
    ? { field: 'transferRef', message: 'required for money that comes by bank' }
    : null;
}

/** Cash and cheques are in the technician's custody until finance has them, the same day (D1). */
export function moneyTaken(
  kase: Desk,
  key: string,
  given: Payment,
  customer: string,
  technician: string,
): Wanted | null {
  if (given.paid === 0 || (given.means !== 'cash' && given.means !== 'cheque')) return null;
  return {
    movements: [
      handOver(`${kase.caseId}/${key}`, given.means, withCustomer(customer), technician, {
        amount: given.paid,
        receivedBy: technician,
        ...(given.payerSignature === undefined ? {} : { givenProof: given.payerSignature }),
        dueBackAt: todaysClose(kase),
        keeper: holder(kase, 'finance'),
        rule: 'D1',
      }),
    ],
  };
}

/** Cash and cheques in our people's hands, on their way to finance, CNY (D1). */
export function moneyHeld(kase: Desk): number {
  return moneyItems(kase).reduce((sum, held) => sum + (held.amount ?? 0), 0);
}

function moneyItems(kase: Desk) {
  return kase.holdings.items().filter((held) => held.kind === 'cash' || held.kind === 'cheque');
}

/** What is handed in is what is held, neither what was paid before nor what came by bank (D1). */
export function handInProblem(kase: Desk, received: number): Objection {
  const held = moneyHeld(kase);
  return received === held
    ? null
    : { field: 'received', message: `${held} CNY in cash and cheques are held and not handed in yet (D1)` };
}

/** All money held for the case goes to finance, both signing (D1). */
export function moneyToFinance(
  kase: Desk,
  given: { technicianSignature: EvidenceRef; financeSignature: EvidenceRef },
  finance: string,
  rule: string,
): Movement[] {
  return moneyItems(kase).map((held) =>
    handOver(held.item, held.kind, held.holder, atPlace('finance'), {
      givenBy: held.holder,
      receivedBy: finance,
      givenProof: given.technicianSignature,
      receivedProof: given.financeSignature,
      rule,
    }),
  );
}

// ---------------------------------------------------------------- times and people

/** First present holder of a role: who looks after what comes back to his place. */
export function holder(kase: Desk, role: string): string | null {
  return kase.assign(role, null, []);
}

/** Close of business on a day; 18:00 where the department is closed. */
export function closing(kase: Desk, day: string): Instant {
  const close = closeOfDay(kase.snapshot.calendars, 'department', day);
  return close?.at ?? instantOf(day, '18:00', kase.offsetMinutes);
}

/**
 * When what was taken along on a visit is due back: at the close of its day (D3); of a visit that goes on beyond that, of
 * the next workday.
 */
export function visitClose(kase: Desk, kind: BookingRequest['kind'] = 'issuance'): Instant {
  const visit = bookingOf(kase, kind);
  const close = closing(kase, dayOf(visit?.from ?? kase.now, kase.offsetMinutes));
  const over = visit !== undefined && visit.to > kase.now ? visit.to : kase.now;
  return over <= close ? close : todaysClose(kase, over);
}

/** When what was taken now is due: close of business today, after it or on a day off of the next workday (D1). */
export function todaysClose(kase: Desk, at: Instant = kase.now): Instant {
  const { limit, calendar } = kase.policy.clocks.custody!;
  return kase.limitFrom(limit, calendar, at);
}
