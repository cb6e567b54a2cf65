import { z } from 'zod';
import { command } from '../command.js';

export default command({
  name: 'intake list',
  group: 'Run',
  summary: 'complaints received but not started: nothing is lost, they wait here',
  examples: ['aftercare intake list', 'aftercare intake list --json'],
  input: z.strictObject({}),
  async run(ctx) {
    const { out } = ctx;
    const api = await ctx.open();
    const rows = await api.pendingIntakes();
    out.either(rows, () => {
      if (rows.length === 0) {
        out.line('no intake waits');
        return;
      }
      out.lines(
        out.table(rows, [
          { head: 'case', cell: (row) => row.caseId },
          { head: 'received', cell: (row) => ctx.moments.due(row.at) },
          { head: 'by', cell: (row) => out.c.cyan(row.actor) },
          { head: 'request id', cell: (row) => row.requestId },
        ]),
      );
      out.line(`  $ npx aftercare intake retry`);
    });
  },
});
