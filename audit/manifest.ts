import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Fact, Instant } from '../domain/case.js';
import { eventName, type Ancestor, type EventJson } from './histories.js';
import { canonicalJson, chainOf, chainSeed, sha256, type Entry, type Link } from './records.js';

/**
 * The manifest of an export: what each file held, record by record, and one root over all of it. Unkeyed, the root
 * proves an export only to somebody who noted it elsewhere; with a key, nobody without the key can forge it.
 */
export const EXPORT_SCHEMA = 'aftercare.export/1';
export const MANIFEST = 'manifest.json';

export interface RunEntry {
  file: string;
  runId: string;
  workflowType: string;
  startedAt: string;
  ancestor: Ancestor | null;
  /** Null for a run that was still open. */
  endedBy: string | null;
  events: number;
  builds: string[];
}

export interface FileEntry {
  sha256: string;
  bytes: number;
  chain: Link[];
}

export interface Manifest {
  schema: typeof EXPORT_SCHEMA;
  case: string;
  exportedAt: Instant;
  versions: {
    sdk: string;
    server: string;
    /** Digest of the workflow bundle the exporter ran beside. */
    bundle: string;
    node: string;
    icu: string;
  };
  runs: RunEntry[];
  /** Runs that existed but whose history the server no longer had. */
  missingRuns: string[];
  files: Record<string, FileEntry>;
  seal: Seal;
}

export interface Seal {
  /** SHA-256 over the canonical manifest without its seal; covers every file by its hash and chain. */
  root: string;
  /** HMAC-SHA-256 of the root; null when sealed without a key. */
  mac: string | null;
  /** Tells a wrong key from a forged seal; reveals nothing of the key. */
  keyId: string | null;
}

/** A line of `policy.json`: rules the case ran by, from where on. */
export interface PolicyRecord {
  runId: string;
  eventId: string;
  via: 'start' | 'adoptPolicy';
  digest: string;
  snapshot: unknown;
}

/** A line of `rows.json`. */
export interface RowRecord {
  kind: 'case' | 'task' | 'clock' | 'message';
  key: string;
  row: unknown;
}

/** Files besides the histories: the schema each one states and what its records are called. */
export const LISTS = {
  'policy.json': {
    schema: 'aftercare.export.policy/1',
    name: (record: PolicyRecord) => [`${record.runId}/${record.eventId}`, record.via],
  },
  'timeline.json': {
    schema: 'aftercare.export.timeline/1',
    name: (record: Fact) => [String(record.seq), record.what],
  },
  'rows.json': {
    schema: 'aftercare.export.rows/1',
    name: (record: RowRecord) => [`${record.kind}:${record.key}`, record.kind],
  },
  'evidence.json': {
    schema: 'aftercare.export.evidence/1',
    name: (record: { evidence: string; field: string }) => [record.evidence, record.field],
  },
  'turns.json': {
    schema: 'aftercare.export.turns/1',
    name: (record: { runId: string; turn: number }) => [`${record.runId}/${record.turn}`, 'turn'],
  },
} as const satisfies Record<string, { schema: string; name: (record: never) => [string, string] }>;
export type ListFile = keyof typeof LISTS;

export function isListFile(file: string): file is ListFile {
  return Object.hasOwn(LISTS, file);
}

export function isHistoryFile(file: string): boolean {
  return /^history-\d+\.json$/.test(file);
}

/** Under which name a file keeps its records; histories keep the name Temporal's own tools read. */
export function listNameOf(file: string): 'events' | 'records' {
  return isHistoryFile(file) ? 'events' : 'records';
}

/** A file's records with their names; a record too broken to have one is `?`. */
export function entriesOf(file: string, records: unknown[]): Entry[] {
  return records.map((value) => {
    const [id, what] = nameOf(file, value);
    return { id, what, value };
  });
}

function nameOf(file: string, value: unknown): [string, string] {
  if (typeof value !== 'object' || value === null) return ['?', '?'];
  if (isListFile(file)) return LISTS[file].name(value as never) as [string, string];
  const { eventId, eventType } = value as EventJson;
  return [String(eventId), eventName(String(eventType))];
}

/** What the manifest says of a file. */
export function fileEntry(caseId: string, file: string, text: string, records: unknown[]): FileEntry {
  return {
    sha256: sha256(text),
    bytes: Buffer.byteLength(text),
    chain: chainOf(chainSeed(caseId, file), entriesOf(file, records)),
  };
}

/** Seals a manifest; the same content and key give the same seal. */
export function seal(manifest: Omit<Manifest, 'seal'>, key?: Uint8Array): Seal {
  const root = sha256(canonicalJson(manifest));
  if (!key) return { root, mac: null, keyId: null };
  return { root, mac: createHmac('sha256', key).update(root).digest('hex'), keyId: keyIdOf(key) };
}

export function keyIdOf(key: Uint8Array): string {
  return createHash('sha256').update('aftercare.export.key\n').update(key).digest('hex').slice(0, 12);
}

export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
