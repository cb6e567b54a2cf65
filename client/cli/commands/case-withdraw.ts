import { z } from 'zod';
import { actForms } from '../../../domain/forms-case.js';
import { enact, tellResult } from '../acts.js';
import { command } from '../command.js';
import { checkFiles } from '../../forms.js';
import { CASE, caseNumber } from '../inputs.js';

export default command({
  name: 'case withdraw',
  group: 'Cases',
  summary: "the complainant takes it back, in their own words; somebody else checks it's their will (W33)",
  examples: [
    'aftercare case withdraw T20300304-001 --channel phone --proof @recording.mp3 --reason "solved itself" --as li.na',
    'aftercare case withdraw T20300304-001 --channel letter --proof "signed letter of 4 March, folder 12" --reason "own wish" --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    channel: actForms('edge').withdraw.shape.channel.meta({ description: 'how it came' }),
    proof: z
      .string()
      .min(1)
      .meta({ description: 'the own words or signature: @path, or a line', value: 'PROOF' }),
    reason: z.string().meta({ description: 'as the complainant gave it', value: 'TEXT' }).optional(),
  }),
  async run(ctx, { case: caseId, channel, proof, reason }) {
    const asked = { name: 'proof', label: 'proof', required: true, kind: 'file', personal: false } as const;
    await checkFiles([asked], { proof }, (_, path) => `--proof @${path}`);
    const lines: [string, string][] = [
      ['next', 'somebody else calls back to check it (W33)'],
      ['proof', proof],
    ];
    const args = { channel, proof, ...(reason ? { reason } : {}) };
    const result = await enact(ctx, 'withdraw', caseId, args, { title: `withdraw ${caseId}`, lines });
    await tellResult(ctx, 'withdrawal noted', caseId, result);
  },
});
