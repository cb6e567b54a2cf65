import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
import type { PlanLine } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, reasonFlag } from '../inputs.js';

export default command({
  name: 'case cancel',
  group: 'Cases',
  summary: 'end a case that should not be; what was borrowed or booked is given back',
  examples: [
    'aftercare case cancel T20300304-001 --reason "entered twice" --dry-run --as chen.hui',
    'aftercare case cancel T20300304-001 --reason "entered twice" --confirm T20300304-001 --as chen.hui',
  ],
  positional: CASE,
  input: z.strictObject({ case: caseNumber(), reason: reasonFlag() }),
  async run(ctx, { case: caseId, reason }) {
    const api = await ctx.open();
    const sheet = await api.sheet(caseId, (await ctx.actor()).id);
    const open = sheet.tasks.filter((task) => task.status === 'open');
    const clocks = sheet.clocks.filter((clock) => clock.stoppedAt === null);
    const waiting = sheet.messages.filter(
      (message) => message.status === 'queued' || message.status === 'deferred',
    );
    const lines: PlanLine[] = [
      [
        'tasks',
        open.length
          ? open.map((task) => `${task.key} (${task.assignee ?? task.role}) no longer needed`)
          : 'none is open',
      ],
      ['clocks', clocks.map((clock) => clock.name).join(', ') || 'none is running'],
      ['messages', waiting.map((message) => `${message.template} unsent`).join(', ') || 'none is waiting'],
      ['undo', 'what was borrowed, booked or collected is given back, in reverse; a failure becomes a task'],
      ['record', 'the case stays, as cancelled; it can not be taken back'],
    ];
    const severity = { kind: 'severe', number: caseId, what: 'the case number' } as const;
    const plan = { title: `cancel ${caseId} (${sheet.row.owner}'s)`, lines, severity };
    await tellResult(ctx, 'cancelled', caseId, await enact(ctx, 'cancelCase', caseId, { reason }, plan));
  },
});
