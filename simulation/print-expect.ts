/** What happened at each step, as `expect` that a person reviews and pastes into the scenario. */
import { stringify } from 'yaml';
import type { FactResult, MessageResult } from './result.js';
import { caseResult } from './result.js';
import { nameOf, type CaseNews, type StepReport } from './run.js';

/** Lines of one step: where it stands, then a block per case that has news. */
export function happened(report: StepReport): string[] {
  const { step, index, news, about } = report;
  const told = news.filter((each) => each.facts.length > 0 || each.messages.length > 0);
  const head = `# step ${index + 1}, line ${step.line}: ${nameOf(step)}`;
  if (told.length === 0) return step.kind === 'expect' ? [] : [`${head}: nothing new`];
  return told.flatMap((each) => {
    // A case other than the step's own needs an expectation of its own.
    const own = each.as === about;
    const block = own ? { expect: expectationOf(each) } : [{ in: each.as, expect: expectationOf(each) }];
    const text = stringify(block, { lineWidth: 0, flowCollectionPadding: true, defaultStringType: 'PLAIN' });
    return [
      own ? head : `${head}, case ${each.as}`,
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `    ${line}`),
    ];
  });
}

function expectationOf(news: CaseNews): Record<string, unknown> {
  const offset = offsetOf(news);
  const after = caseResult(news.as, news.after, offset, { events: 0, replay: '' });
  const before = news.before ? caseResult(news.as, news.before, offset, { events: 0, replay: '' }) : null;
  const result: Record<string, unknown> = {};
  for (const key of ['status', 'outcome', 'level', 'rounds', 'owner', 'grade'] as const) {
    if (after[key] !== before?.[key]) result[key] = after[key];
  }
  for (const kind of ['tasks', 'clocks'] as const) {
    for (const row of after[kind]) {
      const earlier = before?.[kind].find((each) => each.name === row.name && each.round === row.round);
      const changes = differing(row, earlier ?? {});
      const again = after[kind].some((each) => each.name === row.name && each !== row);
      if (Object.keys(changes).length > 0)
        result[`${kind}.${row.name}${again ? `#${row.round}` : ''}`] = changes;
    }
  }
  if (news.messages.length > 0) result['messages'] = news.messages.map(messageLine);
  if (news.facts.length > 0) result['timeline'] = news.facts.map(factLine);
  return result;
}

/** Instants of the news already carry the organisation's offset; the pictures do not. */
function offsetOf(news: CaseNews): number {
  const sample = news.facts[0]?.at ?? news.messages[0]?.at ?? '+00:00';
  const found = /([+-])(\d\d):(\d\d)$/.exec(sample);
  if (!found) return 0;
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
}

function differing(row: object, earlier: object): Record<string, unknown> {
  const left = earlier as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(row).filter(
      ([key, value]) =>
        key !== 'name' && key !== 'round' && value !== null && value !== left[key] && value !== false,
    ),
  );
}

function messageLine({ template, to, channel, status }: MessageResult): Record<string, unknown> {
  return { template, to, ...(channel === null ? {} : { channel }), status };
}

function factLine(fact: FactResult): Record<string, unknown> {
  const plain = Object.entries(fact).filter(([, value]) => value !== null && typeof value !== 'object');
  return Object.fromEntries(plain.filter(([key]) => key !== 'key'));
}
