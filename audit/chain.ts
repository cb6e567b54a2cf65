import { isHistoryFile, MANIFEST, type FileEntry } from './manifest.js';
import { chainSeed, link, type Entry, type Link, type RecordFile } from './records.js';

/** One file of an export against its chain: which records were edited, moved, added, lost or cut off (AT-49). */

export type FaultKind =
  | 'edited'
  | 'reordered'
  | 'missing'
  | 'truncated'
  | 'added'
  /** The manifest itself was changed or forged. */
  | 'manifest'
  /** Two records of the export contradict each other. */
  | 'mismatch';

export interface Fault {
  kind: FaultKind;
  file: string;
  /** Position of the record in its file, from 1; null for a whole file. */
  index: number | null;
  /** Event id, fact number, row key …; null for a whole file. */
  id: string | null;
  /** Event type, fact kind …; null when unknown. */
  what: string | null;
  /** One sentence for people, complete without the other fields. */
  detail: string;
}

/** A file of an export as it was found. */
export interface OpenedFile extends RecordFile {
  name: string;
  sha256: string;
  entries: Entry[];
}

/** What is wrong with a file, in the order of its records. */
export function checkFile(caseId: string, file: OpenedFile, entry: FileEntry): Fault[] {
  const intact = file.sha256 === entry.sha256;
  const records = checkChain(caseId, file, entry.chain);
  if (intact && records.length > 0) {
    // The bytes are those that were exported, so it is the chain that changed.
    return records.map((fault) => ({
      ...fault,
      kind: 'manifest',
      file: MANIFEST,
      detail: `${MANIFEST} was edited: its chain of ${file.name} no longer fits ${wordFor(file.name)} ${fault.id}`,
    }));
  }
  if (intact || records.length > 0) return records;
  return [
    wholeFile(
      'edited',
      file.name,
      `${file.name} was changed outside its records (every record is as exported), or its hash in ${MANIFEST} was`,
    ),
  ];
}

function checkChain(caseId: string, file: OpenedFile, chain: Link[]): Fault[] {
  const { name, entries } = file;
  const word = wordFor(name);
  const label = (id: string, what: string): string => `${word} ${id} (${what})`;
  const places = new Map(chain.map(([id], place) => [id, place]));
  const fits = (entry: Entry, place: number): boolean =>
    link(place === 0 ? chainSeed(caseId, name) : chain[place - 1]![2], entry.value) === chain[place]![2];

  // Of several records with one id, the one that fits the chain is the original.
  const originals = new Map<string, number>();
  entries.forEach((entry, index) => {
    const place = places.get(entry.id);
    if (place === undefined) return;
    if (!originals.has(entry.id) || fits(entry, place)) originals.set(entry.id, index);
  });

  const faults: Fault[] = [];
  const add = (kind: FaultKind, index: number | null, id: string, what: string, detail: string): void => {
    faults.push({
      kind,
      file: name,
      index: index === null ? null : index + 1,
      id,
      what,
      detail: `${name}: ${detail}`,
    });
  };
  const renamed = new Set<string>();
  entries.forEach((entry, index) => {
    const place = places.get(entry.id);
    if (place !== undefined && originals.get(entry.id) === index) {
      if (fits(entry, place)) return;
      const [id, what] = chain[place]!;
      const now = entry.what === what ? '' : `; it now calls itself ${entry.what}`;
      add('edited', index, id, what, `${label(id, what)} was edited${now}`);
      return;
    }
    const [id, what] = chain[index] ?? [];
    if (place === undefined && id !== undefined && !originals.has(id)) {
      renamed.add(id);
      add(
        'edited',
        index,
        id,
        what!,
        `${label(id, what!)} was edited; it now calls itself ${label(entry.id, entry.what)}`,
      );
      return;
    }
    const why = place === undefined ? 'was never exported' : 'stands there a second time';
    add('added', index, entry.id, entry.what, `${label(entry.id, entry.what)} ${why}`);
  });
  for (const { index, line } of file.broken) {
    const [id = '?', what = '?'] = chain[index] ?? [];
    renamed.add(id);
    const cut = index === entries.length && file.broken.length === 1;
    const detail = cut
      ? `the file breaks off within ${label(id, what)}`
      : `${label(id, what)} is not JSON any more`;
    add(cut ? 'truncated' : 'edited', index, id, what, `${detail}: ${line.slice(0, 60)}`);
  }

  const absent = chain.flatMap(([id], place) => (originals.has(id) || renamed.has(id) ? [] : [place]));
  const lastThere = chain.findLastIndex(([id]) => originals.has(id) || renamed.has(id));
  const cutOff = absent.filter((place) => place > lastThere);
  for (const place of absent.filter((each) => each < lastThere)) {
    const [id, what] = chain[place]!;
    add('missing', null, id, what, `${label(id, what)} is missing`);
  }
  if (cutOff.length > 0) {
    const [id, what] = chain[cutOff[0]!]!;
    const from = lastThere < 0 ? 'is empty' : `ends after ${word} ${chain[lastThere]![0]}`;
    const rest = cutOff.length > 1 ? ` and the ${cutOff.length - 1} after it are` : ' is';
    add('truncated', null, id, what, `the file ${from}: ${label(id, what)}${rest} cut off`);
  }

  const order = entries.flatMap(({ id }, index) => (originals.get(id) === index ? [places.get(id)!] : []));
  const inOrder = new Set(longestRising(order));
  for (const place of order) {
    if (inOrder.has(place)) continue;
    const [id, what] = chain[place]!;
    const before = order[order.indexOf(place) - 1];
    const stands = before === undefined ? 'at the beginning' : `after ${word} ${chain[before]![0]}`;
    add('reordered', originals.get(id)!, id, what, `${label(id, what)} was moved: it stands ${stands}`);
  }
  return faults.sort((a, b) => positionOf(a, places) - positionOf(b, places));
}

function positionOf(fault: Fault, places: Map<string, number>): number {
  return places.get(fault.id ?? '') ?? (fault.index ?? 0) - 1;
}

/** A longest rising subsequence: those who kept their order; whoever is not in it was moved. */
function longestRising(values: number[]): number[] {
  const ends: number[] = [];
  const before: number[] = [];
  values.forEach((value, index) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[ends[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    before[index] = low > 0 ? ends[low - 1]! : -1;
    ends[low] = index;
  });
  const kept: number[] = [];
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index]!) kept.push(values[index]!);
  return kept.reverse();
}

function wordFor(file: string): string {
  if (isHistoryFile(file)) return 'event';
  return file === 'timeline.json' ? 'fact' : 'record';
}

/** A fault of a file as a whole. */
export function wholeFile(kind: FaultKind, file: string, detail: string): Fault {
  return { kind, file, index: null, id: null, what: null, detail };
}
