/**
 * Makes a fresh checkout ready: packages, build, engine. Under a second when nothing changed. Stages go to stderr,
 * one line each when that is not a terminal. Plain Node: this runs before anything is installed.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, ROOT, StepError, build, exclusively, hashOf, readText, run } from './build.mjs';

const NODE_NEEDED = [20, 20];
const tty = process.stderr.isTTY === true && process.env.TERM !== 'dumb';
const colour = tty && !process.env.NO_COLOR;
const green = (text) => (colour ? `\u001b[32m${text}\u001b[39m` : text);
const red = (text) => (colour ? `\u001b[31m${text}\u001b[39m` : text);

/** Runs one stage and prints its line; on a terminal the line counts the seconds meanwhile. */
async function stage(name, work) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(7);
  let detail = '';
  const line = (mark) => `${mark} ${name.padEnd(9)}${seconds()}  ${detail}`.trimEnd();
  const show = () => tty && process.stderr.write(`\r\u001b[2K${line('·')}`);
  const timer = setInterval(show, 100);
  const finish = (mark) => {
    clearInterval(timer);
    process.stderr.write(`${tty ? '\r\u001b[2K' : ''}${line(mark)}\n`);
  };
  try {
    detail = await work((progress) => {
      detail = progress;
      show();
    });
    finish(green('✓'));
  } catch (error) {
    detail = 'failed';
    finish(red('✗'));
    throw error;
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor < NODE_NEEDED[1])) {
    throw new StepError(
      `Node ${process.versions.node} is too old: Aftercare needs ${NODE_NEEDED.join('.')} or newer. Install a current LTS release.`,
    );
  }
}

/** True when exactly the locked packages are installed, by whatever means; other platforms' ones may be missing. */
function installedAsLocked(installed) {
  try {
    const locked = JSON.parse(readText(join(ROOT, 'package-lock.json'))).packages;
    const present = JSON.parse(readText(installed)).packages;
    const same = (path) =>
      present[path]?.version === locked[path]?.version &&
      present[path]?.integrity === locked[path]?.integrity;
    return (
      Object.keys(present).every((path) => path in locked && same(path)) &&
      Object.entries(locked).every(
        ([path, entry]) => path === '' || same(path) || (entry.optional && !(path in present)),
      )
    );
  } catch {
    return false;
  }
}

/** `npm ci`, when what is installed is not what the lock file says. */
async function packages() {
  const wanted = hashOf([join(ROOT, 'package-lock.json')]);
  const stamp = join(ROOT, 'node_modules', '.aftercare-stamp');
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && readText(stamp) === `${wanted} ${hashOf([installed])}`) return 'unchanged';
  if (installedAsLocked(installed)) {
    writeFileSync(stamp, `${wanted} ${hashOf([installed])}`);
    return 'as locked';
  }
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund'];
  // Started by npm, its own script is at hand; otherwise the one on the PATH.
  const done = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...args]) : await run('npm', args);
  if (done.code !== 0) {
    // npm appends the help page of the command to some errors.
    const said = done.output.split(/^npm error Clean install a project$/m)[0].trim();
    const remedy = /EUSAGE/.test(said)
      ? 'The lock file does not fit package.json: a change to one of them is incomplete.'
      : 'The network or the package registry may be out of reach; try again.';
    throw new StepError(`npm ${args.join(' ')} failed:\n${said}\n${remedy}`);
  }
  writeFileSync(stamp, `${wanted} ${hashOf([installed])}`);
  return 'installed';
}

/** Finds the engine, or fetches it; with an address given there is nothing to do. */
async function engine(progress) {
  const { loadConfig } = await import(pathToFileURL(join(DIST, 'runtime', 'config.js')).href);
  const { EngineError, resolveEngine } = await import(pathToFileURL(join(DIST, 'runtime', 'engine.js')).href);
  try {
    // The binary in any case: demo and tests bring their own server, also where TEMPORAL_ADDRESS is set.
    const found = await resolveEngine(loadConfig(), { onProgress: progress, binaryOnly: true });
    const from = {
      setting: 'AFTERCARE_TEMPORAL_CLI',
      path: 'on the PATH',
      cache: 'unchanged',
      vendor: 'from the vendor',
    };
    return `temporal ${found.version}, ${from[found.source] ?? 'from the package index, hash checked'}`;
  } catch (error) {
    throw error instanceof EngineError ? new StepError(error.message) : error;
  }
}

/** So that `npx aftercare` finds the command without asking the registry. */
function linkCommand() {
  const target = join(DIST, 'program', 'aftercare.js');
  if (!existsSync(target)) return;
  chmodSync(target, 0o755);
  const bin = join(ROOT, 'node_modules', '.bin');
  const link = join(bin, 'aftercare');
  const wanted = '../../dist/program/aftercare.js';
  mkdirSync(bin, { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false })) {
    if (lstatSync(link).isSymbolicLink() && readlinkSync(link) === wanted) return;
    rmSync(link, { force: true });
  }
  symlinkSync(wanted, link);
}

try {
  checkNode();
  await exclusively(
    'setup',
    async () => {
      await stage('packages', packages);
      await stage('build', build);
      await stage('engine', engine);
      linkCommand();
    },
    (pid) => process.stderr.write(`waiting for process ${pid}, which is setting up the same folder\n`),
  );
} catch (error) {
  process.stderr.write(`${error instanceof StepError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
