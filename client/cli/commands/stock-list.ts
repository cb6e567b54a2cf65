import { z } from 'zod';
import { STOCKED, atPlace } from '../../../domain/custody.js';
import { command } from '../command.js';

export default command({
  name: 'stock list',
  group: 'Custody',
  summary: 'devices and spares in the warehouse, and who has the others',
  examples: ['aftercare stock list', 'aftercare stock list --all --family goldenTaxDisk --json'],
  input: z.strictObject({
    family: z.string().meta({ description: 'of one family, e.g. goldenTaxDisk', value: 'FAMILY' }).optional(),
    all: z.boolean().default(false).describe('also what is out, with its holder'),
  }),
  async run(ctx, { family, all }) {
    const { out } = ctx;
    const api = await ctx.open();
    const held = (await Promise.all(STOCKED.map((kind) => api.custody({ kind }))))
      .flat()
      .filter((row) => family === undefined || row.family === family);
    const isIn = (row: { holder: string }) => row.holder === atPlace('warehouse');
    const rows = held
      .filter((row) => all || isIn(row))
      .sort((a, b) => (`${a.family} ${a.item}` < `${b.family} ${b.item}` ? -1 : 1));
    out.either(rows, () => {
      if (held.length === 0) out.line('no such item; take some in: npx aftercare stock import FILE');
      out.lines(
        out.table(rows, [
          { head: 'serial', cell: (row) => out.c.bold(row.item) },
          { head: 'kind', cell: (row) => row.kind },
          { head: 'family', cell: (row) => row.family ?? '' },
          { head: 'model', cell: (row) => row.model ?? '', elastic: true },
          { head: 'holder', cell: (row) => out.c.cyan(row.holder) },
          { head: 'since', cell: (row) => ctx.moments.at(row.since) },
        ]),
      );
      for (const each of new Set(held.map((row) => row.family))) {
        const own = held.filter((row) => row.family === each);
        const inside = own.filter(isIn).length;
        out.line(`${each}: ${inside} in the warehouse, ${own.length - inside} out`);
      }
    });
  },
});
