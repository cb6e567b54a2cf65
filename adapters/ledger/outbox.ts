import { createHash } from 'node:crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { Channel, Instant, MessageRow } from '../../domain/case.js';
import type { OutboxState } from '../ports.js';
import type { LedgerTables } from './schema.js';

type Db = Kysely<LedgerTables>;

/**
 * Notes that a send on a channel begins, and tells what was known of the key before. A key that belongs to another
 * case is only told of: that case sends it.
 */
export async function beginSend(
  trx: Transaction<LedgerTables>,
  send: { key: string; caseId: string; channel: Channel; address: string; at: Instant },
): Promise<OutboxState> {
  const { key, caseId, channel, at } = send;
  // Two attempts at once: the second must see that the first has begun.
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 2))`.execute(trx);
  const before = await readOutbox(trx, key);
  if (before && before.caseId !== caseId) return before;

  const addressHash = hashOf(send.address);
  await trx
    .insertInto('sends')
    .values({ key, caseId, channel, addressHash, begunAt: at, accepted: false, providerId: null })
    .onConflict((clash) =>
      clash
        .columns(['key', 'channel'])
        .doUpdateSet({ begunAt: at, addressHash })
        // A repeat counts against the throttle from now on, unless the message is out already.
        .where('sends.accepted', '=', false),
    )
    .execute();
  return before ?? { key, caseId, acceptedChannel: null, providerId: null, begun: [] };
}

/** Notes that the provider took the message. */
export async function acceptSend(db: Db, key: string, channel: Channel, providerId: string): Promise<void> {
  await db
    .updateTable('sends')
    .set({ accepted: true, providerId })
    .where('key', '=', key)
    .where('channel', '=', channel)
    .execute();
}

/** What is known of a key: null when it was neither recorded nor begun. */
export async function readOutbox(db: Db, key: string): Promise<OutboxState | null> {
  const sends = await db.selectFrom('sends').selectAll().where('key', '=', key).orderBy('begunAt').execute();
  const accepted = sends.find((send) => send.accepted);
  const message = await db.selectFrom('messages').select('caseId').where('key', '=', key).executeTakeFirst();
  const caseId = message?.caseId ?? sends[0]?.caseId;
  if (caseId === undefined) return null;
  return {
    key,
    caseId,
    acceptedChannel: accepted?.channel ?? null,
    providerId: accepted?.providerId ?? null,
    begun: sends.map((send) => send.channel),
  };
}

/** Instants of other sends to an address since `since`, newest first: what the throttle counts. */
export async function recentSends(
  db: Db,
  address: string,
  since: Instant,
  exceptKey: string,
): Promise<Instant[]> {
  const rows = await db
    .selectFrom('sends')
    .select('begunAt')
    .where('addressHash', '=', hashOf(address))
    .where('begunAt', '>=', since)
    .where('key', '!=', exceptKey)
    .orderBy('begunAt', 'desc')
    .execute();
  return rows.map((row) => row.begunAt);
}

/** Messages as recorded, newest first. */
export async function readMessages(
  db: Db,
  filter: { caseId?: string; status?: MessageRow['status']; limit?: number },
): Promise<(MessageRow & { caseId: string })[]> {
  let query = db.selectFrom('messages').selectAll().orderBy('queuedAt', 'desc').orderBy('entry', 'desc');
  if (filter.caseId !== undefined) query = query.where('caseId', '=', filter.caseId);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  const rows = await query.execute();
  return rows.map(({ entry: _, recipient, statusAt, ...row }) => ({ ...row, to: recipient, at: statusAt }));
}

/** Addresses are kept as SHA-256 only; a mail address is one address however its capitals are written. */
function hashOf(address: string): string {
  return createHash('sha256').update(address.trim().toLowerCase()).digest('hex');
}
