/**
 * The program as people have it: child processes of dist/, a data folder of their own, nothing of ours in their
 * environment. Whatever is started here is ended here, by its process id.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const MAIN = join(ROOT, 'dist/program/aftercare.js');
export const WORKER = join(ROOT, 'dist/worker/main.js');

if (!existsSync(MAIN) || !existsSync(WORKER)) {
  throw new Error('dist/ is not built: npm run build');
}

export type Env = Record<string, string | undefined>;

/** The environment of a person who has set nothing: no settings, no colours asked for or refused. */
export function plainEnv(extra: Env = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(AFTERCARE_|TEMPORAL_|VITEST|NODE_OPTIONS|NO_COLOR|FORCE_COLOR|CI$|TZ$)/.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

// What a program printed has no type until it is looked at; every look is an assertion of its own.
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  /** stdout as the one JSON value it must be. */
  json<T = Record<string, Json>>(): T;
}

export interface Line {
  home?: string;
  env?: Env;
  stdin?: string;
  cwd?: string;
}

/** Runs one line of the program to its end. */
export function aftercare(argv: readonly string[], line: Line = {}): Promise<Ran> {
  return runNode([MAIN, ...argv], line);
}

export async function runNode(argv: readonly string[], { home, env, stdin, cwd = ROOT }: Line): Promise<Ran> {
  const child = spawn(process.execPath, argv, {
    cwd,
    env: plainEnv({ ...(home === undefined ? {} : { AFTERCARE_HOME: home }), ...env }),
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => undefined).end(stdin);
  const said = { stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const { stdout, stderr } = said;
  return {
    code,
    stdout,
    stderr,
    json<T>() {
      try {
        return JSON.parse(stdout) as T;
      } catch (error) {
        throw new Error(`${argv.join(' ')}: stdout is no JSON (${String(error)}):\n${stdout}\n${stderr}`);
      }
    },
  };
}

/** Words of a line as a shell gives them to the program, as far as examples need it. */
export function words(line: string): string[] {
  return [...line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** True once it holds; false when it never did. */
export async function soon(holds: () => boolean | Promise<boolean>, patienceMs = 30_000): Promise<boolean> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await delay(50)) {
    if (await holds()) return true;
  }
  return holds();
}

/** A program that goes on until it is told to stop. */
export class Running {
  stdout = '';
  stderr = '';
  /** Resolves when it has ended and everything it said is here. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private over = false;

  private constructor(private readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        this.over = true;
        resolve({ code, signal });
      }),
    );
  }

  /** Starts it and waits until it says so. @throws with everything it said when it ends instead */
  static async start(
    argv: readonly string[],
    says: RegExp,
    { home, env, cwd = ROOT }: Line = {},
    program = process.execPath,
  ): Promise<Running> {
    const child = spawn(program, argv, {
      cwd,
      env: plainEnv({ ...(home === undefined ? {} : { AFTERCARE_HOME: home }), ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running = new Running(child);
    const ready = await soon(() => running.over || says.test(running.stdout + running.stderr), 60_000);
    if (!ready || running.over) {
      await running.end();
      throw new Error(`${argv.join(' ')} did not come up:\n${running.stdout}${running.stderr}`);
    }
    return running;
  }

  get pid(): number {
    return this.child.pid!;
  }

  async signal(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (!this.over) this.child.kill(signal);
    return this.ended;
  }

  /** For tidying up: politely, then not. */
  async end(): Promise<void> {
    if (this.over) return;
    this.child.kill('SIGTERM');
    await Promise.race([this.ended, delay(20_000)]);
    if (!this.over) this.child.kill('SIGKILL');
    await this.ended;
  }
}

export interface RunFile {
  state: string;
  pid: number;
  temporal: { address: string; grpcPort: number; uiUrl: string | null } | null;
  server: { pid: number } | null;
  ledger: { url: string; port: number } | null;
  mail: { url: string; port: number } | null;
}

/**
 * The manual as it is, except that messages wait for nothing: no night, no service hours, no limit a minute. A case
 * closes when its last message is out, and a test cannot wait for Monday. Calendars are found beside the file.
 */
export async function policyOfAnyHour(
  file: string,
  edit: (text: string) => string = (text) => text,
): Promise<string> {
  const text = await readFile(join(ROOT, 'policy/default.yaml'), 'utf8');
  const changes: [string | RegExp, string][] = [
    [/quietHours: .*/, 'quietHours: { from: "03:00", to: "03:01" }'],
    [/perMinute: .*/, 'perMinute: 60'],
    [/perHour: .*/, 'perHour: 600'],
    [/perDay: .*/, 'perDay: 600'],
    [/spreadMinutes: .*/, 'spreadMinutes: 0'],
    [/staffCalendar: .*/, 'staffCalendar: wall'],
  ];
  const changed = changes.reduce((before, [from, to]) => {
    const after = before.replace(from, to);
    if (after === before) throw new Error(`policy/default.yaml has no ${String(from)}`);
    return after;
  }, text);
  await symlink(join(ROOT, 'policy/calendars'), join(dirname(file), 'calendars'));
  await writeFile(file, edit(changed));
  return file;
}

/** A data folder of its own, and the stack on it. */
export class House {
  up: Running | null = null;

  private constructor(
    readonly home: string,
    private readonly env: Env,
  ) {}

  /** A folder; nothing runs there yet. */
  static async empty(env: Env = {}): Promise<House> {
    return new House(await mkdtemp(join(tmpdir(), 'aftercare-e2e-')), env);
  }

  /** A folder with `aftercare up` on it. */
  static async open(env: Env = {}): Promise<House> {
    const house = await House.empty(env);
    try {
      await house.start();
    } catch (error) {
      await house.close();
      throw error;
    }
    return house;
  }

  async start(): Promise<Running> {
    this.up = await Running.start([MAIN, 'up'], /Ctrl-C stops/, { home: this.home, env: this.env });
    return this.up;
  }

  run(argv: readonly string[], line: Omit<Line, 'home'> = {}): Promise<Ran> {
    return aftercare(argv, { ...line, home: this.home, env: { ...this.env, ...line.env } });
  }

  async runFile(): Promise<RunFile | null> {
    return readFile(join(this.home, 'run.json'), 'utf8').then(
      (text) => JSON.parse(text) as RunFile,
      () => null,
    );
  }

  /** Ends the stack, also a server that a kill left behind, and removes the folder. */
  async close(): Promise<void> {
    await this.up?.end();
    const server = (await this.runFile())?.server?.pid;
    if (server !== undefined && isAlive(server)) process.kill(server, 'SIGKILL');
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}
