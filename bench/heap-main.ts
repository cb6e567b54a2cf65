/**
 * The measured process: one worker that keeps cases in its cache, and the heap of its workflow thread with few and with
 * many of them. The difference is what one case costs; code and caches of the worker itself drop out.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { useUtc } from '../runtime/config.js';
import { installRuntime } from '../worker/worker.js';
import { ACTS, caseView } from '../workflows/case/messages.js';
import { STUBS, seen, startRecorded, twoWorkers, type Recording } from './contenders.js';
import { HEAP_CHANNEL, type HeapAnswer } from './heap-probe.js';
import { FILE_AFTER } from './smooth.js';

/** What to measure: `answered` null: empty workflows; otherwise complaints with so many steps answered. */
export interface HeapOrder {
  address: string;
  codePath: string;
  recording: Recording | null;
  answered: number;
  few: number;
  many: number;
}

export interface HeapResult {
  /** Bytes of the workflow thread per cached case. */
  each: number;
  few: number;
  many: number;
}

const AT_ONCE = 8;

async function heapNow(): Promise<number> {
  const channel = new BroadcastChannel(HEAP_CHANNEL);
  const answers: HeapAnswer[] = [];
  channel.onmessage = (message) => {
    const { data } = message as { data: HeapAnswer | string };
    if (typeof data === 'object') answers.push(data);
  };
  channel.postMessage('measure');
  // Only workers with workflows have such a thread: one answer.
  for (const until = Date.now() + 20_000; answers.length === 0 && Date.now() < until;) await delay(50);
  await delay(200);
  channel.close();
  if (answers.length !== 1) throw new Error(`${answers.length} workflow threads answered, one was expected`);
  return answers[0]!.bytes;
}

async function measure(order: HeapOrder): Promise<HeapResult> {
  const { address, codePath, recording, answered } = order;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const native = await NativeConnection.connect({ address });
  const taskQueue = `heap-${process.pid}`;
  const workers = await twoWorkers({
    connection: native,
    taskQueue,
    codePath,
    activities: STUBS,
    maxCachedWorkflows: order.many + 50,
  });
  const openOne = async (number: number) => {
    if (recording === null) {
      await client.workflow.start('empty', { workflowId: `${taskQueue}-${number}`, taskQueue });
      return;
    }
    const handle = await startRecorded(client, taskQueue, recording.start);
    const view = () => handle.query(caseView);
    await seen(async () => (await view()).turn > 0, 'the first turn');
    for (const [index, answer] of recording.answers.slice(0, answered).entries()) {
      const requestId = `${handle.workflowId}-${index}`;
      await handle.executeUpdate(ACTS.completeTask, {
        args: [{ ...answer, requestId } as never],
        updateId: requestId,
      });
      if (index + 1 === FILE_AFTER)
        await seen(async () => (await view()).tasks.some((t) => t.status === 'open'), 'the form');
    }
    await seen(async () => (await view()).idle, 'rest');
  };
  let opened = 0;
  const openUpTo = async (count: number) => {
    const lane = async () => {
      while (opened < count) await openOne((opened += 1));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    // An empty workflow answers no question: it is there when nothing is left to be taken.
    await delay(1_500);
  };
  await openUpTo(order.few);
  const few = await heapNow();
  await openUpTo(order.many);
  const many = await heapNow();
  await workers.stop();
  await native.close();
  await connection.close();
  return { each: (many - few) / (order.many - order.few), few, many };
}

useUtc();
installRuntime('error');
const order = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as HeapOrder;
const result = await measure(order);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
