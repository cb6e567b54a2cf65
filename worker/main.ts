/**
 * A worker as a process of its own, for production: Temporal by the standard client environment, ledger and mail by
 * URL. Drains on SIGTERM and SIGINT; a second signal ends it at once.
 */
import type { NativeConnection } from '@temporalio/worker';
import { ConfigError, loadConfig, redacted, useUtc } from '../runtime/config.js';
import { buildIdOf, currentBuild, makeCurrent, type DeploymentPlace } from '../runtime/deployment.js';
import { connectNative, connectTemporal, ensureSearchAttributes } from '../runtime/connection.js';
import { closePorts, openPorts } from '../runtime/ports.js';
import { ensureBundle } from './bundle.js';
import { createWorkers, installRuntime } from './worker.js';

/**
 * The first worker of an installation makes its own build current when there is no case that could object. Any other
 * waits for `aftercare rollout`, which replays the open cases first.
 */
async function takePlace(
  place: DeploymentPlace & { nativeConnection: NativeConnection },
  digest: string,
): Promise<void> {
  const { workflowService } = place.nativeConnection;
  const build = buildIdOf(digest);
  const current = await currentBuild(workflowService, place);
  if (current === build) return;
  const { count } = await workflowService.countWorkflowExecutions({
    namespace: place.namespace,
    query: `ExecutionStatus = 'Running' and TaskQueue = '${place.taskQueue}'`,
  });
  if (current === null && Number(count) === 0) return makeCurrent(workflowService, place, build);
  const waits = { at: new Date().toISOString(), what: 'waits for: aftercare rollout', build, current };
  process.stderr.write(`${JSON.stringify(waits)}\n`);
}

async function main(): Promise<void> {
  useUtc();
  const config = loadConfig();
  if (config.ledgerUrl === null || config.smtpUrl === null) {
    const missing = config.ledgerUrl === null ? 'AFTERCARE_LEDGER_URL' : 'AFTERCARE_SMTP_URL';
    throw new ConfigError(
      `${missing} is not set. A worker of its own embeds nothing: set AFTERCARE_LEDGER_URL and AFTERCARE_SMTP_URL, ` +
        'or run `npm start` for the whole stack in one process.',
    );
  }
  const bundle = await ensureBundle();
  const client = await connectTemporal(config);
  const { address, namespace } = client;
  try {
    await ensureSearchAttributes(client.connection, namespace);
  } finally {
    await client.connection.close();
  }
  const ports = await openPorts({ ...config, ledgerUrl: config.ledgerUrl, smtpUrl: config.smtpUrl });
  await ports.ledger.migrate();
  // Only now: an installed runtime without a connection would keep a failed start from ending.
  installRuntime(config.logLevel);
  const { nativeConnection } = await connectNative(config);
  const workers = await createWorkers({ nativeConnection, namespace, ports, config, bundle });
  const line = {
    at: new Date().toISOString(),
    what: 'worker started',
    temporal: address,
    namespace,
    bundle: bundle.digest,
  };
  process.stderr.write(`${JSON.stringify({ ...line, ledger: redacted(config).ledgerUrl })}\n`);
  await takePlace({ nativeConnection, namespace, taskQueue: config.taskQueue }, bundle.digest);
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(130);
      asked = true;
      void workers.shutdown().catch(() => undefined);
    });
  }
  try {
    await workers.finished;
  } finally {
    await closePorts(ports);
    await nativeConnection.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`aftercare worker: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
