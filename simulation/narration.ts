/**
 * One complaint told as it happens: what a step brought about, in a line each. Made from the facts of the timeline;
 * what only machines care about is left out.
 */
import type { MailboxItem } from '../adapters/ports.js';
import { labelOf } from '../client/forms.js';
import type { ClockRow, TaskRow } from '../domain/case.js';
import { word } from '../domain/words.js';
import type { FactResult } from './result.js';
import type { CaseNews, StepReport } from './run.js';
import type { CompleteStep } from './scenario.js';

export type Tone = 'plain' | 'warn' | 'bad' | 'good' | 'kill' | 'dim';

export interface Line {
  /** Local instant with offset; null for a line between two moments. */
  at: string | null;
  who: string;
  /** People are actors; the rest are things that happen. */
  person: boolean;
  text: string;
  rule: string | null;
  tone: Tone;
}

const LONGEST = 58;

/** The lines of a step, for the case it was about. `mail` finds a filed message by its key. */
export function narrate(
  report: StepReport,
  news: CaseNews,
  mail: (key: string) => MailboxItem | null,
): Line[] {
  const lines = news.facts.flatMap((fact) => lineOf(fact, report, news, mail));
  const days = Math.floor((Date.parse(report.to) - Date.parse(report.from)) / 86_400_000);
  if (days > 0) {
    const text = `${days} day${days === 1 ? '' : 's'} pass in ${Math.round(report.ms)} ms`;
    lines.unshift(between(`······ ${text} ······`, 'dim'));
  }
  return lines;
}

/** The line for a worker that was killed and replaced. */
export function killed(at: string | undefined): Line {
  const when =
    at === 'mailAccepted'
      ? ' after the mail server accepted'
      : at === 'ledgerCommitted'
        ? ' after the ledger committed'
        : '';
  return between(`── worker killed${when}, restarted ──`, 'kill');
}

function between(text: string, tone: Tone): Line {
  return { at: null, who: '', person: false, text, rule: null, tone };
}

function lineOf(
  fact: FactResult,
  report: StepReport,
  news: CaseNews,
  mail: (key: string) => MailboxItem | null,
): Line[] {
  const { at, rule } = fact;
  const line = (who: string, text: string, tone: Tone = 'plain'): Line[] => [
    { at, who, person: false, text, rule, tone },
  ];
  const actor = fact.actor ?? 'system';
  const act = (text: string, tone: Tone = 'plain'): Line[] => [
    { at, who: actor, person: actor !== 'system', text, rule, tone },
  ];
  switch (fact.what) {
    case 'opened':
      return act(`opens it (${opening(fact, report)})`);
    case 'taskOpened':
      return line('⏱', taskText(fact, news));
    case 'taskCompleted':
      return [{ at, who: actor, person: true, ...answerText(fact, report), rule }];
    case 'reminded':
      return line('remind', `${text(fact['to'])}: ${taskWord(fact)}${share(fact['percent'])}`, 'warn');
    case 'breached':
      return line('LATE', `${clockWord(fact)}; ${people(fact['to'])} told`, 'bad');
    case 'levelRaised':
      return line(
        'level',
        `${text(fact['from'])} → ${text(fact['to'])}, ${reason(fact)}; now ${text(fact['person'])}`,
        'warn',
      );
    case 'roundStarted':
      return line('round', `round ${text(fact['round'])} begins`);
    case 'refused':
      return line(
        'REFUSED',
        `${actor} may not ${taskWord({ ...fact, task: fact['act'] })} (${text(fact['code'])})`,
        'warn',
      );
    case 'messageSent':
      return sentText(fact, news, mail, line);
    case 'messageDeferred':
      // Mail to colleagues that waits for the morning is no news.
      if (text(fact['template']).startsWith('staff.')) return [];
      return line('✉ held', `${messageWord(fact)} until ${moment(text(fact['until']), at)}`, 'warn');
    case 'messageDropped':
      // What a newer one replaces, or nobody need be told, is no news.
      return fact['reason'] === 'past'
        ? line('✉ too late', `${messageWord(fact)}: ${reason(fact)}`, 'warn')
        : [];
    case 'messageFailed':
      return line('✉ FAILED', messageWord(fact), 'bad');
    case 'promiseMoved':
      return line('promise', `moved to ${moment(text(fact['dueAt']), at)}`, 'warn');
    case 'paused':
      return act(`clocks pause: ${word('pause', text(fact['reason']), 'en')}`);
    case 'resumed':
      return act('clocks run again');
    case 'withdrawn':
    case 'merged':
    case 'reclassified':
    case 'reopened':
    case 'cancelled':
      return act(`${fact.what} the case`, 'warn');
    case 'closed':
      return line(
        'closed',
        `case closed: ${word('outcome', text(fact['outcome']), 'en').toUpperCase()}`,
        'good',
      );
    default:
      return [];
  }
}

function opening(fact: FactResult, { step }: StepReport): string {
  const parts = [text(fact['channel']), `received ${text(fact['receivedAt']).slice(11, 16)}`];
  const amount = step.kind === 'open' ? step.input['amountDisputed'] : undefined;
  if (typeof amount === 'number') parts.push(`${amount} CNY`);
  return parts.join(', ');
}

function taskText(fact: FactResult, news: CaseNews): string {
  const task: TaskRow | undefined = news.after.tasks.find((each) => each.key === fact['key']);
  const clock: ClockRow | undefined = news.after.clocks.find((each) => each.key === fact['key']);
  const due = typeof fact['dueAt'] === 'string' ? ` due ${moment(fact['dueAt'], fact.at)}` : '';
  const limit =
    clock && !clock.limitText.startsWith('until') ? ` (${clock.limitText.replace(/,.*/, '')})` : '';
  return `${taskWord(fact)}: ${task?.assignee ?? text(fact['role'])}${due}${limit}`;
}

/** What was answered, as far as one line goes. */
function answerText(fact: FactResult, report: StepReport): { text: string; tone: Tone } {
  const done = thirdPerson(taskWord(fact));
  const own = report.step.kind === 'complete' && report.step.complete.replace(/#.*/, '') === fact['task'];
  const answer = own ? ((report.step as CompleteStep).answer ?? {}) : {};
  const verdict = answer['verdict'];
  if (typeof verdict === 'string') {
    const points = Array.isArray(answer['points']) ? (answer['points'] as { text?: string }[]) : [];
    const said = points.map((point) => `“${text(point.text)}”`).join(' ');
    return {
      text: cut(`${done}: ${labelOf(verdict).toUpperCase()} ${said}`.trimEnd()),
      tone: verdict === 'satisfied' ? 'good' : 'bad',
    };
  }
  const late =
    fact['late'] === true ? ` (${text(fact['usedMinutes'])} of ${text(fact['limitMinutes'])} min)` : '';
  const details = DETAILS.flatMap((key) => {
    const value = answer[key];
    if (typeof value !== 'string') return [];
    if (key === 'grade') return [`grade ${value}`];
    if (key === 'reportedTo') return [`to ${value}`];
    return [key === 'finding' ? word('finding', value, 'en') : value];
  });
  const detail = details.length > 0 ? `: ${details.join(', ')}` : '';
  return { text: cut(`${done}${detail}${late}`), tone: 'plain' };
}

const DETAILS = [
  'grade',
  'finding',
  'cause',
  'plan',
  'customerReply',
  'treatment',
  'result',
  'reportedTo',
  'instruction',
  'interim',
  'decision',
  'conclusion',
];

function sentText(
  fact: FactResult,
  news: CaseNews,
  mail: (key: string) => MailboxItem | null,
  line: (who: string, text: string) => Line[],
): Line[] {
  const message = news.after.messages.find((each) => each.key === fact['key']);
  // Mail to colleagues is told by what it is about: a reminder, a level.
  if (
    !message ||
    (message.to.kind !== 'customer' && message.to.kind !== 'contact' && message.to.kind !== 'unit')
  )
    return [];
  const filed = mail(message.key);
  const body = (filed?.text ?? '').replace(/\s+/g, ' ').replace(SALUTATION, '');
  const whom = message.to.kind === 'unit' ? 'unit' : 'customer';
  const twice = filed !== null && filed.deliveries > 1;
  const sent = line(`✉ ${text(message.channel)}`, cut(`${whom}: ${body || messageWord(fact)}`));
  if (!twice) return sent;
  return [
    ...sent,
    ...line('', `accepted ${filed.deliveries} times, one copy in the mailbox`).map((each) => ({
      ...each,
      rule: 'AT-29',
    })),
  ];
}

/** Signature of an SMS, and who is greeted: the matter itself is what is worth a line. */
const SALUTATION = /^(【[^】]*】)?([^。！]{0,40}您好[。！，] ?|Dear [^,]{0,40}, ?)?/;

/** A reminder at 0 % is the one for the day on which it was planned. */
function share(percent: unknown): string {
  return percent === 0 ? ' is planned now' : `, ${text(percent)} % used`;
}

function taskWord(fact: { [key: string]: unknown }): string {
  return word('task', text(fact['task'] ?? fact['clock']), 'en');
}

function clockWord(fact: FactResult): string {
  const name = text(fact['clock']);
  const label = word('clock', name, 'en');
  return label === name ? labelOf(name) : label;
}

function messageWord(fact: FactResult): string {
  return word('message', text(fact['template']), 'en');
}

function reason(fact: FactResult): string {
  return word('reason', text(fact['reason']), 'en');
}

function people(to: unknown): string {
  return Array.isArray(to) ? to.join(', ') : text(to);
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

/** `plan the resolution` as somebody does it: `plans the resolution`. */
function thirdPerson(label: string): string {
  const [verb = '', ...rest] = label.split(' ');
  const done = /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ies` : `${verb}s`;
  return [done, ...rest].join(' ');
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The day of a local instant: `Mon 4 Mar`. */
export function dayText(at: string): string {
  const weekday = new Date(`${at.slice(0, 10)}T00:00:00Z`).getUTCDay();
  return `${WEEKDAYS[weekday]!} ${Number(at.slice(8, 10))} ${MONTHS[Number(at.slice(5, 7)) - 1]!}`;
}

/** A local instant as seen from another: the time alone on the same day. */
function moment(instant: string, seenFrom: string): string {
  const time = instant.slice(11, 16);
  return instant.slice(0, 10) === seenFrom.slice(0, 10) ? time : `${dayText(instant)} ${time}`;
}

/** Columns on a terminal: Chinese characters and their punctuation take two. */
export function widthOf(value: string): number {
  let width = 0;
  for (const char of value)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        char,
      )
        ? 2
        : 1;
  return width;
}

/** At most so many columns, with an ellipsis where something was left out. */
export function cut(value: string, columns: number = LONGEST): string {
  if (widthOf(value) <= columns) return value;
  let kept = '';
  for (const char of value) {
    if (widthOf(kept + char) > columns - 2) break;
    kept += char;
  }
  return `${kept.trimEnd()} …`;
}
