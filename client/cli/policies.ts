/** Policies as files: the one in force, or one named on the line; how far calendars reach; what differs. */
import type { Calendars } from '../../domain/calendar.js';
import type { Policy } from '../../domain/policy.js';
import type { LoadedPolicy } from '../api.js';
import type { Context } from './context.js';

/** The policy of a file, or the one the settings name. @throws PolicyError listing what is wrong */
export async function loadPolicyOf(ctx: Context, file: string | undefined): Promise<LoadedPolicy> {
  const { loadPolicy, policyPath } = await import('../policy.js');
  const config = await ctx.config();
  const { calendarsPath } = config;
  const path = file ?? policyPath(config);
  return loadPolicy(path, calendarsPath === null ? {} : { holidays: calendarsPath });
}

export interface Horizon {
  calendar: string;
  horizonOn: string;
  /** Days from now to the horizon; negative when it has passed. */
  daysLeft: number;
}

/** How far each calendar with holidays knows the future (AT-19). */
export function horizons(calendars: Calendars, now: Date): Horizon[] {
  return Object.values(calendars)
    .filter((calendar) => !calendar.ignoresHolidays)
    .map(({ name, horizonOn }) => ({
      calendar: name,
      horizonOn,
      daysLeft: Math.floor((Date.parse(`${horizonOn}T00:00:00Z`) - now.getTime()) / 86_400_000),
    }));
}

export interface Difference {
  path: string;
  from: string;
  to: string;
}

/** Where two policies say something else, by path. */
export function differences(before: Policy, after: Policy): Difference[] {
  const found: Difference[] = [];
  const walk = (a: unknown, b: unknown, path: string): void => {
    const both = [a, b];
    if (both.every((each) => typeof each === 'object' && each !== null && !Array.isArray(each))) {
      const [x, y] = both as [Record<string, unknown>, Record<string, unknown>];
      for (const key of new Set([...Object.keys(x), ...Object.keys(y)]))
        walk(x[key], y[key], path ? `${path}.${key}` : key);
    } else if (JSON.stringify(a) !== JSON.stringify(b)) {
      const text = (value: unknown) =>
        value === undefined ? 'absent' : typeof value === 'string' ? value : JSON.stringify(value);
      found.push({ path, from: text(a), to: text(b) });
    }
  };
  walk(before, after, '');
  return found;
}
