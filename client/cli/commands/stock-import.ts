import { z } from 'zod';
import { command } from '../command.js';

export default command({
  name: 'stock import',
  group: 'Custody',
  summary: 'take devices and spares into stock by serial number, from CSV',
  examples: [
    'aftercare stock import examples/stock.csv --dry-run',
    'aftercare stock import examples/stock.csv',
  ],
  positional: { field: 'file', value: 'FILE' },
  input: z.strictObject({
    file: z.string().min(1).describe('CSV with the columns serial, family, model, and kind: device or spare'),
  }),
  notes: [
    'Each begins in the warehouse. One that is on file stays with whoever has it: importing again changes nothing.',
  ],
  async run(ctx, { file }) {
    const { out } = ctx;
    const { readStockCsv } = await import('../../../adapters/organisation-file.js');
    const items = await readStockCsv(file);
    const families = [...new Set(items.map((each) => each.family))].sort();
    const text = `${items.length} item${items.length === 1 ? '' : 's'} of ${families.join(', ')}`;
    if (ctx.globals.dryRun) {
      out.either({ dryRun: true, items: items.length, families }, () =>
        out.line(`${out.c.green('✓')} ${file} is valid: ${text}  ${out.c.dim('(dry run)')}`),
      );
      return;
    }
    const api = await ctx.open();
    const result = await ctx.act(() => api.importStock(items));
    out.either({ items: items.length, families, ...result }, () => {
      out.line(`${out.c.green('✓')} ${text}`);
      out.line(`  ${result.added} added, ${result.unchanged} on file already`);
    });
  },
});
