/** The test bed: the stack as `npm start` runs it, in a folder of its own, with an organisation in it. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type Connection } from '@temporalio/client';
import { readOrganisation } from '../adapters/organisation-file.js';
import { Aftercare } from '../client/aftercare.js';
import { loadConfig, type Config } from '../runtime/config.js';
import { connectTemporal } from '../runtime/connection.js';
import { buildIdOf, makeCurrent } from '../runtime/deployment.js';
import { resolveEngine, type EngineBinary } from '../runtime/engine.js';
import { startStack, type Stack } from '../runtime/stack.js';
import { benchPolicy } from './smooth.js';

export interface Bed {
  config: Config;
  stack: Stack;
  engine: EngineBinary;
  serverVersion: string;
  connection: Connection;
  client: Client;
  api: Aftercare;
  close(): Promise<void>;
}

/** Settings that name a server, a ledger or a mail host of somebody else's are not followed: it brings its own. */
const FOREIGN =
  /^(TEMPORAL_|AFTERCARE_(HOME|LEDGER_URL|SMTP_URL|SMS_URL|STORAGE_URL|POLICY|CALENDARS|TASK_QUEUE|AS|CODEC)$)/;

export async function makeBed(tell: (line: string) => void): Promise<Bed> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  const config = loadConfig({ ...Object.fromEntries(own), AFTERCARE_HOME: folder });
  const engine = await resolveEngine(config, { binaryOnly: true, onProgress: tell });
  if (engine.kind !== 'binary') throw new Error('the bench needs a binary of the server');
  const stack = await startStack({
    config,
    onStage: (stage) => {
      if (stage.state === 'done') tell(`${stage.stage} ${stage.detail}, ${stage.elapsedMs} ms`);
    },
  });
  await stack.ports.ledger.importOrganisation(
    await readOrganisation(join(config.packageRoot, 'examples', 'organisation.yaml')),
  );
  const { connection, namespace } = await connectTemporal(config, stack.target);
  const client = new Client({ connection, namespace });
  const api = new Aftercare({
    client,
    ledger: stack.ports.ledger,
    storage: stack.ports.storage,
    policy: await benchPolicy(config),
    taskQueue: config.taskQueue,
  });
  const place = { namespace, taskQueue: config.taskQueue };
  await makeCurrent(connection.workflowService, place, buildIdOf(stack.bundle));
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  return {
    config,
    stack,
    engine,
    serverVersion,
    connection,
    client,
    api,
    async close() {
      await connection.close();
      await stack.stop();
    },
  };
}
