/** Connects the facade to the running stack, or to what the settings name. */
import { Client } from '@temporalio/client';
import { openLedger } from '../adapters/ledger/index.js';
import { openStorage } from '../adapters/storage/index.js';
import { loadDataConverter } from '../runtime/codec.js';
import type { Config } from '../runtime/config.js';
import { connectTemporal } from '../runtime/connection.js';
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
    const { connection, namespace } = await connectTemporal(config, running.target);
    const ledger = await openLedger({ url: running.ledgerUrl, poolSize: 2 });
    return new Aftercare({
      client: new Client({ connection, namespace, dataConverter: await loadDataConverter(config) }),
      ledger,
      storage: openStorage({ url: config.storageUrl }),
      policy,
      taskQueue: config.taskQueue,
      onClose: async () => {
        await Promise.allSettled([connection.close(), ledger.close()]);
      },
    });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === 'policy.invalid') throw new DeskError(code, message, { exit: EXIT.usage, cause: error });
    throw new DeskError(code ?? 'stack.unreachable', message, {
      exit: EXIT.unreachable,
      cause: error,
      remedy: 'start it with `npm start`, then `aftercare doctor`',
    });
  }
}
