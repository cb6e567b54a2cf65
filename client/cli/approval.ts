/** Acts that cost somebody something: their effect is shown first, then asked for (experience, destructive acts). */
import type { Context } from './context.js';
import { UsageError } from './errors.js';
import { padEnd, widthOf } from './output.js';

/** What an act would do, as lines of a plan: `clocks`, `messages`, `tasks` … */
export interface Effect {
  title: string;
  lines: PlanLine[];
}
/** A list is written one entry a line. */
export type PlanLine = [name: string, text: string | string[]];

/** Name and text, the name only once. */
function spread(lines: readonly PlanLine[]): [string, string][] {
  return lines.flatMap(([name, text]) =>
    typeof text === 'string'
      ? [[name, text] as [string, string]]
      : text.map((each, i): [string, string] => [i === 0 ? name : '', each]),
  );
}

/** `moderate`: a yes is enough. `severe`: the number must be typed. */
export type Severity = { kind: 'moderate' } | { kind: 'severe'; number: string; what: string };
export const MODERATE: Severity = { kind: 'moderate' };

/** What stands against an act: asked before its effect is shown, so that nobody is shown what cannot be. */
export type Check = () => Promise<void>;

/**
 * Shows the effect and asks. False: nothing is to be done (dry run, or the person said no).
 * @throws UsageError naming `--yes` or `--confirm NUMBER` where there is nobody to ask; what `check` throws
 */
export async function approved(
  ctx: Context,
  effect: Effect,
  severity: Severity,
  check: Check = async () => {},
): Promise<boolean> {
  const { globals, out } = ctx;
  if (globals.dryRun) return notOnlyDry(ctx, effect, check);
  if (severity.kind === 'moderate' ? globals.yes : globals.confirm === severity.number) return true;
  if (severity.kind === 'severe' && globals.confirm !== undefined) {
    const message = `--confirm ${globals.confirm} is not ${severity.what} (${severity.number})`;
    throw new UsageError(
      'usage.confirm',
      message,
      `if you mean it: --confirm ${severity.number}`,
      '--confirm',
    );
  }
  await check();
  out.say(out.e.bold(effect.title));
  const lines = spread(effect.lines);
  const width = Math.max(...lines.map(([name]) => widthOf(name))) + 2;
  for (const [name, text] of lines) out.say(`  ${out.e.dim(padEnd(name, width))}${text}`);
  if (severity.kind === 'moderate') {
    if (await ctx.prompts.confirm('Do it?', '--yes')) return true;
  } else {
    const typed = await ctx.prompts.text(`Type ${severity.what} to go on`, `--confirm ${severity.number}`);
    if (typed.trim() === severity.number) return true;
  }
  out.say('Nothing was changed.');
  return false;
}

/** A mild act: done at once; with `--dry-run` only checked and told. True when it is to be done. */
export async function notOnlyDry(
  ctx: Context,
  effect: Effect,
  check: Check = async () => {},
): Promise<boolean> {
  const { globals, out } = ctx;
  if (!globals.dryRun) return true;
  await check();
  out.either({ dryRun: true, act: effect.title, effect: Object.fromEntries(effect.lines) }, () => {
    out.line(`${effect.title}  ${out.c.dim('(dry run: nothing was changed)')}`);
    out.lines(out.pairs(spread(effect.lines)));
  });
  return false;
}
