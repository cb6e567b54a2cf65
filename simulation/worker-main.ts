/**
 * The worker of a simulation as a process of its own, so that `kill -9` is real. The same workers and adapters as in
 * production, with faults that the driver can arm.
 */
import type { NativeConnection } from '@temporalio/worker';
import type { Ports } from '../adapters/ports.js';
import { loadConfig, useUtc } from '../runtime/config.js';
import { connectNative } from '../runtime/connection.js';
import { closePorts, openPorts, type PortSettings } from '../runtime/ports.js';
import { ensureBundle } from '../worker/bundle.js';
import { createWorkers, installRuntime, type Workers } from '../worker/worker.js';
import { noFaults, withFaults } from './faults.js';
import { serveCalls } from './remote.js';
import type { CrashPoint, OutageOf } from './scenario.js';

/** What a worker needs to serve one scenario. */
export interface WorkerOrder {
  address: string;
  namespace: string;
  taskQueue: string;
  settings: PortSettings;
  down: OutageOf[];
}

/** A simulation sends what a desk sends in weeks within a second. */
const DELIVERIES_PER_SECOND = 10_000;

useUtc();
const config = loadConfig();
installRuntime('warn');
const faults = noFaults();
let connection: { address: string; native: NativeConnection } | null = null;
let serving: { order: WorkerOrder; workers: Workers; ports: Ports } | null = null;

async function native(address: string): Promise<NativeConnection> {
  if (connection?.address !== address) {
    await connection?.native.close();
    connection = { address, native: (await connectNative(config, { address })).nativeConnection };
  }
  return connection.native;
}

async function stop(): Promise<void> {
  if (!serving) return;
  const { workers, ports } = serving;
  serving = null;
  await workers.shutdown();
  await closePorts(ports);
}

serveCalls({
  /** Serves a scenario, with the faults it begins with. The same place as before is served on by the same workers. */
  async serve(order: WorkerOrder) {
    faults.crashAt = null;
    faults.down = new Set(order.down);
    if (serving?.order.namespace === order.namespace && serving.order.address === order.address) return;
    await stop();
    const ports = await openPorts(order.settings);
    const workers = await createWorkers({
      nativeConnection: await native(order.address),
      namespace: order.namespace,
      config: { taskQueue: order.taskQueue },
      bundle: await ensureBundle(),
      ports: withFaults(ports, faults),
      deliveriesPerSecond: DELIVERIES_PER_SECOND,
      versioned: false,
    });
    // A worker that fails by itself is a worker that died: the driver sees it and starts another.
    workers.finished.catch(() => process.exit(1));
    serving = { order, workers, ports };
  },
  stop,
  arm(point: CrashPoint) {
    faults.crashAt = point;
  },
  outage({ of, on }: { of: OutageOf; on: boolean }) {
    if (on) faults.down.add(of);
    else faults.down.delete(of);
  },
});
