import { sql, type Kysely } from 'kysely';

/** The projection of the cases and the turns it was written by. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `
create table cases (
  case_id text primary key,
  process text not null,
  status text not null,
  outcome text,
  level text not null,
  rounds integer not null,
  owner text not null,
  grade text,
  opened_at timestamptz not null,
  received_at timestamptz not null,
  closed_at timestamptz,
  next_due_at timestamptz,
  attention text,
  waiting_on text not null,
  identity text not null,
  persons_concerned text[] not null,
  customer text,
  related_to text,
  policy_digest text not null,
  response_minutes integer,
  resolution_minutes integer,
  final_state jsonb
);
create index cases_by_status on cases (status, next_due_at);
create index cases_by_owner on cases (owner);
create index cases_by_customer on cases (customer);
comment on table cases is 'One row per case, as of its last recorded turn. The running truth is the Temporal workflow of the same id.';
comment on column cases.attention is 'Why a person should look at it; null when nobody need.';
comment on column cases.policy_digest is 'SHA-256 of the policy the case runs on.';
comment on column cases.response_minutes is 'Minutes to the first response, in the time its clock ticks in.';
comment on column cases.resolution_minutes is 'Minutes to resolution, in the time its clock ticks in.';
comment on column cases.final_state is 'What a reopened case starts from (W34).';

create table tasks (
  case_id text not null,
  key text not null,
  entry bigint generated always as identity,
  name text not null,
  round integer not null,
  role text not null,
  assignee text,
  status text not null,
  rule text not null,
  opened_at timestamptz not null,
  planned_at timestamptz,
  due_at timestamptz,
  provisional boolean not null,
  completed_at timestamptz,
  completed_by text,
  answer jsonb,
  context jsonb,
  primary key (case_id, key)
);
create index tasks_open on tasks (assignee, role, due_at) where status = 'open';
comment on table tasks is 'What a person must do or did. Personal fields of an answer are references into contents.';

create table clocks (
  case_id text not null,
  key text not null,
  entry bigint generated always as identity,
  name text not null,
  round integer not null,
  calendar text not null,
  limit_minutes integer not null,
  limit_text text not null,
  rule text not null,
  started_at timestamptz not null,
  due_at timestamptz not null,
  paused_at timestamptz,
  stopped_at timestamptz,
  breached_at timestamptz,
  used_minutes integer not null,
  provisional boolean not null,
  spans jsonb not null,
  primary key (case_id, key)
);
comment on table clocks is 'Measured spans with a limit. Times used are in minutes of the calendar named.';

create table turns (
  case_id text not null,
  run_id text not null,
  turn integer not null,
  entry bigint generated always as identity,
  at timestamptz not null,
  digest text not null,
  superseded_by text,
  record jsonb not null,
  primary key (case_id, run_id, turn)
);
comment on table turns is 'Every turn of a case as it was recorded. Its digest stands in the Temporal history: the two can be compared.';
comment on column turns.superseded_by is 'Run that rewrote this turn or an earlier one after a reset.';

create table facts (
  case_id text not null,
  run_id text not null,
  seq integer not null,
  turn integer not null,
  at timestamptz not null,
  what text not null,
  actor text,
  rule text,
  data jsonb not null,
  superseded_by text,
  primary key (case_id, run_id, seq)
);
create index facts_by_kind on facts (what, at);
comment on table facts is 'The timeline: what happened, when, by whom, under which rule.';

create table evidence (
  evidence text primary key,
  case_id text not null,
  field text not null,
  sha256 text not null,
  media_type text not null,
  bytes bigint not null,
  name text not null,
  added_by text not null,
  added_at timestamptz not null
);
create index evidence_by_case on evidence (case_id);
comment on table evidence is 'Files kept in object storage under their SHA-256.';

create table refusals (
  entry bigint generated always as identity primary key,
  case_id text,
  actor text not null,
  act text not null,
  code text not null,
  at timestamptz not null,
  request_id text not null,
  data jsonb not null,
  unique (request_id, act, code, at)
);
create index refusals_by_case on refusals (case_id);
comment on table refusals is 'Acts that were refused, to whom and why.';
`,
    )
    .execute(db);
}
