import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
import { command } from '../command.js';
import { CASE, caseNumber, reasonFlag } from '../inputs.js';

export default command({
  name: 'case reopen',
  group: 'Cases',
  summary: 'take a closed complaint up again: next round, one level up (W34)',
  examples: [
    'aftercare case reopen T20300304-001 --reason "still leaks" --as li.na',
    'aftercare case reopen T20300304-001 --reason "still leaks" --dry-run --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({ case: caseNumber(), reason: reasonFlag() }),
  async run(ctx, { case: caseId, reason }) {
    const api = await ctx.open();
    const { days, daysIfWithdrawn } = api.policy.policy.complaint.reopen;
    const lines: [string, string][] = [
      ['case', 'same number, next round, one level up'],
      ['allowed', `within ${days} days of closing, ${daysIfWithdrawn} after a withdrawal`],
    ];
    const plan = { title: `reopen ${caseId}`, lines };
    await tellResult(ctx, 'reopened', caseId, await enact(ctx, 'reopen', caseId, { reason }, plan));
  },
});
