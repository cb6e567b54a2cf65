import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pc from 'picocolors';
import { DeskError, EXIT } from '../client/api.js';
import { labelOf, valueText, type Telling } from '../client/forms.js';
import { dayOf, localTime } from '../domain/calendar.js';
import type { Day, Fact, FactKind, Instant, Language } from '../domain/case.js';
import { word, type Label } from '../domain/words.js';
import type { PolicyRecord } from './manifest.js';
import { parseRecords } from './records.js';

/**
 * The story an auditor reads: who did what, when by the clock on the wall, under which rule. Made from the facts of
 * the ledger or of an export alone; texts and names of files are not in them: who may read them gives them beside, else
 * they are shown by reference.
 */

export type Tone = 'plain' | 'good' | 'warn' | 'bad';

export interface TimelineLine {
  seq: number;
  at: Instant;
  /** Local day, `2030-03-04`. */
  day: Day;
  /** The day in words, with weekday: `Mon 4 Mar 2030`. */
  dayText: string;
  /** Local time, `09:30`. */
  time: string;
  /** Who acted; `system` when a clock did. */
  who: string;
  what: FactKind;
  text: string;
  rule: string | null;
  tone: Tone;
}

export interface TimelineOptions {
  /** Offset of the organisation's zone, from policy. */
  offsetMinutes: number;
  language?: Language;
  /** What to call a member of staff instead of the id. */
  nameOf?: (staff: string) => string;
  /** Texts by content id, as far as the reader may see them; without it they are shown by reference. */
  texts?: Record<string, string>;
  /** Names of files by evidence id; without it they are shown by reference. */
  files?: Record<string, string>;
}

const l = (zh: string, en: string): Label => ({ 'zh-CN': zh, en });

const VERBS: Record<FactKind, Label> = {
  opened: l('受理', 'opens the case'),
  taskOpened: l('待办', 'to do'),
  taskCompleted: l('完成', 'completes'),
  taskClaimed: l('领取', 'takes over'),
  taskReleased: l('退回', 'gives back'),
  taskReassigned: l('改派', 'hands over'),
  taskCorrected: l('更正', 'corrects'),
  taskMoot: l('无需办理', 'no longer needed'),
  reminded: l('提醒', 'reminder'),
  breached: l('超时', 'LATE'),
  levelRaised: l('提级', 'level raised'),
  levelSkipped: l('跳级', 'level skipped'),
  ownerChanged: l('更换负责人', 'owner changed'),
  paused: l('暂停计时', 'clocks paused'),
  resumed: l('恢复计时', 'clocks resumed'),
  noted: l('记录', 'notes'),
  factsChanged: l('情况变更', 'facts changed'),
  evidenceAttached: l('附件', 'attaches'),
  promised: l('承诺', 'promises'),
  promiseKept: l('兑现承诺', 'promise kept'),
  promiseMoved: l('承诺改期', 'promise moved'),
  roundStarted: l('新一轮处理', 'new round'),
  policyAdopted: l('采用新规则', 'adopts policy'),
  messageQueued: l('消息待发', 'message queued'),
  messageSent: l('消息已发', 'message sent'),
  messageDeferred: l('消息暂缓', 'message deferred'),
  messageDropped: l('消息取消', 'message dropped'),
  messageFailed: l('消息未送达', 'message NOT DELIVERED'),
  flagged: l('标记', 'flagged'),
  withdrawn: l('撤诉', 'withdrawn'),
  merged: l('并入', 'merged'),
  absorbed: l('并案接收', 'takes in'),
  reclassified: l('转类', 'reclassified'),
  reopened: l('重新受理', 'reopened'),
  cancelled: l('取消', 'CANCELLED'),
  undone: l('已撤销', 'undone'),
  undoFailed: l('撤销失败', 'undo FAILED'),
  resynced: l('重写台账', 'ledger rewritten'),
  custodyMoved: l('交接', 'handed over'),
  acceptanceRefused: l('拒绝接收', 'acceptance refused'),
  booked: l('预约', 'booked'),
  bookingReleased: l('预约取消', 'appointment released'),
  moneyCleared: l('到账结果', 'money cleared'),
  linked: l('开立关联单', 'opens a linked case'),
  linkedEnded: l('关联单办结', 'linked case ended'),
  closing: l('结案中', 'closing'),
  closed: l('结案', 'case closed'),
  refused: l('拒绝', 'REFUSED'),
};

const TONES: Partial<Record<FactKind, Tone>> = {
  breached: 'bad',
  messageFailed: 'bad',
  undoFailed: 'bad',
  cancelled: 'bad',
  reminded: 'warn',
  levelRaised: 'warn',
  flagged: 'warn',
  refused: 'warn',
  promiseMoved: 'warn',
  messageDeferred: 'warn',
  closed: 'good',
  promiseKept: 'good',
};

/** A detail of a fact in words; null leaves it out. */
type Phrase = (value: unknown, say: Speaker) => string | null;

interface Speaker extends Telling {
  language: Language;
  label: (zh: string, en: string) => string;
  person: (id: unknown) => string;
}

const worded =
  (...kinds: Parameters<typeof word>[0][]): Phrase =>
  (value, { language }) => {
    const key = String(value);
    return kinds.map((kind) => word(kind, key, language)).find((text) => text !== key) ?? key;
  };
const INSTANT = /^\d{4}-\d\d-\d\dT/;
/** From where to where: a level, a person, or a time. */
const LEVEL: Phrase = (value, say) => {
  const key = String(value);
  if (INSTANT.test(key)) return say.moment(key);
  const text = word('level', key, say.language);
  return text === key ? say.person(key) : text;
};
const hidden: Phrase = () => null;
/** Said when it is so; that it is not needs no word. */
const only =
  (zh: string, en: string): Phrase =>
  (value, say) =>
    value === true ? say.label(zh, en) : null;
const FILE: Phrase = (value, say) => say.label(`文件${fileOf(value, say)}`, `file ${fileOf(value, say)}`);

/** How each detail is told, in the order it is told; details not named here follow as `name value`. */
const PHRASES: Record<string, Phrase> = {
  task: worded('task'),
  // Of a refusal: the task or act, and why not.
  act: worded('task'),
  code: (value) => String(value),
  clock: (value, say) => `${say.label('时限：', 'clock ')}${worded('clock')(value, say)}`,
  round: (value, say) => say.label(`第${String(value)}轮`, `round ${String(value)}`),
  template: worded('message'),
  flag: worded('status', 'reason'),
  level: worded('level'),
  from: (value, say) => say.label(`由${LEVEL(value, say)}`, `from ${LEVEL(value, say)}`),
  to: (value, say) => say.label(`至${people(value, say)}`, `to ${people(value, say)}`),
  into: (value, say) => say.label(`并入${String(value)}`, `into ${String(value)}`),
  person: (value, say) => say.person(value),
  role: worded('role'),
  assignee: (value, say) => say.person(value),
  outcome: worded('outcome'),
  was: (value, say) => say.label(`原结果：${outcome(value, say)}`, `was ${outcome(value, say)}`),
  percent: (value, say) => say.label(`已用${String(value)}%`, `${String(value)} % used`),
  usedMinutes: (value, say) => say.label(`用时${length(value, say)}`, `${length(value, say)} used`),
  limitMinutes: (value, say) => say.label(`时限${length(value, say)}`, `of ${length(value, say)}`),
  late: (value, say) =>
    typeof value === 'boolean' ? only('超时', 'late')(value, say) : lateClocks(value, say),
  responseMinutes: (value, say) =>
    say.label(`首次响应用时${length(value, say)}`, `first response after ${length(value, say)}`),
  resolutionMinutes: (value, say) =>
    say.label(`办结用时${length(value, say)}`, `solved after ${length(value, say)}`),
  automatic: only('自动', 'by itself'),
  inTime: (value, say) => (value === true ? say.label('按时', 'in time') : say.label('逾期', 'too late')),
  lapsed: only('已失效', 'lapsed'),
  rescheduled: only('已改期', 'put off'),
  customerContact: only('与客户有联系', 'the customer was spoken to'),
  dueAt: (value, say) => say.label(`截止${moment(value, say)}`, `due ${moment(value, say)}`),
  dueBackAt: (value, say) => say.label(`归还期限${moment(value, say)}`, `due back ${moment(value, say)}`),
  until: (value, say) => say.label(`至${moment(value, say)}`, `until ${moment(value, say)}`),
  closedAt: (value, say) => say.label(`结案于${moment(value, say)}`, `closed ${moment(value, say)}`),
  receivedAt: (value, say) => say.label(`收到于${moment(value, say)}`, `received ${moment(value, say)}`),
  channel: worded('channel'),
  reason: (value, say) =>
    typeof value === 'object' ? valueText(value, say) : worded('reason', 'pause')(value, say),
  text: (value, say) => valueText(value, say),
  evidence: FILE,
  proof: FILE,
  by: (value, say) => say.label(`由${say.person(value)}办理`, `by ${say.person(value)}`),
  // Names that only machines need: the structured facts keep them.
  key: hidden,
  sha256: hidden,
};

function outcome(value: unknown, { language }: Speaker): string {
  return word('outcome', String(value), language);
}

function people(value: unknown, say: Speaker): string {
  return (Array.isArray(value) ? value : [value]).map((each) => LEVEL(each, say)).join(', ');
}

function moment(at: unknown, say: Speaker): string {
  return say.moment(String(at));
}

function fileOf(value: unknown, say: Speaker): string {
  return typeof value === 'string' ? say.file(value) : valueText(value, say);
}

/** `540` as `9 h`: hours of work, so never days. */
function length(minutes: unknown, { label }: Speaker): string {
  const whole = Math.round(Number(minutes));
  const [hours, rest] = [Math.floor(whole / 60), whole % 60];
  const parts = [
    hours > 0 ? label(`${hours}小时`, `${hours} h`) : '',
    rest > 0 || hours === 0 ? label(`${rest}分钟`, `${rest} min`) : '',
  ];
  return parts.filter(Boolean).join(label('', ' '));
}

/** The clocks a daily reminder speaks of. */
function lateClocks(value: unknown, say: Speaker): string {
  const names = (Array.isArray(value) ? value : [value]).map((each) => worded('clock')(each, say));
  return say.label(`超时：${names.join('、')}`, `late: ${names.join(', ')}`);
}

/** The longest text told whole; the rest stands in the answer. */
const TOLD_WHOLE = 60;

function shortened(text: string): string {
  const plain = [...text.replace(/\s+/g, ' ').trim()];
  return plain.length <= TOLD_WHOLE ? plain.join('') : `${plain.slice(0, TOLD_WHOLE - 1).join('')}…`;
}

/** The facts as lines, in their order. */
export function timelineOf(facts: Fact[], options: TimelineOptions): TimelineLine[] {
  const language = options.language ?? 'en';
  const { offsetMinutes, texts, files } = options;
  const label = (zh: string, en: string) => (language === 'zh-CN' ? zh : en);
  const say: Speaker = {
    language,
    label,
    moment: (at) => momentText(at, offsetMinutes, language),
    text: (content) => {
      if (texts === undefined) return label(`文本${content}`, `text ${content}`);
      const text = texts[content];
      return text === undefined
        ? label('（不予显示或已删除）', '(hidden from you, or erased)')
        : label(`“${shortened(text)}”`, `"${shortened(text)}"`);
    },
    file: (evidence) => files?.[evidence] ?? evidence,
    yesNo: (value) => (value ? label('是', 'yes') : label('否', 'no')),
    person: (id) => (options.nameOf ? options.nameOf(String(id)) : String(id)),
  };
  return facts.map((fact): TimelineLine => {
    const actor = fact.actor ?? 'system';
    const day = dayOf(fact.at, offsetMinutes);
    return {
      seq: fact.seq,
      at: fact.at,
      day,
      dayText: dayText(day, language, true),
      time: localTime(fact.at, offsetMinutes),
      who: actor === 'system' ? say.label('系统', 'system') : say.person(actor),
      what: fact.what,
      text: textOf(fact, say),
      rule: fact.rule,
      tone: TONES[fact.what] ?? 'plain',
    };
  });
}

/** The timeline of an export, without ledger or server. @throws DeskError `audit.noExport` */
export async function timelineOfExport(
  dir: string,
  options: Partial<TimelineOptions> = {},
): Promise<TimelineLine[]> {
  const read = async (name: string): Promise<unknown[]> => {
    const text = await readFile(join(dir, name), 'utf8').catch((cause: unknown) => {
      const remedy = 'Name the folder that `aftercare audit export` wrote.';
      throw new DeskError('audit.noExport', `${dir} holds no ${name}`, {
        exit: EXIT.notFound,
        remedy,
        cause,
      });
    });
    return parseRecords(text, 'records').records;
  };
  const facts = (await read('timeline.json')) as Fact[];
  const [policy] = (await read('policy.json')) as PolicyRecord[];
  const { policy: rules } = (policy?.snapshot ?? {}) as { policy?: { zone?: { offsetMinutes?: number } } };
  const offsetMinutes = options.offsetMinutes ?? rules?.zone?.offsetMinutes ?? 0;
  return timelineOf(facts, { ...options, offsetMinutes });
}

/** The widest text that the rules after it are moved aside for where no terminal says how wide it is. */
const WIDEST = 120;
/** Below this a text is not squeezed, however narrow the terminal. */
const NARROWEST = 20;
/** Before and between the columns: margin, time, gaps. */
const AROUND = 2 + 5 + 2 + 2;

/**
 * Lines grouped by day, in columns. Words carry the meaning; colour only repeats it.
 * @param options `columns`: of the terminal, where texts are wrapped to fit; without it no line is broken
 */
export function formatTimeline(
  lines: TimelineLine[],
  { color = false, columns }: { color?: boolean; columns?: number } = {},
): string {
  const paint = pc.createColors(color);
  const tones = { plain: String, good: paint.green, warn: paint.yellow, bad: paint.red };
  const widest = (of: (line: TimelineLine) => string) =>
    Math.max(0, ...lines.map((line) => widthOf(of(line))));
  const whoWidth = Math.min(
    24,
    widest((line) => line.who),
  );
  const ruleWidth = widest((line) => line.rule ?? '');
  const room =
    columns === undefined
      ? WIDEST
      : Math.max(NARROWEST, columns - AROUND - whoWidth - (ruleWidth > 0 ? ruleWidth + 2 : 0));
  const textWidth = Math.min(
    room,
    widest((line) => line.text),
  );
  const margin = ' '.repeat(AROUND + whoWidth);
  let day = '';
  const out: string[] = [];
  for (const line of lines) {
    if (line.day !== day) out.push(paint.bold(line.dayText));
    day = line.day;
    const who = paint.cyan(line.who) + ' '.repeat(Math.max(0, whoWidth - widthOf(line.who)));
    const [text = '', ...more] = columns === undefined ? [line.text] : wrapped(line.text, textWidth);
    const gap = ' '.repeat(Math.max(0, textWidth - widthOf(text)));
    const rule = line.rule === null ? '' : `${gap}  ${paint.dim(line.rule)}`;
    out.push(`  ${paint.dim(line.time)}  ${who}  ${tones[line.tone](text)}${rule}`.trimEnd());
    for (const rest of more) out.push(`${margin}${tones[line.tone](rest)}`);
  }
  return out.length === 0 ? '' : `${out.join('\n')}\n`;
}

/** A text in lines of at most so many columns, broken after a space where there is one. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const char of text) {
    if (widthOf(line + char) > width) {
      const space = char === ' ' ? line.length : line.lastIndexOf(' ');
      const cut = space > 0 ? space : line.length;
      lines.push(line.slice(0, cut));
      line = line.slice(cut).trimStart();
    }
    if (line !== '' || char !== ' ') line += char;
  }
  return line === '' ? lines : [...lines, line];
}

function textOf(fact: Fact, say: Speaker): string {
  const verb = VERBS[fact.what]?.[say.language] ?? fact.what;
  const known = Object.keys(PHRASES).filter((key) => key in fact.data);
  const others = Object.keys(fact.data).filter((key) => !(key in PHRASES));
  const parts = [...known, ...others].flatMap((key) => {
    const value = fact.data[key];
    // Who acted stands in its own column.
    if (key === 'by' && value === fact.actor) return [];
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    const phrase = PHRASES[key];
    const text = phrase ? phrase(value, say) : `${labelOf(key)} ${valueText(value, say)}`;
    return text === null ? [] : [text];
  });
  return parts.length === 0 ? verb : `${verb}${say.label('：', ': ')}${parts.join(say.label('，', ', '))}`;
}

const WEEKDAYS = {
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
  'zh-CN': [...'日一二三四五六'],
} as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function dayText(day: Day, language: Language, withYear: boolean): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  // The day is already local: read as UTC it keeps its weekday wherever this runs.
  const weekday = WEEKDAYS[language][new Date(`${day}T00:00:00Z`).getUTCDay()]!;
  if (language === 'zh-CN') return `${withYear ? `${year}年` : ''}${month}月${date}日 星期${weekday}`;
  return `${weekday} ${date} ${MONTHS[month - 1]}${withYear ? ` ${year}` : ''}`;
}

function momentText(at: Instant, offsetMinutes: number, language: Language): string {
  try {
    return `${dayText(dayOf(at, offsetMinutes), language, false)} ${localTime(at, offsetMinutes)}`;
  } catch {
    // A fact that was tampered with must still be shown.
    return at;
  }
}

/** Columns on a terminal: Chinese characters take two. */
function widthOf(text: string): number {
  return [...text].reduce(
    (sum, char) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        char,
      )
        ? 2
        : 1),
    0,
  );
}
