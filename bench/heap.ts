/** Heap per cached case, measured in a process of its own. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeapOrder, HeapResult } from './heap-main.js';

export async function heapOf(order: HeapOrder, folder: string): Promise<HeapResult> {
  const file = join(folder, 'heap-order.json');
  await writeFile(file, JSON.stringify(order));
  const url = (name: string) => new URL(`./${name}.js`, import.meta.url);
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', url('heap-probe').href, url('heap-main').pathname, file],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TZ: 'UTC' } },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const line = output.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !line.startsWith('{'))
    throw new Error(`the heap was not measured: it ended with code ${code}`);
  return JSON.parse(line) as HeapResult;
}
