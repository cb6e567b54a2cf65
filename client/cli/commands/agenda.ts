import { z } from 'zod';
import { instantOf } from '../../../domain/calendar.js';
import { command } from '../command.js';
import { dayFlag, whoFlag } from '../inputs.js';
import type { CustodyRow } from '../../../domain/custody.js';
import type { AgendaEntry } from '../../api.js';

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
      const date = c.bold(moments.day(instantOf(agenda.day, '12:00', moments.offsetMinutes)));
      out.line([c.cyan(who), agenda.name, date].filter(Boolean).join('  '));
      if (entries.length === 0) out.line('no appointment');
      for (const entry of entries) {
        const { from, to, kind, region, bufferMinutes, status } = entry.booking;
        const over = status === 'kept';
        const parts = [
          ...about(entry),
          region,
          bufferMinutes > 0 && !over ? `then ${bufferMinutes} min of travel` : null,
        ];
        const time = c.dim(`${moments.time(from)}-${moments.time(to)}`);
        const what = over ? `${c.dim(kind)}  ${c.green('done')}` : c.bold(kind);
        out.line(`  ${time}  ${what}  ${parts.filter(Boolean).join(' · ')}`);
        if (!over) for (const each of entry.kit) out.line(`    take  ${described(each)}`);
        for (const place of entry.places ?? []) {
          const done = place.booking.status === 'kept';
          out.line(
            `    for ${about(place).filter(Boolean).join(' · ')}${done ? `  ${c.green('done')}` : ''}`,
          );
          if (!over && !done) for (const each of place.kit) out.line(`      take  ${described(each)}`);
        }
      }
    });
  },
});

/** Case, customer and whom to ring there. */
function about({ booking, customer, contact, bureau }: Omit<AgendaEntry, 'places'>): (string | null)[] {
  const person = [contact?.name, contact?.phone].filter(Boolean).join(' ');
  const named = contact === null ? customer : `${contact.customer} (${customer})`;
  return [booking.caseId, named, person, bureau];
}

function described({ item, kind, family, model, amount }: CustodyRow): string {
  const what = [kind, family, model, amount === null ? null : `${amount} CNY`];
  return `${item}  ${what.filter(Boolean).join(' ')}`;
}
