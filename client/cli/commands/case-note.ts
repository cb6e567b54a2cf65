import { z } from 'zod';
import { MEDIA } from '../../../domain/complaint.js';
import { enact, tellResult } from '../acts.js';
import { command } from '../command.js';
import { CASE, caseNumber } from '../inputs.js';

export default command({
  name: 'case note',
  group: 'Cases',
  summary: 'record progress, or what was learned; a note counts as progress (ESC-11)',
  examples: [
    'aftercare case note T20300304-001 --text "seal ordered" --as li.na',
    'aftercare case note T20300304-001 --text "customer rang back" --customer-contact --amount-disputed 6000 --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    text: z.string().trim().min(1).meta({ description: 'at most 200 characters', value: 'TEXT' }),
    customerContact: z
      .boolean()
      .default(false)
      .describe('the customer got in touch: ends a wait for the customer'),
    amountDisputed: z
      .string()
      .regex(/^(unknown|\d+(\.\d{1,2})?)$/, 'CNY, or unknown')
      .meta({ description: 'learned meanwhile (D14)', value: 'CNY' })
      .optional(),
    media: z.enum(MEDIA).meta({ description: 'learned meanwhile' }).optional(),
    safety: z.boolean().default(false).describe('safety is concerned, learned meanwhile'),
    tellCustomer: z
      .boolean()
      .default(false)
      .describe('tell the customer where the case stands; once a day at most (W11)'),
  }),
  async run(ctx, { case: caseId, text, customerContact, amountDisputed, media, safety, tellCustomer }) {
    const args = {
      text,
      ...(customerContact ? { customerContact } : {}),
      ...(amountDisputed === undefined
        ? {}
        : { amountDisputed: amountDisputed === 'unknown' ? amountDisputed : Number(amountDisputed) }),
      ...(media ? { media } : {}),
      ...(safety ? { safety } : {}),
      ...(tellCustomer ? { tellCustomer } : {}),
    };
    const lines: [string, string][] = [['note', text]];
    const result = await enact(ctx, 'note', caseId, args, { title: `note in ${caseId}`, lines });
    await tellResult(ctx, 'noted', caseId, result);
  },
});
