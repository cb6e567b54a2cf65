/**
 * Scenarios with hand-overs, appointments, linked cases and a trip, with a new run at every idle moment: everything
 * must go exactly as written all the same, because what a manual knows is data (house, "position is data").
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { calmAndDisturbed, chapterEveryStep, disturbed, effects, SCENARIOS } from '../support/scenarios.js';

const filesOf = (names: string[]) => names.map((name) => join(SCENARIOS, `${name}.yaml`));

describe('continue-as-new forced after every step of a scenario', () => {
  // Things held, appointments, waits for the bureau and duties beside the main line are carried on as well.
  test('A4 AT-50 ISS-24 issuance: the same facts, messages, custody and appointments as in one run', async () => {
    const [pair] = await calmAndDisturbed(filesOf(['issuance-officer-away']), chapterEveryStep);
    expect(pair!.disturbed.misses ?? []).toEqual([]);
    expect(effects(pair!.disturbed)).toEqual(effects(pair!.calm));
    expect(pair!.disturbed.cases.map((each) => each.replay)).toEqual(['match']);
    expect(pair!.runs).toBeGreaterThan(10);
  }, 300_000);

  test('A4 W20 W21 W25 ONS-14 W29 everything goes as written', async () => {
    const repairs = ['repair-replacement', 'repair-paid-workshop', 'repair-unreachable', 'repair-cancelled'];
    const issuances = ['issuance-smooth', 'issuance-bureau-moves', 'issuance-partly', 'trip-two-customers'];
    for (const { file, disturbed: result, runs } of await disturbed(
      filesOf([...repairs, ...issuances]),
      chapterEveryStep,
    )) {
      expect(result.misses ?? [], file).toEqual([]);
      for (const each of result.cases) expect(each.replay, `${file} ${each.case}`).toBe('match');
      expect(runs, file).toBeGreaterThan(result.cases.length + 3);
    }
  }, 600_000);
});
