/** Printed forms of a case: rendered from the ledger as HTML and stored as evidence (CMP-09). */
import { ApplicationFailure } from '@temporalio/activity';
import type { CaseFile, Ports } from '../adapters/ports.js';
import { formatInstant } from '../domain/text.js';
import type { ContactCard, EvidenceRef, TaskRow } from '../domain/case.js';
import { word } from '../domain/words.js';
import type { CaseActivities, DocumentOrder } from './contract.js';

/** @returns the `fileDocument` activity */
export function createDocuments(ports: Ports): CaseActivities['fileDocument'] {
  return async function fileDocument(order: DocumentOrder): Promise<EvidenceRef> {
    const file = await ports.ledger.caseFile(order.caseId);
    if (file === null)
      throw ApplicationFailure.retryable(
        `case ${order.caseId} is not in the ledger yet`,
        'document.caseMissing',
      );
    const html = await handlingForm(ports, file, order);
    const stored = await ports.storage.put(Buffer.from(html, 'utf8'));
    const ref: EvidenceRef = {
      evidence: `${order.caseId}/${order.key}`,
      sha256: stored.sha256,
      mediaType: 'text/html',
      bytes: stored.bytes,
    };
    await ports.ledger.addEvidence({
      ...ref,
      caseId: order.caseId,
      field: order.kind,
      name: `${order.caseId}-handling-form.html`,
      addedBy: 'system',
      addedAt: order.at,
    });
    return ref;
  };
}

/** 投诉处理单: time, matter, receiver, result, round by round, with who signed for what. */
async function handlingForm(ports: Ports, file: CaseFile, order: DocumentOrder): Promise<string> {
  const refs = new Set<string>();
  const collect = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    const record = value as Record<string, unknown>;
    if (typeof record['content'] === 'string') refs.add(record['content']);
    for (const inner of Object.values(record)) collect(inner);
  };
  const intake = await ports.ledger.intakeOf(order.caseId);
  collect(intake?.input);
  for (const task of file.tasks) collect(task.answer);
  const contents = await ports.ledger.contents([...refs]);
  const texts = (value: unknown): string => {
    if (value === null || value === undefined) return '';
    if (typeof value === 'boolean') return value ? '是' : '否';
    if (Array.isArray(value)) return value.map(texts).join('、');
    if (typeof value === 'object') {
      const record = value as Record<string, unknown>;
      if (typeof record['content'] === 'string') return contents.get(record['content'])?.body ?? '（已删除）';
      if (typeof record['evidence'] === 'string') return `附件 ${String(record['sha256']).slice(0, 12)}`;
      return Object.values(record).map(texts).join('；');
    }
    const text = String(value);
    return /^\d{4}-\d{2}-\d{2}T/.test(text) ? formatInstant(text, 'zh-CN', order.offsetMinutes) : text;
  };
  const form = (intake?.input as { intake?: { form?: Record<string, unknown> } } | null)?.intake?.form ?? {};
  const contact =
    form['contact'] === undefined
      ? null
      : (JSON.parse(texts(form['contact']) || 'null') as ContactCard | null);
  const row = (label: string, value: string) => `<tr><th>${escape(label)}</th><td>${escape(value)}</td></tr>`;
  const answered = file.tasks.filter((task) => task.status === 'completed' && task.answer !== null);
  const step = (task: TaskRow) =>
    `<tr><td>${escape(formatInstant(task.completedAt!, 'zh-CN', order.offsetMinutes))}</td><td>${escape(word('task', task.name, 'zh-CN'))}</td><td>${escape(task.completedBy ?? '')}</td><td>${Object.entries(
      task.answer!,
    )
      .map(([field, value]) => `${escape(field)}：${escape(texts(value))}`)
      .join('<br>')}</td></tr>`;
  const at = (instant: string) => formatInstant(instant, 'zh-CN', order.offsetMinutes);
  return `<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>投诉处理单 ${escape(order.caseId)}</title>
<style>body{font:14px/1.6 "Noto Sans CJK SC",sans-serif;margin:2rem;max-width:60rem}table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{border:1px solid #888;padding:.3rem .6rem;text-align:left;vertical-align:top}th{background:#f2f2f2;white-space:nowrap;width:9rem}</style>
<h1>投诉处理单</h1>
<table>
${row('编号', order.caseId)}
${row('接待时间', at(file.row.receivedAt))}
${row('登记时间', at(file.row.openedAt))}
${row('接待人', intake?.actor ?? '')}
${row('投诉人', file.row.identity === 'named' ? (contact?.name ?? file.row.customer ?? '') : file.row.identity === 'anonymous' ? '匿名' : '保密')}
${row('事由', texts(form['matter']))}
${row('诉求', texts(form['demand']))}
${row('涉及金额', texts(form['amountDisputed']))}
${row('等级', file.row.grade === null ? '' : word('grade', file.row.grade, 'zh-CN'))}
${row('负责人', file.row.owner)}
${row('轮次', String(file.row.rounds))}
</table>
<h2>处理经过</h2>
<table><tr><th>时间</th><th>步骤</th><th>办理人</th><th>内容</th></tr>
${answered.map(step).join('\n')}
</table>
<p>打印时间：${escape(at(order.at))}</p>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
}
