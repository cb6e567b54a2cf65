import type { Kysely } from 'kysely';
import type { Instant } from '../../domain/case.js';
import type { BureauCodeRow } from '../ports.js';
import type { LedgerTables } from './schema.js';

type Db = Kysely<LedgerTables>;

/** Notes a code that is about to be sent; the same one again changes nothing. */
export async function keepBureauCode(
  db: Db,
  codeSha256: string,
  row: Pick<BureauCodeRow, 'caseId' | 'taskKey' | 'unitId' | 'madeAt'>,
): Promise<void> {
  await db
    .insertInto('bureauCodes')
    .values({ ...row, codeSha256, usedAt: null, usedRequest: null })
    .onConflict((clash) => clash.column('codeSha256').doNothing())
    .execute();
}

/** What a code stands for; null when it was never sent. */
export async function readBureauCode(db: Db, codeSha256: string): Promise<BureauCodeRow | null> {
  const row = await db
    .selectFrom('bureauCodes')
    .select(['caseId', 'taskKey', 'unitId', 'madeAt', 'usedAt', 'usedRequest'])
    .where('codeSha256', '=', codeSha256)
    .executeTakeFirst();
  return row ?? null;
}

/** A task was answered with one of its codes: none of them answers again, the reminder's no more than the first. */
export async function useBureauCodes(
  db: Db,
  used: { caseId: string; taskKey: string; at: Instant; requestId: string },
): Promise<void> {
  await db
    .updateTable('bureauCodes')
    .set({ usedAt: used.at, usedRequest: used.requestId })
    .where('caseId', '=', used.caseId)
    .where('taskKey', '=', used.taskKey)
    .where('usedAt', 'is', null)
    .execute();
}
