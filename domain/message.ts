/**
 * Message templates as data: their schema, their parameters, how they are rendered, and what is wrong with them.
 * A template is checked when it is loaded, with the longest values it can meet: a text that could fail at the
 * provider, or that a customer should not read, never gets as far as being sent.
 */
import { z } from 'zod';
import type { Channel, Language } from './case.js';
import { mayStandInText, normaliseMobile } from './phone.js';
import { longestWord } from './words.js';

const formSchema = z.strictObject({ subject: z.string().min(1), text: z.string().min(1) });

export const templateSchema = z.strictObject({
  key: z.string().regex(/^[a-z]+(\.[a-zA-Z]+)+$/, 'words joined by dots, e.g. cmp.received'),
  /** N: notification. P: promotional, by consent only, within hours, with an opt-out (facts 4). */
  class: z.enum(['N', 'P']),
  audience: z.enum(['customer', 'staff', 'unit']),
  /** A text that asks for a rating: must tell how to answer (AT-41). */
  survey: z.boolean().optional(),
  channels: z
    .strictObject({
      sms: z.string().min(1).optional(),
      mail: formSchema.optional(),
      /** `mail`: the mail form is also printed and sent as a registered letter. */
      letter: z.literal('mail').optional(),
    })
    .refine((channels) => channels.sms !== undefined || channels.mail !== undefined, 'sms, mail or both')
    .refine(
      (channels) => channels.letter === undefined || channels.mail !== undefined,
      'a letter needs the mail form',
    ),
});

/** One file of templates: `policy/templates/<language>/<family>.yaml`. */
export const templateFileSchema = z.strictObject({
  schema: z.literal('aftercare.templates/1'),
  templates: z.array(templateSchema).min(1),
});

export type Template = z.infer<typeof templateSchema>;
export type TemplateFile = z.infer<typeof templateFileSchema>;
/** A template with where it came from. */
export type LoadedTemplate = Template & { language: Language; file: string };

export interface Rendered {
  /** Null for SMS. */
  subject: string | null;
  text: string;
}

// ---------------------------------------------------------------- parameters

export interface TemplateParams {
  /** Every channel's text uses these, and a value is required. */
  params: readonly string[];
  /** Used by mail and letter besides `params`; required there. */
  mail?: readonly string[];
  /** Used by mail and letter; without a value the whole line that holds it is left out. */
  optional?: readonly string[];
}

/**
 * Parameters the sender fills in itself, from the organisation and the recipient: a case never passes them.
 * `company`, `phone` (hotline), `place`, `hours`, `recourseBodies`: our organisation · `recipient`: who is addressed.
 */
export const SENDER_PARAMS = ['company', 'phone', 'place', 'hours', 'recourseBodies', 'recipient'] as const;
export type SenderParam = (typeof SENDER_PARAMS)[number];

const CUSTOMER_MAIL = ['recipient', 'company'];

/** The parameters of every template, the same in all languages. */
export const TEMPLATE_PARAMS: Record<string, TemplateParams> = {
  'cmp.received': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.progress': { params: ['caseNo', 'stage', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.dateChanged': { params: ['caseNo', 'time', 'staff', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.raised': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.proposal': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.resultApology': { params: ['caseNo', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.result': { params: ['caseNo', 'staff', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.nextRound': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.unreachable': { params: ['caseNo', 'date', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.withdrawn': { params: ['caseNo', 'date', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.merged': { params: ['caseNo', 'staff', 'phone'], mail: CUSTOMER_MAIL },
  'cmp.external': { params: ['caseNo', 'recourseBodies', 'phone'], mail: CUSTOMER_MAIL },
  'mail.cmp.result': {
    params: [],
    mail: [...CUSTOMER_MAIL, 'caseNo', 'date', 'finding', 'result', 'phone', 'staff', 'place', 'hours'],
    optional: ['prevention', 'apology'],
  },
  'mail.cmp.unreachable': {
    params: [],
    mail: [...CUSTOMER_MAIL, 'caseNo', 'attempts', 'date', 'phone'],
    optional: ['result'],
  },
  'mail.cmp.external': {
    params: [],
    mail: [...CUSTOMER_MAIL, 'caseNo', 'rounds', 'opinion', 'recourseBodies', 'phone'],
  },
  'mail.cmp.verify': { params: [], mail: [...CUSTOMER_MAIL, 'caseNo', 'time', 'matter', 'staff', 'phone'] },
  'mail.cmp.manufacturer': {
    params: [],
    mail: [...CUSTOMER_MAIL, 'caseNo', 'time', 'matter', 'staff', 'phone'],
  },
  // Printed and put up, never sent: where and how to complain (CMP-01).
  'mail.notice.complaints': {
    params: [],
    mail: ['company', 'phone', 'hours', 'mail', 'place', 'recourseBodies'],
  },
  'staff.taskOpened': { params: ['caseNo', 'task', 'due', 'staff'], optional: ['reason'] },
  'staff.reminder': { params: ['caseNo', 'task', 'percent', 'due'] },
  'staff.late': { params: ['caseNo', 'task', 'due', 'staff'] },
  'staff.levelRaised': { params: ['caseNo', 'level', 'staff', 'reason'] },
  'staff.major': { params: ['caseNo', 'task', 'due'] },
  'staff.promiseLapsing': { params: ['caseNo', 'due', 'staff'] },
  'staff.progressDue': { params: [] },
  'staff.dailyReview': { params: ['date'] },
  'staff.reassigned': { params: ['caseNo', 'task', 'staff'], optional: ['reason'] },
  'staff.messageFailed': { params: ['caseNo', 'message', 'reason'] },
  'staff.pauseLapsed': { params: ['caseNo', 'reason', 'due'] },
  'iss.registered': { params: ['caseNo', 'phone'], mail: CUSTOMER_MAIL },
  'iss.appointment': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'iss.moved': { params: ['caseNo', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'iss.codeApplied': { params: ['caseNo', 'date', 'phone'], mail: CUSTOMER_MAIL },
  'iss.codeReady': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'iss.split': { params: ['caseNo', 'newCaseNo', 'phone'], mail: CUSTOMER_MAIL },
  'iss.cancelled': { params: ['caseNo', 'amount', 'date', 'phone'], mail: CUSTOMER_MAIL },
  'rep.accepted': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'rep.refused': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'rep.dateChanged': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'rep.appointment': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'rep.noAnswer': { params: ['caseNo', 'phone'], mail: CUSTOMER_MAIL },
  'rep.late': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'rep.substitute': { params: ['caseNo', 'staff', 'time', 'phone'], mail: CUSTOMER_MAIL },
  'rep.paid': { params: ['caseNo', 'amount', 'phone'], mail: CUSTOMER_MAIL },
  'rep.taken': { params: ['machine', 'voucherNo', 'date', 'phone'], mail: CUSTOMER_MAIL },
  'rep.return': { params: ['machine', 'staff', 'time', 'voucherNo', 'phone'], mail: CUSTOMER_MAIL },
  'rep.returnAsIs': { params: ['machine', 'staff', 'time', 'voucherNo', 'phone'], mail: CUSTOMER_MAIL },
  'rep.cancelled': { params: ['caseNo', 'staff', 'phone'], mail: CUSTOMER_MAIL },
  'mail.iss.bureauSlot': {
    params: [],
    mail: [...CUSTOMER_MAIL, 'caseNo', 'count', 'time', 'staff', 'phone', 'code', 'due'],
  },
  'mail.iss.bureauReminder': {
    params: [],
    mail: [...CUSTOMER_MAIL, 'caseNo', 'time', 'phone', 'code', 'due'],
  },
  'mail.iss.bureauConfirmed': {
    params: [],
    mail: [...CUSTOMER_MAIL, 'caseNo', 'count', 'time', 'staff', 'phone'],
  },
  'mail.iss.bureauMoved': { params: [], mail: [...CUSTOMER_MAIL, 'caseNo', 'time', 'staff', 'phone'] },
  'mail.iss.bureauCancelled': { params: [], mail: [...CUSTOMER_MAIL, 'caseNo', 'time', 'phone'] },
  'staff.custodyOverdue': { params: ['caseNo', 'staff', 'count', 'item'] },
  'staff.acceptanceRefused': { params: ['caseNo', 'task', 'item', 'count', 'staff'], optional: ['reason'] },
  'staff.laterVisits': { params: ['caseNo', 'staff'] },
  'staff.appointmentShifts': { params: ['caseNo', 'time'] },
  'staff.tripMoved': { params: ['caseNo', 'trip', 'time', 'staff'] },
  'staff.bureauNoSlot': { params: ['caseNo', 'staff', 'reason'] },
  'staff.riskTaken': { params: ['caseNo', 'staff'] },
  'staff.paidVisit': { params: ['caseNo', 'staff'] },
  'staff.notReached': { params: ['caseNo', 'staff'] },
  'staff.approval': { params: ['caseNo', 'task', 'staff', 'due'] },
};

const VARIABLE = /\$\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** Names of the variables in a text, each once, in order of appearance. */
export function paramsOf(text: string): string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map((match) => match[1]!))];
}

// ---------------------------------------------------------------- rendering

/** A message that cannot be rendered: `code` says why, `param` which parameter. Carries no values. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  constructor(
    readonly code:
      'template.unknown' | 'template.noChannel' | 'template.paramMissing' | 'template.linkInValue',
    readonly key: string,
    readonly param: string | null,
    message: string,
  ) {
    super(message);
  }
}

const LINK = /https?:|www\.|:\/\/|(?<![@\w.])[a-z0-9-]+\.(?:com|cn|net|org|top|vip|cc)(?![\w.])/i;

function fill(template: Template, text: string, params: Record<string, string>, sms: boolean): string {
  const optional = TEMPLATE_PARAMS[template.key]?.optional ?? [];
  const lines = text
    .split('\n')
    .filter((line) => !paramsOf(line).some((name) => optional.includes(name) && !params[name]?.trim()));
  const filled = lines.join('\n').replace(VARIABLE, (variable, name: string, at: number, whole: string) => {
    const value = params[name]?.trim();
    if (value === undefined || value === '') {
      throw new TemplateError(
        'template.paramMissing',
        template.key,
        name,
        `${template.key}: no value for ${name}`,
      );
    }
    if (sms && LINK.test(value)) {
      throw new TemplateError(
        'template.linkInValue',
        template.key,
        name,
        `${template.key}: a link in ${name}`,
      );
    }
    // People end a sentence themselves; the template's own full stop then stays the only one.
    return /[。.]/.test(whole[at + variable.length] ?? '') ? value.replace(/[。.]+$/, '') : value;
  });
  return filled.replace(/\n{3,}/g, '\n\n').trim();
}

/**
 * Renders one template for one channel. Values are plain text in the reader's language; surplus ones are ignored.
 * @throws TemplateError when the template lacks the channel, a value is missing, or an SMS value holds a link
 */
export function renderTemplate(
  template: Template,
  channel: Channel,
  params: Record<string, string>,
): Rendered {
  const { sms, mail, letter } = template.channels;
  if (channel === 'sms' && sms !== undefined)
    return { subject: null, text: fill(template, sms, params, true) };
  if (mail !== undefined && (channel === 'mail' || (channel === 'letter' && letter === 'mail'))) {
    return {
      subject: fill(template, mail.subject, params, false),
      text: fill(template, mail.text, params, false),
    };
  }
  throw new TemplateError(
    'template.noChannel',
    template.key,
    null,
    `${template.key} has no text for ${channel}`,
  );
}

/** Characters an SMS is billed by: signature with its brackets and the text, every character one (facts 4). */
export function smsLength(text: string, signature: string): number {
  return [...`【${signature}】${text}`].length;
}

/** Segments of that many characters: one up to 70, else 67 each. */
export function smsSegments(length: number): number {
  return length <= 70 ? 1 : Math.ceil(length / 67);
}

/**
 * One entry of the organisation may serve both languages, divided by a bar: `周一至周五 | Monday to Friday`.
 * Without a bar it is the same in both.
 */
export function inLanguage(entry: string, language: Language): string {
  const [zh, en] = entry.split('|').map((part) => part.trim());
  return (language === 'en' && en) || zh || entry;
}

/** How customers are told a person's name, e.g. `李女士 | Ms Li` in its language; without that the name itself. */
export function calledAs(
  person: { name: string; calledAs?: string | undefined },
  language: Language,
): string {
  return inLanguage(person.calledAs ?? person.name, language);
}

// ---------------------------------------------------------------- lint

export interface TemplateFinding {
  file: string;
  key: string;
  /** Where in the template, e.g. `channels.sms`. */
  path: string;
  problem: string;
  remedy: string;
  /** Absent: an error. */
  warning?: true;
}

export interface LintOptions {
  /** SMS signature without brackets. */
  signature: string;
  /** The longest value each SMS variable can take, by language; see `longestValues`. */
  longest: Record<Language, Record<string, string>>;
}

/**
 * The longest realistic values: words from the closed lists, and names and numbers of the real organisation where
 * they are given. Case numbers with four digits after the thousandth of a day (CRM-05).
 */
export function longestValues(
  given: {
    staff?: readonly { name: string; calledAs?: string | undefined }[];
    phone?: string;
    recourseBodies?: string;
  } = {},
): Record<Language, Record<string, string>> {
  const longestOf = (texts: readonly string[]): string =>
    texts.reduce((longest, text) => ([...text].length > [...longest].length ? text : longest), '');
  const common = (language: Language): Record<string, string> => ({
    caseNo: 'T20301231-1000',
    newCaseNo: 'F20301231-1000',
    trip: 'R20301231-1000',
    phone: given.phone ?? '0571-5550100',
    percent: '100',
    count: '99',
    amount: '12000.00',
    item: 'replaced/JSP-30040001',
    voucherNo: 'QJ20301231-001',
    stage: longestWord('stage', language),
    task: longestWord('task', language),
    level: longestWord('level', language),
    reason: longestOf([longestWord('reason', language), longestWord('pause', language)]),
    message: longestWord('message', language),
    machine: longestWord('machine', language),
    staff: longestOf([
      language === 'en' ? 'Mr Shangguan' : '欧阳女士',
      ...(given.staff ?? []).map((p) => calledAs(p, language)),
    ]),
  });
  const bodies = (language: Language) => given.recourseBodies && inLanguage(given.recourseBodies, language);
  return {
    'zh-CN': {
      ...common('zh-CN'),
      time: '10月15日17:30',
      due: '10月15日17:30',
      date: '10月15日',
      recourseBodies: bodies('zh-CN') ?? '主管税务机关、12366、12315',
    },
    en: {
      ...common('en'),
      time: '15 Oct 17:30',
      due: '15 Oct 17:30',
      date: '15 Oct',
      recourseBodies: bodies('en') ?? 'the tax authority, 12366 or 12315',
    },
  };
}

interface Forbidden {
  pattern: RegExp;
  rule: string;
  remedy: string;
}

/** HOT-10: what is never said to anybody, by language. */
const DISCOURTEOUS: Record<Language, Forbidden[]> = {
  'zh-CN': [
    { pattern: /你/, rule: 'HOT-10', remedy: 'address people as 您' },
    { pattern: /喂/, rule: 'HOT-10', remedy: 'greet with 您好' },
    {
      pattern: /不归我们|不是我们的(?:事|业务|问题)|不关我们|与我们无关|跟我们没关系|不属于我们/,
      rule: 'HOT-10',
      remedy: 'say who will take care of it',
    },
    {
      pattern: /解决不了|没办法|无能为力|办不了/,
      rule: 'HOT-10',
      remedy: 'say what can be done, and ask for understanding',
    },
    { pattern: /随便|爱找谁找谁/, rule: 'HOT-10', remedy: 'thank for the opinion' },
    {
      pattern: /不清楚|不知道|不了解情况/,
      rule: 'HOT-10',
      remedy: 'say by when the answer comes, and from whom',
    },
    {
      pattern: /尽快|大概|也许|差不多|过几天|改天|到时候再说/,
      rule: 'HOT-10',
      remedy: 'vague: name the time',
    },
    { pattern: /搞定|咋|甭|亲[,，爱]|哈[,，。]/, rule: 'HOT-10', remedy: 'no slang' },
  ],
  en: [
    { pattern: /\b(?:hey|hi there)\b/i, rule: 'HOT-10', remedy: 'greet with "Dear …"' },
    {
      pattern: /not our (?:business|problem|job|responsibility)|nothing to do with us|not up to us/i,
      rule: 'HOT-10',
      remedy: 'say who will take care of it',
    },
    {
      pattern:
        /(?:can(?:not|'t|’t)|could not|couldn't) be (?:solved|fixed|helped)|nothing we can do|unable to (?:solve|help)/i,
      rule: 'HOT-10',
      remedy: 'say what can be done, and ask for understanding',
    },
    {
      pattern: /as you (?:like|wish)|whatever you (?:like|want)|suit yourself/i,
      rule: 'HOT-10',
      remedy: 'thank for the opinion',
    },
    {
      pattern: /(?:do not|don't|don’t) know|no idea|not (?:clear|sure)\b|unclear/i,
      rule: 'HOT-10',
      remedy: 'say by when the answer comes, and from whom',
    },
    {
      pattern: /as soon as possible|\b(?:asap|soon|shortly|maybe|some day)\b/i,
      rule: 'HOT-10',
      remedy: 'vague: name the time',
    },
  ],
};

/** CMP-22: what only the desk needs to know. Not for customers, nor for units. */
const INTERNAL: Forbidden[] = [
  {
    pattern: /(?<![A-Za-z0-9])L[1-3](?![A-Za-z0-9])/,
    rule: 'CMP-22',
    remedy: 'name the person, not the level',
  },
  {
    pattern: /(?<![A-Za-z0-9])(?:[A-Z]{3,4}-\d{2}|[DW]\d{1,2}|AT-\d{2})(?![A-Za-z0-9])/,
    rule: 'CMP-22',
    remedy: 'leave the rule id out',
  },
  {
    pattern:
      /升级|升格|级别|一线|二线|三级客服|内部|争议|扯皮|推诿|工单|派单|超时|责任部门|考核|定责|被投诉人/,
    rule: 'CMP-22',
    remedy: 'say what it means for the customer',
  },
  {
    pattern:
      /\b(?:levels?|escalat\w*|internal\w*|disput\w*|tickets?|front line|second line|level-3|overdue|breach\w*|SLA|blame)\b/i,
    rule: 'CMP-22',
    remedy: 'say what it means for the customer',
  },
];

/** Common characters written only in Traditional Chinese; providers refuse them (facts 4). */
const TRADITIONAL = new RegExp(
  `[${[
    '們個來說時會這對為國過學發經動現點長門問間題體實區員當關無業電話處開機應續請與務於單號樣變觀覺認識記設許評詞試詢該詳語誤讀調談謝證議護讓負責費資質購贈軟載輕輸辦農運達遲選遺還進連邊',
    '鄉銷錄錯鍵鎮閱陽際隨險雙雜離難雲靈響頁頂順須預頭額風飛飯館馬驗驚髮鬥龍東車見貝產鐘錢銀鐵鋪鏈錶帳幣師帶幫廣廠庫廳張強彈歸後從復態懷慣慶憂戰戶擔據擇擊擴攝數斷舊書曆權條極構標檢樓歡歲',
    '歷殘殺決沒況準溫測滿漢濟灣災煩熱爭獎獨獲環畫異療盡監盤眾確碼禮種稱穩窮競筆節範築簡籤類糾紀約級納紙細終組結給統絕絡維網緊線締編緩練縣總績織繳聯聲職聽腦臨舉艱藝藥蘇虛蟲補裝複計訂訊訓',
    '託訪訴診註誠誰論諮謹譯貨貴買貸貿賀賞賠賣賬賴趕躍軍輪轉辭遠適鄭醫釋針鈔鋼錦鎖閉閒闆隊階陳陸雖顧願顯飲餘駐驅魚鮮麗麥黃齊齒將嗎麼裡週郵製傳億優價倉備儘',
  ].join('')}]`,
);
const SYMBOLS = /[\u2190-\u21FF\u2460-\u27BF\u2B00-\u2BFF\u3200-\u33FF\u{1F000}-\u{1FAFF}]/u;
const MARKETING =
  /优惠|促销|打折|折扣|特价|免费领|限时|抽奖|\b(?:discount|special offer|promotion|sale ends)\b/i;
const OPT_OUT = '拒收请回复R';
const OPT_OUT_LIKE = /拒收请回复|退订回|回[复TR]+退订|reply (?:R|STOP) to/i;
const LINK_NAME = /^(?:url|link|href|uri|site|page|qr)$|(?:Url|Link|Href|Uri)$/;
/** Providers' limit for one variable (facts 4). */
const LONGEST_VARIABLE = 35;

/** One text of a template: what all checks look at. */
interface TextPart {
  path: string;
  channel: 'sms' | 'mail';
  text: string;
}

function partsOf(template: Template): TextPart[] {
  const { sms, mail } = template.channels;
  const parts: TextPart[] = [];
  if (sms !== undefined) parts.push({ path: 'channels.sms', channel: 'sms', text: sms });
  if (mail !== undefined) {
    parts.push({ path: 'channels.mail.subject', channel: 'mail', text: mail.subject });
    parts.push({ path: 'channels.mail.text', channel: 'mail', text: mail.text });
  }
  return parts;
}

type Report = (path: string, problem: string, remedy: string, warning?: true) => void;

function lintParams(template: Template, report: Report): void {
  const declared = TEMPLATE_PARAMS[template.key];
  if (!declared) {
    report('key', `unknown template ${template.key}`, `one of ${Object.keys(TEMPLATE_PARAMS).join(', ')}`);
    return;
  }
  const { params, mail = [], optional = [] } = declared;
  const check = (
    path: string,
    text: string,
    required: readonly string[],
    allowed: readonly string[],
  ): void => {
    const used = paramsOf(text);
    for (const name of required.filter((each) => !used.includes(each))) {
      report(path, `parameter \${${name}} is missing`, `use \${${name}} in the text`);
    }
    for (const name of used.filter((each) => !allowed.includes(each))) {
      report(
        path,
        `unknown parameter \${${name}}`,
        allowed.length ? `one of ${allowed.join(', ')}` : 'this text takes none',
      );
    }
    if (text.replace(VARIABLE, '').includes('${')) {
      report(path, 'a variable is not closed or not named by letters', 'write ${name}');
    }
  };
  const { sms, mail: form } = template.channels;
  if (sms !== undefined) check('channels.sms', sms, params, params);
  if (form !== undefined) {
    const all = [...params, ...mail, ...optional];
    check('channels.mail.text', form.text, all, all);
    check('channels.mail.subject', form.subject, [], [...params, ...mail]);
  }
}

function lintSms(template: LoadedTemplate, text: string, options: LintOptions, report: Report): void {
  const path = 'channels.sms';
  const longest = options.longest[template.language];
  const names = paramsOf(text);
  for (const name of names.filter(
    (each) => TEMPLATE_PARAMS[template.key]?.params.includes(each) && !longest[each],
  )) {
    report(
      path,
      `no longest value is known for \${${name}}`,
      'add it to longestValues, so that the length can be checked',
    );
  }
  for (const name of names) {
    const value = longest[name] ?? '';
    if (LINK.test(value))
      report(path, `\${${name}} can hold a link`, 'a link stands in the template, never in a variable');
    if ([...value].length > LONGEST_VARIABLE) {
      report(
        path,
        `\${${name}} can have ${[...value].length} characters`,
        `at most ${LONGEST_VARIABLE} in one variable`,
      );
    }
  }
  if (names.includes('phone') && !mayStandInText(longest['phone'] ?? '')) {
    report(
      path,
      '${phone} is not a landline or service line',
      'set company.hotline to a landline, 400 or 95 number',
    );
  }
  if (text.replace(VARIABLE, '').replace(/[\s\p{P}]/gu, '') === '') {
    report(path, 'the text is nothing but variables', 'providers refuse it: write the sentence around them');
  }
  if (/\}\$\{/.test(text))
    report(path, 'two variables stand side by side', 'providers refuse it: put words between them');
  if (/\n/.test(text.trim())) report(path, 'a line break in an SMS', 'write one line');

  const length = smsLength(
    text.replace(VARIABLE, (variable, name: string) => longest[name] ?? variable),
    options.signature,
  );
  const allowed = template.language === 'zh-CN' && template.audience === 'customer' ? 1 : 2;
  if (smsSegments(length) > allowed) {
    const limit = allowed === 1 ? 70 : 134;
    report(path, `${length} characters with the signature and the longest values`, `at most ${limit}`);
  } else if (length > 70 && template.language === 'zh-CN') {
    report(path, `${length} characters with the longest values: two segments`, 'at most 70 for one', true);
  }

  const body = text.trim();
  if (template.class === 'P' && !body.endsWith(OPT_OUT)) {
    report(path, 'class P without opt-out at the end', `end the text with ${OPT_OUT}`);
  }
}

function lintSurvey(template: Template, part: TextPart, report: Report): void {
  const fixed = part.text.replace(VARIABLE, '');
  const asksDigits =
    /回复|reply/i.test(fixed) && ['1', '2', '3', '4', '5'].every((digit) => fixed.includes(digit));
  if (LINK.test(fixed) || paramsOf(part.text).includes('code') || asksDigits) return;
  report(part.path, 'a survey without code, link or digits to answer with (AT-41)', 'tell how to answer');
}

function lintWords(template: LoadedTemplate, part: TextPart, isSurvey: boolean, report: Report): void {
  const fixed = part.text.replace(VARIABLE, ' ');
  const forbidden = [...DISCOURTEOUS[template.language], ...(template.audience === 'staff' ? [] : INTERNAL)];
  for (const { pattern, rule, remedy } of forbidden) {
    const hit = pattern.exec(fixed);
    if (hit) report(part.path, `"${hit[0]}" must not be said (${rule})`, remedy);
  }
  if (/[【】]/.test(part.text))
    report(part.path, '【】 in a text', 'the signature is added when the message is sent');
  if (LINK.test(fixed) && !isSurvey)
    report(part.path, 'a link in the text', 'give the telephone number instead');
  for (const name of paramsOf(part.text).filter((each) => LINK_NAME.test(each))) {
    report(part.path, `\${${name}} would carry a link`, 'a link stands in the template, never in a variable');
  }
  const traditional = TRADITIONAL.exec(fixed);
  if (traditional)
    report(part.path, `"${traditional[0]}" is a Traditional character`, 'write Simplified Chinese');
  const symbol = SYMBOLS.exec(fixed);
  if (symbol) report(part.path, `the symbol "${symbol[0]}"`, 'use words and plain punctuation');
  if (normaliseMobile((/1[3-9]\d{9}/.exec(fixed) ?? [''])[0])) {
    report(part.path, 'a mobile number in the text', 'only the landline or service line, as ${phone}');
  }
  if (template.class === 'N' && OPT_OUT_LIKE.test(fixed)) {
    report(part.path, 'class N with an opt-out', `leave ${OPT_OUT} out, or make it class P`);
  }
  const marketing = MARKETING.exec(fixed);
  if (template.class === 'N' && marketing) {
    report(
      part.path,
      `"${marketing[0]}" in a notification`,
      'notifications do not advertise: make it class P',
    );
  }
}

/** Findings about the set: each key once in each language, with the same class, audience and channels. */
function lintSet(templates: readonly LoadedTemplate[]): TemplateFinding[] {
  const findings: TemplateFinding[] = [];
  const languages: Language[] = ['zh-CN', 'en'];
  const shape = (template: LoadedTemplate): string =>
    [template.class, template.audience, ...Object.keys(template.channels).sort()].join(' ');
  for (const key of new Set([
    ...Object.keys(TEMPLATE_PARAMS),
    ...templates.map((template) => template.key),
  ])) {
    const [first, ...others] = templates.filter((template) => template.key === key);
    for (const language of languages) {
      const own = templates.filter((template) => template.key === key && template.language === language);
      const file = own[1]?.file ?? first?.file ?? language;
      if (own.length === 0) {
        findings.push({
          file,
          key,
          path: 'key',
          problem: `no template in ${language}`,
          remedy: 'write it in both languages',
        });
      } else if (own.length > 1) {
        findings.push({
          file,
          key,
          path: 'key',
          problem: `${own.length} templates in ${language}`,
          remedy: 'keep one',
        });
      }
    }
    for (const other of others.filter((each) => first && shape(each) !== shape(first))) {
      const problem = `class, audience and channels are "${shape(other)}", in ${first!.file} "${shape(first!)}"`;
      findings.push({
        file: other.file,
        key,
        path: 'channels',
        problem,
        remedy: 'make them the same in both languages',
      });
    }
  }
  return findings;
}

/**
 * Everything wrong with a set of templates in all languages: parameters, SMS length with the longest values
 * (facts 4), forbidden phrases (HOT-10), internal words (CMP-22), links, signs that providers refuse, promotional
 * rules, surveys nobody could answer (AT-41), and keys missing in one language. Empty when all is well.
 */
export function lintTemplates(templates: readonly LoadedTemplate[], options: LintOptions): TemplateFinding[] {
  const findings: TemplateFinding[] = [];
  for (const template of templates) {
    const { file, key } = template;
    const report: Report = (path, problem, remedy, warning) =>
      findings.push({ file, key, path, problem, remedy, ...(warning ? { warning } : {}) });
    const isSurvey = template.survey === true || /survey/i.test(key);
    lintParams(template, report);
    for (const part of partsOf(template)) {
      lintWords(template, part, isSurvey, report);
      if (part.channel === 'sms') lintSms(template, part.text, options, report);
      if (isSurvey && part.path !== 'channels.mail.subject') lintSurvey(template, part, report);
    }
    const { sms, mail } = template.channels;
    // The customer chooses the channel, and another takes over when it fails.
    if (
      template.audience === 'customer' &&
      !key.startsWith('mail.') &&
      (sms === undefined || mail === undefined)
    ) {
      report(
        'channels',
        `no ${sms === undefined ? 'sms' : 'mail'} form`,
        'customer messages need both, for preference and fallback',
      );
    }
  }
  return [...findings, ...lintSet(templates)];
}
