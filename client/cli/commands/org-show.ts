import { join } from 'node:path';
import { z } from 'zod';
import { wantsMail, type Company } from '../../../domain/organisation.js';
import { command } from '../command.js';
import type { Context } from '../context.js';

/** The notice in each language; its wording is checked when the templates are read (HOT-10, CMP-22). */
async function complaintNotices(ctx: Context, company: Company) {
  const [{ loadTemplates }, { complaintNotice }] = await Promise.all([
    import('../../../adapters/texts.js'),
    import('../../../domain/text.js'),
  ]);
  const set = await loadTemplates(join((await ctx.config()).packageRoot, 'policy', 'templates'));
  return {
    'zh-CN': complaintNotice(set, company, 'zh-CN'),
    en: complaintNotice(set, company, 'en'),
  };
}

export default command({
  name: 'org show',
  group: 'People',
  summary: 'the company, its departments; staff, customers or units on demand',
  examples: [
    'aftercare org show',
    'aftercare org show --customers --json',
    'aftercare org show --complaints',
  ],
  input: z.strictObject({
    staff: z.boolean().default(false).describe('staff'),
    customers: z
      .boolean()
      .default(false)
      .describe('customers: names and preferences, no numbers (those: --json)'),
    complaints: z
      .boolean()
      .default(false)
      .describe('where and how to complain: a notice to print, Chinese and English (CMP-01)'),
    units: z.boolean().default(false).describe('subordinate units, manufacturers, bureaux'),
  }),
  async run(ctx, { staff, customers, units, complaints }) {
    const { out } = ctx;
    const { c } = out;
    const api = await ctx.open();
    const organisation = await api.organisation();
    const notices = complaints ? await complaintNotices(ctx, organisation.company) : null;
    const parts = {
      ...(staff ? { staff: organisation.staff } : {}),
      ...(customers ? { customers: organisation.customers } : {}),
      ...(units ? { units: organisation.units } : {}),
      ...(notices ? { complaints: notices } : {}),
    };
    out.either(Object.keys(parts).length ? parts : organisation, () => {
      if (staff) {
        out.lines(
          out.table(organisation.staff, [
            { head: 'id', cell: (person) => c.cyan(person.id) },
            { head: 'name', cell: (person) => person.name },
            { head: 'department', cell: (person) => person.department },
            { head: 'roles', cell: (person) => person.roles.join(', '), elastic: true },
            { head: 'substitute', cell: (person) => person.substitute ?? '' },
          ]),
        );
      }
      if (customers) {
        out.lines(
          out.table(organisation.customers, [
            { head: 'id', cell: (customer) => customer.id },
            { head: 'name', cell: (customer) => customer.name, elastic: true },
            { head: 'by', cell: (customer) => customer.channel },
            { head: 'language', cell: (customer) => customer.language },
            { head: 'tags', cell: (customer) => customer.tags.join(', ') },
          ]),
        );
      }
      if (units) {
        out.lines(
          out.table(organisation.units, [
            { head: 'id', cell: (unit) => unit.id },
            { head: 'name', cell: (unit) => unit.name, elastic: true },
            { head: 'kind', cell: (unit) => unit.kind },
            { head: 'asked by', cell: (unit) => (wantsMail(unit) ? 'mail' : (unit.phone ?? 'mail')) },
            { head: 'hours', cell: (unit) => unit.hours ?? '' },
          ]),
        );
      }
      for (const { title, text } of Object.values(notices ?? {})) {
        out.line(c.bold(title));
        out.line();
        out.line(text.trimEnd());
        out.line();
      }
      if (staff || customers || units || notices) return;
      const { company } = organisation;
      out.line(c.bold(company.name));
      out.lines(
        out.pairs([
          ['hotline', company.hotline],
          ['hours', company.hours],
          ['place', company.place],
          ['mail from', company.mailFrom],
          ['SMS', `【${company.smsSignature}】`],
          [
            'holds',
            `${organisation.staff.length} staff, ${organisation.customers.length} customers, ${organisation.units.length} units`,
          ],
        ]),
      );
      out.line(c.bold('Departments'));
      out.lines(
        out.pairs(
          organisation.departments.map((each) => [
            each.id,
            `${each.name}${each.head ? `, ${each.head}` : ''}`,
          ]),
        ),
      );
    });
  },
});
