import {
  CamelCasePlugin,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  type DialectAdapter,
  type PostgresCursor,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import pg from 'pg';
import type { LedgerTables } from './schema.js';

/** The database could not be reached, was lost on the way, or is too busy. Always worth another try. */
export class LedgerUnavailable extends Error {
  override readonly name = 'LedgerUnavailable';
}

const CONNECT_MS = 1_500;
const STATEMENT_MS = 5_000;
/** A little more than the server's own limit: this one only fires when the server no longer answers at all. */
const ANSWER_MS = 6_000;
const WAIT_MS = 10_000;
const MIGRATION_LOCK_MS = 60_000;
/** Any constant will do; it only has to be the same in every process. */
const MIGRATION_LOCK = 4_211_773_001;

/**
 * Kysely on a pool to the ledger. Nothing connects before the first query, so a process may start while its database
 * is down.
 */
export function openDatabase(url: string, poolSize: number): Kysely<LedgerTables> {
  // Told when connecting, so that it costs no statement. The embedded ledger does not know the limit: it has nothing
  // that could interrupt a statement.
  const limits = { query_timeout: ANSWER_MS, statement_timeout: STATEMENT_MS };
  return new Kysely<LedgerTables>({
    dialect: new PostgresDialect({ pool: new GuardedPool(url, poolSize, limits) }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
}

/**
 * Kysely for migrations: one connection without a limit per statement, and a lock that lives and dies with the
 * migrating transaction. Kysely's own lock belongs to the session, which the embedded ledger's clients all share.
 */
export function openForMigration(url: string): Kysely<unknown> {
  const opening = `set local lock_timeout = ${MIGRATION_LOCK_MS}; select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
  return new Kysely<unknown>({
    dialect: new MigrationDialect({ pool: new GuardedPool(url, 1, {}, opening) }),
  });
}

class MigrationDialect extends PostgresDialect {
  override createAdapter(): DialectAdapter {
    return new MigrationAdapter();
  }
}

class MigrationAdapter extends PostgresAdapter {
  override acquireMigrationLock(): Promise<void> {
    return Promise.resolve();
  }

  override releaseMigrationLock(): Promise<void> {
    return Promise.resolve();
  }
}

interface Waiter {
  proceed(): void;
  fail(error: LedgerUnavailable): void;
}

/**
 * A pg pool that fails fast when the host is down and waits its turn when it is merely busy. pg-pool's one
 * `connectionTimeoutMillis` covers both, so a burst of work would look like a dead database.
 */
class GuardedPool implements PostgresPool {
  private readonly pool: pg.Pool;
  private readonly waiting: Waiter[] = [];
  private free: number;

  constructor(
    url: string,
    size: number,
    limits: Pick<pg.PoolConfig, 'query_timeout' | 'statement_timeout'>,
    /** Runs with every `begin`. */
    private readonly opening: string | null = null,
  ) {
    this.free = size;
    this.pool = new pg.Pool({
      connectionString: url,
      max: size,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      allowExitOnIdle: true,
      application_name: 'aftercare',
      types: { getTypeParser },
      ...limits,
    });
    // A dropped connection reports itself as an event, idle or in use. Unheard, that event ends the process; the
    // next query fails or reconnects anyway.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => void client.on('error', () => undefined));
  }

  async connect(): Promise<PostgresPoolClient> {
    await this.turn();
    try {
      return new GuardedClient(await this.pool.connect(), this.opening, () => this.next());
    } catch (error) {
      const unavailable = unreachable(error);
      // Whoever waits would ask the same host: one answer serves all, so nobody waits longer than one attempt.
      for (const waiter of this.waiting.splice(0)) waiter.fail(unavailable);
      this.free += 1;
      throw unavailable;
    }
  }

  async end(): Promise<void> {
    for (const waiter of this.waiting.splice(0)) waiter.fail(new LedgerUnavailable('ledger closed'));
    await this.pool.end();
  }

  private turn(): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(new LedgerUnavailable(`ledger busy: no connection free for ${WAIT_MS / 1_000} s`));
      }, WAIT_MS);
      const waiter: Waiter = {
        proceed: () => {
          clearTimeout(timer);
          resolve();
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.waiting.push(waiter);
    });
  }

  private next(): void {
    const waiter = this.waiting.shift();
    if (waiter) waiter.proceed();
    else this.free += 1;
  }
}

/** A pooled connection. Once the server stopped answering on it, it is thrown away, not reused. */
class GuardedClient implements PostgresPoolClient {
  private lost: LedgerUnavailable | null = null;

  constructor(
    private readonly client: pg.PoolClient,
    private readonly opening: string | null,
    private readonly released: () => void,
  ) {}

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    sql: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof sql !== 'string') throw new TypeError('the ledger reads no cursors');
    return this.guard(sql, parameters) as Promise<PostgresQueryResult<R>>;
  }

  release(): void {
    this.client.release(this.lost !== null);
    this.released();
  }

  private async guard(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    // The server rolls back what it lost; failing here would hide the error that led to it.
    if (this.lost && sql === 'rollback') return { rows: [] };
    if (this.opening !== null && sql === 'begin') return this.run(`${sql}; ${this.opening}`, parameters);
    return this.run(sql, parameters);
  }

  private async run(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    if (this.lost) throw this.lost;
    try {
      return await this.client.query(sql, [...parameters]);
    } catch (error) {
      // What the server itself reports is about the statement, except 57P..: it is shutting down.
      if (error instanceof pg.DatabaseError && !error.code?.startsWith('57P')) throw error;
      this.lost = unreachable(error);
      throw this.lost;
    }
  }
}

function unreachable(error: unknown): LedgerUnavailable {
  const { message, code } = error as { message?: string; code?: string };
  return new LedgerUnavailable(`ledger unreachable: ${message || code || 'no answer'}`, { cause: error });
}

const { INT8, NUMERIC, TIMESTAMPTZ } = pg.types.builtins;
const toDate = pg.types.getTypeParser(TIMESTAMPTZ, 'text') as (text: string) => Date;

/** Instants as ISO strings in UTC; counts and sums as numbers (none comes near 2^53). */
const getTypeParser = ((type: number, format?: 'text' | 'binary') => {
  if (format === 'binary') return pg.types.getTypeParser(type, 'binary');
  if (type === TIMESTAMPTZ) return (text: string) => toDate(text).toISOString();
  if (type === INT8 || type === NUMERIC) return Number;
  return pg.types.getTypeParser(type, 'text');
}) as typeof pg.types.getTypeParser;
