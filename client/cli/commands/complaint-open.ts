import { z } from 'zod';
import { complaintIntakeForm } from '../../../domain/forms-complaint.js';
import { explainRefusal, gatherAnswer } from '../answers.js';
import { notOnlyDry } from '../approval.js';
import { command } from '../command.js';
import { answerFlag } from '../inputs.js';

export default command({
  name: 'complaint open',
  group: 'Cases',
  summary: 'enter a complaint; any member of staff may',
  examples: [
    'aftercare complaint open --answer problemType=productQuality --answer matter="printer leaks ink" --answer customer=qingshan --as li.na',
    'aftercare complaint open --file complaint.yaml --as li.na',
  ],
  input: z.strictObject({
    answer: answerFlag(),
    file: z
      .string()
      .meta({ description: 'the receipt block as YAML or JSON; - reads stdin', value: 'FILE' })
      .optional(),
  }),
  notes: [
    'Fields: problemType and matter are required; channel, customer, complainant.name, complainant.phone, demand,',
    'amountDisputed, media, safety, personsConcerned, identity … may follow. Acknowledged on the spot: acknowledged.grade=general.',
  ],
  async run(ctx, input) {
    const { out } = ctx;
    const actor = await ctx.actor();
    const api = await ctx.open();
    const schema = complaintIntakeForm('edge');
    const intake = await gatherAnswer(ctx, schema, input, { title: 'New complaint' });
    if (!notOnlyDry(ctx, 'open a complaint', [['receipt', JSON.stringify(intake)]])) return;
    let receipt;
    try {
      receipt = await ctx.act(() => api.openComplaint(intake, actor.id, { requestId: ctx.requestId }));
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
