import { z } from 'zod';
import { FAULT_GROUPINGS } from '../../../domain/repair.js';
import { command } from '../command.js';

const day = () => z.iso.date();

export default command({
  name: 'faults report',
  group: 'Visits',
  summary:
    'faults found on visits, counted: what breaks most, where, and how often it is solved at once (ONS-24)',
  examples: [
    'aftercare faults report',
    'aftercare faults report --by region --from 2030-01-01 --to 2030-03-31 --json',
  ],
  input: z.strictObject({
    by: z.enum(FAULT_GROUPINGS).default('class').describe('what is counted'),
    from: day().meta({ description: 'visits from this day on', value: 'YYYY-MM-DD' }).optional(),
    to: day().meta({ description: 'visits up to this day, it included', value: 'YYYY-MM-DD' }).optional(),
  }),
  notes: ['A fault that took several visits counts once, with what came of it at the last.'],
  async run(ctx, { by, from, to }) {
    const { out } = ctx;
    const api = await ctx.open();
    const rows = await api.faults({
      by,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    out.either({ by, from: from ?? null, to: to ?? null, rows }, () => {
      if (rows.length === 0) {
        out.line('no fault was found on a visit in that time');
        return;
      }
      out.lines(
        out.table(rows, [
          { head: by, cell: (row) => out.c.bold(row.key) },
          { head: 'faults', cell: (row) => String(row.faults) },
          { head: 'share', cell: (row) => `${row.percent} %` },
          { head: 'solved', cell: (row) => String(row.solved) },
          { head: 'open', cell: (row) => String(row.open) },
          { head: 'moved on', cell: (row) => String(row.movedOn) },
          { head: 'visits', cell: (row) => String(row.visits) },
          { head: 'cases', cell: (row) => String(row.cases) },
        ]),
      );
    });
  },
});
