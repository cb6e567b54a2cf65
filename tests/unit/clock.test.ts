import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Calendars, HolidayData, Hours, WorkCalendar } from '../../domain/calendar.js';
import {
  CalendarError,
  addMinutes,
  dayOf,
  instantOf,
  localTime,
  minutesBetween,
} from '../../domain/calendar.js';
import type { ClockRow } from '../../domain/case.js';
import type { Limit } from '../../domain/clock.js';
import {
  breachClock,
  explainClock,
  instantAtPercent,
  isRunning,
  limitText,
  pauseClock,
  relimitClock,
  remainingMinutes,
  resumeClock,
  startClock,
  stopClock,
  usedMinutes,
} from '../../domain/clock.js';

const SHANGHAI = 480;
const cn2026 = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../policy/calendars/cn-2026.json'), 'utf8'),
) as HolidayData;

function calendar(name: string, hours: Hours[], more: Partial<WorkCalendar> = {}): WorkCalendar {
  const { offsetMinutes, fromOn, horizonOn, off, work } = cn2026;
  const week = { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours, sat: [], sun: [] };
  return { name, offsetMinutes, week, makeUp: hours, fromOn, horizonOn, off, work, ...more };
}

const day = [{ from: '09:00', to: '18:00' }];
const calendars: Calendars = {
  office: calendar('office', day),
  lunch: calendar('lunch', [
    { from: '09:00', to: '12:00' },
    { from: '13:00', to: '18:00' },
  ]),
};

const at = (local: string): string => instantOf(local.slice(0, 10), local.slice(11), SHANGHAI);
const local = (instant: string | null): string | null =>
  instant && `${dayOf(instant, SHANGHAI)} ${localTime(instant, SHANGHAI)}`;

function start(limit: Limit, from: string, name = 'office', data = calendars): ClockRow {
  const args = { key: 'first#1', name: 'firstResponse', round: 1, rule: 'ESC-01', calendar: name };
  return startClock({ ...args, limit, at: at(from), calendars: data });
}
const pause = (clock: ClockRow, when: string) => pauseClock(clock, at(when), calendars);
const resume = (clock: ClockRow, when: string) => resumeClock(clock, at(when), calendars);

describe('limits', () => {
  it.each<[string, Limit, string, string]>([
    ['AT-16 ESC-01 30 min late on Friday', { minutes: 30 }, '2026-03-06T17:45', '2026-03-09 09:15'],
    ['AT-16 outside hours from the next opening', { minutes: 30 }, '2026-03-07T11:00', '2026-03-09 09:30'],
    ['AT-20 8 h over the make-up Saturday', { hours: 8 }, '2026-02-13T16:00', '2026-02-14 15:00'],
    ['AT-22 more than 99 h', { hours: 100 }, '2026-03-02T09:00', '2026-03-17 10:00'],
    ['half hours', { hours: 1.5 }, '2026-03-02T09:00', '2026-03-02 10:30'],
    ['W12 the request day does not count', { workdays: 2 }, '2026-03-05T10:00', '2026-03-09 18:00'],
    ['W12 nor does a night or a Sunday', { workdays: 1 }, '2026-03-08T23:00', '2026-03-09 18:00'],
    ['AT-20 workdays over the Spring Festival', { workdays: 2 }, '2026-02-13T10:00', '2026-02-24 18:00'],
    ['CMP-10 three calendar days, same time', { calendarDays: 3 }, '2026-02-14T10:30', '2026-02-17 10:30'],
    ['D11 same day', { sameDay: { cutoff: '16:00' } }, '2026-03-06T09:15', '2026-03-06 18:00'],
    ['D11 at the cutoff', { sameDay: { cutoff: '16:00' } }, '2026-03-06T16:00', '2026-03-06 18:00'],
    ['D11 after the cutoff', { sameDay: { cutoff: '16:00' } }, '2026-03-06T16:01', '2026-03-09 18:00'],
    ['D11 on a Sunday', { sameDay: { cutoff: '16:00' } }, '2026-03-08T10:00', '2026-03-09 18:00'],
    ['D11 before opening', { sameDay: { cutoff: '16:00' } }, '2026-03-06T06:00', '2026-03-06 18:00'],
    [
      'D11 truly same day, after closing',
      { sameDay: { cutoff: '24:00' } },
      '2026-03-06T18:00',
      '2026-03-09 18:00',
    ],
    ['W8 a promise is an instant', { at: '2026-03-08T03:07:30Z' }, '2026-03-06T09:00', '2026-03-08 11:07'],
    [
      'a promise in the past is due at once',
      { at: '2026-03-01T03:00:00Z' },
      '2026-03-06T09:00',
      '2026-03-06 09:00',
    ],
  ])('%s', (_, limit, from, due) => {
    const clock = start(limit, from);
    expect(local(clock.dueAt)).toBe(due);
    expect(clock.provisional).toBe(false);
    expect(clock.calendar).toBe('calendarDays' in limit || 'at' in limit ? 'wall' : 'office');
    expect(minutesBetween(calendars, clock.calendar, clock.startedAt, clock.dueAt)).toBe(clock.limitMinutes);
  });

  it('the row starts empty, in plain JSON, with its limit in words', () => {
    const clock = start({ workdays: 2 }, '2026-03-05T10:00');
    expect(clock).toEqual({
      key: 'first#1',
      name: 'firstResponse',
      round: 1,
      calendar: 'office',
      limitMinutes: 8 * 60 + 9 * 60 + 9 * 60,
      limitText: '2 workdays',
      rule: 'ESC-01',
      startedAt: at('2026-03-05T10:00'),
      dueAt: at('2026-03-09T18:00'),
      pausedAt: null,
      stoppedAt: null,
      breachedAt: null,
      usedMinutes: 0,
      provisional: false,
      spans: [{ from: at('2026-03-05T10:00'), to: null }],
    });
    expect(
      [{ minutes: 30 }, { hours: 3 }, { workdays: 1 }, { calendarDays: 3 }, { calendarDays: 1 }].map(
        limitText,
      ),
    ).toEqual(['30 min', '3 h', '1 workday', '3 calendar days', '1 calendar day']);
    expect(limitText({ sameDay: { cutoff: '16:00' } })).toBe('same day, received by 16:00');
  });

  it('AT-19 a limit that reaches past the horizon is provisional, and stays so when paused', () => {
    for (const limit of [{ workdays: 1 }, { hours: 2 }, { sameDay: { cutoff: '16:00' } }]) {
      const clock = start(limit, '2026-12-31T17:00');
      expect(clock.provisional, limitText(limit)).toBe(true);
      expect(resume(pause(clock, '2026-12-31T17:30'), '2026-12-31T17:31').provisional).toBe(true);
      expect(explainClock(clock, at('2026-12-31T17:10'), calendars).provisional).toBe(true);
    }
    const near = start({ hours: 1 }, '2026-12-31T17:00');
    expect(near.provisional).toBe(false);
    expect(resume(pause(near, '2026-12-31T17:30'), '2026-12-31T17:31').provisional).toBe(true);
  });

  it('AT-19 a clock started before the known range stays provisional inside it', () => {
    const clock = start({ workdays: 2 }, '2025-12-31T17:00');
    expect(clock.provisional).toBe(true);
    expect(resume(pause(clock, '2025-12-31T17:30'), '2026-03-02T10:00').provisional).toBe(true);
    const to = { limit: { workdays: 5 }, calendar: 'office' };
    expect(relimitClock(clock, to, at('2026-01-05T10:00'), calendars).provisional).toBe(false);
    const older = start({ workdays: 2 }, '2025-12-29T17:00');
    expect(relimitClock(older, to, at('2026-01-05T10:00'), calendars).provisional).toBe(true);
  });

  it('AT-19 the next notice settles a provisional deadline', () => {
    const clock = start({ workdays: 1 }, '2026-12-31T17:00');
    expect([local(clock.dueAt), clock.provisional]).toEqual(['2027-01-01 18:00', true]);
    const known = { office: { ...calendars.office!, horizonOn: '2027-12-31', off: ['2027-01-01'] } };
    const to = { limit: { workdays: 1 }, calendar: 'office' };
    const settled = relimitClock(clock, to, at('2026-12-31T17:30'), known, calendars);
    expect([local(settled.dueAt), settled.provisional]).toEqual(['2027-01-04 18:00', false]);
  });

  it('AT-21 a missing calendar fails at the start, also for limits that tick by the wall', () => {
    expect(() => start({ minutes: 5 }, '2026-03-06T09:00', 'nowhere')).toThrow(CalendarError);
    expect(() => start({ calendarDays: 3 }, '2026-03-06T09:00', 'nowhere')).toThrow(/"nowhere"/);
    expect(start({ calendarDays: 3 }, '2026-03-06T09:00', 'wall').calendar).toBe('wall');
  });

  it('refuses a broken limit', () => {
    for (const limit of [
      { minutes: -1 },
      { minutes: 0.5 },
      { hours: NaN },
      { workdays: 0 },
      { calendarDays: -1 },
    ]) {
      expect(() => start(limit, '2026-03-06T09:00'), limitText(limit)).toThrow(RangeError);
    }
    expect(() => start({ sameDay: { cutoff: '4pm' } }, '2026-03-06T09:00')).toThrow(RangeError);
  });
});

describe('pausing', () => {
  it('AT-02 a pause from Friday 18:00 to Monday 09:00 extends by 0', () => {
    const clock = start({ hours: 4 }, '2026-03-06T15:00');
    expect(local(clock.dueAt)).toBe('2026-03-09 10:00');
    const paused = pause(clock, '2026-03-06T18:00');
    expect(paused.dueAt).toBe(clock.dueAt);
    expect(resume(paused, '2026-03-09T09:00').dueAt).toBe(clock.dueAt);
  });

  it('AT-02 only the business time of a pause counts', () => {
    const clock = start({ hours: 4 }, '2026-03-06T15:00');
    expect(local(resume(pause(clock, '2026-03-06T17:30'), '2026-03-09T09:20').dueAt)).toBe(
      '2026-03-09 10:50',
    );
  });

  it('AT-03 while paused nothing ticks; on resume what was left is left', () => {
    const clock = start({ hours: 4 }, '2026-03-06T09:00');
    const paused = pause(clock, '2026-03-06T10:10');
    for (const when of ['2026-03-06T10:10', '2026-03-06T17:00', '2026-06-01T12:00']) {
      expect(usedMinutes(paused, at(when), calendars)).toBe(70);
      expect(remainingMinutes(paused, at(when), calendars)).toBe(170);
      expect(instantAtPercent(paused, 50, calendars)).toBeNull();
    }
    const resumed = resume(paused, '2026-03-10T11:00');
    expect(remainingMinutes(resumed, at('2026-03-10T11:00'), calendars)).toBe(170);
    expect(local(resumed.dueAt)).toBe('2026-03-10 13:50');
    expect(local(instantAtPercent(resumed, 50, calendars))).toBe('2026-03-10 11:50');
    expect(resumed.spans.map((s) => [local(s.from), local(s.to)])).toEqual([
      ['2026-03-06 09:00', '2026-03-06 10:10'],
      ['2026-03-10 11:00', null],
    ]);
  });

  it('AT-04 resuming an old case does not breach it at once', () => {
    const old = pause(start({ minutes: 30 }, '2026-01-05T09:00'), '2026-01-05T09:29');
    const resumed = resume(old, '2026-12-01T10:00');
    expect(local(resumed.dueAt)).toBe('2026-12-01 10:01');
    expect(resumed.breachedAt).toBeNull();
  });

  it('AT-04 but a pause forgives no lateness', () => {
    const late = breachClock(start({ minutes: 30 }, '2026-03-06T09:00'), at('2026-03-06T09:30'));
    const resumed = resume(pause(late, '2026-03-06T10:00'), '2026-03-09T09:00');
    expect(local(resumed.dueAt)).toBe('2026-03-06 09:30');
    expect(remainingMinutes(resumed, at('2026-03-09T09:05'), calendars)).toBe(-35);
    expect(local(instantAtPercent(resumed, 300, calendars))).toBe('2026-03-09 09:30');
  });

  it('AT-18 a pause inside, into, and out of a holiday neither loses nor double-counts', () => {
    const clock = start({ hours: 12 }, '2026-02-14T09:00'); // make-up Saturday, then nine days off
    expect(local(clock.dueAt)).toBe('2026-02-24 12:00');
    const due = (from: string, to: string) => local(resume(pause(clock, from), to).dueAt);
    expect(due('2026-02-16T10:00', '2026-02-19T10:00')).toBe('2026-02-24 12:00');
    expect(due('2026-02-14T17:00', '2026-02-19T10:00')).toBe('2026-02-24 13:00');
    expect(due('2026-02-16T10:00', '2026-02-24T09:30')).toBe('2026-02-24 12:30');
    expect(due('2026-02-14T17:00', '2026-02-24T09:30')).toBe('2026-02-24 13:30');
  });

  it('CMP-10 a limit in calendar days is extended by the wall', () => {
    const clock = start({ calendarDays: 3 }, '2026-03-06T10:30');
    expect(local(resume(pause(clock, '2026-03-06T18:00'), '2026-03-09T09:00').dueAt)).toBe(
      '2026-03-12 01:30',
    );
  });

  it('acts that do not apply change nothing, and no act changes its argument', () => {
    const clock = Object.freeze(start({ hours: 4 }, '2026-03-06T09:00'));
    Object.freeze(clock.spans);
    clock.spans.forEach((s) => Object.freeze(s));
    const before = JSON.stringify(clock);
    const paused = pause(clock, '2026-03-06T10:00');
    const stopped = stopClock(paused, at('2026-03-06T11:00'), calendars);
    relimitClock(clock, { limit: { hours: 2 }, calendar: 'office' }, at('2026-03-06T10:00'), calendars);
    breachClock(clock, at('2026-03-06T10:00'));
    expect(JSON.stringify(clock)).toBe(before);
    expect(resume(clock, '2026-03-06T10:00')).toBe(clock);
    expect(pause(paused, '2026-03-06T12:00')).toBe(paused);
    expect(resume(stopped, '2026-03-06T12:00')).toBe(stopped);
    expect(stopClock(stopped, at('2026-03-06T12:00'), calendars)).toBe(stopped);
    expect(breachClock(stopped, at('2026-03-06T12:00'))).toBe(stopped);
    expect(isRunning(clock)).toBe(true);
    expect(isRunning(paused) || isRunning(stopped)).toBe(false);
  });
});

describe('ending', () => {
  it('AT-09 used time and breach freeze at the end', () => {
    const clock = breachClock(start({ minutes: 30 }, '2026-03-06T09:00'), at('2026-03-06T09:30'));
    const stopped = stopClock(clock, at('2026-03-06T10:10'), calendars);
    expect(stopped).toMatchObject({ usedMinutes: 70, stoppedAt: at('2026-03-06T10:10') });
    expect(usedMinutes(stopped, at('2026-04-01T10:00'), calendars)).toBe(70);
    expect(remainingMinutes(stopped, at('2026-04-01T10:00'), calendars)).toBe(-40);
    expect(explainClock(stopped, at('2026-04-01T10:00'), calendars).lines).toHaveLength(1);
    expect(instantAtPercent(stopped, 100, calendars)).toBeNull();
    const again = breachClock(clock, at('2026-03-06T12:00'));
    expect(again.breachedAt).toBe(at('2026-03-06T09:30'));
  });

  it('AT-09 a clock that ends while paused keeps what it had', () => {
    const paused = pause(start({ hours: 4 }, '2026-03-06T09:00'), '2026-03-06T10:00');
    const stopped = stopClock(paused, at('2026-03-06T15:00'), calendars);
    expect(stopped).toMatchObject({ usedMinutes: 60, pausedAt: null, stoppedAt: at('2026-03-06T15:00') });
    expect(explainClock(stopped, at('2026-03-07T15:00'), calendars).lines.map((l) => l.why)).toEqual([
      'open 09:00-18:00',
      'paused',
    ]);
  });
});

describe('instantAtPercent', () => {
  it('rounds up to a whole minute and goes beyond 100 for escalations', () => {
    const clock = start({ minutes: 30 }, '2026-03-06T17:45');
    const when = (percent: number) => local(instantAtPercent(clock, percent, calendars));
    expect(when(50)).toBe('2026-03-06 18:00');
    expect(when(51)).toBe('2026-03-09 09:01'); // 15.3 → 16 minutes
    expect(when(100)).toBe(local(clock.dueAt));
    expect(when(200)).toBe('2026-03-09 09:45');
    expect(when(0)).toBe('2026-03-06 17:45');
  });

  it('names the past instant of a share used before a pause', () => {
    const clock = resume(
      pause(start({ minutes: 100 }, '2026-03-06T09:00'), '2026-03-06T10:00'),
      '2026-03-06T14:00',
    );
    expect(local(instantAtPercent(clock, 60, calendars))).toBe('2026-03-06 10:00');
    expect(local(instantAtPercent(clock, 61, calendars))).toBe('2026-03-06 14:01');
  });
});

describe('a change of policy', () => {
  const relimit = (clock: ClockRow, limit: Limit, when: string, name = 'office', data = calendars) =>
    relimitClock(clock, { limit, calendar: name }, at(when), data, calendars);

  it('AT-01 keeps the pause already taken', () => {
    const clock = resume(
      pause(start({ hours: 4 }, '2026-03-06T09:00'), '2026-03-06T10:00'),
      '2026-03-06T12:00',
    );
    const shorter = relimit(clock, { hours: 3 }, '2026-03-06T12:30');
    expect(local(shorter.dueAt)).toBe('2026-03-06 14:00'); // 09:00 + 3 h + 2 h of pause
    expect(shorter).toMatchObject({ limitMinutes: 180, limitText: '3 h', usedMinutes: 90 });
    expect(usedMinutes(shorter, at('2026-03-06T12:40'), calendars)).toBe(100);
    expect(local(relimit(clock, { workdays: 1 }, '2026-03-06T12:30').dueAt)).toBe('2026-03-10 11:00');
    expect(local(relimit(clock, { sameDay: { cutoff: '16:00' } }, '2026-03-06T12:30').dueAt)).toBe(
      '2026-03-09 11:00',
    );
    expect(local(relimit(clock, { calendarDays: 3 }, '2026-03-06T12:30').dueAt)).toBe('2026-03-09 11:00');
  });

  it('AT-01 while paused: shows the new deadline, resumes with what is left', () => {
    const paused = pause(start({ hours: 4 }, '2026-03-06T09:00'), '2026-03-06T10:00');
    const longer = relimit(paused, { hours: 6 }, '2026-03-06T11:00');
    expect(local(longer.dueAt)).toBe('2026-03-06 15:00');
    expect(isRunning(longer)).toBe(false);
    expect(local(resume(longer, '2026-03-06T12:00').dueAt)).toBe('2026-03-06 17:00');
  });

  it('AT-17 a new calendar recomputes the deadline and keeps the time used', () => {
    const clock = start({ hours: 6 }, '2026-03-06T11:00');
    const moved = relimit(clock, { hours: 6 }, '2026-03-06T12:30', 'lunch');
    // 90 minutes were used, half an hour of them in what is now a lunch break: they stay used.
    expect(moved).toMatchObject({ calendar: 'lunch', usedMinutes: 90 });
    expect(local(moved.dueAt)).toBe('2026-03-06 17:30');
    const told = explainClock(moved, at('2026-03-06T14:00'), calendars);
    expect(
      told.lines.map((l) => `${localTime(l.from, 480)} ${l.counted ? '+' : '-'}${l.minutes} ${l.why}`),
    ).toEqual([
      '11:00 +90 counted under the calendar in force then',
      '12:30 -30 closed (break)',
      '13:00 +60 open 13:00-18:00',
    ]);
    expect(told.usedMinutes).toBe(150);
    // A quarter was used when the change came, wherever the new calendar would put that minute.
    expect(local(instantAtPercent(moved, 25, calendars))).toBe('2026-03-06 12:30');
  });

  it('AT-17 changed holidays under the same name: the past is counted as it was lived', () => {
    const changed = {
      ...calendars,
      office: { ...calendars.office!, off: [...cn2026.off, '2026-03-06', '2026-03-09'] },
    };
    const clock = start({ hours: 10 }, '2026-03-06T15:00');
    const moved = relimit(clock, { hours: 10 }, '2026-03-06T17:00', 'office', changed);
    expect(moved.usedMinutes).toBe(120);
    expect(local(moved.dueAt)).toBe('2026-03-10 17:00');
    expect(explainClock(moved, at('2026-03-10T10:00'), changed).usedMinutes).toBe(180);
    // Days are counted anew: the second workday after Friday is now Wednesday.
    const days = start({ workdays: 2 }, '2026-03-06T15:00');
    expect(local(relimit(days, { workdays: 2 }, '2026-03-06T17:00', 'office', changed).dueAt)).toBe(
      '2026-03-11 18:00',
    );
  });

  it('a clock made late is due at the change; one late already stays late since then', () => {
    const clock = start({ hours: 4 }, '2026-03-06T09:00');
    expect(local(relimit(clock, { hours: 1 }, '2026-03-06T11:00').dueAt)).toBe('2026-03-06 11:00');
    expect(local(relimit(clock, { hours: 1 }, '2026-03-06T15:00').dueAt)).toBe('2026-03-06 13:00');
    expect(local(relimit(clock, { hours: 5 }, '2026-03-06T15:00').dueAt)).toBe('2026-03-06 14:00');
    const breached = breachClock(clock, at('2026-03-06T13:00'));
    const longer = relimit(breached, { hours: 8 }, '2026-03-06T15:00');
    expect([local(longer.dueAt), local(longer.breachedAt)]).toEqual(['2026-03-06 17:00', '2026-03-06 13:00']);
  });

  it('W14 a moved promise is the instant it names, whatever was paused before', () => {
    const first = start({ at: at('2026-03-06T18:00') }, '2026-03-06T09:00', 'wall');
    const paused = pause(first, '2026-03-06T10:00');
    const moved = relimit(
      resume(paused, '2026-03-06T12:00'),
      { at: at('2026-03-08T11:00') },
      '2026-03-06T15:00',
      'wall',
    );
    expect(local(moved.dueAt)).toBe('2026-03-08 11:00');
    expect(local(instantAtPercent(moved, 100, calendars))).toBe('2026-03-08 11:00');
    const still = relimit(paused, { at: at('2026-03-08T11:00') }, '2026-03-06T11:00', 'wall');
    expect(local(still.dueAt)).toBe('2026-03-08 11:00');
    expect(local(resume(still, '2026-03-06T12:00').dueAt)).toBe('2026-03-08 12:00');
  });

  it('leaves a stopped clock alone and refuses a missing calendar', () => {
    const clock = start({ hours: 4 }, '2026-03-06T09:00');
    const stopped = stopClock(clock, at('2026-03-06T10:00'), calendars);
    expect(relimit(stopped, { hours: 9 }, '2026-03-06T11:00')).toBe(stopped);
    expect(() => relimit(clock, { hours: 9 }, '2026-03-06T11:00', 'nowhere')).toThrow(CalendarError);
  });
});

describe('explanation', () => {
  it('tells every stretch, pauses included, and sums to what was used', () => {
    const clock = resume(
      pause(start({ hours: 12 }, '2026-02-13T16:00'), '2026-02-14T10:00'),
      '2026-02-14T11:30',
    );
    const told = explainClock(clock, at('2026-02-24T09:30'), calendars);
    expect(told.lines.map((l) => `${local(l.from)} ${l.counted ? '+' : '-'}${l.minutes} ${l.why}`)).toEqual([
      '2026-02-13 16:00 +120 open 09:00-18:00',
      '2026-02-13 18:00 -900 closed (night)',
      '2026-02-14 09:00 +60 make-up workday 09:00-18:00',
      '2026-02-14 10:00 -90 paused',
      '2026-02-14 11:30 +390 make-up workday 09:00-18:00',
      '2026-02-14 18:00 -360 closed (night)',
      '2026-02-15 00:00 -12960 holiday',
      '2026-02-24 00:00 -540 closed (night)',
      '2026-02-24 09:00 +30 open 09:00-18:00',
    ]);
    expect(told).toMatchObject({
      clock,
      usedMinutes: 600,
      limitMinutes: 720,
      dueAt: clock.dueAt,
      provisional: false,
    });
  });

  it('a change of limit does not cut its lines', () => {
    const clock = start({ hours: 4 }, '2026-03-06T09:00');
    const moved = relimitClock(
      clock,
      { limit: { hours: 5 }, calendar: 'office' },
      at('2026-03-06T10:00'),
      calendars,
    );
    expect(moved.spans).toHaveLength(2);
    expect(explainClock(moved, at('2026-03-06T11:00'), calendars).lines).toEqual([
      {
        from: clock.startedAt,
        to: at('2026-03-06T11:00'),
        minutes: 120,
        counted: true,
        why: 'open 09:00-18:00',
      },
    ]);
  });
});

// ---- properties: any life of a clock against a reference that ticks every minute

const BEGIN = Date.parse(at('2026-02-09T00:00')) / 60_000;
const iso = (minute: number) => new Date(minute * 60_000).toISOString();

/** Open minutes of the office around the Spring Festival, decided one by one. */
const LENGTH = 40 * 1440;
const open = Uint8Array.from({ length: LENGTH }, (_, i) => {
  const text = iso(BEGIN + i + SHANGHAI);
  const [on, time] = [text.slice(0, 10), text.slice(11, 16)];
  const weekday = new Date(`${on}T00:00:00Z`).getUTCDay();
  const worked = cn2026.work.includes(on) || (weekday > 0 && weekday < 6 && !cn2026.off.includes(on));
  return worked && time >= '09:00' && time < '18:00' ? 1 : 0;
});

const anyLimit: fc.Arbitrary<Limit> = fc.oneof(
  fc.record({ minutes: fc.integer({ min: 1, max: 1500 }) }),
  fc.record({ hours: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ workdays: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ calendarDays: fc.integer({ min: 1, max: 5 }) }),
  fc.constant({ sameDay: { cutoff: '16:00' } }),
  fc.integer({ min: 1, max: 8000 }).map((m) => ({ at: iso(BEGIN + m + 5 * 1440) })),
);
const life = fc.record({
  limit: anyLimit,
  from: fc.integer({ min: 0, max: 5 * 1440 }),
  /** Minutes until the next turn: pause, resume, pause … */
  turns: fc.array(fc.integer({ min: 0, max: 2 * 1440 }), { maxLength: 7 }),
  after: fc.integer({ min: 0, max: 2 * 1440 }),
});

/** Plays a life; the reference counts the minutes that were both open and not paused. */
function play({ limit, from, turns, after }: { limit: Limit; from: number; turns: number[]; after: number }) {
  const args = { key: 'k', name: 'n', round: 1, rule: 'r', calendar: 'office', calendars };
  const first = startClock({ ...args, limit, at: iso(BEGIN + from) });
  const counts = (minute: number) => first.calendar === 'wall' || open[minute] === 1;
  let [clock, now, used, pausedOpen, running] = [first, from, 0, 0, true];
  const pass = (minutes: number) => {
    // Once the limit is used up a pause forgives nothing.
    const late = used >= clock.limitMinutes;
    for (const until = now + minutes; now < until; now++) {
      if (!counts(now)) continue;
      if (running) used++;
      else if (!late) pausedOpen++;
    }
  };
  for (const wait of turns) {
    pass(wait);
    clock = (running ? pauseClock : resumeClock)(clock, iso(BEGIN + now), calendars);
    running = !running;
  }
  pass(after);
  return { first, clock, now, at: iso(BEGIN + now), used, pausedOpen, running };
}

const runs = { numRuns: 300 };

describe('properties', () => {
  it('AT-03 used minutes are the open minutes in which it was not paused', () => {
    const property = fc.property(life, (l) => {
      const { clock, at: now, used } = play(l);
      expect(usedMinutes(clock, now, calendars)).toBe(used);
      expect(usedMinutes(stopClock(clock, now, calendars), now, calendars)).toBe(used);
    });
    fc.assert(property, runs);
  });

  it('AT-02 AT-18 a pause extends by exactly its open minutes and never shortens', () => {
    const property = fc.property(life, (l) => {
      const { first, clock, at: now, pausedOpen, running } = play(l);
      const resumed = running ? clock : resumeClock(clock, now, calendars);
      expect(resumed.dueAt >= first.dueAt).toBe(true);
      const extended = addMinutes(
        calendars,
        first.calendar,
        first.startedAt,
        first.limitMinutes + pausedOpen,
      ).at;
      expect(resumed.dueAt).toBe(extended);
    });
    fc.assert(property, runs);
  });

  it('AT-04 what is not late when paused is not late when resumed', () => {
    const property = fc.property(life, fc.integer({ min: 0, max: 500 * 1440 }), (l, away) => {
      const { clock, now, used } = play(l);
      fc.pre(used < clock.limitMinutes);
      const back = iso(BEGIN + now + away);
      const resumed = resumeClock(pauseClock(clock, iso(BEGIN + now), calendars), back, calendars);
      expect(resumed.dueAt > back).toBe(true);
    });
    fc.assert(property, runs);
  });

  it('instantAtPercent is monotone, is dueAt at 100, and names the first instant with that share used', () => {
    const percents = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }));
    const property = fc.property(life, percents, (l, [a, b]) => {
      const { clock, at: now, running } = play(l);
      const ticking = running ? clock : resumeClock(clock, now, calendars);
      const [lo, hi] = [Math.min(a, b), Math.max(a, b)].map((p) => instantAtPercent(ticking, p, calendars)!);
      expect(lo! <= hi!).toBe(true);
      expect(instantAtPercent(ticking, 100, calendars)).toBe(ticking.dueAt);
      const share = Math.ceil((ticking.limitMinutes * Math.max(a, b)) / 100);
      const open = ticking.spans.at(-1)!.from;
      if (hi! > open) {
        const used = (when: string) => usedMinutes(ticking, when, calendars);
        expect(used(hi!)).toBe(share);
        expect(used(iso(Date.parse(hi!) / 60_000 - 1))).toBe(share - 1);
      }
      expect(instantAtPercent(pauseClock(ticking, now, calendars), 50, calendars)).toBeNull();
    });
    fc.assert(property, runs);
  });

  it('the explanation has no gap and its counted minutes are the used minutes, across changes of calendar too', () => {
    const change = fc.record({ limit: anyLimit, calendar: fc.constantFrom('office', 'lunch', 'wall') });
    const property = fc.property(life, change, fc.integer({ min: 0, max: 3000 }), (l, to, on) => {
      const { clock, now } = play(l);
      const changed = relimitClock(clock, to, iso(BEGIN + now), calendars);
      expect(usedMinutes(changed, iso(BEGIN + now), calendars)).toBe(
        usedMinutes(clock, iso(BEGIN + now), calendars),
      );
      const end = iso(BEGIN + now + on);
      for (const row of [clock, changed, stopClock(changed, end, calendars)]) {
        const told = explainClock(row, end, calendars);
        expect(told.lines.reduce((sum, x) => sum + (x.counted ? x.minutes : 0), 0)).toBe(told.usedMinutes);
        expect(told.usedMinutes).toBe(usedMinutes(row, end, calendars));
        let edge = row.startedAt;
        for (const line of told.lines) {
          expect(line.from).toBe(edge);
          edge = line.to;
        }
        expect(edge).toBe(end > row.startedAt ? end : row.startedAt);
      }
    });
    fc.assert(property, runs);
  });

  it('AT-01 the same limit again changes no deadline that is still ahead', () => {
    const property = fc.property(life, (l) => {
      const { clock, at: now, used } = play(l);
      fc.pre(used < clock.limitMinutes && !('at' in l.limit));
      const same = relimitClock(clock, { limit: l.limit, calendar: 'office' }, now, calendars);
      expect([same.dueAt, same.limitMinutes]).toEqual([clock.dueAt, clock.limitMinutes]);
    });
    fc.assert(property, runs);
  });
});
