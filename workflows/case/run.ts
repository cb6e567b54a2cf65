/**
 * Runs a manual as a case: state first, then the manual up to its first task, then handlers, recorder and alarm; goes
 * on in a new run whenever a chapter is full and the case idle.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  makeContinueAsNewFunc,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributeName } from '../../domain/names.js';
import { receiveActs } from './acts.js';
import { Alarm } from './alarm.js';
import { CaseEnds, Kase, type Process } from './kase.js';
import { SYSTEM } from './system.js';
import type { CaseOutcome, CaseStart } from './messages.js';
import { PostRoom } from './post-room.js';
import { Recorder } from './recorder.js';

/**
 * @param manual the process, top to bottom; run again from the top in every chapter, so it may branch only on what
 *   `kase` gives it
 */
export async function runCase<Answers, Data>(
  start: CaseStart,
  process: Process<Answers, Data>,
  manual: (kase: Kase<Answers, Data>) => Promise<CaseOutcome>,
): Promise<CaseOutcome> {
  const root = CancellationScope.current();
  return CancellationScope.nonCancellable(async () => {
    const kase = new Kase<Answers, Data>(start, process);
    const plain = kase as unknown as Kase<never, never>;
    const postRoom = new PostRoom(plain, () => recorder.saved);
    const recorder: Recorder = new Recorder(plain, () => {
      showToOperators(plain, shown);
      postRoom.pump();
    });
    const alarm = new Alarm(plain, postRoom);
    const shown: Shown = {};

    if (start.reopen !== undefined) reopen(kase, start);
    let outcome: CaseOutcome | undefined;
    let broken: unknown;
    const story = follow(kase, manual).then(
      (value) => {
        outcome = value;
      },
      (error: unknown) => {
        broken = error ?? new Error('the manual failed without a reason');
      },
    );
    // The manual reaches its first open task before buffered acts are let in: register, then announce (house 4).
    await kase.settled();
    receiveActs(plain, recorder, alarm);
    void recorder.run();
    void alarm.run();
    void kase.keepAwake();
    void story;
    // A cancel from the Temporal UI counts as `cancelCase` by an operator outside the desk, undo included.
    root.cancelRequested.catch(() => {
      if (kase.state.ending !== null || kase.state.row.status !== 'open') return;
      kase.fact('cancelled', { reason: 'outside' }, 'operator-outside-the-desk', 'W33');
      kase.end('cancelled', 'operator-outside-the-desk', {});
    });
    postRoom.pump();

    await condition(
      () =>
        outcome !== undefined ||
        broken !== undefined ||
        (kase.chapterDue() && kase.idle() && allHandlersFinished()),
    );
    if (broken !== undefined) throw broken;
    await condition(() => allHandlersFinished());
    if (outcome !== undefined) return outcome;
    const { reopen: _done, ...again } = start;
    return makeContinueAsNewFunc<(next: CaseStart) => Promise<CaseOutcome>>({
      workflowType: start.process,
    })({ ...again, snapshot: kase.snapshot, carry: kase.state });
  });
}

/** The manual, and the other ways a case may end. A withdrawal that was not meant goes on where the manual was. */
async function follow<Answers, Data>(
  kase: Kase<Answers, Data>,
  manual: (kase: Kase<Answers, Data>) => Promise<CaseOutcome>,
): Promise<CaseOutcome> {
  if (kase.isNew) kase.process.opened(kase);
  for (;;) {
    kase.rewind();
    try {
      if (kase.state.ending !== null) throw new CaseEnds(kase.state.ending);
      return await manual(kase);
    } catch (error) {
      if (!(error instanceof CaseEnds)) throw error;
      kase.beginEnding();
      const concluded = await kase.process.conclude(kase, error.ending);
      if (concluded !== null) return concluded;
      kase.goOn();
    }
  }
}

/** A closed case goes on: same number, next round, one level up; a second time the manager's (W34). */
function reopen<Answers, Data>(kase: Kase<Answers, Data>, start: CaseStart): void {
  const { state } = kase;
  const asked = start.reopen!;
  state.reopens += 1;
  state.firstRound = state.row.rounds + 1;
  state.ending = null;
  Object.assign(state.row, {
    status: 'open',
    outcome: null,
    closedAt: null,
    policyDigest: start.snapshot.digest,
  });
  kase.startRound();
  kase.fact(
    'reopened',
    { was: asked.outcome, closedAt: asked.closedAt, times: state.reopens, reason: asked.reason },
    asked.actor.id,
    'W34',
  );
  const manager = state.reopens >= kase.policy.complaint.reopen.managerFrom;
  if (manager) kase.raiseTo('L3', 'reopened', 'W34', SYSTEM);
  else kase.raiseOne('reopened', 'W34', SYSTEM);
  kase.process.reopened?.(kase);
}

interface Shown {
  status?: string;
  level?: string;
  due?: string | null;
  attention?: string | null;
}

const name = (attribute: SearchAttributeName): string => attribute;
const ATTRIBUTE = {
  status: defineSearchAttributeKey(name('CaseStatus'), 'KEYWORD'),
  level: defineSearchAttributeKey(name('CaseLevel'), 'KEYWORD'),
  nextDueAt: defineSearchAttributeKey(name('CaseNextDueAt'), 'DATETIME'),
  attention: defineSearchAttributeKey(name('CaseAttention'), 'KEYWORD'),
};

/** Search attributes for Temporal operators, upserted only on change (house 4). */
function showToOperators(kase: Kase<never, never>, shown: Shown): void {
  const { row } = kase.state;
  const changes: Parameters<typeof upsertSearchAttributes>[0] = [];
  if (shown.status !== row.status) changes.push({ key: ATTRIBUTE.status, value: row.status });
  if (shown.level !== row.level) changes.push({ key: ATTRIBUTE.level, value: row.level });
  if (shown.due !== row.nextDueAt)
    changes.push({
      key: ATTRIBUTE.nextDueAt,
      value: row.nextDueAt === null ? null : new Date(row.nextDueAt),
    });
  if (shown.attention !== row.attention) changes.push({ key: ATTRIBUTE.attention, value: row.attention });
  if (changes.length === 0) return;
  Object.assign(shown, {
    status: row.status,
    level: row.level,
    due: row.nextDueAt,
    attention: row.attention,
  });
  upsertSearchAttributes(changes);
}
