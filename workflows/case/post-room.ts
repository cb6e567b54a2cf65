/**
 * The post room: sends what was saved, defers, falls back to another channel, drops what has become moot. It never
 * blocks the manual; what cannot be delivered becomes a person's task (AT-26).
 */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { DeliveryResult } from '../../activities/contract.js';
import { messageRow, type Kase } from './kase.js';
import { DELIVERY_TOTAL_MS, deliveryOn } from './profiles.js';
import type { PendingMessage } from './state.js';

const DAY_MS = 86_400_000;

export class PostRoom {
  private readonly inFlight = new Set<string>();

  constructor(
    private readonly kase: Kase<never, never>,
    private readonly savedTurn: () => number,
  ) {}

  /** The next instant at which a deferred message may go; null when none waits for time. */
  nextAt(): string | null {
    const { now } = this.kase;
    let soonest: string | null = null;
    for (const message of Object.values(this.kase.state.messages)) {
      if (this.inFlight.has(message.key) || message.notBefore === null) continue;
      // Its time has come while the ledger is behind: it goes when its turn is saved, no alarm can hasten that.
      if (message.notBefore <= now && message.turn > this.savedTurn()) continue;
      if (soonest === null || message.notBefore < soonest) soonest = message.notBefore;
    }
    return soonest;
  }

  /** Starts whatever may go now. Register, record, then announce: only messages whose outbox row is saved. */
  pump(): void {
    const { kase } = this;
    const now = kase.now;
    for (const message of Object.values(kase.state.messages)) {
      if (this.inFlight.has(message.key) || message.turn > this.savedTurn()) continue;
      if (this.isMoot(message)) {
        this.finish(message, 'dropped', 'moot');
        continue;
      }
      if (message.notBefore !== null && message.notBefore > now) continue;
      // A message that waited for the ledger, or for its turn, may have come into the quiet hours meanwhile (AT-28).
      const held =
        message.urgency === 'normal' ? kase.heldUntil(now, message.forCustomer, message.key) : null;
      if (held !== null) {
        this.hold(message, held, message.forCustomer ? 'quietHours' : 'serviceHours');
        continue;
      }
      message.notBefore = null;
      this.inFlight.add(message.key);
      kase.busy.deliveries += 1;
      void this.deliver(message);
    }
  }

  private isMoot(message: PendingMessage): boolean {
    if (message.mootWith === null) return false;
    return this.kase.state.tasks[message.mootWith]?.status !== 'open';
  }

  private async deliver(message: PendingMessage): Promise<void> {
    const { kase } = this;
    let reason = 'noChannel';
    try {
      while (message.next < message.channels.length) {
        const channel = message.channels[message.next]!;
        // What is still being tried when quiet hours begin waits for the morning (AT-28).
        const quietInMs =
          message.urgency === 'normal' && message.forCustomer
            ? kase.untilQuietMs()
            : Number.POSITIVE_INFINITY;
        const evening = new Date(Date.parse(kase.now) + Math.min(quietInMs, DAY_MS)).toISOString();
        const cut = quietInMs < DELIVERY_TOTAL_MS[channel] ? Math.max(quietInMs, 60_000) : undefined;
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
            this.hold(message, morning, 'quietHours');
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

/** The desk's word for why it did not arrive. */
function reasonWord(reason: string): string {
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
