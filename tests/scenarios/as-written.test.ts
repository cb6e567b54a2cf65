/**
 * Every scenario under examples/scenarios on the real server under the virtual clock: it must go exactly as written,
 * and every history it makes must replay (C13). Those of the demo are run by the demo, the others by `simulate`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DOZEN } from '../../simulation/demo.js';
import { scenarioNames, SCENARIOS, useTold, type AsWritten } from '../support/scenarios.js';

const scenarios = scenarioNames().map((name) => {
  const { title, rules } = parse(readFileSync(join(SCENARIOS, `${name}.yaml`), 'utf8')) as {
    title: string;
    rules: string[];
  };
  return { name, title, rules };
});

let told: AsWritten;
useTold((all) => {
  told = all;
});

describe('scenarios', () => {
  it('are at least twelve, each with a title of its own', () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(12);
    expect(new Set(scenarios.map((scenario) => scenario.title)).size).toBe(scenarios.length);
  });

  for (const { name, title, rules } of scenarios)
    it(`${rules.join(', ')}: ${title} (${name}.yaml)`, () => {
      const result = told.results.get(name);
      expect(result, 'no result').toBeDefined();
      expect(result!.title).toBe(title);
      expect(result!.misses ?? []).toEqual([]);
      expect(result!.ok).toBe(true);
      expect(result!.cases.length).toBeGreaterThan(0);
      for (const each of result!.cases) expect(each.replay, each.case).toBe('match');
    });
});

describe('aftercare demo', () => {
  it('tells one complaint and a dozen more, and says how to run the rest', () => {
    const { code, stdout, stderr } = told.demo;
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('worker killed after the mail server accepted, restarted');
    expect(stdout).toMatch(/replayed: match ✓ {3}edited copy: caught at record \d+ ✓/);
    expect(stdout).toContain(`✓ ${DOZEN.length} of ${DOZEN.length} more scenarios as written`);
    const shown = ['demo', ...DOZEN];
    expect(scenarios.map(({ name }) => name)).toEqual(expect.arrayContaining(shown));
    expect(stdout).toContain(`${scenarios.length - shown.length} take longer: npm run demo -- --all`);
  });
});
