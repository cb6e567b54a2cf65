/**
 * What people do to a case: update handlers and their validators. A validator is synchronous, total and read-only and
 * says no with a stable code; a handler applies at once, then waits shortly for its turn to be saved (house 4).
 */
import type { UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { canonicalJson } from '../../domain/canonical.js';
import { explainClock, limitText } from '../../domain/clock.js';
import { mayDo, rank } from '../../domain/desk.js';
import type { Instant } from '../../domain/case.js';
import { answerIssues, shared } from './gate.js';
import { clockRow, hash, messageRow, type Kase } from './kase.js';
import * as messages from './messages.js';
import type { Act, ActName, ActResult, NextTask, Refusal } from './messages.js';
import type { Recorder } from './recorder.js';
import { refuse } from './refusal.js';
import { HOLDING_TASKS } from '../../domain/tasks.js';
import type { Alarm } from './alarm.js';
import type { TaskState } from './state.js';
import { waivesStamp } from './visits.js';

type AnyKase = Kase<never, never>;

/** Registers every update, the merge signal and the queries. State and first task stand before this is called. */
export function receiveActs(kase: AnyKase, recorder: Recorder, alarm: Alarm): void {
  const remembered = (id: string) => kase.state.answered.find((line) => line.id === id)?.result;

  /** Rules for every act: repeats pass, forgotten repeats and closed cases do not, nor do persons concerned. */
  function common(act: Act, options: { closing?: boolean; statement?: boolean } = {}): 'repeat' | 'new' {
    if (typeof act?.requestId !== 'string' || act.requestId.length === 0)
      refuse('request.invalid', 'an act needs a request id');
    if (typeof act.by?.id !== 'string' || !Array.isArray(act.by.roles))
      refuse('actor.invalid', 'an act needs an actor');
    if (remembered(act.requestId) !== undefined) return 'repeat';
    if (kase.state.forgotten.includes(digest(act.requestId)))
      refuse('request.tooOld', 'this request was answered long ago; it is not done again');
    const { status } = kase.state.row;
    if (status === 'closed' || (status === 'closing' && options.closing !== true))
      refuse('case.closed', `case ${kase.caseId} is ${status}`, { outcome: kase.state.row.outcome });
    if (kase.isConcerned(act.by) && options.statement !== true)
      refuse(
        'case.personConcerned',
        'the complaint concerns this person, who may only give a statement (W31)',
      );
    return 'new';
  }

  function taskOf(act: { task: string }): TaskState {
    const task = kase.openTaskNamed(act.task);
    if (task !== undefined) return task;
    return refuse('task.notOpen', `task ${act.task} is not open`, {
      open: kase.openTasks().map((t) => t.key),
    });
  }

  function allowed(act: Act, task: TaskState, answer?: Record<string, unknown>): void {
    const forbidden = task.excluded.find((line) => line.id === act.by.id);
    if (forbidden !== undefined)
      refuse('task.personExcluded', `${act.by.id} may not do ${task.name} (${forbidden.rule})`, {
        rule: forbidden.rule,
      });
    if (waivesStamp(task.name, answer)) return leadOnly(act, task);
    if (task.assignee === act.by.id || task.party === act.by.id) return;
    // Who was called out may still take charge while the next one is being called (W16).
    if (task.name === 'takeCharge' && kase.state.callOut?.chain.includes(act.by.id) === true) return;
    if (!kase.may(act.by, task.role))
      refuse('task.roleNotAllowed', `${task.name} needs role ${task.role}`, {
        role: task.role,
        held: act.by.roles,
      });
  }

  /** Whoever has the task: the stamp is waived by the lead, or it is brought (W24). */
  function leadOnly(act: Act, task: TaskState): void {
    if (mayDo(kase.policy.levels, act.by, 'supervisor')) return;
    const lead = kase.levelPerson('supervisor');
    refuse(
      'task.leadOnly',
      `a stamp is waived by the lead only (W24): ${lead ?? 'a supervisor'} answers ${task.key} with the waiver, or proof of the stamp is given`,
      { role: 'supervisor', lead, held: act.by.roles },
    );
  }

  function apply<A extends Act>(name: ActName, act: A, effect: () => void): Promise<ActResult> {
    const before = remembered(act.requestId);
    if (before !== undefined) return Promise.resolve(before);
    effect();
    if (name !== 'resync' && name !== 'upgrade') kase.progressMade();
    kase.revision += 1;
    kase.wake();
    return answer(act);
  }

  async function answer(act: Act): Promise<ActResult> {
    const at = kase.now;
    // The place is taken at once, so that a repeat arriving meanwhile finds its first answer.
    const result: ActResult = {
      requestId: act.requestId,
      at,
      inLedger: false,
      status: kase.state.row.status,
      outcome: null,
      level: kase.level,
      next: [],
    };
    remember(act.requestId, result);
    const turn = kase.state.turn + (kase.unrecorded ? 1 : 0);
    result.inLedger = await kase.within(
      () => recorder.saved >= turn,
      kase.policy.kernel.saveWaitMs,
      'wait for the ledger',
    );
    result.status = kase.state.row.status;
    result.outcome = kase.state.row.outcome;
    result.level = kase.level;
    result.next = kase
      .openTasks()
      .map(nextTask)
      .sort((a, b) => ((a.dueAt ?? '9') < (b.dueAt ?? '9') ? -1 : 1));
    return result;
  }

  function remember(id: string, result: ActResult): void {
    kase.state.answered.push({ id, result });
    const limit = kase.policy.kernel.rememberRequests;
    while (kase.state.answered.length > limit)
      kase.state.forgotten.push(digest(kase.state.answered.shift()!.id));
  }

  const validators = new Map<string, (act: never) => void>();
  /** An act that people may send: what it does, and what may stand against it. */
  function receive<A extends Act>(
    definition: UpdateDefinition<ActResult, [A]>,
    handler: (act: A) => Promise<ActResult>,
    options: { description: string; validator: (act: A) => void },
  ): void {
    validators.set(definition.name, options.validator);
    setHandler(definition, handler, options);
  }

  // ------------------------------------------------------------------ tasks

  receive(
    messages.completeTask,
    (act) => {
      const done = () =>
        apply('completeTask', act, () => {
          kase.applyAnswer(taskOf(act), act.answer, act.by.id, act.requestId);
        });
      if (remembered(act.requestId) !== undefined) return done();
      const task = taskOf(act);
      const wanted = kase.holdings.wanted(task, act.answer, act.by.id);
      return wanted === null ? done() : kase.holdings.claim(task, act.requestId, wanted).then(done);
    },
    {
      description: 'Answer an open task with its form',
      validator: (act) => {
        const open = kase.openTaskNamed(act.task);
        if (
          common(act, { closing: open?.holdsClosing === true, statement: open?.name === 'statement' }) ===
          'repeat'
        )
          return;
        const task = taskOf(act);
        allowed(act, task, act.answer);
        const issues = answerIssues(kase.start.process, task.name, act.answer);
        if (issues.length > 0)
          refuse('task.answerInvalid', `${task.name}: the form is not in order`, { fields: issues });
        if (kase.holdings.claiming.has(task.key))
          refuse('task.beingAnswered', `somebody is just answering ${task.name}`);
        const objections = [
          kase.holdings.objection(task, act.answer) ?? kase.process.objection(kase, task, act.answer) ?? [],
        ].flat();
        const [first] = objections;
        if (first !== undefined)
          refuse('task.answerInvalid', `${task.name}: ${first.field}: ${first.message}`, {
            fields: objections,
          });
      },
    },
  );

  receive(
    messages.claimTask,
    (act) =>
      apply('claimTask', act, () => {
        const task = taskOf(act);
        kase.fact(
          'taskClaimed',
          { task: task.name, key: task.key, from: task.assignee, to: act.by.id },
          act.by.id,
          task.rule,
        );
        task.assignee = act.by.id;
        kase.touchTask(task.key);
      }),
    {
      description: 'Take a task over',
      validator: (act) => {
        if (common(act) === 'repeat') return;
        allowed(act, taskOf(act));
      },
    },
  );

  receive(
    messages.releaseTask,
    (act) =>
      apply('releaseTask', act, () => {
        const task = taskOf(act);
        const next = kase.assign(task.role, null, [act.by.id, ...task.excluded.map((line) => line.id)]);
        kase.fact(
          'taskReleased',
          { task: task.name, key: task.key, from: task.assignee, to: next },
          act.by.id,
          task.rule,
        );
        kase.handTask(task, next, act.by.id, null);
      }),
    {
      description: 'Give a task back to its role',
      validator: (act) => {
        if (common(act) === 'repeat') return;
        const task = taskOf(act);
        if (task.assignee !== act.by.id)
          refuse('task.notYours', `${task.name} is with ${task.assignee ?? 'nobody'}`);
      },
    },
  );

  receive(
    messages.reassign,
    (act) =>
      apply('reassign', act, () => {
        if (act.task === undefined) {
          kase.setOwner(act.to, act.by.id, 'W17');
          kase.tellStaff('staff.taskOpened', act.to, {
            rule: 'W17',
            params: {
              task: { word: 'role:owner' },
              due: { at: kase.currentRow().nextDueAt ?? kase.now },
              staff: { staff: act.by.id },
            },
          });
          return;
        }
        const task = taskOf({ task: act.task });
        kase.fact(
          'taskReassigned',
          { task: task.name, key: task.key, from: task.assignee, to: act.to, reason: act.reason },
          act.by.id,
          task.rule,
        );
        kase.handTask(task, act.to, act.by.id, act.reason.content);
      }),
    {
      description: 'Hand a task, or the case, to somebody else',
      validator: (act) => {
        if (common(act) === 'repeat') return;
        const person = kase.snapshot.desk.staff[act.to];
        if (person === undefined)
          refuse('staff.unknown', `${act.to} is not on this case's desk; adopt the policy to refresh it`);
        // W31: checked again at every reassign.
        if (kase.concerned.includes(act.to))
          refuse('case.personConcerned', `the complaint concerns ${act.to} (W31)`);
        if (act.task === undefined) return;
        const task = taskOf({ task: act.task });
        allowed({ ...act, by: { id: act.to, roles: person.roles } }, { ...task, assignee: null });
      },
    },
  );

  receive(
    messages.correctTask,
    (act) =>
      apply('correctTask', act, () => {
        const key = kase.answeredTaskNamed(act.task)!;
        const entry = kase.state.journal[key]!;
        (entry.corrections ??= []).push({ by: act.by.id, at: kase.now, correction: act.correction });
        const task = kase.state.tasks[key]!;
        kase.fact(
          'taskCorrected',
          { task: task.name, key, correction: act.correction, reason: act.reason },
          act.by.id,
          task.rule,
        );
        kase.process.learned?.(kase, act.correction, act.by.id);
      }),
    {
      description: 'Add a correction to an answered task',
      validator: (act) => {
        if (common(act) === 'repeat') return;
        const key = kase.answeredTaskNamed(act.task);
        if (key === undefined) refuse('task.notAnswered', `task ${act.task} has no answer to correct`);
        const task = kase.state.tasks[key]!;
        if (task.completedBy !== act.by.id) allowed(act, { ...task, assignee: null }, act.correction);
        else if (waivesStamp(task.name, act.correction)) leadOnly(act, task);
        const issues = answerIssues(kase.start.process, task.name, {
          ...kase.state.journal[key]!.answer,
          ...act.correction,
        });
        if (issues.length > 0)
          refuse('task.answerInvalid', `${task.name}: the form is not in order`, { fields: issues });
      },
    },
  );

  // ------------------------------------------------------------------ the case

  receive(
    messages.note,
    (act) =>
      apply('note', act, () => {
        const { requestId: _r, by, text, customerContact, tellCustomer, ...learned } = act;
        kase.fact(
          'noted',
          { text, ...(customerContact === true ? { customerContact } : {}) },
          by.id,
          'ESC-11',
        );
        if (Object.keys(learned).length > 0) kase.process.learned?.(kase, learned, by.id);
        if (tellCustomer === true) kase.process.tellProgress?.(kase);
        // A customer's answer by any channel ends the wait for the customer (AT-05).
        if (customerContact === true) {
          if (kase.state.pause?.waitingOn === 'customer') kase.endPause(by.id, 'customerContact');
          kase.cutShort('customerSilent', by.id);
        }
      }),
    { description: 'Record progress, a contact, or something learned', validator: (act) => void common(act) },
  );

  receive(
    messages.pause,
    (act) =>
      apply('pause', act, () => {
        kase.beginPause(act.reason, act.until ?? null, null, act.by.id);
        if (act.note !== undefined) kase.fact('noted', { text: act.note }, act.by.id, 'W12');
      }),
    {
      description: 'Wait for somebody outside; clocks stop',
      validator: (act: messages.Pause) => {
        if (common(act) === 'repeat') return;
        if (kase.state.pause !== null)
          refuse('case.alreadyPaused', `already waiting: ${kase.state.pause.reason}`);
        const policy = kase.policy.pauses[act.reason];
        if (policy === undefined) refuse('pause.unknownReason', `no such reason: ${act.reason}`);
        if (act.until !== undefined && act.until <= kase.now)
          refuse('pause.untilPast', 'until lies in the past');
        if (act.until !== undefined && act.until > kase.limitFrom(policy.limit, policy.calendar))
          refuse('pause.tooLong', `${act.reason} is limited to ${limitText(policy.limit)}`, {
            latest: kase.limitFrom(policy.limit, policy.calendar),
          });
      },
    },
  );

  receive(
    messages.resume,
    (act) =>
      apply('resume', act, () => {
        kase.endPause(act.by.id, 'asked');
        if (act.note !== undefined) kase.fact('noted', { text: act.note }, act.by.id, 'W12');
      }),
    {
      description: 'End the wait; clocks go on with what was left',
      validator: (act) => {
        if (common(act) === 'repeat') return;
        if (kase.state.pause === null) refuse('case.notPaused', 'the case is not waiting');
        if (kase.state.pause.task !== null)
          refuse('case.waitsForTask', `answer ${kase.state.pause.task} instead; it ends the wait`);
      },
    },
  );

  receive(
    messages.raiseLevel,
    (act) =>
      apply('raiseLevel', act, () => {
        if (act.to === undefined) kase.raiseOne('asked', 'ESC-03', act.by.id);
        else kase.raiseTo(act.to, 'asked', 'ESC-03', act.by.id);
        kase.fact('noted', { text: act.reason }, act.by.id, 'ESC-03');
      }),
    {
      description: 'Raise the case to a higher level',
      validator: (act) => {
        if (common(act) === 'repeat') return;
        if (kase.level === 'generalManager')
          refuse('level.highest', 'the case already stands at the general manager');
        if (act.to !== undefined && rank(act.to) <= rank(kase.level))
          refuse('level.notHigher', `the case already stands at ${kase.level}`);
      },
    },
  );

  receive(
    messages.withdraw,
    (act) =>
      apply('withdraw', act, () => {
        kase.fact('withdrawn', { channel: act.channel, proof: act.proof.evidence }, act.by.id, 'W33');
        kase.end('withdrawn', act.by.id, { channel: act.channel });
      }),
    { description: 'The complainant withdraws', validator: (act) => fits(act, 'withdrawn') },
  );

  receive(
    messages.merge,
    (act) =>
      apply('merge', act, () => {
        kase.fact('merged', { into: act.into }, act.by.id, 'W36');
        kase.end('merged', act.by.id, { into: act.into });
      }),
    {
      description: 'A duplicate: go on in the earlier case',
      validator: (act) => {
        fits(act, 'merged');
        if (act.into === kase.caseId) refuse('merge.itself', 'a case cannot be merged into itself');
      },
    },
  );

  receive(
    messages.reclassify,
    (act) =>
      apply('reclassify', act, () => {
        if (mayDo(kase.policy.levels, act.by, 'supervisor')) {
          kase.fact('reclassified', { to: act.to, approvedBy: act.by.id }, act.by.id, 'W6');
          kase.end('reclassified', act.by.id, { to: act.to });
          return;
        }
        kase.fact('noted', { text: act.reason, asks: 'reclassify', to: act.to }, act.by.id, 'W6');
        kase.duty(kase.process.tasks['approveReclassification']!, {
          context: { to: act.to, askedBy: act.by.id },
        });
      }),
    {
      description: 'It was no complaint: enquiry, repair or suggestion',
      validator: (act) => {
        fits(act, 'reclassified');
        if (kase.openTaskNamed('approveReclassification') !== undefined)
          refuse('case.alreadyAsked', 'a reclassification already waits for approval');
      },
    },
  );

  receive(
    messages.cancelCase,
    (act) =>
      apply('cancelCase', act, () => {
        kase.fact('cancelled', { reason: act.reason }, act.by.id, 'W33');
        kase.end('cancelled', act.by.id, { by: act.by, reason: act.reason });
      }),
    { description: 'Opened by mistake: undo and end', validator: (act) => supervisorOnly(act) },
  );

  receive(
    messages.adoptPolicy,
    (act) =>
      apply('adoptPolicy', act, () => {
        const from = kase.snapshot.digest;
        const before = kase.snapshot.calendars;
        kase.start.snapshot = shared(act.snapshot);
        kase.state.row.policyDigest = act.snapshot.digest;
        for (const clock of Object.values(kase.state.clocks)) {
          if (clock.stoppedAt !== null || clock.policyName === null) continue;
          const policy =
            act.snapshot.policy.clocks[clock.policyName as keyof typeof act.snapshot.policy.clocks];
          if (policy === undefined || clock.behaviour === 'callOut') continue;
          const applies = kase.clockRule(clock.policyName as never);
          kase.relimit(clock.key, applies.limit, applies.calendar, before);
          kase.setClock({
            ...kase.state.clocks[clock.key]!,
            reminders: policy.reminders ?? act.snapshot.policy.reminders.percents,
            raises: policy.raises,
          });
        }
        kase.process.policyChanged?.(kase);
        kase.fact(
          'policyAdopted',
          { from, to: act.snapshot.digest, version: act.snapshot.policy.version, reason: act.reason },
          act.by.id,
          'AT-17',
        );
      }),
    {
      description: 'Go on under other rules; time used is kept',
      validator: (act) => {
        if (common(act) === 'repeat') return;
        if (!mayDo(kase.policy.levels, act.by, 'supervisor'))
          refuse('act.roleNotAllowed', 'adopting a policy needs a supervisor');
        if (act.snapshot?.policy?.schema !== 'aftercare.policy/1')
          refuse('policy.invalid', 'no valid policy given');
        if (act.snapshot.digest === kase.snapshot.digest && sameDesk(act.snapshot.desk, kase.snapshot.desk))
          refuse('policy.same', 'the case already runs by these rules');
      },
    },
  );

  receive(
    messages.attachEvidence,
    (act) =>
      apply('attachEvidence', act, () => {
        kase.fact(
          'evidenceAttached',
          { field: act.field, evidence: act.evidence.evidence, sha256: act.evidence.sha256 },
          act.by.id,
          'CMP-09',
        );
      }),
    { description: 'Attach a file', validator: (act) => void common(act, { closing: true }) },
  );

  receive(
    messages.reschedule,
    (act) =>
      apply('reschedule', act, () => {
        kase.fact(
          'noted',
          { text: act.reason, asks: 'reschedule', appointment: act.appointment, askedBy: act.askedBy },
          act.by.id,
          'ISS-25',
        );
        kase.reschedule(act.appointment, act.by.id);
      }),
    {
      description: 'An appointment cannot be kept: make another one',
      validator: (act) => {
        notEnding(act);
        const task = kase.movableTask(act.appointment);
        if (task !== undefined) return mayMove(act, task);
        refuse('appointment.none', `no ${act.appointment} appointment of this case waits to be kept`, {
          bookings: kase.holdings.bookings().map(({ kind, from }) => ({ kind, from })),
        });
      },
    },
  );

  receive(
    messages.reportLost,
    (act) =>
      apply('reportLost', act, () => {
        if (act.note !== undefined) kase.fact('noted', { text: act.note }, act.by.id, 'REG-07');
        kase.fact('flagged', { flag: 'lost', items: act.items }, act.by.id, 'REG-07');
        for (const task of kase.openTasks())
          if (task.name === 'returnItems') {
            const asked = (task.context?.['items'] ?? []) as string[];
            const left = asked.filter((id) => !act.items.includes(id));
            if (left.length === 0) kase.moot(task, 'lost');
            else task.context = { ...task.context, items: left };
            kase.touchTask(task.key);
          }
        kase.duty(HOLDING_TASKS.reportLoss, { context: { items: act.items }, holdsClosing: true });
      }),
    {
      description: 'Something held is lost or stolen: police and bureau the same day',
      validator: (act) => {
        if (common(act, { closing: true }) === 'repeat') return;
        if (!Array.isArray(act.items) || act.items.length === 0)
          refuse('act.invalid', 'name what is lost', { fields: [{ field: 'items', message: 'required' }] });
        const unknown = act.items.find((id: string) => kase.holdings.item(id) === undefined);
        if (unknown !== undefined)
          refuse('custody.notHeld', `${unknown} is not held for this case`, {
            held: kase.holdings.items().map(({ item }) => item),
          });
      },
    },
  );

  receive(
    messages.refuseAcceptance,
    (act) =>
      apply('refuseAcceptance', act, () => {
        kase.holdings.refused(taskOf(act), act);
      }),
    {
      description: 'A hand-over was refused: nothing moves, and the keeper hears of it',
      validator: (act) => {
        if (common(act, { closing: true }) === 'repeat') return;
        kase.holdings.offered(taskOf(act), act.items);
      },
    },
  );

  receive(
    messages.resync,
    (act) =>
      apply('resync', act, () => {
        kase.resync();
        kase.fact('resynced', {}, act.by.id, null);
      }),
    {
      description: 'Write the whole projection to the ledger again',
      validator: (act) => void common(act, { closing: true }),
    },
  );

  receive(
    messages.upgrade,
    (act) =>
      apply('upgrade', act, () => {
        kase.wantsChapter = true;
      }),
    { description: 'Go on in a new run when idle', validator: (act) => void common(act) },
  );

  // A signal handler must never throw: an error here would block the workflow task for ever (trap 5).
  setHandler(messages.absorb, (data) => {
    try {
      if (kase.state.occurrences[`absorbed:${data.from}`] !== undefined) return;
      kase.state.occurrences[`absorbed:${data.from}`] = 1;
      kase.process.absorbed?.(kase, data as never);
    } catch {
      kase.fact('flagged', { flag: 'absorbFailed', from: String(data?.from) }, null, 'W36');
    }
  });

  setHandler(messages.linkedEnded, (end) => {
    try {
      kase.linkedCaseEnded(end);
    } catch {
      kase.fact('flagged', { flag: 'linkedEndedFailed', case: String(end?.caseId) }, null, 'W25');
    }
  });

  setHandler(messages.takenOver, (taken) => {
    try {
      kase.holdings.takenOver(taken);
    } catch {
      kase.fact('flagged', { flag: 'takenOverFailed', item: String(taken?.item) }, null, 'W20');
    }
  });

  setHandler(messages.tripMoved, (trip) => {
    try {
      kase.holdings.tripMoved(trip);
    } catch {
      kase.fact('flagged', { flag: 'tripMovedFailed', trip: String(trip?.trip) }, null, 'W20');
    }
  });

  // Queries only look: a change made here would not be there on replay.
  setHandler(messages.caseView, () => {
    return {
      row: kase.currentRow(),
      tasks: Object.values(kase.state.tasks).map((task) => kase.taskRow(task)),
      clocks: Object.values(kase.state.clocks).map(clockRow),
      messages: Object.values(kase.state.messages).map(messageRow),
      undelivered: Object.values(kase.state.messages).map((m) => ({
        key: m.key,
        template: m.template,
        channels: m.channels,
        notBefore: m.notBefore,
      })),
      waits: kase.waits(),
      custody: kase.holdings.items(),
      bookings: kase.holdings.bookings(),
      linked: Object.entries(kase.state.linked ?? {})
        .filter(([, { outcome }]) => outcome === null)
        .map(([caseId]) => caseId),
      nextAlarmAt: kase.over ? null : (alarm.next()?.at ?? null),
      idle: kase.idle(),
      paused: kase.state.pause,
      turn: recorder.saved,
      chapter: kase.state.chapter,
    };
  });

  // A validator only looks as well, so a rehearsal is asked of the very same rules.
  setHandler(messages.wouldRefuse, (name, act) => {
    const validator = validators.get(name) as ((given: Act) => void) | undefined;
    try {
      if (validator === undefined) refuse('act.unknown', `there is no act called ${name}`);
      validator(act);
      return null;
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error;
      const [details] = (error.details ?? []) as Refusal['details'][];
      return { code: error.type ?? 'refused', message: error.message, details: details ?? {} };
    }
  });

  setHandler(messages.explainClocks, (at: Instant) =>
    Object.values(kase.state.clocks).map((clock) => ({
      clock,
      lines: explainClock(clock, clock.stoppedAt ?? at, kase.snapshot.calendars).lines,
      ahead: alarm.ahead(clock),
    })),
  );

  function notEnding(act: Act): void {
    if (common(act) === 'repeat') return;
    if (kase.state.ending !== null)
      refuse('case.ending', `the case is already ending: ${kase.state.ending.kind}`);
  }
  /** Who makes appointments moves them: an agent or the owner, and who is to be there himself (ISS-25, PRV-04). */
  function mayMove(act: messages.Reschedule, task: TaskState): void {
    const booked = kase.holdings
      .bookings()
      .some(({ kind, who }) => kind === act.appointment && who === act.by.id);
    if (booked || task.assignee === act.by.id || kase.owner === act.by.id) return;
    if (!mayDo(kase.policy.levels, act.by, 'agent'))
      refuse(
        'act.roleNotAllowed',
        `an appointment is moved by who is to be there, by ${kase.owner} who owns the case, or by role agent`,
        { role: 'agent', owner: kase.owner, held: act.by.roles },
      );
  }
  /** Not every process ends in every way: an issuance is cancelled, not withdrawn. */
  function fits(act: Act, ending: (typeof kase.process.endings)[number]): void {
    notEnding(act);
    if (!kase.process.endings.includes(ending))
      refuse('act.notForThisProcess', `a case of kind ${kase.start.process} is not ${ending}`);
  }
  function supervisorOnly(act: Act): void {
    notEnding(act);
    if (remembered(act.requestId) === undefined && !mayDo(kase.policy.levels, act.by, 'supervisor'))
      refuse('act.roleNotAllowed', 'cancelling needs a supervisor');
  }
}

/** Whether two desks name the same people with the same roles. */
function sameDesk(a: messages.Snapshot['desk'], b: messages.Snapshot['desk']): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function nextTask(task: TaskState): NextTask {
  return { task: task.name, key: task.key, role: task.role, assignee: task.assignee, dueAt: task.dueAt };
}

/** Request ids beyond the remembered ones are kept as digests only. */
function digest(id: string): string {
  return hash(id).toString(36) + hash([...id].reverse().join('')).toString(36);
}
