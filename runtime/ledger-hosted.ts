/**
 * A ledger for a simulation on a PostgreSQL server that is there: a database of its own, behind a loopback port of ours
 * that can go down as the embedded one's can.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { onFreePort } from './engine.js';

export interface HostedLedgerOptions {
  /** `postgres://user@host:port/postgres`: somebody who may create databases. */
  server: string;
  /** Name of the database; one that is there is gone on with. */
  database: string;
  /** Preferred port; another free one is taken when it is in use. */
  port?: number;
}

export interface HostedLedger {
  /** `postgres://user@127.0.0.1:PORT/DATABASE`. */
  url: string;
  port: number;
  /** Runs statements past the door. */
  exec(sql: string): Promise<Record<string, unknown>[]>;
  /** Refuses new connections and drops open ones, as a database that went down. Their transactions roll back. */
  pauseListening(): Promise<void>;
  /** Listens again, on the same port. */
  resumeListening(): Promise<void>;
  /** Drops clients and the database. */
  remove(): Promise<void>;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Makes the database, unless it is there, and opens the door to it. */
export async function startHostedLedger(options: HostedLedgerOptions): Promise<HostedLedger> {
  const { server, database } = options;
  const name = pg.escapeIdentifier(database);
  const known = await query(
    server,
    `select 1 from pg_database where datname = ${pg.escapeLiteral(database)}`,
  );
  // Texts in any language, in an order that no operating system has a say in.
  if (known.length === 0)
    await query(
      server,
      `create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`,
    );
  const direct = new URL(server);
  direct.pathname = database;
  const door = new Door(direct.hostname, Number(direct.port || 5432));
  const port = await onFreePort(options.port, async (free) => {
    await door.open(free);
    return free;
  });
  const url = new URL(direct);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    port,
    exec: (sql) => query(direct.href, sql),
    pauseListening: () => door.close(),
    resumeListening: () => door.open(port),
    async remove() {
      await door.close();
      await query(server, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Passes on what clients and the server say to each other. */
class Door {
  private listening: Server | null = null;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  open(port: number): Promise<void> {
    if (this.listening !== null) return Promise.resolve();
    const listening = createServer((client) => this.pair(client, connect(this.port, this.host)));
    this.listening = listening;
    return new Promise((resolve, reject) => {
      listening.once('error', (error) => {
        this.listening = null;
        reject(error);
      });
      listening.listen(port, '127.0.0.1', () => resolve());
    });
  }

  async close(): Promise<void> {
    const { listening } = this;
    if (listening === null) return;
    this.listening = null;
    const closed = new Promise<void>((resolve) => listening.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private pair(client: Socket, upstream: Socket): void {
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => undefined);
      // Whoever leaves takes the other along: a transaction of a client that is gone rolls back.
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
