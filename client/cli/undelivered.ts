/** A message that reached nobody, as the person who delivers it by hand must have it: to whom, what about, the text. */
import { join } from 'node:path';
import type { Language, MessageRow, TaskRow } from '../../domain/case.js';
import { TemplateError } from '../../domain/message.js';
import type { Organisation } from '../../domain/organisation.js';
import { word } from '../../domain/words.js';
import type { CaseSheet } from '../api.js';
import type { Context } from './context.js';

export interface Undelivered {
  to: string;
  about: string;
  /** Null where it is hidden from the reader, or no channel has a text. */
  text: string | null;
}

/** What the task asks to be delivered by hand; null for a task that is about no message of the case. */
export async function undeliveredOf(
  ctx: Context,
  sheet: CaseSheet,
  task: Pick<TaskRow, 'name' | 'context'>,
): Promise<Undelivered | null> {
  const key = task.name === 'deliverByHand' ? task.context?.['message'] : undefined;
  const message = sheet.messages.find((each) => each.key === key);
  if (message === undefined) return null;
  const reason = message.reason ?? task.context?.['reason'];
  const why = typeof reason === 'string' ? `, not delivered: ${word('reason', reasonKey(reason), 'en')}` : '';
  const about = `${word('message', message.template, 'en')}, by ${message.channels.join(', ')}${why}`;
  if (sheet.view === 'masked') return { to: 'hidden from you (PRV-02)', about, text: null };
  const organisation = await (await ctx.open()).organisation();
  const reader = readerOf(message, sheet, organisation);
  const to = [reader.name, reader.contact, reader.phone].filter(Boolean).join(', ');
  return { to, about, text: await textOf(ctx, message, sheet, organisation, reader) };
}

/** The pairs of it, the text line by line. */
export function undeliveredPairs({ to, about, text }: Undelivered): [string, string][] {
  const lines = text?.trim().split('\n') ?? ['(no text to be shown)'];
  return [
    ['to', to],
    ['about', about],
    ...lines.map((line, i): [string, string] => [i === 0 ? 'text' : '', line === '' ? ' ' : line]),
  ];
}

/** The words know these reasons by one name each. */
function reasonKey(reason: string): string {
  if (reason.startsWith('contact:')) return 'deadNumber';
  if (reason === 'noChannel') return 'noAddress';
  return reason === 'outOfTime' ? 'gaveUp' : reason;
}

interface Reader {
  name: string;
  /** How the text addresses him; null when not known. */
  addressed: string | null;
  contact: string | null;
  phone: string | null;
  language: Language;
}

function readerOf({ to }: MessageRow, sheet: CaseSheet, organisation: Organisation): Reader {
  const nobody: Reader = { name: to.kind, addressed: null, contact: null, phone: null, language: 'zh-CN' };
  if (to.kind === 'contact') {
    const { name, phone, language } = sheet.complainant ?? nobody;
    return { ...nobody, name: name ?? 'complainant', addressed: name, phone, language };
  }
  if (to.kind === 'customer') {
    const customer = organisation.customers.find(({ id }) => id === to.id);
    if (customer === undefined) return { ...nobody, name: `customer ${to.id}` };
    const { name, contactName = null, mobile, landline, language } = customer;
    return { name, addressed: name, contact: contactName, phone: mobile ?? landline ?? null, language };
  }
  const known =
    to.kind === 'unit'
      ? organisation.units.find(({ id }) => id === to.id)
      : organisation.staff.find(({ id }) => id === to.id);
  if (known === undefined) return { ...nobody, name: to.id };
  const phone = 'phone' in known ? known.phone : 'mobile' in known ? known.mobile : undefined;
  return {
    name: known.name,
    addressed: known.name,
    contact: null,
    phone: phone ?? null,
    language: known.language,
  };
}

/** As it was to be sent, by the first of its channels that has a text. */
async function textOf(
  ctx: Context,
  { template, params, channels }: MessageRow,
  sheet: CaseSheet,
  organisation: Organisation,
  reader: Reader,
): Promise<string | null> {
  const [{ loadTemplates }, { renderMessage }] = await Promise.all([
    import('../../adapters/texts.js'),
    import('../../domain/text.js'),
  ]);
  const set = await loadTemplates(join((await ctx.config()).packageRoot, 'policy', 'templates'));
  const { company, staff } = organisation;
  const { language, addressed: recipient } = reader;
  for (const channel of channels) {
    try {
      const order = { template, params, channel, language, company, recipient };
      const lookups = {
        offsetMinutes: ctx.moments.offsetMinutes,
        staff: (id: string) => staff.find((each) => each.id === id) ?? null,
        content: (id: string) => sheet.texts[id] ?? null,
      };
      return renderMessage(set, order, lookups).text;
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
    }
  }
  return null;
}
