/** A complaint walked through by a newcomer: one stack, real time, every line a process of its own (A6, A8). */
import { spawn, spawnSync } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  House,
  MAIN,
  Running,
  plainEnv,
  policyOfAnyHour,
  soon,
  type Env,
  type Json,
  type Ran,
} from '../support/program.js';

const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
const NUMBER = /^T\d{8}-\d{3}$/;
const ACT_KEYS = ['at', 'case', 'inLedger', 'level', 'next', 'outcome', 'requestId', 'status'];

let house: House;
const cases = { qingshan: '', file: '', stdin: '', concerned: '' };
const at = (name: string) => join(house.home, name);

/** A line that must do what it says. */
async function done(...argv: string[]): Promise<Ran> {
  const ran = await house.run(argv);
  expect(ran.code, `${argv.join(' ')}\n${ran.stdout}${ran.stderr}`).toBe(0);
  return ran;
}
const json = async <T = Record<string, Json>>(...argv: string[]) => (await done(...argv, '--json')).json<T>();

interface Refusal {
  code: string;
  message: string;
  fields: { field: string; message: string }[];
  remedy: string | null;
  requestId: string | null;
}
/** A line that must be refused: the object on stdout, whose shape is a promise. */
async function refused(exit: number, ...argv: string[]): Promise<Refusal> {
  const ran = await house.run([...argv, '--json']);
  expect(ran.code, `${argv.join(' ')}\n${ran.stdout}${ran.stderr}`).toBe(exit);
  const { error, ...rest } = ran.json<{ error: Refusal }>();
  expect(rest).toEqual({});
  expect(Object.keys(error).sort()).toEqual(['code', 'fields', 'message', 'remedy', 'requestId']);
  expect(error.remedy, error.code).toBeTruthy();
  return error;
}

const answers = (fields: Record<string, string>) =>
  Object.entries(fields).flatMap(([key, value]) => ['--answer', `${key}=${value}`]);
const facts = (caseId: string, ...what: string[]) =>
  json<{ what: string; actor: string | null; data: Record<string, Json> }[]>(
    ...['case', 'timeline', caseId, '--as', 'chen.hui', ...what.flatMap((kind) => ['--what', kind])],
  );

beforeAll(async () => {
  const env: Env = {};
  house = await House.empty(env);
  env['AFTERCARE_POLICY'] = await policyOfAnyHour(at('policy.yaml'));
  await house.start();
  await Promise.all([
    writeFile(
      at('complaint.yaml'),
      'problemType: delivery\nmatter: 设备晚到三天\ncomplainant: { name: 方晴, phone: "13800000155" }\n',
    ),
    writeFile(
      at('concerned.yaml'),
      'problemType: serviceAttitude\nmatter: 态度生硬\ncustomer: yunfan\npersonsConcerned: [wang.lei]\n',
    ),
    writeFile(at('urgent.yaml'), 'grade: urgent\n'),
    writeFile(at('acknowledge.yaml'), 'grade: general\ntext: 今天下班前答复\n'),
    writeFile(at('receipt.pdf'), '%PDF-1.4 signed\n'),
  ]);
});
afterAll(() => house?.close());

describe('opening', () => {
  it('by flags, from a file and from stdin, at once: three cases, three numbers', async () => {
    const [flags, file, stdin] = await Promise.all([
      json(
        ...['complaint', 'open', '--as', 'li.na', '--request-id', 'walk-1'],
        ...answers({ problemType: 'productQuality', matter: 'printer leaks ink', customer: 'qingshan' }),
      ),
      done('complaint', 'open', '--file', at('complaint.yaml'), '--as', 'li.na'),
      house.run(['complaint', 'open', '--file', '-', '--as', 'li.na', '--json'], {
        stdin: '{"problemType": "charges", "matter": "charged twice", "identity": "anonymous"}',
      }),
    ]);
    expect(flags).toEqual({
      case: flags['caseId'],
      caseId: expect.stringMatching(NUMBER),
      requestId: 'walk-1',
      fresh: true,
      at: INSTANT,
      inLedger: true,
      status: 'open',
      outcome: null,
      level: 'L1',
      next: [{ task: 'acknowledge', key: 'acknowledge#1', role: 'agent', assignee: 'li.na', dueAt: INSTANT }],
      related: [],
      flags: [],
    });
    expect(file.stdout).toMatch(/^✓ T\d{8}-\d{3} opened; level L1\n {2}next: acknowledge, li\.na, due /);
    expect(stdin.code, stdin.stderr).toBe(0);
    cases.qingshan = flags['caseId'] as string;
    cases.file = /T\d{8}-\d{3}/.exec(file.stdout)![0];
    cases.stdin = stdin.json()['caseId'] as string;
    const numbers = [cases.qingshan, cases.file, cases.stdin].map((id) => Number(id.slice(-3)));
    expect(numbers.sort()).toEqual([1, 2, 3]);
  });

  it('tells the customer the number, once', async () => {
    const told = async () =>
      (
        await json<{ to: string; text: string; deliveries: number }[]>('mailbox', 'list', '--channel', 'sms')
      ).filter(({ text }) => text.includes(cases.qingshan));
    expect(await soon(async () => (await told()).length > 0)).toBe(true);
    expect(await told()).toMatchObject([{ to: '+8613800000101', deliveries: 1 }]);
    const shown = await done('mailbox', 'show', cases.qingshan);
    expect(shown.stdout).toContain('【示例税控】');
    const listed = await json<{ template: string; status: string }[]>(
      'message',
      'list',
      '--case',
      cases.qingshan,
      '--as',
      'li.na',
    );
    expect(listed).toMatchObject([{ template: 'cmp.received', status: 'sent', caseId: cases.qingshan }]);
  });

  it('with the same request id is the same case', async () => {
    const again = await done(
      ...['complaint', 'open', '--as', 'li.na', '--request-id', 'walk-1'],
      ...answers({ problemType: 'productQuality', matter: 'printer leaks ink', customer: 'qingshan' }),
    );
    expect(again.stdout).toContain(`${cases.qingshan} was opened by this request before`);
    expect(await json<unknown[]>('case', 'list')).toHaveLength(3);
  });

  it('is refused with the field and what to do; nothing is asked where nobody answers', async () => {
    const base = { problemType: 'charges', matter: 'x' };
    const [missing, choice, customer, future, nobody] = await Promise.all([
      refused(64, 'complaint', 'open', '--as', 'li.na'),
      refused(64, 'complaint', 'open', '--as', 'li.na', ...answers({ ...base, problemType: 'noise' })),
      refused(2, 'complaint', 'open', '--as', 'li.na', ...answers({ ...base, customer: 'nobody' })),
      refused(
        2,
        'complaint',
        'open',
        '--as',
        'li.na',
        ...answers({ ...base, customer: 'qingshan', receivedAt: '2099-01-01T09:00' }),
      ),
      refused(2, 'complaint', 'open', '--as', 'li.na', ...answers(base)),
    ]);
    expect(missing).toMatchObject({
      code: 'usage.missing',
      fields: [{ field: 'problemType' }, { field: 'matter' }],
    });
    expect(missing.remedy).toContain('--answer problemType=');
    expect(choice.code).toBe('usage.answer');
    expect(choice.remedy).toContain('productQuality | serviceAttitude');
    expect(customer.fields.map(({ field }) => field)).toEqual(['customer']);
    expect(future.fields.map(({ field }) => field)).toEqual(['receivedAt']);
    expect(nobody.fields.map(({ field }) => field)).toEqual(['complainant']);
    expect(await json<unknown[]>('case', 'list')).toHaveLength(3);
  });
});

describe('what must I do now', () => {
  it('inbox, next, the bare program and task show agree', async () => {
    const [inbox, next, bare, task] = await Promise.all([
      json('inbox', '--as', 'li.na', '--fail-if-late'),
      json('next', '--as', 'li.na'),
      json('--as', 'li.na'),
      json('task', 'show', cases.qingshan, '--as', 'li.na'),
    ]);
    expect(Object.keys(inbox)).toEqual([
      'actor',
      'at',
      'late',
      'today',
      'later',
      'waitingOnOthers',
      'withoutProgress',
    ]);
    const open = [...inbox['late'], ...inbox['today'], ...inbox['later']] as {
      caseId: string;
      name: string;
      assignee: string;
    }[];
    expect(open.map((row) => row.caseId).sort()).toEqual([cases.qingshan, cases.file, cases.stdin].sort());
    expect(new Set(open.map((row) => `${row.name} ${row.assignee}`))).toEqual(new Set(['acknowledge li.na']));
    expect(next['task']).toEqual(open[0]);
    expect(bare).toMatchObject({ actor: 'li.na', late: 0, next: open[0], line: next['line'] });
    expect(next['line']).toBe(`npx aftercare task complete ${open[0]!.caseId} --task acknowledge --as li.na`);
    expect(task['form'].find((field: { name: string }) => field.name === 'grade')).toMatchObject({
      required: true,
      kind: 'choice',
      allowed: ['major', 'important', 'general'],
    });
    const words = (await done('inbox', '--as', 'li.na')).stdout;
    expect(words).toMatch(/^(TODAY|LATER) {2}\d\n/);
    expect(words).toContain(`  $ ${next['line']}\n`);
  });

  it('somebody without tasks has nothing to do', async () => {
    expect((await done('inbox', '--as', 'zhao.min')).stdout).toBe('zhao.min  nothing to do: all answered\n');
    expect(await json('next', '--as', 'zhao.min')).toBeNull();
  });
});

describe('exit codes', () => {
  it('64, 3, 4 and 2, each with a stable code and a remedy', async () => {
    const [actor, noCase, noStaff, form, role, task, away] = await Promise.all([
      refused(64, 'case', 'show', cases.qingshan),
      refused(3, 'case', 'show', 'T20200101-001', '--as', 'li.na'),
      refused(3, 'inbox', '--as', 'nobody'),
      refused(2, 'task', 'complete', cases.qingshan, '--file', at('urgent.yaml'), '--as', 'li.na'),
      refused(
        2,
        'task',
        'complete',
        cases.qingshan,
        '--task',
        'acknowledge',
        ...answers({ grade: 'general' }),
        '--as',
        'zhao.min',
      ),
      refused(64, 'task', 'complete', cases.qingshan, '--task', 'aknowledge', '--as', 'li.na'),
      house.run(['inbox', '--as', 'li.na', '--json', '--home', at('nowhere')]),
    ]);
    expect(actor).toMatchObject({ code: 'usage.actorMissing', fields: [{ field: '--as' }] });
    expect(noCase.code).toBe('case.notFound');
    expect(noStaff.code).toBe('staff.unknown');
    expect(form).toMatchObject({ code: 'task.answerInvalid', fields: [{ field: 'grade' }] });
    expect(form.fields[0]!.message).toContain('must be major | important | general');
    expect(form.requestId).toBeTruthy();
    expect(role).toMatchObject({ code: 'task.roleNotAllowed' });
    expect(role.message).toContain('agent');
    expect(task.message).toContain('Did you mean acknowledge?');
    expect(away.code).toBe(4);
    expect(away.json()['error']).toMatchObject({
      code: 'stack.notRunning',
      remedy: expect.stringContaining('npm start'),
    });
  });

  it('refused acts stand in the timeline people read', async () => {
    const { stdout } = await done('case', 'timeline', cases.qingshan, '--as', 'li.na');
    expect(stdout).toMatch(/zhao\.min +REFUSED: acknowledge, task\.roleNotAllowed/);
  });
});

describe('acting', () => {
  it('an answer from a file; the same request id gives the same answer and no second effect', async () => {
    const line = [
      'task',
      'complete',
      cases.qingshan,
      '--task',
      'acknowledge',
      '--file',
      at('acknowledge.yaml'),
      '--as',
      'li.na',
      '--request-id',
      'walk-2',
    ];
    const first = await json(...line);
    expect(Object.keys(first).sort()).toEqual(ACT_KEYS);
    expect(first).toMatchObject({
      case: cases.qingshan,
      requestId: 'walk-2',
      status: 'open',
      next: [{ task: 'investigate', assignee: 'li.na' }],
    });
    const second = await json(...line);
    expect(second).toEqual(first);
    expect(await facts(cases.qingshan, 'taskCompleted')).toMatchObject([
      { actor: 'li.na', data: { task: 'acknowledge' } },
    ]);
    const late = await refused(2, ...line.slice(0, -2));
    expect(late.code).toBe('task.notOpen');
  });

  it('a note says what is next; a dry run of anything changes nothing', async () => {
    const dry = await Promise.all([
      json('case', 'note', cases.qingshan, '--text', 'seal ordered', '--as', 'li.na', '--dry-run'),
      json('case', 'pause', cases.qingshan, '--reason', 'waitingCustomer', '--as', 'li.na', '--dry-run'),
      json('case', 'raise', cases.qingshan, '--reason', 'press', '--as', 'li.na', '--dry-run'),
      json('case', 'cancel', cases.qingshan, '--reason', 'twice', '--as', 'chen.hui', '--dry-run'),
      json('complaint', 'open', '--file', at('complaint.yaml'), '--as', 'li.na', '--dry-run'),
      json('task', 'complete', cases.file, ...answers({ grade: 'general' }), '--as', 'li.na', '--dry-run'),
    ]);
    for (const plan of dry)
      expect(plan).toEqual({ dryRun: true, act: expect.any(String), effect: expect.any(Object) });
    const [kinds, list, other] = await Promise.all([
      facts(cases.qingshan),
      json<unknown[]>('case', 'list'),
      facts(cases.file, 'taskCompleted'),
    ]);
    expect(
      kinds.map(({ what }) => what).filter((what) => /noted|paused|levelRaised|closed/.test(what)),
    ).toEqual([]);
    expect(list).toHaveLength(3);
    expect(other).toEqual([]);
    const noted = await done('case', 'note', cases.qingshan, '--text', 'seal ordered', '--as', 'li.na');
    expect(noted.stdout).toMatch(/^✓ noted; next: investigate, li\.na, due /);
    expect(await facts(cases.qingshan, 'noted')).toHaveLength(1);
  });

  it('a pause is shown and asked for; with --yes it is done, and resumed with what was left', async () => {
    const pause = ['case', 'pause', cases.qingshan, '--reason', 'waitingCustomer', '--as', 'li.na'];
    const asked = await house.run(pause);
    expect(asked.code).toBe(64);
    expect(asked.stdout).toBe('');
    expect(asked.stderr).toContain('investigation stands still (was due ');
    expect(asked.stderr).toContain('promise goes on, due ');
    expect(asked.stderr).toContain('--yes is missing');
    const clocks = async () =>
      (
        await json<{ clock: { name: string; dueAt: string; pausedAt: string | null }; lines: unknown[] }[]>(
          'case',
          'why',
          cases.qingshan,
        )
      ).map(({ clock }) => clock);
    const investigation = (all: Awaited<ReturnType<typeof clocks>>) =>
      all.find(({ name }) => name === 'investigation')!;
    const before = investigation(await clocks());
    expect(before.pausedAt).toBeNull();
    expect((await done(...pause, '--yes')).stdout).toMatch(
      /^✓ paused until .* at the latest; next: investigate, li\.na, no deadline now\n$/,
    );
    expect(investigation(await clocks()).pausedAt).toEqual(INSTANT);
    expect((await refused(2, ...pause, '--yes')).code).toBe('case.alreadyPaused');
    await done('case', 'resume', cases.qingshan, '--as', 'li.na');
    const after = investigation(await clocks());
    expect(after.pausedAt).toBeNull();
    // Real time passed meanwhile: a minute or two, none of it lost.
    expect(Date.parse(after.dueAt) - Date.parse(before.dueAt)).toBeLessThanOrEqual(3 * 60_000);
  });

  it('why: each deadline interval by interval, and who hears if it slips', async () => {
    const [words, told, named] = await Promise.all([
      done('case', 'why', cases.file),
      json<Record<string, Json>[]>('case', 'why', cases.file, '--clock', 'firstResponse'),
      refused(64, 'case', 'why', cases.file, '--clock', 'firstRespnse'),
    ]);
    expect(words.stdout).toMatch(/^firstResponse · 30 min · calendar hotline · ESC-01$/m);
    // The present may cut an interval in two: together they are the half hour.
    const account = words.stdout.split(/^(?=\S)/m).find((part) => part.startsWith('firstResponse'))!;
    const counted = account.matchAll(/^ {2}\w{3} \d+ \w{3} \d\d:\d\d – .*\+(\d+) min {2}open 09:00-18:00$/gm);
    expect([...counted].reduce((sum, [, minutes]) => sum + Number(minutes), 0)).toBe(30);
    expect(words.stdout).toMatch(/reminder 50 % +li\.na$/m);
    expect(words.stdout).toMatch(/late +li\.na, (chen\.hui|guo\.feng)$/m);
    expect(told).toMatchObject([{ clock: { name: 'firstResponse', limitMinutes: 30, rule: 'ESC-01' } }]);
    expect(told[0]!['ahead'].map(({ what }: { what: string }) => what).slice(0, 3)).toEqual([
      'reminder 50 %',
      'reminder 80 %',
      'late',
    ]);
    expect(named.message).toContain('Did you mean firstResponse?');
  });

  it('cancelling needs the number', async () => {
    const cancel = ['case', 'cancel', cases.stdin, '--reason', 'entered twice', '--as', 'chen.hui'];
    const plain = await house.run(cancel);
    expect(plain.code).toBe(64);
    expect(plain.stderr).toContain(`--confirm ${cases.stdin} is missing`);
    expect((await refused(64, ...cancel, '--yes')).code).toBe('usage.missing');
    expect((await refused(64, ...cancel, '--confirm', cases.file)).code).toBe('usage.confirm');
    expect(await facts(cases.stdin, 'closed')).toEqual([]);
    expect(await json(...cancel, '--confirm', cases.stdin)).toMatchObject({
      status: 'closed',
      outcome: 'cancelled',
      next: [],
    });
    const after = await refused(2, 'case', 'note', cases.stdin, '--text', 'x', '--as', 'li.na');
    expect(after.code).toBe('case.closed');
  });
});

describe('about one of us', () => {
  it('the person concerned neither sees the complainant nor acts (W31)', async () => {
    const opened = await json('complaint', 'open', '--file', at('concerned.yaml'), '--as', 'li.na');
    cases.concerned = opened['caseId'] as string;
    const show = (who: string) => json('case', 'show', cases.concerned, '--as', who);
    const [concerned, words, other, act] = await Promise.all([
      show('wang.lei'),
      done('case', 'show', cases.concerned, '--as', 'wang.lei'),
      show('chen.hui'),
      refused(2, 'case', 'note', cases.concerned, '--text', 'x', '--as', 'wang.lei'),
    ]);
    expect(concerned).toMatchObject({
      view: 'masked',
      complainant: null,
      related: [],
      row: { customer: null },
    });
    expect(words.stdout).toContain('complainant  hidden from you (PRV-02)');
    expect(other).toMatchObject({ view: 'full', complainant: { customer: { id: 'yunfan' } } });
    expect(act.code).toBe('case.personConcerned');
    const { late, today, later } = await json('inbox', '--as', 'wang.lei');
    expect([...late, ...today, ...later]).toMatchObject([{ caseId: cases.concerned, name: 'statement' }]);
  });
});

describe('to its end', () => {
  it('is investigated, planned, carried out, told, and confirmed by somebody else', async () => {
    const complete = (as: string, task: string, fields: Record<string, string>) =>
      done('task', 'complete', cases.qingshan, '--task', task, ...answers(fields), '--as', as);
    await complete('li.na', 'investigate', { finding: 'founded', cause: 'seal worn' });
    await complete('li.na', 'reportToHead', { reportedTo: 'he.jing' });
    const tomorrow = new Date(Date.now() + 26 * 3_600_000).toISOString();
    await writeFile(
      at('plan.yaml'),
      `options: [repair]\nplan: 更换密封圈\nresponsible: engineer-1\ndueAt: ${tomorrow.slice(0, 16)}:00Z\napology: given\n`,
    );
    await done('task', 'complete', cases.qingshan, '--file', at('plan.yaml'), '--as', 'li.na');
    await complete('li.na', 'agreeResolution', { customerReply: 'agreed' });
    await complete('wang.lei', 'carryOut', { treatment: 'new seal', proof: `@${at('receipt.pdf')}` });
    await complete('li.na', 'tellResult', {
      result: 'repaired',
      apology: 'given',
      prevention: 'quarterly check',
    });
    const solver = await refused(
      ...([
        2,
        'task',
        'complete',
        cases.qingshan,
        '--task',
        'confirmSatisfaction',
        ...answers({ verdict: 'satisfied' }),
        '--as',
        'wang.lei',
      ] as const),
    );
    expect(solver.code).toBe('task.personExcluded');
    const closed = await complete('zhang.wei', 'confirmSatisfaction', { verdict: 'satisfied' });
    expect(closed.stdout).toMatch(/^✓ verdict noted; case close[sd]: satisfied\n$/);
    expect(await soon(async () => (await facts(cases.qingshan, 'closed')).length > 0)).toBe(true);
    const sheet = await json('case', 'show', cases.qingshan, '--as', 'li.na');
    expect(sheet['row']).toMatchObject({ status: 'closed', outcome: 'satisfied', level: 'L1', rounds: 1 });
    expect(sheet['evidence'].find(({ field }: { field: string }) => field === 'proof')).toMatchObject({
      name: 'receipt.pdf',
      mediaType: 'application/pdf',
      bytes: 16,
      addedBy: 'wang.lei',
    });
  });

  it('is exported, verified, replayed and told; one byte edited is named', async () => {
    const out = at('export');
    const exported = await json('audit', 'export', cases.qingshan, '--out', out);
    expect(exported['dir']).toBe(out);
    const root = exported['manifest'].seal.root as string;
    const [verified, replayed, story, again] = await Promise.all([
      json('audit', 'verify', out, '--root', root),
      json('audit', 'replay', cases.qingshan, out),
      done('audit', 'timeline', out),
      house.run(['audit', 'export', cases.qingshan, '--out', out]),
    ]);
    expect(verified).toMatchObject({ ok: true, case: cases.qingshan, faults: [], root, rootAsNoted: true });
    expect(replayed['ok']).toBe(true);
    expect(replayed['results'].map(({ match }: { match: boolean }) => match)).toEqual([true, true]);
    expect(story.stdout).toContain('zhang.wei');
    expect(again.code, 'an export is not overwritten').not.toBe(0);

    const history = (await readdir(out)).find((name) => name.startsWith('history-'))!;
    const text = await readFile(join(out, history), 'utf8');
    const places = [...text.matchAll(/"eventId": ?"?(\d+)/g)];
    const [, number] = places[4]!;
    const place = places[4]!.index;
    const rest = text.slice(place);
    // A digit of the fifth event's time becomes another one.
    const edited = rest.replace(
      /("eventTime": ?"[^"]*?)(\d)(Z?")/,
      (_, head: string, digit: string, tail: string) => `${head}${(Number(digit) + 1) % 10}${tail}`,
    );
    expect(edited).not.toBe(rest);
    await writeFile(join(out, history), text.slice(0, place) + edited);
    const caught = await house.run(['audit', 'verify', out, '--json']);
    expect(caught.code).toBe(1);
    const report = caught.json<{ ok: boolean; faults: { kind: string; detail: string }[] }>();
    expect(report.ok).toBe(false);
    const named = report.faults.map(({ kind, detail }) => `${kind}: ${detail}`).join('\n');
    expect(named).toContain(history);
    expect(named).toMatch(new RegExp(`(record|event) ${number}\\b`));
  });
});

describe('rules, people, shell', () => {
  it('policy check, explain-clock, diff, calendar', async () => {
    const other = at('other-policy.yaml');
    const policy = await readFile(at('policy.yaml'), 'utf8');
    await writeFile(
      other,
      policy.replace('firstResponse: { limit: { minutes: 30 }', 'firstResponse: { limit: { minutes: 45 }'),
    );
    const broken = at('broken-policy.yaml');
    await writeFile(broken, policy.replace('perMinute: 60', 'perMinute: often'));
    const [check, bad, explained, diff, october] = await Promise.all([
      json('policy', 'check'),
      refused(2, 'policy', 'check', broken),
      done('policy', 'explain-clock', '--limit', '30m', '--from', '2026-10-09T17:45+08:00'),
      json('policy', 'diff', other),
      done('calendar', 'show', '--year', '2026', '--month', '10'),
    ]);
    expect(check).toMatchObject({
      valid: true,
      version: '2026.1',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(bad.code).toBe('policy.invalid');
    expect(bad.message).toBe(`${broken}: 1 thing to mend`);
    expect(bad.fields).toEqual([
      { field: 'messages.perMinute', message: expect.stringContaining('"often"') },
    ]);
    // Fri 9 Oct 17:45, 15 minutes; Sat 10 Oct is a make-up workday: the other 15 are of its morning.
    expect(explained.stdout).toMatch(/Sat 10 Oct 09:15/);
    expect(diff['changes']).toEqual([{ path: 'clocks.firstResponse.limit.minutes', from: '30', to: '45' }]);
    expect(diff['deadlines'].map(({ caseId }: { caseId: string }) => caseId)).toContain(cases.file);
    expect(october.stdout).toContain('make-up');
  });

  it('org import and show, staff list, whoami', async () => {
    const file = 'examples/organisation.yaml';
    const [imported, shown, staff, who, none] = await Promise.all([
      json('org', 'import', file),
      json('org', 'show', '--customers'),
      json<{ id: string; roles: string[] }[]>('staff', 'list', '--role', 'supervisor'),
      json('whoami', '--as', 'chen.hui'),
      refused(2, 'org', 'import', at('complaint.yaml')),
    ]);
    expect(imported).toMatchObject({ staff: 19, added: 0, changed: 0 });
    expect(shown['customers'].map(({ id }: { id: string }) => id)).toContain('qingshan');
    expect(staff.map(({ id }) => id).sort()).toEqual(['chen.hui', 'guo.feng']);
    expect(who).toMatchObject({
      id: 'chen.hui',
      source: '--as',
      mayActFor: expect.arrayContaining(['supervisor', 'agent']),
    });
    expect(none.fields.length).toBeGreaterThan(0);
  });

  it('completion completes: commands, then flags', async () => {
    const { stdout } = await done('completion', 'bash');
    const complete = (...typed: string[]) =>
      spawnSync(
        'bash',
        [
          '-c',
          `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _aftercare; echo "\${COMPREPLY[@]}"`,
          'bash',
          ...typed,
        ],
        {
          encoding: 'utf8',
        },
      ).stdout.trim();
    expect(complete('aftercare', 'compl')).toBe('complaint completion');
    expect(complete('aftercare', 'task', 're')).toBe('release reassign');
    expect(complete('aftercare', 'case', 'why', '--cl')).toBe('--clock');
  });

  it('a watch ends on Ctrl-C with 130, and the case goes on', async () => {
    const watch = await Running.start(
      [MAIN, 'case', 'watch', cases.file, '--every', '0.2'],
      /acknowledge#1 {2}li\.na/,
      { home: house.home },
    );
    expect(await watch.signal('SIGINT')).toEqual({ code: 130, signal: null });
    expect(watch.stderr).toContain('the case goes on');
  });

  it('a reader that has seen enough is no error', async () => {
    const piped = spawn(
      'bash',
      [
        '-c',
        `"${process.execPath}" "${MAIN}" case timeline ${cases.qingshan} --as li.na --json | head -1; echo "\${PIPESTATUS[0]}"`,
      ],
      {
        env: plainEnv({ AFTERCARE_HOME: house.home }),
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let text = '';
    piped.stdout.on('data', (chunk) => (text += String(chunk)));
    await new Promise((resolve) => piped.once('close', resolve));
    expect(text).toBe('[\n0\n');
  });

  const python = spawnSync('python3', ['--version']).status === 0;
  it.skipIf(!python)('colours a terminal, NO_COLOR does not (needs python3 for a terminal)', async () => {
    const onTerminal = (extra: Record<string, string>) =>
      new Promise<string>((resolve) => {
        const child = spawn(
          'python3',
          [
            '-c',
            'import pty,sys; pty.spawn(sys.argv[1:])',
            process.execPath,
            MAIN,
            'case',
            'show',
            cases.file,
            '--as',
            'li.na',
          ],
          {
            env: plainEnv({ AFTERCARE_HOME: house.home, TERM: 'xterm-256color', ...extra }),
            stdio: ['ignore', 'pipe', 'ignore'],
          },
        );
        let text = '';
        child.stdout.on('data', (chunk) => (text += String(chunk)));
        child.once('close', () => resolve(text));
      });
    const [coloured, plain] = await Promise.all([onTerminal({}), onTerminal({ NO_COLOR: '1' })]);
    expect(coloured).toContain('\u001b[');
    expect(plain).toContain(cases.file);
    expect(plain).not.toContain('\u001b[');
  });
});
