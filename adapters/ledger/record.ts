import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { ClockRow, TaskRow, TurnRecord } from '../../domain/case.js';
import { RecordConflict } from '../ports.js';
import type { LedgerTables } from './schema.js';

type Trx = Transaction<LedgerTables>;

/**
 * Writes one turn. Turn and fact numbers of a case count on through continue-as-new and reopening, so a turn number
 * that another run already used, or passed, means that the case was reset.
 *
 * After a reset the newer run's first turn marks the older runs' turns from that number on, with their facts, as
 * superseded; tasks and clocks go back to what the remaining turns said; messages that only the superseded turns
 * knew and that have not gone out are dropped. A late write of the older run is kept, superseded from the start.
 *
 * @throws RecordConflict when the key exists with another digest
 */
export async function recordTurn(
  trx: Trx,
  turn: TurnRecord,
  digest: string,
): Promise<'written' | 'repeated'> {
  const { caseId, runId } = turn;
  // Turns of one case are written one after another, whichever run or attempt they come from.
  await sql`select pg_advisory_xact_lock(hashtextextended(${caseId}, 1))`.execute(trx);

  const known = await trx
    .selectFrom('turns')
    .select('digest')
    .where('caseId', '=', caseId)
    .where('runId', '=', runId)
    .where('turn', '=', turn.turn)
    .executeTakeFirst();
  if (known && known.digest !== digest) throw new RecordConflict(caseId, runId, turn.turn);
  if (known) return 'repeated';

  const runs = await readRuns(trx, caseId);
  const replacedBy = runThatReplaced(runs, turn);
  await trx
    .insertInto('turns')
    .values({
      caseId,
      runId,
      turn: turn.turn,
      at: turn.at,
      digest,
      supersededBy: replacedBy,
      record: JSON.stringify(turn),
    })
    .execute();
  await insertFacts(trx, turn, replacedBy);
  if (replacedBy !== null) return 'written';

  const isReset = runs.some((run) => run.runId !== runId && run.lastTurn >= turn.turn);
  if (isReset) await supersede(trx, turn);
  await writeProjection(trx, turn);
  return 'written';
}

interface Run {
  runId: string;
  /** Entry of its first turn: tells which run began to write first. */
  began: number;
  firstTurn: number;
  lastTurn: number;
}

/** The runs that wrote turns of a case, the newest first. */
function readRuns(trx: Trx, caseId: string): Promise<Run[]> {
  return trx
    .selectFrom('turns')
    .select((row) => [
      'runId',
      row.fn.min('entry').as('began'),
      row.fn.min('turn').as('firstTurn'),
      row.fn.max('turn').as('lastTurn'),
    ])
    .where('caseId', '=', caseId)
    .groupBy('runId')
    .orderBy('began', 'desc')
    .execute();
}

/** The run that branched off at or before this turn and began to write after this run did; null as a rule. */
function runThatReplaced(runs: Run[], turn: TurnRecord): string | null {
  const own = runs.find((run) => run.runId === turn.runId);
  if (!own) return null;
  const newer = runs.find((run) => run.began > own.began && run.firstTurn <= turn.turn);
  return newer?.runId ?? null;
}

async function supersede(trx: Trx, turn: TurnRecord): Promise<void> {
  const { caseId, runId } = turn;
  const superseded = await trx
    .updateTable('turns')
    .set({ supersededBy: runId })
    .where('caseId', '=', caseId)
    .where('runId', '!=', runId)
    .where('turn', '>=', turn.turn)
    .where('supersededBy', 'is', null)
    .returning('record')
    .execute();
  if (superseded.length === 0) return;
  await trx
    .updateTable('facts')
    .set({ supersededBy: runId })
    .where('caseId', '=', caseId)
    .where('runId', '!=', runId)
    .where('turn', '>=', turn.turn)
    .where('supersededBy', 'is', null)
    .execute();

  const remaining = await trx
    .selectFrom('turns')
    .select('record')
    .where('caseId', '=', caseId)
    .where('supersededBy', 'is', null)
    .where('turn', '<', turn.turn)
    .orderBy('turn')
    .execute();
  const tasks = new Map<string, TaskRow>();
  const clocks = new Map<string, ClockRow>();
  const known = new Set<string>();
  for (const { record } of remaining) {
    if (record.full) {
      tasks.clear();
      clocks.clear();
    }
    for (const task of record.tasks) tasks.set(task.key, task);
    for (const clock of record.clocks) clocks.set(clock.key, clock);
    for (const message of record.messages) known.add(message.key);
  }
  await clearProjection(trx, caseId);
  await upsertTasks(trx, caseId, [...tasks.values()]);
  await upsertClocks(trx, caseId, [...clocks.values()]);
  await trx.updateTable('cases').set({ finalState: null }).where('caseId', '=', caseId).execute();

  const orphans = superseded
    .flatMap(({ record }) => record.messages.map((message) => message.key))
    .filter((key) => !known.has(key));
  await trx
    .updateTable('messages')
    .set({ status: 'dropped', statusAt: turn.at, reason: 'superseded' })
    .where('caseId', '=', caseId)
    .where('key', '=', sql<string>`any (${orphans})`)
    .where('status', 'in', ['queued', 'deferred'])
    .execute();
}

async function writeProjection(trx: Trx, turn: TurnRecord): Promise<void> {
  const { caseId, row } = turn;
  if (turn.full) await clearProjection(trx, caseId);
  const finalState = turn.finalState === null ? null : JSON.stringify(turn.finalState);
  await trx
    .insertInto('cases')
    .values({ ...row, finalState })
    .onConflict((clash) =>
      clash.column('caseId').doUpdateSet({
        ...row,
        // Turns after the end, such as the last receipts, bring none and leave it.
        finalState: sql`coalesce(excluded.final_state, cases.final_state)`,
      }),
    )
    .execute();
  await upsertTasks(trx, caseId, turn.tasks);
  await upsertClocks(trx, caseId, turn.clocks);
  await upsertMessages(trx, turn);
  if (turn.serials !== undefined)
    await trx
      .insertInto('lookups')
      .values(turn.serials.map((value) => ({ caseId, kind: 'serial' as const, value })))
      .onConflict((clash) => clash.doNothing())
      .execute();
}

async function clearProjection(trx: Trx, caseId: string): Promise<void> {
  await trx.deleteFrom('tasks').where('caseId', '=', caseId).execute();
  await trx.deleteFrom('clocks').where('caseId', '=', caseId).execute();
}

async function insertFacts(trx: Trx, turn: TurnRecord, supersededBy: string | null): Promise<void> {
  if (turn.facts.length === 0) return;
  await trx
    .insertInto('facts')
    .values(
      turn.facts.map((fact) => ({
        ...fact,
        data: JSON.stringify(fact.data),
        caseId: turn.caseId,
        runId: turn.runId,
        turn: turn.turn,
        supersededBy,
      })),
    )
    .onConflict((clash) => clash.doNothing())
    .execute();
}

async function upsertTasks(trx: Trx, caseId: string, tasks: TaskRow[]): Promise<void> {
  const rows = latest(tasks).map((task) => ({
    ...task,
    caseId,
    answer: task.answer && JSON.stringify(task.answer),
    context: task.context && JSON.stringify(task.context),
  }));
  const [first] = rows;
  if (!first) return;
  await trx
    .insertInto('tasks')
    .values(rows)
    .onConflict((clash) => clash.columns(['caseId', 'key']).doUpdateSet(excluded(first)))
    .execute();
}

async function upsertClocks(trx: Trx, caseId: string, clocks: ClockRow[]): Promise<void> {
  const rows = latest(clocks).map((clock) => ({ ...clock, caseId, spans: JSON.stringify(clock.spans) }));
  const [first] = rows;
  if (!first) return;
  await trx
    .insertInto('clocks')
    .values(rows)
    .onConflict((clash) => clash.columns(['caseId', 'key']).doUpdateSet(excluded(first)))
    .execute();
}

async function upsertMessages(trx: Trx, turn: TurnRecord): Promise<void> {
  const rows = latest(turn.messages).map(({ to, at, ...message }) => ({
    ...message,
    caseId: turn.caseId,
    recipient: JSON.stringify(to),
    params: JSON.stringify(message.params),
    statusAt: at,
  }));
  // Cases may share keys: one order for all writers, or two cases lock each other out.
  rows.sort((one, other) => (one.key < other.key ? -1 : 1));
  const [first] = rows;
  if (!first) return;
  await trx
    .insertInto('messages')
    .values(rows)
    .onConflict((clash) =>
      clash
        .column('key')
        .doUpdateSet(excluded(first))
        // Another case's key: one key, one message. That case keeps it and this one leaves it alone.
        .where(sql<boolean>`messages.case_id = excluded.case_id`),
    )
    .execute();
}

/** The last row of each key: one statement cannot write the same row twice. */
function latest<T extends { key: string }>(rows: T[]): T[] {
  return [...new Map(rows.map((row) => [row.key, row])).values()];
}

/** Sets every column of `row` to what the insert brought. */
function excluded<T extends object>(row: T): { [K in keyof T]: RawBuilder<never> } {
  const columns = Object.keys(row).map((column) => [column, sql.ref(`excluded.${column}`)]);
  return Object.fromEntries(columns) as { [K in keyof T]: RawBuilder<never> };
}
