/**
 * The throw-away stack of a simulation: a real Temporal server with the virtual clock, a real ledger, a real SMTP
 * listener and a worker process, on free loopback ports and in a folder that is removed. One stack serves many
 * scenarios, one after the other: each finds no cases, an empty ledger and an empty mailbox, and a worker that is warm.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { startMailListener, type MailListener } from '../adapters/mail/listener.js';
import { openLedger } from '../adapters/ledger/index.js';
import type { Ports } from '../adapters/ports.js';
import { SERVER_ON_ONE_CORE } from '../runtime/brief.js';
import { ConfigError, redactUrl, type Config } from '../runtime/config.js';
import { makeNamespace } from '../runtime/connection.js';
import { resolveEngine, RETENTION_DAYS, startDevServer, type DevServer } from '../runtime/engine.js';
import { closePorts, openPorts, type PortSettings } from '../runtime/ports.js';
import { noFaults, withFaults, type Faults } from './faults.js';
import { Remote } from './remote.js';
import type { DeskOrder } from './desk-main.js';
import type { LedgerOrder } from './ledger-main.js';
import type { Crashed, CrashPoint, OutageOf } from './scenario.js';
import type { WorkerOrder } from './worker-main.js';

export interface StackOptions {
  config: Config;
  /** Databases in files, so that a crash of the whole stack can be survived. */
  onDisk: boolean;
  /** Serve the web page and leave the folder. */
  keep?: boolean;
  /** Show what workers complain about. */
  loud?: boolean;
  /** Told when a part is up, with the milliseconds it took. */
  onPart?: (part: 'engine' | 'server' | 'ledger' | 'worker', ms: number, detail: string) => void;
}

/** What one scenario runs on. */
export interface Stage {
  namespace: string;
  taskQueue: string;
  client: Client;
  /** The ports of this process: what the desk uses. Storage obeys outages, the rest is real. */
  ports: Ports;
  settings: PortSettings;
  mailboxDir: string;
}

const TASK_QUEUE = 'aftercare';
/** How long the server may take to forget the cases of a scenario. Seen: 20 ms. */
const FORGET_MS = 15_000;

/** Runs `work` and tells how long it took. */
async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const since = performance.now();
  return [await work, Math.round(performance.now() - since)];
}

export class Stack {
  private server!: DevServer;
  private ledgerHost!: Remote;
  private ledgerUrl = '';
  private ledgerPort = 0;
  private worker: Remote | null = null;
  /** Null while the mail host is down. */
  private listener: MailListener | null = null;
  private mailPort = 0;
  private stage: Stage | null = null;
  private readonly faults: Faults = noFaults();
  private readonly deadWorkers = new Set<number>();
  private recovering: Promise<void> = Promise.resolve();
  private recoveryFailed: Error | null = null;
  private onRecovered: (() => Promise<void>) | null = null;
  private stopped = false;
  private watched: Remote | null = null;
  /** A scenario is going on. */
  private inUse = false;
  /** How often a worker was found dead and replaced. */
  restarts = 0;
  /** What falls with a worker that was armed. */
  private armedFor: Crashed = 'worker';
  connection!: Connection;

  private constructor(
    private readonly options: StackOptions,
    private readonly binary: string,
    readonly folder: string,
  ) {}

  /** Starts everything; whatever came up is taken down again when a part does not. */
  static async start(options: StackOptions): Promise<Stack> {
    const [engine, engineMs] = await timed(resolveEngine(options.config, { binaryOnly: true }));
    options.onPart?.('engine', engineMs, `temporal ${engine.version}`);
    const folder = await mkdtemp(join(tmpdir(), 'aftercare-simulation-'));
    const stack = new Stack(options, engine.path, folder);
    try {
      await stack.startParts();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  private async startParts(): Promise<void> {
    const { onPart } = this.options;
    const parts = await Promise.allSettled([
      timed(this.startServer()).then(([, ms]) => onPart?.('server', ms, this.server.address)),
      timed(this.startLedger()).then(([, ms]) => onPart?.('ledger', ms, this.ledgerUrl)),
      timed(this.spareWorker()).then(([, ms]) => onPart?.('worker', ms, '')),
    ]);
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
  }

  private async startServer(grpc?: number): Promise<void> {
    this.server = await startDevServer({
      binary: this.binary,
      dataFile: this.options.onDisk ? join(this.folder, 'temporal.db') : null,
      ui: this.options.keep === true,
      virtualClock: true,
      environment: { ...this.options.config.environment, ...SERVER_ON_ONE_CORE },
      logFile: join(this.folder, 'temporal.log'),
      // From its first moment on somebody ends it when we cannot.
      onSpawn: (serverPid) => void this.ledgerHost.call('look', { serverPid }).catch(() => undefined),
      ...(grpc === undefined ? {} : { ports: { grpc } }),
    });
    if (grpc === undefined) this.connection = await Connection.connect({ address: this.server.address });
  }

  private async startLedger(port?: number): Promise<void> {
    this.ledgerHost = this.remote('ledger-main');
    if (!this.options.keep) await this.ledgerHost.call('look', { folder: this.folder });
    const { cacheDir, simulationServer } = this.options.config;
    const where: LedgerOrder =
      simulationServer === null
        ? { dataDir: this.options.onDisk ? join(this.folder, 'ledger') : null, cacheDir }
        : { server: simulationServer, database: basename(this.folder).toLowerCase() };
    const started = await this.ledgerHost
      .call<{ url: string; port: number }>('start', { ...where, ...(port === undefined ? {} : { port }) })
      .catch((error: Error) => {
        if (simulationServer === null) throw error;
        throw new ConfigError(
          `AFTERCARE_SIMULATION_SERVER=${redactUrl(simulationServer)} cannot be used: ${error.message}. ` +
            'Name a PostgreSQL server on which you may create databases, or unset it.',
        );
      });
    this.ledgerUrl = started.url;
    this.ledgerPort = started.port;
    if (port !== undefined) return;
    const ledger = await openLedger({ url: this.ledgerUrl });
    try {
      await ledger.migrate();
    } finally {
      await ledger.close();
    }
  }

  private async spareWorker(): Promise<void> {
    this.worker = this.remote('worker-main');
    // Its modules are loaded by the time it answers.
    await this.worker.call('stop');
  }

  private remote(program: string): Remote {
    return Remote.start(program, {
      environment: this.options.config.environment as NodeJS.ProcessEnv,
      ...(this.options.loud ? { loud: true } : {}),
    });
  }

  /** A clean place for the next scenario: as the first found it, with a worker that is warm. */
  async begin(): Promise<Stage> {
    await this.end();
    this.stage ??= await this.openStage();
    const { namespace, mailboxDir } = this.stage;
    await Promise.all([
      this.forgetCases(namespace),
      ...[mailboxDir, this.storageDir].map((dir) => rm(dir, { recursive: true, force: true })),
    ]);
    // Only now: a case that is still being ended may have something to write.
    await this.ledgerHost.call('empty');
    await mkdir(mailboxDir, { recursive: true });
    await this.serve();
    this.inUse = true;
    return this.stage;
  }

  private get storageDir(): string {
    return join(this.folder, 'storage');
  }

  private async openStage(): Promise<Stage> {
    const mailboxDir = join(this.folder, 'mailbox');
    const namespace = `s-${randomUUID().slice(0, 8)}`;
    const [listener] = await Promise.all([
      startMailListener({ mailbox: mailboxDir }),
      makeNamespace(this.connection, namespace, RETENTION_DAYS),
    ]);
    this.listener = listener;
    this.mailPort = listener.port;
    const settings: PortSettings = {
      ledgerUrl: this.ledgerUrl,
      packageRoot: this.options.config.packageRoot,
      smtpUrl: listener.url,
      smsUrl: 'mailbox:',
      mailboxDir,
      storageUrl: pathToFileURL(this.storageDir).href,
    };
    const ports = withFaults(await openPorts(settings), this.faults);
    const client = new Client({ connection: this.connection, namespace });
    return { namespace, taskQueue: TASK_QUEUE, client, ports, settings, mailboxDir };
  }

  /** Ends and deletes every case of the scenario before, so that its numbers are free again. */
  private async forgetCases(namespace: string): Promise<void> {
    const { workflowService } = this.connection;
    const asked = new Set<string>();
    for (const until = Date.now() + FORGET_MS; ; await delay(10)) {
      const { executions } = await workflowService.listWorkflowExecutions({ namespace, pageSize: 1000 });
      if (executions.length === 0) return;
      if (Date.now() > until)
        throw new Error(`${executions.length} cases of the scenario before do not go away`);
      for (const { execution } of executions) {
        if (!execution?.runId || asked.has(execution.runId)) continue;
        asked.add(execution.runId);
        await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: execution });
      }
    }
  }

  /** Lets a worker serve the present scenario; watches over it, and starts another when it dies. */
  private async serve(): Promise<void> {
    const { namespace, taskQueue, settings } = this.stage!;
    // Serving disarms a worker, and a new one was never armed.
    this.armedFor = 'worker';
    this.worker ??= this.remote('worker-main');
    const worker = this.worker;
    const order: WorkerOrder = {
      address: this.server.address,
      namespace,
      taskQueue,
      settings,
      down: [...this.faults.down],
    };
    await worker.call('serve', order);
    if (this.watched === worker) return;
    this.watched = worker;
    void worker.gone.then(() => {
      if (this.worker !== worker) return;
      this.deadWorkers.add(worker.pid);
      this.worker = null;
      if (this.stopped || !this.inUse) return;
      this.recovering = this.recover(this.armedFor);
      this.recovering.catch((error: Error) => (this.recoveryFailed = error));
    });
  }

  private async recover(fallen: Crashed): Promise<void> {
    this.restarts += 1;
    if (fallen === 'stack') await this.restartAll();
    else await this.serve();
    await this.onRecovered?.();
  }

  /** What to do once a dead worker has been replaced, e.g. forget which worker had which case. */
  whenRecovered(run: () => Promise<void>): void {
    this.onRecovered = run;
  }

  /** Resolves when a worker is at work; rejects when a dead one could not be replaced. */
  async ready(): Promise<void> {
    await this.recovering.catch(() => undefined);
    if (this.recoveryFailed) throw this.recoveryFailed;
  }

  /** True for the identity of a worker that was killed. */
  isDead(identity: string): boolean {
    return this.deadWorkers.has(Number(/@(\d+)$/.exec(identity)?.[1]));
  }

  /** Kills the worker as a power cut would, and waits until the next one is at work. */
  async crashWorker(): Promise<void> {
    await this.ready();
    this.armedFor = 'worker';
    const { worker } = this;
    await worker?.kill();
    await worker?.gone;
    await delay(0);
    await this.ready();
  }

  /** The next time this happens, the worker dies, or all with it. */
  async arm(point: CrashPoint, what: Crashed): Promise<void> {
    await this.ready();
    this.armedFor = what;
    await this.worker?.call('arm', point);
  }

  /** Kills server, ledger and worker at once, and starts them again on the same files and ports. */
  async crashAll(): Promise<void> {
    await this.ready();
    const { worker } = this;
    this.worker = null;
    if (worker) this.deadWorkers.add(worker.pid);
    await Promise.all([worker?.kill(), this.restartAll()]);
    await this.onRecovered?.();
  }

  /** Server and ledger fall with the worker, and all three are started again. */
  private async restartAll(): Promise<void> {
    // The ledger's process would take the server and the folder with it only when we end, not when it is killed.
    await Promise.all([this.server.kill(), this.ledgerHost.kill(), this.stopListening()]);
    await Promise.all([
      this.startServer(this.server.ports.grpc),
      this.startLedger(this.ledgerPort),
      this.listenAgain(),
    ]);
    await this.reachServer();
    await this.serve();
  }

  /** Our connection finds the restarted server by itself, after a moment of refusing. */
  private async reachServer(): Promise<void> {
    for (const until = Date.now() + 15_000; ; await delay(30)) {
      try {
        await this.connection.workflowService.listWorkflowExecutions({
          namespace: this.stage!.namespace,
          pageSize: 1,
        });
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
      }
    }
  }

  async takeDown(what: OutageOf): Promise<void> {
    await this.ready();
    if (what === 'mail') await this.stopListening();
    else if (what === 'ledger') await this.ledgerHost.call('pause');
    else await this.fault(what, true);
  }

  async bringBack(what: OutageOf): Promise<void> {
    await this.ready();
    if (what === 'mail') await this.listenAgain();
    else if (what === 'ledger') await this.ledgerHost.call('resume');
    else await this.fault(what, false);
  }

  private async stopListening(): Promise<void> {
    await this.listener?.stop();
    this.listener = null;
  }

  private async listenAgain(): Promise<void> {
    this.listener ??= await startMailListener({ mailbox: this.stage!.mailboxDir, port: this.mailPort });
  }

  private async fault(what: OutageOf, on: boolean): Promise<void> {
    if (on) this.faults.down.add(what);
    else this.faults.down.delete(what);
    await this.worker?.call('outage', { of: what, on });
  }

  /** A desk of its own that dies right after the intake was written, as one that is killed while opening a case. */
  async dyingDesk(
    act: Pick<DeskOrder, 'policy' | 'now' | 'folder' | 'input' | 'by' | 'requestId'>,
  ): Promise<void> {
    const { namespace, taskQueue, settings } = this.stage!;
    const order: DeskOrder = { address: this.server.address, namespace, taskQueue, settings, ...act };
    const desk = this.remote('desk-main');
    const answered = desk.call('open', order).then(
      () => true,
      () => false,
    );
    const how = (await Promise.race([answered, desk.gone])) === true ? 'an answer' : await desk.gone;
    await desk.kill();
    if (how !== 'SIGKILL') throw new Error(`the desk that was to die at intakeWritten ended with ${how}`);
  }

  /** Leaves the present scenario: nothing of what it did to the hosts is left. */
  private async end(): Promise<void> {
    if (!this.stage || !this.inUse) return;
    this.inUse = false;
    await this.recovering.catch(() => undefined);
    this.onRecovered = null;
    this.recoveryFailed = null;
    this.faults.down.clear();
    await Promise.all([this.ledgerHost.call('resume'), this.listenAgain()]);
  }

  /** Mailbox of the present scenario. */
  get mailboxDir(): string {
    return this.stage?.mailboxDir ?? '';
  }

  /** Addresses for somebody who wants to look around. */
  addresses(): Record<string, string> {
    return {
      'Temporal UI': this.server.uiUrl ?? '',
      Temporal: `${this.server.address}, namespace ${this.stage?.namespace ?? ''}`,
      Ledger: this.ledgerUrl,
      Mailbox: this.stage?.mailboxDir ?? '',
      Folder: this.folder,
    };
  }

  /** Takes everything down. Safe to call twice, and on a stack that is only half up. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.recovering.catch(() => undefined);
    const connection = this.connection as Connection | undefined;
    const server = this.server as DevServer | undefined;
    const ledgerHost = this.ledgerHost as Remote | undefined;
    // Nothing of it is kept, so it need not end politely. The ledger's process goes last: it cleans up if we are
    // killed on the way.
    await Promise.allSettled([
      this.worker?.kill(),
      this.stage === null ? null : closePorts(this.stage.ports),
      this.listener?.stop(),
      connection?.close(),
      server?.kill(),
    ]);
    await ledgerHost?.call('remove').catch(() => undefined);
    await ledgerHost?.kill();
    if (!this.options.keep) await rm(this.folder, { recursive: true, force: true });
  }
}
