import { z } from 'zod';
import { doneWords, meantTask, taskForm, tellResult } from '../acts.js';
import { explainRefusal, gatherAnswer } from '../answers.js';
import { notOnlyDry, type Effect } from '../approval.js';
import { command } from '../command.js';
import { answerFlag, CASE, caseNumber, fileFlag, taskFlag } from '../inputs.js';

export default command({
  name: 'task complete',
  group: 'Tasks',
  summary: 'answer a task; at a terminal its form is asked field by field',
  examples: [
    'aftercare task complete T20300304-001 --task acknowledge --answer grade=important --as li.na',
    'aftercare task complete T20300304-001 --task carryOut --answer treatment="new print head" --answer proof=@receipt.pdf --as wang.lei',
    'aftercare task complete T20300304-001 --file answer.yaml --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({ case: caseNumber(), task: taskFlag(), answer: answerFlag(), file: fileFlag() }),
  notes: ['The form of a task: aftercare task show CASE --task NAME'],
  async run(ctx, input) {
    const actor = await ctx.actor();
    const api = await ctx.open();
    const { task, row } = await meantTask(api, input.case, actor.id, input.task);
    const schema = taskForm(input.case, task);
    const due = row?.dueAt ? `, due ${ctx.moments.due(row.dueAt)}` : '';
    const answer = await gatherAnswer(ctx, schema, input, { title: `${input.case} · ${task}${due}` });
    const effect: Effect = {
      title: `complete ${task} in ${input.case}`,
      lines: [['answer', JSON.stringify(answer)]],
    };
    const check = () => api.checkAct('completeTask', input.case, { task, answer }, actor.id);
    let result;
    try {
      if (!(await notOnlyDry(ctx, effect, check))) return;
      result = await ctx.act(() =>
        api.complete(input.case, task, answer, actor.id, { requestId: ctx.requestId }),
      );
    } catch (error) {
      throw explainRefusal(error, schema);
    }
    await tellResult(ctx, doneWords(task), input.case, result);
  },
});
