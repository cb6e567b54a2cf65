/** Acting on a case: an answer or another act is checked at the edge, its texts are stored, and the case is asked once. */
import { createHash, randomUUID } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { REOPENED_PROCESSES, type Actor, type ProcessName } from '../domain/case.js';
import { addDays, dayOf } from '../domain/calendar.js';
import { actForms } from '../domain/forms-case.js';
import { processOf, taskForms, type Form } from '../domain/processes.js';
import { formIssues } from '../domain/forms.js';
import type { RepairAnswers } from '../domain/forms-repair.js';
import type { Act, ActName, ActResult, CaseStart, Refusal } from '../workflows/case/messages.js';
import { DeskError, EXIT, type ActOptions, type LoadedPolicy } from './api.js';
import { nextOf, type Desk } from './desk.js';
import { invalid, isNamed, notFound, unreachable } from './failures.js';
import type { Added, Papers } from './papers.js';

/** Tasks of a case that its complainant withdrew (W33). */
const ENDING_TASKS = ['confirmWithdrawal', 'investigateInternally'];

const CLOSED = /already completed|not found|workflow execution already/i;

type EdgeParsed =
  { success: true; data: unknown } | { success: false; error: Parameters<typeof formIssues>[0] };

/** What a code in a mail to a bureau asks, and who answers by it. */
interface BureauRequest {
  caseId: string;
  /** Key of the task it answers. */
  task: string;
  actor: Actor;
}

export class Acts {
  private readonly forms = actForms('edge') as unknown as Record<
    string,
    { safeParse(value: unknown): EdgeParsed }
  >;

  constructor(
    private readonly desk: Desk,
    private readonly papers: Papers,
  ) {}

  complete(
    caseId: string,
    task: string,
    answer: unknown,
    by: string,
    options: ActOptions = {},
  ): Promise<ActResult> {
    return this.act('completeTask', caseId, { task, answer }, by, options);
  }

  /** An answer in the shape of its form, and what it names on file is there. */
  private async answerOf(caseId: string, task: string, answer: unknown, requestId: string): Promise<unknown> {
    const name = taskName(task);
    const form = edgeForm(caseId, name);
    if (form === null)
      throw new DeskError('task.unknown', `there is no task called ${name}`, {
        exit: EXIT.notFound,
        requestId,
        remedy: 'see `aftercare task show CASE`',
      });
    const parsed = form.safeParse(answer ?? {}) as EdgeParsed;
    if (!parsed.success) throw invalid(name, formIssues(parsed.error), requestId);
    const { replacement } = parsed.data as Partial<RepairAnswers['repairOnSite']>;
    if (replacement !== undefined)
      await this.desk.bureau(name, replacement.bureau, requestId, 'replacement.bureau');
    return parsed.data;
  }

  async answerBureau(code: string, answer: unknown, options: ActOptions = {}) {
    const requestId = options.requestId ?? randomUUID();
    const { caseId, task, actor } = await this.bureauRequest(code, requestId);
    const answered = this.payloadOf('completeTask', caseId, { task, answer }, requestId);
    const payload = await this.logged(caseId, actor.id, 'awaitBureau', answered);
    let result: ActResult;
    try {
      result = await this.send('completeTask', caseId, payload, actor, requestId, 'awaitBureau');
    } catch (error) {
      throw codeSpentIf(error, requestId);
    }
    await this.desk.guarded(requestId, () =>
      this.desk.ledger.useBureauCodes({ caseId, taskKey: task, at: this.desk.at, requestId }),
    );
    return { ...result, caseId };
  }

  async checkBureauAnswer(code: string, answer: unknown): Promise<void> {
    const requestId = randomUUID();
    const { caseId, task, actor } = await this.bureauRequest(code, requestId);
    await this.rehearse('completeTask', caseId, { task, answer }, actor, requestId).catch(
      (error: unknown) => {
        throw codeSpentIf(error, requestId);
      },
    );
  }

  /** What a one-time code was made for (W28). @throws DeskError `bureau.codeUnknown`, `bureau.codeSpent` */
  private async bureauRequest(code: string, requestId: string): Promise<BureauRequest> {
    const known = await this.desk.guarded(requestId, () => this.desk.ledger.bureauCode(codeDigest(code)));
    if (known === null)
      throw new DeskError('bureau.codeUnknown', 'no request to a bureau has this code', {
        exit: EXIT.notFound,
        requestId,
        remedy: 'type it as it stands in the mail, or telephone',
      });
    // Another code of that task may have been used, or the task may have ended: the case knows. A request that is
    // repeated gets its first answer there.
    if (known.usedAt !== null && known.usedRequest !== requestId) throw codeSpent(requestId);
    const { caseId, taskKey, unitId } = known;
    return { caseId, task: taskKey, actor: { id: `bureau:${unitId}`, roles: [] } };
  }

  async act(
    name: ActName | 'reopen',
    caseId: string,
    args: unknown,
    by: string,
    options: ActOptions = {},
  ): Promise<ActResult> {
    const requestId = options.requestId ?? randomUUID();
    const about = aboutOf(name, args);
    const payload = await this.logged(caseId, by, about, this.payloadOf(name, caseId, args, requestId));
    return name === 'reopen'
      ? this.reopen(caseId, payload, by, requestId)
      : this.send(name, caseId, payload, by, requestId, about);
  }

  async checkAct(name: ActName | 'reopen', caseId: string, args: unknown, by: string): Promise<void> {
    await this.rehearse(name, caseId, args, by, randomUUID());
  }

  /** Makes an act ready as if to send it, and asks the case whether it would take it. @throws DeskError as `act` */
  private async rehearse(
    name: ActName | 'reopen',
    caseId: string,
    args: unknown,
    by: string | Actor,
    requestId: string,
  ): Promise<void> {
    const payload = await this.payloadOf(name, caseId, args, requestId);
    const actor = typeof by === 'string' ? await this.desk.actor(by) : by;
    const { value } = await this.papers.references(payload, aboutOf(name, args), requestId);
    if (name === 'reopen') {
      await this.reopenable(caseId, actor, requestId);
      return;
    }
    const act: Act = { ...(value as object), requestId, by: actor };
    const refusal = await this.desk.queried(caseId, (client) =>
      client.withDeadline(Date.now() + this.desk.patienceMs, () =>
        client.workflow.getHandle(caseId).query<Refusal | null, [ActName, Act]>('wouldRefuse', name, act),
      ),
    );
    if (refusal !== null) throw saidNo(refusal, requestId);
  }

  /** An act in the shape of its form, and what the ledger must know of it is there; nothing is stored yet. */
  private async payloadOf(
    name: ActName | 'reopen',
    caseId: string,
    args: unknown,
    requestId: string,
  ): Promise<Record<string, unknown>> {
    if (name === 'completeTask') {
      const { task, answer } = args as { task: string; answer: unknown };
      return { task, answer: await this.answerOf(caseId, task, answer, requestId) };
    }
    if (name === 'adoptPolicy') {
      const given = args as { policy: LoadedPolicy; reason: string };
      return { snapshot: await this.desk.snapshot(given.policy), reason: { $text: given.reason } };
    }
    const form = this.forms[name];
    if (form === undefined)
      throw new DeskError('act.unknown', `there is no act called ${name}`, { exit: EXIT.usage, requestId });
    const parsed = form.safeParse(args ?? {});
    if (!parsed.success) throw invalid(name, formIssues(parsed.error), requestId);
    const data = parsed.data as Record<string, unknown>;
    if (name === 'merge') await this.mergeable(caseId, String(data['into']), requestId);
    if (name !== 'correctTask') return data;
    const task = taskName(String(data['task']));
    const fields = data['correction'] as Record<string, unknown>;
    return { ...data, correction: await this.correction(caseId, task, fields, requestId) };
  }

  /**
   * A correction holds only the fields that change; each is checked as on the form, and the case checks how they go with
   * the others.
   */
  private async correction(caseId: string, task: string, fields: Record<string, unknown>, requestId: string) {
    const shape = edgeForm(caseId, task)?.shape;
    if (shape === undefined)
      throw new DeskError('task.unknown', `there is no task called ${task}`, {
        exit: EXIT.notFound,
        requestId,
      });
    const parsed = z.strictObject(shape).partial().safeParse(fields);
    if (!parsed.success) throw invalid(task, formIssues(parsed.error), requestId);
    const given = parsed.data as Record<string, unknown>;
    return Object.fromEntries(Object.keys(fields).map((key) => [key, given[key]]));
  }

  /** The target of a merge must be an open, earlier case (W36). */
  private async mergeable(caseId: string, into: string, requestId: string): Promise<void> {
    const [own, target] = await this.desk.guarded(requestId, () =>
      Promise.all([this.desk.ledger.caseFile(caseId), this.desk.ledger.caseFile(into)]),
    );
    if (target === null)
      throw new DeskError('case.notFound', `no case ${into}`, { exit: EXIT.notFound, requestId });
    if (processOf(into) !== processOf(caseId))
      throw new DeskError('merge.otherProcess', `${into} is a case of another kind`, {
        requestId,
        remedy: 'duplicates of one kind are merged; another kind is noted in both: aftercare case note',
      });
    if (target.row.status !== 'open')
      throw new DeskError('merge.targetClosed', `${into} is ${target.row.status}`, {
        requestId,
        remedy: 'reopen it first',
      });
    const ending = target.tasks.find(({ name, status }) => status === 'open' && ENDING_TASKS.includes(name));
    if (ending !== undefined)
      throw new DeskError('merge.targetClosed', `${into} is about to end: ${ending.name} is open`, {
        requestId,
        remedy: 'wait what comes of that',
      });
    if (own !== null && target.row.openedAt > own.row.openedAt)
      throw new DeskError('merge.targetLater', `${into} was opened after ${caseId}`, {
        requestId,
        remedy: `merge ${into} into ${caseId} instead`,
      });
  }

  private async send(
    name: ActName,
    caseId: string,
    payload: unknown,
    by: string | Actor,
    requestId: string,
    about: string,
  ): Promise<ActResult> {
    const handle = (await this.desk.client()).workflow.getHandle(caseId);
    const actor = typeof by === 'string' ? await this.desk.actor(by) : by;
    const { value, contents, files } = await this.papers.references(payload, about, requestId);
    const args = value as Record<string, unknown>;
    await this.papers.store(files);
    const added: Added = {
      contents: await this.desk.guarded(requestId, () =>
        this.desk.ledger.putContents(contents.map((row) => ({ ...row, caseId }))),
      ),
      evidence: await this.desk.guarded(requestId, () => this.papers.evidenceOf(caseId, args, actor.id)),
    };
    const patience = Date.now() + this.desk.patienceMs;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.bounded(
          handle.executeUpdate<ActResult, [object]>(name, {
            args: [{ ...args, requestId, by: actor }],
            updateId: requestId,
          }),
          patience - Date.now(),
        );
      } catch (error) {
        const known = await this.explained(error, caseId, requestId);
        if (known.exit === EXIT.refused || known.exit === EXIT.notFound) {
          await this.papers.takeBack(caseId, added, known);
          throw known.exit === EXIT.refused ? await this.refused(caseId, actor.id, about, known) : known;
        }
        if (known.code !== 'temporal.unreachable' || Date.now() >= patience) throw known;
        await new Promise((wake) => setTimeout(wake, Math.min(200 * tries, 1_000)));
      }
    }
  }

  private async bounded<T>(work: Promise<T>, ms: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), Math.max(ms, 1));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  /** The record of a closed case that this person may take up again (W34). @throws DeskError when it may not be */
  private async reopenable(caseId: string, actor: Actor, requestId: string) {
    const file = await this.desk.guarded(requestId, () => this.desk.ledger.caseFile(caseId));
    if (file === null) throw notFound(caseId);
    const { row } = file;
    if (!REOPENED_PROCESSES.includes(row.process))
      throw new DeskError('act.notForThisProcess', `a case of kind ${row.process} is not reopened`, {
        requestId,
        remedy: row.process === 'repair' ? `open a new one with relatedCases: [${caseId}]` : 'open a new one',
      });
    const carry = file.finalState as CaseStart['carry'] | null;
    if (row.status !== 'closed' || carry === null || carry === undefined)
      throw new DeskError('case.notClosed', `case ${caseId} is ${row.status}`, { requestId });
    if (row.personsConcerned.includes(actor.id))
      throw new DeskError('case.personConcerned', 'the complaint concerns this person (W31)', { requestId });
    if (row.outcome === 'merged' || row.outcome === 'reclassified' || row.outcome === 'cancelled')
      throw new DeskError('reopen.otherEnding', `a case that was ${row.outcome} is not reopened`, {
        requestId,
        remedy: 'open a new one',
      });
    const rules = this.desk.policy.policy.complaint.reopen;
    const days = row.outcome === 'withdrawn' ? rules.daysIfWithdrawn : rules.days;
    const last = addDays(dayOf(row.closedAt!, this.desk.offset), days);
    if (dayOf(this.desk.at, this.desk.offset) > last)
      throw new DeskError('reopen.tooLate', `a case may be reopened until ${last}`, {
        requestId,
        remedy: `open a new one with repeatOf: ${caseId}`,
      });
    return { row, carry };
  }

  /** A closed case goes on: a new run under the same number, from where it ended (W34). */
  private async reopen(caseId: string, args: unknown, by: string, requestId: string): Promise<ActResult> {
    const actor = await this.desk.actor(by);
    const allowed = this.reopenable(caseId, actor, requestId);
    const { row, carry } = await this.logged(caseId, actor.id, 'reopen', allowed);
    const { value, contents } = await this.papers.references(args, 'reopen', requestId);
    await this.desk.guarded(requestId, () =>
      this.desk.ledger.putContents(contents.map((line) => ({ ...line, caseId }))),
    );
    const intake = await this.desk.guarded(requestId, () => this.desk.ledger.intakeOf(caseId));
    const original = intake?.input as CaseStart;
    const start: CaseStart = {
      ...original,
      caseId,
      snapshot: await this.desk.snapshot(),
      carry,
      reopen: {
        requestId,
        actor,
        reason: (value as { reason: { content: string; sha256: string } }).reason,
        closedAt: row.closedAt!,
        outcome: row.outcome ?? '',
      },
    };
    try {
      const client = await this.desk.client();
      await client.workflow.start(row.process, {
        workflowId: caseId,
        taskQueue: this.desk.deps.taskQueue,
        args: [start],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `${row.process} ${caseId}, reopened`,
        ...(this.desk.deps.startDelayMs === undefined ? {} : { startDelay: this.desk.deps.startDelayMs() }),
      });
    } catch (error) {
      if (isNamed(error, 'WorkflowExecutionAlreadyStartedError'))
        throw new DeskError('case.notClosed', `case ${caseId} is already open again`, { requestId });
      throw unreachable(error, requestId, 'nothing was changed');
    }
    await this.desk.deps.afterStart?.(caseId);
    const before = carry.turn;
    const until = Date.now() + this.desk.policy.policy.kernel.saveWaitMs;
    let view = await this.desk.view(caseId);
    while (view.turn <= before && Date.now() < until) {
      await new Promise((wake) => setTimeout(wake, 25));
      view = await this.desk.view(caseId);
    }
    return {
      requestId,
      at: this.desk.at,
      inLedger: view.turn > before,
      status: view.row.status,
      outcome: view.row.outcome,
      level: view.row.level,
      next: nextOf(view),
    };
  }

  /** What is refused on the way is logged. */
  private async logged<T>(caseId: string, actor: string, act: string, work: Promise<T>): Promise<T> {
    return work.catch(async (error: unknown) => {
      throw error instanceof DeskError && error.exit === EXIT.refused
        ? await this.refused(caseId, actor, act, error)
        : error;
    });
  }
  /** Refused acts leave nothing in history, so they are logged here (temporal.md 0.10). */
  private async refused(caseId: string, actor: string, act: string, error: DeskError): Promise<DeskError> {
    await this.desk.ledger
      .addRefusal({
        caseId,
        actor,
        act,
        code: error.code,
        at: this.desk.at,
        requestId: error.details.requestId ?? '',
        data: { fields: (error.details.fields ?? []).map((line) => line.field) },
      })
      .catch(() => undefined);
    return error;
  }

  /** Puts what the server or the case said into the desk's words. */
  private async explained(error: unknown, caseId: string, requestId: string): Promise<DeskError> {
    if (error instanceof DeskError) return error;
    if (isNamed(error, 'WorkflowUpdateFailedError') && isNamed(error.cause, 'ApplicationFailure')) {
      const { type, message, details } = error.cause as ApplicationFailure;
      const said = (details?.[0] ?? {}) as Refusal['details'];
      return saidNo(
        { code: type ?? 'refused', message: message ?? 'refused', details: said },
        requestId,
        error,
      );
    }
    const text = (error as Error).message ?? '';
    const cause = ((error as { cause?: Error }).cause?.message ?? '') + text;
    if (isNamed(error, 'WorkflowNotFoundError') || CLOSED.test(cause))
      return this.notRunning(caseId, requestId, error);
    return unreachable(
      error,
      requestId,
      `it is not known whether the act landed; repeat it with --request-id ${requestId}, it is never done twice`,
    );
  }

  /** A case that does not run has ended, was never started or never was; Temporal does not tell them apart. */
  private async notRunning(caseId: string, requestId: string, cause: unknown): Promise<DeskError> {
    const closed = new DeskError('case.closed', `case ${caseId} is closed`, { requestId, cause });
    const { ledger } = this.desk;
    try {
      if ((await ledger.caseFile(caseId)) !== null) return closed;
      if ((await ledger.intakeOf(caseId)) === null) return notFound(caseId);
      return new DeskError('case.notStarted', `case ${caseId} was received and is not started yet`, {
        requestId,
        cause,
        remedy: '`aftercare intake retry` starts it',
      });
    } catch {
      // The ledger is away. What runs not and was acted on was there, as a rule.
      return closed;
    }
  }
}

/** A case's own refusal in the desk's shape. */
function saidNo({ code, message, details }: Refusal, requestId: string, cause?: unknown): DeskError {
  const { fields } = details as { fields?: { field: string; message: string }[] };
  return new DeskError(code, message, { requestId, cause, ...(fields === undefined ? {} : { fields }) });
}

/** What an act is about, as refusals name it: the task answered, else the act. */
function aboutOf(name: string, args: unknown): string {
  return name === 'completeTask' ? taskName((args as { task: string }).task) : name;
}

/** Name of a task without its round: `investigate#2` is an `investigate`. */
const taskName = (task: string) => task.replace(/#.*$/, '');

const edgeForms = new Map<ProcessName, Record<string, Form>>();

/** The form of a task of a case, as people fill it in; null when its process knows no such task. */
function edgeForm(caseId: string, task: string): Form | null {
  const process = processOf(caseId) ?? 'complaint';
  let forms = edgeForms.get(process);
  if (forms === undefined) edgeForms.set(process, (forms = taskForms(process, 'edge')));
  return Object.hasOwn(forms, task) ? forms[task]! : null;
}

/** A code is known by its SHA-256 only; how it was typed, with dashes or capitals, does not matter. */
function codeDigest(code: string): string {
  const signs = code.toUpperCase().replace(/[^A-Z0-9]/g, '');
  return createHash('sha256').update(signs).digest('hex');
}

/** A case that has no such task any more was answered already. */
function codeSpentIf(error: unknown, requestId: string): unknown {
  const over = error instanceof DeskError && (error.code === 'task.notOpen' || error.code === 'case.closed');
  return over ? codeSpent(requestId, error) : error;
}

function codeSpent(requestId: string, cause?: unknown): DeskError {
  return new DeskError('bureau.codeSpent', 'this code was used, or the request it answers is over', {
    requestId,
    cause,
    remedy: 'telephone; see the telephone number in the mail',
  });
}
