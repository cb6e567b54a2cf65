import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
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
    const lines: [string, string][] = [['clocks', 'go on with what was left']];
    const plan = { title: `resume ${caseId}`, lines };
    await tellResult(ctx, 'resumed', caseId, await enact(ctx, 'resume', caseId, note ? { note } : {}, plan));
  },
});
