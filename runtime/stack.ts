/**
 * The whole stack in one process: what the settings name is used, what they leave out is embedded. A development
 * Temporal server (a child process), the ledger, an SMTP listener and the worker, over one data folder.
 *
 * Nothing that was accepted is lost by `kill -9`: histories are in the server's database file, the ledger in its
 * folder. The next start stops the orphaned server, and everything goes on.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowBundle } from '../worker/bundle.js';
import type { Workers } from '../worker/worker.js';
import { redacted, useUtc } from './config.js';
import type { Config } from './config.js';
import { connectNative, connectTemporal, ensureSearchAttributes } from './connection.js';
import type { TemporalTarget } from './connection.js';
import { givenAddress, onFreePort, resolveEngine, startDevServer } from './engine.js';
import { isAlive, lockHolder, processIdentity, readJson, tryLock, writeAtomically } from './files.js';
import type { OpenPorts } from './ports.js';

export type StageName = 'engine' | 'temporal' | 'ledger' | 'mail' | 'bundle' | 'worker';

export interface Stage {
  stage: StageName;
  /** `progress` may come any number of times between the other two. */
  state: 'started' | 'progress' | 'done';
  detail: string;
  /** Since this stage started. */
  elapsedMs: number;
}

/** Where everything is, for the address block and the CLI. */
export interface StackAddresses {
  pid: number;
  temporalAddress: string;
  namespace: string;
  uiUrl: string | null;
  ledgerUrl: string;
  smtpUrl: string;
  mailboxDir: string;
  home: string;
  /** Which parts run inside this process or belong to it. */
  embedded: { temporal: boolean; ledger: boolean; mail: boolean };
  bundle: string;
  startedAt: string;
}

export interface Stack extends StackAddresses {
  config: Config;
  /** How to reach Temporal with `connectTemporal`. */
  target: TemporalTarget;
  ports: OpenPorts;
  bundleFile: WorkflowBundle;
  workers: Workers;
  /** Resolves with a reason when a part ends by itself; whoever runs the stack then stops it. */
  failed: Promise<string>;
  /** Drains and ends everything, in at most 45 s. Safe to call twice. */
  stop(): Promise<void>;
}

/** The content of run.json. Given URLs are not written here: they may hold passwords and are in the settings. */
interface RunFile {
  state: 'starting' | 'running' | 'stopped';
  pid: number;
  startedAt: string;
  temporal: {
    address: string;
    namespace: string;
    uiUrl: string | null;
    grpcPort: number;
    uiPort: number | null;
  } | null;
  server: { pid: number; started: string; binary: string } | null;
  ledger: { url: string; port: number } | null;
  mail: { url: string; port: number } | null;
  bundle: string | null;
}

/** The stack of this data folder is running already, or is not running. The text says where, or how to start it. */
export class StackError extends Error {
  override readonly name = 'StackError';
  constructor(
    readonly code: 'stack.running' | 'stack.starting' | 'stack.notRunning',
    message: string,
  ) {
    super(message);
  }
}

const runPath = (config: Pick<Config, 'home'>) => join(config.home, 'run.json');
const lockPath = (config: Pick<Config, 'home'>) => join(config.home, 'run.lock');

/** Taken when they are free and no earlier start chose others, so that bookmarks and BI tools keep working. */
const USUAL_PORTS = { grpc: 7233, ui: 8233, ledger: 54329, smtp: 2525 };

/** Runs clean-up steps in reverse order, each bounded, none able to keep the others from running. */
class Undo {
  private steps: { name: string; boundMs: number; run: () => Promise<unknown> | void }[] = [];

  add(name: string, boundMs: number, run: () => Promise<unknown> | void): void {
    this.steps.push({ name, boundMs, run });
  }

  async all(): Promise<void> {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      const bound = new AbortController();
      await Promise.race([
        Promise.resolve()
          .then(step.run)
          .catch(() => undefined),
        delay(step.boundMs, undefined, { signal: bound.signal }).catch(() => undefined),
      ]);
      bound.abort();
    }
  }
}

/** Ends the server that an earlier, killed process left behind, if that process id is still our server. */
async function stopOrphan(server: RunFile['server']): Promise<void> {
  if (server === null) return;
  const isOurs = () => {
    const identity = isAlive(server.pid) ? processIdentity(server.pid) : null;
    return (
      identity?.started === server.started && identity.command.startsWith(`${server.binary} server start-dev`)
    );
  };
  for (const [signal, patienceMs] of [
    ['SIGTERM', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isOurs()) return;
    process.kill(server.pid, signal);
    for (const until = Date.now() + patienceMs; isOurs() && Date.now() < until;) await delay(50);
  }
}

function refuseSecond(config: Config): never {
  const holder = lockHolder(lockPath(config));
  const run = readJson<RunFile>(runPath(config));
  if (run === null || run.state !== 'running') {
    throw new StackError(
      'stack.starting',
      `Aftercare is being started on ${config.home} by process ${holder?.pid ?? '?'}. Wait for it, or end that process.`,
    );
  }
  throw new StackError(
    'stack.running',
    `Aftercare is running on ${config.home} already (process ${run.pid}, since ${run.startedAt}): ` +
      [
        run.temporal && `Temporal ${run.temporal.address}`,
        run.temporal?.uiUrl && `web page ${run.temporal.uiUrl}`,
        run.ledger && `ledger ${run.ledger.url}`,
        run.mail && `SMTP ${run.mail.url}`,
      ]
        .filter(Boolean)
        .join(', ') +
      '. Use that one, stop it with Ctrl-C there, or set AFTERCARE_HOME to another folder.',
  );
}

/**
 * Starts what is missing and the worker. Prints nothing; `onStage` hears what is going on.
 * @throws StackError when it is running already; whatever was started is stopped again on any failure.
 */
export async function startStack(options: {
  config: Config;
  onStage?: (stage: Stage) => void;
}): Promise<Stack> {
  const { config } = options;
  useUtc();
  const release = tryLock(lockPath(config));
  if (release === null) refuseSecond(config);
  const undo = new Undo();
  undo.add('lock', 1_000, release);
  try {
    return await startParts(config, undo, options.onStage);
  } catch (error) {
    await undo.all();
    throw error;
  }
}

/** Imported by a start alone: a command that only looks must not wait for the worker and its native library. */
async function startingModules() {
  const [listener, bundle, worker, embedded, ports] = await Promise.all([
    import('../adapters/mail/listener.js'),
    import('../worker/bundle.js'),
    import('../worker/worker.js'),
    import('./ledger-embedded.js'),
    import('./ports.js'),
  ]);
  return { ...listener, ...bundle, ...worker, ...embedded, ...ports };
}

async function startParts(config: Config, undo: Undo, onStage?: (stage: Stage) => void): Promise<Stack> {
  const {
    closePorts,
    createWorkers,
    ensureBundle,
    installRuntime,
    openPorts,
    startEmbeddedLedger,
    startMailListener,
  } = await startingModules();
  const before = readJson<RunFile>(runPath(config));
  await stopOrphan(before?.server ?? null);
  const run: RunFile = {
    state: 'starting',
    pid: process.pid,
    startedAt: new Date().toISOString(),
    temporal: null,
    server: null,
    ledger: null,
    mail: null,
    bundle: null,
  };
  const write = () => writeAtomically(runPath(config), `${JSON.stringify(run, null, 2)}\n`);
  write();
  undo.add('run.json', 1_000, () => {
    // Kept for its ports, so that the next start takes the same ones.
    run.state = 'stopped';
    run.server = null;
    write();
  });

  async function stage<T>(
    name: StageName,
    work: (progress: (detail: string) => void) => Promise<[T, string]>,
  ): Promise<T> {
    const started = performance.now();
    const tell = (state: Stage['state'], detail: string) =>
      onStage?.({ stage: name, state, detail, elapsedMs: Math.round(performance.now() - started) });
    tell('started', '');
    const [result, detail] = await work((text) => tell('progress', text));
    tell('done', detail);
    return result;
  }

  const startTemporal = async (): Promise<{ target: TemporalTarget; died: Promise<string> | null }> => {
    const engine = await stage('engine', async (progress) => {
      const found = await resolveEngine(config, { onProgress: progress });
      const detail =
        found.kind === 'address'
          ? `${found.address} from ${found.source}`
          : `temporal ${found.version}, ${found.source}`;
      return [found, detail];
    });
    if (engine.kind === 'address') return { target: {}, died: null };
    return await stage('temporal', async () => {
      const server = await startDevServer({
        binary: engine.path,
        dataFile: join(config.home, 'temporal.db'),
        ui: true,
        ports: {
          grpc: before?.temporal?.grpcPort ?? USUAL_PORTS.grpc,
          ui: before?.temporal?.uiPort ?? USUAL_PORTS.ui,
        },
        logFile: join(config.home, 'temporal.log'),
        onSpawn: (pid) => {
          run.server = { pid, started: processIdentity(pid)?.started ?? '', binary: engine.path };
          write();
        },
      });
      // An error that ends this process must not leave the server behind.
      const onExit = () => {
        try {
          process.kill(server.pid, 'SIGTERM');
        } catch {
          // Gone already.
        }
      };
      process.once('exit', onExit);
      undo.add('temporal', 8_000, async () => {
        process.removeListener('exit', onExit);
        await server.stop();
      });
      const { address, namespace, uiUrl, ports } = server;
      run.temporal = { address, namespace, uiUrl, grpcPort: ports.grpc, uiPort: ports.ui };
      write();
      return [{ target: { address, namespace }, died: server.died }, `${address}, web page ${uiUrl}`];
    });
  };

  const startLedger = () =>
    stage<string>('ledger', async () => {
      if (config.ledgerUrl !== null) return [config.ledgerUrl, redacted(config).ledgerUrl ?? ''];
      const ledger = await startEmbeddedLedger({
        dataDir: join(config.home, 'ledger'),
        cacheDir: config.cacheDir,
        port: before?.ledger?.port ?? USUAL_PORTS.ledger,
      });
      undo.add('ledger', 5_000, () => ledger.stop());
      run.ledger = { url: ledger.url, port: ledger.port };
      write();
      return [ledger.url, 'embedded'];
    });

  const startMail = () =>
    stage<string>('mail', async () => {
      if (config.smtpUrl !== null) return [config.smtpUrl, redacted(config).smtpUrl ?? ''];
      const listener = await onFreePort(before?.mail?.port ?? USUAL_PORTS.smtp, (port) =>
        startMailListener({ port, mailbox: config.mailboxDir }),
      );
      undo.add('mail', 3_000, () => listener.stop());
      run.mail = { url: listener.url, port: listener.port };
      write();
      return [listener.url, `embedded, filed under ${config.mailboxDir}`];
    });

  const makeBundle = () =>
    stage<WorkflowBundle>('bundle', async () => {
      const bundle = await ensureBundle();
      return [bundle, bundle.digest.slice(0, 7)];
    });

  // The server and the ledger come up at the same time; both are waited for, so that a failure of one undoes both.
  const [temporal, ledgerUrl, smtpUrl, bundle] = await all(
    startTemporal(),
    startLedger(),
    startMail(),
    makeBundle(),
  );

  return await stage<Stack>('worker', async () => {
    const client = await connectTemporal(config, temporal.target);
    const { address, namespace } = client;
    try {
      await ensureSearchAttributes(client.connection, namespace);
    } finally {
      await client.connection.close();
    }
    const ports = await openPorts({ ...config, ledgerUrl, smtpUrl });
    undo.add('ports', 5_000, () => closePorts(ports));
    await ports.ledger.migrate();
    // Only now: an installed runtime without a connection would keep a failed start from ending.
    installRuntime(config.logLevel);
    const { nativeConnection } = await connectNative(config, temporal.target);
    undo.add('connection', 3_000, () => nativeConnection.close());
    const workers = await createWorkers({ nativeConnection, namespace, ports, config, bundle });
    undo.add('workers', 28_000, () => workers.shutdown());
    let stopping: Promise<void> | null = null;
    const failed = Promise.race([
      workers.finished.then(
        () => 'the worker ended',
        (error: unknown) => `the worker failed: ${(error as Error).message}`,
      ),
      ...(temporal.died === null
        ? []
        : [temporal.died.then((reason) => `the Temporal server died: ${reason}`)]),
    ]).then((reason) => (stopping === null ? reason : new Promise<string>(() => undefined)));
    run.state = 'running';
    run.bundle = bundle.digest;
    write();
    const stack: Stack = {
      pid: process.pid,
      temporalAddress: address,
      namespace,
      uiUrl: run.temporal?.uiUrl ?? null,
      ledgerUrl,
      smtpUrl,
      mailboxDir: config.mailboxDir,
      home: config.home,
      embedded: { temporal: run.temporal !== null, ledger: run.ledger !== null, mail: run.mail !== null },
      bundle: bundle.digest,
      startedAt: run.startedAt,
      config,
      target: temporal.target,
      ports,
      bundleFile: bundle,
      workers,
      failed,
      stop: () => (stopping ??= undo.all()),
    };
    return [stack, `bundle ${bundle.digest.slice(0, 7)}`];
  });
}

/** Like Promise.all, but waits for every part before failing: what is still starting could not be undone. */
async function all<T extends unknown[]>(...parts: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const results = await Promise.allSettled(parts);
  for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as T;
}

/** The stack as another process sees it. */
export interface RunningStack extends Omit<StackAddresses, 'pid' | 'bundle' | 'startedAt'> {
  /** The process that runs it; null when everything is given by settings and nothing runs on this data folder. */
  pid: number | null;
  bundle: string | null;
  startedAt: string | null;
  /** How to reach Temporal with `connectTemporal`. */
  target: TemporalTarget;
}

/**
 * Finds the running stack of this data folder, for the CLI. What the settings name wins; the rest comes from run.json.
 * @throws StackError when something is neither given nor running.
 */
export function connectToRunningStack(config: Config): RunningStack {
  const found = readJson<RunFile>(runPath(config));
  const alive = lockHolder(lockPath(config)) !== null;
  const run = alive && found?.state === 'running' ? found : null;
  const given = givenAddress(config);
  const own = given === null ? (run?.temporal ?? null) : null;
  const temporalAddress = given?.address ?? own?.address;
  const ledgerUrl = config.ledgerUrl ?? run?.ledger?.url;
  if (temporalAddress === undefined || ledgerUrl === undefined) {
    if (alive) refuseUnready(config);
    throw new StackError(
      'stack.notRunning',
      `Aftercare is not running on ${config.home}. Start it with \`npm start\`, set AFTERCARE_HOME to the folder it ` +
        'runs on, or name TEMPORAL_ADDRESS and AFTERCARE_LEDGER_URL.',
    );
  }
  return {
    pid: run?.pid ?? null,
    temporalAddress,
    namespace: own?.namespace ?? config.environment['TEMPORAL_NAMESPACE'] ?? 'default',
    uiUrl: own?.uiUrl ?? null,
    ledgerUrl,
    smtpUrl: config.smtpUrl ?? run?.mail?.url ?? '',
    mailboxDir: config.mailboxDir,
    home: config.home,
    embedded: { temporal: own !== null, ledger: config.ledgerUrl === null, mail: config.smtpUrl === null },
    bundle: run?.bundle ?? null,
    startedAt: run?.startedAt ?? null,
    target: own === null ? {} : { address: own.address, namespace: own.namespace },
  };
}

function refuseUnready(config: Config): never {
  throw new StackError(
    'stack.starting',
    `Aftercare on ${config.home} is still starting. Try again in a few seconds; \`aftercare status\` tells.`,
  );
}
