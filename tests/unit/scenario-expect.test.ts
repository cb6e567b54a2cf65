import { describe, expect, it } from 'vitest';
import { compare, needsReplay, type Seen } from '../../simulation/expect.js';
import {
  timelineOf,
  withOffset,
  type CaseResult,
  type FactResult,
  type MessageResult,
} from '../../simulation/result.js';
import type { Expectation } from '../../simulation/scenario.js';

function task(name: string, round: number, over: object = {}) {
  return {
    name,
    round,
    role: 'agent',
    assignee: 'li.na',
    status: 'open' as const,
    openedAt: '2030-03-04T09:00:00+08:00',
    dueAt: '2030-03-04T09:30:00+08:00',
    provisional: false,
    completedAt: null,
    completedBy: null,
    ...over,
  };
}

function fact(what: string, more: object = {}): FactResult {
  return { at: '2030-03-04T09:00:00+08:00', what, actor: null, rule: null, ...more };
}

function message(template: string, status = 'sent'): MessageResult {
  return { key: template, template, channel: 'mail', to: 'li.na', at: '2030-03-04T09:00:00+08:00', status };
}

const seen: Seen = {
  case: {
    as: 'leaky',
    case: 'T20300304-001',
    process: 'complaint',
    status: 'open',
    outcome: null,
    level: 'L2',
    rounds: 2,
    owner: 'li.na',
    grade: 'important',
    attention: null,
    waitingOn: 'us',
    tasks: [
      task('acknowledge', 1, { status: 'completed', completedBy: 'li.na' }),
      task('investigate', 1),
      task('investigate', 2, { role: 'secondLine' }),
    ],
    clocks: [],
    timeline: [],
    messages: [],
    events: 100,
    custody: [],
    bookings: [],
    replay: 'match',
  } satisfies CaseResult,
  newFacts: [
    fact('reminded', { percent: 50 }),
    fact('reminded', { percent: 80 }),
    fact('refused', { code: 'task.roleNotAllowed' }),
    fact('breached'),
  ],
  newMessages: [message('staff.reminder'), message('staff.late'), message('staff.reminder')],
};

function misses(expectation: Expectation) {
  return compare(expectation, seen).map(
    (each) => `${each.path}: expected ${each.expected}, actual ${each.actual}`,
  );
}

describe('what a scenario expects', () => {
  it('matches partially, by name and latest round, and instants in any offset', () => {
    expect(
      misses({
        status: 'open',
        outcome: null,
        level: 'L2',
        'tasks.acknowledge': { completedBy: 'li.na', dueAt: '2030-03-04T01:30:00Z' },
        'tasks.investigate': { role: 'secondLine', round: 2 },
        'tasks.investigate#1': { role: 'agent' },
        'tasks.investigate.assignee': 'li.na',
        custody: [],
        bookings: [],
        replay: 'match',
        refused: 'task.roleNotAllowed',
      }),
    ).toEqual([]);
  });

  it('tells place, expected and actual', () => {
    expect(
      misses({
        level: 'L1',
        'tasks.acknowledge': { role: 'engineer', dueAt: '2030-03-04T09:31:00+08:00' },
        'tasks.decide': { role: 'x' },
      }),
    ).toEqual([
      'level: expected L1, actual L2',
      'tasks.acknowledge.role: expected engineer, actual agent',
      'tasks.acknowledge.dueAt: expected 2030-03-04T09:31:00+08:00, actual 2030-03-04T09:30:00+08:00',
      'tasks.decide: expected {"role":"x"}, actual no such task; there are: acknowledge, investigate',
    ]);
  });

  it('finds list entries in their order, and counts with times', () => {
    expect(misses({ timeline: [{ what: 'reminded' }, { what: 'breached' }] })).toEqual([]);
    expect(
      misses({
        timeline: [
          { what: 'reminded', percent: 80 },
          { what: 'reminded', percent: 50 },
        ],
      }),
    ).toEqual([
      expect.stringContaining(
        'timeline[1]: expected {"what":"reminded","percent":50}, actual only before the entry above it',
      ),
    ]);
    expect(
      misses({
        messages: [
          { template: 'staff.reminder', times: 2 },
          { template: 'staff.late', times: 1 },
        ],
      }),
    ).toEqual([]);
    expect(misses({ messages: [{ template: 'staff.reminder', times: 1 }] })).toEqual([
      expect.stringContaining(
        'messages[0]: expected 1 × {"template":"staff.reminder"}, actual 2 × in [staff.reminder sent to li.na',
      ),
    ]);
    expect(misses({ messages: [{ template: 'cmp.received', times: 0 }] })).toEqual([]);
  });

  it('negates entry by entry and key by key', () => {
    expect(
      misses({
        not: { status: 'closed', timeline: [{ what: 'messageFailed' }], 'tasks.decide': { role: 'x' } },
      }),
    ).toEqual([]);
    expect(misses({ not: { status: 'open', timeline: [{ what: 'breached' }] } })).toEqual([
      'not.status: expected not open, actual open',
      expect.stringContaining('not.timeline[0]: expected none like {"what":"breached"}'),
    ]);
  });

  it('knows when a replay is needed', () => {
    expect([{ status: 'open' }, { replay: 'match' }, { not: { replay: 'match' } }].map(needsReplay)).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('a timeline', () => {
  it('puts a refused act where it happened, and shows instants with the offset', () => {
    const base = { at: '2030-03-04T01:00:00.000Z', actor: 'li.na', rule: 'CMP-03' };
    const facts = [
      { ...base, seq: 1, what: 'opened' as const, data: { receivedAt: '2030-03-04T00:55:00.000Z' } },
      { ...base, seq: 2, what: 'taskCompleted' as const, data: { at: 'hidden', task: 'acknowledge' } },
    ];
    const refusal = {
      caseId: 'T',
      actor: 'zhao.min',
      act: 'investigate',
      code: 'task.notOpen',
      at: base.at,
      requestId: 'r',
      data: {},
      afterSeq: 1,
    };
    const story = timelineOf(facts, [refusal], 480);
    expect(story.map((each) => each.what)).toEqual(['opened', 'refused', 'taskCompleted']);
    expect(story[0]).toMatchObject({
      at: '2030-03-04T09:00:00+08:00',
      receivedAt: '2030-03-04T08:55:00+08:00',
    });
    expect(story[2]!.at).toBe('2030-03-04T09:00:00+08:00');
    expect(withOffset('2030-03-04T01:00:00.000Z', -210)).toBe('2030-03-03T21:30:00-03:30');
  });
});
