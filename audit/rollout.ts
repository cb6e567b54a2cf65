import { Client, type Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import {
  buildIdOf,
  currentBuild,
  deploymentOf,
  makeCurrent,
  type DeploymentPlace,
} from '../runtime/deployment.js';
import { historyJson } from './histories.js';
import { replayHistories, type ReplayInput } from './replay.js';

/**
 * A rollout: a bundle becomes the one that open cases go on with, once every open history has been replayed against
 * it. The kernel is shared by all manuals, so a changed order of commands would stop every open case at its next step.
 */

export interface RolloutDeps extends DeploymentPlace {
  connection: Connection;
  bundle: { codePath: string; digest: string };
  /** See ReplayOptions. */
  dataConverter?: DataConverter;
}

/** An open case that the new bundle would stop. */
export interface Differing {
  caseId: string;
  runId: string;
  result: string;
}

export interface RolloutReport {
  deployment: string;
  /** Build of the bundle given. */
  build: string;
  /** Build that was current before; null at the first rollout. */
  before: string | null;
  /** Open histories replayed; 0 when the build was current already. */
  checked: number;
  differing: Differing[];
  /** Whether the build is current now. */
  current: boolean;
}

/** Histories held in memory at a time. */
const BATCH = 50;

/** Replays the open run of every case of this task queue. */
async function checkOpen({
  connection,
  namespace,
  taskQueue,
  bundle,
  dataConverter,
}: RolloutDeps): Promise<Pick<RolloutReport, 'checked' | 'differing'>> {
  const client = new Client({ connection, namespace });
  const differing: Differing[] = [];
  let checked = 0;
  let batch: ReplayInput[] = [];
  const flush = async () => {
    const results = await replayHistories(
      batch,
      bundle.codePath,
      dataConverter === undefined ? {} : { dataConverter },
    );
    checked += results.length;
    for (const { caseId, runId, match, result } of results)
      if (!match) differing.push({ caseId, runId, result });
    batch = [];
  };
  const query = `ExecutionStatus = 'Running' and TaskQueue = '${taskQueue.replaceAll("'", "''")}'`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const history = historyJson(await client.workflow.getHandle(workflowId, runId).fetchHistory());
    batch.push({ label: workflowId, history });
    if (batch.length === BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  return { checked, differing: differing.sort((a, b) => (a.caseId < b.caseId ? -1 : 1)) };
}

/**
 * Checks every open history against the bundle and, when all match, makes it current. Nothing changes when one differs,
 * with `dryRun`, or when the build is current already.
 * @throws NoWorkerError when no worker of that build is up
 */
export async function rollout(
  deps: RolloutDeps,
  { dryRun = false, waitMs }: { dryRun?: boolean; waitMs?: number } = {},
): Promise<RolloutReport> {
  const build = buildIdOf(deps.bundle.digest);
  const before = await currentBuild(deps.connection.workflowService, deps);
  const report = { deployment: deploymentOf(deps.taskQueue), build, before };
  if (before === build) return { ...report, checked: 0, differing: [], current: true };
  const { checked, differing } = await checkOpen(deps);
  const go = differing.length === 0 && !dryRun;
  if (go)
    await makeCurrent(deps.connection.workflowService, deps, build, waitMs === undefined ? {} : { waitMs });
  return { ...report, checked, differing, current: go };
}
