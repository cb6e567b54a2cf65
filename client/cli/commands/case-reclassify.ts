import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
import { MODERATE } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, reasonFlag } from '../inputs.js';

export default command({
  name: 'case reclassify',
  group: 'Cases',
  summary: 'it is no complaint: a supervisor must agree (W6)',
  examples: [
    'aftercare case reclassify T20300304-001 --to enquiry --reason "asked for a price list" --yes --as li.na',
    'aftercare case reclassify T20300304-001 --to repair --reason "wants a repair" --dry-run --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    to: z.enum(['enquiry', 'repair', 'suggestion']).meta({ description: 'what it is' }),
    reason: reasonFlag(),
  }),
  async run(ctx, { case: caseId, to, reason }) {
    const lines: [string, string][] = [
      ['next', 'a supervisor decides; until then the complaint goes on'],
      ['deadlines', 'stay as they are'],
    ];
    const plan = { title: `reclassify ${caseId} as ${to}`, lines, severity: MODERATE };
    const result = await enact(ctx, 'reclassify', caseId, { to, reason }, plan);
    await tellResult(ctx, `asked to become ${to}`, caseId, result);
  },
});
