import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Calendars, HolidayData, Hours, WorkCalendar } from '../../domain/calendar.js';
import {
  CalendarError,
  addDays,
  addMinutes,
  calendarNamed,
  calendarProblems,
  closeOfDay,
  dayOf,
  instantOf,
  intervals,
  isOpen,
  isProvisional,
  isWorkday,
  lastWorkdayOnOrBefore,
  localTime,
  minutesBetween,
  nextOpening,
  wholeMinute,
  workdayAfter,
} from '../../domain/calendar.js';

const SHANGHAI = 480;
const root = join(import.meta.dirname, '../..');

function holidays(path: string): HolidayData {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as HolidayData;
}

const cn2026 = holidays('policy/calendars/cn-2026.json');
const cn2030 = holidays('examples/calendars/cn-2030.json');

const h = (from: string, to: string): Hours => ({ from, to });
const weekOf = (workdays: Hours[], sat: Hours[] = [], sun: Hours[] = []) => ({
  mon: workdays,
  tue: workdays,
  wed: workdays,
  thu: workdays,
  fri: workdays,
  sat,
  sun,
});

function calendar(
  name: string,
  data: HolidayData,
  hours: Hours[],
  more: Partial<WorkCalendar> = {},
): WorkCalendar {
  const { offsetMinutes, fromOn, horizonOn, off, work } = data;
  return { name, offsetMinutes, week: weekOf(hours), makeUp: hours, fromOn, horizonOn, off, work, ...more };
}

const day = [h('09:00', '18:00')];
const shifts = [h('08:30', '12:00'), h('13:30', '17:30')];
const calendars: Calendars = {
  office: calendar('office', cn2026, day),
  until17: calendar('until17', cn2026, [h('09:00', '17:00')]),
  lunch: calendar('lunch', cn2026, shifts),
  tueThuSat: calendar('tueThuSat', cn2026, [], {
    week: { ...weekOf([], day), tue: day, thu: day },
    makeUp: [],
  }),
  hotline: calendar('hotline', cn2026, day, { week: weekOf(day, day, [h('10:00', '24:00')]) }),
  daily: calendar('daily', cn2026, day, { week: weekOf(day, day, day), ignoresHolidays: true }),
  office2030: calendar('office2030', cn2030, day),
};

/** Shanghai local time as an instant. */
const at = (local: string): string => instantOf(local.slice(0, 10), local.slice(11), SHANGHAI);
const local = (instant: string): string => `${dayOf(instant, SHANGHAI)} ${localTime(instant, SHANGHAI)}`;
const plus = (name: string, from: string, minutes: number): string =>
  local(addMinutes(calendars, name, at(from), minutes).at);

describe('calendar data', () => {
  it.each([
    ['cn-2026', 248, cn2026],
    ['cn-2030', 248, cn2030],
  ])('%s is consistent: make-up days are weekends, %d days are worked', (_, workdays, data) => {
    const office = { office: calendar('office', data, day) };
    expect(calendarProblems(office.office)).toEqual([]);
    for (const on of data.work) expect(['0', '6']).toContain(String(new Date(`${on}T00:00:00Z`).getUTCDay()));
    for (const list of [data.off, data.work, data.filingPeriodEnds ?? []]) {
      expect(list).toEqual([...new Set(list)].sort());
    }
    let count = 0;
    for (let on = data.fromOn; on <= data.horizonOn; on = addDays(on, 1)) {
      if (isWorkday(office, 'office', on)) count++;
    }
    expect(count).toBe(workdays);
    for (const on of data.filingPeriodEnds ?? []) expect(isWorkday(office, 'office', on), on).toBe(true);
  });

  it('calendarProblems names each mistake', () => {
    const bad = calendar('bad', cn2026, [h('09:00', '18:00'), h('17:00', '19:00')], {
      off: ['2026-02-30', '2027-01-01', '2026-02-14'],
      offsetMinutes: 0.5,
    });
    const problems = calendarProblems(bad).join('\n');
    expect(problems).toContain('17:00-19:00');
    expect(problems).toContain('"2026-02-30"');
    expect(problems).toContain('2027-01-01 is outside');
    expect(problems).toContain('2026-02-14 is both');
    expect(problems).toContain('offsetMinutes 0.5');
    expect(calendarProblems(calendar('none', cn2026, []))).toEqual([
      'calendar "none" has no working hours: no deadline can be computed',
    ]);
    expect(calendarProblems(calendar('late', cn2026, [h('09:00', '24:30')]))[0]).toContain('24:30');
  });
});

describe('instants and days', () => {
  it('reads any offset, drops seconds, answers in UTC', () => {
    expect(wholeMinute('2026-02-13T16:00:59.999+08:00')).toBe('2026-02-13T08:00:00.000Z');
    expect(dayOf('2026-02-13T16:00:00Z', SHANGHAI)).toBe('2026-02-14');
    expect(localTime('2026-02-13T16:05:59Z', SHANGHAI)).toBe('00:05');
    expect(localTime('1969-12-31T23:30:00Z', -60)).toBe('22:30');
    expect(instantOf('2026-02-13', '24:00', SHANGHAI)).toBe('2026-02-13T16:00:00.000Z');
    expect(addDays('2028-02-28', 2)).toBe('2028-03-01');
  });

  it('AT-13 refuses an instant without zone, which a machine would read in its own', () => {
    for (const text of ['2026-02-13T16:00', '2026-02-13', 'now', '2026-02-13 16:00Z']) {
      expect(() => addMinutes(calendars, 'office', text, 1), text).toThrow(RangeError);
    }
    expect(() => isWorkday(calendars, 'office', '2026-02-30')).toThrow(RangeError);
    expect(() => instantOf('2026-02-13', '9:00', 0)).toThrow(RangeError);
    expect(() => addMinutes(calendars, 'office', at('2026-03-02T09:00'), 0.5)).toThrow(RangeError);
    expect(() => addMinutes(calendars, 'office', at('2026-03-02T09:00'), NaN)).toThrow(RangeError);
  });
});

describe('AT-13 results do not depend on the machine', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'aftercare-calendar-'));
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
    for (const name of ['calendar', 'clock']) {
      const source = readFileSync(join(root, `domain/${name}.ts`), 'utf8');
      const options = {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
      };
      writeFileSync(
        join(dir, `${name}.js`),
        ts.transpileModule(source, { compilerOptions: options }).outputText,
      );
    }
    writeFileSync(join(dir, 'calendars.json'), JSON.stringify(calendars));
    writeFileSync(
      join(dir, 'run.js'),
      `import { readFileSync } from 'node:fs';
       import * as cal from './calendar.js';
       import * as clock from './clock.js';
       const calendars = JSON.parse(readFileSync(new URL('./calendars.json', import.meta.url), 'utf8'));
       const out = [];
       // Around the nights when Los Angeles moves its clocks (8 March, 1 November 2026), and the make-up Saturday.
       for (const from of ['2026-02-13T16:00:00+08:00', '2026-03-08T09:30:00Z', '2026-11-01T08:30:00Z']) {
         for (const name of Object.keys(calendars)) {
           const due = cal.addMinutes(calendars, name, from, 480);
           const args = { key: 'k', name: 'n', round: 1, rule: 'r', calendar: name, at: from, calendars };
           out.push(from, name, due, cal.minutesBetween(calendars, name, from, due.at),
             cal.intervals(calendars, name, from, due.at), cal.dayOf(from, 480), cal.localTime(from, 480),
             clock.startClock({ ...args, limit: { workdays: 3 } }),
             clock.startClock({ ...args, limit: { sameDay: { cutoff: '16:00' } } }));
         }
       }
       const localHour = new Date('2026-02-13T00:00:00Z').getHours();
       process.stdout.write(JSON.stringify({ localHour, out }));`,
    );
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('TZ=UTC and TZ=America/Los_Angeles give the same bytes', () => {
    const run = (TZ: string) =>
      JSON.parse(
        execFileSync(process.execPath, [join(dir, 'run.js')], {
          env: { ...process.env, TZ },
          encoding: 'utf8',
        }),
      ) as { localHour: number; out: unknown[] };
    const utc = run('UTC');
    const west = run('America/Los_Angeles');
    expect([utc.localHour, west.localHour]).toEqual([0, 16]); // the two machines really differ
    expect(utc.out).toHaveLength(3 * Object.keys(calendars).length * 9);
    expect(west.out).toEqual(utc.out);
    expect(JSON.stringify(utc.out)).toContain('"at":"2026-02-14T07:00:00.000Z"'); // AT-20 among them
  });
});

describe('addMinutes', () => {
  it('AT-14 lunch break and split shifts', () => {
    expect(plus('lunch', '2026-03-02T11:30', 60)).toBe('2026-03-02 14:00');
    expect(plus('lunch', '2026-03-02T12:15', 0)).toBe('2026-03-02 13:30');
    expect(plus('lunch', '2026-03-02T08:30', 210)).toBe('2026-03-02 12:00');
    expect(plus('lunch', '2026-03-02T08:30', 211)).toBe('2026-03-02 13:31');
    expect(plus('lunch', '2026-03-02T08:30', 450)).toBe('2026-03-02 17:30');
    expect(minutesBetween(calendars, 'lunch', at('2026-03-02T11:00'), at('2026-03-03T09:00'))).toBe(
      60 + 240 + 30,
    );
  });

  it('AT-15 any subset of weekdays', () => {
    expect(plus('tueThuSat', '2026-03-02T10:00', 60)).toBe('2026-03-03 10:00'); // Mon → Tue
    expect(plus('tueThuSat', '2026-03-03T17:00', 120)).toBe('2026-03-05 10:00'); // Tue → Thu
    expect(plus('tueThuSat', '2026-03-07T17:00', 61)).toBe('2026-03-10 09:01'); // Sat → Tue
    // Its Saturday is the make-up day: without make-up hours it keeps those of the weekday.
    expect(isWorkday(calendars, 'tueThuSat', '2026-02-28')).toBe(true);
    expect(isWorkday(calendars, 'tueThuSat', '2026-01-04')).toBe(false);
  });

  it('AT-16 outside hours starts at the next opening; Fri 16:30 + 1 h → Mon 09:30', () => {
    expect(plus('until17', '2026-03-06T16:30', 60)).toBe('2026-03-09 09:30');
    expect(plus('office', '2026-03-06T20:00', 30)).toBe('2026-03-09 09:30');
    expect(plus('office', '2026-03-07T12:00', 0)).toBe('2026-03-09 09:00');
    expect(plus('office', '2026-03-06T18:00', 0)).toBe('2026-03-09 09:00');
    expect(plus('office', '2026-03-06T17:59', 1)).toBe('2026-03-06 18:00');
    expect(plus('office', '2026-03-06T09:00', 0)).toBe('2026-03-06 09:00');
  });

  it('AT-20 2026-02-14 is worked, 2026-02-16 is not; 8 h from Fri 2026-02-13 16:00 land on Sat 14th', () => {
    expect(isWorkday(calendars, 'office', '2026-02-14')).toBe(true);
    expect(isWorkday(calendars, 'office', '2026-02-16')).toBe(false);
    expect(plus('office', '2026-02-13T16:00', 480)).toBe('2026-02-14 15:00');
    expect(plus('office', '2026-02-14T17:00', 120)).toBe('2026-02-24 10:00'); // over the Spring Festival
    expect(plus('office2030', '2030-02-01T17:00', 120)).toBe('2030-02-11 10:00');
  });

  it('AT-22 lengths beyond 99 h, and years, are exact and quick', () => {
    expect(plus('office', '2026-03-02T09:00', 100 * 60)).toBe('2026-03-17 10:00'); // 11 days of 9 h and 1 h
    const began = performance.now();
    const due = addMinutes(calendars, 'office', at('2026-12-31T18:00'), 1000 * 45 * 60); // a thousand weeks
    expect(local(due.at)).toBe(`${addDays('2026-12-31', 7 * 1000)} 18:00`);
    expect(minutesBetween(calendars, 'office', at('2026-12-31T18:00'), due.at)).toBe(1000 * 45 * 60);
    expect(performance.now() - began).toBeLessThan(50);
  });

  it('hours up to 24:00 and round the clock have no seam', () => {
    expect(plus('hotline', '2026-03-08T23:00', 60)).toBe('2026-03-09 00:00');
    expect(plus('hotline', '2026-03-08T23:00', 61)).toBe('2026-03-09 09:01');
    const always = {
      on: calendar('on', cn2026, [h('00:00', '24:00')], { week: weekOf([h('00:00', '24:00')]) }),
    };
    always.on.week.sat = always.on.week.sun = always.on.week.mon;
    always.on.ignoresHolidays = true;
    const from = at('2026-02-13T16:07');
    expect(addMinutes(always, 'on', from, 12_345)).toEqual(addMinutes(always, 'wall', from, 12_345));
  });

  it('W14 negative minutes go back to the latest instant with so much service time before', () => {
    expect(plus('office', '2026-03-09T09:30', -60)).toBe('2026-03-06 17:30');
    expect(plus('office', '2026-03-09T10:00', -60)).toBe('2026-03-09 09:00');
    expect(plus('office', '2026-02-24T09:00', -1)).toBe('2026-02-14 17:59');
    expect(plus('hotline', '2026-03-09T00:00', -30)).toBe('2026-03-08 23:30');
  });

  it('AT-19 beyond the horizon or before its start: by weekday, and flagged', () => {
    const touch = (from: string, minutes: number) => addMinutes(calendars, 'office', at(from), minutes);
    expect(touch('2026-12-31T17:00', 60)).toEqual({ at: at('2026-12-31T18:00'), provisional: false });
    // 2027-01-01 is a holiday in fact; nothing here knows it, so nothing here is silent about it.
    expect(touch('2026-12-31T17:00', 61)).toEqual({ at: at('2027-01-01T09:01'), provisional: true });
    expect(touch('2026-12-31T18:00', 0)).toEqual({ at: at('2027-01-01T09:00'), provisional: true });
    expect(touch('2025-12-31T17:00', 120).provisional).toBe(true);
    expect(touch('2027-01-04T09:30', -60)).toEqual({ at: at('2027-01-01T17:30'), provisional: true });
    // Looking back from midnight, the day that begins there is not asked.
    expect(touch('2027-01-01T00:00', -60)).toEqual({ at: at('2026-12-31T17:00'), provisional: false });
    expect(isProvisional(calendars, 'office', '2026-12-31')).toBe(false);
    expect(isProvisional(calendars, 'office', '2027-01-01')).toBe(true);
    expect(workdayAfter(calendars, 'office', '2026-12-31', 1)).toEqual({
      on: '2027-01-01',
      provisional: true,
    });
    expect(lastWorkdayOnOrBefore(calendars, 'office', '2027-01-02').provisional).toBe(true);
    expect(closeOfDay(calendars, 'office', '2027-01-04')?.provisional).toBe(true);
    // A calendar that ignores holidays knows all it needs.
    expect(addMinutes(calendars, 'daily', at('2026-12-31T17:59'), 2).provisional).toBe(false);
    expect(addMinutes(calendars, 'wall', at('2031-01-01T00:00'), 2).provisional).toBe(false);
  });

  it('AT-21 a missing calendar fails fast and names itself', () => {
    const missing = () => addMinutes(calendars, 'hotlnie', at('2026-03-02T09:00'), 5);
    expect(missing).toThrow(CalendarError);
    expect(missing).toThrow(/no calendar named "hotlnie"; known: wall, .*hotline/);
    for (const name of ['constructor', '__proto__', '']) {
      expect(() => calendarNamed(calendars, name), name).toThrow(CalendarError);
    }
    expect(calendarNamed(calendars, 'wall').offsetMinutes).toBe(SHANGHAI);
  });

  it('AT-21 a calendar that never opens fails fast instead of searching for ever', () => {
    const only = (more: Partial<WorkCalendar>) => ({ never: calendar('never', cn2026, [], more) });
    const from = at('2026-03-02T09:00');
    for (const data of [only({}), only({ ignoresHolidays: true }), only({ makeUp: day })]) {
      const far = data.never.makeUp.length ? 60 * 9 * 5 : 0;
      expect(() => addMinutes(data, 'never', from, far)).toThrow(/"never" has no working hours/);
      expect(() => workdayAfter(data, 'never', '2026-12-30', 1)).toThrow(CalendarError);
      expect(() => addMinutes(data, 'never', at('2026-01-02T09:00'), -1)).toThrow(CalendarError);
      expect(() => lastWorkdayOnOrBefore(data, 'never', '2026-01-02')).toThrow(CalendarError);
      expect(minutesBetween(data, 'never', at('2026-01-05T09:00'), at('2026-02-14T00:00'))).toBe(0);
    }
    expect(local(addMinutes(only({ makeUp: day }), 'never', from, 30).at)).toBe('2026-05-09 09:30');
  });
});

describe('days', () => {
  it('W12 the nth workday after a day does not count that day', () => {
    expect(workdayAfter(calendars, 'office', '2026-02-13', 1).on).toBe('2026-02-14');
    expect(workdayAfter(calendars, 'office', '2026-02-13', 2).on).toBe('2026-02-24');
    expect(workdayAfter(calendars, 'office', '2026-02-17', 1)).toEqual({
      on: '2026-02-24',
      provisional: false,
    });
    expect(workdayAfter(calendars, 'office', '2026-02-17', 0).on).toBe('2026-02-24');
    expect(workdayAfter(calendars, 'office', '2026-02-13', 0).on).toBe('2026-02-13');
    expect(() => workdayAfter(calendars, 'office', '2026-02-13', -1)).toThrow(RangeError);
  });

  it('W9 the last workday before a long holiday', () => {
    expect(lastWorkdayOnOrBefore(calendars, 'office', '2026-02-20')).toEqual({
      on: '2026-02-14',
      provisional: false,
    });
    expect(lastWorkdayOnOrBefore(calendars, 'office', '2026-02-14').on).toBe('2026-02-14');
    expect(lastWorkdayOnOrBefore(calendars, 'office', '2026-03-08').on).toBe('2026-03-06');
  });

  it('opening and closing', () => {
    expect(isOpen(calendars, 'office', at('2026-03-06T09:00'))).toBe(true);
    expect(isOpen(calendars, 'office', at('2026-03-06T08:59'))).toBe(false);
    expect(isOpen(calendars, 'office', at('2026-03-06T17:59'))).toBe(true);
    expect(isOpen(calendars, 'office', at('2026-03-06T18:00'))).toBe(false);
    expect(isOpen(calendars, 'wall', at('2026-03-08T03:00'))).toBe(true);
    expect(local(nextOpening(calendars, 'office', at('2026-02-14T18:00')).at)).toBe('2026-02-24 09:00');
    expect(nextOpening(calendars, 'office', at('2026-03-06T10:07')).at).toBe(at('2026-03-06T10:07'));
    expect(closeOfDay(calendars, 'lunch', '2026-03-06')).toEqual({
      at: at('2026-03-06T17:30'),
      provisional: false,
    });
    expect(closeOfDay(calendars, 'office', '2026-02-16')).toBeNull();
    expect(closeOfDay(calendars, 'wall', '2026-02-16')?.at).toBe(at('2026-02-17T00:00'));
  });
});

describe('intervals', () => {
  const told = (name: string, from: string, to: string) =>
    intervals(calendars, name, at(from), at(to)).map(
      (i) => `${local(i.from)} → ${local(i.to)} ${i.counted ? '+' : '-'}${i.minutes} ${i.why}`,
    );

  it('AT-20 tells the make-up Saturday and the Spring Festival, one line for nine days', () => {
    expect(told('office', '2026-02-13T16:00', '2026-02-24T10:00')).toEqual([
      '2026-02-13 16:00 → 2026-02-13 18:00 +120 open 09:00-18:00',
      '2026-02-13 18:00 → 2026-02-14 09:00 -900 closed (night)',
      '2026-02-14 09:00 → 2026-02-14 18:00 +540 make-up workday 09:00-18:00',
      '2026-02-14 18:00 → 2026-02-15 00:00 -360 closed (night)',
      '2026-02-15 00:00 → 2026-02-24 00:00 -12960 holiday',
      '2026-02-24 00:00 → 2026-02-24 09:00 -540 closed (night)',
      '2026-02-24 09:00 → 2026-02-24 10:00 +60 open 09:00-18:00',
    ]);
  });

  it('AT-14 tells breaks and weekends', () => {
    expect(told('lunch', '2026-03-06T11:00', '2026-03-09T08:31')).toEqual([
      '2026-03-06 11:00 → 2026-03-06 12:00 +60 open 08:30-12:00',
      '2026-03-06 12:00 → 2026-03-06 13:30 -90 closed (break)',
      '2026-03-06 13:30 → 2026-03-06 17:30 +240 open 13:30-17:30',
      '2026-03-06 17:30 → 2026-03-07 00:00 -390 closed (night)',
      '2026-03-07 00:00 → 2026-03-09 00:00 -2880 Saturday to Sunday, not working days',
      '2026-03-09 00:00 → 2026-03-09 08:30 -510 closed (night)',
      '2026-03-09 08:30 → 2026-03-09 08:31 +1 open 08:30-12:00',
    ]);
    expect(told('office', '2026-03-07T10:00', '2026-03-07T11:00')).toEqual([
      '2026-03-07 10:00 → 2026-03-07 11:00 -60 Saturday, not a working day',
    ]);
    expect(told('office', '2026-03-07T10:00', '2026-03-07T10:00')).toEqual([]);
    expect(told('wall', '2026-03-07T10:00', '2026-03-08T10:00')).toEqual([
      '2026-03-07 10:00 → 2026-03-08 10:00 +1440 wall time',
    ]);
  });

  it('AT-19 says what it assumes past the horizon', () => {
    expect(told('office', '2026-12-31T17:00', '2027-01-02T01:00')).toEqual([
      '2026-12-31 17:00 → 2026-12-31 18:00 +60 open 09:00-18:00',
      '2026-12-31 18:00 → 2027-01-01 00:00 -360 closed (night)',
      '2027-01-01 00:00 → 2027-01-01 09:00 -540 closed (night); past horizon 2026-12-31: assumed from weekday only',
      '2027-01-01 09:00 → 2027-01-01 18:00 +540 open 09:00-18:00; past horizon 2026-12-31: assumed from weekday only',
      '2027-01-01 18:00 → 2027-01-02 00:00 -360 closed (night); past horizon 2026-12-31: assumed from weekday only',
      '2027-01-02 00:00 → 2027-01-02 01:00 -60 Saturday, not a working day; past horizon 2026-12-31: assumed from weekday only',
    ]);
    expect(told('office', '2025-12-31T10:00', '2025-12-31T11:00')[0]).toContain(
      '; before 2026-01-01: assumed',
    );
  });
});

// ---- properties: against a reference that looks at every minute

const START = Date.UTC(2030, 0, 1) / 60_000;
const DAYS = 160;
const iso = (minute: number) => new Date(minute * 60_000).toISOString();

interface Reference {
  open: Uint8Array;
  unknown: (minute: number) => boolean;
}

/** Every minute of 160 days, decided one by one the slow way. */
function reference(c: WorkCalendar): Reference {
  const open = new Uint8Array(DAYS * 1440);
  const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
  const localDay = (minute: number) => iso(minute + c.offsetMinutes).slice(0, 10);
  const outside = (on: string) => !c.ignoresHolidays && (on < c.fromOn || on > c.horizonOn);
  let on = '';
  let hours: [number, number][] = [];
  for (let i = 0; i < open.length; i++) {
    const shifted = (((START + i + c.offsetMinutes) % 1440) + 1440) % 1440;
    if (i === 0 || shifted === 0) {
      on = localDay(START + i);
      const usual = c.week[names[new Date(`${on}T00:00:00Z`).getUTCDay()]!];
      let list = usual;
      if (!outside(on) && !c.ignoresHolidays) {
        if (c.off.includes(on)) list = [];
        if (c.work.includes(on)) list = c.makeUp.length > 0 ? c.makeUp : usual;
      }
      const minutes = (text: string) => Number(text.split(':')[0]) * 60 + Number(text.split(':')[1]);
      hours = list.map((x) => [minutes(x.from), minutes(x.to)]);
    }
    open[i] = hours.some(([from, to]) => shifted >= from && shifted < to) ? 1 : 0;
  }
  return { open, unknown: (minute) => outside(localDay(minute)) };
}

const hhmm = (m: number) =>
  `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
const spans = fc.uniqueArray(fc.integer({ min: 0, max: 1440 }), { maxLength: 6 }).map((cuts) => {
  const sorted = [...cuts].sort((a, b) => a - b);
  const list: Hours[] = [];
  for (let i = 0; i + 1 < sorted.length; i += 2) list.push(h(hhmm(sorted[i]!), hhmm(sorted[i + 1]!)));
  return list;
});
const dayIn = (from: number, to: number) =>
  fc.integer({ min: from, max: to }).map((n) => addDays('2030-01-01', n));
const anyCalendar: fc.Arbitrary<WorkCalendar> = fc
  .record({
    offsetMinutes: fc.constantFrom(0, 480, -420, 345),
    // At least four hours a week, or the reference's 160 days are too short.
    mon: fc.constantFrom(day, [h('06:00', '10:00')], shifts),
    rest: fc.tuple(spans, spans, spans, spans, spans, spans),
    makeUp: spans,
    fromOn: dayIn(-3, 5),
    horizonOn: dayIn(8, 40),
    off: fc.uniqueArray(dayIn(0, 30), { maxLength: 12 }),
    work: fc.uniqueArray(dayIn(0, 30), { maxLength: 6 }),
    ignoresHolidays: fc.boolean(),
  })
  .map(({ mon, rest: [tue, wed, thu, fri, sat, sun], ...more }) => ({
    name: 'any',
    week: { mon, tue, wed, thu, fri, sat, sun },
    ...more,
  }));
const minuteIn = (days: number) => fc.integer({ min: START + 1440, max: START + days * 1440 });
const runs = { numRuns: 80 };

describe('properties against a minute-by-minute reference', () => {
  it('addMinutes, forwards: the same instant and the same flag', () => {
    const property = fc.property(
      anyCalendar,
      minuteIn(25),
      fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3000 })),
      (any, from, minutes) => {
        const ref = reference(any);
        let t = from;
        let left = minutes;
        // The last minute worked ends the search; zero minutes end at the first open one.
        while (left > 0 || (minutes === 0 && !ref.open[t - START])) {
          if (ref.open[t - START]) left--;
          t++;
          if (t - START >= ref.open.length) throw new Error('reference too short');
        }
        const last = minutes === 0 ? t : t - 1;
        let provisional = ref.unknown(from) || ref.unknown(last);
        for (let d = from; d < last; d += 1440) provisional ||= ref.unknown(d);
        expect(addMinutes({ any }, 'any', iso(from), minutes)).toEqual({ at: iso(t), provisional });
      },
    );
    fc.assert(property, runs);
  });

  it('addMinutes, backwards: the latest instant with that many minutes before', () => {
    const property = fc.property(
      anyCalendar,
      minuteIn(60),
      fc.integer({ min: 1, max: 400 }),
      (any, to, minutes) => {
        const ref = reference(any);
        let t = to;
        let left = minutes;
        while (left > 0 && t > START) if (ref.open[--t - START]) left--;
        fc.pre(left === 0);
        const back = addMinutes({ any }, 'any', iso(to), -minutes);
        expect(back.at).toBe(iso(t));
        expect(minutesBetween({ any }, 'any', back.at, iso(to))).toBe(minutes);
      },
    );
    fc.assert(property, runs);
  });

  it('minutesBetween counts, is signed, adds up, and undoes addMinutes', () => {
    const property = fc.property(anyCalendar, minuteIn(150), minuteIn(150), minuteIn(150), (any, a, b, c) => {
      const ref = reference(any);
      const [lo, hi] = [Math.min(a, b), Math.max(a, b)];
      let sum = 0;
      for (let t = lo; t < hi; t++) sum += ref.open[t - START]!;
      const between = (x: number, y: number) => minutesBetween({ any }, 'any', iso(x), iso(y));
      expect(between(a, b)).toBe(a < b ? sum : 0 - sum);
      expect(between(a, b) + between(b, c)).toBe(between(a, c));
      const { at: due } = addMinutes({ any }, 'any', iso(lo), sum);
      expect(minutesBetween({ any }, 'any', iso(lo), due)).toBe(sum);
      if (sum > 0) expect(due <= iso(hi)).toBe(true);
    });
    fc.assert(property, runs);
  });

  it('intervals cover the span without gap or overlap, agree minute by minute, and merge neighbours', () => {
    const property = fc.property(
      anyCalendar,
      minuteIn(60),
      fc.integer({ min: 1, max: 20_000 }),
      (any, from, n) => {
        const ref = reference(any);
        const lines = intervals({ any }, 'any', iso(from), iso(from + n));
        expect(lines[0]!.from).toBe(iso(from));
        expect(lines.at(-1)!.to).toBe(iso(from + n));
        lines.forEach((line, i) => {
          const [a, b] = [Date.parse(line.from) / 60_000, Date.parse(line.to) / 60_000];
          expect(line.minutes).toBe(b - a);
          expect(line.minutes).toBeGreaterThan(0);
          for (let t = a; t < b; t++)
            if (ref.open[t - START] !== (line.counted ? 1 : 0)) throw new Error(line.why);
          const next = lines[i + 1];
          if (next) {
            expect(next.from).toBe(line.to);
            if (!line.counted && !next.counted) expect(next.why).not.toBe(line.why);
          }
        });
      },
    );
    fc.assert(property, runs);
  });

  it('isOpen, isWorkday and workdayAfter agree with the minutes', () => {
    const property = fc.property(anyCalendar, minuteIn(60), fc.integer({ min: 0, max: 12 }), (any, t, n) => {
      const ref = reference(any);
      expect(isOpen({ any }, 'any', iso(t))).toBe(ref.open[t - START] === 1);
      const worked = (on: string) => {
        const midnight = Date.parse(`${on}T00:00:00Z`) / 60_000 - any.offsetMinutes;
        return ref.open.subarray(midnight - START, midnight - START + 1440).includes(1);
      };
      const start = dayOf(iso(t), any.offsetMinutes);
      expect(isWorkday({ any }, 'any', start)).toBe(worked(start));
      let on = start;
      if (n === 0) while (!worked(on)) on = addDays(on, 1);
      for (let left = n; left > 0;) {
        on = addDays(on, 1);
        if (worked(on)) left--;
      }
      expect(workdayAfter({ any }, 'any', start, n).on).toBe(on);
      const back = lastWorkdayOnOrBefore({ any }, 'any', on).on;
      expect(back).toBe(on);
    });
    fc.assert(property, runs);
  });
});
