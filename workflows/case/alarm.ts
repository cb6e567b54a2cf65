/**
 * The one alarm: at most one open timer, set to the next moment anything is due (a reminder, a breach, a level, a
 * promise, a deferred message, the end of a wait). Re-armed only when the earliest instant changed (house 4).
 */
import type { Instant, Level } from '../../domain/case.js';
import { addMinutes, dayOf, minutesBetween } from '../../domain/calendar.js';
import { breachClock, instantAtPercent } from '../../domain/clock.js';
import { rank } from '../../domain/desk.js';
import type { ClockName } from '../../domain/policy.js';
import type { Kase } from './kase.js';
import { SYSTEM } from './system.js';
import type { Snapshot } from './messages.js';
import type { PostRoom } from './post-room.js';
import type { ClockState } from './state.js';

interface Due {
  at: Instant;
  what: string;
  run(): void;
}

export class Alarm {
  private seen = -1;
  private due: Due[] = [];
  /** What is due on a clock, until the clock or the rules change: a clock is replaced, never altered. */
  private readonly known = new WeakMap<ClockState, { rules: Snapshot; due: Due | null }>();

  constructor(
    private readonly kase: Kase<never, never>,
    private readonly postRoom: PostRoom,
  ) {}

  async run(): Promise<void> {
    const { kase } = this;
    while (!kase.over) {
      const next = this.next();
      if (next === null) {
        await kase.when(() => kase.over || this.next() !== null);
      } else {
        const wait = Date.parse(next.at) - Date.now();
        if (wait > 0) {
          const moved = await kase.within(() => kase.over || this.next()?.at !== next.at, wait, next.what);
          if (moved) {
            await kase.settled();
            continue;
          }
        }
        if (!kase.over) this.fire();
        kase.wake();
      }
      await kase.settled();
    }
  }

  /** The next due thing; recomputed only after a change. */
  next(): { at: Instant; what: string } | null {
    if (this.seen !== this.kase.revision) {
      this.seen = this.kase.revision;
      this.due = this.collect();
    }
    return this.due[0] ?? null;
  }

  private fire(): void {
    const now = this.kase.now;
    // Each act may change what is due, so the list is taken anew until nothing more is due now.
    for (let guard = 0; guard < 500; guard += 1) {
      const next = this.next();
      if (next === null || next.at > now) return;
      this.due[0]!.run();
      this.kase.revision += 1;
    }
    // Something is due now and stays so: without this the case would turn in circles and never be heard of again.
    throw new Error(`${this.kase.caseId} does not get past "${this.next()?.what}" of ${this.next()?.at}`);
  }

  /** Everything that will be due, soonest first. */
  private collect(): Due[] {
    const { kase } = this;
    const { state } = kase;
    const due: Due[] = [];
    for (const clock of Object.values(state.clocks)) {
      const next = this.ofClock(clock);
      if (next !== null) due.push(next);
    }
    for (const task of kase.openTasks()) {
      const planned = task.plannedAt;
      if (planned === null || state.occurrences[`planned:${task.key}`] !== undefined) continue;
      due.push({
        at: planned,
        what: `${task.name} is planned now`,
        run: () => {
          state.occurrences[`planned:${task.key}`] = 1;
          this.remind(task.assignee, task.key, 0, task.rule);
        },
      });
    }
    if (state.pause !== null)
      due.push({
        at: state.pause.until,
        what: `end of ${state.pause.reason}`,
        run: () => this.pauseLapsed(),
      });
    for (const [key, at] of Object.entries(state.timers))
      due.push({
        at,
        what: key.replace('timer:', ''),
        run: () => {
          delete state.timers[key];
          state.journal[key] = { answer: {}, by: SYSTEM, at: kase.now, requestId: null };
        },
      });
    const post = this.postRoom.nextAt();
    if (post !== null) due.push({ at: post, what: 'a held message may go', run: () => this.postRoom.pump() });
    if (state.nextDailyAt !== null)
      due.push({ at: state.nextDailyAt, what: 'daily line of late cases', run: () => this.daily() });
    return due.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  // ------------------------------------------------------------------ clocks

  private ofClock(clock: ClockState): Due | null {
    if (clock.stoppedAt !== null || clock.pausedAt !== null) return null;
    if (clock.behaviour === 'promise') return this.ofPromise(clock);
    const rules = this.kase.snapshot;
    const before = this.known.get(clock);
    if (before?.rules === rules) return before.due;
    const due = this.nextStep(clock);
    this.known.set(clock, { rules, due });
    return due;
  }

  /** The next percent of a running clock at which something happens. */
  private nextStep(clock: ClockState): Due | null {
    if (clock.everyMinutes !== undefined) {
      const next = this.ofInterval(clock, clock.everyMinutes);
      if (next !== null) return next;
    }
    const percent = this.percents(clock).find((p) => !clock.fired.includes(p));
    if (percent === undefined) return null;
    const at = percent === 100 ? clock.dueAt : instantAtPercent(clock, percent, this.kase.snapshot.calendars);
    if (at === null) return null;
    return { at, what: `${clock.name} ${percent} %`, run: () => this.reached(clock, percent) };
  }

  /** The next reminder of a clock that reminds at an interval (D4); null when its limit comes first. */
  private ofInterval(clock: ClockState, everyMinutes: number): Due | null {
    const { kase } = this;
    const n = clock.fired.filter((each) => each !== 100).length + 1;
    const at = addMinutes(kase.snapshot.calendars, clock.calendar, clock.startedAt, n * everyMinutes).at;
    if (at >= clock.dueAt) return null;
    return {
      at,
      what: `${clock.name} reminder ${n}`,
      run: () => {
        const now = kase.state.clocks[clock.key]!;
        kase.setClock({ ...now, fired: [...now.fired, -n] });
        this.remind(this.personOf(now), now.taskKey, 0, now.rule, now, n);
        kase.process.waited?.(kase, now.taskKey, n * everyMinutes);
      },
    };
  }

  /** Percents of the limit at which something happens on a clock, ascending. */
  private percents(clock: ClockState): number[] {
    if (clock.behaviour === 'progress' || clock.behaviour === 'callOut') return [100];
    if (clock.behaviour === 'custody') return [...clock.reminders, 100];
    if (clock.everyMinutes !== undefined) return [100];
    if (clock.behaviour === 'lapse') return [...clock.reminders, 100];
    const raise = clock.raises ? this.kase.policy.overdue.raise.map((line) => line.percent) : [];
    return [...clock.reminders, 100, ...raise];
  }

  /** What will happen on a clock if nothing is done, and who hears: for `case why`. */
  ahead(clock: ClockState): { at: Instant; what: string; who: string[] }[] {
    const { kase } = this;
    if (clock.stoppedAt !== null || clock.pausedAt !== null || clock.behaviour === 'promise') return [];
    const person = this.personOf(clock);
    return this.percents(clock)
      .filter((percent) => !clock.fired.includes(percent))
      .flatMap((percent) => {
        const at = percent === 100 ? clock.dueAt : instantAtPercent(clock, percent, kase.snapshot.calendars);
        if (at === null) return [];
        const step = kase.policy.overdue.raise.find((line) => line.percent === percent);
        const who =
          percent < 100
            ? [person]
            : percent === 100
              ? [person, clock.behaviour === 'progress' ? null : kase.levelPerson(kase.policy.overdue.tell)]
              : [step === undefined ? null : kase.levelPerson(step.to)];
        const what =
          percent < 100 ? `reminder ${percent} %` : percent === 100 ? 'late' : `level ${step?.to ?? ''}`;
        return [{ at, what, who: who.filter((id): id is string => id !== null) }];
      });
  }

  private reached(stale: ClockState, percent: number): void {
    const { kase } = this;
    const clock = kase.state.clocks[stale.key]!;
    const now = kase.now;
    // After a standstill several steps are due at once: the last one speaks, the others are logged (AT-45).
    const passed = this.percents(clock).filter((p) => {
      if (clock.fired.includes(p) || p < percent || p >= 100) return false;
      const at = instantAtPercent(clock, p, kase.snapshot.calendars);
      return at !== null && at <= now;
    });
    if (percent < 100) {
      const missed = clock.dueAt <= now ? passed : passed.slice(0, -1);
      const speaks = clock.dueAt <= now ? null : (passed.at(-1) ?? percent);
      kase.setClock({ ...clock, fired: [...clock.fired, ...passed] });
      if (missed.length > 0)
        kase.fact(
          'flagged',
          { flag: 'remindersMissed', clock: clock.name, percents: missed },
          SYSTEM,
          'AT-45',
        );
      if (speaks !== null) this.remind(this.personOf(clock), clock.taskKey, speaks, clock.rule, clock);
      return;
    }
    kase.setClock({ ...clock, fired: [...clock.fired, percent] });
    if (percent === 100) this.breached(kase.state.clocks[clock.key]!);
    else this.overdue(clock, percent);
  }

  private personOf(clock: ClockState): string | null {
    if (clock.taskKey === null) return this.kase.owner;
    return this.kase.state.tasks[clock.taskKey]?.assignee ?? null;
  }

  private remind(
    person: string | null,
    taskKey: string | null,
    percent: number,
    rule: string,
    clock: ClockState | undefined = taskKey === null ? undefined : this.kase.state.clocks[taskKey],
    occurrence = 0,
  ): void {
    const { kase } = this;
    const task = taskKey === null ? undefined : kase.state.tasks[taskKey];
    const about = task?.name ?? clock?.name ?? '';
    kase.fact(
      'reminded',
      {
        task: task?.name ?? null,
        clock: clock?.name ?? null,
        key: taskKey,
        percent,
        to: person,
        dueAt: clock?.dueAt ?? null,
      },
      SYSTEM,
      rule,
    );
    if (person === null || clock === undefined) return;
    kase.tellStaff('staff.reminder', person, {
      rule,
      params: {
        task: { word: task === undefined ? `clock:${about}` : `task:${about}` },
        percent,
        due: { at: clock.dueAt },
      },
      key: `${kase.caseId}/reminder/${clock.key}@${clock.startedAt}/${occurrence === 0 ? percent : `n${occurrence}`}/${person}`,
      subject: clock.key,
      ...(taskKey === null ? {} : { mootWith: taskKey }),
      urgency: this.isCritical(clock) ? 'critical' : 'normal',
    });
  }

  /** A major case runs by the wall: its minutes do not wait for the office to open (AT-25, W16). */
  private isCritical(clock: ClockState): boolean {
    return this.kase.state.row.grade === 'major' && clock.calendar === 'wall' && clock.limitMinutes < 24 * 60;
  }

  private breached(clock: ClockState): void {
    const { kase } = this;
    kase.setClock({ ...clock, ...breachClock(clock, clock.dueAt) });
    const task = clock.taskKey === null ? undefined : kase.state.tasks[clock.taskKey];
    const person = this.personOf(clock);
    if (clock.behaviour === 'progress') {
      const key = `progress/${kase.owner}/${clock.dueAt}`;
      kase.fact(
        'breached',
        { clock: 'progress', key: clock.key, dueAt: clock.dueAt, to: [kase.owner] },
        SYSTEM,
        clock.rule,
      );
      // One combined reminder per person and slot over all his cases (W11).
      kase.tellStaff('staff.progressDue', kase.owner, {
        rule: 'ESC-11',
        key,
        params: {},
        subject: 'progress',
      });
      kase.progressMade();
      return;
    }
    if (clock.behaviour === 'callOut') {
      this.callNext(clock);
      return;
    }
    if (clock.behaviour === 'custody') {
      const item = clock.key.slice('custody:'.length);
      const held = kase.holdings.item(item);
      kase.fact(
        'breached',
        {
          clock: 'custody',
          key: clock.key,
          dueAt: clock.dueAt,
          item,
          to: [held?.holder ?? null, held?.keeper ?? null],
        },
        SYSTEM,
        clock.rule,
      );
      kase.holdings.overdue(item);
      return;
    }
    if (clock.behaviour === 'lapse' && task !== undefined && task.lapse !== null) {
      kase.fact(
        'breached',
        { clock: clock.name, task: task.name, key: clock.key, dueAt: clock.dueAt, to: [person] },
        SYSTEM,
        clock.rule,
      );
      kase.applyAnswer(task, task.lapse, SYSTEM, null);
      return;
    }
    const tellLevel = kase.policy.overdue.tell;
    let boss = kase.levelPerson(tellLevel);
    if (boss !== null && boss === person) boss = this.someoneAbove(tellLevel, [boss]);
    const to = [person, boss].filter((id): id is string => id !== null);
    kase.fact(
      'breached',
      { clock: clock.name, task: task?.name ?? null, key: clock.key, dueAt: clock.dueAt, to },
      SYSTEM,
      clock.rule,
    );
    for (const id of to)
      kase.tellStaff('staff.late', id, {
        rule: clock.rule,
        params: {
          task: { word: task === undefined ? `clock:${clock.name}` : `task:${task.name}` },
          due: { at: clock.dueAt },
          staff: { staff: person ?? kase.owner },
        },
        key: `${kase.caseId}/late/${clock.key}@${clock.startedAt}/${id}`,
        subject: clock.key,
        urgency: this.isCritical(clock) ? 'critical' : 'normal',
      });
    const level =
      clock.policyName === null ? undefined : kase.policy.clocks[clock.policyName as ClockName]?.atBreach;
    if (level !== undefined) kase.raiseTo(level, 'late', clock.rule);
  }

  private someoneAbove(level: Level, told: readonly string[]): string | null {
    const levels = ['supervisor', 'L3', 'generalManager'] as const;
    for (const next of levels) {
      if (rank(next) <= rank(level)) continue;
      const person = this.kase.levelPerson(next);
      if (person !== null && !told.includes(person)) return person;
    }
    return null;
  }

  private overdue(clock: ClockState, percent: number): void {
    const { kase } = this;
    const step = kase.policy.overdue.raise.find((line) => line.percent === percent);
    if (step === undefined) return;
    kase.raiseTo(step.to, 'late', 'W14');
    if (percent === kase.policy.overdue.raise.at(-1)?.percent && kase.state.nextDailyAt === null)
      kase.state.nextDailyAt = kase.nextDaily();
  }

  private daily(): void {
    const { kase } = this;
    const late = Object.values(kase.state.clocks).filter(
      (clock) => clock.stoppedAt === null && clock.breachedAt !== null && clock.behaviour === 'deadline',
    );
    if (late.length === 0) {
      kase.state.nextDailyAt = null;
      return;
    }
    const day = kase.state.nextDailyAt!;
    kase.state.nextDailyAt = kase.nextDaily();
    const people = kase.policy.overdue.daily.roles
      .map((role) => kase.assign(role, null, []))
      .filter((id): id is string => id !== null);
    kase.fact(
      'reminded',
      { task: null, clock: 'daily', percent: 0, to: people.join(' '), late: late.map((c) => c.name) },
      SYSTEM,
      'W14',
    );
    for (const id of new Set(people))
      kase.tellStaff('staff.dailyReview', id, {
        rule: 'W14',
        key: `daily/${id}/${day}`,
        params: { date: { on: dayOf(day, kase.offsetMinutes) } },
        subject: 'dailyReview',
      });
  }

  // ------------------------------------------------------------------ waits

  private pauseLapsed(): void {
    const { kase } = this;
    const pause = kase.state.pause;
    if (pause === null) return;
    const task = pause.task === null ? undefined : kase.state.tasks[pause.task];
    if (task !== undefined && task.status === 'open' && task.lapse !== null) {
      kase.applyAnswer(task, task.lapse, SYSTEM, null);
      return;
    }
    kase.endPause(SYSTEM, 'limit');
    kase.tellStaff('staff.pauseLapsed', kase.owner, {
      rule: 'W12',
      params: { reason: { word: `pause:${pause.reason}` }, due: { at: kase.now } },
      key: `${kase.caseId}/pauseLapsed/${pause.since}/${kase.owner}`,
    });
    // Waiting for others has its own limit; then the manager decides on known facts (W12).
    if (pause.waitingOn !== 'customer')
      kase.duty(kase.process.tasks['decideAfterWait']!, { context: { reason: pause.reason } });
  }

  // ------------------------------------------------------------------ promises

  private ofPromise(clock: ClockState): Due | null {
    const { kase } = this;
    const promise = kase.state.promise;
    if (promise === null || promise.key !== clock.key) return null;
    const rules = kase.policy.complaint.promise;
    if (!promise.warned) {
      const warnAt = addMinutes(
        kase.snapshot.calendars,
        rules.warnCalendar,
        clock.dueAt,
        -rules.warnMinutes,
      ).at;
      const worth =
        warnAt > clock.startedAt &&
        minutesBetween(kase.snapshot.calendars, rules.warnCalendar, clock.startedAt, clock.dueAt) >
          rules.warnMinutes;
      if (worth)
        return {
          at: warnAt,
          what: 'a promise lapses soon',
          run: () => {
            promise.warned = true;
            const supervisor = kase.levelPerson('supervisor');
            const key = kase.duty(kase.process.tasks['keepPromise']!, {
              assignee: supervisor,
              dueAt: clock.dueAt,
              behaviour: 'lapse',
              context: { promise: clock.key, dueAt: clock.dueAt },
            });
            if (supervisor !== null)
              kase.tellStaff('staff.promiseLapsing', supervisor, {
                rule: 'W14',
                params: { due: { at: clock.dueAt }, staff: { staff: kase.owner } },
                key: `${kase.caseId}/promiseLapsing/${clock.key}/${supervisor}`,
                mootWith: key,
              });
          },
        };
    }
    return { at: clock.dueAt, what: 'a promise is due', run: () => this.promiseLapsed(clock) };
  }

  /** Nobody kept or moved it: the customer is told the policy date; after two such changes the manager calls (W14). */
  private promiseLapsed(stale: ClockState): void {
    const { kase } = this;
    const clock = kase.state.clocks[stale.key]!;
    kase.setClock({ ...clock, ...breachClock(clock, clock.dueAt) });
    kase.fact(
      'breached',
      { clock: 'promise', key: clock.key, dueAt: clock.dueAt, to: [kase.owner] },
      SYSTEM,
      'HOT-18',
    );
    const changes = kase.state.promise?.automaticChanges ?? 0;
    const dueAt = kase.policyDate();
    if (changes >= kase.policy.complaint.promise.automaticChanges) {
      kase.promise(dueAt, 'W14', SYSTEM);
      if (kase.openTaskNamed('callAboutDelay') === undefined)
        kase.duty(kase.process.tasks['callAboutDelay']!, { context: { promise: clock.key } });
      return;
    }
    kase.promise(dueAt, 'W14', SYSTEM, true);
    kase.process.tellMoved(kase, dueAt);
  }

  // ------------------------------------------------------------------ call-out

  /** Nobody took charge: the next person of the chain; after the last one, he again, every hour (W16). */
  private callNext(clock: ClockState): void {
    const { kase } = this;
    const task = kase.state.tasks[clock.taskKey!];
    const callOut = kase.state.callOut;
    if (task === undefined || task.status !== 'open' || callOut === null) return;
    const rules = kase.policy.complaint.callOut;
    const from = task.assignee;
    const end = callOut.chain.length - 1;
    if (callOut.index < end) callOut.index += 1;
    // Whoever is last has the hour from his first call on.
    const last = callOut.index === end;
    const person = callOut.chain[callOut.index]!;
    kase.fact(
      'breached',
      { clock: 'takeCharge', task: task.name, key: clock.key, dueAt: clock.dueAt, to: [person] },
      SYSTEM,
      'W16',
    );
    task.assignee = person;
    if (from !== person)
      kase.fact('taskReassigned', { task: task.name, key: task.key, from, to: person }, SYSTEM, 'W16');
    const { breachedAt } = kase.state.clocks[clock.key]!;
    const again = kase.startPolicyClock(clock.key, 'takeCharge', {
      taskKey: task.key,
      behaviour: 'callOut',
      calendar: 'wall',
      limit: { minutes: last ? rules.afterLastEveryMinutes : rules.everyMinutes },
    });
    kase.setClock({ ...again, breachedAt });
    task.dueAt = again.dueAt;
    kase.touchTask(task.key);
    kase.callOut(person, 'W16', again.dueAt);
  }
}
