/**
 * Builds dist/: TypeScript, the workflow bundle, then the programs that start often, each from few files. Skipped when
 * nothing changed since the last build.
 * Plain Node: this runs before any package can be counted on.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { extname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
export const DIST = join(ROOT, 'dist');
const PROGRAM = join(DIST, 'program');
/** Pure JavaScript, with what they are made of themselves. */
const PLAIN_LIBRARIES = [
  ...['cli-table3', 'commander', 'csv-parse', 'kysely', 'picocolors', 'yaml', 'zod'],
  ...['pg', 'pg-connection-string', 'pg-int8', 'pg-pool', 'pg-protocol', 'pg-types', 'pgpass', 'split2'],
  ...['postgres-array', 'postgres-bytea', 'postgres-date', 'postgres-interval', 'xtend'],
  ...['ansi-regex', 'emoji-regex', 'is-fullwidth-code-point', 'string-width', 'strip-ansi'],
];
/** Two compilers are installed: this one checks and builds, the other is for tools that parse with it (ADR 19). */
export const TSC = join(ROOT, 'node_modules', 'typescript-native', 'bin', 'tsc');
/** The folders that are built: what tsconfig.json includes, so that the list has one home. */
const FOLDERS = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')).include;

/** A step that failed in a way the text explains: shown without a stack. */
export class StepError extends Error {}

/** SHA-256 over the names and contents of files. */
export function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${relative(ROOT, file)}\n`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesUnder(folder, extensions) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && extensions.includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

export function readText(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Runs a program to its end and returns its code and output. */
export async function run(command, args, { env = process.env } = {}) {
  return await new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk) => (output += chunk.toString('utf8'));
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Runs `work` while nobody else runs it. A lock whose process is gone is taken over.
 * It lies outside node_modules, which `npm ci` removes.
 */
export async function exclusively(name, work, onWait = () => {}) {
  const file = join(DIST, `.${name}.lock`);
  mkdirSync(DIST, { recursive: true });
  const own = `${file}.${process.pid}.${randomUUID().slice(0, 8)}`;
  for (let waited = false; ; waited = true) {
    writeFileSync(own, String(process.pid));
    try {
      linkSync(own, file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(own, { force: true });
    }
    const holder = Number(readText(file));
    if (holder > 0 && alive(holder)) {
      if (!waited) onWait(holder);
      await delay(100);
      continue;
    }
    const aside = `${own}.stale`;
    try {
      renameSync(file, aside);
    } catch {
      continue;
    }
    // Another process may have taken the dead lock over in between: then it was its lock, and goes back.
    const moved = Number(readText(aside));
    if (moved > 0 && alive(moved)) renameSync(aside, file);
    else rmSync(aside, { force: true });
  }
  const release = () => {
    if (Number(readText(file)) === process.pid) rmSync(file, { force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** Removes what earlier builds left of sources that are gone; the bundle and its hash must not see it. */
function prune() {
  for (const file of FOLDERS.flatMap((folder) => filesUnder(join(DIST, folder), ['.js', '.map']))) {
    const source = join(ROOT, relative(DIST, file)).replace(/\.js(\.map)?$/, '.ts');
    if (!existsSync(source)) rmSync(file);
  }
}

/** Templates of printed forms stand beside the code that reads them; those of earlier builds do not stay behind. */
function copyTemplates(to) {
  rmSync(to, { recursive: true, force: true });
  cpSync(join(ROOT, 'documents', 'templates'), to, { recursive: true });
}

/**
 * The command line and the processes of a simulation, with the plain libraries they use, in dist/program: reading some
 * hundred small files took a command a third of its time (ADR 18). What has native parts, finds its own files or must
 * be one instance with Temporal's worker stays outside.
 */
async function bundlePrograms() {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: {
      aftercare: join(DIST, 'client', 'cli', 'main.js'),
      ...Object.fromEntries(
        ['worker-main', 'ledger-main', 'desk-main'].map((name) => [
          name,
          join(DIST, 'simulation', `${name}.js`),
        ]),
      ),
    },
    platform: 'node',
    // By this pg looks whether it runs at Cloudflare; asking it of Node 20 loads the whole of fetch.
    transform: { define: { 'typeof Response': '"undefined"' } },
    external: (id) => !/^[./]/.test(id) && !PLAIN_LIBRARIES.includes(id.split('/')[0]),
    logLevel: 'warn',
  });
  const folder = `${PROGRAM}.new`;
  rmSync(folder, { recursive: true, force: true });
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  copyTemplates(join(folder, 'templates'));
  rmSync(PROGRAM, { recursive: true, force: true });
  renameSync(folder, PROGRAM);
}

/**
 * Builds when a source changed.
 * @returns what was done, for the progress line
 */
export async function build() {
  const sources = FOLDERS.flatMap((folder) => filesUnder(join(ROOT, folder), ['.ts', '.typ']));
  const inputs = [
    ...sources,
    ...['tsconfig.json', 'package.json', 'package-lock.json', 'scripts/build.mjs'].map((name) =>
      join(ROOT, name),
    ),
  ];
  const hash = hashOf(inputs.filter((file) => existsSync(file)));
  const stamp = join(DIST, '.stamp');
  if (readText(stamp) === hash && existsSync(join(DIST, 'workflow-bundle.js')) && existsSync(PROGRAM))
    return 'unchanged';
  rmSync(stamp, { force: true });
  if (!existsSync(TSC)) throw new StepError('TypeScript is not installed. Run: node scripts/setup.mjs');
  // The incremental state says what was written, not what is still there: without the files it would write nothing.
  if (!existsSync(join(DIST, 'runtime'))) rmSync(join(DIST, '.tsbuildinfo'), { force: true });
  const compiled = await run(process.execPath, [TSC, '-p', 'tsconfig.json']);
  if (compiled.code !== 0) throw new StepError(`tsc found errors:\n${compiled.output.trim()}`);
  prune();
  copyTemplates(join(DIST, 'documents', 'templates'));
  const bundled = await run(process.execPath, [join(DIST, 'worker', 'bundle.js')], {
    env: { ...process.env, TZ: 'UTC' },
  });
  if (bundled.code !== 0) throw new StepError(bundled.output.trim());
  await bundlePrograms();
  writeFileSync(`${stamp}.tmp`, hash);
  renameSync(`${stamp}.tmp`, stamp);
  return bundled.output.trim().split('\n').at(-1) ?? '';
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.stderr.write(`${await exclusively('setup', build)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof StepError ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}
