/**
 * Every activity's limits, one table (C8). Both bounds are always set; only the recorder's last resort has no total,
 * because a fact that happened must reach the ledger however long it is down.
 */
import {
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { CaseActivities } from '../../activities/contract.js';
import { deliveryQueueOf } from '../../domain/names.js';

/** Errors that no retry can mend; the adapters and activities throw them by these names (C9). */
const PERMANENT = ['record.conflict', 'document.impossible', 'delivery.impossible', 'claim.conflict'];

/** First try of a turn: local, twice, two seconds in all. Adds one event when healthy. */
export const recordHere = proxyLocalActivities<Pick<CaseActivities, 'record'>>({
  startToCloseTimeout: '1s',
  scheduleToCloseTimeout: '2s',
  retry: { maximumAttempts: 2, initialInterval: '100ms', nonRetryableErrorTypes: PERMANENT },
  summary: 'save the turn',
});

/** Last resort of a turn: until the ledger is back. */
export const recordUntilSaved = proxyActivities<Pick<CaseActivities, 'record'>>({
  startToCloseTimeout: '10s',
  retry: {
    initialInterval: '5s',
    backoffCoefficient: 2,
    maximumInterval: '10m',
    nonRetryableErrorTypes: PERMANENT,
  },
  summary: 'save the turn: the ledger is behind',
});

/** How long each channel is tried in all, in ms. */
export const DELIVERY_TOTAL_MS = {
  mail: 12 * 3_600_000,
  sms: 4 * 3_600_000,
  letter: 12 * 3_600_000,
} as const;

const delivery: Record<'mail' | 'sms' | 'letter', ActivityOptions> = {
  // A mail host may be down for a working day before a person has to act.
  mail: { startToCloseTimeout: '1m', scheduleToCloseTimeout: DELIVERY_TOTAL_MS.mail },
  // An SMS that is half a day late helps nobody; mail or a person is better.
  sms: { startToCloseTimeout: '30s', scheduleToCloseTimeout: DELIVERY_TOTAL_MS.sms },
  letter: { startToCloseTimeout: '1m', scheduleToCloseTimeout: DELIVERY_TOTAL_MS.letter },
};

/**
 * Delivery of one message on one channel, on its own rate-limited queue.
 * @param atMostMs stops trying sooner than the profile says, e.g. when quiet hours begin
 */
export function deliveryOn(
  channel: 'mail' | 'sms' | 'letter',
  summary: string,
  atMostMs?: number,
): Pick<CaseActivities, 'deliver'> {
  return proxyActivities<Pick<CaseActivities, 'deliver'>>({
    ...delivery[channel],
    ...(atMostMs === undefined ? {} : { scheduleToCloseTimeout: atMostMs }),
    taskQueue: deliveryQueueOf(workflowInfo().taskQueue),
    retry: {
      initialInterval: '30s',
      backoffCoefficient: 2,
      maximumInterval: '30m',
      nonRetryableErrorTypes: PERMANENT,
    },
    summary,
  });
}

/**
 * Hand-overs and bookings: a person waits for the answer, so the tries end within half a minute; what they did by then
 * is withdrawn (`undoing`).
 */
export const claims = proxyActivities<Pick<CaseActivities, 'claim'>>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '30s',
  retry: {
    initialInterval: '500ms',
    backoffCoefficient: 2,
    maximumInterval: '5s',
    nonRetryableErrorTypes: PERMANENT,
  },
});

/**
 * Undoing, and opening or cancelling a linked case: nobody waits, so it is tried for half a day before a person must act.
 */
export const undoing = proxyActivities<
  Pick<CaseActivities, 'unclaim' | 'releaseBookings' | 'openLinked' | 'cancelLinked'>
>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '12h',
  retry: {
    initialInterval: '5s',
    backoffCoefficient: 2,
    maximumInterval: '10m',
    nonRetryableErrorTypes: PERMANENT,
  },
});

/** Printed documents: rendered from the ledger and stored. */
export const documents = proxyActivities<Pick<CaseActivities, 'fileDocument'>>({
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '12h',
  retry: {
    initialInterval: '10s',
    backoffCoefficient: 2,
    maximumInterval: '10m',
    nonRetryableErrorTypes: PERMANENT,
  },
});
