import { z } from 'zod';
import { taskForm } from '../acts.js';
import { command } from '../command.js';
import { fieldsOf } from '../../forms.js';
import { undeliveredOf, undeliveredPairs } from '../undelivered.js';
import {
  aheadLines,
  answerPairs,
  caseColumns,
  clockOfTask,
  dueWords,
  formPairs,
  intervalLines,
  limitWords,
  lineToType,
  openingTexts,
  standing,
  toComeLines,
} from '../views.js';

export default command({
  name: 'next',
  group: 'Now',
  summary: 'your most urgent task: its form, why it is due, who hears if it slips',
  examples: ['aftercare next --as li.na', 'aftercare next --as li.na --json'],
  input: z.strictObject({}),
  async run(ctx) {
    const { out } = ctx;
    const actor = await ctx.actor();
    const api = await ctx.open();
    const task = await api.next(actor.id);
    if (task === null) {
      out.either(null, () => out.line(`${out.c.cyan(actor.id)}  nothing to do: all answered`));
      return;
    }
    const sheet = await api.sheet(task.caseId, actor.id);
    const clock = clockOfTask(task, sheet.clocks);
    const explanation = clock
      ? (await api.explain(task.caseId, clock.name)).find((each) => each.clock.key === clock.key)
      : undefined;
    const fields = fieldsOf(taskForm(task.caseId, task.name));
    const undelivered = await undeliveredOf(ctx, sheet, task);
    const line = lineToType(task, ctx.globals.as ?? null);
    out.either(
      { task, form: fields, case: sheet.row, explanation: explanation ?? null, related: sheet.related, line },
      () => {
        out.line(
          `${out.c.bold(`${task.caseId} · ${task.key}`)}  ${dueWords(ctx, task.dueAt, task.provisional)}  ${out.c.dim(task.rule)}`,
        );
        out.line(`  ${standing(sheet.row)}`);
        const customer = sheet.complainant?.customer?.name ?? sheet.complainant?.name ?? sheet.row.identity;
        out.lines(
          out.pairs([
            ['customer', customer],
            ['phone', sheet.complainant?.phone],
            ['owner', sheet.row.owner],
            ['planned', task.plannedAt && ctx.moments.at(task.plannedAt)],
            ['matter', openingTexts(sheet).join(' · ')],
          ]),
        );
        if (undelivered) {
          out.line();
          out.line(out.c.bold('To deliver'));
          out.lines(out.pairs(undeliveredPairs(undelivered)));
        } else if (task.context) {
          out.line();
          out.line(out.c.bold('To know'));
          out.lines(out.pairs(answerPairs(sheet, task.context, ctx.moments)));
        }
        out.line();
        out.line(out.c.bold('Form'));
        out.lines(out.pairs(formPairs(ctx, fields)));
        if (explanation) {
          out.line();
          out.line(out.c.bold('Why it is due then'));
          out.line(
            `  ${limitWords(ctx, explanation.clock)} of ${explanation.clock.calendar}, from ${ctx.moments.at(explanation.clock.startedAt)}`,
          );
          out.lines(intervalLines(ctx, explanation.lines));
          out.lines(toComeLines(ctx, explanation.clock, api.policy.calendars));
          if (explanation.ahead.length) {
            out.line();
            out.line(out.c.bold('Who hears if it slips'));
            out.lines(aheadLines(ctx, explanation.ahead).slice(1));
          }
        }
        out.line();
        out.line(out.c.bold("The customer's history"));
        if (sheet.related.length) out.lines(out.table(sheet.related, caseColumns(ctx), 2));
        else out.line('  no other case');
        out.line();
        out.line(`  $ ${line}`);
      },
    );
  },
});
