import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { openStorage } from '../../adapters/storage/index.js';
import { describeStoragePort } from './suites/storage.js';

describeStoragePort('folder', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'aftercare-storage-'));
  const folder = join(parent, 'evidence with spaces');
  return {
    storage: openStorage({ url: pathToFileURL(folder).href }),
    damage: (sha256) => writeFile(join(folder, sha256.slice(0, 2), sha256.slice(2)), 'changed'),
    list: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    },
    down: async () => {
      await rename(folder, `${folder} away`);
      await writeFile(folder, 'in the way');
    },
    up: async () => {
      await rm(folder);
      await rename(`${folder} away`, folder);
    },
    stop: () => rm(parent, { recursive: true }),
  };
});

it('says what a storage is', () => {
  expect(() => openStorage({ url: 's3://bucket' })).toThrow('file:///');
});
