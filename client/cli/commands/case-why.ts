import { z } from 'zod';
import { command } from '../command.js';
import { UsageError } from '../errors.js';
import { suggest } from '../../forms.js';
import { CASE, caseNumber } from '../inputs.js';
import { explanationLines } from '../views.js';

export default command({
  name: 'case why',
  group: 'Cases',
  summary: 'how each deadline came about, interval by interval, and what comes next on it',
  examples: [
    'aftercare case why T20300304-001',
    'aftercare case why T20300304-001 --clock firstResponse --time iso',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    clock: z.string().meta({ description: 'this clock only', value: 'NAME' }).optional(),
    all: z.boolean().default(false).describe('the stopped ones too'),
  }),
  async run(ctx, { case: caseId, clock, all }) {
    const { out } = ctx;
    const api = await ctx.open();
    const told = await api.explain(caseId, clock);
    if (clock !== undefined && told.length === 0) {
      const names = [...new Set((await api.explain(caseId)).map((each) => each.clock.name))];
      const near = suggest(clock, names);
      const remedy = names.length ? `its clocks: ${names.join(', ')}` : 'it has no clock yet';
      throw new UsageError(
        'usage.value',
        `${caseId} has no clock ${clock}${near ? `. Did you mean ${near}?` : ''}`,
        remedy,
        '--clock',
      );
    }
    const running = told.filter((each) => each.clock.stoppedAt === null);
    const shown = all || clock !== undefined || running.length === 0 ? told : running;
    out.either(shown, () => {
      if (shown.length === 0) out.line('no clock yet');
      shown.forEach((explanation, i) => {
        if (i > 0) out.line();
        out.lines(explanationLines(ctx, explanation, api.policy.calendars));
      });
    });
    if (shown.length < told.length)
      out.say(`${told.length - shown.length} stopped clocks left out; --all shows them.`);
  },
});
