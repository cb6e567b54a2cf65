import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder, saveFile } from '../../client/folders.js';

const base = mkdtempSync(join(tmpdir(), 'aftercare-folders-'));
const file = join(base, 'file');
writeFileSync(file, 'x');
afterAll(() => {
  chmodSync(base, 0o700);
  rmSync(base, { recursive: true });
});

describe('a place a person names to be written to', () => {
  it('is made with all above it, and once more does no harm', async () => {
    const folder = join(base, 'a', 'b', 'c');
    await makeFolder(folder);
    await makeFolder(folder);
    await saveFile(join(folder, 'x.pdf'), Buffer.from('pdf'));
    expect(readFileSync(join(folder, 'x.pdf'), 'utf8')).toBe('pdf');
  });

  it.each([
    ['a file', file, 'is a file, not a folder'],
    ['below a file', join(file, 'a', 'b'), 'is a file, not a folder'],
    ['where nothing can be made', '/proc/x/y', 'cannot be written: ENOENT'],
  ])('is refused: %s', { timeout: 5_000 }, async (_, folder, why) => {
    await expect(makeFolder(folder)).rejects.toMatchObject({
      code: 'usage.folder',
      exit: 64,
      message: expect.stringContaining(why) as string,
      details: { remedy: 'name a place you may write to with --out' },
    });
  });

  it('a file is not put into a folder that is not there, nor over a folder', async () => {
    const nowhere = join(base, 'none', 'x.pdf');
    await expect(saveFile(nowhere, Buffer.from('x'))).rejects.toThrow('there is no folder');
    expect(existsSync(nowhere)).toBe(false);
    await expect(saveFile(base, Buffer.from('x'))).rejects.toThrow('cannot be written: EISDIR');
  });
});
