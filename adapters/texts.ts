/**
 * Message templates from their folder, and the last step of a message: references become words in the reader's
 * language, and the template becomes the text that is sent.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Channel, Language, MessageParam } from '../domain/case.js';
import {
  TemplateError,
  calledAs,
  inLanguage,
  lintTemplates,
  longestValues,
  paramsOf,
  renderTemplate,
  templateFileSchema,
  type LintOptions,
  type LoadedTemplate,
  type Rendered,
  type SenderParam,
  type TemplateFinding,
} from '../domain/message.js';
import type { Company } from '../domain/organisation.js';
import { wordParam } from '../domain/words.js';
import { FileError, readYamlFile, type FileProblem } from './organisation-file.js';

export const LANGUAGES: readonly Language[] = ['zh-CN', 'en'];

/** Checked templates in all languages. */
export interface TemplateSet {
  all: readonly LoadedTemplate[];
  /** Findings that do not stop anything; `policy check` shows them. */
  warnings: readonly TemplateFinding[];
  /** @throws TemplateError `template.unknown` */
  find(key: string, language: Language): LoadedTemplate;
}

/** Templates that must not be used: every error of the lint. */
export class TemplateLintError extends Error {
  override readonly name = 'TemplateLintError';
  constructor(readonly findings: readonly TemplateFinding[]) {
    super(
      findings
        .map((each) => `${each.file}: ${each.key} ${each.path}: ${each.problem}; ${each.remedy}`)
        .join('\n'),
    );
  }
}

/**
 * Reads `<folder>/<language>/*.yaml`, checks every file and lints them as a set.
 * @param given the organisation's own signature and longest values; without it, those of the example
 * @throws FileError for files that are no template files, TemplateLintError listing all error findings
 */
export async function loadTemplates(folder: string, given: Partial<LintOptions> = {}): Promise<TemplateSet> {
  const all: LoadedTemplate[] = [];
  const problems: FileProblem[] = [];
  for (const language of LANGUAGES) {
    const inside = join(folder, language);
    const names = await readdir(inside).catch(() => [] as string[]);
    for (const name of names.filter((each) => /\.ya?ml$/.test(each)).sort()) {
      const file = join(inside, name);
      try {
        const { data } = await readYamlFile(file, templateFileSchema);
        all.push(...data.templates.map((template) => ({ ...template, language, file })));
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        problems.push(...error.problems);
      }
    }
  }
  if (problems.length > 0) throw new FileError(problems);

  const findings = lintTemplates(all, {
    signature: given.signature ?? '示例税控',
    longest: given.longest ?? longestValues(),
  });
  const errors = findings.filter((finding) => !finding.warning);
  if (errors.length > 0) throw new TemplateLintError(errors);

  const byKey = new Map(all.map((template) => [`${template.language} ${template.key}`, template]));
  return {
    all,
    warnings: findings.filter((finding) => finding.warning),
    find(key, language) {
      const template = byKey.get(`${language} ${key}`);
      if (!template)
        throw new TemplateError('template.unknown', key, null, `no template ${key} in ${language}`);
      return template;
    },
  };
}

/** What parameters refer to; the caller has looked it up beforehand. */
export interface Lookups {
  /** The organisation's zone; China is +480. */
  offsetMinutes: number;
  staff(id: string): { name: string; calledAs?: string | undefined } | null;
  /** Body of a content row; null once erased. */
  content(id: string): string | null;
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
