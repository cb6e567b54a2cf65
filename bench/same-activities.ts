/**
 * The floor with the same activities: what a smooth complaint asked of the ledger, the mail host and the storage is
 * recorded once, and a plain workflow asks the very same again, under a number of its own. Beside it, all that the
 * complaint has more is the kernel and the facade.
 */
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import type { CaseActivities, DeliveryOrder, DocumentOrder } from '../activities/contract.js';
import type { TurnRecord } from '../domain/case.js';
import type { Bed } from './bed.js';
import { bareKernel, floorOf, twoWorkers, type Contender, type Recording } from './contenders.js';
import type { FloorActivities, FloorCall } from './floor-workflow.js';
import { SEND_AFTER } from './smooth.js';

export const SAME_QUEUE = 'floor-same';

/** What one complaint asked for, by the step after which it did. */
interface Script {
  caseId: string;
  /** Of the start and of each step. */
  turns: TurnRecord[];
  /** Of what came of the messages and the form, in the order in which it became known. */
  outcomes: TurnRecord[];
  deliveries: DeliveryOrder[];
  document: DocumentOrder;
}

/** Numbers as long as those of real cases: they stand in SMS, whose parameters are short. */
let given = 0;
const nextNumber = () => `T20991231-${String((given += 1)).padStart(4, '0')}`;

/** Facts of a turn that answers a person, or opens the case. */
const OF_A_PERSON = new Set(['opened', 'taskCompleted']);

async function scriptOf(
  client: Client,
  connection: NativeConnection,
  real: CaseActivities,
  options: { recording: Recording; codePath: string; queue: string },
): Promise<Script> {
  const { recording, codePath, queue } = options;
  const turns: TurnRecord[] = [];
  const deliveries: DeliveryOrder[] = [];
  const documents: DocumentOrder[] = [];
  const workers = await twoWorkers({
    connection,
    taskQueue: queue,
    codePath,
    activities: {
      ...real,
      record: (turn: TurnRecord) => {
        turns.push(turn);
        return real.record(turn);
      },
      deliver: (order: DeliveryOrder) => {
        deliveries.push(order);
        return real.deliver(order);
      },
      fileDocument: (order: DocumentOrder) => {
        documents.push(order);
        return real.fileDocument(order);
      },
    } satisfies CaseActivities,
  });
  const caseId = nextNumber();
  await bareKernel(client, queue, recording, { caseId, unhurried: true }).run(0);
  await workers.stop();
  if (deliveries.length !== SEND_AFTER.length)
    throw new Error(`${caseId} sent ${deliveries.length} messages instead of ${SEND_AFTER.length}`);
  const answers = (turn: TurnRecord) => turn.facts.some((fact) => OF_A_PERSON.has(fact.what));
  return {
    caseId,
    turns: turns.filter(answers),
    outcomes: turns.filter((turn) => !answers(turn)),
    deliveries,
    document: documents[0]!,
  };
}

/** The same with another case's number and run, wherever they stand. */
function moved<T>(order: T, script: Script, caseId: string): T {
  const runId = script.turns[0]!.runId;
  return JSON.parse(
    JSON.stringify(order).replaceAll(script.caseId, caseId).replaceAll(runId, `run-${caseId}`),
  ) as T;
}

/** @param recordings of complaints whose customers are written to in different ways; cases take turns with them */
export async function sameActivities(
  bed: Bed,
  connection: NativeConnection,
  options: { recordings: Recording[]; floorCode: string },
): Promise<Contender & { stop(): Promise<void> }> {
  const { client, stack } = bed;
  const real = createActivities(stack.ports);
  const scripts: Script[] = [];
  for (const [index, recording] of options.recordings.entries())
    scripts.push(
      await scriptOf(client, connection, real, {
        recording,
        codePath: stack.bundleFile.codePath,
        queue: `script-${index}`,
      }),
    );
  const cases = new Map<string, { script: Script; sent: number; outcomes: number }>();
  const activities: FloorActivities = {
    record({ caseId, step, outcome }: FloorCall) {
      const one = cases.get(caseId)!;
      const turn = outcome === true ? one.script.outcomes[(one.outcomes += 1) - 1] : one.script.turns[step];
      return turn === undefined ? Promise.resolve() : real.record(moved(turn, one.script, caseId));
    },
    async deliver({ caseId }) {
      const one = cases.get(caseId)!;
      const order = one.script.deliveries[(one.sent += 1) - 1]!;
      const { status } = await real.deliver(moved(order, one.script, caseId));
      // A floor that does less than it should would be too low.
      if (status !== 'accepted') throw new Error(`${caseId}: a message was ${status}`);
    },
    fileDocument({ caseId }) {
      const { script } = cases.get(caseId)!;
      return real.fileDocument(moved(script.document, script, caseId));
    },
  };
  const workers = await twoWorkers({
    connection,
    taskQueue: SAME_QUEUE,
    codePath: options.floorCode,
    activities,
  });
  const plain = floorOf(client, 'local', { taskQueue: SAME_QUEUE, recordsOutcomes: true });
  return {
    name: 'floor-same',
    async run(number) {
      const caseId = nextNumber();
      cases.set(caseId, { script: scripts[number % scripts.length]!, sent: 0, outcomes: 0 });
      const took = await plain.run(number, caseId);
      cases.delete(caseId);
      return took;
    },
    stop: () => workers.stop(),
  };
}
