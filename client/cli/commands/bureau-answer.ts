import { z } from 'zod';
import { BUREAU_ANSWERS } from '../../../domain/issuance.js';
import { instantText } from '../../forms.js';
import { tellResult } from '../acts.js';
import { notOnlyDry } from '../approval.js';
import { command } from '../command.js';
import { UsageError } from '../errors.js';

const SAID: Record<(typeof BUREAU_ANSWERS)[number], string> = {
  accept: 'the bureau accepts',
  otherTime: 'the bureau names another time',
  decline: 'the bureau declines',
};

export default command({
  name: 'bureau answer',
  group: 'Visits',
  summary: 'the answer of a tax bureau to a time proposed by mail, with the code of that mail',
  examples: [
    'aftercare bureau answer K7QM-2XHD-9RTW accept',
    'aftercare bureau answer K7QM-2XHD-9RTW otherTime --from 2030-03-06T09:00 --to 2030-03-06T10:00',
    'aftercare bureau answer K7QM-2XHD-9RTW decline --dry-run',
  ],
  positional: { field: 'answer', value: 'CODE accept|otherTime|decline', many: true },
  input: z.strictObject({
    answer: z.array(z.string()).describe('the code, and what the bureau says'),
    from: z.string().meta({ description: 'with otherTime: when it begins', value: 'TIME' }).optional(),
    to: z.string().meta({ description: 'with otherTime: when it ends', value: 'TIME' }).optional(),
  }),
  notes: [
    'Whoever holds the code answers for the bureau, so no --as is needed. It works once.',
    'An answer by telephone: aftercare task complete CASE --task awaitBureau',
  ],
  async run(ctx, { answer: words, from, to }) {
    const [code, said, ...more] = words;
    const result = BUREAU_ANSWERS.find((each) => each === said);
    if (code === undefined || result === undefined || more.length > 0)
      throw new UsageError(
        'usage.value',
        `a code and one of ${BUREAU_ANSWERS.join(', ')}, not "${words.join(' ')}"`,
        'aftercare bureau answer --help',
      );
    const api = await ctx.open();
    const answer = {
      result,
      ...(from === undefined ? {} : { from: instantOf('--from', from) }),
      ...(to === undefined ? {} : { to: instantOf('--to', to) }),
    };
    const effect = { title: SAID[result], lines: Object.entries(answer) };
    if (!(await notOnlyDry(ctx, effect, () => api.checkBureauAnswer(code, answer)))) return;
    const done = await ctx.act(() => api.answerBureau(code, answer, { requestId: ctx.requestId }));
    await tellResult(ctx, SAID[result], done.caseId, done);

    function instantOf(flag: string, given: string): string {
      const instant = instantText(given, api.policy.policy.zone.offsetMinutes);
      if (instant !== null) return instant;
      throw new UsageError(
        'usage.value',
        `${flag} cannot be "${given}"`,
        'a local time such as 2030-03-06T09:00',
        flag,
      );
    }
  },
});
