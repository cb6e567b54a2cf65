import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, redactUrl, redacted } from '../../runtime/config.js';

const cwd = mkdtempSync(join(tmpdir(), 'aftercare-config-'));
const load = (env: Record<string, string | undefined>) => loadConfig({ HOME: '/home/x', ...env }, cwd);
const refusal = (env: Record<string, string>) => {
  try {
    load(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('was accepted');
};

describe('settings', () => {
  it('needs none', () => {
    const config = load({});
    expect(config).toMatchObject({
      home: join(cwd, '.aftercare'),
      ledgerUrl: null,
      smtpUrl: null,
      smsUrl: 'mailbox:',
      storageUrl: `file://${cwd}/.aftercare/storage`,
      mailboxDir: join(cwd, '.aftercare/mailbox'),
      logLevel: 'warn',
      taskQueue: 'aftercare',
      temporalCli: null,
    });
    expect(config.cacheDir).toMatch(/^\/home\/x\/(\.cache|Library\/Caches)\/aftercare$/);
  });

  it('takes an empty variable for an absent one', () => {
    expect(load({ AFTERCARE_LEDGER_URL: '', AFTERCARE_HOME: '' })).toMatchObject({
      ledgerUrl: null,
      home: join(cwd, '.aftercare'),
    });
  });

  it('resolves paths against the working folder', () => {
    expect(load({ AFTERCARE_HOME: 'data', AFTERCARE_POLICY: '../p.yaml' })).toMatchObject({
      home: join(cwd, 'data'),
      storageUrl: `file://${cwd}/data/storage`,
      policyPath: join(cwd, '..', 'p.yaml'),
    });
  });

  it('keeps its cache where XDG says, unless told otherwise', () => {
    expect(load({ XDG_CACHE_HOME: '/var/c' }).cacheDir).toBe('/var/c/aftercare');
    expect(load({ XDG_CACHE_HOME: 'relative' }).cacheDir).not.toContain('relative');
    expect(load({ XDG_CACHE_HOME: '/var/c', AFTERCARE_CACHE: '/own' }).cacheDir).toBe('/own');
  });

  it.each([
    ['AFTERCARE_LEDGER_URL', 'mysql://h/d', 'postgres://'],
    ['AFTERCARE_SMTP_URL', 'localhost:25', 'smtp://'],
    ['AFTERCARE_SMS_URL', 'https://gateway.example', 'mailbox:'],
    ['AFTERCARE_STORAGE_URL', '/tmp/x', 'file://'],
    ['AFTERCARE_LOG', 'verbose', 'debug, info, warn, error'],
    ['AFTERCARE_AS', 'Li Na', 'staff id'],
    ['AFTERCARE_TASK_QUEUE', 'a queue', 'letters'],
  ])('refuses %s=%s and says what is allowed', (name, value, allowed) => {
    const message = refusal({ [name]: value });
    expect(message).toContain(`${name}=${value}`);
    expect(message).toContain(allowed);
  });

  it('names every fault at once', () => {
    expect(refusal({ AFTERCARE_LOG: 'x', AFTERCARE_AS: 'X Y' }).split('\n')).toHaveLength(2);
  });

  it('refuses a misspelt setting instead of ignoring it', () => {
    expect(refusal({ AFTERCARE_LEGDER_URL: 'postgres://h/d' })).toMatch(
      /AFTERCARE_LEGDER_URL is not a setting.*AFTERCARE_LEDGER_URL/,
    );
  });

  it('never shows a password', () => {
    expect(redactUrl('postgres://u:p@ss@h/d')).toBe('postgres://u:***@h/d');
    expect(refusal({ AFTERCARE_LEDGER_URL: 'mysql://u:secret@h/d' })).not.toContain('secret');
    const shown = redacted(
      load({
        AFTERCARE_LEDGER_URL: 'postgres://u:secret@h/d',
        AFTERCARE_SMTP_URL: 'smtp://u:secret@h',
        AFTERCARE_SIMULATION_SERVER: 'postgres://u:secret@h/postgres',
        X_TOKEN: 'secret',
      }),
    );
    expect(JSON.stringify(shown)).not.toContain('secret');
    expect(shown.ledgerUrl).toBe('postgres://u:***@h/d');
  });
});
