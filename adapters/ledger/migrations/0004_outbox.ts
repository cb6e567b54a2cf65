import { sql, type Kysely } from 'kysely';

/** The outbox and what was really sent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `
create table messages (
  key text primary key,
  case_id text not null,
  entry bigint generated always as identity,
  template text not null,
  recipient jsonb not null,
  channels text[] not null,
  params jsonb not null,
  urgency text not null,
  queued_at timestamptz not null,
  not_before timestamptz,
  status text not null,
  channel text,
  status_at timestamptz,
  reason text,
  rule text not null
);
create index messages_by_case on messages (case_id);
create index messages_by_status on messages (status, queued_at);
comment on table messages is 'The outbox. One key, one message, over all cases. Recipients by reference, no addresses.';
comment on column messages.status_at is 'When it took its present status.';

create table sends (
  key text not null,
  channel text not null,
  case_id text not null,
  address_hash text not null,
  begun_at timestamptz not null,
  accepted boolean not null default false,
  provider_id text,
  primary key (key, channel)
);
create index sends_by_address on sends (address_hash, begun_at);
comment on table sends is 'Sends begun and accepted, per outbox key and channel (AT-29). Addresses only as SHA-256.';
`,
    )
    .execute(db);
}
