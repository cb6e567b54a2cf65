/** Workers die, cases do not: whatever is killed between two steps, what comes out is what would have come out. */
import { describe, expect, test } from 'vitest';
import { effects, useTold, type AsWritten, type Disturbed } from '../support/scenarios.js';

let calm: AsWritten['results'];
let crashed: Disturbed[];
useTold(({ results, disturbed }) => {
  calm = results;
  crashed = disturbed.workerDies;
});

describe('a worker killed between any two steps', () => {
  test.each(['issuance-smooth', 'repair-smooth'])(
    'A4 ISS-24 ONS-27 %s: same end, same messages by key, same custody and appointments; it replays',
    (name) => {
      const { result } = crashed.find(({ file }) => file === name)!;
      // What the scenario expects at each step holds in both.
      expect(calm.get(name)!.misses ?? []).toEqual([]);
      expect(result.misses ?? []).toEqual([]);
      expect(effects(result)).toEqual(effects(calm.get(name)!));
      expect(result.cases.map((each) => [each.status, each.replay])).toEqual([['closed', 'match']]);
      const keys = result.cases[0]!.messages.map((message) => message.key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.length).toBeGreaterThan(3);
    },
  );
});
