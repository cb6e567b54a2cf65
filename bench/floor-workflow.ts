/**
 * The floor: the cheapest workflow that does what a smooth complaint asks of the engine, and nothing else. No manual,
 * no state worth the name, no ledger, no kernel. Bundled by itself, so that nothing of the product comes with it.
 */
import {
  allHandlersFinished,
  condition,
  defineQuery,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

export interface FloorOrder {
  /** Updates it waits for. */
  steps: number;
  /** After which of them (0: at the start) a message goes, and after which a document is filed. */
  sendAfter: number[];
  fileAfter: number;
  deliveryQueue: string;
  /** How each step is recorded. */
  record: 'local' | 'regular';
  /** Records what came of each message and of the form too, as the product does. */
  recordsOutcomes?: boolean;
}

/** Which case asks, and for which step of it; `outcome`: what came of what that step sent or filed. */
export interface FloorCall {
  caseId: string;
  step: number;
  outcome?: boolean;
}

export interface FloorActivities {
  record(call: FloorCall): Promise<unknown>;
  deliver(call: FloorCall): Promise<unknown>;
  fileDocument(call: FloorCall): Promise<unknown>;
}

export const floorStep = defineUpdate<{ step: number }, [{ requestId: string }]>('floorStep');
/** Which step it waits for; 0 while the document is being filed. */
export const floorOpen = defineQuery<number>('floorOpen');

const local = proxyLocalActivities<Pick<FloorActivities, 'record'>>({
  startToCloseTimeout: '1s',
  scheduleToCloseTimeout: '2s',
  retry: { maximumAttempts: 2 },
});
const regular = proxyActivities<Pick<FloorActivities, 'record' | 'fileDocument'>>({
  startToCloseTimeout: '1m',
});

/** How far ahead the one timer is; each step sets it anew, a little further. */
const ALARM_MS = 3 * 3_600_000;

export async function floor(order: FloorOrder): Promise<number> {
  let done = 0;
  let inFlight = 0;
  let filing = false;
  const caseId = workflowInfo().workflowId;
  const record = (step: number) => (order.record === 'local' ? local : regular).record({ caseId, step });
  const recordOutcome = async (step: number) => {
    if (order.recordsOutcomes === true) await local.record({ caseId, step, outcome: true });
  };
  const { deliver } = proxyActivities<Pick<FloorActivities, 'deliver'>>({
    taskQueue: order.deliveryQueue,
    startToCloseTimeout: '1m',
  });
  const send = async (step: number) => {
    inFlight += 1;
    await deliver({ caseId, step });
    await recordOutcome(step);
    inFlight -= 1;
  };
  const file = async (step: number) => {
    await regular.fileDocument({ caseId, step });
    await recordOutcome(step);
    filing = false;
  };
  const after = (step: number) => {
    if (order.sendAfter.includes(step)) void send(step);
    if (order.fileAfter === step) {
      filing = true;
      void file(step);
    }
  };
  const alarm = async () => {
    for (;;) {
      const step = done;
      await condition(() => done !== step, ALARM_MS + step * 60_000);
      if (done >= order.steps) return;
    }
  };
  setHandler(floorOpen, () => (filing ? 0 : done + 1));
  setHandler(floorStep, async () => {
    const step = (done += 1);
    await record(step);
    after(step);
    return { step };
  });
  void alarm();
  await record(0);
  after(0);
  await condition(() => done >= order.steps && inFlight === 0 && !filing && allHandlersFinished());
  return done;
}

/** Waits, and is nothing: what any cached workflow costs. */
export async function empty(): Promise<void> {
  await condition(() => false);
}
