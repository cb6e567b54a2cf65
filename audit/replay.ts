import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { historyFromJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { DeskError, EXIT } from '../client/api.js';
import { attributesOf, eventName, isHistory, runsOf, summarise, type HistoryJson } from './histories.js';
import { MANIFEST } from './manifest.js';

/**
 * Replay: the workflow code of a bundle runs again against a recorded history and must ask for the same things in the
 * same order. It does not compare lengths, arguments or results, nor notice a history cut short: for those see
 * commands.ts and verify.ts.
 */

export interface ReplayInput {
  /** What a person calls it: a file, or case and run. */
  label: string;
  history: HistoryJson;
}

export interface RunReplay {
  label: string;
  caseId: string;
  runId: string;
  events: number;
  match: boolean;
  /** `match`, or in one line where the run differs. */
  result: string;
  /** The event it differs at, where the SDK names one. */
  eventId: string | null;
}

export interface ReplayOptions {
  /** False gives every run a sandbox of its own, as a worker with its cache off does. Default true. */
  reuseSandbox?: boolean;
  /** What reads the payloads where a codec hides them; default: plain JSON. */
  dataConverter?: DataConverter;
}

export interface ReplayDeps {
  /** Code file of the bundle, e.g. `dist/workflow-bundle.js`. */
  bundlePath: string;
  /** See ReplayOptions. */
  dataConverter?: DataConverter;
  /** Asked for only when a target is a case. */
  client?: () => Promise<Client> | Client;
}

/**
 * Replays histories one after the other on a worker that stays until it is closed: the bundle is loaded once. It begins
 * with the first history.
 */
export class Replayer {
  private readonly waiting: { history: Readable; tell: (error: string | null) => void }[] = [];
  private wake: () => void = () => undefined;
  private closed = false;
  private running: Promise<void> | null = null;

  constructor(
    private readonly bundlePath: string,
    private readonly options: ReplayOptions = {},
  ) {}

  /** @returns the SDK's message, null where the history matches */
  replay(history: Readable): Promise<string | null> {
    return new Promise((tell) => {
      this.waiting.push({ history, tell });
      this.running ??= this.run();
      this.wake();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.running;
  }

  private async *histories(): AsyncGenerator<Readable> {
    for (;;) {
      const [next] = this.waiting;
      if (next) yield next.history;
      else if (this.closed) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private async run(): Promise<void> {
    const { reuseSandbox = true, dataConverter } = this.options;
    const options = {
      workflowBundle: { codePath: this.bundlePath },
      reuseV8Context: reuseSandbox,
      replayName: 'audit',
      // In a thread of its own as in a real worker. By default a replay watches every promise of this process from
      // then on, for a debugger that is not there.
      debugMode: false,
      ...(dataConverter === undefined ? {} : { dataConverter }),
    };
    try {
      for await (const { error } of Worker.runReplayHistories(options, this.histories()))
        this.waiting.shift()?.tell(error?.message ?? null);
    } catch (error) {
      // The replay worker itself gave up: what it had not come to is not proven.
      const reason = `not replayed: ${error instanceof Error ? error.message : String(error)}`;
      for (const { tell } of this.waiting.splice(0)) tell(reason);
    } finally {
      this.running = null;
    }
  }
}

/** Replays of this process that begin and end their own worker, one after another. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Replays histories, one result each, in their order: on a replayer, or against a bundle by one that is closed again.
 * One of the latter at a time: the SDK's runtime ends with its last worker, and a replay that begins at that moment,
 * beside another one that ends, is given the runtime that is just going (seen with two scenarios at once).
 */
export function replayHistories(
  inputs: ReplayInput[],
  on: string | Replayer,
  options: ReplayOptions = {},
): Promise<RunReplay[]> {
  if (typeof on !== 'string') return replayAll(inputs, on);
  const run = before.then(async () => {
    const replayer = new Replayer(on, options);
    return await replayAll(inputs, replayer).finally(() => replayer.close());
  });
  before = run.catch(() => undefined);
  return run;
}

async function replayAll(inputs: ReplayInput[], replayer: Replayer): Promise<RunReplay[]> {
  const results = inputs.map((input): RunReplay => ({
    ...tellOf(input),
    match: true,
    result: 'match',
    eventId: null,
  }));
  for (const [index, { history: source }] of inputs.entries()) {
    const result = results[index]!;
    let history: History;
    try {
      history = historyFromJSON(source);
    } catch (error) {
      differ(result, `not a history: ${error instanceof Error ? error.message : String(error)}`, null);
      continue;
    }
    const message = await replayer.replay({ history, workflowId: result.caseId || 'unknown' });
    if (message === null) continue;
    const [reason, eventId] = explain(message);
    if (eventId !== null) differ(result, reason, eventId);
    else differ(result, ...(await located(source, reason, replayer)));
  }
  return results;
}

interface Readable {
  history: History;
  workflowId: string;
}

/**
 * Finds the event for a reason in which the SDK names none (another activity type, an error in the code): the
 * shortest beginning of the history that already fails ends just after the workflow task that differs.
 */
async function located(
  source: HistoryJson,
  reason: string,
  replayer: Replayer,
): Promise<[string, string | null]> {
  const { events } = source;
  const workflowId = summarise(source).workflowId || 'unknown';
  const ends = events.flatMap((event, index) =>
    eventName(event.eventType) === 'WorkflowTaskStarted' ? [index + 1] : [],
  );
  ends.push(events.length);
  const fails = async (end: number): Promise<boolean> => {
    const history = historyFromJSON({ events: events.slice(0, end) });
    return (await replayer.replay({ history, workflowId })) !== null;
  };
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await fails(ends[middle]!)) high = middle;
    else low = middle + 1;
  }
  const from = events
    .slice(0, ends[low]! - 1)
    .findLastIndex((event) => eventName(event.eventType) === 'WorkflowTaskCompleted');
  if (from < 0) return [reason, null];
  const named = [...reason.matchAll(/'([^']+)'/g)].map((match) => JSON.stringify(match[1]));
  const asked = events
    .slice(from + 1, ends[low])
    .filter((event) => !eventName(event.eventType).startsWith('WorkflowTask'));
  const event =
    asked.find((each) => named.some((name) => JSON.stringify(attributesOf(each)).includes(name))) ??
    events[from]!;
  return [`event ${event.eventId} ${eventName(event.eventType)}: ${reason}`, event.eventId];
}

/**
 * Replays whatever is named: a case number (all its runs), a history file, a golden file, an export or a folder of
 * history files.
 * @throws DeskError `audit.notAHistory`, `case.notFound`
 */
export async function replayTargets(targets: string[], deps: ReplayDeps): Promise<RunReplay[]> {
  const inputs: ReplayInput[] = [];
  for (const target of targets) inputs.push(...(await inputsOf(target, deps)));
  return replayHistories(inputs, deps.bundlePath, deps);
}

/** All runs in one word: `match`, or the first difference with its run. */
export function replayVerdict(results: RunReplay[]): string {
  const differing = results.find((result) => !result.match);
  return differing ? `${differing.label}: ${differing.result}` : 'match';
}

/** The histories of a file: one, or every run of a golden recording. @throws DeskError `audit.notAHistory` */
export async function historiesIn(file: string): Promise<ReplayInput[]> {
  const text = await readFile(file, 'utf8');
  const label = basename(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw notAHistory(file, error instanceof Error ? error.message : String(error));
  }
  if (isHistory(json)) return [{ label, history: json }];
  const runs = (json as { runs?: unknown } | null)?.runs;
  if (Array.isArray(runs) && runs.length > 0 && runs.every(isHistory)) {
    return runs.map((history, index) => ({ label: `${label} run ${index + 1}`, history }));
  }
  throw notAHistory(file, 'it holds neither events nor runs');
}

async function inputsOf(target: string, deps: ReplayDeps): Promise<ReplayInput[]> {
  const found = await stat(target).catch(() => null);
  if (found?.isFile()) return historiesIn(target);
  if (found?.isDirectory()) return historiesUnder(target);
  if (!deps.client) throw notAHistory(target, 'there is no such file');
  const runs = await runsOf(await deps.client(), target);
  return runs.map(({ runId, history }, index) => ({
    label: `${target} run ${index + 1} (${runId})`,
    history,
  }));
}

async function historiesUnder(dir: string): Promise<ReplayInput[]> {
  const names = (await readdir(dir)).sort();
  const histories = names.includes(MANIFEST)
    ? names.filter((name) => name.startsWith('history-'))
    : names.filter((name) => name.endsWith('.json'));
  if (histories.length === 0) throw notAHistory(dir, 'it holds no history files');
  return (await Promise.all(histories.map((name) => historiesIn(join(dir, name))))).flat();
}

function notAHistory(target: string, why: string): DeskError {
  return new DeskError('audit.notAHistory', `${target} is no history to replay: ${why}`, {
    exit: EXIT.usage,
    remedy: 'Name a case, a history file, a golden recording or an export folder.',
  });
}

function tellOf({ label, history }: ReplayInput): Pick<RunReplay, 'label' | 'caseId' | 'runId' | 'events'> {
  if (!isHistory(history)) return { label, caseId: '', runId: '', events: 0 };
  const started = attributesOf(history.events[0]!) as { originalExecutionRunId?: string };
  return {
    label,
    caseId: summarise(history).workflowId,
    runId: started.originalExecutionRunId ?? '',
    events: history.events.length,
  };
}

function differ(result: RunReplay, reason: string, eventId: string | null): void {
  result.match = false;
  result.result = reason;
  result.eventId = eventId;
}

/** The SDK wraps its reason in two layers of debug output; what helps is one sentence and an event. */
function explain(message: string): [reason: string, eventId: string | null] {
  const quoted = /message: "((?:[^"\\]|\\.)*)"/.exec(message)?.[1];
  const plain = (quoted === undefined ? message : unquoted(quoted))
    .replace(/^\[TMPRL\d+\] /, '')
    .replace(/^Nondeterminism error: /, '')
    .split('\n')[0]!
    .slice(0, 300);
  const event = /(?:event )?HistoryEvent\(id: (\d+), (?:Some\()?(\w+)\)?\)/.exec(plain);
  if (!event) return [plain, null];
  const [text, id, type] = event as unknown as [string, string, string];
  return [plain.replace(text, `event ${id} ${type}`), id];
}

function unquoted(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
