import { describe, expect, it } from 'vitest';
import type { CaseRow } from '../../domain/case.js';
import { qualityOf } from '../../domain/quality.js';

function row(change: Partial<CaseRow>): CaseRow {
  return {
    caseId: 'T20300304-001',
    process: 'complaint',
    status: 'closed',
    outcome: 'satisfied',
    level: 'L1',
    rounds: 1,
    owner: 'li.na',
    grade: 'general',
    openedAt: '2030-03-04T01:00:00.000Z',
    receivedAt: '2030-03-04T01:00:00.000Z',
    closedAt: '2030-03-06T01:00:00.000Z',
    nextDueAt: null,
    attention: null,
    waitingOn: 'us',
    identity: 'named',
    personsConcerned: [],
    customer: 'qingshan',
    relatedTo: null,
    policyDigest: '',
    responseMinutes: 20,
    resolutionMinutes: 600,
    ...change,
  };
}

describe('figures of quality', () => {
  it('REG-09 counts, shares and medians of each process, without a name', () => {
    const lines = qualityOf(
      [
        row({}),
        row({ rounds: 2, responseMinutes: 40, resolutionMinutes: 900, relatedTo: 'T20300201-001' }),
        row({ outcome: 'externalRecourse', rounds: 3, responseMinutes: 30, resolutionMinutes: 1200 }),
        row({ outcome: 'merged' }),
        row({ status: 'open', outcome: null, responseMinutes: null, resolutionMinutes: null }),
        // No service to a customer, but a run of ours (W20).
        row({ process: 'trip', outcome: 'settled' }),
        row({ process: 'repair', outcome: 'repaired', responseMinutes: 0, resolutionMinutes: 0 }),
      ],
      {},
      480,
    );
    expect(lines).toEqual([
      {
        process: 'complaint',
        received: 5,
        closed: 4,
        outcomes: { satisfied: 2, externalRecourse: 1, merged: 1 },
        // Two of three: one merged into another case is counted there (W36).
        satisfiedPercent: 67,
        repeatPercent: 20,
        oneRoundPercent: 50,
        responseMinutes: 25,
        resolutionMinutes: 750,
      },
      {
        process: 'repair',
        received: 1,
        closed: 1,
        outcomes: { repaired: 1 },
        satisfiedPercent: null,
        repeatPercent: 0,
        oneRoundPercent: 100,
        responseMinutes: null,
        resolutionMinutes: null,
      },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/qingshan|li\.na/);
  });

  it('REG-09 W21 a case opened for part of another one is no repetition', () => {
    const part = row({ process: 'issuance', outcome: 'activated', relatedTo: 'F20300301-001' });
    expect(qualityOf([part], {}, 480)[0]?.repeatPercent).toBeNull();
  });

  it("REG-09 takes the days of the organisation's zone, both ends included", () => {
    const late = row({ receivedAt: '2030-03-04T16:30:00.000Z' });
    const count = (from: string, to: string) => qualityOf([late], { from, to }, 480)[0]?.received ?? 0;
    expect(count('2030-03-05', '2030-03-05')).toBe(1);
    expect(count('2030-03-04', '2030-03-04')).toBe(0);
  });
});
