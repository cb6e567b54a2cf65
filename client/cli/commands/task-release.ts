import { z } from 'zod';
import { meantTask, sendAct, tellResult } from '../acts.js';
import { notOnlyDry } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, taskFlag } from '../inputs.js';

export default command({
  name: 'task release',
  group: 'Tasks',
  summary: 'give a task back to its role',
  examples: [
    'aftercare task release T20300304-001 --task acknowledge --as li.na',
    'aftercare task release T20300304-001 --task investigate --as wang.lei --json',
  ],
  positional: CASE,
  input: z.strictObject({ case: caseNumber(), task: taskFlag() }),
  notes: ['The next of its role takes it; nobody there, and anyone may claim it.'],
  async run(ctx, input) {
    const actor = await ctx.actor();
    const api = await ctx.open();
    const { task } = await meantTask(api, input.case, actor.id, input.task);
    if (!notOnlyDry(ctx, `release ${task} in ${input.case}`, [['who', actor.id]])) return;
    await tellResult(
      ctx,
      `${task} released`,
      input.case,
      await sendAct(ctx, 'releaseTask', input.case, { task }),
    );
  },
});
