import { z } from 'zod';
import type { MessageRow } from '../../../domain/case.js';
import { command } from '../command.js';
import { caseNumber } from '../inputs.js';
import { messageColumns } from '../views.js';

const STATUSES = ['queued', 'deferred', 'sent', 'failed', 'dropped'] as const;
/** Cases looked through at once; each is one query. */
const AT_ONCE = 8;

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
      .meta({ description: 'messages of a case; without it, of all open ones', value: 'CASE' })
      .optional(),
    status: z.array(z.enum(STATUSES)).default([]).describe('only these'),
    limit: z.number().int().positive().default(200).meta({ description: 'cases looked through', value: 'N' }),
  }),
  async run(ctx, { case: caseId, status, limit }) {
    const { out } = ctx;
    const api = await ctx.open();
    const { id: reader } = await ctx.actor();
    const caseIds = caseId
      ? [caseId]
      : (await api.cases({ status: ['open', 'closing'], limit })).map((row) => row.caseId);
    const rows: (MessageRow & { caseId: string })[] = [];
    for (let i = 0; i < caseIds.length; i += AT_ONCE) {
      const sheets = await Promise.all(caseIds.slice(i, i + AT_ONCE).map((id) => api.sheet(id, reader)));
      for (const sheet of sheets)
        rows.push(...sheet.messages.map((message) => ({ ...message, caseId: sheet.row.caseId })));
    }
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
