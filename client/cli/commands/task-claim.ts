import { z } from 'zod';
import { enact, meantTask, tellResult } from '../acts.js';
import { command } from '../command.js';
import { CASE, caseNumber, taskFlag } from '../inputs.js';

export default command({
  name: 'task claim',
  group: 'Tasks',
  summary: "take a task of your role: one that nobody has, or a colleague's",
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
    const { task, row } = await meantTask(api, input.case, actor.id, input.task);
    const before = row?.assignee && row.assignee !== actor.id ? row.assignee : null;
    const lines: [string, string][] = [['who', actor.id]];
    if (before !== null) lines.push(['from', before]);
    const plan = { title: `claim ${task} in ${input.case}`, lines };
    const result = await enact(ctx, 'claimTask', input.case, { task }, plan);
    await tellResult(ctx, `${task} claimed${before === null ? '' : ` from ${before}`}`, input.case, result);
  },
});
