import { sql, type Kysely } from 'kysely';

/** Places on a trip: bookings whose `who` is the trip; many cases have theirs at the same time (W20). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `
alter table bookings
  drop constraint bookings_one_at_a_time,
  drop constraint bookings_status_check,
  add constraint bookings_status_check check (status in ('booked', 'kept', 'released')),
  add constraint bookings_one_at_a_time exclude using gist (
    who with =,
    tsrange(
      starts_at at time zone 'UTC',
      (ends_at at time zone 'UTC') + make_interval(mins => buffer_minutes)
    ) with &&
  ) where (status = 'booked' and who not like 'trip/%');
comment on column bookings.who is
  'Staff id, bureau/<unit id> for a counter of the tax bureau, or trip/<case> for a place on a trip.';
comment on column bookings.status is 'kept: a place on a trip whose devices have their result.';
`,
    )
    .execute(db);
}
