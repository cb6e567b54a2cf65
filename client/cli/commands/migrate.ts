import { z } from 'zod';
import { command } from '../command.js';
import { operator } from '../operator.js';

export default command({
  name: 'migrate',
  group: 'Run',
  summary: 'bring ledger and Temporal up to this version: tables, search attributes',
  examples: ['aftercare migrate', 'aftercare migrate --dry-run'],
  input: z.strictObject({}),
  notes: ['Safe to repeat, and from several places at once. `aftercare up` does it by itself.'],
  async run(ctx) {
    const { out } = ctx;
    const desk = operator(ctx);
    try {
      const { ensureSearchAttributes, missingSearchAttributes } =
        await import('../../../runtime/connection.js');
      const [{ connection, namespace }, { ledger }] = await Promise.all([desk.temporal(), desk.ports()]);
      const dry = ctx.globals.dryRun;
      const tables = dry ? await ledger.pendingMigrations() : await ledger.migrate();
      const attributes = dry
        ? await missingSearchAttributes(connection, namespace)
        : await ensureSearchAttributes(connection, namespace);
      out.either({ dryRun: dry, migrations: tables, searchAttributes: attributes }, () => {
        const verb = dry ? 'would be applied' : 'applied';
        out.line(
          `${out.c.green('✓')} ledger      ${tables.length ? `${tables.join(', ')} ${verb}` : 'up to date'}`,
        );
        out.line(
          `${out.c.green('✓')} temporal    ${attributes.length ? `${attributes.join(', ')} ${dry ? 'would be added' : 'added'}` : 'up to date'}`,
        );
      });
    } finally {
      await desk.close();
    }
  },
});
