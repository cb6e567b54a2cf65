import { createHash } from 'node:crypto';

/**
 * How an export is written down so that a change can be named: every file is a list of records, one per line, and
 * every record is chained to the one before it. The hash covers the record's canonical JSON, so a file that was only
 * formatted differently is told apart from one whose content changed.
 */

/** A record with what a person calls it: event 37, `TimerStarted`. */
export interface Entry {
  id: string;
  what: string;
  value: unknown;
}

/** One link of the chain as the manifest keeps it: id, what, hash. */
export type Link = [id: string, what: string, hash: string];

export interface RecordFile {
  /** Everything at the top of the file besides its records. */
  head: Record<string, unknown>;
  records: unknown[];
  /** Lines that hold no whole record; empty for a file that is JSON. */
  broken: { index: number; line: string }[];
}

/** JSON with sorted keys and without absent values: equal content gives equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`);
  return `{${fields.join(',')}}`;
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Where a file's chain begins: bound to case and file, so that a chain cannot stand in for another. */
export function chainSeed(caseId: string, file: string): string {
  return sha256(`aftercare.export/1\n${caseId}\n${file}`);
}

/** `h_n = sha256(h_(n-1) || canonical record)`. */
export function link(before: string, value: unknown): string {
  return sha256(before + canonicalJson(value));
}

export function chainOf(seed: string, entries: Entry[]): Link[] {
  let hash = seed;
  return entries.map(({ id, what, value }): Link => {
    hash = link(hash, value);
    return [id, what, hash];
  });
}

/** The text of a record file: JSON, one record per line, so that a cut file still tells where it ends. */
export function formatRecords(head: Record<string, unknown>, list: string, records: unknown[]): string {
  const top = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`);
  const lines = records.map((record) => JSON.stringify(record)).join(',\n');
  return `{${top.join('')}${JSON.stringify(list)}:[\n${lines}${lines === '' ? '' : '\n'}]}\n`;
}

/** Reads a record file back; one that is no longer JSON is read line by line as far as it goes. */
export function parseRecords(text: string, list: string): RecordFile {
  try {
    const { [list]: records, ...head } = JSON.parse(text) as Record<string, unknown>;
    return { head, records: Array.isArray(records) ? records : [], broken: [] };
  } catch {
    return salvage(text);
  }
}

function salvage(text: string): RecordFile {
  const file: RecordFile = { head: {}, records: [], broken: [] };
  const lines = text.split('\n').slice(1);
  for (const line of lines) {
    if (line === ']}' || line === '') continue;
    try {
      file.records.push(JSON.parse(line.replace(/,$/, '')));
    } catch {
      file.broken.push({ index: file.records.length + file.broken.length, line });
    }
  }
  return file;
}

/** JSON for reading: indented, but a list of plain values stays on its line. */
export function readableJson(value: unknown, indent = ''): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((each) => typeof each !== 'object' || each === null)) return JSON.stringify(value);
    return `[\n${value.map((each) => deeper + readableJson(each, deeper)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, each]) => each !== undefined);
  if (fields.length === 0) return '{}';
  const lines = fields.map(([key, each]) => `${deeper}${JSON.stringify(key)}: ${readableJson(each, deeper)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
