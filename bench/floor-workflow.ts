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
}

export interface FloorActivities {
  record(turn: { step: number }): Promise<{ digest: string }>;
  deliver(order: { step: number }): Promise<{ status: 'accepted' }>;
  fileDocument(order: { step: number }): Promise<{ status: 'filed' }>;
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
  const record = (step: number) => (order.record === 'local' ? local : regular).record({ step });
  const { deliver } = proxyActivities<Pick<FloorActivities, 'deliver'>>({
    taskQueue: order.deliveryQueue,
    startToCloseTimeout: '1m',
  });
  const send = async (step: number) => {
    inFlight += 1;
    await deliver({ step });
    inFlight -= 1;
  };
  const after = (step: number) => {
    if (order.sendAfter.includes(step)) void send(step);
    if (order.fileAfter === step) {
      filing = true;
      void regular.fileDocument({ step }).then(() => {
        filing = false;
      });
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
