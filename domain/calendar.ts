import type { Day, Instant } from './case.js';

/**
 * Working-time arithmetic on calendar DATA (W8, AT-13..22). Pure: no clock, no zone database, no holidays in
 * code. It runs inside the Temporal sandbox, so everything is integer arithmetic on minutes since the epoch
 * with a fixed offset: a worker's TZ or ICU cannot change a deadline (AT-13).
 *
 * Instants given may carry any offset and seconds; seconds are dropped (a deadline is never later than what was
 * promised). Instants returned are ISO UTC on whole minutes.
 *
 * `provisional: true` means: a day outside the calendar's known range was judged by its weekday alone (AT-19).
 */

/** A holiday notice as a file: what `policy/calendars/*.json` holds. */
export interface HolidayData {
  schema: 'aftercare.calendar/1';
  id: string;
  version: string;
  /** The notice the days come from. */
  sourceUrl: string;
  /** A label for people, e.g. `Asia/Shanghai`; arithmetic uses `offsetMinutes`. */
  zone: string;
  offsetMinutes: number;
  /** First and last day the notice speaks about; days outside are judged by weekday only. */
  fromOn: Day;
  horizonOn: Day;
  off: Day[];
  /** Make-up workdays (调休上班): Saturdays and Sundays that are worked. */
  work: Day[];
  /** Last days of the tax-filing periods (征期, W13). */
  filingPeriodEnds?: Day[];
  note?: string;
}

/** Opening hours in local time; `from` before `to`. A shift over midnight is two entries on two days. */
export interface Hours {
  /** `HH:MM` */
  from: string;
  /** `HH:MM` or `24:00` */
  to: string;
}

/** One working calendar as a case carries it in its snapshot: plain JSON. */
export interface WorkCalendar {
  name: string;
  offsetMinutes: number;
  /** Hours by weekday, in order and without overlap; an empty list is a closed day. */
  week: {
    mon: Hours[];
    tue: Hours[];
    wed: Hours[];
    thu: Hours[];
    fri: Hours[];
    sat: Hours[];
    sun: Hours[];
  };
  /** Hours on a make-up workday; empty: such a day keeps the hours of its weekday. */
  makeUp: Hours[];
  fromOn: Day;
  horizonOn: Day;
  off: Day[];
  work: Day[];
  /** Last days of the tax-filing periods (W13); only where a clock of the policy asks for them. */
  filingPeriodEnds?: Day[];
  /** The week alone counts: no holidays, no make-up days, hence no horizon and nothing provisional. */
  ignoresHolidays?: boolean;
}

/** The calendars of a snapshot by name. `wall` (24 x 7) is built in and needs no entry. */
export type Calendars = Record<string, WorkCalendar>;

/** A computed instant, and whether a day beyond what is known was assumed on the way to it (AT-19). */
export interface Moment {
  at: Instant;
  provisional: boolean;
}

/** A computed day, and whether a day beyond what is known was assumed on the way to it (AT-19). */
export interface DayMoment {
  on: Day;
  provisional: boolean;
}

/** One stretch of an explanation. `minutes` is what it counts for if `counted`, else its plain length. */
export interface Interval {
  from: Instant;
  to: Instant;
  minutes: number;
  counted: boolean;
  why: string;
}

/** Calendar data that cannot be calculated with: missing, without hours, malformed. Never retried away. */
export class CalendarError extends Error {
  override readonly name = 'CalendarError';
}

const DAY_MINUTES = 1440;
const MINUTE_MS = 60_000;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const WEEKDAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
// Without a zone Date.parse would read local time: the very thing AT-13 forbids.
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

function epochMinutes(at: Instant): number {
  const ms = INSTANT.test(at) ? Date.parse(at) : NaN;
  if (Number.isNaN(ms)) throw new RangeError(`not an ISO instant with zone: "${at}"`);
  return Math.floor(ms / MINUTE_MS);
}

function instant(minutes: number): Instant {
  return new Date(minutes * MINUTE_MS).toISOString();
}

function dayNumber(day: Day): number {
  const ms = DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  // The way back refuses 2030-02-30, which an engine may read as 2 March.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== day) {
    throw new RangeError(`not a day YYYY-MM-DD: "${day}"`);
  }
  return ms / (DAY_MINUTES * MINUTE_MS);
}

function dayText(day: number): Day {
  return new Date(day * DAY_MINUTES * MINUTE_MS).toISOString().slice(0, 10);
}

function minuteOfDay(time: string): number {
  if (!TIME.test(time)) throw new RangeError(`not a time HH:MM (00:00 to 24:00): "${time}"`);
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function timeText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function weekdayOf(day: number): number {
  // 1970-01-01 was a Thursday; the double modulo keeps days before it right.
  return (((day + 4) % 7) + 7) % 7;
}

function wholeNumber(value: number, what: string): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${what} must be a whole number, not ${value}`);
  return value;
}

/** Opening hours of a day in minutes after local midnight. */
interface Span {
  from: number;
  to: number;
}

interface DayPlan {
  kind: 'week' | 'makeUp' | 'holiday';
  spans: Span[];
  /** Set when the day lies outside the known range. */
  assumed: 'beforeFrom' | 'pastHorizon' | null;
}

/** A calendar made ready for one calculation: nothing is cached, so changed data can never be half-used. */
interface Reading {
  calendar: WorkCalendar;
  fromDay: number;
  horizonDay: number;
}

function read(calendars: Calendars, name: string): Reading {
  const calendar = calendarNamed(calendars, name);
  if (calendar.ignoresHolidays) return { calendar, fromDay: -Infinity, horizonDay: Infinity };
  return { calendar, fromDay: dayNumber(calendar.fromOn), horizonDay: dayNumber(calendar.horizonOn) };
}

function spansOf(calendar: WorkCalendar, hours: Hours[]): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const h of hours) {
    const span = { from: minuteOfDay(h.from), to: minuteOfDay(h.to) };
    if (span.from < end || span.to <= span.from) {
      throw new CalendarError(
        `calendar "${calendar.name}": hours ${h.from}-${h.to} are empty, overlap or are out of order`,
      );
    }
    end = span.to;
    spans.push(span);
  }
  return spans;
}

function planOf(reading: Reading, day: number): DayPlan {
  const { calendar } = reading;
  const assumed = day > reading.horizonDay ? 'pastHorizon' : day < reading.fromDay ? 'beforeFrom' : null;
  if (assumed === null && !calendar.ignoresHolidays) {
    const text = dayText(day);
    // A day wrongly listed as both is worked: of two possible deadlines the earlier one keeps the promise.
    if (calendar.work.includes(text) && calendar.makeUp.length > 0) {
      return { kind: 'makeUp', spans: spansOf(calendar, calendar.makeUp), assumed };
    }
    if (calendar.off.includes(text) && !calendar.work.includes(text)) {
      return { kind: 'holiday', spans: [], assumed };
    }
  }
  return { kind: 'week', spans: spansOf(calendar, calendar.week[WEEKDAYS[weekdayOf(day)]!]), assumed };
}

function weekMinutes(calendar: WorkCalendar): number {
  let sum = 0;
  for (const day of WEEKDAYS) for (const s of spansOf(calendar, calendar.week[day])) sum += s.to - s.from;
  return sum;
}

/** From here on only the weekday decides: whole weeks are alike, and a week without hours never ends. */
function weekdayOnlyFrom(reading: Reading): number {
  return reading.calendar.ignoresHolidays ? -Infinity : reading.horizonDay + 1;
}

function noHours(calendar: WorkCalendar): CalendarError {
  return new CalendarError(`calendar "${calendar.name}" has no working hours: no deadline can be computed`);
}

/**
 * The calendar of that name. `wall` is always there: 24 x 7, its days cut at the offset the other calendars share.
 * @throws CalendarError naming the missing calendar and those there are (AT-21), so nothing waits for ever
 */
export function calendarNamed(calendars: Calendars, name: string): WorkCalendar {
  if (name === 'wall') {
    const offsets = new Set(Object.values(calendars).map((c) => c.offsetMinutes));
    if (offsets.size > 1) {
      throw new CalendarError('the days of "wall" are undefined: the calendars have different offsets');
    }
    const all: Hours[] = [{ from: '00:00', to: '24:00' }];
    const week = { mon: all, tue: all, wed: all, thu: all, fri: all, sat: all, sun: all };
    return {
      name,
      offsetMinutes: [...offsets][0] ?? 0,
      week,
      makeUp: [],
      fromOn: '1970-01-01',
      horizonOn: '9999-12-31',
      off: [],
      work: [],
      ignoresHolidays: true,
    };
  }
  // hasOwn: a calendar called "constructor" must be missing too.
  const calendar = Object.hasOwn(calendars, name) ? calendars[name] : undefined;
  if (!calendar) {
    const known = ['wall', ...Object.keys(calendars).sort()].join(', ');
    throw new CalendarError(`no calendar named "${name}"; known: ${known}`);
  }
  return calendar;
}

/**
 * What is wrong with a calendar's data, in words; empty when it can be calculated with. For `policy check`:
 * the functions here throw on the same mistakes, but only when they meet them.
 */
export function calendarProblems(calendar: WorkCalendar): string[] {
  const problems: string[] = [];
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      problems.push((error as Error).message);
    }
  };
  if (calendar.name === 'wall') problems.push('"wall" is built in and cannot be redefined');
  if (!Number.isInteger(calendar.offsetMinutes) || Math.abs(calendar.offsetMinutes) > 14 * 60) {
    problems.push(`offsetMinutes ${calendar.offsetMinutes} is not a whole number of minutes within 14 hours`);
  }
  for (const day of WEEKDAYS) attempt(() => spansOf(calendar, calendar.week[day]));
  attempt(() => spansOf(calendar, calendar.makeUp));
  if (WEEKDAYS.every((day) => calendar.week[day].length === 0)) problems.push(noHours(calendar).message);
  if (calendar.ignoresHolidays) return problems;
  for (const day of [calendar.fromOn, calendar.horizonOn, ...calendar.off, ...calendar.work]) {
    attempt(() => dayNumber(day));
  }
  if (calendar.fromOn > calendar.horizonOn) {
    problems.push(`known range is empty: ${calendar.fromOn}..${calendar.horizonOn}`);
  }
  for (const day of [...calendar.off, ...calendar.work]) {
    if (day < calendar.fromOn || day > calendar.horizonOn) problems.push(`${day} is outside the known range`);
  }
  for (const day of calendar.work) {
    if (calendar.off.includes(day)) problems.push(`${day} is both a holiday and a make-up workday`);
  }
  return problems;
}

/** The instant in UTC with seconds dropped: how every instant enters the desk. @throws RangeError */
export function wholeMinute(at: Instant): Instant {
  return instant(epochMinutes(at));
}

/** Local calendar day of an instant. @throws RangeError for an instant without zone */
export function dayOf(at: Instant, offsetMinutes: number): Day {
  return dayText(Math.floor((epochMinutes(at) + offsetMinutes) / DAY_MINUTES));
}

/** Local time of day `HH:MM` of an instant, seconds dropped. @throws RangeError */
export function localTime(at: Instant, offsetMinutes: number): string {
  const local = epochMinutes(at) + offsetMinutes;
  return timeText(local - Math.floor(local / DAY_MINUTES) * DAY_MINUTES);
}

/** Local day and time of an instant, as it is named to people: `2030-03-04 09:00`. @throws RangeError */
export function localText(at: Instant, offsetMinutes: number): string {
  return `${dayOf(at, offsetMinutes)} ${localTime(at, offsetMinutes)}`;
}

/** The instant of a local day and time; `24:00` is the next midnight. @throws RangeError */
export function instantOf(day: Day, time: string, offsetMinutes: number): Instant {
  return instant(dayNumber(day) * DAY_MINUTES + minuteOfDay(time) - offsetMinutes);
}

/** The day `days` calendar days later (earlier when negative). @throws RangeError */
export function addDays(day: Day, days: number): Day {
  return dayText(dayNumber(day) + wholeNumber(days, 'days'));
}

/**
 * `minutes` of service time after `from`, exactly.
 * Zero minutes outside opening hours is the next opening; any more minutes end with the last one worked, so a
 * full day ends at closing time, not at the next opening (AT-16, AT-20).
 * Negative minutes go back: the latest instant with that much service time left before `from` (W14).
 * @throws CalendarError for a missing calendar or one that never opens (AT-21); RangeError for bad input
 */
export function addMinutes(calendars: Calendars, name: string, from: Instant, minutes: number): Moment {
  wholeNumber(minutes, 'minutes');
  const start = epochMinutes(from);
  if (name === 'wall') return { at: instant(start + minutes), provisional: false };
  const reading = read(calendars, name);
  return minutes < 0 ? backward(reading, start, -minutes) : forward(reading, start, minutes);
}

function forward(reading: Reading, start: number, minutes: number): Moment {
  const { calendar } = reading;
  const local = start + calendar.offsetMinutes;
  const alikeFrom = weekdayOnlyFrom(reading);
  let day = Math.floor(local / DAY_MINUTES);
  let minute = local - day * DAY_MINUTES;
  let left = minutes;
  let provisional = false;
  for (; ; day++, minute = 0) {
    if (day >= alikeFrom) {
      const perWeek = weekMinutes(calendar);
      if (perWeek === 0) throw noHours(calendar);
      // Weeks are alike here, so years are one division. At least a minute is left: the last one is walked to.
      if (minute === 0 && left > perWeek) {
        const weeks = Math.floor((left - 1) / perWeek);
        day += weeks * 7;
        left -= weeks * perWeek;
      }
    }
    const plan = planOf(reading, day);
    if (plan.assumed) provisional = true;
    for (const span of plan.spans) {
      const open = Math.max(span.from, minute);
      if (open >= span.to) continue;
      if (left <= span.to - open) {
        return { at: instant(day * DAY_MINUTES + open + left - calendar.offsetMinutes), provisional };
      }
      left -= span.to - open;
    }
  }
}

function backward(reading: Reading, start: number, minutes: number): Moment {
  const { calendar } = reading;
  const local = start + calendar.offsetMinutes;
  // An instant at midnight belongs to the day before it when one looks back.
  let day = Math.ceil(local / DAY_MINUTES) - 1;
  let minute = local - day * DAY_MINUTES;
  let left = minutes;
  let provisional = false;
  for (; ; day--, minute = DAY_MINUTES) {
    if ((day < reading.fromDay || calendar.ignoresHolidays) && weekMinutes(calendar) === 0) {
      throw noHours(calendar);
    }
    const plan = planOf(reading, day);
    if (plan.assumed) provisional = true;
    for (const span of plan.spans.reverse()) {
      const close = Math.min(span.to, minute);
      if (close <= span.from) continue;
      if (left <= close - span.from) {
        return { at: instant(day * DAY_MINUTES + close - left - calendar.offsetMinutes), provisional };
      }
      left -= close - span.from;
    }
  }
}

/**
 * Service minutes from `a` to `b`; negative when `b` is earlier.
 * @throws CalendarError for a missing calendar (AT-21); RangeError for bad input
 */
export function minutesBetween(calendars: Calendars, name: string, a: Instant, b: Instant): number {
  const start = epochMinutes(a);
  const end = epochMinutes(b);
  if (name === 'wall') return end - start;
  const reading = read(calendars, name);
  // 0 - n, since -0 would not survive JSON.
  return end < start ? 0 - count(reading, end, start) : count(reading, start, end);
}

function count(reading: Reading, start: number, end: number): number {
  const { calendar } = reading;
  const from = start + calendar.offsetMinutes;
  const to = end + calendar.offsetMinutes;
  const alikeFrom = weekdayOnlyFrom(reading);
  const lastDay = Math.floor(to / DAY_MINUTES);
  let sum = 0;
  for (let day = Math.floor(from / DAY_MINUTES); day <= lastDay; day++) {
    const midnight = day * DAY_MINUTES;
    if (day >= alikeFrom && midnight >= from && lastDay - day >= 7) {
      const weeks = Math.floor((lastDay - day) / 7);
      sum += weeks * weekMinutes(calendar);
      day += weeks * 7 - 1;
      continue;
    }
    for (const span of planOf(reading, day).spans) {
      sum += Math.max(0, Math.min(midnight + span.to, to) - Math.max(midnight + span.from, from));
    }
  }
  return sum;
}

/** Whether the calendar opens at all on that day. @throws CalendarError, RangeError */
export function isWorkday(calendars: Calendars, name: string, day: Day): boolean {
  return planOf(read(calendars, name), dayNumber(day)).spans.length > 0;
}

/** Whether a day lies outside the calendar's known range, so that only its weekday decides (AT-19). */
export function isProvisional(calendars: Calendars, name: string, day: Day): boolean {
  return planOf(read(calendars, name), dayNumber(day)).assumed !== null;
}

/** Whether service time runs in the minute that begins at `at`: closing time itself is closed. */
export function isOpen(calendars: Calendars, name: string, at: Instant): boolean {
  const start = epochMinutes(at);
  if (name === 'wall') return true;
  const reading = read(calendars, name);
  return count(reading, start, start + 1) === 1;
}

/** `at` itself when open, else the next opening. @throws CalendarError for a calendar that never opens (AT-21) */
export function nextOpening(calendars: Calendars, name: string, at: Instant): Moment {
  return addMinutes(calendars, name, at, 0);
}

/** When a day's last hours end; null when it is not worked. @throws CalendarError, RangeError */
export function closeOfDay(calendars: Calendars, name: string, day: Day): Moment | null {
  const reading = read(calendars, name);
  const number = dayNumber(day);
  const plan = planOf(reading, number);
  const last = plan.spans.at(-1);
  if (!last) return null;
  const at = instant(number * DAY_MINUTES + last.to - reading.calendar.offsetMinutes);
  return { at, provisional: plan.assumed !== null };
}

/**
 * The nth workday after a day, which itself does not count (W12). With n = 0 the day itself, or the first
 * workday after it.
 * @throws CalendarError for a calendar that never opens (AT-21); RangeError for a negative or broken n
 */
export function workdayAfter(calendars: Calendars, name: string, day: Day, n: number): DayMoment {
  if (wholeNumber(n, 'workdays') < 0) throw new RangeError(`workdays must not be negative: ${n}`);
  const reading = read(calendars, name);
  const alikeFrom = weekdayOnlyFrom(reading);
  let left = Math.max(n, 1);
  let provisional = false;
  for (let number = dayNumber(day) + (n === 0 ? 0 : 1); ; number++) {
    if (number >= alikeFrom && weekMinutes(reading.calendar) === 0) throw noHours(reading.calendar);
    const plan = planOf(reading, number);
    if (plan.assumed) provisional = true;
    if (plan.spans.length > 0 && --left === 0) return { on: dayText(number), provisional };
  }
}

/** The day itself when it is worked, else the last workday before it (W9, D9). @throws CalendarError, RangeError */
export function lastWorkdayOnOrBefore(calendars: Calendars, name: string, day: Day): DayMoment {
  const reading = read(calendars, name);
  let provisional = false;
  for (let number = dayNumber(day); ; number--) {
    if (
      (number < reading.fromDay || reading.calendar.ignoresHolidays) &&
      weekMinutes(reading.calendar) === 0
    ) {
      throw noHours(reading.calendar);
    }
    const plan = planOf(reading, number);
    if (plan.assumed) provisional = true;
    if (plan.spans.length > 0) return { on: dayText(number), provisional };
  }
}

/** A stretch before it is worded; `rest` keeps the weekdays it covers so that a weekend is one line. */
interface Stretch {
  from: number;
  to: number;
  counted: boolean;
  why: string;
  rest: { first: number; last: number } | null;
  suffix: string;
}

/**
 * Why each minute from `from` to `to` counts or not, without gaps, in order. The counted minutes sum to
 * `minutesBetween`. Neighbours with the same reason are one line, a weekend or a long holiday too.
 * Empty when `to` is not after `from`. @throws CalendarError (AT-21), RangeError
 */
export function intervals(calendars: Calendars, name: string, from: Instant, to: Instant): Interval[] {
  const start = epochMinutes(from);
  const end = epochMinutes(to);
  if (end <= start) return [];
  if (name === 'wall') return [interval(start, end, true, 'wall time')];
  const reading = read(calendars, name);
  const { calendar } = reading;
  const stretches: Stretch[] = [];
  const firstDay = Math.floor((start + calendar.offsetMinutes) / DAY_MINUTES);
  const lastDay = Math.ceil((end + calendar.offsetMinutes) / DAY_MINUTES) - 1;
  for (let day = firstDay; day <= lastDay; day++) {
    const midnight = day * DAY_MINUTES - calendar.offsetMinutes;
    for (const piece of piecesOf(reading, day)) {
      const cut = {
        ...piece,
        from: Math.max(start, midnight + piece.from),
        to: Math.min(end, midnight + piece.to),
      };
      if (cut.to > cut.from) append(stretches, cut);
    }
  }
  return stretches.map((s) => interval(s.from, s.to, s.counted, `${wording(s)}${s.suffix}`));
}

/** The day cut into stretches, in minutes after its midnight. */
function piecesOf(reading: Reading, day: number): Stretch[] {
  const { calendar } = reading;
  const plan = planOf(reading, day);
  const suffix =
    plan.assumed === 'pastHorizon'
      ? `; past horizon ${calendar.horizonOn}: assumed from weekday only`
      : plan.assumed === 'beforeFrom'
        ? `; before ${calendar.fromOn}: assumed from weekday only`
        : '';
  if (plan.spans.length === 0) {
    const weekday = weekdayOf(day);
    const rest = plan.kind === 'week' ? { first: weekday, last: weekday } : null;
    return [{ from: 0, to: DAY_MINUTES, counted: false, why: 'holiday', rest, suffix }];
  }
  const pieces: Stretch[] = [];
  const word = plan.kind === 'makeUp' ? 'make-up workday' : 'open';
  let minute = 0;
  for (const span of plan.spans) {
    const gap = minute === 0 ? 'closed (night)' : 'closed (break)';
    pieces.push({ from: minute, to: span.from, counted: false, why: gap, rest: null, suffix });
    const why = `${word} ${timeText(span.from)}-${timeText(span.to)}`;
    pieces.push({ from: span.from, to: span.to, counted: true, why, rest: null, suffix });
    minute = span.to;
  }
  pieces.push({ from: minute, to: DAY_MINUTES, counted: false, why: 'closed (night)', rest: null, suffix });
  return pieces;
}

function append(stretches: Stretch[], next: Stretch): void {
  const last = stretches.at(-1);
  const bothRest = last?.rest && next.rest;
  if (
    last &&
    last.suffix === next.suffix &&
    (bothRest || (!last.rest && !next.rest && last.why === next.why))
  ) {
    last.to = next.to;
    if (bothRest) last.rest = { first: last.rest!.first, last: next.rest!.last };
  } else {
    stretches.push(next);
  }
}

function wording(stretch: Stretch): string {
  if (!stretch.rest) return stretch.why;
  const first = WEEKDAY_NAMES[stretch.rest.first]!;
  if (stretch.to - stretch.from <= DAY_MINUTES && stretch.rest.first === stretch.rest.last) {
    return `${first}, not a working day`;
  }
  return `${first} to ${WEEKDAY_NAMES[stretch.rest.last]!}, not working days`;
}

function interval(from: number, to: number, counted: boolean, why: string): Interval {
  return { from: instant(from), to: instant(to), minutes: to - from, counted, why };
}
