/**
 * Which bundle the cases run on: Temporal's worker deployment of this installation. Every bundle is a version of it, by
 * its digest; one of them is current, and each open case takes its next step on that one (AUTO_UPGRADE). A version
 * becomes current by a rollout and by nothing else, so that a worker that merely starts changes nothing.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowService } from '@temporalio/client';
import { deliveryQueueOf } from '../domain/names.js';

/** Where a deployment is: its namespace, and the task queue its name derives from. */
export interface DeploymentPlace {
  namespace: string;
  taskQueue: string;
}

/** Name of the deployment: one for each task queue, so that two installations in a namespace stay apart. */
export function deploymentOf(taskQueue: string): string {
  return taskQueue.replace(/[.:/]/g, '-');
}

/** Build id of a bundle, as histories show it: the first 16 digits of its digest. */
export function buildIdOf(digest: string): string {
  return digest.slice(0, 16);
}

/** gRPC: the deployment or the version is not known (yet), or not complete. */
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
const codeOf = (error: unknown) => (error as { code?: number }).code;

/** The build that cases run on now; null before the first rollout. */
export async function currentBuild(
  service: WorkflowService,
  { namespace, taskQueue }: DeploymentPlace,
): Promise<string | null> {
  try {
    const { workerDeploymentInfo } = await service.describeWorkerDeployment({
      namespace,
      deploymentName: deploymentOf(taskQueue),
    });
    return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId || null;
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return null;
    throw error;
  }
}

/** Whether workers of this build poll for cases and for messages; a version is known from its first poll on. */
async function isComplete(
  service: WorkflowService,
  { namespace, taskQueue }: DeploymentPlace,
  buildId: string,
): Promise<boolean> {
  try {
    const { versionTaskQueues } = await service.describeWorkerDeploymentVersion({
      namespace,
      deploymentVersion: { deploymentName: deploymentOf(taskQueue), buildId },
    });
    const polled = new Set((versionTaskQueues ?? []).map(({ name }) => name));
    return polled.has(taskQueue) && polled.has(deliveryQueueOf(taskQueue));
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return false;
    throw error;
  }
}

/** No worker of that build has come up in time. */
export class NoWorkerError extends Error {
  override readonly name = 'NoWorkerError';
  readonly code = 'rollout.noWorker';
}

/**
 * Makes a build the current one: from now on every case takes its next step there. Safe to repeat. Whether the open
 * cases can is for the caller to know (`audit/rollout.ts`).
 * @throws NoWorkerError when no worker of that build works on both queues within `waitMs` (default 15 s)
 */
export async function makeCurrent(
  service: WorkflowService,
  place: DeploymentPlace,
  buildId: string,
  { waitMs = 15_000 }: { waitMs?: number } = {},
): Promise<void> {
  const until = Date.now() + waitMs;
  for (;;) {
    try {
      if (await isComplete(service, place, buildId)) {
        await service.setWorkerDeploymentCurrentVersion({
          namespace: place.namespace,
          deploymentName: deploymentOf(place.taskQueue),
          buildId,
          identity: `aftercare-rollout@${process.pid}`,
        });
        return;
      }
    } catch (error) {
      if (codeOf(error) !== FAILED_PRECONDITION && codeOf(error) !== NOT_FOUND) throw error;
      if (Date.now() > until) throw error;
    }
    if (Date.now() > until)
      throw new NoWorkerError(
        `no worker of build ${buildId} works on ${place.taskQueue} and ${deliveryQueueOf(place.taskQueue)}`,
      );
    await delay(50);
  }
}
