/**
 * The post room: sends what was saved, to each reader in the order it was queued; defers, falls back to another channel,
 * drops what has become moot or is past. It never blocks the manual; what cannot be delivered becomes a person's task
 * (AT-26).
 */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { DeliveryResult } from '../../activities/contract.js';
import type { Channel, Instant } from '../../domain/case.js';
import { hoursOf, messageRow, readerOf, type Kase } from './kase.js';
import { DELIVERY_TOTAL_MS, deliveryOn } from './profiles.js';
import type { PendingMessage } from './state.js';

const DAY_MS = 86_400_000;

/** How long a message that is being tried keeps the next one to its reader back; a dead host must not hold up all. */
const HEAD_START_MS = 5 * 60_000;

/** Nothing urgent waits for something less so. */
const RANK = { normal: 0, reply: 1, critical: 2 } as const;

export class PostRoom {
  /** What is on its way, and since when. */
  private readonly inFlight = new Map<string, Instant>();

  constructor(
    private readonly kase: Kase<never, never>,
    private readonly savedTurn: () => number,
  ) {}

  /** The next instant at which a held message may go; null when none waits for time. */
  nextAt(): string | null {
    const { now } = this.kase;
    let soonest: string | null = null;
    for (const message of Object.values(this.kase.state.messages)) {
      if (this.inFlight.has(message.key)) continue;
      const saved = message.turn <= this.savedTurn();
      const at = later(message.notBefore, saved ? this.behind(message) : null);
      if (at === null) continue;
      // Its time has come while the ledger is behind: it goes when its turn is saved, no alarm can hasten that.
      if (at <= now && !saved) continue;
      if (soonest === null || at < soonest) soonest = at;
    }
    return soonest;
  }

  /** Starts whatever may go now. Register, record, then announce: only messages whose outbox row is saved. */
  pump(): void {
    const { kase } = this;
    const now = kase.now;
    for (const message of Object.values(kase.state.messages)) {
      if (this.inFlight.has(message.key) || message.turn > this.savedTurn()) continue;
      if (this.droppedStale(message)) continue;
      if (message.notBefore !== null && message.notBefore > now) continue;
      // A message that waited for the ledger, or for its turn, may have come into the quiet hours meanwhile (AT-28).
      const held = this.keepsHours(message) ? kase.heldUntil(now, message.forCustomer, message.key) : null;
      if (held !== null) {
        this.holdForHours(message, held);
        continue;
      }
      if (this.behind(message) !== null) {
        // The alarm has to know until when.
        kase.revision += 1;
        continue;
      }
      message.notBefore = null;
      this.inFlight.set(message.key, now);
      kase.busy.deliveries += 1;
      void this.deliver(message);
    }
  }

  /**
   * Until when a message waits for an earlier one to its reader that is on its way; null when for none. One that is held
   * longer, or has been tried for a while, is waited for no more.
   */
  private behind(message: PendingMessage): Instant | null {
    const { kase } = this;
    let until: Instant | null = null;
    for (const earlier of Object.values(kase.state.messages)) {
      if (earlier.key === message.key) break;
      const since = this.inFlight.get(earlier.key);
      if (since === undefined || readerOf(earlier.to) !== readerOf(message.to)) continue;
      if (RANK[earlier.urgency] < RANK[message.urgency]) continue;
      const free = plus(since, HEAD_START_MS);
      if (free > kase.now) until = later(until, free);
    }
    return until;
  }

  /** A reply is exempt from the hours while it is prompt; one that could not leave then is as any other message (W40). */
  private keepsHours(message: PendingMessage): boolean {
    if (message.urgency !== 'reply') return message.urgency === 'normal';
    return this.kase.now > this.promptUntil(message);
  }
  private promptUntil(message: PendingMessage): Instant {
    return plus(message.queuedAt, this.kase.policy.messages.replyWithinMinutes * 60_000);
  }

  /**
   * Drops what is no news any more. What would come too late only because it is held goes to a person, who can still
   * tell it in time; about what is over nobody is called (AT-28).
   */
  private droppedStale(message: PendingMessage): boolean {
    if (this.isMoot(message)) {
      this.finish(message, 'dropped', 'moot');
      return true;
    }
    const { usefulUntil, notBefore } = message;
    const { now } = this.kase;
    if (usefulUntil === undefined || usefulUntil > (later(notBefore, now) ?? now)) return false;
    this.finish(message, 'dropped', 'past');
    if (usefulUntil > now && message.calledAnyway !== true) this.handToPerson(message, 'past');
    return true;
  }

  private isMoot({ mootWith, overtaken }: PendingMessage): boolean {
    if (overtaken === true) return true;
    if (mootWith === null) return false;
    const { tasks, clocks, bookings } = this.kase.state;
    const task = tasks[mootWith];
    if (task !== undefined) return task.status !== 'open';
    const clock = clocks[mootWith];
    return clock === undefined ? bookings?.[mootWith] === undefined : clock.stoppedAt !== null;
  }

  private async deliver(message: PendingMessage): Promise<void> {
    const { kase } = this;
    let reason = 'noChannel';
    try {
      while (message.next < message.channels.length) {
        if (this.droppedStale(message)) return;
        const channel = message.channels[message.next]!;
        // What is still being tried when quiet hours begin waits for the morning (AT-28).
        const triedMs = Math.min(this.untilHeldMs(message, channel), this.untilHalfwayMs(message));
        const evening = plus(kase.now, Math.min(triedMs, DAY_MS));
        const cut = triedMs < DELIVERY_TOTAL_MS[channel] ? Math.max(triedMs, 60_000) : undefined;
        let result: DeliveryResult;
        try {
          result = await deliveryOn(
            channel,
            `${message.template} to ${message.forCustomer ? 'customer' : 'id' in message.to ? message.to.id : message.to.kind} by ${channel}`,
            cut,
          ).deliver({
            caseId: kase.caseId,
            message: messageRow(message),
            channel,
            at: kase.now,
            rules: {
              offsetMinutes: kase.offsetMinutes,
              perMinute: kase.policy.messages.perMinute,
              perHour: kase.policy.messages.perHour,
              perDay: kase.policy.messages.perDay,
            },
          });
        } catch (error) {
          reason = failureReason(error);
          const morning =
            cut === undefined || isFinal(error) ? null : kase.heldUntil(evening, true, message.key);
          if (morning !== null) {
            this.holdForHours(message, morning);
            return;
          }
          message.next += 1;
          continue;
        }
        if (result.status === 'accepted') {
          message.channel = result.channel;
          this.finish(message, 'sent', null);
          return;
        }
        if (result.status === 'coalesced') {
          this.finish(message, 'dropped', 'coalesced');
          return;
        }
        if (result.status === 'held') {
          const until = result.until > kase.now ? result.until : kase.limitFrom({ minutes: 1 }, 'wall');
          this.hold(message, until, result.reason);
          return;
        }
        reason = result.reason;
        message.next += 1;
      }
      this.finish(message, 'failed', reason);
      this.handToPerson(message, reason);
    } finally {
      this.inFlight.delete(message.key);
      kase.busy.deliveries -= 1;
      kase.revision += 1;
      kase.wake();
    }
  }

  /** Milliseconds until the hours hold it back; only a customer's message is cut short by them (AT-28, W40). */
  private untilHeldMs(message: PendingMessage, channel: Channel): number {
    const { kase } = this;
    if (!message.forCustomer || message.urgency === 'critical') return Number.POSITIVE_INFINITY;
    if (message.urgency === 'reply') {
      // Mail wakes nobody: the answer to a call is tried by it through the night.
      if (channel !== 'sms') return Number.POSITIVE_INFINITY;
      const prompt = this.promptUntil(message);
      const night = kase.heldUntil(prompt, true, message.key) !== null;
      if (night && prompt >= kase.now) return Date.parse(prompt) - Date.parse(kase.now);
    }
    return kase.untilQuietMs();
  }
  /** Milliseconds of half the time it is of use: the other half is for the next channel, and a person at the end. */
  private untilHalfwayMs({ usefulUntil }: PendingMessage): number {
    if (usefulUntil === undefined) return Number.POSITIVE_INFINITY;
    return Math.floor((Date.parse(usefulUntil) - Date.parse(this.kase.now)) / 2);
  }

  /** Held for the hours, and not beyond what was queued to that reader after it: the order stays (AT-28). */
  private holdForHours(message: PendingMessage, held: Instant): void {
    const reason = hoursOf(message.forCustomer);
    const all = Object.values(this.kase.state.messages);
    const until = all
      .slice(all.indexOf(message) + 1)
      .filter((other) => other.reason === reason && readerOf(other.to) === readerOf(message.to))
      .reduce((first, { notBefore }) => (notBefore !== null && notBefore < first ? notBefore : first), held);
    this.hold(message, until, reason);
  }

  private hold(message: PendingMessage, until: string, reason: string): void {
    message.notBefore = until;
    message.status = 'deferred';
    message.reason = reason;
    this.kase.touchMessage(message);
    this.kase.fact('messageDeferred', { ...line(message), until, reason }, null, message.rule);
  }

  private finish(
    message: PendingMessage,
    status: 'sent' | 'failed' | 'dropped',
    reason: string | null,
  ): void {
    const { kase } = this;
    message.status = status;
    message.at = kase.now;
    message.reason = reason;
    delete kase.state.messages[message.key];
    kase.touchMessage(message);
    const what = status === 'sent' ? 'messageSent' : status === 'failed' ? 'messageFailed' : 'messageDropped';
    kase.fact(
      what,
      {
        ...line(message),
        ...(message.channel === null ? {} : { channel: message.channel }),
        ...(reason === null ? {} : { reason }),
      },
      null,
      message.rule,
    );
  }

  /** A customer who cannot be written to is called; a colleague who cannot be written to is the supervisor's worry. */
  private handToPerson(message: PendingMessage, reason: string): void {
    const { kase } = this;
    const context = { template: message.template, message: message.key, reason };
    const name = message.forCustomer ? 'deliverByHand' : 'sortOut';
    if (!message.forCustomer && kase.openTaskNamed('sortOut') !== undefined) return;
    const notice = {
      template: 'staff.messageFailed',
      params: { message: { word: `message:${message.template}` }, reason: { word: reasonWord(reason) } },
    };
    kase.duty(kase.process.tasks[name]!, {
      context,
      holdsClosing: true,
      // Told afterwards it helps nobody: what it speaks of may come before the usual limit.
      ...(message.usefulUntil === undefined ? {} : { notAfter: message.usefulUntil }),
      // A notice about an undeliverable notice would go round in circles.
      ...(message.forCustomer ? { notice } : {}),
    });
  }
}

function line(message: PendingMessage) {
  return {
    key: message.key,
    template: message.template,
    to: 'id' in message.to ? message.to.id : message.to.kind,
  };
}

/** The later of two instants, where there are any. */
function later(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

function plus(at: Instant, ms: number): Instant {
  return new Date(Date.parse(at) + ms).toISOString();
}

/** The desk's word for why it did not arrive. */
function reasonWord(reason: string): string {
  if (reason === 'past') return 'reason:past';
  if (reason === 'noAddress' || reason === 'noChannel') return 'reason:noAddress';
  if (reason.startsWith('contact:')) return 'reason:deadNumber';
  return reason === 'outOfTime' ? 'reason:gaveUp' : 'reason:refused';
}

/** Whether trying again could not have helped, however long. */
function isFinal(error: unknown): boolean {
  return error instanceof ActivityFailure && error.retryState === 'NON_RETRYABLE_FAILURE';
}

/** A short stable reason: the type of the failure that ended the last try, never its text. */
function failureReason(error: unknown): string {
  if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure)
    return error.cause.type ?? 'failed';
  return 'outOfTime';
}
