import { z } from 'zod';
import { command } from '../command.js';
import { CASE, caseNumber } from '../inputs.js';
import { standing } from '../views.js';

export default command({
  name: 'case timeline',
  group: 'Cases',
  summary: 'what happened, when, by whom, under which rule',
  examples: [
    'aftercare case timeline T20300304-001 --as li.na',
    'aftercare case timeline T20300304-001 --what breached --as li.na --json',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    what: z
      .array(z.string())
      .default([])
      .meta({ description: 'only facts of this kind, e.g. breached', value: 'KIND' }),
  }),
  async run(ctx, { case: caseId, what }) {
    const { out } = ctx;
    const api = await ctx.open();
    const { formatTimeline, timelineOf } = await import('../../../audit/timeline.js');
    const sheet = await api.sheet(caseId, (await ctx.actor()).id);
    const facts = sheet.timeline.filter((fact) => what.length === 0 || what.includes(fact.what));
    out.either(facts, () => {
      out.line(`${out.c.bold(caseId)} · ${standing(sheet.row)}`);
      const lines = timelineOf(facts, { offsetMinutes: ctx.moments.offsetMinutes });
      if (ctx.globals.time === 'iso') {
        for (const line of lines)
          out.line(`${ctx.moments.iso(line.at)}  ${line.who}  ${line.text}  ${line.rule ?? ''}`.trimEnd());
      } else if (lines.length) {
        out.line(formatTimeline(lines, { color: out.c.isColorSupported }).trimEnd());
      }
      for (const refusal of what.length === 0 ? sheet.refusals : []) {
        out.line(
          `  ${out.c.dim(ctx.moments.at(refusal.at))}  ${out.c.cyan(refusal.actor)}  ${out.c.yellow('refused')}  ${refusal.act}: ${refusal.code}`,
        );
      }
    });
  },
});
