import { z } from 'zod';
import { isUndone, type CustodyRow } from '../../../domain/custody.js';
import { command } from '../command.js';
import { dueText } from '../views.js';

export default command({
  name: 'device show',
  group: 'Custody',
  summary: "a device's life: every holder, who gave it, who took it, for which case",
  examples: ['aftercare device show JSP-30040001', 'aftercare device show jsp-30040001 --json'],
  positional: { field: 'serial', value: 'SERIAL' },
  input: z.strictObject({
    serial: z
      .string()
      .trim()
      .min(1)
      .describe('serial number; of other things the key, e.g. F20300304-001/cash#1'),
  }),
  async run(ctx, { serial }) {
    const { out } = ctx;
    const { c } = out;
    const api = await ctx.open();
    // Serial numbers are kept in upper case; keys of other things hold a slash and are taken as they are.
    const { holdings, ...item } = await api.life(serial.includes('/') ? serial : serial.toUpperCase());
    out.either({ ...item, holdings }, () => {
      const what = [item.family, item.model, item.amount === null ? null : `${item.amount} CNY`];
      out.line(`${c.bold(item.item)}  ${[item.kind, ...what].filter(Boolean).join(' · ')}`);
      out.lines(
        out.table(holdings, [
          { head: 'since', cell: (row) => ctx.moments.at(row.since) },
          { head: 'until', cell: (row) => (row.until === null ? 'now' : ctx.moments.at(row.until)) },
          { head: 'holder', cell: (row) => c.cyan(row.holder) },
          { head: 'from', cell: (row) => row.receivedFrom ?? '' },
          { head: 'given by', cell: (row) => side(row, row.givenBy, row.givenProof) },
          { head: 'taken by', cell: (row) => side(row, row.receivedBy, row.receivedProof) },
          { head: 'case', cell: (row) => row.caseId ?? '' },
          { head: 'rule', cell: (row) => c.dim(row.rule) },
        ]),
      );
      const present = holdings.at(-1);
      if (present?.dueBackAt) {
        const keeper = present.keeper === null ? '' : `; keeper ${c.cyan(present.keeper)}`;
        out.line(`due back ${dueText(ctx, present.dueBackAt)}${keeper}`);
      }
    });
  },
});

/** How one side confirmed a hand-over: by name, or by what was signed. */
function side(row: CustodyRow, by: string | null, proof: string | null): string {
  if (row.receivedFrom === null) return '';
  if (by !== null) return proof === null ? by : `${by}, signed ${proof.slice(0, 8)}`;
  if (proof !== null) return `signed ${proof.slice(0, 8)}`;
  return isUndone(row) ? 'claim withdrawn' : '-';
}
