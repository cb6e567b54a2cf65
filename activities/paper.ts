/**
 * What the builders of printed forms share: the case as a paper sees it, with texts and names looked up in the ledger,
 * instants as they are written on paper, and the blocks that stand on several forms.
 */
import type { CaseFile, EvidenceRow, Ports } from '../adapters/ports.js';
import { dayOf } from '../domain/calendar.js';
import type { ContentRef, Day, EvidenceRef, Instant, TaskRow } from '../domain/case.js';
import type { BACKUP, PAYMENT_MEANS, IDENTITY_CHECKS } from '../domain/issuance.js';
import type { FaultResult, REPAIR_BACKUP, TREATMENTS } from '../domain/repair.js';
import { inLanguage } from '../domain/message.js';
import type { Customer, Organisation } from '../domain/organisation.js';
import { formatDay, formatInstant } from '../domain/text.js';
import { word } from '../domain/words.js';
import type { CustomerBlock, FormHead, Signature, SignatureBlock } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';

export const LANGUAGE = 'zh-CN';
/** Stands where a text was erased. */
export const ERASED = '（已删除）';
const YES_NO = { true: '是', false: '否' } as const;

/** What a builder reads from. */
export type Source = Pick<Ports, 'ledger'>;

/** Words by the keys of a closed list. */
export type Words<Key extends string> = Readonly<Record<Key, string>>;

const MEANS_OF_PAYMENT: Words<(typeof PAYMENT_MEANS)[number]> = {
  cash: '现金',
  cheque: '支票',
  transfer: '对公转账',
  companyCode: '公司收款码',
};
export const IDENTITY_CHECKED: Words<(typeof IDENTITY_CHECKS)[number]> = {
  callback: '回拨核对',
  signature: '签字核对',
  companyMail: '企业邮箱核对',
  inPerson: '当面核对',
};

/** Of an issuance and of a repair; who declined one is written beside the boxes. */
export const BACKED_UP: Words<(typeof BACKUP | typeof REPAIR_BACKUP)[number]> = {
  done: '已备份',
  newMachine: '新机无数据',
  impossible: '不可能',
  notDone: '未备份',
  declined: '客户不同意备份',
};
export const TREATED: Words<(typeof TREATMENTS)[number]> = {
  adjusted: '调整',
  reinstalled: '重装',
  upgraded: '升级',
  replaced: '更换',
  instructed: '指导',
  takenAway: '取回',
  toManufacturer: '转厂家',
};
export const RESULTS: Words<FaultResult> = {
  solved: '已解决',
  temporary: '临时解决',
  unsolved: '未解决',
  takenAway: '取回',
  replace: '更换专用设备',
  notOurs: '非本系统',
};
/** From 1 to 5. */
const SATISFACTION = ['非常不满意', '不满意', '一般', '满意', '非常满意'] as const;

/** Who did something, and when. */
export interface Signed {
  by: string;
  at: Instant;
}

/** An answer with who gave it and when. */
export interface Answered<Answer> extends Signed {
  answer: Answer;
  task: TaskRow;
}

/** 状态 of a form (block HDR): with whom it is, or that it is filed for good. */
export type FormState = '已开具' | '已签' | '已交' | '已归档';

/** The case, ready to be put on paper. What is not known is an empty text: a cell to fill in by hand. */
export class Paper<Answers extends object, Intake extends object> {
  private constructor(
    readonly file: CaseFile,
    readonly order: DocumentOrder,
    /** Who took the case in. */
    readonly agent: string,
    /** The form the case was opened with. */
    readonly intake: Partial<Intake>,
    private readonly organisation: Organisation | null,
    private readonly bodies: ReadonlyMap<string, { body: string | null }>,
  ) {}

  /** Reads what any form needs of a case. */
  static async open<Answers extends object, Intake extends object>(
    { ledger }: Source,
    file: CaseFile,
    order: DocumentOrder,
  ): Promise<Paper<Answers, Intake>> {
    const [row, organisation] = await Promise.all([ledger.intakeOf(order.caseId), ledger.organisation()]);
    const intake = (row?.input as { intake?: { form?: Partial<Intake> } } | null)?.intake?.form ?? {};
    const texts = contentIds([intake, ...file.tasks.map(({ answer }) => answer)]);
    const bodies = await ledger.contents(texts);
    return new Paper<Answers, Intake>(file, order, row?.actor ?? '', intake, organisation, bodies);
  }

  // ---------------------------------------------------------------- answers

  /** Every answer to a task, oldest first; of one round where it is named. Moved and lapsed ones are none. */
  answers<Name extends keyof Answers & string>(name: Name, round?: number): Answered<Answers[Name]>[] {
    return this.file.tasks
      .filter((task) => task.name === name && task.status === 'completed' && isAnswer(task.answer))
      .filter((task) => round === undefined || task.round === round)
      .map((task) => ({
        answer: task.answer as Answers[Name],
        by: task.completedBy ?? '',
        at: task.completedAt ?? '',
        task,
      }))
      .sort(byTime);
  }
  /** The last answer to a task. */
  answer<Name extends keyof Answers & string>(
    name: Name,
    round?: number,
  ): Answered<Answers[Name]> | undefined {
    return this.answers(name, round).at(-1);
  }

  // ---------------------------------------------------------------- words

  /** A personal or free text. */
  text(ref: ContentRef | undefined | null): string {
    return ref === undefined || ref === null ? '' : (this.bodies.get(ref.content)?.body ?? ERASED);
  }
  /** Name of a member of staff. */
  person(id: string | null | undefined): string {
    if (id === null || id === undefined) return '';
    return this.organisation?.staff.find((each) => each.id === id)?.name ?? id;
  }
  /** Name of a bureau or other unit; whatever else it is called stays as it is. */
  unit(id: string | undefined): string {
    return this.organisation?.units.find((each) => each.id === id)?.name ?? id ?? '';
  }
  /** `2030年3月5日09:52`: with its year, since papers are kept for years. */
  at(instant: Instant | null | undefined): string {
    if (instant === null || instant === undefined || instant === '') return '';
    const { offsetMinutes } = this.order;
    const year = dayOf(instant, offsetMinutes).slice(0, 4);
    return `${year}年${formatInstant(instant, LANGUAGE, offsetMinutes)}`;
  }
  /** `2030年3月5日` */
  on(day: Day | null | undefined): string {
    return day === null || day === undefined ? '' : `${day.slice(0, 4)}年${formatDay(day, LANGUAGE)}`;
  }
  /** The day of an instant in a column of a few characters: the year on a line of its own. */
  narrow(instant: Instant | undefined): string {
    if (instant === undefined) return '';
    const day = dayOf(instant, this.order.offsetMinutes);
    return `${day.slice(0, 4)}年\n${formatDay(day, LANGUAGE)}`;
  }
  /** `2030年3月5日09:30–10:30` */
  span(from: Instant | null | undefined, to: Instant | null | undefined): string {
    const [begin, end] = [this.at(from), this.at(to)];
    const day = begin.slice(0, -'09:30'.length);
    return end === '' ? begin : `${begin}–${end.startsWith(day) ? end.slice(day.length) : end}`;
  }
  /** Who and when, in one cell. */
  signed(by: Signed | undefined): string {
    return by === undefined ? '' : `${this.person(by.by)} ${this.at(by.at)}`.trim();
  }
  /** Who took money, and on which day, in a narrow column. */
  collected(by: Signed): string {
    return `${this.person(by.by)}\n${this.narrow(by.at)}`;
  }
  /** The place where one of ours signs. */
  signatureOf(by: Signed | undefined): Signature {
    return by === undefined ? {} : { name: this.person(by.by), signedAt: this.at(by.at) };
  }

  // ---------------------------------------------------------------- blocks

  /** Where a customer may complain (CMP-01). */
  get complaints(): { place: string; phone: string } {
    const { company } = this.organisation ?? {};
    return {
      place: company === undefined ? '' : inLanguage(company.place, LANGUAGE),
      phone: company?.hotline ?? '',
    };
  }

  /** @param filled who filled it in, and when */
  head(formNo: string, filled: Signed | undefined, state: FormState | ''): FormHead {
    const { company } = this.organisation ?? {};
    return {
      company: company === undefined ? '' : inLanguage(company.name, LANGUAGE),
      hotline: company?.hotline ?? '',
      formNo,
      caseNo: this.order.caseId,
      filledBy: this.person(filled?.by),
      filledAt: this.at(filled?.at),
      state,
      printedAt: this.at(this.order.at),
      createdAt: this.order.at,
    };
  }
  /** The customer on file, at the address given for the visit. */
  customer(visit: { siteAddress?: ContentRef | undefined; route?: ContentRef | undefined }): CustomerBlock {
    const id = this.file.row.customer;
    const known: Partial<Customer> = this.organisation?.customers.find((each) => each.id === id) ?? {};
    return {
      companyName: known.name ?? id ?? '',
      taxpayerId: known.taxpayerId ?? '',
      customerFileNo: id ?? '',
      taxBureau: this.unit(known.taxBureau),
      siteAddress: this.text(visit.siteAddress),
      route: this.text(visit.route),
      contactName: known.contactName ?? '',
      // As it is dialled here.
      mobile: known.mobile?.replace(/^\+86/, '') ?? '',
      landline: known.landline ?? '',
      channel: known.channel === undefined ? '' : word('channel', known.channel, LANGUAGE),
    };
  }
  /** What the customer signed; a stamp that came in later counts. */
  signature(
    signed:
      | Answered<{
          signer: ContentRef;
          stamped: boolean;
          stampMissingReason?: ContentRef | undefined;
          stampDueOn?: Day | undefined;
        }>
      | undefined,
    stampCame: boolean,
  ): SignatureBlock {
    if (signed === undefined) return {};
    const { signer, stamped, stampMissingReason, stampDueOn } = signed.answer;
    return {
      signerName: this.text(signer),
      signedAt: this.at(signed.at),
      stamped: yesNo(stamped || stampCame),
      stampMissingReason: this.text(stampMissingReason),
      stampDueOn: this.on(stampDueOn),
    };
  }
}

/** Sorts the earlier first. */
export function byTime(a: { at: Instant }, b: { at: Instant }): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
}

/** 是 or 否; empty when nothing was said. */
export function yesNo(value: boolean | undefined): string {
  return value === undefined ? '' : YES_NO[`${value}`];
}

/** The word of a key; a key of another time stays as it is. */
export function said<Key extends string>(words: Words<Key>, key: Key | undefined): string {
  return key === undefined ? '' : (words[key] ?? key);
}

/** What a device is called; a family of another time stays as it is. */
export function familyOf(family: string | null | undefined): string {
  return word('family', family ?? '', LANGUAGE);
}

/** The word of a customer's five points. */
export function satisfaction(points: number | undefined): string {
  return points === undefined ? '' : (SATISFACTION[points - 1] ?? '');
}

/** `1200.00` */
export function money(amount: number | undefined): string {
  return amount === undefined ? '' : amount.toFixed(2);
}

/** How money was paid, with the number of cheque or transfer on a line of its own. */
export function meansOf(payment: {
  means: (typeof PAYMENT_MEANS)[number];
  chequeNo?: string | undefined;
  transferRef?: string | undefined;
}): string {
  const { means, chequeNo, transferRef } = payment;
  const number = chequeNo ?? transferRef;
  return `${MEANS_OF_PAYMENT[means]}${number === undefined ? '' : `\n${number}`}`;
}

/** A file, by the beginning of its digest: enough to find it among those of a case. */
export function attachment(ref: EvidenceRef | Pick<EvidenceRow, 'sha256'> | undefined): string {
  return ref === undefined ? '' : `附件 ${ref.sha256.slice(0, 12)}`;
}

/** Ids of the content rows that answers refer to. */
function contentIds(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const content = (value as Record<string, unknown>)['content'];
  return [...(typeof content === 'string' ? [content] : []), ...Object.values(value).flatMap(contentIds)];
}

/** An appointment that was moved, or a wait that ran out, leaves a mark instead of an answer. */
function isAnswer(answer: TaskRow['answer']): boolean {
  return answer !== null && answer['rescheduled'] !== true && answer['lapsed'] !== true;
}
