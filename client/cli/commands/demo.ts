import { z } from 'zod';
import { command } from '../command.js';

export default command({
  name: 'demo',
  group: 'Try',
  summary: 'one complaint narrated, a dozen more scenarios in a line each; months in seconds',
  examples: ['aftercare demo', 'aftercare demo --all', 'aftercare demo --speed 2'],
  input: z.strictObject({
    all: z.boolean().default(false).describe('every scenario, not a chosen dozen: minutes'),
    out: z.string().meta({ description: 'folder for histories and results', value: 'DIR' }).optional(),
    speed: z
      .number()
      .positive()
      .max(100)
      .meta({ description: 'slows the telling, for a recording', value: 'N' })
      .optional(),
  }),
  async run(ctx, { all, out: folder, speed }) {
    const { runDemo } = await import('../../../simulation/demo.js');
    const { out } = ctx;
    return runDemo({
      config: await ctx.config(),
      all,
      json: out.json,
      color: out.c.isColorSupported,
      ...(folder === undefined ? {} : { out: folder }),
      ...(speed === undefined ? {} : { speed }),
    });
  },
});
