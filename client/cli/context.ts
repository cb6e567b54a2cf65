/** What a command is given: who acts, the facade when it is needed, where to print, how to ask, how to be interrupted. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AftercareApi } from '../api.js';
import type { Staff } from '../../domain/organisation.js';
import type { Config } from '../../runtime/config.js';
import type { Globals } from './command.js';
import { UsageError } from './errors.js';
import { Moments } from './moments.js';
import { Output, shellWord } from './output.js';
import { TerminalPrompts, type Prompts } from './prompts.js';

/** Where an act stands, for the person who presses Ctrl-C. */
type ActState = 'none' | 'sent' | 'done';

/** How long Ctrl-C waits for the answer of an act already sent. */
const PATIENCE_MS = 2_000;

export interface ContextParts {
  out?: Output;
  prompts?: Prompts;
  /** Stands in for `connectAftercare` in tests of what is printed. */
  connect?: () => Promise<AftercareApi>;
  config?: () => Promise<Config>;
  argv?: readonly string[];
}

export class Context {
  readonly out: Output;
  readonly prompts: Prompts;
  readonly argv: readonly string[];
  /** Of this act: given, or made; printed when it matters. */
  readonly requestId: string;
  private api: Promise<AftercareApi> | null = null;
  private settings: Promise<Config> | null = null;
  private clock: Moments | null = null;
  private actState: ActState = 'none';
  private acting: Promise<unknown> | null = null;
  private interruptHandler: (() => Promise<number> | number) | null = null;

  constructor(
    readonly globals: Globals,
    private readonly parts: ContextParts = {},
  ) {
    this.out = parts.out ?? new Output(globals);
    this.prompts =
      parts.prompts ??
      new TerminalPrompts(!globals.json && process.stdin.isTTY === true && process.stderr.isTTY === true);
    this.argv = parts.argv ?? [];
    this.requestId = globals.requestId ?? randomUUID();
  }

  /** The settings, read once. `--home` stands above AFTERCARE_HOME. */
  config(): Promise<Config> {
    this.settings ??= this.parts.config?.() ?? this.readConfig();
    return this.settings;
  }

  private async readConfig(): Promise<Config> {
    const { loadConfig } = await import('../../runtime/config.js');
    const config = loadConfig();
    const { home } = this.globals;
    return home === undefined ? config : loadConfig({ ...config.environment, AFTERCARE_HOME: home });
  }

  /** The facade, connected on first use. @throws DeskError exit 4 when nothing answers */
  open(): Promise<AftercareApi> {
    this.api ??= this.connect();
    return this.api;
  }

  private async connect(): Promise<AftercareApi> {
    const api = await (this.parts.connect?.() ?? this.connectFromConfig());
    this.clock = new Moments(api.policy.policy.zone.offsetMinutes, api.now(), this.globals.time);
    return api;
  }

  private async connectFromConfig(): Promise<AftercareApi> {
    const config = await this.config();
    const { connectAftercare } = await import('../connect.js');
    return connectAftercare(config);
  }

  /** Times in the organisation's zone; known once connected. */
  get moments(): Moments {
    if (this.clock === null) throw new Error('moments are known once the facade is open');
    return this.clock;
  }

  /** Times for a command that needs no connection, or a fresh now. */
  useMoments(offsetMinutes: number, now: Date): Moments {
    this.clock = new Moments(offsetMinutes, now, this.globals.time);
    return this.clock;
  }

  /** Times without a connection: the zone is the policy's. */
  async localMoments(): Promise<Moments> {
    const { loadPolicyOf } = await import('./policies.js');
    const { policy } = await loadPolicyOf(this, undefined);
    return this.useMoments(policy.zone.offsetMinutes, new Date());
  }

  /** Id of who acts, or null. */
  async actorId(): Promise<string | null> {
    return this.globals.as ?? (await this.config()).as;
  }

  /** Who acts. @throws UsageError naming `--as`; DeskError exit 3 for somebody unknown */
  async actor(): Promise<Staff> {
    const id = await this.actorId();
    if (id === null) {
      throw new UsageError(
        'usage.actorMissing',
        '--as is missing: who acts stands with every act',
        'add --as STAFF, or once: export AFTERCARE_AS=STAFF (ids: aftercare staff list)',
        '--as',
      );
    }
    const api = await this.open();
    return api.staff(id);
  }

  /** Runs an act, so that Ctrl-C and a lost connection can say what became of it. */
  async act<T>(run: () => Promise<T>): Promise<T> {
    this.actState = 'sent';
    const acting = run();
    this.acting = acting.catch(() => undefined);
    const result = await acting;
    this.actState = 'done';
    return result;
  }

  /** The same line again, with the request id that makes it safe. */
  repeatLine(requestId: string = this.requestId): string {
    const words: string[] = [];
    for (let i = 0; i < this.argv.length; i++) {
      if (this.argv[i] === '--request-id') i++;
      else words.push(this.argv[i]!);
    }
    return ['aftercare', ...words, '--request-id', requestId].map(shellWord).join(' ');
  }

  /** For commands that go on until Ctrl-C: how they end. */
  onInterrupt(handler: () => Promise<number> | number): void {
    this.interruptHandler = handler;
  }

  /** Ctrl-C: ends the command's own way, or says whether the act landed. Resolves to the exit code. */
  async interrupt(): Promise<number> {
    if (this.interruptHandler) return this.interruptHandler();
    // An answer that is nearly here says more than a guess.
    if (this.actState === 'sent') await Promise.race([this.acting, delay(PATIENCE_MS)]);
    const said = {
      none: 'Interrupted: nothing was sent.',
      sent: `Interrupted: the act was sent, its answer is not known. Repeating it is safe:\n  ${this.repeatLine()}`,
      done: 'Interrupted: the act landed.',
    };
    this.out.say(said[this.actState]);
    return 130;
  }

  async close(): Promise<void> {
    // A connection that never came about has nothing to close; its error was told already.
    const api = await this.api?.catch(() => null);
    await api?.close();
  }
}
