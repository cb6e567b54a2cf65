import { z } from 'zod';
import { EXIT } from '../../api.js';
import { approved, notOnlyDry, type PlanLine } from '../approval.js';
import { command } from '../command.js';
import { troubleOf, UsageError } from '../errors.js';
import { CASE, caseNumber } from '../inputs.js';

/** Sent at a time: each waits a few seconds for its answer, and a worker has other work too. */
const AT_ONCE = 8;

export default command({
  name: 'case upgrade',
  group: 'Cases',
  summary: 'go on in a new run at the next idle moment: how a patch ends (runbook, upgrade)',
  examples: [
    'aftercare case upgrade T20300304-001 --as chen.hui',
    'aftercare case upgrade --all --dry-run --as chen.hui',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber().optional(),
    all: z.boolean().default(false).describe('every open case'),
  }),
  notes: ['Nothing changes for the people of a case. --all may be repeated with its --request-id.'],
  async run(ctx, { case: only, all }) {
    const { out } = ctx;
    if ((only === undefined) !== all) {
      const message = all ? 'a case and --all exclude each other' : 'CASE or --all is missing';
      throw new UsageError('usage.missing', message, 'one case number, or --all', all ? '--all' : 'CASE');
    }
    const api = await ctx.open();
    const actor = await ctx.actor();
    const targets =
      only === undefined ? (await api.cases({ status: ['open'] })).map((row) => row.caseId) : [only];
    const lines: PlanLine[] = [
      ['cases', only ?? `${targets.length} open`],
      ['effect', 'each goes on in a new run, on the code that is current; tasks, clocks, messages stay'],
    ];
    const title = `upgrade ${only ?? 'all open cases'}`;
    const severity = { kind: 'severe', number: String(targets.length), what: 'the number of cases' } as const;
    const go =
      only === undefined
        ? await approved(ctx, { title, lines }, severity)
        : await notOnlyDry(ctx, { title, lines }, () => api.checkAct('upgrade', only, {}, actor.id));
    if (!go) return;
    const upgraded: string[] = [];
    const failed: { caseId: string; code: string; reason: string }[] = [];
    const send = async (caseId: string) => {
      // One request id a case, so that the whole line can be repeated.
      const requestId = only === undefined ? `${ctx.requestId}-${caseId}` : ctx.requestId;
      try {
        await api.act('upgrade', caseId, {}, actor.id, { requestId });
        upgraded.push(caseId);
      } catch (error) {
        const { exit, code, message } = troubleOf(error);
        if (exit === EXIT.unreachable || only !== undefined) throw error;
        failed.push({ caseId, code, reason: message });
      }
    };
    await ctx.act(async () => {
      for (let i = 0; i < targets.length; i += AT_ONCE)
        await Promise.all(targets.slice(i, i + AT_ONCE).map(send));
    });
    out.either({ upgraded: upgraded.sort(), failed }, () => {
      out.line(`${out.c.green('✓')} ${upgraded.length} of ${targets.length} go on in a new run when idle`);
      for (const each of failed)
        out.line(`  ${out.c.red('✗')} ${each.caseId}  ${each.reason}  ${out.c.dim(each.code)}`);
    });
    return failed.length ? EXIT.refused : EXIT.done;
  },
});
