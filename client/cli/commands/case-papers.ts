import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder, saveFile } from '../../folders.js';
import { command } from '../command.js';
import { CASE, caseNumber } from '../inputs.js';

export default command({
  name: 'case papers',
  group: 'Cases',
  summary: 'the printed forms and other files of a case; with --out they are saved, to be read or printed',
  examples: [
    'aftercare case papers T20300304-001 --as li.na',
    'aftercare case papers T20300304-001 --out papers --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    out: z.string().meta({ description: 'folder to save them in', value: 'DIR' }).optional(),
  }),
  async run(ctx, { case: caseId, out: folder }) {
    const { out } = ctx;
    const { c } = out;
    const actor = await ctx.actor();
    const api = await ctx.open();
    const { evidence } = await api.sheet(caseId, actor.id);
    const papers = evidence.map((row, index) => ({ ...row, file: fileName(row.name, index) }));
    if (folder !== undefined) {
      await makeFolder(folder);
      for (const { sha256, file } of papers)
        await saveFile(join(folder, file), await api.evidenceFile(caseId, sha256, actor.id));
    }
    const shown = papers.map(({ file, ...row }) =>
      folder === undefined ? row : { ...row, savedAs: join(folder, file) },
    );
    out.either(shown, () => {
      if (papers.length === 0) out.line(`no papers in ${caseId} so far`);
      out.lines(
        out.table(papers, [
          { head: folder === undefined ? 'paper' : 'saved as', cell: (row) => savedIn(folder, row) },
          { head: 'what', cell: (row) => row.field },
          { head: 'by', cell: (row) => c.cyan(row.addedBy) },
          { head: 'at', cell: (row) => ctx.moments.at(row.addedAt) },
          { head: 'bytes', cell: (row) => String(row.bytes) },
          { head: 'SHA-256', cell: (row) => c.dim(row.sha256.slice(0, 12)) },
        ]),
      );
    });
  },
});

function savedIn(folder: string | undefined, { name, file }: { name: string; file: string }): string {
  return folder === undefined ? name : join(folder, file);
}

/** Names are people's: two may be the same, and none may lead out of the folder. */
function fileName(name: string, index: number): string {
  const plain = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^\.+/, '');
  return `${String(index + 1).padStart(2, '0')}-${plain === '' ? 'file' : plain}`;
}
