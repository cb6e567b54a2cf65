import { z } from 'zod';
import { LEVELS } from '../../../domain/case.js';
import { above, holdersOfLevel } from '../../../domain/desk.js';
import { deskOf } from '../../../domain/organisation.js';
import { enact, tellResult } from '../acts.js';
import { MODERATE } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, reasonFlag } from '../inputs.js';

export default command({
  name: 'case raise',
  group: 'Cases',
  summary: 'raise the level: one up, or to the level named (D15)',
  examples: [
    'aftercare case raise T20300304-001 --reason "customer asks for a manager" --yes --as li.na',
    'aftercare case raise T20300304-001 --to L3 --reason "press asked" --dry-run --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    to: z.enum(LEVELS).meta({ description: 'level to raise to' }).optional(),
    reason: reasonFlag(),
  }),
  async run(ctx, { case: caseId, to, reason }) {
    const api = await ctx.open();
    const sheet = await api.sheet(caseId, (await ctx.actor()).id);
    const level = to ?? above(sheet.row.level) ?? sheet.row.level;
    const holders = holdersOfLevel(
      deskOf(await api.organisation()),
      api.policy.policy.levels,
      level,
      sheet.row.personsConcerned,
    );
    const lines: [string, string][] = [
      ['level', `${sheet.row.level} → ${level}`],
      [
        'messages',
        holders.length
          ? `one of ${holders.join(', ')} is told`
          : 'nobody holds that level: it is skipped upwards',
      ],
      ['deadlines', 'stay; a major level may set wall-clock ones (ESC-04)'],
    ];
    const args = { reason, ...(to ? { to } : {}) };
    const plan = { title: `raise ${caseId}`, lines, severity: MODERATE };
    const result = await enact(ctx, 'raiseLevel', caseId, args, plan);
    await tellResult(ctx, `raised to ${result?.level}`, caseId, result);
  },
});
