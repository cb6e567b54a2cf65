/**
 * The ledger of a simulation as a process of its own: it can be killed like a database host, and its work does not
 * hold up the driver. It also looks after what would outlive a killed simulator: the server's process, the folder.
 */
import { rmSync } from 'node:fs';
import {
  startEmbeddedLedger,
  type EmbeddedLedger,
  type EmbeddedLedgerOptions,
} from '../runtime/ledger-embedded.js';
import { serveCalls } from './remote.js';

let ledger: EmbeddedLedger | null = null;
let care: { serverPid?: number; folder?: string } = {};

function running(): EmbeddedLedger {
  if (!ledger) throw new Error('the ledger is not started');
  return ledger;
}

serveCalls(
  {
    async start(options: EmbeddedLedgerOptions) {
      ledger = await startEmbeddedLedger(options);
      return { url: ledger.url, port: ledger.port };
    },
    /** Everything but the schema: the next scenario begins with nothing. */
    async empty() {
      const { rows } = await running().pglite.query<{ name: string }>(
        "select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'",
      );
      if (rows.length > 0) {
        await running().pglite.exec(
          `truncate ${rows.map((row) => row.name).join(', ')} restart identity cascade`,
        );
      }
    },
    pause: () => running().pauseListening(),
    resume: () => running().resumeListening(),
    look(after: { serverPid?: number; folder?: string }) {
      care = { ...care, ...after };
    },
  },
  () => {
    if (care.serverPid !== undefined) {
      try {
        process.kill(care.serverPid, 'SIGKILL');
      } catch {
        // Already gone.
      }
    }
    if (care.folder !== undefined) rmSync(care.folder, { recursive: true, force: true });
  },
);
