import { z } from 'zod';
import { enact, taskForm, tellResult } from '../acts.js';
import { gatherAnswer } from '../answers.js';
import { command } from '../command.js';
import { UsageError } from '../errors.js';
import { answerFlag, CASE, caseNumber, fileFlag, reasonFlag } from '../inputs.js';

export default command({
  name: 'task correct',
  group: 'Tasks',
  summary: 'add a correction to an answer; the first answer stays on the record',
  examples: [
    'aftercare task correct T20300304-001 --task acknowledge --answer grade=general --reason "read out wrongly" --as li.na',
    'aftercare task correct T20300304-001 --task investigate#1 --file correction.yaml --reason "new finding" --as wang.lei',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    task: z
      .string()
      .min(1)
      .meta({ description: 'the answered task; investigate#1 means that round', value: 'NAME' }),
    answer: answerFlag(),
    file: fileFlag(),
    reason: reasonFlag(),
  }),
  async run(ctx, { case: caseId, task, answer, file, reason }) {
    const schema = taskForm(caseId, task);
    if (answer.length === 0 && file === undefined) {
      throw new UsageError(
        'usage.missing',
        '--answer is missing: what is corrected',
        'add --answer KEY=VALUE',
        '--answer',
      );
    }
    const correction = await gatherAnswer(
      ctx,
      schema,
      { answer, file },
      { title: `${caseId} · ${task}`, partial: true },
    );
    const lines: [string, string][] = [
      ['correction', JSON.stringify(correction)],
      ['stays', 'the answer as it was given'],
    ];
    const plan = { title: `correct ${task} in ${caseId}`, lines };
    const result = await enact(ctx, 'correctTask', caseId, { task, correction, reason }, plan);
    await tellResult(ctx, `${task} corrected`, caseId, result);
  },
});
