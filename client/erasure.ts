/**
 * Erasing personal data: the texts of a case go, their ids and SHA-256 stay, so that the histories, which hold nothing
 * else, still prove what was there (house 4).
 */
import type { ContentEntry, LedgerPort } from '../adapters/ports.js';
import type { Instant } from '../domain/case.js';
import type { Staff } from '../domain/organisation.js';
import { DeskError, EXIT } from './api.js';

/** Erasing cannot be undone and takes away what a colleague may still need: for those who answer for the desk. */
const MAY_ERASE = ['supervisor', 'centreManager', 'generalManager'];

export interface Erasure {
  /** Ids of content rows; empty: all of the case, with what it is found by and the names of its files. */
  only: string[];
  reason: string;
  at: Instant;
}

/** The rows an erasure would empty. @throws DeskError `act.roleNotAllowed`, `case.notFound`, `content.*`, `case.notClosed` */
export async function toErase(
  ledger: LedgerPort,
  caseId: string,
  by: Staff,
  only: string[],
): Promise<ContentEntry[]> {
  if (!by.roles.some((role) => MAY_ERASE.includes(role)))
    throw new DeskError('act.roleNotAllowed', `erasing needs one of the roles ${MAY_ERASE.join(', ')}`);
  const [file, rows] = await Promise.all([ledger.caseFile(caseId), ledger.contentsOf(caseId)]);
  if (file === null)
    throw new DeskError('case.notFound', `no case ${caseId}`, {
      exit: EXIT.notFound,
      remedy: 'see `aftercare case list`',
    });
  const unknown = only.find((id) => !rows.some((row) => row.id === id));
  if (unknown !== undefined)
    throw new DeskError('content.notFound', `${caseId} has no text ${unknown}`, {
      exit: EXIT.notFound,
      remedy: `see \`aftercare content list ${caseId}\``,
    });
  const chosen = rows.filter((row) => only.length === 0 || only.includes(row.id));
  // While it runs, the case may still have to write to the complainant; a single wrong text may go at once.
  const needed = only.length === 0 || chosen.some((row) => row.field === 'complainant');
  if (file.row.status !== 'closed' && needed)
    throw new DeskError(
      'case.notClosed',
      `case ${caseId} is ${file.row.status} and may still need the address`,
      {
        remedy: 'erase it when it has closed; a single text can go now: --only ID',
      },
    );
  return chosen.filter((row) => row.erasedAt === null);
}

/** Erases what `toErase` names. @returns ids of the rows emptied now */
export async function erase(
  ledger: LedgerPort,
  caseId: string,
  by: Staff,
  { only, reason, at }: Erasure,
): Promise<string[]> {
  await toErase(ledger, caseId, by, only);
  return ledger.erase(caseId, only.length === 0 ? null : only, { at, by: by.id, reason });
}
