/** Events of one smooth case of every process, from the scenarios, without the virtual clock's own marks. */
import { join } from 'node:path';
import type { Config } from '../runtime/config.js';
import { closeReplayer } from '../simulation/history.js';
import { runScenario } from '../simulation/run.js';
import { loadScenario } from '../simulation/scenario.js';
import { Stack } from '../simulation/stack.js';
import { countEvents } from './events.js';

export interface ProcessEvents {
  process: string;
  events: number;
  /** Answers of people. */
  steps: number;
  /** Answers that asked the ledger for things or appointments. */
  claims: number;
  messages: number;
  documents: number;
  /** The arithmetic of house 4, and six events for each claim and each filed form: an activity and the task it wakes. */
  arithmetic: number;
}

const SMOOTH: Readonly<Record<string, string>> = {
  complaint: 'smooth',
  issuance: 'issuance-smooth',
  repair: 'repair-smooth',
};

/** Runs each smooth scenario once. */
export async function smoothProcesses(config: Config): Promise<ProcessEvents[]> {
  const stack = await Stack.start({ config, onDisk: false });
  try {
    const found: ProcessEvents[] = [];
    for (const [process, name] of Object.entries(SMOOTH)) {
      const file = join(config.packageRoot, 'examples', 'scenarios', `${name}.yaml`);
      const { histories } = await runScenario(stack, loadScenario(file));
      const [history] = histories.values();
      const counts = (history?.runs ?? []).map((run) => countEvents(run.history));
      const sum = (value: (count: (typeof counts)[number]) => number) =>
        counts.reduce((total, count) => total + value(count), 0);
      const claims = sum((count) => count.claims);
      found.push({
        process,
        events: sum((count) => count.events),
        steps: sum((count) => count.steps),
        claims,
        messages: sum((count) => count.messages),
        documents: sum((count) => count.documents),
        arithmetic: sum((count) => count.withDocument) + 6 * claims,
      });
    }
    return found;
  } finally {
    await Promise.all([stack.stop(), closeReplayer()]);
  }
}
