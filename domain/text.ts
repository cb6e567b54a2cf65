/**
 * The last step of a message: references become words in the reader's language, and the template becomes the text that
 * is sent. Pure; what parameters refer to is looked up beforehand.
 */
import type { Channel, Language, MessageParam } from './case.js';
import {
  calledAs,
  inLanguage,
  paramsOf,
  renderTemplate,
  type LoadedTemplate,
  type Rendered,
  type SenderParam,
  type TemplateFinding,
} from './message.js';
import type { Company } from './organisation.js';
import { wordParam } from './words.js';

/** Checked templates in all languages. */
export interface TemplateSet {
  all: readonly LoadedTemplate[];
  /** Findings that do not stop anything; `policy check` shows them. */
  warnings: readonly TemplateFinding[];
  /** @throws TemplateError `template.unknown` */
  find(key: string, language: Language): LoadedTemplate;
}

/** What parameters refer to; the caller has looked it up beforehand. */
export interface Lookups {
  /** The organisation's zone; China is +480. */
  offsetMinutes: number;
  staff(id: string): { name: string; calledAs?: string | undefined } | null;
  /** Body of a content row; null once erased. */
  content(id: string): string | null;
  /** The one-time code made for a task; absent where nobody is written to who could use one. */
  code?(task: string): string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function dayText(month: number, day: number, language: Language): string {
  return language === 'en' ? `${day} ${MONTHS[month - 1]}` : `${month}月${day}日`;
}

/** Local date and time of an instant: `10月15日17:30`, `15 Oct 17:30`. Pure arithmetic, no Intl. */
export function formatInstant(at: string, language: Language, offsetMinutes: number): string {
  const local = new Date(Date.parse(at) + offsetMinutes * 60_000).toISOString();
  const day = dayText(Number(local.slice(5, 7)), Number(local.slice(8, 10)), language);
  return `${day}${language === 'en' ? ' ' : ''}${local.slice(11, 16)}`;
}

/** A calendar day: `10月15日`, `15 Oct`. */
export function formatDay(on: string, language: Language): string {
  return dayText(Number(on.slice(5, 7)), Number(on.slice(8, 10)), language);
}

/** One parameter as text in the reader's language. Unknown staff show their id; erased content says so. */
export function formatParam(param: MessageParam, language: Language, lookups: Lookups): string {
  if (typeof param === 'string') return param;
  if (typeof param === 'number') return String(param);
  if ('at' in param) return formatInstant(param.at, language, lookups.offsetMinutes);
  if ('on' in param) return formatDay(param.on, language);
  if ('word' in param) return wordParam(param.word, language);
  if ('staff' in param) {
    const person = lookups.staff(param.staff);
    return person ? calledAs(person, language) : param.staff;
  }
  if ('code' in param) return lookups.code?.(param.code) ?? '';
  // It goes beside the text.
  if ('invitation' in param) return '';
  return lookups.content(param.content) ?? (language === 'en' ? '(erased)' : '（已删除）');
}

/** The parameters the sender fills in itself (`SENDER_PARAMS`). Without a name the recipient is a customer. */
export function senderParams(
  company: Pick<Company, 'name' | 'hotline' | 'place' | 'hours' | 'recourseBodies'>,
  recipient: string | null,
  language: Language,
): Record<SenderParam, string> {
  return {
    company: inLanguage(company.name, language),
    phone: company.hotline,
    place: inLanguage(company.place, language),
    hours: inLanguage(company.hours, language),
    recourseBodies: inLanguage(company.recourseBodies, language),
    recipient: recipient?.trim() || (language === 'en' ? 'customer' : '尊敬的客户'),
  };
}

/** Where and how to complain, ready to be printed: title and text (CMP-01). @throws TemplateError */
export function complaintNotice(
  set: TemplateSet,
  company: Company,
  language: Language,
): { title: string; text: string } {
  const { subject, text } = renderMessage(
    set,
    {
      template: 'mail.notice.complaints',
      params: { mail: company.mailFrom },
      channel: 'mail',
      language,
      company,
      recipient: null,
    },
    { offsetMinutes: 0, staff: () => null, content: () => null },
  );
  return { title: subject ?? '', text };
}

export interface RenderOrder {
  template: string;
  params: Record<string, MessageParam>;
  channel: Channel;
  language: Language;
  company: Parameters<typeof senderParams>[0];
  /** Name of who is addressed; null when not known. */
  recipient: string | null;
}

export interface RenderedMessage extends Rendered {
  /** The values used, as text: what an SMS provider is given beside the template. */
  params: Record<string, string>;
}

/**
 * The whole last step: finds the template, puts every parameter into words, adds the sender's own, renders.
 * @throws TemplateError
 */
export function renderMessage(set: TemplateSet, order: RenderOrder, lookups: Lookups): RenderedMessage {
  const template = set.find(order.template, order.language);
  const values: Record<string, string> = { ...senderParams(order.company, order.recipient, order.language) };
  for (const [name, param] of Object.entries(order.params)) {
    values[name] = formatParam(param, order.language, lookups);
  }
  const rendered = renderTemplate(template, order.channel, values);
  const { sms, mail } = template.channels;
  const used = paramsOf(order.channel === 'sms' ? (sms ?? '') : `${mail?.subject ?? ''} ${mail?.text ?? ''}`);
  const params = Object.fromEntries(
    used.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
  return { ...rendered, params };
}
