/** Acts on a case: which task is meant, what the form is, what changed and what follows. */
import type { z } from 'zod';
import type { AftercareApi } from '../api.js';
import { actForms } from '../../domain/forms-case.js';
import { PROCESS_NAMES, processOf, taskForms } from '../../domain/processes.js';
import type { TaskRow } from '../../domain/case.js';
import type { ActName, ActResult, NextTask } from '../../workflows/case/messages.js';
import { labelOf, suggest } from '../forms.js';
import { explainRefusal } from './answers.js';
import { approved, notOnlyDry, type Effect, type Severity } from './approval.js';
import type { Context } from './context.js';
import { UsageError } from './errors.js';
import { closingText, lastWaiting } from './closing.js';

/** How long a case is asked before the ledger is taken at its word. */
const LIVE_MS = 2_000;

/**
 * `; it goes on by itself Tue 10:00 (in 12 h): next attempt`, of an open case that asks nobody anything; empty when not
 * known, and for machines, which do not read it.
 */
export async function goesOnText(ctx: Context, caseId: string): Promise<string> {
  if (ctx.out.json) return '';
  const api = await ctx.open();
  const live = await api.view(caseId, Date.now() + LIVE_MS).catch(() => null);
  const [wait] = live?.waits ?? [];
  return wait ? `; it goes on by itself ${ctx.moments.due(wait.until)}: ${labelOf(wait.name)}` : '';
}

/** Name of a task without its round: `investigate#2` is an `investigate`. */
export function taskName(task: string): string {
  return task.split('#')[0]!;
}

/** The form of a task of a case in its edge shape. @throws UsageError for a task its manual does not name */
export function taskForm(caseId: string, task: string): z.ZodType {
  const forms = taskForms(processOf(caseId) ?? PROCESS_NAMES[0]!, 'edge');
  const name = taskName(task);
  const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
  if (form) return form;
  const near = suggest(name, Object.keys(forms));
  const message = `no task is called ${name}${near ? `. Did you mean ${near}?` : ''}`;
  throw new UsageError('usage.value', message, 'names of open tasks: aftercare case show CASE', '--task');
}

/**
 * The task meant: the one named, else the actor's only open one in the case. The case itself is asked which that is: the
 * ledger hears of a task a moment later, and after an outage much later. When no worker answers for it, the ledger is
 * all there is.
 * @throws UsageError listing the choice; DeskError exit 3 for a case that is not there
 */
export async function meantTask(
  api: AftercareApi,
  caseId: string,
  actorId: string,
  named: string | undefined,
): Promise<{ task: string; row: TaskRow | null }> {
  if (named !== undefined) {
    taskForm(caseId, named);
    const open = await api.tasks({ caseId });
    const row = open.find((task) => task.key === named) ?? open.find((task) => task.name === named) ?? null;
    return { task: named, row };
  }
  const live = await api.view(caseId, Date.now() + LIVE_MS).catch(() => null);
  const open = live?.tasks.filter((task) => task.status === 'open') ?? (await api.tasks({ caseId }));
  const own = open.filter((task) => task.assignee === actorId);
  if (own.length === 1) return { task: own[0]!.key, row: own[0]! };
  const list = (own.length ? own : open)
    .map((task) => `${task.key} (${task.assignee ?? task.role})`)
    .join(', ');
  // A case that never was has no task of anybody's either: its own words say so.
  if (open.length === 0) await api.sheet(caseId, actorId);
  throw new UsageError(
    'usage.missing',
    own.length
      ? `--task is missing: ${actorId} has ${own.length} tasks there`
      : `--task is missing: none there is ${actorId}'s`,
    open.length ? `open: ${list}` : `nothing is open in ${caseId}: aftercare case show ${caseId}`,
    '--task',
  );
}

/** What an act does, as its plan tells it before, and how much a person has to say for it. */
export interface Plan extends Effect {
  /** Absent: done at once. */
  severity?: Severity;
}

/**
 * An act on a case: with `--dry-run`, and before a person is asked, the case says whether it would take it; then it is
 * sent. A refusal comes back with what each field allows.
 * @returns null when nothing was to be done
 */
export async function enact(
  ctx: Context,
  name: ActName | 'reopen',
  caseId: string,
  args: Record<string, unknown>,
  { severity, ...effect }: Plan,
): Promise<ActResult | null> {
  const api = await ctx.open();
  const { id } = await ctx.actor();
  const check = () => api.checkAct(name, caseId, args, id);
  try {
    const go =
      severity === undefined
        ? await notOnlyDry(ctx, effect, check)
        : await approved(ctx, effect, severity, check);
    if (!go) return null;
    return await ctx.act(() => api.act(name, caseId, args, id, { requestId: ctx.requestId }));
  } catch (error) {
    const forms: Partial<Record<string, z.ZodType>> = actForms('edge');
    const form = forms[name];
    throw form ? explainRefusal(error, form) : error;
  }
}

const DONE_WORDS: Record<string, string> = {
  acknowledge: 'acknowledged',
  investigate: 'investigated',
  decide: 'decided',
  planResolution: 'resolution planned',
  agreeResolution: "customer's reply noted",
  carryOut: 'carried out',
  tellResult: 'result told',
  confirmSatisfaction: 'verdict noted',
  reportToHead: 'reported to the head',
  secondLine: 'taken over by the second line',
  approveCompensation: 'compensation decided',
  payCompensation: 'compensation paid',
  sendLetter: 'letter sent',
  takeCharge: 'charge taken',
  confirmWithdrawal: 'withdrawal checked',
};

/** A completed task in a word or two. */
export function doneWords(task: string): string {
  return DONE_WORDS[taskName(task)] ?? `${taskName(task)} done`;
}

function nextText(ctx: Context, task: NextTask): string {
  return [
    task.task,
    task.assignee ?? `any ${task.role}`,
    task.dueAt ? `due ${ctx.moments.due(task.dueAt)}` : 'no deadline now',
  ].join(', ');
}

/** `✓ acknowledged; next: investigate, wang.lei, due Mon 18:00 (in 3 h)`; nothing when nothing was done. */
export async function tellResult(
  ctx: Context,
  what: string,
  caseId: string,
  result: ActResult | null,
): Promise<void> {
  if (result === null) return;
  const { out } = ctx;
  const waits = result.status === 'open' && !result.next[0] ? await goesOnText(ctx, caseId) : '';
  const last =
    result.status === 'closing' ? lastWaiting(await (await ctx.open()).messages({ caseId })) : null;
  out.either({ case: caseId, ...result, ...(last ? { closesWith: last } : {}) }, () => {
    const tick = out.c.green('✓');
    const [first, ...others] = result.next;
    if (result.status !== 'open') {
      // Closing: what is to be given back is somebody's task; then only the last messages are waited for.
      const word = result.status === 'closing' ? 'closes' : result.status;
      out.line(`${tick} ${what}; case ${word}${result.outcome ? `: ${result.outcome}` : ''}`);
      for (const task of result.next) out.line(`  before that: ${nextText(ctx, task)}`);
      if (last && !first) out.line(`  ${closingText(ctx, last)}`);
    } else if (!first) {
      out.line(`${tick} ${what}; no task is open now${waits}`);
    } else {
      out.line(`${tick} ${what}; next: ${nextText(ctx, first)}`);
      for (const task of others) out.line(`  also open: ${nextText(ctx, task)}`);
    }
  });
  if (!result.inLedger) out.say('Accepted; the ledger is behind and follows by itself.');
  if (ctx.globals.verbose) out.say(`request id ${result.requestId}`);
}
