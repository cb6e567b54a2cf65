/**
 * Compares what a scenario expects with what happened: partial, in the words of the result. Objects match when every
 * named field does; lists contain the entries given, in their order, among what is new since the last step.
 */
import type { Expectation } from './scenario.js';
import type { CaseResult, ClockResult, FactResult, MessageResult, TaskResult } from './result.js';

/** What is compared: the case as it stands, and what came up since the last step. */
export interface Seen {
  case: CaseResult;
  newFacts: FactResult[];
  newMessages: MessageResult[];
}

export interface Mismatch {
  /** Where in the expectation, for the line number. */
  at: (string | number)[];
  path: string;
  expected: string;
  actual: string;
}

/** Every way in which the picture differs from what is expected. Replay is compared only where it is asked for. */
export function compare(expectation: Expectation, seen: Seen): Mismatch[] {
  const { not, ...wanted } = expectation;
  const found: Mismatch[] = [];
  for (const [key, value] of Object.entries(wanted)) found.push(...differences(key, value, seen));
  for (const [key, value] of Object.entries(not ?? {})) found.push(...unwanted(key, value, seen));
  return found;
}

/** True when comparing needs the replay, which is not free. */
export function needsReplay(expectation: Expectation): boolean {
  return 'replay' in expectation || (expectation.not !== undefined && 'replay' in expectation.not);
}

function differences(key: string, wanted: unknown, seen: Seen): Mismatch[] {
  const list = listOf(key, seen);
  if (list) return listDifferences(key, wanted as Record<string, unknown>[], list);
  const place = placeOf(key, wanted, seen);
  return partial(place.actual, place.wanted).map((each) => ({
    at: [key, ...each.path],
    path: [key, ...each.path].join('.'),
    expected: show(each.expected),
    actual: place.missing ?? show(each.actual),
  }));
}

function unwanted(key: string, value: unknown, seen: Seen): Mismatch[] {
  const list = listOf(key, seen);
  if (list) {
    return (value as Record<string, unknown>[]).flatMap((entry, index) => {
      const { times, ...wanted } = entry;
      const matches = list.filter((actual) => partial(actual, wanted).length === 0);
      const bad = times === undefined ? matches.length > 0 : matches.length === times;
      if (!bad) return [];
      const expected =
        times === undefined ? `none like ${show(wanted)}` : `not ${show(times)} × ${show(wanted)}`;
      return [
        { at: ['not', key, index], path: `not.${key}[${index}]`, expected, actual: show(matches[0] ?? null) },
      ];
    });
  }
  const place = placeOf(key, value, seen);
  if (partial(place.actual, place.wanted).length > 0) return [];
  return [
    { at: ['not', key], path: `not.${key}`, expected: `not ${show(value)}`, actual: show(place.actual) },
  ];
}

/** Lists of the result, by key; `refused` reads as the codes in the new part of the timeline. */
function listOf(key: string, seen: Seen): Record<string, unknown>[] | null {
  switch (key) {
    case 'messages':
      return seen.newMessages as unknown as Record<string, unknown>[];
    case 'timeline':
      return seen.newFacts;
    case 'tasks':
      return seen.case.tasks as unknown as Record<string, unknown>[];
    case 'custody':
      return seen.case.custody as unknown as Record<string, unknown>[];
    case 'bookings':
      return seen.case.bookings as unknown as Record<string, unknown>[];
    case 'clocks':
      return seen.case.clocks as unknown as Record<string, unknown>[];
    default:
      return null;
  }
}

function listDifferences(
  key: string,
  wanted: Record<string, unknown>[],
  actual: Record<string, unknown>[],
): Mismatch[] {
  const found: Mismatch[] = [];
  let from = 0;
  wanted.forEach((entry, index) => {
    const { times, ...fields } = entry;
    const place = { at: [key, index], path: `${key}[${index}]` };
    const fits = (candidate: Record<string, unknown>) => partial(candidate, fields).length === 0;
    if (times !== undefined) {
      const count = actual.filter(fits).length;
      if (count !== times) {
        const what = `${times} × ${show(fields)}`;
        found.push({ ...place, expected: what, actual: `${count} × in ${overview(key, actual)}` });
      }
      if (count === 0) return;
    }
    const next = actual.findIndex((candidate, position) => position >= from && fits(candidate));
    if (next >= 0) {
      from = next + 1;
      return;
    }
    if (times !== undefined) return;
    const earlier = actual.some(fits);
    const why = earlier ? 'only before the entry above it, in ' : '';
    found.push({ ...place, expected: show(fields), actual: `${why}${overview(key, actual)}` });
  });
  return found;
}

interface Place {
  actual: unknown;
  wanted: unknown;
  /** Said instead of the actual value when the thing itself is absent. */
  missing?: string;
}

function placeOf(key: string, wanted: unknown, seen: Seen): Place {
  if (key === 'refused') {
    const codes = seen.newFacts.filter((fact) => fact.what === 'refused').map((fact) => fact['code']);
    return { actual: codes, wanted: Array.isArray(wanted) ? wanted : [wanted] };
  }
  const named = /^(tasks|clocks)\.([A-Za-z0-9]+)(?:#(\d+))?(?:\.([A-Za-z]+))?$/.exec(key);
  if (!named) return { actual: seen.case[key as keyof CaseResult], wanted };
  const [, kind, name, round, field] = named;
  const rows: (TaskResult | ClockResult)[] = kind === 'tasks' ? seen.case.tasks : seen.case.clocks;
  const row = rows.findLast(
    (each) => each.name === name && (round === undefined || each.round === Number(round)),
  );
  if (!row) {
    const names = [...new Set(rows.map((each) => each.name))].join(', ') || 'none';
    return {
      actual: null,
      wanted,
      missing: `no such ${kind === 'tasks' ? 'task' : 'clock'}; there are: ${names}`,
    };
  }
  return { actual: field ? (row as unknown as Record<string, unknown>)[field] : row, wanted };
}

interface Difference {
  path: (string | number)[];
  expected: unknown;
  actual: unknown;
}

/** Where `actual` lacks what `wanted` names. */
function partial(actual: unknown, wanted: unknown): Difference[] {
  if (Array.isArray(wanted)) return partialList(actual, wanted);
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof actual !== 'object' || actual === null) return [{ path: [], expected: wanted, actual }];
    return Object.entries(wanted).flatMap(([key, value]) =>
      partial((actual as Record<string, unknown>)[key], value).map((each) => ({
        ...each,
        path: [key, ...each.path],
      })),
    );
  }
  return same(actual, wanted) ? [] : [{ path: [], expected: wanted, actual }];
}

function partialList(actual: unknown, wanted: unknown[]): Difference[] {
  if (!Array.isArray(actual)) return [{ path: [], expected: wanted, actual }];
  let from = 0;
  for (const [index, entry] of wanted.entries()) {
    const next = actual.findIndex((each, position) => position >= from && partial(each, entry).length === 0);
    if (next < 0) return [{ path: [index], expected: entry, actual }];
    from = next + 1;
  }
  return [];
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function same(actual: unknown, wanted: unknown): boolean {
  if (wanted === null) return actual === null || actual === undefined;
  if (
    typeof wanted === 'string' &&
    typeof actual === 'string' &&
    INSTANT.test(wanted) &&
    INSTANT.test(actual)
  ) {
    return Date.parse(wanted) === Date.parse(actual);
  }
  return wanted === actual;
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A list in short, so that a miss can be understood without running again. */
function overview(key: string, list: Record<string, unknown>[]): string {
  if (list.length === 0) return key === 'messages' || key === 'timeline' ? 'nothing new' : 'none';
  const told = list.map((entry) => {
    if (key === 'messages')
      return `${String(entry['template'])} ${String(entry['status'])} to ${String(entry['to'])}`;
    if (key === 'timeline') {
      const detail = entry['task'] ?? entry['clock'] ?? entry['code'] ?? entry['to'] ?? entry['template'];
      return detail === undefined ? String(entry['what']) : `${String(entry['what'])} ${show(detail)}`;
    }
    return String(entry['name']);
  });
  return `[${told.join(' · ')}]`;
}
