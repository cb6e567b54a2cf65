import { sql, type Insertable, type Kysely, type Transaction } from 'kysely';
import type { Instant } from '../../domain/case.js';
import {
  STOCKED,
  atPlace,
  type ClaimResult,
  type CustodyFilter,
  type CustodyRow,
  type ItemRow,
  type Movement,
  type StockItem,
} from '../../domain/custody.js';
import { StockConflict } from '../ports.js';
import type { CustodyTable, LedgerTables } from './schema.js';

type Db = Kysely<LedgerTables>;
type Trx = Transaction<LedgerTables>;
type Refused = Extract<ClaimResult, { status: 'refused' }>;

/** Why a movement cannot be. Thrown, so that nothing of its claim remains. */
export class MovementRefused extends Error {
  override readonly name = 'MovementRefused';
  constructor(readonly result: Refused) {
    super(`${result.code}: ${result.item}`);
  }
}

/**
 * Items that are not on file come into being, held by the giver of their first movement; then all are locked until
 * the transaction ends. Both in the order of their names, so that no two claims ever wait for one another.
 *
 * @throws MovementRefused for a device or spare that nobody took into stock or that is of another family, or an item of
 * another kind
 */
export async function lockItems(trx: Trx, movements: Movement[], at: Instant, claim: string): Promise<void> {
  // The first movement of each item says what it is and who had it.
  const first = new Map([...movements].reverse().map((movement) => [movement.item, movement]));
  const ids = [...first.keys()].sort();
  for (const id of ids) {
    const movement = first.get(id)!;
    if (!STOCKED.includes(movement.kind)) await createItem(trx, movement, at, claim);
  }
  const items = new Map((await lockRows(trx, ids)).map((item) => [item.item, item]));
  for (const movement of movements) {
    const item = items.get(movement.item);
    const wanted = movement.families ?? (movement.family === undefined ? null : [movement.family]);
    const asAsked = wanted === null || wanted.includes(item?.family ?? '');
    if (item?.kind === movement.kind && (asAsked || !STOCKED.includes(movement.kind))) continue;
    const held = item && (await presentHolding(trx, movement.item));
    throw new MovementRefused({
      status: 'refused',
      code: item ? 'custody.otherKind' : 'custody.unknownItem',
      item: movement.item,
      holder: held?.holder ?? null,
      caseId: held?.caseId ?? null,
    });
  }
}

/** Which family each thing is of that was asked for as one of several; nothing when none was. */
export async function familiesOf(
  trx: Trx,
  movements: Movement[],
): Promise<Pick<Extract<ClaimResult, { status: 'done' }>, 'families'>> {
  const asked = movements.filter((movement) => movement.families !== undefined);
  const rows = await lockRows(
    trx,
    asked.map((movement) => movement.item),
  );
  if (rows.length === 0) return {};
  return { families: Object.fromEntries(rows.map(({ item, family }) => [item, family ?? ''])) };
}

/** Locks items that are on file, in the order of their names. */
export function lockRows(trx: Trx, ids: string[]): Promise<ItemRow[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return trx.selectFrom('items').selectAll().where('item', 'in', ids).orderBy('item').forUpdate().execute();
}

async function createItem(trx: Trx, movement: Movement, at: Instant, claim: string): Promise<void> {
  const { item, kind, family = null, model = null, amount = null, from, rule } = movement;
  const created = await trx
    .insertInto('items')
    .values({ item, kind, family, model, amount })
    .onConflict((clash) => clash.column('item').doNothing())
    .returning('item')
    .executeTakeFirst();
  if (created) await hold(trx, { ...FIRST, item, holder: from, since: at, rule, claim });
}

/** A holding that nobody handed over. */
const FIRST = {
  receivedFrom: null,
  caseId: null,
  until: null,
  givenBy: null,
  receivedBy: null,
  givenProof: null,
  receivedProof: null,
  dueBackAt: null,
  keeper: null,
} as const;

async function hold(trx: Trx, holding: Insertable<CustodyTable>): Promise<void> {
  await trx.insertInto('custody').values(holding).execute();
}

/** Who holds an item now. */
export function presentHolding(db: Db, item: string) {
  return db
    .selectFrom('custody')
    .selectAll()
    .where('item', '=', item)
    .where('until', 'is', null)
    .executeTakeFirst();
}

/** Ends a holding; told when: cases' clocks differ, and what is written later did not happen earlier. */
async function endHolding(trx: Trx, held: { entry: number; since: Instant }, at: Instant): Promise<Instant> {
  const until = at > held.since ? at : held.since;
  await trx.updateTable('custody').set({ until }).where('entry', '=', held.entry).execute();
  return until;
}

/**
 * Moves a locked item from its present holder to the next.
 * @throws MovementRefused when somebody else holds it than the movement says
 */
export async function move(
  trx: Trx,
  movement: Movement,
  claim: { key: string; caseId: string; at: Instant },
): Promise<void> {
  const { item, from } = movement;
  const held = await presentHolding(trx, item);
  const passesOn = movement.fromCase === undefined || held?.caseId === movement.fromCase;
  if (held?.holder !== from || !passesOn) {
    throw new MovementRefused({
      status: 'refused',
      code: 'custody.heldByOther',
      item,
      holder: held?.holder ?? null,
      caseId: held?.caseId ?? null,
    });
  }
  await hold(trx, {
    item,
    holder: movement.to,
    receivedFrom: from,
    caseId: claim.caseId,
    since: await endHolding(trx, held, claim.at),
    until: null,
    givenBy: movement.givenBy,
    receivedBy: movement.receivedBy,
    givenProof: movement.givenProof?.sha256 ?? null,
    receivedProof: movement.receivedProof?.sha256 ?? null,
    dueBackAt: movement.dueBackAt,
    keeper: movement.keeper,
    rule: movement.rule,
    claim: claim.key,
  });
}

/** Items that a claim moved. */
export async function itemsOf(trx: Trx, claim: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('custody')
    .select('item')
    .distinct()
    .where('claim', '=', claim)
    .orderBy('item')
    .execute();
  return rows.map((row) => row.item);
}

/**
 * Gives a locked item back to whom a claim had it from, on the terms it was held on. Its holdings stay on the record.
 * @returns false when it has moved on since: nothing was changed
 */
export async function moveBack(trx: Trx, item: string, claim: string, at: Instant): Promise<boolean> {
  const held = await presentHolding(trx, item);
  if (held?.claim !== claim) return false;
  const { entry: firstOfClaim } = await trx
    .selectFrom('custody')
    .select((row) => row.fn.min('entry').as('entry'))
    .where('item', '=', item)
    .where('claim', '=', claim)
    .executeTakeFirstOrThrow();
  // An item that the claim brought into being has its own first holding to go back to.
  const before = await trx
    .selectFrom('custody')
    .selectAll()
    .where('item', '=', item)
    .where('entry', '<=', firstOfClaim)
    .orderBy(sql`claim = ${claim}`)
    .orderBy('entry', 'desc')
    .executeTakeFirstOrThrow();
  const { holder, caseId, dueBackAt, keeper, rule } = before;
  const since = await endHolding(trx, held, at);
  const receivedFrom = held.holder;
  await hold(trx, { ...FIRST, item, holder, receivedFrom, caseId, since, dueBackAt, keeper, rule, claim });
  return true;
}

/** Holdings that pass every given filter, in the order they were written. */
export async function readCustody(db: Db, filter: CustodyFilter): Promise<CustodyRow[]> {
  let query = db
    .selectFrom('custody')
    .innerJoin('items', 'items.item', 'custody.item')
    .selectAll('custody')
    .select(['items.kind', 'items.family', 'items.model', 'items.amount']);
  if (filter.current !== false) query = query.where('until', 'is', null);
  if (filter.holder !== undefined) query = query.where('holder', '=', filter.holder);
  if (filter.caseId !== undefined) query = query.where('caseId', '=', filter.caseId);
  if (filter.item !== undefined) query = query.where('custody.item', '=', filter.item);
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  if (filter.overdueAt !== undefined)
    query = query.where('dueBackAt', '<=', filter.overdueAt).where('until', 'is', null);
  const rows = await query.orderBy('custody.entry').execute();
  return rows.map(({ entry: _, ...row }) => row);
}

/** What an item is, or null. */
export async function readItem(db: Db, id: string): Promise<ItemRow | null> {
  return (await db.selectFrom('items').selectAll().where('item', '=', id).executeTakeFirst()) ?? null;
}

/**
 * Takes devices and spares into stock: a first holding in the warehouse (REG-05). What is on file stays where it is.
 * @throws StockConflict when a serial number is on file as something else
 */
export async function importStock(
  trx: Trx,
  items: StockItem[],
  at: Instant,
): Promise<{ added: number; unchanged: number }> {
  let added = 0;
  const rows = items.map((item, index) => ({ ...item, index }));
  // One order for all writers; of a serial number given twice, the earlier line first.
  rows.sort((one, other) =>
    one.item < other.item ? -1 : one.item > other.item ? 1 : one.index - other.index,
  );
  for (const { index, item, kind, family, model } of rows) {
    const created = await trx
      .insertInto('items')
      .values({ item, kind, family, model, amount: null })
      .onConflict((clash) => clash.column('item').doNothing())
      .returning('item')
      .executeTakeFirst();
    if (created) {
      const holder = atPlace('warehouse');
      await hold(trx, { ...FIRST, item, holder, since: at, rule: 'REG-05', claim: 'stock' });
      added += 1;
      continue;
    }
    const known = await readItem(trx, item);
    if (known && (known.kind !== kind || known.family !== family || known.model !== model))
      throw new StockConflict(index, item, known);
  }
  return { added, unchanged: items.length - added };
}
