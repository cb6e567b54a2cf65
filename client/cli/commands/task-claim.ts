import { z } from 'zod';
import { meantTask, sendAct, tellResult } from '../acts.js';
import { notOnlyDry } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, taskFlag } from '../inputs.js';

export default command({
  name: 'task claim',
  group: 'Tasks',
  summary: 'take a task of your role that nobody has',
  examples: [
    'aftercare task claim T20300304-001 --task acknowledge --as li.na',
    'aftercare task claim T20300304-001 --task investigate --as wang.lei --json',
  ],
  positional: CASE,
  input: z.strictObject({ case: caseNumber(), task: taskFlag() }),
  notes: ['You are told of its deadline from now on.'],
  async run(ctx, input) {
    const actor = await ctx.actor();
    const api = await ctx.open();
    const { task } = await meantTask(api, input.case, actor.id, input.task);
    if (!notOnlyDry(ctx, `claim ${task} in ${input.case}`, [['who', actor.id]])) return;
    await tellResult(
      ctx,
      `${task} claimed`,
      input.case,
      await sendAct(ctx, 'claimTask', input.case, { task }),
    );
  },
});
