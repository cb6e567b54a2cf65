/**
 * The gate: the only sandbox module that knows zod. It is preloaded (worker/bundle.ts), so zod and the forms are
 * evaluated once per worker, not once per cached case (house, trap 2). It exports functions only: exported schemas
 * would be frozen and break. Each parser runs once at load, good and bad, so that lazy parts exist before freezing.
 */
import type { FormIssue } from '../../domain/forms.js';
import { formIssues } from '../../domain/forms.js';
import { PROCESS_NAMES, taskForms } from '../../domain/processes.js';
import type { ProcessName } from '../../domain/case.js';

// The SDK takes a stack for every promise of a case and keeps it while the promise waits: for weeks, and with only two
// frames each still most of the heap of a case (docs/performance.md). Without a limit none is taken; the price is that
// failures carry their message alone. It must be said here, before the sandbox freezes its globals. To find a fault in a
// manual, replay the history with `node --stack-trace-limit=30`: a limit that somebody asked for stands.
const V8_OWN_LIMIT = 10;
if (Error.stackTraceLimit === V8_OWN_LIMIT)
  (Error as { stackTraceLimit: unknown }).stackTraceLimit = undefined;

const FORMS = Object.fromEntries(
  PROCESS_NAMES.map((name) => [name, taskForms(name, 'core')]),
) as unknown as Record<ProcessName, Record<string, { safeParse(value: unknown): Parsed }>>;

type Parsed = { success: true; data: unknown } | { success: false; error: Parameters<typeof formIssues>[0] };

for (const forms of Object.values(FORMS))
  for (const form of Object.values(forms)) {
    form.safeParse({});
    form.safeParse({ unknownField: 1, note: 1 });
  }

/**
 * Checks an answer against its form as it must stand in history: references instead of texts and files.
 * Returns the issues, without values; an empty list means it is in order. Never throws.
 */
export function answerIssues(process: ProcessName, task: string, answer: unknown): FormIssue[] {
  const form = FORMS[process][task];
  if (form === undefined) return [{ field: '(form)', message: `no form for ${task}` }];
  const parsed = form.safeParse(answer);
  return parsed.success ? [] : formIssues(parsed.error);
}

/** Snapshots of the cases cached in this worker, by their text; the oldest leaves first. */
const snapshots = new Map<string, unknown>();
const KEPT = 64;

/**
 * One copy of equal data for all cases of a worker: a snapshot is 11 KB of policy, calendars and desk that nobody changes
 * (a case that adopts another policy takes another snapshot). What is returned equals what was given, so nothing in a
 * history depends on it.
 */
export function shared<T>(data: T): T {
  const key = JSON.stringify(data);
  const known = snapshots.get(key);
  if (known !== undefined) return known as T;
  if (snapshots.size >= KEPT) snapshots.delete(snapshots.keys().next().value as string);
  snapshots.set(key, data);
  return data;
}
