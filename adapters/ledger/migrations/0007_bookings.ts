import { sql, type Kysely } from 'kysely';

/** Appointments of people and counters. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // The span is computed in UTC because adding an interval to a timestamptz depends on the session's zone, which an
  // index does not take.
  await sql
    .raw(
      `
create table bookings (
  key text primary key,
  who text not null,
  kind text not null,
  case_id text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  buffer_minutes integer not null check (buffer_minutes >= 0),
  region text,
  status text not null check (status in ('booked', 'released')),
  booked_at timestamptz not null,
  released_at timestamptz,
  claim text not null,
  released_by text,
  constraint bookings_one_at_a_time exclude using gist (
    who with =,
    tsrange(
      starts_at at time zone 'UTC',
      (ends_at at time zone 'UTC') + make_interval(mins => buffer_minutes)
    ) with &&
  ) where (status = 'booked')
);
create index bookings_by_person on bookings (who, starts_at);
create index bookings_by_case on bookings (case_id);
create index bookings_by_claim on bookings (claim);
create index bookings_by_release on bookings (released_by);
comment on table bookings is 'Appointments: nobody is booked twice at a time, travel afterwards included (AT-42).';
comment on column bookings.who is 'Staff id, or bureau/<unit id> for a counter of the tax bureau.';
comment on column bookings.claim is 'Claim that booked it.';
comment on column bookings.released_by is 'Claim that gave it up; null while it is booked, and when it was released by itself.';
`,
    )
    .execute(db);
}
