/**
 * Every scenario under examples/scenarios on the real server under the virtual clock: it must go exactly as written,
 * and every history it makes must replay (C13).
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'examples/scenarios');

interface Result {
  title: string;
  ok: boolean;
  cases: { case: string; replay: string }[];
  misses?: { file: string; line: number; path: string; expected: unknown; actual: unknown }[];
}

const scenarios = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => {
    const { title, rules } = parse(readFileSync(join(FOLDER, name), 'utf8')) as {
      title: string;
      rules: string[];
    };
    return { name, title, rules };
  });

/** Runs scenario files; `simulate` shares them among its stacks. */
function simulate(names: string[]): Promise<Result[]> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [
        'dist/client/cli/main.js',
        'simulate',
        ...names.map((name) => join('examples/scenarios', name)),
        '--json',
      ],
      { cwd: ROOT, env: { ...process.env, TZ: 'UTC', NO_COLOR: '1' }, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        try {
          const read = JSON.parse(stdout) as Result | Result[];
          resolve(Array.isArray(read) ? read : [read]);
        } catch {
          reject(new Error(`simulate printed no JSON: ${error?.message ?? ''}\n${stderr.slice(-4_000)}`));
        }
      },
    );
  });
}

describe('scenarios', () => {
  const results = new Map<string, Result>();
  beforeAll(async () => {
    for (const result of await simulate(scenarios.map((scenario) => scenario.name)))
      results.set(result.title, result);
  }, 600_000);

  it('are at least twelve, each with a title of its own', () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(12);
    expect(new Set(scenarios.map((scenario) => scenario.title)).size).toBe(scenarios.length);
  });

  for (const { name, title, rules } of scenarios)
    it(`${rules.join(', ')}: ${title} (${name})`, () => {
      const result = results.get(title);
      expect(result, 'no result').toBeDefined();
      expect(result!.misses ?? []).toEqual([]);
      expect(result!.ok).toBe(true);
      expect(result!.cases.length).toBeGreaterThan(0);
      for (const each of result!.cases) expect(each.replay, each.case).toBe('match');
    });
});
