/**
 * Figures of service quality, per process, for the department's own review and for the tax bureau's yearly survey
 * (REG-09). Counts and shares of cases only: nobody's name stands in them.
 */
import type { CaseRow, Day, ProcessName } from './case.js';
import { dayOf } from './calendar.js';

export interface QualityLine {
  process: ProcessName;
  /** Received in the span. */
  received: number;
  /** Of these, ended by now; and how. */
  closed: number;
  outcomes: Record<string, number>;
  /** Percent of the complaints asked that were satisfied (W37); null where nobody was asked. */
  satisfiedPercent: number | null;
  /** Percent taken up again after an earlier case of the same customer, phone or device (二次投诉率, W35); null for issuances. */
  repeatPercent: number | null;
  /** Percent of the ended ones that needed one round or visit only. */
  oneRoundPercent: number | null;
  /** Medians, in minutes of the clock's own calendar (AT-11); null where none was measured. */
  responseMinutes: number | null;
  resolutionMinutes: number | null;
}

/** Runs of ours for several customers: each of their cases counts itself (W20). */
const NOT_SERVICE: readonly ProcessName[] = ['trip'];
/** Endings in which the customer was never asked, or which another case counts (W36, W37). */
const NOT_ASKED = ['merged', 'reclassified', 'cancelled', 'answeredAnonymous'];

/**
 * One line for each process with cases received from `from` to `to`, both included.
 * @param offsetMinutes of the organisation's zone: whose days are meant
 */
export function qualityOf(
  rows: readonly CaseRow[],
  span: { from?: Day; to?: Day },
  offsetMinutes: number,
): QualityLine[] {
  const inSpan = rows.filter((row) => {
    if (NOT_SERVICE.includes(row.process)) return false;
    const on = dayOf(row.receivedAt, offsetMinutes);
    return (span.from === undefined || on >= span.from) && (span.to === undefined || on <= span.to);
  });
  const names = [...new Set(inSpan.map((row) => row.process))].sort();
  return names.map((process) =>
    lineOf(
      process,
      inSpan.filter((row) => row.process === process),
    ),
  );
}

function lineOf(process: ProcessName, rows: readonly CaseRow[]): QualityLine {
  const closed = rows.filter((row) => row.status === 'closed');
  const outcomes: Record<string, number> = {};
  for (const row of closed) outcomes[row.outcome ?? ''] = (outcomes[row.outcome ?? ''] ?? 0) + 1;
  const asked = closed.filter((row) => !NOT_ASKED.includes(row.outcome ?? ''));
  const satisfied = asked.filter((row) => row.outcome === 'satisfied');
  return {
    process,
    received: rows.length,
    closed: closed.length,
    outcomes,
    satisfiedPercent: process === 'complaint' ? percent(satisfied.length, asked.length) : null,
    // What an issuance is related to is the case that opened it (W21, W25): no repetition.
    repeatPercent:
      process === 'issuance'
        ? null
        : percent(rows.filter((row) => row.relatedTo !== null).length, rows.length),
    oneRoundPercent: percent(closed.filter((row) => row.rounds === 1).length, closed.length),
    responseMinutes: process === 'complaint' ? median(closed.map((row) => row.responseMinutes)) : null,
    resolutionMinutes: process === 'complaint' ? median(closed.map((row) => row.resolutionMinutes)) : null,
  };
}

/** Whole percent; null of nothing. */
function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 100);
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return null;
  const middle = Math.floor(known.length / 2);
  return known.length % 2 === 1 ? known[middle]! : Math.round((known[middle - 1]! + known[middle]!) / 2);
}
