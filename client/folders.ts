/** Folders and files that a person names to be written to: what cannot be written is said with the flag that named it. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { DeskError, EXIT } from './api.js';

/** A place that cannot be written to. @param said what stands against it: a sentence, or the error it ended with */
export function notWritable(path: string, field: string, said: unknown): DeskError {
  const code = (said as NodeJS.ErrnoException).code ?? 'unknown';
  const message = typeof said === 'string' ? said : `${path} cannot be written: ${code}`;
  return new DeskError('usage.folder', `${field}: ${message}`, {
    exit: EXIT.usage,
    fields: [{ field, message }],
    remedy: `name a place you may write to with ${field}`,
    cause: said,
  });
}

/**
 * Makes a folder and all above it; one that is there is left as it is. Not by `mkdir` with `recursive`: where nothing can
 * be made, as in /proc, that tries for ever.
 * @throws DeskError `usage.folder` naming `field`
 */
export async function makeFolder(folder: string, field = '--out'): Promise<void> {
  const missing: string[] = [];
  for (let place = resolve(folder); ; place = dirname(place)) {
    const found = await stat(place).catch(() => null);
    if (found?.isDirectory()) break;
    if (found !== null) throw notWritable(place, field, `${place} is a file, not a folder`);
    missing.unshift(place);
  }
  for (const place of missing) {
    await mkdir(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw notWritable(place, field, error);
    });
  }
}

/** Writes a file where a person said. @throws DeskError `usage.folder` naming `field` */
export async function saveFile(file: string, content: Uint8Array, field = '--out'): Promise<void> {
  const folder = dirname(resolve(file));
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() !== true)
    throw notWritable(file, field, `there is no folder ${folder} to put ${basename(file)} in`);
  await guardedWrite(file, field, () => writeFile(file, content));
}

/** Runs what writes to a place that a person named. @throws DeskError `usage.folder` naming `field` */
export async function guardedWrite<T>(path: string, field: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).syscall !== 'string') throw error;
    throw notWritable(path, field, error);
  }
}
