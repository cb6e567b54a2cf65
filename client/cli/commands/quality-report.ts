import { z } from 'zod';
import { command } from '../command.js';

const day = () => z.iso.date();

export default command({
  name: 'quality report',
  group: 'Proof',
  summary: 'figures of service quality without names: for the own review and the tax bureau (REG-09)',
  examples: ['aftercare quality report', 'aftercare quality report --from 2030-01-01 --to 2030-12-31 --json'],
  input: z.strictObject({
    from: day().meta({ description: 'cases received from this day on', value: 'YYYY-MM-DD' }).optional(),
    to: day().meta({ description: 'up to this day, it included', value: 'YYYY-MM-DD' }).optional(),
  }),
  notes: [
    'Satisfied: of the complaints in which the customer was asked; one that never was does not count (W37).',
  ],
  async run(ctx, { from, to }) {
    const { out } = ctx;
    const api = await ctx.open();
    const lines = await api.quality({
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    const share = (value: number | null) => (value === null ? '' : `${value} %`);
    const minutes = (value: number | null) => (value === null ? '' : `${value} min`);
    out.either({ from: from ?? null, to: to ?? null, lines }, () => {
      if (lines.length === 0) {
        out.line('no case was received in that time');
        return;
      }
      out.lines(
        out.table(lines, [
          { head: 'process', cell: (line) => out.c.bold(line.process) },
          { head: 'received', cell: (line) => String(line.received) },
          { head: 'ended', cell: (line) => String(line.closed) },
          { head: 'satisfied', cell: (line) => share(line.satisfiedPercent) },
          { head: 'repeats', cell: (line) => share(line.repeatPercent) },
          { head: 'in one round', cell: (line) => share(line.oneRoundPercent) },
          { head: 'response', cell: (line) => minutes(line.responseMinutes) },
          { head: 'resolution', cell: (line) => minutes(line.resolutionMinutes) },
          {
            head: 'how they ended',
            cell: (line) =>
              Object.entries(line.outcomes)
                .map(([outcome, count]) => `${outcome} ${count}`)
                .join(', '),
          },
        ]),
      );
    });
  },
});
