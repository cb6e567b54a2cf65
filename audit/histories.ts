import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import { DeskError, EXIT } from '../client/api.js';

/**
 * All that the server knows of a case. One case is many runs: continue-as-new starts the next one, a reset branches
 * off a new one, and a reopened case is a new chain under the same workflow id.
 */

/** A history event in canonical proto-JSON. */
export interface EventJson {
  eventId: string;
  eventTime: string;
  eventType: string;
  [attributes: string]: unknown;
}

/** A history in canonical proto-JSON: what the Temporal UI and CLI export, and what replay reads. */
export interface HistoryJson {
  events: EventJson[];
}

/** Where a run came from; null for the first of a chain. */
export interface Ancestor {
  runId: string;
  how: 'continuedAsNew' | 'reset';
}

/** What a run's own history says of it. */
export interface RunSummary {
  workflowId: string;
  workflowType: string;
  startedAt: string;
  ancestor: Ancestor | null;
  /** The run that follows by continue-as-new. */
  successor: string | null;
  /** Last event when it ended the run, e.g. `WorkflowExecutionCompleted`; null while the run is open. */
  endedBy: string | null;
  /** Build ids of the workers that ran it, in order of appearance. */
  builds: string[];
}

export interface CaseRun extends RunSummary {
  runId: string;
  history: HistoryJson;
}

const ENDINGS = /^WorkflowExecution(Completed|Failed|TimedOut|Canceled|Terminated|ContinuedAsNew)$/;

/** `EVENT_TYPE_TIMER_STARTED` in the words of the UI: `TimerStarted`. */
export function eventName(eventType: string): string {
  return eventType
    .replace(/^EVENT_TYPE_/, '')
    .split('_')
    .map((part) => part.charAt(0) + part.slice(1).toLowerCase())
    .join('');
}

/** The attributes of an event, whatever its type. */
export function attributesOf(event: EventJson): Record<string, unknown> {
  const key = Object.keys(event).find((each) => each.endsWith('EventAttributes'));
  return (key ? event[key] : {}) as Record<string, unknown>;
}

/** Whether a parsed file is a history, so far as reading it needs. */
export function isHistory(json: unknown): json is HistoryJson {
  const events = (json as HistoryJson | null)?.events;
  return (
    Array.isArray(events) &&
    events.length > 0 &&
    events.every((event) => typeof event?.eventId === 'string' && typeof event.eventType === 'string')
  );
}

/** The events that branch a reset run off; all before the last of them belong to older runs. */
export function resetsOf(history: HistoryJson): { index: number; baseRunId: string }[] {
  return history.events.flatMap((event, index) => {
    const { cause, baseRunId } = attributesOf(event);
    const reset = cause === 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW' && typeof baseRunId === 'string';
    return reset ? [{ index, baseRunId }] : [];
  });
}

/** Reads a run's story from its history. */
export function summarise(history: HistoryJson): RunSummary {
  const [first] = history.events;
  const last = history.events.at(-1)!;
  const started = first ? attributesOf(first) : {};
  const reset = resetsOf(history).at(-1);
  const continued = textOf(started['continuedExecutionRunId']);
  const builds = new Set<string>();
  for (const event of history.events) {
    const { workerVersion, deploymentVersion } = attributesOf(event) as Record<
      string,
      { buildId?: string } | undefined
    >;
    const build = deploymentVersion?.buildId || workerVersion?.buildId;
    if (build) builds.add(build);
  }
  return {
    workflowId: textOf(started['workflowId']) ?? '',
    workflowType: textOf((started['workflowType'] as { name?: string } | undefined)?.name) ?? '',
    startedAt: first?.eventTime ?? '',
    ancestor: reset
      ? { runId: reset.baseRunId, how: 'reset' }
      : continued
        ? { runId: continued, how: 'continuedAsNew' }
        : null,
    successor: textOf(attributesOf(last)['newExecutionRunId']),
    endedBy: ENDINGS.test(eventName(last.eventType)) ? eventName(last.eventType) : null,
    builds: [...builds],
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * Every run of a case, oldest first. Visibility lists them with a delay, so the chains are walked as well, and
 * `known` adds run ids from elsewhere (the ledger's turns).
 * Runs whose history the server no longer keeps are left out; `missingRuns` names those.
 * @throws DeskError `case.notFound`
 */
export async function runsOf(client: Client, caseId: string, known: string[] = []): Promise<CaseRun[]> {
  const wanted = new Set(known);
  for await (const { runId } of client.workflow.list({
    query: `WorkflowId = '${caseId.replaceAll("'", "''")}'`,
  })) {
    wanted.add(runId);
  }
  const latest = await unlessMissing(client.workflow.getHandle(caseId).describe());
  if (latest) wanted.add(latest.runId);

  const found = new Map<string, CaseRun>();
  // A Set iterates over what is added on the way: each run names its neighbours.
  for (const runId of wanted) {
    const fetched = await unlessMissing(client.workflow.getHandle(caseId, runId).fetchHistory());
    if (!fetched?.events?.length) continue;
    const history = historyJson(fetched);
    const summary = summarise(history);
    found.set(runId, { runId, history, ...summary });
    for (const { baseRunId } of resetsOf(history)) wanted.add(baseRunId);
    if (summary.ancestor) wanted.add(summary.ancestor.runId);
    if (summary.successor) wanted.add(summary.successor);
  }
  if (found.size === 0) {
    throw new DeskError('case.notFound', `no history of case ${caseId} on the server`, {
      exit: EXIT.notFound,
      remedy:
        'Closed histories are kept for the retention of the namespace only: look for an earlier export.',
    });
  }
  return oldestFirst([...found.values()]);
}

/** Run ids that these runs speak of but that are not among them: gone with the namespace's retention. */
export function missingRuns(runs: (RunSummary & { runId: string; history?: HistoryJson })[]): string[] {
  const here = new Set(runs.map((run) => run.runId));
  const named = runs.flatMap((run) => [run.ancestor?.runId, run.successor]);
  return [...new Set(named)].filter((runId): runId is string => !!runId && !here.has(runId));
}

/** A fetched history as a canonical proto-JSON value. */
export function historyJson(history: History): HistoryJson {
  return JSON.parse(historyToJSON(history)) as HistoryJson;
}

/**
 * Chains in the order they began, within a chain each run after its ancestor. The start times of later runs of a
 * chain do not count: under a virtual clock they lie years after the start of a case reopened since.
 */
function oldestFirst(runs: CaseRun[]): CaseRun[] {
  const here = new Set(runs.map((run) => run.runId));
  const children = new Map<string | null, CaseRun[]>();
  for (const run of runs) {
    const parent = run.ancestor && here.has(run.ancestor.runId) ? run.ancestor.runId : null;
    children.set(parent, [...(children.get(parent) ?? []), run]);
  }
  const ordered: CaseRun[] = [];
  const visit = (parent: string | null): void => {
    // A run is continued before it can be reset: the branch that replaced the continuation comes last.
    const siblings = (children.get(parent) ?? []).sort(
      (a, b) =>
        Number(a.ancestor?.how === 'reset') - Number(b.ancestor?.how === 'reset') ||
        (branchedAt(a) < branchedAt(b) ? -1 : 1),
    );
    for (const run of siblings) {
      ordered.push(run);
      visit(run.runId);
    }
  };
  visit(null);
  return ordered;
}

function branchedAt(run: CaseRun): string {
  const reset = resetsOf(run.history).at(-1);
  const at = (reset && run.history.events[reset.index]?.eventTime) ?? run.startedAt;
  // Proto-JSON writes 0, 3, 6 or 9 digits of a second; only equal lengths can be compared as text.
  const [seconds = '', fraction = ''] = at.replace('Z', '').split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}

async function unlessMissing<T>(wanted: Promise<T>): Promise<T | null> {
  try {
    return await wanted;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
