/** Delivery of one message on one channel: look up the address, render, send at most once per key (AT-29). */
import { ApplicationFailure } from '@temporalio/activity';
import { DeliveryError, type Ports } from '../adapters/ports.js';
import { renderMessage, type TemplateSet } from '../domain/text.js';
import type { Channel, ContactCard, Language, MessageParam, Recipient } from '../domain/case.js';
import { inLanguage, TemplateError } from '../domain/message.js';
import type { Company, Staff } from '../domain/organisation.js';
import { normaliseMobile } from '../domain/phone.js';
import type { CaseActivities, DeliveryOrder, DeliveryResult } from './contract.js';

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
    const company = await ledger.company();
    if (company === null)
      throw ApplicationFailure.retryable('no organisation imported yet', 'delivery.operator');
    const reach = await reachable(ports, message.to, channel);
    if (reach === null) return { status: 'unreachable', reason: 'noAddress' };

    const held =
      channel === 'sms' && message.urgency !== 'critical'
        ? await throttled(ports, order, reach.address)
        : null;
    if (held !== null) return held;
    const known = await ledger.beginSend(message.key, caseId, channel, reach.address, at);
    if (known.caseId !== caseId) return { status: 'coalesced' };
    if (known.acceptedChannel !== null)
      return {
        status: 'accepted',
        channel: known.acceptedChannel,
        providerId: known.providerId ?? '',
        repeat: true,
      };

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
        await lookups(ports, message.params, order.rules.offsetMinutes),
      );
    } catch (error) {
      if (error instanceof TemplateError) return { status: 'unreachable', reason: error.code };
      throw error;
    }
    try {
      const accepted =
        channel === 'sms'
          ? await sendSms(ports, order, company, reach, rendered, known.begun.includes('sms'))
          : await ports.mail.send({
              key: message.key,
              from: company.mailFrom,
              fromName: inLanguage(company.name, reach.language),
              to: reach.address,
              subject: rendered.subject ?? message.template,
              text: rendered.text,
              language: reach.language,
              at,
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

/** Where a recipient is reached on a channel, or null. Staff and customers by their record, others by their card. */
async function reachable(ports: Ports, to: Recipient, channel: Channel): Promise<Reachable | null> {
  const found = await lookUp(ports, to);
  if (found === null) return null;
  const address =
    channel === 'sms' ? (found.phone === null ? null : normaliseMobile(found.phone)) : found.mail;
  return address === null ? null : { address, language: found.language, name: found.name };
}

async function lookUp(
  ports: Ports,
  to: Recipient,
): Promise<{ phone: string | null; mail: string | null; language: Language; name: string | null } | null> {
  switch (to.kind) {
    case 'staff': {
      const staff = await ports.ledger.staff(to.id);
      if (staff === null) return null;
      return {
        phone: staff.mobile ?? null,
        mail: staff.mail ?? null,
        language: staff.language,
        name: staff.name,
      };
    }
    case 'customer': {
      const customer = await ports.ledger.customer(to.id);
      if (customer === null) return null;
      return {
        phone: customer.mobile ?? null,
        mail: customer.mail ?? null,
        language: customer.language,
        name: customer.name,
      };
    }
    case 'unit': {
      const unit = await ports.ledger.unit(to.id);
      if (unit === null) return null;
      return { phone: null, mail: unit.mail ?? null, language: unit.language, name: unit.name };
    }
    case 'contact': {
      const row = (await ports.ledger.contents([to.content])).get(to.content);
      if (row?.body === null || row?.body === undefined) return null;
      const card = JSON.parse(row.body) as ContactCard;
      return { phone: card.phone, mail: card.mail, language: card.language, name: card.name };
    }
  }
}

/** What the parameters refer to, fetched before rendering. */
async function lookups(ports: Ports, params: Record<string, MessageParam>, offsetMinutes: number) {
  const wanted = Object.values(params).flatMap((param) =>
    typeof param === 'object' && 'content' in param ? [param.content] : [],
  );
  const contents = await ports.ledger.contents(wanted);
  const staff = new Map<string, Staff | null>();
  for (const param of Object.values(params))
    if (typeof param === 'object' && 'staff' in param)
      staff.set(param.staff, await ports.ledger.staff(param.staff));
  return {
    offsetMinutes,
    staff: (id: string) => staff.get(id) ?? null,
    content: (id: string) => contents.get(id)?.body ?? null,
  };
}

/** Own cap per address over all cases, counted on the workflow's clock (facts 5). */
async function throttled(
  ports: Ports,
  order: DeliveryOrder,
  address: string,
): Promise<DeliveryResult | null> {
  const { at, rules, message } = order;
  const now = Date.parse(at);
  const before = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  const day = await ports.ledger.recentSends(address, before(24 * 60), message.key);
  const limits: [minutes: number, most: number][] = [
    [24 * 60, rules.perDay],
    [60, rules.perHour],
    [1, rules.perMinute],
  ];
  for (const [minutes, most] of limits) {
    const sent = day.filter((instant) => instant > before(minutes) && instant <= at).sort();
    const oldest = sent[sent.length - most];
    if (oldest === undefined) continue;
    return {
      status: 'held',
      until: new Date(Date.parse(oldest) + minutes * 60_000).toISOString(),
      reason: minutes === 1 ? 'throttle:minute' : minutes === 60 ? 'throttle:hour' : 'throttle:day',
    };
  }
  return null;
}
