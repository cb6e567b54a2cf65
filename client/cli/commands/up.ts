import { join } from 'node:path';
import { z } from 'zod';
import { wholeMinute } from '../../../domain/calendar.js';
import type { Stack } from '../../../runtime/stack.js';
import { EXIT } from '../../api.js';
import { addressLines, addressValue } from '../addresses.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { troubleOf } from '../errors.js';
import { rollOut, tellRollout } from '../rollouts.js';

/** A client that died between writing an intake and starting it leaves a row; it is found within this time. */
const SWEEP_MS = 60_000;

export default command({
  name: 'up',
  group: 'Run',
  summary: 'run the whole stack here, on embedded parts where settings name none',
  examples: ['aftercare up', 'aftercare up --home /var/lib/aftercare'],
  input: z.strictObject({}),
  notes: [
    'Another version than the one before takes the open cases over once each replays against it; else exit 2.',
    'Ctrl-C stops it; nothing is lost, also by kill -9. Settings: AFTERCARE_LEDGER_URL, AFTERCARE_SMTP_URL, TEMPORAL_ADDRESS …',
  ],
  async run(ctx) {
    const { out } = ctx;
    const { startStack, connectToRunningStack, StackError } = await import('../../../runtime/stack.js');
    const config = await ctx.config();
    if (!out.json) out.say(out.e.bold('Aftercare: starting'));
    // What is begun while the parts come up must be stopped in order, too.
    let asked = false;
    let stop: (() => Promise<void>) | null = null;
    let ended: () => void = () => undefined;
    const interrupted = new Promise<void>((resolve) => (ended = resolve));
    ctx.onInterrupt(async () => {
      asked = true;
      out.say('\nStopping; nothing is lost …');
      ended();
      await stop?.();
      return EXIT.done;
    });
    let stack: Stack;
    try {
      stack = await startStack({
        config,
        onStage: ({ stage, state, detail, elapsedMs }) => {
          if (state === 'done')
            out.say(
              `${out.e.green('✓')} ${stage.padEnd(9)} ${(elapsedMs / 1000).toFixed(1).padStart(5)} s  ${detail}`,
            );
          if (state === 'progress') out.say(`  ${stage.padEnd(9)} ${detail}`);
        },
      });
    } catch (error) {
      if (!(error instanceof StackError) || error.code !== 'stack.running') throw error;
      const running = connectToRunningStack(config);
      out.either({ running: true, ...addressValue(running) }, () => {
        out.line(`Aftercare is running here already (process ${running.pid ?? '?'})`);
        out.lines(addressLines(ctx, running));
      });
      return EXIT.done;
    }
    stop = () => stack.stop();
    if (asked) {
      await stack.stop();
      return EXIT.done;
    }
    if (!(await takenOver(ctx, stack))) {
      await stack.stop();
      return EXIT.refused;
    }
    const sweeping = await settle(ctx, stack);
    try {
      const reason = await Promise.race([stack.failed, interrupted.then(() => null)]);
      if (reason === null) {
        // The interrupt handler ends the process once the parts have drained.
        await stack.stop();
        return EXIT.done;
      }
      out.say(
        `${out.e.red('✗')} ${reason}. Stopping; start again with npx aftercare up. Log: ${join(stack.home, 'temporal.log')}`,
      );
      await stack.stop();
      return EXIT.failed;
    } finally {
      clearInterval(sweeping);
    }
  },
});

/**
 * The worker gets the open cases once its bundle is the current one. Here that happens at the start, by the same check as
 * `aftercare rollout`: nobody else works on this folder, so waiting for somebody to say so would only stop the cases.
 * False: a case does not fit this version.
 */
async function takenOver(ctx: Context, stack: Stack): Promise<boolean> {
  const { out } = ctx;
  const { connectTemporal } = await import('../../../runtime/connection.js');
  const temporal = await connectTemporal(stack.config, stack.target);
  try {
    const report = await rollOut(ctx, temporal, stack.bundleFile);
    if (report.current && report.before === null && report.checked === 0) return true;
    if (report.before === report.build) return true;
    for (const line of tellRollout(out.e, report)) out.say(line);
    return report.current;
  } finally {
    await temporal.connection.close();
  }
}

/** First start: the example organisation and its stock. Every start: intakes that wait are started. Then where everything is. */
async function settle(ctx: Context, stack: Stack): Promise<NodeJS.Timeout> {
  const { out } = ctx;
  const { ledger } = stack.ports;
  let organisation = await ledger.organisation();
  if (organisation === null) {
    const { readOrganisation, readStockCsv } = await import('../../../adapters/organisation-file.js');
    const examples = join(stack.config.packageRoot, 'examples');
    organisation = await readOrganisation(join(examples, 'organisation.yaml'));
    await ledger.importOrganisation(organisation);
    const stock = await readStockCsv(join(examples, 'stock.csv'));
    await ledger.importStock(stock, wholeMinute(new Date().toISOString()));
    out.say(
      `${out.e.yellow('!')} no organisation yet: imported examples/organisation.yaml and stock.csv. Your own: npx aftercare org import FILE`,
    );
  }
  const api = await ctx.open();
  const swept = await api.retryIntakes();
  if (swept.started.length)
    out.say(
      `${out.e.green('✓')} ${swept.started.length} intakes that waited were started: ${swept.started.join(', ')}`,
    );
  for (const each of swept.failed)
    out.say(`${out.e.yellow('!')} intake ${each.caseId} still waits: ${each.reason}`);
  const open = await api.cases({ status: ['open', 'closing'], limit: 10_000 });
  const person = organisation.staff.find((each) => each.id === 'li.na') ?? organisation.staff[0];
  const inbox = `npx aftercare inbox --as ${person?.id ?? 'STAFF'}`;
  out.either({ running: true, openCases: open.length, ...addressValue(stack) }, () => {
    out.line();
    out.line(out.c.bold('Aftercare is up'));
    out.line();
    out.lines(addressLines(ctx, stack));
    out.line();
    out.line(`${open.length} open case${open.length === 1 ? '' : 's'} carried on`);
    out.line(`Next, in a second terminal: ${out.c.cyan(inbox)}`);
    out.line('Ctrl-C stops; nothing is lost');
  });
  const sweep = () => {
    api.retryIntakes().then(
      (result) => {
        if (result.started.length)
          out.say(`${out.e.green('✓')} started what waited: ${result.started.join(', ')}`);
      },
      (error: unknown) => out.say(`${out.e.yellow('!')} sweep of intakes: ${troubleOf(error).message}`),
    );
  };
  return setInterval(sweep, SWEEP_MS);
}
