import { z } from 'zod';
import { command } from '../command.js';

export default command({
  name: 'staff list',
  group: 'People',
  summary: 'who works here: ids, roles, who is absent and who stands in',
  examples: ['aftercare staff list', 'aftercare staff list --role supervisor --json'],
  input: z.strictObject({
    role: z.string().meta({ description: 'holders of a role', value: 'ROLE' }).optional(),
  }),
  async run(ctx, { role }) {
    const { out } = ctx;
    const api = await ctx.open();
    const { staff } = await api.organisation();
    const rows = staff.filter((person) => role === undefined || person.roles.includes(role));
    out.either(rows, () => {
      if (rows.length === 0)
        out.line(
          `nobody is ${role}; roles: ${[...new Set(staff.flatMap((person) => person.roles))].sort().join(', ')}`,
        );
      out.lines(
        out.table(rows, [
          { head: 'id', cell: (person) => out.c.cyan(person.id) },
          { head: 'name', cell: (person) => person.name },
          { head: 'roles', cell: (person) => person.roles.join(', '), elastic: true },
          { head: 'department', cell: (person) => person.department },
          { head: 'here', cell: (person) => (person.absent ? out.c.yellow('absent') : 'yes') },
          { head: 'stands in', cell: (person) => person.substitute ?? '' },
        ]),
      );
    });
  },
});
