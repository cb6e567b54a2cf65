/**
 * What a trip knows beside its manual: where it goes and who goes, what an answer takes or hands over, and how it is
 * called off. Which cases are on it the ledger alone knows.
 */
import type { Instant } from '../../domain/case.js';
import { atPlace, slipOf } from '../../domain/custody.js';
import type { TripAnswers, TripIntake } from '../../domain/forms-trip.js';
import { sparesProblem, TRIP_TASKS as TASKS } from '../../domain/trip.js';
import type { Wanted } from '../case/holdings.js';
import type { Kase, Process } from '../case/kase.js';
import type { CaseStart } from '../case/messages.js';
import { SYSTEM } from '../case/system.js';
import { together } from '../case/objections.js';
import {
  bookingsOf,
  bureauCalledOff,
  bureauHoursProblem,
  bureauVisit,
  handOver,
  outsideBureauHours,
  slotProblem,
  technicianProblem,
  unlessNamed,
  visitClose,
} from '../case/visits.js';

export interface TripInput {
  form: TripIntake;
}
export type TripStart = CaseStart<TripInput>;

export interface TripData {
  bureau: string;
  technician: string | null;
  /** Called off: whether no case stood on it any more. Absent until it was tried. */
  off?: boolean;
}

export type TripCase = Kase<TripAnswers, TripData>;

export const tripProcess: Process<TripAnswers, TripData> = {
  name: 'trip',
  tasks: TASKS,
  endings: ['cancelled'],

  begin(start) {
    const { form } = start.intake as TripInput;
    return {
      data: { bureau: form.bureau, technician: null },
      row: { owner: start.actor.id, receivedAt: form.receivedAt as Instant },
    };
  },

  opened(kase) {
    kase.fact('opened', { bureau: kase.data.bureau }, kase.start.actor.id, 'W20');
    const agent = kase.assign('agent', kase.start.actor.id, []);
    if (agent !== null && agent !== kase.owner) kase.setOwner(agent, SYSTEM, 'CMP-20');
  },

  claims(kase, task, answer, by): Wanted | null {
    switch (task.name) {
      case 'planTrip':
        return {
          ...bureauVisit(kase, task.key, kase.data.bureau, answer as TripAnswers['planTrip']),
          trip: { act: 'plan', trip: kase.caseId },
        };
      case 'borrowSpares':
        return lent(kase, answer as TripAnswers['borrowSpares'], by);
      case 'settleSlip':
        return settled(kase, answer as TripAnswers['settleSlip'], by);
      case 'clearTrip':
        return over(kase);
      default:
        return null;
    }
  },

  answered(kase, task, raw, by) {
    if (task.name !== 'planTrip') return;
    const given = raw as TripAnswers['planTrip'];
    kase.data.technician = given.technician;
    outsideBureauHours(kase, given.from, given.to, by);
    kase.undoLater('bureau', { from: given.from });
  },

  objection(kase, task, answer) {
    switch (task.name) {
      case 'planTrip': {
        const given = answer as TripAnswers['planTrip'];
        const { technician } = kase.data;
        if (slipIsOut(kase) && given.technician !== technician)
          return { field: 'technician', message: `${technician} has the slip and the spares already` };
        return together([
          slotProblem(kase, given.from, given.to) ??
            (given.namedByOfficer === true
              ? null
              : unlessNamed(bureauHoursProblem(kase, given.from, given.to), 'namedByOfficer: yes')),
          technicianProblem(kase, given.technician),
        ]);
      }
      case 'borrowSpares': {
        const { spares } = answer as TripAnswers['borrowSpares'];
        const problem = sparesProblem(spares, kase.policy.issuance.spares);
        return problem === null ? null : { field: 'spares', message: problem };
      }
      default:
        return null;
    }
  },

  tellMoved() {
    // A trip promises customers nothing: their own cases do.
  },

  customers() {
    return [];
  },

  undo(kase, step) {
    return step.name === 'bureau' ? bureauCalledOff(kase, step, TASKS.callOffBureau) : null;
  },

  /** Not before every case is off it: none may be left standing at the bureau (W20, ISS-25). */
  async conclude(kase, ending) {
    if (ending.kind !== 'cancelled') throw new Error(`a trip does not end ${ending.kind}`);
    await kase.effect('off', async () => {
      // Without a time it takes nobody any more.
      await kase.holdings.release(bookingsOf(kase, 'issuance'));
      kase.data.off = await kase.holdings.attempt('off', over(kase));
    });
    if (!kase.keep('off', () => ({ done: kase.data.off === true })).done) await kase.task(TASKS.clearTrip);
    await kase.effect('undo', () => kase.holdings.undoAll());
    return kase.close('cancelled', 'ISS-25');
  },
};

/** The slip, and with it what was borrowed on it, is with the technician. */
export function slipIsOut(kase: TripCase): boolean {
  return kase.holdings.item(slipOf(kase.caseId)) !== undefined;
}

/** The spares leave the warehouse on the one slip of the trip; they are back the same day (ISS-08, ISS-09, D3). */
function lent(kase: TripCase, given: TripAnswers['borrowSpares'], keeper: string): Wanted {
  const technician = kase.data.technician!;
  const common = {
    givenBy: keeper,
    receivedBy: technician,
    givenProof: given.keeperSignature,
    receivedProof: given.borrowerSignature,
    keeper,
  };
  return {
    movements: [
      ...given.spares.map((serial) =>
        handOver(serial, 'device', atPlace('warehouse'), technician, {
          ...common,
          dueBackAt: visitClose(kase),
          rule: 'D3',
        }),
      ),
      handOver(slipOf(kase.caseId), 'borrowSlip', atPlace('warehouse'), technician, {
        ...common,
        rule: 'ISS-08',
      }),
    ],
  };
}

/** Slip and spares come back; a spare that a case took over is that case's, and no case is left without a result. */
function settled(kase: TripCase, given: TripAnswers['settleSlip'], keeper: string): Wanted {
  return {
    movements: kase.holdings.items().map((held) =>
      handOver(held.item, held.kind, held.holder, atPlace('warehouse'), {
        givenBy: held.holder,
        receivedBy: keeper,
        givenProof: given.technicianSignature,
        receivedProof: given.keeperSignature,
        fromCase: kase.caseId,
        rule: 'ISS-22',
      }),
    ),
    ...over(kase),
  };
}

/** Nobody stands on it any more. */
function over(kase: TripCase): Wanted {
  return { trip: { act: 'end', trip: kase.caseId } };
}
