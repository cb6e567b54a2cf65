/** The histories a scenario left, and whether the workflow code still follows them. */
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import {
  Replayer,
  replayHistories,
  replayVerdict,
  runsOf,
  type CaseRun,
  type RunReplay,
} from '../audit/index.js';
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

let replayer: Promise<Replayer> | null = null;

/** Scenarios side by side and one after the other share one replayer; it must be closed, or the process stays. */
function sharedReplayer(): Promise<Replayer> {
  replayer ??= builtBundle().then((codePath) => {
    // Otherwise the replayer tells every change of its own state.
    installRuntime('warn');
    return new Replayer(codePath);
  });
  return replayer;
}

/** Ends what replays. Safe when nothing was replayed; the next replay begins anew. */
export async function closeReplayer(): Promise<void> {
  const closing = replayer;
  replayer = null;
  await (await closing)?.close();
}

/** Reads and replays the histories of one scenario. A run that has not grown since is not replayed again. */
export class Histories {
  private readonly replayed = new Map<string, RunReplay>();

  constructor(private readonly client: Client) {}

  /** Every run of every case given, replayed against the built bundle. */
  async of(caseIds: string[]): Promise<Map<string, CaseHistory>> {
    const histories = new Map<string, CaseHistory>();
    for (const caseId of caseIds) {
      const runs = await runsOf(this.client, caseId);
      const events = runs.reduce((sum, run) => sum + run.history.events.length, 0);
      histories.set(caseId, { runs, events, replay: '' });
    }
    await this.replay([...histories].flatMap(([caseId, { runs }]) => runs.map((run) => ({ caseId, run }))));
    for (const history of histories.values()) {
      history.replay = replayVerdict(history.runs.map((run) => this.replayed.get(keyOf(run))!));
    }
    return histories;
  }

  private async replay(runs: { caseId: string; run: CaseRun }[]): Promise<void> {
    const fresh = runs.filter(({ run }) => !this.replayed.has(keyOf(run)));
    if (fresh.length === 0) return;
    const inputs = fresh.map(({ caseId, run }) => ({
      label: `${caseId} run ${run.runId}`,
      history: run.history,
    }));
    const results = await replayHistories(inputs, await sharedReplayer());
    fresh.forEach(({ run }, index) => this.replayed.set(keyOf(run), results[index]!));
  }
}

function keyOf(run: CaseRun): string {
  return `${run.runId} ${run.history.events.length}`;
}
