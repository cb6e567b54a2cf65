/**
 * Upgrades on the real server: workers with versions of the shipped bundle, one after the other, and a case that was
 * opened under the first of them.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { afterAll, describe, expect, it } from 'vitest';
import { rollout, runsOf, type RolloutDeps } from '../../audit/index.js';
import { Aftercare } from '../../client/aftercare.js';
import { loadPolicy } from '../../client/policy.js';
import { TASK_QUEUE } from '../../domain/names.js';
import { loadConfig, packageRoot } from '../../runtime/config.js';
import { connectNative, makeNamespace } from '../../runtime/connection.js';
import { buildIdOf, currentBuild, NoWorkerError } from '../../runtime/deployment.js';
import { bundleDigest, ensureBundle } from '../../worker/bundle.js';
import { createWorkers, type Workers } from '../../worker/worker.js';
import { useOffice, type Office } from '../support/desk.js';

const NAMESPACE = 'rollouts';

interface Version {
  codePath: string;
  digest: string;
}

let office: Office;
let folder: string;
let api: Aftercare;
let place: Omit<RolloutDeps, 'bundle'>;
let client: Client;
let caseId: string;
const running: Workers[] = [];

/** The shipped bundle, changed. */
async function version(name: string, change: (code: string) => string): Promise<Version> {
  const shipped = await readFile(
    (await ensureBundle({ sources: join(packageRoot(), 'dist') })).codePath,
    'utf8',
  );
  const code = change(shipped);
  expect(code, name).not.toBe(shipped);
  const codePath = join(folder, `${name}.js`);
  await writeFile(codePath, code);
  return { codePath, digest: bundleDigest(code) };
}

/** A worker of that version beside those that run. */
async function serve(bundle: Version): Promise<Workers> {
  const { nativeConnection } = await connectNative(loadConfig(), { address: office.server.address });
  const workers = await createWorkers({
    nativeConnection,
    namespace: NAMESPACE,
    config: { taskQueue: TASK_QUEUE },
    bundle,
    ports: office.ports,
    maxCachedWorkflows: 0,
  });
  running.push(workers);
  void workers.finished.finally(() => nativeConnection.close());
  return workers;
}

const buildsOf = async () => (await runsOf(client, caseId)).at(-1)!.builds;
const current = () => currentBuild(office.connection.workflowService, place);
const complete = (task: string, answer: Record<string, unknown>) =>
  api.complete(caseId, task, answer, 'li.na');

useOffice(async (opened) => {
  office = opened;
  folder = await mkdtemp(join(tmpdir(), 'aftercare-rollout-'));
  const { connection } = office;
  await makeNamespace(connection, NAMESPACE, 1);
  client = new Client({ connection, namespace: NAMESPACE });
  place = { connection, namespace: NAMESPACE, taskQueue: TASK_QUEUE };
  api = new Aftercare({
    client,
    ledger: office.ports.ledger,
    storage: office.ports.storage,
    policy: await loadPolicy(join(packageRoot(), 'policy', 'default.yaml'), {}),
    taskQueue: TASK_QUEUE,
  });
});
afterAll(async () => {
  await Promise.allSettled(running.map((workers) => workers.shutdown()));
  await rm(folder, { recursive: true, force: true });
});

describe('a rollout', () => {
  let first: Version;
  let second: Version;
  let firstWorkers: Workers;

  it('refuses a version that no worker runs', async () => {
    first = await version('first', (code) => `/* first */\n${code}`);
    await expect(rollout({ ...place, bundle: first }, { waitMs: 300 })).rejects.toThrow(NoWorkerError);
    expect(await current()).toBeNull();
  });

  it('makes the first version current where no case is open', async () => {
    firstWorkers = await serve(first);
    const report = await rollout({ ...place, bundle: first });
    const build = buildIdOf(first.digest);
    expect(report).toEqual({
      deployment: 'aftercare',
      build,
      before: null,
      checked: 0,
      differing: [],
      current: true,
    });
    expect(await current()).toBe(build);
    const opened = await api.openComplaint(
      { problemType: 'productQuality', matter: '打印头漏墨', complainant: office.stranger() },
      'li.na',
    );
    caseId = opened.caseId;
    expect(await buildsOf()).toEqual([build]);
  });

  it('is the only way to the cases: a worker of another version gets none before it', async () => {
    second = await version('second', (code) => `/* second */\n${code}`);
    await serve(second);
    await complete('acknowledge', { grade: 'general' });
    expect(await buildsOf()).toEqual([buildIdOf(first.digest)]);
  });

  it('with --dry-run replays the open cases and changes nothing', async () => {
    const report = await rollout({ ...place, bundle: second }, { dryRun: true });
    expect(report).toMatchObject({ checked: 1, differing: [], current: false });
    expect(await current()).toBe(buildIdOf(first.digest));
  });

  it('lets a case begun under one version go on under the next (house 4)', async () => {
    const report = await rollout({ ...place, bundle: second });
    expect(report).toMatchObject({ before: buildIdOf(first.digest), checked: 1, current: true });
    await firstWorkers.shutdown();
    const done = await complete('investigate', { finding: 'founded', cause: '密封圈磨损' });
    expect(done.status).toBe('open');
    expect(await buildsOf()).toEqual([buildIdOf(first.digest), buildIdOf(second.digest)]);
  });

  it('is not needed twice', async () => {
    const report = await rollout({ ...place, bundle: second });
    expect(report).toMatchObject({ before: buildIdOf(second.digest), checked: 0, current: true });
  });

  it('is refused by an open case that the version would stop, and the case goes on as it was', async () => {
    const broken = await version('broken', (code) =>
      code.replaceAll('recordHere.record(', 'recordHere.store('),
    );
    await serve(broken);
    const report = await rollout({ ...place, bundle: broken });
    expect(report).toMatchObject({ checked: 1, current: false });
    expect(report.differing).toEqual([
      { caseId, runId: expect.any(String) as string, result: expect.stringMatching(/\S/) as string },
    ]);
    expect(await current()).toBe(buildIdOf(second.digest));
    await complete('reportToHead', { reportedTo: 'he.jing' });
    expect(await buildsOf()).toEqual([buildIdOf(first.digest), buildIdOf(second.digest)]);
  });
});
