import { z } from 'zod';
import { EXIT } from '../../api.js';
import { command } from '../command.js';

const SEALS = {
  valid: 'valid',
  invalid: 'not valid',
  notChecked: 'not checked: no --key was given',
  none: 'none: exported without a key',
} as const;

export default command({
  name: 'audit verify',
  group: 'Proof',
  summary: 'is an export whole and unchanged; names the record that is not',
  examples: [
    'aftercare audit verify exports/T20300304-001',
    'aftercare audit verify exports/T20300304-001 --key audit.key --json',
  ],
  positional: { field: 'dir', value: 'DIR' },
  input: z.strictObject({
    dir: z.string().min(1).describe('the folder that audit export wrote'),
    key: z.string().meta({ description: 'file with the key it was sealed with', value: 'FILE' }).optional(),
    root: z.string().meta({ description: 'root noted when it was exported', value: 'SHA256' }).optional(),
  }),
  async run(ctx, { dir, key, root }) {
    const { out } = ctx;
    const { readKey, verifyExport } = await import('../../../audit/index.js');
    const report = await verifyExport(dir, key === undefined ? {} : { key: await readKey(key) });
    const rootDiffers = root !== undefined && report.root !== root;
    const ok = report.ok && !rootDiffers;
    out.either({ ...report, ok, ...(root === undefined ? {} : { rootAsNoted: !rootDiffers }) }, () => {
      const { counts } = report;
      const holds = `${counts.files} files, ${counts.runs} runs, ${counts.events} events, ${counts.facts} facts, ${counts.turns} turns`;
      const wrong = report.faults.length + (rootDiffers ? 1 : 0);
      out.line(
        `${ok ? out.c.green('✓') : out.c.red('✗')} ${report.case ?? dir}  ${ok ? 'whole and unchanged' : `${wrong} fault${wrong === 1 ? '' : 's'}`}  ${out.c.dim(holds)}`,
      );
      for (const fault of report.faults) out.line(`  ${out.c.red(fault.kind.padEnd(10))}${fault.detail}`);
      if (rootDiffers)
        out.line(`  ${out.c.red('root'.padEnd(10))}is ${report.root ?? 'unknown'}, noted was ${root}`);
      out.lines(
        out.pairs([
          ['root', report.root],
          ['seal', SEALS[report.seal]],
          ['exported', report.exportedAt],
        ]),
      );
      for (const note of report.notes) out.line(`  ${out.c.dim(note)}`);
    });
    return ok ? EXIT.done : EXIT.failed;
  },
});
