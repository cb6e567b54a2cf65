/**
 * Scenarios with hand-overs, appointments, linked cases and a trip, with a new run at every idle moment: everything
 * must go exactly as written all the same, because what a manual knows is data (house, "position is data").
 */
import { describe, expect, test } from 'vitest';
import { effects, useTold, type AsWritten, type Disturbed } from '../support/scenarios.js';

let calm: AsWritten['results'];
let chapters: Disturbed[];
useTold(({ results, disturbed }) => {
  calm = results;
  chapters = disturbed.chapterEveryStep;
});

describe('continue-as-new forced after every step of a scenario', () => {
  // Things held, appointments, waits for the bureau and duties beside the main line are carried on as well.
  test('A4 AT-50 ISS-24 issuance: the same facts, messages, custody and appointments as in one run', () => {
    const { result, runs } = chapters.find(({ file }) => file === 'issuance-officer-away')!;
    expect(result.misses ?? []).toEqual([]);
    expect(effects(result)).toEqual(effects(calm.get('issuance-officer-away')!));
    expect(result.cases.map((each) => each.replay)).toEqual(['match']);
    expect(runs).toBeGreaterThan(10);
  });

  test('A4 W20 W21 W25 ONS-14 W29 everything goes as written', () => {
    expect(chapters.length).toBeGreaterThanOrEqual(7);
    for (const { file, result, runs } of chapters) {
      expect(result.misses ?? [], file).toEqual([]);
      expect(result.cases.length, file).toBeGreaterThan(0);
      for (const each of result.cases) expect(each.replay, `${file} ${each.case}`).toBe('match');
      expect(runs, file).toBeGreaterThan(result.cases.length + 3);
    }
  });
});
