import { createHash } from 'node:crypto';
import type { Migration, MigrationProvider } from 'kysely';
import * as organisation from './0001_organisation.js';
import * as intake from './0002_intake.js';
import * as cases from './0003_cases.js';
import * as outbox from './0004_outbox.js';
import * as reporting from './0005_reporting.js';
import * as custody from './0006_custody.js';
import * as bookings from './0007_bookings.js';
import * as erasures from './0008_erasures.js';
import * as bureauOfficers from './0009_bureau_officers.js';
import * as trips from './0010_trips.js';

const migrations: Record<string, Migration> = {
  '0001_organisation': organisation,
  '0002_intake': intake,
  '0003_cases': cases,
  '0004_outbox': outbox,
  '0005_reporting': reporting,
  '0006_custody': custody,
  '0007_bookings': bookings,
  '0008_erasures': erasures,
  '0009_bureau_officers': bureauOfficers,
  '0010_trips': trips,
};

/** The migrations as modules: nothing is read from disk, so they run alike from sources and from `dist/`. */
export const migrationProvider: MigrationProvider = {
  getMigrations: () => Promise.resolve(migrations),
};

/** SHA-256 over the names and the code of all migrations: tells one schema from another. */
export function migrationsDigest(): string {
  const hash = createHash('sha256');
  for (const [name, { up }] of Object.entries(migrations)) hash.update(`${name}\n${String(up)}\n`);
  return hash.digest('hex');
}
