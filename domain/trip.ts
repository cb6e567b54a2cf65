/**
 * A trip to the tax bureau for several customers (出工单, W20) as plain data and decisions: its tasks, and what may be
 * borrowed for it. Pure and without zod; the forms are in forms-trip.ts.
 */
import { CASE_TASKS, HOLDING_TASKS, task } from './tasks.js';

/** Every task of a trip, in the manual's order. */
export const TRIP_TASKS = {
  planTrip: task('planTrip', 'agent', 'bureauCall', 'ISS-07'),
  borrowSpares: task('borrowSpares', 'warehouse', null, 'ISS-09'),
  settleSlip: task('settleSlip', 'warehouse', null, 'ISS-22'),
  // Beside the main line:
  clearTrip: task('clearTrip', 'supervisor', 'byHand', 'W20'),
  callOffBureau: task('callOffBureau', 'agent', 'byHand', 'ISS-25'),
  ...CASE_TASKS,
  ...HOLDING_TASKS,
} as const;

/** Why these serials cannot be the spares of a trip, or null (D3). */
export function sparesProblem(serials: readonly string[], allowed: number): string | null {
  const twice = serials.find((serial, i) => serials.indexOf(serial) !== i);
  if (twice !== undefined) return `${twice} stands on the slip twice`;
  return serials.length > allowed ? `at most ${allowed} spare sets a trip (D3)` : null;
}
