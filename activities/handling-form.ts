/**
 * What stands on 投诉处理单 (CMP-09), read from the ledger: receipt, assessment and every answered task. Who asked for
 * confidentiality, or stayed anonymous, is not named on it.
 */
import type { CaseFile } from '../adapters/ports.js';
import type { ContactCard, ContentRef, EvidenceRef, TaskRow } from '../domain/case.js';
import { WORDS, word, type WordKind } from '../domain/words.js';
import type { ComplaintHandlingForm, HandlingStep } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';
import { attachment, LANGUAGE, Paper, yesNo, type Source } from './paper.js';

/** Labels of the fields of answers, in the words of the trade (forms 7). */
const LABELS: Record<string, string> = {
  grade: '等级',
  reason: '理由',
  complexity: '复杂程度',
  means: '方式',
  text: '答复内容',
  frontLine: '一线判断',
  amountDisputed: '涉及金额',
  media: '媒体曝光',
  safety: '涉及安全',
  promiseAt: '承诺时间',
  decision: '决定',
  takenOver: '已接手',
  note: '备注',
  answeredAt: '答复时间',
  answer: '答复',
  confirmed: '是否确认',
  proof: '证明材料',
  what: '何事',
  when: '何时',
  where: '何地',
  who: '何人',
  why: '何因',
  how: '经过',
  finding: '认定',
  cause: '原因',
  responsibleDept: '责任部门',
  solvable: '能否解决',
  reportedTo: '报告对象',
  opinion: '意见',
  departments: '参与部门',
  participants: '参会人',
  conclusion: '结论',
  minutes: '会议记录',
  result: '结果',
  options: '方案类别',
  plan: '处理方案',
  responsible: '责任人',
  dueAt: '时限',
  compensation: '赔付金额',
  apology: '致歉',
  approved: '是否批准',
  customerReply: '客户答复',
  treatment: '处理情况',
  doneAt: '完成时间',
  amount: '金额',
  reference: '流水号',
  prevention: '预防措施',
  verdict: '回访结果',
  points: '意见要求',
  kind: '类别',
  registeredNo: '挂号号码',
  accepted: '是否认可',
  instruction: '指示',
  interim: '临时方案',
  toldCustomer: '已告知客户',
  statement: '情况说明',
  measures: '措施',
  told: '已告知',
  done: '已完成',
  items: '物品',
  condition: '归还状态',
  keeperSignature: '保管员签字',
  holderSignature: '归还人签字',
  policeNo: '报案号',
  reportedAt: '报案时间',
  bureauReportedAt: '报告税务机关时间',
};

/** Lists of words by field, where the field's values are words that are kept in one place. */
const WORDS_OF: Record<string, WordKind> = {
  grade: 'grade',
  finding: 'finding',
  media: 'media',
  means: 'channel',
  options: 'demand',
};

/** Words that only answers use. */
const ANSWER_WORDS: Record<string, string> = {
  simple: '简单',
  medium: '中',
  complex: '复杂',
  canSolve: '能解决',
  cannotSolve: '不能解决',
  undecided: '未定',
  goOn: '继续处理',
  externalRecourse: '转外部渠道',
  agreed: '同意',
  declined: '不同意',
  counter: '另提方案',
  given: '已致歉',
  notApplicable: '不适用',
  satisfied: '满意',
  dissatisfied: '不满意',
  notReached: '未联系上',
  keep: '按期兑现',
  repromise: '另行承诺',
  opinion: '意见',
  request: '要求',
  suggestion: '建议',
  complaint: '投诉',
  unknown: '未知',
};

/** The receipt block as it stands in the intake row. */
type Receipt = Record<string, unknown>;

/** @param file the case, read from the ledger a moment ago */
export async function complaintHandlingForm(
  ports: Source,
  file: CaseFile,
  order: DocumentOrder,
): Promise<ComplaintHandlingForm> {
  const paper = await Paper.open<object, Receipt>(ports, file, order);
  const receipt: Receipt = paper.intake;
  const answered = file.tasks.filter(({ status, answer }) => status === 'completed' && answer !== null);

  const text = (value: unknown, field = ''): string => {
    if (value === null || value === undefined) return '';
    if (typeof value === 'boolean') return yesNo(value);
    if (Array.isArray(value)) return value.map((each) => text(each, field)).join('、');
    if (typeof value === 'object') {
      const record = value as Record<string, unknown>;
      if (typeof record['content'] === 'string') return paper.text(value as ContentRef);
      if (typeof record['evidence'] === 'string') return attachment(value as EvidenceRef);
      return Object.entries(record)
        .map(([name, each]) => text(each, name))
        .join('：');
    }
    const plain = String(value);
    if (/^\d{4}-\d{2}-\d{2}T/.test(plain)) return paper.at(plain);
    const kind = WORDS_OF[field];
    if (kind !== undefined && Object.hasOwn(WORDS[kind], plain)) return word(kind, plain, LANGUAGE);
    return Object.hasOwn(ANSWER_WORDS, plain) ? ANSWER_WORDS[plain]! : paper.person(plain);
  };
  const step = (task: TaskRow): HandlingStep => ({
    at: paper.at(task.completedAt),
    step: word('task', task.name, LANGUAGE),
    round: String(task.round),
    by: paper.person(task.completedBy),
    answers: Object.entries(task.answer ?? {}).map(([field, value]) => ({
      label: LABELS[field] ?? field,
      value: text(value, field),
    })),
  });

  const { row } = file;
  const words = (kind: WordKind, value: unknown) =>
    value === null || value === undefined ? '' : word(kind, String(value), LANGUAGE);
  const minutes = (value: number | null) => (value === null ? '' : `${value}分钟`);
  const demand = Array.isArray(receipt['demand']) ? receipt['demand'] : [];
  const receiver = paper.person(paper.agent);
  return {
    head: paper.head(order.caseId, { by: paper.agent, at: row.openedAt }, ''),
    receivedAt: paper.at(row.receivedAt),
    enteredAt: paper.at(row.openedAt),
    receiver,
    channel: words('intake', receipt['channel']),
    externalRef: text(receipt['externalRef']),
    externalDueOn: paper.on(receipt['externalDueOn'] as string | undefined),
    identity: words('identity', row.identity),
    complainant: complainantOf(file, text(receipt['contact']), paper.customer({}).companyName ?? ''),
    relation: row.identity === 'named' ? text(receipt['relation']) : '',
    occurredAt: text(receipt['occurredAt']),
    subject: words('subject', receipt['subject']),
    problemType: words('problemType', receipt['problemType']),
    personsConcerned: row.personsConcerned.map((id) => paper.person(id)).join('、'),
    unit: paper.unit(receipt['unit'] as string | undefined),
    serials: text(receipt['serials']),
    relatedCases: text(receipt['relatedCases']),
    matter: text(receipt['matter']),
    demand: demand.map((each) => words('demand', each)),
    amountDisputed:
      typeof receipt['amountDisputed'] === 'number'
        ? `${receipt['amountDisputed'].toFixed(2)}元`
        : text(receipt['amountDisputed']),
    media: words('media', receipt['media']),
    safety: text(receipt['safety']),
    grade: words('grade', row.grade),
    level: words('level', row.level),
    owner: paper.person(row.owner),
    rounds: String(row.rounds),
    responseMinutes: minutes(row.responseMinutes),
    resolutionMinutes: minutes(row.resolutionMinutes),
    outcome: words('outcome', row.outcome),
    steps: answered.map(step),
  };
}

/** Who complains, as far as the paper may say it. */
function complainantOf({ row }: CaseFile, contact: string, company: string): string {
  if (row.identity === 'anonymous') return '匿名';
  if (row.identity === 'confidential') return '保密';
  const name = contact.startsWith('{') ? (JSON.parse(contact) as ContactCard).name : null;
  return name ?? company;
}
