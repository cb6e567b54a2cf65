import { z } from 'zod';
import { command } from '../command.js';
import { differences, loadPolicyOf } from '../policies.js';

export default command({
  name: 'policy diff',
  group: 'Rules',
  summary: 'what another policy changes, and which open deadlines would move',
  examples: ['aftercare policy diff policy/default.yaml', 'aftercare policy diff policy/default.yaml --json'],
  positional: { field: 'file', value: 'FILE' },
  input: z.strictObject({ file: z.string().min(1).describe('the other policy') }),
  async run(ctx, { file }) {
    const { out } = ctx;
    const { c } = out;
    const other = await loadPolicyOf(ctx, file);
    const api = await ctx.open();
    const changes = differences(api.policy.policy, other.policy);
    const moves = await api.policyEffect(other);
    out.either({ from: api.policy.digest, to: other.digest, changes, deadlines: moves }, () => {
      if (changes.length === 0) out.line('the same numbers');
      out.lines(
        out.pairs(
          changes.map(({ path, from, to }) => [path, `${from} → ${c.bold(to)}`]),
          0,
        ),
      );
      out.line();
      if (moves.length === 0) {
        out.line('no open deadline would move');
        return;
      }
      out.line(c.bold(`${moves.length} open deadline${moves.length === 1 ? '' : 's'} would move`));
      out.lines(
        out.table(
          moves,
          [
            { head: 'case', cell: (move) => move.caseId },
            { head: 'clock', cell: (move) => move.clock },
            { head: 'is due', cell: (move) => ctx.moments.at(move.dueAt) },
            { head: 'would be due', cell: (move) => ctx.moments.due(move.wouldBeDueAt) },
            {
              head: '',
              cell: (move) =>
                Date.parse(move.wouldBeDueAt) < Date.parse(move.dueAt) ? c.yellow('earlier') : 'later',
            },
          ],
          2,
        ),
      );
      out.line(c.dim(`to do it: aftercare policy adopt ${file} --reason …`));
    });
  },
});
