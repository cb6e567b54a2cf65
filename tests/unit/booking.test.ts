import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { busySpan, freeSlots } from '../../domain/booking.js';
import type { Calendars, Hours } from '../../domain/calendar.js';
import { isOpen } from '../../domain/calendar.js';
import type { BookingRow, BusySpan } from '../../domain/custody.js';

const hours: Hours[] = [
  { from: '09:00', to: '12:00' },
  { from: '13:00', to: '18:00' },
];
const calendars: Calendars = {
  desk: {
    name: 'desk',
    offsetMinutes: 480,
    week: { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours, sat: [], sun: [] },
    makeUp: hours,
    fromOn: '2030-01-01',
    horizonOn: '2030-12-31',
    off: ['2030-03-06'],
    work: [],
  },
};
/** Local time of March 2030; the 4th is a Monday, the 6th a holiday. */
const at = (day: number, time: string) =>
  new Date(`2030-03-${String(day).padStart(2, '0')}T${time}:00+08:00`).toISOString();
const busy = (day: number, from: string, to: string): BusySpan => ({
  from: at(day, from),
  to: at(day, to),
  caseId: 'F20300304-001',
});
const free = (from: string, minutes: number, spans: BusySpan[] = [], bufferMinutes = 0, count = 3) =>
  freeSlots(calendars, 'desk', spans, { from, minutes, bufferMinutes, count }).map((slot) => slot.from);

describe('free slots', () => {
  it('AT-42 follow one another within the hours, from the next quarter on', () => {
    expect(free(at(4, '10:07'), 60)).toEqual([at(4, '10:15'), at(4, '13:00'), at(4, '14:00')]);
    expect(free(at(4, '10:07'), 45, [], 0, 2)).toEqual([at(4, '10:15'), at(4, '11:00')]);
    expect(free(at(4, '02:00'), 180)).toEqual([at(4, '09:00'), at(4, '13:00'), at(5, '09:00')]);
  });

  it('AT-42 leave out holidays and weekends', () => {
    expect(free(at(5, '16:30'), 60, [], 0, 2)).toEqual([at(5, '16:30'), at(7, '09:00')]);
    expect(free(at(8, '17:30'), 60, [], 0, 1)).toEqual([at(11, '09:00')]);
  });

  it('AT-42 end before the next appointment begins, the way there included', () => {
    const spans = [busy(4, '10:30', '11:10'), busy(4, '14:00', '15:00')];
    expect(free(at(4, '09:00'), 60, spans)).toEqual([at(4, '09:00'), at(4, '13:00'), at(4, '15:00')]);
    expect(free(at(4, '09:00'), 60, spans, 30)).toEqual([at(4, '09:00'), at(4, '15:00'), at(4, '16:00')]);
    expect(free(at(4, '09:00'), 30, spans, 0, 4)).toEqual([
      at(4, '09:00'),
      at(4, '09:30'),
      at(4, '10:00'),
      at(4, '11:15'),
    ]);
  });

  it('AT-42 are none when nobody is free for so long, or works so long', () => {
    expect(free(at(4, '09:00'), 60, [{ ...busy(4, '09:00', '10:00'), to: at(31, '09:00') }])).toEqual([]);
    expect(free(at(4, '09:00'), 301)).toEqual([]);
  });

  it('AT-42 each is free, within hours, and the soonest there is', () => {
    const spans = fc.array(
      fc.record({ start: fc.nat(14 * 1440), length: fc.integer({ min: 1, max: 600 }) }),
      { maxLength: 40 },
    );
    const zero = Date.parse(at(4, '00:00'));
    const instant = (minutes: number) => new Date(zero + minutes * 60_000).toISOString();
    fc.assert(
      fc.property(
        spans,
        fc.nat(3000),
        fc.integer({ min: 5, max: 240 }),
        fc.nat(90),
        fc.integer({ min: 1, max: 12 }),
        (taken, start, minutes, bufferMinutes, count) => {
          const given = taken.map((each) => ({
            from: instant(each.start),
            to: instant(each.start + each.length),
            caseId: 'F20300304-001',
          }));
          const found = freeSlots(calendars, 'desk', given, {
            from: instant(start),
            minutes,
            bufferMinutes,
            count,
          });
          // Every quarter of an hour is tried: the plain meaning, too slow for a desk.
          const plain: { from: string; to: string }[] = [];
          let next = start;
          for (let minute = Math.ceil(start / 15) * 15; minute < start + 14 * 1440; minute += 15) {
            if (plain.length === count) break;
            const last = minute + minutes - 1;
            const open =
              minute + minutes <= start + 14 * 1440 &&
              isOpen(calendars, 'desk', instant(minute)) &&
              isOpen(calendars, 'desk', instant(last)) &&
              // Both ends may be open with the lunch break between them.
              [minute, last].every((each) => Math.floor(each / 1440) === Math.floor(minute / 1440)) &&
              !(minute % 1440 < 720 && last % 1440 >= 780);
            const clash = taken.some(
              (each) => each.start < minute + minutes + bufferMinutes && each.start + each.length > minute,
            );
            if (!open || clash || minute < next) continue;
            plain.push({ from: instant(minute), to: instant(minute + minutes) });
            next = minute + minutes;
          }
          expect(found).toEqual(plain);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('a booking', () => {
  it('AT-42 keeps somebody busy until the way after it is done', () => {
    const row = { from: at(4, '09:00'), to: at(4, '10:00'), bufferMinutes: 45, caseId: 'F20300304-001' };
    expect(busySpan(row as BookingRow)).toEqual(busy(4, '09:00', '10:45'));
  });
});
