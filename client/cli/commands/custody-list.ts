import { z } from 'zod';
import { isOurs } from '../../../domain/custody.js';
import { command } from '../command.js';
import { caseNumber } from '../inputs.js';
import { dueText } from '../views.js';

export default command({
  name: 'custody list',
  group: 'Custody',
  summary: 'who holds what, since when, and when it is due back',
  examples: [
    'aftercare custody list',
    'aftercare custody list --holder wang.lei --overdue --json',
    'aftercare custody list --case T20300304-001',
  ],
  input: z.strictObject({
    holder: z
      .string()
      .min(1)
      .meta({ description: 'staff id, place/NAME, customer/ID or party/ID', value: 'HOLDER' })
      .optional(),
    case: caseNumber().meta({ description: 'things held for a case', value: 'CASE' }).optional(),
    overdue: z.boolean().default(false).describe('only what should be back by now, whoever has it'),
  }),
  notes: ["Without a flag: everything our people hold now, and customers' machines in our care."],
  async run(ctx, { holder, case: caseId, overdue }) {
    const { out } = ctx;
    const { c } = out;
    const api = await ctx.open();
    const found = await api.custody({
      ...(holder === undefined ? {} : { holder }),
      ...(caseId === undefined ? {} : { caseId }),
      ...(overdue ? { overdueAt: api.now().toISOString() } : {}),
    });
    const chosen = holder !== undefined || caseId !== undefined || overdue;
    const rows = found.filter((row) => chosen || isOurs(row.kind, row.holder));
    out.either(rows, () => {
      if (rows.length === 0) out.line(overdue ? 'nothing is overdue' : 'nothing is held');
      out.lines(
        out.table(rows, [
          { head: 'item', cell: (row) => c.bold(row.item) },
          { head: 'what', cell: (row) => row.family ?? row.kind, elastic: true },
          { head: 'holder', cell: (row) => c.cyan(row.holder) },
          { head: 'from', cell: (row) => row.receivedFrom ?? '' },
          { head: 'case', cell: (row) => row.caseId ?? '' },
          { head: 'since', cell: (row) => ctx.moments.at(row.since) },
          { head: 'due back', cell: (row) => (row.dueBackAt === null ? '' : dueText(ctx, row.dueBackAt)) },
          { head: 'keeper', cell: (row) => row.keeper ?? '' },
          { head: 'rule', cell: (row) => c.dim(row.rule) },
        ]),
      );
    });
  },
});
