/** Opening: everything that is checked before a case is opened, its number, its start, and a start that failed (AT-31). */
import { randomUUID } from 'node:crypto';
import type { ContentRow, IntakeRequest, IntakeRow } from '../adapters/ports.js';
import {
  PROCESS_LETTERS,
  type Actor,
  type CaseRow,
  type Channel,
  type ContactCard,
  type ProcessName,
} from '../domain/case.js';
import { addDays, dayOf, instantOf, wholeMinute } from '../domain/calendar.js';
import { complaintIntakeForm } from '../domain/forms-complaint.js';
import { intakeForm } from '../domain/processes.js';
import type { IssuanceIntake } from '../domain/forms-issuance.js';
import { formIssues } from '../domain/forms.js';
import { wantsMail, type Customer } from '../domain/organisation.js';
import { normaliseMobile, parsePhone } from '../domain/phone.js';
import { checkTaxpayerId } from '../domain/taxpayer.js';
import type { CaseStart, CaseView } from '../workflows/case/messages.js';
import type { ActOptions, OpenReceipt } from './api.js';
import { nextOf, type Desk } from './desk.js';
import { invalid, isNamed, unreachable } from './failures.js';
import { contentRow, type Papers } from './papers.js';

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

export class Reception {
  private readonly complaintForm = complaintIntakeForm('edge');

  constructor(
    private readonly desk: Desk,
    private readonly papers: Papers,
  ) {}

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
    const actor = await this.desk.actor(by);
    const { form, receivedAt } = this.intakeOf(process, input, requestId);
    return process === 'trip'
      ? this.tripIntake({ ...form, receivedAt }, actor, requestId)
      : this.customerIntake(process, { ...form, receivedAt }, actor, requestId);
  }

  private async complaintIntake(input: unknown, by: string, requestId: string): Promise<Intake> {
    const actor = await this.desk.actor(by);
    const parsed = this.complaintForm.safeParse(input ?? {});
    if (!parsed.success) throw invalid('complaint', formIssues(parsed.error), requestId);
    const form = parsed.data as Record<string, unknown> & ReturnType<typeof parsed.data.valueOf>;
    const receivedAt = wholeMinute((form['receivedAt'] as string | undefined) ?? this.desk.at);
    if (receivedAt > this.desk.at)
      throw invalid('complaint', [{ field: 'receivedAt', message: 'lies in the future' }], requestId);
    const who = await this.complainant(form, requestId);
    const { value, contents, files } = await this.papers.references(
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
      addDays(dayOf(this.desk.at, this.desk.offset), -this.desk.policy.policy.complaint.repeatDays),
      '00:00',
      this.desk.offset,
    );
    const related =
      who.lookups.length === 0
        ? []
        : await this.desk.guarded(requestId, () => this.desk.ledger.related(who.lookups, since));
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
      snapshot: await this.desk.snapshot(),
    };
    return { start, kept: { lookups: who.lookups, contents, files, stored, related: complaints } };
  }

  private async customerIntake(
    process: ProcessName,
    form: Record<string, unknown>,
    actor: Actor,
    requestId: string,
  ): Promise<Intake> {
    const noticeOn = form['noticeOn'];
    if (typeof noticeOn === 'string' && noticeOn > dayOf(this.desk.at, this.desk.offset))
      throw invalid(process, [{ field: 'noticeOn', message: 'lies in the future' }], requestId);
    const customer = await this.knownCustomer(process, form, requestId);
    const bureau =
      typeof form['bureau'] === 'string' ? await this.desk.bureau(process, form['bureau'], requestId) : null;
    const { value, contents, files } = await this.papers.references(
      { ...form, customer: customer.id, taxpayerId: undefined },
      process,
      requestId,
    );
    const stored = value as Record<string, unknown>;
    delete stored['taxpayerId'];
    const snapshot = await this.desk.snapshot();
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
      addDays(dayOf(this.desk.at, this.desk.offset), -this.desk.policy.policy.complaint.repeatDays),
      '00:00',
      this.desk.offset,
    );
    const related = (
      await this.desk.guarded(requestId, () => this.desk.ledger.related(lookups, since))
    ).filter((row) => row.process === process);
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
    const receivedAt = wholeMinute((form['receivedAt'] as string | undefined) ?? this.desk.at);
    if (receivedAt > this.desk.at)
      throw invalid(process, [{ field: 'receivedAt', message: 'lies in the future' }], requestId);
    return { form, receivedAt };
  }

  /** A trip is ours and no customer's: their own cases take their places on it (W20). */
  private async tripIntake(form: Record<string, unknown>, actor: Actor, requestId: string): Promise<Intake> {
    await this.desk.bureau('trip', String(form['bureau']), requestId);
    const { value, contents, files } = await this.papers.references(form, 'trip', requestId);
    const stored = value as Record<string, unknown>;
    const start: Omit<CaseStart, 'caseId'> = {
      process: 'trip',
      requestId,
      actor,
      intake: { form: stored },
      related: [],
      snapshot: await this.desk.snapshot(),
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
    const customer = await this.desk.guarded(requestId, () => this.desk.ledger.customer(id));
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

  /** Keeps an intake, starts its case and tells what is to be done next. */
  private async receive({ start, kept }: Intake): Promise<OpenReceipt> {
    const { requestId, actor, process } = start;
    await this.papers.store(kept.files);
    const { intake, fresh } = await this.desk.guarded(requestId, () =>
      this.desk.ledger.receiveIntake({
        requestId,
        process,
        letter: PROCESS_LETTERS[process],
        day: dayOf(this.desk.at, this.desk.offset).replaceAll('-', ''),
        input: start,
        contents: kept.contents,
        lookups: kept.lookups,
        actor: actor.id,
        at: this.desk.at,
      }),
    );
    await this.desk.guarded(
      requestId,
      () => this.papers.evidenceOf(intake.caseId, kept.stored, actor.id),
      `the intake is kept as ${intake.caseId}; send it again with --request-id ${requestId}`,
    );
    await this.begin(intake);
    const view = await this.firstView(intake.caseId);
    return {
      requestId,
      caseId: intake.caseId,
      fresh,
      at: this.desk.at,
      inLedger: view !== null && view.turn > 0,
      status: view?.row.status ?? 'open',
      outcome: view?.row.outcome ?? null,
      level: view?.row.level ?? 'L1',
      next: nextOf(view).sort((a, b) => ((a.dueAt ?? '9') < (b.dueAt ?? '9') ? -1 : 1)),
      related: kept.related
        // A request that is repeated finds its own case.
        .filter((row) => row.caseId !== intake.caseId)
        .map(({ caseId, status, outcome, openedAt }) => ({ caseId, status, outcome, openedAt })),
      flags: view === null ? [] : flagsOf(view),
    };
  }

  /** Starts the workflow of an intake and marks it started; starting twice changes nothing (AT-31). */
  private async begin(intake: IntakeRow): Promise<void> {
    const start = { ...(intake.input as CaseStart), caseId: intake.caseId };
    try {
      const client = await this.desk.client();
      await client.workflow.start(intake.process, {
        workflowId: intake.caseId,
        taskQueue: this.desk.deps.taskQueue,
        args: [start],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `${intake.process} ${intake.caseId}`,
        ...(this.desk.deps.startDelayMs === undefined ? {} : { startDelay: this.desk.deps.startDelayMs() }),
      });
      await this.desk.deps.afterStart?.(intake.caseId);
    } catch (error) {
      if (!isNamed(error, 'WorkflowExecutionAlreadyStartedError'))
        throw unreachable(
          error,
          intake.requestId,
          `the intake is kept as ${intake.caseId}; \`aftercare intake retry\` starts it`,
        );
    }
    if (intake.state !== 'started') await this.desk.ledger.markStarted(intake.caseId);
  }

  private async firstView(caseId: string): Promise<CaseView | null> {
    const until = Date.now() + this.desk.policy.policy.kernel.saveWaitMs;
    let view: CaseView | null = null;
    while (Date.now() < until) {
      view = await this.desk.view(caseId, until).catch(() => null);
      if (view !== null && view.turn > 0) return view;
      await new Promise((wake) => setTimeout(wake, 25));
    }
    return view;
  }

  async retryIntakes() {
    const started: string[] = [];
    const failed: { caseId: string; reason: string }[] = [];
    for (const intake of await this.desk.ledger.pendingIntakes()) {
      try {
        await this.begin(intake);
        started.push(intake.caseId);
      } catch (error) {
        failed.push({ caseId: intake.caseId, reason: (error as Error).message });
      }
    }
    return { started, failed };
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
      const id = form['customer'];
      const customer = await this.desk.guarded(requestId, () => this.desk.ledger.customer(id));
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
}

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

function preferred(phone: boolean, mail: boolean, first: 'sms' | 'mail' | null): Channel[] {
  const order: Channel[] = first === 'mail' ? ['mail', 'sms'] : ['sms', 'mail'];
  return order.filter((channel) => (channel === 'sms' ? phone : mail));
}

function channelsOf(card: ContactCard): Channel[] {
  const mobile = card.phone !== null && normaliseMobile(card.phone) !== null;
  const wish = card.channel === 'mail' ? 'mail' : card.channel === 'sms' ? 'sms' : null;
  return preferred(mobile, card.mail !== null, wish);
}

function flagsOf(view: CaseView): string[] {
  return [
    ...(view.row.grade === 'major' ? ['major'] : []),
    ...(view.row.relatedTo === null ? [] : ['repeat']),
    ...(view.row.attention === null ? [] : [view.row.attention]),
  ];
}
