/** Looking: what the ledger and the live case tell, each reader only what he may see (W31, W32, PRV-02). */
import type { CaseFile, CaseFilter, LedgerPort } from '../adapters/ports.js';
import { canonicalJson } from '../domain/canonical.js';
import type { CaseRow, ClockRow, ContactCard, Instant, TaskRow } from '../domain/case.js';
import { addDays, dayOf, instantOf } from '../domain/calendar.js';
import { onTrip } from '../domain/custody.js';
import { limitText, relimitClock } from '../domain/clock.js';
import type { Staff } from '../domain/organisation.js';
import { maskedCode } from '../domain/issuance.js';
import { qualityOf } from '../domain/quality.js';
import type { RepairAnswers } from '../domain/forms-repair.js';
import { afterWorkshop, countFaults, type FaultCount } from '../domain/repair.js';
import type { ClockAccount } from '../workflows/case/messages.js';
import {
  DeskError,
  EXIT,
  type AftercareApi,
  type CaseSheet,
  type ClockExplanation,
  type Inbox,
  type LoadedPolicy,
} from './api.js';
import type { Desk } from './desk.js';
import { erase, toErase } from './erasure.js';
import { notFound } from './failures.js';
import { collect } from './papers.js';

export class Records {
  constructor(private readonly desk: Desk) {}

  async sheet(caseId: string, reader: string): Promise<CaseSheet> {
    const staff = await this.desk.staff(reader);
    const file = await this.desk.guarded(undefined, () => this.desk.ledger.caseFile(caseId));
    if (file === null) throw notFound(caseId);
    const intake = await this.desk.ledger.intakeOf(caseId);
    const input = (intake?.input as { intake?: { form?: Record<string, unknown> } } | undefined)?.intake;
    const masked = hidesComplainant(file.row, staff);
    const ids = new Set<string>();
    collect(['content'], input?.form, ids);
    // Whom it is about reads what he is to answer, and his own words; what others noted may name who complained (W31).
    const concerned = file.row.personsConcerned.includes(staff.id);
    for (const task of file.tasks)
      if (!concerned || task.completedBy === staff.id) collect(['content'], task.answer, ids);
    if (!concerned) for (const fact of file.timeline) collect(['content'], fact.data, ids);
    const codes = new Set<string>();
    for (const task of file.tasks) if (task.name === 'receiveCode') collect(['content'], task.answer, codes);
    const contact = (input?.form?.['contact'] as { content?: string } | undefined)?.content;
    if (masked && contact !== undefined) ids.delete(contact);
    const rows = await this.desk.ledger.contents([...ids]);
    const texts: Record<string, string> = {};
    const mayTell = tellsCode(file.tasks, staff);
    for (const [id, row] of rows) {
      if (row.body === null || id === contact) continue;
      texts[id] = codes.has(id) && !mayTell ? maskedCode(row.body) : row.body;
    }
    const card = contact === undefined ? null : (rows.get(contact)?.body ?? null);
    const customer =
      file.row.customer === null || masked ? null : await this.desk.ledger.customer(file.row.customer);
    const lookups = await this.desk.ledger.lookups(caseId);
    const related =
      lookups.length === 0 ? [] : await this.desk.ledger.related(lookups, '1970-01-01T00:00:00.000Z');
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
      refusals: await this.desk.ledger.refusals(caseId),
      related: masked ? [] : related.filter((row) => row.caseId !== caseId),
      ...(file.row.process === 'trip'
        ? { places: await this.desk.ledger.bookings({ who: onTrip(caseId) }) }
        : {}),
    };
  }

  cases(filter: CaseFilter) {
    return this.desk.guarded(undefined, () => this.desk.ledger.cases(filter));
  }

  tasks(filter: { assignee?: string; role?: string; caseId?: string }) {
    return this.desk.guarded(undefined, () => this.desk.ledger.openTasks(filter));
  }

  async inbox(actorId: string): Promise<Inbox> {
    const actor = await this.desk.staff(actorId);
    const [mine, owned] = await Promise.all([
      this.tasks({ assignee: actor.id }),
      this.cases({ owner: actor.id, status: ['open', 'closing'] }),
    ]);
    const at = this.desk.at;
    const today = dayOf(at, this.desk.offset);
    const isLate = (due: string | null) => due !== null && due <= at;
    const sorted = [...mine].sort((a, b) => ((a.dueAt ?? '9') < (b.dueAt ?? '9') ? -1 : 1));
    const held = new Set(mine.map((task) => task.caseId));
    const silent: Inbox['withoutProgress'] = [];
    for (const row of owned) {
      const file = await this.desk.ledger.caseFile(row.caseId);
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
        (task) => !isLate(task.dueAt) && task.dueAt !== null && dayOf(task.dueAt, this.desk.offset) === today,
      ),
      later: sorted.filter(
        (task) =>
          !isLate(task.dueAt) && (task.dueAt === null || dayOf(task.dueAt, this.desk.offset) !== today),
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
    const accounts = await this.desk.queried(caseId, (client) =>
      client.workflow.getHandle(caseId).query<ClockAccount[], [Instant]>('explainClocks', this.desk.at),
    );
    return accounts.filter(
      (line) => clock === undefined || line.clock.name === clock || line.clock.key === clock,
    );
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
    return this.desk.guarded(undefined, () => this.desk.storage.get(sha256));
  }

  messages(filter: Parameters<LedgerPort['messages']>[0]) {
    return this.desk.guarded(undefined, () => this.desk.ledger.messages(filter));
  }

  async contents(caseId: string) {
    const rows = await this.desk.guarded(undefined, () => this.desk.ledger.contentsOf(caseId));
    if (rows.length === 0 && (await this.desk.ledger.caseFile(caseId)) === null) throw notFound(caseId);
    return rows;
  }

  async erasable(caseId: string, by: string, only: string[] = []) {
    const staff = await this.desk.staff(by);
    return this.desk.guarded(undefined, () => toErase(this.desk.ledger, caseId, staff, only));
  }

  async erase(caseId: string, by: string, { only = [], reason }: { only?: string[]; reason: string }) {
    const staff = await this.desk.staff(by);
    const erasure = { only, reason, at: this.desk.at };
    return this.desk.guarded(undefined, () => erase(this.desk.ledger, caseId, staff, erasure));
  }

  async quality(span: Parameters<AftercareApi['quality']>[0]) {
    return qualityOf(await this.cases({}), span, this.desk.offset);
  }

  async faults({ by, from, to }: Parameters<AftercareApi['faults']>[0]): Promise<FaultCount[]> {
    const visits = await this.desk.guarded(undefined, () =>
      this.desk.ledger.answeredTasks({
        process: 'repair',
        names: ['repairOnSite'],
        ...(from === undefined ? {} : { from: instantOf(from, '00:00', this.desk.offset) }),
        ...(to === undefined ? {} : { until: instantOf(addDays(to, 1), '00:00', this.desk.offset) }),
      }),
    );
    // Where a case lies was told in the call that made the appointment, perhaps before the time asked for.
    const regions = new Map<string, string>();
    if (by === 'region')
      for (const call of await this.desk.guarded(undefined, () =>
        this.desk.ledger.answeredTasks({ process: 'repair', names: ['contact'] }),
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
    const returned = await this.desk.guarded(undefined, () =>
      this.desk.ledger.answeredTasks({ process: 'repair', names: ['returnMachine'] }),
    );
    const back = returned.map(({ caseId, completedAt, answer }) => ({
      caseId,
      at: completedAt,
      works: answer['works'] === true,
    }));
    return countFaults(afterWorkshop(found, back), by);
  }

  async policyEffect(policy: LoadedPolicy) {
    const rows = await this.cases({ status: ['open'] });
    const effect: { caseId: string; clock: string; dueAt: Instant; wouldBeDueAt: Instant }[] = [];
    const current = this.desk.policy;
    const sameHours = canonicalJson(current.calendars) === canonicalJson(policy.calendars);
    for (const row of rows) {
      const file = await this.desk.ledger.caseFile(row.caseId);
      for (const clock of file?.clocks ?? []) {
        if (clock.stoppedAt !== null || clock.pausedAt !== null) continue;
        const next = ruleOf(policy, clock, row);
        // A due time that was given stays, whatever the table says of clocks of that name.
        if (next === undefined || clock.limitText === limitText({ at: clock.dueAt })) continue;
        const known = row.policyDigest === current.digest && sameHours;
        if (known && canonicalJson(ruleOf(current, clock, row)) === canonicalJson(next)) continue;
        const moved = relimitClock(clock, next, this.desk.at, policy.calendars, current.calendars);
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
}

/** Limit and calendar that a policy gives a clock of a case: those of a major one run by the wall (D17). */
function ruleOf({ policy }: LoadedPolicy, clock: ClockRow, { grade }: CaseRow) {
  const next =
    policy.clocks[clock.name as keyof typeof policy.clocks] ??
    (clock.name === 'resolution' && grade !== null
      ? policy.complaint.resolution[grade as 'major']
      : undefined);
  if (next === undefined) return undefined;
  const { limit, calendar } = next;
  const major = grade === 'major' && ('minutes' in limit || 'hours' in limit) && clock.name !== 'progress';
  return { limit, calendar: major ? 'wall' : calendar };
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

/** Whom the feature code is shown in full: technical service, which got it, and who is to tell it to the customer (D6). */
function tellsCode(tasks: readonly TaskRow[], { id, roles }: Staff): boolean {
  return (
    roles.includes('technicalService') ||
    tasks.some((task) => task.name === 'tellCode' && task.status === 'open' && task.assignee === id)
  );
}
