/**
 * What the printing font can show. The compiler's own check comes too late to say which field is at fault, and without
 * an archive standard it prints nothing in the place of an unknown character.
 */

/** Reads which characters an OpenType font has (table `cmap`, format 12). @throws Error when the font has no such table */
export function glyphsOf(font: Buffer): (codePoint: number) => boolean {
  const table = tableAt(font, 'cmap');
  const count = font.readUInt16BE(table + 2);
  for (let i = 0; i < count; i += 1) {
    const at = table + font.readUInt32BE(table + 4 + i * 8 + 4);
    if (font.readUInt16BE(at) === 12) return lookup(groupsAt(font, at));
  }
  throw new Error('the font has no cmap of format 12');
}

function tableAt(font: Buffer, tag: string): number {
  const count = font.readUInt16BE(4);
  for (let i = 0; i < count; i += 1) {
    const entry = 12 + i * 16;
    if (font.toString('latin1', entry, entry + 4) === tag) return font.readUInt32BE(entry + 8);
  }
  throw new Error(`the font has no table ${tag}`);
}

interface Group {
  first: number;
  last: number;
}

/** The groups of a table of format 12: ascending, without overlap. */
function groupsAt(font: Buffer, at: number): Group[] {
  return Array.from({ length: font.readUInt32BE(at + 12) }, (_, i) => ({
    first: font.readUInt32BE(at + 16 + i * 12),
    last: font.readUInt32BE(at + 16 + i * 12 + 4),
  }));
}

function lookup(groups: readonly Group[]): (codePoint: number) => boolean {
  return (codePoint) => {
    let [low, high] = [0, groups.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const group = groups[middle]!;
      if (codePoint < group.first) high = middle - 1;
      else if (codePoint > group.last) low = middle + 1;
      else return true;
    }
    return false;
  };
}
