import pg from 'pg';
import type { Database } from './ledger.js';

/** A database of its own on that server, dropped at the end. */
export async function serverDatabase(url: string): Promise<Database> {
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
}
