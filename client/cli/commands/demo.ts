import { z } from 'zod';
import { command } from '../command.js';

export default command({
  name: 'demo',
  group: 'Try',
  summary: 'one complaint narrated, the other scenarios a line each; months in seconds',
  examples: ['aftercare demo', 'aftercare demo --speed 2'],
  input: z.strictObject({
    speed: z
      .number()
      .positive()
      .max(100)
      .meta({ description: 'slows the telling, for a recording', value: 'N' })
      .optional(),
  }),
  async run(ctx, { speed }) {
    const { runDemo } = await import('../../../simulation/demo.js');
    const { out } = ctx;
    return runDemo({
      config: await ctx.config(),
      json: out.json,
      color: out.c.isColorSupported,
      ...(speed === undefined ? {} : { speed }),
    });
  },
});
