/** A case that goes on in new runs: the same case, whoever asks and however often (house, "position is data"). */
import { describe, expect, test } from 'vitest';
import { codeOf, comparable, lines, useOffice, type Desk, type Office } from '../support/desk.js';

let office: Office;
useOffice((opened) => {
  office = opened;
});

/** A new run at every idle moment. */
const everyStep = { kernel: { chapterEvents: 1 } };

describe('continue-as-new forced after every step', () => {
  async function smooth(desk: Desk, day: (no: number) => string): Promise<string> {
    const { caseId } = await desk.open();
    await desk.go(`${day(0)} 09:16`); //   50 % of the first response
    await desk.walk(caseId, 'acknowledge', 'investigate', 'reportToHead', 'planResolution');
    await desk.go(`${day(0)} 13:00`); //   no progress for 3 h
    await desk.act('note', caseId, { text: '客户要求快一点' });
    await desk.complete(caseId, 'agreeResolution');
    await desk.go(`${day(1)} 09:05`);
    await desk.complete(caseId, 'carryOut');
    await desk.complete(caseId, 'tellResult');
    await desk.go(`${day(2)} 22:00`); //   a reminder is held for the night
    await desk.go(`${day(3)} 10:00`);
    await desk.complete(caseId, 'confirmSatisfaction');
    return caseId;
  }

  async function dissatisfiedOnce(desk: Desk, day: (no: number) => string): Promise<string> {
    const { caseId } = await desk.open();
    await desk.walk(
      caseId,
      'acknowledge',
      'investigate',
      'reportToHead',
      'planResolution',
      'agreeResolution',
      'carryOut',
    );
    await desk.go(`${day(0)} 09:10`); // held texts for one number must not meet: their order would be chance
    await desk.complete(caseId, 'tellResult');
    await desk.go(`${day(1)} 09:30`);
    await desk.complete(caseId, 'confirmSatisfaction', { verdict: 'dissatisfied' });
    await desk.act('pause', caseId, { reason: 'waitingCustomer' });
    await desk.go(`${day(1)} 11:00`);
    await desk.act('resume', caseId);
    await desk.walk(caseId, 'reportToSupervisor');
    await desk.complete(caseId, 'interimSolution', { toldCustomer: true }, 'sun.yan');
    await desk.complete(caseId, 'investigate#2', {}, 'sun.yan');
    await desk.complete(caseId, 'reportToHead', {}, 'sun.yan');
    await desk.go(`${day(1)} 12:10`);
    await desk.walk(caseId, 'planResolution', 'agreeResolution', 'carryOut');
    await desk.go(`${day(1)} 13:20`);
    await desk.complete(caseId, 'tellResult');
    await desk.go(`${day(2)} 10:00`);
    await desk.complete(caseId, 'confirmSatisfaction');
    return caseId;
  }

  // The same weekdays two weeks later, no holiday near: the date is all in which the two cases may differ.
  test.each([
    ['smooth', smooth, 1],
    ['dissatisfied once', dissatisfiedOnce, 8],
  ] as const)(
    'A4 %s: the same facts, tasks, clocks and messages as in one run',
    async (_title, story, start) => {
      const date = (first: number) => (no: number) => `07-${String(first + no).padStart(2, '0')}`;
      const policy = { messages: { spreadMinutes: 0 } };
      const calm = await office.desk(`${date(start)(0)} 09:00`, { policy });
      const hasty = await office.desk(`${date(start + 14)(0)} 09:00`, {
        policy: { ...policy, ...everyStep },
      });
      const once = await story(calm, date(start));
      const often = await story(hasty, date(start + 14));

      const [file, again] = [await calm.file(once), await hasty.file(often)];
      expect(file.row).toMatchObject({ status: 'closed', outcome: 'satisfied' });
      expect(await calm.history(once)).toHaveLength(1);
      expect((await hasty.history(often)).length).toBeGreaterThan(5);
      expect(comparable(again, 14)).toEqual(comparable(file, 0));
      // And each message once, in the mailbox as in the ledger.
      const filed = await office.mailbox(often);
      expect(filed.map((item) => item.deliveries)).toEqual(filed.map(() => 1));
      expect(filed.length).toBe((await office.mailbox(once)).length);
    },
  );
});

describe('acts across continue-as-new', () => {
  test('A4 AT-50 a hundred notes from five clients at once: each answered, each once, no error', async () => {
    const desk = await office.desk('04-08 09:00', { policy: { kernel: { chapterEvents: 40 } } });
    const { caseId } = await desk.open();
    const clients = Array.from({ length: 5 }, () => desk.facade());
    const answers = await Promise.all(
      clients.map(async (api, client) => {
        const results = [];
        for (let i = 0; i < 20; i += 1) {
          const requestId = `note-${client}-${i}`;
          const note = () => api.act('note', caseId, { text: `记录 ${client}/${i}` }, 'li.na', { requestId });
          // Every fifth is sent twice at the same moment, as a client that lost patience would.
          const [first, second] = await Promise.all(i % 5 === 0 ? [note(), note()] : [note()]);
          results.push(first!);
          if (second !== undefined) expect(second).toEqual(first);
        }
        return results;
      }),
    );
    await desk.settle();

    const ids = answers.flat().map((result) => result.requestId);
    expect(new Set(ids).size).toBe(100);
    expect(answers.flat().every((result) => result.inLedger && result.next[0]!.key === 'acknowledge#1')).toBe(
      true,
    );
    const { texts } = await desk.api.sheet(caseId, 'li.na');
    const noted = (await desk.facts(caseId, 'noted')).map(
      (fact) => texts[(fact.data['text'] as { content: string }).content],
    );
    const wanted = clients.flatMap((_, client) =>
      Array.from({ length: 20 }, (_, i) => `记录 ${client}/${i}`),
    );
    expect([...noted].sort()).toEqual([...wanted].sort());
    expect((await desk.history(caseId)).length).toBeGreaterThan(5);
  });

  test('house: a repeated request id gets the first answer, now and many runs later; forgotten ones are refused, never done twice', async () => {
    const desk = await office.desk('04-15 09:00', {
      policy: { kernel: { chapterEvents: 1, rememberRequests: 6 } },
    });
    const { caseId } = await desk.open();
    const note = (no: number) =>
      desk.act('note', caseId, { text: `第 ${no} 次` }, 'li.na', { requestId: `note-${no}` });
    const first = await desk.complete(caseId, 'acknowledge', {}, 'li.na', { requestId: 'first' });
    expect(first.next.map((task) => task.key)).toEqual(['investigate#1']);

    // At once, by the same person and by another client.
    expect(await desk.complete(caseId, 'acknowledge', {}, 'li.na', { requestId: 'first' })).toEqual(first);
    expect(
      await desk
        .facade()
        .complete(caseId, 'acknowledge', { grade: 'important' }, 'li.na', { requestId: 'first' }),
    ).toEqual(first);

    // Four acts, so at least four runs later.
    await desk.go('04-15 09:20');
    await desk.walk(caseId, 'investigate');
    for (const no of [1, 2, 3]) await note(no);
    expect((await desk.history(caseId)).length).toBeGreaterThan(4);
    expect(await desk.complete(caseId, 'acknowledge', {}, 'li.na', { requestId: 'first' })).toEqual(first);

    // Seven answered since `first`, six are remembered.
    for (const no of [4, 5]) await note(no);
    const before = await desk.file(caseId);
    expect(await codeOf(desk.complete(caseId, 'acknowledge', {}, 'li.na', { requestId: 'first' }))).toBe(
      'request.tooOld',
    );
    expect((await note(1)).at).toBe(before.timeline.find((fact) => fact.what === 'noted')!.at);

    await desk.settle();
    const after = await desk.file(caseId);
    expect(after).toEqual(before);
    expect(after.timeline.filter((fact) => fact.what === 'noted')).toHaveLength(5);
    expect(lines(after.timeline.filter((fact) => fact.what === 'taskCompleted'))).toEqual([
      '04-15 09:00 taskCompleted acknowledge',
      '04-15 09:20 taskCompleted investigate',
    ]);
    expect((await desk.api.sheet(caseId, 'li.na')).refusals.map((line) => line.code)).toEqual([
      'request.tooOld',
    ]);
  });
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { cases, runs, problems } = await office.audit();
  expect(problems).toEqual([]);
  expect(cases).toBe(6);
  expect(runs).toBeGreaterThan(40);
});
