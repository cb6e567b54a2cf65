import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { EXIT, type AftercareApi } from '../../api.js';
import type { CaseView } from '../../../workflows/case/messages.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { CASE, caseNumber } from '../inputs.js';
import { dueWords, standing } from '../views.js';

function linesOf(ctx: Context, view: CaseView): string[] {
  const { c } = ctx.out;
  const open = view.tasks.filter((task) => task.status === 'open');
  return [
    `${c.bold(view.row.caseId)} · ${standing(view.row)}`,
    ...open.map(
      (task) =>
        `  ${task.key}  ${c.cyan(task.assignee ?? `any ${task.role}`)}  ${dueWords(ctx, task.dueAt, task.provisional)}`,
    ),
    ...(view.paused
      ? [`  ${c.yellow('paused')}  ${view.paused.reason} until ${ctx.moments.at(view.paused.until)}`]
      : []),
    ...(view.undelivered.length ? [`  messages on their way: ${view.undelivered.length}`] : []),
  ];
}

export default command({
  name: 'case watch',
  group: 'Cases',
  summary: 'a case as it moves, until Ctrl-C or until it closes',
  examples: ['aftercare case watch T20300304-001', 'aftercare case watch T20300304-001 --every 5 --json'],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    every: z
      .number()
      .positive()
      .max(3600)
      .default(2)
      .meta({ description: 'seconds between looks', value: 'SECONDS' }),
  }),
  async run(ctx, { case: caseId, every }) {
    const { out } = ctx;
    const api = await ctx.open();
    ctx.onInterrupt(() => {
      out.say('\nStopped watching; the case goes on.');
      return EXIT.interrupted;
    });
    let before = '';
    let drawn = 0;
    for (;;) {
      const view = await look(ctx, api, caseId);
      const text = out.json ? JSON.stringify(view) : linesOf(ctx, view).join('\n');
      if (out.isTty && !out.json) {
        // Distances of time change with every look, so the lines are drawn again in their place.
        if (drawn > 0) out.raw(`\u001b[${drawn}A\u001b[J`);
        out.line(text);
        drawn = text.split('\n').length;
      } else {
        const state = JSON.stringify([view.row, view.tasks, view.paused, view.undelivered.length]);
        if (state !== before) out.line(text);
        before = state;
      }
      if (view.row.status === 'closed' || view.row.status === 'failed') return EXIT.done;
      await delay(every * 1000);
    }
  },
});

async function look(ctx: Context, api: AftercareApi, caseId: string): Promise<CaseView> {
  const view = await api.view(caseId);
  ctx.useMoments(ctx.moments.offsetMinutes, api.now());
  return view;
}
