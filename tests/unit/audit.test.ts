import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaseFile, TurnRow } from '../../adapters/ports.js';
import {
  commandDifference,
  commandDigest,
  exportCase,
  formatTimeline,
  goldenDifferences,
  historyJson,
  readKey,
  replayTargets,
  runsOf,
  timelineOf,
  timelineOfExport,
  verifyExport,
  type EventJson,
  type HistoryJson,
} from '../../audit/index.js';
import {
  canonicalJson,
  chainOf,
  chainSeed,
  formatRecords,
  parseRecords,
  readableJson,
} from '../../audit/records.js';
import { entriesOf, fileEntry, keyIdOf, listNameOf, seal, type Manifest } from '../../audit/manifest.js';
import type { Fact } from '../../domain/case.js';
import { widthOf } from '../../client/cli/output.js';

const CASE = 'T20300304-001';
const RUN = [1, 2, 3].map((n) => `0000000${n}-aaaa-7aaa-8aaa-aaaaaaaaaaaa`) as [string, string, string];
const folder = mkdtempSync(join(tmpdir(), 'aftercare-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// ---------------------------------------------------------------- histories in the shapes a real server writes

const payload = (value: unknown) => ({
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from(JSON.stringify(value)).toString('base64'),
});
const payloads = (...values: unknown[]) => ({ payloads: values.map(payload) });

type Draft = [
  type: string,
  attributesKey: string,
  attributes: Record<string, unknown>,
  extra?: Record<string, unknown>,
];

function history(from: string, drafts: Draft[]): HistoryJson {
  const start = Date.parse(from);
  return {
    events: drafts.map(([type, key, attributes, extra], index): EventJson => {
      const eventTime = new Date(start + index * 1000).toISOString().replace('.000Z', 'Z');
      return {
        eventId: String(index + 1),
        eventTime,
        eventType: `EVENT_TYPE_${type}`,
        ...extra,
        [`${key}EventAttributes`]: attributes,
      };
    }),
  };
}

const started = (input: unknown, more: Record<string, unknown> = {}): Draft => [
  'WORKFLOW_EXECUTION_STARTED',
  'workflowExecutionStarted',
  {
    workflowType: { name: 'complaint' },
    taskQueue: { name: 'q' },
    input: payloads(input),
    workflowId: CASE,
    ...more,
  },
];
const workflowTask: Draft[] = [
  ['WORKFLOW_TASK_SCHEDULED', 'workflowTaskScheduled', { taskQueue: { name: 'q' }, attempt: 1 }],
  ['WORKFLOW_TASK_STARTED', 'workflowTaskStarted', { scheduledEventId: '2' }],
  ['WORKFLOW_TASK_COMPLETED', 'workflowTaskCompleted', { scheduledEventId: '2', startedEventId: '3' }],
];
const savedHere = (digest: string): Draft => [
  'MARKER_RECORDED',
  'markerRecorded',
  {
    markerName: 'core_local_activity',
    details: { result: payloads({ digest }), data: payloads({ seq: 1, activity_type: 'record' }) },
    workflowTaskCompletedEventId: '4',
  },
];
const timer = (seconds: string, summary: string): Draft => [
  'TIMER_STARTED',
  'timerStarted',
  { timerId: '1', startToFireTimeout: seconds, workflowTaskCompletedEventId: '4' },
  { userMetadata: { summary: payload(summary) } },
];
const accepted = (name: string, input: unknown): Draft => [
  'WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
  'workflowExecutionUpdateAccepted',
  {
    protocolInstanceId: 'r',
    acceptedRequest: { meta: { updateId: 'r' }, input: { name, args: payloads(input) } },
  },
];
const savedAtLast = (scheduledEventId: string, runId: string, turn: number, digest: string): Draft[] => [
  [
    'ACTIVITY_TASK_SCHEDULED',
    'activityTaskScheduled',
    {
      activityId: '2',
      activityType: { name: 'record' },
      taskQueue: { name: 'q' },
      input: payloads({ caseId: CASE, runId, turn }),
    },
  ],
  ['ACTIVITY_TASK_STARTED', 'activityTaskStarted', { scheduledEventId }],
  ['ACTIVITY_TASK_COMPLETED', 'activityTaskCompleted', { scheduledEventId, result: payloads({ digest }) }],
];

const snapshot = (digest: string) => ({
  digest,
  policy: { version: digest, zone: { name: 'Asia/Shanghai', offsetMinutes: 480 } },
});

const first = history('2026-11-22T01:00:00Z', [
  started(
    { caseId: CASE, snapshot: snapshot('p1') },
    { originalExecutionRunId: RUN[0], firstExecutionRunId: RUN[0] },
  ),
  ...workflowTask,
  savedHere('d1'),
  timer('1800s', 'acknowledge: 50 % used'),
  accepted('completeTask', { task: 'acknowledge', requestId: 'r1', by: { id: 'li.na' } }),
  ...savedAtLast('8', RUN[0], 2, 'd2'),
  accepted('adoptPolicy', { snapshot: snapshot('p2'), requestId: 'r2', by: { id: 'li.na' } }),
  [
    'WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
    'workflowExecutionContinuedAsNew',
    { newExecutionRunId: RUN[1], input: payloads({}) },
  ],
]);
// Under the virtual clock the second run starts years after a case that was reopened since.
const second = history('2030-03-04T01:30:00Z', [
  started(
    { caseId: CASE, snapshot: snapshot('p2') },
    { originalExecutionRunId: RUN[1], continuedExecutionRunId: RUN[0] },
  ),
  ...workflowTask,
  savedHere('d3'),
  [
    'WORKFLOW_EXECUTION_COMPLETED',
    'workflowExecutionCompleted',
    { result: payloads({ outcome: 'satisfied' }) },
  ],
]);
const reopened = history('2026-11-22T01:00:30Z', [
  started(
    { caseId: CASE, snapshot: snapshot('p2') },
    { originalExecutionRunId: RUN[2], firstExecutionRunId: RUN[2] },
  ),
  ...workflowTask,
  savedHere('d4'),
  [
    'WORKFLOW_EXECUTION_COMPLETED',
    'workflowExecutionCompleted',
    { result: payloads({ outcome: 'satisfied' }) },
  ],
]);

/** A client that knows these histories; visibility lists only some, as it does for a while after a change. */
function clientOf(histories: Record<string, HistoryJson>, listed: string[] = Object.keys(histories)): Client {
  const notFound = () => Promise.reject(new WorkflowNotFoundError('not found', CASE, undefined));
  const latest = Object.keys(histories).at(-1);
  return {
    workflow: {
      list: () => listed.map((runId) => ({ runId })),
      getHandle: (_id: string, runId: string) => ({
        describe: () => (latest ? Promise.resolve({ runId: latest }) : notFound()),
        fetchHistory: () => {
          const found = histories[runId];
          return found ? Promise.resolve(historyFromJSON(found)) : notFound();
        },
      }),
    },
    workflowService: { getSystemInfo: () => Promise.resolve({ serverVersion: '1.32.0' }) },
  } as unknown as Client;
}

const fact = (
  seq: number,
  at: string,
  what: Fact['what'],
  actor: string | null,
  rule: string | null,
  data = {},
): Fact => ({
  seq,
  at,
  what,
  actor,
  rule,
  data,
});
const facts: Fact[] = [
  fact(1, '2030-03-04T01:00:00.000Z', 'opened', 'li.na', 'CMP-02', { channel: 'sms' }),
  fact(2, '2030-03-04T01:00:00.000Z', 'taskOpened', null, 'CMP-02', {
    task: 'acknowledge',
    key: 'acknowledge#1',
    role: 'agent',
    assignee: 'li.na',
    dueAt: '2030-03-04T01:30:00.000Z',
  }),
  fact(3, '2030-03-04T01:30:00.000Z', 'breached', 'system', 'ESC-01', {
    clock: 'firstResponse',
    to: ['chen.hui'],
  }),
  fact(4, '2030-03-04T16:30:00.000Z', 'levelRaised', 'system', 'ESC-02', {
    from: 'L1',
    to: 'L2',
    person: 'sun.yan',
    reason: 'late',
  }),
  fact(5, '2030-03-05T02:00:00.000Z', 'closed', null, 'CMP-11', {
    outcome: 'satisfied',
    responseMinutes: 42,
  }),
];
const turnRow = (runId: string, turn: number, digest: string): TurnRow => ({
  caseId: CASE,
  runId,
  turn,
  at: '2030-03-04T01:00:00.000Z',
  digest,
  supersededBy: null,
});
const turns = [
  turnRow(RUN[0], 1, 'd1'),
  turnRow(RUN[0], 2, 'd2'),
  turnRow(RUN[1], 3, 'd3'),
  turnRow(RUN[2], 4, 'd4'),
];
const caseFile = {
  row: { caseId: CASE, status: 'closed' },
  tasks: [{ key: 'acknowledge#1', name: 'acknowledge' }],
  clocks: [{ key: 'firstResponse#1', name: 'firstResponse' }],
  messages: [{ key: `${CASE}/cmp.received/1` }],
  timeline: facts,
  evidence: [
    {
      evidence: 'e1',
      caseId: CASE,
      field: 'signedForm',
      sha256: 'ab',
      name: '王小明.pdf',
      mediaType: 'application/pdf',
      bytes: 1,
    },
  ],
  finalState: null,
} as unknown as CaseFile;

const histories = { [RUN[0]]: first, [RUN[1]]: second, [RUN[2]]: reopened };
const deps = {
  client: clientOf(histories),
  ledger: { caseFile: () => Promise.resolve(caseFile), turns: () => Promise.resolve(turns) },
  storage: { get: () => Promise.reject(Object.assign(new Error('absent'), { name: 'StorageMissing' })) },
  bundle: { digest: '3f2c1a' },
};
const key = Buffer.from('a key nobody else has');
const exportedAt = '2030-03-06T00:00:00.000Z';

let keyed: string;
let plain: string;
beforeAll(async () => {
  keyed = (await exportCase(deps, CASE, join(folder, 'keyed'), { exportedAt, key })).dir;
  plain = (await exportCase(deps, CASE, join(folder, 'plain'), { exportedAt })).dir;
});

/** A copy of the plain export to tamper with. */
let copies = 0;
async function copy(of: string = plain): Promise<string> {
  const dir = join(folder, `copy-${++copies}`);
  await cp(of, dir, { recursive: true });
  return dir;
}

/** Changes the records of one file as somebody with an editor would. */
function tamper(dir: string, file: string, change: (records: Record<string, unknown>[]) => void): void {
  const list = listNameOf(file);
  const { head, records } = parseRecords(readFileSync(join(dir, file), 'utf8'), list);
  change(records as Record<string, unknown>[]);
  writeFileSync(join(dir, file), formatRecords(head, list, records));
}

/** Makes the manifest fit whatever the files now say, as a careful forger would. */
function reforge(dir: string, withKey?: Uint8Array): void {
  const file = join(dir, 'manifest.json');
  const { seal: _old, ...content } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  for (const name of Object.keys(content.files)) {
    const text = readFileSync(join(dir, name), 'utf8');
    content.files[name] = fileEntry(content.case, name, text, parseRecords(text, listNameOf(name)).records);
  }
  writeFileSync(file, readableJson({ ...content, seal: seal(content, withKey) }));
}

const told = async (dir: string, options = {}) =>
  (await verifyExport(dir, options)).faults.map(({ kind, file, id, what }) => ({ kind, file, id, what }));

// ----------------------------------------------------------------

describe('histories of a case', () => {
  it('keep their canonical JSON through the protobuf classes (house trap 1: one protobufjs)', () => {
    expect(historyJson(historyFromJSON(first))).toEqual(first);
    expect(historyJson(historyFromJSON(historyJson(historyFromJSON(second))))).toEqual(second);
  });

  it('are found through continue-as-new and reopening, oldest first, though visibility lags', async () => {
    for (const listed of [[RUN[2], RUN[0], RUN[1]], [RUN[1]], [RUN[0]]]) {
      const runs = await runsOf(
        clientOf(histories, listed),
        CASE,
        turns.map((turn) => turn.runId),
      );
      expect(runs.map((run) => run.runId)).toEqual(RUN);
    }
  });

  it('put a reset run after the run it branched off', async () => {
    const reset = RUN[2];
    const branched = history('2026-11-22T01:00:00Z', [
      started({ caseId: CASE, snapshot: snapshot('p1') }, { originalExecutionRunId: RUN[0] }),
      ...workflowTask.slice(0, 2),
      [
        'WORKFLOW_TASK_FAILED',
        'workflowTaskFailed',
        { cause: 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW', baseRunId: RUN[0], newRunId: reset },
      ],
      savedHere('d9'),
    ]);
    const runs = await runsOf(
      clientOf({ [RUN[0]]: first, [RUN[1]]: second, [reset]: branched }, [reset]),
      CASE,
    );
    expect(runs.map((run) => run.runId)).toEqual(RUN);
    expect(runs[2]!.ancestor).toEqual({ runId: RUN[0], how: 'reset' });
  });

  it('of an unknown case are refused with case.notFound', async () => {
    await expect(runsOf(clientOf({}), CASE)).rejects.toMatchObject({ code: 'case.notFound', exit: 3 });
  });
});

describe('export', () => {
  it('writes every file of the archive and verifies (AT-49)', async () => {
    expect(readdirSync(keyed).sort()).toEqual([
      'evidence.json',
      'history-01.json',
      'history-02.json',
      'history-03.json',
      'manifest.json',
      'policy.json',
      'rows.json',
      'timeline.json',
      'turns.json',
    ]);
    const report = await verifyExport(keyed, { key });
    expect(report).toMatchObject({ ok: true, case: CASE, exportedAt, seal: 'valid', faults: [], notes: [] });
    expect(report.counts).toEqual({ files: 8, runs: 3, events: 24, facts: 5, turns: 4 });
    const manifest = JSON.parse(readFileSync(join(keyed, 'manifest.json'), 'utf8')) as Manifest;
    expect(manifest.versions).toMatchObject({
      sdk: '1.24.0',
      server: '1.32.0',
      bundle: '3f2c1a',
      node: process.versions.node,
    });
    expect(manifest.runs.map((run) => run.endedBy)).toEqual([
      'WorkflowExecutionContinuedAsNew',
      'WorkflowExecutionCompleted',
      'WorkflowExecutionCompleted',
    ]);
  });

  it('holds the policy the case started with and the one adopted', () => {
    const { records } = parseRecords(readFileSync(join(plain, 'policy.json'), 'utf8'), 'records');
    expect(records).toMatchObject([
      { runId: RUN[0], eventId: '1', via: 'start', digest: 'p1' },
      { runId: RUN[0], eventId: '11', via: 'adoptPolicy', digest: 'p2' },
    ]);
  });

  it('leaves out file names, which may name a person, and says which evidence is gone (PRV-01)', () => {
    const text = readFileSync(join(plain, 'evidence.json'), 'utf8');
    expect(text).not.toContain('王小明');
    expect(parseRecords(text, 'records').records).toMatchObject([
      { evidence: 'e1', sha256: 'ab', stored: 'missing' },
    ]);
  });

  it('is never written over another and leaves nothing half-written', async () => {
    await expect(exportCase(deps, CASE, plain, { exportedAt })).rejects.toMatchObject({
      code: 'audit.notEmpty',
    });
    const broken = { ...deps, storage: { get: () => Promise.reject(new Error('host down')) } };
    await expect(exportCase(broken, CASE, join(folder, 'half'), { exportedAt })).rejects.toThrow('host down');
    expect(readdirSync(folder).filter((name) => name.startsWith('half'))).toEqual([]);
  });

  it('where nothing can be written is refused, never tried for ever', { timeout: 10_000 }, async () => {
    for (const dir of ['/proc/x', '/proc/x/y', join(plain, 'manifest.json')])
      await expect(exportCase(deps, CASE, dir, { exportedAt })).rejects.toMatchObject({
        code: 'usage.folder',
        exit: 64,
        message: expect.not.stringContaining('.part-') as string,
      });
  });

  it('says which runs the server no longer had', async () => {
    const client = clientOf({ [RUN[1]]: second, [RUN[2]]: reopened });
    const { dir, manifest } = await exportCase({ ...deps, client }, CASE, join(folder, 'gone'), {
      exportedAt,
    });
    expect(manifest.missingRuns).toEqual([RUN[0]]);
    const report = await verifyExport(dir);
    expect(report.ok).toBe(true);
    expect(report.notes.join('\n')).toContain(`no longer had run ${RUN[0]}`);
  });
});

describe('verify names what was done to an export', () => {
  it('AT-49 one event edited', async () => {
    const dir = await copy();
    tamper(dir, 'history-01.json', (events) => {
      (events[5]!['timerStartedEventAttributes'] as Record<string, unknown>)['startToFireTimeout'] = '3600s';
    });
    const report = await verifyExport(dir);
    expect(report.faults).toEqual([
      {
        kind: 'edited',
        file: 'history-01.json',
        index: 6,
        id: '6',
        what: 'TimerStarted',
        detail: 'history-01.json: event 6 (TimerStarted) was edited',
      },
    ]);
  });

  it('AT-49 several events edited, each by itself', async () => {
    const dir = await copy();
    tamper(dir, 'history-01.json', (events) => {
      events[2]!['eventTime'] = '2026-11-22T09:00:00Z';
      events[6]!['eventId'] = '77';
    });
    expect(await told(dir)).toMatchObject([
      { kind: 'edited', id: '3', what: 'WorkflowTaskStarted' },
      { kind: 'edited', id: '7', what: 'WorkflowExecutionUpdateAccepted' },
    ]);
  });

  it('AT-49 one event deleted', async () => {
    const dir = await copy();
    tamper(dir, 'history-01.json', (events) => events.splice(6, 1));
    expect(await told(dir)).toEqual([
      { kind: 'missing', file: 'history-01.json', id: '7', what: 'WorkflowExecutionUpdateAccepted' },
    ]);
  });

  it('AT-49 events reordered', async () => {
    const dir = await copy();
    tamper(dir, 'history-01.json', (events) => events.splice(2, 0, ...events.splice(6, 1)));
    expect(await told(dir)).toContainEqual({
      kind: 'reordered',
      file: 'history-01.json',
      id: '7',
      what: 'WorkflowExecutionUpdateAccepted',
    });
  });

  it('AT-49 an event added, and one doubled', async () => {
    const dir = await copy();
    tamper(dir, 'history-02.json', (events) => {
      events.push({ ...events[5]!, eventId: '7' });
      events.splice(3, 0, { ...events[4]! });
    });
    const found = await told(dir);
    expect(found).toContainEqual({ kind: 'added', file: 'history-02.json', id: '5', what: 'MarkerRecorded' });
    expect(found).toContainEqual({
      kind: 'added',
      file: 'history-02.json',
      id: '7',
      what: 'WorkflowExecutionCompleted',
    });
  });

  it('AT-49 a history truncated after a whole event', async () => {
    const dir = await copy();
    tamper(dir, 'history-01.json', (events) => events.splice(9));
    const report = await verifyExport(dir);
    expect(report.faults[0]).toMatchObject({ kind: 'truncated', id: '10', what: 'ActivityTaskCompleted' });
    expect(report.faults[0]!.detail).toBe(
      'history-01.json: the file ends after event 9: event 10 (ActivityTaskCompleted) and the 2 after it are cut off',
    );
  });

  it('AT-49 a file cut in the middle of an event', async () => {
    const dir = await copy();
    const file = join(dir, 'history-01.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.slice(0, text.indexOf('"eventId":"6"') + 40));
    const report = await verifyExport(dir);
    expect(report.faults[0]).toMatchObject({
      kind: 'truncated',
      file: 'history-01.json',
      id: '6',
      what: 'TimerStarted',
    });
    expect(report.faults[0]!.detail).toContain('breaks off within event 6 (TimerStarted)');
  });

  it('AT-49 a fact, a row and a turn of the ledger edited or deleted', async () => {
    const dir = await copy();
    tamper(dir, 'timeline.json', (records) => {
      records[2]!['actor'] = 'somebody.else';
      records.splice(3, 1);
    });
    tamper(dir, 'rows.json', (records) => records.splice(1, 1));
    tamper(dir, 'turns.json', (records) => void (records[1]!['digest'] = 'd7'));
    expect(await told(dir)).toMatchObject([
      { kind: 'missing', file: 'rows.json', id: 'task:acknowledge#1' },
      { kind: 'edited', file: 'timeline.json', id: '3', what: 'breached' },
      { kind: 'missing', file: 'timeline.json', id: '4', what: 'levelRaised' },
      { kind: 'edited', file: 'turns.json', id: `${RUN[0]}/2` },
      { kind: 'mismatch', file: 'turns.json', id: `${RUN[0]}/2` },
    ]);
  });

  it('AT-49 a file deleted, one added, one changed outside its records', async () => {
    const dir = await copy();
    rmSync(join(dir, 'history-02.json'));
    writeFileSync(join(dir, 'notes.txt'), 'hello');
    const rows = join(dir, 'rows.json');
    writeFileSync(rows, readFileSync(rows, 'utf8').replace('"case":', '"trust":"me","case":'));
    expect(await told(dir)).toEqual([
      { kind: 'added', file: 'notes.txt', id: null, what: null },
      { kind: 'edited', file: 'rows.json', id: null, what: null },
      { kind: 'missing', file: 'history-02.json', id: null, what: null },
    ]);
  });

  it('AT-49 the manifest edited: its facts, a hash, a link of a chain', async () => {
    for (const edit of [
      (m: Manifest) => void (m.exportedAt = '2031-01-01T00:00:00.000Z'),
      (m: Manifest) => void (m.files['rows.json']!.sha256 = '0'.repeat(64)),
      (m: Manifest) => void (m.files['history-01.json']!.chain[3]![2] = '0'.repeat(64)),
      (m: Manifest) => void m.runs.pop(),
    ]) {
      const dir = await copy();
      const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as Manifest;
      edit(manifest);
      writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
      expect((await told(dir))[0]).toMatchObject({ kind: 'manifest', file: 'manifest.json' });
    }
  });

  it('AT-49 a manifest that is none any more is reported, not thrown', async () => {
    for (const text of [
      '{',
      '{}',
      '{"schema":"aftercare.export/1"}',
      'null',
      '{"schema":"aftercare.export/1","files":{"a":1}}',
    ]) {
      const dir = await copy();
      writeFileSync(join(dir, 'manifest.json'), text);
      expect(await told(dir)).toEqual([{ kind: 'manifest', file: 'manifest.json', id: null, what: null }]);
    }
    await expect(verifyExport(folder)).rejects.toMatchObject({ code: 'audit.noExport' });
  });

  it('AT-49 a consistent forgery is caught with the key, and plainly not promised without', async () => {
    const dir = await copy(keyed);
    tamper(dir, 'timeline.json', (records) => void (records[2]!['actor'] = 'somebody.else'));
    reforge(dir);
    const without = await verifyExport(dir);
    expect(without.ok).toBe(true);
    expect(without.notes.join(' ')).toContain('compare the root');
    expect(without.root).not.toBe((await verifyExport(keyed)).root);
    expect(await verifyExport(dir, { key })).toMatchObject({
      ok: false,
      seal: 'invalid',
      faults: [{ kind: 'manifest' }],
    });

    reforge(dir, Buffer.from('a key of the forger'));
    const report = await verifyExport(dir, { key });
    expect(report).toMatchObject({ ok: false, seal: 'invalid' });
    expect(report.faults[0]!.detail).toContain(`the key given is ${keyIdOf(key)}`);
  });

  it('AT-49 a forged manifest cannot hide a deleted event, a cut-off end, a missing run or other rules', async () => {
    const forged = async (file: string, change: (records: Record<string, unknown>[]) => void) => {
      const dir = await copy();
      tamper(dir, file, change);
      reforge(dir);
      return told(dir);
    };
    expect(await forged('history-01.json', (events) => events.splice(6, 1))).toMatchObject([
      { kind: 'missing', id: '7' },
    ]);
    expect(await forged('history-02.json', (events) => events.pop())).toMatchObject([
      { kind: 'truncated', id: '5' },
    ]);
    expect(await forged('turns.json', (records) => records.splice(1, 1))).toContainEqual(
      expect.objectContaining({ file: 'turns.json', kind: 'missing' }),
    );
    expect(await forged('turns.json', (records) => void (records[0]!['digest'] = 'dx'))).toMatchObject([
      { kind: 'mismatch', id: `${RUN[0]}/1` },
    ]);
    expect(
      await forged('policy.json', (records) => void (records[1]!['snapshot'] = snapshot('p3'))),
    ).toMatchObject([{ kind: 'mismatch', id: `${RUN[0]}/11`, what: 'adoptPolicy' }]);

    const dir = await copy();
    const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as Manifest;
    manifest.runs.splice(1, 1);
    delete manifest.files['history-02.json'];
    rmSync(join(dir, 'history-02.json'));
    writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
    reforge(dir);
    expect((await verifyExport(dir)).faults.map((fault) => fault.detail).join('\n')).toContain(
      `the history of run ${RUN[1]}, which history-01.json names, is missing`,
    );
  });

  it('does not blame a running case whose ledger and history are a turn apart', async () => {
    const open = { events: second.events.slice(0, -1) };
    const client = clientOf({ [RUN[0]]: first, [RUN[1]]: open });
    for (const rows of [
      turns.slice(0, 2),
      turns.slice(0, 3),
      [...turns.slice(0, 3), turnRow(RUN[1], 4, 'd4')],
    ]) {
      const ledger = { ...deps.ledger, turns: () => Promise.resolve(rows) };
      const dir = join(folder, `open-${rows.length}`);
      await exportCase({ ...deps, client, ledger }, CASE, dir, { exportedAt });
      expect((await verifyExport(dir)).faults).toEqual([]);
    }
  });

  it('AT-49 takes a key from a file, whatever an editor put around it, and refuses a weak one', async () => {
    const file = join(folder, 'key');
    writeFileSync(file, 'a key nobody else has\r\n');
    expect(await verifyExport(keyed, { key: await readKey(file) })).toMatchObject({
      ok: true,
      seal: 'valid',
    });
    writeFileSync(file, 'short\n');
    await expect(readKey(file)).rejects.toMatchObject({ code: 'audit.key' });
    await expect(readKey(join(folder, 'no-key'))).rejects.toMatchObject({ code: 'audit.key' });
  });

  it('chains records to case and file', () => {
    const entries = entriesOf('timeline.json', facts);
    const here = chainOf(chainSeed(CASE, 'timeline.json'), entries);
    expect(here).not.toEqual(chainOf(chainSeed('T20300304-002', 'timeline.json'), entries));
    expect(canonicalJson({ b: 1, a: [undefined, { d: undefined, c: null }] })).toBe(
      '{"a":[null,{"c":null}],"b":1}',
    );
  });
});

describe('commands of a history', () => {
  const edited = (change: (events: EventJson[]) => void): HistoryJson => {
    const copied = structuredClone(first);
    change(copied.events);
    return copied;
  };
  const set = (event: EventJson, attributes: Record<string, unknown>) => {
    const name = Object.keys(event).find((each) => each.endsWith('EventAttributes'))!;
    event[name] = { ...(event[name] as object), ...attributes };
  };

  it('are the same for two recordings of one scenario', async () => {
    const again = edited((events) => {
      set(events[5]!, { startToFireTimeout: '1799.987s' });
      set(events[7]!, { input: payloads({ caseId: CASE, runId: RUN[1], turn: 2 }) });
      set(events[4]!, {
        details: {
          ...(events[4]!['markerRecordedEventAttributes'] as { details: object }).details,
          result: payloads({ digest: 'other' }),
        },
      });
    });
    expect(commandDifference(await commandDigest(first), await commandDigest(again))).toBeNull();
  });

  it('tell a changed length and a changed argument, which replay does not (house trap 4)', async () => {
    const longer = edited((events) => set(events[5]!, { startToFireTimeout: '3600s' }));
    const forged = edited((events) =>
      set(events[7]!, { input: payloads({ caseId: CASE, runId: RUN[0], turn: 9 }) }),
    );
    const base = await commandDigest(first);
    expect(commandDifference(base, await commandDigest(longer))).toBe(
      'event 6 TimerStarted wait: was "30 min", is "60 min"',
    );
    expect(commandDifference(base, await commandDigest(forged))).toBe(
      'event 8 ActivityTaskScheduled input.0.turn: was 2, is 9',
    );
    const golden = { scenario: 's', version: '0.1.0', runs: [first, second] };
    expect(await goldenDifferences(golden, [longer])).toEqual([
      '2 runs recorded, 1 now',
      'run 1: event 6 TimerStarted wait: was "30 min", is "60 min"',
    ]);
  });

  it('name what is new and what is gone', async () => {
    const without = edited((events) => events.splice(5, 1));
    const [base, less] = [await commandDigest(first), await commandDigest(without)];
    expect(commandDifference(base, less)).toContain('event 6 was TimerStarted');
    expect(commandDifference(await commandDigest({ events: first.events.slice(0, 5) }), base)).toContain(
      'new at event 6',
    );
  });
});

describe('replay targets', () => {
  it('that are no history are refused with what they are', async () => {
    const file = join(folder, 'note.json');
    writeFileSync(file, '{"hello":1}');
    const bundle = { bundlePath: 'unused' };
    await expect(replayTargets([file], bundle)).rejects.toMatchObject({ code: 'audit.notAHistory' });
    await expect(replayTargets(['no-such-file'], bundle)).rejects.toThrow('there is no such file');
  });
});

describe('timeline', () => {
  const lines = timelineOf(facts, { offsetMinutes: 480 });

  it('tells local time, who, what and under which rule, grouped by day', () => {
    expect(formatTimeline(lines).replace(/ +(?=(CMP|ESC)-)/g, '  ')).toBe(
      [
        'Mon 4 Mar 2030',
        '  09:00  li.na   opens the case: SMS  CMP-02',
        '  09:00  system  to do: acknowledge, agent, li.na, due Mon 4 Mar 09:30  CMP-02',
        '  09:30  system  LATE: clock first response, to chen.hui  ESC-01',
        'Tue 5 Mar 2030',
        '  00:30  system  level raised: from first line, to second line, sun.yan, not done in time  ESC-02',
        '  10:00  system  case closed: satisfied, first response after 42 min  CMP-11',
        '',
      ].join('\n'),
    );
  });

  it('tells from when to when an appointment is in local time', () => {
    const data = { from: '2030-03-05T01:30:00.000Z', to: '2030-03-05T02:30:00.000Z', who: 'wang.lei' };
    const [line] = timelineOf([{ ...facts[0]!, what: 'booked', data }], { offsetMinutes: 480 });
    expect(line!.text).toBe('booked: from Tue 5 Mar 09:30, to Tue 5 Mar 10:30, who wang.lei');
  });

  it('tells texts and files in their own words to who may read them, by reference to others', () => {
    const ref = (content: string) => ({ content, sha256: 'ab' });
    const story = (data: Record<string, unknown>, options = {}) =>
      timelineOf([{ ...facts[0]!, what: 'taskCorrected', data }], { offsetMinutes: 480, ...options })[0]!
        .text;
    const correction = {
      note: ref('c-1'),
      devices: [
        { result: 'passed', at: '2030-03-04T01:00:00.000Z' },
        { result: 'failed', reason: ref('c-2') },
      ],
      proof: { evidence: 'e1', sha256: 'ab', mediaType: 'application/pdf', bytes: 3 },
    };
    const data = { task: 'acknowledge', correction, reason: ref('c-3') };
    const told = { texts: { 'c-1': '打印头\n漏墨', 'c-3': 'a'.repeat(80) }, files: { e1: 'form.pdf' } };
    expect(story(data, told)).toBe(
      `corrects: acknowledge, "${'a'.repeat(59)}…", correction note "打印头 漏墨", ` +
        'devices result passed, at Mon 4 Mar 09:00; result failed, reason (hidden from you, or erased), proof form.pdf',
    );
    expect(story(data)).toContain('text c-3, correction note text c-1');
  });

  it('says what is so, and lengths as people say them', () => {
    const data = { task: 'acknowledge', usedMinutes: 95, limitMinutes: 540, late: false, automatic: false };
    const [kept, late] = [data, { ...data, late: true, dueBackAt: '2030-03-05T01:30:00.000Z' }].map(
      (each) => timelineOf([{ ...facts[0]!, what: 'taskCompleted', data: each }], { offsetMinutes: 480 })[0]!,
    );
    expect(kept!.text).toBe('completes: acknowledge, 1 h 35 min used, of 9 h');
    expect(late!.text).toContain('of 9 h, late, due back Tue 5 Mar 09:30');
  });

  it('keeps its columns: long texts move the rules aside, or are wrapped on a terminal', () => {
    const long = { ...facts[0]!, what: 'noted' as const, data: { text: '投诉 '.repeat(12) } };
    const both = timelineOf([facts[0]!, long], { offsetMinutes: 480 });
    const whole = formatTimeline(both).trimEnd().split('\n').slice(1);
    expect(new Set(whole.map((line) => widthOf(line.slice(0, line.indexOf('CMP'))))).size).toBe(1);
    const narrow = formatTimeline(both, { columns: 60 }).trimEnd().split('\n').slice(1);
    expect(narrow.length).toBe(3);
    for (const line of narrow) expect(widthOf(line)).toBeLessThanOrEqual(60);
  });

  it('speaks Chinese, and colour only repeats the words', () => {
    const chinese = timelineOf(facts, { offsetMinutes: 480, language: 'zh-CN' });
    expect(chinese[3]).toMatchObject({
      dayText: '2030年3月5日 星期二',
      time: '00:30',
      who: '系统',
      tone: 'warn',
    });
    expect(chinese[4]!.text).toBe('结案：满意，首次响应用时42分钟');
    expect(formatTimeline(lines, { color: true }).replace(/\u001b\[\d+m/g, '')).toBe(formatTimeline(lines));
  });

  it('is read from an export alone, in the zone of its policy', async () => {
    expect(await timelineOfExport(plain)).toEqual(lines);
  });
});
