/**
 * A scenario file (`aftercare.scenario/1`) read strictly: every problem is named with file, line, field, and what is
 * allowed there. The JSON Schema for editors comes from the same definitions.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import { z } from 'zod';
import { suggest } from '../client/forms.js';
import { FACT_KINDS, PROCESS_LETTERS, type ProcessName } from '../domain/case.js';

const MINUTE_MS = 60_000;
const UNIT_MINUTES = { m: 1, h: 60, d: 1440 } as const;

/** Minutes of a length such as `20m`, `3h`, `10d` or `1h30m`; null when it is none. */
export function minutesOf(text: string): number | null {
  if (!/^(\d+[mhd])+$/.test(text)) return null;
  let minutes = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([mhd])/g)) {
    minutes += Number(count) * UNIT_MINUTES[unit as keyof typeof UNIT_MINUTES];
  }
  return minutes;
}

/** Percent of a limit: `80%`, or 100 for `breach`; null when it is neither. */
export function percentOf(text: string): number | null {
  if (text === 'breach') return 100;
  const found = /^(\d{1,4})%$/.exec(text);
  return found ? Number(found[1]) : null;
}

const length = z
  .string()
  .regex(/^(\d+[mhd])+$/, 'a length such as 20m, 3h, 10d or 1h30m')
  .meta({ description: 'Virtual time: m, h or d, e.g. 20m, 3h, 1h30m.' });
const instant = z.iso
  .datetime({ offset: true, error: 'an instant with offset, e.g. "2030-03-04T09:00:00+08:00"' })
  .refine((text) => Date.parse(text) % MINUTE_MS === 0, { error: 'an instant on a whole minute' });
const name = z.string().min(1);
const label = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,39}$/,
    'a label: a letter, then letters, digits, dash, underscore; at most 40',
  );
const staff = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, 'a staff id');
const fields = z.record(z.string(), z.unknown());
const refusalCode = z
  .string()
  .regex(/^[A-Za-z]+(\.[A-Za-z]+)+$/, 'the code of a refusal, e.g. task.roleNotAllowed');

export const PROCESSES = Object.keys(PROCESS_LETTERS) as [ProcessName, ...ProcessName[]];
export const OUTAGES = ['mail', 'sms', 'storage', 'ledger'] as const;
export const CRASHES = ['worker', 'stack'] as const;
export const CRASH_POINTS = ['mailAccepted', 'ledgerCommitted', 'intakeWritten'] as const;
export const DEEDS = [
  'pause',
  'resume',
  'note',
  'reassign',
  'raiseLevel',
  'withdraw',
  'reopen',
  'merge',
  'reclassify',
  'cancelCase',
  'adoptPolicy',
  'attachEvidence',
  'claimTask',
  'releaseTask',
  'correctTask',
  'reschedule',
  'reportLost',
  'refuseAcceptance',
  'resync',
  'bureauAnswer',
] as const;
export type OutageOf = (typeof OUTAGES)[number];
/** What is killed. */
export type Crashed = (typeof CRASHES)[number];
export type CrashPoint = (typeof CRASH_POINTS)[number];

// ---------------------------------------------------------------- what a step expects

const CASE_KEYS = [
  'as',
  'case',
  'process',
  'status',
  'outcome',
  'level',
  'rounds',
  'owner',
  'grade',
  'attention',
  'waitingOn',
  'events',
  'replay',
] as const;
const TASK_KEYS = [
  'name',
  'round',
  'role',
  'assignee',
  'status',
  'openedAt',
  'dueAt',
  'provisional',
  'completedAt',
  'completedBy',
] as const;
const CLOCK_KEYS = [
  'name',
  'round',
  'startedAt',
  'dueAt',
  'stoppedAt',
  'breachedAt',
  'usedMinutes',
  'limitMinutes',
  'provisional',
] as const;
const CUSTODY_KEYS = ['item', 'kind', 'holder', 'since', 'dueBackAt', 'returnedAt'] as const;
const BOOKING_KEYS = ['who', 'kind', 'from', 'to', 'status'] as const;
const MESSAGE_KEYS = ['key', 'template', 'channel', 'to', 'at', 'status', 'times'] as const;

/** `tasks.acknowledge`, `clocks.investigation#2`, `tasks.decide.dueAt`. */
const NAMED = /^(tasks|clocks)\.([A-Za-z][A-Za-z0-9]*)(#\d+)?(\.[A-Za-z]+)?$/;

function objectOf(keys: readonly string[], closed: boolean) {
  const shape = Object.fromEntries(keys.map((key) => [key, z.unknown().optional()]));
  return closed ? z.strictObject(shape) : z.looseObject(shape);
}
const times = z.number().int().min(0).optional();
const taskItem = objectOf(TASK_KEYS, true);
const clockItem = objectOf(CLOCK_KEYS, true);
const messageItem = objectOf(MESSAGE_KEYS, true).extend({ times });
const factItem = objectOf(['at', 'actor', 'rule'], false).extend({
  what: z.enum(FACT_KINDS).optional(),
  times,
});

const assertions = {
  ...Object.fromEntries(CASE_KEYS.map((key) => [key, z.unknown().optional()])),
  refused: z
    .union([refusalCode, z.array(refusalCode)])
    .optional()
    .meta({ description: 'Codes of acts refused since the last step.' }),
  tasks: z.array(taskItem).optional(),
  clocks: z.array(clockItem).optional(),
  custody: z
    .array(objectOf(CUSTODY_KEYS, true).extend({ times }))
    .optional()
    .meta({ description: 'Holdings of the case so far; contains, in order.' }),
  bookings: z
    .array(objectOf(BOOKING_KEYS, true).extend({ times }))
    .optional()
    .meta({ description: 'Appointments of the case so far; contains, in order.' }),
  messages: z.array(messageItem).optional().meta({ description: 'Since the last step; contains, in order.' }),
  timeline: z.array(factItem).optional().meta({ description: 'Since the last step; contains, in order.' }),
};

const negated = z.looseObject(assertions).meta({ id: 'negated' });
export const expectSchema = z.looseObject({ ...assertions, not: negated.optional() }).meta({ id: 'expect' });

/** What is wrong with the keys that a schema cannot name: `tasks.NAME` and `clocks.NAME`, also within `not`. */
function namedIssues(expectation: unknown, path: string[] = ['expect']): z.core.$ZodIssue[] {
  if (!isRecord(expectation)) return [];
  return Object.entries(expectation).flatMap(([key, wanted]): z.core.$ZodIssue[] => {
    if (key === 'not' && path.length === 1) return namedIssues(wanted, [...path, 'not']);
    if (Object.hasOwn(assertions, key)) return [];
    const unknown: z.core.$ZodIssue = {
      code: 'unrecognized_keys',
      keys: [key],
      path,
      message: 'unknown',
      input: {},
    };
    const [, kind, , , field] = NAMED.exec(key) ?? [];
    if (kind === undefined) return [unknown];
    const known: readonly string[] = kind === 'tasks' ? TASK_KEYS : CLOCK_KEYS;
    if (field !== undefined) return known.includes(field.slice(1)) ? [] : [unknown];
    if (wanted === null) return [];
    const parsed = (kind === 'tasks' ? taskItem : clockItem).safeParse(wanted, { reportInput: true });
    return (parsed.error?.issues ?? []).map((issue) => ({ ...issue, path: [...path, key, ...issue.path] }));
  });
}
/** What should hold: words of `--json`, partial. */
export type Expectation = z.infer<typeof expectSchema>;

// ---------------------------------------------------------------- steps

const common = { expect: expectSchema.optional(), in: label.optional() };

const openStep = z.strictObject({
  open: z.enum(PROCESSES),
  as: label.optional(),
  by: staff,
  input: fields,
  refused: refusalCode.optional(),
  expect: common.expect,
});
const waitStep = z.strictObject({ wait: length, ...common });
const target = {
  at: z
    .string()
    .regex(/^(\d{1,4}%|breach)$/, 'a percent such as 80%, or breach')
    .optional(),
  within: length.optional(),
};
const waitUntilStep = z.strictObject({
  waitUntil: z.union([
    instant,
    z.strictObject({ task: name, ...target }),
    z.strictObject({ clock: name, ...target }),
  ]),
  ...common,
});
const completeStep = z.strictObject({
  complete: name,
  by: staff,
  answer: fields.optional(),
  refused: refusalCode.optional(),
  ...common,
});
const doStep = z.strictObject({
  do: z.enum(DEEDS),
  by: staff,
  with: fields.optional(),
  refused: refusalCode.optional(),
  ...common,
});
const outageStep = z.strictObject({ outage: z.enum(OUTAGES), for: length, ...common });
const crashStep = z.strictObject({ crash: z.enum(CRASHES), at: z.enum(CRASH_POINTS).optional(), ...common });
const expectStep = z.strictObject({ expect: expectSchema, in: label.optional() });

/** Steps by the key that names them; `expect` alone comes last, since every step may carry it. */
const STEPS = {
  open: openStep,
  wait: waitStep,
  waitUntil: waitUntilStep,
  complete: completeStep,
  do: doStep,
  outage: outageStep,
  crash: crashStep,
  expect: expectStep,
} as const;
type StepKind = keyof typeof STEPS;

const head = {
  schema: z.literal('aftercare.scenario/1'),
  title: name,
  rules: z.array(z.string().regex(/^[A-Z]{1,4}(-?\d+)$/, 'a rule such as CMP-03, W14 or D13')).default([]),
  startAt: instant.meta({ description: 'In the future: the clock of a case can only be moved forward.' }),
  policy: z
    .union([z.string().min(1), fields])
    .optional()
    .meta({ description: 'Overlay over the default policy: a file, or the values themselves.' }),
  organisation: z.string().min(1).optional(),
  answers: z.unknown().optional().meta({ description: 'A place for YAML anchors.' }),
};
const headSchema = z.strictObject({ ...head, steps: z.array(z.unknown()).min(1) });

interface At {
  line: number;
}
export type OpenStep = z.infer<typeof openStep> & At & { kind: 'open' };
export type WaitStep = z.infer<typeof waitStep> & At & { kind: 'wait' };
export type WaitUntilStep = z.infer<typeof waitUntilStep> & At & { kind: 'waitUntil' };
export type CompleteStep = z.infer<typeof completeStep> & At & { kind: 'complete' };
export type DoStep = z.infer<typeof doStep> & At & { kind: 'do' };
export type OutageStep = z.infer<typeof outageStep> & At & { kind: 'outage' };
export type CrashStep = z.infer<typeof crashStep> & At & { kind: 'crash' };
export type ExpectStep = z.infer<typeof expectStep> & At & { kind: 'expect' };
export type Step =
  OpenStep | WaitStep | WaitUntilStep | CompleteStep | DoStep | OutageStep | CrashStep | ExpectStep;

export interface Scenario {
  file: string;
  title: string;
  rules: string[];
  startAt: Date;
  /** Overlay as values, or the path of a file. */
  policy: { path: string } | { values: Record<string, unknown> } | null;
  organisation: string | null;
  steps: Step[];
  /** Line of a value inside a step, for misses: the path as in `expect`, e.g. `['expect', 'level']`. */
  lineOf(step: number, path: (string | number)[]): number;
}

/** Everything wrong with a scenario file, one line per problem. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  constructor(readonly problems: string[]) {
    super(problems.join('\n'));
  }
}

function isProcess(label: string): boolean {
  return (PROCESSES as readonly string[]).includes(label);
}

/** Reads a scenario file. @throws ScenarioError */
export function loadScenario(path: string, now: Date = new Date()): Scenario {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ScenarioError([`${path}: ${missing ? 'no such file' : (error as Error).message}`]);
  }
  return parseScenario(text, path, now);
}

/** Parses the text of a scenario. `file` names it in errors and is what relative paths start from. */
export function parseScenario(text: string, file: string, now: Date = new Date()): Scenario {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, merge: true, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ScenarioError(
      document.errors.map(
        (error) => `${file}:${counter.linePos(error.pos[0]).line} (yaml): ${error.message}`,
      ),
    );
  }
  const lineAt = (path: readonly PropertyKey[]) => lineOfPath(document, counter, path);
  const problems = new Map<string, number>();
  const report = (issues: readonly z.core.$ZodIssue[], base: (string | number)[], kind: StepKind | null) => {
    for (const issue of issues) {
      for (const found of describe(issue, base, kind)) {
        const line = lineAt(found.path);
        problems.set(`${file}:${line} ${fieldName(found.path)}: ${found.what}`, line);
      }
    }
  };

  const data: unknown = document.toJS();
  const parsed = headSchema.safeParse(data, { reportInput: true });
  if (!parsed.success) report(parsed.error.issues, [], null);

  const rawSteps = isRecord(data) && Array.isArray(data['steps']) ? (data['steps'] as unknown[]) : [];
  const steps: Step[] = [];
  const labels = new Set<string>();
  rawSteps.forEach((raw, index) => {
    const path = ['steps', index];
    const kind = stepKind(raw);
    if (kind === null) {
      const line = lineAt(path);
      const first = isRecord(raw) ? Object.keys(raw)[0] : undefined;
      const hint = first === undefined ? '' : suggestion(first, Object.keys(STEPS));
      const what = first === undefined ? 'not a step' : `"${first}" is not a step${hint}`;
      problems.set(
        `${file}:${line} ${fieldName(path)}: ${what}; allowed: ${Object.keys(STEPS).join(', ')}`,
        line,
      );
      return;
    }
    const result = STEPS[kind].safeParse(raw, { reportInput: true });
    const named = namedIssues((raw as Record<string, unknown>)['expect']);
    report(named, path, kind);
    if (!result.success) {
      report(result.error.issues, path, kind);
      return;
    }
    if (named.length > 0) return;
    const step = { ...result.data, kind, line: lineAt(path) } as Step;
    if (step.kind === 'open') {
      const opened = step.as ?? step.open;
      if (labels.has(opened)) {
        const field = [...path, 'as'];
        problems.set(
          `${file}:${lineAt(field)} ${fieldName(field)}: a case "${opened}" is open already; give this one a label`,
          lineAt(field),
        );
      }
      labels.add(opened);
    } else if (step.in !== undefined && !labels.has(step.in) && !(labels.size > 0 && isProcess(step.in))) {
      // A case that a case opened goes by the name of its process; whether there is one, only the run can tell.
      const line = lineAt([...path, 'in']);
      const known = [...labels];
      const allowed =
        known.length > 0 ? `${suggestion(step.in, known)}; opened so far: ${known.join(', ')}` : '';
      problems.set(
        `${file}:${line} ${fieldName([...path, 'in'])}: no case "${step.in}" is open${allowed}`,
        line,
      );
    }
    steps.push(step);
  });

  if (parsed.success && Date.parse(parsed.data.startAt) <= now.getTime()) {
    const line = lineAt(['startAt']);
    problems.set(
      `${file}:${line} startAt: ${parsed.data.startAt} is past; a scenario starts in the future`,
      line,
    );
  }
  if (!parsed.success || problems.size > 0) {
    throw new ScenarioError([...problems].sort((a, b) => a[1] - b[1]).map(([problem]) => problem));
  }

  const { policy, organisation } = parsed.data;
  const near = (path: string) => resolve(dirname(file), path);
  const missing = [
    ...(typeof policy === 'string' && !existsSync(near(policy)) ? [['policy', policy] as const] : []),
    ...(organisation !== undefined && !existsSync(near(organisation))
      ? [['organisation', organisation] as const]
      : []),
  ];
  if (missing.length > 0) {
    throw new ScenarioError(
      missing.map(([key, path]) => `${file}:${lineAt([key])} ${key}: no such file ${path}`),
    );
  }
  return {
    file,
    title: parsed.data.title,
    rules: parsed.data.rules,
    startAt: new Date(parsed.data.startAt),
    policy:
      policy === undefined ? null : typeof policy === 'string' ? { path: near(policy) } : { values: policy },
    organisation: organisation === undefined ? null : near(organisation),
    steps,
    lineOf: (step, path) => lineAt(['steps', step, ...path]),
  };
}

/** The JSON Schema of a scenario file, for editors. */
export function scenarioJsonSchema(): object {
  const any = z.union([
    openStep,
    waitStep,
    waitUntilStep,
    completeStep,
    doStep,
    outageStep,
    crashStep,
    expectStep,
  ]);
  const schema = z.toJSONSchema(z.strictObject({ ...head, steps: z.array(any).min(1) }), {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const id = z.globalRegistry.get(zodSchema)?.id;
      if (id !== 'expect' && id !== 'negated') return;
      // zod cannot say "keys of this form": they are added where the schema was left open for them.
      const named = (item: z.ZodType) => ({
        anyOf: [z.toJSONSchema(item, { unrepresentable: 'any' }), { type: 'null' }],
      });
      const stripped = (item: z.ZodType) => {
        const { anyOf } = named(item);
        for (const each of anyOf) delete (each as Record<string, unknown>)['$schema'];
        return { anyOf };
      };
      jsonSchema.additionalProperties = false;
      jsonSchema.patternProperties = {
        '^tasks\\.[A-Za-z][A-Za-z0-9]*(#\\d+)?$': stripped(taskItem),
        '^clocks\\.[A-Za-z][A-Za-z0-9]*(#\\d+)?$': stripped(clockItem),
        [`^tasks\\.[A-Za-z][A-Za-z0-9]*(#\\d+)?\\.(${TASK_KEYS.join('|')})$`]: {},
        [`^clocks\\.[A-Za-z][A-Za-z0-9]*(#\\d+)?\\.(${CLOCK_KEYS.join('|')})$`]: {},
      } as never;
    },
  });
  return { $id: 'https://aftercare.invalid/scenario.schema.json', title: 'aftercare.scenario/1', ...schema };
}

function stepKind(raw: unknown): StepKind | null {
  if (!isRecord(raw)) return null;
  const kinds = (Object.keys(STEPS) as StepKind[]).filter((kind) => Object.hasOwn(raw, kind));
  // `expect` stands on any step: alone with a word that is none, the word was meant to be the step.
  const [kind] = kinds;
  if (kind === 'expect' && Object.keys(raw).some((key) => key !== 'expect' && key !== 'in')) return null;
  return kind ?? null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// ---------------------------------------------------------------- errors that a person can act on

interface Problem {
  path: (string | number)[];
  what: string;
}

function describe(issue: z.core.$ZodIssue, base: (string | number)[], kind: StepKind | null): Problem[] {
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = keysAt(path, kind);
      const allowed = known.length > 0 ? `${suggestion(key, known)}; allowed: ${known.join(', ')}` : '';
      return { path: [...path, key], what: `unknown key "${key}"${allowed}` };
    });
  }
  if (issue.code === 'invalid_union') {
    // The branch that got furthest is the one that was meant; a bare type mismatch says nothing about intent.
    const branches = issue.errors.filter((errors) =>
      errors.some((each) => each.path.length > 0 || isKeyIssue(each)),
    );
    const meant = branches.sort((a, b) => a.length - b.length)[0];
    if (meant) return meant.flatMap((each) => describe(each, path, kind));
    const said = issue.errors.flat().find((each) => each.code === 'invalid_format' || each.code === 'custom');
    return [{ path, what: told(said ?? issue) }];
  }
  if (issue.code === 'invalid_value') {
    const given = issue.input === undefined ? 'missing' : `"${String(issue.input)}" is not allowed`;
    const values = issue.values.map(String);
    const hint = issue.input === undefined ? '' : suggestion(String(issue.input), values);
    return [{ path, what: `${given}${hint}; allowed: ${values.join(', ')}` }];
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [{ path, what: `missing; needed: ${issue.expected}` }];
  }
  return [{ path, what: told(issue) }];
}

function isKeyIssue(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'unrecognized_keys';
}

function told(issue: z.core.$ZodIssue): string {
  const given =
    typeof issue.input === 'string' || typeof issue.input === 'number' ? `"${issue.input}": ` : '';
  if (issue.code === 'invalid_type') return `${given}expected ${issue.expected}`;
  if (issue.code === 'invalid_union') return `${given}not allowed here`;
  return `${given}${given ? 'expected ' : ''}${issue.message}`;
}

/** Keys allowed at a place of the file, for the suggestion. */
function keysAt(path: readonly PropertyKey[], kind: StepKind | null): string[] {
  if (kind === null) return Object.keys(headSchema.shape);
  const last = path.at(-1);
  if (path.length === 2) return Object.keys(STEPS[kind].shape);
  if (path[2] === 'waitUntil') return ['task', 'clock', ...Object.keys(target)];
  if (last === 'expect') return [...Object.keys(assertions), 'not', 'tasks.NAME', 'clocks.NAME'];
  if (last === 'not') return [...Object.keys(assertions), 'tasks.NAME', 'clocks.NAME'];
  const place = path.slice(3).find((part) => typeof part === 'string' && part !== 'not');
  if (typeof place !== 'string') return [];
  if (place.startsWith('tasks')) return [...TASK_KEYS];
  if (place.startsWith('clocks')) return [...CLOCK_KEYS];
  if (place === 'messages') return [...MESSAGE_KEYS];
  return [];
}

function suggestion(given: string, known: readonly string[]): string {
  const best = suggest(given, known);
  return best === null ? '' : `; did you mean "${best}"?`;
}

function fieldName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '(file)';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : (index > 0 ? '.' : '') + String(part)))
    .join('');
}

/** Line of the value at a path; of its nearest known ancestor when it is absent. */
function lineOfPath(document: Document, counter: LineCounter, path: readonly PropertyKey[]): number {
  let node = document.contents as unknown;
  let offset = startOf(node) ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) break;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && keyOf(item.key) === String(part));
      if (!pair) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else {
      node = node.items[Number(part)];
      offset = startOf(node) ?? offset;
    }
  }
  return counter.linePos(offset).line;
}

function keyOf(key: unknown): string {
  return String((key as { value?: unknown } | null)?.value ?? key);
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}
