/** A rollout and what came of it, in lines: for `rollout` itself and for `up`, which rolls out when it starts. */
import type { RolloutReport } from '../../audit/index.js';
import type { TemporalConnection } from '../../runtime/connection.js';
import type { Context } from './context.js';
import type { Paint } from './paint.js';

/** Checks every open case against the bundle and makes it current (`audit/rollout.ts`). */
export async function rollOut(
  ctx: Context,
  { connection, namespace }: TemporalConnection,
  bundle: { codePath: string; digest: string },
  dryRun = false,
): Promise<RolloutReport> {
  const [{ rollout }, { loadDataConverter }] = await Promise.all([
    import('../../audit/index.js'),
    import('../../runtime/codec.js'),
  ]);
  const config = await ctx.config();
  const dataConverter = await loadDataConverter(config);
  const { taskQueue } = config;
  return rollout({ connection, namespace, taskQueue, bundle, dataConverter }, { dryRun });
}

/** Cases named one by one; whoever needs all takes --json. */
const SHOWN = 20;

/** A verdict, and beneath it each case that the version would stop. */
export function tellRollout(c: Paint, report: RolloutReport): string[] {
  const { build, before, checked, differing, current } = report;
  const cases = `${checked} open case${checked === 1 ? '' : 's'}`;
  if (differing.length > 0)
    return [
      `${c.red('✗')} ${build} was not rolled out: ${differing.length} of ${cases} would stop`,
      ...differing.slice(0, SHOWN).map(({ caseId, result }) => `  ${caseId}  ${result}`),
      ...(differing.length > SHOWN ? [`  and ${differing.length - SHOWN} more: --json`] : []),
      c.dim(`cases stay with ${before ?? 'the version they are on'}: keep or bring back its worker`),
    ];
  if (current && before === build) return [`${c.green('✓')} ${build} is current already`];
  if (!current) return [`${c.green('✓')} ${build} fits: ${cases} replayed; nothing was changed`];
  return [
    `${c.green('✓')} ${build} is current${before ? ` after ${before}` : ''}: ${cases} replayed, all match`,
  ];
}
