/** Transactions that ask the server as seldom as they can: every question is a round trip, and most wait for a lock. */
import { sql, type Kysely, type OperationNodeSource } from 'kysely';
import pg from 'pg';
import type { LedgerTables } from './schema.js';

type Db = Kysely<LedgerTables>;

/** What writers take turns for. The numbers keep equal texts of different kinds apart. */
const KINDS = { request: 0, case: 1, message: 2, address: 3 } as const;

/** A text that one transaction at a time may hold, until its end. */
export interface Lock {
  kind: keyof typeof KINDS;
  of: string;
}

/**
 * Runs `work` in a transaction that holds these locks, taken in the order given. They travel with `begin`; `work` sees
 * everything that their last holders committed.
 */
export function whileLocked<T>(db: Db, locks: Lock[], work: (trx: Db) => Promise<T>): Promise<T> {
  // Without parameters, because only then several statements may travel as one.
  const begin = [
    'begin',
    ...locks.map(
      ({ kind, of }) =>
        `select pg_advisory_xact_lock(hashtextextended(${pg.escapeLiteral(of)}, ${KINDS[kind]}))`,
    ),
  ].join('; ');
  return db.connection().execute(async (trx) => {
    try {
      await sql.raw(begin).execute(trx);
      const result = await work(trx);
      await sql.raw('commit').execute(trx);
      return result;
    } catch (error) {
      await sql.raw('rollback').execute(trx);
      throw error;
    }
  });
}

/** Writes as one statement. All see the tables as they were before it, so no two may touch the same row. */
export async function writeTogether(trx: Db, writes: (OperationNodeSource | null)[]): Promise<void> {
  const parts = writes.filter((write) => write !== null);
  if (parts.length === 0) return;
  const named = parts.map((write, index) => sql`${sql.raw(`write_${index}`)} as (${write})`);
  await sql`with ${sql.join(named)} select 1`.execute(trx);
}
