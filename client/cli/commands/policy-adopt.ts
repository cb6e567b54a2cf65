import { z } from 'zod';
import { EXIT } from '../../api.js';
import { approved, type PlanLine, type Severity } from '../approval.js';
import { command } from '../command.js';
import { troubleOf } from '../errors.js';
import { caseNumber, reasonFlag } from '../inputs.js';
import { differences, loadPolicyOf } from '../policies.js';

export default command({
  name: 'policy adopt',
  group: 'Rules',
  summary: 'put open cases under another policy, on the record; time already used is kept',
  examples: [
    'aftercare policy adopt policy/default.yaml --reason "limits of 2026" --dry-run --as chen.hui',
    'aftercare policy adopt policy/default.yaml --case T20300304-001 --reason "agreed with the customer" --confirm T20300304-001 --as chen.hui',
  ],
  positional: { field: 'file', value: 'FILE' },
  input: z.strictObject({
    file: z.string().min(1).describe('the policy to adopt'),
    case: caseNumber()
      .meta({ description: 'this case only; without it every open case', value: 'CASE' })
      .optional(),
    reason: reasonFlag(),
  }),
  notes: ['New cases take the policy that AFTERCARE_POLICY names, or policy/default.yaml.'],
  async run(ctx, { file, case: only, reason }) {
    const { out } = ctx;
    const policy = await loadPolicyOf(ctx, file);
    const actor = await ctx.actor();
    const api = await ctx.open();
    const open = (await api.cases({ status: ['open'] })).map((row) => row.caseId);
    const targets = open.filter((caseId) => only === undefined || caseId === only);
    if (targets.length === 0) {
      out.either({ adopted: [], failed: [] }, () =>
        out.line(only ? `${only} is not open: nothing to adopt` : 'no case is open: nothing to adopt'),
      );
      return;
    }
    const moves = (await api.policyEffect(policy)).filter((move) => targets.includes(move.caseId));
    const changes = differences(api.policy.policy, policy.policy);
    const lines: PlanLine[] = [
      ['cases', only ?? `${targets.length} open`],
      [
        'numbers',
        changes.length
          ? changes.map(({ path, from, to }) => `${path} ${from} → ${to}`)
          : 'the same as those in force',
      ],
      [
        'clocks',
        moves.length
          ? moves.map(
              (move) =>
                `${move.caseId} ${move.clock}: ${ctx.moments.at(move.dueAt)} → ${ctx.moments.at(move.wouldBeDueAt)}`,
            )
          : 'no deadline moves',
      ],
      ['messages', 'whoever hears of a new deadline by the manual is told'],
    ];
    const severity: Severity = {
      kind: 'severe',
      number: only ?? String(targets.length),
      what: only ? 'the case number' : 'the number of cases',
    };
    if (
      !(await approved(
        ctx,
        { title: `adopt ${policy.policy.version} (${policy.digest.slice(0, 12)})`, lines },
        severity,
        async () => {
          for (const caseId of targets)
            await api
              .checkAct('adoptPolicy', caseId, { policy, reason }, actor.id)
              .catch((error: unknown) => {
                // Of many cases some may follow these rules already.
                if (only !== undefined || troubleOf(error).code !== 'policy.same') throw error;
              });
        },
      ))
    )
      return;
    const adopted: string[] = [];
    const failed: { caseId: string; code: string; reason: string }[] = [];
    for (const caseId of targets) {
      try {
        // One request id a case: the whole line can be repeated, and a case that has it is not changed twice.
        const requestId = `${ctx.requestId}-${caseId}`;
        await ctx.act(() => api.act('adoptPolicy', caseId, { policy, reason }, actor.id, { requestId }));
        adopted.push(caseId);
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble.exit === EXIT.unreachable) throw error;
        failed.push({ caseId, code: trouble.code, reason: trouble.message });
      }
    }
    out.either({ adopted, failed }, () => {
      out.line(
        `${out.c.green('✓')} ${adopted.length} of ${targets.length} cases follow version ${policy.policy.version} now`,
      );
      for (const each of failed)
        out.line(`  ${out.c.red('✗')} ${each.caseId}  ${each.reason}  ${out.c.dim(each.code)}`);
    });
    return failed.length ? EXIT.refused : EXIT.done;
  },
});
