import { z } from 'zod';
import { command } from '../command.js';

export default command({
  name: 'org import',
  group: 'People',
  summary: 'read the organisation (YAML) and its customers (CSV) into the ledger',
  examples: [
    'aftercare org import examples/organisation.yaml --dry-run',
    'aftercare org import examples/organisation.yaml --customers examples/customers.csv',
  ],
  positional: { field: 'file', value: 'FILE' },
  input: z.strictObject({
    file: z.string().min(1).describe('the organisation as YAML'),
    customers: z
      .string()
      .meta({ description: 'customers as CSV, added to those in FILE', value: 'CSV' })
      .optional(),
  }),
  notes: ['Nothing is removed: who is not in the file stays. Importing the same file again changes nothing.'],
  async run(ctx, { file, customers }) {
    const { out } = ctx;
    const { readCustomersCsv, readOrganisation } = await import('../../../adapters/organisation-file.js');
    const organisation = await readOrganisation(file);
    if (customers !== undefined) {
      const added = await readCustomersCsv(customers);
      const ids = new Set(added.map((customer) => customer.id));
      organisation.customers = [
        ...organisation.customers.filter((customer) => !ids.has(customer.id)),
        ...added,
      ];
    }
    const counts = {
      staff: organisation.staff.length,
      departments: organisation.departments.length,
      units: organisation.units.length,
      customers: organisation.customers.length,
    };
    const text = `${counts.staff} staff, ${counts.departments} departments, ${counts.units} units, ${counts.customers} customers`;
    if (ctx.globals.dryRun) {
      out.either({ dryRun: true, ...counts }, () =>
        out.line(`${out.c.green('✓')} ${file} is valid: ${text}  ${out.c.dim('(dry run)')}`),
      );
      return;
    }
    const api = await ctx.open();
    const result = await ctx.act(() => api.importOrganisation(organisation));
    out.either({ ...counts, ...result }, () => {
      out.line(`${out.c.green('✓')} ${organisation.company.name}: ${text}`);
      out.line(`  ${result.added} added, ${result.changed} changed, ${result.unchanged} unchanged`);
    });
  },
});
