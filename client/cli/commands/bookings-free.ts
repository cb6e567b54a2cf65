import { z } from 'zod';
import { isProvisional } from '../../../domain/calendar.js';
import { command } from '../command.js';
import { UsageError } from '../errors.js';
import { dayFlag, whoFlag } from '../inputs.js';

export default command({
  name: 'bookings free',
  group: 'Visits',
  summary: 'the next times somebody is free',
  examples: [
    'aftercare bookings free --staff wang.lei --day 2030-03-05 --minutes 60',
    'aftercare bookings free --as wang.lei --minutes 90 --travel 30 --count 3 --json',
  ],
  input: z.strictObject({
    staff: whoFlag(),
    day: dayFlag(),
    minutes: z
      .number()
      .int()
      .positive()
      .max(600)
      .default(60)
      .meta({ description: 'length of the appointment, 60 unless told', value: 'N' }),
    travel: z
      .number()
      .int()
      .nonnegative()
      .max(600)
      .default(0)
      .meta({ description: 'minutes of travel after it, free as well', value: 'N' }),
    count: z
      .number()
      .int()
      .positive()
      .max(100)
      .default(8)
      .meta({ description: 'so many times, 8 unless told', value: 'N' }),
    calendar: z
      .string()
      .meta({
        description: 'a calendar of the policy; default that of visits, or of counters',
        value: 'NAME',
      })
      .optional(),
  }),
  notes: ['Within the hours of visits or of the counter, not before now, within two weeks of the day.'],
  async run(ctx, { staff, day, minutes, travel, count, calendar: named }) {
    const { out } = ctx;
    const { c } = out;
    const api = await ctx.open();
    const { moments } = ctx;
    const who = staff ?? (await ctx.actor()).id;
    const on = day ?? moments.dayKey(api.now());
    const { calendars, policy } = api.policy;
    const { bureauCalendar, calendar: visits } = policy.bookings;
    const calendar = named ?? (who.startsWith('bureau/') ? bureauCalendar : visits);
    if (!Object.hasOwn(calendars, calendar)) {
      throw new UsageError(
        'usage.value',
        `--calendar cannot be "${calendar}"`,
        `one of ${Object.keys(calendars).join(', ')}`,
        '--calendar',
      );
    }
    const found = await api.freeSlots({
      who,
      day: on,
      minutes,
      bufferMinutes: travel,
      count,
      calendar,
    });
    const slots = found.map((slot) => ({
      ...slot,
      provisional: isProvisional(calendars, calendar, moments.dayKey(slot.from)),
    }));
    out.either(slots, () => {
      if (slots.length === 0) out.line(`${who} is not free for ${minutes} min within two weeks`);
      for (const { from, to, provisional } of slots)
        out.line(
          `${c.bold(moments.day(from))}  ${moments.time(from)}-${moments.time(to)}${provisional ? c.yellow('  provisional') : ''}`,
        );
    });
  },
});
