/**
 * What a complaint knows beside its manual: its own facts, what makes it major, what an answer changes, what a form
 * alone cannot check, and the other ways it may end.
 */
import { getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Channel, Instant, Level, Recipient } from '../../domain/case.js';
import {
  COMPLAINT_TASKS as TASKS,
  majorBecause,
  stricterGrade,
  type Grade,
  type Media,
  type Severity,
} from '../../domain/complaint.js';
import { addDays, dayOf, instantOf, isOpen } from '../../domain/calendar.js';
import { holdersOf } from '../../domain/desk.js';
import type { ComplaintAnswers, ComplaintIntake } from '../../domain/forms-complaint.js';
import type { Kase, Process } from '../case/kase.js';
import { amountProblem, objectIf, together } from '../case/objections.js';
import { SYSTEM } from '../case/system.js';
import { absorb, type Absorbed, type CaseStart } from '../case/messages.js';

/** Whom to answer and by which channels, preferred first; addresses stay in the ledger. */
export interface Complainant {
  to: Recipient;
  channels: Channel[];
}
export interface ReplyDuty {
  channel: string;
  ref: string;
  dueOn: string | null;
}
export interface ComplaintInput {
  form: ComplaintIntake;
  complainants: Complainant[];
}
export type ComplaintStart = CaseStart<ComplaintInput>;

export interface ComplaintData extends Severity {
  receiver: string;
  subject: ComplaintIntake['subject'];
  unit: string | null;
  problemType: ComplaintIntake['problemType'];
  identity: ComplaintIntake['identity'];
  complainants: Complainant[];
  replyDuties: ReplyDuty[];
  complexity: 'simple' | 'medium' | 'complex';
  majorSince: Instant | null;
  /** The grade of a case that was merged into this one: it is not undercut (W36). */
  gradeAbsorbed?: Grade;
  /** Who carried the resolution out; may not confirm it with the customer (CMP-23). */
  solvers: string[];
}

export type ComplaintCase = Kase<ComplaintAnswers, ComplaintData>;

export const complaintProcess: Process<ComplaintAnswers, ComplaintData> = {
  name: 'complaint',
  tasks: TASKS,

  begin(start) {
    const { form, complainants } = start.intake as ComplaintInput;
    return {
      data: {
        receiver: start.actor.id,
        subject: form.subject,
        unit: form.unit ?? null,
        problemType: form.problemType,
        identity: form.identity,
        complainants: form.identity === 'anonymous' ? [] : complainants,
        replyDuties:
          form.externalRef === undefined
            ? []
            : [{ channel: form.channel, ref: form.externalRef, dueOn: form.externalDueOn ?? null }],
        complexity: 'simple',
        majorSince: null,
        solvers: [],
        amountDisputed: form.amountDisputed === 'unknown' ? null : form.amountDisputed,
        media: form.media,
        safety: form.safety,
        grade: null,
      },
      row: {
        owner: start.actor.id,
        receivedAt: form.receivedAt as Instant,
        identity: form.identity,
        personsConcerned: form.personsConcerned,
        customer: form.customer ?? null,
        relatedTo: form.repeatOf ?? start.related[0] ?? null,
      },
    };
  },

  /** CMP-02, CMP-18: the number, the owner, the level, the first promise; nobody concerned keeps the case (W31). */
  opened(kase) {
    const { form } = kase.start.intake as ComplaintInput;
    const lateMinutes = (Date.parse(kase.now) - Date.parse(kase.state.row.receivedAt)) / 60_000;
    kase.fact(
      'opened',
      {
        channel: form.channel,
        receivedAt: kase.state.row.receivedAt,
        problemType: form.problemType,
        related: kase.start.related,
      },
      kase.start.actor.id,
      'CMP-02',
    );
    if (lateMinutes > kase.policy.complaint.lateEntryMinutes)
      kase.fact('flagged', { flag: 'lateEntry', minutes: lateMinutes }, SYSTEM, 'ESC-10');
    chooseOwner(kase);
    for (const person of kase.concerned) kase.duty(TASKS.statement, { exactly: person, context: { person } });
    kase.startProgress();
    if (kase.state.row.relatedTo !== null) kase.raiseTo('L2', 'repeat', 'W35');
    weigh(kase);
    for (const duty of kase.data.replyDuties) owe(kase, duty);
    const by = promisedAnswer(kase);
    kase.promise(by, 'HOT-18', kase.start.actor.id);
    kase.tellCustomer('cmp.received', {
      rule: 'CMP-02',
      params: { staff: { staff: kase.owner }, time: { at: by } },
      urgency: kase.replyUrgency(kase.state.row.receivedAt),
    });
    if (kase.aboutTheTop) kase.tellCustomer('cmp.external', { rule: 'W31' });
  },

  answered(kase, task, answer, by) {
    switch (task.name) {
      case 'acknowledge': {
        const given = answer as ComplaintAnswers['acknowledge'];
        kase.data.complexity = given.complexity;
        const grade = gradeHeld(kase, given.grade);
        kase.state.row.grade = grade;
        startResolution(kase, grade, kase.state.row.openedAt);
        learn(kase, answer, by);
        if (grade !== given.grade)
          kase.fact('flagged', { flag: 'gradeHeld', given: given.grade, grade }, SYSTEM, 'D14');
        if (given.promiseAt !== undefined) kase.promise(given.promiseAt, 'HOT-18', by);
        return;
      }
      case 'investigate':
        return learn(kase, answer, by);
      case 'carryOut':
        kase.data.solvers = [...new Set([...kase.data.solvers, by])];
        return;
      case 'interimSolution': {
        const given = answer as ComplaintAnswers['interimSolution'];
        if (!given.toldCustomer) return;
        const date = kase.policyDate();
        kase.promise(date, 'ESC-06', by);
        kase.tellCustomer('cmp.raised', {
          rule: 'ESC-06',
          params: { staff: { staff: by }, time: { at: date } },
          subject: 'raised',
        });
        return;
      }
      case 'keepPromise': {
        const given = answer as Partial<ComplaintAnswers['keepPromise']>;
        if (given.decision !== 'repromise' || given.promiseAt === undefined) return;
        kase.promise(given.promiseAt, 'W14', by);
        kase.tellCustomer('cmp.dateChanged', {
          rule: 'W14',
          params: { staff: { staff: kase.currentHolder() }, time: { at: given.promiseAt } },
          subject: 'promise',
        });
        return;
      }
      case 'callAboutDelay': {
        const given = answer as ComplaintAnswers['callAboutDelay'];
        if (given.promiseAt !== undefined) kase.promise(given.promiseAt, 'W14', by);
        return;
      }
      case 'takeCharge':
        kase.state.callOut = null;
        return;
      case 'approveReclassification': {
        const given = answer as ComplaintAnswers['approveReclassification'];
        if (!given.approved) return;
        const to = String(task.context?.['to'] ?? '');
        kase.fact('reclassified', { to, approvedBy: by }, by, 'W6');
        kase.end('reclassified', by, { to });
        return;
      }
      default:
        return;
    }
  },

  objection(kase, task, answer) {
    const future = (field: string, value: unknown) =>
      typeof value === 'string' && value <= kase.now ? { field, message: 'must lie in the future' } : null;
    switch (task.name) {
      case 'acknowledge':
      case 'callAboutDelay':
        return future('promiseAt', answer['promiseAt']);
      case 'investigate': {
        if (kase.data.complexity !== 'complex') return null;
        return together(
          ['what', 'when', 'where', 'who', 'why', 'how'].map((field) =>
            objectIf(
              answer[field] === undefined,
              field,
              'a complex complaint is analysed by what, when, where, who, why, how (CMP-17)',
            ),
          ),
        );
      }
      case 'planResolution': {
        const responsible = String(answer['responsible']);
        return together([
          objectIf(
            kase.snapshot.desk.staff[responsible] === undefined,
            'responsible',
            'nobody of that id on the desk',
          ),
          objectIf(
            kase.concerned.includes(responsible),
            'responsible',
            'the complaint concerns this person (W31)',
          ),
          future('dueAt', answer['dueAt']),
        ]);
      }
      case 'approveCompensation':
        return answer['approved'] === false && answer['reason'] === undefined
          ? { field: 'reason', message: 'a refusal needs a reason' }
          : null;
      case 'payCompensation':
        return amountProblem(task, answer['amount'], 'were approved and agreed (W4)');
      case 'tellResult': {
        const finding = kase.answerOf('investigate')?.finding;
        if (finding !== 'founded' && finding !== 'partlyFounded') return null;
        return together([
          objectIf(
            answer['prevention'] === undefined,
            'prevention',
            'required when the complaint was found true or partly true',
          ),
          objectIf(
            answer['apology'] !== 'given',
            'apology',
            'we apologise where our work or product caused it (CMP-22)',
          ),
        ]);
      }
      case 'confirmSatisfaction': {
        if (answer['verdict'] !== 'notReached') return null;
        const used = meansTried(kase);
        const unused = kase.policy.complaint.contact.channels.filter((means) => !used.includes(means));
        return unused.length > 0 && used.includes(String(answer['means']))
          ? { field: 'means', message: `tried already; try ${unused.join(' or ')} (D13)` }
          : null;
      }
      case 'keepPromise':
        if (answer['decision'] !== 'repromise') return null;
        if (answer['promiseAt'] === undefined)
          return { field: 'promiseAt', message: 'a new promise names its instant (HOT-18)' };
        return future('promiseAt', answer['promiseAt']);
      default:
        return null;
    }
  },

  learned(kase, facts, by) {
    learn(kase, facts, by);
  },

  tellProgress(kase) {
    const day = dayOf(kase.now, kase.offsetMinutes);
    if (kase.state.occurrences[`progressTold:${day}`] !== undefined) return;
    kase.state.occurrences[`progressTold:${day}`] = 1;
    const due = kase.state.promise?.dueAt ?? kase.policyDate();
    // Where the case stood is no news once the answer was given, or promised for another time.
    const about = kase.state.promise?.key ?? kase.runningClock('resolution')?.key;
    kase.tellCustomer('cmp.progress', {
      rule: 'W11',
      params: { stage: { word: `stage:${stageOf(kase)}` }, time: { at: due } },
      subject: 'progress',
      ...(about === undefined ? {} : { mootWith: about }),
    });
  },

  reopened(kase) {
    takeUpAgain(kase, 'W34');
  },

  policyChanged(kase) {
    const clock = kase.runningClock('resolution');
    const grade = kase.data.grade;
    if (clock !== undefined && grade !== null) {
      const { limit, calendar } = kase.policy.complaint.resolution[grade]!;
      kase.relimit(clock.key, limit, calendar);
    }
    weigh(kase);
  },

  /** Several complainants, one case: earliest receipt, stricter grade, all answers owed (W36). */
  absorbed(kase, raw) {
    const data = raw as Absorbed;
    if (data.receivedAt < kase.state.row.receivedAt) kase.state.row.receivedAt = data.receivedAt;
    for (const line of data.complainants) {
      const to: Recipient =
        line.kind === 'customer'
          ? { kind: 'customer', id: line.ref }
          : { kind: 'contact', content: line.ref };
      const known = kase.data.complainants.some((c) => JSON.stringify(c.to) === JSON.stringify(to));
      if (!known) kase.data.complainants.push({ to, channels: ['sms', 'mail'] });
    }
    kase.data.replyDuties.push(...data.replyDuties);
    for (const duty of data.replyDuties) owe(kase, duty);
    kase.fact('absorbed', { from: data.from, replyDuties: data.replyDuties.length }, SYSTEM, 'W36');
    const grade = stricterGrade(kase.data.grade, data.grade);
    if (data.grade !== null) kase.data.gradeAbsorbed = data.grade;
    alsoConcerned(kase, data);
    learn(
      kase,
      {
        ...(grade === null ? {} : { grade }),
        ...(data.amountDisputed === null
          ? {}
          : { amountDisputed: Math.max(data.amountDisputed, kase.data.amountDisputed ?? 0) }),
        ...(data.media === 'none' ? {} : { media: data.media }),
        ...(data.safety ? { safety: true } : {}),
      },
      SYSTEM,
    );
  },

  endings: ['withdrawn', 'merged', 'reclassified', 'cancelled'],

  tellMoved(kase, dueAt) {
    kase.tellCustomer('cmp.dateChanged', {
      rule: 'W14',
      params: { staff: { staff: kase.currentHolder() }, time: { at: dueAt } },
      subject: 'promise',
    });
  },

  customers(data) {
    return data.complainants;
  },

  /** D17: minutes and hours of a major complaint run by the wall; its "same day" is truly the same day (D11). */
  clockFor(kase, name) {
    const { limit, calendar } = kase.policy.clocks[name]!;
    if (kase.data.majorSince === null || name === 'progress') return { limit, calendar };
    if ('minutes' in limit || 'hours' in limit) return { limit, calendar: 'wall' };
    if ('sameDay' in limit) return { limit: { at: endOfToday(kase) }, calendar: 'wall' };
    return { limit, calendar };
  },

  async conclude(kase, ending) {
    switch (ending.kind) {
      case 'withdrawn': {
        // W33: the customer is told how to take it back; an uninvolved colleague asks whether it was his own will.
        kase.once('withdrawn', () =>
          kase.tellCustomer('cmp.withdrawn', {
            rule: 'W33',
            params: { date: { on: lastReopenDay(kase, kase.policy.complaint.reopen.daysIfWithdrawn) } },
          }),
        );
        if (kase.data.complainants.length > 0) {
          const asked = await kase.task(TASKS.confirmWithdrawal, () => ({
            excluded: [kase.owner, kase.data.receiver, ending.by, ...kase.data.solvers].map((id) => ({
              id,
              rule: 'W33',
            })),
          }));
          if (!asked.confirmed) return null;
        }
        // CMP-21: a violation is looked into and recorded even when the complainant lets it go.
        if (kase.data.majorSince !== null || hasMoney(kase) || kase.data.problemType === 'misconduct')
          await kase.task(TASKS.investigateInternally);
        return kase.close('withdrawn', 'W33');
      }
      case 'merged': {
        const into = String(ending.data['into']);
        await handOver(kase, into);
        kase.once('merged', () =>
          kase.tellCustomer('cmp.merged', {
            rule: 'W36',
            params: { caseNo: into, staff: { staff: kase.owner } },
          }),
        );
        return kase.close('merged', 'W36');
      }
      case 'reclassified':
        return kase.close('reclassified', 'W6');
      case 'cancelled':
        await kase.effect('undo', () => kase.holdings.undoAll());
        return kase.close('cancelled', 'W33');
    }
  },
};

const STAGE_OF: Record<string, string> = {
  acknowledge: 'registered',
  verifyWithUnit: 'waitingUnit',
  reportToManufacturer: 'waitingManufacturer',
  decideAfterWait: 'verifying',
  planResolution: 'planning',
  approveCompensation: 'planning',
  agreeResolution: 'proposed',
  carryOut: 'carryingOut',
  payCompensation: 'carryingOut',
  tellResult: 'carryingOut',
  confirmSatisfaction: 'confirming',
};

/** Where the case stands, in words a customer may read: from the closed list of stages. */
function stageOf(kase: ComplaintCase): string {
  if (kase.state.pause !== null) return kase.state.pause.reason;
  const main = kase.openTasks().find((task) => !task.beside);
  return STAGE_OF[main?.name ?? ''] ?? 'investigating';
}

/** Day until which a closed case may be taken up again (W34). */
export function lastReopenDay(kase: ComplaintCase, days: number): string {
  return addDays(dayOf(kase.now, kase.offsetMinutes), days);
}

/** Means of contact that failed in this round so far. */
export function meansTried(kase: ComplaintCase): string[] {
  return Object.values(kase.state.tasks)
    .filter((task) => task.name === 'confirmSatisfaction' && task.round === kase.round)
    .map(
      (task) => kase.state.journal[task.key]?.answer as ComplaintAnswers['confirmSatisfaction'] | undefined,
    )
    .filter((answer) => answer?.verdict === 'notReached')
    .map((answer) => answer!.means);
}

/** The resolution clock of the round, by grade (D23); the receipt's clock in the first, its own in later ones (AT-09). */
function startResolution(kase: ComplaintCase, grade: Grade, at: Instant): void {
  if (kase.runningClock('resolution') !== undefined) return;
  const { limit, calendar } = kase.policy.complaint.resolution[grade]!;
  kase.startCaseClock('resolution', 'D23', limit, calendar, at);
}

/** Another round: its own resolution clock, a new date, and the customer hears who has it now (CMP-13, W34). */
export function takeUpAgain(kase: ComplaintCase, rule: string): void {
  kase.startProgress();
  startResolution(kase, kase.data.grade ?? 'general', kase.now);
  const by = promisedAnswer(kase);
  kase.promise(by, 'HOT-18', kase.owner);
  kase.tellCustomer('cmp.nextRound', {
    rule,
    params: { staff: { staff: kase.currentHolder() }, time: { at: by } },
  });
}

/** By when the customer first hears: the day the investigation ends (D11, W10). */
function promisedAnswer(kase: ComplaintCase): Instant {
  const { limit, calendar } = kase.clockRule('investigation');
  return kase.limitFrom(limit, calendar);
}

function hasMoney(kase: ComplaintCase): boolean {
  return (kase.data.amountDisputed ?? 0) > 0;
}

function endOfToday(kase: ComplaintCase): Instant {
  return instantOf(dayOf(kase.now, kase.offsetMinutes), '24:00', kase.offsetMinutes);
}

/** An answer owed to the body that passed the complaint on (12345, 12315 …): a clock of its own until it is due (W36). */
function owe(kase: ComplaintCase, duty: ReplyDuty): void {
  const dueAt = duty.dueOn === null ? null : instantOf(duty.dueOn, '24:00', kase.offsetMinutes);
  kase.fact(
    'flagged',
    { flag: 'replyDuty', channel: duty.channel, ref: duty.ref, dueOn: duty.dueOn },
    SYSTEM,
    'W36',
  );
  if (dueAt === null || dueAt <= kase.now) return;
  kase.startTimed(`replyDuty#${duty.channel}/${duty.ref}`, 'replyDuty', 'W36', dueAt, null, 'deadline');
}

/**
 * W31: owner is who took it in, unless he is concerned; then the first unconcerned level above him, who is accountable
 * for a complaint about our own people (CMP-19).
 */
function chooseOwner(kase: ComplaintCase): void {
  const { receiver } = kase.data;
  if (!kase.concerned.includes(receiver)) {
    const roles = kase.snapshot.desk.staff[receiver]?.roles ?? [];
    const onLadder = Object.values(kase.policy.levels).some((level) =>
      level.roles.some((role) => roles.includes(role)),
    );
    if (onLadder && kase.concerned.length === 0) return;
    if (kase.concerned.length === 0) {
      const agent = kase.assign('agent', null, []);
      if (agent !== null) kase.setOwner(agent, SYSTEM, 'CMP-20');
      return;
    }
  }
  const { level, person } = kase.firstUnconcernedAbove(kase.concerned);
  if (person !== null && person !== kase.owner) kase.setOwner(person, SYSTEM, 'W31');
  kase.fact('flagged', { flag: 'personsConcerned', count: kase.concerned.length, level }, SYSTEM, 'W31');
}

/** A grade as it counts: what is major stays so (D14), and a merged case keeps the stricter of both (W36). */
function gradeHeld({ data }: ComplaintCase, given: Grade): Grade {
  return data.majorSince === null ? stricterGrade(given, data.gradeAbsorbed ?? null)! : 'major';
}

/** Whom the other complaint was about may not handle this one either, nor see who complained (W31, W32, W36). */
function alsoConcerned(kase: ComplaintCase, { personsConcerned = [], identity }: Absorbed): void {
  const { row } = kase.state;
  if (identity === 'confidential' && row.identity === 'named') row.identity = identity;
  const more = personsConcerned.filter((person) => !kase.concerned.includes(person));
  if (more.length === 0) return;
  row.personsConcerned = [...kase.concerned, ...more];
  if (kase.concerned.includes(kase.owner)) chooseOwner(kase);
  for (const task of kase.openTasks()) {
    if (task.assignee === null || !more.includes(task.assignee)) continue;
    const to = kase.assign(
      task.role,
      null,
      task.excluded.map((line) => line.id),
    );
    kase.fact('taskReassigned', { task: task.name, key: task.key, from: task.assignee, to }, SYSTEM, 'W31');
    kase.handTask(task, to, kase.owner, null);
  }
  for (const person of more) kase.duty(TASKS.statement, { exactly: person, context: { person } });
}

/** Takes over facts learned in a task, a note, a correction or a merge, and weighs them (D14: also later). */
function learn(kase: ComplaintCase, facts: Record<string, unknown>, by: string): void {
  const { data } = kase;
  const changed: Record<string, unknown> = {};
  const amount = facts['amountDisputed'];
  if (amount !== undefined) {
    const value = amount === 'unknown' ? null : Number(amount);
    if (value !== data.amountDisputed) {
      data.amountDisputed = value;
      changed['amountDisputed'] = value;
    }
  }
  if (facts['media'] !== undefined && facts['media'] !== data.media) {
    data.media = facts['media'] as Media;
    changed['media'] = data.media;
  }
  if (facts['safety'] !== undefined && facts['safety'] !== data.safety) {
    data.safety = facts['safety'] === true;
    changed['safety'] = data.safety;
  }
  const grade = facts['grade'] === undefined ? data.grade : gradeHeld(kase, facts['grade'] as Grade);
  if (grade !== null && grade !== data.grade) {
    data.grade = grade;
    kase.state.row.grade = data.grade;
    changed['grade'] = data.grade;
    const clock = kase.runningClock('resolution');
    if (clock !== undefined) {
      const { limit, calendar } = kase.policy.complaint.resolution[data.grade]!;
      kase.relimit(clock.key, limit, calendar);
    }
  }
  if (Object.keys(changed).length > 0) kase.fact('factsChanged', changed, by, 'D14');
  weigh(kase);
}

/** Major goes straight to level 3, by the wall, supervisor copied, on-call called out (ESC-04, ESC-07, W16). */
function weigh(kase: ComplaintCase): void {
  const { data } = kase;
  if (kase.policy.complaint.supervisorOnMedia.includes(data.media))
    kase.raiseTo('supervisor', 'media', 'ESC-04');
  if (data.majorSince !== null) return;
  const why = majorBecause(data, kase.policy.complaint.major);
  if (why === null) return;
  data.majorSince = kase.now;
  data.grade = 'major';
  kase.state.row.grade = 'major';
  kase.fact('flagged', { flag: 'major', reason: why.reason }, SYSTEM, why.rule);
  kase.raiseTo(kase.policy.complaint.majorLevel, why.reason, why.rule);
  for (const clock of Object.values(kase.state.clocks)) {
    if (clock.stoppedAt !== null || clock.policyName === null || clock.behaviour === 'progress') continue;
    const applies = kase.clockRule(clock.policyName as never);
    if (applies.calendar !== clock.calendar) kase.relimit(clock.key, applies.limit, applies.calendar);
  }
  const resolution = kase.runningClock('resolution');
  if (resolution !== undefined) {
    const { limit, calendar } = kase.policy.complaint.resolution.major!;
    kase.relimit(resolution.key, limit, calendar);
  }
  callOut(kase, why.rule);
}

/** Who is called, in order: level 3 by day, on-call at night; then the rest, the general manager last (W16). */
function callOut(kase: ComplaintCase, rule: string): void {
  const { desk, calendars } = kase.snapshot;
  const day = isOpen(calendars, kase.policy.messages.staffCalendar, kase.now);
  const top: Level = 'generalManager';
  const level3 = kase.levelPerson('L3');
  const onCall = holdersOf(desk, 'onCall', kase.concerned);
  const order = [...(day ? [level3, ...onCall] : [...onCall, level3]), kase.levelPerson(top)];
  const chain = [...new Set(order.filter((id): id is string => id !== null))];
  const first = chain[0];
  if (first === undefined) return;
  kase.state.callOut = { chain, index: 0 };
  const task = kase.duty(TASKS.takeCharge, { exactly: first, behaviour: 'callOut' });
  const dueAt = kase.state.tasks[task]!.dueAt!;
  const supervisor = kase.levelPerson('supervisor');
  for (const person of new Set([first, level3, supervisor]))
    if (person !== null) kase.callOut(person, rule, dueAt);
}

/** Tells the earlier case what it takes over. A case that cannot take it any more is a person's task (W36). */
async function handOver(kase: ComplaintCase, into: string): Promise<void> {
  const done = `handOver:${into}`;
  if (kase.state.occurrences[done] !== undefined) return;
  const { data } = kase;
  const absorbed: Absorbed = {
    from: kase.caseId,
    receivedAt: kase.state.row.receivedAt,
    grade: data.grade,
    amountDisputed: data.amountDisputed,
    media: data.media,
    safety: data.safety,
    complainants: data.complainants.flatMap(({ to }): Absorbed['complainants'] => {
      if (to.kind === 'customer') return [{ kind: 'customer', ref: to.id }];
      return to.kind === 'contact' ? [{ kind: 'contact', ref: to.content }] : [];
    }),
    replyDuties: data.replyDuties,
    personsConcerned: kase.concerned,
    identity: kase.state.row.identity,
  };
  try {
    await getExternalWorkflowHandle(into).signal(absorb, absorbed);
  } catch {
    kase.duty(TASKS.sortOut, { context: { problem: 'mergeTargetClosed', into }, holdsClosing: true });
  }
  kase.state.occurrences[done] = 1;
}
