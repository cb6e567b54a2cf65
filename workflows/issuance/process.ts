/**
 * What an issuance knows beside its manual: the devices and how far each is, what an answer takes or hands over, what
 * a form alone cannot check, and how it is cancelled.
 */
import type { Channel, Instant, Invitation, Recipient } from '../../domain/case.js';
import { closeOfDay, dayOf, instantOf, nextOpening, workdayAfter } from '../../domain/calendar.js';
import { atPlace, onTrip, slipOf, withCustomer, withParty, type TripView } from '../../domain/custody.js';
import type { IssuanceAnswers, IssuanceIntake } from '../../domain/forms-issuance.js';
import type { FormIssue } from '../../domain/forms.js';
import {
  apart,
  balance,
  borrowProblem,
  ISSUANCE_TASKS as TASKS,
  kitOf,
  type DeviceLine,
  type Spare,
} from '../../domain/issuance.js';
import type { Kase, LinkedCase, Process } from '../case/kase.js';
import { SYSTEM } from '../case/system.js';
import type { Wanted } from '../case/holdings.js';
import type { CaseStart } from '../case/messages.js';
import type { TaskState } from '../case/state.js';
import { amountOf, objectIf, together, type Objection, type Objections } from '../case/objections.js';
import {
  aboutAppointment,
  appointment,
  bookingsOf,
  bureauCalledOff,
  bureauHoursProblem,
  bureauVisit,
  handInProblem,
  handOver,
  holder,
  moneyTaken,
  moneyToFinance,
  refundable,
  refunded,
  notRefundable,
  stampOwed,
  chequeWatched,
  clearingKnown,
  paymentProblem,
  slotProblem,
  stampProblem,
  technicianProblem,
  todaysClose,
  tooEarly,
  outsideBureauHours,
  unlessNamed,
  visitClose,
  visitProblems,
} from '../case/visits.js';

export interface IssuanceInput {
  form: IssuanceIntake;
  /** How the customer is reached, preferred channel first. */
  channels: Channel[];
  /** `legacy`: an id of the old kind, accepted and flagged (facts 3). */
  taxpayerId: 'uscc' | 'legacy' | null;
  /** An officer of the bureau wants to be asked by mail; else one telephones (W28). */
  bureauByMail?: boolean;
  /** Opened for what another case could not install (W21): its number, the price agreed, and what was paid there. */
  partOf?: { case: string; due: number; paid: number };
}
export type IssuanceStart = CaseStart<IssuanceInput>;

export interface IssuanceData {
  customer: string;
  channels: Channel[];
  bureau: string;
  /** Set only where the bureau is asked by mail (W28). */
  bureauByMail?: true;
  /** What the bureau's calendar was told last. Absent until it was told something. */
  invited?: { sequence: number; from: Instant; to: Instant; off: boolean };
  lines: DeviceLine[];
  spares: Spare[];
  /** Who goes to the bureau, and who installs. */
  technician: string | null;
  region: string | null;
  /** D1: price and what was paid so far. */
  due: number;
  paid: number;
  /** Money in our hands or on its way, refunded when the case is cancelled. */
  collected: number;
  /** The price of devices that are not installed in this case, and what was paid for them; absent until asked (W21). */
  rest?: { due: number; paid: number };
}

export type IssuanceCase = Kase<IssuanceAnswers, IssuanceData>;

const SLIP = 'borrowSlip';

export const issuanceProcess: Process<IssuanceAnswers, IssuanceData> = {
  name: 'issuance',
  tasks: TASKS,
  endings: ['cancelled'],
  handOvers: {
    borrowDevices: 'out',
    afterClosing: 'on',
    install: 'on',
    handInMoney: 'on',
    clearSlip: 'on',
    handInForm: 'on',
    returnToManufacturer: 'on',
  },

  begin(start) {
    const { form, channels, bureauByMail, partOf } = start.intake as IssuanceInput;
    return {
      data: {
        customer: form.customer,
        channels,
        bureau: form.bureau,
        ...(bureauByMail === true ? { bureauByMail } : {}),
        lines: form.devices.map(({ family, machineNo, replacesSerial }) => ({
          family,
          machineNo,
          relation: form.kind,
          replacesSerial: replacesSerial ?? null,
          serial: null,
          state: 'ordered',
        })),
        spares: [],
        technician: null,
        region: null,
        due: partOf?.due ?? 0,
        paid: partOf?.paid ?? 0,
        collected: partOf?.paid ?? 0,
      },
      row: {
        owner: start.actor.id,
        receivedAt: form.receivedAt as Instant,
        customer: form.customer,
        relatedTo: start.opener ?? null,
      },
    };
  },

  /** ISS-01, REG-01, REG-02: the number, the legal clock from the request on, the customer's first word. */
  opened(kase) {
    const { form, taxpayerId, partOf } = kase.start.intake as IssuanceInput;
    kase.fact(
      'opened',
      {
        kind: form.kind,
        devices: form.devices.length,
        receivedAt: kase.state.row.receivedAt,
        ...(partOf === undefined ? {} : { partOf: partOf.case }),
      },
      kase.start.actor.id,
      'ISS-01',
    );
    kase.fact('flagged', { flag: 'notice', noticeOn: form.noticeOn }, SYSTEM, 'REG-02');
    if (taxpayerId === 'legacy') kase.fact('flagged', { flag: 'legacyTaxpayerId' }, SYSTEM, 'REG-02');
    const agent = kase.assign('agent', kase.start.actor.id, []);
    if (agent !== null && agent !== kase.owner) kase.setOwner(agent, SYSTEM, 'CMP-20');
    refundable(kase, kase.data.paid);
    kase.startPolicyClock('installation', 'installation', { at: kase.state.row.receivedAt });
    kase.tellCustomer('iss.registered', {
      rule: 'ISS-04',
      // The answer to a call at six in the morning, if need be; never to another case's order (W40, W25).
      urgency: kase.replyUrgency(kase.state.row.receivedAt),
    });
  },

  claims(kase, task, answer, by): Wanted | null {
    switch (task.name) {
      case 'requestBureau':
        return bureauExpects(kase, task, answer as IssuanceAnswers['requestBureau']);
      case 'awaitBureau':
        return (answer as IssuanceAnswers['awaitBureau']).result === 'decline'
          ? { releases: bookingsOf(kase, 'issuance') }
          : null;
      case 'confirmBureau': {
        const given = answer as IssuanceAnswers['confirmBureau'];
        return given.result === 'impossible' ? null : bureauVisit(kase, task.key, kase.data.bureau, given);
      }
      case 'callBureau': {
        const given = answer as IssuanceAnswers['callBureau'];
        return given.result === 'declined' ? null : bureauExpects(kase, task, given);
      }
      case 'borrowDevices':
        return borrowed(kase, answer as IssuanceAnswers['borrowDevices'], by);
      case 'issueDevices':
        return issued(kase, answer as IssuanceAnswers['issueDevices']);
      case 'afterClosing':
        return backOvernight(kase, answer as IssuanceAnswers['afterClosing'], by);
      case 'prepare': {
        const { tentative } = answer as IssuanceAnswers['prepare'];
        return tentative === undefined
          ? null
          : appointment(kase, task.key, 'installation', tentative, kase.data.region);
      }
      case 'bookInstallation':
      case 'moveInstallation':
        return appointment(
          kase,
          task.key,
          'installation',
          answer as IssuanceAnswers['bookInstallation'],
          kase.data.region,
        );
      case 'checkBackup':
        return (answer as IssuanceAnswers['checkBackup']).backup === 'notDone'
          ? { releases: bookingsOf(kase, 'installation') }
          : null;
      case 'install':
        return delivered(kase, answer as IssuanceAnswers['install'], by);
      case 'signContract':
        return {
          kept: bookingsOf(kase, 'installation'),
          movements: [
            handOver(`${kase.caseId}/form`, 'activationForm', withCustomer(kase.data.customer), by, {
              receivedBy: by,
              givenProof: (answer as IssuanceAnswers['signContract']).signature,
              dueBackAt: todaysClose(kase),
              keeper: holder(kase, 'technicalService'),
              rule: 'ISS-18',
            }),
          ],
        };
      case 'collectBalance': {
        const given = answer as IssuanceAnswers['collectBalance'];
        return moneyTaken(kase, given.means, given, kase.data.customer, by);
      }
      case 'handInMoney':
        return handedIn(kase, answer as IssuanceAnswers['handInMoney'], by);
      case 'clearSlip':
        return slipCleared(kase, answer as IssuanceAnswers['clearSlip'], by);
      case 'handInForm': {
        const given = answer as IssuanceAnswers['handInForm'];
        const held = kase.holdings.item(`${kase.caseId}/form`);
        if (held === undefined) return null;
        return {
          movements: [
            handOver(held.item, 'activationForm', held.holder, atPlace('technicalService'), {
              givenBy: held.holder,
              receivedBy: by,
              givenProof: given.technicianSignature,
              receivedProof: given.receiverSignature,
              rule: 'ISS-23',
            }),
          ],
        };
      }
      case 'returnToManufacturer': {
        const given = answer as IssuanceAnswers['returnToManufacturer'];
        const items = (task.context?.['items'] ?? []) as string[];
        return {
          movements: items
            .map((item) => kase.holdings.item(item))
            .filter((held) => held !== undefined)
            .map((held) =>
              handOver(held.item, held.kind, held.holder, withParty('manufacturer'), {
                givenBy: held.holder,
                receivedBy: by,
                givenProof: given.technicianSignature,
                receivedProof: given.keeperSignature,
                rule: 'ISS-25',
              }),
            ),
        };
      }
      default:
        return null;
    }
  },

  answered(kase, task, raw, by) {
    const { data } = kase;
    switch (task.name) {
      case 'prepare': {
        const given = raw as IssuanceAnswers['prepare'];
        const more = balance(given.paid, data.paid);
        data.due = given.due;
        data.paid = given.paid;
        data.region = given.region ?? null;
        data.collected += more;
        refundable(kase, more);
        if (given.tentative !== undefined)
          tellAppointment(kase, 'iss.appointment', given.tentative, 'ISS-14');
        return;
      }
      case 'bookInstallation': {
        const { from } = raw as IssuanceAnswers['bookInstallation'];
        const agreedFor = kase.answerOf('agreeInstallation')!.officerInstallAt;
        if (from !== agreedFor)
          kase.fact('flagged', { flag: 'otherThanAgreed', officerInstallAt: agreedFor, from }, by, 'ISS-13');
        return;
      }
      case 'moveInstallation':
        tellAppointment(kase, 'iss.moved', raw as IssuanceAnswers['moveInstallation'], 'ISS-25');
        return;
      case 'requestBureau': {
        const given = raw as IssuanceAnswers['requestBureau'];
        if (given.trip !== undefined) agreed(kase, given);
        else expected(kase, given);
        return;
      }
      case 'awaitBureau': {
        const given = raw as Partial<IssuanceAnswers['awaitBureau']>;
        if (given.result === 'otherTime') outsideBureauHours(kase, given.from!, given.to!, by);
        if (given.result === 'accept') shiftDependent(kase, data.invited!.to);
        if (given.result === 'decline') data.invited!.off = true;
        return;
      }
      case 'confirmBureau': {
        const given = raw as IssuanceAnswers['confirmBureau'];
        if (given.result === 'impossible') return;
        data.technician = given.technician ?? null;
        tellAgreed(kase, { from: given.from!, to: given.to! });
        shiftDependent(kase, given.to!);
        return;
      }
      case 'callBureau': {
        const given = raw as IssuanceAnswers['callBureau'];
        if (given.result === 'declined') return;
        const visit = agreed(kase, given);
        if (given.result === 'otherTime') outsideBureauHours(kase, visit.from, visit.to, by);
        return;
      }
      case 'agreeInstallation': {
        const { officerInstallAt } = raw as IssuanceAnswers['agreeInstallation'];
        outsideBureauHours(kase, officerInstallAt, officerInstallAt, by);
        return;
      }
      case 'borrowDevices': {
        const given = raw as IssuanceAnswers['borrowDevices'];
        for (const line of given.lines) {
          const serial = line.serial;
          if (line.use === 'spare') {
            data.spares.push({ serial, used: false });
            continue;
          }
          const mine = data.lines.find((each) => each.machineNo === (line.machineNo ?? 0))!;
          mine.serial = serial;
          mine.state = 'borrowed';
        }
        return;
      }
      case 'afterClosing': {
        const given = raw as IssuanceAnswers['afterClosing'];
        if (given.decision !== 'returned') return;
        for (const line of data.lines)
          if (line.state === 'borrowed') Object.assign(line, { serial: null, state: 'ordered' });
        data.spares = data.spares.filter((spare) => spare.used);
        return;
      }
      case 'issueDevices': {
        for (const result of (raw as IssuanceAnswers['issueDevices']).devices) {
          const line = data.lines.find((each) => each.serial === result.serial)!;
          if (result.result === 'passed') {
            line.state = 'issued';
            continue;
          }
          toManufacturer(kase, result.serial, result.spareSerial ?? null, by);
          const spare = data.spares.find((each) => each.serial === result.spareSerial);
          if (spare !== undefined) spare.used = true;
          if (result.spareSerial === undefined) line.state = 'failed';
          else Object.assign(line, { serial: result.spareSerial, state: 'issued' });
        }
        if (!data.lines.some((line) => line.state === 'issued')) orderedAnew(kase);
        return;
      }
      case 'install': {
        for (const result of (raw as IssuanceAnswers['install']).devices) {
          const line = data.lines.find((each) => each.serial === result.serial)!;
          line.state = result.result === 'installed' ? 'installed' : 'failed';
          if (result.result === 'failed') toManufacturer(kase, result.serial, null, by);
        }
        if (data.lines.some((line) => line.state === 'installed')) kase.stopClock('installation');
        else orderedAnew(kase);
        return;
      }
      case 'signContract':
        stampOwed(kase, raw as IssuanceAnswers['signContract'], by);
        return;
      case 'collectBalance': {
        const given = raw as IssuanceAnswers['collectBalance'];
        data.paid += given.paid;
        data.collected += given.paid;
        refundable(kase, given.paid);
        return;
      }
      case 'handInMoney':
        chequeWatched(kase, kase.answerOf('collectBalance'));
        return;
      case 'confirmClearing':
        if ((raw as IssuanceAnswers['confirmClearing']).clearing === 'bounced')
          data.collected -= amountOf(task);
        clearingKnown(kase, (raw as IssuanceAnswers['confirmClearing']).clearing, amountOf(task), by);
        return;
      case 'recoverPayment':
        data.collected += amountOf(task);
        refundable(kase, amountOf(task));
        return;
      case 'agreeSplit':
        restSettled(kase, raw as IssuanceAnswers['agreeSplit']);
        return;
      case 'refund': {
        data.collected = Math.max(0, data.collected - (raw as IssuanceAnswers['refund']).amount);
        return;
      }
      default:
        return;
    }
  },

  objection(kase, task, answer) {
    const { data, policy } = kase;
    const { lines } = data;
    switch (task.name) {
      case 'prepare': {
        const given = answer as IssuanceAnswers['prepare'];
        const status =
          given.paid === 0 && given.due > 0 ? 'unpaid' : given.paid < given.due ? 'partial' : 'paid';
        return together([
          carriedOverProblem(kase, given) ??
            objectIf(given.paid > given.due, 'paid', 'more than is due') ??
            objectIf(given.feeStatus !== status, 'feeStatus', `${given.paid} of ${given.due} is ${status}`),
          ...(given.tentative === undefined ? [] : visitProblems(kase, given.tentative)).map((each) => ({
            ...each,
            field: `tentative.${each.field}`,
          })),
          objectIf(
            given.choice === 'bought' && given.voluntaryConfirm === undefined,
            'voluntaryConfirm',
            'equipment is bought by choice only, confirmed in writing (REG-03)',
          ),
        ]);
      }
      case 'requestBureau': {
        const given = answer as IssuanceAnswers['requestBureau'];
        if (given.trip !== undefined) return null;
        return together([
          slotProblem(kase, given.from, given.to) ?? bureauHoursProblem(kase, given.from!, given.to!),
          technicianProblem(kase, given.technician),
        ]);
      }
      case 'awaitBureau':
        return bureauAnswerProblem(kase, task, answer as IssuanceAnswers['awaitBureau']);
      case 'confirmBureau':
        return confirmProblem(kase, task, answer as IssuanceAnswers['confirmBureau']);
      case 'callBureau': {
        const given = answer as IssuanceAnswers['callBureau'];
        if (given.trip !== undefined)
          return given.result === 'accepted'
            ? null
            : { field: 'result', message: 'a place on a trip is accepted (W20)' };
        if (given.result === 'declined') return null;
        return together([
          slotProblem(kase, given.from, given.to) ??
            (given.result === 'otherTime'
              ? null
              : unlessNamed(bureauHoursProblem(kase, given.from!, given.to!), 'result: otherTime')),
          technicianProblem(kase, given.technician),
        ]);
      }
      case 'borrowDevices': {
        const given = answer as IssuanceAnswers['borrowDevices'];
        const trip = tripOf(kase);
        if (trip !== null && given.lines.some((line) => line.use === 'spare'))
          return { field: 'lines', message: `the spares belong to the trip ${trip} (W20)` };
        const problem = borrowProblem(lines, given.lines, policy.issuance.spares);
        return problem === null ? null : { field: 'lines', message: problem };
      }
      case 'issueDevices':
        return (
          tooEarly(kase, 'issuance', 'officerPresent') ??
          issueProblem(kase, answer as IssuanceAnswers['issueDevices'])
        );
      case 'afterClosing': {
        const given = answer as IssuanceAnswers['afterClosing'];
        if (given.decision === 'returned')
          return given.keeperSignature === undefined || given.holderSignature === undefined
            ? { field: 'keeperSignature', message: 'both sign when the devices come back (AT-43)' }
            : null;
        const roles = kase.snapshot.desk.staff[given.approvedBy ?? '']?.roles ?? [];
        return roles.includes('supervisor') || roles.includes('centreManager')
          ? null
          : {
              field: 'approvedBy',
              message: 'devices stay out overnight only when the lead approves it (D4)',
            };
      }
      case 'agreeInstallation': {
        const { officerInstallAt: at, namedByOfficer } = answer as IssuanceAnswers['agreeInstallation'];
        if (at <= kase.now) return { field: 'officerInstallAt', message: 'must lie in the future' };
        const closed = namedByOfficer === true ? null : bureauHoursProblem(kase, at, at);
        return unlessNamed(closed && { ...closed, field: 'officerInstallAt' }, 'namedByOfficer: yes');
      }
      case 'bookInstallation':
      case 'moveInstallation': {
        return together(visitProblems(kase, answer as IssuanceAnswers['bookInstallation']));
      }
      case 'checkBackup': {
        const given = answer as IssuanceAnswers['checkBackup'];
        const early = tooEarly(kase, 'installation', 'backup');
        if (early !== null) return early;
        return given.backup === 'impossible' && given.riskNote === undefined
          ? { field: 'riskNote', message: 'the customer signs that a backup is impossible (W23)' }
          : null;
      }
      case 'install':
        return (
          tooEarly(kase, 'installation', 'devices') ??
          installProblem(kase, answer as IssuanceAnswers['install'])
        );
      case 'signContract':
        return contractProblem(kase, answer as IssuanceAnswers['signContract']);
      case 'agreeSplit':
        return restProblem(kase, answer as IssuanceAnswers['agreeSplit']);
      case 'collectBalance':
        return paymentProblem(answer as IssuanceAnswers['collectBalance'], balance(data.due, data.paid));
      case 'handInMoney':
        return handInProblem(kase, (answer as IssuanceAnswers['handInMoney']).received);
      case 'clearSlip': {
        const wanted = kase.answerOf('handInMoney')?.salesSlipNo;
        return (answer as IssuanceAnswers['clearSlip']).salesSlipNo === wanted
          ? null
          : {
              field: 'salesSlipNo',
              message: `sold devices are cleared against sales slip ${wanted} (ISS-22)`,
            };
      }
      default:
        return null;
    }
  },

  rescheduled(kase, appointment) {
    if (appointment === 'issuance') tellOff(kase, 'mail.iss.bureauMoved');
  },

  /** Waited an hour for the officer: who must know that today's later visits slip (W28). */
  waited(kase, taskKey, minutes) {
    const dispatcher = kase.owner;
    if (minutes !== kase.policy.issuance.flagAfterMinutes) return;
    kase.fact('flagged', { flag: 'laterVisits', task: taskKey, minutes }, SYSTEM, 'W28');
    kase.tellStaff('staff.laterVisits', dispatcher, {
      rule: 'W28',
      params: { staff: { staff: kase.data.technician ?? dispatcher } },
    });
  },

  tellMoved() {
    // An issuance promises no instants but its appointments, which are told when they are made.
  },

  customers(data): { to: Recipient; channels: Channel[] }[] {
    return [{ to: { kind: 'customer', id: data.customer }, channels: data.channels }];
  },

  tripMoved(kase, trip) {
    const { data } = kase;
    data.technician = trip.technician;
    // An officer who has the visit in his calendar finds it moved there.
    const { invited } = data;
    if (invited !== undefined && !invited.off && (invited.from !== trip.from || invited.to !== trip.to))
      tellAgreed(kase, trip);
    const waiting = kase.movableTask('issuance');
    if (waiting !== undefined)
      kase.relimit(waiting.key, { at: waiting.name === 'borrowDevices' ? trip.from : trip.to }, 'wall');
    kase.tellStaff('staff.tripMoved', kase.owner, {
      rule: 'ISS-25',
      params: { trip: trip.trip, time: { at: trip.from }, staff: { staff: trip.technician } },
      subject: 'trip',
    });
    shiftDependent(kase, trip.to);
  },

  undo(kase, step) {
    if (step.name === 'money') {
      refunded(kase, step);
      return 'hand';
    }
    if (step.name === 'bureau') {
      // Who was invited by mail is told by mail, once, and his calendar with him.
      if (kase.data.invited !== undefined) {
        tellOff(kase, 'mail.iss.bureauCancelled');
        return 'system';
      }
      return bureauCalledOff(kase, step, TASKS.callOffBureau);
    }
    return null;
  },

  async conclude(kase, ending) {
    if (ending.kind !== 'cancelled') throw new Error(`an issuance does not end ${ending.kind}`);
    const owed = kase.data.collected;
    await kase.effect('undo', () => kase.holdings.undoAll());
    kase.once('cancelled', () =>
      kase.tellCustomer('iss.cancelled', {
        rule: 'ISS-25',
        params: {
          amount: owed,
          date: {
            on: dayOf(
              kase.limitFrom(kase.policy.clocks.payment!.limit, kase.policy.clocks.payment!.calendar),
              kase.offsetMinutes,
            ),
          },
        },
      }),
    );
    return kase.close('cancelled', 'ISS-25');
  },
};

// ---------------------------------------------------------------- what an answer takes or hands over

/** An answer that says when the bureau expects us: a time of our own, or a place on a trip (W20). */
type AtBureau = Pick<IssuanceAnswers['requestBureau'], 'technician' | 'from' | 'to' | 'trip'>;

/** An appointment with the bureau; or a place on a trip, and what the answer names of it must be so (W20). */
function bureauExpects(kase: IssuanceCase, task: TaskState, given: AtBureau): Wanted {
  const { technician, from, to, trip } = given;
  if (trip === undefined) return bureauVisit(kase, task.key, kase.data.bureau, given);
  return {
    releases: bookingsOf(kase, 'issuance'),
    trip: {
      act: 'join',
      trip,
      key: `${kase.caseId}/${task.key}/trip`,
      bureau: kase.data.bureau,
      ...(technician === undefined ? {} : { technician }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    },
  };
}

/** The trip it has its place on, whose slip and spares it uses until its devices have their result (W20). */
export function tripOf(kase: IssuanceCase): string | null {
  const trip = kase.state.trip?.trip;
  const stands = kase.holdings.bookings().some((booking) => booking.who === onTrip(trip ?? ''));
  return trip !== undefined && stands ? trip : null;
}

/** Who goes to the bureau, and when. */
type BureauVisit = Pick<TripView, 'technician' | 'from' | 'to'>;

/** When the bureau expects whom: as it was agreed on the telephone, or as the trip goes. */
export function visitAgreed(kase: IssuanceCase, given: AtBureau): BureauVisit {
  const { technician, from, to } = given.trip === undefined ? given : kase.state.trip!;
  return { technician: technician!, from: from!, to: to! };
}

/** Who goes is known, and that the bureau hears of it when nobody does. */
function expected(kase: IssuanceCase, given: AtBureau): BureauVisit {
  const visit = visitAgreed(kase, given);
  kase.data.technician = visit.technician;
  // The trip is the one that called the bureau, and calls it off.
  if (given.trip === undefined) kase.undoLater('bureau', { from: visit.from });
  return visit;
}

/** The bureau expects us, without having to be asked any more. */
function agreed(kase: IssuanceCase, given: AtBureau): BureauVisit {
  const visit = expected(kase, given);
  // A calendar that holds an earlier invitation of ours is put right.
  if (kase.data.invited !== undefined) tellAgreed(kase, visit);
  shiftDependent(kase, visit.to);
  return visit;
}

/**
 * The visit to the bureau is over, however long it was planned for: its time is free, and a trip waits for this case no
 * more. On a trip a failed device's place is taken by a spare of the trip, which passes to this case.
 */
function issued(kase: IssuanceCase, given: IssuanceAnswers['issueDevices']): Wanted | null {
  if (!given.officerPresent) return null;
  const kept = bookingsOf(kase, 'issuance');
  const trip = tripOf(kase);
  if (trip === null) return kept.length === 0 ? null : { kept };
  const technician = kase.data.technician!;
  const taken = given.devices.flatMap(({ serial, result, spareSerial }) =>
    result === 'passed' || spareSerial === undefined
      ? []
      : [
          handOver(spareSerial, 'device', technician, technician, {
            family: kase.data.lines.find((line) => line.serial === serial)!.family,
            givenBy: technician,
            receivedBy: technician,
            keeper: holder(kase, 'warehouse'),
            fromCase: trip,
            rule: 'ISS-25',
          }),
        ],
  );
  return { movements: taken, kept };
}

/** What the keeper is to hand out. */
export function toBorrow(kase: IssuanceCase): Record<string, unknown> {
  const lines = kase.data.lines.filter((line) => line.state === 'ordered');
  const trip = tripOf(kase);
  return {
    technician: kase.data.technician,
    families: lines.map((line) => line.family),
    machines: lines.map((line) => line.machineNo),
    ...(trip === null ? { spares: kase.policy.issuance.spares } : { spares: 0, trip }),
  };
}

/** The lead hears of what the manual allows only with his knowledge (W23, ONS-09). */
export function tellLead(kase: IssuanceCase, rule: string): void {
  const lead = kase.levelPerson('supervisor');
  if (lead !== null)
    kase.tellStaff('staff.riskTaken', lead, {
      rule,
      params: { staff: { staff: kase.data.technician ?? kase.owner } },
    });
}

/** Devices and spares leave the warehouse on one slip; spares are back the same day (ISS-08, ISS-09, D3). */
function borrowed(kase: IssuanceCase, given: IssuanceAnswers['borrowDevices'], keeper: string): Wanted {
  const technician = kase.data.technician!;
  const signed = { givenProof: given.keeperSignature, receivedProof: given.borrowerSignature };
  const waiting = kase.data.lines.filter((line) => line.state === 'ordered');
  const familyOf = (machineNo = 0) => waiting.find((line) => line.machineNo === machineNo)?.family;
  const trip = tripOf(kase);
  const devices = given.lines.map(({ serial, use, machineNo }) =>
    handOver(serial, 'device', atPlace('warehouse'), technician, {
      // What the customer ordered; a spare stands in for any device that waits, and stock knows for which.
      ...(use === 'customer'
        ? { family: familyOf(machineNo) }
        : { families: [...new Set(waiting.map((line) => line.family))] }),
      givenBy: keeper,
      receivedBy: technician,
      ...signed,
      keeper,
      dueBackAt: use === 'spare' ? visitClose(kase) : null,
      rule: use === 'spare' ? 'D3' : 'ISS-08',
    }),
  );
  if (trip !== null) return { movements: devices, trip: { act: 'borrow', trip } };
  if (kase.holdings.item(slipOf(kase.caseId)) !== undefined) return { movements: devices };
  return {
    movements: [
      ...devices,
      handOver(slipOf(kase.caseId), SLIP, atPlace('warehouse'), technician, {
        givenBy: keeper,
        receivedBy: technician,
        ...signed,
        keeper,
        rule: 'ISS-08',
      }),
    ],
  };
}

/** The officer did not come: back to the warehouse, slip included, or overnight with the lead's approval (D4). */
function backOvernight(kase: IssuanceCase, given: IssuanceAnswers['afterClosing'], keeper: string): Wanted {
  const releases = bookingsOf(kase, 'issuance');
  if (given.decision === 'overnight') return { releases };
  const held = kase.holdings.items().filter((each) => each.kind === 'device' || each.kind === SLIP);
  return {
    releases,
    movements: held.map((each) =>
      handOver(each.item, each.kind, each.holder, atPlace('warehouse'), {
        givenBy: each.holder,
        receivedBy: keeper,
        ...(given.holderSignature === undefined ? {} : { givenProof: given.holderSignature }),
        ...(given.keeperSignature === undefined ? {} : { receivedProof: given.keeperSignature }),
        rule: 'D4',
      }),
    ),
  };
}

/** Installed devices are the customer's from here on (ISS-17); when none works, somebody has to come again (ISS-25). */
function delivered(kase: IssuanceCase, given: IssuanceAnswers['install'], technician: string): Wanted {
  const movements = given.devices
    .filter((device) => device.result === 'installed')
    .map((device) => kase.holdings.item(device.serial))
    .filter((held) => held !== undefined)
    .map((held) =>
      handOver(held.item, 'device', held.holder, withCustomer(kase.data.customer), {
        givenBy: technician,
        rule: 'ISS-17',
      }),
    );
  return movements.length === 0 ? { releases: bookingsOf(kase, 'installation') } : { movements };
}

/** A device that failed goes to the manufacturer, not back among the good ones (ISS-25). */
function toManufacturer(kase: IssuanceCase, serial: string, spare: string | null, by: string): void {
  kase.fact('flagged', { flag: 'deviceFailed', serial, spare }, by, 'ISS-25');
  // What was lost goes nowhere.
  if (kase.holdings.item(serial) === undefined) return;
  kase.duty(TASKS.returnToManufacturer, { context: { items: [serial] }, holdsClosing: true });
}

/** Nothing works: other devices are borrowed for another visit (ISS-25). */
function orderedAnew(kase: IssuanceCase): void {
  for (const line of kase.data.lines)
    if (line.state === 'failed') Object.assign(line, { serial: null, state: 'ordered' });
}

/** Money to finance, the sales slip back to the technician, who takes it to the warehouse the same day (ISS-21). */
function handedIn(kase: IssuanceCase, given: IssuanceAnswers['handInMoney'], finance: string): Wanted {
  const technician = kase.data.technician!;
  return {
    movements: [
      ...moneyToFinance(kase, given, finance, 'ISS-21'),
      handOver(`${kase.caseId}/salesSlip`, 'salesSlip', atPlace('finance'), technician, {
        givenBy: finance,
        receivedBy: technician,
        givenProof: given.financeSignature,
        receivedProof: given.technicianSignature,
        dueBackAt: todaysClose(kase),
        keeper: holder(kase, 'warehouse'),
        rule: 'ISS-21',
      }),
    ],
  };
}

/** Sold devices are cleared against the sales slip, and the borrow slip is cancelled (ISS-22). */
function slipCleared(kase: IssuanceCase, given: IssuanceAnswers['clearSlip'], keeper: string): Wanted {
  const papers = kase.holdings.items().filter((held) => held.kind === SLIP || held.kind === 'salesSlip');
  return {
    movements: papers.map((held) =>
      handOver(held.item, held.kind, held.holder, atPlace('warehouse'), {
        givenBy: held.holder,
        receivedBy: keeper,
        givenProof: given.technicianSignature,
        receivedProof: given.keeperSignature,
        rule: 'ISS-22',
      }),
    ),
  };
}

/** Spares that nobody used, and devices whose line failed: back to the keeper at any time (ISS-22, D3). */
export function sparesToReturn(kase: IssuanceCase): string[] {
  const standing = new Set(
    kase.data.lines
      .filter((line) => line.state === 'issued' || line.state === 'installed' || line.state === 'borrowed')
      .map((line) => line.serial),
  );
  const asked = kase.holdings.asked();
  return kase.holdings
    .items()
    .filter((held) => held.kind === 'device' && !standing.has(held.item) && !asked.has(held.item))
    .map((held) => held.item);
}

// ---------------------------------------------------------------- devices left over (W21)

/** Devices that are not installed by this case. */
function leftOver(kase: IssuanceCase): DeviceLine[] {
  return kase.data.lines.filter((line) => line.state !== 'installed');
}

/** What the customer is asked about, or null when every device is installed. */
export function restToAgree(kase: IssuanceCase): Record<string, unknown> | null {
  const lines = leftOver(kase);
  if (lines.length === 0) return null;
  return {
    machines: lines.map((line) => line.machineNo),
    families: lines.map((line) => line.family),
    ...(kase.data.rest === undefined ? {} : { share: kase.data.rest.due, paid: kase.data.rest.paid }),
  };
}

/** Whether it is known what is to be paid in this case: nothing is asked for what is not there. */
export function priceKnown(kase: IssuanceCase): boolean {
  return kase.data.rest !== undefined || leftOver(kase).length === 0;
}

/** When the customer is asked again: as soon as somebody is there on the day agreed. */
export function askedAgainAt(kase: IssuanceCase, day: string): Instant {
  const midnight = instantOf(day, '00:00', kase.offsetMinutes);
  return nextOpening(kase.snapshot.calendars, kase.policy.clocks.telling!.calendar, midnight).at;
}

/** The customer's word: the price is divided once, and what was paid for the rest stays, goes along or goes back. */
function restSettled(kase: IssuanceCase, given: IssuanceAnswers['agreeSplit']): void {
  const { data } = kase;
  if (data.rest === undefined) {
    const { due, paid, over } = apart(data.due, data.paid, given.share!);
    data.rest = { due: given.share!, paid: over };
    Object.assign(data, { due, paid });
  }
  const { paid } = data.rest;
  if (given.decision === 'wait' || paid === 0) return;
  notRefundable(kase, paid);
  if (given.decision === 'cancel') refunded(kase, { name: 'money', data: { amount: paid } });
  else data.collected = balance(data.collected, paid);
}

function restProblem(kase: IssuanceCase, given: IssuanceAnswers['agreeSplit']): Objection {
  const { due, rest } = kase.data;
  if (rest === undefined) {
    if (given.share === undefined)
      return { field: 'share', message: 'what of the price falls on these devices (W21)' };
    if (given.share > due) return { field: 'share', message: `${due} CNY are the price of all` };
  } else if (given.share !== undefined && given.share !== rest.due)
    return { field: 'share', message: `agreed already: ${rest.due} CNY` };
  if (given.decision !== 'wait') return null;
  if (given.againOn === undefined) return { field: 'againOn', message: 'when the customer is asked again' };
  return given.againOn > dayOf(kase.now, kase.offsetMinutes)
    ? null
    : { field: 'againOn', message: 'must be a later day' };
}

/**
 * Intake of the issuance for the devices left over: the same request, notice and bureau. The law's three workdays count
 * from the customer's request, so it keeps the day of that (REG-01); what was paid goes along.
 */
export function splitOrder(kase: IssuanceCase): LinkedCase {
  const { form, channels, taxpayerId } = kase.start.intake as IssuanceInput;
  const lines = leftOver(kase);
  const machines = new Set(lines.map((line) => line.machineNo));
  const intake: IssuanceInput = {
    form: {
      ...form,
      receivedAt: kase.state.row.receivedAt,
      devices: form.devices.filter((device) => machines.has(device.machineNo)),
      relatedCases: [kase.caseId],
    },
    channels,
    taxpayerId,
    partOf: { case: kase.caseId, ...kase.data.rest! },
  };
  return {
    process: 'issuance',
    intake,
    serials: lines.flatMap((line) => line.replacesSerial ?? []),
  };
}

/** What the agent finds done in a case that goes on with another one's devices: the price, and what was paid. */
export function carriedOver(kase: IssuanceCase): { context?: Record<string, unknown> } {
  const { partOf } = kase.start.intake as IssuanceInput;
  return partOf === undefined ? {} : { context: { ...partOf } };
}

/** What was agreed and paid in the case that this one is part of is not asked for again (W21). */
function carriedOverProblem(kase: IssuanceCase, given: IssuanceAnswers['prepare']): Objection {
  const { partOf } = kase.start.intake as IssuanceInput;
  if (partOf === undefined) return null;
  if (given.due !== partOf.due)
    return { field: 'due', message: `${partOf.due} CNY were agreed in ${partOf.case}` };
  return given.paid < partOf.paid
    ? { field: 'paid', message: `${partOf.paid} CNY were paid in ${partOf.case}` }
    : null;
}

// ---------------------------------------------------------------- a bureau that is asked by mail

interface Slot {
  from: Instant;
  to: Instant;
}

/** The bureau as the one who acts: whoever holds the code it was sent. */
export function bureauActor(kase: IssuanceCase): string {
  return `bureau:${kase.data.bureau}`;
}

/** The appointment for the officer's calendar: one for the case, every change of it a higher sequence. */
function invitation(kase: IssuanceCase, method: Invitation['method'], { from, to }: Slot) {
  const { data } = kase;
  const sequence = data.invited === undefined ? 0 : data.invited.sequence + 1;
  data.invited = { sequence, from, to, off: method === 'CANCEL' };
  return { invitation: { uid: `${kase.caseId}-issuance@aftercare`, sequence, method, from, to } };
}

/** How many devices are still to be issued. */
function unissued(kase: IssuanceCase): number {
  return kase.data.lines.filter((line) => line.state === 'ordered' || line.state === 'borrowed').length;
}

/**
 * Asks for a time, and plans the reminders: one on each workday after the day on which the request leaves, as long as
 * the answer is open, none by SMS (W28).
 * @param key task that the answer completes; the code in the mails is made for it
 */
export function askBureau(kase: IssuanceCase, slot: Slot, key: string): void {
  // The task's own limit or that of the wait: whichever ends first ends it.
  const { bureauCall } = kase.policy.clocks;
  const { limit, calendar } = kase.policy.pauses.waitingTaxBureau!;
  const due = [
    kase.limitFrom(limit, calendar),
    kase.limitFrom(bureauCall!.limit, bureauCall!.calendar),
  ].sort()[0]!;
  const asked = { time: { at: slot.from }, code: { code: key }, due: { at: due } };
  kase.tellUnit('mail.iss.bureauSlot', kase.data.bureau, {
    rule: 'ISS-07',
    params: {
      ...asked,
      count: unissued(kase),
      staff: { staff: kase.owner },
      invitation: invitation(kase, 'REQUEST', slot),
    },
    mootWith: key,
  });
  const leaves = kase.heldUntil(kase.now, false, key) ?? kase.now;
  const first = dayOf(leaves, kase.offsetMinutes);
  for (let n = 1; ; n += 1) {
    const day = workdayAfter(kase.snapshot.calendars, calendar, first, n).on;
    const at = instantOf(day, kase.policy.issuance.bureauReminderAt, kase.offsetMinutes);
    if (at >= due) return;
    kase.tellUnit('mail.iss.bureauReminder', kase.data.bureau, {
      rule: 'W28',
      params: asked,
      notBefore: at,
      mootWith: key,
      subject: `reminder ${n} of ${key}`,
    });
  }
}

/** The time agreed otherwise than by a plain yes: the officer's calendar follows. */
function tellAgreed(kase: IssuanceCase, slot: Slot): void {
  kase.tellUnit('mail.iss.bureauConfirmed', kase.data.bureau, {
    rule: 'ISS-07',
    params: {
      time: { at: slot.from },
      count: unissued(kase),
      staff: { staff: kase.owner },
      invitation: invitation(kase, 'REQUEST', slot),
    },
    subject: 'bureauVisit',
  });
}

/**
 * The visit is off, for another time or for good: the officer hears it, and it leaves his calendar at once, whether or
 * not a new time is known. A visit that was held is not called off.
 */
function tellOff(kase: IssuanceCase, template: 'mail.iss.bureauMoved' | 'mail.iss.bureauCancelled'): void {
  const { invited } = kase.data;
  if (invited === undefined || invited.off || invited.from <= kase.now) return;
  kase.tellUnit(template, kase.data.bureau, {
    rule: 'ISS-25',
    params: {
      time: { at: invited.from },
      ...(template === 'mail.iss.bureauMoved' ? { staff: { staff: kase.owner } } : {}),
      invitation: invitation(kase, 'CANCEL', invited),
    },
  });
}

/** Mail came to nothing: the lead hears it, and the agent telephones (W12). */
export function tellNoSlot(kase: IssuanceCase, answer: string | undefined): void {
  // His own time does not suit us, and ours did not suit him. Who was silent gets no more mail.
  if (answer === 'otherTime') tellOff(kase, 'mail.iss.bureauMoved');
  const lead = kase.levelPerson('supervisor');
  const reason =
    answer === undefined ? 'bureauSilent' : answer === 'decline' ? 'bureauDeclined' : 'bureauOtherTime';
  if (lead !== null)
    kase.tellStaff('staff.bureauNoSlot', lead, {
      rule: 'W12',
      params: { staff: { staff: kase.owner }, reason: { word: `reason:${reason}` } },
    });
}

/** The customer hears when who comes. */
function tellAppointment(
  kase: IssuanceCase,
  template: 'iss.appointment' | 'iss.moved',
  visit: { technician: string; from: string },
  rule: string,
): void {
  kase.tellCustomer(template, {
    rule,
    params: {
      time: { at: visit.from },
      ...(template === 'iss.appointment' ? { staff: { staff: visit.technician } } : {}),
    },
    ...aboutAppointment(kase, 'installation'),
  });
}

/** An appointment at the customer's that lies before the bureau's is moved, and who made it hears of it (ISS-25). */
function shiftDependent(kase: IssuanceCase, issuedBy: Instant): void {
  const early = kase.holdings
    .bookings()
    .find((booking) => booking.kind === 'installation' && booking.from < issuedBy);
  if (early === undefined || kase.openTaskNamed('moveInstallation') !== undefined) return;
  kase.fact('flagged', { flag: 'appointmentShifts', booking: early.key, from: early.from }, SYSTEM, 'ISS-25');
  const key = kase.duty(TASKS.moveInstallation, {
    assignee: kase.owner,
    context: { was: early.from, notBefore: issuedBy },
  });
  kase.tellStaff('staff.appointmentShifts', early.who, {
    rule: 'ISS-25',
    params: { time: { at: early.from } },
    mootWith: key,
  });
}

// ---------------------------------------------------------------- what a form alone cannot check

/** A time that is past cannot be accepted any more, and another one must be named whole. */
function bureauAnswerProblem(
  kase: IssuanceCase,
  task: TaskState,
  given: IssuanceAnswers['awaitBureau'],
): Objection {
  if (given.result === 'otherTime') return slotProblem(kase, given.from, given.to);
  return given.result === 'accept' && String(task.context?.['from']) <= kase.now
    ? { field: 'result', message: 'the time proposed is past; name another one' }
    : null;
}

/** The visit lies within the time the bureau named: anything else needs its word again. */
function confirmProblem(
  kase: IssuanceCase,
  task: TaskState,
  given: IssuanceAnswers['confirmBureau'],
): Objections {
  if (given.result === 'impossible') return null;
  const problems = visitProblems(kase, given);
  if (problems.length > 0) return problems;
  const [from, to] = [String(task.context?.['from']), String(task.context?.['to'])];
  if (given.from! < from) return { field: 'from', message: `the bureau named ${from} to ${to}` };
  return given.to! > to ? { field: 'to', message: `the bureau named ${from} to ${to}` } : null;
}

/** Every device that has come so far has its result, and no other has one (W21). */
function resultsProblems(
  kase: IssuanceCase,
  state: DeviceLine['state'],
  devices: readonly { serial: string }[],
  elsewise: string,
): FormIssue[] {
  const waiting = kase.data.lines.filter((line) => line.state === state).map((line) => line.serial!);
  const named = devices.map((device) => device.serial);
  return [
    ...waiting
      .filter((serial) => !named.includes(serial))
      .map((serial) => ({ field: 'devices', message: `no result for ${serial}` })),
    ...named.flatMap((serial, i) =>
      waiting.includes(serial)
        ? []
        : { field: `devices.${i}.serial`, message: `${serial} ${elsewise}; named are ${waiting.join(', ')}` },
    ),
  ];
}

/** ISS-11: with the officer every device has its result, without him none has. */
function issueProblem(kase: IssuanceCase, given: IssuanceAnswers['issueDevices']): Objections {
  if (!given.officerPresent)
    return given.devices.length === 0
      ? null
      : { field: 'devices', message: 'nothing is issued without the tax officer (ISS-11)' };
  return together([
    resultsProblems(kase, 'borrowed', given.devices, 'is not to be issued'),
    ...given.devices.flatMap((device, i): Objections[] => {
      if (device.result === 'passed') return [lostProblem(kase, device.serial, `devices.${i}.result`)];
      return [
        objectIf(device.reason === undefined, `devices.${i}.reason`, `why ${device.serial} failed`),
        spareProblem(kase, device, `devices.${i}.spareSerial`),
      ];
    }),
  ]);
}

/** What was lost can be put to no use (REG-07). */
function lostProblem(kase: IssuanceCase, serial: string, field: string): Objection {
  const ours = kase.data.lines.some((line) => line.serial === serial);
  const gone = ours && kase.holdings.item(serial) === undefined;
  return objectIf(gone, field, `${serial} is not with us any more: it was lost, and has failed (REG-07)`);
}

/** The spare that took a failed device's place: an unused one of this case, of the same family (ISS-09). */
function spareProblem(
  kase: IssuanceCase,
  { serial, spareSerial }: IssuanceAnswers['issueDevices']['devices'][number],
  field: string,
): Objection {
  // Whether a trip's spare is still to be had the ledger says.
  if (spareSerial === undefined || tripOf(kase) !== null) return null;
  const spare = kase.data.spares.find((each) => each.serial === spareSerial);
  if (spare === undefined || spare.used)
    return { field, message: `${spareSerial} is no unused spare of this case` };
  const family = kase.data.lines.find((line) => line.serial === serial)?.family;
  const held = kase.holdings.item(spare.serial)?.family;
  return family !== undefined && held !== undefined && held !== family
    ? { field, message: `${spare.serial} is a ${held}, not a ${family} (ISS-09)` }
    : null;
}

function installProblem(kase: IssuanceCase, given: IssuanceAnswers['install']): Objections {
  const kit = kitOf(
    kase.policy.issuance.kits,
    kase.data.lines.map((line) => line.family),
  );
  const forgotten = kit.items.filter((item) => !given.kit.includes(item));
  const real = given.sampleOn === 'realInvoice';
  return together([
    resultsProblems(kase, 'issued', given.devices, 'was not issued'),
    ...given.devices.flatMap((device, i): Objections[] => [
      objectIf(
        device.result === 'installed' && device.sample === undefined,
        `devices.${i}.sample`,
        `a sample invoice proves that ${device.serial} works (ISS-17)`,
      ),
      device.result === 'installed' ? lostProblem(kase, device.serial, `devices.${i}.result`) : null,
      objectIf(
        device.result === 'failed' && device.reason === undefined,
        `devices.${i}.reason`,
        `why ${device.serial} failed`,
      ),
    ]),
    objectIf(real && given.voided !== true, 'voided', 'a real invoice is voided (W26)'),
    objectIf(
      real && given.sampleNo === undefined,
      'sampleNo',
      'the number of a real invoice is logged (W26)',
    ),
    objectIf(given.kitVersion !== kit.version, 'kitVersion', `the checklist in force is ${kit.version}`),
    objectIf(forgotten.length > 0, 'kit', `not ticked: ${forgotten.join(', ')} (ISS-16)`),
  ]);
}

function contractProblem(kase: IssuanceCase, given: IssuanceAnswers['signContract']): Objections {
  const missing = kase.policy.issuance.contractScope.filter((word) => !given.scope.includes(word));
  return together([
    objectIf(given.endOn <= given.startOn, 'endOn', 'must be after startOn'),
    objectIf(missing.length > 0, 'scope', `a contract covers ${missing.join(', ')} (REG-06)`),
    stampProblem(kase, given, kase.policy.issuance.stampWorkdays),
  ]);
}

// ---------------------------------------------------------------- times and people

/** The bureau's last minute on the day of an instant; null when that is past. */
export function bureauCloses(kase: IssuanceCase, at: Instant): Instant | null {
  const day = dayOf(at, kase.offsetMinutes);
  const close = closeOfDay(kase.snapshot.calendars, kase.policy.bookings.bureauCalendar, day)?.at ?? null;
  return close === null || close <= at ? null : close;
}
/** Morning of the next workday of the bureau: when to call it again. */
export function bureauOpensNext(kase: IssuanceCase): Instant {
  const { bureauCalendar } = kase.policy.bookings;
  const today = dayOf(kase.now, kase.offsetMinutes);
  const next = workdayAfter(kase.snapshot.calendars, bureauCalendar, today, 1).on;
  const midnight = instantOf(next, '00:00', kase.offsetMinutes);
  return nextOpening(kase.snapshot.calendars, bureauCalendar, midnight).at;
}
