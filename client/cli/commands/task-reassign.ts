import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
import { MODERATE } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, reasonFlag } from '../inputs.js';
import { lengthText } from '../moments.js';

export default command({
  name: 'task reassign',
  group: 'Tasks',
  summary: 'hand a task, or the whole case, to somebody else',
  examples: [
    'aftercare task reassign T20300304-001 --task acknowledge --to zhang.wei --reason "off sick" --yes --as chen.hui',
    'aftercare task reassign T20300304-001 --to zhang.wei --reason "new owner" --dry-run --as chen.hui',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    task: z
      .string()
      .min(1)
      .meta({ description: 'task to hand over; without it the owner changes', value: 'NAME' })
      .optional(),
    to: z.string().min(1).meta({ description: 'who takes over', value: 'STAFF' }),
    reason: reasonFlag(),
  }),
  async run(ctx, { case: caseId, task, to, reason }) {
    const api = await ctx.open();
    const person = await api.staff(to);
    const sheet = await api.sheet(caseId, (await ctx.actor()).id);
    const rows = sheet.tasks.filter(
      (row) => row.status === 'open' && (task === undefined || row.key === task || row.name === task),
    );
    const from =
      task === undefined ? sheet.row.owner : (rows[0]?.assignee ?? `any ${rows[0]?.role ?? 'role'}`);
    const lines: [string, string][] = [
      ['person', `${from} → ${person.id}${person.absent ? ' (absent)' : ''}`],
      ...(rows[0]?.dueAt && task !== undefined
        ? ([['deadline', `stays ${ctx.moments.due(rows[0].dueAt)}`]] satisfies [string, string][])
        : ([['deadlines', 'stay as they are']] satisfies [string, string][])),
      ['messages', `${person.id} is told${from === person.id ? '' : `; ${from} no longer reminded`}`],
    ];
    const age = rows[0] ? (ctx.moments.now.getTime() - Date.parse(rows[0].openedAt)) / 60_000 : null;
    if (age !== null && task !== undefined) lines.push(['open for', lengthText(age)]);
    const what = task === undefined ? `owner of ${caseId}` : `${task} in ${caseId}`;
    const args = { to: person.id, reason, ...(task === undefined ? {} : { task }) };
    const plan = { title: `hand ${what} to ${person.id}`, lines, severity: MODERATE };
    await tellResult(ctx, `${what}: ${person.id}`, caseId, await enact(ctx, 'reassign', caseId, args, plan));
  },
});
