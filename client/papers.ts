/** Texts and files of what is sent: stored apart from histories, which hold references only (house 4). */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import type { ContentRow } from '../adapters/ports.js';
import type { EvidenceRef } from '../domain/case.js';
import type { PendingFile, PendingStaff, PendingText } from '../domain/forms.js';
import { DeskError } from './api.js';
import type { Desk } from './desk.js';
import { invalid } from './failures.js';

/** Rows that were not there before an act. */
export interface Added {
  contents: string[];
  evidence: string[];
}

export class Papers {
  /** Names of files as they were given, by evidence id. */
  private readonly fileNames = new Map<string, string>();

  constructor(private readonly desk: Desk) {}

  /**
   * Puts references in the place of pending texts, files and staff. Nothing is stored: that is for the caller, once he
   * knows that all is in order. Ids are derived from the request, so a repeat stores nothing twice.
   * @throws DeskError naming every field that is wrong
   */
  async references(value: unknown, about: string, requestId: string) {
    const contents: Omit<ContentRow, 'caseId'>[] = [];
    const files: Buffer[] = [];
    const wrong: { field: string; message: string }[] = [];
    const walk = async (node: unknown, path: string): Promise<unknown> => {
      if (node === null || typeof node !== 'object') return node;
      if (Array.isArray(node)) return Promise.all(node.map((item, i) => walk(item, `${path}.${i}`)));
      if ('$text' in node) {
        const row = contentRow(path, (node as PendingText).$text, `${requestId}/${path}`);
        contents.push(row);
        return { content: row.id, sha256: row.sha256 };
      }
      const field = path.replace(/^answer\./, '');
      if ('$staff' in node) {
        const found = await this.desk.guarded(requestId, () =>
          this.desk.ledger.staff((node as PendingStaff).$staff),
        );
        if (found !== null) return found.id;
        wrong.push({ field, message: 'nobody of that id works here; see `aftercare staff list`' });
        return undefined;
      }
      if ('$file' in node) {
        const given = (node as PendingFile).$file;
        const bytes = await this.bytesOf(given).catch(() => null);
        if (bytes === null || bytes.length === 0) {
          const name = 'path' in given ? given.path : given.name;
          const why = bytes === null ? 'cannot be read' : 'is empty';
          wrong.push({ field, message: `the file ${name} ${why}` });
          return undefined;
        }
        files.push(bytes);
        return this.reference(given, bytes, `${requestId}/${path}`);
      }
      const result: Record<string, unknown> = {};
      for (const [key, inner] of Object.entries(node)) {
        const next = await walk(inner, path === '' ? key : `${path}.${key}`);
        if (next !== undefined) result[key] = next;
      }
      return result;
    };
    const walked = await walk(value, '');
    if (wrong.length > 0) throw invalid(about, wrong, requestId);
    return { value: walked, contents, files };
  }

  private bytesOf(given: PendingFile['$file']): Promise<Buffer> {
    return 'path' in given
      ? readFile(resolve(this.desk.deps.folder ?? '.', given.path))
      : Promise.resolve(Buffer.from(given.text, 'utf8'));
  }

  private reference(given: PendingFile['$file'], bytes: Buffer, seed: string): EvidenceRef {
    const name = 'path' in given ? basename(given.path) : given.name;
    const evidence = seed.slice(-80);
    this.fileNames.set(evidence, name);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { evidence, sha256, mediaType: mediaTypeOf(name), bytes: bytes.length };
  }

  async store(files: readonly Buffer[]): Promise<void> {
    for (const bytes of files) await this.desk.storage.put(bytes);
  }

  /**
   * A refused act leaves no texts and no papers on file. Only what this very act added goes: a repeat that is refused
   * must not take what its first attempt brought.
   */
  async takeBack(caseId: string, added: Added, refusal: DeskError): Promise<void> {
    if (added.contents.length === 0 && added.evidence.length === 0) return;
    const { ledger } = this.desk.deps;
    try {
      const used = new Set<string>();
      if (refusal.code === 'case.closed') {
        // Its answer may have been lost and this act have closed the case: what the closed record names stays.
        const file = await ledger.caseFile(caseId);
        if (file !== null && file.row.status !== 'closed') return;
        for (const each of [...(file?.tasks ?? []).map(({ answer }) => answer), ...(file?.timeline ?? [])])
          collect(['content', 'evidence'], each, used);
      }
      const unused = (id: string) => !used.has(id);
      await ledger.takeBack({
        contents: added.contents.filter(unused),
        evidence: added.evidence.filter(unused),
      });
    } catch {
      // The ledger is away: a text that nobody refers to is left, which is worse than none and better than no answer.
    }
  }

  /** Writes an evidence row for every reference in what was sent. Returns the ids that are new. */
  async evidenceOf(caseId: string, value: unknown, actor: string): Promise<string[]> {
    const found: {
      field: string;
      ref: { evidence: string; sha256: string; mediaType: string; bytes: number };
    }[] = [];
    const walk = (node: unknown, field: string): void => {
      if (node === null || typeof node !== 'object') return;
      const record = node as Record<string, unknown>;
      if (typeof record['evidence'] === 'string' && typeof record['sha256'] === 'string')
        found.push({ field, ref: record as never });
      else for (const [key, inner] of Object.entries(record)) walk(inner, key);
    };
    walk(value, 'attachment');
    const added: string[] = [];
    for (const { field, ref } of found) {
      const fresh = await this.desk.ledger.addEvidence({
        ...ref,
        caseId,
        field,
        name: this.fileNames.get(ref.evidence) ?? field,
        addedBy: actor,
        addedAt: this.desk.at,
      });
      if (fresh) added.push(ref.evidence);
    }
    return added;
  }
}

/** A text with its id and SHA-256. @param seed what the id is derived from: the same gives the same */
export function contentRow(field: string, body: string, seed: string): Omit<ContentRow, 'caseId'> {
  const id = `c-${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`;
  return { id, field, sha256: createHash('sha256').update(body).digest('hex'), body };
}

/** Ids of every text, or also of every paper, that a value names. */
export function collect(kinds: readonly ('content' | 'evidence')[], value: unknown, into: Set<string>): void {
  if (value === null || typeof value !== 'object') return;
  const record = value as Record<string, unknown>;
  for (const id of kinds.map((kind) => record[kind])) if (typeof id === 'string') into.add(id);
  for (const inner of Object.values(record)) collect(kinds, inner, into);
}

function mediaTypeOf(name: string): string {
  const types: Record<string, string> = {
    '.pdf': 'application/pdf',
    '.png': 'image/png',
    '.jpg': 'image/jpeg',
    '.jpeg': 'image/jpeg',
    '.txt': 'text/plain',
    '.html': 'text/html',
    '.mp3': 'audio/mpeg',
    '.wav': 'audio/wav',
  };
  return types[extname(name).toLowerCase()] ?? 'application/octet-stream';
}
