/**
 * The virtual clock: months in milliseconds on the real server (server 1.32, engine notes). Only tests, demos and
 * simulations turn it on; a production server never does. The server's keys and calls for it are named here alone.
 *
 * The clock belongs to one execution and is inherited by continue-as-new. It ticks in real time on top of what was
 * skipped, so an advance to an instant ends there or a few milliseconds later, never before.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';

/**
 * Dynamic configuration that turns the virtual clock on. The third key matters for continue-as-new: without it the
 * second quick one waits a second of real time in which a case would be advanced past its own timers. It is the key
 * of server 1.32; older notes call it `history.continueAsNewMinInterval`, which this server ignores silently. With the
 * last two a case that has just ended can be deleted: the server does so only once its queues have noted the end, by
 * default every half minute.
 */
export const VIRTUAL_CLOCK_SETTINGS: Readonly<Record<string, string>> = {
  'frontend.WorkflowTimeSkippingEnabled': 'true',
  'history.timerProcessorMaxTimeShift': '"5ms"',
  'history.workflowIdReuseMinimalInterval': '"0s"',
  'history.transferProcessorUpdateAckInterval': '"100ms"',
  'history.visibilityProcessorUpdateAckInterval': '"100ms"',
};

const { FastForwardPollingResult, WorkflowExecutionStatus } = proto.temporal.api.enums.v1;

/** How long one poll waits before we look ourselves; the server notices a spent session only after a minute. */
const POLL_MS = 2_000;
/** Fast-forwards one advance may chain; each lasts for at most 200 skips, so this is 10 000 timers and retries. */
const MAX_SESSIONS = 50;
/** A start delay counts from the server's clock, so the start lies some milliseconds behind the date asked for. */
const START_SLACK_MS = 2_000;
/** How near its start a case is brought: what passes between looking and the server's setting out must fit in. */
const START_MARGIN_MS = 100;

/** A case on the virtual clock, as the server describes it. */
export interface ExecutionTime {
  /** Its current instant: virtual once time was skipped, the real one before. ISO, milliseconds. */
  now: string;
  running: boolean;
  /** True while the server is skipping time for it. */
  skipping: boolean;
}

/** `reached`: the case stands at the instant. `ended`: it came to its own end before. */
export type Advance = 'reached' | 'ended';

/** A case could not be brought to an instant. */
export class VirtualClockError extends Error {
  override readonly name = 'VirtualClockError';
  readonly code = 'virtualClock.failed';
}

interface Timestamp {
  seconds?: unknown;
  nanos?: number | null;
}

function millisOf(timestamp: Timestamp | null | undefined): number | null {
  if (timestamp === null || timestamp === undefined) return null;
  return Number(String(timestamp.seconds ?? 0)) * 1000 + Math.floor((timestamp.nanos ?? 0) / 1e6);
}

function durationOf(ms: number) {
  return { seconds: Math.floor(ms / 1000) as never, nanos: Math.round((ms % 1000) * 1e6) };
}

interface Described {
  nowMs: number;
  /** When the first step runs. Right for a first run only: after continue-as-new the server counts skips twice here. */
  startsMs: number;
  /** The run began with a wait: a start delay, or the back-off of a retry. */
  delayed: boolean;
  closedMs: number | null;
  skipping: boolean;
}

async function describe(connection: Connection, namespace: string, workflowId: string): Promise<Described> {
  const answer = await connection.workflowService.describeWorkflowExecution({
    namespace,
    execution: { workflowId },
  });
  const info = answer.workflowExecutionInfo;
  const time = answer.workflowExtendedInfo?.timeSkippingInfo;
  const running =
    info?.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING ||
    info?.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_PAUSED;
  return {
    nowMs: millisOf(time?.currentTime) ?? Date.now(),
    startsMs: millisOf(info?.executionTime) ?? millisOf(info?.startTime) ?? Date.now(),
    delayed: millisOf(info?.executionTime) !== millisOf(info?.startTime),
    closedMs: running ? null : (millisOf(info?.closeTime) ?? Date.now()),
    skipping: time?.effectiveConfig?.enabled === true,
  };
}

/** Where a case stands on its own clock. Rejects with gRPC NOT_FOUND when there is no such case. */
export async function describeExecutionTime(
  connection: Connection,
  namespace: string,
  workflowId: string,
): Promise<ExecutionTime> {
  const found = await describe(connection, namespace, workflowId);
  return {
    now: new Date(found.closedMs ?? found.nowMs).toISOString(),
    running: found.closedMs === null,
    skipping: found.skipping,
  };
}

/** The current instant of a case: virtual once time was skipped for it, of its end when it has ended. */
export async function describeTime(
  connection: Connection,
  namespace: string,
  workflowId: string,
): Promise<string> {
  return (await describeExecutionTime(connection, namespace, workflowId)).now;
}

/** One long poll. Null when it should be asked again. */
async function poll(connection: Connection, namespace: string, workflowId: string, fastForwardId: string) {
  try {
    return await connection.withDeadline(Date.now() + POLL_MS, () =>
      connection.workflowService.pollWorkflowExecutionTimeSkipping({
        namespace,
        workflowExecution: { workflowId },
        fastForwardId,
      }),
    );
  } catch (error) {
    // Our own deadline: reported as DEADLINE_EXCEEDED, or as CANCELLED when the server notices it first.
    const [CANCELLED, DEADLINE_EXCEEDED] = [1, 4];
    const { code } = error as { code?: number };
    if (code === CANCELLED || code === DEADLINE_EXCEEDED) return null;
    throw error;
  }
}

/**
 * Lets a case live up to an instant: every timer, retry and activity on the way happens. Returns when it stands there
 * with nothing in flight, or has ended. An instant at or before its current one returns at once.
 *
 * Wait for nothing else between two advances of the same case; several cases may advance at once. The case must be
 * able to work: with no worker running, time stands still and this waits until `timeoutMs`.
 *
 * `nowMs`: where the case stands, in milliseconds, from somebody who has just seen it open and past its first step; it
 * is not asked again.
 * @throws VirtualClockError when it does not get there.
 */
export async function advance(
  connection: Connection,
  namespace: string,
  workflowId: string,
  toIso: string,
  options: { timeoutMs?: number; nowMs?: number } = {},
): Promise<Advance> {
  const target = Date.parse(toIso);
  if (Number.isNaN(target))
    throw new VirtualClockError(`Cannot advance ${workflowId} to "${toIso}": not an ISO instant.`);
  const until = Date.now() + (options.timeoutMs ?? 120_000);
  let begunAlone = false;
  for (let session = 0; session < MAX_SESSIONS; session++) {
    let nowMs = session === 0 ? options.nowMs : undefined;
    let goal = target;
    if (nowMs === undefined) {
      let found = await describe(connection, namespace, workflowId);
      if (found.closedMs !== null) return 'ended';
      // The end of a start delay is no point the server stops at: a case sent further would begin late. So it is brought
      // close to its start, begins by itself in real time, and goes on from there when its first step is done. A case
      // whose first step is in flight while it is sent on was seen to skip to its first timer (rarely, under load).
      const starting =
        found.delayed && target >= found.startsMs - START_SLACK_MS && found.nowMs < found.startsMs + 60_000;
      const untilStart = found.startsMs - found.nowMs;
      if (starting && untilStart >= 0 && untilStart <= START_MARGIN_MS && !found.skipping) {
        await delay(untilStart + 1);
        begunAlone = true;
        continue;
      }
      if (starting && untilStart < 0) {
        await firstTask(connection, namespace, workflowId, begunAlone, until);
        found = await describe(connection, namespace, workflowId);
        if (found.closedMs !== null) return 'ended';
      }
      if (starting && untilStart >= 0) goal = found.startsMs - START_MARGIN_MS;
      else if (found.nowMs >= target && !found.skipping) return 'reached';
      nowMs = found.nowMs;
    } else if (nowMs >= target) return 'reached';
    const id = randomUUID();
    await connection.workflowService.updateWorkflowExecutionOptions({
      namespace,
      workflowExecution: { workflowId },
      updateMask: { paths: ['time_skipping_config'] },
      workflowExecutionOptions: {
        timeSkippingConfig: {
          enabled: true,
          fastForwardConfig: { id, duration: durationOf(Math.max(1, goal - nowMs)) },
        },
      },
    });
    const last = await settle(connection, namespace, workflowId, id, until);
    if (last === 'completed' && goal === target) return 'reached';
    if (last !== 'failed') continue;
    const { closedMs } = await describe(connection, namespace, workflowId);
    if (closedMs !== null) return 'ended';
  }
  throw new VirtualClockError(
    `${workflowId} did not reach ${toIso} within ${MAX_SESSIONS} sessions of 200 skips: something in it repeats ` +
      'without end. Look at its pending activities, or advance in shorter steps.',
  );
}

/**
 * Waits until the first workflow task of a delayed start is done; where the case was skipped beyond its start, only until
 * it was handed out: there the next target must be set before it is done.
 */
async function firstTask(
  connection: Connection,
  namespace: string,
  workflowId: string,
  done: boolean,
  until: number,
): Promise<void> {
  const { EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EVENT_TYPE_WORKFLOW_TASK_COMPLETED } =
    proto.temporal.api.enums.v1.EventType;
  const wanted = done ? EVENT_TYPE_WORKFLOW_TASK_COMPLETED : EVENT_TYPE_WORKFLOW_TASK_SCHEDULED;
  for (;;) {
    const { history } = await connection.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId },
      maximumPageSize: 20,
    });
    if (history?.events?.some((event) => event.eventType === wanted)) return;
    if (Date.now() > until) {
      throw new VirtualClockError(
        `${workflowId} did not begin in time after its start delay. Is the server overloaded?`,
      );
    }
    await delay(done ? 10 : 2);
  }
}

/** Waits for one fast-forward: `spent` when its skips were used up, `failed` when the case ended or was changed. */
async function settle(
  connection: Connection,
  namespace: string,
  workflowId: string,
  id: string,
  until: number,
): Promise<'completed' | 'failed' | 'spent'> {
  for (;;) {
    const answer = await poll(connection, namespace, workflowId, id);
    switch (answer?.fastForwardPollingResult) {
      case FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED:
        return 'completed';
      case FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_FAILED:
        return 'failed';
      default:
        break;
    }
    const found = await describe(connection, namespace, workflowId);
    if (found.closedMs !== null) return 'failed';
    if (!found.skipping) return 'spent';
    if (Date.now() > until) {
      throw new VirtualClockError(
        `${workflowId} stands at ${new Date(found.nowMs).toISOString()} and does not move: a workflow task, activity, ` +
          'child start or update is in flight. Is its worker running? Look at its pending activities in the web page.',
      );
    }
  }
}

/**
 * Start option for a case that begins at a date in the future: `client.workflow.start(fn, { …, ...startAt(iso) })`,
 * then `advance(…, iso)`. @throws VirtualClockError for a date that is past.
 */
export function startAt(iso: string): { startDelay: number } {
  const startDelay = Date.parse(iso) - Date.now();
  if (!(startDelay > 0)) {
    throw new VirtualClockError(`A case cannot start at "${iso}": give an ISO instant in the future.`);
  }
  return { startDelay };
}
