import { sql, type Kysely } from 'kysely';

/** The organisation: company, departments, staff, subordinate units, customers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `
create table company (
  "only" boolean primary key default true check ("only"),
  name text not null,
  sms_signature text not null,
  hotline text not null,
  place text not null,
  hours text not null,
  mail_from text not null,
  recourse_bodies text not null
);
comment on table company is 'The company itself: one row.';

create table departments (
  id text primary key,
  position integer not null,
  name text not null,
  head text
);
comment on table departments is 'Departments and their heads.';

create table staff (
  id text primary key,
  position integer not null,
  aliases text[] not null,
  name text not null,
  called_as text,
  roles text[] not null,
  department text not null,
  mail text,
  mobile text,
  language text not null,
  substitute text,
  absent boolean not null
);
comment on table staff is 'Everybody who works or worked here. Rows are never deleted: cases name these ids.';
comment on column staff.position is 'Order in the organisation file; work is offered in this order.';
comment on column staff.aliases is 'Other ids of the same person, e.g. the employee number.';
comment on column staff.called_as is 'How customers are told: 李女士, Ms Li.';

create table units (
  id text primary key,
  position integer not null,
  name text not null,
  kind text not null,
  mail text,
  phone text,
  language text not null
);
comment on table units is 'Subordinate units, manufacturers and bureaus that cases are handed to.';

create table customers (
  id text primary key,
  position integer not null,
  name text not null,
  taxpayer_id text,
  tax_bureau text,
  contact_name text,
  mobile text,
  landline text,
  mail text,
  channel text not null,
  language text not null,
  tags text[] not null
);
create index customers_by_taxpayer on customers (taxpayer_id);
comment on table customers is 'Customers on file.';
`,
    )
    .execute(db);
}
