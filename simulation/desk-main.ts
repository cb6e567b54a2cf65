/**
 * A desk that dies while it opens a case: the intake is written, nothing else has happened, and nobody was told.
 * Started for the crash point `intakeWritten`.
 */
import { Client, Connection } from '@temporalio/client';
import type { LoadedPolicy } from '../client/api.js';
import { Aftercare } from '../client/aftercare.js';
import { openPorts, type PortSettings } from '../runtime/ports.js';
import { noFaults, withFaults } from './faults.js';
import { serveCalls } from './remote.js';

export interface DeskOrder {
  address: string;
  namespace: string;
  taskQueue: string;
  settings: PortSettings;
  policy: LoadedPolicy;
  /** ISO; the virtual present. */
  now: string;
  folder: string;
  input: unknown;
  by: string;
  requestId: string;
}

serveCalls({
  async open(order: DeskOrder) {
    const connection = await Connection.connect({ address: order.address });
    const ports = withFaults(await openPorts(order.settings), { ...noFaults(), crashAt: 'intakeWritten' });
    const desk = new Aftercare({
      client: new Client({ connection, namespace: order.namespace }),
      ledger: ports.ledger,
      storage: ports.storage,
      policy: order.policy,
      taskQueue: order.taskQueue,
      folder: order.folder,
      now: () => new Date(order.now),
    });
    await desk.openComplaint(order.input, order.by, { requestId: order.requestId });
  },
});
