import { z } from 'zod';
import { meantTask, taskForm } from '../acts.js';
import { command } from '../command.js';
import { DeskError, EXIT } from '../../api.js';
import { fieldsOf } from '../../forms.js';
import { CASE, caseNumber, taskFlag } from '../inputs.js';
import { undeliveredOf, undeliveredPairs } from '../undelivered.js';
import { answerPairs, dueWords, formPairs } from '../views.js';

export default command({
  name: 'task show',
  group: 'Tasks',
  summary: 'one task: its form, its due time, what it needs to know',
  examples: [
    'aftercare task show T20300304-001 --as li.na',
    'aftercare task show T20300304-001 --task acknowledge --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({ case: caseNumber(), task: taskFlag() }),
  async run(ctx, input) {
    const { out } = ctx;
    const actor = await ctx.actor();
    const api = await ctx.open();
    const named = input.task ?? (await meantTask(api, input.case, actor.id, undefined)).task;
    const form = taskForm(input.case, named);
    const sheet = await api.sheet(input.case, actor.id);
    const row = sheet.tasks.filter((task) => task.key === named || task.name === named).at(-1);
    if (!row) {
      throw new DeskError('task.notFound', `${input.case} never had a task ${named}`, {
        exit: EXIT.notFound,
        remedy: `aftercare case show ${input.case}`,
      });
    }
    const fields = fieldsOf(form);
    const undelivered = await undeliveredOf(ctx, sheet, row);
    const told = { case: input.case, task: row, form: fields, ...(undelivered ? { undelivered } : {}) };
    out.either(told, () => {
      const due = row.status === 'open' ? `${dueWords(ctx, row.dueAt, row.provisional)}` : row.status;
      out.line(`${out.c.bold(`${input.case} · ${row.key}`)}  ${due}  ${out.c.dim(row.rule)}`);
      out.lines(
        out.pairs([
          ['who', row.assignee ?? `any ${row.role}`],
          ['opened', ctx.moments.at(row.openedAt)],
          ['planned', row.plannedAt && ctx.moments.at(row.plannedAt)],
          ['done', row.completedAt && `${ctx.moments.at(row.completedAt)} by ${row.completedBy}`],
        ]),
      );
      if (undelivered) {
        out.line(out.c.bold('To deliver'));
        out.lines(out.pairs(undeliveredPairs(undelivered)));
      } else if (row.context) {
        out.line(out.c.bold('To know'));
        out.lines(out.pairs(answerPairs(sheet, row.context, ctx.moments)));
      }
      if (row.answer) {
        out.line(out.c.bold('Answer'));
        out.lines(out.pairs(answerPairs(sheet, row.answer, ctx.moments)));
        return;
      }
      out.line(out.c.bold('Form'));
      out.lines(out.pairs(formPairs(ctx, fields)));
    });
  },
});
