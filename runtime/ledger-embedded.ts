/**
 * The embedded ledger: PostgreSQL in WebAssembly (PGlite) behind a loopback port that speaks the ordinary protocol.
 * "Embedded" only means that a PostgreSQL URL is provided; the one ledger adapter does not know the difference.
 *
 * PGlite is one session. The door below hands it to one client at a time, from the first message of a query to the
 * server's "ready" outside a transaction. The ready-made socket server (`@electric-sql/pglite-socket`) queues single
 * messages instead, so that a query whose bytes arrive in two pieces can be bound to another client's statement
 * (seen: "bind message supplies 1 parameters, but prepared statement requires 2"); therefore this one.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { openLedger } from '../adapters/ledger/index.js';
import { migrationsDigest } from '../adapters/ledger/migrations/index.js';
import { onFreePort } from './engine.js';
import { writeAtomically } from './files.js';

export interface EmbeddedLedgerOptions {
  /** Folder of the database, or null: in memory. Never the same folder from two processes. */
  dataDir: string | null;
  /** Where the image of a fresh, migrated database is kept between runs; omitted: initialise each time. */
  cacheDir?: string;
  /** Preferred port; another free one is taken when it is in use. */
  port?: number;
}

export interface EmbeddedLedger {
  /** `postgres://postgres@127.0.0.1:PORT/postgres`. */
  url: string;
  port: number;
  pglite: PGlite;
  /** Refuses new connections and drops open ones, as a database that went down. Their transactions roll back. */
  pauseListening(): Promise<void>;
  /** Listens again, on the same port. */
  resumeListening(): Promise<void>;
  /** Drops clients, writes everything out and closes. */
  stop(): Promise<void>;
}

const extensions = { btree_gist };

/** The folder's lock file outlives a killed process; whoever holds the data folder's own lock may remove it. */
function removeStaleLock(dataDir: string): void {
  rmSync(join(dataDir, 'postmaster.pid'), { force: true });
}

const IMAGE = /^ledger-.*\.tar$/;
/** Images kept: those of the last builds. Each has 42 MB. */
const IMAGES_KEPT = 3;

/** The image for this PGlite and these migrations; another of either makes another image. */
function imagePath(cacheDir: string): string {
  const require = createRequire(import.meta.url);
  let folder = dirname(require.resolve('@electric-sql/pglite'));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return join(cacheDir, 'ledger', `ledger-pglite-${version}-${migrationsDigest().slice(0, 12)}.tar`);
}

/** Keeps what a fresh start has made; older images go. */
async function keepImage(pglite: PGlite, path: string): Promise<void> {
  const dump = await pglite.dumpDataDir('none');
  writeAtomically(path, new Uint8Array(await dump.arrayBuffer()));
  const folder = dirname(path);
  const kept = readdirSync(folder)
    .filter((name) => IMAGE.test(name))
    .map((name) => ({ name, at: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((one, other) => other.at - one.at);
  for (const { name } of kept.slice(IMAGES_KEPT)) rmSync(join(folder, name), { force: true });
}

/**
 * Opens the database. Initialising an empty one and migrating it costs 4–6 s; loading the kept image 0.4 s (in memory)
 * or 1.4 s (folder), so the first start anywhere keeps one (42 MB, not compressed: unpacking costs more than reading).
 * @returns with `image`: where the image of this fresh database is to be kept once it is migrated
 */
async function openDatabase(
  options: EmbeddedLedgerOptions,
): Promise<{ pglite: PGlite; image: string | null }> {
  const { dataDir, cacheDir } = options;
  if (dataDir !== null) mkdirSync(dataDir, { recursive: true });
  const place = dataDir === null ? {} : { dataDir };
  if (dataDir !== null && readdirSync(dataDir).length > 0) {
    removeStaleLock(dataDir);
    return { pglite: await PGlite.create({ ...place, extensions }), image: null };
  }
  const image = cacheDir === undefined ? null : imagePath(cacheDir);
  if (image !== null && existsSync(image)) {
    try {
      const loadDataDir = new Blob([readFileSync(image)]);
      return { pglite: await PGlite.create({ ...place, extensions, loadDataDir }), image: null };
    } catch {
      // A damaged image of our own is not worth a failed start: initialise, and keep a new one.
      rmSync(image, { force: true });
      if (dataDir !== null)
        for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name), { recursive: true });
    }
  }
  return { pglite: await PGlite.create({ ...place, extensions }), image };
}

/** Starts the embedded ledger. With a cache it is migrated; whoever opens it migrates all the same, as with any URL. */
export async function startEmbeddedLedger(options: EmbeddedLedgerOptions): Promise<EmbeddedLedger> {
  const { pglite, image } = await openDatabase(options);
  const door = new Door(pglite);
  const port = await onFreePort(options.port, async (free) => {
    await door.open(free);
    return free;
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  if (image !== null) {
    const ledger = await openLedger({ url, poolSize: 1 });
    await ledger.migrate().finally(() => ledger.close());
    await keepImage(pglite, image);
  }
  return {
    url,
    port,
    pglite,
    pauseListening: () => door.close(),
    resumeListening: () => door.open(port),
    async stop() {
      await door.close();
      if (!pglite.closed) await pglite.close();
    },
  };
}

// ---------------------------------------------------------------- the door

const STARTUP = 196_608;
const CANCEL = 80_877_102;
const SSL = 80_877_103;
const GSS = 80_877_104;
const SYNC = Uint8Array.of(0x53, 0, 0, 0, 4);
const ROLLBACK = Uint8Array.from([0x51, 0, 0, 0, 13, ...Buffer.from('ROLLBACK\0')]);
const SYNC_TYPE = 0x53;
const QUERY = 0x51;
const TERMINATE = 0x58;
const READY = 0x5a;
const OUTSIDE_TRANSACTION = 0x49;

/** Listens, and keeps the sessions. */
class Door {
  private server: Server | null = null;
  private readonly sessions = new Set<Session>();

  constructor(private readonly pglite: PGlite) {}

  open(port: number): Promise<void> {
    if (this.server !== null) return Promise.resolve();
    const server = createServer((socket) => {
      const session = new Session(this.pglite, socket);
      this.sessions.add(session);
      void session.ended.then(() => this.sessions.delete(session));
    });
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        this.server = null;
        reject(error);
      });
      server.listen(port, '127.0.0.1', () => resolve());
    });
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === null) return;
    this.server = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const sessions = [...this.sessions];
    for (const session of sessions) session.drop();
    await Promise.all([closed, ...sessions.map((session) => session.ended)]);
  }
}

/** One client. Takes the database when it has a message, gives it back when the server is idle for it. */
class Session {
  readonly ended: Promise<void>;
  private finish: () => void = () => undefined;
  private pending: Buffer = Buffer.alloc(0);
  private started = false;
  private working = false;
  private gone = false;
  /** Set while the database is ours. */
  private release: (() => void) | null = null;

  constructor(
    private readonly pglite: PGlite,
    private readonly socket: Socket,
  ) {
    this.ended = new Promise((resolve) => (this.finish = resolve));
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
      void this.work();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.gone = true;
      void this.work();
    });
  }

  drop(): void {
    this.socket.destroy();
  }

  /** Handles what has arrived, one batch after the other; at the end of the connection gives everything back. */
  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    try {
      for (let batch = this.next(); batch !== null && !this.gone; batch = this.next()) {
        await this.take();
        await this.run(batch, true);
      }
      if (this.gone) await this.leave();
    } catch {
      // The database itself failed (it is closed, or broken): this client cannot be served any more.
      this.gone = true;
      this.giveBack();
      this.socket.destroy();
      this.finish();
    } finally {
      this.working = false;
    }
    // What came in while the last batch was being handled.
    if (this.gone || this.holdsMessage()) queueMicrotask(() => !this.finished && void this.work());
  }

  private finished = false;

  private async leave(): Promise<void> {
    if (this.finished) return;
    this.finished = true;
    try {
      if (this.release !== null) {
        // It left in the middle: end the half-sent query, then the transaction, so that the next client starts clean.
        await this.run(SYNC, false);
        if (this.release !== null) await this.run(ROLLBACK, false);
      }
    } finally {
      this.giveBack();
      this.finish();
    }
  }

  private holdsMessage(): boolean {
    return this.length() !== null;
  }

  /** Length of the message that begins at `from`, or null while it is incomplete. */
  private length(from = 0): number | null {
    const { pending } = this;
    // Only the first message of a connection has no type byte.
    const header = this.started ? 1 : 0;
    if (pending.length < from + header + 4) return null;
    const length = header + pending.readInt32BE(from + header);
    return pending.length >= from + length ? length : null;
  }

  /** Takes what is next for the database; answers by itself what is not for the database. */
  private next(): Uint8Array | null {
    return this.started ? this.nextBatch() : this.greeting();
  }

  /**
   * The messages of one query, as far as they have arrived: a driver sends parse, bind, describe, execute and sync in
   * one piece, and the database takes them in one piece and answers likewise.
   */
  private nextBatch(): Uint8Array | null {
    let end = 0;
    for (let length = this.length(); length !== null; length = this.length(end)) {
      const type = this.pending[end];
      // Passing this on would end the only backend there is.
      if (type === TERMINATE) {
        this.socket.end();
        this.pending = this.pending.subarray(0, end);
        break;
      }
      end += length;
      if (type === SYNC_TYPE || type === QUERY) break;
    }
    return end === 0 ? null : this.cut(end);
  }

  /** The first messages of a connection: offers of encryption, then who connects to what. */
  private greeting(): Uint8Array | null {
    for (let length = this.length(); length !== null; length = this.length()) {
      const message = this.cut(length);
      const code = message.length >= 8 ? new DataView(message.buffer).getInt32(4) : 0;
      if (code === SSL || code === GSS) {
        this.socket.write('N');
      } else if (code === STARTUP) {
        this.started = true;
        return message;
      } else {
        // A cancel request (there is no second process to cancel in), or no PostgreSQL client at all.
        this.socket.destroy();
        if (code !== CANCEL) this.pending = Buffer.alloc(0);
        return null;
      }
    }
    return null;
  }

  /** Takes this many bytes off what has arrived. */
  private cut(bytes: number): Uint8Array {
    const taken = new Uint8Array(this.pending.subarray(0, bytes));
    this.pending = this.pending.subarray(bytes);
    return taken;
  }

  private async take(): Promise<void> {
    if (this.release !== null) return;
    await new Promise<void>((taken, failed) => {
      this.pglite
        .runExclusive(
          () =>
            new Promise<void>((release) => {
              this.release = release;
              taken();
            }),
        )
        .catch(failed);
    });
  }

  private giveBack(): void {
    this.release?.();
    this.release = null;
  }

  /** Runs one or more messages; gives the database back when the server says it is ready outside a transaction. */
  private async run(messages: Uint8Array, reply: boolean): Promise<void> {
    const last = new Uint8Array(6);
    await this.pglite.execProtocolRawStream(messages, {
      onRawData: (data) => {
        if (data.length >= 6) last.set(data.subarray(data.length - 6));
        else {
          last.copyWithin(0, data.length);
          last.set(data, 6 - data.length);
        }
        // Copied, because the data lies in memory that the next answer overwrites.
        if (reply && this.socket.writable) this.socket.write(Buffer.from(data));
      },
    });
    if (last[0] === READY && last[5] === OUTSIDE_TRANSACTION) this.giveBack();
  }
}
