/**
 * Every scenario under examples/scenarios on the real server under the virtual clock: it must go exactly as written,
 * and every history it makes must replay (C13).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
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

describe('scenarios', () => {
  const results = new Map<string, Result>();
  beforeAll(async () => {
    for (const result of await simulate(scenarios.map(({ name }) => join(SCENARIOS, name))))
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
