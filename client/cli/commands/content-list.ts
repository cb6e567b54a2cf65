import { z } from 'zod';
import { command } from '../command.js';
import { CASE, caseNumber } from '../inputs.js';

export default command({
  name: 'content list',
  group: 'Cases',
  summary: 'the texts of a case: field, id and hash, never what they say; which were erased, and why',
  examples: ['aftercare content list T20300304-001', 'aftercare content list T20300304-001 --json'],
  positional: CASE,
  input: z.strictObject({ case: caseNumber() }),
  async run(ctx, { case: caseId }) {
    const { out } = ctx;
    const api = await ctx.open();
    const rows = await api.contents(caseId);
    out.either(rows, () => {
      if (rows.length === 0) out.line('no texts');
      out.lines(
        out.table(rows, [
          { head: 'field', cell: (row) => row.field },
          { head: 'id', cell: (row) => out.c.cyan(row.id) },
          { head: 'SHA-256', cell: (row) => out.c.dim(row.sha256.slice(0, 12)) },
          {
            head: 'erased',
            cell: (row) =>
              row.erasedAt
                ? `${ctx.moments.at(row.erasedAt)}, ${row.erasedBy ?? ''}: ${row.erasedReason ?? ''}`
                : '',
            elastic: true,
          },
        ]),
      );
    });
  },
});
