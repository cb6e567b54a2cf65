/** Workers die, cases do not: whatever is killed between two steps, what comes out is what would have come out. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { calmAndDisturbed, effects, SCENARIOS, workerDies } from '../support/scenarios.js';

describe('a worker killed between any two steps', () => {
  test.each(['issuance-smooth.yaml', 'repair-smooth.yaml'])(
    'A4 ISS-24 ONS-27 %s: same end, same messages by key, same custody and appointments; it replays',
    async (name) => {
      const [pair] = await calmAndDisturbed([join(SCENARIOS, name)], workerDies);
      const { calm, disturbed } = pair!;
      // What the scenario expects at each step holds in both.
      expect(calm.misses ?? []).toEqual([]);
      expect(disturbed.misses ?? []).toEqual([]);
      expect(effects(disturbed)).toEqual(effects(calm));
      expect(disturbed.cases.map((each) => [each.status, each.replay])).toEqual([['closed', 'match']]);
      const keys = disturbed.cases[0]!.messages.map((message) => message.key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.length).toBeGreaterThan(3);
    },
    600_000,
  );
});
