import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pc from 'picocolors';
import { DeskError, EXIT } from '../client/api.js';
import { dayOf, localTime } from '../domain/calendar.js';
import type { Day, Fact, FactKind, Instant, Language } from '../domain/case.js';
import { word, type Label } from '../domain/words.js';
import type { PolicyRecord } from './manifest.js';
import { parseRecords } from './records.js';

/**
 * The story an auditor reads: who did what, when by the clock on the wall, under which rule. Made from the facts of
 * the ledger or of an export alone; texts of customers are not in them and are shown by reference.
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

interface Speaker {
  language: Language;
  label: (zh: string, en: string) => string;
  moment: (at: unknown) => string;
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

/** How each detail is told, in the order it is told; details not named here follow as `name value`. */
const PHRASES: Record<string, Phrase> = {
  task: worded('task'),
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
  usedMinutes: (value, say) => say.label(`用时${String(value)}分钟`, `${String(value)} min used`),
  limitMinutes: (value, say) => say.label(`时限${String(value)}分钟`, `of ${String(value)} min`),
  dueAt: (value, say) => say.label(`截止${say.moment(value)}`, `due ${say.moment(value)}`),
  until: (value, say) => say.label(`至${say.moment(value)}`, `until ${say.moment(value)}`),
  closedAt: (value, say) => say.label(`结案于${say.moment(value)}`, `closed ${say.moment(value)}`),
  receivedAt: (value, say) => say.label(`收到于${say.moment(value)}`, `received ${say.moment(value)}`),
  channel: worded('channel'),
  reason: (value, say) => (isText(value) ? textBy(value, say) : worded('reason', 'pause')(value, say)),
  text: (value, say) => (isText(value) ? textBy(value, say) : String(value)),
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

function isText(value: unknown): value is { content: string } {
  return typeof value === 'object' && value !== null && 'content' in value;
}

function textBy({ content }: { content: string }, { label }: Speaker): string {
  return label(`文本${content}`, `text ${content}`);
}

/** The facts as lines, in their order. */
export function timelineOf(facts: Fact[], options: TimelineOptions): TimelineLine[] {
  const language = options.language ?? 'en';
  const { offsetMinutes } = options;
  const say: Speaker = {
    language,
    label: (zh, en) => (language === 'zh-CN' ? zh : en),
    moment: (at) => momentText(String(at), offsetMinutes, language),
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

/** Lines for a terminal, grouped by day. Words carry the meaning; colour only repeats it. */
export function formatTimeline(lines: TimelineLine[], { color = false }: { color?: boolean } = {}): string {
  const paint = pc.createColors(color);
  const tones = { plain: String, good: paint.green, warn: paint.yellow, bad: paint.red };
  const whoWidth = Math.min(24, Math.max(0, ...lines.map((line) => widthOf(line.who))));
  const textWidth = Math.min(72, Math.max(0, ...lines.map((line) => widthOf(line.text))));
  let day = '';
  const out: string[] = [];
  for (const line of lines) {
    if (line.day !== day) out.push(paint.bold(line.dayText));
    day = line.day;
    const who = paint.cyan(line.who) + ' '.repeat(Math.max(0, whoWidth - widthOf(line.who)));
    const gap = ' '.repeat(Math.max(0, textWidth - widthOf(line.text)));
    const rule = line.rule === null ? '' : `${gap}  ${paint.dim(line.rule)}`;
    out.push(`  ${paint.dim(line.time)}  ${who}  ${tones[line.tone](line.text)}${rule}`.trimEnd());
  }
  return out.length === 0 ? '' : `${out.join('\n')}\n`;
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
    const text = phrase ? phrase(value, say) : `${key} ${plain(value, say)}`;
    return text === null ? [] : [text];
  });
  return parts.length === 0 ? verb : `${verb}${say.label('：', ': ')}${parts.join(say.label('，', ', '))}`;
}

function plain(value: unknown, say: Speaker): string {
  if (isText(value)) return textBy(value, say);
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) ? say.moment(value) : value;
  if (Array.isArray(value)) return value.map((each) => plain(each, say)).join(' ');
  return JSON.stringify(value);
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
