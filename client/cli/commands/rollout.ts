import { z } from 'zod';
import { EXIT } from '../../api.js';
import { command } from '../command.js';
import { operator } from '../operator.js';
import { rollOut, tellRollout } from '../rollouts.js';

export default command({
  name: 'rollout',
  group: 'Run',
  summary: 'let open cases go on with this version, once each of them replays against it',
  examples: ['aftercare rollout --dry-run', 'aftercare rollout --json'],
  input: z.strictObject({}),
  notes: [
    'Needs a worker of this version; --dry-run only replays and needs none. Exit 2 when a case differs: nothing changed.',
    '`aftercare up` does it by itself when it starts.',
  ],
  async run(ctx) {
    const [{ ensureBundle }, worker] = await Promise.all([
      import('../../../worker/bundle.js'),
      import('../../../worker/worker.js'),
    ]);
    // Before anything of the SDK starts, or its log goes to stderr.
    worker.installRuntime((await ctx.config()).logLevel);
    const desk = operator(ctx);
    try {
      const { dryRun } = ctx.globals;
      const report = await rollOut(ctx, await desk.temporal(), await ensureBundle(), dryRun);
      ctx.out.either({ ok: report.differing.length === 0, dryRun, ...report }, () =>
        ctx.out.lines(tellRollout(ctx.out.c, report)),
      );
      return report.differing.length > 0 ? EXIT.refused : EXIT.done;
    } finally {
      await desk.close();
    }
  },
});
