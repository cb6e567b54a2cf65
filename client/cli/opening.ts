/** How a case of any process is opened from the command line: the intake form by flags, file or questions, then the receipt. */
import { z } from 'zod';
import type { ProcessName } from '../../domain/case.js';
import { intakeForm } from '../../domain/processes.js';
import { explainRefusal, gatherAnswer } from './answers.js';
import { notOnlyDry, type Effect } from './approval.js';
import { command, type Command } from './command.js';
import { answerFlag } from './inputs.js';

/** Flags of every `… open` command. */
const input = z.strictObject({
  answer: answerFlag(),
  file: z
    .string()
    .meta({ description: 'the intake form as YAML or JSON; - reads stdin', value: 'FILE' })
    .optional(),
});

/** The `… open` command of a process. `title` heads the questions at a terminal. */
export function opening(
  process: ProcessName,
  told: Pick<Command, 'summary' | 'examples' | 'notes'> & { title: string },
): Command<typeof input> {
  const { title, ...help } = told;
  return command({
    ...help,
    name: `${process} open`,
    group: 'Cases',
    input,
    async run(ctx, given) {
      const { out } = ctx;
      const actor = await ctx.actor();
      const api = await ctx.open();
      const schema = intakeForm(process, 'edge');
      const intake = await gatherAnswer(ctx, schema, given, { title });
      const article = /^[aeiou]/.test(process) ? 'an' : 'a';
      let receipt;
      try {
        const effect: Effect = {
          title: `open ${article} ${process}`,
          lines: [['intake', JSON.stringify(intake)]],
        };
        if (!(await notOnlyDry(ctx, effect, () => api.check(process, intake, actor.id)))) return;
        receipt = await ctx.act(() => api.open(process, intake, actor.id, { requestId: ctx.requestId }));
      } catch (error) {
        throw explainRefusal(error, schema);
      }
      out.either({ case: receipt.caseId, ...receipt }, () => {
        const [next] = receipt.next;
        const due = next?.dueAt ? `, due ${ctx.moments.due(next.dueAt)}` : '';
        const said = receipt.fresh ? 'opened' : 'was opened by this request before';
        out.line(`${out.c.green('✓')} ${out.c.bold(receipt.caseId)} ${said}; level ${receipt.level}`);
        if (next) out.line(`  next: ${next.task}, ${next.assignee ?? `any ${next.role}`}${due}`);
        for (const flag of receipt.flags) out.line(`  ${out.c.yellow('!')} ${flag}`);
        for (const earlier of receipt.related) {
          out.line(
            `  earlier: ${earlier.caseId} ${earlier.outcome ?? earlier.status}, opened ${ctx.moments.at(earlier.openedAt)}`,
          );
        }
      });
      if (!receipt.inLedger) out.say('Accepted; the ledger is behind and follows by itself.');
    },
  });
}
