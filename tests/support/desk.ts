/**
 * The house for tests of the kernel: the real server under the virtual clock, a real ledger, a real SMTP
 * listener, the shipped workers on the shipped bundle, and desks on top. One office per test file, one desk per test:
 * a desk has its own date and its own cases, so that nothing of one test is seen by another. Offices that follow each
 * other in one process stand on the same premises: one server and one ledger, each time with a new namespace and an
 * empty ledger.
 *
 * Everything listens on the loopback only. An office is taken down by `office.close()`, the premises end with the
 * process.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll } from 'vitest';
import { createActivities } from '../../activities/index.js';
import type { CaseActivities } from '../../activities/contract.js';
import { readMailbox } from '../../adapters/mailbox.js';
import { openLedger } from '../../adapters/ledger/index.js';
import { startMailListener, type MailListener } from '../../adapters/mail/listener.js';
import { readOrganisation } from '../../adapters/organisation-file.js';
import type { CaseFile, DeliveryError, LedgerPort, MailboxItem, OutgoingSms } from '../../adapters/ports.js';
import {
  replayHistories,
  runsOf,
  type CaseRun,
  type EventJson,
  type HistoryJson,
} from '../../audit/index.js';
import { Aftercare } from '../../client/aftercare.js';
import { DeskError, type ActOptions, type LoadedPolicy, type OpenReceipt } from '../../client/api.js';
import { loadPolicy } from '../../client/policy.js';
import type { ClockRow, ContentRef, Fact, MessageRow, TaskRow } from '../../domain/case.js';
import { TASK_QUEUE } from '../../domain/names.js';
import type { Organisation } from '../../domain/organisation.js';
import { SERVER_ON_ONE_CORE } from '../../runtime/brief.js';
import { loadConfig, packageRoot, type Config } from '../../runtime/config.js';
import { connectNative, makeNamespace } from '../../runtime/connection.js';
import { resolveEngine, RETENTION_DAYS, startDevServer, type DevServer } from '../../runtime/engine.js';
import { closePorts, openPorts, type OpenPorts } from '../../runtime/ports.js';
import { ScenarioClock } from '../../simulation/clock.js';
import { noFaults, withFaults } from '../../simulation/faults.js';
import type { LedgerOrder } from '../../simulation/ledger-main.js';
import { Remote } from '../../simulation/remote.js';
import { ensureBundle } from '../../worker/bundle.js';
import { createWorkers, installRuntime, type Workers } from '../../worker/worker.js';
import { ACTS, type ActName, type ActResult } from '../../workflows/case/messages.js';
import { SERVER_URL } from './server.js';

const OFFSET_MS = 8 * 3_600_000;

/** An instant of 2030 in the desk's zone, `03-04 09:00`, as it is stored: ISO in UTC. */
export function at(local: string): string {
  const text = /^\d{2}-\d{2} \d{2}:\d{2}$/.test(local) ? `2030-${local.replace(' ', 'T')}:00+08:00` : local;
  return new Date(Date.parse(text)).toISOString();
}

/** The other way round: how people at the desk would say a stored instant. */
export function shown(instant: string): string;
export function shown(instant: string | null | undefined): string | null;
export function shown(instant: string | null | undefined): string | null {
  if (instant === null || instant === undefined) return null;
  return new Date(Date.parse(instant) + OFFSET_MS).toISOString().slice(5, 16).replace('T', ' ');
}

export interface DeskOptions {
  /** Merged over policy/default.yaml. */
  policy?: Record<string, unknown>;
  /** Who works here, as far as the cases of this desk know. */
  organisation?: Organisation;
  /** Another ledger for a facade, not for the workers: a desk that dies at an awkward moment. */
  ledger?: (real: LedgerPort) => LedgerPort;
  /** Another way to the server for a facade: it is away. */
  client?: () => Promise<Client>;
}

/** Answers that are in order, and who gives them; a test names only what it is about. */
export const ANSWERS: Record<string, { by: string; answer: Record<string, unknown> }> = {
  acknowledge: { by: 'li.na', answer: { grade: 'important' } },
  secondLine: { by: 'sun.yan', answer: {} },
  investigate: { by: 'li.na', answer: { finding: 'founded', cause: '密封圈老化' } },
  reportToHead: { by: 'li.na', answer: { reportedTo: 'lin.tao' } },
  decide: { by: 'ma.jun', answer: { decision: '更换设备' } },
  agreeResolution: { by: 'li.na', answer: { customerReply: 'agreed' } },
  carryOut: { by: 'wang.lei', answer: { treatment: '更换打印头', proof: '签收单 42' } },
  tellResult: { by: 'li.na', answer: { result: '已更换', apology: 'given', prevention: '每月检查' } },
  confirmSatisfaction: { by: 'zhang.wei', answer: { verdict: 'satisfied' } },
  reportToSupervisor: { by: 'chen.hui', answer: {} },
  interimSolution: { by: 'xu.gang', answer: { interim: '先借一台', toldCustomer: false } },
  takeCharge: { by: 'xu.gang', answer: {} },
};

/** What is too dear to be started for every test file. The ledger's process ends the server when ours is gone. */
interface Premises {
  folder: string;
  config: Config;
  server: DevServer;
  ledgerHost: Remote;
  ledgerUrl: string;
  connection: Connection;
  nativeConnection: NativeConnection;
}
let premises: Promise<Premises> | null = null;

async function enterPremises(): Promise<Premises> {
  installRuntime('error');
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-test-'));
  const config = loadConfig({ ...process.env, AFTERCARE_HOME: folder });
  const ledgerHost = Remote.start('ledger-main', { environment: process.env });
  await ledgerHost.call('look', { folder });
  const engine = await resolveEngine(config, { binaryOnly: true });
  const order: LedgerOrder = SERVER_URL
    ? { server: SERVER_URL, database: basename(folder).toLowerCase() }
    : { dataDir: null, cacheDir: config.cacheDir };
  const [server, ledger] = await Promise.all([
    startDevServer({
      binary: engine.path,
      dataFile: null,
      ui: false,
      virtualClock: true,
      environment: { ...config.environment, ...SERVER_ON_ONE_CORE },
      logFile: join(folder, 'temporal.log'),
      onSpawn: (serverPid) => void ledgerHost.call('look', { serverPid }).catch(() => undefined),
    }),
    ledgerHost.call<{ url: string }>('start', order),
  ]);
  const bare = await openLedger({ url: ledger.url });
  await bare.migrate().finally(() => bare.close());
  const { address } = server;
  const { nativeConnection } = await connectNative(config, { address });
  const connection = await Connection.connect({ address });
  return { folder, config, server, ledgerHost, ledgerUrl: ledger.url, connection, nativeConnection };
}

/** One stage per test file. */
export class Office {
  private faults = noFaults();
  private sms: ((sms: OutgoingSms) => DeliveryError | null) | null = null;
  private mailRefuses: ((address: string) => number | null) | null = null;
  private listener: MailListener | null = null;
  private complainants = 0;
  /** Every case of every desk, for the replay at the end. */
  readonly cases: string[] = [];

  private constructor(
    /** Of this file: mailbox and storage. */
    readonly folder: string,
    readonly namespace: string,
    private readonly place: Premises,
    readonly client: Client,
    readonly ports: OpenPorts,
    readonly organisation: Organisation,
    readonly bundle: string,
    private readonly stops: (() => Promise<unknown>)[],
  ) {}

  static async open(): Promise<Office> {
    const place = await (premises ??= enterPremises());
    const folder = await mkdtemp(join(place.folder, 'office-'));
    const mailboxDir = join(folder, 'mailbox');
    const namespace = basename(folder).toLowerCase();
    const stops: (() => Promise<unknown>)[] = [];
    const stopAll = async () => {
      for (const stop of stops.splice(0).reverse()) await stop().catch(() => undefined);
    };
    try {
      // Workers and replays run the bundle that ships, whatever the tests themselves were compiled from.
      const [bundle] = await Promise.all([
        ensureBundle({ sources: join(packageRoot(), 'dist') }),
        makeNamespace(place.connection, namespace, RETENTION_DAYS),
        place.ledgerHost.call('empty'),
      ]);
      let office: Office | null = null;
      const listen = (port?: number) =>
        startMailListener({
          mailbox: mailboxDir,
          ...(port === undefined ? {} : { port }),
          faults: (moment, about) => {
            const reply = moment === 'recipient' ? office?.mailRefuses?.(about) : null;
            return reply === null || reply === undefined ? null : { reply };
          },
        });
      const listener = await listen();
      const bare = await openPorts({
        ledgerUrl: place.ledgerUrl,
        packageRoot: packageRoot(),
        smtpUrl: listener.url,
        smsUrl: 'mailbox:',
        mailboxDir,
        storageUrl: pathToFileURL(join(folder, 'storage')).href,
      });
      stops.push(() => closePorts(bare));
      const faults = noFaults();
      const faulty = withFaults(bare, faults);
      const ports: OpenPorts = {
        ...faulty,
        sms: {
          ...faulty.sms,
          async send(sms) {
            const refusal = office?.sms?.(sms) ?? null;
            if (refusal !== null) throw refusal;
            return faulty.sms.send(sms);
          },
        },
      };
      const organisation = await readOrganisation(join(packageRoot(), 'examples', 'organisation.yaml'));
      await bare.ledger.importOrganisation(organisation);
      const workers: Workers = await createWorkers({
        nativeConnection: place.nativeConnection,
        namespace,
        config: { taskQueue: TASK_QUEUE },
        bundle,
        ports,
        deliveriesPerSecond: 10_000,
        versioned: false,
      });
      stops.push(() => workers.shutdown());
      const client = new Client({ connection: place.connection, namespace });
      office = new Office(folder, namespace, place, client, ports, organisation, bundle.codePath, stops);
      office.faults = faults;
      office.listener = listener;
      office.listenAgain = () => listen(listener.port);
      stops.push(() => office!.listener?.stop() ?? Promise.resolve());
      return office;
    } catch (error) {
      await stopAll();
      throw error;
    }
  }

  get connection(): Connection {
    return this.place.connection;
  }
  get server(): DevServer {
    return this.place.server;
  }
  /** For a look, or a change, past the ledger port. */
  get ledgerUrl(): string {
    return this.place.ledgerUrl;
  }

  private listenAgain: () => Promise<MailListener> = () => Promise.reject(new Error('not started'));

  async close(): Promise<void> {
    await this.bringBack();
    for (const stop of this.stops.splice(0).reverse()) await stop().catch(() => undefined);
  }

  // ------------------------------------------------------------------ faults

  /** Takes a host down for real: the ledger's and the mail host's sockets close; SMS and storage refuse. */
  async takeDown(what: 'ledger' | 'mail' | 'sms' | 'storage'): Promise<void> {
    if (what === 'ledger') return this.place.ledgerHost.call('pause');
    if (what === 'mail') {
      await this.listener?.stop();
      this.listener = null;
      return;
    }
    this.faults.down.add(what);
  }
  /** Brings one host, or everything, back. */
  async bringBack(what?: 'ledger' | 'mail' | 'sms' | 'storage'): Promise<void> {
    if (what === undefined || what === 'ledger') await this.place.ledgerHost.call('resume');
    if (what === undefined || what === 'mail') this.listener ??= await this.listenAgain();
    if (what === undefined) {
      this.faults.down.clear();
      this.sms = null;
      this.mailRefuses = null;
    } else if (what === 'sms' || what === 'storage') this.faults.down.delete(what);
  }
  /** The gateway refuses what this returns an error for. */
  refuseSms(refusal: ((sms: OutgoingSms) => DeliveryError | null) | null): void {
    this.sms = refusal;
  }
  /** The mail host answers recipients with this code, e.g. 550. */
  refuseMail(reply: ((address: string) => number | null) | null): void {
    this.mailRefuses = reply;
  }

  // ------------------------------------------------------------------ desks

  /** A desk at a virtual instant, e.g. `03-04 09:00`. Tests of one file take dates of their own. */
  async desk(startAt: string, options: DeskOptions = {}): Promise<Desk> {
    return new Desk(this, at(startAt), await this.policy(options.policy), options);
  }
  /** The default policy with the calendar of 2030 and an overlay. */
  policy(overlay: Record<string, unknown> = {}): Promise<LoadedPolicy> {
    const root = packageRoot();
    return loadPolicy(join(root, 'policy', 'default.yaml'), {
      overlay,
      overlayFolder: root,
      holidays: join(root, 'examples', 'calendars', 'cn-2030.json'),
    });
  }
  /** Somebody who never complained before: not on file, with a mobile of his own. */
  stranger(): { name: string; phone: string } {
    this.complainants += 1;
    return {
      name: `来客${this.complainants}`,
      phone: `1380001${String(1000 + this.complainants).slice(-4)}`,
    };
  }
  /** What was filed in the mailbox, oldest first; of one case, or everything. */
  async mailbox(caseId?: string): Promise<MailboxItem[]> {
    const items = await readMailbox(join(this.folder, 'mailbox'));
    return caseId === undefined ? items : items.filter((item) => item.key.startsWith(`${caseId}/`));
  }
  /** The activities as a worker runs them, to be called by hand. */
  activities(): CaseActivities {
    return createActivities(this.ports);
  }
  /** Rolls and ids of a member of staff as the facade would write them into history. */
  actor(id: string) {
    const person = this.organisation.staff.find((each) => each.id === id);
    if (person === undefined) throw new Error(`nobody called ${id}`);
    return { id, roles: person.roles, department: person.department };
  }

  // ------------------------------------------------------------------ histories

  history(caseId: string): Promise<CaseRun[]> {
    return runsOf(this.client, caseId);
  }
  /** Every run of the cases given, each replayed in a sandbox of its own; the differences, none when all match. */
  async replay(cases: string[] = this.cases): Promise<{ runs: number; differences: string[] }> {
    const inputs: { label: string; history: HistoryJson }[] = [];
    for (const caseId of cases)
      for (const [index, run] of (await this.history(caseId)).entries())
        inputs.push({ label: `${caseId} run ${index + 1}`, history: run.history });
    const results = await replayHistories(inputs, this.bundle, { reuseSandbox: false });
    return {
      runs: results.length,
      differences: results.filter((run) => !run.match).map((run) => `${run.label}: ${run.result}`),
    };
  }
  /**
   * What must hold of every history this file made: it replays, in one sandbox for all as in a worker (the goldens are
   * replayed both ways), each wait is told in words, one alarm at a time.
   */
  async audit(): Promise<{ cases: number; runs: number; problems: string[] }> {
    const problems: string[] = [];
    const inputs: { label: string; history: HistoryJson }[] = [];
    for (const caseId of this.cases)
      for (const [index, { history }] of (await this.history(caseId)).entries()) {
        const label = `${caseId} run ${index + 1}`;
        inputs.push({ label, history });
        for (const problem of [...unexplained(history), ...crowdedTimers(history)])
          problems.push(`${label}: ${problem}`);
      }
    const replays = await replayHistories(inputs, this.bundle);
    for (const run of replays) if (!run.match) problems.push(`${run.label}: ${run.result}`);
    return { cases: this.cases.length, runs: inputs.length, problems };
  }
}

/** The office of a test file: opened before its tests, closed after them, whatever became of them. */
export function useOffice(opened: (office: Office) => unknown): void {
  let office: Office | undefined;
  beforeAll(async () => {
    office = await Office.open();
    await opened(office);
  });
  afterAll(() => office?.close());
}

/** Waits until something holds; for what the server or a case does a moment later. */
export async function eventually<T>(
  look: () => Promise<T>,
  holds: (value: T) => boolean,
  ms = 10_000,
): Promise<T> {
  for (const until = Date.now() + ms; ; await delay(25)) {
    const value = await look();
    if (holds(value) || Date.now() > until) return value;
  }
}

/** A refusal's code, or `accepted`. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    if (error instanceof DeskError) return error.code;
    throw error;
  }
}

/** One test's desk: its present, its policy, its cases. */
export class Desk {
  readonly api: Aftercare;
  private readonly clock: ScenarioClock;

  constructor(
    readonly office: Office,
    startAt: string,
    readonly policy: LoadedPolicy,
    private readonly options: DeskOptions,
  ) {
    this.clock = new ScenarioClock({
      connection: onlyOwnCases(office.connection),
      namespace: office.namespace,
      view: (caseId) => this.api.view(caseId),
      isDead: () => false,
      startAt: new Date(startAt),
    });
    this.api = this.facade();
  }

  /** Another facade at the same desk and clock: a second client, or one with a ledger that dies. */
  facade(options: DeskOptions = {}): Aftercare {
    const { ports, client } = this.office;
    const real = withOrganisation(
      ports.ledger,
      options.organisation ?? this.options.organisation ?? this.office.organisation,
    );
    return new Aftercare({
      client: options.client ?? client,
      ledger: options.ledger?.(real) ?? real,
      storage: ports.storage,
      policy: this.policy,
      taskQueue: TASK_QUEUE,
      now: () => this.clock.now(),
      startDelayMs: () => this.clock.startDelayMs(),
      afterStart: async (caseId) => {
        if (!this.office.cases.includes(caseId)) this.office.cases.push(caseId);
        await this.clock.adopt(caseId);
      },
    });
  }

  get now(): string {
    return this.clock.now().toISOString();
  }

  // ------------------------------------------------------------------ doing

  async open(
    input: Record<string, unknown> = {},
    by = 'li.na',
    options: ActOptions = {},
  ): Promise<OpenReceipt> {
    const receipt = await this.api.openComplaint(this.intake(input), by, options);
    await this.settle();
    return receipt;
  }
  /** A receipt block that is in order, from somebody new. */
  intake(input: Record<string, unknown> = {}): Record<string, unknown> {
    const someone =
      'customer' in input || 'complainant' in input || input['identity'] === 'anonymous'
        ? {}
        : { complainant: this.office.stranger() };
    return { matter: '打印头漏墨', problemType: 'productQuality', demand: ['repair'], ...someone, ...input };
  }
  /** Answers a task, by the usual person in the usual way unless told otherwise. */
  async complete(
    caseId: string,
    task: string,
    answer: Record<string, unknown> = {},
    by?: string,
    options: ActOptions = {},
  ): Promise<ActResult> {
    const name = task.replace(/#.*$/, '');
    const usual = name === 'planResolution' ? this.plan() : ANSWERS[name];
    const result = await this.api.complete(
      caseId,
      task,
      { ...usual?.answer, ...answer },
      by ?? usual?.by ?? 'li.na',
      options,
    );
    await this.settle();
    return result;
  }
  /** Answers several tasks one after the other. */
  async walk(caseId: string, ...tasks: string[]): Promise<void> {
    for (const task of tasks) await this.complete(caseId, task);
  }
  async act(
    name: ActName | 'reopen',
    caseId: string,
    args: Record<string, unknown> = {},
    by = 'li.na',
    options: ActOptions = {},
  ): Promise<ActResult> {
    const result = await this.api.act(name, caseId, args, by, options);
    await this.settle();
    return result;
  }
  /** Sends an act past the facade, which needs the ledger: what the case itself answers. */
  send(
    name: ActName,
    caseId: string,
    args: Record<string, unknown>,
    by: string,
    requestId: string = randomUUID(),
  ) {
    return this.office.client.workflow.getHandle(caseId).executeUpdate(ACTS[name] as never, {
      args: [{ ...args, requestId, by: this.office.actor(by) }] as never,
      updateId: requestId,
    }) as Promise<ActResult>;
  }
  private plan() {
    const dueAt = new Date(Date.parse(this.now) + 24 * 3_600_000).toISOString();
    return {
      by: 'li.na',
      answer: { options: ['repair'], plan: '更换打印头', responsible: 'wang.lei', dueAt },
    };
  }

  /** To an instant (`03-04 10:30`), stopping at every alarm on the way. */
  async go(to: string): Promise<void> {
    const target = at(to);
    if (target < this.now) throw new Error(`it is ${shown(this.now)} already, later than ${shown(target)}`);
    await this.clock.advanceTo(new Date(target));
    await this.settle();
  }
  /** Something that happens on the way: a host comes back. */
  when(instant: string, run: () => Promise<void>): void {
    this.clock.at(new Date(at(instant)), run);
  }
  /** Until nothing is in flight at this instant. */
  settle(): Promise<void> {
    return this.clock.settle();
  }

  // ------------------------------------------------------------------ looking

  async file(caseId: string): Promise<CaseFile> {
    const file = await this.office.ports.ledger.caseFile(caseId);
    if (file === null) throw new Error(`${caseId} is not in the ledger`);
    return file;
  }
  async facts(caseId: string, ...kinds: string[]): Promise<Fact[]> {
    const { timeline } = await this.file(caseId);
    return kinds.length === 0 ? timeline : timeline.filter((fact) => kinds.includes(fact.what));
  }
  async task(caseId: string, nameOrKey: string): Promise<TaskRow> {
    const { tasks } = await this.file(caseId);
    const found =
      tasks.find((task) => task.key === nameOrKey) ?? tasks.filter((task) => task.name === nameOrKey).at(-1);
    if (found === undefined)
      throw new Error(`no task ${nameOrKey} in ${caseId}: ${tasks.map((t) => t.key).join(', ')}`);
    return found;
  }
  async clockOf(caseId: string, nameOrKey: string): Promise<ClockRow> {
    const { clocks } = await this.file(caseId);
    const found =
      clocks.find((c) => c.key === nameOrKey) ?? clocks.filter((c) => c.name === nameOrKey).at(-1);
    if (found === undefined)
      throw new Error(`no clock ${nameOrKey} in ${caseId}: ${clocks.map((c) => c.key).join(', ')}`);
    return found;
  }
  async openTasks(caseId: string): Promise<string[]> {
    return (await this.file(caseId)).tasks.filter((task) => task.status === 'open').map((task) => task.key);
  }
  /** Messages of a case in the ledger, by template when given. */
  async messages(caseId: string, template?: string): Promise<MessageRow[]> {
    const { messages } = await this.file(caseId);
    return template === undefined ? messages : messages.filter((message) => message.template === template);
  }
  history(caseId: string): Promise<CaseRun[]> {
    return this.office.history(caseId);
  }
  /** Everything Temporal keeps of a case, payloads opened; names of fields too. */
  async kept(caseId: string): Promise<string> {
    const opened: string[] = [];
    const open = (node: unknown): void => {
      if (node === null || typeof node !== 'object') return void opened.push(String(node));
      const record = node as Record<string, unknown>;
      if (typeof record['data'] === 'string' && 'metadata' in record)
        opened.push(Buffer.from(record['data'], 'base64').toString('utf8'));
      for (const [key, inner] of Object.entries(record)) {
        opened.push(key);
        open(inner);
      }
    };
    open((await this.history(caseId)).map((run) => run.history));
    const described = await this.office.client.workflow.getHandle(caseId).describe();
    opened.push(
      JSON.stringify([described.memo ?? null, described.typedSearchAttributes.getAll(), described.raw]),
      (await described.staticSummary()) ?? '',
      (await described.staticDetails()) ?? '',
    );
    return opened.join('\n');
  }
  async replay(caseId: string): Promise<{ runs: number; differences: string[] }> {
    return this.office.replay([caseId]);
  }
}

/** A text as it stands in history, and the row that belongs to it. */
export function content(body: string, seed: string = randomUUID()) {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const ref: ContentRef = { content: `c-${hash(seed).slice(0, 32)}`, sha256: hash(body) };
  return { ref, row: { id: ref.content, caseId: null, field: 'text', sha256: ref.sha256, body } };
}

function withOrganisation(ledger: LedgerPort, organisation: Organisation): LedgerPort {
  const given = () => Promise.resolve(organisation);
  return { ...ledger, organisation: given, roster: given };
}

/** The scenario clock takes in whatever runs in its namespace; here each desk has only its own cases. */
function onlyOwnCases(connection: Connection): Connection {
  const workflowService = Object.create(connection.workflowService, {
    listWorkflowExecutions: { value: () => Promise.resolve({ executions: [] }) },
  }) as Connection['workflowService'];
  return Object.create(connection, { workflowService: { value: workflowService } }) as Connection;
}

// -------------------------------------------------------------------- what a history must be like

function kind(event: EventJson): string {
  return String(event.eventType).replace(/^EVENT_TYPE_/, '');
}
function attributes(event: EventJson): Record<string, unknown> {
  const key = Object.keys(event).find((name) => name.endsWith('EventAttributes'));
  return (key === undefined ? {} : (event as unknown as Record<string, unknown>)[key]) as Record<
    string,
    unknown
  >;
}
export function summaryOf(event: EventJson): string | null {
  const data = (event as unknown as { userMetadata?: { summary?: { data?: string } } }).userMetadata?.summary
    ?.data;
  return data === undefined ? null : (JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as string);
}

/** Timers and activities that an auditor could not read (C11). */
export function unexplained(history: HistoryJson): string[] {
  return history.events
    .filter((event) => ['TIMER_STARTED', 'ACTIVITY_TASK_SCHEDULED', 'MARKER_RECORDED'].includes(kind(event)))
    .filter((event) => (summaryOf(event) ?? '').trim() === '')
    .map((event) => `event ${event.eventId} ${kind(event)} has no summary`);
}

/** How an act waits for the ledger is no alarm: it ends by itself after `kernel.saveWaitMs` (house, recorder). */
const isSaveWait = (event: EventJson) => attributes(event)['startToFireTimeout'] === '3s';

/** Alarms that were open beside another one (house: at most one open timer). */
export function crowdedTimers(history: HistoryJson): string[] {
  const open = new Set<string>();
  const problems: string[] = [];
  for (const event of history.events) {
    const id = String(attributes(event)['timerId'] ?? '');
    if (kind(event) === 'TIMER_STARTED' && !isSaveWait(event)) {
      open.add(id);
      if (open.size > 1) problems.push(`event ${event.eventId}: ${open.size} alarms open at once`);
    }
    if (kind(event) === 'TIMER_FIRED' || kind(event) === 'TIMER_CANCELED') open.delete(id);
  }
  return problems;
}

// -------------------------------------------------------------------- comparing two cases

/**
 * What the ledger holds of a case, with everything left out that must differ between two cases that went the same
 * way: numbers, ids, hashes, runs; and, for a case some days later, the days. Facts that happened in the same minute
 * have no order among each other: deliveries run in parallel.
 */
export function comparable(file: CaseFile, days = 0): unknown {
  const { row, tasks, clocks, messages, timeline, evidence } = file;
  const { policyDigest: _digest, ...rest } = row;
  const picture = {
    row: rest,
    tasks,
    clocks,
    messages,
    facts: timeline.map(({ seq: _seq, ...fact }) => fact),
    evidence: evidence.map(({ bytes: _bytes, ...line }) => line),
  };
  const shift = (ms: number) => ms - days * 86_400_000;
  const text = JSON.stringify(picture)
    .replaceAll(row.caseId, 'CASE')
    .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g, (iso) =>
      new Date(shift(Date.parse(iso))).toISOString(),
    )
    .replace(/(?<=")\d{4}-\d{2}-\d{2}(?=")/g, (day) =>
      new Date(shift(Date.parse(day))).toISOString().slice(0, 10),
    );
  const named = unnamed(text);
  const shape = JSON.parse(named) as Record<string, unknown>;
  for (const [key, value] of Object.entries(shape)) {
    if (Array.isArray(value))
      shape[key] = value
        .map((line) => JSON.stringify(line))
        .sort()
        .map((line) => JSON.parse(line) as unknown);
  }
  return shape;
}

/** Ids and hashes tell nothing between two cases but whether there is one. */
function unnamed(text: string): string {
  return text
    .replace(/c-[0-9a-f]{32}/g, 'CONTENT')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'REQUEST')
    .replace(/[0-9a-f]{64}/g, 'HASH');
}

/** Facts as short lines, `03-04 09:30 breached acknowledge`, for expectations that a person can read. */
export function lines(facts: Fact[]): string[] {
  return facts.map((fact) => {
    const { data } = fact;
    const about = data['task'] ?? data['clock'] ?? data['template'] ?? data['flag'] ?? data['reason'] ?? '';
    const percent = typeof data['percent'] === 'number' && data['percent'] > 0 ? ` ${data['percent']}%` : '';
    const to = data['to'] === undefined || data['to'] === null ? '' : ` → ${[data['to']].flat().join(', ')}`;
    return `${shown(fact.at)} ${fact.what} ${String(about)}${percent}${to}`.trim();
  });
}
