/**
 * The facade: parse at the edge, authorise, store personal texts and files, send. What the CLI, the simulator and the
 * web may do with Aftercare goes through here and nothing else does.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import {
  StockConflict,
  type CaseFile,
  type CaseFilter,
  type ContentRow,
  type IntakeRequest,
  type IntakeRow,
  type LedgerPort,
  type StoragePort,
} from '../adapters/ports.js';
import { busySpan, freeSlots } from '../domain/booking.js';
import {
  type TaskRow,
  PROCESS_LETTERS,
  type Actor,
  type CaseRow,
  type Channel,
  type ContactCard,
  type Day,
  type EvidenceRef,
  type Instant,
  type ProcessName,
} from '../domain/case.js';
import { addDays, dayOf, instantOf, wholeMinute } from '../domain/calendar.js';
import {
  isHeldByStaff,
  onTrip,
  type BookingFilter,
  type BookingRow,
  type CustodyFilter,
  type Holder,
} from '../domain/custody.js';
import { deviceLedger, ledgerPeriod } from '../domain/device-ledger.js';
import { relimitClock } from '../domain/clock.js';
import { mayDo } from '../domain/desk.js';
import { actForms } from '../domain/forms-case.js';
import { complaintIntakeForm } from '../domain/forms-complaint.js';
import { intakeForm, processOf, taskForms, type Form } from '../domain/processes.js';
import type { IssuanceIntake } from '../domain/forms-issuance.js';
import { formIssues, type PendingFile, type PendingStaff, type PendingText } from '../domain/forms.js';
import {
  deskOf,
  wantsMail,
  type Customer,
  type Organisation,
  type Staff,
  type Unit,
} from '../domain/organisation.js';
import { maskedCode } from '../domain/issuance.js';
import { normaliseMobile, parsePhone } from '../domain/phone.js';
import { qualityOf } from '../domain/quality.js';
import type { RepairAnswers } from '../domain/forms-repair.js';
import { afterWorkshop, countFaults, type FaultCount } from '../domain/repair.js';
import { checkTaxpayerId } from '../domain/taxpayer.js';
import type {
  ActName,
  ActResult,
  CaseStart,
  CaseView,
  ClockAccount,
  Snapshot,
} from '../workflows/case/messages.js';
import {
  DeskError,
  EXIT,
  type ActOptions,
  type AftercareApi,
  type Agenda,
  type AgendaEntry,
  type CaseSheet,
  type ClockExplanation,
  type Inbox,
  type ItemLife,
  type LoadedPolicy,
  type OpenReceipt,
  type StockReport,
} from './api.js';
import { printStockReport } from './device-ledger.js';
import { erase, toErase } from './erasure.js';

export interface AftercareDependencies {
  /** Connected, or how to connect: what only reads the ledger need not wait for Temporal's library and server. */
  client: Client | (() => Promise<Client>);
  ledger: LedgerPort;
  storage: StoragePort;
  policy: LoadedPolicy;
  taskQueue: string;
  /** The present, for case numbers and look-ups; a simulation gives its own. */
  now?: () => Date;
  /** Delay of a new workflow's first task; only a simulation sets it (engine.md). */
  startDelayMs?: () => number;
  /** Called between a workflow's start and the first question to it; only a simulation needs it. */
  afterStart?: (caseId: string) => Promise<void>;
  /** Folder that relative file paths in answers start from. */
  folder?: string;
  /** How long an act waits for its answer before it tells the request id (house 4). */
  patienceMs?: number;
  onClose?: () => Promise<void>;
}

const CLOSED = /already completed|not found|workflow execution already/i;

export class Aftercare implements AftercareApi {
  private readonly edge = {
    intake: complaintIntakeForm('edge'),
    acts: actForms('edge') as unknown as Record<string, { safeParse(value: unknown): EdgeParsed }>,
  };

  constructor(private readonly deps: AftercareDependencies) {}

  private client(): Promise<Client> {
    const { client } = this.deps;
    return typeof client === 'function' ? client() : Promise.resolve(client);
  }
  get policy(): LoadedPolicy {
    return this.deps.policy;
  }
  now(): Date {
    return this.deps.now?.() ?? new Date();
  }
  private get at(): Instant {
    return wholeMinute(this.now().toISOString());
  }
  private get offset(): number {
    return this.policy.policy.zone.offsetMinutes;
  }

  // ------------------------------------------------------------------ opening

  openComplaint(input: unknown, by: string, options: ActOptions = {}): Promise<OpenReceipt> {
    return this.open('complaint', input, by, options);
  }

  async open(
    process: ProcessName,
    input: unknown,
    by: string,
    options: ActOptions = {},
  ): Promise<OpenReceipt> {
    const requestId = options.requestId ?? randomUUID();
    return this.receive(await this.intake(process, input, by, requestId));
  }

  async check(process: ProcessName, input: unknown, by: string): Promise<void> {
    await this.intake(process, input, by, randomUUID());
  }

  /** Everything that is checked before a case is opened; nothing is stored yet. */
  private async intake(process: ProcessName, input: unknown, by: string, requestId: string): Promise<Intake> {
    if (process === 'complaint') return this.complaintIntake(input, by, requestId);
    const actor = await this.actor(by);
    const { form, receivedAt } = this.intakeOf(process, input, requestId);
    return process === 'trip'
      ? this.tripIntake({ ...form, receivedAt }, actor, requestId)
      : this.customerIntake(process, { ...form, receivedAt }, actor, requestId);
  }

  private async complaintIntake(input: unknown, by: string, requestId: string): Promise<Intake> {
    const actor = await this.actor(by);
    const parsed = this.edge.intake.safeParse(input ?? {});
    if (!parsed.success) throw invalid('complaint', formIssues(parsed.error), requestId);
    const form = parsed.data as Record<string, unknown> & ReturnType<typeof parsed.data.valueOf>;
    const receivedAt = wholeMinute((form['receivedAt'] as string | undefined) ?? this.at);
    if (receivedAt > this.at)
      throw invalid('complaint', [{ field: 'receivedAt', message: 'lies in the future' }], requestId);
    const who = await this.complainant(form, requestId);
    const { value, contents, files } = await this.references(
      { ...form, receivedAt, complainant: undefined },
      'complaint',
      requestId,
    );
    const stored = value as Record<string, unknown>;
    delete stored['complainant'];
    delete stored['taxpayerId'];
    if (who.card !== null) {
      const row = contentRow('complainant', JSON.stringify(who.card), `${requestId}/complainant`);
      contents.push(row);
      stored['contact'] = { content: row.id, sha256: row.sha256 };
      who.complainants.unshift({ to: { kind: 'contact', content: row.id }, channels: channelsOf(who.card) });
    }
    const since = instantOf(
      addDays(dayOf(this.at, this.offset), -this.policy.policy.complaint.repeatDays),
      '00:00',
      this.offset,
    );
    const related = who.lookups.length === 0 ? [] : await this.deps.ledger.related(who.lookups, since);
    const complaints = related.filter((row) => row.process === 'complaint' && row.outcome !== 'reclassified');

    const start: Omit<CaseStart, 'caseId'> = {
      process: 'complaint',
      requestId,
      actor,
      intake: {
        form: { ...stored, ...(who.customer === null ? {} : { customer: who.customer }) },
        complainants: who.complainants,
      },
      related: complaints.map((row) => row.caseId),
      snapshot: await this.snapshot(),
    };
    return { start, kept: { lookups: who.lookups, contents, files, stored, related: complaints } };
  }

  private async customerIntake(
    process: ProcessName,
    form: Record<string, unknown>,
    actor: Actor,
    requestId: string,
  ): Promise<Intake> {
    const customer = await this.knownCustomer(process, form, requestId);
    const bureau =
      typeof form['bureau'] === 'string' ? await this.bureau(process, form['bureau'], requestId) : null;
    const { value, contents, files } = await this.references(
      { ...form, customer: customer.id, taxpayerId: undefined },
      process,
      requestId,
    );
    const stored = value as Record<string, unknown>;
    delete stored['taxpayerId'];
    const snapshot = await this.snapshot();
    const engineer = (stored['remote'] as { engineer?: string } | undefined)?.engineer;
    if (engineer !== undefined && !snapshot.desk.staff[engineer]?.roles.includes('engineer'))
      throw invalid(
        process,
        [
          {
            field: 'remote.engineer',
            message: 'must be a field technician (role engineer); see `aftercare staff list`',
          },
        ],
        requestId,
      );
    const lookups = customerLookups(customer);
    for (const line of (form['devices'] as IssuanceIntake['devices'] | undefined) ?? [])
      if (line.replacesSerial !== undefined) lookups.push({ kind: 'serial', value: line.replacesSerial });
    for (const serial of (form['serials'] as string[] | undefined) ?? [])
      lookups.push({ kind: 'serial', value: serial.toUpperCase() });
    const since = instantOf(
      addDays(dayOf(this.at, this.offset), -this.policy.policy.complaint.repeatDays),
      '00:00',
      this.offset,
    );
    const related = (await this.guarded(requestId, () => this.deps.ledger.related(lookups, since))).filter(
      (row) => row.process === process,
    );
    const taxpayerId = customer.taxpayerId ?? (form['taxpayerId'] as string | undefined);
    const checked = taxpayerId === undefined ? null : checkTaxpayerId(taxpayerId);
    const start: Omit<CaseStart, 'caseId'> = {
      process,
      requestId,
      actor,
      intake: {
        form: stored,
        channels: preferred(
          customer.mobile !== undefined && normaliseMobile(customer.mobile) !== null,
          customer.mail !== undefined,
          customer.channel,
        ),
        taxpayerId: checked === null || !checked.ok ? null : checked.legacy ? 'legacy' : 'uscc',
        ...(bureau !== null && wantsMail(bureau) ? { bureauByMail: true } : {}),
      },
      related: related.map((row) => row.caseId),
      snapshot,
    };
    return { start, kept: { lookups, contents, files, stored, related } };
  }

  private intakeOf(process: ProcessName, input: unknown, requestId: string) {
    const parsed = intakeForm(process, 'edge').safeParse(input ?? {});
    if (!parsed.success) throw invalid(process, formIssues(parsed.error), requestId);
    const form = parsed.data as Record<string, unknown>;
    const receivedAt = wholeMinute((form['receivedAt'] as string | undefined) ?? this.at);
    if (receivedAt > this.at)
      throw invalid(process, [{ field: 'receivedAt', message: 'lies in the future' }], requestId);
    return { form, receivedAt };
  }

  /** A trip is ours and no customer's: their own cases take their places on it (W20). */
  private async tripIntake(form: Record<string, unknown>, actor: Actor, requestId: string): Promise<Intake> {
    await this.bureau('trip', String(form['bureau']), requestId);
    const { value, contents, files } = await this.references(form, 'trip', requestId);
    const stored = value as Record<string, unknown>;
    const start: Omit<CaseStart, 'caseId'> = {
      process: 'trip',
      requestId,
      actor,
      intake: { form: stored },
      related: [],
      snapshot: await this.snapshot(),
    };
    return { start, kept: { lookups: [], contents, files, stored, related: [] } };
  }

  /** The customer on file, whose taxpayer id is in order and is the one given (REG-02, facts 2 and 3). */
  private async knownCustomer(
    process: ProcessName,
    form: Record<string, unknown>,
    requestId: string,
  ): Promise<Customer> {
    const id = String(form['customer']);
    const customer = await this.guarded(requestId, () => this.deps.ledger.customer(id));
    if (customer === null)
      throw invalid(
        process,
        [
          {
            field: 'customer',
            message: `no customer ${id} on file; import it, or see \`aftercare org show --customers\``,
          },
        ],
        requestId,
      );
    const onFile = customer.taxpayerId === undefined ? null : checkTaxpayerId(customer.taxpayerId);
    // Devices are issued to a taxpayer: an id that cannot be one is mended first.
    if (process === 'issuance' && onFile !== null && !onFile.ok)
      throw invalid(
        process,
        [{ field: 'customer', message: `the taxpayer id on file for ${id} is wrong: ${onFile.problem}` }],
        requestId,
      );
    const given = form['taxpayerId'];
    if (typeof given === 'string') {
      const checked = checkTaxpayerId(given);
      if (!checked.ok) throw invalid(process, [{ field: 'taxpayerId', message: checked.problem }], requestId);
      if (customer.taxpayerId !== undefined && checked.id !== customer.taxpayerId.toUpperCase())
        throw invalid(
          process,
          [{ field: 'taxpayerId', message: `not the one on file for ${id}` }],
          requestId,
        );
    }
    return customer;
  }

  /** The bureau on file: how it wants to be asked stands there (W28). */
  private async bureau(form: string, id: string, requestId: string, field = 'bureau'): Promise<Unit> {
    const unit = await this.guarded(requestId, () => this.deps.ledger.unit(id));
    if (unit?.kind === 'bureau') return unit;
    const message = `no bureau ${id} on file; import it, or see \`aftercare org show --units\``;
    throw invalid(form, [{ field, message }], requestId);
  }

  /** Keeps an intake, starts its case and tells what is to be done next. */
  private async receive({ start, kept }: Intake): Promise<OpenReceipt> {
    const { requestId, actor, process } = start;
    await this.store(kept.files);
    const { intake, fresh } = await this.guarded(requestId, () =>
      this.deps.ledger.receiveIntake({
        requestId,
        process,
        letter: PROCESS_LETTERS[process],
        day: dayOf(this.at, this.offset).replaceAll('-', ''),
        input: start,
        contents: kept.contents,
        lookups: kept.lookups,
        actor: actor.id,
        at: this.at,
      }),
    );
    await this.evidenceOf(intake.caseId, kept.stored, actor.id);
    await this.begin(intake);
    const view = await this.firstView(intake.caseId);
    return {
      requestId,
      caseId: intake.caseId,
      fresh,
      at: this.at,
      inLedger: view !== null && view.turn > 0,
      status: view?.row.status ?? 'open',
      outcome: view?.row.outcome ?? null,
      level: view?.row.level ?? 'L1',
      next: nextOf(view).sort((a, b) => ((a.dueAt ?? '9') < (b.dueAt ?? '9') ? -1 : 1)),
      related: kept.related.map((row) => ({
        caseId: row.caseId,
        status: row.status,
        outcome: row.outcome,
        openedAt: row.openedAt,
      })),
      flags: view === null ? [] : flagsOf(view),
    };
  }

  /** Starts the workflow of an intake and marks it started; starting twice changes nothing (AT-31). */
  private async begin(intake: IntakeRow): Promise<void> {
    const start = { ...(intake.input as CaseStart), caseId: intake.caseId };
    try {
      const client = await this.client();
      await client.workflow.start(intake.process, {
        workflowId: intake.caseId,
        taskQueue: this.deps.taskQueue,
        args: [start],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `${intake.process} ${intake.caseId}`,
        ...(this.deps.startDelayMs === undefined ? {} : { startDelay: this.deps.startDelayMs() }),
      });
      await this.deps.afterStart?.(intake.caseId);
    } catch (error) {
      if (!isNamed(error, 'WorkflowExecutionAlreadyStartedError'))
        throw this.unreachable(
          error,
          intake.requestId,
          `the intake is kept as ${intake.caseId}; \`aftercare intake retry\` starts it`,
        );
    }
    if (intake.state !== 'started') await this.deps.ledger.markStarted(intake.caseId);
  }

  private async firstView(caseId: string): Promise<CaseView | null> {
    const until = Date.now() + this.policy.policy.kernel.saveWaitMs;
    let view: CaseView | null = null;
    while (Date.now() < until) {
      view = await this.view(caseId, until).catch(() => null);
      if (view !== null && view.turn > 0) return view;
      await new Promise((wake) => setTimeout(wake, 25));
    }
    return view;
  }

  async retryIntakes() {
    const started: string[] = [];
    const failed: { caseId: string; reason: string }[] = [];
    for (const intake of await this.deps.ledger.pendingIntakes()) {
      try {
        await this.begin(intake);
        started.push(intake.caseId);
      } catch (error) {
        failed.push({ caseId: intake.caseId, reason: (error as Error).message });
      }
    }
    return { started, failed };
  }
  pendingIntakes() {
    return this.deps.ledger.pendingIntakes();
  }

  /** Who complains (CRM-01: contacts are checked for form), by which channels reached, and by what later intakes find this one (W35). */
  private async complainant(form: Record<string, unknown>, requestId: string) {
    const lookups: { kind: 'phone' | 'taxpayerId' | 'serial' | 'customer'; value: string }[] = [];
    const complainants: {
      to: { kind: 'customer'; id: string } | { kind: 'contact'; content: string };
      channels: Channel[];
    }[] = [];
    const given = form['complainant'] as
      | { name?: string; phone?: string; mail?: string; language?: 'zh-CN' | 'en'; channel?: 'sms' | 'mail' }
      | undefined;
    let customerId: string | null = null;
    if (typeof form['customer'] === 'string') {
      const customer = await this.deps.ledger.customer(form['customer']);
      if (customer === null)
        throw invalid(
          'complaint',
          [
            {
              field: 'customer',
              message: `no customer ${form['customer']} on file; see \`aftercare org show --customers\``,
            },
          ],
          requestId,
        );
      customerId = customer.id;
      lookups.push(...customerLookups(customer));
      const mobile = customer.mobile === undefined ? null : normaliseMobile(customer.mobile);
      if (given === undefined)
        complainants.push({
          to: { kind: 'customer', id: customer.id },
          channels: preferred(mobile !== null, customer.mail !== undefined, customer.channel),
        });
    }
    if (typeof form['taxpayerId'] === 'string') {
      const checked = checkTaxpayerId(form['taxpayerId']);
      if (!checked.ok)
        throw invalid('complaint', [{ field: 'taxpayerId', message: checked.problem }], requestId);
      lookups.push({ kind: 'taxpayerId', value: checked.id });
    }
    for (const serial of (form['serials'] as string[]) ?? [])
      lookups.push({ kind: 'serial', value: serial.toUpperCase() });
    let card: ContactCard | null = null;
    if (given !== undefined) {
      let phone: string | null = null;
      if (given.phone !== undefined) {
        const read = parsePhone(given.phone);
        if (read === null)
          throw invalid(
            'complaint',
            [{ field: 'complainant.phone', message: 'no mainland mobile, landline or service number' }],
            requestId,
          );
        phone = normaliseMobile(given.phone) ?? given.phone;
        lookups.push({ kind: 'phone', value: phone });
      }
      card = {
        name: given.name ?? null,
        phone,
        mail: given.mail ?? null,
        language: given.language ?? 'zh-CN',
        channel: given.channel ?? null,
      };
    }
    if (form['identity'] === 'anonymous')
      return { lookups: [], complainants: [], card: null, customer: customerId };
    if (card === null && customerId === null)
      throw invalid(
        'complaint',
        [
          {
            field: 'complainant',
            message:
              'name a customer on file, or a complainant with phone or mail; or set identity: anonymous',
          },
        ],
        requestId,
      );
    if (card !== null && card.phone === null && card.mail === null && customerId === null)
      throw invalid(
        'complaint',
        [{ field: 'complainant.phone', message: 'a phone number or a mail address is needed to answer' }],
        requestId,
      );
    const unique = new Map(lookups.map((line) => [`${line.kind}:${line.value}`, line]));
    return { lookups: [...unique.values()], complainants, card, customer: customerId };
  }

  // ------------------------------------------------------------------ acting

  async complete(
    caseId: string,
    task: string,
    answer: unknown,
    by: string,
    options: ActOptions = {},
  ): Promise<ActResult> {
    const requestId = options.requestId ?? randomUUID();
    const name = taskName(task);
    const parsed = await this.answerOf(caseId, task, answer, requestId).catch(async (error: unknown) => {
      throw error instanceof DeskError && error.exit === EXIT.refused
        ? await this.refused(caseId, by, name, error)
        : error;
    });
    return this.send('completeTask', caseId, { task, answer: parsed }, by, requestId, name, answerOnly);
  }

  async checkAnswer(caseId: string, task: string, answer: unknown, by: string): Promise<void> {
    const requestId = randomUUID();
    const [actor, file] = await Promise.all([
      this.actor(by),
      this.guarded(requestId, () => this.deps.ledger.caseFile(caseId)),
    ]);
    if (file === null) throw notFound(caseId);
    const open = file.tasks.filter(({ status }) => status === 'open');
    const meant = open.find(({ key }) => key === task) ?? open.findLast(({ name }) => name === task);
    if (meant === undefined)
      throw new DeskError('task.notOpen', `task ${task} is not open`, {
        remedy: `open: ${open.map(({ key }) => key).join(', ') || 'nothing'}`,
      });
    if (meant.assignee !== actor.id && !mayDo(this.policy.policy.levels, actor, meant.role))
      throw new DeskError('task.roleNotAllowed', `${meant.name} needs role ${meant.role}`);
    await this.references(await this.answerOf(caseId, task, answer, requestId), meant.name, requestId);
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
      await this.bureau(name, replacement.bureau, requestId, 'replacement.bureau');
    return parsed.data;
  }

  async answerBureau(code: string, answer: unknown, options: ActOptions = {}) {
    const requestId = options.requestId ?? randomUUID();
    const known = await this.guarded(requestId, () => this.deps.ledger.bureauCode(codeDigest(code)));
    if (known === null)
      throw new DeskError('bureau.codeUnknown', 'no request to a bureau has this code', {
        exit: EXIT.notFound,
        requestId,
        remedy: 'type it as it stands in the mail, or telephone',
      });
    const { caseId, taskKey, unitId } = known;
    // Another code of that task may have been used, or the task may have ended: the case knows. A request that is
    // repeated gets its first answer there.
    if (known.usedAt !== null && known.usedRequest !== requestId) throw codeSpent(requestId);
    const actor: Actor = { id: `bureau:${unitId}`, roles: [] };
    const parsed = edgeForm(caseId, 'awaitBureau')!.safeParse(answer ?? {}) as EdgeParsed;
    if (!parsed.success)
      throw await this.refused(
        caseId,
        actor.id,
        'awaitBureau',
        invalid('awaitBureau', formIssues(parsed.error), requestId),
      );
    let result: ActResult;
    try {
      const payload = { task: taskKey, answer: parsed.data };
      result = await this.send('completeTask', caseId, payload, actor, requestId, 'awaitBureau', answerOnly);
    } catch (error) {
      if (error instanceof DeskError && (error.code === 'task.notOpen' || error.code === 'case.closed'))
        throw codeSpent(requestId, error);
      throw error;
    }
    await this.guarded(requestId, () =>
      this.deps.ledger.useBureauCodes({ caseId, taskKey, at: this.at, requestId }),
    );
    return { ...result, caseId };
  }

  async act(
    name: ActName | 'reopen',
    caseId: string,
    args: unknown,
    by: string,
    options: ActOptions = {},
  ): Promise<ActResult> {
    const requestId = options.requestId ?? randomUUID();
    if (name === 'completeTask') {
      const { task, answer } = args as { task: string; answer: unknown };
      return this.complete(caseId, task, answer, by, { requestId });
    }
    if (name === 'adoptPolicy') {
      const given = args as { policy: LoadedPolicy; reason: string };
      const snapshot = await this.snapshot(given.policy);
      return this.send(
        'adoptPolicy',
        caseId,
        { snapshot, reason: { $text: given.reason } },
        by,
        requestId,
        name,
      );
    }
    const form = this.edge.acts[name];
    if (form === undefined)
      throw new DeskError('act.unknown', `there is no act called ${name}`, { exit: EXIT.usage, requestId });
    const parsed = form.safeParse(args ?? {});
    if (!parsed.success)
      throw await this.refused(caseId, by, name, invalid(name, formIssues(parsed.error), requestId));
    if (name === 'reopen') return this.reopen(caseId, parsed.data as { reason: unknown }, by, requestId);
    const data = parsed.data as Record<string, unknown>;
    if (name === 'merge') await this.mergeable(caseId, String(data['into']), requestId);
    if (name === 'correctTask') {
      const task = taskName(String(data['task']));
      data['correction'] = await this.correction(
        caseId,
        task,
        data['correction'] as Record<string, unknown>,
        requestId,
      );
    }
    return this.send(name, caseId, data, by, requestId, name);
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
    const [own, target] = await Promise.all([
      this.deps.ledger.caseFile(caseId),
      this.deps.ledger.caseFile(into),
    ]);
    if (target === null)
      throw new DeskError('case.notFound', `no case ${into}`, { exit: EXIT.notFound, requestId });
    if (target.row.status !== 'open')
      throw new DeskError('merge.targetClosed', `${into} is ${target.row.status}`, {
        requestId,
        remedy: 'reopen it first',
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
    hold: (value: Record<string, unknown>) => Record<string, unknown> = (value) => value,
  ): Promise<ActResult> {
    const handle = (await this.client()).workflow.getHandle(caseId);
    const actor = typeof by === 'string' ? await this.actor(by) : by;
    const { value, contents, files } = await this.references(payload, about, requestId);
    const args = hold(value as Record<string, unknown>);
    await this.store(files);
    const added: Added = {
      contents: await this.guarded(requestId, () =>
        this.deps.ledger.putContents(contents.map((row) => ({ ...row, caseId }))),
      ),
      evidence: await this.evidenceOf(caseId, args, actor.id),
    };
    const patience = Date.now() + (this.deps.patienceMs ?? 15_000);
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
        const known = this.explained(error, caseId, requestId);
        if (known.exit === EXIT.refused) {
          await this.takeBack(caseId, added, known);
          throw await this.refused(caseId, actor.id, about, known);
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

  /** A closed case goes on: a new run under the same number, from where it ended (W34). */
  private async reopen(
    caseId: string,
    args: { reason: unknown },
    by: string,
    requestId: string,
  ): Promise<ActResult> {
    const actor = await this.actor(by);
    const file = await this.deps.ledger.caseFile(caseId);
    if (file === null)
      throw new DeskError('case.notFound', `no case ${caseId}`, { exit: EXIT.notFound, requestId });
    const { row } = file;
    const carry = file.finalState as CaseStart['carry'] | null;
    if (row.status !== 'closed' || carry === null || carry === undefined)
      throw await this.refused(
        caseId,
        actor.id,
        'reopen',
        new DeskError('case.notClosed', `case ${caseId} is ${row.status}`, { requestId }),
      );
    if (row.personsConcerned.includes(actor.id))
      throw await this.refused(
        caseId,
        actor.id,
        'reopen',
        new DeskError('case.personConcerned', 'the complaint concerns this person (W31)', { requestId }),
      );
    if (row.outcome === 'merged' || row.outcome === 'reclassified' || row.outcome === 'cancelled')
      throw await this.refused(
        caseId,
        actor.id,
        'reopen',
        new DeskError('reopen.otherEnding', `a case that was ${row.outcome} is not reopened`, {
          requestId,
          remedy: 'open a new one',
        }),
      );
    const rules = this.policy.policy.complaint.reopen;
    const days = row.outcome === 'withdrawn' ? rules.daysIfWithdrawn : rules.days;
    const last = addDays(dayOf(row.closedAt!, this.offset), days);
    if (dayOf(this.at, this.offset) > last)
      throw await this.refused(
        caseId,
        actor.id,
        'reopen',
        new DeskError('reopen.tooLate', `a case may be reopened until ${last}`, {
          requestId,
          remedy: `open a new one with repeatOf: ${caseId}`,
        }),
      );
    const { value, contents } = await this.references(args, 'reopen', requestId);
    await this.guarded(requestId, () =>
      this.deps.ledger.putContents(contents.map((line) => ({ ...line, caseId }))),
    );
    const intake = await this.deps.ledger.intakeOf(caseId);
    const original = intake?.input as CaseStart;
    const start: CaseStart = {
      ...original,
      caseId,
      snapshot: await this.snapshot(),
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
      const client = await this.client();
      await client.workflow.start(row.process, {
        workflowId: caseId,
        taskQueue: this.deps.taskQueue,
        args: [start],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `${row.process} ${caseId}, reopened`,
        ...(this.deps.startDelayMs === undefined ? {} : { startDelay: this.deps.startDelayMs() }),
      });
    } catch (error) {
      if (isNamed(error, 'WorkflowExecutionAlreadyStartedError'))
        throw new DeskError('case.notClosed', `case ${caseId} is already open again`, { requestId });
      throw this.unreachable(error, requestId, 'nothing was changed');
    }
    await this.deps.afterStart?.(caseId);
    const before = carry.turn;
    const until = Date.now() + this.policy.policy.kernel.saveWaitMs;
    let view = await this.view(caseId);
    while (view.turn <= before && Date.now() < until) {
      await new Promise((wake) => setTimeout(wake, 25));
      view = await this.view(caseId);
    }
    return {
      requestId,
      at: this.at,
      inLedger: view.turn > before,
      status: view.row.status,
      outcome: view.row.outcome,
      level: view.row.level,
      next: nextOf(view),
    };
  }

  // ------------------------------------------------------------------ looking

  async sheet(caseId: string, reader: string): Promise<CaseSheet> {
    const staff = await this.staff(reader);
    const file = await this.guarded(undefined, () => this.deps.ledger.caseFile(caseId));
    if (file === null) throw notFound(caseId);
    const intake = await this.deps.ledger.intakeOf(caseId);
    const input = (intake?.input as { intake?: { form?: Record<string, unknown> } } | undefined)?.intake;
    const masked = hidesComplainant(file.row, staff);
    const ids = new Set<string>();
    collect(['content'], input?.form, ids);
    for (const task of file.tasks) collect(['content'], task.answer, ids);
    for (const fact of file.timeline) collect(['content'], fact.data, ids);
    const codes = new Set<string>();
    for (const task of file.tasks) if (task.name === 'receiveCode') collect(['content'], task.answer, codes);
    const contact = (input?.form?.['contact'] as { content?: string } | undefined)?.content;
    if (masked && contact !== undefined) ids.delete(contact);
    const rows = await this.deps.ledger.contents([...ids]);
    const texts: Record<string, string> = {};
    const mayTell = tellsCode(file.tasks, staff);
    for (const [id, row] of rows) {
      if (row.body === null || id === contact) continue;
      texts[id] = codes.has(id) && !mayTell ? maskedCode(row.body) : row.body;
    }
    const card = contact === undefined ? null : (rows.get(contact)?.body ?? null);
    const customer =
      file.row.customer === null || masked ? null : await this.deps.ledger.customer(file.row.customer);
    const lookups = await this.deps.ledger.lookups(caseId);
    const related =
      lookups.length === 0 ? [] : await this.deps.ledger.related(lookups, '1970-01-01T00:00:00.000Z');
    return {
      ...(masked ? withoutComplainant(file) : file),
      finalState: null,
      view: masked ? 'masked' : 'full',
      texts,
      complainant:
        masked || (card === null && customer === null)
          ? null
          : {
              ...(card === null
                ? {
                    name: customer?.contactName ?? customer?.name ?? null,
                    phone: customer?.mobile ?? null,
                    mail: customer?.mail ?? null,
                    language: customer?.language ?? 'zh-CN',
                    channel: customer?.channel ?? null,
                  }
                : (JSON.parse(card) as ContactCard)),
              customer,
            },
      refusals: await this.deps.ledger.refusals(caseId),
      related: masked ? [] : related.filter((row) => row.caseId !== caseId),
      ...(file.row.process === 'trip'
        ? { places: await this.deps.ledger.bookings({ who: onTrip(caseId) }) }
        : {}),
    };
  }
  cases(filter: CaseFilter) {
    return this.guarded(undefined, () => this.deps.ledger.cases(filter));
  }
  tasks(filter: { assignee?: string; role?: string; caseId?: string }) {
    return this.guarded(undefined, () => this.deps.ledger.openTasks(filter));
  }
  async inbox(actorId: string): Promise<Inbox> {
    const actor = await this.staff(actorId);
    const [mine, owned] = await Promise.all([
      this.tasks({ assignee: actor.id }),
      this.cases({ owner: actor.id, status: ['open', 'closing'] }),
    ]);
    const at = this.at;
    const today = dayOf(at, this.offset);
    const isLate = (due: string | null) => due !== null && due <= at;
    const sorted = [...mine].sort((a, b) => ((a.dueAt ?? '9') < (b.dueAt ?? '9') ? -1 : 1));
    const held = new Set(mine.map((task) => task.caseId));
    const silent: Inbox['withoutProgress'] = [];
    for (const row of owned) {
      const file = await this.deps.ledger.caseFile(row.caseId);
      const progress = file?.clocks
        .filter((clock) => clock.name === 'progress' && clock.stoppedAt === null)
        .at(-1);
      const missed = file?.clocks.some(
        (clock) => clock.name === 'progress' && clock.breachedAt !== null && clock.stoppedAt === clock.dueAt,
      );
      if (progress !== undefined && (progress.dueAt <= at || missed === true)) silent.push(row);
    }
    return {
      actor,
      at,
      late: sorted.filter((task) => isLate(task.dueAt)),
      today: sorted.filter(
        (task) => !isLate(task.dueAt) && task.dueAt !== null && dayOf(task.dueAt, this.offset) === today,
      ),
      later: sorted.filter(
        (task) => !isLate(task.dueAt) && (task.dueAt === null || dayOf(task.dueAt, this.offset) !== today),
      ),
      waitingOnOthers: owned.filter((row) => row.waitingOn !== 'us' || !held.has(row.caseId)),
      withoutProgress: silent,
    };
  }
  async next(actorId: string) {
    const inbox = await this.inbox(actorId);
    return inbox.late[0] ?? inbox.today[0] ?? inbox.later[0] ?? null;
  }
  async explain(caseId: string, clock?: string): Promise<ClockExplanation[]> {
    const accounts = await this.queried(caseId, (client) =>
      client.workflow.getHandle(caseId).query<ClockAccount[], [Instant]>('explainClocks', this.at),
    );
    return accounts.filter(
      (line) => clock === undefined || line.clock.name === clock || line.clock.key === clock,
    );
  }
  view(caseId: string, until?: number): Promise<CaseView> {
    return this.queried(caseId, (client) => {
      const ask = () => client.workflow.getHandle(caseId).query<CaseView>('caseView');
      return until === undefined ? ask() : client.withDeadline(until, ask);
    });
  }
  evidence(caseId: string) {
    return this.deps.ledger.evidence(caseId);
  }
  async evidenceFile(caseId: string, sha256: string, reader: string): Promise<Uint8Array> {
    const sheet = await this.sheet(caseId, reader);
    if (sheet.view === 'masked')
      throw new DeskError('case.hidden', `the papers of ${caseId} are not shown to whom it is about`, {
        exit: EXIT.refused,
        remedy: 'ask the supervisor',
      });
    if (!sheet.evidence.some((row) => row.sha256 === sha256))
      throw new DeskError('evidence.notFound', `${caseId} has no file ${sha256}`, {
        exit: EXIT.notFound,
        remedy: `see \`aftercare case papers ${caseId}\``,
      });
    return this.guarded(undefined, () => this.deps.storage.get(sha256));
  }
  messages(filter: Parameters<LedgerPort['messages']>[0]) {
    return this.guarded(undefined, () => this.deps.ledger.messages(filter));
  }
  async contents(caseId: string) {
    const rows = await this.guarded(undefined, () => this.deps.ledger.contentsOf(caseId));
    if (rows.length === 0 && (await this.deps.ledger.caseFile(caseId)) === null) throw notFound(caseId);
    return rows;
  }
  async erasable(caseId: string, by: string, only: string[] = []) {
    const staff = await this.staff(by);
    return this.guarded(undefined, () => toErase(this.deps.ledger, caseId, staff, only));
  }
  async erase(caseId: string, by: string, { only = [], reason }: { only?: string[]; reason: string }) {
    const staff = await this.staff(by);
    const erasure = { only, reason, at: this.at };
    return this.guarded(undefined, () => erase(this.deps.ledger, caseId, staff, erasure));
  }

  // ------------------------------------------------------------------ custody and appointments

  importStock(items: Parameters<AftercareApi['importStock']>[0]) {
    return this.guarded(undefined, async () => {
      try {
        return await this.deps.ledger.importStock(items, this.at);
      } catch (error) {
        if (!(error instanceof StockConflict)) throw error;
        const { item, index, known } = error;
        const what = [known.kind, known.family, known.model].filter(Boolean).join(' ');
        throw new DeskError('stock.conflict', 'nothing was imported', {
          fields: [
            { field: `line ${items[index]?.line ?? index + 1}`, message: `${item} is on file as ${what}` },
          ],
          remedy: `mend the line, or look: aftercare device show ${item}`,
          cause: error,
        });
      }
    });
  }
  async custody(filter: CustodyFilter) {
    const { holder } = filter;
    const by = holder === undefined ? filter : { ...filter, holder: await this.holder(holder) };
    return this.guarded(undefined, () => this.deps.ledger.custody(by));
  }
  async life(item: string): Promise<ItemLife> {
    const known = await this.guarded(undefined, () => this.deps.ledger.item(item));
    if (known === null)
      throw new DeskError('item.unknown', `no item ${item} is on file`, {
        exit: EXIT.notFound,
        remedy: 'what there is: aftercare stock list --all, aftercare custody list',
      });
    return { ...known, holdings: await this.deps.ledger.custody({ item, current: false }) };
  }
  async stockReport(period: string): Promise<StockReport> {
    const holdings = await this.custody({ kind: 'device', current: false });
    const { dueOn, ...days } = ledgerPeriod(period);
    const { broken, ...ledger } = deviceLedger(holdings, days, this.offset);
    if (broken.length > 0)
      throw new DeskError('custody.broken', 'movements do not lead to where these devices are', {
        fields: broken.map((item) => ({ field: item, message: 'in, out and stock do not agree' })),
        remedy: `rows were altered; look: aftercare device show ${broken[0]}`,
      });
    const asOf = this.at;
    return { period, ...days, dueOn, over: dayOf(asOf, this.offset) > days.to, asOf, ...ledger };
  }
  async printStockReport(report: StockReport, { serials, by }: { serials: boolean; by: string | null }) {
    const organisation = await this.organisation();
    const actor = by === null ? null : (await this.staff(by)).id;
    return printStockReport({
      report,
      organisation,
      by: actor,
      at: report.asOf,
      offsetMinutes: this.offset,
      serials,
    });
  }
  bookings(filter: BookingFilter) {
    return this.guarded(undefined, () => this.deps.ledger.bookings(filter));
  }
  async agenda(named: string, day: Day): Promise<Agenda> {
    const who = await this.holder(named);
    const all = await this.bookings({ who, day, offsetMinutes: this.offset });
    const booked = all.filter(({ status }) => status !== 'released');
    const entryOf = async (booking: BookingRow): Promise<AgendaEntry> => {
      const { caseId } = booking;
      const file = await this.deps.ledger.caseFile(caseId);
      const kit = await this.deps.ledger.custody({ holder: who, caseId });
      return { booking, customer: file?.row.customer ?? null, kit };
    };
    const entries = booked.map(async (booking): Promise<AgendaEntry> => {
      const entry = await entryOf(booking);
      if (processOf(booking.caseId) !== 'trip') return entry;
      const places = await this.bookings({ who: onTrip(booking.caseId) });
      const taken = places.filter((place) => place.status !== 'released');
      return { ...entry, places: await Promise.all(taken.map(entryOf)) };
    });
    return { who, day, entries: await Promise.all(entries) };
  }
  async quality(span: Parameters<AftercareApi['quality']>[0]) {
    return qualityOf(await this.cases({}), span, this.offset);
  }
  async faults({ by, from, to }: Parameters<AftercareApi['faults']>[0]): Promise<FaultCount[]> {
    const visits = await this.guarded(undefined, () =>
      this.deps.ledger.answeredTasks({
        process: 'repair',
        names: ['repairOnSite'],
        ...(from === undefined ? {} : { from: instantOf(from, '00:00', this.offset) }),
        ...(to === undefined ? {} : { until: instantOf(addDays(to, 1), '00:00', this.offset) }),
      }),
    );
    // Where a case lies was told in the call that made the appointment, perhaps before the time asked for.
    const regions = new Map<string, string>();
    if (by === 'region')
      for (const call of await this.guarded(undefined, () =>
        this.deps.ledger.answeredTasks({ process: 'repair', names: ['contact'] }),
      ))
        if (typeof call.answer['region'] === 'string') regions.set(call.caseId, call.answer['region']);
    const found = visits.flatMap(({ caseId, completedAt, answer }) =>
      // A visit that was put off ended its task without a form.
      ((answer as Partial<RepairAnswers['repairOnSite']>).faults ?? []).map((fault) => ({
        caseId,
        no: fault.no,
        at: completedAt,
        class: fault.class,
        product: fault.product ?? null,
        region: regions.get(caseId) ?? null,
        result: fault.result,
      })),
    );
    const returned = await this.guarded(undefined, () =>
      this.deps.ledger.answeredTasks({ process: 'repair', names: ['returnMachine'] }),
    );
    const back = returned.map(({ caseId, completedAt, answer }) => ({
      caseId,
      at: completedAt,
      works: answer['works'] === true,
    }));
    return countFaults(afterWorkshop(found, back), by);
  }
  async freeSlots(wanted: Parameters<AftercareApi['freeSlots']>[0]) {
    const { day, calendar, minutes, bufferMinutes, count } = wanted;
    const who = await this.holder(wanted.who);
    const midnight = instantOf(day, '00:00', this.offset);
    const booked = await this.bookings({ who, status: 'booked', endsAfter: midnight });
    const from = midnight > this.at ? midnight : this.at;
    return freeSlots(this.policy.calendars, calendar, booked.map(busySpan), {
      from,
      minutes,
      bufferMinutes,
      count,
    });
  }
  /** A member of staff by id or alias; places, customers and others stand for themselves. */
  private async holder(named: string): Promise<Holder> {
    return isHeldByStaff(named) ? (await this.staff(named)).id : named;
  }

  // ------------------------------------------------------------------ the organisation

  async staff(idOrAlias: string): Promise<Staff> {
    const staff = await this.guarded(undefined, () => this.deps.ledger.staff(idOrAlias));
    if (staff === null)
      throw new DeskError('staff.unknown', `nobody called ${idOrAlias} works here`, {
        exit: EXIT.notFound,
        remedy: 'see `aftercare staff list`; name yourself with --as or AFTERCARE_AS',
      });
    return staff;
  }
  async organisation(): Promise<Organisation> {
    return imported(await this.guarded(undefined, () => this.deps.ledger.organisation()));
  }
  importOrganisation(organisation: Organisation) {
    return this.guarded(undefined, () => this.deps.ledger.importOrganisation(organisation));
  }
  async policyEffect(policy: LoadedPolicy) {
    const rows = await this.cases({ status: ['open'] });
    const effect: { caseId: string; clock: string; dueAt: Instant; wouldBeDueAt: Instant }[] = [];
    for (const row of rows) {
      const file = await this.deps.ledger.caseFile(row.caseId);
      for (const clock of file?.clocks ?? []) {
        if (clock.stoppedAt !== null || clock.pausedAt !== null) continue;
        const line = policy.policy.clocks[clock.name as keyof typeof policy.policy.clocks];
        const next =
          line ??
          (clock.name === 'resolution' && row.grade !== null
            ? policy.policy.complaint.resolution[row.grade as 'major']
            : undefined);
        if (next === undefined) continue;
        const major =
          row.grade === 'major' &&
          ('minutes' in next.limit || 'hours' in next.limit) &&
          clock.name !== 'progress';
        const moved = relimitClock(
          clock,
          { limit: next.limit, calendar: major ? 'wall' : next.calendar },
          this.at,
          policy.calendars,
          this.policy.calendars,
        );
        if (moved.dueAt !== clock.dueAt)
          effect.push({
            caseId: row.caseId,
            clock: clock.name,
            dueAt: clock.dueAt,
            wouldBeDueAt: moved.dueAt,
          });
      }
    }
    return effect;
  }
  async close(): Promise<void> {
    await this.deps.onClose?.();
  }

  // ------------------------------------------------------------------ inside

  private async actor(idOrAlias: string): Promise<Actor> {
    let staff: Staff;
    try {
      staff = await this.staff(idOrAlias);
      this.known.set(idOrAlias, staff);
    } catch (error) {
      // The ledger may be behind while cases go on: who acted lately is still known (house 4).
      const before = this.known.get(idOrAlias);
      if (!(error instanceof DeskError) || error.code !== 'ledger.unreachable' || before === undefined)
        throw error;
      staff = before;
    }
    return { id: staff.id, roles: staff.roles, department: staff.department };
  }
  private readonly known = new Map<string, Staff>();
  private async snapshot(given: LoadedPolicy = this.policy): Promise<Snapshot> {
    const { policy, digest, calendars } = given;
    const roster = imported(await this.guarded(undefined, () => this.deps.ledger.roster()));
    return { policy, digest, calendars, desk: deskOf(roster) };
  }

  /**
   * Puts references in the place of pending texts, files and staff. Nothing is stored: that is for the caller, once he
   * knows that all is in order. Ids are derived from the request, so a repeat stores nothing twice.
   * @throws DeskError naming every field that is wrong
   */
  private async references(value: unknown, about: string, requestId: string) {
    const contents: Omit<ContentRow, 'caseId'>[] = [];
    const files: Buffer[] = [];
    const wrong: { field: string; message: string }[] = [];
    const walk = async (node: unknown, path: string): Promise<unknown> => {
      if (node === null || typeof node !== 'object') return node;
      if (Array.isArray(node)) return Promise.all(node.map((item, i) => walk(item, `${path}.${i}`)));
      if ('$text' in node) {
        const row = contentRow(path, (node as PendingText).$text, `${requestId}/${path}`);
        contents.push(row);
        return { content: row.id, sha256: row.sha256 };
      }
      const field = path.replace(/^answer\./, '');
      if ('$staff' in node) {
        const found = await this.guarded(requestId, () =>
          this.deps.ledger.staff((node as PendingStaff).$staff),
        );
        if (found !== null) return found.id;
        wrong.push({ field, message: 'nobody of that id works here; see `aftercare staff list`' });
        return undefined;
      }
      if ('$file' in node) {
        const given = (node as PendingFile).$file;
        const bytes = await this.bytesOf(given).catch(() => null);
        if (bytes === null) {
          wrong.push({
            field,
            message: `the file ${'path' in given ? given.path : given.name} cannot be read`,
          });
          return undefined;
        }
        files.push(bytes);
        return this.reference(given, bytes, `${requestId}/${path}`);
      }
      const result: Record<string, unknown> = {};
      for (const [key, inner] of Object.entries(node)) {
        const next = await walk(inner, path === '' ? key : `${path}.${key}`);
        if (next !== undefined) result[key] = next;
      }
      return result;
    };
    const walked = await walk(value, '');
    if (wrong.length > 0) throw invalid(about, wrong, requestId);
    return { value: walked, contents, files };
  }

  private bytesOf(given: PendingFile['$file']): Promise<Buffer> {
    return 'path' in given
      ? readFile(resolve(this.deps.folder ?? '.', given.path))
      : Promise.resolve(Buffer.from(given.text, 'utf8'));
  }
  private reference(given: PendingFile['$file'], bytes: Buffer, seed: string): EvidenceRef {
    const name = 'path' in given ? basename(given.path) : given.name;
    const evidence = seed.slice(-80);
    this.fileNames.set(evidence, name);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { evidence, sha256, mediaType: mediaTypeOf(name), bytes: bytes.length };
  }
  private async store(files: readonly Buffer[]): Promise<void> {
    for (const bytes of files) await this.deps.storage.put(bytes);
  }

  /**
   * A refused act leaves no texts and no papers on file. Only what this very act added goes: a repeat that is refused
   * must not take what its first attempt brought.
   */
  private async takeBack(caseId: string, added: Added, refusal: DeskError): Promise<void> {
    if (added.contents.length === 0 && added.evidence.length === 0) return;
    const { ledger } = this.deps;
    try {
      const used = new Set<string>();
      if (refusal.code === 'case.closed') {
        // Its answer may have been lost and this act have closed the case: what the closed record names stays.
        const file = await ledger.caseFile(caseId);
        if (file !== null && file.row.status !== 'closed') return;
        for (const each of [...(file?.tasks ?? []).map(({ answer }) => answer), ...(file?.timeline ?? [])])
          collect(['content', 'evidence'], each, used);
      }
      const unused = (id: string) => !used.has(id);
      await ledger.takeBack({
        contents: added.contents.filter(unused),
        evidence: added.evidence.filter(unused),
      });
    } catch {
      // The ledger is away: a text that nobody refers to is left, which is worse than none and better than no answer.
    }
  }
  private readonly fileNames = new Map<string, string>();

  /** Writes an evidence row for every reference in what was sent. Returns the ids that are new. */
  private async evidenceOf(caseId: string, value: unknown, actor: string): Promise<string[]> {
    const found: {
      field: string;
      ref: { evidence: string; sha256: string; mediaType: string; bytes: number };
    }[] = [];
    const walk = (node: unknown, field: string): void => {
      if (node === null || typeof node !== 'object') return;
      const record = node as Record<string, unknown>;
      if (typeof record['evidence'] === 'string' && typeof record['sha256'] === 'string')
        found.push({ field, ref: record as never });
      else for (const [key, inner] of Object.entries(record)) walk(inner, key);
    };
    walk(value, 'attachment');
    const added: string[] = [];
    for (const { field, ref } of found) {
      const fresh = await this.deps.ledger.addEvidence({
        ...ref,
        caseId,
        field,
        name: this.fileNames.get(ref.evidence) ?? field,
        addedBy: actor,
        addedAt: this.at,
      });
      if (fresh) added.push(ref.evidence);
    }
    return added;
  }

  /** Refused acts leave nothing in history, so they are logged here (temporal.md 0.10). */
  private async refused(caseId: string, actor: string, act: string, error: DeskError): Promise<DeskError> {
    await this.deps.ledger
      .addRefusal({
        caseId,
        actor,
        act,
        code: error.code,
        at: this.at,
        requestId: error.details.requestId ?? '',
        data: { fields: (error.details.fields ?? []).map((line) => line.field) },
      })
      .catch(() => undefined);
    return error;
  }

  private async guarded<T>(requestId: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DeskError) throw error;
      throw new DeskError('ledger.unreachable', `the ledger did not answer: ${(error as Error).message}`, {
        exit: EXIT.unreachable,
        cause: error,
        remedy: 'nothing was changed; see `aftercare doctor`',
        ...(requestId === undefined ? {} : { requestId }),
      });
    }
  }
  private async queried<T>(caseId: string, work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.client();
    try {
      return await work(client);
    } catch (error) {
      if (isNamed(error, 'WorkflowNotFoundError')) throw notFound(caseId);
      throw this.unreachable(error, undefined, 'nothing was changed');
    }
  }
  private unreachable(error: unknown, requestId: string | undefined, remedy: string): DeskError {
    const said = (error as Error).message;
    // Who could not even connect has said so, with the address.
    const message = isNamed(error, 'ConnectionError') ? said : `Temporal did not answer: ${said}`;
    return new DeskError('temporal.unreachable', message, {
      exit: EXIT.unreachable,
      cause: error,
      remedy,
      ...(requestId === undefined ? {} : { requestId }),
    });
  }

  /** Puts what the server or the case said into the desk's words. */
  private explained(error: unknown, caseId: string, requestId: string): DeskError {
    if (error instanceof DeskError) return error;
    if (isNamed(error, 'WorkflowUpdateFailedError') && isNamed(error.cause, 'ApplicationFailure')) {
      const { type, message, details } = error.cause as ApplicationFailure;
      const given = (details?.[0] ?? {}) as { fields?: { field: string; message: string }[] };
      return new DeskError(type ?? 'refused', message ?? 'refused', {
        requestId,
        cause: error,
        ...(given.fields === undefined ? {} : { fields: given.fields }),
      });
    }
    const text = (error as Error).message ?? '';
    const cause = ((error as { cause?: Error }).cause?.message ?? '') + text;
    if (isNamed(error, 'WorkflowNotFoundError') || CLOSED.test(cause)) {
      // A handle without run id answers "not found" for a case that has ended; the ledger knows which it is.
      return new DeskError('case.closed', `case ${caseId} is closed, or there is none`, {
        requestId,
        cause: error,
      });
    }
    return this.unreachable(
      error,
      requestId,
      `it is not known whether the act landed; repeat it with --request-id ${requestId}, it is never done twice`,
    );
  }
}

/** A case that is ready to be opened, and what is kept with it. */
interface Intake {
  start: Omit<CaseStart, 'caseId'>;
  kept: {
    lookups: IntakeRequest['lookups'];
    contents: Omit<ContentRow, 'caseId'>[];
    files: Buffer[];
    stored: Record<string, unknown>;
    related: CaseRow[];
  };
}

/** Rows that were not there before an act. */
interface Added {
  contents: string[];
  evidence: string[];
}

type EdgeParsed =
  { success: true; data: unknown } | { success: false; error: Parameters<typeof formIssues>[0] };

const answerOnly = (value: Record<string, unknown>) => value;

/** By what later intakes find a case of this customer (W35). */
function customerLookups(customer: Customer): IntakeRequest['lookups'] {
  const mobile = customer.mobile === undefined ? null : normaliseMobile(customer.mobile);
  return [
    { kind: 'customer', value: customer.id },
    ...(customer.taxpayerId === undefined
      ? []
      : [{ kind: 'taxpayerId' as const, value: customer.taxpayerId }]),
    ...(mobile === null ? [] : [{ kind: 'phone' as const, value: mobile }]),
  ];
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

function codeSpent(requestId: string, cause?: unknown): DeskError {
  return new DeskError('bureau.codeSpent', 'this code was used, or the request it answers is over', {
    requestId,
    cause,
    remedy: 'telephone; see the telephone number in the mail',
  });
}

function contentRow(field: string, body: string, seed: string): Omit<ContentRow, 'caseId'> {
  const id = `c-${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`;
  return { id, field, sha256: createHash('sha256').update(body).digest('hex'), body };
}

function preferred(phone: boolean, mail: boolean, first: 'sms' | 'mail' | null): Channel[] {
  const order: Channel[] = first === 'mail' ? ['mail', 'sms'] : ['sms', 'mail'];
  return order.filter((channel) => (channel === 'sms' ? phone : mail));
}
function channelsOf(card: ContactCard): Channel[] {
  const mobile = card.phone !== null && normaliseMobile(card.phone) !== null;
  const wish = card.channel === 'mail' ? 'mail' : card.channel === 'sms' ? 'sms' : null;
  return preferred(mobile, card.mail !== null, wish);
}
function mediaTypeOf(name: string): string {
  const types: Record<string, string> = {
    '.pdf': 'application/pdf',
    '.png': 'image/png',
    '.jpg': 'image/jpeg',
    '.jpeg': 'image/jpeg',
    '.txt': 'text/plain',
    '.html': 'text/html',
    '.mp3': 'audio/mpeg',
    '.wav': 'audio/wav',
  };
  return types[extname(name).toLowerCase()] ?? 'application/octet-stream';
}
/** Ids of every text, or also of every paper, that a value names. */
function collect(kinds: readonly ('content' | 'evidence')[], value: unknown, into: Set<string>): void {
  if (value === null || typeof value !== 'object') return;
  const record = value as Record<string, unknown>;
  for (const id of kinds.map((kind) => record[kind])) if (typeof id === 'string') into.add(id);
  for (const inner of Object.values(record)) collect(kinds, inner, into);
}
/** What people have to do next, as every act's answer tells it. */
function nextOf(view: CaseView | null): ActResult['next'] {
  return (view?.tasks ?? [])
    .filter((task) => task.status === 'open')
    .map(({ name, key, role, assignee, dueAt }) => ({ task: name, key, role, assignee, dueAt }));
}

function flagsOf(view: CaseView): string[] {
  return [
    ...(view.row.grade === 'major' ? ['major'] : []),
    ...(view.row.relatedTo === null ? [] : ['repeat']),
    ...(view.row.attention === null ? [] : [view.row.attention]),
  ];
}
/** The case as a person concerned may see it: nothing in it leads to who complained (W31, PRV-02). */
function withoutComplainant(file: CaseFile): CaseFile {
  const hidden = new Set(
    [
      file.row.customer,
      ...file.messages.map((message) =>
        message.to.kind === 'customer'
          ? message.to.id
          : message.to.kind === 'contact'
            ? message.to.content
            : null,
      ),
    ].filter((id): id is string => id !== null),
  );
  const scrub = (value: unknown): unknown => {
    if (typeof value === 'string') {
      let text = value;
      for (const id of hidden) text = text.replaceAll(id, '***');
      return text;
    }
    if (Array.isArray(value)) return value.map(scrub);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, key === 'related' ? [] : scrub(inner)]),
    );
  };
  return {
    ...file,
    row: { ...file.row, customer: null, relatedTo: null },
    messages: scrub(file.messages) as CaseFile['messages'],
    timeline: scrub(file.timeline) as CaseFile['timeline'],
  };
}

/** Persons concerned never see the complainant (W31); confidential ones are hidden from the department concerned. */
function hidesComplainant(
  row: { identity: string; personsConcerned: string[]; owner: string },
  reader: Staff,
): boolean {
  if (row.personsConcerned.includes(reader.id)) return true;
  if (row.identity === 'named' || reader.id === row.owner) return false;
  const trusted = ['agent', 'supervisor', 'level3', 'generalManager', 'quality', 'centreManager'];
  return !reader.roles.some((role) => trusted.includes(role));
}
function invalid(form: string, fields: { field: string; message: string }[], requestId: string): DeskError {
  const first = fields[0];
  return new DeskError(
    'task.answerInvalid',
    `${form}: ${first?.field ?? 'form'}: ${first?.message ?? 'not in order'}`,
    {
      fields,
      requestId,
      remedy: 'nothing was changed; mend the fields named and send again',
    },
  );
}
/** An error of the SDK by its class's name: naming the class itself would load the whole library. */
function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name;
}
function imported<T>(found: T | null): T {
  if (found === null)
    throw new DeskError('organisation.missing', 'no organisation is imported yet', {
      exit: EXIT.notFound,
      remedy: 'aftercare org import examples/organisation.yaml',
    });
  return found;
}
function notFound(caseId: string): DeskError {
  return new DeskError('case.notFound', `no case ${caseId}`, {
    exit: EXIT.notFound,
    remedy: 'see `aftercare case list`',
  });
}

/** Whom the feature code is shown in full: technical service, which got it, and who is to tell it to the customer (D6). */
function tellsCode(tasks: readonly TaskRow[], { id, roles }: Staff): boolean {
  return (
    roles.includes('technicalService') ||
    tasks.some((task) => task.name === 'tellCode' && task.status === 'open' && task.assignee === id)
  );
}
