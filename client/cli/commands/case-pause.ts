import { z } from 'zod';
import { limitText, startClock } from '../../../domain/clock.js';
import type { Instant } from '../../../domain/case.js';
import { enact, tellResult } from '../acts.js';
import { MODERATE, type PlanLine } from '../approval.js';
import { command } from '../command.js';
import { UsageError } from '../errors.js';
import { instantText } from '../../forms.js';
import { CASE, caseNumber } from '../inputs.js';

const REASONS = ['waitingCustomer', 'waitingUnit', 'waitingManufacturer', 'waitingTaxBureau'] as const;

/** A wait moves no promise, and nobody's call-out. */
const GOES_ON = ['promise', 'takeCharge'];

export default command({
  name: 'case pause',
  group: 'Cases',
  summary: 'wait for somebody: clocks stop; the wait has its own limit (W12)',
  examples: [
    'aftercare case pause T20300304-001 --reason waitingCustomer --note "asked for the invoice" --yes --as li.na',
    'aftercare case pause T20300304-001 --reason waitingUnit --until 2030-03-06T12:00 --dry-run --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    reason: z.enum(REASONS).meta({ description: `what for: ${REASONS.join(', ')}`, value: 'REASON' }),
    note: z.string().meta({ description: 'at most 200 characters', value: 'TEXT' }).optional(),
    until: z.string().meta({ description: 'not longer than this', value: 'TIME' }).optional(),
  }),
  async run(ctx, { case: caseId, reason, note, until }) {
    const api = await ctx.open();
    const { policy, calendars } = api.policy;
    const end = until === undefined ? null : instantText(until, policy.zone.offsetMinutes);
    if (until !== undefined && end === null) {
      throw new UsageError(
        'usage.value',
        `--until cannot be "${until}"`,
        'a time: 2030-03-06T12:00, or with offset +08:00',
        '--until',
      );
    }
    const sheet = await api.sheet(caseId, (await ctx.actor()).id);
    const running = sheet.clocks.filter((clock) => clock.stoppedAt === null && clock.pausedAt === null);
    const still = running.filter((clock) => !GOES_ON.includes(clock.name));
    const goesOn = running.filter((clock) => GOES_ON.includes(clock.name));
    const rule = policy.pauses[reason];
    const wait = startClock({
      key: 'wait',
      name: 'wait',
      round: 1,
      limit: rule.limit,
      calendar: rule.calendar,
      rule: rule.rule,
      at: ctx.moments.now.toISOString(),
      calendars,
    });
    const latest: Instant = end !== null && Date.parse(end) < Date.parse(wait.dueAt) ? end : wait.dueAt;
    const lines: PlanLine[] = [
      [
        'clocks',
        [
          ...still.map((clock) => `${clock.name} stands still (was due ${ctx.moments.at(clock.dueAt)})`),
          ...goesOn.map((clock) => `${clock.name} goes on, due ${ctx.moments.due(clock.dueAt)}`),
          ...(running.length ? [] : ['none is running']),
        ],
      ],
      [
        'wait',
        `until ${ctx.moments.due(latest)} at the latest; limit ${limitText(rule.limit)}, ${rule.rule}`,
      ],
      ['messages', 'reminders of the paused clocks wait too'],
    ];
    const args = { reason, ...(note ? { note } : {}), ...(end ? { until: end } : {}) };
    const plan = { title: `pause ${caseId}: ${reason}`, lines, severity: MODERATE };
    const result = await enact(ctx, 'pause', caseId, args, plan);
    await tellResult(ctx, `paused until ${ctx.moments.at(latest)} at the latest`, caseId, result);
  },
});
