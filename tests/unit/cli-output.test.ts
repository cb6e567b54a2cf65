import { describe, expect, it } from 'vitest';
import type { AftercareApi, Inbox } from '../../client/api.js';
import { DeskError, EXIT } from '../../client/api.js';
import { notFound } from '../../client/failures.js';
import { approved, MODERATE } from '../../client/cli/approval.js';
import { Context } from '../../client/cli/context.js';
import { lengthText, Moments } from '../../client/cli/moments.js';
import { Output, shellWord, widthOf, type Sink } from '../../client/cli/output.js';
import { run } from '../../client/cli/run.js';
import type { Globals } from '../../client/cli/command.js';
import { readOrganisation } from '../../adapters/organisation-file.js';
import type { OpenTaskRow } from '../../adapters/ports.js';
import type { CaseRow, ClockRow, TaskRow } from '../../domain/case.js';
import type { Staff } from '../../domain/organisation.js';
import type { ActResult, CaseView } from '../../workflows/case/messages.js';
import { loadPolicy } from '../../client/policy.js';

const NOW = '2030-03-04T07:00:00.000Z'; // Mon 15:00 in the zone

class Paper implements Sink {
  text = '';
  constructor(
    readonly isTTY = false,
    readonly columns = 80,
  ) {}
  hasColors(): boolean {
    return this.isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
}

function globals(over: Partial<Globals> = {}): Globals {
  return { json: false, color: true, time: 'local', yes: false, dryRun: false, verbose: false, ...over };
}

const LI_NA: Staff = {
  id: 'li.na',
  aliases: [],
  name: '李娜',
  roles: ['agent'],
  department: 'service-desk',
  language: 'zh-CN',
  absent: false,
};

function task(over: Partial<OpenTaskRow> = {}): OpenTaskRow {
  return {
    key: 'acknowledge#1',
    name: 'acknowledge',
    round: 1,
    role: 'agent',
    assignee: 'li.na',
    status: 'open',
    rule: 'CMP-03',
    openedAt: NOW,
    plannedAt: null,
    dueAt: '2030-03-04T10:00:00.000Z',
    provisional: false,
    completedAt: null,
    completedBy: null,
    answer: null,
    context: null,
    caseId: 'T20300304-001',
    process: 'complaint',
    level: 'L1',
    owner: 'li.na',
    customer: '青山文具',
    waitingOn: 'us',
    ...over,
  };
}

function row(over: Partial<CaseRow> = {}): CaseRow {
  return {
    caseId: 'T20300304-001',
    process: 'complaint',
    status: 'open',
    outcome: null,
    level: 'L1',
    rounds: 1,
    owner: 'li.na',
    grade: null,
    openedAt: NOW,
    receivedAt: NOW,
    closedAt: null,
    nextDueAt: '2030-03-04T10:00:00.000Z',
    attention: null,
    waitingOn: 'us',
    identity: 'named',
    personsConcerned: [],
    customer: 'qingshan',
    relatedTo: null,
    policyDigest: 'd',
    responseMinutes: null,
    resolutionMinutes: null,
    ...over,
  };
}

const CLOCK: ClockRow = {
  key: 'acknowledge#1',
  name: 'firstResponse',
  round: 1,
  calendar: 'hotline',
  limitMinutes: 30,
  limitText: '30 min',
  rule: 'ESC-01',
  startedAt: NOW,
  dueAt: '2030-03-04T07:30:00.000Z',
  pausedAt: null,
  stoppedAt: null,
  breachedAt: null,
  usedMinutes: 0,
  provisional: false,
  spans: [{ from: NOW, to: null }],
};

const RESULT: ActResult = {
  requestId: 'r1',
  at: NOW,
  inLedger: true,
  status: 'open',
  outcome: null,
  level: 'L1',
  next: [
    {
      task: 'investigate',
      key: 'investigate#1',
      role: 'agent',
      assignee: 'wang.lei',
      dueAt: '2030-03-04T10:00:00.000Z',
    },
  ],
};

const ROOT = new URL('../../', import.meta.url).pathname;
const policy = await loadPolicy(`${ROOT}policy/default.yaml`);

/** Answers what a test gives; anything else asked of it is a mistake of the test. */
function double(answers: Partial<AftercareApi>): AftercareApi {
  const base: Partial<AftercareApi> = {
    policy,
    now: () => new Date(NOW),
    close: () => Promise.resolve(),
    staff: () => Promise.resolve(LI_NA),
    tasks: () => Promise.resolve([task()]),
    view: () => Promise.reject(new DeskError('temporal.unreachable', 'away')),
  };
  return { ...base, ...answers } as AftercareApi;
}

async function aftercare(line: string, answers: Partial<AftercareApi>, tty = false) {
  const argv = line.split(' ');
  const stdout = new Paper(tty);
  const stderr = new Paper(tty);
  const out = new Output(
    globals({ json: argv.includes('--json'), color: !argv.includes('--no-color') }),
    stdout,
    stderr,
  );
  const exit = await run(argv, {
    out,
    connect: () => Promise.resolve(double(answers)),
    config: () => Promise.resolve({ as: null, packageRoot: ROOT } as never),
  });
  return { exit, stdout: stdout.text, stderr: stderr.text };
}

describe('times', () => {
  const moments = new Moments(480, new Date(NOW));
  it('are local with weekday and distance', () => {
    expect(moments.due('2030-03-04T10:00:00.000Z')).toBe('Mon 18:00 (in 3 h)');
    expect(moments.due('2030-03-04T06:40:00.000Z')).toBe('Mon 14:40 (20 min ago)');
    expect(moments.at('2030-03-18T10:00:00.000Z')).toBe('Mon 18 Mar 18:00');
    expect(moments.at('2031-01-06T01:00:00.000Z')).toBe('Mon 6 Jan 2031 09:00');
    expect(moments.due(null)).toBe('no deadline now');
  });
  it('are ISO with offset on demand', () => {
    expect(new Moments(480, new Date(NOW), 'iso').due('2030-03-04T10:00:00.000Z')).toBe(
      '2030-03-04T18:00:00+08:00',
    );
    expect(new Moments(-210, new Date(NOW), 'iso').at(NOW)).toBe('2030-03-04T03:30:00-03:30');
  });
  it('say lengths in the largest fitting units', () => {
    expect([5, 60, 95, 2880, 3000].map(lengthText)).toEqual(['5 min', '1 h', '1 h 35 min', '2 d', '2 d 2 h']);
  });
});

describe('tables', () => {
  const columns = [
    { head: 'id', cell: (item: { id: string }) => item.id },
    { head: 'text', cell: (item: { text: string }) => item.text, elastic: true },
    { head: 'end', cell: () => '|' },
  ] as const;
  const rows = [
    { id: 'a', text: '打印头漏墨' },
    { id: 'bb', text: 'printer leaks ink and the invoice cannot be read any more, says the customer' },
  ];
  it('align Chinese by its width', () => {
    const lines = new Output(globals(), new Paper()).table(rows, columns as never);
    expect(new Set(lines.slice(1).map((line) => widthOf(line))).size).toBe(1);
    expect(lines.join('\n')).not.toContain('…');
  });
  it('are cut on a terminal only', () => {
    const lines = new Output(globals({ color: false }), new Paper(true, 40)).table(rows, columns as never);
    expect(lines.join('\n')).toContain('…');
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(40);
  });
});

describe('colour', () => {
  it('only where a terminal takes it, and never with --no-color', async () => {
    const inbox = (): Promise<Inbox> =>
      Promise.resolve({
        actor: LI_NA,
        at: NOW,
        late: [task()],
        today: [],
        later: [],
        waitingOnOthers: [],
        withoutProgress: [],
      });
    const answers = { inbox };
    expect((await aftercare('inbox --as li.na', answers, true)).stdout).toContain('\u001b[');
    expect((await aftercare('inbox --as li.na --no-color', answers, true)).stdout).not.toContain('\u001b[');
    expect((await aftercare('inbox --as li.na', answers)).stdout).not.toContain('\u001b[');
  });
});

describe('what must I do now', () => {
  const inbox = (): Promise<Inbox> =>
    Promise.resolve({
      actor: LI_NA,
      at: NOW,
      late: [task({ dueAt: '2030-03-04T06:40:00.000Z' })],
      today: [task({ caseId: 'T20300304-002' }), task({ caseId: 'T20300304-003' })],
      later: [],
      waitingOnOthers: [row({ caseId: 'T20300304-004', waitingOn: 'customer' })],
      withoutProgress: [],
    });
  it('bare: counts, the most urgent task, the line to type', async () => {
    const { stdout, exit } = await aftercare('--as li.na', { inbox });
    expect(exit).toBe(0);
    expect(stdout).toContain('li.na  1 late, 2 due today');
    expect(stdout).toContain('T20300304-001  acknowledge  due Mon 14:40 (20 min ago)');
    expect(stdout).toContain('$ npx aftercare task complete T20300304-001 --task acknowledge --as li.na');
  });
  it('inbox: four groups, and exit 1 on demand when something is late', async () => {
    const { stdout } = await aftercare('inbox --as li.na', { inbox });
    expect(stdout.match(/^(LATE|TODAY|LATER|WAITING ON OTHERS)/gm)).toEqual([
      'LATE',
      'TODAY',
      'WAITING ON OTHERS',
    ]);
    expect((await aftercare('inbox --as li.na --fail-if-late', { inbox })).exit).toBe(EXIT.failed);
  });
  it('inbox --json: full values, nothing else on stdout', async () => {
    const { stdout, stderr } = await aftercare('inbox --as li.na --json', { inbox });
    expect(JSON.parse(stdout)).toMatchObject({
      late: [{ dueAt: '2030-03-04T06:40:00.000Z', customer: '青山文具' }],
    });
    expect(stderr).toBe('');
  });
});

describe('acts', () => {
  it('say what changed and what follows', async () => {
    const asked: unknown[] = [];
    const { stdout, exit } = await aftercare(
      'task complete T20300304-001 --answer grade=important --request-id r1 --as li.na',
      {
        complete: (...args) => {
          asked.push(args);
          return Promise.resolve(RESULT);
        },
      },
    );
    expect(exit).toBe(0);
    expect(stdout).toBe('✓ acknowledged; next: investigate, wang.lei, due Mon 18:00 (in 3 h)\n');
    expect(asked).toEqual([
      ['T20300304-001', 'acknowledge#1', { grade: 'important' }, 'li.na', { requestId: 'r1' }],
    ]);
  });

  it('know a task that the ledger was not told of yet; where the case cannot be asked, the ledger is', async () => {
    const asked: unknown[] = [];
    const complete: AftercareApi['complete'] = (...args) => {
      asked.push(args[1]);
      return Promise.resolve(RESULT);
    };
    const answered = task({ key: 'investigate#1', name: 'investigate', status: 'completed' });
    const view = () =>
      Promise.resolve({ tasks: [answered, task({ key: 'acknowledge#2' })] } as unknown as CaseView);
    const line = 'task complete T20300304-001 --answer grade=important --as li.na';
    expect((await aftercare(line, { complete, view, tasks: () => Promise.resolve([answered]) })).exit).toBe(
      0,
    );
    expect((await aftercare(line, { complete })).exit).toBe(0);
    expect(asked).toEqual(['acknowledge#2', 'acknowledge#1']);
    const none = { complete, tasks: () => Promise.resolve([]) };
    const { stderr, exit } = await aftercare(line, { ...none, sheet: () => Promise.resolve({} as never) });
    expect(exit).toBe(64);
    expect(stderr).toContain('nothing is open in T20300304-001');
    const never = await aftercare(line, { ...none, sheet: () => Promise.reject(notFound('T20300304-001')) });
    expect(never.exit).toBe(3);
    expect(never.stderr).toContain('no case T20300304-001');
  });

  it('name the missing field where nobody can be asked', async () => {
    const { stderr, exit } = await aftercare('task complete T20300304-001 --as li.na', {});
    expect(exit).toBe(64);
    expect(stderr).toContain('--answer grade missing');
    expect(stderr).toContain('major | important | general');
  });

  it('print a refusal with field, what is allowed, remedy', async () => {
    const complete = () =>
      Promise.reject(
        new DeskError('task.answerInvalid', 'acknowledge: not in order', {
          fields: [{ field: 'grade', message: 'not one of them' }],
          remedy: 'mend it',
        }),
      );
    const { stderr, exit } = await aftercare('task complete T20300304-001 --answer grade=major --as li.na', {
      complete,
    });
    expect(exit).toBe(2);
    expect(stderr).toContain('task.answerInvalid');
    expect(stderr).toContain('grade  not one of them; takes major | important | general');
    expect(stderr).toContain('→ mend it');
  });

  it('in JSON: one error object on stdout, and the exit code', async () => {
    const complete = () =>
      Promise.reject(new DeskError('task.roleNotAllowed', 'needs role engineer', { requestId: 'r9' }));
    const { stdout, stderr, exit } = await aftercare(
      'task complete T20300304-001 --answer grade=major --as li.na --json',
      { complete },
    );
    expect(exit).toBe(2);
    const { error } = JSON.parse(stdout) as { error: Record<string, unknown> };
    expect(error).toMatchObject({
      code: 'task.roleNotAllowed',
      message: 'needs role engineer',
      fields: [],
      requestId: 'r9',
    });
    expect(String(error['remedy'])).toContain('staff list');
    expect(stderr).toBe('');
  });

  it.each(['custody.unknownItem', 'custody.otherKind', 'custody.heldByOther', 'custody.notHeld'])(
    'say what to do about %s',
    async (code) => {
      const complete = () => Promise.reject(new DeskError(code, 'no'));
      const line = 'task complete T20300304-001 --answer grade=major --as li.na';
      expect((await aftercare(line, { complete })).stderr).toMatch(/→ .*aftercare (stock|device|custody) /);
    },
  );

  it('after a lost connection: exit 4, the request id, and how to repeat it', async () => {
    const complete = () =>
      Promise.reject(
        new DeskError('temporal.unreachable', 'no answer', { exit: EXIT.unreachable, requestId: 'r7' }),
      );
    const { stderr, exit } = await aftercare('task complete T20300304-001 --answer grade=major --as li.na', {
      complete,
    });
    expect(exit).toBe(4);
    expect(stderr).toContain('request id r7');
    expect(stderr).toContain(
      'aftercare task complete T20300304-001 --answer grade=major --as li.na --request-id r7',
    );
  });

  it('say so when the ledger is behind', async () => {
    const complete = () => Promise.resolve({ ...RESULT, inLedger: false });
    const { stderr } = await aftercare('task complete T20300304-001 --answer grade=major --as li.na', {
      complete,
    });
    expect(stderr).toContain('ledger is behind');
  });

  it('--dry-run changes nothing', async () => {
    const complete = () => Promise.reject(new Error('must not be sent'));
    const line = 'task complete T20300304-001 --answer grade=major --dry-run --as li.na';
    const checkAct = () => Promise.resolve();
    const { exit, stdout } = await aftercare(line, { complete, checkAct });
    expect(exit).toBe(0);
    expect(stdout).toContain('dry run: nothing was changed');
    // What is wrong is said before anything is promised.
    const wrong = () =>
      Promise.reject(
        new DeskError('task.answerInvalid', 'acknowledge: grade', {
          fields: [{ field: 'grade', message: 'no such grade' }],
        }),
      );
    const refused = await aftercare(line, { complete, checkAct: wrong });
    expect([refused.exit, refused.stdout]).toEqual([2, '']);
  });
});

describe('acts that cost something', () => {
  const openTask: TaskRow = task();
  const sheet = () =>
    Promise.resolve({
      row: row(),
      tasks: [openTask],
      clocks: [CLOCK, { ...CLOCK, key: 'promise', name: 'promise', calendar: 'wall' }],
      messages: [],
      timeline: [],
      evidence: [],
      finalState: null,
      view: 'full' as const,
      texts: {},
      complainant: null,
      refusals: [],
      related: [],
    });
  const act = () => Promise.resolve(RESULT);
  const checkAct = () => Promise.resolve();
  const api = { sheet, act, checkAct };

  it('moderate: shown and named --yes where nobody can be asked; done with it', async () => {
    const asked = await aftercare('case pause T20300304-001 --reason waitingCustomer --as li.na', api);
    expect(asked.exit).toBe(64);
    expect(asked.stderr).toContain('firstResponse stands still');
    expect(asked.stderr).toContain('promise goes on');
    expect(asked.stderr).toContain('--yes is missing');
    const done = await aftercare('case pause T20300304-001 --reason waitingCustomer --yes --as li.na', api);
    expect(done.exit).toBe(0);
  });

  it('severe: only with the case number', async () => {
    const line = 'case cancel T20300304-001 --reason twice --as li.na';
    expect((await aftercare(line, api)).exit).toBe(64);
    expect((await aftercare(`${line} --yes`, api)).exit).toBe(64);
    expect((await aftercare(`${line} --confirm T20300304-002`, api)).exit).toBe(64);
    expect((await aftercare(`${line} --confirm T20300304-001`, api)).exit).toBe(0);
    const sent = () => Promise.reject(new Error('sent'));
    expect((await aftercare(`${line} --dry-run`, { ...api, act: sent })).exit).toBe(0);
  });

  it('what the case would refuse is neither shown nor asked for', async () => {
    const refused = () => Promise.reject(new DeskError('case.closed', 'case T20300304-001 is closed'));
    for (const line of ['case cancel T20300304-001 --reason twice', 'case resume T20300304-001 --dry-run']) {
      const said = await aftercare(`${line} --as li.na`, { ...api, checkAct: refused });
      expect([said.exit, said.stdout]).toEqual([2, '']);
      expect(said.stderr).toMatch(/^✗ case T20300304-001 is closed/);
    }
  });
});

describe('a closing case', () => {
  const messages = [
    { template: 'cmp.result', status: 'sent', notBefore: null },
    { template: 'cmp.thanks', status: 'deferred', notBefore: '2030-03-05T01:00:00.000Z' },
    { template: 'staff.closed', status: 'deferred', notBefore: '2030-03-04T12:00:00.000Z' },
    { template: 'staff.other', status: 'dropped', notBefore: '2030-03-09T12:00:00.000Z' },
  ] as never;
  const closing: ActResult = { ...RESULT, status: 'closing', outcome: 'cancelled', next: [] };
  const line = 'case resync T20300304-001 --as li.na';
  const act = () => Promise.resolve(closing);

  it('says when it closes, and with which message', async () => {
    const said = await aftercare(line, { act, messages: () => Promise.resolve(messages) });
    expect(said.stdout).toBe(
      '✓ written to the ledger again; case closes: cancelled\n' +
        '  closes when its last message is out: Tue 09:00 (in 18 h), cmp.thanks\n',
    );
    const json = await aftercare(`${line} --json`, { act, messages: () => Promise.resolve(messages) });
    expect(JSON.parse(json.stdout)).toMatchObject({
      closesWith: { template: 'cmp.thanks', at: '2030-03-05T01:00:00.000Z' },
    });
  });
  it('names what is still to be done before, and then says nothing of messages', async () => {
    const refund = { task: 'refund', key: 'refund#1', role: 'finance', assignee: 'zhao.min', dueAt: null };
    const said = await aftercare(line, {
      act: () => Promise.resolve({ ...closing, next: [refund] }),
      messages: () => Promise.resolve(messages),
    });
    expect(said.stdout).toBe(
      '✓ written to the ledger again; case closes: cancelled\n' +
        '  before that: refund, zhao.min, no deadline now\n',
    );
  });
  it('says "now" for a message on its way, and nothing where none waits', async () => {
    const queued = [{ template: 'cmp.result', status: 'queued', notBefore: null }] as never;
    const now = await aftercare(line, { act, messages: () => Promise.resolve(queued) });
    expect(now.stdout).toContain('  closes when its last message is out: now, cmp.result\n');
    const none = await aftercare(line, { act, messages: () => Promise.resolve([]) });
    expect(none.stdout).toBe('✓ written to the ledger again; case closes: cancelled\n');
  });
});

describe('all open cases at once', () => {
  const cases = () => Promise.resolve([row({ caseId: 'T20300304-001' }), row({ caseId: 'T20300304-002' })]);
  const line = 'case upgrade --all --as li.na';

  it('are upgraded only with their number, each under a request id of its own', async () => {
    const asked: string[] = [];
    const act: AftercareApi['act'] = (_name, caseId, _args, _by, options) => {
      asked.push(options?.requestId ?? '');
      return caseId.endsWith('2')
        ? Promise.reject(new DeskError('case.closed', 'case T20300304-002 is closed'))
        : Promise.resolve(RESULT);
    };
    expect((await aftercare(line, { cases, act })).exit).toBe(64);
    expect((await aftercare(`${line} --confirm 3`, { cases, act })).exit).toBe(64);
    expect(asked).toEqual([]);
    const done = await aftercare(`${line} --confirm 2`, { cases, act });
    expect(done.exit).toBe(2);
    expect(done.stdout).toContain('✓ 1 of 2 go on in a new run when idle\n  ✗ T20300304-002');
    expect(asked.map((id) => id.slice(-14))).toEqual(['-T20300304-001', '-T20300304-002']);
  });
  it('or one, not both', async () => {
    expect((await aftercare('case upgrade T20300304-001 --all --as li.na', { cases })).exit).toBe(64);
    expect((await aftercare('case upgrade --as li.na', { cases })).exit).toBe(64);
  });
});

describe('a case as it is read', () => {
  const told = (id: string) => ({ content: id, sha256: 'ab' });
  const sheetOf = (over: Record<string, unknown>) => ({
    sheet: () =>
      Promise.resolve({
        row: row(),
        tasks: [],
        clocks: [],
        messages: [],
        timeline: [],
        evidence: [
          { evidence: 'e-1', name: 'receipt.pdf', field: 'proof', bytes: 3, addedBy: 'li.na', addedAt: NOW },
        ],
        texts: { 'c-1': '打印头漏墨' },
        view: 'full',
        complainant: null,
        refusals: [],
        related: [],
        ...over,
      } as never),
  });
  const fact = {
    seq: 1,
    at: NOW,
    what: 'noted',
    actor: 'li.na',
    rule: 'ESC-11',
    data: { text: told('c-1') },
  };

  it('gives texts and files as what they are, also within lists', async () => {
    const answer = {
      note: told('c-2'),
      proof: { evidence: 'e-1', sha256: 'ab', mediaType: 'application/pdf', bytes: 3 },
      works: true,
      devices: [{ result: 'passed' }, { result: 'failed', reason: told('c-1') }],
    };
    const { stdout } = await aftercare(
      'case show T20300304-001 --as li.na',
      sheetOf({ tasks: [task({ status: 'completed', answer, completedBy: 'li.na', completedAt: NOW })] }),
    );
    expect(stdout).toMatch(/note +\(hidden from you, or erased\)/);
    expect(stdout).toMatch(/proof +receipt\.pdf\n/);
    expect(stdout).toMatch(/works +yes\n/);
    expect(stdout).toMatch(/devices +result passed; result failed, reason 打印头漏墨\n/);
  });

  it('shows what is to be delivered by hand: to whom and the text itself', async () => {
    const organisation = await readOrganisation(`${ROOT}examples/organisation.yaml`);
    const answers = (view: string) => ({
      ...sheetOf({
        view,
        tasks: [
          task({
            key: 'deliverByHand#1',
            name: 'deliverByHand',
            context: { template: 'cmp.received', message: 'm/1', reason: 'noAddress' },
          }),
        ],
        messages: [
          {
            key: 'm/1',
            template: 'cmp.received',
            to: { kind: 'customer', id: 'qingshan' },
            channels: ['sms', 'mail'],
            params: { caseNo: 'T20300304-001', staff: { staff: 'li.na' }, time: { at: NOW } },
            reason: 'noAddress',
          },
        ],
      }),
      organisation: () => Promise.resolve(organisation),
    });
    const line = 'task show T20300304-001 --task deliverByHand --as li.na';
    const { stdout } = await aftercare(line, answers('full'));
    const customer = organisation.customers.find(({ id }) => id === 'qingshan')!;
    expect(stdout).toContain(`${customer.name}, ${customer.contactName}, ${customer.mobile}\n`);
    expect(stdout).toContain('notice of receipt, by sms, mail, not delivered: no address');
    expect(stdout).toContain('您反映的事项已登记，编号T20300304-001，李女士负责，3月4日15:00前答复。');
    expect(stdout).not.toContain('m/1');
    const hidden = await aftercare(line, answers('masked'));
    expect(hidden.stdout).toMatch(/to +hidden from you/);
    expect(hidden.stdout).not.toContain('您反映的事项已登记');
  });

  it('tells what was refused among the facts, in the same columns', async () => {
    const at = '2030-03-04T06:00:00.000Z';
    const refusals = [{ caseId: null, actor: 'zhou.jie', act: 'pause', code: 'case.closed', at }];
    const { stdout } = await aftercare(
      'case timeline T20300304-001 --as li.na',
      sheetOf({ timeline: [fact], refusals }),
    );
    expect(stdout).toContain(
      '  14:00  zhou.jie  REFUSED: pause, case.closed\n  15:00  li.na     notes: "打印头漏墨" ',
    );
  });
});

describe('in words', () => {
  it('task claim names who had the task', async () => {
    const act = () => Promise.resolve(RESULT);
    const tasks = () => Promise.resolve([task({ assignee: 'zhang.wei' })]);
    const line = 'task claim T20300304-001 --task acknowledge --as li.na';
    expect((await aftercare(line, { act, tasks })).stdout).toMatch(/^✓ acknowledge claimed from zhang\.wei;/);
    const free = () => Promise.resolve([task({ assignee: null })]);
    expect((await aftercare(line, { act, tasks: free })).stdout).toMatch(/^✓ acknowledge claimed;/);
  });

  it('nothing late and nothing stuck is said as the good news it is', async () => {
    const cases = () => Promise.resolve([row()]);
    expect((await aftercare('case list --late', { cases })).stdout).toBe('nothing is late\n');
    expect((await aftercare('case list --stuck', { cases })).stdout).toBe('nothing is stuck\n');
    const none = () => Promise.resolve([]);
    expect((await aftercare('case list', { cases: none })).stdout).toBe('no such case\n');
  });

  it('a trip has no customer; a case that asks nobody says when it goes on', async () => {
    const { stdout } = await aftercare('case show R20300304-001 --as li.na', {
      sheet: () =>
        Promise.resolve({
          row: row({ caseId: 'R20300304-001', process: 'trip', customer: null }),
          ...{ tasks: [], clocks: [], messages: [], timeline: [], evidence: [], related: [], refusals: [] },
          ...{ texts: {}, complainant: null, view: 'full', places: [], finalState: null },
        }),
      view: () =>
        Promise.resolve({ waits: [{ name: 'bureauAgain', until: '2030-03-05T01:00:00.000Z' }] } as never),
    });
    expect(stdout).not.toMatch(/^ +customer/m);
    expect(stdout).toContain('\n  nothing; it goes on by itself Tue 09:00 (in 18 h): bureau again\n');
  });

  it('a month is taken with its year or without', async () => {
    const config = { as: null, packageRoot: ROOT, policyPath: null, calendarsPath: null };
    const show = async (flags: string) => {
      const [stdout, stderr] = [new Paper(), new Paper()];
      const out = new Output(globals(), stdout, stderr);
      const argv = `calendar show ${flags}`.split(' ');
      const exit = await run(argv, { out, config: () => Promise.resolve(config as never) });
      return { exit, said: stdout.text + stderr.text };
    };
    expect((await show('--month 2026-10')).said).toContain('10/2026');
    expect((await show('--year 2026 --month 2')).said).toContain('02/2026');
    const wrong = await show('--month 13');
    expect([wrong.exit, wrong.said]).toEqual([64, expect.stringContaining('a month, MM or YYYY-MM')]);
    expect((await show('--year 2025 --month 2026-10')).exit).toBe(64);
  });

  it('what an act costs is shown in two columns, however long the names', async () => {
    const stderr = new Paper();
    const ctx = new Context(globals(), { out: new Output(globals(), new Paper(), stderr) });
    const lines: [string, string][] = [
      ['looked at again', 'zhou.jie'],
      ['who', 'li.na'],
    ];
    await expect(approved(ctx, { title: 'reopen', lines }, MODERATE)).rejects.toThrow('--yes');
    expect(stderr.text).toContain('  looked at again  zhou.jie\n  who              li.na\n');
  });
});

describe('what cannot be is said with field and remedy', () => {
  it.each([
    ['policy explain-clock --limit 100000wd', '--limit 100000wd is longer than ten years', 'at most 3650wd'],
    [
      'case withdraw T20300304-001 --channel phone --proof call.mp3 --as li.na',
      'a file is given with @: --proof @call.mp3',
      'add the @',
    ],
    [
      'case attach T20300304-001 --field x --file /dev/nothing --as li.na',
      'file: cannot read nothing',
      '--file path/to/file',
    ],
    ['audit verify exports --key no-such.key', 'the key file no-such.key cannot be read', 'openssl rand'],
    ['audit export T20300304-001 --key no-such.key', 'the key file no-such.key', 'openssl rand'],
  ])('%s', async (line, message, remedy) => {
    const { stderr, exit } = await aftercare(line, {});
    expect([exit, stderr]).toEqual([64, expect.stringContaining(message)]);
    expect(stderr).toContain(remedy);
  });
});

describe('Ctrl-C', () => {
  function context() {
    const stderr = new Paper();
    const out = new Output(globals(), new Paper(), stderr);
    const argv = ['case', 'note', 'T20300304-001', '--text', 'a b'];
    return {
      ctx: new Context(globals({ requestId: 'r1' }), {
        out,
        argv,
        config: () => Promise.resolve({ as: null } as never),
      }),
      stderr,
    };
  }
  it('before an act: nothing was sent', async () => {
    const { ctx, stderr } = context();
    expect(await ctx.interrupt()).toBe(130);
    expect(stderr.text).toContain('nothing was sent');
  });
  it('after it: the act landed', async () => {
    const { ctx, stderr } = context();
    await ctx.act(() => Promise.resolve('done'));
    await ctx.interrupt();
    expect(stderr.text).toContain('the act landed');
  });
  it('in between: not known, with the line that repeats it safely', async () => {
    const { ctx, stderr } = context();
    void ctx.act(() => new Promise(() => undefined));
    await ctx.interrupt();
    expect(stderr.text).toContain("aftercare case note T20300304-001 --text 'a b' --request-id r1");
  });
});

it('quotes for a shell', () => {
  expect(["it's", 'a b', 'grade=major', '打印'].map(shellWord)).toEqual([
    `'it'\\''s'`,
    `'a b'`,
    'grade=major',
    `'打印'`,
  ]);
});
