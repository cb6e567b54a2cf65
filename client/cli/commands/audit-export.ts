import { join } from 'node:path';
import { z } from 'zod';
import { command } from '../command.js';
import { CASE, caseNumber } from '../inputs.js';
import { operator } from '../operator.js';

export default command({
  name: 'audit export',
  group: 'Proof',
  summary: "a case's histories, policies, facts and hashes as a folder that proves itself",
  examples: [
    'aftercare audit export T20300304-001 --out exports/T20300304-001',
    'aftercare audit export T20300304-001 --out exports/T20300304-001 --key audit.key --json',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    out: z
      .string()
      .meta({ description: 'new or empty folder, default exports/CASE', value: 'DIR' })
      .optional(),
    key: z.string().meta({ description: 'file with a key to seal it with', value: 'FILE' }).optional(),
  }),
  async run(ctx, { case: caseId, out: folder, key }) {
    const { out } = ctx;
    const [{ exportCase, readKey }, { ensureBundle }] = await Promise.all([
      import('../../../audit/index.js'),
      import('../../../worker/bundle.js'),
    ]);
    const seal = key === undefined ? {} : { key: await readKey(key) };
    const desk = operator(ctx);
    try {
      const [client, ports, bundle] = await Promise.all([desk.client(), desk.ports(), ensureBundle()]);
      const options = { exportedAt: new Date().toISOString(), ...seal };
      const deps = { client, ledger: ports.ledger, storage: ports.storage, bundle };
      const { dir, manifest } = await exportCase(deps, caseId, folder ?? join('exports', caseId), options);
      out.either({ dir, manifest }, () => {
        out.line(`${out.c.green('✓')} ${caseId} exported to ${dir}`);
        out.line(`  note its root somewhere else: it names every change later`);
        out.lines(
          out.pairs([
            ['root', manifest.seal.root],
            ['check', `npx aftercare audit verify ${dir}`],
          ]),
        );
      });
    } finally {
      await desk.close();
    }
  },
});
