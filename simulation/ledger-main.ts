/**
 * The ledger of a simulation as a process of its own: it can be killed like a database host, and its work does not
 * hold up the driver. It also looks after what would outlive a killed simulator: the server's process, the folder, a
 * database that was made for it.
 */
import { rmSync } from 'node:fs';
import type { EmbeddedLedgerOptions } from '../runtime/ledger-embedded.js';
import type { HostedLedgerOptions, SimulatedLedger } from './ledger-hosted.js';
import { serveCalls } from './remote.js';

/** Embedded, or on a server that is there. */
export type LedgerOrder = EmbeddedLedgerOptions | HostedLedgerOptions;

let ledger: SimulatedLedger | null = null;
let care: { serverPid?: number; folder?: string } = {};

function running(): SimulatedLedger {
  if (!ledger) throw new Error('the ledger is not started');
  return ledger;
}

// Only the kind that is asked for is loaded: PGlite is large.
async function open(order: LedgerOrder): Promise<SimulatedLedger> {
  if ('server' in order) {
    const { startHostedLedger } = await import('./ledger-hosted.js');
    return startHostedLedger(order);
  }
  const { startEmbeddedLedger } = await import('../runtime/ledger-embedded.js');
  const embedded = await startEmbeddedLedger(order);
  return {
    ...embedded,
    exec: async (sql) => (await embedded.pglite.query<Record<string, unknown>>(sql)).rows,
    remove: () => Promise.resolve(),
  };
}

serveCalls(
  {
    async start(order: LedgerOrder) {
      ledger = await open(order);
      return { url: ledger.url, port: ledger.port };
    },
    /** Everything but the schema: the next scenario begins with nothing. */
    async empty() {
      const rows = await running().exec(
        "select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'",
      );
      if (rows.length > 0) {
        await running().exec(
          `truncate ${rows.map((row) => String(row['name'])).join(', ')} restart identity cascade`,
        );
      }
    },
    pause: () => running().pauseListening(),
    resume: () => running().resumeListening(),
    /** Nothing of it is wanted any more. */
    remove: () => ledger?.remove(),
    look(after: { serverPid?: number; folder?: string }) {
      care = { ...care, ...after };
    },
  },
  async () => {
    if (care.serverPid !== undefined) {
      try {
        process.kill(care.serverPid, 'SIGKILL');
      } catch {
        // Already gone.
      }
    }
    if (care.folder !== undefined) rmSync(care.folder, { recursive: true, force: true });
    await ledger?.remove();
  },
);
