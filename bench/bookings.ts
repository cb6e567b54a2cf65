/** Many people book the same few technicians at once: how quick the ledger answers, and that nobody is booked twice. */
import type { LedgerPort } from '../adapters/ports.js';
import { busySpan } from '../domain/booking.js';
import { percentile } from './measure.js';

export interface BookingRush {
  requests: number;
  technicians: number;
  atOnce: number;
  booked: number;
  /** Appointments that overlap another one of the same person, travel included. */
  doubles: number;
  perSecond: number;
  p50: number;
  p99: number;
}

const DAY = Date.parse('2030-06-03T00:00:00.000Z');
const MINUTE = 60_000;

/** Every request wants an hour and a quarter of travel in one day of eight hours, so most find the time taken. */
export async function rushOfBookings(
  ledger: LedgerPort,
  { requests = 1000, technicians = 20, atOnce = 64 } = {},
): Promise<BookingRush> {
  const took: number[] = [];
  let booked = 0;
  let number = 0;
  const lane = async () => {
    while (number < requests) {
      const i = number++;
      const starts = DAY + 30 * MINUTE * ((i * 7) % 16);
      const since = performance.now();
      const answer = await ledger.claim({
        key: `rush/${i}`,
        caseId: `rush-${i}`,
        at: new Date(DAY).toISOString(),
        movements: [],
        releases: [],
        bookings: [
          {
            key: `rush/${i}`,
            who: `rush.${i % technicians}`,
            kind: 'visit',
            from: new Date(starts).toISOString(),
            to: new Date(starts + 60 * MINUTE).toISOString(),
            bufferMinutes: 15,
            region: null,
          },
        ],
      });
      took.push(performance.now() - since);
      if (answer.status === 'done') booked += 1;
    }
  };
  const since = performance.now();
  await Promise.all(Array.from({ length: atOnce }, lane));
  const perSecond = (requests * 1000) / (performance.now() - since);

  let doubles = 0;
  for (let i = 0; i < technicians; i++) {
    const spans = (await ledger.bookings({ who: `rush.${i}`, status: 'booked' })).map(busySpan);
    doubles += spans.slice(1).filter((span, before) => span.from < spans[before]!.to).length;
  }
  return {
    requests,
    technicians,
    atOnce,
    booked,
    doubles,
    perSecond,
    p50: percentile(took, 50),
    p99: percentile(took, 99),
  };
}
