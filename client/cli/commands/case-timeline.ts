import { z } from 'zod';
import type { Refusal } from '../../../adapters/ports.js';
import type { Fact } from '../../../domain/case.js';
import { command } from '../command.js';
import { CASE, caseNumber } from '../inputs.js';
import { standing, toldOf } from '../views.js';

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
      const refused = what.length === 0 || what.includes('refused') ? sheet.refusals.map(asFact) : [];
      const all = [...facts, ...refused].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
      const lines = timelineOf(all, { offsetMinutes: ctx.moments.offsetMinutes, ...toldOf(sheet) });
      if (ctx.globals.time === 'iso') {
        for (const line of lines)
          out.line(`${ctx.moments.iso(line.at)}  ${line.who}  ${line.text}  ${line.rule ?? ''}`.trimEnd());
      } else if (lines.length) {
        const color = out.c.isColorSupported;
        out.line(formatTimeline(lines, { color, ...(out.isTty ? { columns: out.columns } : {}) }).trimEnd());
      }
    });
  },
});

/** A refusal changed nothing, so it is no fact of the case; it is told among them. */
function asFact({ at, actor, act, code }: Refusal): Fact {
  return { seq: 0, at, what: 'refused', actor, rule: null, data: { act, code } };
}
