/**
 * The complaint manual (投诉处理): receive, investigate, resolve, confirm, until the customer is satisfied.
 * Order of tasks: W1. It reads as if it ran once from top to bottom; see house, "position is data".
 */
import { dayOf } from '../../domain/calendar.js';
import { approverOf, COMPLAINT_TASKS as TASKS } from '../../domain/complaint.js';
import type { ComplaintAnswers } from '../../domain/forms-complaint.js';
import type { CaseOutcome } from '../case/messages.js';
import { runCase } from '../case/run.js';
import {
  complaintProcess,
  meansTried,
  takeUpAgain,
  type ComplaintCase,
  type ComplaintInput,
  type ComplaintStart,
} from './process.js';

export async function complaint(start: ComplaintStart): Promise<CaseOutcome> {
  return runCase(start, complaintProcess, async (kase) => {
    const assessment = await acknowledged(kase); //                     CMP-02, CMP-03, W2
    await transferredWhereNeeded(kase, assessment); //                  ESC-02, W3
    await verifiedOutside(kase); //                                     CMP-06, CMP-07, W12

    for (const round of kase.rounds()) {
      const finding = await kase.task(TASKS.investigate, () => investigator(kase)); // CMP-04, ESC-13
      const report = await kase.task(TASKS.reportToHead); //            CMP-04
      if (!finding.solvable || !report.solvable) await kase.task(TASKS.decide); // CMP-05

      if (round.no >= kase.policy.complaint.rounds.meetingFrom) {
        await kase.task(TASKS.problemMeeting); //                       D13
        const call = await kase.task(TASKS.managerCall); //             D13
        if (call.result === 'externalRecourse') return endWithRecourse(kase); // CMP-18, W37
      }

      const plan = await agreedPlan(kase); //                           PRB-03, HOT-14, W1, W4
      if (plan !== null) {
        await kase.task(TASKS.carryOut, { assignee: plan.responsible, dueAt: plan.dueAt }); // PRB-03
        if (plan.compensation > 0)
          await kase.task(TASKS.payCompensation, { context: { amount: plan.compensation } }); // W4
        await toldResult(kase); //                                      CMP-09, CMP-12, CMP-22
        const verdict = await confirmedSatisfaction(kase); //           CMP-10, CMP-12, CMP-23
        if (verdict !== 'dissatisfied') return kase.close(verdict, 'CMP-11');
      }
      nextRound(kase); //                                               CMP-13, D13
    }
    throw new Error('rounds never end by themselves');
  });
}

/** First response with assessment and grade; on the spot when a person took the call (W2). */
async function acknowledged(kase: ComplaintCase): Promise<ComplaintAnswers['acknowledge']> {
  const { form } = kase.start.intake as ComplaintInput;
  if (form.acknowledged !== undefined)
    return kase.given(TASKS.acknowledge, form.acknowledged, kase.start.actor.id);
  return kase.task(TASKS.acknowledge, () => ({ since: kase.state.row.receivedAt }));
}

/**
 * The front line cannot solve it, or has not said so in time: to the second line (HOT-06, HOT-16). The customer is never
 * bounced: the owner and the number stay the same (HOT-07).
 */
async function transferredWhereNeeded(
  kase: ComplaintCase,
  assessment: ComplaintAnswers['acknowledge'],
): Promise<void> {
  let decision: string = assessment.frontLine;
  if (decision === 'undecided') {
    const decided = await kase.task(TASKS.decideFrontLine, {
      lapse: { decision: 'cannotSolve', lapsed: true },
    });
    decision = decided.decision;
  }
  if (decision !== 'cannotSolve') return;
  kase.once('secondLine', () => kase.raiseTo('L2', 'cannotSolve', 'ESC-02'));
  await kase.task(TASKS.secondLine, () => ({ assignee: kase.currentHolder() }));
}

/** A subordinate unit or the manufacturer (REG-07) is asked; when the wait lapses the manager decides on known facts. */
async function verifiedOutside(kase: ComplaintCase): Promise<void> {
  const { subject, unit } = kase.data;
  if (subject === 'ours') return;
  const [definition, reason, template] =
    subject === 'unit'
      ? ([TASKS.verifyWithUnit, 'waitingUnit', 'mail.cmp.verify'] as const)
      : ([TASKS.reportToManufacturer, 'waitingManufacturer', 'mail.cmp.manufacturer'] as const);
  kase.undoBy('asked', { unit });
  kase.once('ask', () => {
    if (unit === null) return;
    const { form } = kase.start.intake as ComplaintInput;
    const limit = kase.policy.pauses[reason]!;
    kase.tellUnit(template, unit, {
      rule: definition.rule,
      params: {
        matter: { content: form.matter.content },
        staff: { staff: kase.owner },
        time: { at: kase.limitFrom(limit.limit, limit.calendar) },
      },
    });
  });
  const answer = await kase.wait<'verifyWithUnit' | 'reportToManufacturer'>(definition, reason);
  if (answer === null) await kase.task(TASKS.decideAfterWait);
}

/** The receiver investigates, the second line when it took over, later rounds the level they were raised to. */
function investigator(kase: ComplaintCase): { assignee: string } {
  if (kase.round > 1) return { assignee: kase.currentHolder() };
  const second = kase.state.tasks['secondLine#1']?.completedBy;
  if (second !== undefined && second !== null) return { assignee: second };
  return { assignee: kase.concerned.includes(kase.data.receiver) ? kase.owner : kase.data.receiver };
}

/** A plan the customer accepts: approval of money, then the customer's word; declined twice at most. */
async function agreedPlan(kase: ComplaintCase): Promise<ComplaintAnswers['planResolution'] | null> {
  for (let declined = 0; declined < kase.policy.complaint.rounds.plansPerRound;) {
    const plan = await kase.task(TASKS.planResolution, () => ({ assignee: kase.currentHolder() }));
    const role = approverOf(plan.compensation, kase.policy.complaint.compensation); // W4
    if (role !== null) {
      const approval = await kase.task(TASKS.approveCompensation, () => ({
        role,
        context: { amount: plan.compensation },
        excluded: planners(kase),
        notice: {
          template: 'staff.approval',
          params: {
            staff: { staff: kase.owner },
            due: {
              at: kase.limitFrom(kase.policy.clocks.approval!.limit, kase.policy.clocks.approval!.calendar),
            },
          },
        },
      }));
      if (!approval.approved) continue;
    }
    if (kase.data.identity === 'anonymous') return plan;
    const reply = await kase.task(TASKS.agreeResolution, (key) => {
      const callBy = kase.limitFrom(
        kase.policy.clocks.agreement!.limit,
        kase.policy.clocks.agreement!.calendar,
      );
      kase.tellCustomer('cmp.proposal', {
        rule: 'HOT-14',
        params: { staff: { staff: kase.owner }, time: { at: callBy } },
        mootWith: key,
      });
      return { context: { plan: plan.plan, responsible: plan.responsible, dueAt: plan.dueAt } };
    });
    if (reply.customerReply === 'agreed') {
      kase.once('promisePlan', () => kase.promise(plan.dueAt, 'HOT-18', kase.owner));
      return plan;
    }
    declined += 1;
  }
  return null;
}

/** Who drew up the plan does not approve the money for it. */
function planners(kase: ComplaintCase): { id: string; rule: string }[] {
  return Object.values(kase.state.tasks)
    .filter(
      (task) => task.name === 'planResolution' && task.round === kase.round && task.completedBy !== null,
    )
    .map((task) => ({ id: task.completedBy!, rule: 'W4' }));
}

/** The result goes to the customer, with apology where it was our fault; the handling form is filed (CMP-09). */
async function toldResult(kase: ComplaintCase): Promise<void> {
  if (kase.data.identity !== 'anonymous') {
    const told = await kase.task(TASKS.tellResult);
    kase.once('result', () =>
      kase.tellCustomer(told.apology === 'given' ? 'cmp.resultApology' : 'cmp.result', {
        rule: 'CMP-12',
        params: { staff: { staff: kase.owner } },
        written: {
          template: 'mail.cmp.result',
          params: {
            staff: { staff: kase.owner },
            date: { on: dayOf(kase.state.row.receivedAt, kase.offsetMinutes) },
            finding: { word: `told:${kase.answerOf('investigate')!.finding}` },
            result: { content: told.result.content },
            ...(told.prevention === undefined ? {} : { prevention: { content: told.prevention.content } }),
            ...(told.apology === 'given' ? { apology: { word: 'sentence:apology' } } : {}),
          },
        },
      }),
    );
  }
  kase.once('resolved', () => {
    kase.promiseKept(kase.owner);
    const clock = kase.runningClock('resolution');
    if (clock !== undefined) kase.stopClock(clock.key);
    for (const owed of Object.values(kase.state.clocks))
      if (owed.name === 'replyDuty') kase.stopClock(owed.key);
    kase.stopProgress();
    kase.mootAll(['interimSolution', 'reportToSupervisor'], 'resultTold');
  });
  kase.file('complaintHandlingForm', 'CMP-09');
}

/**
 * An agent who did not solve it asks the customer, within three calendar days (D12, ESC-14); three tries, then a letter
 * (D13).
 */
async function confirmedSatisfaction(
  kase: ComplaintCase,
): Promise<'satisfied' | 'dissatisfied' | 'unreachable' | 'answeredAnonymous'> {
  if (kase.data.identity === 'anonymous') {
    const review = await kase.task(TASKS.reviewOutcome); //              W32
    return review.accepted ? 'answeredAnonymous' : 'dissatisfied';
  }
  const { contact } = kase.policy.complaint;
  for (let attempt = 1; ; attempt += 1) {
    const call = await kase.task(TASKS.confirmSatisfaction, () => ({
      role: attempt === 1 && kase.needsOnCall('satisfaction') ? 'onCall' : 'agent', // W9
      excluded: kase.data.solvers.map((id) => ({ id, rule: 'CMP-23' })),
      ...(attempt === 1 ? {} : { dueAt: kase.limitFrom({ workdays: 1 }, 'workdays') }),
    }));
    if (call.verdict !== 'notReached') return call.verdict;
    const enough = attempt >= contact.attempts && meansTried(kase).length >= contact.channels.length;
    if (!enough) {
      await kase.waitUntil('nextAttempt', () => kase.limitFrom(contact.retryAfter, 'hotline'));
      continue;
    }
    kase.once('unreachable', () =>
      kase.tellCustomer('cmp.unreachable', {
        rule: 'D13',
        params: { date: { on: lastDayToAnswer(kase) } },
        written: {
          template: 'mail.cmp.unreachable',
          params: {
            attempts: attempt,
            date: { on: lastDayToAnswer(kase) },
            result: { content: kase.answerOf('tellResult')!.result.content },
          },
        },
      }),
    );
    await kase.task(TASKS.sendLetter); //                                D13
    await kase.waitUntil('customerSilent', () =>
      kase.limitFrom({ workdays: contact.letterWorkdays }, 'workdays'),
    );
    if (!kase.wasCutShort('customerSilent')) return 'unreachable';
  }
}

/** Day by which an unreachable customer may still answer (D13). */
function lastDayToAnswer(kase: ComplaintCase): string {
  const until = kase.limitFrom({ workdays: kase.policy.complaint.contact.letterWorkdays }, 'workdays');
  return dayOf(until, kase.offsetMinutes);
}

/** Not satisfied: the opinion is taken up, one level higher, with a new date (CMP-13). */
function nextRound(kase: ComplaintCase): void {
  kase.once('nextRound', () => {
    kase.startRound();
    kase.raiseOne('dissatisfied', 'CMP-13');
    takeUpAgain(kase, 'CMP-13');
  });
}

/** No agreement after the manager's call: our opinion and where else to turn are told, never "satisfied" (W37). */
async function endWithRecourse(kase: ComplaintCase): Promise<CaseOutcome> {
  kase.once('external', () =>
    kase.tellCustomer('cmp.external', {
      rule: 'W37',
      written: {
        template: 'mail.cmp.external',
        params: {
          rounds: kase.round,
          opinion: { content: kase.answerOf('problemMeeting')!.conclusion.content },
        },
      },
    }),
  );
  kase.file('complaintHandlingForm', 'CMP-09');
  return kase.close('externalRecourse', 'W37');
}
