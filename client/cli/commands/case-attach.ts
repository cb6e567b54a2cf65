import { z } from 'zod';
import { enact, tellResult } from '../acts.js';
import { command } from '../command.js';
import { checkFiles } from '../../forms.js';
import { CASE, caseNumber } from '../inputs.js';

export default command({
  name: 'case attach',
  group: 'Cases',
  summary: 'put a file on the record, with its SHA-256',
  examples: [
    'aftercare case attach T20300304-001 --field signedForm --file form.pdf --as li.na',
    'aftercare case attach T20300304-001 --field recording --file call.mp3 --as li.na --dry-run',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    field: z
      .string()
      .min(1)
      .max(40)
      .meta({ description: 'what it is: signedForm, receipt, recording', value: 'NAME' }),
    file: z.string().min(1).meta({ description: 'the file', value: 'PATH' }),
  }),
  async run(ctx, { case: caseId, field, file }) {
    const asked = { name: 'file', label: 'file', required: true, kind: 'file', personal: false } as const;
    await checkFiles([asked], { file: { file } }, (_, path) => `--file ${path}`);
    const lines: [string, string][] = [
      ['field', field],
      ['file', file],
    ];
    const plan = { title: `attach to ${caseId}`, lines };
    const result = await enact(ctx, 'attachEvidence', caseId, { field, evidence: { file } }, plan);
    await tellResult(ctx, `${field} attached`, caseId, result);
  },
});
