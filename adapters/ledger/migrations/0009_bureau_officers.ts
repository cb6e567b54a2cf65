import { sql, type Kysely } from 'kysely';

/** Officers of a bureau and its hours, and the one-time codes with which a bureau answers a request (W28). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `
alter table units add column hours text, add column officers json not null default '[]';
comment on column units.hours is 'When somebody is there, in words.';
comment on column units.officers is 'Whom we deal with at a bureau: id, name, mail, phone, prefers (phone or mail).';

create table bureau_codes (
  code_sha256 text primary key,
  case_id text not null,
  task_key text not null,
  unit_id text not null,
  made_at timestamptz not null,
  used_at timestamptz,
  used_request text
);
create index bureau_codes_task on bureau_codes (case_id, task_key);
comment on table bureau_codes is 'One-time codes sent to a tax bureau; each answers one task and ends with it.';
comment on column bureau_codes.code_sha256 is 'The code itself is kept nowhere.';
comment on column bureau_codes.used_request is 'Request that used it: repeating that one is no second use.';
`,
    )
    .execute(db);
}
