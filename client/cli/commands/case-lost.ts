import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
import { MODERATE } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, itemId } from '../inputs.js';

export default command({
  name: 'case lost',
  group: 'Custody',
  summary: 'something held for a case is lost or stolen: police and bureau the same day (REG-07)',
  examples: [
    'aftercare case lost F20300304-001 --item JSP-30040001 --dry-run --as wang.lei',
    'aftercare case lost F20300304-001 --item JSP-30040001 --note "left in a taxi" --dry-run --as wang.lei',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    item: z
      .array(z.string().min(1))
      .min(1)
      .meta({ description: 'serial, or key as custody list shows it; repeat for several', value: 'ITEM' }),
    note: z.string().meta({ description: 'what happened, at most 200 characters', value: 'TEXT' }).optional(),
  }),
  async run(ctx, { case: caseId, item, note }) {
    const plan = {
      title: `report ${item.join(', ')} lost`,
      lines: [
        ['next', 'reportLoss, supervisor: police number and report to the bureau, by the end of the day'],
        ['case', 'does not end before that is done'],
      ] as [string, string][],
      severity: MODERATE,
    };
    const args = { items: item.map(itemId), ...(note === undefined ? {} : { note }) };
    const result = await enact(ctx, 'reportLost', caseId, args, plan);
    await tellResult(ctx, 'loss reported', caseId, result);
  },
});
