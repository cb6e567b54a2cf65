/**
 * Who gets work: pure decisions over the desk snapshot (staff ids, roles, substitutes). No names.
 */
import { LEVELS, type Actor, type Level } from './case.js';
import type { Desk } from './organisation.js';

export type LevelRoles = Record<Level, { roles: readonly string[] }>;

/** Position of a level on the ladder, 0 = L1. */
export function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

/** The higher of two levels. */
export function higher(a: Level, b: Level): Level {
  return rank(a) >= rank(b) ? a : b;
}

/** The next level up, or null above the general manager. */
export function above(level: Level): Level | null {
  return LEVELS[rank(level) + 1] ?? null;
}

/** Present staff holding a role, in the organisation's order, without the excluded. */
export function holdersOf(desk: Desk, role: string, excluded: readonly string[]): string[] {
  return (desk.byRole[role] ?? []).filter((id) => !excluded.includes(id));
}

/** Present staff of a level, in the order of its roles, without the excluded. */
export function holdersOfLevel(
  desk: Desk,
  levels: LevelRoles,
  level: Level,
  excluded: readonly string[],
): string[] {
  const all = levels[level].roles.flatMap((role) => holdersOf(desk, role, excluded));
  return [...new Set(all)];
}

/** Takes turns among candidates by the case's running number, so that work spreads without a shared counter. */
export function inTurn(candidates: readonly string[], number: number): string | null {
  if (candidates.length === 0) return null;
  return candidates[(((number - 1) % candidates.length) + candidates.length) % candidates.length] ?? null;
}

/** Running number of the day in a case number, e.g. 1 for `T20300304-001`. */
export function runningNumber(caseId: string): number {
  return Number(caseId.slice(caseId.indexOf('-') + 1)) || 1;
}

/** The person, or the substitute chain's first one present and not excluded (W18); null when the chain ends. */
export function presentOrSubstitute(desk: Desk, id: string, excluded: readonly string[]): string | null {
  const seen = new Set<string>();
  for (let next: string | null = id; next !== null && !seen.has(next);) {
    seen.add(next);
    const person: Desk['staff'][string] | undefined = desk.staff[next];
    if (person === undefined) return null;
    if (!person.absent && !excluded.includes(next)) return next;
    next = person.substitute;
  }
  return null;
}

/** Highest level whose roles a person holds; null for staff beside the ladder. */
export function levelOfPerson(desk: Desk, levels: LevelRoles, id: string): Level | null {
  const roles = desk.staff[id]?.roles ?? [];
  for (const level of [...LEVELS].reverse())
    if (levels[level].roles.some((role) => roles.includes(role))) return level;
  return null;
}

/** Roles that may do a task of `role`: itself, and on the ladder everything above it. */
export function rolesAllowed(levels: LevelRoles, role: string): string[] {
  const own = LEVELS.find((level) => levels[level].roles.includes(role));
  if (own === undefined) return [role];
  const higherRoles = LEVELS.slice(rank(own) + 1).flatMap((level) => levels[level].roles);
  return [role, ...higherRoles];
}

/** Whether an actor's roles allow a task of `role` (PRV-04). */
export function mayDo(levels: LevelRoles, actor: Actor, role: string): boolean {
  const allowed = rolesAllowed(levels, role);
  return actor.roles.some((held) => allowed.includes(held));
}

/**
 * Who holds a level, skipping levels held only by people already told (W5): the first distinct person at the level
 * or above it. `skipped` are the levels passed over; person null when nobody is left.
 */
export function distinctHolder(
  desk: Desk,
  levels: LevelRoles,
  from: Level,
  told: readonly string[],
  excluded: readonly string[],
  number: number,
): { level: Level; person: string | null; skipped: Level[] } {
  const skipped: Level[] = [];
  for (let level: Level | null = from; level !== null; level = above(level)) {
    const person = inTurn(holdersOfLevel(desk, levels, level, [...told, ...excluded]), number);
    if (person !== null) return { level, person, skipped };
    skipped.push(level);
  }
  return { level: LEVELS[LEVELS.length - 1]!, person: null, skipped };
}
