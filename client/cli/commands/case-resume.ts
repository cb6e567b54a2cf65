import { z } from 'zod';
import { sendAct, tellResult } from '../acts.js';
import { notOnlyDry } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber } from '../inputs.js';

export default command({
  name: 'case resume',
  group: 'Cases',
  summary: 'end a wait; clocks go on with exactly what was left',
  examples: [
    'aftercare case resume T20300304-001 --note "invoice arrived" --as li.na',
    'aftercare case resume T20300304-001 --dry-run --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    note: z.string().meta({ description: 'at most 200 characters', value: 'TEXT' }).optional(),
  }),
  async run(ctx, { case: caseId, note }) {
    if (!notOnlyDry(ctx, `resume ${caseId}`, [['clocks', 'go on with what was left']])) return;
    await tellResult(ctx, 'resumed', caseId, await sendAct(ctx, 'resume', caseId, note ? { note } : {}));
  },
});
