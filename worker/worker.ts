/** The workers: one that runs cases and records them, one that only delivers messages. */
import { getHeapStatistics } from 'node:v8';
import { DefaultLogger, Runtime, Worker, makeTelemetryFilterString } from '@temporalio/worker';
import type { LogLevel as SdkLogLevel, NativeConnection, WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import { deliveryQueueOf } from '../domain/names.js';
import { loadDataConverter } from '../runtime/codec.js';
import type { Config } from '../runtime/config.js';
import { buildIdOf, deploymentOf } from '../runtime/deployment.js';
import type { OpenPorts } from '../runtime/ports.js';
import type { WorkflowBundle } from './bundle.js';

export interface WorkersOptions {
  nativeConnection: NativeConnection;
  namespace: string;
  ports: OpenPorts;
  config: Pick<Config, 'taskQueue'> & { codecPath?: string | null };
  bundle: Pick<WorkflowBundle, 'codePath' | 'digest'>;
  /** Messages per second over all workers of the queue; the server keeps the count. */
  deliveriesPerSecond?: number;
  /**
   * Whether the build must be rolled out before it gets cases (runtime/deployment.ts). A throw-away stack has one build
   * from its first to its last case, and a deployment costs each new namespace more than a second. Default true.
   */
  versioned?: boolean;
  /** Cases kept in memory; 0 replays every time (tests). Default from the heap limit. */
  maxCachedWorkflows?: number;
}

export interface Workers {
  /** Resolves when both have stopped after `shutdown`; rejects when one fails. */
  finished: Promise<void>;
  /** Asks both to drain; resolves with `finished`. Safe to call twice. */
  shutdown(): Promise<void>;
}

/** Enough for a busy desk, and below what mail hosts and gateways usually take from one sender. */
const DELIVERIES_PER_SECOND = 50;
/** What is running gets this long to finish; a container is killed after 30 s. */
const GRACE = '20s';
const FORCE = '25s';

/** Measured: about 60 KB for a cached case; a good half as much again for longer ones and for what comes and goes. */
function cacheSize(): number {
  const spareKb = (getHeapStatistics().heap_size_limit - 300 * 1024 * 1024) / 1024;
  return Math.min(3_000, Math.max(100, Math.floor(spareKb / 100)));
}

const LEVELS = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const satisfies Record<
  Config['logLevel'],
  SdkLogLevel
>;

/** One worker has no cases by design; the SDK warns of it at every start. */
const EXPECTED = 'No workflows registered, not polling for workflow tasks';

let installed = false;

/** Makes a log field printable: errors as their text, big numbers as digits. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message;
  return typeof value === 'bigint' ? value.toString() : value;
}

/**
 * Sets up the SDK's process-wide part: its log at our level on stderr, one JSON object a line, and no signal handling of its own, because
 * whoever started the workers decides in which order things stop. Call before connecting; a second call does nothing.
 */
export function installRuntime(logLevel: Config['logLevel']): void {
  if (installed) return;
  installed = true;
  const level = LEVELS[logLevel];
  Runtime.install({
    logger: new DefaultLogger(level, ({ level: severity, timestampNanos, message, meta }) => {
      if (message === EXPECTED) return;
      const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
      process.stderr.write(`${JSON.stringify({ at, level: severity, message, ...meta }, plain)}\n`);
    }),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: level, other: 'ERROR' }), forward: {} },
    },
  });
}

/** Starts both workers. @throws Error when the bundle does not fit this SDK or the namespace does not exist. */
export async function createWorkers(options: WorkersOptions): Promise<Workers> {
  const { nativeConnection: connection, namespace, config, bundle } = options;
  const { deliver, ...ofCases } = createActivities(options.ports);
  const identity = `aftercare-worker@${process.pid}`;
  const dataConverter = await loadDataConverter({ codecPath: config.codecPath ?? null });
  const version = { deploymentName: deploymentOf(config.taskQueue), buildId: buildIdOf(bundle.digest) };
  const common = {
    connection,
    namespace,
    identity,
    dataConverter,
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
    // A worker gets cases once its build is the current one (runtime/deployment.ts). The build is written into history
    // with every step, so that an auditor knows which bundle took it.
    workerDeploymentOptions:
      options.versioned === false
        ? { version, useWorkerVersioning: false }
        : { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' },
  } satisfies Partial<WorkerOptions>;
  const cases = await Worker.create({
    ...common,
    taskQueue: config.taskQueue,
    workflowBundle: { codePath: bundle.codePath },
    activities: ofCases,
    maxCachedWorkflows: options.maxCachedWorkflows ?? cacheSize(),
  });
  const deliveries = await Worker.create({
    ...common,
    taskQueue: deliveryQueueOf(config.taskQueue),
    activities: { deliver },
    maxTaskQueueActivitiesPerSecond: options.deliveriesPerSecond ?? DELIVERIES_PER_SECOND,
  });
  const workers = [cases, deliveries];
  const stop = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // One without the other is of no use: when one ends or fails, so does the other.
  const runs = workers.map((worker) => worker.run().finally(stop));
  const finished = Promise.allSettled(runs).then((results) => {
    for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
  });
  // Whoever only shuts down later must not find an unhandled rejection before.
  finished.catch(() => undefined);
  return {
    finished,
    shutdown() {
      stop();
      return finished;
    },
  };
}
