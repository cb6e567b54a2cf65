import { sql, type Kysely } from 'kysely';

/** Items, who holds them, and the claims by which cases move them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `
create extension if not exists btree_gist;

create table claims (
  key text primary key,
  case_id text,
  at timestamptz not null,
  state text not null check (state in ('done', 'withdrawn')),
  digest text
);
comment on table claims is 'What cases took, moved, booked or gave up, each once. All of a claim happened, or nothing.';
comment on column claims.state is 'withdrawn: undone, or called off before it came; a late attempt is refused.';
comment on column claims.digest is 'SHA-256 of what was asked for; null when it was called off before it came.';

create table items (
  item text primary key,
  kind text not null,
  family text,
  model text,
  amount numeric
);
comment on table items is 'Everything that is handed over against a confirmation: devices and spares by serial number, other things by key.';
comment on column items.amount is 'CNY, of cash and cheques.';

create table custody (
  entry bigint generated always as identity primary key,
  item text not null references items,
  holder text not null,
  received_from text,
  case_id text,
  since timestamptz not null,
  until timestamptz check (until >= since),
  given_by text,
  received_by text,
  given_proof text,
  received_proof text,
  due_back_at timestamptz,
  keeper text,
  rule text not null,
  claim text not null,
  constraint custody_one_holder exclude using gist (item with =, tstzrange(since, until) with &&)
);
create unique index custody_present on custody (item) where until is null;
create index custody_by_item on custody (item, entry);
create index custody_by_holder on custody (holder) where until is null;
create index custody_by_case on custody (case_id);
create index custody_by_claim on custody (claim);
comment on table custody is 'Holdings, one row each: at any instant an item has one holder, never two (AT-43). Moves within a minute leave empty spans.';
comment on column custody.holder is 'Staff id, place/..., customer/... or party/...';
comment on column custody.until is 'When it went on to the next holder; null while it is held.';
comment on column custody.given_proof is 'SHA-256 of the evidence by which a giver who is not one of us confirmed.';
comment on column custody.keeper is 'Who looks after its return; null when it may stay.';
`,
    )
    .execute(db);
}
