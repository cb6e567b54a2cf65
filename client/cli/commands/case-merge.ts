import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
import { MODERATE } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, reasonFlag } from '../inputs.js';

export default command({
  name: 'case merge',
  group: 'Cases',
  summary: 'take it together with an earlier case, which keeps the stricter grade (W36)',
  examples: [
    'aftercare case merge T20300304-002 --into T20300304-001 --reason "same printer, same matter" --yes --as li.na',
    'aftercare case merge T20300304-002 --into T20300304-001 --reason "same matter" --dry-run --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    into: caseNumber().meta({ description: 'the earlier case', value: 'CASE' }),
    reason: reasonFlag(),
  }),
  async run(ctx, { case: caseId, into, reason }) {
    const lines: [string, string][] = [
      ['case', `${caseId} closes as merged; ${into} goes on`],
      ['grade', 'the stricter of both'],
      ['messages', 'the complainant hears of the one number that counts'],
    ];
    const plan = { title: `merge ${caseId} into ${into}`, lines, severity: MODERATE };
    const result = await enact(ctx, 'merge', caseId, { into, reason }, plan);
    await tellResult(ctx, `merged into ${into}`, caseId, result);
  },
});
