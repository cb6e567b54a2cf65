import { sql, type Kysely } from 'kysely';

/** Erasing a text is an act like any other: it says when, by whom and why. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `
alter table contents add column erased_at timestamptz, add column erased_by text, add column erased_reason text;
comment on column contents.erased_reason is 'Why the body is gone. No personal data.';
`,
    )
    .execute(db);
}
