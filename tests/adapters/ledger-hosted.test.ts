/** Ledgers that a simulation makes on a PostgreSQL server. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLedger } from '../../adapters/ledger/index.js';
import { startHostedLedger, statement, type SimulatedLedger } from '../../simulation/ledger-hosted.js';
import { SERVER_URL } from '../support/server.js';

const server = SERVER_URL;
if (server === undefined)
  it('goes down and comes back like a host', (ctx) => ctx.skip('TEST_LEDGER_URL names no server'));
else
  describe('a ledger on a server', () => {
    const database = `aftercare-test-${randomUUID().slice(0, 8)}`;
    let ledger: SimulatedLedger;
    const databases = () => statement(server, `select 1 from pg_database where datname = '${database}'`);
    beforeAll(async () => {
      ledger = await startHostedLedger({ server, database });
      const opened = await openLedger({ url: ledger.url });
      await opened.migrate().finally(() => opened.close());
    });
    afterAll(() => ledger.remove());

    it('goes down with whoever is connected, and comes back with everything, on the same port', async () => {
      await ledger.exec('create table kept (text text)');
      const client = new pg.Client({ connectionString: ledger.url });
      client.on('error', () => undefined);
      const left = new Promise((resolve) => client.once('end', resolve));
      await client.connect();
      await client.query("insert into kept values ('说好的')");
      await client.query("begin; insert into kept values ('half')");
      await ledger.pauseListening();
      await left;
      await expect(statement(ledger.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
      await ledger.resumeListening();
      expect(await statement(ledger.url, 'select text, length(text) as n from kept')).toEqual([
        { text: '说好的', n: 3 },
      ]);
    });

    it('is gone on with by another process under its name, and removed when nobody wants it', async () => {
      const again = await startHostedLedger({ server, database });
      expect(await again.exec('select count(*)::int as n from kept')).toEqual([{ n: 1 }]);
      expect(await databases()).toHaveLength(1);
      await again.remove();
      expect(await databases()).toEqual([]);
    });
  });
