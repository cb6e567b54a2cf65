import { stringify } from 'yaml';
import { z } from 'zod';
import { DeskError, EXIT } from '../../api.js';
import { suggest } from '../../forms.js';
import { command } from '../command.js';
import { loadPolicyOf } from '../policies.js';

export default command({
  name: 'policy show',
  group: 'Rules',
  summary: 'the numbers in force, or one part of them',
  examples: ['aftercare policy show clocks.firstResponse', 'aftercare policy show complaint.major --json'],
  positional: { field: 'path', value: 'PATH' },
  input: z.strictObject({
    path: z.string().describe('a place in the policy, e.g. clocks.firstResponse').optional(),
  }),
  async run(ctx, { path }) {
    const { out } = ctx;
    const { policy } = await loadPolicyOf(ctx, undefined);
    let value: unknown = policy;
    for (const key of path?.split('.') ?? []) {
      const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
      if (!keys.includes(key)) {
        const near = suggest(key, keys);
        throw new DeskError(
          'policy.noSuchPlace',
          `the policy has no ${path}${near ? `. Did you mean ${near}?` : ''}`,
          {
            exit: EXIT.notFound,
            remedy: keys.length ? `there: ${keys.join(', ')}` : 'aftercare policy show',
          },
        );
      }
      value = (value as Record<string, unknown>)[key];
    }
    out.either(value, () =>
      out.line(stringify(path ? { [path]: value } : value, { lineWidth: 0 }).trimEnd()),
    );
  },
});
