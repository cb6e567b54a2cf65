/** Own caps on messages to one address, over all cases (facts 5). */
import type { Instant } from './case.js';

/** At most so many within so many minutes. */
export interface SendCap {
  minutes: number;
  most: number;
}

export interface Held {
  /** When the cap lets the next one go. */
  until: Instant;
  /** Window of the cap that holds it. */
  minutes: number;
}

/**
 * Cases released at one moment carry instants some milliseconds apart and are sent in any order: one that stands a
 * little ahead has been sent all the same.
 */
const AHEAD_MS = 60_000;

/** The longest window in minutes: how far back sends must be known. 0 without caps. */
export function longestWindow(caps: readonly SendCap[]): number {
  return Math.max(0, ...caps.map((cap) => cap.minutes));
}

/**
 * Whether the caps hold a message back at an instant; the first cap that does is told.
 *
 * @param sent instants of other sends to the same address, in any order
 */
export function heldByCaps(sent: readonly Instant[], at: Instant, caps: readonly SendCap[]): Held | null {
  const now = Date.parse(at);
  for (const { minutes, most } of caps) {
    const since = now - minutes * 60_000;
    const within = sent
      .map((instant) => Date.parse(instant))
      .filter((instant) => instant > since && instant <= now + AHEAD_MS)
      .sort((one, other) => one - other);
    const oldest = within[within.length - most];
    if (oldest !== undefined) return { until: new Date(oldest + minutes * 60_000).toISOString(), minutes };
  }
  return null;
}
