import { z } from 'zod';
import { explainClock, instantAtPercent, limitText, startClock, type Limit } from '../../../domain/clock.js';
import { instantText } from '../../forms.js';
import { command } from '../command.js';
import { UsageError } from '../errors.js';
import { lengthText } from '../moments.js';
import { loadPolicyOf } from '../policies.js';
import { intervalLines } from '../views.js';

const SAME_DAY = /^sameDay(?:@(\d{2}:\d{2}))?$/;

/** `30m`, `3h`, `2wd`, `3cd`, `sameDay@16:00` as a limit of the manual; null when it is none. */
export function limitOf(text: string): Limit | null {
  const same = SAME_DAY.exec(text);
  if (same) return { sameDay: { cutoff: same[1] ?? '16:00' } };
  const parts = /^(\d+(?:\.\d+)?)(m|h|wd|cd)$/.exec(text);
  const count = Number(parts?.[1]);
  if (!parts || !(count > 0)) return null;
  if (parts[2] === 'h') return { hours: count };
  if (!Number.isInteger(count)) return null;
  if (parts[2] === 'm') return { minutes: count };
  return parts[2] === 'wd' ? { workdays: count } : { calendarDays: count };
}

/** The longest limit that is explained, by unit: ten years. */
const LONGEST = { m: 5_256_000, h: 87_600, wd: 3_650, cd: 3_650 } as const;

/** @throws UsageError for a limit nobody works with: its explanation would have no end */
function refuseEndless(text: string): void {
  const unit = (/(m|h|wd|cd)$/.exec(text)?.[1] ?? 'm') as keyof typeof LONGEST;
  if (SAME_DAY.test(text) || Number.parseFloat(text) <= LONGEST[unit]) return;
  const message = `--limit ${text} is longer than ten years`;
  throw new UsageError('usage.value', message, `at most ${LONGEST[unit]}${unit}`, '--limit');
}

export default command({
  name: 'policy explain-clock',
  group: 'Rules',
  summary: 'how a deadline comes about, interval by interval, without a case',
  examples: [
    'aftercare policy explain-clock --limit 30m --calendar hotline --from 2026-10-09T17:45+08:00',
    'aftercare policy explain-clock --limit 2wd --calendar workdays --from 2026-09-30T10:00 --percent 80',
  ],
  input: z.strictObject({
    limit: z
      .string()
      .meta({ description: '30m, 3h, 2wd (workdays), 3cd (calendar days), sameDay@16:00', value: 'LIMIT' }),
    calendar: z
      .string()
      .default('hotline')
      .meta({ description: 'a calendar of the policy, or wall', value: 'NAME' }),
    from: z.string().meta({ description: 'when it starts, default now', value: 'TIME' }).optional(),
    percent: z
      .array(z.number().int().min(1).max(5000))
      .default([])
      .meta({ description: 'when so much is used up', value: 'N' }),
    policy: z.string().meta({ description: 'another policy file', value: 'FILE' }).optional(),
  }),
  async run(ctx, input) {
    const { out } = ctx;
    const limit = limitOf(input.limit);
    if (limit === null) {
      throw new UsageError(
        'usage.value',
        `--limit cannot be "${input.limit}"`,
        '30m, 3h, 2wd, 3cd or sameDay@16:00',
        '--limit',
      );
    }
    refuseEndless(input.limit);
    const { policy, calendars } = await loadPolicyOf(ctx, input.policy);
    const given =
      input.from === undefined
        ? new Date().toISOString()
        : instantText(input.from, policy.zone.offsetMinutes);
    if (given === null) {
      throw new UsageError(
        'usage.value',
        `--from cannot be "${input.from}"`,
        'a time: 2030-03-04T18:00, or with offset +08:00',
        '--from',
      );
    }
    if (input.calendar !== 'wall' && !Object.hasOwn(calendars, input.calendar)) {
      const names = [...Object.keys(calendars), 'wall'].join(', ');
      throw new UsageError(
        'usage.value',
        `--calendar cannot be "${input.calendar}"`,
        `one of ${names}`,
        '--calendar',
      );
    }
    const at = new Date(Date.parse(given)).toISOString();
    const moments = ctx.useMoments(policy.zone.offsetMinutes, new Date(at));
    const clock = startClock({
      key: 'clock',
      name: 'clock',
      round: 1,
      rule: '',
      calendar: input.calendar,
      limit,
      at,
      calendars,
    });
    const told = explainClock(clock, clock.dueAt, calendars);
    const percents = (input.percent.length ? input.percent : policy.reminders.percents).map((percent) => ({
      percent,
      at: instantAtPercent(clock, percent, calendars),
    }));
    out.either(
      {
        from: at,
        limit,
        limitMinutes: clock.limitMinutes,
        calendar: clock.calendar,
        dueAt: clock.dueAt,
        provisional: clock.provisional,
        lines: told.lines,
        percents,
      },
      () => {
        const minutes = lengthText(clock.limitMinutes);
        const counted = minutes === limitText(limit) ? '' : `, ${minutes} to count`;
        out.line(
          `${out.c.bold(limitText(limit))} of ${clock.calendar}${counted}, from ${moments.day(at)} ${moments.time(at)}`,
        );
        out.lines(intervalLines(ctx, told.lines));
        const provisional = clock.provisional
          ? out.c.yellow('  provisional: past what the calendar knows')
          : '';
        out.line(
          `  ${out.c.bold('due')} ${moments.style === 'iso' ? moments.iso(clock.dueAt) : `${moments.day(clock.dueAt)} ${moments.time(clock.dueAt)}`}${provisional}`,
        );
        out.lines(
          out.pairs(
            percents.map(({ percent, at: reached }) => [
              `${percent} %`,
              reached === null
                ? ''
                : moments.style === 'iso'
                  ? moments.iso(reached)
                  : `${moments.day(reached)} ${moments.time(reached)}`,
            ]),
          ),
        );
      },
    );
  },
});
