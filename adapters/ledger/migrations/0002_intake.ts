import { sql, type Kysely } from 'kysely';

/** Intake: numbers, requests, personal data and the values a repeat is found by. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `
create table case_numbers (
  letter text not null,
  day text not null,
  last integer not null,
  primary key (letter, day)
);
comment on table case_numbers is 'Last number given per kind and day (CRM-05). Its row is locked by the intake that takes the next one.';

create table intakes (
  request_id text primary key,
  case_id text not null unique,
  process text not null,
  input jsonb not null,
  actor text not null,
  at timestamptz not null,
  state text not null check (state in ('received', 'started'))
);
create index intakes_pending on intakes (at) where state = 'received';
comment on table intakes is 'Every intake, kept before its case starts (AT-31). State received: the case has yet to start.';

create table contents (
  id text primary key,
  case_id text,
  field text not null,
  sha256 text not null,
  body text
);
create index contents_by_case on contents (case_id);
comment on table contents is 'Personal data and free text. Histories hold only id and SHA-256; an erased row keeps both and loses its body.';

create table lookups (
  case_id text not null,
  kind text not null,
  value text not null,
  primary key (case_id, kind, value)
);
create index lookups_by_value on lookups (kind, value);
comment on table lookups is 'Values by which a later intake finds this case (W35).';
`,
    )
    .execute(db);
}
