import { z } from 'zod';
import { EXIT } from '../../api.js';
import { command } from '../command.js';

export default command({
  name: 'intake retry',
  group: 'Run',
  summary: 'start every intake that waits; safe to repeat',
  examples: ['aftercare intake retry', 'aftercare intake retry --dry-run'],
  input: z.strictObject({}),
  async run(ctx) {
    const { out } = ctx;
    const api = await ctx.open();
    if (ctx.globals.dryRun) {
      const rows = await api.pendingIntakes();
      out.either({ dryRun: true, waiting: rows.map((row) => row.caseId) }, () =>
        out.line(`${rows.length} would be started`),
      );
      return;
    }
    const result = await ctx.act(() => api.retryIntakes());
    out.either(result, () => {
      out.line(
        `${result.failed.length ? out.c.yellow('!') : out.c.green('✓')} ${result.started.length} started, ${result.failed.length} still waiting`,
      );
      for (const each of result.failed) out.line(`  ${out.c.red('✗')} ${each.caseId}  ${each.reason}`);
    });
    return result.failed.length ? EXIT.failed : EXIT.done;
  },
});
