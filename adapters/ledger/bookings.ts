import { sql, type Kysely, type Transaction } from 'kysely';
import pg from 'pg';
import type { Instant } from '../../domain/case.js';
import { busySpan } from '../../domain/booking.js';
import { addDays, dayOf, instantOf } from '../../domain/calendar.js';
import type { BookingFilter, BookingRequest, BookingRow, BusySpan } from '../../domain/custody.js';
import { ClaimConflict } from '../ports.js';
import type { LedgerTables } from './schema.js';

type Db = Kysely<LedgerTables>;
type Trx = Transaction<LedgerTables>;

/** The person or counter is booked then: the ledger's constraint says so. The transaction is lost. */
export class BookingTaken extends Error {
  override readonly name = 'BookingTaken';
  constructor(readonly request: Pick<BookingRequest, 'who' | 'from' | 'to'>) {
    super(`booking.taken: ${request.who} ${request.from}`);
  }
}

const OVERLAPS = '23P01';

/**
 * Makes everybody whose bookings are about to change wait for their turn, in the order of their names. Without it two
 * clashing bookings would each wait for the other's end before the constraint could judge them.
 */
export async function lockPersons(trx: Trx, who: Iterable<string>): Promise<void> {
  for (const person of [...new Set(who)].sort())
    await sql`select pg_advisory_xact_lock(hashtextextended(${person}, 4))`.execute(trx);
}

/** Whose bookings these are: by key, by the claim that made them, or by the claim that gave them up. */
export async function personsOf(trx: Trx, by: { keys: string[] } | { claim: string }): Promise<string[]> {
  const query = trx.selectFrom('bookings').select('who').distinct();
  const found =
    'keys' in by
      ? query.where('key', '=', sql<string>`any (${by.keys})`)
      : query.where((row) => row.or([row('claim', '=', by.claim), row('releasedBy', '=', by.claim)]));
  return (await found.execute()).map((row) => row.who);
}

/**
 * Books an appointment; its people are locked. A key that was released may be used again.
 * @throws BookingTaken when it overlaps another of the same person
 * @throws ClaimConflict when the key is booked
 */
export async function book(
  trx: Trx,
  request: BookingRequest,
  claim: { key: string; caseId: string; at: Instant },
): Promise<void> {
  const { key, from, to, ...rest } = request;
  const row = {
    ...rest,
    caseId: claim.caseId,
    startsAt: from,
    endsAt: to,
    status: 'booked' as const,
    bookedAt: claim.at,
    releasedAt: null,
    claim: claim.key,
    releasedBy: null,
  };
  const booked = await orTaken(request, () =>
    trx
      .insertInto('bookings')
      .values({ key, ...row })
      .onConflict((clash) => clash.column('key').doUpdateSet(row).where('bookings.status', '=', 'released'))
      .returning('key')
      .executeTakeFirst(),
  );
  if (!booked) throw new ClaimConflict(claim.key, `booking ${key} exists`);
}

async function orTaken<T>(
  request: Pick<BookingRequest, 'who' | 'from' | 'to'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === OVERLAPS) throw new BookingTaken(request);
    throw error;
  }
}

/**
 * Gives up bookings for good, by key; unknown ones are left alone. A claim that had given one up before and is withdrawn
 * does not bring it back.
 */
export async function releaseBookings(trx: Trx, keys: string[], at: Instant): Promise<void> {
  const people = await personsOf(trx, { keys });
  await lockPersons(trx, people);
  await released(trx, at, null)
    .where('key', '=', sql<string>`any (${keys})`)
    .where('who', '=', sql<string>`any (${people})`)
    .execute();
}

/**
 * Gives up, for a claim, those of the bookings whose people it has locked: what was booked since is nothing it knows.
 */
export async function giveUp(
  trx: Trx,
  keys: string[],
  people: string[],
  claim: { key: string; at: Instant },
): Promise<void> {
  await released(trx, claim.at, claim.key)
    .where('key', '=', sql<string>`any (${keys})`)
    .where('who', '=', sql<string>`any (${people})`)
    .where('status', '=', 'booked')
    .execute();
}

function released(trx: Trx, at: Instant, releasedBy: string | null) {
  const releasedAt = sql<Instant>`coalesce(released_at, ${at})`;
  return trx.updateTable('bookings').set({ status: 'released', releasedAt, releasedBy });
}

/**
 * Releases what a claim booked, and books again what it gave up; its people are locked.
 * @throws BookingTaken when somebody else has been given the time; the transaction is lost
 */
export async function unbook(trx: Trx, claim: string, at: Instant): Promise<void> {
  // Also what another claim gave up meanwhile: with that one withdrawn, it must not come back.
  await released(trx, at, null).where('claim', '=', claim).execute();
  const given = await trx
    .selectFrom('bookings')
    .select(['key', 'who', 'startsAt as from', 'endsAt as to'])
    .where('releasedBy', '=', claim)
    .orderBy('key')
    .execute();
  for (const { key, ...request } of given) {
    await orTaken(request, () =>
      trx
        .updateTable('bookings')
        .set({ status: 'booked', releasedAt: null, releasedBy: null })
        .where('key', '=', key)
        .execute(),
    );
  }
}

/** Everything booked for somebody from the local day of an instant on, travel included, soonest first. */
export async function readBusy(db: Db, who: string, at: Instant, offsetMinutes: number): Promise<BusySpan[]> {
  const endsAfter = instantOf(dayOf(at, offsetMinutes), '00:00', offsetMinutes);
  return (await readBookings(db, { who, status: 'booked', endsAfter })).map(busySpan);
}

/** Bookings that pass every given filter, by time. */
export async function readBookings(db: Db, filter: BookingFilter): Promise<BookingRow[]> {
  let query = db
    .selectFrom('bookings')
    .select(['key', 'who', 'kind', 'caseId', 'startsAt as from', 'endsAt as to', 'bufferMinutes', 'region'])
    .select(['status', 'bookedAt', 'releasedAt']);
  if (filter.who !== undefined) query = query.where('who', '=', filter.who);
  if (filter.caseId !== undefined) query = query.where('caseId', '=', filter.caseId);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.endsAfter !== undefined) query = query.where('endsAt', '>', filter.endsAfter);
  if (filter.day !== undefined) {
    const offset = filter.offsetMinutes ?? 0;
    query = query
      .where('startsAt', '>=', instantOf(filter.day, '00:00', offset))
      .where('startsAt', '<', instantOf(addDays(filter.day, 1), '00:00', offset));
  }
  return query.orderBy('startsAt').orderBy('who').orderBy('key').execute();
}
