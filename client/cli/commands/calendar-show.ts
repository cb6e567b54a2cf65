import { z } from 'zod';
import { calendarNamed, isProvisional, isWorkday } from '../../../domain/calendar.js';
import { command } from '../command.js';
import { UsageError } from '../errors.js';
import { loadPolicyOf } from '../policies.js';

const MONTH = /^([1-9]\d{3}-)?(0?[1-9]|1[0-2])$/;

export default command({
  name: 'calendar show',
  group: 'Rules',
  summary: 'a month or a year as the clocks see it: workdays, holidays, make-up days',
  examples: ['aftercare calendar show --year 2026 --month 10', 'aftercare calendar show --year 2026 --json'],
  input: z.strictObject({
    year: z
      .number()
      .int()
      .min(1970)
      .max(2200)
      .meta({ description: 'default this year', value: 'YYYY' })
      .optional(),
    month: z
      .string()
      .regex(MONTH, 'a month, MM or YYYY-MM')
      .meta({ description: 'MM or YYYY-MM; default the whole year, or this month', value: 'MM' })
      .optional(),
    calendar: z.string().default('hotline').meta({ description: 'a calendar of the policy', value: 'NAME' }),
  }),
  async run(ctx, input) {
    const { out } = ctx;
    const { c } = out;
    const { policy, calendars } = await loadPolicyOf(ctx, undefined);
    if (!Object.hasOwn(calendars, input.calendar)) {
      throw new UsageError(
        'usage.value',
        `--calendar cannot be "${input.calendar}"`,
        `one of ${Object.keys(calendars).join(', ')}`,
        '--calendar',
      );
    }
    const calendar = calendarNamed(calendars, input.calendar);
    const today = ctx.useMoments(policy.zone.offsetMinutes, new Date()).dayKey(new Date());
    const named = input.month === undefined ? null : MONTH.exec(input.month);
    const ofMonth = named?.[1] === undefined ? undefined : Number.parseInt(named[1], 10);
    if (ofMonth !== undefined && input.year !== undefined && ofMonth !== input.year) {
      const message = `--month ${input.month} is not in --year ${input.year}`;
      throw new UsageError('usage.value', message, 'one year', '--month');
    }
    const year = ofMonth ?? input.year ?? Number(today.slice(0, 4));
    const month = named ? Number(named[2]) : input.year === undefined ? Number(today.slice(5, 7)) : undefined;
    const months = month === undefined ? Array.from({ length: 12 }, (_, i) => i + 1) : [month];
    const days = months
      .flatMap((each) => daysOf(year, each))
      .map((on) => ({
        on,
        workday: isWorkday(calendars, input.calendar, on),
        makeUp: calendar.work.includes(on),
        holiday: calendar.off.includes(on),
        provisional: isProvisional(calendars, input.calendar, on),
      }));
    out.either({ calendar: input.calendar, horizonOn: calendar.horizonOn, days }, () => {
      for (const each of months) {
        out.line(c.bold(`${String(each).padStart(2, '0')}/${year}`.padEnd(10)) + c.dim(input.calendar));
        out.line(c.dim('  Mo   Tu   We   Th   Fr   Sa   Su'));
        const own = days.filter((day) => Number(day.on.slice(5, 7)) === each);
        const lead = (new Date(`${own[0]!.on}T00:00:00Z`).getUTCDay() + 6) % 7;
        const cells = [...Array.from({ length: lead }, () => '     '), ...own.map((day) => cell(day))];
        for (let i = 0; i < cells.length; i += 7) out.line(` ${cells.slice(i, i + 7).join('')}`.trimEnd());
        out.line();
      }
      out.line(c.dim('. closed   * holiday   + make-up workday   ? past what the calendar knows'));
      out.line(`${days.filter((day) => day.workday).length} workdays; known to ${calendar.horizonOn}`);
    });
  },
});

function daysOf(year: number, month: number): string[] {
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const part = (value: number) => String(value).padStart(2, '0');
  return Array.from({ length: count }, (_, i) => `${year}-${part(month)}-${part(i + 1)}`);
}

function cell(day: {
  on: string;
  workday: boolean;
  makeUp: boolean;
  holiday: boolean;
  provisional: boolean;
}): string {
  const mark = day.provisional ? '?' : day.makeUp ? '+' : day.holiday ? '*' : day.workday ? ' ' : '.';
  return ` ${day.on.slice(8)}${mark} `;
}
