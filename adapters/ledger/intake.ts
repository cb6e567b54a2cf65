import { sql, type Kysely, type Transaction } from 'kysely';
import type { Instant, CaseRow } from '../../domain/case.js';
import type { ContentEntry, ContentRow, ErasureNote, IntakeRequest, IntakeRow } from '../ports.js';
import { caseColumns } from './cases.js';
import type { LedgerTables } from './schema.js';
import { whileLocked, writeTogether } from './transaction.js';

type Db = Kysely<LedgerTables>;

const intakeColumns = ['requestId', 'caseId', 'process', 'input', 'actor', 'at', 'state'] as const;

/**
 * Keeps an intake and gives it the next number of its kind and day (CRM-05). The number's row stays locked until the
 * transaction ends, so numbers have no gaps: an intake that fails gives its number back.
 */
export function receiveIntake(
  db: Db,
  request: IntakeRequest,
): Promise<{ intake: IntakeRow; fresh: boolean }> {
  // The same request twice at once: the second waits here and then finds the first (AT-31).
  return whileLocked(db, [{ kind: 'request', of: request.requestId }], async (trx) => {
    const known = await readIntake(trx, { requestId: request.requestId });
    if (known) return { intake: known, fresh: false };
    return { intake: await keepIntake(trx, request), fresh: true };
  });
}

async function keepIntake(trx: Db, request: IntakeRequest): Promise<IntakeRow> {
  const { requestId, process, input, actor, at } = request;
  const { last } = await trx
    .insertInto('caseNumbers')
    .values({ letter: request.letter, day: request.day, last: 1 })
    .onConflict((clash) =>
      clash.columns(['letter', 'day']).doUpdateSet((row) => ({ last: row('caseNumbers.last', '+', 1) })),
    )
    .returning('last')
    .executeTakeFirstOrThrow();
  const caseId = `${request.letter}${request.day}-${String(last).padStart(3, '0')}`;
  const kept = { requestId, caseId, process, actor, at, state: 'received' } as const;
  const lookups = request.lookups.map(({ kind, value }) => ({ caseId, kind, value }));
  await writeTogether(trx, [
    trx.insertInto('intakes').values({ ...kept, input: JSON.stringify(input) }),
    lookups.length === 0
      ? null
      : trx
          .insertInto('lookups')
          .values(lookups)
          .onConflict((clash) => clash.doNothing()),
  ]);
  await insertContents(
    trx,
    request.contents.map((content) => ({ ...content, caseId })),
  );
  // As a later reader gets it: without what JSON leaves out.
  return { ...kept, input: JSON.parse(JSON.stringify(input)) as unknown };
}

/** The case of this intake runs: nothing is left to finish. */
export async function markStarted(db: Db, caseId: string): Promise<void> {
  await db.updateTable('intakes').set({ state: 'started' }).where('caseId', '=', caseId).execute();
}

/** Intakes whose case has yet to start, oldest first. */
export async function pendingIntakes(db: Db): Promise<IntakeRow[]> {
  return db
    .selectFrom('intakes')
    .select(intakeColumns)
    .where('state', '=', 'received')
    .orderBy('at')
    .orderBy('caseId')
    .execute();
}

/** The intake of a request id or of a case, or null. */
export async function readIntake(
  db: Db,
  by: { requestId: string } | { caseId: string },
): Promise<IntakeRow | null> {
  const query = db.selectFrom('intakes').select(intakeColumns);
  const found =
    'requestId' in by ? query.where('requestId', '=', by.requestId) : query.where('caseId', '=', by.caseId);
  return (await found.executeTakeFirst()) ?? null;
}

/**
 * Keeps content rows. A row that is there stays as it is, an erased one stays erased; a row kept before its case had
 * a number is given to the case.
 *
 * @returns the ids that were not there before
 * @throws Error when an id already stands for other content
 */
export async function putContents(db: Db, rows: ContentRow[]): Promise<string[]> {
  // Several are kept all or not at all; one alone is that anyway.
  if (rows.length < 2) return insertContents(db, rows);
  return db.transaction().execute((trx) => insertContents(trx, rows));
}

async function insertContents(db: Db, rows: ContentRow[]): Promise<string[]> {
  if (rows.length === 0) return [];
  const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
  // One order for all writers: two that share rows cannot lock each other out.
  unique.sort((one, other) => (one.id < other.id ? -1 : 1));
  const kept = await db
    .insertInto('contents')
    .values(unique.map(({ id, caseId, field, sha256, body }) => ({ id, caseId, field, sha256, body })))
    .onConflict((clash) =>
      clash
        .column('id')
        .doUpdateSet({ caseId: sql`coalesce(contents.case_id, excluded.case_id)` })
        .where(sql<boolean>`contents.sha256 = excluded.sha256`),
    )
    // A row that an insert made was never updated by anybody.
    .returning(['id', sql<boolean>`xmax = 0`.as('fresh')])
    .execute();
  if (kept.length === unique.length) return kept.filter(({ fresh }) => fresh).map(({ id }) => id);
  const ids = new Set(kept.map((row) => row.id));
  const clashing = unique.filter((row) => !ids.has(row.id)).map((row) => row.id);
  throw new Error(`content ids already taken by other content: ${clashing.join(', ')}`);
}

/** Deletes what was stored for an act that was refused. */
export async function takeBack(trx: Db, rows: { contents: string[]; evidence: string[] }): Promise<void> {
  await trx
    .deleteFrom('contents')
    .where('id', '=', sql<string>`any (${rows.contents})`)
    .execute();
  await trx
    .deleteFrom('evidence')
    .where('evidence', '=', sql<string>`any (${rows.evidence})`)
    .execute();
}

/** Content rows by id; unknown ids are absent. */
export async function readContents(db: Db, ids: string[]): Promise<Map<string, ContentRow>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('contents')
    .select(['id', 'caseId', 'field', 'sha256', 'body'])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** The content rows of a case without their bodies, by field. */
export async function contentsOf(db: Db, caseId: string): Promise<ContentEntry[]> {
  return db
    .selectFrom('contents')
    .select(['id', 'field', 'sha256', 'erasedAt', 'erasedBy', 'erasedReason'])
    .where('caseId', '=', caseId)
    .orderBy('field')
    .orderBy('id')
    .execute();
}

/**
 * Empties content rows of a case; ids and hashes stay as proof. Without ids all of them, and with them the values the
 * case is found by and the names of its files. Returns the ids that were emptied now.
 */
export async function eraseContents(
  trx: Transaction<LedgerTables>,
  caseId: string,
  ids: string[] | null,
  { at, by, reason }: ErasureNote,
): Promise<string[]> {
  if (ids === null) {
    await trx.deleteFrom('lookups').where('caseId', '=', caseId).execute();
    await trx.updateTable('evidence').set({ name: 'erased' }).where('caseId', '=', caseId).execute();
  }
  const rows = await trx
    .updateTable('contents')
    .set({ body: null, erasedAt: at, erasedBy: by, erasedReason: reason })
    .where('caseId', '=', caseId)
    .where('erasedAt', 'is', null)
    .$if(ids !== null, (query) => query.where('id', 'in', ids!))
    .returning('id')
    .execute();
  return rows.map((row) => row.id).sort();
}

/** Cases that share a value and were opened at or after `since`, newest first (W35). */
export async function relatedCases(
  db: Db,
  lookups: IntakeRequest['lookups'],
  since: Instant,
): Promise<CaseRow[]> {
  if (lookups.length === 0) return [];
  return db
    .selectFrom('cases')
    .select(caseColumns)
    .where('openedAt', '>=', since)
    .where((row) =>
      row.exists(
        row
          .selectFrom('lookups')
          .whereRef('lookups.caseId', '=', 'cases.caseId')
          .where((lookup) =>
            lookup.or(
              lookups.map(({ kind, value }) => lookup.and({ 'lookups.kind': kind, 'lookups.value': value })),
            ),
          )
          .select('lookups.value'),
      ),
    )
    .orderBy('openedAt', 'desc')
    .orderBy('caseId', 'desc')
    .execute();
}

/** The values a case is found by. */
export async function readLookups(db: Db, caseId: string): Promise<IntakeRequest['lookups']> {
  return db
    .selectFrom('lookups')
    .select(['kind', 'value'])
    .where('caseId', '=', caseId)
    .orderBy('kind')
    .orderBy('value')
    .execute();
}
