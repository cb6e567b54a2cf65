import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it, beforeEach, afterEach } from 'vitest';
import { StorageCorrupt, StorageMissing } from '../../../adapters/storage/index.js';
import type { StoragePort } from '../../../adapters/ports.js';

/** One storage and what its host can do to it. */
export interface StorageHost {
  storage: StoragePort;
  /** Changes the stored content behind the port's back. */
  damage(sha256: string): Promise<void>;
  /** Names of everything that lies there. */
  list(): Promise<string[]>;
  /** Takes the place away, and gives it back. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

/** The storage port's contract. */
export function describeStoragePort(name: string, make: () => Promise<StorageHost>): void {
  describe(`storage by ${name}`, () => {
    let host: StorageHost;
    let storage: StoragePort;
    beforeEach(async () => {
      host = await make();
      storage = host.storage;
    });
    afterEach(() => host.stop());

    const content = Buffer.from('签收单\u0000\u00ff', 'utf8');
    const sha256 = createHash('sha256').update(content).digest('hex');

    it('gives back what it took, under its SHA-256', async () => {
      expect(await storage.put(content)).toEqual({ sha256, bytes: content.length });
      expect(Buffer.from(await storage.get(sha256))).toEqual(content);
      expect(await storage.has(sha256)).toBe(true);
      const empty = await storage.put(new Uint8Array());
      expect(await storage.get(empty.sha256)).toHaveLength(0);
    });

    it('keeps one copy of the same content, also when it comes ten times at once', async () => {
      const large = randomBytes(2_000_000);
      const stored = await Promise.all(Array.from({ length: 10 }, () => storage.put(large)));
      expect(new Set(stored.map((file) => file.sha256)).size).toBe(1);
      expect(await host.list()).toHaveLength(1);
      expect(Buffer.from(await storage.get(stored[0]?.sha256 ?? '')).equals(large)).toBe(true);
    });

    it('says what is missing, and takes only a hash for a name', async () => {
      await expect(storage.get('0'.repeat(64))).rejects.toBeInstanceOf(StorageMissing);
      expect(await storage.has('0'.repeat(64))).toBe(false);
      for (const name of ['', `${'../'.repeat(20)}etc/passwd`, sha256.toUpperCase(), `${sha256}/`]) {
        await expect(storage.get(name)).rejects.toBeInstanceOf(StorageMissing);
        expect(await storage.has(name)).toBe(false);
      }
    });

    it('tells changed content, and takes the true one again', async () => {
      await storage.put(content);
      await host.damage(sha256);
      await expect(storage.get(sha256)).rejects.toBeInstanceOf(StorageCorrupt);
      await expect(storage.get(sha256)).rejects.toMatchObject({ sha256 });
      await storage.put(content);
      expect(Buffer.from(await storage.get(sha256))).toEqual(content);
    });

    it('fails while its place is gone and works when it is back', async () => {
      await storage.check();
      await host.down();
      await expect(storage.put(content)).rejects.toThrow();
      await expect(storage.check()).rejects.toThrow();
      await host.up();
      await storage.put(content);
      expect(await storage.has(sha256)).toBe(true);
    });
  });
}
