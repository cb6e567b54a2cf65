import { describe, expect, it } from 'vitest';
import { cut, dayText, narrate, widthOf } from '../../simulation/narration.js';
import type { CaseNews, StepReport } from '../../simulation/run.js';

const at = '2030-03-04T09:30:00+08:00';

function report(step: object, days = 0): StepReport {
  const to = new Date(Date.parse('2030-03-04T01:00:00Z') + days * 86_400_000).toISOString();
  return {
    index: 0,
    step: { line: 1, ...step } as StepReport['step'],
    from: '2030-03-04T01:00:00.000Z',
    to,
    ms: 38,
    about: 'leaky',
    news: [],
    misses: [],
    restarts: 0,
  };
}

function news(...facts: object[]): CaseNews {
  const told = facts.map((fact) => ({ at, actor: 'li.na', rule: 'CMP-03', ...fact }));
  return {
    as: 'leaky',
    case: 'T1',
    before: null,
    after: { tasks: [], clocks: [], messages: [] },
    facts: told,
    messages: [],
  } as never;
}

const none = () => null;

describe('the narration', () => {
  it('tells an answer with what matters of it, and how late it was', () => {
    const step = { kind: 'complete', complete: 'acknowledge', by: 'li.na', answer: { grade: 'important' } };
    const fact = {
      what: 'taskCompleted',
      task: 'acknowledge',
      late: true,
      usedMinutes: 42,
      limitMinutes: 30,
    };
    expect(narrate(report(step), news(fact), none)).toMatchObject([
      { who: 'li.na', person: true, text: 'acknowledges: grade important (42 of 30 min)', rule: 'CMP-03' },
    ]);
  });

  it('says in words what colour only repeats', () => {
    const verdict = {
      kind: 'complete',
      complete: 'confirmSatisfaction',
      by: 'li.na',
      answer: { verdict: 'dissatisfied', points: [{ text: 'still smudges' }] },
    };
    const asked = narrate(
      report(verdict),
      news({ what: 'taskCompleted', task: 'confirmSatisfaction' }),
      none,
    );
    expect(asked[0]).toMatchObject({
      text: 'confirms satisfaction: DISSATISFIED “still smudges”',
      tone: 'bad',
    });
    const late = narrate(
      report({ kind: 'wait', wait: '1h' }),
      news({ what: 'breached', clock: 'firstResponse', to: ['li.na', 'chen.hui'] }),
      none,
    );
    expect(late[0]).toMatchObject({ who: 'LATE', text: 'first response; li.na, chen.hui told' });
  });

  it('says how many days passed, and leaves out what only machines care about', () => {
    const lines = narrate(
      report({ kind: 'wait', wait: '2d' }, 2),
      news({ what: 'messageQueued' }, { what: 'factsChanged' }),
      none,
    );
    expect(lines.map((line) => line.text)).toEqual(['······ 2 days pass in 38 ms ······']);
  });

  it('counts Chinese characters as two columns', () => {
    expect(widthOf('打印头 ok')).toBe(9);
    expect(cut('打印头漏墨，发票看不清', 10)).toBe('打印头漏 …');
    expect(dayText(at)).toBe('Mon 4 Mar');
  });
});
