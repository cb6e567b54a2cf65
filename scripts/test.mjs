/**
 * `npm test`, or some of its stages: `npm test -- unit replay`. Prints a line for each stage, then what was skipped and
 * why, then what failed, last `N passed, N failed` over all tests, where a check counts as one. Exits 0 when nothing
 * failed.
 *
 * The file is also the reporter that it hands to vitest: it writes counts, skips and their reasons for the parent.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TSC } from './build.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
// Not AFTERCARE_…: those are settings of the product, and an unknown one is refused.
const REPORT_SETTING = 'TEST_REPORT_FILE';
/** A stage that takes longer hangs: it is stopped and fails. */
const STAGE_LIMIT_MS = 15 * 60_000;
/** How long what a stage started may outlive it. */
const LINGER_MS = 3_000;

const bin = (name) => join('node_modules', '.bin', name);
const found = (output, pattern) => pattern.exec(output)?.[1];
const plural = (count, noun, nouns = `${noun}s`) => `${count} ${Number(count) === 1 ? noun : nouns}`;

/** What the import law is checked on. */
const SOURCES = [
  ...[
    'domain',
    'workflows',
    'activities',
    'documents',
    'adapters',
    'runtime',
    'worker',
    'client',
    'simulation',
    'audit',
  ],
  ...['web', 'tests', 'bench', 'scripts', 'vitest.config.ts'],
];

const check = (name, args, summary) => ({ name, kind: 'check', args, summary });
const tests = (name, kind, more = []) => ({ name, kind, folder: `tests/${name}`, more });

/**
 * Two lanes: first checks and light tests, one core each; then the stages that start servers and mostly wait for them.
 * The slowest come first: the pool ends sooner.
 */
const STAGES = [
  check(
    'lint',
    () => [bin('oxlint'), '--deny-warnings'],
    (output) => {
      const [warnings, errors] =
        /Found (\d+) warnings? and (\d+) errors?/.exec(output)?.slice(1).map(Number) ?? [];
      return warnings || errors ? plural(warnings + errors, 'problem') : '';
    },
  ),
  check(
    'types',
    () => [TSC, '-p', 'tsconfig.check.json'],
    (output) => {
      const count = output.match(/error TS\d+/g)?.length;
      return count ? plural(count, 'error') : '';
    },
  ),
  tests('unit', 'light'),
  check(
    'imports',
    () => [
      ...[bin('depcruise'), '--config', '.dependency-cruiser.cjs', '--progress', 'none'],
      ...['--output-type', 'err-long', ...SOURCES.filter((source) => existsSync(join(ROOT, source)))],
    ],
    (output) => {
      const broken = found(output, /(\d+) dependency violations/);
      if (broken) return plural(broken, 'violation');
      const modules = found(output, /(\d+) modules, \d+ dependencies cruised/);
      return modules ? `${modules} modules, ${found(output, /(\d+) dependencies cruised/)} imports` : '';
    },
  ),
  check(
    'format',
    () => [bin('prettier'), '--check', '.', '--cache', '--cache-strategy', 'content'],
    (output) => {
      const count = output.match(/^\[warn\] .*\.\w+$/gm)?.length;
      return count ? plural(count, 'file') : '';
    },
  ),
  tests('docs', 'light'),
  tests('scenarios', 'heavy'),
  tests('e2e', 'heavy'),
  // Two processes: in one it would outlast all others, and what comes last must keep two cores busy by itself.
  tests('workflow', 'heavy', ['--maxWorkers=2']),
  tests('adapters', 'heavy'),
  tests('replay', 'heavy'),
];
/** The order in which they are printed: what is quick to mend first. */
const PRINTED = [
  'format',
  'lint',
  'imports',
  'types',
  'unit',
  'docs',
  'adapters',
  'workflow',
  'scenarios',
  'replay',
  'e2e',
];

const tty = process.stdout.isTTY === true && process.env.TERM !== 'dumb';
const colour = tty && !process.env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[39m` : text);
const [red, green, yellow] = [paint(31), paint(32), paint(33)];

// ------------------------------------------------------------------------------------------------ the reporter

/** Whether a test did not run because a hook before it failed: vitest calls that skipped. */
function setUpFailed(test) {
  for (let suite = test.parent; suite; suite = suite.parent) if (suite.errors().length > 0) return true;
  return false;
}

/** Vitest calls this with what it ran; nothing is printed here. */
export default class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env[REPORT_SETTING];
    if (!file) return;
    const report = { files: modules.length, passed: 0, failed: 0, skipped: [] };
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') report.passed += 1;
        else if (state === 'skipped' && !setUpFailed(test)) {
          const reason = note ?? (test.options.mode === 'todo' ? 'to do' : 'no reason given');
          report.skipped.push({ test: `${relative(ROOT, module.moduleId)} > ${test.fullName}`, reason });
        } else failedHere += 1;
      }
      // A file that does not load has no tests, and a hook that fails none that failed.
      if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
      report.failed += failedHere;
    }
    report.failed += unhandledErrors.length;
    writeFileSync(file, JSON.stringify(report));
  }
}

// ----------------------------------------------------------------------------------------------- running stages

const running = new Map();

/** Ends a stage and whatever it started. @returns whether there was anything to end */
function stop(child, signal = 'SIGKILL') {
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/** Gives what a stage started a moment to end by itself, then ends it. @returns whether that was needed */
async function sweep(child) {
  for (let waited = 0; waited < LINGER_MS; waited += 100) {
    if (!stop(child, 0)) return false;
    await delay(100);
  }
  return stop(child);
}

/** Runs a program in a process group of its own, to its end. */
async function run(name, args, extra) {
  const env = { ...process.env, TZ: 'UTC', ...extra };
  for (const setting of ['NO_COLOR', 'FORCE_COLOR']) delete env[setting];
  env[colour ? 'FORCE_COLOR' : 'NO_COLOR'] = '1';
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.set(name, child);
  let output = '';
  const take = (chunk) => (output += chunk);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', take);
  const limit = setTimeout(() => {
    take(`\nStopped after ${STAGE_LIMIT_MS / 60_000} minutes.\n`);
    stop(child);
  }, STAGE_LIMIT_MS);
  const closed = new Promise((resolve) => child.once('close', resolve));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      take(`${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (status) => resolve(status ?? 1));
  });
  clearTimeout(limit);
  // Before the output is complete: what was left running may hold it open.
  const left = child.pid !== undefined && (await sweep(child));
  await closed;
  running.delete(name);
  return { code, output, left };
}

/** What came of a stage. `absent` stages have no folder yet. */
async function runStage(stage, folder) {
  const started = performance.now();
  const ended = (result) => ({ stage, ms: performance.now() - started, skipped: [], ...result });
  if (stage.kind === 'check') {
    const { code, output } = await run(stage.name, stage.args());
    const plain = output.replace(/\u001b\[[0-9;]*m/g, '');
    const passed = code === 0 ? 1 : 0;
    return ended({ passed, failed: 1 - passed, counts: stage.summary(plain), output });
  }
  if (!existsSync(join(ROOT, stage.folder))) {
    return ended({ absent: true, passed: 0, failed: 0, counts: `no ${stage.folder}/ yet`, output: '' });
  }
  const file = join(folder, `${stage.name}.json`);
  const reporters = ['minimal', './scripts/test.mjs'].map((reporter) => `--reporter=${reporter}`);
  const { code, output, left } = await run(
    stage.name,
    [bin('vitest'), 'run', `${stage.folder}/`, ...reporters, '--silent=passed-only', ...stage.more],
    { [REPORT_SETTING]: file },
  );
  const died = !existsSync(file);
  const report = died
    ? { files: 0, passed: 0, failed: 0, skipped: [] }
    : JSON.parse(readFileSync(file, 'utf8'));
  // An empty stage, and one that died, are failures too.
  const failed = report.failed || (code !== 0 || report.files === 0 ? 1 : 0);
  const counts = [
    `${report.passed} passed`,
    ...(failed ? [`${failed} failed`] : []),
    ...(report.skipped.length ? [`${report.skipped.length} skipped`] : []),
    ...(left ? ['left processes running'] : []),
  ].join(', ');
  const empty = died ? 'ended before its tests did' : `no tests in ${stage.folder}/`;
  return ended({
    passed: report.passed,
    failed,
    skipped: report.skipped,
    counts: report.files === 0 ? empty : counts,
    output,
  });
}

// ---------------------------------------------------------------------------------------------------- printing

const width = Math.max(...STAGES.map((stage) => stage.name.length));

function line({ stage, ms, failed, absent, counts }) {
  const mark = absent ? yellow('–') : failed ? red('✗') : green('✓');
  const seconds = absent ? '' : `${(ms / 1000).toFixed(1)} s`;
  return `${mark} ${stage.name.padEnd(width)} ${seconds.padStart(7)}  ${counts}`.trimEnd();
}

/** Prints lines in their order, each as soon as those before it are there. On a terminal, also what is running. */
function printer(chosen) {
  const waiting = PRINTED.filter((name) => chosen.some((stage) => stage.name === name));
  const done = new Map();
  const started = performance.now();
  const clear = () => tty && process.stdout.write('\r\u001b[2K');
  const status = () => {
    if (running.size === 0) return;
    const names = [...running.keys()].join(', ');
    process.stdout.write(`\r\u001b[2K· ${names}  ${((performance.now() - started) / 1000).toFixed(0)} s`);
  };
  const timer = tty ? setInterval(status, 500) : undefined;
  return {
    done(result) {
      done.set(result.stage.name, result);
      clear();
      while (waiting.length > 0 && done.has(waiting[0])) console.log(line(done.get(waiting.shift())));
    },
    end() {
      clearInterval(timer);
      clear();
    },
  };
}

// --------------------------------------------------------------------------------------------------------- main

async function main(names) {
  const unknown = names.filter((name) => !PRINTED.includes(name));
  if (unknown.length > 0) {
    console.error(`No stage ${unknown.join(', ')}. Stages: ${PRINTED.join(' ')}`);
    return 64;
  }
  const chosen = STAGES.filter((stage) => names.length === 0 || names.includes(stage.name));
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-test-'));
  const print = printer(chosen);
  const results = [];
  const work = async (queue) => {
    for (let stage = queue.shift(); stage; stage = queue.shift()) {
      const result = await runStage(stage, folder);
      results.push(result);
      print.done(result);
    }
  };
  try {
    for (const heavy of [false, true]) {
      const queue = chosen.filter((stage) => (stage.kind === 'heavy') === heavy);
      await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, () => work(queue)));
    }
  } finally {
    print.end();
    rmSync(folder, { recursive: true, force: true });
  }
  results.sort((a, b) => PRINTED.indexOf(a.stage.name) - PRINTED.indexOf(b.stage.name));
  const skipped = results.flatMap((result) => result.skipped);
  if (skipped.length > 0) console.log('');
  for (const { test, reason } of skipped) console.log(`AFTERCARE_SKIPS ${test}: ${reason}`);
  for (const { stage, output } of results.filter((result) => result.failed > 0)) {
    console.log(`\n${red(`✗ ${stage.name}`)}  again: npm test -- ${stage.name}\n`);
    console.log(output.trim() || 'It ended without saying why.');
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const [passed, failed] = [sum('passed'), sum('failed')];
  console.log(`\n${passed} passed, ${failed} failed`);
  // Nothing tested is nothing proved.
  return failed > 0 || passed === 0 ? 1 : 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => {
      for (const child of running.values()) stop(child);
      console.error(`\nStopped. Not finished: ${[...running.keys()].join(', ')}`);
      process.exit(code);
    });
  }
  process.exitCode = await main(process.argv.slice(2));
}
