import { z } from 'zod';
import { approved, type PlanLine } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, reasonFlag } from '../inputs.js';

export default command({
  name: 'content erase',
  group: 'Cases',
  summary: 'erase the texts of a closed case, or one text; ids and hashes stay and prove the history',
  examples: [
    'aftercare content erase T20300304-001 --reason "asked for by letter" --dry-run --as chen.hui',
    'aftercare content erase T20300304-001 --reason "asked for by letter" --confirm T20300304-001 --as chen.hui',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    only: z
      .array(z.string())
      .default([])
      .meta({ description: 'this text only, by its id from content list', value: 'ID' }),
    reason: reasonFlag('why; stands on the record, so without personal data'),
  }),
  notes: [
    'For supervisors and managers. It cannot be taken back.',
    'Files in storage, mail already sent, exports and backups are not reached: docs/runbook.md, erase personal data.',
  ],
  async run(ctx, { case: caseId, only, reason }) {
    const { out } = ctx;
    const api = await ctx.open();
    const { id } = await ctx.actor();
    const rows = await api.erasable(caseId, id, only);
    const all = only.length === 0;
    const lines: PlanLine[] = [
      ['texts', rows.length ? rows.map((row) => `${row.field}  ${row.id}`) : 'none is left to erase'],
      ...(all ? ([['also', 'what later intakes find the case by; names of its files']] as PlanLine[]) : []),
      ['stays', 'ids and SHA-256: histories and exports still verify'],
      ['not reached', 'files in storage, mail sent, exports, backups (docs/runbook.md)'],
      ['record', 'who erased, when and why; it cannot be taken back'],
    ];
    const severity = { kind: 'severe', number: caseId, what: 'the case number' } as const;
    if (
      !(await approved(
        ctx,
        { title: `erase ${all ? 'the texts' : 'one text'} of ${caseId}`, lines },
        severity,
      ))
    )
      return;
    const erased = await ctx.act(() => api.erase(caseId, id, { only, reason }));
    out.either({ case: caseId, erased }, () =>
      out.line(
        `${out.c.green('✓')} ${erased.length} text${erased.length === 1 ? '' : 's'} erased; the proof stays`,
      ),
    );
  },
});
