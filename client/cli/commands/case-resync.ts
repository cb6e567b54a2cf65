import { z } from 'zod';
import { sendAct, tellResult } from '../acts.js';
import { notOnlyDry } from '../approval.js';
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
    if (!notOnlyDry(ctx, `resync ${caseId}`, [['ledger', 'every row of the case is written again']])) return;
    await tellResult(ctx, 'written to the ledger again', caseId, await sendAct(ctx, 'resync', caseId, {}));
  },
});
