/**
 * Every scenario under examples/scenarios on the real server under the virtual clock: it must go exactly as written,
 * and every history it makes must replay (C13). Those of the demo are run by the demo, the others by `simulate`.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DOZEN } from '../../simulation/demo.js';
import { aftercare, type Ran } from '../e2e/program.js';
import { SCENARIOS, simulate, type Result } from '../support/scenarios.js';

const scenarios = readdirSync(SCENARIOS)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => {
    const { title, rules } = parse(readFileSync(join(SCENARIOS, name), 'utf8')) as {
      title: string;
      rules: string[];
    };
    return { name, title, rules };
  });
const SHOWN = ['demo', ...DOZEN].map((name) => `${name}.yaml`);

let folder: string;
let demo: Ran;
const results = new Map<string, Result>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aftercare-demo-'));
  demo = await aftercare(['demo', '--out', join(folder, 'out')], { home: join(folder, 'home') });
  for (const name of await readdir(join(folder, 'out'))) {
    const result = JSON.parse(await readFile(join(folder, 'out', name, 'result.json'), 'utf8')) as Result;
    results.set(result.title, result);
  }
  const others = scenarios.filter(({ name }) => !SHOWN.includes(name));
  for (const result of await simulate(others.map(({ name }) => join(SCENARIOS, name))))
    results.set(result.title, result);
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('scenarios', () => {
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

describe('aftercare demo', () => {
  it('tells one complaint and a dozen more, and says how to run the rest', () => {
    const { code, stdout, stderr } = demo;
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('worker killed after the mail server accepted, restarted');
    expect(stdout).toMatch(/replayed: match ✓ {3}edited copy: caught at record \d+ ✓/);
    expect(stdout).toContain(`✓ ${DOZEN.length} of ${DOZEN.length} more scenarios as written`);
    expect(scenarios.map(({ name }) => name)).toEqual(expect.arrayContaining(SHOWN));
    const left = scenarios.length - SHOWN.length;
    expect(stdout).toContain(`${left} take longer: npm run demo -- --all`);
  });
});
