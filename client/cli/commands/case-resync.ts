import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
import { command } from '../command.js';
import { CASE, caseNumber } from '../inputs.js';

export default command({
  name: 'case resync',
  group: 'Cases',
  summary: 'let the running case write its whole picture to the ledger again, after a restore or a repair',
  examples: [
    'aftercare case resync T20300304-001 --dry-run --as chen.hui',
    'aftercare case resync T20300304-001 --as chen.hui',
  ],
  positional: CASE,
  input: z.strictObject({ case: caseNumber() }),
  notes: ['Closed cases cannot: their picture comes back with a backup of the ledger.'],
  async run(ctx, { case: caseId }) {
    const result = await enact(
      ctx,
      'resync',
      caseId,
      {},
      { title: `resync ${caseId}`, lines: [['ledger', 'every row of the case is written again']] },
    );
    await tellResult(ctx, 'written to the ledger again', caseId, result);
  },
});
