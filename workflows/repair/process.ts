/**
 * What a repair knows beside its manual: the faults and how far each is, what an answer takes or hands over, what a form
 * alone cannot check, and how it is cancelled.
 */
import { type Channel, type EvidenceRef, type Instant, type Recipient } from '../../domain/case.js';
import { addMinutes, dayOf, instantOf, workdayAfter } from '../../domain/calendar.js';
import { atPlace, isHeldByStaff, withCustomer, type Movement } from '../../domain/custody.js';
import type { IssuanceIntake } from '../../domain/forms-issuance.js';
import type { RepairAnswers, RepairIntake } from '../../domain/forms-repair.js';
import type { FormIssue } from '../../domain/forms.js';
import { balance } from '../../domain/issuance.js';
import {
  contactExhausted,
  dayPartOf,
  filingPeriodEnd,
  followUpTimes,
  inContract,
  inspectionProblem,
  isSettled,
  nextCall,
  openFaults,
  PACKED,
  REPAIR_TASKS as TASKS,
  type Attempt,
  type Contract,
  type Fault,
  type FollowUpTimes,
  type NextCall,
} from '../../domain/repair.js';
import type { Kase, Process, TaskOptions, TellOptions } from '../case/kase.js';
import { SYSTEM } from '../case/system.js';
import type { Wanted } from '../case/holdings.js';
import type { CaseStart } from '../case/messages.js';
import type { TaskState } from '../case/state.js';
import { amountOf, allOf, objectIf, together, type Objection, type Objections } from '../case/objections.js';
import {
  aboutAppointment,
  appointment,
  bookingOf,
  bookingsOf,
  closing,
  visitClose,
  handOver,
  holder,
  handInProblem,
  moneyTaken,
  moneyToFinance,
  refundable,
  refunded,
  stampOwed,
  chequeWatched,
  clearingKnown,
  paymentProblem,
  stampProblem,
  technicianProblem,
  todaysClose,
  tooEarly,
  visitProblems,
} from '../case/visits.js';

export interface RepairInput {
  form: RepairIntake;
  /** How the customer is reached, preferred channel first. */
  channels: Channel[];
  taxpayerId: 'uscc' | 'legacy' | null;
}
export type RepairStart = CaseStart<RepairInput>;

export interface RepairData {
  customer: string;
  channels: Channel[];
  taxpayerId: RepairInput['taxpayerId'];
  faults: Fault[];
  contract: Contract | null;
  contractEnd: string | null;
  /** The customer accepted in writing that this visit is paid (ONS-09). */
  paidAccepted: boolean;
  technician: string | null;
  region: string | null;
  /** Calls that reached nobody since the customer was last heard of (ONS-07). */
  attempts: Attempt[];
  /** Who keeps trying beside the technician (ONS-07). */
  secondCaller: string | null;
  /** Visits to a closed door since the customer was last met (W30). */
  noShows: number;
  /** What the customer owes, and what of it was paid. */
  due: number;
  paid: number;
  /** Devices the bureau has to issue anew (W25). */
  toIssue: NonNullable<RepairAnswers['repairOnSite']['replacement']> | null;
  /** The machine in our hands, if any (ONS-14). */
  taken: Taken | null;
}

interface Taken {
  item: string;
  voucher: string;
  voucherNo: string;
  what: string;
  promisedReturnOn: string;
  limit: number;
  /** What the workshop said; null until it has. */
  fixed: boolean | null;
  cost: number;
}

export type RepairCase = Kase<RepairAnswers, RepairData>;

/** W13: until when a fault that blocks filing is repaired; the name of its clock. */
export const FILING_CLOCK = 'filingRepair';

export const repairProcess: Process<RepairAnswers, RepairData> = {
  name: 'repair',
  tasks: TASKS,
  endings: ['cancelled'],
  handOvers: {
    packUp: 'out',
    handInMoney: 'on',
    handInForm: 'on',
    receiveMachine: 'on',
    fetchMachine: 'on',
    returnMachine: 'on',
  },

  begin(start) {
    const { form, channels, taxpayerId } = start.intake as RepairInput;
    return {
      data: {
        customer: form.customer,
        channels,
        taxpayerId,
        faults: [newFault(1)],
        contract: null,
        contractEnd: form.contractEnd ?? null,
        paidAccepted: false,
        technician: null,
        region: null,
        attempts: [],
        secondCaller: null,
        noShows: 0,
        due: 0,
        paid: 0,
        toIssue: null,
        taken: null,
      },
      row: {
        owner: start.actor.id,
        receivedAt: form.receivedAt as Instant,
        customer: form.customer,
        relatedTo: start.opener ?? form.relatedCases[0] ?? null,
      },
    };
  },

  /** HOT-04, W13: the number, the owner, and how urgent it is. */
  opened(kase) {
    const { form, taxpayerId } = kase.start.intake as RepairInput;
    const { receivedAt } = kase.state.row;
    kase.fact(
      'opened',
      { receivedAt, taxSubBureau: form.taxSubBureau, blocksFiling: form.blocksFiling },
      kase.start.actor.id,
      'HOT-04',
    );
    if (taxpayerId === 'legacy') kase.fact('flagged', { flag: 'legacyTaxpayerId' }, SYSTEM, 'REG-02');
    const agent = kase.assign('agent', kase.start.actor.id, []);
    if (agent !== null && agent !== kase.owner) kase.setOwner(agent, SYSTEM, 'CMP-20');
    if (form.blocksFiling) startFilingClock(kase);
  },

  claims(kase, task, answer, by): Wanted | null {
    switch (task.name) {
      case 'contact':
      case 'contactToo': {
        const given = answer as RepairAnswers['contact'];
        if (given.result !== 'reached') return null;
        const { technician, from, to } = given;
        const region = given.region ?? kase.data.region;
        return appointment(
          kase,
          task.key,
          'visit',
          { technician: technician!, from: from!, to: to! },
          region,
        );
      }
      case 'acceptPaid':
        return (answer as RepairAnswers['acceptPaid']).accepted
          ? null
          : { releases: bookingsOf(kase, 'visit') };
      case 'packUp':
        return sparesBorrowed(kase, answer as RepairAnswers['packUp']);
      case 'arrive': {
        const given = answer as RepairAnswers['arrive'];
        return given.present && given.backup !== 'notDone' ? null : { releases: bookingsOf(kase, 'visit') };
      }
      case 'repairOnSite':
        return changedOnSite(kase, answer as RepairAnswers['repairOnSite'], by);
      case 'signForm':
        return {
          kept: bookingsOf(kase, 'visit'),
          movements: [
            handOver(receiptOf(kase), 'receipt', withCustomer(kase.data.customer), by, {
              receivedBy: by,
              givenProof: (answer as RepairAnswers['signForm']).signature,
              dueBackAt: todaysClose(kase),
              keeper: holder(kase, 'technicalService'),
              rule: 'ONS-23',
            }),
          ],
        };
      case 'collectFee':
        return moneyTaken(
          kase,
          (answer as RepairAnswers['collectFee']).means + task.key.slice(task.name.length),
          answer as RepairAnswers['collectFee'],
          kase.data.customer,
          by,
        );
      case 'handInMoney':
        return { movements: moneyToFinance(kase, answer as RepairAnswers['handInMoney'], by, 'D1') };
      case 'handInForm': {
        const given = answer as RepairAnswers['handInForm'];
        return {
          movements: heldOfKind(kase, 'receipt').map((held) =>
            handOver(held.item, 'receipt', held.holder, atPlace('archive'), {
              givenBy: held.holder,
              receivedBy: by,
              givenProof: given.technicianSignature,
              receivedProof: given.receiverSignature,
              rule: 'ONS-23',
            }),
          ),
        };
      }
      case 'receiveMachine': {
        const given = answer as RepairAnswers['receiveMachine'];
        return machineMoves(kase, atPlace('workshop'), {
          receivedBy: by,
          givenProof: given.technicianSignature,
          receivedProof: given.workshopSignature,
          dueBackAt: promisedReturn(kase),
          keeper: by,
        });
      }
      case 'bookReturn':
        return appointment(kase, task.key, 'return', answer as RepairAnswers['bookReturn'], kase.data.region);
      case 'fetchMachine': {
        const given = answer as RepairAnswers['fetchMachine'];
        return machineMoves(kase, by, {
          givenBy: heldOfKind(kase, 'machine')[0]?.keeper ?? null,
          receivedBy: by,
          givenProof: given.workshopSignature,
          receivedProof: given.technicianSignature,
          dueBackAt: todaysClose(kase),
          keeper: kase.owner,
        });
      }
      case 'returnMachine':
        return machineReturned(kase, answer as RepairAnswers['returnMachine'], by);
      case 'returnItems':
        return voucherBack(kase, (answer as RepairAnswers['returnItems']).items);
      default:
        return null;
    }
  },

  answered(kase, task, raw, by) {
    const { data } = kase;
    if ('lapsed' in raw) return;
    switch (task.name) {
      case 'helpRemotely': {
        const given = raw as RepairAnswers['helpRemotely'];
        if (given.result === 'visit') promiseCall(kase, by);
        if (given.result !== 'simulate') return;
        const { simulation } = kase.policy.clocks;
        const due = given.promiseAt ?? kase.limitFrom(simulation!.limit, simulation!.calendar);
        promiseAnswer(kase, due, given.engineer!, by, 'HOT-06');
        return;
      }
      case 'simulateFault': {
        const given = raw as RepairAnswers['simulateFault'];
        kase.promiseKept(by);
        if (given.result === 'visit') promiseCall(kase, by);
        if (given.result !== 'longer') return;
        kase.promise(given.promiseAt!, 'HOT-18', by);
        tellMovedTo(kase, given.promiseAt!, by);
        return;
      }
      case 'keepPromise': {
        const given = raw as RepairAnswers['keepPromise'];
        if (given.decision !== 'repromise' || given.promiseAt === undefined) return;
        kase.promise(given.promiseAt, 'W14', by);
        tellMovedTo(kase, given.promiseAt, kase.currentHolder());
        return;
      }
      case 'callAboutDelay': {
        const given = raw as RepairAnswers['callAboutDelay'];
        if (given.promiseAt !== undefined) kase.promise(given.promiseAt, 'W14', by);
        return;
      }
      case 'approveVisit':
        data.technician = (raw as RepairAnswers['approveVisit']).technician ?? null;
        return;
      case 'tellRefusal':
        kase.promiseKept(by);
        return;
      case 'contact':
        contacted(kase, raw as RepairAnswers['contact'], by);
        return;
      case 'contactToo':
        contactedToo(kase, raw as RepairAnswers['contact'], by);
        return;
      case 'acceptPaid': {
        const given = raw as RepairAnswers['acceptPaid'];
        data.paidAccepted = given.accepted;
        if (!given.accepted) data.due = 0;
        return;
      }
      case 'packUp': {
        const { expectedAt } = raw as RepairAnswers['packUp'];
        const visit = bookingOf(kase, 'visit');
        if (expectedAt === undefined || visit === undefined || expectedAt <= lateFrom(kase, visit.from))
          return;
        kase.tellCustomer('rep.late', {
          rule: 'ONS-06',
          params: { staff: { staff: by }, time: { at: expectedAt } },
          ...aboutAppointment(kase, 'visit'),
          usefulUntil: expectedAt,
        });
        return;
      }
      case 'arrive': {
        const given = raw as RepairAnswers['arrive'];
        data.noShows = given.present ? 0 : data.noShows + 1;
        if (given.present) return;
        kase.fact('flagged', { flag: 'nobodyThere', times: data.noShows }, by, 'W30');
        return;
      }
      case 'repairOnSite':
        workedOnSite(kase, raw as RepairAnswers['repairOnSite']);
        return;
      case 'signForm':
        stampOwed(kase, raw as RepairAnswers['signForm'], by);
        return;
      case 'collectFee': {
        const given = raw as RepairAnswers['collectFee'];
        data.paid += given.paid;
        refundable(kase, given.paid);
        return;
      }
      case 'handInMoney':
        chequeWatched(kase, kase.answerOf('collectFee'));
        return;
      case 'confirmClearing':
        clearingKnown(kase, (raw as RepairAnswers['confirmClearing']).clearing, amountOf(task), by);
        return;
      case 'recoverPayment':
        refundable(kase, amountOf(task));
        return;
      case 'repairMachine': {
        const given = raw as RepairAnswers['repairMachine'];
        data.taken!.fixed = given.result === 'repaired';
        data.taken!.cost = given.cost;
        return;
      }
      case 'agreeCost':
        // Not agreed: the machine goes back as it is, and nothing is owed for it.
        if (!(raw as RepairAnswers['agreeCost']).accepted)
          Object.assign(data.taken!, { fixed: false, cost: 0 });
        return;
      case 'bookReturn': {
        const given = raw as RepairAnswers['bookReturn'];
        const { what, voucherNo, fixed } = data.taken!;
        kase.tellCustomer(fixed === true ? 'rep.return' : 'rep.returnAsIs', {
          rule: 'ONS-14',
          params: {
            machine: { word: `machine:${what}` },
            staff: { staff: given.technician },
            time: { at: given.from },
            voucherNo,
          },
          ...aboutAppointment(kase, 'return'),
        });
        return;
      }
      case 'returnMachine': {
        const given = raw as RepairAnswers['returnMachine'];
        if (!given.present) {
          kase.fact('flagged', { flag: 'nobodyThere', times: 1 }, by, 'W30');
          return;
        }
        for (const fault of data.faults) {
          if (fault.result !== 'takenAway') continue;
          fault.result = given.works === true ? 'solved' : 'unsolved';
          if (fault.covered || given.works !== true) continue;
          data.due += data.taken!.cost;
          // Several faults of one machine are one bill.
          data.taken!.cost = 0;
        }
        data.taken = null;
        if (data.faults.every(isSettled)) kase.stopClock(FILING_CLOCK);
        return;
      }
      case 'followUp': {
        const given = raw as RepairAnswers['followUp'];
        if (given.systemState === 'problem') data.faults.push(newFault(data.faults.length + 1));
        return;
      }
      default:
        return;
    }
  },

  objection(kase, task, answer) {
    switch (task.name) {
      case 'helpRemotely': {
        const { engineer } = answer as RepairAnswers['helpRemotely'];
        return together([
          engineer === undefined ? null : technicianProblem(kase, engineer, 'engineer'),
          future(kase, answer['promiseAt']),
        ]);
      }
      case 'simulateFault':
        if (answer['result'] === 'longer' && answer['promiseAt'] === undefined)
          return { field: 'promiseAt', message: 'by when the customer was promised the result (HOT-18)' };
        return future(kase, answer['promiseAt']);
      case 'keepPromise':
        if (answer['decision'] === 'repromise' && answer['promiseAt'] === undefined)
          return { field: 'promiseAt', message: 'a new promise names its instant (HOT-18)' };
        return future(kase, answer['promiseAt']);
      case 'callAboutDelay':
        return future(kase, answer['promiseAt']);
      case 'approveVisit': {
        const given = answer as RepairAnswers['approveVisit'];
        if (given.decision === 'refused')
          return given.reason === undefined
            ? { field: 'reason', message: 'a refusal gives its reason; the customer is told (ONS-27)' }
            : null;
        return given.technician === undefined ? null : technicianProblem(kase, given.technician);
      }
      case 'contact':
      case 'contactToo':
        return contactProblem(kase, answer as RepairAnswers['contact']);
      case 'acceptPaid': {
        const given = answer as RepairAnswers['acceptPaid'];
        return given.accepted && given.consent === undefined
          ? { field: 'consent', message: 'paid service is accepted in writing (ONS-09)' }
          : null;
      }
      case 'packUp': {
        const given = answer as RepairAnswers['packUp'];
        const forgotten = PACKED.filter((item) => !given.packed.includes(item));
        const signed = given.keeperSignature !== undefined && given.borrowerSignature !== undefined;
        return together([
          objectIf(forgotten.length > 0, 'packed', `not packed: ${forgotten.join(', ')} (ONS-08)`),
          objectIf(
            given.spares.length > 0 && !signed,
            'keeperSignature',
            'keeper and borrower both sign for spares (AT-43)',
          ),
        ]);
      }
      case 'arrive':
        return tooEarly(kase, 'visit', 'present') ?? arrivalProblem(kase, answer as RepairAnswers['arrive']);
      case 'repairOnSite':
        return (
          tooEarly(kase, 'visit', 'faults') ?? onSiteProblem(kase, answer as RepairAnswers['repairOnSite'])
        );
      case 'signForm':
        return stampProblem(kase, answer as RepairAnswers['signForm'], kase.policy.repair.stampWorkdays);
      case 'collectFee':
        return paymentProblem(answer as RepairAnswers['collectFee'], owed(kase));
      case 'handInMoney':
        return handInProblem(kase, (answer as RepairAnswers['handInMoney']).received);
      case 'agreeCost': {
        const given = answer as RepairAnswers['agreeCost'];
        return given.accepted && given.consent === undefined
          ? { field: 'consent', message: 'more than the limit agreed needs new consent (ONS-14)' }
          : null;
      }
      case 'bookReturn': {
        return together(visitProblems(kase, answer as RepairAnswers['bookReturn']));
      }
      case 'returnMachine':
        return tooEarly(kase, 'return', 'present') ?? returnProblem(answer as RepairAnswers['returnMachine']);
      case 'followUp':
        return together([
          answer['initiatedBy'] === 'customer' ? null : calledTooSoon(kase, task),
          objectIf(
            answer['systemState'] !== 'notUsed' && answer['visitSatisfaction'] === undefined,
            'visitSatisfaction',
            'asked at every follow-up of a visit, 1 to 5 (ONS-26)',
          ),
        ]);
      default:
        return null;
    }
  },

  tellMoved(kase, dueAt) {
    tellMovedTo(kase, dueAt, kase.currentHolder());
  },

  customers(data): { to: Recipient; channels: Channel[] }[] {
    return [{ to: { kind: 'customer', id: data.customer }, channels: data.channels }];
  },

  undo(kase, step) {
    if (step.name !== 'money') return null;
    refunded(kase, step);
    return 'hand';
  },

  async conclude(kase, ending) {
    if (ending.kind !== 'cancelled') throw new Error(`a repair does not end ${ending.kind}`);
    await kase.effect('undo', () => kase.holdings.undoAll());
    kase.once('cancelled', () =>
      kase.tellCustomer('rep.cancelled', {
        rule: 'ISS-25',
        params: { staff: { staff: kase.owner } },
      }),
    );
    return kase.close('cancelled', 'ISS-25');
  },
};

// ---------------------------------------------------------------- leads and times

/** Who may approve a visit, one after another: the responsible lead, his substitute, the manager (W15). */
export function leadsOf(kase: RepairCase): { assignee: string; role: string }[] {
  const lead = kase.levelPerson('supervisor');
  const substitute = lead === null ? null : (kase.snapshot.desk.staff[lead]?.substitute ?? null);
  const manager = kase.assign('centreManager', null, [kase.owner]);
  const leads = [
    { assignee: lead, role: 'supervisor' },
    { assignee: substitute, role: 'supervisor' },
    { assignee: manager, role: 'centreManager' },
  ].filter((each): each is { assignee: string; role: string } => each.assignee !== null);
  return leads.filter((each, i) => leads.findIndex((other) => other.assignee === each.assignee) === i);
}

/** The lead hears of what the manual allows only with his knowledge (ONS-07, ONS-09, W23). */
export function tellLead(
  kase: RepairCase,
  template: 'staff.riskTaken' | 'staff.paidVisit' | 'staff.notReached',
  rule: string,
): void {
  const lead = kase.levelPerson('supervisor');
  if (lead !== null)
    kase.tellStaff(template, lead, {
      rule,
      params: { staff: { staff: kase.data.technician ?? kase.owner } },
    });
}

export function approvalDue(kase: RepairCase): Instant {
  const { limit, calendar } = kase.policy.clocks.visitApproval!;
  return kase.limitFrom(limit, calendar);
}

export function tellingDue(kase: RepairCase): Instant {
  const { limit, calendar } = kase.policy.clocks.telling!;
  return kase.limitFrom(limit, calendar);
}

/** Until when a customer who cannot be reached is waited for (W29). */
export function suspendedUntil(kase: RepairCase): Instant {
  return kase.limitFrom({ workdays: kase.policy.repair.contact.suspendWorkdays }, 'workdays');
}

/** The time of the appointment, or a little while for what is late already. */
export function laterOf(kase: RepairCase, at: Instant): Instant {
  return at > kase.now ? at : kase.limitFrom({ hours: 2 }, 'department');
}

// ---------------------------------------------------------------- promises and calls

/** The customer hears who answers by when; the instant is a clock of its own (HOT-06, HOT-18). */
function promiseAnswer(kase: RepairCase, dueAt: Instant, who: string, by: string, rule: string): void {
  kase.promise(dueAt, rule, by);
  kase.tellCustomer('rep.accepted', {
    rule,
    params: { staff: { staff: who }, time: { at: kase.state.promise!.dueAt } },
    ...aboutPromise(kase),
    // Said to a customer who has just called, at whatever hour he did (W40).
    urgency: kase.replyUrgency(kase.state.row.receivedAt),
  });
}

/** A visit was asked for: whatever the lead decides, somebody calls back within the time for an appointment. */
function promiseCall(kase: RepairCase, by: string): void {
  const clock = kase.policy.clocks.appointment!;
  promiseAnswer(kase, kase.limitFrom(clock.limit, clock.calendar), kase.owner, by, 'HOT-08');
}

function tellMovedTo(kase: RepairCase, dueAt: Instant, staff: string): void {
  kase.tellCustomer('rep.dateChanged', {
    rule: 'W14',
    params: { staff: { staff }, time: { at: dueAt } },
    subject: 'promise',
    ...aboutPromise(kase),
  });
}

/** Told while the promise stands and lies ahead (AT-28); who made it calls by then, or it moves and that is told. */
function aboutPromise(kase: RepairCase): Pick<TellOptions, 'mootWith' | 'usefulUntil' | 'calledAnyway'> {
  const { key, dueAt } = kase.state.promise!;
  return { mootWith: key, usefulUntil: dueAt, calledAnyway: true };
}

/** Parts of the day in which nobody was reached yet: when to call next (ONS-07, D7). */
function callPlan(kase: RepairCase): NextCall {
  return nextCall(
    kase.snapshot.calendars,
    'workdays',
    kase.data.attempts,
    kase.now,
    kase.policy.repair.contact,
    kase.offsetMinutes,
  );
}

/** The technician's next call: by when it was promised, or in the next part of the day after one that nobody answered. */
export function contactOptions(kase: RepairCase): TaskOptions {
  const assignee = kase.data.technician;
  const { promise } = kase.state;
  if (kase.data.attempts.length === 0)
    return promise === null ? { assignee } : { assignee, dueAt: promise.dueAt };
  const plan = callPlan(kase);
  return { assignee, dueAt: plan.until, context: { part: plan.part, notBefore: plan.from } };
}

/** Whether every call there should be was made in vain (D7). */
export function triedEnough(kase: RepairCase): boolean {
  return contactExhausted(kase.data.attempts, kase.policy.repair.contact);
}

function contacted(kase: RepairCase, given: RepairAnswers['contact'], by: string): void {
  const { data } = kase;
  kase.promiseKept(by);
  if (given.result !== 'reached') {
    // The second caller noted his own attempt before he handed it on.
    if (data.attempts.at(-1)?.at !== kase.now || data.attempts.at(-1)?.by !== by) noteAttempt(kase, by);
    data.secondCaller = given.handTo ?? data.secondCaller;
    if (triedEnough(kase)) return;
    if (kase.openTaskNamed('contactToo') === undefined) askSecondCaller(kase, by);
    else replan(kase, 'contactToo');
    return;
  }
  const before = data.technician;
  const moved = kase.state.occurrences['visitAgreed'] !== undefined;
  kase.occurrence('visitAgreed');
  data.attempts = [];
  data.technician = given.technician!;
  data.region = given.region ?? data.region;
  data.contract = given.contract!;
  data.contractEnd = given.contractEnd ?? data.contractEnd;
  if (outOfContract(kase) && !data.paidAccepted) data.due = given.amount ?? 0;
  kase.mootAll(['contactToo'], 'reached');
  kase.tellCustomer(moved && before !== given.technician ? 'rep.substitute' : 'rep.appointment', {
    rule: 'ONS-06',
    params: { staff: { staff: given.technician! }, time: { at: given.from! } },
    ...aboutAppointment(kase, 'visit'),
  });
}

/** The second caller's answer counts as the technician's: the first success closes the other (W29). */
function contactedToo(kase: RepairCase, given: RepairAnswers['contact'], by: string): void {
  const main = kase.openTaskNamed('contact');
  if (main === undefined) return;
  if (given.result === 'reached') {
    kase.applyAnswer(main, given as Record<string, unknown>, by, null);
    return;
  }
  noteAttempt(kase, by);
  if (triedEnough(kase)) {
    kase.applyAnswer(main, given as Record<string, unknown>, by, null);
    return;
  }
  replan(kase, 'contact');
  askSecondCaller(kase, by);
}

function noteAttempt(kase: RepairCase, by: string): void {
  const { parts } = kase.policy.repair.contact;
  const at = kase.now;
  const attempt = {
    at,
    on: dayOf(at, kase.offsetMinutes),
    part: dayPartOf(at, parts, kase.offsetMinutes),
    by,
  };
  kase.data.attempts.push(attempt);
  kase.fact('flagged', { flag: 'notReached', ...attempt }, by, 'ONS-07');
}

function askSecondCaller(kase: RepairCase, by: string): void {
  const plan = callPlan(kase);
  kase.duty(TASKS.contactToo, {
    assignee: kase.data.secondCaller,
    dueAt: plan.until,
    context: { part: plan.part, notBefore: plan.from },
    ...(kase.data.secondCaller === by
      ? {}
      : {
          notice: { template: 'staff.taskOpened', params: { due: { at: plan.until }, staff: { staff: by } } },
        }),
  });
}

/** Somebody called in vain: the other's next call is in another part of the day (ONS-07). */
function replan(kase: RepairCase, name: 'contact' | 'contactToo'): void {
  const task = kase.openTaskNamed(name);
  if (task === undefined) return;
  const plan = callPlan(kase);
  kase.relimit(task.key, { at: plan.until }, 'wall');
  task.context = { ...task.context, part: plan.part, notBefore: plan.from };
  kase.touchTask(task.key);
}

// ---------------------------------------------------------------- urgency, contract, money

/** A fault that blocks filing is repaired the same or the next day, and before the filing period ends (W13). */
function startFilingClock(kase: RepairCase): void {
  const { receivedAt } = kase.state.row;
  const { calendar } = kase.policy.clocks.filingRepair!;
  const clock = kase.startPolicyClock(FILING_CLOCK, FILING_CLOCK, { at: receivedAt });
  const today = dayOf(receivedAt, kase.offsetMinutes);
  const end = filingPeriodEnd(kase.snapshot.calendars[calendar]?.filingPeriodEnds, today);
  kase.fact('flagged', { flag: 'urgent', filingPeriodEnd: end }, SYSTEM, 'W13');
  if (end === null) return;
  const lastMinute = closing(kase, end);
  if (lastMinute > kase.now && lastMinute < clock.dueAt)
    kase.relimit(FILING_CLOCK, { at: lastMinute }, 'wall');
}

/** Whether the agreed visit lies outside the service contract (ONS-09). */
export function outOfContract(kase: RepairCase): boolean {
  const { contract, contractEnd } = kase.data;
  const visit = bookingOf(kase, 'visit');
  return !inContract(contract ?? 'none', contractEnd, dayOf(visit?.from ?? kase.now, kase.offsetMinutes));
}

/** What the customer still owes. */
export function owed(kase: RepairCase): number {
  return balance(kase.data.due, kase.data.paid);
}

function lateFrom(kase: RepairCase, from: Instant): Instant {
  return addMinutes(kase.snapshot.calendars, 'wall', from, kase.policy.repair.lateMinutes).at;
}

// ---------------------------------------------------------------- the visit

/** Every fault with what came of it; what is replaced, taken away and owed (W22). */
function workedOnSite(kase: RepairCase, given: RepairAnswers['repairOnSite']): void {
  const { data } = kase;
  for (const line of given.faults) {
    const { no, class: kind, covered, result } = line;
    let fault = data.faults.find((each) => each.no === no);
    if (fault === undefined) data.faults.push((fault = newFault(no)));
    // The reported fault of a paid visit is in the price agreed before it (ONS-09); no fault is charged twice.
    const price = covered || (no === 1 && data.paidAccepted) ? 0 : (line.price ?? fault.price);
    data.due += price - fault.price;
    Object.assign(fault, { class: kind, covered, price, result });
    kase.findableBy(line.parts.flatMap((part) => [part.oldSerial, part.newSerial]));
  }
  data.toIssue = given.replacement ?? null;
  kase.findableBy(given.replacement?.devices.map((device) => device.replacesSerial) ?? []);
  if (given.taken !== undefined) {
    const { item, voucherNo, promisedReturnOn, limit } = given.taken;
    data.taken = {
      item: machineOf(kase),
      voucher: voucherOf(kase),
      voucherNo,
      what: item,
      promisedReturnOn,
      limit,
      fixed: null,
      cost: 0,
    };
  }
  if (data.faults.every(isSettled)) kase.stopClock(FILING_CLOCK);
}

function newFault(no: number): Fault {
  return { no, class: null, covered: true, price: 0, result: null };
}

/** Once more round: nothing of the former visit's counting is left. */
export function beginNextVisit(kase: RepairCase): void {
  kase.data.attempts = [];
  kase.data.noShows = 0;
  kase.data.toIssue = null;
  kase.raiseOne('unsolved', 'ONS-27', SYSTEM);
  kase.startRound('ONS-27');
}

/** What is not needed goes back today; what was taken out, by the next workday's morning (ONS-22, D8). */
export function giveBack(kase: RepairCase): void {
  const groups = [
    { items: [...heldOfKind(kase, 'spare'), ...heldOfKind(kase, 'device')], reason: 'spares' },
    { items: heldOfKind(kase, 'replacedPart'), reason: 'replaced' },
  ];
  for (const { items, reason } of groups) {
    const [first] = items;
    if (first === undefined) continue;
    kase.duty(TASKS.returnItems, {
      role: 'warehouse',
      ...(first.dueBackAt === null ? {} : { dueAt: first.dueBackAt }),
      context: {
        items: items.map(({ item }) => item),
        holder: first.holder,
        to: atPlace('warehouse'),
        reason,
      },
      holdsClosing: true,
    });
  }
}

/** Intake of the issuance that a replaced device needs (W25), or null. */
export function replacementOrder(kase: RepairCase): {
  process: 'issuance';
  intake: { form: IssuanceIntake; channels: Channel[]; taxpayerId: RepairInput['taxpayerId'] };
  serials: string[];
} | null {
  const { toIssue, customer, channels, taxpayerId } = kase.data;
  if (toIssue === null) return null;
  const { noticeNo, noticeOn, bureau, devices } = toIssue;
  return {
    process: 'issuance',
    intake: {
      form: {
        receivedAt: kase.now,
        customer,
        noticeNo,
        noticeOn,
        bureau,
        kind: 'replacement',
        taxpayerType: 'general',
        invoiceKinds: ['ordinary'],
        devices,
        relatedCases: [kase.caseId],
      },
      channels,
      taxpayerId,
    },
    serials: devices.map((device) => device.replacesSerial),
  };
}

/** The bureau issued the device and it works at the customer's; or it came to nothing and the fault stays (W25). */
export function replaced(kase: RepairCase, outcome: string): void {
  for (const fault of kase.data.faults)
    if (fault.result === 'replace') fault.result = outcome === 'activated' ? 'solved' : 'unsolved';
  if (kase.data.faults.every(isSettled)) kase.stopClock(FILING_CLOCK);
}

/** How many faults wait for another visit. */
export function faultsLeft(kase: RepairCase): number {
  return openFaults(kase.data.faults).length;
}

/** Planned and due time of the follow-up call (ONS-26, D9). */
export function followUpPlan(kase: RepairCase): FollowUpTimes {
  const { limit } = kase.policy.clocks.visitFollowUp!;
  return followUpTimes(
    kase.snapshot.calendars,
    'workdays',
    kase.now,
    {
      plannedDay: kase.policy.repair.followUpDay,
      dueDays: 'calendarDays' in limit ? limit.calendarDays : 7,
    },
    kase.offsetMinutes,
  );
}

// ---------------------------------------------------------------- what an answer takes or hands over

function heldOfKind(kase: RepairCase, kind: Movement['kind']) {
  return kase.holdings.items().filter((held) => held.kind === kind);
}

/** One visit, one receipt, one machine, one voucher: each visit has its own. */
const receiptOf = (kase: RepairCase) => `${kase.caseId}/receipt#${kase.round}`;
const machineOf = (kase: RepairCase) => `${kase.caseId}/machine#${kase.round}`;
const voucherOf = (kase: RepairCase) => `${kase.caseId}/voucher#${kase.round}`;

/** The machine is the customer's again by the end of the day that was promised on the voucher. */
export function promisedReturn(kase: RepairCase, day = kase.data.taken?.promisedReturnOn): Instant {
  return closing(kase, day ?? dayOf(kase.now, kase.offsetMinutes));
}

function sparesBorrowed(kase: RepairCase, given: RepairAnswers['packUp']): Wanted | null {
  if (given.spares.length === 0) return null;
  const visit = bookingOf(kase, 'visit');
  const keeper = holder(kase, 'warehouse');
  const borrower = visit?.who ?? kase.data.technician!;
  return {
    movements: given.spares.map(({ serial, kind }) =>
      handOver(serial, kind, atPlace('warehouse'), borrower, {
        givenBy: keeper,
        receivedBy: borrower,
        ...proofs(given.keeperSignature, given.borrowerSignature),
        keeper,
        dueBackAt: visitClose(kase, 'visit'),
        rule: 'D3',
      }),
    ),
  };
}

function proofs(
  givenProof: EvidenceRef | undefined,
  receivedProof: EvidenceRef | undefined,
): Pick<Movement, 'givenProof' | 'receivedProof'> {
  return {
    ...(givenProof === undefined ? {} : { givenProof }),
    ...(receivedProof === undefined ? {} : { receivedProof }),
  };
}

/** New parts become the customer's, old ones are ours to hand in; a machine leaves only against a voucher (ONS-14, 22). */
function changedOnSite(
  kase: RepairCase,
  given: RepairAnswers['repairOnSite'],
  technician: string,
): Wanted | null {
  const customer = withCustomer(kase.data.customer);
  const movements: Movement[] = [];
  for (const part of given.faults.flatMap((fault) => fault.parts)) {
    const fresh = part.newSerial === undefined ? undefined : kase.holdings.item(part.newSerial);
    if (fresh !== undefined)
      movements.push(
        handOver(fresh.item, fresh.kind, fresh.holder, customer, { givenBy: technician, rule: 'ONS-22' }),
      );
    if (part.oldSerial !== undefined)
      movements.push(
        handOver(`${kase.caseId}/replaced/${part.oldSerial}`, 'replacedPart', customer, technician, {
          receivedBy: technician,
          dueBackAt: replacedBackAt(kase),
          keeper: holder(kase, 'warehouse'),
          rule: 'ONS-22',
        }),
      );
  }
  const { taken } = given;
  if (taken !== undefined)
    movements.push(
      handOver(machineOf(kase), 'machine', customer, technician, {
        model: taken.model,
        receivedBy: technician,
        givenProof: taken.consent,
        dueBackAt: promisedReturn(kase, taken.promisedReturnOn),
        keeper: kase.owner,
        rule: 'ONS-14',
      }),
      handOver(voucherOf(kase), 'voucher', technician, customer, { givenBy: technician, rule: 'ONS-14' }),
    );
  return movements.length === 0 ? null : { movements };
}

/** Replaced devices are back by the next workday's morning (D8). */
function replacedBackAt(kase: RepairCase): Instant {
  const today = dayOf(kase.now, kase.offsetMinutes);
  const next = workdayAfter(kase.snapshot.calendars, 'workdays', today, 1).on;
  return instantOf(next, kase.policy.repair.replacedBackAt, kase.offsetMinutes);
}

function machineMoves(kase: RepairCase, to: string, more: Partial<Movement>): Wanted {
  return {
    movements: heldOfKind(kase, 'machine').map((held) =>
      handOver(held.item, 'machine', held.holder, to, {
        givenBy: isHeldByStaff(held.holder) ? held.holder : null,
        ...more,
        rule: 'ONS-14',
      }),
    ),
  };
}

/** The machine is the customer's again, the voucher ours; nothing moves when nobody was there. */
function machineReturned(
  kase: RepairCase,
  given: RepairAnswers['returnMachine'],
  technician: string,
): Wanted | null {
  if (!given.present) return { releases: bookingsOf(kase, 'return') };
  const { movements = [] } = machineMoves(kase, withCustomer(kase.data.customer), {
    givenBy: technician,
    ...proofs(undefined, given.receiverSignature),
  });
  const voucher = given.voucherTakenBack ? (voucherBack(kase, [kase.data.taken!.item])?.movements ?? []) : [];
  return { movements: [...movements, ...voucher], kept: bookingsOf(kase, 'return') };
}

/** With the machine the voucher comes back, whoever brings it (ONS-14). */
function voucherBack(kase: RepairCase, items: readonly string[]): Wanted | null {
  const { taken, customer } = kase.data;
  if (taken === null || !items.includes(taken.item)) return null;
  return {
    movements: [
      handOver(taken.voucher, 'voucher', withCustomer(customer), atPlace('archive'), { rule: 'ONS-14' }),
    ],
  };
}

// ---------------------------------------------------------------- what a form alone cannot check

function future(kase: RepairCase, at: unknown): Objection {
  return typeof at === 'string' && at <= kase.now
    ? { field: 'promiseAt', message: 'must lie in the future' }
    : null;
}

/** The call asks how the system ran since: on its planned day at the earliest (D9). */
function calledTooSoon(kase: RepairCase, { plannedAt }: TaskState): Objection {
  if (plannedAt === null) return null;
  const planned = dayOf(plannedAt, kase.offsetMinutes);
  return dayOf(kase.now, kase.offsetMinutes) >= planned
    ? null
    : {
        field: 'systemState',
        message: `not before ${planned}, the day the call is planned for, unless the customer calls (D9)`,
      };
}

function contactProblem(kase: RepairCase, given: RepairAnswers['contact']): Objections {
  const { data, policy } = kase;
  if (given.result !== 'reached') {
    const on = dayOf(kase.now, kase.offsetMinutes);
    const part = dayPartOf(kase.now, policy.repair.contact.parts, kase.offsetMinutes);
    if (data.attempts.some((attempt) => attempt.on === on && attempt.part === part)) {
      const next = callPlan(kase);
      return {
        field: 'result',
        message: `somebody called in vain this ${part}; call again in the ${next.part}, from ${next.from} (ONS-07)`,
      };
    }
    return data.secondCaller === null && given.handTo === undefined
      ? { field: 'handTo', message: 'a named person keeps trying too (ONS-07)' }
      : null;
  }
  const covered =
    given.from === undefined ||
    inContract(
      given.contract ?? 'none',
      given.contractEnd ?? data.contractEnd,
      dayOf(given.from, kase.offsetMinutes),
    );
  return together([
    objectIf(
      given.companyStated === undefined,
      'companyStated',
      'company and own name are said first (ONS-02)',
    ),
    objectIf(given.contract === undefined, 'contract', 'whether it is within the contract period (ONS-04)'),
    objectIf(
      given.backupRequired === undefined,
      'backupRequired',
      'the customer is asked to back up (ONS-05)',
    ),
    objectIf(given.siteAddress === undefined, 'siteAddress', 'where exactly (ONS-06)'),
    ...visitProblems(kase, given),
    objectIf(
      given.contract !== undefined && !covered && !data.paidAccepted && given.amount === undefined,
      'amount',
      'outside the contract: what the visit costs is said first (ONS-09)',
    ),
  ]);
}

function arrivalProblem(kase: RepairCase, given: RepairAnswers['arrive']): Objections {
  if (!given.present)
    return given.photo === undefined
      ? { field: 'photo', message: 'a photo shows that nobody was there (W30)' }
      : null;
  const visit = bookingOf(kase, 'visit');
  const late = visit !== undefined && kase.now > lateFrom(kase, visit.from);
  return together([
    objectIf(
      late && given.lateReason === undefined,
      'lateReason',
      `more than ${kase.policy.repair.lateMinutes} minutes late: why`,
    ),
    objectIf(!given.contractChecked, 'contractChecked', 'the contract is checked at the door (ONS-09)'),
    objectIf(given.backup === undefined, 'backup', 'checked before any work (ONS-10)'),
    objectIf(
      (given.backup === 'impossible' || given.backup === 'declined') && given.riskNote === undefined,
      'riskNote',
      'the customer signs that there is no backup (W23)',
    ),
  ]);
}

/** One form per visit: every open fault with its inspection, cover, treatment, result and test (W22). */
function onSiteProblem(kase: RepairCase, given: RepairAnswers['repairOnSite']): Objections {
  const { data } = kase;
  const numbers = given.faults.map((fault) => fault.no);
  const twice = numbers.find((no, i) => numbers.indexOf(no) !== i);
  if (twice !== undefined) return { field: 'faults', message: `fault ${twice} stands on the form twice` };
  const forgotten = openFaults(data.faults).find((fault) => !numbers.includes(fault.no));
  if (forgotten !== undefined)
    return { field: 'faults', message: `nothing is said about fault ${forgotten.no}` };
  const next = data.faults.length + 1;
  const stranger = numbers
    .filter((no) => no >= next)
    .sort((a, b) => a - b)
    .find((no, i) => no !== next + i);
  if (stranger !== undefined)
    return { field: 'faults', message: `a new fault takes the next number, ${next}, not ${stranger}` };
  const takes = given.faults.some((fault) => fault.result === 'takenAway');
  const replaces = given.faults.some((fault) => fault.result === 'replace');
  return together([
    ...given.faults.flatMap((fault, i) =>
      faultProblems(kase, fault).map(({ field, message }) => ({ field: `faults.${i}.${field}`, message })),
    ),
    objectIf(
      takes && given.taken === undefined,
      'taken',
      'what is taken away needs consent and a voucher first (ONS-14)',
    ),
    objectIf(!takes && given.taken !== undefined, 'taken', 'no fault was left to the workshop'),
    objectIf(
      given.taken !== undefined && given.taken.promisedReturnOn < dayOf(kase.now, kase.offsetMinutes),
      'taken.promisedReturnOn',
      'must not lie in the past',
    ),
    objectIf(
      replaces && given.replacement === undefined,
      'replacement',
      'a replaced device is issued at the bureau: what it needs (W25)',
    ),
    objectIf(!replaces && given.replacement !== undefined, 'replacement', 'no fault needs a new device'),
    objectIf(
      given.customerPhoneUsed && given.phoneAllowed !== true,
      'phoneAllowed',
      "the customer's phone is used with permission only (ONS-20)",
    ),
  ]);
}

function faultProblems(
  kase: RepairCase,
  fault: RepairAnswers['repairOnSite']['faults'][number],
): FormIssue[] {
  const order = inspectionProblem(fault.steps);
  const agreed = fault.no === 1 && kase.data.paidAccepted;
  const extra = !fault.covered && !agreed && fault.result !== 'notOurs';
  const solved = fault.result === 'solved';
  const strange = (serial?: string) => serial !== undefined && kase.holdings.item(serial) === undefined;
  return allOf([
    objectIf(order !== null, 'steps', `${order} (ONS-12)`),
    objectIf(fault.covered && outOfContract(kase), 'covered', 'the visit lies outside the contract (ONS-09)'),
    objectIf(
      extra && fault.price === undefined,
      'price',
      'an extra fault outside the contract has its price (W22)',
    ),
    objectIf(
      extra && fault.consent === undefined,
      'consent',
      'and the written consent to it, before the work (W22)',
    ),
    objectIf(
      fault.caseOpened && fault.openConsent === undefined,
      'openConsent',
      'who consented before the case was opened (ONS-13)',
    ),
    objectIf(solved && !fault.retest, 'retest', 'tested again in front of the customer (ONS-15)'),
    objectIf(
      solved && fault.retestBy === undefined,
      'retestBy',
      'in front of whom it was tested again (ONS-15)',
    ),
    objectIf(
      solved && !fault.explained,
      'explained',
      'cause, remedy and what to watch are explained (ONS-15)',
    ),
    ...fault.parts.map(({ newSerial }, i) =>
      objectIf(
        strange(newSerial),
        `parts.${i}.newSerial`,
        `${newSerial} was not borrowed for this visit (ONS-08)`,
      ),
    ),
  ]);
}

function returnProblem(given: RepairAnswers['returnMachine']): Objections {
  if (!given.present)
    return given.photo === undefined
      ? { field: 'photo', message: 'a photo shows that nobody was there (W30)' }
      : null;
  const missing = (
    ['returnedTo', 'identityCheck', 'receiverSignature', 'conditionBack', 'works'] as const
  ).filter((field) => given[field] === undefined);
  return together([
    missing.map((field) => ({ field, message: 'required when the machine is returned (ONS-14)' })),
    objectIf(!given.testedInFront, 'testedInFront', 'tested again in front of the customer (ONS-15)'),
    objectIf(
      !given.voucherTakenBack && given.lostDeclaration === undefined,
      'lostDeclaration',
      'the voucher comes back, or its loss is declared (ONS-14)',
    ),
  ]);
}
