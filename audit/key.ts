import { readFile } from 'node:fs/promises';
import { DeskError, EXIT } from '../client/api.js';

const SHORTEST = 16;

/**
 * Reads the key an export is sealed with. Space around it does not count, so that an editor's last newline makes no
 * other key.
 * @throws DeskError `audit.key` when it cannot be read or is too short to keep a forger out
 */
export async function readKey(file: string): Promise<Uint8Array> {
  const text = await readFile(file, 'latin1').catch((cause: unknown) => {
    const remedy = 'Make one with `openssl rand -hex 32 > FILE` and keep it apart from the exports.';
    throw new DeskError('audit.key', `the key file ${file} cannot be read`, {
      exit: EXIT.usage,
      remedy,
      cause,
    });
  });
  const key = Buffer.from(text.trim(), 'latin1');
  if (key.length >= SHORTEST) return key;
  throw new DeskError('audit.key', `the key in ${file} has ${key.length} bytes; ${SHORTEST} are the least`, {
    exit: EXIT.usage,
    remedy: 'Make one with `openssl rand -hex 32 > FILE`.',
  });
}
