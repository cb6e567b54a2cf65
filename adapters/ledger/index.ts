import { Migrator, sql, type Kysely, type Transaction } from 'kysely';
import type { LedgerPort } from '../ports.js';
import { readBookings, releaseBookings } from './bookings.js';
import {
  addEvidence,
  addRefusal,
  readAnsweredTasks,
  readCaseFile,
  readCases,
  readEvidence,
  readOpenTasks,
  readRefusals,
  readTurns,
} from './cases.js';
import { keepBureauCode, readBureauCode, useBureauCodes } from './bureau-codes.js';
import { claim, unclaim } from './claims.js';
import { openDatabase, openForMigration } from './connection.js';
import { importStock, readCustody, readItem } from './custody.js';
import {
  contentsOf,
  eraseContents,
  markStarted,
  pendingIntakes,
  putContents,
  takeBack,
  readContents,
  readIntake,
  readLookups,
  receiveIntake,
  relatedCases,
} from './intake.js';
import { migrationProvider } from './migrations/index.js';
import {
  importOrganisation,
  readCustomer,
  readOrganisation,
  readPerson,
  readRoster,
  readUnit,
} from './organisation.js';
import { acceptSend, beginSend, readCorrespondence, readMessages, readOutbox } from './outbox.js';
import { recordTurn } from './record.js';
import type { LedgerTables } from './schema.js';

export { LedgerUnavailable } from './connection.js';

/**
 * Opens the ledger on PostgreSQL, embedded or not. Connects on first use, so it opens while the database is down;
 * every call then fails within 3 s with `LedgerUnavailable` and works again once the database is back.
 *
 * @param options.url `postgres://user:password@host:port/database`
 * @param options.poolSize connections at most, 5 unless told
 */
export async function openLedger(options: { url: string; poolSize?: number }): Promise<LedgerPort> {
  const db = openDatabase(options.url, options.poolSize ?? 5);
  const inTransaction = <T>(work: (trx: Transaction<LedgerTables>) => Promise<T>): Promise<T> =>
    db.transaction().execute(work);
  const inSnapshot = <T>(work: (trx: Transaction<LedgerTables>) => Promise<T>): Promise<T> =>
    db.transaction().setIsolationLevel('repeatable read').execute(work);

  return {
    migrate: () => withMigrator(options.url, migrateAll),
    pendingMigrations: () => withMigrator(options.url, pending),
    check: () => version(db),
    close: () => db.destroy(),

    importOrganisation: (organisation) => inTransaction((trx) => importOrganisation(trx, organisation)),
    organisation: () => inSnapshot(readOrganisation),
    roster: () => readRoster(db),
    staff: (idOrAlias) => readPerson(db, idOrAlias),
    customer: (id) => readCustomer(db, id),
    unit: (id) => readUnit(db, id),

    receiveIntake: (request) => receiveIntake(db, request),
    markStarted: (caseId) => markStarted(db, caseId),
    pendingIntakes: () => pendingIntakes(db),
    intakeByRequest: (requestId) => readIntake(db, { requestId }),
    intakeOf: (caseId) => readIntake(db, { caseId }),

    putContents: (rows) => putContents(db, rows),
    takeBack: (rows) => inTransaction((trx) => takeBack(trx, rows)),
    contents: (ids) => readContents(db, ids),
    contentsOf: (caseId) => contentsOf(db, caseId),
    erase: (caseId, ids, note) => inTransaction((trx) => eraseContents(trx, caseId, ids, note)),

    record: (turn, digest) => recordTurn(db, turn, digest),
    turns: (caseId) => readTurns(db, caseId),

    correspondence: (needs) => readCorrespondence(db, needs),
    beginSend: (send) => beginSend(db, send),
    acceptSend: (key, channel, providerId) => acceptSend(db, key, channel, providerId),
    outbox: (key) => readOutbox(db, key),

    keepBureauCode: (sha256, row) => keepBureauCode(db, sha256, row),
    bureauCode: (sha256) => readBureauCode(db, sha256),
    useBureauCodes: (used) => useBureauCodes(db, used),

    addEvidence: (row) => addEvidence(db, row),
    evidence: (caseId) => readEvidence(db, caseId),

    addRefusal: (refusal) => addRefusal(db, refusal),
    refusals: (caseId) => readRefusals(db, caseId),

    claim: (order) => claim(db, order),
    unclaim: (key, at) => unclaim(db, key, at),
    releaseBookings: (keys, at) => inTransaction((trx) => releaseBookings(trx, keys, at)),
    custody: (filter) => readCustody(db, filter),
    bookings: (filter) => readBookings(db, filter),
    importStock: (items, at) => inTransaction((trx) => importStock(trx, items, at)),
    item: (id) => readItem(db, id),

    caseFile: (caseId) => inSnapshot((trx) => readCaseFile(trx, caseId)),
    cases: (filter) => readCases(db, filter),
    openTasks: (filter) => readOpenTasks(db, filter),
    answeredTasks: (filter) => readAnsweredTasks(db, filter),
    related: (lookups, since) => relatedCases(db, lookups, since),
    lookups: (caseId) => readLookups(db, caseId),
    messages: (filter) => readMessages(db, filter),
  };
}

async function withMigrator<T>(url: string, work: (migrator: Migrator) => Promise<T>): Promise<T> {
  const db = openForMigration(url);
  try {
    return await work(new Migrator({ db, provider: migrationProvider }));
  } finally {
    await db.destroy();
  }
}

async function migrateAll(migrator: Migrator): Promise<string[]> {
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  return (results ?? []).map((result) => result.migrationName);
}

async function pending(migrator: Migrator): Promise<string[]> {
  const migrations = await migrator.getMigrations();
  return migrations.filter((migration) => !migration.executedAt).map((migration) => migration.name);
}

async function version(db: Kysely<LedgerTables>): Promise<string> {
  const { rows } = await sql<{
    version: string;
  }>`select current_setting('server_version') as version`.execute(db);
  return `PostgreSQL ${rows[0]?.version ?? ''}`;
}
