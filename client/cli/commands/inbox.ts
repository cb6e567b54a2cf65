import { z } from 'zod';
import type { OpenTaskRow } from '../../../adapters/ports.js';
import type { Inbox } from '../../api.js';
import { EXIT } from '../../api.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { caseColumns, lineToType, taskColumns } from '../views.js';

/** The tasks of a role as an inbox of its own, cut by the day in the organisation's zone. */
function inboxOfRole(ctx: Context, tasks: readonly OpenTaskRow[]): Pick<Inbox, 'late' | 'today' | 'later'> {
  const { moments } = ctx;
  const today = moments.dayKey(moments.now);
  const late = tasks.filter((task) => moments.isPast(task.dueAt));
  const rest = tasks.filter((task) => !moments.isPast(task.dueAt));
  return {
    late,
    today: rest.filter((task) => task.dueAt !== null && moments.dayKey(task.dueAt) === today),
    later: rest.filter((task) => task.dueAt === null || moments.dayKey(task.dueAt) !== today),
  };
}

export default command({
  name: 'inbox',
  group: 'Now',
  summary: 'your tasks: LATE, TODAY, LATER, and what waits on others',
  examples: ['aftercare inbox --as li.na', 'aftercare inbox --as chen.hui --role supervisor --late'],
  input: z.strictObject({
    mine: z.boolean().default(false).describe('only what is assigned to you, nothing to claim'),
    role: z.string().meta({ description: 'everything open for a role', value: 'ROLE' }).optional(),
    late: z.boolean().default(false).describe('only what is late'),
    failIfLate: z.boolean().default(false).describe('exit 1 when something is late'),
  }),
  async run(ctx, { mine, role, late, failIfLate }) {
    const { out } = ctx;
    const actor = await ctx.actor();
    const api = await ctx.open();
    const own = await api.inbox(actor.id);
    const source = role === undefined ? own : { ...own, ...inboxOfRole(ctx, await api.tasks({ role })) };
    const keep = (tasks: OpenTaskRow[]) =>
      mine ? tasks.filter((task) => task.assignee === actor.id) : tasks;
    const inbox = {
      ...source,
      late: keep(source.late),
      today: keep(source.today),
      later: keep(source.later),
    };
    if (late) Object.assign(inbox, { today: [], later: [], waitingOnOthers: [], withoutProgress: [] });
    if (role !== undefined) Object.assign(inbox, { waitingOnOthers: [], withoutProgress: [] });
    out.either(
      {
        actor: actor.id,
        at: inbox.at,
        late: inbox.late,
        today: inbox.today,
        later: inbox.later,
        waitingOnOthers: inbox.waitingOnOthers,
        withoutProgress: inbox.withoutProgress,
      },
      () => print(ctx, inbox, actor.id, role),
    );
    return failIfLate && inbox.late.length > 0 ? EXIT.failed : EXIT.done;
  },
});

function print(ctx: Context, inbox: Inbox, actorId: string, role: string | undefined): void {
  const { out } = ctx;
  const { c } = out;
  const groups: [string, readonly OpenTaskRow[]][] = [
    [c.red(c.bold('LATE')), inbox.late],
    [c.bold('TODAY'), inbox.today],
    [c.bold('LATER'), inbox.later],
  ];
  let printed = false;
  const heading = (text: string) => {
    if (printed) out.line();
    printed = true;
    out.line(text);
  };
  for (const [title, tasks] of groups) {
    if (tasks.length === 0) continue;
    heading(`${title}  ${tasks.length}`);
    out.lines(out.table(tasks, taskColumns(ctx), 2));
  }
  if (inbox.waitingOnOthers.length) {
    heading(`${c.bold('WAITING ON OTHERS')}  ${inbox.waitingOnOthers.length}`);
    out.lines(out.table(inbox.waitingOnOthers, caseColumns(ctx), 2));
  }
  if (inbox.withoutProgress.length) {
    heading(
      `${c.yellow(c.bold('WITHOUT PROGRESS'))}  ${inbox.withoutProgress.length}  ${c.dim('ESC-11: aftercare case note CASE --text …')}`,
    );
    out.lines(out.table(inbox.withoutProgress, caseColumns(ctx), 2));
  }
  if (!printed) out.line(`${c.cyan(role ?? actorId)}  nothing to do: all answered`);
  const first = inbox.late[0] ?? inbox.today[0] ?? inbox.later[0];
  if (first) {
    out.line();
    out.line(`  $ ${lineToType(first, ctx.globals.as ?? null)}`);
  }
}
