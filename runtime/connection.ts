/** Connections to Temporal, by the standard client environment or to the server of the running stack. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type proto from '@temporalio/proto';
import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../domain/names.js';
import type { Config } from './config.js';
import { defined } from './engine.js';

/** How long a server may take to learn of a namespace that it has registered. */
const NAMESPACE_MS = 15_000;

/** Temporal cannot be reached, or lacks something only its operator may add. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code = 'temporal.unreachable';
}

export interface TemporalTarget {
  /** The address of our own development server; omitted: the one of the client environment. */
  address?: string;
  namespace?: string;
}

export interface TemporalConnection {
  connection: Connection;
  address: string;
  namespace: string;
}

/** The options of the standard client environment, with our own server's address in front where one is given. */
function connectOptions(config: Pick<Config, 'environment'>, target: TemporalTarget) {
  // Our own server is on loopback and speaks neither TLS nor keys; those settings belong to another one.
  if (target.address !== undefined) {
    return { options: { address: target.address }, namespace: target.namespace ?? 'default' };
  }
  const loaded = loadClientConnectConfig({ overrideEnvVars: defined(config.environment) });
  return {
    options: { ...loaded.connectionOptions, address: loaded.connectionOptions.address ?? '127.0.0.1:7233' },
    namespace: target.namespace ?? loaded.namespace ?? 'default',
  };
}

function unreachable(address: string, cause: unknown): ConnectionError {
  return new ConnectionError(
    `No Temporal server answers at ${address}: ${(cause as Error).message}. ` +
      'Start the stack with `npm start`, or point TEMPORAL_ADDRESS at a running server.',
    { cause },
  );
}

/**
 * Connects a client. @throws ConnectionError when nothing answers within `timeoutMs` (default 5 s).
 */
export async function connectTemporal(
  config: Pick<Config, 'environment'>,
  target: TemporalTarget & { timeoutMs?: number } = {},
): Promise<TemporalConnection> {
  const { options, namespace } = connectOptions(config, target);
  // Imported when it is needed: what only reads the ledger must not wait for it.
  const { Connection } = await import('@temporalio/client');
  try {
    const connection = await Connection.connect({ ...options, connectTimeout: target.timeoutMs ?? 5_000 });
    return { connection, address: options.address, namespace };
  } catch (error) {
    throw unreachable(options.address, error);
  }
}

/** The same for workers. Install the runtime first (`worker/worker.ts`, `installRuntime`). */
export async function connectNative(
  config: Pick<Config, 'environment'>,
  target: TemporalTarget = {},
): Promise<{ nativeConnection: NativeConnection; address: string; namespace: string }> {
  const { options, namespace } = connectOptions(config, target);
  // Imported by workers alone: a client must not wait for the native library.
  const { NativeConnection } = await import('@temporalio/worker');
  try {
    return { nativeConnection: await NativeConnection.connect(options), address: options.address, namespace };
  } catch (error) {
    throw unreachable(options.address, error);
  }
}

/** `IndexedValueType` of the protocol, by number: naming the enumeration would load every message there is. */
const TYPES = {
  Keyword: 2 satisfies proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Datetime: 6 satisfies proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
} as const;

/** Names of the product's search attributes that the namespace does not have; for `doctor`. */
export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => {
    const found = customAttributes[name];
    if (found !== undefined && found !== TYPES[type]) {
      throw new ConnectionError(
        `Search attribute ${name} of namespace "${namespace}" has another type than ${type}. ` +
          'It was made for something else; use a namespace of its own for Aftercare.',
      );
    }
    return found === undefined ? [name] : [];
  });
}

/**
 * Adds the search attributes that are missing and returns their names. Safe to repeat and to run from two processes.
 * @throws ConnectionError when the server does not let us, with what its operator has to type.
 */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return [];
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES)
      .filter(([name]) => missing.includes(name))
      .map(([name, type]) => [name, TYPES[type]]),
  );
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    if ((await missingSearchAttributes(connection, namespace)).length > 0) {
      const lines = missing.map(
        (name) =>
          `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${SEARCH_ATTRIBUTES[name as keyof typeof SEARCH_ATTRIBUTES]}`,
      );
      throw new ConnectionError(
        `Search attributes ${missing.join(', ')} could not be added: ${(error as Error).message}. ` +
          `Ask the server's operator to run:\n${lines.join('\n')}`,
        { cause: error },
      );
    }
  }
  return missing;
}

/**
 * Registers a namespace with the product's search attributes and waits until the server knows it: for throw-away ones
 * of simulations and tests. Closed cases are kept for so many days.
 */
export async function makeNamespace(
  connection: Connection,
  namespace: string,
  retentionDays: number,
): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: (retentionDays * 86_400) as never },
  });
  await ensureSearchAttributes(connection, namespace);
  // The server learns of a new namespace a moment after it has registered it.
  for (const until = Date.now() + NAMESPACE_MS; ; await delay(20)) {
    try {
      await connection.workflowService.listWorkflowExecutions({ namespace, query: 'CaseStatus = "open"' });
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}
