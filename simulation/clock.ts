/**
 * The discrete-event loop: brings all cases of a scenario to the same virtual instant, alarm by alarm, and waits
 * until nothing is in flight before anything else may happen. Never past an alarm: what one case does at its alarm
 * may concern another case, an outage, or a step of the scenario.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { advance, VirtualClockError } from '../runtime/virtual-clock.js';
import type { CaseView } from '../workflows/case/messages.js';

const { PendingActivityState, WorkflowExecutionStatus } = proto.temporal.api.enums.v1;

const MINUTE_MS = 60_000;
/**
 * How far past the minute a case is brought. Far enough that what happens at the minute is over before the target is
 * reached: the server forgets a target that passes while a case is busy, and skips on to the next timer (seen under
 * load with half a second). Near enough that the rest of the minute is left for what people do in real time.
 */
const PAST_MS = 10_000;
/** A timer counts from the end of the workflow task that set it, so its alarm rings as much late as that task took. */
const FURTHER_MS = [20_000, 35_000];
/** A retry that is due this soon is waited for, a later one is left to the virtual clock. */
const SOON_MS = 1_000;
/** How long a case may be busy at one instant. A workflow task of a killed worker takes 10 s to be given again. */
const SETTLE_MS = 45_000;

/** What is pending of a case, as the server describes it. */
interface Standing {
  open: boolean;
  /** Run and length of its history: the same as before when nothing happened to it since. */
  version: string;
  nowMs: number;
  workflowTask: boolean;
  /** Activities that are running or about to, with the worker that has them. */
  working: { id: string; runId: string; worker: string }[];
  /** Activities that wait for their next attempt. */
  backingOff: number;
}

export interface ClockDeps {
  connection: Connection;
  namespace: string;
  /** The live case, by query. */
  view(caseId: string): Promise<CaseView>;
  /** True for a worker (`pid@host`) that was killed: what it was given will never be answered. */
  isDead(worker: string): boolean;
  startAt: Date;
}

/** The scenario's one clock. Whole minutes; every open case stands at it, a few milliseconds later. */
export class ScenarioClock {
  private atMs: number;
  /** Open cases with their next alarm; null when none is set. */
  private readonly alarms = new Map<string, number | null>();
  /** What an open case was at rest with, when it was last seen so. */
  private readonly rested = new Map<string, { version: string; linked: string[] }>();
  /** Where a case stood when it was last looked at, and when that was in real time (`performance.now()`). */
  private readonly seen = new Map<string, { nowMs: number; at: number }>();
  /** Cases that came to their end; the server's list shows them as running a moment longer. */
  private readonly ended = new Set<string>();
  private readonly events: { atMs: number; run: () => Promise<void> }[] = [];

  constructor(private readonly deps: ClockDeps) {
    this.atMs = deps.startAt.getTime();
  }

  now(): Date {
    return new Date(this.atMs);
  }

  /** Start delay that lets a case begin in the virtual present. */
  startDelayMs(): number {
    return Math.max(1, this.atMs - Date.now());
  }

  /** Cases known and not ended. */
  open(): string[] {
    return [...this.alarms.keys()];
  }

  /** Brings a case that was just started (or reopened) to the present, before anybody asks it anything. */
  async adopt(caseId: string): Promise<void> {
    this.ended.delete(caseId);
    this.alarms.set(caseId, null);
    this.rested.delete(caseId);
    await this.bring(caseId);
  }

  /** Something that happens at an instant, once every case stands there: the end of an outage. */
  at(instant: Date, run: () => Promise<void>): void {
    this.events.push({ atMs: instant.getTime(), run });
  }

  /** Moves everything to the instant, stopping at every alarm and event on the way. */
  async advanceTo(target: Date): Promise<void> {
    while (this.atMs < target.getTime()) await this.hop(target);
  }

  /** Moves everything to the next alarm or event, or to the limit when that is sooner. */
  async hop(limit: Date): Promise<void> {
    const next = this.next(limit.getTime());
    for (const caseId of this.open()) await this.bring(caseId, next);
    this.atMs = next;
    const due = this.events.filter((event) => event.atMs <= next);
    for (const event of due) {
      this.events.splice(this.events.indexOf(event), 1);
      await event.run();
    }
    await this.settle();
    for (const past of FURTHER_MS) {
      const late = this.open().filter((caseId) => (this.alarms.get(caseId) ?? Infinity) <= this.atMs);
      if (late.length === 0) return;
      for (const caseId of late) await this.bring(caseId, this.atMs, past);
      await this.settle();
    }
  }

  /** Waits until no case has anything in flight at this instant, also cases that other cases started meanwhile. */
  async settle(): Promise<void> {
    for (;;) {
      const linked: string[] = [];
      for (const caseId of this.open()) linked.push(...(await this.settleCase(caseId)));
      // A case is asked whom it opened; one that has ended meanwhile cannot be, so from then on the server's list is
      // asked too, which may know of a case a moment later.
      const found = new Set([...linked, ...(this.ended.size > 0 ? await this.runningCases() : [])]);
      const fresh = [...found].filter((caseId) => !this.alarms.has(caseId) && !this.ended.has(caseId));
      for (const caseId of fresh) await this.adopt(caseId);
      // One case may have told another something while that one had already settled.
      if (fresh.length === 0 && (this.alarms.size < 2 || (await this.allQuiet()))) return;
    }
  }

  private next(limitMs: number): number {
    let next = limitMs;
    for (const event of this.events) next = Math.min(next, Math.max(event.atMs, this.atMs + MINUTE_MS));
    for (const [caseId, alarm] of this.alarms) {
      if (alarm === null) continue;
      if (alarm <= this.atMs) {
        throw new VirtualClockError(
          `${caseId}: its alarm of ${new Date(alarm).toISOString()} did not ring; it is ${this.now().toISOString()}`,
        );
      }
      next = Math.min(next, Math.ceil(alarm / MINUTE_MS) * MINUTE_MS);
    }
    return next;
  }

  private async bring(caseId: string, toMs: number = this.atMs, pastMs: number = PAST_MS): Promise<void> {
    const { connection, namespace } = this.deps;
    const seen = this.rested.has(caseId) ? this.seen.get(caseId) : undefined;
    const reached = await advance(connection, namespace, caseId, new Date(toMs + pastMs).toISOString(), {
      // Between two advances its clock runs on in real time.
      ...(seen === undefined ? {} : { nowMs: seen.nowMs + Math.round(performance.now() - seen.at) }),
    });
    if (reached === 'ended') this.forget(caseId);
  }

  private forget(caseId: string): void {
    this.alarms.delete(caseId);
    this.rested.delete(caseId);
    this.seen.delete(caseId);
    this.ended.add(caseId);
  }

  /** @returns cases that it opened and waits for */
  private async settleCase(caseId: string): Promise<string[]> {
    const since = Date.now();
    for (let pauseMs = 8; ; pauseMs = Math.min(100, Math.ceil(pauseMs * 1.5))) {
      const standing = await this.look(caseId);
      if (!standing.open) {
        this.forget(caseId);
        return [];
      }
      this.checkMinute(caseId, standing.nowMs);
      if (isQuiet(standing)) {
        const rested = this.rested.get(caseId);
        if (standing.backingOff === 0 && rested?.version === standing.version) return rested.linked;
        const view = await this.deps.view(caseId);
        // What waits for a retry is not idle, and stays so until time passes.
        if (view.idle || standing.backingOff > 0) {
          const after = await this.look(caseId);
          if (after.open && isQuiet(after)) {
            this.alarms.set(caseId, view.nextAlarmAt === null ? null : Date.parse(view.nextAlarmAt));
            if (after.version === standing.version)
              this.rested.set(caseId, { version: after.version, linked: view.linked });
            return view.linked;
          }
          continue;
        }
      }
      await this.forgetTheDead(caseId, standing);
      if (Date.now() - since > SETTLE_MS) {
        throw new VirtualClockError(
          `${caseId} did not come to rest at ${this.now().toISOString()} within ${SETTLE_MS / 1000} s: ` +
            `${told(standing)}. Its worker may have stopped, or the case repeats something without end.`,
        );
      }
      await delay(pauseMs);
    }
  }

  /** An attempt that a killed worker had is lost: the server would only notice after the attempt's time limit. */
  private async forgetTheDead(caseId: string, standing: Standing): Promise<void> {
    for (const { id, runId, worker } of standing.working) {
      if (worker === '' || !this.deps.isDead(worker)) continue;
      await this.deps.connection.workflowService
        .respondActivityTaskFailedById({
          namespace: this.deps.namespace,
          workflowId: caseId,
          runId,
          activityId: id,
          identity: 'simulation',
          failure: { message: 'worker killed', applicationFailureInfo: { type: 'worker.killed' } },
        })
        // It may have timed out or been given to the next worker meanwhile.
        .catch(() => undefined);
    }
  }

  private async allQuiet(): Promise<boolean> {
    for (const caseId of this.open()) {
      const standing = await this.look(caseId);
      // Another case may have ended it after it had settled.
      if (!standing.open) this.forget(caseId);
      else if (!isQuiet(standing)) return false;
    }
    return true;
  }

  /** Between two advances a case's clock runs on in real time. Leaving the minute would falsify every instant. */
  private checkMinute(caseId: string, nowMs: number): void {
    if (nowMs < this.atMs + MINUTE_MS) return;
    throw new VirtualClockError(
      `${caseId} stands at ${new Date(nowMs).toISOString()}, the scenario at ${this.now().toISOString()}: ` +
        'the machine took more than a minute for one instant. Run it on an idle machine, or split the step.',
    );
  }

  private async look(caseId: string): Promise<Standing> {
    const answer = await this.deps.connection.workflowService.describeWorkflowExecution({
      namespace: this.deps.namespace,
      execution: { workflowId: caseId },
    });
    const info = answer.workflowExecutionInfo;
    const current = answer.workflowExtendedInfo?.timeSkippingInfo?.currentTime;
    const nowMs = current ? millis(current) : Date.now();
    this.seen.set(caseId, { nowMs, at: performance.now() });
    const activities = answer.pendingActivities ?? [];
    const waits = activities.filter(
      (activity) =>
        activity.state === PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED &&
        (activity.attempt ?? 1) > 1 &&
        activity.nextAttemptScheduleTime !== null &&
        activity.nextAttemptScheduleTime !== undefined &&
        millis(activity.nextAttemptScheduleTime) > nowMs + SOON_MS,
    );
    return {
      open: info?.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
      version: `${info?.execution?.runId ?? ''}/${String(info?.historyLength ?? '')}`,
      nowMs,
      workflowTask: answer.pendingWorkflowTask !== null && answer.pendingWorkflowTask !== undefined,
      working: activities
        .filter((activity) => !waits.includes(activity))
        .map((activity) => ({
          id: activity.activityId ?? '',
          runId: info?.execution?.runId ?? '',
          worker: activity.lastWorkerIdentity ?? '',
        })),
      backingOff: waits.length,
    };
  }

  private async runningCases(): Promise<string[]> {
    const answer = await this.deps.connection.workflowService.listWorkflowExecutions({
      namespace: this.deps.namespace,
      query: 'ExecutionStatus = "Running"',
      pageSize: 1000,
    });
    return (answer.executions ?? [])
      .map((each) => each.execution?.workflowId ?? '')
      .filter((id) => id !== '');
  }
}

function millis(at: { seconds?: unknown; nanos?: number | null }): number {
  return Number(String(at.seconds ?? 0)) * 1000 + Math.floor((at.nanos ?? 0) / 1e6);
}

function isQuiet(standing: Standing): boolean {
  return !standing.workflowTask && standing.working.length === 0;
}

function told(standing: Standing): string {
  const parts = [
    standing.workflowTask ? 'a workflow task is pending' : '',
    standing.working.length > 0 ? `${standing.working.length} activities are running` : '',
    standing.backingOff > 0 ? `${standing.backingOff} activities wait for a retry` : '',
  ].filter(Boolean);
  return parts.join(', ') || 'nothing is pending, but the case is not idle';
}
