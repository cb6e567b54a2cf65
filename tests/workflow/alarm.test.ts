/** What happens by itself, at its minute: reminders, lateness, levels, promises, the call-out of a night. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOrganisation } from '../../adapters/organisation-file.js';
import type { Organisation } from '../../domain/organisation.js';
import { packageRoot } from '../../runtime/config.js';
import { lines, shown, useOffice, type Desk, type Office } from '../support/desk.js';

let office: Office;
let small: Organisation;
useOffice(async (opened) => {
  office = opened;
  small = await readOrganisation(join(packageRoot(), 'examples', 'organisation-small.yaml'));
  // The small firm's people have to be reachable too; the big one's own rows stay as they were.
  await office.ports.ledger.importOrganisation(small);
  await office.ports.ledger.importOrganisation(office.organisation);
});

const promptly = { messages: { spreadMinutes: 0 } };

/** `03-04 10:00 levelRaised L1 → L2: sun.yan`. */
async function levels(desk: Desk, caseId: string): Promise<string[]> {
  return (await desk.facts(caseId, 'levelRaised', 'levelSkipped')).map(({ at: when, what, data }) =>
    what === 'levelSkipped'
      ? `${shown(when)} skipped ${String(data['level'])}`
      : `${shown(when)} ${String(data['from'])} → ${String(data['to'])}: ${String(data['person'])}`,
  );
}

describe('the ladder of a late task', () => {
  test('W14 CMP-03 AT-23 reminders, breach, level by level, then a daily line; each person told once of each level', async () => {
    const desk = await office.desk('03-04 09:00', { policy: promptly });
    const { caseId } = await desk.open();
    await desk.go('03-05 09:30');

    const ofAcknowledge = (await desk.facts(caseId, 'reminded', 'breached')).filter(
      (fact) => fact.data['key'] === 'acknowledge#1',
    );
    expect(lines(ofAcknowledge)).toEqual([
      '03-04 09:15 reminded acknowledge 50% → li.na',
      '03-04 09:24 reminded acknowledge 80% → li.na',
      '03-04 09:30 breached acknowledge → li.na, chen.hui',
    ]);
    // 30 min: 200 % at 10:00, 300 % at 10:30, 400 % at 11:00, 500 % at 11:30.
    expect(await levels(desk, caseId)).toEqual([
      '03-04 10:00 L1 → L2: sun.yan',
      '03-04 10:30 L2 → supervisor: chen.hui',
      '03-04 11:00 supervisor → L3: xu.gang',
      '03-04 11:30 L3 → generalManager: luo.bin',
    ]);
    const daily = (await desk.facts(caseId, 'reminded')).filter((fact) => fact.data['clock'] === 'daily');
    expect(daily.map((fact) => [shown(fact.at), fact.data['to']])).toEqual([
      ['03-05 09:00', 'chen.hui tang.yu'],
    ]);

    // AT-23: whatever happened in two days, nobody heard of one level, or of one late task, twice.
    const told = (await desk.messages(caseId)).filter((m) => m.template === 'staff.levelRaised');
    const pairs = told.map((m) => `${JSON.stringify(m.params['level'])} ${JSON.stringify(m.to)}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(told.map((m) => [shown(m.queuedAt), (m.to as { id: string }).id]).sort()).toEqual([
      ['03-04 10:00', 'chen.hui'],
      ['03-04 10:00', 'sun.yan'],
      ['03-04 10:30', 'chen.hui'],
      ['03-04 11:00', 'chen.hui'],
      ['03-04 11:00', 'xu.gang'],
      ['03-04 11:30', 'chen.hui'],
      ['03-04 11:30', 'luo.bin'],
    ]);
    const late = (await desk.messages(caseId, 'staff.late')).map((m) => m.key);
    expect(new Set(late).size).toBe(late.length);
    expect(late.filter((key) => key.includes('/acknowledge#1@'))).toHaveLength(2);

    // Nothing late any more: the daily line ends.
    await desk.walk(caseId, 'acknowledge', 'reportToSupervisor');
    await desk.complete(caseId, 'interimSolution', {}, 'sun.yan');
    await desk.walk(caseId, 'investigate', 'reportToHead');
    await desk.go('03-06 09:01');
    expect(
      (await desk.facts(caseId, 'reminded')).filter((fact) => fact.data['clock'] === 'daily'),
    ).toHaveLength(1);
  });

  test('W5 three people holding every level: each called once, levels of people already called are skipped', async () => {
    const desk = await office.desk('03-11 09:00', { policy: promptly, organisation: small });
    const { caseId } = await desk.open({}, 'zhu.qing');
    await desk.go('03-11 11:31');
    expect(await levels(desk, caseId)).toEqual([
      '03-11 10:00 L1 → L2: qin.shan',
      '03-11 10:30 skipped supervisor',
      '03-11 10:30 L2 → L3: qian.yi',
      '03-11 11:30 skipped generalManager',
      '03-11 11:30 L3 → generalManager: null',
    ]);
    expect((await desk.facts(caseId, 'flagged')).map((fact) => fact.data['flag'])).toEqual(['nobodyAbove']);
    // The lateness itself: the person and one above him, although he is his own supervisor's substitute.
    expect(
      lines((await desk.facts(caseId, 'breached')).filter((fact) => fact.data['key'] === 'acknowledge#1')),
    ).toEqual(['03-11 09:30 breached acknowledge → zhu.qing, qin.shan']);
    const called = (await desk.messages(caseId, 'staff.levelRaised')).filter(
      (m) => JSON.stringify(m.params['staff']) === JSON.stringify({ staff: (m.to as { id: string }).id }),
    );
    expect(called.map((m) => (m.to as { id: string }).id).sort()).toEqual(['qian.yi', 'qin.shan']);
  });

  test('AT-27 answering what a level asked for stops its reminders; the next level is still armed', async () => {
    const desk = await office.desk('03-18 09:00', { policy: promptly });
    const { caseId } = await desk.open();
    await desk.go('03-18 10:05'); // level 2 since 10:00
    await desk.complete(caseId, 'reportToSupervisor');
    await desk.complete(caseId, 'interimSolution', {}, 'sun.yan');
    await desk.go('03-18 10:29');
    const heard = await desk.facts(caseId, 'reminded', 'breached');
    expect(
      heard.filter((fact) => ['reportToSupervisor', 'interimSolution'].includes(String(fact.data['task']))),
    ).toEqual([]);
    await desk.go('03-18 10:31');
    expect((await levels(desk, caseId)).at(-1)).toBe('03-18 10:30 L2 → supervisor: chen.hui');
    expect(await desk.openTasks(caseId)).toContain('reportToSupervisor#2');
  });
});

describe('reminders', () => {
  test('AT-24 a second legitimate reminder of the same kind, the same day, to the same person is sent', async () => {
    const desk = await office.desk('03-25 09:00', { policy: promptly });
    const { caseId } = await desk.open();
    await desk.complete(caseId, 'acknowledge');
    await desk.act('raiseLevel', caseId, { reason: '客户很急' });
    await desk.go('03-25 09:20');
    await desk.complete(caseId, 'reportToSupervisor');
    await desk.go('03-25 09:30');
    await desk.act('raiseLevel', caseId, { to: 'L3', reason: '客户更急' });
    await desk.go('03-25 09:50');
    const heard = (await desk.facts(caseId, 'reminded')).filter(
      (fact) => fact.data['task'] === 'reportToSupervisor',
    );
    expect(lines(heard)).toEqual([
      '03-25 09:15 reminded reportToSupervisor 50% → chen.hui',
      '03-25 09:45 reminded reportToSupervisor 50% → chen.hui',
    ]);
    const mails = (await office.mailbox(caseId)).filter((item) =>
      item.key.includes('/reminder/reportToSupervisor'),
    );
    expect(mails.map((mail) => [mail.to, shown(mail.at), mail.deliveries])).toEqual([
      ['chen.hui@example.com', '03-25 09:15', 1],
      ['chen.hui@example.com', '03-25 09:45', 1],
    ]);
  });

  test('AT-25 a reminder at night waits for service hours; one of a major case does not', async () => {
    const desk = await office.desk('03-27 09:00', { policy: promptly });
    const calm = await desk.open();
    await desk.walk(calm.caseId, 'acknowledge', 'investigate', 'reportToHead');
    // Due at 23:00: 80 % at 20:12, late at 23:00; both outside the hours of the desk.
    await desk.complete(calm.caseId, 'planResolution', { dueAt: '2030-03-27T23:00:00+08:00' });
    await desk.complete(calm.caseId, 'agreeResolution');
    await desk.go('03-27 20:00');
    const major = await desk.open({ safety: true });
    await desk.go('03-27 20:31');
    await desk.walk(major.caseId, 'acknowledge', 'takeCharge', 'reportToSupervisor', 'interimSolution');
    await desk.go('03-28 09:01');

    const night = (await desk.messages(calm.caseId)).filter(
      (m) => m.key.includes('carryOut#1@') && m.queuedAt > '2030-03-27T10:00',
    );
    expect(night.map((m) => [m.template, shown(m.queuedAt), m.status, shown(m.at)])).toEqual([
      // The reminder gives way to the news that it is late (AT-28), which is told at nine.
      ['staff.reminder', '03-27 20:12', 'dropped', '03-27 23:00'],
      ['staff.late', '03-27 23:00', 'sent', '03-28 09:00'],
      ['staff.late', '03-27 23:00', 'sent', '03-28 09:00'],
    ]);

    const wall = (await desk.messages(major.caseId)).filter((m) => m.key.includes('/acknowledge#1@'));
    expect(wall.map((m) => [m.template, shown(m.at), m.channel, m.urgency])).toEqual([
      ['staff.reminder', '03-27 20:15', 'sms', 'critical'],
      ['staff.reminder', '03-27 20:24', 'sms', 'critical'],
      ['staff.late', '03-27 20:30', 'sms', 'critical'],
      ['staff.late', '03-27 20:30', 'sms', 'critical'],
    ]);
  });
});

describe('a major case at night', () => {
  test('W16 ESC-07 on call by SMS, the next person every 15 min, the general manager every hour, until somebody takes charge', async () => {
    const desk = await office.desk('04-02 02:00', { policy: promptly });
    const { caseId } = await desk.open({ amountDisputed: 5000.01 });
    expect((await desk.file(caseId)).row).toMatchObject({ level: 'L3', grade: 'major' });
    await desk.go('04-02 05:00');
    const called = (await desk.messages(caseId, 'staff.major')).map((m) => [
      shown(m.at),
      (m.to as { id: string }).id,
      m.channel,
      m.status,
    ]);
    // On call first (in the organisation's order), then the rest, the general manager last; from then on he, every hour.
    // Level 3 and the supervisor are told at once, beside whoever is called.
    expect(called).toEqual([
      ['04-02 02:00', 'chen.hui', 'sms', 'sent'],
      ['04-02 02:00', 'xu.gang', 'sms', 'sent'],
      ['04-02 02:15', 'xu.gang', 'sms', 'sent'],
      ['04-02 02:30', 'deng.li', 'sms', 'sent'],
      ['04-02 02:45', 'luo.bin', 'sms', 'sent'],
      ['04-02 03:45', 'luo.bin', 'sms', 'sent'],
      ['04-02 04:45', 'luo.bin', 'sms', 'sent'],
    ]);
    const mobiles = (await office.mailbox(caseId)).filter(
      (item) => item.channel === 'sms' && item.key.includes('/major/'),
    );
    expect(mobiles.map((sms) => sms.to).sort()).toEqual([
      '+8613800000010',
      '+8613800000013',
      '+8613800000013',
      '+8613800000014',
      '+8613800000017',
      '+8613800000017',
      '+8613800000017',
    ]);
    expect(await desk.task(caseId, 'takeCharge')).toMatchObject({ assignee: 'luo.bin', status: 'open' });

    await desk.complete(caseId, 'takeCharge', {}, 'luo.bin');
    await desk.go('04-02 08:00');
    expect(await desk.messages(caseId, 'staff.major')).toHaveLength(7);
  });
});

describe('a promise', () => {
  test('HOT-18 W14 the supervisor is asked one service hour before; twice the date moves by itself; then the manager calls', async () => {
    const desk = await office.desk('04-08 09:00', { policy: promptly });
    const { caseId } = await desk.open();
    await desk.complete(caseId, 'acknowledge', { promiseAt: '2030-04-08T15:00:00+08:00' });
    await desk.walk(caseId, 'investigate', 'reportToHead', 'planResolution');
    const story = async () =>
      (await desk.facts(caseId, 'promised', 'promiseMoved', 'breached', 'taskOpened'))
        .filter(({ what, data }) => (what === 'breached' ? data['clock'] === 'promise' : true))
        .filter(
          ({ what, data }) =>
            what !== 'taskOpened' || ['keepPromise', 'callAboutDelay'].includes(String(data['task'])),
        )
        .map(({ at: when, what, data }) =>
          `${shown(when)} ${what} ${String(data['task'] ?? '')} ${what === 'taskOpened' ? String(data['assignee']) : shown(data['dueAt'] as string)}${data['automatic'] === true ? ' by itself' : ''}`.replace(
            / +/g,
            ' ',
          ),
        );
    await desk.go('04-10 18:05');
    expect(await story()).toEqual([
      '04-08 09:00 promised 04-08 18:00',
      '04-08 09:00 promiseMoved 04-08 15:00',
      '04-08 14:00 taskOpened keepPromise chen.hui',
      '04-08 15:00 breached 04-08 15:00',
      '04-08 15:00 promiseMoved 04-09 18:00 by itself',
      '04-09 17:00 taskOpened keepPromise chen.hui',
      '04-09 18:00 breached 04-09 18:00',
      '04-09 18:00 promiseMoved 04-10 18:00 by itself',
      '04-10 17:00 taskOpened keepPromise chen.hui',
      '04-10 18:00 breached 04-10 18:00',
      '04-10 18:00 promiseMoved 04-11 18:00',
      '04-10 18:00 taskOpened callAboutDelay ma.jun',
    ]);
    const changed = await desk.messages(caseId, 'cmp.dateChanged');
    expect(changed.map((m) => [shown(m.at), m.channel, m.params['time']])).toEqual([
      ['04-08 15:00', 'sms', { at: '2030-04-09T10:00:00.000Z' }],
      ['04-09 18:00', 'sms', { at: '2030-04-10T10:00:00.000Z' }],
    ]);
    expect((await desk.messages(caseId, 'staff.promiseLapsing')).map((m) => shown(m.at))).toEqual([
      '04-08 14:00',
      '04-09 17:00',
      '04-10 17:00',
    ]);
  });

  test('W14 a supervisor who re-promises moves the date himself; one who keeps it is not asked again', async () => {
    const desk = await office.desk('04-15 09:00', { policy: promptly });
    const { caseId } = await desk.open();
    await desk.complete(caseId, 'acknowledge', { promiseAt: '2030-04-15T12:00:00+08:00' });
    await desk.go('04-15 11:30');
    await desk.complete(
      caseId,
      'keepPromise',
      { decision: 'repromise', promiseAt: '2030-04-15T16:00:00+08:00' },
      'chen.hui',
    );
    await desk.go('04-15 15:30');
    await desk.complete(caseId, 'keepPromise', { decision: 'keep' }, 'chen.hui');
    await desk.go('04-15 15:59');
    expect(lines(await desk.facts(caseId, 'promiseMoved'))).toHaveLength(2);
    expect(
      (await desk.messages(caseId, 'cmp.dateChanged')).map((m) => [shown(m.at), m.params['time']]),
    ).toEqual([['04-15 11:30', { at: '2030-04-15T08:00:00.000Z' }]]);
    expect(await desk.openTasks(caseId)).not.toContain('keepPromise#2');
  });
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { cases, problems } = await office.audit();
  expect(problems).toEqual([]);
  expect(cases).toBe(9);
});
