/**
 * What a case holds: things in our people's custody, appointments, and how to give all of it back. The ledger's
 * constraints decide who has what (B1, AT-42); the case knows its own part, reminds of it, and does not end before
 * everything is settled.
 */
import { log, type SignalDefinition } from '@temporalio/workflow';
import { freeSlots } from '../../domain/booking.js';
import { dayOf, instantOf, localText, localTime, workdayAfter } from '../../domain/calendar.js';
import type { Instant } from '../../domain/case.js';
import {
  isHeldByStaff,
  isOurs,
  LOST,
  onTrip,
  type BookingRequest,
  type ClaimOrder,
  type ClaimResult,
  type Holder,
  type Movement,
  type TripClaim,
  type TripView,
} from '../../domain/custody.js';
import type { CaseAnswers } from '../../domain/forms-common.js';
import { CASE_TASKS, HOLDING_TASKS } from '../../domain/tasks.js';
import type { Kase } from './kase.js';
import { takenOver, tripMoved, type RefuseAcceptance, type TakenOver } from './messages.js';
import { SYSTEM } from './system.js';
import { claims, undoing } from './profiles.js';
import { refuse } from './refusal.js';
import { amountProblem, objectIf, type Objection } from './objections.js';
import type { HeldItem, TaskState, UndoStep } from './state.js';

/** What an answer needs of the world before it can be accepted. */
export interface Wanted {
  movements?: Movement[];
  bookings?: BookingRequest[];
  /** Appointments given up with it, by key. */
  releases?: string[];
  /** Appointments that were kept and are over: the rest of their time is free, and no trip waits for them (W20). */
  kept?: string[];
  trip?: TripClaim;
}

export class Holdings {
  /** Tasks whose answer waits for the ledger. */
  readonly claiming = new Set<string>();
  /** A trip moved while this case was just taking its place on it. */
  private movedMeanwhile: TripView | null = null;

  constructor(private readonly kase: Kase<never, never>) {}

  /** Things our people hold for this case. */
  items(): HeldItem[] {
    return Object.values(this.kase.state.custody ?? {});
  }
  item(id: string): HeldItem | undefined {
    return this.kase.state.custody?.[id];
  }
  /** Appointments that stand. */
  bookings(): BookingRequest[] {
    return Object.values(this.kase.state.bookings ?? {});
  }

  /** What an answer wants: of the common tasks here, of the others by the process. */
  wanted(task: TaskState, answer: Record<string, unknown>, by: string): Wanted | null {
    if (task.name === 'returnItems') {
      const { items } = answer as CaseAnswers['returnItems'];
      const back = items.map((id) => this.back(id, by, answer as CaseAnswers['returnItems']));
      const more = this.kase.process.claims?.(this.kase, task, answer as never, by)?.movements ?? [];
      return { movements: [...back, ...more] };
    }
    if (task.name === 'reportLoss') {
      const lost = (task.context?.['items'] ?? []) as string[];
      return { movements: lost.filter((id) => this.item(id)).map((id) => this.lost(id, by)) };
    }
    return this.kase.process.claims?.(this.kase, task, answer as never, by) ?? null;
  }

  /** What the common forms cannot know; null when in order. */
  objection(task: TaskState, answer: Record<string, unknown>): Objection {
    switch (task.name) {
      case 'returnItems': {
        const asked = (task.context?.['items'] ?? []) as string[];
        const stranger = (answer as CaseAnswers['returnItems']).items.find(
          (id) => !asked.includes(id) || this.item(id) === undefined,
        );
        const known = `${stranger} is not among what is to come back: ${asked.join(', ')}`;
        return objectIf(stranger !== undefined, 'items', known);
      }
      case 'refund':
        return amountProblem(task, answer['amount'], 'are owed to the customer (W27)');
      default:
        return null;
    }
  }

  /**
   * Takes what an answer needs; resolves when it is ours. Refused: nothing was changed, and the answer says who has it
   * or when there is room. @throws ApplicationFailure
   */
  async claim(task: TaskState, requestId: string, wanted: Wanted): Promise<void> {
    const { kase } = this;
    const order = this.order(`${task.key}/${requestId}`, wanted);
    if (order.trip?.act === 'join') this.movedMeanwhile = null;
    this.claiming.add(task.key);
    kase.busy.claims += 1;
    // Who answered hears no at once; the next answer is let in when nothing of this one is left.
    let withdrawn: Promise<void> | null = null;
    try {
      let result: ClaimResult;
      try {
        result = await claims.claim.executeWithOptions({ summary: `take what ${task.name} needs` }, [order]);
      } catch (error) {
        log.warn('claim not answered', { caseId: kase.caseId, task: task.key, error: String(error) });
        withdrawn = this.withdraw(order);
        return refuse('ledger.unreachable', 'the ledger did not answer; nothing was changed', {});
      }
      if (result.status !== 'done') return this.no(result, order);
      // Somebody else may have answered, or ended the case, while the ledger was asked.
      if (task.status !== 'open' || kase.state.row.status === 'closed') {
        withdrawn = this.withdraw(order);
        return refuse('task.notOpen', `task ${task.key} is no longer open`);
      }
      this.apply(order, result);
    } finally {
      if (withdrawn === null) this.claimed(task);
      else void withdrawn.then(() => this.claimed(task));
    }
  }

  /** Takes something beside people's answers; false: it cannot be had, or the ledger did not answer. */
  async attempt(name: string, wanted: Wanted): Promise<boolean> {
    const { kase } = this;
    const order = this.order(name, wanted);
    try {
      const result = await claims.claim.executeWithOptions({ summary: `take what ${name} needs` }, [order]);
      if (result.status !== 'done') return false;
      this.apply(order, result);
      return true;
    } catch (error) {
      log.warn('claim not answered', { caseId: kase.caseId, name, error: String(error) });
      await this.withdraw(order);
      return false;
    }
  }

  private order(name: string, wanted: Wanted): ClaimOrder {
    const { kase } = this;
    const { movements = [], bookings = [], releases = [], kept, trip } = wanted;
    return {
      key: `${kase.caseId}/${name}`,
      caseId: kase.caseId,
      at: kase.now,
      movements,
      bookings,
      releases,
      ...(kept === undefined ? {} : { kept }),
      ...(trip === undefined ? {} : { trip }),
      offsetMinutes: kase.offsetMinutes,
    };
  }

  /** Nothing of a claim is in flight any more. */
  private claimed(task: TaskState): void {
    const { kase } = this;
    this.claiming.delete(task.key);
    kase.busy.claims -= 1;
    kase.revision += 1;
    kase.wake();
  }

  private no(result: Exclude<ClaimResult, { status: 'done' }>, order: ClaimOrder): never {
    const { kase } = this;
    if (result.status === 'withdrawn') refuse('request.tooOld', 'this request was given up; send a new one');
    if (result.status === 'noTrip') return this.noTrip(result, order.trip!.trip);
    if (result.status === 'refused') {
      const { item, caseId } = result;
      // It passed to another case, which could not tell us.
      if (
        caseId !== null &&
        order.movements.some((move) => move.item === item && move.fromCase === kase.caseId)
      )
        this.takenOver({ item, by: caseId });
      const where =
        result.code === 'custody.otherKind'
          ? 'is something else than what was asked for'
          : result.holder === null
            ? 'is not on file'
            : `is with ${result.holder}`;
      refuse(result.code, `${result.item} ${where}${result.caseId === null ? '' : ` (${result.caseId})`}`, {
        item: result.item,
        holder: result.holder,
        caseId: result.caseId,
      });
    }
    const asked = order.bookings.find((booking) => booking.who === result.who)!;
    const rules = kase.policy.bookings;
    const free = freeSlots(
      kase.snapshot.calendars,
      asked.who.startsWith('bureau/') ? rules.bureauCalendar : rules.calendar,
      result.busy,
      {
        from: asked.from > kase.now ? asked.from : kase.now,
        minutes: (Date.parse(asked.to) - Date.parse(asked.from)) / 60_000,
        bufferMinutes: asked.bufferMinutes,
        count: rules.offer,
      },
    );
    const { offsetMinutes } = kase;
    const times = free.map(
      ({ from, to }) => `${localText(from, offsetMinutes)}-${localTime(to, offsetMinutes)}`,
    );
    const next = times.length === 0 ? '' : `; free: ${times.join(', ')}`;
    return refuse('booking.taken', `${result.who} is booked then${next}`, { who: result.who, free });
  }

  private noTrip(result: Extract<ClaimResult, { status: 'noTrip' }>, named: string): never {
    const { code, trip, waiting } = result;
    const { offsetMinutes } = this.kase;
    const when = (view: TripView) =>
      `on ${dayOf(view.from, offsetMinutes)} from ${localTime(view.from, offsetMinutes)} to ${localTime(view.to, offsetMinutes)}`;
    const out = (items: string[]) => (items.length === 0 ? 'nothing handed out' : items.join(', '));
    const why = {
      'trip.notOpen': () =>
        `${named} takes nobody: it has no time at the bureau ahead, or its slip is settled`,
      'trip.mismatch': () =>
        `${named} goes to ${trip!.bureau} with ${trip!.technician} ${when(trip!)}; name that, or nothing of it`,
      'trip.noSlip': () => `the slip of ${named} is not out yet; borrowSpares of ${named} comes first`,
      'trip.notOn': () => `this case has no place on ${named}`,
      'trip.casesOn': () =>
        `still on ${named}: ${waiting.map((each) => `${each.caseId} (${out(each.items)})`).join('; ')}`,
    }[code];
    return refuse(code, why(), { trip, waiting });
  }

  /** Puts a done claim into the state: who has what, which appointments stand, how to undo it. */
  private apply(
    order: ClaimOrder,
    { families = {}, trip = null }: Extract<ClaimResult, { status: 'done' }>,
  ): void {
    const { kase } = this;
    for (const key of order.releases) this.forgetBooking(key);
    for (const key of order.kept ?? []) delete kase.state.bookings?.[key];
    for (const move of order.movements)
      this.moved(move, order.at, move.family ?? families[move.item] ?? this.item(move.item)?.family);
    for (const booking of [...order.bookings, ...this.placed(order.trip, trip)]) {
      (kase.state.bookings ??= {})[booking.key] = booking;
      kase.undoLater('booking', { key: booking.key });
      const { key, who, from, to, kind } = booking;
      kase.fact('booked', { key, who, from, to, kind }, null, 'AT-42');
    }
  }

  /** The place taken on a trip; of a trip that moves, its cases hear it. */
  private placed(claim: TripClaim | undefined, trip: TripView | null): BookingRequest[] {
    const { kase } = this;
    if (claim === undefined || trip === null) return [];
    const moved = this.movedMeanwhile?.trip === trip.trip ? this.movedMeanwhile : null;
    kase.state.trip = moved ?? trip;
    if (claim.act === 'plan') for (const caseId of trip.cases) void this.tell(caseId, tripMoved, trip);
    if (claim.act !== 'join') return [];
    const { from, to } = kase.state.trip;
    const place = { kind: 'issuance', bufferMinutes: 0, region: null } as const;
    return [{ ...place, key: claim.key, who: onTrip(trip.trip), from, to }];
  }

  /** The trip goes at another time, or with somebody else, and this case with it (ISS-25). */
  tripMoved(trip: TripView): void {
    const { kase } = this;
    const place = this.bookings().find((booking) => booking.who === onTrip(trip.trip));
    if (place === undefined) {
      if (kase.busy.claims > 0) this.movedMeanwhile = trip;
      return;
    }
    const { from, to, technician } = trip;
    const known = kase.state.trip;
    if (known?.from === from && known.to === to && known.technician === technician) return;
    kase.state.trip = trip;
    kase.state.bookings![place.key] = { ...place, from, to };
    kase.fact('flagged', { flag: 'tripMoved', trip: trip.trip, from, to, technician }, SYSTEM, 'ISS-25');
    kase.process.tripMoved?.(kase, trip);
  }

  /** Another case answers for it from now on (W20). */
  takenOver({ item, by }: TakenOver): void {
    const { kase } = this;
    const held = this.item(item);
    if (held === undefined) return;
    kase.stopClock(`custody:${item}`);
    delete kase.state.custody![item];
    const { kind, holder } = held;
    kase.fact('custodyMoved', { item, kind, from: holder, to: holder, case: by }, SYSTEM, 'W20');
  }

  /** Tells another case, beside the main line. */
  private async tell<About>(caseId: string, signal: SignalDefinition<[About]>, about: About): Promise<void> {
    const { kase } = this;
    kase.busy.claims += 1;
    await kase.tellCase(caseId, signal, about);
    kase.busy.claims -= 1;
    kase.revision += 1;
    kase.wake();
  }

  private moved(move: Movement, at: Instant, family: string | undefined): void {
    const { kase } = this;
    const custody = (kase.state.custody ??= {});
    kase.stopClock(`custody:${move.item}`);
    const { item, kind, from, to, keeper, dueBackAt, fromCase } = move;
    if (fromCase !== undefined && fromCase !== kase.caseId)
      void this.tell(fromCase, takenOver, { item, by: kase.caseId });
    kase.fact(
      'custodyMoved',
      { item, kind, from, to, ...(dueBackAt === null ? {} : { dueBackAt }) },
      move.givenBy ?? move.receivedBy,
      move.rule,
    );
    if (!isOurs(kind, to)) {
      delete custody[item];
      return;
    }
    if (custody[item] === undefined && !isHeldByStaff(from)) kase.undoLater('item', { item });
    custody[item] = {
      item,
      kind,
      ...(family === undefined ? {} : { family }),
      holder: to,
      from: custody[item]?.from ?? from,
      keeper,
      since: at,
      dueBackAt,
      amount: move.amount ?? null,
    };
    if (dueBackAt !== null && dueBackAt > kase.now)
      kase.startTimed(`custody:${item}`, 'custody', move.rule, dueBackAt, null, 'custody');
  }

  private forgetBooking(key: string): void {
    const { kase } = this;
    const booking = kase.state.bookings?.[key];
    if (booking === undefined) return;
    delete kase.state.bookings![key];
    kase.fact('bookingReleased', { key, who: booking.who, from: booking.from }, null, 'AT-42');
  }

  /** The ledger may or may not have done it: whatever it did is taken back. */
  private async withdraw(order: ClaimOrder): Promise<void> {
    const { kase } = this;
    try {
      const done = await undoing.unclaim.executeWithOptions({ summary: 'withdraw what was not answered' }, [
        { key: order.key, caseId: kase.caseId, at: kase.now },
      ]);
      if (done !== 'impossible') return;
    } catch (error) {
      log.warn('claim not withdrawn', { caseId: kase.caseId, key: order.key, error: String(error) });
    }
    kase.duty(CASE_TASKS.undoByHand, { context: { undo: 'claim', claim: order.key }, holdsClosing: true });
  }

  /** Gives appointments up beside the main line; one that cannot be given up is a person's task. @returns whether it did */
  async release(keys: string[]): Promise<boolean> {
    const { kase } = this;
    if (keys.length === 0) return true;
    kase.busy.claims += 1;
    try {
      await undoing.releaseBookings.executeWithOptions({ summary: 'release appointments' }, [
        { keys, caseId: kase.caseId, at: kase.now },
      ]);
      for (const key of keys) this.forgetBooking(key);
      return true;
    } catch (error) {
      log.warn('bookings not released', { caseId: kase.caseId, error: String(error) });
      for (const key of keys) {
        delete kase.state.bookings?.[key];
        kase.fact('undoFailed', { step: 'booking', key }, SYSTEM, 'AT-26');
        this.byHand({ name: 'booking', data: { key } });
      }
      return false;
    } finally {
      kase.busy.claims -= 1;
      kase.revision += 1;
      kase.wake();
    }
  }

  // ------------------------------------------------------------------ giving back

  /** Undoes what was done so far, the latest first; what no program can undo is a named person's task. */
  async undoAll(): Promise<void> {
    const { kase } = this;
    const steps = [...kase.state.undo].reverse();
    kase.state.undo = [];
    for (const step of steps) await this.undo(step);
    this.askBack('cancelled');
  }

  /** Undoes one step. */
  async undo(step: UndoStep): Promise<void> {
    const { kase } = this;
    if (step.name === 'booking') {
      const key = String(step.data['key']);
      if (kase.state.bookings?.[key] === undefined) return;
      if (await this.release([key]))
        kase.fact('undone', { step: 'booking', key, by: 'system' }, SYSTEM, 'W33');
    } else if (step.name === 'linked') {
      const caseId = String(step.data['case']);
      const done = await kase.cancelLinked(caseId);
      if (done === 'cancelled')
        kase.fact('undone', { step: 'linked', case: caseId, by: 'system' }, SYSTEM, 'W25');
      if (done === 'refused') this.byHand(step);
    } else if (step.name !== 'item') {
      // What is held comes back all at once, in the end.
      const by = kase.process.undo?.(kase, step) ?? null;
      if (by === null) this.byHand(step);
      else kase.fact('undone', { step: step.name, by }, SYSTEM, 'W33');
    }
  }

  private byHand(step: UndoStep): void {
    const { kase } = this;
    kase.fact('undone', { step: step.name, by: 'hand' }, SYSTEM, 'W33');
    kase.duty(CASE_TASKS.undoByHand, { context: { undo: step.name, ...step.data }, holdsClosing: true });
  }

  /** What somebody is asked for already, whichever task it is for: back to the keeper, or on to the manufacturer. */
  asked(): Set<string> {
    const open = this.kase.openTasks().filter((task) => task.holdsClosing);
    return new Set(open.flatMap((task) => (task.context?.['items'] ?? []) as string[]));
  }

  /** Everything held that nobody is asked for yet: one task for each holder and place it goes back to. */
  askBack(reason: string): void {
    const { kase } = this;
    const asked = this.asked();
    const groups = new Map<string, HeldItem[]>();
    for (const held of this.items()) {
      if (asked.has(held.item)) continue;
      const group = `${held.holder} ${homeOf(held)}`;
      groups.set(group, [...(groups.get(group) ?? []), held]);
    }
    for (const [, held] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const first = held[0]!;
      kase.duty(HOLDING_TASKS.returnItems, {
        role: ROLE_OF_HOME[homeOf(first)] ?? (first.kind === 'machine' ? 'engineer' : 'warehouse'),
        // A machine is brought back by whoever has it; of other things the keeper takes care.
        assignee: first.kind === 'machine' && isHeldByStaff(first.holder) ? first.holder : first.keeper,
        context: { items: held.map(({ item }) => item), holder: first.holder, to: homeOf(first), reason },
        holdsClosing: true,
      });
    }
  }

  /** Only part of what was asked for came back: the rest is asked for again, else nobody would. */
  askRest(task: TaskState, returned: readonly string[]): void {
    const asked = (task.context?.['items'] ?? []) as string[];
    const rest = asked.filter((id) => !returned.includes(id) && this.item(id) !== undefined);
    if (rest.length === 0) return;
    this.kase.duty(HOLDING_TASKS.returnItems, {
      role: task.role,
      assignee: task.assignee,
      context: { ...task.context, items: rest },
      holdsClosing: true,
    });
  }

  private back(id: string, by: string, answer: CaseAnswers['returnItems']): Movement {
    const held = this.item(id)!;
    const to = homeOf(held);
    // A customer is no member of staff: he signs for what he gets back, and who brings it confirms.
    const toCustomer = to.startsWith('customer/');
    return {
      item: held.item,
      kind: held.kind,
      from: held.holder,
      to,
      givenBy: isHeldByStaff(held.holder) ? held.holder : toCustomer ? by : null,
      receivedBy: toCustomer ? null : by,
      givenProof: answer.holderSignature,
      receivedProof: answer.keeperSignature,
      dueBackAt: null,
      keeper: null,
      rule: 'AT-43',
    };
  }
  private lost(id: string, by: string): Movement {
    const held = this.item(id)!;
    return {
      item: held.item,
      kind: held.kind,
      from: held.holder,
      to: LOST,
      givenBy: by,
      receivedBy: null,
      dueBackAt: null,
      keeper: null,
      rule: 'REG-07',
    };
  }

  // ------------------------------------------------------------------ refused

  /**
   * What a hand-over that its receiver refuses was about: what is named, else what the task asks for.
   * @throws ApplicationFailure when it hands nothing over, or the thing is not there to be handed over
   */
  offered(task: TaskState, named: readonly string[] | undefined): readonly string[] {
    const { kase } = this;
    const way = task.name === 'returnItems' ? 'on' : kase.process.handOvers?.[task.name];
    if (way === undefined) refuse('custody.noHandOver', `${task.name} hands nothing over`);
    const asked = task.context?.['items'] as string[] | undefined;
    const items = named ?? asked;
    if (items === undefined)
      refuse('act.invalid', `name what was to be handed over by ${task.name}`, {
        fields: [{ field: 'items', message: 'required' }],
      });
    const there = asked ?? this.items().map(({ item }) => item);
    // What comes out of stock is the ledger's to know, and this case's only once it is handed over.
    const stranger = items.find((id) => way === 'on' && (!there.includes(id) || this.item(id) === undefined));
    if (stranger !== undefined)
      refuse('custody.notHeld', `${stranger} is not what ${task.name} would hand over`, { held: there });
    return items;
  }

  /**
   * A receiver would not sign: nothing moves, holder and keeper hear of it at once, and whoever has the thing has a task
   * until it has left his hands (AT-43). The hand-over itself stays open.
   */
  refused(task: TaskState, { items: named, reason, by }: RefuseAcceptance): void {
    const { kase } = this;
    const items = this.offered(task, named);
    const { name, key } = task;
    kase.fact('acceptanceRefused', { task: name, key, items, reason }, by.id, 'AT-43');
    const held = items.map((id) => this.item(id)).filter((each) => each !== undefined);
    const keepers =
      held.length === 0 ? [kase.assign('warehouse', null, [])] : held.map(({ keeper }) => keeper);
    const holders = [...new Set(held.map(({ holder }) => holder).filter(isHeldByStaff))];
    for (const person of new Set([...keepers, ...holders]))
      if (person !== null && person !== by.id)
        kase.tellStaff('staff.acceptanceRefused', person, {
          rule: 'AT-43',
          params: {
            task: { word: `task:${name}` },
            item: items[0]!.replace(`${kase.caseId}/`, ''),
            count: items.length,
            staff: { staff: by.id },
            reason: { content: reason.content },
          },
        });
    for (const holder of holders) {
      const refused = held.filter((each) => each.holder === holder).map(({ item }) => item);
      // Whose task the hand-over is has one already.
      if (holder === task.assignee || this.unsettled(holder).some((id) => refused.includes(id))) continue;
      kase.duty(HOLDING_TASKS.settleRefusal, {
        exactly: holder,
        context: { task: key, refused, reason },
        holdsClosing: true,
      });
    }
  }

  /** What somebody has a task to settle for. */
  private unsettled(holder: Holder): string[] {
    return this.kase
      .openTasks()
      .filter((task) => task.name === 'settleRefusal' && task.assignee === holder)
      .flatMap((task) => task.context!['refused'] as string[]);
  }

  /** What was refused has gone another way, or was taken after all: nothing is left to settle. */
  settled(): void {
    for (const task of this.kase.openTasks()) {
      if (task.name !== 'settleRefusal') continue;
      const refused = task.context!['refused'] as string[];
      if (refused.every((id) => this.item(id)?.holder !== task.assignee)) this.kase.moot(task, 'settled');
    }
  }

  // ------------------------------------------------------------------ late

  /** Not back in time: holder and keeper hear of it, then again each workday (AT-43, D8). */
  overdue(itemId: string): void {
    const { kase } = this;
    const held = this.item(itemId);
    if (held === undefined) return;
    const rules = kase.policy.custody;
    const tomorrow = workdayAfter(
      kase.snapshot.calendars,
      rules.calendar,
      dayOf(kase.now, kase.offsetMinutes),
      1,
    );
    const again = instantOf(tomorrow.on, rules.againAt, kase.offsetMinutes);
    const key = `custody:${held.item}`;
    const before = kase.state.clocks[key];
    const next = kase.startTimed(key, 'custody', before?.rule ?? 'AT-43', again, null, 'custody');
    kase.setClock({ ...next, breachedAt: before?.breachedAt ?? kase.now });
    const late = this.items().filter(
      (each) => each.holder === held.holder && each.dueBackAt !== null && each.dueBackAt <= kase.now,
    );
    const people = [held.holder, held.keeper].filter((id): id is string => id !== null && isHeldByStaff(id));
    for (const person of new Set(people)) {
      const message = `${kase.caseId}/custodyOverdue/${held.holder}/${kase.now}/${person}`;
      // Several things of one holder that are due together are one reminder.
      if (kase.state.occurrences[message] !== undefined) continue;
      kase.state.occurrences[message] = 1;
      kase.tellStaff('staff.custodyOverdue', person, {
        rule: before?.rule ?? 'AT-43',
        key: message,
        params: {
          staff: { staff: isHeldByStaff(held.holder) ? held.holder : person },
          count: late.length,
          // The case number stands in the message already.
          item: held.item.replace(`${kase.caseId}/`, ''),
        },
        // The newest counts all that he has too long.
        subject: `overdue with ${held.holder}`,
      });
    }
  }
}

const ROLE_OF_HOME: Record<string, string> = {
  'place/warehouse': 'warehouse',
  'place/finance': 'finance',
  'place/technicalService': 'technicalService',
  'place/workshop': 'engineer',
  'place/archive': 'technicalService',
};

/** Where a thing goes back to: a machine to its customer, others to where they came from; money that a customer paid goes to finance, paper to the archive. */
function homeOf(held: HeldItem): Holder {
  if (held.kind === 'cash' || held.kind === 'cheque') return 'place/finance';
  if (held.kind === 'activationForm') return 'place/technicalService';
  if (held.kind === 'replacedPart') return 'place/warehouse';
  if (held.kind === 'receipt') return 'place/archive';
  return isHeldByStaff(held.from) ? 'place/warehouse' : held.from;
}
