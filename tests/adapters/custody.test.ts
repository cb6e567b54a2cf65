import { describe, it } from 'vitest';
import { startEmbeddedLedger } from '../../runtime/ledger-embedded.js';
import { describeCustody } from './suites/custody.js';
import { SERVER_URL } from '../support/server.js';
import { serverDatabase } from './suites/server.js';

describeCustody('the embedded PostgreSQL', async () => {
  const ledger = await startEmbeddedLedger({ dataDir: null });
  return { url: ledger.url, stop: () => ledger.stop() };
});

if (SERVER_URL) {
  describeCustody('a PostgreSQL server', () => serverDatabase(SERVER_URL!));
} else {
  describe('custody on a PostgreSQL server', () => {
    it('passes the same suite', (ctx) => ctx.skip('TEST_LEDGER_URL names no server'));
  });
}
