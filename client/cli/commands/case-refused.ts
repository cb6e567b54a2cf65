import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
import { MODERATE } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, itemId, reasonFlag } from '../inputs.js';

export default command({
  name: 'case refused',
  group: 'Custody',
  summary:
    'a receiver would not take what was to be handed over: nothing moves, the keeper hears of it (AT-43)',
  examples: [
    'aftercare case refused F20300304-001 --task returnItems --reason "case is cracked" --dry-run --as pan.mei',
    'aftercare case refused F20300304-001 --task borrowDevices --item JSP-30040001 --reason "seal is broken" --dry-run --as wang.lei',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    task: z.string().min(1).meta({ description: 'the hand-over that was refused', value: 'NAME' }),
    item: z
      .array(z.string().min(1))
      .meta({
        description: 'serial, or key as custody list shows it; all the task asks for unless told',
        value: 'ITEM',
      })
      .optional(),
    reason: reasonFlag('why it was not taken; stands on the record'),
  }),
  async run(ctx, { case: caseId, task, item, reason }) {
    const lines: [string, string][] = [
      ['custody', 'nothing moves; the task stays open'],
      ['messages', 'holder and keeper are told'],
      ['next', 'settleRefusal, whoever has it, by the end of the day'],
    ];
    const title = `${task} was refused${item === undefined ? '' : `: ${item.join(', ')}`}`;
    const args = {
      task,
      reason,
      ...(item === undefined || item.length === 0 ? {} : { items: item.map(itemId) }),
    };
    const plan = { title, lines, severity: MODERATE };
    const result = await enact(ctx, 'refuseAcceptance', caseId, args, plan);
    await tellResult(ctx, 'refusal recorded', caseId, result);
  },
});
