import { z } from 'zod';
import { enact, meantTask, tellResult } from '../acts.js';
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
    const lines: [string, string][] = [['who', actor.id]];
    const plan = { title: `release ${task} in ${input.case}`, lines };
    const result = await enact(ctx, 'releaseTask', input.case, { task }, plan);
    await tellResult(ctx, `${task} released`, input.case, result);
  },
});
