import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { deliveryQueueOf } from '../../../domain/names.js';
import type { Config } from '../../../runtime/config.js';
import { EXIT } from '../../api.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { troubleOf } from '../errors.js';
import { operator, type Operator } from '../operator.js';
import { horizons, loadPolicyOf } from '../policies.js';

interface Finding {
  state: 'ok' | 'warn' | 'fail' | 'skipped';
  text: string;
  remedy?: string;
}
type Check = [name: string, run: () => Promise<Finding>];

const ok = (text: string): Finding => ({ state: 'ok', text });
const warn = (text: string, remedy: string): Finding => ({ state: 'warn', text, remedy });
const fail = (text: string, remedy: string): Finding => ({ state: 'fail', text, remedy });

/** Days of known calendar below which a warning is due: time to enter the next notice. */
const HORIZON_DAYS = 60;
const PATIENCE_MS = 10_000;

export default command({
  name: 'doctor',
  group: 'Run',
  summary: 'checks every part and names the remedy',
  examples: ['aftercare doctor', 'aftercare doctor --json'],
  input: z.strictObject({}),
  notes: ['Exit 1 when something is ✗; a ! alone is 0.'],
  async run(ctx) {
    const { out } = ctx;
    const desk = operator(ctx);
    const findings: (Finding & { name: string })[] = [];
    try {
      for (const [name, run] of await checks(ctx, desk)) {
        const finding = { name, ...(await judged(run)) };
        findings.push(finding);
        if (!out.json) print(ctx, finding);
      }
    } finally {
      await desk.close();
    }
    const bad = findings.filter((finding) => finding.state === 'fail').length;
    const doubtful = findings.filter((finding) => finding.state === 'warn').length;
    out.either({ ok: bad === 0, checks: findings }, () => {
      out.line();
      out.line(
        bad
          ? out.c.red(`${bad} to mend${doubtful ? `, ${doubtful} to watch` : ''}`)
          : out.c.green(doubtful ? `well; ${doubtful} to watch` : 'all well'),
      );
    });
    return bad ? EXIT.failed : EXIT.done;
  },
});

function print(ctx: Context, { name, state, text, remedy }: Finding & { name: string }): void {
  const { c } = ctx.out;
  const mark = { ok: c.green('✓'), warn: c.yellow('!'), fail: c.red('✗'), skipped: c.dim('-') }[state];
  ctx.out.line(`${mark} ${name.padEnd(18)} ${text}${remedy ? `  ${c.dim('→')} ${remedy}` : ''}`);
}

/** A check that throws, or does not come back, has found something. */
async function judged(run: () => Promise<Finding>): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(
      () => resolve(fail(`no answer in ${PATIENCE_MS / 1000} s`, 'is the host reachable, is it overloaded?')),
      PATIENCE_MS,
    );
  });
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    const { message, fields, remedy } = troubleOf(error);
    const first = fields[0] ? `: ${fields[0].field} ${fields[0].message}` : '';
    return fail(
      `${message.split('\n')[0]}${first}`,
      remedy && !remedy.includes('doctor') ? remedy : 'the same with --json shows all of it',
    );
  } finally {
    clearTimeout(timer);
  }
}

async function checks(ctx: Context, desk: Operator): Promise<Check[]> {
  const config = await ctx.config();
  const stack = await desk.stack().then(
    (found) => ({ found, why: '' }),
    (error: unknown) => ({ found: null, why: troubleOf(error).message.split('. ')[0]! }),
  );
  const needsStack = (run: () => Promise<Finding>) => (): Promise<Finding> =>
    stack.found ? run() : Promise.resolve({ state: 'skipped', text: 'not checked: nothing is running' });
  return [
    ['node', () => Promise.resolve(checkNode())],
    ['engine', () => checkEngine(config, stack.found !== null)],
    [
      'stack',
      () =>
        Promise.resolve(stack.found ? ok(`running on ${config.home}`) : fail(stack.why, 'npx aftercare up')),
    ],
    ['temporal', needsStack(async () => ok((await desk.temporal()).address))],
    ['search attributes', needsStack(() => checkAttributes(desk))],
    ['worker', needsStack(() => checkWorker(config, desk))],
    ['rollout', needsStack(() => checkRollout(config, desk))],
    ['ledger', needsStack(async () => ok(await (await desk.ports()).ledger.check()))],
    ['migrations', needsStack(() => checkMigrations(desk))],
    ['mail', needsStack(() => checkMail(desk))],
    ['sms', needsStack(async () => ok(await (await desk.ports()).sms.check()))],
    ['storage', needsStack(async () => ok(await (await desk.ports()).storage.check()))],
    ['policy', () => checkPolicy(ctx)],
    ['calendars', () => checkHorizons(ctx)],
    ['templates', () => checkTemplates(config)],
    ['organisation', needsStack(() => checkOrganisation(desk))],
    ['intakes', needsStack(() => checkIntakes(desk))],
  ];
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 20)) return ok(process.versions.node);
  return fail(`${process.versions.node} is too old`, 'install Node 20.20 or newer');
}

async function checkEngine(config: Config, running: boolean): Promise<Finding> {
  if (running) return ok('in use');
  const { cachePath, givenAddress } = await import('../../../runtime/engine.js');
  const given = givenAddress(config);
  if (given) return ok(`${given.address}, from ${given.source}`);
  const asked = spawnSync(config.temporalCli ?? 'temporal', ['--version'], {
    encoding: 'utf8',
    timeout: 5_000,
  });
  if (asked.status === 0) return ok(asked.stdout.trim().split('\n')[0]!);
  if (config.temporalCli) {
    return fail(
      `AFTERCARE_TEMPORAL_CLI=${config.temporalCli} does not run`,
      'point it to a temporal CLI 1.9 or newer, or unset it',
    );
  }
  if (existsSync(cachePath(config))) return ok(cachePath(config));
  return warn('none here yet', 'the first npx aftercare up fetches it');
}

async function checkAttributes(desk: Operator): Promise<Finding> {
  const { missingSearchAttributes } = await import('../../../runtime/connection.js');
  const { connection, namespace } = await desk.temporal();
  const missing = await missingSearchAttributes(connection, namespace);
  return missing.length ? fail(`${missing.join(', ')} missing`, 'npx aftercare migrate') : ok('all there');
}

async function checkWorker(config: Config, desk: Operator): Promise<Finding> {
  const { connection, namespace } = await desk.temporal();
  const queues: [string, number][] = [
    [config.taskQueue, 1],
    [deliveryQueueOf(config.taskQueue), 2],
  ];
  for (const [name, taskQueueType] of queues) {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType,
    });
    if (!pollers?.length)
      return fail(`nobody works on ${name}: cases stand still`, 'npx aftercare up, or start a worker');
  }
  return ok(`working on ${queues.map(([name]) => name).join(', ')}`);
}

/** Cases take their next step on the current build: somebody of that build must be there. */
async function checkRollout(config: Config, desk: Operator): Promise<Finding> {
  const { currentBuild } = await import('../../../runtime/deployment.js');
  const { connection, namespace } = await desk.temporal();
  const { taskQueue } = config;
  const build = await currentBuild(connection.workflowService, { namespace, taskQueue });
  if (build === null) return fail('no version is current: cases stand still', 'npx aftercare rollout');
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  const others = (pollers ?? []).map((poller) => poller.deploymentOptions?.buildId ?? 'unversioned');
  if (others.includes(build)) return ok(`${build} is current`);
  return fail(
    `${build} is current, and no worker of it is here${others.length ? `, but of ${[...new Set(others)].join(', ')}` : ''}`,
    'npx aftercare rollout, in the folder of the worker that is here; or start one of that version',
  );
}

async function checkMigrations(desk: Operator): Promise<Finding> {
  const pending = await (await desk.ports()).ledger.pendingMigrations();
  return pending.length
    ? fail(`${pending.join(', ')} not applied`, 'npx aftercare migrate')
    : ok('up to date');
}

async function checkMail(desk: Operator): Promise<Finding> {
  if (!(await desk.stack()).smtpUrl)
    return warn('no SMTP is named here', 'set AFTERCARE_SMTP_URL as the worker has it');
  return ok(await (await desk.ports()).mail.check());
}

async function checkPolicy(ctx: Context): Promise<Finding> {
  const { policy, digest, source } = await loadPolicyOf(ctx, undefined);
  return ok(`${relative(process.cwd(), source)}, version ${policy.version}, ${digest.slice(0, 12)}`);
}

async function checkHorizons(ctx: Context): Promise<Finding> {
  const { calendars } = await loadPolicyOf(ctx, undefined);
  const [nearest] = horizons(calendars, new Date()).sort((a, b) => a.daysLeft - b.daysLeft);
  if (!nearest) return ok('no holidays are counted');
  const text = `holidays known to ${nearest.horizonOn}`;
  if (nearest.daysLeft >= HORIZON_DAYS) return ok(text);
  return warn(
    `${text}${nearest.daysLeft < 0 ? ', which has passed' : `, ${nearest.daysLeft} days ahead`}: deadlines beyond are provisional`,
    "add next year's notice to policy/calendars and name it in the policy",
  );
}

async function checkTemplates(config: Config): Promise<Finding> {
  const { loadTemplates } = await import('../../../adapters/texts.js');
  const { all, warnings } = await loadTemplates(join(config.packageRoot, 'policy', 'templates'));
  const [first] = warnings;
  return first
    ? warn(`${all.length}, ${warnings.length} warnings: ${first.key} ${first.problem}`, first.remedy)
    : ok(`${all.length} sound`);
}

async function checkOrganisation(desk: Operator): Promise<Finding> {
  const organisation = await (await desk.ports()).ledger.organisation();
  if (organisation === null)
    return fail('none is imported', 'npx aftercare org import examples/organisation.yaml');
  return ok(
    `${organisation.company.name}: ${organisation.staff.length} staff, ${organisation.customers.length} customers`,
  );
}

async function checkIntakes(desk: Operator): Promise<Finding> {
  const waiting = await (await desk.ports()).ledger.pendingIntakes();
  return waiting.length
    ? warn(`${waiting.length} received, not started`, 'npx aftercare intake retry')
    : ok('none waits');
}
