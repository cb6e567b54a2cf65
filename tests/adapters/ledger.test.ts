import pg from 'pg';
import { describe, it } from 'vitest';
import { startEmbeddedLedger } from '../../runtime/ledger-embedded.js';
import { describeLedgerPort } from './suites/ledger.js';

describeLedgerPort('the embedded PostgreSQL', async () => {
  const ledger = await startEmbeddedLedger({ dataDir: null });
  return { url: ledger.url, stop: () => ledger.stop() };
});

const url = process.env['AFTERCARE_TEST_LEDGER_URL'];
if (url) {
  describeLedgerPort('a PostgreSQL server', async () => {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    const name = `aftercare_test_${process.pid}`;
    await admin.query(`create database ${name}`);
    const target = new URL(url);
    target.pathname = `/${name}`;
    return {
      url: target.href,
      stop: async () => {
        await admin.query(`drop database ${name} with (force)`);
        await admin.end();
      },
    };
  });
} else {
  describe('ledger on a PostgreSQL server', () => {
    it('passes the same suite', (ctx) => ctx.skip('AFTERCARE_TEST_LEDGER_URL names no server'));
  });
}
