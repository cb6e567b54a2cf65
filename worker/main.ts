/**
 * A worker as a process of its own, for production: Temporal by the standard client environment, ledger and mail by
 * URL. Drains on SIGTERM and SIGINT; a second signal ends it at once.
 */
import { ConfigError, loadConfig, redacted, useUtc } from '../runtime/config.js';
import { connectNative, connectTemporal, ensureSearchAttributes } from '../runtime/connection.js';
import { closePorts, openPorts } from '../runtime/ports.js';
import { ensureBundle } from './bundle.js';
import { createWorkers, installRuntime } from './worker.js';

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
