import { z } from 'zod';
import { instantOf } from '../../../domain/calendar.js';
import { command } from '../command.js';
import { dayFlag, whoFlag } from '../inputs.js';
import type { CustodyRow } from '../../../domain/custody.js';

export default command({
  name: 'agenda',
  group: 'Visits',
  summary: "a day's appointments by time, with what to take along",
  examples: ['aftercare agenda --staff wang.lei --day 2030-03-05', 'aftercare agenda --as wang.lei --json'],
  input: z.strictObject({ staff: whoFlag(), day: dayFlag() }),
  async run(ctx, { staff, day }) {
    const { out } = ctx;
    const { c } = out;
    const api = await ctx.open();
    const { moments } = ctx;
    const agenda = await api.agenda(staff ?? (await ctx.actor()).id, day ?? moments.dayKey(api.now()));
    const { who, entries } = agenda;
    out.either(agenda, () => {
      out.line(
        `${c.cyan(who)}  ${c.bold(moments.day(instantOf(agenda.day, '12:00', moments.offsetMinutes)))}`,
      );
      if (entries.length === 0) out.line('no appointment');
      for (const { booking, customer, kit, places = [] } of entries) {
        const { from, to, kind, caseId, region, bufferMinutes } = booking;
        const parts = [
          caseId,
          customer,
          region,
          bufferMinutes > 0 ? `then ${bufferMinutes} min of travel` : null,
        ];
        out.line(
          `  ${c.dim(`${moments.time(from)}-${moments.time(to)}`)}  ${c.bold(kind)}  ${parts.filter(Boolean).join(' · ')}`,
        );
        for (const each of kit) out.line(`    take  ${described(each)}`);
        for (const place of places) {
          out.line(`    for ${[place.booking.caseId, place.customer].filter(Boolean).join(' · ')}`);
          for (const each of place.kit) out.line(`      take  ${described(each)}`);
        }
      }
    });
  },
});

function described({ item, kind, family, model, amount }: CustodyRow): string {
  const what = [kind, family, model, amount === null ? null : `${amount} CNY`];
  return `${item}  ${what.filter(Boolean).join(' ')}`;
}
