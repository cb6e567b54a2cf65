import type { ClockRow, Instant } from './case.js';
import type { Calendars, Interval } from './calendar.js';
import {
  addDays,
  addMinutes,
  calendarNamed,
  closeOfDay,
  dayOf,
  instantOf,
  intervals,
  isWorkday,
  localTime,
  minutesBetween,
  wholeMinute,
  workdayAfter,
} from './calendar.js';

/**
 * Service clocks as plain data and pure functions: start, pause, resume, stop, breach, change of limit.
 *
 * Every limit is turned into minutes of the clock's own calendar when it starts. So a pause extends the deadline
 * by exactly the service minutes it took, whatever unit the manual names (AT-02, AT-03, AT-18).
 * Nothing here changes its argument; an act that does not apply (pausing a paused clock) gives the same row.
 */

/** A limit in the manual's own units. */
export type Limit =
  | { minutes: number }
  | { hours: number }
  /** Close of the nth workday after the day it starts; that day does not count (W12). */
  | { workdays: number }
  /** Same time n days later, by the wall (CMP-10, ONS-26). */
  | { calendarDays: number }
  /** Close of that workday; received after the cutoff `HH:MM` or on a non-workday: of the next one (D11). */
  | { sameDay: { cutoff: string } }
  /** A named instant, e.g. a promise: wall time (W8). */
  | { at: Instant };

/**
 * A ticking span as the clock writes it. `minutes` is what the span counted for when it closed: after a change
 * of calendar it can no longer be recomputed (AT-17).
 */
export interface ClockSpan {
  from: Instant;
  to: Instant | null;
  minutes?: number;
}

/** A clock's account of itself at one instant; counted lines sum to `usedMinutes`. */
export interface ClockExplanation {
  clock: ClockRow;
  lines: Interval[];
  usedMinutes: number;
  limitMinutes: number;
  dueAt: Instant;
  provisional: boolean;
}

/**
 * The limit in the manual's words: `30 min`, `3 h`, `2 workdays`, `3 calendar days`,
 * `same day, received by 16:00`, `until 2030-03-04T01:00:00.000Z`.
 */
export function limitText(limit: Limit): string {
  if ('minutes' in limit) return `${limit.minutes} min`;
  if ('hours' in limit) return `${limit.hours} h`;
  if ('workdays' in limit) return `${limit.workdays} ${limit.workdays === 1 ? 'workday' : 'workdays'}`;
  if ('calendarDays' in limit) {
    return `${limit.calendarDays} calendar ${limit.calendarDays === 1 ? 'day' : 'days'}`;
  }
  if ('sameDay' in limit) return `same day, received by ${limit.sameDay.cutoff}`;
  return `until ${limit.at}`;
}

interface Measured {
  /** Calendar the clock ticks in: `wall` for limits that name days or an instant of the wall. */
  calendar: string;
  minutes: number;
  provisional: boolean;
  /** Due at a point of the calendar rather than after a length. */
  anchored: boolean;
}

function atLeast(value: number, least: number, what: string): number {
  if (!Number.isFinite(value) || value < least)
    throw new RangeError(`${what} must be ${least} or more: ${value}`);
  return value;
}

/** A limit from an instant on, in minutes of the calendar it ticks in. */
function measure(limit: Limit, calendar: string, from: Instant, calendars: Calendars): Measured {
  if ('minutes' in limit || 'hours' in limit) {
    const minutes = 'minutes' in limit ? limit.minutes : Math.round(limit.hours * 60);
    return { calendar, minutes: atLeast(minutes, 0, 'a limit'), provisional: false, anchored: false };
  }
  if ('calendarDays' in limit) {
    const minutes = atLeast(limit.calendarDays, 0, 'calendar days') * 1440;
    return { calendar: 'wall', minutes, provisional: false, anchored: true };
  }
  if ('at' in limit) {
    const minutes = Math.max(0, minutesBetween(calendars, 'wall', from, limit.at));
    return { calendar: 'wall', minutes, provisional: false, anchored: true };
  }
  const on =
    'workdays' in limit
      ? workdayAfter(
          calendars,
          calendar,
          startDay(calendar, from, calendars),
          atLeast(limit.workdays, 1, 'workdays'),
        )
      : sameDay(limit.sameDay.cutoff, calendar, from, calendars);
  const close = closeOfDay(calendars, calendar, on.on)!;
  return {
    calendar,
    minutes: minutesBetween(calendars, calendar, from, close.at),
    provisional: on.provisional || close.provisional,
    anchored: true,
  };
}

function startDay(calendar: string, from: Instant, calendars: Calendars): string {
  return dayOf(from, calendarNamed(calendars, calendar).offsetMinutes);
}

function sameDay(cutoff: string, calendar: string, from: Instant, calendars: Calendars) {
  const offset = calendarNamed(calendars, calendar).offsetMinutes;
  const day = dayOf(from, offset);
  instantOf(day, cutoff, offset); // refuses a cutoff that is not a time of day
  const inTime = isWorkday(calendars, calendar, day) && localTime(from, offset) <= cutoff;
  // A cutoff later than closing time must not make a clock that is due before it starts.
  if (inTime && wholeMinute(from) < closeOfDay(calendars, calendar, day)!.at) {
    return workdayAfter(calendars, calendar, day, 0);
  }
  return workdayAfter(calendars, calendar, addDays(day, 1), 0);
}

/**
 * A clock that starts to tick at `at`. Limits in calendar days or up to an instant tick in `wall`, whatever
 * calendar is named. A start outside hours counts from the next opening (AT-16).
 * @throws CalendarError for a calendar that is missing or never opens (AT-21); RangeError for a broken limit
 */
export function startClock(args: {
  key: string;
  name: string;
  round: number;
  rule: string;
  calendar: string;
  limit: Limit;
  at: Instant;
  calendars: Calendars;
}): ClockRow {
  const at = wholeMinute(args.at);
  // Also for limits that tick in `wall`: a policy that names a missing calendar fails at once.
  calendarNamed(args.calendars, args.calendar);
  const measured = measure(args.limit, args.calendar, at, args.calendars);
  const due = addMinutes(args.calendars, measured.calendar, at, measured.minutes);
  return {
    key: args.key,
    name: args.name,
    round: args.round,
    calendar: measured.calendar,
    limitMinutes: measured.minutes,
    limitText: limitText(args.limit),
    rule: args.rule,
    startedAt: at,
    dueAt: due.at,
    pausedAt: null,
    stoppedAt: null,
    breachedAt: null,
    usedMinutes: 0,
    // The way to the deadline passes every day the limit was measured on.
    provisional: due.provisional,
    spans: [{ from: at, to: null }],
  };
}

/** Whether it ticks: neither paused nor stopped. (Ticking is not open: at night a running clock counts nothing.) */
export function isRunning(clock: ClockRow): boolean {
  return clock.pausedAt === null && clock.stoppedAt === null;
}

/** Service minutes used up to `at`; a paused or stopped clock stands still (AT-03, AT-09). */
export function usedMinutes(clock: ClockRow, at: Instant, calendars: Calendars): number {
  const open = clock.spans.at(-1);
  if (!isRunning(clock) || !open || open.to !== null) return clock.usedMinutes;
  return clock.usedMinutes + Math.max(0, minutesBetween(calendars, clock.calendar, open.from, at));
}

/** Service minutes left at `at`; negative when late. */
export function remainingMinutes(clock: ClockRow, at: Instant, calendars: Calendars): number {
  return clock.limitMinutes - usedMinutes(clock, at, calendars);
}

/** The running clock with its open span closed at `at` and counted. */
function closeSpan(clock: ClockRow, at: Instant, calendars: Calendars): ClockRow {
  const open = clock.spans.at(-1)!;
  const used = usedMinutes(clock, at, calendars);
  const closed: ClockSpan = { from: open.from, to: later(open.from, at), minutes: used - clock.usedMinutes };
  return { ...clock, usedMinutes: used, spans: [...clock.spans.slice(0, -1), closed] };
}

// Instants made here have one form, so their order is the order of their text.
function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b;
}

/**
 * Stops the ticking until `resumeClock`; `dueAt` stays as it was, since how long the pause will be is unknown.
 * The same row when it does not run.
 */
export function pauseClock(clock: ClockRow, at: Instant, calendars: Calendars): ClockRow {
  if (!isRunning(clock)) return clock;
  const closed = closeSpan(clock, wholeMinute(at), calendars);
  return { ...closed, pausedAt: closed.spans.at(-1)!.to };
}

/**
 * Ticks again with exactly what was left (AT-03), so the deadline moves by the pause's service minutes alone
 * (AT-02, AT-18) and an old case does not breach by being resumed (AT-04). A clock with nothing left keeps its
 * due time: a pause forgives no lateness. The same row when it is not paused.
 */
export function resumeClock(clock: ClockRow, at: Instant, calendars: Calendars): ClockRow {
  if (clock.pausedAt === null || clock.stoppedAt !== null) return clock;
  const from = later(clock.pausedAt, wholeMinute(at));
  const left = clock.limitMinutes - clock.usedMinutes;
  const due =
    left > 0
      ? addMinutes(calendars, clock.calendar, from, left)
      : { at: clock.dueAt, provisional: clock.provisional };
  return {
    ...clock,
    pausedAt: null,
    dueAt: due.at,
    provisional: clock.provisional || due.provisional,
    spans: [...clock.spans, { from, to: null }],
  };
}

/** Ends the clock for good: used minutes, due time and breach are frozen (AT-09). The same row when it has ended. */
export function stopClock(clock: ClockRow, at: Instant, calendars: Calendars): ClockRow {
  if (clock.stoppedAt !== null) return clock;
  const stoppedAt = later(clock.spans.at(-1)?.from ?? clock.startedAt, wholeMinute(at));
  if (clock.pausedAt !== null)
    return { ...clock, pausedAt: null, stoppedAt: later(clock.pausedAt, stoppedAt) };
  return { ...closeSpan(clock, stoppedAt, calendars), stoppedAt };
}

/** Notes that the limit has passed; the first breach stands, and one after the end is none. */
export function breachClock(clock: ClockRow, at: Instant): ClockRow {
  if (clock.breachedAt !== null || clock.stoppedAt !== null) return clock;
  return { ...clock, breachedAt: wholeMinute(at) };
}

/**
 * A new limit or calendar on a running or paused clock (policy adopted, grade changed, promise moved). Time used
 * and pauses taken are kept (AT-01, AT-17):
 * - a length (`minutes`, `hours`) leaves the new length less what is used;
 * - days (`workdays`, `calendarDays`, `sameDay`) count from the original start, plus the pauses taken;
 * - `at` is the new instant itself: a promise names a time, earlier pauses do not move it.
 * A clock the change makes late is due at the change, not before it; a breach already noted stays noted.
 *
 * @param calendars those now in force; @param usedUnder those in force until now, when they differ: the time
 * already spent is counted under the calendar it was spent under
 * @returns the same row when it has stopped
 * @throws CalendarError, RangeError as `startClock`
 */
export function relimitClock(
  clock: ClockRow,
  to: { limit: Limit; calendar: string },
  at: Instant,
  calendars: Calendars,
  usedUnder: Calendars = calendars,
): ClockRow {
  if (clock.stoppedAt !== null) return clock;
  const now = later(clock.spans.at(-1)?.from ?? clock.startedAt, wholeMinute(at));
  const running = isRunning(clock);
  const settled = running ? closeSpan(clock, now, usedUnder) : clock;
  calendarNamed(calendars, to.calendar);
  const byInstant = 'at' in to.limit;
  const measured = measure(to.limit, to.calendar, byInstant ? now : clock.startedAt, calendars);
  const left = byInstant
    ? measured.minutes
    : measured.minutes -
      (measured.anchored ? recount(settled, measured.calendar, calendars) : settled.usedMinutes);
  const limitMinutes = measured.anchored ? Math.max(0, settled.usedMinutes + left) : measured.minutes;
  // A paused clock shows the deadline it would have if the pause took no time, as `pauseClock` does.
  const from = byInstant ? now : (clock.pausedAt ?? now);
  const due =
    left > 0
      ? addMinutes(calendars, measured.calendar, from, left)
      : { at: overdueSince(settled, limitMinutes, now, usedUnder), provisional: false };
  return {
    ...settled,
    calendar: measured.calendar,
    limitMinutes,
    limitText: limitText(to.limit),
    dueAt: due.at,
    provisional: measured.provisional || due.provisional,
    spans: running ? [...settled.spans, { from: now, to: null }] : settled.spans,
  };
}

/** What the closed spans count for in another calendar. */
function recount(clock: ClockRow, calendar: string, calendars: Calendars): number {
  return clock.spans.reduce((sum, s) => sum + minutesBetween(calendars, calendar, s.from, s.to ?? s.from), 0);
}

/** Due time of a clock that has used up a new limit: what it was, if it was late already; else the change itself. */
function overdueSince(clock: ClockRow, limitMinutes: number, now: Instant, calendars: Calendars): Instant {
  return later(reachedAt(clock, limitMinutes, calendars), earlier(clock.dueAt, now));
}

/** When so many minutes were, or will be, used, if nothing changes. */
function reachedAt(clock: ClockRow, minutes: number, calendars: Calendars): Instant {
  let used = 0;
  for (const span of clock.spans as ClockSpan[]) {
    const left = minutes - (span.to === null ? clock.usedMinutes : used);
    const reached = addMinutes(calendars, clock.calendar, span.from, Math.max(0, left)).at;
    if (span.to === null) return reached;
    const counted = span.minutes ?? minutesBetween(calendars, clock.calendar, span.from, span.to);
    // Inside the span by its own count, though a calendar changed since may place it after the span's end.
    if (left <= counted) return earlier(reached, span.to);
    used += counted;
  }
  return clock.spans.at(-1)?.to ?? clock.startedAt;
}

/**
 * When so many percent of the limit are used, rounded up to a whole minute; above 100 for escalations of an
 * overdue clock. At 100 it is `dueAt`. In the past when already reached. Null while paused or stopped: no
 * instant can be named then.
 */
export function instantAtPercent(clock: ClockRow, percent: number, calendars: Calendars): Instant | null {
  if (!isRunning(clock)) return null;
  return reachedAt(clock, Math.ceil((clock.limitMinutes * atLeast(percent, 0, 'percent')) / 100), calendars);
}

/**
 * The clock's account of itself: every stretch from its start to `at` (or to its end), whether it counted and
 * why. Time spent under a calendar that has changed since stands as one line with the minutes it counted for then.
 */
export function explainClock(clock: ClockRow, at: Instant, calendars: Calendars): ClockExplanation {
  const until = clock.stoppedAt ?? wholeMinute(at);
  const lines: Interval[] = [];
  let end = clock.startedAt;
  for (const span of clock.spans as ClockSpan[]) {
    if (span.from > end) lines.push(pauseLine(end, span.from, calendars));
    end = span.to ?? later(span.from, until);
    const told = intervals(calendars, clock.calendar, span.from, end);
    const counted = told.reduce((sum, line) => sum + (line.counted ? line.minutes : 0), 0);
    if (span.minutes === undefined || span.minutes === counted) {
      lines.push(...told);
    } else {
      const why = 'counted under the calendar in force then';
      lines.push({ from: span.from, to: end, minutes: span.minutes, counted: true, why });
    }
  }
  if (until > end) lines.push(pauseLine(end, until, calendars));
  return {
    clock,
    lines: joined(lines),
    usedMinutes: usedMinutes(clock, at, calendars),
    limitMinutes: clock.limitMinutes,
    dueAt: clock.dueAt,
    provisional: clock.provisional,
  };
}

function pauseLine(from: Instant, to: Instant, calendars: Calendars): Interval {
  return { from, to, minutes: minutesBetween(calendars, 'wall', from, to), counted: false, why: 'paused' };
}

/** Neighbours with one reason as one line: a change of limit cuts a span but not its story. */
function joined(lines: Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const line of lines) {
    const last = result.at(-1);
    if (last && last.why === line.why && last.counted === line.counted && last.to === line.from) {
      result[result.length - 1] = { ...last, to: line.to, minutes: last.minutes + line.minutes };
    } else {
      result.push(line);
    }
  }
  return result;
}
