/** Who runs: the real complaint, the bare kernel, and the floors. Each takes one case from its opening to its end. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { HistoryJson } from '../audit/index.js';
import type { CaseActivities } from '../activities/contract.js';
import { deliveryQueueOf } from '../domain/names.js';
import { ACTS, caseView, type CaseStart } from '../workflows/case/messages.js';
import type { Bed } from './bed.js';
import { floorOpen, floorStep, type FloorActivities, type FloorOrder } from './floor-workflow.js';
import { FILE_AFTER, SEND_AFTER, STEPS, intakeOf, stepsAt } from './smooth.js';

export interface Contender {
  name: 'complaint' | 'kernel' | 'floor-same' | 'floor-local' | 'floor-regular';
  /** Runs one case; returns how long each human step took to answer, in milliseconds. */
  run(number: number): Promise<number[]>;
}

/** How often somebody looks whether the form is filed. */
const LOOK_MS = 10;
/** As `worker/worker.ts` limits deliveries; the same for all. */
const DELIVERIES_PER_SECOND = 50;

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

/** Waits until `look` says yes. */
export async function seen(look: () => Promise<boolean>, what: string, everyMs = LOOK_MS): Promise<void> {
  for (const until = Date.now() + 60_000; !(await look());) {
    if (Date.now() > until) throw new Error(`waited a minute for ${what}`);
    await delay(everyMs);
  }
}

// ---------------------------------------------------------------- the real complaint

/** Through the facade, as the desk does it: forms, texts and turns in the ledger, mail and SMS in the mailbox. */
export function realComplaint(bed: Bed, ids: string[]): Contender {
  const { api, client } = bed;
  return {
    name: 'complaint',
    async run(number) {
      const { caseId } = await api.openComplaint(intakeOf(number), 'li.na');
      ids.push(caseId);
      const took: number[] = [];
      const steps = stepsAt(Date.now());
      for (const [index, step] of steps.entries()) {
        if (index === FILE_AFTER)
          await seen(
            async () => (await api.view(caseId)).tasks.some((task) => task.status === 'open'),
            `the form of ${caseId}`,
          );
        took.push(await timed(() => api.complete(caseId, step.task, step.answer, step.by)));
      }
      await client.workflow.getHandle(caseId).result();
      return took;
    },
  };
}

// ---------------------------------------------------------------- the bare kernel

/** What a real complaint was started and answered with, as it stands in its history. */
export interface Recording {
  start: CaseStart;
  answers: Record<string, unknown>[];
}

export async function historyOf(client: Client, caseId: string): Promise<HistoryJson> {
  const history = await client.workflow.getHandle(caseId).fetchHistory();
  return JSON.parse(historyToJSON(history)) as HistoryJson;
}

interface PayloadsJson {
  payloads?: { data: string }[];
}
function firstOf(args: PayloadsJson | undefined): unknown {
  return JSON.parse(Buffer.from(args?.payloads?.[0]?.data ?? '', 'base64').toString('utf8'));
}

export function recordingOf({ events }: HistoryJson): Recording {
  type Started = { input?: PayloadsJson };
  type Accepted = { acceptedRequest?: { input?: { args?: PayloadsJson } } };
  const started = events[0]?.['workflowExecutionStartedEventAttributes'] as Started;
  const answers = events.flatMap((event) => {
    const accepted = event['workflowExecutionUpdateAcceptedEventAttributes'] as Accepted | undefined;
    return accepted === undefined
      ? []
      : [firstOf(accepted.acceptedRequest?.input?.args) as Record<string, unknown>];
  });
  return { start: firstOf(started.input) as CaseStart, answers };
}

/** Activities that do nothing: what is left is the engine and the kernel. */
export const STUBS: CaseActivities = {
  record: () => Promise.resolve({ digest: '0'.repeat(64) }),
  deliver: ({ channel }) =>
    Promise.resolve({ status: 'accepted', channel, providerId: 'none', repeat: false }),
  fileDocument: ({ key }) =>
    Promise.resolve({ evidence: key, sha256: '0'.repeat(64), mediaType: 'text/plain', bytes: 0 }),
  claim: () => Promise.resolve({ status: 'done', repeat: false }),
  unclaim: () => Promise.resolve('nothing'),
  releaseBookings: () => Promise.resolve(),
  openLinked: () => Promise.resolve({ caseId: 'F20300304-001' }),
  cancelLinked: () => Promise.resolve('cancelled'),
};

/** Two workers as in production, the activities given. */
export async function twoWorkers(options: {
  connection: NativeConnection;
  taskQueue: string;
  codePath: string;
  activities: object;
  maxCachedWorkflows?: number;
}): Promise<{ stop(): Promise<void> }> {
  const { connection, taskQueue, codePath, activities, maxCachedWorkflows } = options;
  const workers = [
    await Worker.create({
      connection,
      taskQueue,
      workflowBundle: { codePath },
      activities,
      maxCachedWorkflows: maxCachedWorkflows ?? 1_000,
    }),
    await Worker.create({
      connection,
      taskQueue: deliveryQueueOf(taskQueue),
      activities,
      maxTaskQueueActivitiesPerSecond: DELIVERIES_PER_SECOND,
    }),
  ];
  const runs = workers.map((worker) => worker.run());
  return {
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(runs);
    },
  };
}

/** Starts a recorded complaint under another id, without the facade. */
export async function startRecorded(
  client: Client,
  taskQueue: string,
  start: CaseStart,
  options: { startDelay?: number; caseId?: string } = {},
) {
  const { caseId = `bench-${randomUUID()}`, ...rest } = options;
  return await client.workflow.start('complaint', {
    workflowId: caseId,
    taskQueue,
    args: [{ ...start, caseId }],
    ...rest,
  });
}

/**
 * The same workflow with the same updates, sent straight to it, and activities that do nothing.
 * @param options.unhurried answers only when nothing is in flight: to see everything that a complaint asks for
 */
export function bareKernel(
  client: Client,
  taskQueue: string,
  recording: Recording,
  { caseId, unhurried = false }: { caseId?: string; unhurried?: boolean } = {},
): Contender {
  return {
    name: 'kernel',
    async run() {
      const handle = await startRecorded(client, taskQueue, recording.start, {
        ...(caseId === undefined ? {} : { caseId }),
      });
      // As the facade does: nobody acts on a case before its number has been said.
      await seen(async () => (await handle.query(caseView)).turn > 0, 'the first turn');
      const took: number[] = [];
      for (const [index, answer] of recording.answers.entries()) {
        if (index === FILE_AFTER)
          await seen(
            async () => (await handle.query(caseView)).tasks.some((task) => task.status === 'open'),
            'the form',
          );
        // A proposal that waits behind another message is not sent any more once the customer has agreed to it.
        if (unhurried) await seen(async () => (await handle.query(caseView)).idle, 'the messages');
        const requestId = randomUUID();
        took.push(
          await timed(() =>
            handle.executeUpdate(ACTS.completeTask, {
              args: [{ ...answer, requestId } as never],
              updateId: requestId,
            }),
          ),
        );
      }
      await handle.result();
      return took;
    },
  };
}

// ---------------------------------------------------------------- the floors

export const FLOOR_QUEUE = 'floor';

const NOTHING: FloorActivities = {
  record: () => Promise.resolve({ digest: '0'.repeat(64) }),
  deliver: () => Promise.resolve({ status: 'accepted' }),
  fileDocument: () => Promise.resolve({ status: 'filed' }),
};

export async function floorBundle(): Promise<{ code: string }> {
  const sources = import.meta.url.endsWith('.ts') ? './floor-workflow.ts' : './floor-workflow.js';
  const workflowsPath = fileURLToPath(new URL(sources, import.meta.url));
  return await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}

export async function floorWorkers(connection: NativeConnection, codePath: string) {
  return await twoWorkers({ connection, taskQueue: FLOOR_QUEUE, codePath, activities: NOTHING });
}

export function floorOf(
  client: Client,
  record: FloorOrder['record'],
  options: { taskQueue?: string; recordsOutcomes?: boolean } = {},
) {
  const { taskQueue = FLOOR_QUEUE, recordsOutcomes = false } = options;
  const order: FloorOrder = {
    steps: STEPS,
    sendAfter: SEND_AFTER,
    fileAfter: FILE_AFTER,
    deliveryQueue: deliveryQueueOf(taskQueue),
    record,
    recordsOutcomes,
  };
  return {
    name: `floor-${record}` as const,
    async run(_number: number, workflowId = `floor-${randomUUID()}`) {
      const handle = await client.workflow.start('floor', { workflowId, taskQueue, args: [order] });
      const took: number[] = [];
      for (let step = 0; step < STEPS; step++) {
        if (step === FILE_AFTER)
          await seen(async () => (await handle.query(floorOpen)) === step + 1, 'the floor');
        const requestId = randomUUID();
        took.push(
          await timed(() => handle.executeUpdate(floorStep, { args: [{ requestId }], updateId: requestId })),
        );
      }
      await handle.result();
      return took;
    },
  };
}
