import { z } from 'zod';
import { addressLines, addressValue } from '../addresses.js';
import { command } from '../command.js';
import { operator } from '../operator.js';

export default command({
  name: 'status',
  group: 'Run',
  summary: 'is it running, where is everything, how many cases are open',
  examples: ['aftercare status', 'aftercare status --json'],
  input: z.strictObject({}),
  async run(ctx) {
    const { out } = ctx;
    const stack = await operator(ctx).stack();
    const api = await ctx.open();
    const [open, waiting] = await Promise.all([
      api.cases({ status: ['open', 'closing'], limit: 10_000 }),
      api.pendingIntakes(),
    ]);
    const late = open.filter((row) => row.status === 'open' && ctx.moments.isPast(row.nextDueAt)).length;
    out.either(
      { running: true, openCases: open.length, late, pendingIntakes: waiting.length, ...addressValue(stack) },
      () => {
        const since = stack.startedAt ? `, since ${ctx.moments.at(stack.startedAt)}` : '';
        out.line(
          `${out.c.green('✓')} Aftercare is running${stack.pid ? ` (process ${stack.pid}${since})` : ' on the parts that settings name'}`,
        );
        out.lines(addressLines(ctx, stack));
        out.line(
          `${open.length} open case${open.length === 1 ? '' : 's'}${late ? out.c.red(`, ${late} late`) : ''}${waiting.length ? `, ${waiting.length} intakes waiting` : ''}`,
        );
      },
    );
  },
});
