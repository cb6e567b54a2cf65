/** Printed forms as PDF: a view model in, bytes out. Pure: no clock, no ledger, no network. */
import { fileURLToPath } from 'node:url';
import type { DocumentKind, DocumentModels } from './models.js';
import { openTypesetter, type Typesetter } from './typesetter.js';

export type * from './models.js';

/** A character that the printing font does not have: it would leave a hole in a paper that people sign. */
export class UnprintableError extends Error {
  override readonly name = 'UnprintableError';
  constructor(
    /** Where it stands in the model: `faults[2].cause`. */
    readonly field: string,
    readonly character: string,
  ) {
    super(`${field}: the printing font has no "${character}" (${codeOf(character)})`);
  }
}

export interface RenderOptions {
  /**
   * What happens to a character that cannot be printed: `refuse` throws; `mark` prints 〓, as compositors do, and tells
   * its code in the foot of the page.
   */
  unprintable?: 'refuse' | 'mark';
}

const TEMPLATES = fileURLToPath(new URL('templates', import.meta.url));
const MARK = '〓';

let opening: Promise<Typesetter> | null = null;

/** One typesetter for the process; a failure to load is not kept, since the next print may succeed. */
async function typesetter(): Promise<Typesetter> {
  opening ??= openTypesetter(TEMPLATES);
  try {
    return await opening;
  } catch (error) {
    opening = null;
    throw error;
  }
}

/**
 * Prints a form on A4. The same model makes the same bytes.
 * @returns a PDF/A-2a file
 * @throws UnprintableError a character the font does not have, with the field it stands in
 * @throws TypesettingError a template that is broken
 */
export async function renderDocument<Kind extends DocumentKind>(
  kind: Kind,
  model: DocumentModels[Kind],
  options: RenderOptions = {},
): Promise<Uint8Array> {
  const { hasGlyph, typeset } = await typesetter();
  const marked = new Set<string>();
  const missing = (character: string, field: string): string => {
    if (options.unprintable !== 'mark') throw new UnprintableError(field, character);
    marked.add(codeOf(character));
    return MARK;
  };
  const printed = eachText(model, '', (text, field) =>
    [...plain(text)]
      .map((each) => (each === '\n' || hasGlyph(each.codePointAt(0)!) ? each : missing(each, field)))
      .join(''),
  );
  const inputs = { model: JSON.stringify(printed), marked: [...marked].join('、') };
  return typeset(`${kind}.typ`, inputs, model.head.createdAt);
}

function codeOf(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Text as it is printed: composed characters, one kind of line break, one kind of space, nothing invisible. */
function plain(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\t\u00a0\u2007\u202f]/g, ' ')
    .replace(/\n{2,}/g, '\n')
    .replace(/(?!\n)[\p{Cc}\p{Default_Ignorable_Code_Point}]/gu, '')
    .trim();
}

/** A copy of plain data in which every text went through `change`. */
function eachText(value: unknown, path: string, change: (text: string, path: string) => string): unknown {
  if (typeof value === 'string') return change(value, path);
  if (Array.isArray(value)) return value.map((each, i) => eachText(each, `${path}[${i}]`, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, eachText(each, path ? `${path}.${key}` : key, change)]),
  );
}
