/** Events of one smooth complaint, by kind, against the arithmetic of house 4. */
import { eventName, type HistoryJson } from '../audit/index.js';

/** What the arithmetic counts, and how many events it allows each. */
export interface EventCount {
  events: number;
  steps: number;
  messages: number;
  sendingTurns: number;
  attributeChanges: number;
  documents: number;
  /** Hand-overs and appointments asked of the ledger. */
  claims: number;
  turns: number;
  workflowTasks: number;
  kinds: Record<string, number>;
  /** 10 a case + 8 per human step + 3 per sending turn + 3 per message + 1 per attribute change. */
  arithmetic: number;
  /** The same, with the filed form counted like a message that goes in a turn of its own. */
  withDocument: number;
  /** Line by line: what was allowed, what was found, and why they differ. */
  lines: { what: string; allowed: number; found: number; why: string }[];
}

/** Marks that only the virtual clock leaves. */
const VIRTUAL = /TimeSkipping|OptionsUpdated/;

/**
 * A history without what the virtual clock put in: its marks, and a workflow task that only such a mark woke (the server
 * gives one when a mark fell into a running task). On a real clock neither exists.
 */
function withoutVirtualClock(history: HistoryJson): HistoryJson['events'] {
  const named = history.events.map((event) => ({ event, kind: eventName(event.eventType) }));
  const kept: HistoryJson['events'] = [];
  for (let i = 0; i < named.length; i++) {
    const { event, kind } = named[i]!;
    if (VIRTUAL.test(kind)) continue;
    const woken = kind === 'WorkflowTaskScheduled' && VIRTUAL.test(named[i - 1]?.kind ?? '');
    if (woken && named[i + 2]?.kind === 'WorkflowTaskCompleted') {
      const { eventId } = named[i + 2]!.event;
      const next = Object.values(named[i + 3]?.event ?? {});
      const didSomething = next.some(
        (part) =>
          (part as { workflowTaskCompletedEventId?: string } | null)?.workflowTaskCompletedEventId ===
          eventId,
      );
      const accepted = named[i + 3]?.kind === 'WorkflowExecutionUpdateAccepted';
      if (!didSomething && !accepted) {
        i += 2;
        continue;
      }
    }
    kept.push(event);
  }
  return kept;
}

export function countEvents(history: HistoryJson): EventCount {
  const kinds: Record<string, number> = {};
  const scheduled: { name: string; task: string }[] = [];
  for (const event of withoutVirtualClock(history)) {
    const kind = eventName(event.eventType);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    const activity = event['activityTaskScheduledEventAttributes'] as
      { activityType?: { name?: string }; workflowTaskCompletedEventId?: string } | undefined;
    if (activity !== undefined)
      scheduled.push({
        name: activity.activityType?.name ?? '',
        task: activity.workflowTaskCompletedEventId ?? '',
      });
  }
  const of = (kind: string) => kinds[kind] ?? 0;
  const sum = (pattern: RegExp) =>
    Object.entries(kinds).reduce((total, [kind, count]) => (pattern.test(kind) ? total + count : total), 0);
  const events = Object.values(kinds).reduce((total, count) => total + count, 0);
  const steps = of('WorkflowExecutionUpdateAccepted');
  const sends = scheduled.filter((each) => each.name === 'deliver');
  const messages = sends.length;
  const sendingTurns = new Set(sends.map((each) => each.task)).size;
  const documents = scheduled.filter((each) => each.name === 'fileDocument').length;
  const claims = scheduled.filter((each) => each.name === 'claim').length;
  const attributeChanges = of('UpsertWorkflowSearchAttributes');
  const turns = of('MarkerRecorded');
  const workflowTasks = of('WorkflowTaskCompleted');
  const arithmetic = 10 + 8 * steps + 3 * sendingTurns + 3 * messages + attributeChanges;
  const lines = [
    { what: 'start and close', allowed: 2, found: sum(/^WorkflowExecution(Started|Completed)$/), why: '' },
    { what: 'updates', allowed: 2 * steps, found: sum(/^WorkflowExecutionUpdate/), why: '' },
    {
      what: 'workflow tasks',
      allowed: 3 * (1 + steps + sendingTurns + 1),
      found: sum(/^WorkflowTask/),
      why: `${workflowTasks} tasks: the start, ${steps} steps, and one for each message delivered and form filed unless two came together`,
    },
    {
      what: 'record markers',
      allowed: 1 + steps + 1,
      found: turns,
      why: `${turns} turns: also one for each message sent, the form filed and the case closed`,
    },
    { what: 'timers', allowed: 2 * steps, found: sum(/^Timer/), why: '' },
    { what: 'messages', allowed: 3 * messages, found: 3 * messages, why: '' },
    { what: 'documents', allowed: 0, found: 3 * documents, why: 'not in the arithmetic' },
    { what: 'attribute changes', allowed: attributeChanges, found: attributeChanges, why: '' },
  ];
  return {
    events,
    steps,
    messages,
    sendingTurns,
    attributeChanges,
    documents,
    claims,
    turns,
    workflowTasks,
    kinds,
    arithmetic,
    withDocument: arithmetic + 6 * documents,
    lines,
  };
}
