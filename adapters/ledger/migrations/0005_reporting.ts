import { sql, type Kysely } from 'kysely';

/** Views for reporting tools: one row per case, one row per finished or open task. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `
create view case_overview as
select
  c.case_id, c.process, c.status, c.outcome, c.level, c.rounds, c.grade, c.identity, c.waiting_on, c.attention,
  c.owner, s.name as owner_name, s.department as owner_department,
  c.customer, k.name as customer_name,
  c.received_at, c.opened_at, c.closed_at, c.next_due_at, c.response_minutes, c.resolution_minutes, c.related_to,
  (select count(*) from tasks t where t.case_id = c.case_id and t.status = 'open') as open_tasks,
  (select count(*) from clocks l where l.case_id = c.case_id and l.breached_at is not null) as breached_clocks,
  (select count(*) from messages m where m.case_id = c.case_id and m.status = 'sent') as messages_sent
from cases c
left join staff s on s.id = c.owner
left join customers k on k.id = c.customer;
comment on view case_overview is 'One row per case with names and counts, for reporting.';

create view task_punctuality as
select
  t.case_id, c.process, t.key, t.name, t.round, t.role, t.assignee, t.status, t.rule,
  t.opened_at, t.due_at, t.completed_at, t.completed_by,
  case when t.due_at is null or t.completed_at is null then null else t.completed_at <= t.due_at end as on_time
from tasks t
join cases c on c.case_id = t.case_id;
comment on view task_punctuality is 'One row per task; on_time is null while it is open or has no due time.';
`,
    )
    .execute(db);
}
