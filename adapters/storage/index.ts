import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCode, writeOver } from '../files.js';
import type { StoragePort } from '../ports.js';

/** Nothing is stored under this hash. */
export class StorageMissing extends Error {
  override readonly name = 'StorageMissing';
  constructor(readonly sha256: string) {
    super(`no file is stored under ${sha256}`);
  }
}

/** What is stored under this hash no longer has it: changed or damaged. */
export class StorageCorrupt extends Error {
  override readonly name = 'StorageCorrupt';
  constructor(readonly sha256: string) {
    super(`the file stored under ${sha256} no longer has this hash`);
  }
}

/**
 * Evidence on disk, content-addressed: `<folder>/ab/cdef…` by SHA-256.
 *
 * @param options.url `file:///folder`
 */
export function openStorage(options: { url: string }): StoragePort {
  if (!options.url.startsWith('file://')) throw new Error('a storage is file:///folder');
  const folder = fileURLToPath(options.url);
  const pathOf = (sha256: string): string => join(folder, sha256.slice(0, 2), sha256.slice(2));

  async function get(sha256: string): Promise<Uint8Array> {
    if (!isHash(sha256)) throw new StorageMissing(sha256);
    let content: Buffer;
    try {
      content = await readFile(pathOf(sha256));
    } catch (error) {
      if (isCode(error, 'ENOENT')) throw new StorageMissing(sha256);
      throw error;
    }
    if (hashOf(content) !== sha256) throw new StorageCorrupt(sha256);
    return content;
  }

  return {
    get,
    async put(content) {
      const sha256 = hashOf(content);
      const stored = { sha256, bytes: content.byteLength };
      try {
        await get(sha256);
      } catch (error) {
        // A damaged copy is mended by whoever still has the content.
        if (!(error instanceof StorageMissing || error instanceof StorageCorrupt)) throw error;
        await writeOver(pathOf(sha256), content);
      }
      return stored;
    },
    async has(sha256) {
      if (!isHash(sha256)) return false;
      try {
        return (await stat(pathOf(sha256))).isFile();
      } catch (error) {
        if (isCode(error, 'ENOENT')) return false;
        throw error;
      }
    },
    async check() {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.R_OK | constants.W_OK);
      return `files in ${folder}`;
    },
  };
}

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Only a hash becomes a path. */
function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
