/** `aftercare simulate`: the contract that outside tests rely on (issue 3, A7). */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FACT_KINDS } from '../../domain/case.js';
import { parseScenario } from '../../simulation/index.js';
import { aftercare, runNode, MAIN, type Json, type Ran } from '../support/program.js';

const WRITTEN = `schema: aftercare.scenario/1
title: Late, refused, cancelled
rules: [CMP-03]
startAt: "2030-03-04T09:00:00+08:00"
steps:
  - open: complaint
    as: leaky
    by: agent-1
    input: { customer: qingshan, problemType: productQuality, matter: 打印头漏墨 }
    expect:
      level: L1
      tasks.acknowledge: { role: agent, dueAt: "2030-03-04T09:30:00+08:00" }
      messages: [{ template: cmp.received, times: 1 }]
  - complete: acknowledge
    by: zhao.min
    answer: { grade: general }
    refused: task.roleNotAllowed
  - wait: 40m
    expect: { clocks.firstResponse: { breachedAt: "2030-03-04T09:30:00+08:00" } }
  - complete: acknowledge
    by: agent-1
    answer: { grade: general }
  - do: cancelCase
    by: supervisor-1
    with: { reason: entered twice }
  - expect: { status: closed, outcome: cancelled, replay: match }
`;
const NOT_SO = WRITTEN.replace('level: L1', 'level: L3').replace('outcome: cancelled', 'outcome: satisfied');

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/;
type Kind = 'text' | 'text?' | 'number' | 'flag' | 'instant' | 'instant?' | 'list';
const CHECK: Record<Kind, (value: unknown) => boolean> = {
  text: (value) => typeof value === 'string' && value !== '',
  'text?': (value) => value === null || (typeof value === 'string' && value !== ''),
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  flag: (value) => typeof value === 'boolean',
  instant: (value) => typeof value === 'string' && INSTANT.test(value),
  'instant?': (value) => value === null || (typeof value === 'string' && INSTANT.test(value)),
  list: Array.isArray,
};

/** The words of A7; `also` are ours besides, and a new one is added here on purpose or not at all. */
const SHAPES: Record<string, { documented: Record<string, Kind>; also: Record<string, Kind> }> = {
  result: { documented: { title: 'text', ok: 'flag', cases: 'list' }, also: { file: 'text' } },
  case: {
    documented: {
      ...{ as: 'text', case: 'text', process: 'text', status: 'text', outcome: 'text?', level: 'text' },
      ...{ rounds: 'number', tasks: 'list', clocks: 'list', timeline: 'list', messages: 'list' },
      ...{ custody: 'list', bookings: 'list', events: 'number', replay: 'text' },
    },
    also: { owner: 'text', grade: 'text?', attention: 'text?', waitingOn: 'text' },
  },
  task: {
    documented: {
      ...{ name: 'text', role: 'text', assignee: 'text?', openedAt: 'instant', dueAt: 'instant?' },
      ...{ completedAt: 'instant?', completedBy: 'text?' },
    },
    also: { round: 'number', status: 'text', provisional: 'flag' },
  },
  clock: {
    documented: {
      ...{ name: 'text', round: 'number', startedAt: 'instant', dueAt: 'instant', stoppedAt: 'instant?' },
      ...{ breachedAt: 'instant?', usedMinutes: 'number', limitMinutes: 'number', provisional: 'flag' },
    },
    also: {},
  },
  message: {
    documented: {
      key: 'text',
      template: 'text',
      channel: 'text?',
      to: 'text',
      at: 'instant',
      status: 'text',
    },
    also: {},
  },
};

function fits(name: string, value: Record<string, unknown>): void {
  const { documented, also } = SHAPES[name]!;
  const kinds: Record<string, Kind> = { ...documented, ...also };
  expect(Object.keys(value).sort(), name).toEqual(Object.keys(kinds).sort());
  for (const [key, kind] of Object.entries(kinds))
    expect(CHECK[kind](value[key]), `${name}.${key} is ${JSON.stringify(value[key])}, no ${kind}`).toBe(true);
}

/** Every text in a value, however deep. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

let folder: string;
let written: Ran;
let notSo: Ran;
let result: Record<string, Json>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aftercare-e2e-simulate-'));
  await writeFile(join(folder, 'written.yaml'), WRITTEN);
  await writeFile(join(folder, 'not-so.yaml'), NOT_SO);
  [written, notSo] = await Promise.all([
    runNode([MAIN, 'simulate', 'written.yaml', '--json', '--out', 'results'], {
      cwd: folder,
      home: join(folder, 'home'),
    }),
    runNode([MAIN, 'simulate', 'not-so.yaml', '--print-expect'], { cwd: folder, home: join(folder, 'home') }),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('as written', () => {
  it('exits 0; stdout is one object of the documented keys and types', () => {
    expect(written.code, written.stderr).toBe(0);
    result = written.json();
    fits('result', result);
    expect(result).toMatchObject({ title: 'Late, refused, cancelled', ok: true });
    expect(result['cases']).toHaveLength(1);
    const [only] = result['cases'];
    fits('case', only);
    expect(only).toMatchObject({
      as: 'leaky',
      case: 'T20300304-001',
      process: 'complaint',
      status: 'closed',
      outcome: 'cancelled',
      level: 'L1',
      rounds: 1,
      replay: 'match',
    });
    expect(only.events).toBeGreaterThan(20);
  });

  it('tasks, clocks and messages, each in its shape', () => {
    const [only] = result['cases'];
    for (const task of only.tasks) fits('task', task);
    for (const clock of only.clocks) fits('clock', clock);
    for (const message of only.messages) fits('message', message);
    expect(only.tasks.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['acknowledge', 'investigate']),
    );
    expect(only.tasks.find(({ name }: { name: string }) => name === 'acknowledge')).toMatchObject({
      role: 'agent',
      assignee: 'li.na',
      openedAt: '2030-03-04T09:00:00+08:00',
      dueAt: '2030-03-04T09:30:00+08:00',
      completedAt: '2030-03-04T09:40:00+08:00',
      completedBy: 'li.na',
    });
    expect(only.clocks.find(({ name }: { name: string }) => name === 'firstResponse')).toMatchObject({
      breachedAt: '2030-03-04T09:30:00+08:00',
      stoppedAt: '2030-03-04T09:40:00+08:00',
      usedMinutes: 40,
      limitMinutes: 30,
      provisional: false,
    });
    expect(
      only.messages.filter(({ template }: { template: string }) => template === 'cmp.received'),
    ).toMatchObject([{ channel: 'sms', to: 'qingshan', status: 'sent' }]);
  });

  it('a timeline in order, of known facts, with the refused act', () => {
    const { timeline } = result['cases'][0] as { timeline: { at: string; what: string }[] };
    for (const fact of timeline) {
      expect(fact.at).toMatch(INSTANT);
      expect([...FACT_KINDS, 'refused']).toContain(fact.what);
    }
    const times = timeline.map(({ at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const kinds = timeline.map(({ what }) => what);
    for (const kind of [
      'opened',
      'taskOpened',
      'reminded',
      'breached',
      'taskCompleted',
      'messageSent',
      'closed',
    ])
      expect(kinds).toContain(kind);
    expect(timeline.find(({ what }) => what === 'refused')).toMatchObject({
      actor: 'zhao.min',
      code: 'task.roleNotAllowed',
    });
  });

  it('every instant carries the offset', () => {
    const instants = texts(result).filter((text) => /^\d{4}-\d\d-\d\dT\d\d:/.test(text));
    expect(instants.length).toBeGreaterThan(20);
    expect(instants.filter((text) => !INSTANT.test(text))).toEqual([]);
  });

  it('--out keeps the result, the histories and the mailbox', async () => {
    const kept = join(folder, 'results', 'written');
    expect(JSON.parse(await readFile(join(kept, 'result.json'), 'utf8'))).toEqual(result);
    const histories = await readdir(join(kept, 'histories'));
    expect(histories).toContain('T20300304-001-run-1.json');
    const lengths = await Promise.all(
      histories.map(
        async (name) =>
          (JSON.parse(await readFile(join(kept, 'histories', name), 'utf8')) as { events: unknown[] }).events
            .length,
      ),
    );
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(result['cases'][0].events);
    expect(await readdir(join(kept, 'mailbox', 'sms'))).toEqual(
      expect.arrayContaining([expect.stringContaining('T20300304-001')]),
    );
  });
});

describe('not as written', () => {
  it('exits 1 and names every miss with file:line, expected and actual', () => {
    expect(notSo.code, notSo.stderr).toBe(1);
    const lineOf = (text: string) => NOT_SO.split('\n').findIndex((line) => line.includes(text)) + 1;
    const misses = notSo.stdout.split('\n').filter((line) => /^ +\S+:\d+: /.test(line));
    expect(misses.map((line) => line.trim())).toEqual([
      expect.stringMatching(
        new RegExp(`not-so\\.yaml:${lineOf('level: L3')}: .*level.*: expected "?L3"?, actual "?L1"?$`),
      ),
      expect.stringMatching(
        new RegExp(
          `not-so\\.yaml:${lineOf('outcome: satisfied')}: .*outcome.*: expected "?satisfied"?, actual "?cancelled"?$`,
        ),
      ),
    ]);
    expect(notSo.stdout).toMatch(/^✗ Late, refused, cancelled /m);
  });

  it('--print-expect prints what happened, to be pasted as it is', () => {
    const lines = notSo.stdout.split('\n');
    const start = lines.findIndex((line) => line.startsWith('# step 1, line 6: '));
    expect(start).toBeGreaterThan(0);
    const end = lines.findIndex((line, i) => i > start && !line.startsWith('    '));
    const block = lines.slice(start + 1, end);
    expect(parse(block.join('\n'))).toMatchObject({
      expect: { level: 'L1', 'tasks.acknowledge': { assignee: 'li.na', dueAt: '2030-03-04T09:30:00+08:00' } },
    });
    const own = WRITTEN.split('\n');
    const from = own.findIndex((line) => line === '    expect:');
    const pasted = [...own.slice(0, from), ...block, ...own.slice(from + 4)].join('\n');
    expect(parseScenario(pasted, 'pasted.yaml').steps).toHaveLength(6);
  });
});

describe('not a scenario', () => {
  const tried = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return aftercare(['simulate', name, '--json'], { cwd: folder, home: join(folder, 'home') });
  };

  it('an unknown key is refused with line and suggestion; nothing is run', async () => {
    const [key, step, past] = await Promise.all([
      tried('key.yaml', WRITTEN.replace('    by: zhao.min', '    bye: zhao.min')),
      tried(
        'step.yaml',
        WRITTEN.replace('complete: acknowledge\n    by: agent-1', 'compelte: acknowledge\n    by: agent-1'),
      ),
      tried('past.yaml', WRITTEN.replace('2030-03-04T09:00', '2020-03-04T09:00')),
    ]);
    for (const ran of [key, step, past]) {
      expect(ran.code).toBe(64);
      expect(ran.json()['error']).toMatchObject({ code: 'scenario.invalid', remedy: expect.any(String) });
    }
    const fields = (ran: Ran) =>
      (ran.json()['error'].fields as { field: string; message: string }[]).map(
        ({ field, message }) => `${field}: ${message}`,
      );
    expect(fields(key).join('\n')).toMatch(/key\.yaml:15 .*bye.*by/);
    expect(fields(step)).toEqual([
      expect.stringMatching(/step\.yaml:20 steps\S*: "compelte" is not a step.*complete/),
    ]);
    expect(fields(past)).toEqual([expect.stringMatching(/past\.yaml:4 startAt: .*future/)]);
  });

  it('a file that is not there is told before anything starts', async () => {
    const ran = await aftercare(['simulate', join(folder, 'nowhere.yaml')]);
    expect(ran.code).toBe(64);
    expect(ran.stderr).toContain('nowhere.yaml');
    expect(ran.stderr).toContain('examples/scenarios');
  });
});
