import { existsSync } from 'node:fs';
import { z } from 'zod';
import { command } from '../command.js';
import { toldOf } from '../views.js';

export default command({
  name: 'audit timeline',
  group: 'Proof',
  summary: 'the story an auditor reads, of a case or of an export: who, what, when, under which rule',
  examples: [
    'aftercare audit timeline T20300304-001 --as li.na',
    'aftercare audit timeline exports/T20300304-001',
  ],
  positional: { field: 'target', value: 'CASE|DIR' },
  input: z.strictObject({
    target: z.string().min(1).describe('a case number, or the folder of an export'),
    language: z.enum(['en', 'zh-CN']).default('en').describe('language of the words'),
  }),
  async run(ctx, { target, language }) {
    const { out } = ctx;
    const { formatTimeline, timelineOf, timelineOfExport } = await import('../../../audit/index.js');
    const lines = existsSync(target) ? await timelineOfExport(target, { language }) : await ofCase();
    out.either(lines, () => {
      if (lines.length) {
        const color = out.c.isColorSupported;
        out.line(formatTimeline(lines, { color, ...(out.isTty ? { columns: out.columns } : {}) }).trimEnd());
      } else out.line('nothing happened yet');
    });

    async function ofCase() {
      const api = await ctx.open();
      const sheet = await api.sheet(target, (await ctx.actor()).id);
      const { offsetMinutes } = ctx.moments;
      return timelineOf(sheet.timeline, { offsetMinutes, language, ...toldOf(sheet) });
    }
  },
});
