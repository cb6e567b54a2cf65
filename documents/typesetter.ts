/** Typst, loaded when the first document is printed and kept: a second one takes a tenth of the time. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import { glyphsOf } from './glyphs.js';

/** A template that does not compile, or compiles with a warning: an unknown font is no more than that to Typst. */
export class TypesettingError extends Error {
  override readonly name = 'TypesettingError';
}

export interface Typesetter {
  /** Whether the printing font has a character. */
  hasGlyph(codePoint: number): boolean;
  /**
   * Compiles one template of the folder to a PDF/A file.
   * @param inputs what the template reads from `sys.inputs`: data, never markup
   * @param createdAt dates the file; the same inputs and date make the same bytes
   * @throws TypesettingError
   */
  typeset(template: string, inputs: Record<string, string>, createdAt: string): Uint8Array;
}

/** Tagged, with every font and its characters' meaning inside: readable, searchable and the same in thirty years. */
const STANDARD = 'a-2a';
/** Results of earlier documents that Typst keeps, in number of documents. */
const KEPT = 10;

/** Only the weights that the templates use: each costs 8 MB of memory. */
function printingFonts(): Buffer[] {
  const entry = createRequire(import.meta.url).resolve('@embedpdf/fonts-sc');
  const folder = join(dirname(dirname(entry)), 'fonts');
  return ['Regular', 'Bold'].map((weight) => readFileSync(join(folder, `NotoSansHans-${weight}.otf`)));
}

/** @param templates folder of the templates; nothing outside of it can be read by them */
export async function openTypesetter(templates: string): Promise<Typesetter> {
  const typst = await import('@myriaddreamin/typst-ts-node-compiler');
  const fonts = printingFonts();
  const compiler = typst.NodeCompiler.create({ workspace: templates, fontArgs: [{ fontBlobs: fonts }] });
  return {
    hasGlyph: glyphsOf(fonts[0]!),
    typeset(template, inputs, createdAt) {
      const timestamp = Date.parse(createdAt) / 1000;
      if (!Number.isFinite(timestamp)) throw new TypesettingError(`${template}: no instant: ${createdAt}`);
      try {
        return compile(compiler, join(templates, template), inputs, Math.floor(timestamp));
      } finally {
        compiler.evictCache(KEPT);
      }
    },
  };
}

function compile(
  compiler: NodeCompiler,
  file: string,
  inputs: Record<string, string>,
  timestamp: number,
): Uint8Array {
  const compiled = compiler.compile({ mainFilePath: file, inputs });
  // Asked for separately: what the compiler calls its diagnostics are the errors only.
  const said = [compiled.takeWarnings(), compiled.takeError()].flatMap((found) =>
    found === null ? [] : (compiler.fetchDiagnostics(found) as { message: string }[]),
  );
  if (said.length > 0 || compiled.result === null)
    throw new TypesettingError(`${file}: ${said.map(({ message }) => message).join('; ') || 'no result'}`);
  try {
    return compiler.pdf(compiled.result, { pdfStandard: STANDARD, creationTimestamp: timestamp });
  } catch (error) {
    throw new TypesettingError(`${file}: cannot be written as PDF`, { cause: error });
  }
}
