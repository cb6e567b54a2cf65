import { z } from 'zod';
import type { CaseRow } from '../../../domain/case.js';
import { command } from '../command.js';
import { caseColumns } from '../views.js';

const WAITING = ['us', 'customer', 'unit', 'manufacturer', 'bureau'] as const;
const STATUSES = ['open', 'closing', 'closed', 'failed'] as const;

export default command({
  name: 'case list',
  group: 'Cases',
  summary: 'cases: open ones, the late, the stuck, those of a customer',
  examples: [
    'aftercare case list --stuck',
    'aftercare case list --waiting-on customer --json',
    'aftercare case list --status closed --limit 20',
  ],
  input: z.strictObject({
    stuck: z
      .boolean()
      .default(false)
      .describe('nothing broke, yet nothing moves: late, flagged, or no deadline ahead'),
    waitingOn: z.enum(WAITING).meta({ description: 'whose turn it is' }).optional(),
    customer: z.string().meta({ description: 'cases of a customer on file', value: 'ID' }).optional(),
    owner: z.string().meta({ description: 'cases of an owner', value: 'STAFF' }).optional(),
    late: z.boolean().default(false).describe('something is late'),
    status: z.array(z.enum(STATUSES)).default([]).describe('default open and closing; any with --customer'),
    limit: z
      .number()
      .int()
      .positive()
      .max(10_000)
      .default(200)
      .meta({ description: 'at most so many', value: 'N' }),
  }),
  async run(ctx, input) {
    const { out } = ctx;
    const api = await ctx.open();
    const open: CaseRow['status'][] = ['open', 'closing'];
    const status = input.status.length ? input.status : input.customer ? undefined : open;
    const found = await api.cases({
      ...(status ? { status } : {}),
      ...(input.waitingOn ? { waitingOn: input.waitingOn } : {}),
      ...(input.customer ? { customer: input.customer } : {}),
      ...(input.owner ? { owner: (await api.staff(input.owner)).id } : {}),
      limit: input.limit,
    });
    const { moments } = ctx;
    const isLate = (row: CaseRow) =>
      row.status === 'open' && (row.attention === 'late' || moments.isPast(row.nextDueAt));
    const isStuck = (row: CaseRow) =>
      row.status !== 'closed' && (row.attention !== null || row.nextDueAt === null || isLate(row));
    const rows = found.filter((row) => (!input.late || isLate(row)) && (!input.stuck || isStuck(row)));
    out.either(rows, () => {
      if (rows.length === 0) out.line(noneOf(input));
      out.lines(out.table(rows, caseColumns(ctx)));
    });
    if (found.length === input.limit) out.say(`The first ${input.limit}; more with --limit.`);
  },
});

/** In the words of what was asked for: that nothing is late is good news. */
function noneOf({ late, stuck }: { late: boolean; stuck: boolean }): string {
  if (late) return 'nothing is late';
  return stuck ? 'nothing is stuck' : 'no such case';
}
