import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TurnRow } from '../../adapters/ports.js';
import {
  commandDifference,
  commandDigest,
  exportCase,
  historyJson,
  replayHistories,
  replayTargets,
  replayVerdict,
  runsOf,
  verifyExport,
  type CaseRun,
} from '../../audit/index.js';
import { loadConfig } from '../../runtime/config.js';
import { resolveEngine, startDevServer, type DevServer } from '../../runtime/engine.js';

/**
 * The audit against histories of a real server: a small workflow that records its turns as the kernel does, once by a
 * local and once by a regular activity, goes on as new, is reset and is started again under its id.
 */
const workflow = (options: { hours: number; second: 'record' | 'deliver' }) => `
  import * as wf from '@temporalio/workflow';
  const here = wf.proxyLocalActivities({ startToCloseTimeout: '5s' });
  const there = wf.proxyActivities({ startToCloseTimeout: '5s' });
  export const complete = wf.defineUpdate('completeTask');
  export async function tiny(start) {
    let answered = false;
    let turn = start.turn ?? 0;
    const { runId, workflowId } = wf.workflowInfo();
    const record = (by) => by.record({ caseId: workflowId, runId, turn: ++turn });
    wf.setHandler(complete, () => { answered = true; return 'done'; });
    await record(here);
    await wf.condition(() => answered, ${options.hours} * 3_600_000, { summary: 'acknowledge due' });
    await there.${options.second}({ caseId: workflowId, runId, turn: ++turn });
    if (start.turn === undefined) await wf.continueAsNew({ ...start, turn });
    return { outcome: 'satisfied' };
  }`;

const CASE = "T20300304-0'1";
const folder = mkdtempSync(join(tmpdir(), 'aftercare-audit-server-'));
const turns: TurnRow[] = [];
let server: DevServer;
let connection: Connection;
let native: NativeConnection;
let client: Client;
let runs: CaseRun[];
let firstRun: string;

async function bundle(name: string, code: string): Promise<string> {
  const source = join(folder, `${name}.js`);
  writeFileSync(source, code);
  const sdk = join(
    dirname(createRequire(import.meta.url).resolve('@temporalio/workflow/package.json')),
    '..',
    '..',
  );
  const { code: bundled } = await bundleWorkflowCode({
    workflowsPath: source,
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook: (config) => ({ ...config, resolve: { ...config.resolve, modules: [sdk] } }),
  });
  const file = join(folder, `${name}.bundle.js`);
  writeFileSync(file, bundled);
  return file;
}

let same: string;
let longer: string;
let other: string;

beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  });
  same = await bundle('same', workflow({ hours: 1, second: 'record' }));
  longer = await bundle('longer', workflow({ hours: 2, second: 'record' }));
  other = await bundle('other', workflow({ hours: 1, second: 'deliver' }));

  const config = loadConfig();
  const engine = await resolveEngine(config, { binaryOnly: true });
  server = await startDevServer({ binary: engine.path, dataFile: null, ui: false, logFile: null });
  connection = await Connection.connect({ address: server.address });
  native = await NativeConnection.connect({ address: server.address });
  client = new Client({ connection });
  const worker = await Worker.create({
    connection: native,
    taskQueue: 'audit',
    workflowBundle: { codePath: same },
    workerDeploymentOptions: {
      version: { deploymentName: 'aftercare', buildId: '3f2c1a' },
      useWorkerVersioning: false,
    },
    activities: {
      record: ({ caseId, runId, turn }: TurnRow) => {
        const digest = `digest of ${runId}/${turn}`;
        turns.push({ caseId, runId, turn, digest, at: '2030-03-04T01:00:00.000Z', supersededBy: null });
        return Promise.resolve({ digest });
      },
    },
  });
  const handle = client.workflow.getHandle(CASE);
  const answer = () => handle.executeUpdate('completeTask').catch(() => undefined);
  // A run may be between two chapters when an answer comes: people ask again, and so does this.
  const answerUntilClosed = async () => {
    while ((await handle.describe()).status.name === 'RUNNING') await Promise.all([answer(), delay(50)]);
  };
  await worker.runUntil(async () => {
    const start = () => client.workflow.start('tiny', { taskQueue: 'audit', workflowId: CASE, args: [{}] });
    firstRun = (await start()).firstExecutionRunId;
    // An answer that comes with the first task leaves no timer in the history that the last test changes.
    while (!(await handle.fetchHistory()).events?.some((event) => event.timerStartedEventAttributes))
      await delay(20);
    await answerUntilClosed();
    await start();
    await answer();
    await connection.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: CASE, runId: firstRun },
      // Typed as Long, which is a package of the SDK's and not ours; a plain number is taken as well.
      workflowTaskFinishEventId: 4 as never,
      requestId: 'reset',
      reason: 'audit test',
    });
    await answerUntilClosed();
  });
  runs = await runsOf(
    client,
    CASE,
    turns.map((turn) => turn.runId),
  );
});

afterAll(async () => {
  // First the server: closing a connection that a stuck worker still holds throws, and must not leave it behind.
  await server?.stop();
  await connection?.close();
  await native?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the audit on a real server', () => {
  it('finds continued, reopened and reset runs, and only those', async () => {
    expect(runs.map((run) => run.ancestor?.how ?? 'first')).toContain('reset');
    expect(runs[0]!.runId).toBe(firstRun);
    const ids = runs.map((run) => run.runId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { runId } of turns) expect(ids).toContain(runId);
    for (const run of runs) {
      if (run.ancestor) expect(ids.indexOf(run.ancestor.runId)).toBeLessThan(ids.indexOf(run.runId));
      expect(run.builds).toEqual(['3f2c1a']);
      expect(run.workflowId).toBe(CASE);
    }
    expect((await runsOf(client, CASE)).map((run) => run.runId)).toEqual(ids);
  });

  it('keeps histories unchanged through canonical JSON (house trap 1)', () => {
    for (const { history } of runs) expect(historyJson(historyFromJSON(history))).toEqual(history);
  });

  it('AT-49 exports, verifies, and sees a turn digest that the ledger changed', async () => {
    const deps = (rows: TurnRow[]) => ({
      client,
      ledger: { caseFile: () => Promise.resolve(null), turns: () => Promise.resolve(rows) },
      storage: { get: () => Promise.reject(new Error('not asked')) },
      bundle: { digest: '3f2c1a' },
    });
    const exportedAt = '2030-03-06T00:00:00.000Z';
    const honest = await exportCase(deps(turns), CASE, join(folder, 'honest'), { exportedAt });
    expect((await verifyExport(honest.dir)).faults).toEqual([]);
    expect(honest.manifest.versions.server).toMatch(/^\d+\.\d+\.\d+/);

    const changed = turns.map((turn, index) => (index === 1 ? { ...turn, digest: 'another' } : turn));
    const lying = await exportCase(deps(changed), CASE, join(folder, 'lying'), { exportedAt });
    expect((await verifyExport(lying.dir)).faults).toMatchObject([
      { kind: 'mismatch', file: 'turns.json', id: `${turns[1]!.runId}/${turns[1]!.turn}` },
    ]);
    const fewer = await exportCase(deps(turns.slice(1)), CASE, join(folder, 'fewer'), { exportedAt });
    expect((await verifyExport(fewer.dir)).ok).toBe(false);

    const replayed = await replayTargets([honest.dir, join(honest.dir, 'history-01.json')], {
      bundlePath: same,
    });
    expect(replayed).toHaveLength(runs.length + 1);
    expect(replayVerdict(replayed)).toBe('match');
    expect(replayVerdict(await replayTargets([CASE], { bundlePath: same, client: () => client }))).toBe(
      'match',
    );
  });

  it('replays every run, also one still open and with a sandbox of its own each', async () => {
    const inputs = runs.map(({ runId, history }) => ({ label: runId, history }));
    const { events } = runs[0]!.history;
    const lastAnswered = events.findLastIndex(
      (event) => event.eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED',
    );
    inputs.push({ label: 'open', history: { events: events.slice(0, lastAnswered) } });
    for (const reuseSandbox of [true, false]) {
      const results = await replayHistories(inputs, same, { reuseSandbox });
      expect(results.map((result) => `${result.label} ${result.result}`)).toEqual(
        inputs.map(({ label }) => `${label} match`),
      );
      expect(results[0]).toMatchObject({ caseId: CASE, runId: firstRun, events: events.length });
    }
  });

  it('names the event where other code differs, and replays what follows it', async () => {
    const [first] = runs;
    const at = first!.history.events.find(
      (event) => event.eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
    )!;
    const broken = { label: 'broken', history: { events: [{ nonsense: true } as never] } };
    const inputs = [
      { label: 'first', history: first!.history },
      broken,
      { label: 'again', history: first!.history },
    ];
    const [found, unread, again] = await replayHistories(inputs, other);
    expect(found).toMatchObject({ match: false, eventId: at.eventId });
    expect(found!.result).toContain(`event ${at.eventId}`);
    expect(found!.result.split('\n')).toHaveLength(1);
    expect(unread!.result).toContain('not a history');
    expect(again!.result).toBe(found!.result);
  });

  it('replay does not see a changed length: the command digest does (house trap 4)', async () => {
    const { history } = runs[0]!;
    expect(replayVerdict(await replayHistories([{ label: 'first', history }], longer))).toBe('match');
    const hours = structuredClone(history);
    for (const event of hours.events) {
      const started = event['timerStartedEventAttributes'] as { startToFireTimeout: string } | undefined;
      if (started) started.startToFireTimeout = '7200s';
    }
    const difference = commandDifference(await commandDigest(history), await commandDigest(hours));
    expect(difference).toContain('TimerStarted wait: was "60 min", is "120 min"');
  });
});
