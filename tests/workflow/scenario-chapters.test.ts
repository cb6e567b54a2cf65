/**
 * Scenarios with hand-overs, appointments and a linked case again, with a new run at every idle moment: everything must
 * go exactly as written all the same, because what a manual knows is data (house, "position is data").
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'aftercare-chapters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  title: string;
  ok: boolean;
  cases: { case: string; replay: string }[];
  misses?: unknown[];
}

function simulate(files: string[]): Promise<Result[]> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['dist/client/cli/main.js', 'simulate', ...files, '--json'],
      { cwd: ROOT, env: { ...process.env, TZ: 'UTC', NO_COLOR: '1' }, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        try {
          resolve(JSON.parse(stdout) as Result[]);
        } catch {
          reject(new Error(`simulate printed no JSON: ${error?.message ?? ''}\n${stderr.slice(-4_000)}`));
        }
      },
    );
  });
}

it('A4 W20 W21 W25 ONS-14 W29 everything goes as written with continue-as-new forced after every step', async () => {
  const repairs = ['repair-replacement', 'repair-paid-workshop', 'repair-unreachable', 'repair-cancelled'];
  const names = [...repairs, 'issuance-partly', 'trip-two-customers'];
  const files = names.map((name) => {
    const text = readFileSync(join(ROOT, 'examples/scenarios', `${name}.yaml`), 'utf8');
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, text.replace('\nsteps:\n', '\npolicy: { kernel: { chapterEvents: 1 } }\nsteps:\n'));
    expect(readFileSync(file, 'utf8')).toContain('chapterEvents');
    return file;
  });
  const results = await simulate(files);
  expect(results).toHaveLength(names.length);
  for (const result of results) {
    expect(result.misses ?? [], result.title).toEqual([]);
    for (const each of result.cases) expect(each.replay, each.case).toBe('match');
  }
}, 600_000);
