import { existsSync } from 'node:fs';
import { z } from 'zod';
import { EXIT } from '../../api.js';
import { command } from '../command.js';
import { UsageError } from '../errors.js';
import { caseNumber } from '../inputs.js';
import { operator } from '../operator.js';

export default command({
  name: 'audit replay',
  group: 'Proof',
  summary: "does today's code ask for the same as the recorded history",
  examples: [
    'aftercare audit replay T20300304-001',
    'aftercare audit replay exports/T20300304-001 tests/replay/histories --json',
  ],
  positional: { field: 'targets', value: 'CASE|FILE', many: true },
  input: z.strictObject({
    targets: z.array(z.string()).min(1).describe('case numbers, history files, exports or folders of them'),
  }),
  async run(ctx, { targets }) {
    const { out } = ctx;
    const neither = targets.find((target) => !existsSync(target) && !caseNumber().safeParse(target).success);
    if (neither !== undefined) {
      throw new UsageError(
        'usage.file',
        `no file or folder ${neither}`,
        'a case number, or what aftercare audit export wrote',
        'CASE|FILE',
      );
    }
    const [{ replayTargets }, { ensureBundle }, { loadDataConverter }] = await Promise.all([
      import('../../../audit/index.js'),
      import('../../../worker/bundle.js'),
      import('../../../runtime/codec.js'),
    ]);
    // Before anything of the SDK starts, or its log goes to stderr.
    const config = await ctx.config();
    (await import('../../../worker/worker.js')).installRuntime(config.logLevel);
    const desk = operator(ctx);
    try {
      const bundle = await ensureBundle();
      const results = await replayTargets(targets, {
        bundlePath: bundle.codePath,
        dataConverter: await loadDataConverter(config),
        client: () => desk.client(),
      });
      const ok = results.every((result) => result.match);
      out.either({ ok, bundle: bundle.digest, results }, () => {
        for (const { label, events, match, result } of results) {
          out.line(
            `${match ? out.c.green('✓') : out.c.red('✗')} ${label}  ${events} events  ${match ? 'match' : result}`,
          );
        }
        if (results.length === 0) out.line('no history there');
      });
      return ok ? EXIT.done : EXIT.failed;
    } finally {
      await desk.close();
    }
  },
});
