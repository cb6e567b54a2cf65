import { sql, type Kysely, type Transaction } from 'kysely';
import type { Instant } from '../../domain/case.js';
import { onTrip, slipOf, type ClaimOrder, type ClaimResult, type TripView } from '../../domain/custody.js';
import { book } from './bookings.js';
import { presentHolding } from './custody.js';
import type { LedgerTables } from './schema.js';

type Db = Kysely<LedgerTables>;
type Trx = Transaction<LedgerTables>;
type NoTrip = Extract<ClaimResult, { status: 'noTrip' }>;

/** Why a trip cannot be had. Thrown, so that nothing of its claim remains. */
export class TripRefused extends Error {
  override readonly name = 'TripRefused';
  constructor(readonly result: NoTrip) {
    super(result.code);
  }
}

/** A trip by its standing bookings, or null when it has none: it is unknown, called off, or being planned anew. */
export async function readTrip(db: Db, trip: string): Promise<TripView | null> {
  const standing = await db
    .selectFrom('bookings')
    .select(['who', 'startsAt as from', 'endsAt as to', 'caseId'])
    .where('status', '=', 'booked')
    .where((row) => row.or([row('caseId', '=', trip), row('who', '=', onTrip(trip))]))
    .orderBy('caseId')
    .execute();
  const counter = standing.find((row) => row.caseId === trip && row.who.startsWith('bureau/'));
  const person = standing.find((row) => row.caseId === trip && !row.who.includes('/'));
  if (counter === undefined || person === undefined) return null;
  return {
    trip,
    bureau: counter.who.slice('bureau/'.length),
    technician: person.who,
    from: person.from,
    to: person.to,
    cases: standing.filter((row) => row.who === onTrip(trip)).map((row) => row.caseId),
  };
}

/**
 * What a claim has to do with a trip, once its people are locked, the trip among them: of a case that joins and a trip
 * that ends at the same moment, one comes first.
 * @throws TripRefused
 */
export async function minded(trx: Trx, order: ClaimOrder): Promise<void> {
  const { trip: wanted, caseId, at } = order;
  if (wanted === undefined) return;
  const trip = await readTrip(trx, wanted.trip);
  const no = (code: NoTrip['code'], waiting: NoTrip['waiting'] = []): never => {
    throw new TripRefused({ status: 'noTrip', code, trip, waiting });
  };
  switch (wanted.act) {
    case 'plan':
      await trx
        .updateTable('bookings')
        .set({ startsAt: trip!.from, endsAt: trip!.to })
        .where('who', '=', onTrip(wanted.trip))
        .where('status', '=', 'booked')
        .execute();
      return;
    case 'join': {
      if (trip === null || trip.to <= at || (await slipState(trx, wanted.trip)) === 'back')
        return no('trip.notOpen');
      const { key, bureau, technician = trip.technician, from = trip.from, to = trip.to } = wanted;
      const same = bureau === trip.bureau && technician === trip.technician;
      if (!same || from !== trip.from || to !== trip.to) return no('trip.mismatch');
      const place = {
        key,
        who: onTrip(trip.trip),
        kind: 'issuance',
        region: null,
        bufferMinutes: 0,
      } as const;
      return book(trx, { ...place, from, to }, order);
    }
    case 'borrow': {
      if (trip === null) return no('trip.notOpen');
      if (!trip.cases.includes(caseId)) return no('trip.notOn');
      const slip = await slipState(trx, wanted.trip);
      if (slip !== 'out') return no(slip === 'none' ? 'trip.noSlip' : 'trip.notOpen');
      return;
    }
    case 'end': {
      const on = await trx
        .selectFrom('bookings')
        .select('caseId')
        .where('who', '=', onTrip(wanted.trip))
        .where('status', '=', 'booked')
        .orderBy('caseId')
        .execute();
      const waiting = [];
      for (const { caseId: each } of on) waiting.push({ caseId: each, items: await devicesOut(trx, each) });
      if (waiting.length > 0) return no('trip.casesOn', waiting);
    }
  }
}

/** Whether the slip is not written yet, with the technician, or settled. */
async function slipState(db: Db, trip: string): Promise<'none' | 'out' | 'back'> {
  const held = await presentHolding(db, slipOf(trip));
  return held === undefined ? 'none' : held.holder.includes('/') ? 'back' : 'out';
}

/** Devices that our people hold for a case. */
async function devicesOut(db: Db, caseId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('custody')
    .innerJoin('items', 'items.item', 'custody.item')
    .select('custody.item')
    .where('kind', '=', 'device')
    .where('until', 'is', null)
    .where('caseId', '=', caseId)
    .where('holder', 'not like', sql<string>`'%/%'`)
    .orderBy('custody.item')
    .execute();
  return rows.map((row) => row.item);
}

/** Marks what was kept: visits that are over, places whose devices have their result. Their people and trips are locked. */
export async function keep(trx: Trx, keys: string[], claim: { key: string; at: Instant }): Promise<void> {
  if (keys.length === 0) return;
  await trx
    .updateTable('bookings')
    .set({ status: 'kept', releasedAt: claim.at, releasedBy: claim.key })
    .where('key', '=', sql<string>`any (${keys})`)
    .where('status', '=', 'booked')
    .execute();
}
