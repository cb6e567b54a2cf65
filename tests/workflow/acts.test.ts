/** What people may do to a case and what they may not; what stays out of history; how clocks follow what is done. */
import { describe, expect, test } from 'vitest';
import { DeskError } from '../../client/api.js';
import { at, codeOf, content, eventually, lines, shown, useOffice, type Office } from '../support/desk.js';

let office: Office;
useOffice((opened) => {
  office = opened;
});

describe('refusals', () => {
  async function refusal(work: Promise<unknown>): Promise<{ code: string; fields: string[] }> {
    const error = await work.then(
      () => new Error('accepted'),
      (caught: unknown) => caught,
    );
    if (!(error instanceof DeskError)) throw error;
    return { code: error.code, fields: (error.details.fields ?? []).map((line) => line.field) };
  }

  test('house W31 CMP-23: every refusal has its code, leaves no event in history, and is logged', async () => {
    const desk = await office.desk('03-04 09:00');
    const { caseId } = await desk.open({ personsConcerned: ['huang.lei'] }, 'li.na');
    const events = async () =>
      (await desk.history(caseId)).reduce((sum, run) => sum + run.history.events.length, 0);
    const before = await events();

    expect(await refusal(desk.complete(caseId, 'acknowledge', {}, 'zhao.min'))).toEqual({
      code: 'task.roleNotAllowed',
      fields: [],
    });
    expect((await refusal(desk.complete(caseId, 'investigate'))).code).toBe('task.notOpen');
    // The form, before it is sent …
    expect(await refusal(desk.complete(caseId, 'acknowledge', { grade: 'huge', complexity: 3 }))).toEqual({
      code: 'task.answerInvalid',
      fields: ['grade', 'complexity'],
    });
    // … the form, by the case itself: only references to texts may enter …
    const raw = { task: 'acknowledge', answer: { grade: 'general', text: '您好，我是李娜' } };
    await expect(desk.send('completeTask', caseId, raw, 'li.na')).rejects.toMatchObject({
      cause: { type: 'task.answerInvalid', details: [{ fields: [{ field: 'text' }] }] },
    });
    // … and what a form cannot know.
    expect(await refusal(desk.complete(caseId, 'acknowledge', { promiseAt: at('03-04 08:59') }))).toEqual({
      code: 'task.answerInvalid',
      fields: ['promiseAt'],
    });
    expect((await refusal(desk.act('note', caseId, { text: '不是我' }, 'huang.lei'))).code).toBe(
      'case.personConcerned',
    );
    expect((await refusal(desk.complete(caseId, 'acknowledge', {}, 'huang.lei'))).code).toBe(
      'case.personConcerned',
    );
    const handOver = { to: 'huang.lei', task: 'acknowledge', reason: '轮班' };
    expect((await refusal(desk.act('reassign', caseId, handOver))).code).toBe('case.personConcerned');
    expect((await refusal(desk.act('reassign', caseId, { ...handOver, to: 'wang.lei' }))).code).toBe(
      'task.roleNotAllowed',
    );
    expect((await refusal(desk.act('cancelCase', caseId, { reason: '误登' }))).code).toBe(
      'act.roleNotAllowed',
    );
    expect((await refusal(desk.act('resume', caseId))).code).toBe('case.notPaused');
    expect((await refusal(desk.act('raiseLevel', caseId, { to: 'L1', reason: '降级' }))).code).toBe(
      'level.notHigher',
    );
    expect((await refusal(desk.act('merge', caseId, { into: caseId, reason: '重复' }))).code).toBe(
      'merge.itself',
    );
    expect(
      (await refusal(desk.act('pause', caseId, { reason: 'waitingUnit', until: at('03-20 09:00') }))).code,
    ).toBe('pause.tooLong');

    expect(await events()).toBe(before);
    const logged = (await desk.api.sheet(caseId, 'chen.hui')).refusals;
    expect(logged.map((line) => [line.act, line.actor, line.code])).toEqual([
      ['acknowledge', 'zhao.min', 'task.roleNotAllowed'],
      ['investigate', 'li.na', 'task.notOpen'],
      ['acknowledge', 'li.na', 'task.answerInvalid'],
      ['acknowledge', 'li.na', 'task.answerInvalid'],
      ['note', 'huang.lei', 'case.personConcerned'],
      ['acknowledge', 'huang.lei', 'case.personConcerned'],
      ['reassign', 'li.na', 'case.personConcerned'],
      ['reassign', 'li.na', 'task.roleNotAllowed'],
      ['cancelCase', 'li.na', 'act.roleNotAllowed'],
      ['resume', 'li.na', 'case.notPaused'],
      ['raiseLevel', 'li.na', 'level.notHigher'],
      ['merge', 'li.na', 'merge.itself'],
      ['pause', 'li.na', 'pause.tooLong'],
    ]);
    expect(
      logged.filter((line) => line.code === 'task.answerInvalid').map((line) => line.data['fields']),
    ).toEqual([['grade', 'complexity'], ['promiseAt']]);
    expect(logged.every((line) => line.at === at('03-04 09:00') && line.caseId === caseId)).toBe(true);
  });

  test('CMP-23 who carried it out may not confirm it; a closed case takes nothing more', async () => {
    const desk = await office.desk('03-05 09:00');
    const { caseId } = await desk.open();
    await desk.walk(caseId, 'acknowledge', 'investigate', 'reportToHead');
    await desk.complete(caseId, 'planResolution', { responsible: 'zhang.wei' });
    await desk.complete(caseId, 'agreeResolution');
    await desk.complete(caseId, 'carryOut', {}, 'zhang.wei');
    await desk.complete(caseId, 'tellResult');

    // Not even as the person the task was given to, and it is not given to him.
    expect(['li.na', 'huang.lei']).toContain((await desk.task(caseId, 'confirmSatisfaction')).assignee);
    expect((await refusal(desk.complete(caseId, 'confirmSatisfaction', {}, 'zhang.wei'))).code).toBe(
      'task.personExcluded',
    );
    expect(
      (await refusal(desk.act('claimTask', caseId, { task: 'confirmSatisfaction' }, 'zhang.wei'))).code,
    ).toBe('task.personExcluded');
    const give = { task: 'confirmSatisfaction', to: 'zhang.wei', reason: '帮忙' };
    expect((await refusal(desk.act('reassign', caseId, give))).code).toBe('task.personExcluded');

    await desk.complete(caseId, 'confirmSatisfaction', {}, 'li.na');
    await desk.go('03-05 09:05'); // one SMS a minute to the same person
    expect((await desk.file(caseId)).row).toMatchObject({ status: 'closed', outcome: 'satisfied' });
    expect((await refusal(desk.act('note', caseId, { text: '谢谢' }))).code).toBe('case.closed');
    expect((await refusal(desk.complete(caseId, 'tellResult'))).code).toBe('case.closed');
    expect((await desk.api.sheet(caseId, 'li.na')).refusals.map((line) => line.code)).toEqual([
      'task.personExcluded',
      'task.personExcluded',
      'task.personExcluded',
      'case.closed',
      'case.closed',
    ]);
    // A case that never was is not called closed, and what was sent to it is not kept.
    const never = 'T20300305-999';
    expect((await refusal(desk.act('note', never, { text: '谢谢' }))).code).toBe('case.notFound');
    await expect(desk.api.contents(never)).rejects.toMatchObject({ code: 'case.notFound' });
  });
});

describe('a person concerned', () => {
  test('W31 PRV-02 reads neither from messages nor from the timeline who complained', async () => {
    const desk = await office.desk('03-09 09:00');
    const phone = '13805550311';
    const earlier = await desk.open({ customer: 'qingshan' });
    const onFile = await desk.open({ customer: 'qingshan', personsConcerned: ['li.na'] }, 'zhao.min');
    const stranger = await desk.open(
      { complainant: { name: '匿名先生', phone, mail: 'hidden@example.com' }, personsConcerned: ['li.na'] },
      'zhao.min',
    );
    for (const [caseId, traces] of [
      [onFile.caseId, ['qingshan', '青山', earlier.caseId]],
      [stranger.caseId, ['匿名先生', phone, 'hidden@example.com']],
    ] as const) {
      // An act whose facts and messages lead to the customer, besides those of the opening.
      await desk.complete(caseId, 'acknowledge', { grade: 'general' }, 'sun.yan');
      await desk.act('note', caseId, { text: `已联系${traces[0]}`, tellCustomer: true }, 'sun.yan');
      const [full, masked] = await Promise.all([
        desk.api.sheet(caseId, 'sun.yan'),
        desk.api.sheet(caseId, 'li.na'),
      ]);
      expect(full.complainant).not.toBeNull();
      expect(JSON.stringify(full.texts)).toContain(`已联系${traces[0]}`);
      const contact = full.messages.flatMap(({ to }) => (to.kind === 'contact' ? [to.content] : []));
      const seen = JSON.stringify(masked);
      for (const trace of [...traces, ...contact]) expect(seen, trace).not.toContain(trace);
      expect(masked).toMatchObject({ view: 'masked', complainant: null, related: [] });
      expect(masked.row).toMatchObject({ customer: null, relatedTo: null });
      // Masked, not cut out: every message and every fact is there, and says what happened when.
      const shape = (sheet: typeof full) => [
        sheet.messages.map(({ template, status, at: sentAt }) => [template, status, sentAt]),
        sheet.timeline.map(({ seq, at: happenedAt, what, actor }) => [seq, happenedAt, what, actor]),
      ];
      expect(shape(masked)).toEqual(shape(full));
      expect(masked.messages.some(({ template }) => template === 'cmp.received')).toBe(true);
    }
    // What there was to hide: the sheet of a colleague shows it.
    const open = JSON.stringify(await desk.api.sheet(onFile.caseId, 'sun.yan'));
    expect(open).toContain('qingshan');
    expect(open).toContain(earlier.caseId);
  });
});

describe('personal data never enters history', () => {
  test('house PRV-01: planted names, numbers and texts are nowhere in history; erased texts leave their hash', async () => {
    const desk = await office.desk('03-06 09:00');
    let planted = 0;
    /** A text nobody else would write; its number tells which field leaked. */
    const secret = (field: string) => `秘${(planted += 1)}密${field}`;
    const { caseId } = await desk.open({
      complainant: { name: secret('姓名'), phone: '13809876543', mail: 'secretmarker@example.com' },
      relation: secret('关系'),
      taxpayerId: '91330106MA0000023E',
      matter: secret('事由'),
      attachment: { name: `${secret('文件名')}.txt`, text: secret('附件') },
      recording: secret('录音'),
      subject: 'unit',
      unit: 'yuhang-branch',
    });
    await desk.complete(caseId, 'acknowledge', {
      reason: secret('理由'),
      text: secret('答复'),
      frontLine: 'undecided',
    });
    await desk.complete(caseId, 'decideFrontLine', { decision: 'cannotSolve', reason: secret('理由') });
    await desk.complete(caseId, 'secondLine', { note: secret('接手') });
    await desk.complete(caseId, 'verifyWithUnit', {
      answer: secret('核实'),
      confirmed: true,
      proof: secret('证明'),
    });
    const five = Object.fromEntries(
      ['what', 'when', 'where', 'who', 'why', 'how'].map((w) => [w, secret(w)]),
    );
    await desk.complete(caseId, 'investigate', { ...five, cause: secret('原因') });
    await desk.complete(caseId, 'reportToHead', { opinion: secret('意见'), solvable: false });
    await desk.complete(caseId, 'decide', { decision: secret('决定') });
    await desk.complete(caseId, 'planResolution', { plan: secret('方案'), compensation: 200 });
    await desk.complete(
      caseId,
      'approveCompensation',
      { approved: true, reason: secret('批准') },
      'chen.hui',
    );
    await desk.complete(caseId, 'agreeResolution', { note: secret('同意') });
    await desk.act('note', caseId, { text: secret('记录') });
    await desk.act('pause', caseId, { reason: 'waitingCustomer', note: secret('等待') });
    await desk.act('resume', caseId, { note: secret('继续') });
    await desk.act('reassign', caseId, { to: 'zhang.wei', reason: secret('交接') });
    await desk.act('raiseLevel', caseId, { to: 'supervisor', reason: secret('升级') });
    await desk.act('correctTask', caseId, {
      task: 'investigate',
      correction: { cause: secret('更正') },
      reason: secret('更正理由'),
    });
    await desk.act('attachEvidence', caseId, {
      field: 'photo',
      evidence: { name: `${secret('照片')}.png`, text: secret('像素') },
    });
    await desk.complete(
      caseId,
      'interimSolution',
      { interim: secret('临时'), toldCustomer: true },
      'sun.yan',
    );
    await desk.complete(caseId, 'reportToSupervisor', { instruction: secret('指示') });
    await desk.complete(caseId, 'carryOut', { treatment: secret('处理'), proof: secret('凭证') });
    await desk.complete(
      caseId,
      'payCompensation',
      { amount: 200, reference: 'PAY-1', proof: secret('回单') },
      'zhao.min',
    );
    await desk.complete(caseId, 'tellResult', { result: secret('结果'), prevention: secret('预防') });
    const points = [{ kind: 'suggestion', text: secret('建议') }];
    await desk.complete(caseId, 'confirmSatisfaction', { points, note: secret('回访') });
    await desk.go('03-06 10:30'); // no more than four SMS an hour to the same person
    expect((await desk.file(caseId)).row.status).toBe('closed');
    expect(planted).toBe(42);

    const kept = await desk.kept(caseId);
    expect(kept.length).toBeGreaterThan(100_000);
    expect(kept).toContain('planResolution');
    expect(kept.match(/秘\d+密[^"\n]*/g) ?? []).toEqual([]);
    expect(kept).not.toMatch(/13809876543|secretmarker|MA0000023E/);
    // Nor the names of our own people and of the company: only their ids.
    for (const person of office.organisation.staff) expect(kept).not.toContain(person.name);
    expect(kept).not.toContain(office.organisation.company.name);

    // The texts are in the ledger, and who may read them reads them.
    const sheet = await desk.api.sheet(caseId, 'li.na');
    const readable = Object.entries(sheet.texts).filter(([, text]) => text.includes('密'));
    expect(readable.length).toBeGreaterThan(30);
    // Erasing one leaves the row, its hash and the history's proof of it.
    const [id, text] = readable.find(([, body]) => body.includes('原因'))!;
    const erasure = { only: [id], reason: 'asked for' };
    await expect(desk.api.erase(caseId, 'li.na', erasure)).rejects.toMatchObject({
      code: 'act.roleNotAllowed',
    });
    expect(await desk.api.erase(caseId, 'chen.hui', erasure)).toEqual([id]);
    const erased = (await office.ports.ledger.contents([id])).get(id)!;
    expect(erased.body).toBeNull();
    expect(erased.sha256).toBe(content(text).ref.sha256);
    expect(kept).toContain(erased.sha256);
    expect(Object.keys((await desk.api.sheet(caseId, 'li.na')).texts)).not.toContain(id);
    // Who erased it, when and why stands beside the hash; the rest goes in one stroke.
    const [entry] = (await desk.api.contents(caseId)).filter((line) => line.id === id);
    expect(entry).toMatchObject({
      erasedAt: at('03-06 10:30'),
      erasedBy: 'chen.hui',
      erasedReason: 'asked for',
    });
    const all = { reason: 'asked for by letter' };
    expect((await desk.api.erase(caseId, 'chen.hui', all)).length).toBeGreaterThan(30);
    expect(await desk.api.erase(caseId, 'chen.hui', all)).toEqual([]);
    expect((await desk.api.sheet(caseId, 'li.na')).texts).toEqual({});
    expect(await desk.replay(caseId)).toEqual({ runs: 1, differences: [] });
  });
});

describe('a running case under another policy', () => {
  test('AT-01 AT-10 AT-17 adoptPolicy: time used and pauses stay, the new calendar counts, old reminders are gone', async () => {
    const desk = await office.desk('03-11 09:00', { policy: { messages: { spreadMinutes: 0 } } });
    const { caseId } = await desk.open();
    await desk.walk(caseId, 'acknowledge', 'investigate');
    await desk.go('03-11 09:30');
    await desk.act('pause', caseId, { reason: 'waitingCustomer' });
    await desk.go('03-11 10:00');
    await desk.act('resume', caseId);
    // reportToHead: 4 h from 09:00, half an hour of pause: due 13:30, reminders at 11:30 and 12:42.
    expect(shown((await desk.task(caseId, 'reportToHead')).dueAt)).toBe('03-11 13:30');

    await desk.go('03-11 10:30');
    const mon = [{ from: '09:00', to: '12:00' }];
    const stricter = await office.policy({
      messages: { spreadMinutes: 0 },
      calendars: { department: { week: { mon } } },
      clocks: { reportToHead: { limit: { hours: 8 } } },
    });
    expect(
      await codeOf(desk.act('adoptPolicy', caseId, { policy: stricter, reason: '新规定' }, 'li.na')),
    ).toBe('act.roleNotAllowed');
    // What would move is told before, and only what would: a rule that stays moves nothing.
    const moves = async (policy: typeof stricter) =>
      (await desk.api.policyEffect(policy))
        .filter((move) => move.caseId === caseId)
        .map((move) => `${move.clock} ${shown(move.dueAt)} → ${shown(move.wouldBeDueAt)}`);
    expect(await moves(stricter)).toContain('reportToHead 03-11 13:30 → 03-12 14:30');
    const longer = await office.policy({
      messages: { spreadMinutes: 0 },
      clocks: { reportToHead: { limit: { hours: 5 } } },
    });
    expect(await moves(longer)).toEqual(['reportToHead 03-11 13:30 → 03-11 14:30']);
    expect(await moves(desk.policy)).toEqual([]);
    await desk.act('adoptPolicy', caseId, { policy: stricter, reason: '新规定' }, 'chen.hui');

    // 8 h less the hour used: 90 min until noon, 5 h 30 min on Tuesday.
    const clock = await desk.clockOf(caseId, 'reportToHead');
    expect([clock.limitMinutes, shown(clock.dueAt)]).toEqual([480, '03-12 14:30']);
    expect(shown((await desk.task(caseId, 'reportToHead')).dueAt)).toBe('03-12 14:30');
    const file = await desk.file(caseId);
    expect(file.row.policyDigest).toBe(stricter.digest);
    expect(file.timeline.at(-1)).toMatchObject({
      what: 'policyAdopted',
      actor: 'chen.hui',
      data: { from: desk.policy.digest, to: stricter.digest, version: stricter.policy.version },
    });
    // The account an auditor reads: used before, pause, used since; not one minute lost or counted twice.
    const [account] = await desk.api.explain(caseId, 'reportToHead#1');
    expect(
      account!.lines.map((line) => [shown(line.from), shown(line.to), line.minutes, line.counted]),
    ).toEqual([
      ['03-11 09:00', '03-11 09:30', 30, true],
      ['03-11 09:30', '03-11 10:00', 30, false],
      ['03-11 10:00', '03-11 10:30', 30, true],
    ]);

    await desk.go('03-12 14:31');
    const about = (await desk.facts(caseId, 'reminded', 'breached')).filter(
      (fact) => fact.data['key'] === 'reportToHead#1',
    );
    // 50 % = 240 min: 180 more, 90 of them on Tuesday; 80 % = 384 min.
    expect(lines(about)).toEqual([
      '03-12 10:30 reminded reportToHead 50% → li.na',
      '03-12 12:54 reminded reportToHead 80% → li.na',
      '03-12 14:30 breached reportToHead → li.na, chen.hui',
    ]);
    // The same rules again are refused.
    expect(
      await codeOf(desk.act('adoptPolicy', caseId, { policy: stricter, reason: '再次' }, 'chen.hui')),
    ).toBe('policy.same');
  });
});

describe('pause and resume', () => {
  async function reporting(day: string, time: string) {
    const desk = await office.desk(`${day} ${time}`, { policy: { messages: { spreadMinutes: 0 } } });
    const { caseId } = await desk.open();
    await desk.walk(caseId, 'acknowledge', 'investigate');
    const about = async () =>
      lines(
        (await desk.facts(caseId, 'reminded', 'breached')).filter(
          (fact) => fact.data['key'] === 'reportToHead#1',
        ),
      );
    return { desk, caseId, about };
  }

  test('AT-02 a pause from Friday 18:00 to Monday 09:00 extends by nothing', async () => {
    const { desk, caseId } = await reporting('03-15', '16:00');
    const before = await desk.clockOf(caseId, 'reportToHead');
    expect(shown(before.dueAt)).toBe('03-18 11:00');
    await desk.go('03-15 18:00');
    await desk.act('pause', caseId, { reason: 'waitingUnit' });
    await desk.go('03-18 09:00');
    await desk.act('resume', caseId);
    const after = await desk.clockOf(caseId, 'reportToHead');
    expect(after.dueAt).toBe(before.dueAt);
    expect(after.usedMinutes).toBe(120);
  });

  test('AT-03 while paused nothing ticks, nobody is reminded; afterwards what was left is left', async () => {
    const { desk, caseId, about } = await reporting('03-19', '09:00');
    await desk.go('03-19 10:50'); // ten minutes before the first reminder
    await desk.act('pause', caseId, { reason: 'waitingCustomer' });
    expect(await desk.task(caseId, 'reportToHead')).toMatchObject({ dueAt: null });
    expect((await desk.file(caseId)).row).toMatchObject({ waitingOn: 'customer' });
    await desk.go('03-20 10:00');
    expect(await about()).toEqual([]);
    expect(
      (await desk.facts(caseId, 'breached')).filter((fact) => fact.data['clock'] === 'progress'),
    ).toEqual([]);

    await desk.act('resume', caseId);
    expect((await desk.file(caseId)).row).toMatchObject({ waitingOn: 'us' });
    expect(shown((await desk.task(caseId, 'reportToHead')).dueAt)).toBe('03-20 12:10');
    await desk.go('03-20 12:10');
    expect(await about()).toEqual([
      '03-20 10:10 reminded reportToHead 50% → li.na',
      '03-20 11:22 reminded reportToHead 80% → li.na',
      '03-20 12:10 breached reportToHead → li.na, chen.hui',
    ]);
  });

  test('AT-04 an old case does not breach by being resumed; one that was late stays late', async () => {
    const { desk, caseId, about } = await reporting('03-21', '09:00');
    await desk.go('03-21 12:50');
    await desk.act('pause', caseId, { reason: 'waitingCustomer' });
    await desk.go('03-25 09:00');
    await desk.act('resume', caseId);
    expect(await about()).toEqual([
      '03-21 11:00 reminded reportToHead 50% → li.na',
      '03-21 12:12 reminded reportToHead 80% → li.na',
    ]);
    expect(await desk.clockOf(caseId, 'reportToHead')).toMatchObject({
      breachedAt: null,
      dueAt: at('03-25 09:10'),
    });
    await desk.go('03-25 09:11');
    expect((await about()).at(-1)).toBe('03-25 09:10 breached reportToHead → li.na, chen.hui');
    await desk.act('pause', caseId, { reason: 'waitingCustomer' });
    await desk.go('03-25 11:00');
    await desk.act('resume', caseId);
    // A pause forgives no lateness (and rings no second time).
    expect(await desk.clockOf(caseId, 'reportToHead')).toMatchObject({
      breachedAt: at('03-25 09:10'),
      dueAt: at('03-25 09:10'),
    });
    expect((await about()).filter((line) => line.includes('breached'))).toHaveLength(1);
  });

  test('AT-05 AT-06 a customer contact of any kind ends the wait for the customer; an internal note does not', async () => {
    const { desk, caseId } = await reporting('03-28', '09:00');
    await desk.go('03-28 10:00');
    await desk.act('pause', caseId, { reason: 'waitingCustomer' });
    await desk.go('03-28 11:00');
    await desk.act('note', caseId, { text: '再等等' });
    expect((await desk.file(caseId)).row.waitingOn).toBe('customer');
    await desk.act('note', caseId, { text: '客户短信回复', customerContact: true }, 'zhang.wei');
    expect(lines(await desk.facts(caseId, 'paused', 'resumed'))).toEqual([
      '03-28 10:00 paused waitingCustomer',
      '03-28 11:00 resumed waitingCustomer',
    ]);
    expect((await desk.facts(caseId, 'resumed'))[0]).toMatchObject({
      actor: 'zhang.wei',
      data: { why: 'customerContact' },
    });
    expect(shown((await desk.task(caseId, 'reportToHead')).dueAt)).toBe('03-28 14:00');
    // A wait for somebody else goes on.
    await desk.act('pause', caseId, { reason: 'waitingManufacturer' });
    await desk.act('note', caseId, { text: '客户来电', customerContact: true });
    expect((await desk.file(caseId)).row.waitingOn).toBe('manufacturer');
  });

  test('W12 a wait has its own limit; then it ends by itself and the manager decides on known facts', async () => {
    const { desk, caseId } = await reporting('04-01', '09:00');
    await desk.act('pause', caseId, { reason: 'waitingTaxBureau' }); // 2 workdays: until Wednesday 18:00
    await desk.go('04-03 17:59');
    expect(await desk.facts(caseId, 'resumed')).toEqual([]);
    await desk.go('04-03 18:01');
    expect(lines(await desk.facts(caseId, 'resumed'))).toEqual(['04-03 18:00 resumed waitingTaxBureau']);
    expect(await desk.task(caseId, 'decideAfterWait')).toMatchObject({ assignee: 'ma.jun', status: 'open' });
  });
});

test('house: operators find a case by CaseStatus, CaseLevel, CaseNextDueAt and CaseAttention', async () => {
  const desk = await office.desk('06-03 09:00');
  const { caseId } = await desk.open();
  const found = (query: string) =>
    eventually(
      async () => {
        const ids: string[] = [];
        for await (const each of office.client.workflow.list({ query })) ids.push(each.workflowId);
        return ids.filter((id) => id === caseId);
      },
      (ids) => ids.length > 0,
      3_000,
    );
  expect(await found(`CaseStatus = 'open' AND CaseLevel = 'L1' AND CaseAttention IS NULL`)).toEqual([caseId]);
  expect(await found(`CaseNextDueAt BETWEEN '2030-06-03T01:30:00Z' AND '2030-06-03T01:30:01Z'`)).toEqual([
    caseId,
  ]);
  await desk.go('06-03 10:01'); // breached at 09:30, level 2 at 200 %
  expect(await found(`CaseAttention = 'late' AND CaseLevel = 'L2' AND CaseStatus = 'open'`)).toEqual([
    caseId,
  ]);
  await desk.walk(caseId, 'acknowledge');
  await desk.act('reclassify', caseId, { to: 'enquiry', reason: '其实是咨询' }, 'chen.hui');
  expect(await found(`CaseStatus = 'closed' AND CaseAttention IS NULL AND CaseNextDueAt IS NULL`)).toEqual([
    caseId,
  ]);
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { cases, problems } = await office.audit();
  expect(problems).toEqual([]);
  expect(cases).toBe(13);
});
