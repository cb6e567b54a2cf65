import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import pg from 'pg';
import { describe, it } from 'vitest';
import { describeLedgerPort } from './suites/ledger.js';

describeLedgerPort('the embedded PostgreSQL', async () => {
  const db = await PGlite.create();
  const server = new PGLiteSocketServer({ db, port: 0, maxConnections: 40 });
  await server.start();
  return {
    url: `postgres://postgres@${server.getServerConn()}/postgres`,
    stop: async () => {
      await server.stop();
      await db.close();
    },
  };
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
    it.skip('skipped: AFTERCARE_TEST_LEDGER_URL names no server', () => undefined);
  });
}
