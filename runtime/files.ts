/** Files that several processes touch: atomic writes, locks that survive a `kill -9`, and who a process is. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Writes a file so that a reader sees the old content or the new, never half of it. */
export function writeAtomically(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Reads a JSON file; null when it is absent or damaged. */
export function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}

/** True while a process of that id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    // A zombie still has an id, but holds nothing any more.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return true;
  }
}

/**
 * What tells one process from a later one with the same id: when it started and its program.
 * Null when there is no such process, or the system does not say.
 */
export function processIdentity(pid: number): { started: string; command: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return { started, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim() };
  } catch {
    // No /proc (macOS): ask ps.
  }
  try {
    const ask = (field: string) =>
      execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    const started = ask('lstart');
    return started === '' ? null : { started, command: ask('command') };
  } catch {
    return null;
  }
}

interface LockHolder {
  pid: number;
  started: string | null;
}

/** The process that holds a lock, or null when nobody living does. */
export function lockHolder(file: string): LockHolder | null {
  const holder = readJson<LockHolder>(file);
  if (holder === null || !isAlive(holder.pid)) return null;
  const identity = processIdentity(holder.pid);
  if (identity !== null && holder.started !== null && identity.started !== holder.started) return null;
  return holder;
}

/**
 * Takes a lock file if nobody living holds it. A lock left by a dead process is taken over.
 * @returns how to give it back, or null when it is held.
 */
export function tryLock(file: string): (() => void) | null {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, started: processIdentity(process.pid)?.started ?? null });
  for (let attempt = 0; attempt < 3; attempt++) {
    // Written first and linked after: nobody ever sees a lock without its holder.
    const written = `${file}.${process.pid}.${randomUUID().slice(0, 8)}.tmp`;
    writeFileSync(written, mine);
    try {
      linkSync(written, file);
      return () => {
        if (readJson<LockHolder>(file)?.pid === process.pid) rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(written, { force: true });
    }
    if (lockHolder(file) !== null) return null;
    // Move the dead lock aside before removing it: of two processes that see it, one rename wins. If a new lock
    // was moved by mistake it is put back; its holder's work is atomic anyway, so the gap costs nothing.
    const aside = `${file}.${process.pid}.${randomUUID().slice(0, 8)}.stale`;
    try {
      renameSync(file, aside);
    } catch {
      continue;
    }
    if (lockHolder(aside) !== null) {
      renameSync(aside, file);
      return null;
    }
    rmSync(aside, { force: true });
  }
  return null;
}

/** Waits for a lock. `onWait` is told once, with the holder's pid, when it has to wait. */
export async function lock(
  file: string,
  options: { timeoutMs: number; onWait?: (pid: number | null) => void },
): Promise<() => void> {
  const until = Date.now() + options.timeoutMs;
  for (let waited = false; ; waited = true) {
    const release = tryLock(file);
    if (release !== null) return release;
    const holder = lockHolder(file);
    if (!waited) options.onWait?.(holder?.pid ?? null);
    if (Date.now() > until) {
      throw new Error(
        `${file} is held by process ${holder?.pid ?? 'unknown'} for more than ${Math.round(options.timeoutMs / 1000)} s. ` +
          'Wait for it, or end that process and try again.',
      );
    }
    await delay(100);
  }
}

/** A folder that is gone when `work` is done, whatever happens. */
export async function withFolder<T>(folder: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
