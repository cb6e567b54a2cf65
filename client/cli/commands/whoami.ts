import { z } from 'zod';
import { rolesAllowed } from '../../../domain/desk.js';
import { command } from '../command.js';

export default command({
  name: 'whoami',
  group: 'People',
  summary: 'who acts here, and what that person may do',
  examples: ['aftercare whoami --as li.na', 'aftercare whoami --as chen.hui --json'],
  input: z.strictObject({}),
  async run(ctx) {
    const { out } = ctx;
    const actor = await ctx.actor();
    const api = await ctx.open();
    const organisation = await api.organisation();
    const { levels } = api.policy.policy;
    const every = [...new Set(organisation.staff.flatMap((person) => person.roles))];
    // On the ladder a higher level may do what a lower one may.
    const may = every.filter((role) =>
      rolesAllowed(levels, role).some((allowed) => actor.roles.includes(allowed)),
    );
    const source = ctx.globals.as ? '--as' : 'AFTERCARE_AS';
    out.either({ ...actor, mayActFor: may, source }, () => {
      out.line(`${out.c.cyan(actor.id)}  ${actor.name}  ${out.c.dim(`by ${source}`)}`);
      out.lines(
        out.pairs([
          ['roles', actor.roles.join(', ')],
          ['may do tasks of', may.join(', ')],
          [
            'department',
            organisation.departments.find((each) => each.id === actor.department)?.name ?? actor.department,
          ],
          ['substitute', actor.substitute],
          ['absent', actor.absent ? 'yes' : null],
        ]),
      );
    });
  },
});
