import { createHash } from 'node:crypto';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Channel, ContactCard, Instant, MessageRow } from '../../domain/case.js';
import { heldByCaps, longestWindow } from '../../domain/throttle.js';
import type { Correspondence, OutboxState, SendBegun, SendOrder } from '../ports.js';
import { companyColumns } from './organisation.js';
import type { LedgerTables } from './schema.js';
import { whileLocked } from './transaction.js';

type Db = Kysely<LedgerTables>;

/**
 * Notes that a send on a channel begins, and tells what was known of the key before. Nothing is begun for a key that
 * belongs to another case (that case sends it), one that is accepted already, or one that the caps hold back.
 */
export function beginSend(db: Db, send: SendOrder): Promise<SendBegun> {
  const { key, caseId, channel, at, caps } = send;
  const addressHash = hashOf(send.address);
  // Two attempts at once: the second must see that the first has begun. Two messages to one address at once: the
  // second must count the first. Whoever holds an address waits for nothing more, so nobody can lock another out.
  const locks = [
    { kind: 'message', of: key },
    { kind: 'address', of: addressHash },
  ] as const;
  return whileLocked(db, [...locks], async (trx) => {
    const { state, recent } = await readSends(trx, key, {
      addressHash,
      since: new Date(Date.parse(at) - longestWindow(caps) * 60_000).toISOString(),
    });
    const before = state ?? { key, caseId, acceptedChannel: null, providerId: null, begun: [] };
    if (before.caseId !== caseId || before.acceptedChannel !== null) return { ...before, held: null };
    const held = heldByCaps(recent, at, caps);
    if (held !== null) return { ...before, held };

    await trx
      .insertInto('sends')
      .values({ key, caseId, channel, addressHash, begunAt: at, accepted: false, providerId: null })
      // A repeat counts against the caps from now on.
      .onConflict((clash) => clash.columns(['key', 'channel']).doUpdateSet({ begunAt: at, addressHash }))
      .execute();
    return { ...before, held: null };
  });
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
  return (await readSends(db, key, null)).state;
}

/** What is known of a key, and when other sends to an address began since an instant; in one question. */
async function readSends(
  db: Db,
  key: string,
  others: { addressHash: string; since: Instant } | null,
): Promise<{ state: OutboxState | null; recent: Instant[] }> {
  const { rows } = await sql<{
    caseOfMessage: string | null;
    sends: { channel: Channel; caseId: string; accepted: boolean; providerId: string | null }[] | null;
    recent: string[] | null;
  }>`
    select
      (select case_id from messages where key = ${key}) as case_of_message,
      (
        select json_agg(
          json_build_object('channel', channel, 'caseId', case_id, 'accepted', accepted, 'providerId', provider_id)
          order by begun_at
        )
        from sends where key = ${key}
      ) as sends,
      (
        select json_agg(begun_at) from sends
        where address_hash = ${others?.addressHash ?? null} and begun_at >= ${others?.since ?? null}
          and key <> ${key}
      ) as recent
  `.execute(db);
  const sends = rows[0]?.sends ?? [];
  const recent = (rows[0]?.recent ?? []).map((instant) => new Date(instant).toISOString());
  const accepted = sends.find((send) => send.accepted);
  const caseId = rows[0]?.caseOfMessage ?? sends[0]?.caseId;
  if (caseId === undefined) return { state: null, recent };
  const state: OutboxState = {
    key,
    caseId,
    acceptedChannel: accepted?.channel ?? null,
    providerId: accepted?.providerId ?? null,
    begun: sends.map((send) => send.channel),
  };
  return { state, recent };
}

type Reader = NonNullable<Correspondence['recipient']>;

/** Everything a message is written with, in one question; null before the first import of an organisation. */
export async function readCorrespondence(
  db: Db,
  needs: { to: MessageRow['to']; contents: string[]; staff: string[] },
): Promise<Correspondence | null> {
  const { to } = needs;
  const contents = to.kind === 'contact' ? [...needs.contents, to.content] : needs.contents;
  const card = sql`json_build_object('phone', mobile, 'mail', mail, 'language', language, 'name', name)`;
  const recipient = {
    staff: sql`select ${card} from ${personOf(sql`${'id' in to ? to.id : null}`)}`,
    customer: sql`select ${card} from customers where id = ${'id' in to ? to.id : null}`,
    unit: sql`
      select json_build_object(
        'phone', null, 'mail', coalesce(officer ->> 'mail', mail), 'language', language,
        'name', coalesce(officer ->> 'name', name)
      )
      from units left join lateral (
        -- Of several officers who want mail the first one in the file.
        select value as officer from json_array_elements(officers) where value ->> 'prefers' = 'mail' limit 1
      ) as reader on true
      where id = ${'id' in to ? to.id : null}`,
    // Stands among the contents.
    contact: sql`select null::json`,
  }[to.kind];
  const found = await db
    .selectFrom('company')
    .select(companyColumns)
    .select([
      sql<Reader | null>`(${recipient})`.as('recipient'),
      sql<Record<string, string | null> | null>`(
        select json_object_agg(id, body) from contents where id = any (${contents})
      )`.as('contents'),
      sql<Record<string, { name: string; calledAs?: string }> | null>`(
        select json_object_agg(wanted.id, json_strip_nulls(json_build_object('name', name, 'calledAs', called_as)))
        from unnest(${needs.staff}::text[]) as wanted (id), lateral ${personOf(sql`wanted.id`)}
      )`.as('staff'),
    ])
    .executeTakeFirst();
  if (found === undefined) return null;
  const { recipient: onFile, contents: bodies, staff, ...company } = found;
  const contact = to.kind === 'contact' ? bodies?.[to.content] : null;
  return {
    company,
    recipient: contact ? (JSON.parse(contact) as ContactCard) : onFile,
    contents: new Map(Object.entries(bodies ?? {})),
    staff: new Map(Object.entries(staff ?? {})),
  };
}

/** The person of an id, else of an alias, as a table of one row. */
function personOf(id: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(
    select * from staff where staff.id = ${id} or ${id} = any (staff.aliases)
    order by staff.id = ${id} desc, position limit 1
  ) as person`;
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
