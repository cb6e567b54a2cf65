/** Appointments: when somebody is free. Pure; what is exclusive is kept so by the ledger's constraint (AT-42). */
import type { Instant } from './case.js';
import { addMinutes, intervals, type Calendars } from './calendar.js';
import type { BookingRow, BusySpan } from './custody.js';

export interface FreeSlot {
  from: Instant;
  to: Instant;
}

/** How far ahead somebody looks for a free slot. */
const LOOK_AHEAD_MINUTES = 14 * 1440;
/** Slots begin on the quarter of an hour. */
const STEP_MINUTES = 15;

/**
 * The next slots of a length in which somebody works and is not busy, soonest first; the next begins where the one
 * before ends. An appointment needs its length free, and the travel after it too.
 * @param calendar hours in which appointments are made
 * @param from not before this instant
 */
export function freeSlots(
  calendars: Calendars,
  calendar: string,
  busy: readonly BusySpan[],
  wanted: { from: Instant; minutes: number; bufferMinutes: number; count: number },
): FreeSlot[] {
  const { minutes, bufferMinutes, count } = wanted;
  const step = STEP_MINUTES * 60_000;
  const until = addMinutes(calendars, 'wall', wanted.from, LOOK_AHEAD_MINUTES).at;
  const slots: FreeSlot[] = [];
  for (const span of intervals(calendars, calendar, wanted.from, until)) {
    if (!span.counted) continue;
    const end = Date.parse(span.to);
    for (
      let at = Math.ceil(Date.parse(span.from) / step) * step;
      at + minutes * 60_000 <= end && slots.length < count;
    ) {
      const taken = at + (minutes + bufferMinutes) * 60_000;
      const clash = busy.find((each) => Date.parse(each.from) < taken && Date.parse(each.to) > at);
      if (clash === undefined) {
        slots.push({ from: iso(at), to: iso(at + minutes * 60_000) });
        at += Math.ceil(minutes / STEP_MINUTES) * step;
      } else at = Math.max(at + step, Math.ceil(Date.parse(clash.to) / step) * step);
    }
    if (slots.length >= count) break;
  }
  return slots;
}

/** The time a booking takes from somebody: with the travel after it. */
export function busySpan(booking: Pick<BookingRow, 'from' | 'to' | 'bufferMinutes' | 'caseId'>): BusySpan {
  const to = iso(Date.parse(booking.to) + booking.bufferMinutes * 60_000);
  return { from: booking.from, to, caseId: booking.caseId };
}

const iso = (ms: number): Instant => new Date(ms).toISOString();
