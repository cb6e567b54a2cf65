import { sql, type Kysely, type Transaction } from 'kysely';
import type {
  Company,
  Customer,
  Department,
  Organisation,
  Roster,
  Staff,
  Unit,
} from '../../domain/organisation.js';
import type { LedgerTables } from './schema.js';

type Db = Kysely<LedgerTables>;
type Change = 'added' | 'changed' | 'unchanged';
type Placed<T> = T & { position: number };

/**
 * Writes an organisation file over what is there. Departments, staff, units and customers the file does not name stay
 * as they are: open cases and old answers name them. Somebody who left stays in the file as `absent`.
 *
 * @returns how many entries (the company is one) were new, differed, or stood there already; order in the file counts.
 */
export async function importOrganisation(
  trx: Transaction<LedgerTables>,
  organisation: Organisation,
): Promise<Record<Change, number>> {
  // Two imports at once must not both find the same person missing.
  await sql`select pg_advisory_xact_lock(hashtext('aftercare.organisation'))`.execute(trx);
  const count: Record<Change, number> = { added: 0, changed: 0, unchanged: 0 };

  const { company } = organisation;
  const change = compare(await readCompany(trx), company);
  count[change] += 1;
  if (change !== 'unchanged') {
    await trx
      .insertInto('company')
      .values(company)
      .onConflict((clash) => clash.column('only').doUpdateSet(company))
      .execute();
  }
  await importPart(count, await readDepartments(trx), organisation.departments, async (part) => {
    const row = { ...part, head: part.head ?? null };
    await trx
      .insertInto('departments')
      .values(row)
      .onConflict((clash) => clash.column('id').doUpdateSet(row))
      .execute();
  });
  await importPart(count, await readStaff(trx), organisation.staff, async (part) => {
    const row = {
      ...part,
      calledAs: part.calledAs ?? null,
      mail: part.mail ?? null,
      mobile: part.mobile ?? null,
      substitute: part.substitute ?? null,
    };
    await trx
      .insertInto('staff')
      .values(row)
      .onConflict((clash) => clash.column('id').doUpdateSet(row))
      .execute();
  });
  await importPart(count, await readUnits(trx), organisation.units, async (part) => {
    const row = {
      ...part,
      mail: part.mail ?? null,
      phone: part.phone ?? null,
      hours: part.hours ?? null,
      officers: JSON.stringify(part.officers),
    };
    await trx
      .insertInto('units')
      .values(row)
      .onConflict((clash) => clash.column('id').doUpdateSet(row))
      .execute();
  });
  await importPart(count, await readCustomers(trx), organisation.customers, async (part) => {
    const row = {
      ...part,
      taxpayerId: part.taxpayerId ?? null,
      taxBureau: part.taxBureau ?? null,
      contactName: part.contactName ?? null,
      mobile: part.mobile ?? null,
      landline: part.landline ?? null,
      mail: part.mail ?? null,
    };
    await trx
      .insertInto('customers')
      .values(row)
      .onConflict((clash) => clash.column('id').doUpdateSet(row))
      .execute();
  });
  return count;
}

/** The whole organisation in the order of its file, or null before the first import. */
export async function readOrganisation(trx: Transaction<LedgerTables>): Promise<Organisation | null> {
  const company = await readCompany(trx);
  if (!company) return null;
  return {
    schema: 'aftercare.organisation/1',
    company,
    departments: (await readDepartments(trx)).map(unplaced),
    staff: (await readStaff(trx)).map(unplaced),
    units: (await readUnits(trx)).map(unplaced),
    customers: (await readCustomers(trx)).map(unplaced),
  };
}

/** What a case's desk is made of, in one question; null before the first import. */
export async function readRoster(db: Db): Promise<Roster | null> {
  const found = await db
    .selectFrom('company')
    .select([
      sql<Roster['staff']>`(
        select json_agg(
          json_strip_nulls(json_build_object(
            'id', id, 'roles', roles, 'department', department, 'substitute', substitute, 'absent', absent
          )) order by position, id
        ) from staff
      )`.as('staff'),
      sql<Roster['departments']>`(
        select json_agg(json_strip_nulls(json_build_object('id', id, 'head', head)) order by position, id)
        from departments
      )`.as('departments'),
    ])
    .executeTakeFirst();
  return found ?? null;
}

/** A person by id, else by alias. */
export async function readPerson(db: Db, idOrAlias: string): Promise<Staff | null> {
  const found = await readStaff(db, idOrAlias);
  const person = found.find((one) => one.id === idOrAlias) ?? found[0];
  return person ? unplaced(person) : null;
}

/** A customer by id. */
export async function readCustomer(db: Db, id: string): Promise<Customer | null> {
  const [found] = await readCustomers(db, id);
  return found ? unplaced(found) : null;
}

/** A unit by id. */
export async function readUnit(db: Db, id: string): Promise<Unit | null> {
  const [found] = await readUnits(db, id);
  return found ? unplaced(found) : null;
}

/** The company as its file has it. */
export const companyColumns = [
  'company.name',
  'company.smsSignature',
  'company.hotline',
  'company.place',
  'company.hours',
  'company.mailFrom',
  'company.recourseBodies',
] as const;

async function readCompany(db: Db): Promise<Company | undefined> {
  return db.selectFrom('company').select(companyColumns).executeTakeFirst();
}

async function readDepartments(db: Db): Promise<Placed<Department>[]> {
  const rows = await db.selectFrom('departments').selectAll().orderBy('position').orderBy('id').execute();
  return rows.map(withoutNulls);
}

async function readStaff(db: Db, idOrAlias?: string): Promise<Placed<Staff>[]> {
  let query = db.selectFrom('staff').selectAll().orderBy('position').orderBy('id');
  if (idOrAlias !== undefined) {
    query = query.where((row) =>
      row.or([row('id', '=', idOrAlias), sql<boolean>`${idOrAlias} = any (${row.ref('aliases')})`]),
    );
  }
  return (await query.execute()).map(withoutNulls);
}

async function readUnits(db: Db, id?: string): Promise<Placed<Unit>[]> {
  let query = db.selectFrom('units').selectAll().orderBy('position').orderBy('id');
  if (id !== undefined) query = query.where('id', '=', id);
  return (await query.execute()).map(withoutNulls);
}

async function readCustomers(db: Db, id?: string): Promise<Placed<Customer>[]> {
  let query = db.selectFrom('customers').selectAll().orderBy('position').orderBy('id');
  if (id !== undefined) query = query.where('id', '=', id);
  return (await query.execute()).map(withoutNulls);
}

async function importPart<T extends { id: string }>(
  count: Record<Change, number>,
  before: Placed<T>[],
  now: T[],
  write: (row: Placed<T>) => Promise<void>,
): Promise<void> {
  const known = new Map(before.map((row) => [row.id, row]));
  for (const [position, part] of now.entries()) {
    const row = { ...part, position };
    const change = compare(known.get(part.id), row);
    count[change] += 1;
    if (change !== 'unchanged') await write(row);
  }
}

function compare(before: object | undefined, now: object): Change {
  if (!before) return 'added';
  return canonical(before) === canonical(now) ? 'unchanged' : 'changed';
}

function canonical(row: object): string {
  const entries = Object.entries(row).filter(([, value]) => value !== undefined);
  return JSON.stringify(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function unplaced<T>({ position: _, ...rest }: Placed<T>): T {
  return rest as T;
}

/** SQL has null where the schema has no field. */
function withoutNulls<T extends object>(row: T): { [K in keyof T]: Exclude<T[K], null> } {
  const present = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(present) as { [K in keyof T]: Exclude<T[K], null> };
}
