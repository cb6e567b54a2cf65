/** Connects the facade to the running stack, or to what the settings name. */
import type { Client } from '@temporalio/client';
import { openLedger } from '../adapters/ledger/index.js';
import { openStorage } from '../adapters/storage/index.js';
import { loadDataConverter } from '../runtime/codec.js';
import type { Config } from '../runtime/config.js';
import { connectTemporal, type TemporalTarget } from '../runtime/connection.js';
import { connectToRunningStack } from '../runtime/stack.js';
import { Aftercare } from './aftercare.js';
import { DeskError, EXIT, type AftercareApi } from './api.js';
import { loadPolicy, policyPath } from './policy.js';

/** @throws DeskError exit 4 when nothing answers, with how to start it */
export async function connectAftercare(config: Config): Promise<AftercareApi> {
  try {
    const running = connectToRunningStack(config);
    const policy = await loadPolicy(
      policyPath(config),
      config.calendarsPath === null ? {} : { holidays: config.calendarsPath },
    );
    const temporal = new LazyTemporal(config, running.target);
    const ledger = await openLedger({ url: running.ledgerUrl, poolSize: 2 });
    return new Aftercare({
      client: () => temporal.client(),
      ledger,
      storage: openStorage({ url: config.storageUrl }),
      policy,
      taskQueue: config.taskQueue,
      onClose: async () => {
        await Promise.allSettled([temporal.close(), ledger.close()]);
      },
    });
  } catch (error) {
    throw unreachable(error);
  }
}

/** Connects when the first case is asked: most commands only read the ledger. */
class LazyTemporal {
  private connected: Promise<{ client: Client; close(): Promise<void> }> | null = null;

  constructor(
    private readonly config: Config,
    private readonly target: TemporalTarget,
  ) {}

  /** @throws DeskError exit 4 when nothing answers; the next call tries again */
  async client(): Promise<Client> {
    this.connected ??= this.connect();
    try {
      return (await this.connected).client;
    } catch (error) {
      this.connected = null;
      throw unreachable(error);
    }
  }

  async close(): Promise<void> {
    await (await this.connected)?.close();
  }

  private async connect() {
    const { Client } = await import('@temporalio/client');
    const { connection, namespace } = await connectTemporal(this.config, this.target);
    const dataConverter = await loadDataConverter(this.config);
    return {
      client: new Client({ connection, namespace, dataConverter }),
      close: () => connection.close(),
    };
  }
}

function unreachable(error: unknown): DeskError {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'policy.invalid') return new DeskError(code, message, { exit: EXIT.usage, cause: error });
  return new DeskError(code ?? 'stack.unreachable', message, {
    exit: EXIT.unreachable,
    cause: error,
    remedy: 'start it with `npm start`, then `aftercare doctor`',
  });
}
