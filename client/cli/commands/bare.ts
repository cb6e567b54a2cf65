import { z } from 'zod';
import { command } from '../command.js';
import { troubleOf } from '../errors.js';
import { BARE } from '../flags.js';
import { dueWords, lineToType } from '../views.js';

export default command({
  name: BARE,
  group: 'Now',
  summary: 'what you must do now',
  examples: ['aftercare --as li.na', 'aftercare inbox --as li.na'],
  input: z.strictObject({}),
  async run(ctx) {
    const { out } = ctx;
    const actorId = await ctx.actorId();
    if (actorId === null) {
      out.lines([
        `${out.c.bold('aftercare')}  cases that are never lost, late in silence, or answered twice`,
        '',
        '  $ aftercare up                     run the whole stack here',
        '  $ aftercare inbox --as li.na       what must I do now',
        '',
        out.c.dim('Say once who you are: export AFTERCARE_AS=li.na · everything else: aftercare --help'),
      ]);
      return;
    }
    let api;
    try {
      api = await ctx.open();
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.exit !== 4 || out.json) throw error;
      out.say(`Nothing is running here: ${trouble.message.split('. ')[0]}.`);
      out.say('Start it: npx aftercare up');
      return trouble.exit;
    }
    const actor = await ctx.actor();
    const inbox = await api.inbox(actor.id);
    const task = inbox.late[0] ?? inbox.today[0] ?? inbox.later[0] ?? null;
    const line = task ? lineToType(task, ctx.globals.as ?? null) : null;
    const counts = { late: inbox.late.length, dueToday: inbox.today.length, later: inbox.later.length };
    out.either({ actor: actor.id, ...counts, next: task, line }, () => {
      const parts = [
        counts.late ? out.c.red(`${counts.late} late`) : null,
        counts.dueToday ? `${counts.dueToday} due today` : null,
        !counts.late && !counts.dueToday && counts.later ? `${counts.later} later` : null,
      ].filter(Boolean);
      out.line(`${out.c.cyan(actor.id)}  ${parts.join(', ') || 'nothing to do: all answered'}`);
      if (!task || !line) return;
      out.line();
      out.line(
        `  ${task.caseId}  ${out.c.bold(task.name)}  ${dueWords(ctx, task.dueAt, task.provisional)}  ${task.customer ?? ''}`.trimEnd(),
      );
      out.line(`  $ ${line}`);
      out.line();
      out.line(out.c.dim('more: npx aftercare next · npx aftercare inbox'));
    });
  },
});
