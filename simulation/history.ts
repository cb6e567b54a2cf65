/** The histories a scenario left, and whether the workflow code still follows them. */
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { replayHistories, replayVerdict, runsOf, type CaseRun, type RunReplay } from '../audit/index.js';
import { packageRoot } from '../runtime/config.js';
import { ensureBundle } from '../worker/bundle.js';
import { installRuntime } from '../worker/worker.js';

export interface CaseHistory {
  /** Oldest first. */
  runs: CaseRun[];
  /** Over all runs. */
  events: number;
  /** `match`, or the first difference. */
  replay: string;
}

let bundle: Promise<string> | null = null;

/** The bundle that the worker of a simulation runs, also when we run from the sources. */
export function builtBundle(): Promise<string> {
  bundle ??= ensureBundle({ sources: join(packageRoot(), 'dist') }).then(({ codePath }) => codePath);
  return bundle;
}

/** Every run of every case given, replayed against the built bundle in one go. */
export async function historiesOf(client: Client, caseIds: string[]): Promise<Map<string, CaseHistory>> {
  // Otherwise the replayer tells every change of its own state.
  installRuntime('warn');
  const bundlePath = await builtBundle();
  const found: { caseId: string; runs: CaseRun[] }[] = [];
  for (const caseId of caseIds) found.push({ caseId, runs: await runsOf(client, caseId) });
  const inputs = found.flatMap(({ caseId, runs }) =>
    runs.map((run, index) => ({ label: `${caseId} run ${index + 1}`, history: run.history })),
  );
  const replays: RunReplay[] = inputs.length === 0 ? [] : await replayHistories(inputs, bundlePath);
  const histories = new Map<string, CaseHistory>();
  for (const { caseId, runs } of found) {
    histories.set(caseId, {
      runs,
      events: runs.reduce((sum, run) => sum + run.history.events.length, 0),
      replay: replayVerdict(replays.splice(0, runs.length)),
    });
  }
  return histories;
}
