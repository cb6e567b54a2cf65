import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../../api.js';
import { command } from '../command.js';
import { UsageError } from '../errors.js';

export default command({
  name: 'simulate',
  group: 'Try',
  summary: 'run scenario files on a throw-away stack under the virtual clock',
  examples: [
    'aftercare simulate examples/scenarios/smooth.yaml',
    'aftercare simulate examples/scenarios --json --out results',
  ],
  positional: { field: 'files', value: 'FILE|DIR', many: true },
  input: z.strictObject({
    files: z.array(z.string()).min(1).describe('scenario files, or folders of them'),
    out: z.string().meta({ description: 'folder for histories and results', value: 'DIR' }).optional(),
    printExpect: z.boolean().default(false).describe('print what happened, to review and paste as expect'),
    keep: z.boolean().default(false).describe('leave the stack up to look around'),
  }),
  notes: ['Exit 0 when everything went as written, 1 when not: every miss with file:line, expected, actual.'],
  async run(ctx, { files, out: folder, printExpect, keep }) {
    const { out, globals } = ctx;
    const { simulate } = await import('../../../simulation/index.js');
    const paths = (await Promise.all(files.map(scenariosOf))).flat();
    const running = simulate(paths, {
      config: await ctx.config(),
      keep,
      printExpect,
      verbose: globals.verbose,
      ...(folder === undefined ? {} : { out: folder }),
      // With --json stdout is the result alone.
      say: (line) => (out.json ? out.say(line) : out.line(line)),
    });
    // A stack that is kept ends by Ctrl-C in its own order; it hears the signal, too.
    if (keep) ctx.onInterrupt(() => running.then(() => EXIT.interrupted));
    const results = await running;
    const ok = results.every((result) => result.ok);
    // One scenario is one object; several are a list.
    out.either(paths.length === 1 ? results[0] : results, () => {
      if (results.length > 1)
        out.line(`${results.filter((result) => result.ok).length} of ${results.length} as written`);
    });
    return ok ? EXIT.done : EXIT.failed;
  },
});

async function scenariosOf(path: string): Promise<string[]> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found)
    throw new UsageError(
      'usage.file',
      `no file or folder ${path}`,
      'scenarios: examples/scenarios',
      'FILE|DIR',
    );
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return names.map((name) => join(path, name));
}
