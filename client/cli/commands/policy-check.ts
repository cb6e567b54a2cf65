import { relative } from 'node:path';
import { z } from 'zod';
import { command } from '../command.js';
import { horizons, loadPolicyOf } from '../policies.js';

export default command({
  name: 'policy check',
  group: 'Rules',
  summary: 'is a policy valid, and how far do its calendars reach',
  examples: ['aftercare policy check', 'aftercare policy check policy/default.yaml --json'],
  positional: { field: 'file', value: 'FILE' },
  input: z.strictObject({ file: z.string().describe('default: the policy in force').optional() }),
  async run(ctx, { file }) {
    const { out } = ctx;
    const { policy, calendars, digest, source } = await loadPolicyOf(ctx, file);
    const reach = horizons(calendars, new Date());
    const clocks = Object.keys(policy.clocks).length;
    out.either({ valid: true, source, version: policy.version, digest, clocks, horizons: reach }, () => {
      out.line(
        `${out.c.green('✓')} ${relative(process.cwd(), source)}: version ${policy.version}, ${clocks} clocks, zone ${policy.zone.name}`,
      );
      const far = reach.map(({ calendar, horizonOn, daysLeft }): [string, string] => {
        const near = daysLeft < 0 ? 'passed' : `only ${daysLeft} days left`;
        return [
          calendar,
          `known to ${horizonOn}${daysLeft < 60 ? out.c.yellow(`  ! ${near}: deadlines beyond are provisional`) : ''}`,
        ];
      });
      out.lines(out.pairs([['digest', digest], ...far]));
    });
  },
});
