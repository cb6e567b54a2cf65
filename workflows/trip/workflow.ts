/**
 * The manual of a trip (出工单, W20): one run to the tax bureau for several customers, with one appointment, one borrow
 * slip and spares of its own. The customers' cases take their places on it and go on by themselves; the trip ends the
 * same day, when its slip is settled.
 */
import { TRIP_TASKS as TASKS } from '../../domain/trip.js';
import type { CaseOutcome } from '../case/messages.js';
import { rescheduled } from '../case/kase.js';
import { runCase } from '../case/run.js';
import { visitClose } from '../case/visits.js';
import { slipIsOut, tripProcess, type TripCase, type TripStart } from './process.js';

export async function trip(start: TripStart): Promise<CaseOutcome> {
  return runCase(start, tripProcess, async (kase) => {
    for (;;) {
      const visit = await kase.task(TASKS.planTrip); //                 ISS-07, W28
      if (!(await slipOut(kase, visit))) continue; //                   ISS-08, ISS-09, D3
      const settled = await kase.task(TASKS.settleSlip, () => ({
        dueAt: visitClose(kase),
        context: { items: kase.holdings.items().map(({ item }) => item) },
        movable: 'issuance',
      })); //                                                           ISS-22, D3
      if (!rescheduled(settled)) break;
    }
    kase.file('borrowSlip', 'W20');
    return kase.close('settled', 'W20');
  });
}

/** The slip and the spares are handed out, once however often the trip moves; false: it was moved before that. */
async function slipOut(kase: TripCase, visit: { technician: string; from: string }): Promise<boolean> {
  if (kase.keep('slip', () => ({ out: slipIsOut(kase) })).out) return true;
  const borrowed = await kase.task(TASKS.borrowSpares, {
    dueAt: visit.from,
    context: { technician: visit.technician, spares: kase.policy.issuance.spares },
    movable: 'issuance',
  });
  return !rescheduled(borrowed);
}
