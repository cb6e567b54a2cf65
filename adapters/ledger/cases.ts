import { sql, type Kysely, type Transaction } from 'kysely';
import type { CaseRow } from '../../domain/case.js';
import type {
  AnsweredTask,
  CaseFile,
  CaseFilter,
  EvidenceRow,
  LedgerPort,
  OpenTaskRow,
  Refusal,
  TurnRow,
} from '../ports.js';
import { readMessages } from './outbox.js';
import type { LedgerTables } from './schema.js';

type Db = Kysely<LedgerTables>;

/** The columns of a `CaseRow`: the final state is large and only a reopen needs it. */
export const caseColumns = [
  'cases.caseId',
  'cases.process',
  'cases.status',
  'cases.outcome',
  'cases.level',
  'cases.rounds',
  'cases.owner',
  'cases.grade',
  'cases.openedAt',
  'cases.receivedAt',
  'cases.closedAt',
  'cases.nextDueAt',
  'cases.attention',
  'cases.waitingOn',
  'cases.identity',
  'cases.personsConcerned',
  'cases.customer',
  'cases.relatedTo',
  'cases.policyDigest',
  'cases.responseMinutes',
  'cases.resolutionMinutes',
] as const;

/** The projection of one case; read in one snapshot, so that its parts agree. */
export async function readCaseFile(trx: Transaction<LedgerTables>, caseId: string): Promise<CaseFile | null> {
  const found = await trx.selectFrom('cases').selectAll().where('caseId', '=', caseId).executeTakeFirst();
  if (!found) return null;
  const { finalState, ...row } = found;
  const tasks = await trx
    .selectFrom('tasks')
    .selectAll()
    .where('caseId', '=', caseId)
    .orderBy('entry')
    .execute();
  const clocks = await trx
    .selectFrom('clocks')
    .selectAll()
    .where('caseId', '=', caseId)
    .orderBy('entry')
    .execute();
  const timeline = await trx
    .selectFrom('facts')
    .select(['seq', 'at', 'what', 'actor', 'rule', 'data'])
    .where('caseId', '=', caseId)
    .where('supersededBy', 'is', null)
    .orderBy('seq')
    .execute();
  const messages = await readMessages(trx, { caseId });
  return {
    row,
    tasks: tasks.map(({ caseId: _, entry: __, ...task }) => task),
    clocks: clocks.map(({ caseId: _, entry: __, ...clock }) => clock),
    messages: messages.reverse().map(({ caseId: _, ...message }) => message),
    timeline,
    evidence: await readEvidence(trx, caseId),
    finalState,
  };
}

/** Cases that pass every given filter: soonest due first, those without a due time last, newest first. */
export async function readCases(db: Db, filter: CaseFilter): Promise<CaseRow[]> {
  let query = db.selectFrom('cases').select(caseColumns);
  if (filter.process !== undefined) query = query.where('process', '=', filter.process);
  if (filter.status !== undefined) query = query.where('status', '=', sql<never>`any (${filter.status})`);
  if (filter.owner !== undefined) query = query.where('owner', '=', filter.owner);
  if (filter.customer !== undefined) query = query.where('customer', '=', filter.customer);
  if (filter.waitingOn !== undefined) query = query.where('waitingOn', '=', sql<never>`${filter.waitingOn}`);
  if (filter.attention !== undefined)
    query = query.where('attention', filter.attention ? 'is not' : 'is', null);
  const { assignee, role } = filter;
  if (assignee !== undefined || role !== undefined) {
    query = query.where((row) => {
      let tasks = row
        .selectFrom('tasks')
        .select('tasks.key')
        .whereRef('tasks.caseId', '=', 'cases.caseId')
        .where('tasks.status', '=', 'open');
      if (assignee !== undefined) tasks = tasks.where('tasks.assignee', '=', assignee);
      if (role !== undefined) tasks = tasks.where('tasks.role', '=', role);
      return row.exists(tasks);
    });
  }
  query = query
    .orderBy('nextDueAt', (order) => order.asc().nullsLast())
    .orderBy('openedAt', 'desc')
    .orderBy('cases.caseId', 'desc');
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  return query.execute();
}

/** Open tasks that pass every given filter, soonest due first. */
export async function readOpenTasks(
  db: Db,
  filter: { assignee?: string; role?: string; caseId?: string },
): Promise<OpenTaskRow[]> {
  let query = db
    .selectFrom('tasks')
    .innerJoin('cases', 'cases.caseId', 'tasks.caseId')
    .selectAll('tasks')
    .select(['cases.process', 'cases.level', 'cases.owner', 'cases.customer', 'cases.waitingOn'])
    .where('tasks.status', '=', 'open');
  if (filter.assignee !== undefined) query = query.where('tasks.assignee', '=', filter.assignee);
  if (filter.role !== undefined) query = query.where('tasks.role', '=', filter.role);
  if (filter.caseId !== undefined) query = query.where('tasks.caseId', '=', filter.caseId);
  const rows = await query
    .orderBy('tasks.dueAt', (order) => order.asc().nullsLast())
    .orderBy('tasks.openedAt')
    .orderBy('tasks.entry')
    .execute();
  return rows.map(({ entry: _, ...row }) => row);
}

/** Answered tasks of a process by name, in the order they were answered. */
export async function readAnsweredTasks(
  db: Db,
  filter: Parameters<LedgerPort['answeredTasks']>[0],
): Promise<AnsweredTask[]> {
  let query = db
    .selectFrom('tasks')
    .innerJoin('cases', 'cases.caseId', 'tasks.caseId')
    .select(['tasks.caseId', 'tasks.name', 'tasks.completedAt', 'tasks.answer'])
    .where('cases.process', '=', filter.process)
    .where('tasks.status', '=', 'completed')
    .where('tasks.name', '=', sql<never>`any (${filter.names})`);
  if (filter.from !== undefined) query = query.where('tasks.completedAt', '>=', filter.from);
  if (filter.until !== undefined) query = query.where('tasks.completedAt', '<', filter.until);
  const rows = await query.orderBy('tasks.completedAt').orderBy('tasks.entry').execute();
  return rows.flatMap(({ caseId, name, completedAt, answer }) =>
    completedAt === null || answer === null ? [] : [{ caseId, name, completedAt, answer }],
  );
}

/** Every recorded turn of a case in the order of writing, superseded ones included. */
export async function readTurns(db: Db, caseId: string): Promise<TurnRow[]> {
  return db
    .selectFrom('turns')
    .select(['caseId', 'runId', 'turn', 'at', 'digest', 'supersededBy'])
    .where('caseId', '=', caseId)
    .orderBy('entry')
    .execute();
}

/** Keeps the record of a stored file; again with the same id changes nothing. @returns whether it is new */
export async function addEvidence(db: Db, row: EvidenceRow): Promise<boolean> {
  const added = await db
    .insertInto('evidence')
    .values(row)
    .onConflict((clash) => clash.doNothing())
    .returning('evidence')
    .execute();
  return added.length > 0;
}

/** The evidence of a case in the order it came. */
export async function readEvidence(db: Db, caseId: string): Promise<EvidenceRow[]> {
  return db
    .selectFrom('evidence')
    .selectAll()
    .where('caseId', '=', caseId)
    .orderBy('addedAt')
    .orderBy('evidence')
    .execute();
}

/** Keeps a refusal; the same refusal written twice is kept once. */
export async function addRefusal(db: Db, refusal: Refusal): Promise<void> {
  await db
    .insertInto('refusals')
    .values({ ...refusal, data: JSON.stringify(refusal.data) })
    .onConflict((clash) => clash.doNothing())
    .execute();
}

/** The refusals of a case, oldest first. */
export async function readRefusals(db: Db, caseId: string): Promise<Refusal[]> {
  return db
    .selectFrom('refusals')
    .select(['caseId', 'actor', 'act', 'code', 'at', 'requestId', 'data'])
    .where('caseId', '=', caseId)
    .orderBy('at')
    .orderBy('entry')
    .execute();
}
