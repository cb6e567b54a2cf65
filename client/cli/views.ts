/** How a case, its tasks, clocks and story are written. Words first; colour only repeats them. */
import type { CaseRow, ClockRow, Fact, MessageRow, Recipient, TaskRow } from '../../domain/case.js';
import { COMPLAINT_TASKS } from '../../domain/complaint.js';
import { intervals, type Calendars } from '../../domain/calendar.js';
import { word } from '../../domain/words.js';
import { usedMinutes } from '../../domain/clock.js';
import type { OpenTaskRow } from '../../adapters/ports.js';
import type { CaseSheet, ClockExplanation, FormField } from '../api.js';
import { allowedText, everyField, valueText, type Telling } from '../forms.js';
import type { Context } from './context.js';
import { lengthText, type Moments } from './moments.js';
import { padEnd, type Column } from './output.js';
import { taskName } from './acts.js';

/** The line that answers a task, ready to be typed. */
export function lineToType(
  task: Pick<OpenTaskRow, 'caseId' | 'name' | 'key' | 'assignee'>,
  actor: string | null,
): string {
  const as = actor === null ? '' : ` --as ${actor}`;
  if (task.assignee === null) return `npx aftercare task claim ${task.caseId} --task ${task.key}${as}`;
  return `npx aftercare task complete ${task.caseId} --task ${task.name}${as}`;
}

/** `L1 · round 1 · important · waiting on customer` */
export function standing(row: CaseRow): string {
  return [
    row.level,
    row.rounds > 0 ? `round ${row.rounds}` : null,
    row.grade,
    row.status === 'open' && row.waitingOn !== 'us' ? `waiting on ${row.waitingOn}` : null,
    row.status === 'open' ? row.attention : (row.outcome ?? row.status),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** When something is due, red once it is late. */
export function dueText(ctx: Context, dueAt: string | null, provisional = false): string {
  const { c } = ctx.out;
  const text = ctx.moments.due(dueAt);
  const late = ctx.moments.isPast(dueAt);
  return `${late ? c.red(text) : text}${provisional ? c.yellow(' provisional') : ''}`;
}

/** The same within a sentence: `due Mon 18:00 (in 3 h)`; a task of a paused case has no deadline. */
export function dueWords(ctx: Context, dueAt: string | null, provisional = false): string {
  return `${dueAt === null ? '' : 'due '}${dueText(ctx, dueAt, provisional)}`;
}

/**
 * The cases around a case: the one it goes on with the devices of (W21) or is related to, and those opened for part of
 * it, each with its outcome once that is known (W21, W25).
 */
export function linkPairs(
  relatedTo: string | null,
  timeline: readonly Pick<Fact, 'what' | 'data'>[],
): [string, string | null][] {
  const of = (what: Fact['what']) => timeline.filter((fact) => fact.what === what).map(({ data }) => data);
  const isPart = relatedTo !== null && of('opened')[0]?.['partOf'] === relatedTo;
  const linked = of('linked').map((opened) => {
    const end = of('linkedEnded').find((each) => each['case'] === opened['case']);
    return [opened['case'], end?.['outcome']].filter(Boolean).join(' ');
  });
  return [
    [isPart ? 'part of' : 'related to', relatedTo],
    ['linked cases', linked.join(', ')],
  ];
}

export function taskColumns(ctx: Context): Column<OpenTaskRow>[] {
  const { c } = ctx.out;
  return [
    { head: 'case', cell: (task) => task.caseId },
    { head: 'task', cell: (task) => c.bold(task.key.endsWith('#1') ? task.name : task.key) },
    { head: 'due', cell: (task) => dueText(ctx, task.dueAt, task.provisional) },
    { head: 'who', cell: (task) => c.cyan(task.assignee ?? `any ${task.role}`) },
    { head: 'level', cell: (task) => task.level },
    { head: 'customer', cell: (task) => task.customer ?? '', elastic: true },
    { head: 'rule', cell: (task) => c.dim(task.rule) },
  ];
}

export function caseColumns(ctx: Context): Column<CaseRow>[] {
  const { c } = ctx.out;
  return [
    { head: 'case', cell: (row) => row.caseId },
    { head: 'standing', cell: (row) => standing(row), elastic: true },
    { head: 'owner', cell: (row) => c.cyan(row.owner) },
    { head: 'customer', cell: (row) => row.customer ?? (row.identity === 'named' ? '' : row.identity) },
    { head: 'opened', cell: (row) => ctx.moments.at(row.openedAt) },
    {
      head: 'next due',
      cell: (row) => (row.status === 'open' && row.nextDueAt ? dueText(ctx, row.nextDueAt) : ''),
    },
  ];
}

/** The clock that limits a task: the manual's one for it, of the same round. */
export function clockOfTask(
  task: Pick<TaskRow, 'name' | 'key' | 'dueAt' | 'round'>,
  clocks: readonly ClockRow[],
): ClockRow | null {
  const definition = (COMPLAINT_TASKS as Record<string, { clock: string | null }>)[taskName(task.name)];
  const named = clocks.filter((clock) => clock.name === (definition?.clock ?? task.name));
  return (
    clocks.find((clock) => clock.key === task.key) ??
    named.find((clock) => clock.dueAt === task.dueAt) ??
    named.find((clock) => clock.round === task.round) ??
    null
  );
}

/** The limit in the manual's words; one that is an instant as a time people read. */
export function limitWords(ctx: Context, clock: ClockRow): string {
  return clock.limitText.startsWith('until ')
    ? `until ${ctx.moments.at(clock.limitText.slice('until '.length))}`
    : clock.limitText;
}

/** `calendars` count the minutes of the span that is still open. */
export function clockColumns(ctx: Context, calendars: Calendars): Column<ClockRow>[] {
  const { c } = ctx.out;
  const state = (clock: ClockRow) => {
    if (clock.stoppedAt) return clock.breachedAt ? c.red('stopped late') : c.green('kept');
    if (clock.pausedAt) return c.yellow('paused');
    return clock.breachedAt ? c.red('LATE') : 'running';
  };
  return [
    { head: 'clock', cell: (clock) => (clock.round > 1 ? `${clock.name}#${clock.round}` : clock.name) },
    { head: 'limit', cell: (clock) => limitWords(ctx, clock) },
    {
      head: 'used',
      cell: (clock) => lengthText(usedMinutes(clock, ctx.moments.now.toISOString(), calendars)),
    },
    {
      head: 'due',
      cell: (clock) =>
        clock.stoppedAt ? ctx.moments.at(clock.dueAt) : dueText(ctx, clock.dueAt, clock.provisional),
    },
    { head: 'state', cell: state },
    { head: 'rule', cell: (clock) => c.dim(clock.rule) },
  ];
}

/** Recipient by reference: names are looked up only when a message is sent. */
export function recipientText(to: Recipient): string {
  return to.kind === 'contact' ? 'complainant' : to.kind === 'customer' ? `customer ${to.id}` : to.id;
}

export function messageColumns(ctx: Context): Column<MessageRow & { caseId?: string }>[] {
  const { c } = ctx.out;
  const state = (row: MessageRow) => {
    const why = row.reason && row.status !== 'sent' ? `: ${word('reason', row.reason, 'en')}` : '';
    const text = `${row.status}${why}`;
    return row.status === 'failed' ? c.red(text) : row.status === 'sent' ? c.green(text) : c.yellow(text);
  };
  return [
    { head: 'case', cell: (row) => row.caseId ?? row.key.split('/')[0]! },
    { head: 'message', cell: (row) => row.template },
    { head: 'to', cell: (row) => c.cyan(recipientText(row.to)) },
    { head: 'by', cell: (row) => row.channel ?? row.channels.join(', ') },
    { head: 'when', cell: (row) => ctx.moments.at(row.at ?? row.notBefore ?? row.queuedAt) },
    { head: 'state', cell: state },
    { head: 'rule', cell: (row) => c.dim(row.rule) },
  ];
}

/** A deadline, stretch by stretch, and what comes next on it. */
export function explanationLines(
  ctx: Context,
  explanation: ClockExplanation,
  calendars: Calendars,
): string[] {
  const { clock, lines, ahead } = explanation;
  const { c } = ctx.out;
  const { moments } = ctx;
  const name = clock.round > 1 ? `${clock.name}#${clock.round}` : clock.name;
  const due = clock.stoppedAt
    ? `was due ${moments.at(clock.dueAt)}, stopped ${moments.at(clock.stoppedAt)}`
    : clock.pausedAt
      ? `paused since ${moments.at(clock.pausedAt)}; was due ${moments.at(clock.dueAt)}`
      : `due ${dueText(ctx, clock.dueAt, clock.provisional)}`;
  const late = clock.breachedAt ? c.red('  LATE') : '';
  const counted = lines.reduce((sum, line) => sum + (line.counted ? line.minutes : 0), 0);
  const used = `${lengthText(counted)} of ${lengthText(clock.limitMinutes)} used`;
  return [
    `${c.bold(name)} · ${limitWords(ctx, clock)} · calendar ${clock.calendar} · ${c.dim(clock.rule)}`,
    `  ${due}${late}`,
    ...intervalLines(ctx, lines),
    `  ${used}`,
    ...toComeLines(ctx, clock, calendars),
    ...aheadLines(ctx, ahead),
  ];
}

/** What still has to pass until a running clock is due, by the calendar in force. */
export function toComeLines(ctx: Context, clock: ClockRow, calendars: Calendars): string[] {
  const now = ctx.moments.now.toISOString();
  if (clock.stoppedAt !== null || clock.pausedAt !== null || clock.dueAt <= now) return [];
  const from = clock.startedAt > now ? clock.startedAt : now;
  const stretches = intervals(calendars, clock.calendar, from, clock.dueAt);
  return [`  ${ctx.out.c.dim('to come')}`, ...intervalLines(ctx, stretches)];
}

export function intervalLines(
  ctx: Context,
  lines: readonly { from: string; to: string; minutes: number; counted: boolean; why: string }[],
): string[] {
  const { c } = ctx.out;
  const { moments } = ctx;
  const span = (line: { from: string; to: string }) => {
    if (moments.style === 'iso') return `${moments.iso(line.from)} – ${moments.iso(line.to)}`;
    const sameDay = moments.dayKey(line.from) === moments.dayKey(line.to);
    return `${moments.day(line.from)} ${moments.time(line.from)} – ${sameDay ? '' : `${moments.day(line.to)} `}${moments.time(line.to)}`;
  };
  // Two days written out: so the part that passed and the part to come stand in one column.
  const width = Math.max(moments.style === 'iso' ? 0 : 35, ...lines.map((line) => span(line).length));
  return lines.map((line) => {
    const counted = line.counted ? `+${lengthText(line.minutes)}` : '';
    const text = `  ${span(line).padEnd(width)}  ${counted.padStart(11)}  ${line.why}`;
    return line.counted ? text : c.dim(text);
  });
}

export function aheadLines(ctx: Context, ahead: ClockExplanation['ahead']): string[] {
  if (ahead.length === 0) return [];
  const { c } = ctx.out;
  const width = Math.max(...ahead.map((line) => line.what.length));
  return [
    `  ${c.dim('ahead')}`,
    ...ahead.map((line) => {
      const who = line.who.length ? `  ${c.cyan(line.who.join(', '))}` : '';
      return `    ${padEnd(ctx.moments.due(line.at), 28)}  ${padEnd(line.what, width)}${who}`.trimEnd();
    }),
  ];
}

function idsIn(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const { content } = value as { content?: unknown };
  if (typeof content === 'string') into.add(content);
  for (const inner of Object.values(value)) idsIn(inner, into);
}

/** What was said when the case was opened: the texts that belong to no answer and no later fact. */
export function openingTexts(sheet: Pick<CaseSheet, 'texts' | 'tasks' | 'timeline'>): string[] {
  const later = new Set<string>();
  idsIn(sheet.tasks, later);
  idsIn(
    sheet.timeline.filter((fact) => fact.what !== 'opened'),
    later,
  );
  return Object.entries(sheet.texts).flatMap(([id, text]) => (later.has(id) ? [] : [text]));
}

/** Texts and names of files that stand beside the facts, as this reader may see them. */
export function toldOf({ texts, evidence }: Pick<CaseSheet, 'texts' | 'evidence'>): {
  texts: Record<string, string>;
  files: Record<string, string>;
} {
  return { texts, files: Object.fromEntries(evidence.map((row) => [row.evidence, row.name])) };
}

/** What this reader of a case is told for a text and for a file: the hidden stay hidden. */
function tellingOf(sheet: Pick<CaseSheet, 'texts' | 'evidence'>, moments: Moments): Telling {
  const { texts, files } = toldOf(sheet);
  return {
    text: (content) => texts[content] ?? '(hidden from you, or erased)',
    file: (id) => files[id] ?? `file ${id}`,
    moment: (at) => moments.at(at),
    yesNo: (value) => (value ? 'yes' : 'no'),
  };
}

/** A task's answer, one pair a field: texts in their own words, files by name, instants as the reader tells the time. */
export function answerPairs(
  sheet: Pick<CaseSheet, 'texts' | 'evidence'>,
  answer: Record<string, unknown>,
  moments: Moments,
): [string, string][] {
  const telling = tellingOf(sheet, moments);
  return Object.entries(answer).map(([field, value]) => [field, valueText(value, telling)]);
}

/** A form as it is read: each field, starred when required, with what may stand in it; a list's blocks after the list. */
export function formPairs({ out }: Context, fields: readonly FormField[]): [string, string][] {
  return everyField(fields).map((field) => [
    `${field.name}${field.required ? ' *' : ''}`,
    `${allowedText(field)}${field.default === undefined ? '' : out.c.dim(`  default ${String(field.default)}`)}`,
  ]);
}
