/**
 * Calls between the simulator and the processes it starts. Each runs one program of this folder, answers calls over
 * the IPC channel, and ends when the simulator does, so that nothing is left behind when that one is killed.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BRIEF, unwatched, WASM_AS_COMPILED } from '../runtime/brief.js';
import { packageRoot } from '../runtime/config.js';

interface Call {
  id: number;
  name: string;
  argument: unknown;
}
interface Reply {
  id: number;
  value?: unknown;
  error?: string;
}

/** A started program of this folder. */
export class Remote {
  private nextId = 1;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private over = false;
  /** Resolves when the process is gone, with how it ended. */
  readonly gone: Promise<string>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly program: string,
  ) {
    child.on('message', (message: Reply) => {
      const call = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.error === undefined) call?.resolve(message.value);
      else call?.reject(new Error(message.error));
    });
    this.gone = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.over = true;
        const reason = signal ?? `code ${String(code)}`;
        for (const call of this.waiting.values()) call.reject(new Error(`${program} ended with ${reason}`));
        this.waiting.clear();
        resolve(reason);
      });
    });
  }

  /**
   * Starts a built program of this folder, e.g. `worker-main`. Its standard error is ours when `loud`, since a worker
   * complains about every failed attempt and in a simulation most of them are meant.
   */
  static start(
    program: string,
    options: { environment: Readonly<NodeJS.ProcessEnv>; loud?: boolean },
  ): Remote {
    const dist = join(packageRoot(), 'dist');
    const child = fork(join(dist, 'program', `${program}.js`), [], {
      env: { ...options.environment, TZ: 'UTC' },
      stdio: ['ignore', 'ignore', options.loud ? 'inherit' : 'ignore', 'ipc'],
      execArgv: [BRIEF, WASM_AS_COMPILED, ...unwatched(dist)],
    });
    // A started program must not keep the simulator alive once that one is done.
    child.unref();
    child.channel?.unref();
    return new Remote(child, program);
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  call<T = void>(name: string, argument?: unknown): Promise<T> {
    if (this.over) return Promise.reject(new Error(`${this.program} has ended`));
    const id = this.nextId++;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, {
        resolve: (value) => {
          this.rest();
          resolve(value as T);
        },
        reject: (error) => {
          this.rest();
          reject(error);
        },
      });
      this.child.channel?.ref();
      this.child.send({ id, name, argument } satisfies Call, (error) => {
        if (error === null || error === undefined) return;
        this.waiting.delete(id);
        this.rest();
        reject(error);
      });
    });
  }

  /** Ends it at once, as a power cut would, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.over) return;
    this.child.ref();
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private rest(): void {
    if (this.waiting.size === 0) this.child.channel?.unref();
  }
}

/** The other side: answers calls by name, and ends with the simulator. */
export function serveCalls(
  calls: Record<string, (argument: never) => unknown>,
  atEnd: () => Promise<void> = () => Promise.resolve(),
): void {
  process.on('message', (message: Call) => void answer(message));
  process.once('disconnect', () => void atEnd().finally(() => process.exit(0)));
  // Ctrl-C reaches the whole group; the simulator decides in which order things end.
  process.on('SIGINT', () => undefined);

  async function answer({ id, name, argument }: Call): Promise<void> {
    const reply: Reply = { id };
    try {
      const call = calls[name];
      if (!call) throw new Error(`no call ${name}`);
      reply.value = await call(argument as never);
    } catch (error) {
      reply.error = error instanceof Error ? error.message : String(error);
    }
    if (process.connected) process.send?.(reply);
  }
}
