import type { PayloadCodec } from '@temporalio/common';
import { attributesOf, eventName, resetsOf, type CaseRun, type HistoryJson } from './histories.js';
import { canonicalJson } from './records.js';
import { isUnreadable, readPayloads } from './payloads.js';
import type { PolicyRecord } from './manifest.js';

/**
 * What can be read out of a history and held against the other files of an export: the rules a case ran by, and the
 * digests of what it wrote into the ledger.
 */

/** One turn as history tells it. `digest` is null when its payload cannot be read here. */
export interface RecordedTurn {
  eventId: string;
  digest: string | null;
  /** Known when the turn was saved by a regular activity: markers of local ones keep no input. */
  turn: number | null;
}

/** The snapshots a case ran by, each at the event from which it counts. */
export async function policiesOf(
  runs: Pick<CaseRun, 'runId' | 'history'>[],
  codec?: PayloadCodec,
): Promise<PolicyRecord[]> {
  const found: PolicyRecord[] = [];
  for (const { runId, history } of runs) {
    for (const event of history.events) {
      const attributes = attributesOf(event);
      const name = eventName(event.eventType);
      const started = name === 'WorkflowExecutionStarted';
      const request = (attributes['acceptedRequest'] ?? attributes['request']) as UpdateRequest | undefined;
      if (!started && request?.input?.name !== 'adoptPolicy') continue;
      const input = started ? attributes['input'] : request?.input?.args;
      const [argument] = await readPayloads(input, codec);
      const snapshot = (argument as { snapshot?: { digest?: string } } | null)?.snapshot;
      if (!snapshot) continue;
      const via = started ? 'start' : 'adoptPolicy';
      // Every later run starts with the snapshot it was carried: that is no new rule.
      if (canonicalJson(found.at(-1)?.snapshot) === canonicalJson(snapshot)) continue;
      found.push({ runId, eventId: event.eventId, via, digest: snapshot.digest ?? '', snapshot });
    }
  }
  return found;
}

interface UpdateRequest {
  input?: { name?: string; args?: unknown };
}

/**
 * The turns a run wrote, in order. Events that a reset run copied from an older run tell of that run's turns and are
 * left to it.
 */
export async function recordedTurns(history: HistoryJson, codec?: PayloadCodec): Promise<RecordedTurn[]> {
  const own = history.events.slice((resetsOf(history).at(-1)?.index ?? -1) + 1);
  const turns: RecordedTurn[] = [];
  const pending = new Map<string, number | null>();
  for (const event of own) {
    const attributes = attributesOf(event);
    switch (eventName(event.eventType)) {
      case 'MarkerRecorded': {
        const details = (attributes['details'] ?? {}) as { data?: unknown; result?: unknown };
        if (attributes['failure'] || !details.result) break;
        // The SDK's own data is never encoded, so it is read without the codec.
        const [data] = await readPayloads(details.data);
        if ((data as { activity_type?: string } | null)?.activity_type !== 'record') break;
        turns.push({ eventId: event.eventId, digest: await digestIn(details.result, codec), turn: null });
        break;
      }
      case 'ActivityTaskScheduled': {
        if ((attributes['activityType'] as { name?: string } | undefined)?.name !== 'record') break;
        const [input] = await readPayloads(attributes['input'], codec);
        pending.set(event.eventId, (input as { turn?: number } | null)?.turn ?? null);
        break;
      }
      case 'ActivityTaskCompleted': {
        const turn = pending.get(String(attributes['scheduledEventId']));
        if (turn === undefined) break;
        turns.push({ eventId: event.eventId, digest: await digestIn(attributes['result'], codec), turn });
        break;
      }
    }
  }
  return turns;
}

async function digestIn(result: unknown, codec: PayloadCodec | undefined): Promise<string | null> {
  const [value] = await readPayloads(result, codec);
  const digest = isUnreadable(value) ? null : (value as { digest?: unknown } | null)?.digest;
  return typeof digest === 'string' ? digest : null;
}
