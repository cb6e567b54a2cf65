/** Delivery of one message on one channel: look up the address, render, send at most once per key (AT-29). */
import { createHash, randomInt } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { DeliveryError, type Correspondence, type OutgoingMail, type Ports } from '../adapters/ports.js';
import { renderMessage, type TemplateSet } from '../domain/text.js';
import type { Channel, Language, MessageParam } from '../domain/case.js';
import { calendarText } from '../domain/invitation.js';
import { inLanguage, TemplateError } from '../domain/message.js';
import type { Company } from '../domain/organisation.js';
import { normaliseMobile } from '../domain/phone.js';
import type { SendCap } from '../domain/throttle.js';
import type { CaseActivities, DeliveryOrder, DeliveryResult, SendingRules } from './contract.js';

interface Reachable {
  address: string;
  language: Language;
  name: string | null;
}

/** @returns the `deliver` activity over mail, SMS and the outbox */
export function createDelivery(ports: Ports & { texts: TemplateSet }): CaseActivities['deliver'] {
  const { ledger } = ports;
  return async function deliver(order: DeliveryOrder): Promise<DeliveryResult> {
    const { message, channel, caseId, at } = order;
    const known = await ledger.correspondence({ to: message.to, ...namedIn(message.params) });
    if (known === null)
      throw ApplicationFailure.retryable('no organisation imported yet', 'delivery.operator');
    const { company } = known;
    const reach = reachable(known.recipient, channel);
    if (reach === null) return { status: 'unreachable', reason: 'noAddress' };

    const begun = await ledger.beginSend({
      key: message.key,
      caseId,
      channel,
      address: reach.address,
      at,
      caps: channel === 'sms' && message.urgency !== 'critical' ? capsOf(order.rules) : [],
    });
    if (begun.caseId !== caseId) return { status: 'coalesced' };
    if (begun.acceptedChannel !== null)
      return {
        status: 'accepted',
        channel: begun.acceptedChannel,
        providerId: begun.providerId ?? '',
        repeat: true,
      };
    if (begun.held !== null)
      return { status: 'held', until: begun.held.until, reason: HELD_BY[begun.held.minutes] ?? 'throttle' };

    const code = await codeFor(ports, order);
    let rendered;
    try {
      rendered = renderMessage(
        ports.texts,
        {
          template: message.template,
          params: message.params,
          channel,
          language: reach.language,
          company,
          recipient: reach.name,
        },
        {
          offsetMinutes: order.rules.offsetMinutes,
          staff: (id) => known.staff.get(id) ?? null,
          content: (id) => known.contents.get(id) ?? null,
          ...(code === null ? {} : { code: () => code }),
        },
      );
    } catch (error) {
      if (error instanceof TemplateError) return { status: 'unreachable', reason: error.code };
      throw error;
    }
    try {
      const accepted =
        channel === 'sms'
          ? await sendSms(ports, order, company, reach, rendered, begun.begun.includes('sms'))
          : await ports.mail.send({
              key: message.key,
              from: company.mailFrom,
              fromName: inLanguage(company.name, reach.language),
              to: reach.address,
              subject: rendered.subject ?? message.template,
              text: rendered.text,
              language: reach.language,
              at,
              ...invitationFor(order, company, reach, rendered),
            });
      await ledger.acceptSend(message.key, channel, accepted.providerId);
      return {
        status: 'accepted',
        channel,
        providerId: accepted.providerId,
        repeat: accepted.repeat ?? false,
      };
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      if (error.fault === 'content' || error.fault === 'contact')
        return { status: 'unreachable', reason: `${error.fault}:${error.code}` };
      if (error.fault === 'later' && error.retryAt !== null)
        return { status: 'held', until: error.retryAt, reason: error.code };
      throw ApplicationFailure.create({
        message: `${channel} not accepted (${error.code})`,
        type: `delivery.${error.fault}`,
        nonRetryable: false,
        cause: error,
      });
    }
  };
}

type Rendered = ReturnType<typeof renderMessage>;

/** Letters and digits that nobody confuses when reading them out. */
const CODE_SIGNS = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Makes the one-time code a message asks for, in the only place that may: a workflow is not random, and its history
 * would keep what must be known to the reader alone. A message tried again brings a code of its own, and so does a
 * reminder; all of them answer the one task (W28).
 */
async function codeFor(ports: Ports, order: DeliveryOrder): Promise<string | null> {
  const { message, caseId, at } = order;
  const asked = Object.values(message.params).find((param) => typeof param === 'object' && 'code' in param);
  if (typeof asked !== 'object' || !('code' in asked) || !('id' in message.to)) return null;
  const groups = Array.from({ length: 3 }, () =>
    Array.from({ length: 4 }, () => CODE_SIGNS[randomInt(CODE_SIGNS.length)]).join(''),
  );
  await ports.ledger.keepBureauCode(createHash('sha256').update(groups.join('')).digest('hex'), {
    caseId,
    taskKey: asked.code,
    unitId: message.to.id,
    madeAt: at,
  });
  return groups.join('-');
}

/** The appointment of a message as its reader's calendar takes it. */
function invitationFor(
  order: DeliveryOrder,
  company: Company,
  reach: Reachable,
  rendered: Rendered,
): Pick<OutgoingMail, 'invitation'> {
  const param = order.message.params['invitation'];
  if (typeof param !== 'object' || !('invitation' in param)) return {};
  const content = calendarText(param.invitation, {
    summary: rendered.subject ?? order.message.template,
    organizer: { name: inLanguage(company.name, reach.language), mail: company.mailFrom },
    attendee: { name: reach.name ?? reach.address, mail: reach.address },
    stampedAt: order.at,
  });
  return { invitation: { method: param.invitation.method, content } };
}

/** A provider has no idempotency key: a send once begun is asked about before it is repeated (facts 5). */
async function sendSms(
  ports: Ports,
  order: DeliveryOrder,
  company: Company,
  reach: Reachable,
  rendered: Rendered,
  begunBefore: boolean,
): Promise<{ providerId: string; repeat?: boolean }> {
  const { message, at } = order;
  if (begunBefore) {
    const state = await ports.sms.query(message.key, reach.address, at);
    if (state === 'accepted' || state === 'delivered') return { providerId: message.key, repeat: true };
  }
  return ports.sms.send({
    key: message.key,
    to: reach.address,
    signature: company.smsSignature,
    template: message.template,
    params: rendered.params,
    text: rendered.text,
    at,
  });
}

/** Where a recipient is reached on a channel, or null. */
function reachable(found: Correspondence['recipient'], channel: Channel): Reachable | null {
  if (found === null) return null;
  const address =
    channel === 'sms' ? (found.phone === null ? null : normaliseMobile(found.phone)) : found.mail;
  return address === null ? null : { address, language: found.language, name: found.name };
}

/** Whom and what parameters name: it has to be known before rendering. */
function namedIn(params: Record<string, MessageParam>): { contents: string[]; staff: string[] } {
  const named = Object.values(params).filter((param) => typeof param === 'object');
  return {
    contents: named.flatMap((param) => ('content' in param ? [param.content] : [])),
    staff: named.flatMap((param) => ('staff' in param ? [param.staff] : [])),
  };
}

const DAY = 24 * 60;
const HELD_BY: Record<number, string> = { 1: 'throttle:minute', 60: 'throttle:hour', [DAY]: 'throttle:day' };

/** Own caps per address over all cases, counted on the workflow's clock (facts 5); the longest wait is told first. */
function capsOf(rules: SendingRules): SendCap[] {
  return [
    { minutes: DAY, most: rules.perDay },
    { minutes: 60, most: rules.perHour },
    { minutes: 1, most: rules.perMinute },
  ];
}
