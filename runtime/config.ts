/**
 * The only reader of the environment. Everything a process may be told from outside is named here, checked once,
 * and handed on as a typed value. The standard TEMPORAL_* variables belong to `@temporalio/envconfig`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  /** The folder that holds package.json and policy/; the same from sources and from dist/. */
  packageRoot: string;
  /** Data folder: ledger, Temporal database, mailbox, evidence, run.json. */
  home: string;
  /** `postgres://…`, or null: an embedded ledger is started. */
  ledgerUrl: string | null;
  /** `smtp://…` or `smtps://…`, or null: an embedded listener is started. */
  smtpUrl: string | null;
  /** `mailbox:`; real gateways come later. */
  smsUrl: string;
  /** `file://…`. */
  storageUrl: string;
  /** PostgreSQL server on which simulations make their ledgers, a database for each; null: embedded ones. */
  simulationServer: string | null;
  /** A `temporal` binary to use instead of looking for one. */
  temporalCli: string | null;
  /** Id or alias of who acts, for the CLI. */
  as: string | null;
  /** Policy file; null is the one in `policy/`. */
  policyPath: string | null;
  /** Folder or file of calendars; null is the ones in `policy/calendars`. */
  calendarsPath: string | null;
  /** Module that exports `payloadCodecs` for Temporal's payloads; null leaves them plain. */
  codecPath: string | null;
  logLevel: LogLevel;
  taskQueue: string;
  /** Where downloads and prepared images are kept between runs; safe to delete. */
  cacheDir: string;
  /** Where filed mail and SMS can be read. */
  mailboxDir: string;
  /** The environment this was read from, for programs we start. Never printed. */
  environment: Readonly<Record<string, string | undefined>>;
}

/** A setting that cannot be used. The text names the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config.invalid';
}

/** Replaces the password of a URL, so that it can be shown. */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/:@\s]*):.*@/i, '$1:***@');
}

function urlOf(protocols: string[], example: string) {
  return z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `a ${protocols.map((p) => `${p}//`).join(' or ')} URL, e.g. ${example}`,
  });
}

const path = z.string();

/** Every AFTERCARE_ variable; a name that is not here is refused, because a misspelt setting is a silent one. */
const settings = z.strictObject({
  AFTERCARE_HOME: path.optional(),
  AFTERCARE_LEDGER_URL: urlOf(
    ['postgres:', 'postgresql:'],
    'postgres://aftercare@127.0.0.1:5432/aftercare',
  ).optional(),
  AFTERCARE_SMTP_URL: urlOf(['smtp:', 'smtps:'], 'smtp://127.0.0.1:25').optional(),
  AFTERCARE_SMS_URL: z
    .literal('mailbox:', { error: '`mailbox:` (real gateways are not connected yet)' })
    .optional(),
  AFTERCARE_STORAGE_URL: urlOf(['file:'], 'file:///var/lib/aftercare/storage').optional(),
  AFTERCARE_SIMULATION_SERVER: urlOf(
    ['postgres:', 'postgresql:'],
    'postgres://postgres@127.0.0.1:5432/postgres',
  ).optional(),
  AFTERCARE_TEMPORAL_CLI: path.optional(),
  AFTERCARE_AS: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, {
      error: 'a staff id or alias: lower-case letters, digits, dot, dash, underscore; at most 40',
    })
    .optional(),
  AFTERCARE_POLICY: path.optional(),
  AFTERCARE_CALENDARS: path.optional(),
  AFTERCARE_LOG: z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` }).optional(),
  AFTERCARE_TASK_QUEUE: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
      error: 'letters, digits, dot, dash, underscore; at most 100',
    })
    .optional(),
  AFTERCARE_CACHE: path.optional(),
  AFTERCARE_CODEC: path.optional(),
});

/** Names of all settings, for `doctor` and the documentation. */
export const SETTING_NAMES = Object.keys(settings.shape);

function complaints(error: z.ZodError, given: Record<string, string>): string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map(
        (name) =>
          `${name} is not a setting of Aftercare. Allowed: ${SETTING_NAMES.join(', ')}. Rename or unset it.`,
      );
    }
    const name = String(issue.path[0]);
    return [`${name}=${redactUrl(given[name] ?? '')} cannot be used. Allowed: ${issue.message}.`];
  });
}

let cachedRoot: string | null = null;

/** The folder of this package: the nearest one upwards whose package.json is named `aftercare`. */
export function packageRoot(): string {
  if (cachedRoot !== null) return cachedRoot;
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (
      existsSync(file) &&
      (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name === 'aftercare'
    ) {
      return (cachedRoot = folder);
    }
    if (dirname(folder) === folder) {
      throw new ConfigError(
        `No package.json named "aftercare" above ${start}. Run Aftercare from its package folder.`,
      );
    }
  }
}

function cacheHome(env: Config['environment']): string {
  const home = env['HOME'] || homedir();
  const xdg = env['XDG_CACHE_HOME'];
  // The XDG rule: a relative value is to be ignored.
  if (xdg && isAbsolute(xdg)) return xdg;
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}

/**
 * Reads and checks the settings.
 * @throws ConfigError naming every variable that cannot be used.
 */
export function loadConfig(env: Config['environment'] = process.env, cwd: string = process.cwd()): Config {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    // An empty variable is an absent one: that is how shells and compose files unset things.
    if (name.startsWith('AFTERCARE_') && value !== undefined && value !== '') given[name] = value;
  }
  const parsed = settings.safeParse(given);
  if (!parsed.success) throw new ConfigError(complaints(parsed.error, given).join('\n'));
  const set = parsed.data;
  const at = (value: string) => resolve(cwd, value);
  const home = at(set.AFTERCARE_HOME ?? '.aftercare');
  return {
    packageRoot: packageRoot(),
    home,
    ledgerUrl: set.AFTERCARE_LEDGER_URL ?? null,
    smtpUrl: set.AFTERCARE_SMTP_URL ?? null,
    smsUrl: set.AFTERCARE_SMS_URL ?? 'mailbox:',
    storageUrl: set.AFTERCARE_STORAGE_URL ?? pathToFileURL(join(home, 'storage')).href,
    simulationServer: set.AFTERCARE_SIMULATION_SERVER ?? null,
    temporalCli: set.AFTERCARE_TEMPORAL_CLI === undefined ? null : at(set.AFTERCARE_TEMPORAL_CLI),
    as: set.AFTERCARE_AS ?? null,
    policyPath: set.AFTERCARE_POLICY === undefined ? null : at(set.AFTERCARE_POLICY),
    calendarsPath: set.AFTERCARE_CALENDARS === undefined ? null : at(set.AFTERCARE_CALENDARS),
    codecPath: set.AFTERCARE_CODEC === undefined ? null : at(set.AFTERCARE_CODEC),
    logLevel: set.AFTERCARE_LOG ?? 'warn',
    taskQueue: set.AFTERCARE_TASK_QUEUE ?? 'aftercare',
    cacheDir: set.AFTERCARE_CACHE === undefined ? join(cacheHome(env), 'aftercare') : at(set.AFTERCARE_CACHE),
    mailboxDir: join(home, 'mailbox'),
    environment: env,
  };
}

/** The configuration as it may be printed: no passwords, no environment. */
export function redacted(config: Config): Omit<Config, 'environment'> {
  const { environment: _environment, ...shown } = config;
  return {
    ...shown,
    ledgerUrl: shown.ledgerUrl === null ? null : redactUrl(shown.ledgerUrl),
    smtpUrl: shown.smtpUrl === null ? null : redactUrl(shown.smtpUrl),
    simulationServer: shown.simulationServer === null ? null : redactUrl(shown.simulationServer),
  };
}

/**
 * Puts this process on UTC. The workflow sandbox inherits the zone of its process; two workers in different zones
 * would disagree about the same history (house, trap 6).
 */
export function useUtc(): void {
  process.env['TZ'] = 'UTC';
}
