import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import type { EvidenceRow, LedgerPort, StoragePort } from '../adapters/ports.js';
import { DeskError, EXIT } from '../client/api.js';
import { guardedWrite, makeFolder, notWritable } from '../client/folders.js';
import type { Instant } from '../domain/case.js';
import { missingRuns, runsOf } from './histories.js';
import {
  EXPORT_SCHEMA,
  fileEntry,
  LISTS,
  MANIFEST,
  seal,
  type FileEntry,
  type ListFile,
  type Manifest,
  type RowRecord,
  type RunEntry,
} from './manifest.js';
import { policiesOf } from './findings.js';
import { formatRecords, readableJson } from './records.js';

/**
 * The archive of a case: everything an auditor needs to check it on another machine, years later, without the server
 * or the ledger. Holds no personal data beyond what is in history; evidence is listed by hash, not copied.
 */

export interface ExportDeps {
  client: Client;
  ledger: Pick<LedgerPort, 'caseFile' | 'turns'>;
  storage: Pick<StoragePort, 'get'>;
  /** What `dist/workflow-bundle.json` says. */
  bundle: { digest: string };
}

export interface ExportOptions {
  /** Stamped into the manifest; the caller's clock is the only one. */
  exportedAt: Instant;
  /** Content of a key file: the seal is then keyed. */
  key?: Uint8Array;
  codec?: PayloadCodec;
}

export interface ExportResult {
  dir: string;
  manifest: Manifest;
}

/** An evidence row as exported: `name` stays behind, it may name a person. */
type EvidenceRecord = Omit<EvidenceRow, 'name'> & { stored: 'intact' | 'missing' | 'corrupt' };

/**
 * Writes the archive of a case into `outDir`, which must be new or empty. Appears whole or not at all.
 * @throws DeskError `case.notFound`, `audit.notEmpty`, `usage.folder`
 */
export async function exportCase(
  deps: ExportDeps,
  caseId: string,
  outDir: string,
  options: ExportOptions,
): Promise<ExportResult> {
  const dir = resolve(outDir);
  await refuseFilled(dir);

  // The ledger first: a running case that moves on meanwhile is then ahead in its history, which verify understands.
  const file = await deps.ledger.caseFile(caseId);
  const turns = await deps.ledger.turns(caseId);
  const runs = await runsOf(deps.client, caseId, [...new Set(turns.map((turn) => turn.runId))]);

  const rows: RowRecord[] = file
    ? [
        { kind: 'case', key: caseId, row: file.row },
        ...file.tasks.map((row): RowRecord => ({ kind: 'task', key: row.key, row })),
        ...file.clocks.map((row): RowRecord => ({ kind: 'clock', key: row.key, row })),
        ...file.messages.map((row): RowRecord => ({ kind: 'message', key: row.key, row })),
      ]
    : [];
  const evidence: EvidenceRecord[] = [];
  for (const { name: _personal, ...row } of file?.evidence ?? []) {
    evidence.push({ ...row, stored: await stateOf(deps.storage, row.sha256) });
  }
  const lists: Record<ListFile, unknown[]> = {
    'policy.json': await policiesOf(runs, options.codec),
    'timeline.json': file?.timeline ?? [],
    'rows.json': rows,
    'evidence.json': evidence,
    'turns.json': turns,
  };

  const texts: Record<string, string> = {};
  const files: Record<string, FileEntry> = {};
  const add = (name: string, head: Record<string, unknown>, list: string, records: unknown[]): void => {
    texts[name] = formatRecords(head, list, records);
    files[name] = fileEntry(caseId, name, texts[name], records);
  };
  const entries = runs.map(({ history, ...run }, index): RunEntry => {
    const name = `history-${String(index + 1).padStart(2, '0')}.json`;
    add(name, {}, 'events', history.events);
    return {
      file: name,
      runId: run.runId,
      workflowType: run.workflowType,
      startedAt: run.startedAt,
      ancestor: run.ancestor,
      endedBy: run.endedBy,
      events: history.events.length,
      builds: run.builds,
    };
  });
  for (const [name, { schema }] of Object.entries(LISTS)) {
    add(name, { schema, case: caseId }, 'records', lists[name as ListFile]);
  }

  const here = new Set(runs.map((run) => run.runId));
  const gone = [...missingRuns(runs), ...turns.map((turn) => turn.runId).filter((runId) => !here.has(runId))];
  const { serverVersion } = await deps.client.workflowService.getSystemInfo({});
  const content: Omit<Manifest, 'seal'> = {
    schema: EXPORT_SCHEMA,
    case: caseId,
    exportedAt: options.exportedAt,
    versions: {
      sdk: sdkVersion(),
      server: serverVersion,
      bundle: deps.bundle.digest,
      node: process.versions.node,
      icu: process.versions['icu'] ?? '',
    },
    runs: entries,
    missingRuns: [...new Set(gone)],
    files,
  };
  const manifest: Manifest = { ...content, seal: seal(content, options.key) };
  texts[MANIFEST] = `${readableJson(manifest)}\n`;
  await writeWhole(dir, texts);
  return { dir, manifest };
}

/** The Temporal SDK in use. */
export function sdkVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('@temporalio/client/package.json') as { version: string }).version;
}

async function stateOf(storage: Pick<StoragePort, 'get'>, hash: string): Promise<EvidenceRecord['stored']> {
  try {
    await storage.get(hash);
    return 'intact';
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'StorageMissing') return 'missing';
    if (name === 'StorageCorrupt') return 'corrupt';
    throw error;
  }
}

async function refuseFilled(dir: string): Promise<void> {
  const present = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw notWritable(dir, '--out', error);
  });
  if (present.length === 0) return;
  throw new DeskError('audit.notEmpty', `${dir} is not empty; an export is never written over another`, {
    exit: EXIT.refused,
    remedy: 'Name a new folder.',
  });
}

/** A half-written archive would look like a tampered one: it is renamed into place when complete. */
async function writeWhole(dir: string, texts: Record<string, string>): Promise<void> {
  const draft = `${dir}.part-${process.pid}`;
  await makeFolder(dirname(dir));
  try {
    await guardedWrite(dir, '--out', async () => {
      await rm(draft, { recursive: true, force: true });
      await mkdir(draft);
      for (const [name, text] of Object.entries(texts)) await writeFile(join(draft, name), text);
      await rmdir(dir).catch(() => undefined);
      await rename(draft, dir);
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
