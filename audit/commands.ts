import type { PayloadCodec } from '@temporalio/common';
import { attributesOf, eventName, type EventJson, type HistoryJson } from './histories.js';
import { readPayload, readPayloads } from './payloads.js';
import { canonicalJson, sha256 } from './records.js';

/**
 * What a workflow asked for, with the lengths and arguments that replay never compares (house, trap 4). Two recordings
 * of one scenario give the same digest as long as the code asks for the same things in the same order.
 */

export interface Command {
  eventId: string;
  /** Event type, e.g. `TimerStarted`. */
  what: string;
  detail: Record<string, unknown>;
}

export interface CommandDigest {
  commands: Command[];
  /** SHA-256 over the commands without event ids. */
  digest: string;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** The commands of a history, made comparable: random ids are numbered, waits are rounded to what people promise. */
export async function commandDigest(history: HistoryJson, codec?: PayloadCodec): Promise<CommandDigest> {
  const commands: Command[] = [];
  const numbered = new Map<string, string>();
  const settle = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value ?? null).replace(UUID, (id) => {
        if (!numbered.has(id)) numbered.set(id, `#${numbered.size + 1}`);
        return numbered.get(id)!;
      }),
    );
  for (const event of history.events) {
    const detail = await detailOf(event, codec);
    if (detail === null) continue;
    const what = eventName(event.eventType);
    commands.push({ eventId: event.eventId, what, detail: settle(detail) as Record<string, unknown> });
  }
  return { commands, digest: sha256(canonicalJson(commands.map(({ what, detail }) => [what, detail]))) };
}

/** Where two recordings of one scenario part, in one line; null when they ask for the same. */
export function commandDifference(before: CommandDigest, after: CommandDigest): string | null {
  if (before.digest === after.digest) return null;
  const length = Math.max(before.commands.length, after.commands.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [before.commands[index], after.commands[index]];
    if (!a) return `new at event ${b!.eventId}: ${oneLine(b!)}`;
    if (!b) return `gone since event ${a.eventId}: ${oneLine(a)}`;
    if (a.what !== b.what)
      return `event ${a.eventId} was ${oneLine(a)}, now event ${b.eventId} is ${oneLine(b)}`;
    const field = Object.keys({ ...a.detail, ...b.detail }).find(
      (key) => canonicalJson(a.detail[key]) !== canonicalJson(b.detail[key]),
    );
    if (field === undefined) continue;
    const path = pathOfChange(a.detail[field], b.detail[field], field);
    return `event ${a.eventId} ${a.what} ${path.at}: was ${clip(path.before)}, is ${clip(path.after)}`;
  }
  return null;
}

async function detailOf(event: EventJson, codec?: PayloadCodec): Promise<Record<string, unknown> | null> {
  const attributes = attributesOf(event);
  const metadata = event['userMetadata'] as { summary?: Record<string, never> } | undefined;
  const summary = await readPayload(metadata?.summary, codec);
  const nameOf = (field: string): string | undefined =>
    (attributes[field] as { name?: string } | undefined)?.name;
  const input = async (): Promise<unknown[]> => readPayloads(attributes['input'], codec);
  switch (eventName(event.eventType)) {
    case 'TimerStarted':
      return { wait: waitOf(attributes['startToFireTimeout']), summary };
    case 'ActivityTaskScheduled':
      return {
        activity: nameOf('activityType'),
        queue: nameOf('taskQueue'),
        input: await input(),
        summary,
        startToClose: attributes['startToCloseTimeout'],
        scheduleToClose: attributes['scheduleToCloseTimeout'],
        heartbeat: attributes['heartbeatTimeout'],
        retry: attributes['retryPolicy'],
      };
    case 'MarkerRecorded': {
      const details = (attributes['details'] ?? {}) as Record<string, unknown>;
      const [data] = await readPayloads(details['data']);
      const activity = (data as { activity_type?: string } | null)?.activity_type;
      const [patch] = await readPayloads(details['patch-data']);
      return {
        marker: attributes['markerName'],
        activity,
        patch,
        failed: attributes['failure'] !== undefined,
      };
    }
    case 'WorkflowExecutionUpdateAccepted': {
      const request = attributes['acceptedRequest'] as
        { input?: { name?: string; args?: unknown } } | undefined;
      return { update: request?.input?.name, input: await readPayloads(request?.input?.args, codec) };
    }
    case 'UpsertWorkflowSearchAttributes': {
      const fields = (attributes['searchAttributes'] as { indexedFields?: Record<string, never> })
        ?.indexedFields;
      const values = Object.entries(fields ?? {}).map(async ([key, value]) => [
        key,
        await readPayload(value),
      ]);
      return { attributes: Object.fromEntries((await Promise.all(values)) as [string, unknown][]) };
    }
    case 'SignalExternalWorkflowExecutionInitiated': {
      const { workflowId } = (attributes['workflowExecution'] ?? {}) as { workflowId?: string };
      return { signal: attributes['signalName'], to: workflowId, input: await input() };
    }
    case 'RequestCancelExternalWorkflowExecutionInitiated': {
      const { workflowId } = (attributes['workflowExecution'] ?? {}) as { workflowId?: string };
      return { cancel: workflowId };
    }
    case 'StartChildWorkflowExecutionInitiated':
      return { child: nameOf('workflowType'), id: attributes['workflowId'], input: await input() };
    case 'WorkflowExecutionCompleted':
      return { result: await readPayloads(attributes['result'], codec) };
    case 'WorkflowExecutionFailed':
      return { failure: (attributes['failure'] as { message?: string } | undefined)?.message };
    case 'WorkflowExecutionContinuedAsNew':
      // Its input is the whole state of the case, which may grow fields without changing what the case does.
      return { workflow: nameOf('workflowType') };
    default:
      return null;
  }
}

/** A server's clock is milliseconds off at every recording; a manual's limits are minutes. */
function waitOf(duration: unknown): string {
  const seconds = Number(String(duration).replace(/s$/, ''));
  return seconds >= 60 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`;
}

function oneLine(command: Command): string {
  const name = Object.values(command.detail).find((value) => typeof value === 'string');
  return name === undefined ? command.what : `${command.what} (${String(name)})`;
}

function pathOfChange(
  before: unknown,
  after: unknown,
  at: string,
): { at: string; before: unknown; after: unknown } {
  const both = [before, after];
  if (both.every((each) => typeof each === 'object' && each !== null)) {
    const [a, b] = both as [Record<string, unknown>, Record<string, unknown>];
    const key = Object.keys({ ...a, ...b }).find((each) => canonicalJson(a[each]) !== canonicalJson(b[each]));
    if (key !== undefined) return pathOfChange(a[key], b[key], `${at}.${key}`);
  }
  return { at, before, after };
}

function clip(value: unknown): string {
  const text = value === undefined ? 'absent' : canonicalJson(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
