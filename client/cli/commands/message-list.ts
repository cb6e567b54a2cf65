import { z } from 'zod';
import { command } from '../command.js';
import { caseNumber } from '../inputs.js';
import { messageColumns } from '../views.js';

const STATUSES = ['queued', 'deferred', 'sent', 'failed', 'dropped'] as const;

export default command({
  name: 'message list',
  group: 'Mail',
  summary: 'what was sent, is waiting, or failed, and why',
  examples: [
    'aftercare message list --case T20300304-001 --as li.na',
    'aftercare message list --status failed --as li.na --json',
  ],
  input: z.strictObject({
    case: caseNumber()
      .meta({ description: 'messages of a case; without it, the newest of all', value: 'CASE' })
      .optional(),
    status: z.array(z.enum(STATUSES)).default([]).describe('only these'),
    limit: z
      .number()
      .int()
      .positive()
      .default(200)
      .meta({ description: 'at most so many messages', value: 'N' }),
  }),
  async run(ctx, { case: caseId, status, limit }) {
    const { out } = ctx;
    const api = await ctx.open();
    await ctx.actor();
    const rows = await api.messages({ ...(caseId === undefined ? {} : { caseId }), limit });
    const wanted: readonly string[] = status;
    const shown = rows
      .filter((row) => wanted.length === 0 || wanted.includes(row.status))
      .sort((a, b) => (a.queuedAt < b.queuedAt ? -1 : 1));
    out.either(shown, () => {
      if (shown.length === 0) out.line('no such message');
      out.lines(out.table(shown, messageColumns(ctx)));
    });
  },
});
