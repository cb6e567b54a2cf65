/** Reads policy files: YAML, validated, calendars resolved, digest computed. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { canonicalJson } from '../domain/canonical.js';
import { calendarProblems, type Calendars, type HolidayData, type WorkCalendar } from '../domain/calendar.js';
import { policySchema, type Policy } from '../domain/policy.js';
import type { LoadedPolicy } from './api.js';

/** Path of the policy the settings name, or the product's own. */
export function policyPath(config: { policyPath: string | null; packageRoot: string }): string {
  return config.policyPath ?? join(config.packageRoot, 'policy', 'default.yaml');
}

/** A policy or calendar that cannot be used: file, path, value, what is allowed. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code = 'policy.invalid';
  constructor(
    readonly file: string,
    readonly problems: string[],
  ) {
    super(
      `${file}: ${problems.length} problem${problems.length === 1 ? '' : 's'}\n  ${problems.join('\n  ')}`,
    );
  }
}

export interface PolicyOptions {
  /** Merged over the file, deeply; lists replace lists. */
  overlay?: Record<string, unknown>;
  /** Folder that relative paths of the overlay start from. */
  overlayFolder?: string;
  /** Holiday file used by every calendar that the overlay does not give one. */
  holidays?: string;
}

/** Deep merge of plain data: maps merge, everything else replaces. */
export function merged(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over === undefined ? base : over;
  const result: Record<string, unknown> = { ...base };
  // A limit has one unit; merging two would give it both.
  for (const [key, value] of Object.entries(over))
    result[key] = key === 'limit' ? value : merged(result[key], value);
  return result;
}
function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Value at a path, for messages; shortened. */
function valueAt(data: unknown, path: readonly PropertyKey[]): string {
  let value: unknown = data;
  for (const key of path)
    value = isMap(value) || Array.isArray(value) ? (value as never)[key as never] : undefined;
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Reads and checks a holiday file. @throws PolicyError */
export async function readHolidays(path: string): Promise<HolidayData> {
  let data: unknown;
  try {
    data = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new PolicyError(path, [`cannot be read: ${(error as Error).message}`]);
  }
  const problems: string[] = [];
  const holiday = data as HolidayData;
  if (holiday?.schema !== 'aftercare.calendar/1') problems.push('schema: must be aftercare.calendar/1');
  for (const key of ['fromOn', 'horizonOn'] as const)
    if (!/^\d{4}-\d{2}-\d{2}$/.test(String(holiday?.[key])))
      problems.push(`${key}: must be a day YYYY-MM-DD`);
  for (const key of ['off', 'work'] as const)
    if (!Array.isArray(holiday?.[key]) || holiday[key].some((day) => !/^\d{4}-\d{2}-\d{2}$/.test(day)))
      problems.push(`${key}: must be a list of days YYYY-MM-DD`);
  if (problems.length > 0) throw new PolicyError(path, problems);
  return holiday;
}

/**
 * Loads a policy file.
 * @throws PolicyError naming file, path, value and what is allowed
 */
export async function loadPolicy(path: string, options: PolicyOptions = {}): Promise<LoadedPolicy> {
  let raw: unknown;
  try {
    raw = parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new PolicyError(path, [`cannot be read: ${(error as Error).message}`]);
  }
  const data = merged(raw, options.overlay ?? {});
  const result = policySchema.safeParse(data);
  if (!result.success)
    throw new PolicyError(
      path,
      result.error.issues.map(
        (issue) =>
          `${issue.path.map(String).join('.') || '(file)'}: ${issue.message} (is ${valueAt(data, issue.path)})`,
      ),
    );
  const policy = result.data;
  const problems = referenceProblems(policy);
  const calendars: Calendars = {};
  const files = new Map<string, HolidayData>();
  for (const [name, spec] of Object.entries(policy.calendars)) {
    const own = ((options.overlay?.['calendars'] as Record<string, { holidays?: string }> | undefined) ?? {})[
      name
    ]?.holidays;
    const file =
      own !== undefined
        ? resolve(options.overlayFolder ?? dirname(path), own)
        : options.holidays !== undefined
          ? resolve(options.holidays)
          : spec.holidays === undefined
            ? null
            : resolve(dirname(path), spec.holidays);
    let holidays: HolidayData | null = null;
    if (file !== null) {
      holidays = files.get(file) ?? (await readHolidays(file));
      files.set(file, holidays);
    }
    const calendar: WorkCalendar = {
      name,
      offsetMinutes: policy.zone.offsetMinutes,
      week: spec.week,
      makeUp: spec.makeUp,
      fromOn: holidays?.fromOn ?? '0001-01-01',
      horizonOn: holidays?.horizonOn ?? '9999-12-31',
      off: holidays?.off ?? [],
      work: holidays?.work ?? [],
      // A case carries its calendars: the periods go with the one calendar that urgent repairs run by.
      ...(name === policy.clocks.filingRepair?.calendar && holidays?.filingPeriodEnds !== undefined
        ? { filingPeriodEnds: holidays.filingPeriodEnds }
        : {}),
      ...(spec.ignoresHolidays || holidays === null ? { ignoresHolidays: true } : {}),
    };
    problems.push(...calendarProblems(calendar).map((problem) => `calendars.${name}: ${problem}`));
    calendars[name] = calendar;
  }
  if (problems.length > 0) throw new PolicyError(path, problems);
  const digest = createHash('sha256').update(canonicalJson({ policy, calendars })).digest('hex');
  return { policy, calendars, digest, source: path };
}

/** References inside a policy that a schema cannot see. */
function referenceProblems(policy: Policy): string[] {
  const known = [...Object.keys(policy.calendars), 'wall'];
  const problems: string[] = [];
  const check = (path: string, name: string) => {
    if (!known.includes(name)) problems.push(`${path}: no calendar "${name}"; known: ${known.join(', ')}`);
  };
  for (const [name, clock] of Object.entries(policy.clocks)) check(`clocks.${name}.calendar`, clock.calendar);
  for (const [name, pause] of Object.entries(policy.pauses)) check(`pauses.${name}.calendar`, pause.calendar);
  for (const [grade, line] of Object.entries(policy.complaint.resolution))
    check(`complaint.resolution.${grade}.calendar`, line.calendar);
  check('overdue.daily.calendar', policy.overdue.daily.calendar);
  check('messages.staffCalendar', policy.messages.staffCalendar);
  check('complaint.promise.warnCalendar', policy.complaint.promise.warnCalendar);
  check('complaint.promise.moveCalendar', policy.complaint.promise.moveCalendar);
  for (const name of ['hotline', 'workdays']) check(`calendars`, name);
  const percents = policy.overdue.raise.map((line) => line.percent);
  if (percents.some((percent, i) => i > 0 && percent <= percents[i - 1]!))
    problems.push('overdue.raise: percents must rise from line to line');
  const table = policy.complaint.compensation;
  if (table.at(-1)?.upTo !== null)
    problems.push('complaint.compensation: the last line must have upTo: null');
  return problems;
}
