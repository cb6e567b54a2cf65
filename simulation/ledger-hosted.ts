/**
 * A ledger for a simulation on a PostgreSQL server that is there: a database of its own, behind a relay that can go down
 * as the embedded one's port can.
 */
import pg from 'pg';
import { startRelay } from './relay.js';

/** What a simulation wants of a ledger, embedded or not. */
export interface SimulatedLedger {
  url: string;
  port: number;
  /** Runs a statement, whether anybody is let in or not. */
  exec(sql: string): Promise<Record<string, unknown>[]>;
  /** Refuses new connections and drops open ones, as a database that went down. Their transactions roll back. */
  pauseListening(): Promise<void>;
  /** Listens again, on the same port. */
  resumeListening(): Promise<void>;
  /** Drops clients and removes what outlives this process. */
  remove(): Promise<void>;
}

export interface HostedLedgerOptions {
  /** `postgres://user@host:port/postgres`: somebody who may create databases. */
  server: string;
  /** Name of the database; one that is there is gone on with. */
  database: string;
  /** Port of the relay; default: a free one. */
  port?: number;
}

/** A silent server must not keep a process that is about to end. */
const CONNECT_MS = 5_000;

/** One statement on a connection of its own. */
export async function statement(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/**
 * A database on a server, made unless it is there.
 * @returns its URL, and how to drop it with whoever is connected
 */
export async function databaseOn(
  server: string,
  database: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = pg.escapeIdentifier(database);
  const known = `select 1 from pg_database where datname = ${pg.escapeLiteral(database)}`;
  // Texts in any language, in an order that no operating system has a say in.
  if ((await statement(server, known)).length === 0)
    await statement(
      server,
      `create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`,
    );
  const url = new URL(server);
  url.pathname = database;
  return {
    url: url.href,
    async drop() {
      await statement(server, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Makes the database, unless it is there, and lets clients in. */
export async function startHostedLedger(options: HostedLedgerOptions): Promise<SimulatedLedger> {
  const { url: direct, drop } = await databaseOn(options.server, options.database);
  const url = new URL(direct);
  const relay = await startRelay({ host: url.hostname, port: Number(url.port || 5432) }, options.port);
  url.host = `127.0.0.1:${relay.port}`;
  return {
    url: url.href,
    port: relay.port,
    exec: (sql) => statement(direct, sql),
    pauseListening: () => relay.down(),
    resumeListening: () => relay.up(),
    async remove() {
      await relay.down();
      await drop();
    },
  };
}
