import { sql, type Kysely, type OperationNodeSource, type RawBuilder } from 'kysely';
import type { ClockRow, TaskRow, TurnRecord } from '../../domain/case.js';
import { RecordConflict } from '../ports.js';
import type { LedgerTables } from './schema.js';
import { whileLocked, writeTogether } from './transaction.js';

type Db = Kysely<LedgerTables>;
/** A write still to be sent, or null when there is nothing to write. */
type Write = OperationNodeSource | null;

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
export function recordTurn(db: Db, turn: TurnRecord, digest: string): Promise<'written' | 'repeated'> {
  // Turns of one case are written one after another, whichever run or attempt they come from.
  return whileLocked(db, [{ kind: 'case', of: turn.caseId }], (trx) => writeTurn(trx, turn, digest));
}

async function writeTurn(trx: Db, turn: TurnRecord, digest: string): Promise<'written' | 'repeated'> {
  const { caseId, runId } = turn;
  const runs = await readRuns(trx, turn);
  const known = runs.find((run) => run.digest !== null)?.digest;
  if (known !== undefined && known !== digest) throw new RecordConflict(caseId, runId, turn.turn);
  if (known !== undefined) return 'repeated';

  const replacedBy = runThatReplaced(runs, turn);
  const turnWrites = [insertTurn(trx, turn, digest, replacedBy), insertFacts(trx, turn, replacedBy)];
  if (replacedBy !== null) {
    await writeTogether(trx, turnWrites);
    return 'written';
  }
  const isReset = runs.some((run) => run.runId !== runId && run.lastTurn >= turn.turn);
  if (isReset) await supersede(trx, turn);
  if (turn.full) await clearProjection(trx, caseId);
  await writeTogether(trx, [
    ...turnWrites,
    upsertCase(trx, turn),
    upsertTasks(trx, caseId, turn.tasks),
    upsertClocks(trx, caseId, turn.clocks),
    upsertMessages(trx, turn),
    insertSerials(trx, turn),
  ]);
  return 'written';
}

interface Run {
  runId: string;
  /** Entry of its first turn: tells which run began to write first. */
  began: number;
  firstTurn: number;
  lastTurn: number;
  /** What the turn asked about was recorded with, where this run has recorded it. */
  digest: string | null;
}

/** The runs that wrote turns of a case, the newest first, and whether this turn is among them. */
function readRuns(trx: Db, { caseId, runId, turn }: TurnRecord): Promise<Run[]> {
  return trx
    .selectFrom('turns')
    .select((row) => [
      'runId',
      row.fn.min('entry').as('began'),
      row.fn.min('turn').as('firstTurn'),
      row.fn.max('turn').as('lastTurn'),
      // At most one turn passes: case, run and turn are the key.
      row.fn
        .max<string | null>('digest')
        .filterWhere('runId', '=', runId)
        .filterWhere('turn', '=', turn)
        .as('digest'),
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

async function supersede(trx: Db, turn: TurnRecord): Promise<void> {
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
  await writeTogether(trx, [
    upsertTasks(trx, caseId, [...tasks.values()]),
    upsertClocks(trx, caseId, [...clocks.values()]),
  ]);
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

function insertTurn(trx: Db, turn: TurnRecord, digest: string, supersededBy: string | null): Write {
  const { caseId, runId, at } = turn;
  return trx
    .insertInto('turns')
    .values({ caseId, runId, turn: turn.turn, at, digest, supersededBy, record: JSON.stringify(turn) });
}

function upsertCase(trx: Db, { row, finalState: state }: TurnRecord): Write {
  const finalState = state === null ? null : JSON.stringify(state);
  return trx
    .insertInto('cases')
    .values({ ...row, finalState })
    .onConflict((clash) =>
      clash.column('caseId').doUpdateSet({
        ...excluded(row),
        // Turns after the end, such as the last receipts, bring none and leave it.
        finalState: sql`coalesce(excluded.final_state, cases.final_state)`,
      }),
    );
}

async function clearProjection(trx: Db, caseId: string): Promise<void> {
  await trx.deleteFrom('tasks').where('caseId', '=', caseId).execute();
  await trx.deleteFrom('clocks').where('caseId', '=', caseId).execute();
}

function insertFacts(trx: Db, turn: TurnRecord, supersededBy: string | null): Write {
  if (turn.facts.length === 0) return null;
  return trx
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
    .onConflict((clash) => clash.doNothing());
}

function upsertTasks(trx: Db, caseId: string, tasks: TaskRow[]): Write {
  const rows = latest(tasks).map((task) => ({
    ...task,
    caseId,
    answer: task.answer && JSON.stringify(task.answer),
    context: task.context && JSON.stringify(task.context),
  }));
  const [first] = rows;
  if (!first) return null;
  return trx
    .insertInto('tasks')
    .values(rows)
    .onConflict((clash) => clash.columns(['caseId', 'key']).doUpdateSet(excluded(first)));
}

function upsertClocks(trx: Db, caseId: string, clocks: ClockRow[]): Write {
  const rows = latest(clocks).map((clock) => ({ ...clock, caseId, spans: JSON.stringify(clock.spans) }));
  const [first] = rows;
  if (!first) return null;
  return trx
    .insertInto('clocks')
    .values(rows)
    .onConflict((clash) => clash.columns(['caseId', 'key']).doUpdateSet(excluded(first)));
}

/** Serials learned on the way: later intakes of the same device find the case (ONS-25, W35). */
function insertSerials(trx: Db, { caseId, serials }: TurnRecord): Write {
  if (serials === undefined || serials.length === 0) return null;
  return trx
    .insertInto('lookups')
    .values(serials.map((value) => ({ caseId, kind: 'serial' as const, value })))
    .onConflict((clash) => clash.doNothing());
}

function upsertMessages(trx: Db, turn: TurnRecord): Write {
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
  if (!first) return null;
  return trx
    .insertInto('messages')
    .values(rows)
    .onConflict((clash) =>
      clash
        .column('key')
        .doUpdateSet(excluded(first))
        // Another case's key: one key, one message. That case keeps it and this one leaves it alone.
        .where(sql<boolean>`messages.case_id = excluded.case_id`),
    );
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
