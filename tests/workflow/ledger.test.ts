/** The case and its ledger: outages, intake, refusals of the outside. What was accepted is never lost or doubled. */
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import type { ProcessName } from '../../domain/case.js';
import {
  at,
  codeOf,
  comparable,
  content,
  eventually,
  lines,
  shown,
  useOffice,
  type Office,
} from '../support/desk.js';
import { requestOf } from '../support/issuance.js';
import { CALL } from '../support/repair.js';

let office: Office;
useOffice((opened) => {
  office = opened;
});

describe('the ledger is down for 3 h', () => {
  /** The same afternoon twice: once with a ledger, once without. */
  async function afternoon(day: string, outage: boolean) {
    const desk = await office.desk(`${day} 09:00`, { policy: { messages: { spreadMinutes: 0 } } });
    const { caseId } = await desk.open();
    await desk.complete(caseId, 'acknowledge');
    const texts = ['密封圈老化', '客户来电', '已联系厂家'].map((text) => content(text));
    await office.ports.ledger.putContents(texts.map(({ row }) => row));
    const [cause, called, wrote] = texts.map(({ ref }) => ref);
    await desk.go(`${day} 09:30`);
    if (outage) {
      await office.takeDown('ledger');
      desk.when(`${day} 12:30`, () => office.bringBack('ledger'));
    }
    const answered: { ms: number; inLedger: boolean; next: string[] }[] = [];
    const act = async (...args: Parameters<typeof desk.send>) => {
      const since = performance.now();
      const result = await desk.send(...args);
      answered.push({
        ms: performance.now() - since,
        inLedger: result.inLedger,
        next: result.next.map((n) => n.key),
      });
    };
    await Promise.all([
      act(
        'completeTask',
        caseId,
        { task: 'investigate', answer: { finding: 'founded', cause, solvable: true } },
        'li.na',
      ),
      act('note', caseId, { text: called }, 'zhang.wei'),
      act('note', caseId, { text: wrote }, 'huang.lei'),
    ]);
    await desk.settle();
    await desk.go(`${day} 13:00`);
    await eventually(async () => (await desk.api.view(caseId)).idle, Boolean);
    return { desk, caseId, answered };
  }

  test('A4 ledger down 3 h: acts answer within 3.5 s, nothing is lost or doubled, reminders stand at their minutes', async () => {
    const plain = await afternoon('03-04', false);
    const cut = await afternoon('03-11', true);

    expect(plain.answered.map((each) => each.inLedger)).toEqual([true, true, true]);
    expect(cut.answered.map((each) => each.inLedger)).toEqual([false, false, false]);
    for (const { ms } of cut.answered) expect(ms).toBeLessThan(3_800);
    // The next task is told although nobody could look it up.
    expect(cut.answered.map((each) => each.next)).toEqual([
      ['reportToHead#1'],
      ['reportToHead#1'],
      ['reportToHead#1'],
    ]);

    const file = await cut.desk.file(cut.caseId);
    // reportToHead (4 h) was opened at 09:30: 50 % at 11:30, 80 % at 12:42; without progress since 09:30: ESC-11.
    expect(lines(file.timeline.filter((fact) => ['reminded', 'breached'].includes(fact.what)))).toEqual([
      '03-11 11:30 reminded reportToHead 50% → li.na',
      '03-11 12:30 breached progress → li.na',
      '03-11 12:42 reminded reportToHead 80% → li.na',
    ]);
    // Written late, but once and in order.
    expect(file.timeline.map((fact) => fact.seq)).toEqual(file.timeline.map((_, index) => index + 1));
    const turns = await office.ports.ledger.turns(cut.caseId);
    expect(turns.map((turn) => turn.turn)).toEqual(turns.map((_, index) => index + 1));
    expect(turns.filter((turn) => turn.supersededBy !== null)).toEqual([]);

    // But for the minutes at which messages left, it is the case that had a ledger all along.
    const withoutSending = (caseFile: typeof file, days: number) => {
      const facts = caseFile.timeline.filter((fact) => !fact.what.startsWith('message'));
      const messages = caseFile.messages.map((message) => ({ ...message, at: null }));
      return comparable({ ...caseFile, timeline: facts, messages }, days);
    };
    expect(withoutSending(file, 7)).toEqual(withoutSending(await plain.desk.file(plain.caseId), 0));
    // The 50 % reminder waited for the ledger (register, record, then announce) and went out once.
    const sent = (await cut.desk.messages(cut.caseId, 'staff.reminder')).map((m) => [
      shown(m.queuedAt),
      m.status,
    ]);
    expect(sent).toEqual([
      ['03-11 11:30', 'sent'],
      ['03-11 12:42', 'sent'],
    ]);
    const filed = await office.mailbox(cut.caseId);
    expect(filed.map((item) => item.deliveries)).toEqual(filed.map(() => 1));
    expect(filed.length).toBe((await office.mailbox(plain.caseId)).length);

    // What the case itself holds is what the ledger holds.
    const view = await cut.desk.api.view(cut.caseId);
    const byKey = <T extends { key: string }>(rows: T[]) =>
      [...rows].sort((a, b) => (a.key < b.key ? -1 : 1));
    expect(byKey(file.tasks)).toEqual(byKey(view.tasks));
    expect(byKey(view.clocks)).toMatchObject(byKey(file.clocks));
  });
});

test('house: resync rewrites a damaged projection, row by row as it was', async () => {
  const desk = await office.desk('03-18 09:00');
  const { caseId } = await desk.open();
  await desk.walk(caseId, 'acknowledge', 'investigate');
  await desk.go('03-18 11:30');
  const before = await desk.file(caseId);
  const sql = new pg.Client({ connectionString: office.ledgerUrl });
  await sql.connect();
  await sql.query(`delete from tasks where case_id = $1 and key = 'investigate#1'`, [caseId]);
  await sql.query(`delete from clocks where case_id = $1 and name = 'progress'`, [caseId]);
  await sql.query(`update tasks set assignee = 'nobody', due_at = null where case_id = $1`, [caseId]);
  await sql.query(`update cases set owner = 'nobody', level = 'L3', next_due_at = null where case_id = $1`, [
    caseId,
  ]);
  await sql.query(
    `insert into tasks (case_id, key, name, round, role, status, rule, opened_at, provisional) values ($1, 'bogus#1', 'bogus', 1, 'agent', 'open', 'W1', now(), false)`,
    [caseId],
  );
  await sql.end();
  expect((await desk.file(caseId)).tasks.map((task) => task.key).sort()).toEqual([
    'acknowledge#1',
    'bogus#1',
    'reportToHead#1',
  ]);

  const result = await desk.act('resync', caseId);

  expect(result.inLedger).toBe(true);
  const after = await desk.file(caseId);
  expect(after.timeline.at(-1)).toMatchObject({ what: 'resynced', actor: 'li.na' });
  expect({ ...after, timeline: after.timeline.slice(0, -1) }).toEqual(before);
});

describe('AT-31 intake is never lost', () => {
  test('AT-31 a desk that dies between the intake and the start leaves a visible row; a sweep starts it once', async () => {
    const desk = await office.desk('03-19 09:00');
    const dying = desk.facade({
      ledger: (real) => ({
        ...real,
        async receiveIntake(request) {
          await real.receiveIntake(request);
          throw new Error('the desk was killed');
        },
      }),
    });
    const input = desk.intake();
    expect(await codeOf(dying.openComplaint(input, 'li.na', { requestId: 'intake-1' }))).toBe(
      'ledger.unreachable',
    );

    const waiting = await desk.api.pendingIntakes();
    expect(waiting.map((row) => [row.requestId, row.caseId, row.state, row.actor])).toEqual([
      ['intake-1', 'T20300319-001', 'received', 'li.na'],
    ]);
    expect(await desk.api.cases({})).not.toContainEqual(expect.objectContaining({ caseId: 'T20300319-001' }));
    expect(await office.mailbox('T20300319-001')).toEqual([]);

    expect(await desk.api.retryIntakes()).toEqual({ started: ['T20300319-001'], failed: [] });
    await desk.settle();
    expect(await desk.api.pendingIntakes()).toEqual([]);
    expect(await desk.api.retryIntakes()).toEqual({ started: [], failed: [] });
    // Who sends it again gets the same case, and nothing is said twice.
    const again = await desk.open(input, 'li.na', { requestId: 'intake-1' });
    expect([again.caseId, again.fresh]).toEqual(['T20300319-001', false]);
    expect(lines(await desk.facts('T20300319-001', 'opened', 'messageSent'))).toEqual([
      '03-19 09:00 opened',
      '03-19 09:00 messageSent cmp.received → contact',
    ]);
    expect((await office.mailbox('T20300319-001')).map((item) => item.deliveries)).toEqual([1]);
  });

  test('AT-31 a desk that dies between the start and the mark: the sweep finds the case running and only marks it', async () => {
    const desk = await office.desk('03-20 09:00');
    const dying = desk.facade({
      ledger: (real) => ({ ...real, markStarted: () => Promise.reject(new Error('the desk was killed')) }),
    });
    await expect(dying.openComplaint(desk.intake(), 'li.na', { requestId: 'intake-2' })).rejects.toThrow();
    expect((await desk.api.pendingIntakes()).map((row) => row.caseId)).toEqual(['T20300320-001']);
    expect(await desk.api.retryIntakes()).toEqual({ started: ['T20300320-001'], failed: [] });
    await desk.settle();
    expect(await desk.api.pendingIntakes()).toEqual([]);
    expect(await desk.history('T20300320-001')).toHaveLength(1);
    expect((await desk.facts('T20300320-001', 'opened')).length).toBe(1);
  });

  test('AT-31 the server is away: the intake of every process is kept, said so, and started by the sweep', async () => {
    const desk = await office.desk('03-23 09:00');
    const cutOff = desk.facade({ client: () => Promise.reject(new Error('connection refused')) });
    const intakes: [process: ProcessName, input: Record<string, unknown>, caseId: string][] = [
      ['complaint', desk.intake(), 'T20300323-001'],
      ['issuance', requestOf('2030-03-22'), 'F20300323-001'],
      ['repair', { ...CALL, customer: 'yunfan', taxSubBureau: 'xihu-bureau' }, 'W20300323-001'],
      ['trip', { bureau: 'xihu-bureau' }, 'R20300323-001'],
    ];
    for (const [process, input, caseId] of intakes)
      await expect(cutOff.open(process, input, 'li.na')).rejects.toMatchObject({
        code: 'temporal.unreachable',
        details: { remedy: `the intake is kept as ${caseId}; \`aftercare intake retry\` starts it` },
      });

    const ids = intakes.map(([, , caseId]) => caseId).sort();
    expect((await desk.api.pendingIntakes()).map((row) => row.caseId)).toEqual(ids);
    // What does not run yet is not taken for closed.
    await expect(desk.api.act('note', ids[0]!, { text: '催办' }, 'li.na')).rejects.toMatchObject({
      code: 'case.notStarted',
      details: { remedy: '`aftercare intake retry` starts it' },
    });
    expect(await desk.api.retryIntakes()).toEqual({ started: ids, failed: [] });
    await desk.settle();
    expect(await desk.api.pendingIntakes()).toEqual([]);
    for (const caseId of ids) expect(await desk.facts(caseId, 'opened')).toHaveLength(1);
  });

  test('AT-31 two desks open with one request id at once: one case, one of them fresh', async () => {
    const desk = await office.desk('03-21 09:00');
    const input = desk.intake();
    const both = await Promise.all(
      [desk.facade(), desk.facade()].map((api) =>
        api.openComplaint(input, 'li.na', { requestId: 'intake-3' }),
      ),
    );
    await desk.settle();
    expect(both.map((receipt) => receipt.caseId)).toEqual(['T20300321-001', 'T20300321-001']);
    expect(both.map((receipt) => receipt.fresh).sort()).toEqual([false, true]);
    expect((await office.mailbox('T20300321-001')).map((item) => item.deliveries)).toEqual([1]);
    expect((await desk.facts('T20300321-001', 'opened')).length).toBe(1);
  });

  test('CRM-05 W7 twenty complaints opened at once get dense numbers, each its own case', async () => {
    const desk = await office.desk('03-22 09:00');
    const receipts = await Promise.all(
      Array.from({ length: 20 }, () => desk.api.openComplaint(desk.intake(), 'li.na')),
    );
    await desk.settle();
    const wanted = Array.from({ length: 20 }, (_, i) => `T20300322-${String(i + 1).padStart(3, '0')}`);
    expect(receipts.map((receipt) => receipt.caseId).sort()).toEqual(wanted);
    expect(receipts.every((receipt) => receipt.fresh && receipt.inLedger)).toBe(true);
    const rows = (await desk.api.cases({ limit: 500 })).filter((row) => row.caseId.startsWith('T20300322-'));
    expect(rows.map((row) => row.openedAt)).toEqual(wanted.map(() => at('03-22 09:00')));
  });
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { cases, runs, problems } = await office.audit();
  expect(problems).toEqual([]);
  expect(cases).toBe(30);
  expect(runs).toBe(30);
});
