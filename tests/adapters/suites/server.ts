import { databaseOn } from '../../../simulation/ledger-hosted.js';
import type { Database } from './ledger.js';

/** A database of its own on that server, dropped at the end. */
export async function serverDatabase(server: string): Promise<Database> {
  const { url, drop } = await databaseOn(server, `aftercare_test_${process.pid}`);
  return { url, stop: drop };
}
