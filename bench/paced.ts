/**
 * The smooth complaint at an office's pace: ten minutes between two steps, on a workday, by the virtual clock. So the
 * alarm moves at every step as it does in real life, and no reminder rings. For counting events, not for timing.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { HistoryJson } from '../audit/index.js';
import { startDevServer } from '../runtime/engine.js';
import { advance, startAt } from '../runtime/virtual-clock.js';
import { ensureBundle } from '../worker/bundle.js';
import { ACTS, caseView } from '../workflows/case/messages.js';
import type { Bed } from './bed.js';
import { STUBS, historyOf, seen, startRecorded, twoWorkers, type Recording } from './contenders.js';
import { benchPolicy } from './smooth.js';

const OPENS_AT = '2030-03-05T02:00:00.000Z';
const RECEIVED_AT = '2030-03-05T01:52:00.000Z';
const PLAN_DUE_AT = '2030-03-06T08:00:00.000Z';
const STEP_MINUTES = 10;
const SETTLE_MS = 400;

export async function pacedHistory(bed: Bed, recording: Recording): Promise<HistoryJson> {
  const { config, engine } = bed;
  const { policy, digest, calendars } = await benchPolicy(
    config,
    join(config.packageRoot, 'examples', 'calendars', 'cn-2030.json'),
  );
  const intake = recording.start.intake as { form: Record<string, unknown> };
  const start = {
    ...recording.start,
    snapshot: { ...recording.start.snapshot, policy, digest, calendars },
    intake: { ...intake, form: { ...intake.form, receivedAt: RECEIVED_AT } },
  };
  const server = await startDevServer({
    binary: engine.path,
    dataFile: null,
    ui: false,
    virtualClock: true,
    logFile: join(config.home, 'temporal-paced.log'),
  });
  // Whatever ends us must not leave it behind.
  const onExit = () => void server.kill();
  process.once('exit', onExit);
  const { address, namespace } = server;
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const taskQueue = 'paced';
  const { codePath } = await ensureBundle();
  const workers = await twoWorkers({ connection: native, taskQueue, codePath, activities: STUBS });
  try {
    const client = new Client({ connection });
    const handle = await startRecorded(client, taskQueue, start, startAt(OPENS_AT));
    const { workflowId } = handle;
    const atRest = async () => {
      // A question put to a case at work can cost it a workflow task; whoever counts them waits first.
      await delay(SETTLE_MS);
      await seen(
        async () => {
          const view = await handle.query(caseView);
          return view.idle && view.turn > 0;
        },
        `rest of ${workflowId}`,
        SETTLE_MS,
      );
    };
    let at = Date.parse(OPENS_AT);
    await advance(connection, namespace, workflowId, OPENS_AT);
    for (const [index, given] of recording.answers.entries()) {
      await atRest();
      at += STEP_MINUTES * 60_000;
      await advance(connection, namespace, workflowId, new Date(at).toISOString());
      const answer = given['answer'] as Record<string, unknown>;
      const dated = 'dueAt' in answer ? { ...answer, dueAt: PLAN_DUE_AT } : answer;
      const requestId = `${workflowId}-${index}`;
      await handle.executeUpdate(ACTS.completeTask, {
        args: [{ ...given, answer: dated, requestId } as never],
        updateId: requestId,
      });
    }
    await handle.result();
    return await historyOf(client, workflowId);
  } finally {
    await workers.stop();
    await native.close();
    await connection.close();
    process.removeListener('exit', onExit);
    await server.stop();
  }
}
