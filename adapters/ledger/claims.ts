import { createHash } from 'node:crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { Instant } from '../../domain/case.js';
import { canonicalJson } from '../../domain/canonical.js';
import { onTrip, type ClaimOrder, type ClaimResult } from '../../domain/custody.js';
import { ClaimConflict } from '../ports.js';
import { BookingTaken, book, giveUp, lockPersons, personsOf, readBusy, unbook } from './bookings.js';
import { MovementRefused, familiesOf, itemsOf, lockItems, lockRows, move, moveBack } from './custody.js';
import type { LedgerTables } from './schema.js';
import { keep, minded, readTrip, TripRefused } from './trips.js';

type Db = Kysely<LedgerTables>;
type Trx = Transaction<LedgerTables>;

/** See `LedgerPort.claim`. Whoever changes custody or bookings locks the claim, then items, then people. */
export async function claim(db: Db, order: ClaimOrder): Promise<ClaimResult> {
  try {
    return await db.transaction().execute((trx) => carryOut(trx, order));
  } catch (error) {
    if (error instanceof MovementRefused || error instanceof TripRefused) return error.result;
    if (!(error instanceof BookingTaken)) throw error;
    const { who, from, to } = error.request;
    // The transaction that met the constraint can read no more.
    return { status: 'taken', who, from, to, busy: await readBusy(db, who, from, order.offsetMinutes ?? 0) };
  }
}

async function carryOut(trx: Trx, order: ClaimOrder): Promise<ClaimResult> {
  const { key, caseId, at, movements, bookings, releases, kept = [], trip } = order;
  const known = await lockClaim(trx, key);
  const digest = digestOf(order);
  if (known?.state === 'withdrawn') return { status: 'withdrawn' };
  if (known && known.digest !== digest) throw new ClaimConflict(key);
  if (known) return done(trx, order, true);

  await trx.insertInto('claims').values({ key, caseId, at, state: 'done', digest }).execute();
  await lockItems(trx, movements, at, key);
  const giving = await personsOf(trx, { keys: releases });
  const trips = [
    ...(await personsOf(trx, { keys: kept })),
    ...(trip === undefined ? [] : [onTrip(trip.trip)]),
  ];
  await lockPersons(trx, [...giving, ...trips, ...bookings.map((booking) => booking.who)]);
  for (const movement of movements) await move(trx, movement, order);
  await giveUp(trx, releases, giving, order);
  for (const booking of bookings) await book(trx, booking, order);
  await keep(trx, kept, order);
  await minded(trx, order);
  return done(trx, order, false);
}

async function done(trx: Trx, { trip, movements }: ClaimOrder, repeat: boolean): Promise<ClaimResult> {
  return {
    status: 'done',
    repeat,
    ...(await familiesOf(trx, movements)),
    ...(trip === undefined ? {} : { trip: await readTrip(trx, trip.trip) }),
  };
}

/** An item has moved on. Thrown, so that nothing of the withdrawal remains. */
class MovedOn extends Error {}

/** See `LedgerPort.unclaim`. */
export async function unclaim(
  db: Db,
  key: string,
  at: Instant,
): Promise<'undone' | 'nothing' | 'impossible'> {
  try {
    return await db.transaction().execute((trx) => undo(trx, key, at));
  } catch (error) {
    if (error instanceof MovedOn || error instanceof BookingTaken) return 'impossible';
    throw error;
  }
}

async function undo(trx: Trx, key: string, at: Instant): Promise<'undone' | 'nothing'> {
  const known = await lockClaim(trx, key);
  if (!known) {
    await trx
      .insertInto('claims')
      .values({ key, caseId: null, at, state: 'withdrawn', digest: null })
      .execute();
    return 'nothing';
  }
  if (known.state === 'withdrawn') return known.digest === null ? 'nothing' : 'undone';

  const items = await itemsOf(trx, key);
  await lockRows(trx, items);
  await lockPersons(trx, await personsOf(trx, { claim: key }));
  for (const item of items) {
    if (!(await moveBack(trx, item, key, at))) throw new MovedOn();
  }
  await unbook(trx, key, at);
  await trx.updateTable('claims').set({ state: 'withdrawn' }).where('key', '=', key).execute();
  return 'undone';
}

/** What is known of a claim; a second attempt at once waits here for the first. */
async function lockClaim(trx: Trx, key: string) {
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 3))`.execute(trx);
  return trx.selectFrom('claims').select(['state', 'digest']).where('key', '=', key).executeTakeFirst();
}

/** What was asked for, whenever it is asked. */
function digestOf({ caseId, movements, bookings, releases, kept, trip }: ClaimOrder): string {
  const asked = canonicalJson({ caseId, movements, bookings, releases, kept, trip });
  return createHash('sha256').update(asked).digest('hex');
}
