/** What leaves the house, how often, when, and what happens when it cannot; and how a case is undone. */
import { afterEach, describe, expect, test } from 'vitest';
import type { DeliveryOrder } from '../../activities/contract.js';
import { createActivities } from '../../activities/index.js';
import { DeliveryError } from '../../adapters/ports.js';
import type { MessageRow } from '../../domain/case.js';
import { timelineOf } from '../../audit/index.js';
import { at, codeOf, lines, shown, useOffice, type Desk, type Office } from '../support/desk.js';
import { otherwise, walk, walkTo, Warehouse, type Errand, type Step } from '../support/issuance.js';
import { openRepair, paidRepair, smoothRepair } from '../support/repair.js';

let office: Office;
let warehouse: Warehouse;
useOffice(async (opened) => {
  office = opened;
  warehouse = await Warehouse.stock(office, 12, '03-01 09:00');
});
afterEach(async () => {
  await office?.bringBack();
});

const promptly = { messages: { spreadMinutes: 0 } };

/** `03-04 22:00 cmp.dateChanged deferred until 03-05 08:30`. */
async function post(desk: Desk, caseId: string, template: string): Promise<string[]> {
  const facts = await desk.facts(
    caseId,
    'messageQueued',
    'messageDeferred',
    'messageSent',
    'messageDropped',
    'messageFailed',
  );
  return facts
    .filter((fact) => fact.data['template'] === template)
    .map((fact) => {
      const what = fact.what.replace('message', '').toLowerCase();
      const until = fact.data['until'] === undefined ? '' : ` until ${shown(fact.data['until'] as string)}`;
      const reason =
        fact.data['reason'] === undefined || fact.data['reason'] === null
          ? ''
          : ` (${String(fact.data['reason'])})`;
      return `${shown(fact.at)} ${what}${until}${reason}`;
    });
}

describe('quiet hours', () => {
  test('AT-28 W40 a reply goes at once; held messages go at 08:30, the newest per subject only', async () => {
    const desk = await office.desk('03-04 16:00');
    const { caseId } = await desk.open();
    await desk.complete(caseId, 'acknowledge', { promiseAt: '2030-03-04T21:30:00+08:00' });
    await desk.go('03-04 21:05'); // the supervisor was asked at 17:00, one service hour before
    await desk.complete(
      caseId,
      'keepPromise',
      { decision: 'repromise', promiseAt: '2030-03-04T22:00:00+08:00' },
      'chen.hui',
    );
    await desk.go('03-04 22:30'); // and at 22:00 the date moves by itself
    const reply = await desk.open(); // by telephone, at half past ten
    await desk.go('03-05 09:30');

    expect(await post(desk, reply.caseId, 'cmp.received')).toEqual([
      '03-04 22:30 queued',
      '03-04 22:30 sent',
    ]);
    // Spread over five minutes by the key, so that not every held message leaves in the same second.
    const minute = /until (03-05 08:3[0-5])/.exec(
      (await post(desk, caseId, 'cmp.dateChanged')).join('\n'),
    )?.[1];
    const changed = await post(desk, caseId, 'cmp.dateChanged');
    expect(changed).toHaveLength(4);
    expect(changed[0]).toMatch(/^03-04 21:05 deferred until 03-05 08:3[0-5] \(quietHours\)$/);
    expect(changed[1]).toBe('03-04 22:00 dropped (newer)');
    expect(changed[2]).toMatch(/^03-04 22:00 deferred until 03-05 08:3[0-5] \(quietHours\)$/);
    expect(changed[3]).toBe(`${/until (03-05 08:3\d)/.exec(changed[2]!)![1]} sent`);
    expect(minute).toBeDefined();
    const filed = (await office.mailbox(caseId)).filter((item) => item.key.includes('/cmp.dateChanged#'));
    expect(filed).toHaveLength(1);
    // The newest: the date the policy gave at 22:00 (end of the next workday), not the one promised at 21:05.
    expect(filed[0]!.text).toContain('3月5日18:00');
  });

  test('AT-28 what is still being tried when the quiet hours begin is held until the morning, and sent once', async () => {
    const desk = await office.desk('03-18 20:30', { policy: promptly });
    const { caseId } = await desk.open();
    await desk.complete(caseId, 'acknowledge');
    await desk.go('03-18 20:40');
    await office.takeDown('sms');
    await desk.act('note', caseId, { text: '配件已订', tellCustomer: true });
    await desk.go('03-18 22:00');
    // The next try would have been after nine: the server gives up at the last one before.
    const held = ['03-18 20:40 queued', '03-18 20:55 deferred until 03-19 08:30 (quietHours)'];
    expect(await post(desk, caseId, 'cmp.progress')).toEqual(held);
    // The gateway is back at night; the message is not tried again before the morning.
    await office.bringBack('sms');
    await desk.go('03-19 08:29');
    expect(await post(desk, caseId, 'cmp.progress')).toEqual(held);
    await desk.go('03-19 08:31');
    expect(await post(desk, caseId, 'cmp.progress')).toEqual([...held, '03-19 08:30 sent']);
    const filed = (await office.mailbox(caseId)).filter((item) => item.key.includes('/cmp.progress#'));
    expect(filed.map((item) => [shown(item.at), item.deliveries])).toEqual([['03-19 08:30', 1]]);
    // Nobody has to deliver it by hand: it was late, not lost.
    expect(await desk.openTasks(caseId)).not.toContain('deliverByHand#1');
  });

  test('AT-28 a held message that has become moot is dropped, not flushed', async () => {
    const desk = await office.desk('03-06 17:00', { policy: promptly });
    const { caseId } = await desk.open();
    await desk.walk(
      caseId,
      'acknowledge',
      'investigate',
      'reportToHead',
      'planResolution',
      'agreeResolution',
    );
    await desk.go('03-07 06:00'); // carryOut is due at 17:00: half of the time was over at 05:00
    expect(await post(desk, caseId, 'staff.reminder')).toEqual([
      '03-07 05:00 deferred until 03-07 09:00 (serviceHours)',
    ]);
    await desk.complete(caseId, 'carryOut');
    await desk.go('03-07 09:01');
    expect((await post(desk, caseId, 'staff.reminder')).slice(1)).toEqual(['03-07 06:00 dropped (moot)']);
    expect((await office.mailbox(caseId)).filter((item) => item.key.includes('/reminder/'))).toEqual([]);
  });

  test('AT-28 W33 what has to wait its minute is not said of a case that is settled or called off by then', async () => {
    const desk = await office.desk('03-08 10:00', { policy: promptly });
    const complainant = { name: '方晴', phone: '13800000321' };
    const { caseId } = await desk.open({ complainant });
    await desk.act('note', caseId, { text: '客户问进展', tellCustomer: true });
    const twice = await desk.open({ complainant });
    await desk.act('cancelCase', twice.caseId, { reason: '录了两次' }, 'chen.hui');
    await desk.walk(caseId, 'acknowledge', 'investigate', 'reportToHead', 'planResolution');
    await desk.walk(caseId, 'agreeResolution', 'carryOut', 'tellResult');
    await desk.complete(caseId, 'confirmSatisfaction', { verdict: 'satisfied' }, 'zhang.wei');
    await desk.go('03-08 11:30');
    expect(await post(desk, caseId, 'cmp.progress')).toEqual([
      '03-08 10:00 queued',
      '03-08 10:00 deferred until 03-08 10:01 (throttle:minute)',
      '03-08 10:00 dropped (moot)',
    ]);
    expect(await post(desk, twice.caseId, 'cmp.received')).toEqual([
      '03-08 10:00 queued',
      '03-08 10:00 deferred until 03-08 10:01 (throttle:minute)',
      '03-08 10:00 dropped (moot)',
    ]);
    expect((await desk.file(twice.caseId)).row).toMatchObject({ status: 'closed', outcome: 'cancelled' });
  });

  test('facts 5: one SMS a minute and four an hour to one number; what is held goes later', async () => {
    const desk = await office.desk('03-11 10:00', { policy: promptly });
    const { caseId } = await desk.open();
    await desk.walk(caseId, 'acknowledge', 'investigate', 'reportToHead');
    for (const minute of ['10:03', '10:06', '10:09']) {
      await desk.complete(caseId, 'planResolution');
      await desk.go(`03-11 ${minute}`);
      await desk.complete(caseId, 'agreeResolution', { customerReply: 'declined' });
    }
    await desk.go('03-11 11:10');
    const heard = (await office.mailbox(caseId)).filter((item) => item.key.includes('/cmp.'));
    expect(heard.map((item) => [shown(item.at), item.key.split('/')[1], item.deliveries])).toEqual([
      ['03-11 10:00', 'cmp.received#1', 1],
      ['03-11 10:01', 'cmp.proposal#1', 1], // not in the minute of the first
      ['03-11 10:03', 'cmp.proposal#2', 1],
      ['03-11 10:06', 'cmp.proposal#3', 1],
      ['03-11 11:00', 'cmp.nextRound#1', 1], // the fifth waits until the first is an hour old
    ]);
    expect(await post(desk, caseId, 'cmp.nextRound')).toEqual([
      '03-11 10:09 queued',
      '03-11 10:09 deferred until 03-11 11:00 (throttle:hour)',
      '03-11 11:00 sent',
    ]);
  });
});

describe('what is held tells nobody old news', () => {
  /** A repair whose visit is agreed with the customer at this instant, for `from` of that day. */
  async function agreed(now: string, day: string, from: string, over: Record<string, unknown> = {}) {
    const errand = await openRepair(warehouse, await warehouse.desk(now));
    await agree(errand, day, from, over, 'helpRemotely', 'approveVisit', 'contact');
    return errand;
  }
  async function agree(
    errand: Errand,
    day: string,
    from: string,
    over: Record<string, unknown>,
    ...tasks: string[]
  ) {
    const times = { from: `2030-${day}T${from}:00+08:00`, to: `2030-${day}T18:00:00+08:00` };
    const way = otherwise(smoothRepair(errand, day), 'contact', { ...times, ...over });
    await walk(
      errand,
      way.filter((step) => tasks.includes(step.task)),
    );
  }
  const heard = async (caseId: string) =>
    (await office.mailbox(caseId))
      .filter((item) => item.key.includes('/rep.') || item.key.includes('/iss.'))
      .map((item) => `${shown(item.at)} ${item.key.split('/')[1]!}`);

  test('AT-28 AT-26 an appointment before the end of the quiet hours is told by a person, in time; a later one at 08:30', async () => {
    const early = await agreed('03-20 06:00', '03-20', '07:30');
    const { desk, caseId } = early;
    expect(await post(desk, caseId, 'rep.appointment')).toEqual([
      '03-20 06:00 deferred until 03-20 08:30 (quietHours)',
      '03-20 06:00 dropped (past)',
    ]);
    const task = await desk.task(caseId, 'deliverByHand');
    expect(task).toMatchObject({ status: 'open', assignee: 'li.na', rule: 'AT-26' });
    expect([shown(task.dueAt), task.context!['template'], task.context!['reason']]).toEqual([
      '03-20 07:30',
      'rep.appointment',
      'past',
    ]);
    expect((await desk.file(caseId)).row.attention).toBe('undelivered');
    const story = timelineOf(await desk.facts(caseId, 'messageDropped'), { offsetMinutes: 480 });
    expect(story.map((line) => line.text)).toContain(
      'message dropped: repair appointment, to customer-1, too late by then',
    );
    await desk.complete(caseId, 'deliverByHand', { means: 'phone' });

    const later = await agreed('03-20 06:00', '03-20', '10:00');
    await later.desk.go('03-20 08:31');
    await desk.go('03-20 08:31');
    expect(await heard(caseId)).toEqual(['03-20 06:00 rep.accepted#1']);
    expect(await heard(later.caseId)).toEqual([
      '03-20 06:00 rep.accepted#1',
      '03-20 08:30 rep.appointment#1',
    ]);
    expect(await later.desk.openTasks(later.caseId)).toEqual(['packUp#1']);
  });

  test('AT-28 AT-26 with SMS down an appointment is tried for half of the time left, then told by a person', async () => {
    await office.takeDown('sms');
    const errand = await agreed('03-20 13:00', '03-20', '17:00');
    const { desk, caseId } = errand;
    await desk.go('03-20 16:30');
    const [queued, failed] = await post(desk, caseId, 'rep.appointment');
    expect(queued).toBe('03-20 13:00 queued');
    // Two hours by SMS at most; the customer has no mail.
    const gaveUp = /^03-20 (\S+) failed/.exec(failed!)![1]!;
    expect(gaveUp > '14:29' && gaveUp <= '15:00').toBe(true);
    const task = await desk.task(caseId, 'deliverByHand');
    expect([task.context!['template'], shown(task.dueAt)]).toEqual(['rep.appointment', '03-20 17:00']);
  });

  test('AT-28 of an appointment moved during the night only the last is told; an earlier one is dropped, whatever came of it', async () => {
    const errand = await agreed('03-21 22:00', '03-22', '14:00');
    const { desk, caseId } = errand;
    // Given up without a new time yet: nobody is told of it in the morning.
    await desk.act('reschedule', caseId, { appointment: 'visit', askedBy: 'customer', reason: '临时有事' });
    await desk.go('03-21 22:30');
    await agree(errand, '03-22', '15:00', {}, 'contact');
    // And the technician sees before the doors open that he will be late.
    await desk.go('03-22 07:00');
    const pack = smoothRepair(errand, '03-22').find((step) => step.task === 'packUp')!;
    await walk(errand, [{ ...pack, answer: { ...pack.answer, expectedAt: '2030-03-22T15:45:00+08:00' } }]);
    await desk.go('03-22 08:31');
    expect(await post(desk, caseId, 'rep.appointment')).toEqual([
      '03-21 22:00 deferred until 03-22 08:30 (quietHours)',
      '03-21 22:00 dropped (moot)',
      '03-21 22:30 deferred until 03-22 08:30 (quietHours)',
      '03-22 07:00 dropped (newer)',
    ]);
    expect(await heard(caseId)).toEqual(['03-21 22:00 rep.accepted#1', '03-22 08:30 rep.late#1']);
  });

  test('AT-28 notices of one kind about two different things are both told', async () => {
    const desk = await office.desk('03-25 22:00', { policy: promptly });
    const contact = office.stranger();
    office.refuseSms((sms) =>
      sms.template.startsWith('cmp.')
        ? new DeliveryError('contact', 'isv.MOBILE_NUMBER_ILLEGAL', 'no')
        : null,
    );
    const { caseId } = await desk.open({ complainant: contact });
    await desk.go('03-26 08:45');
    await desk.act('note', caseId, { text: '配件已订', tellCustomer: true });
    await desk.go('03-26 09:01');
    // What could not be sent at ten at night, and at a quarter to nine: one notice each.
    expect(await desk.openTasks(caseId)).toContain('deliverByHand#2');
    expect((await desk.messages(caseId, 'staff.messageFailed')).map((m) => [m.status, shown(m.at)])).toEqual([
      ['sent', '03-26 09:00'],
      ['sent', '03-26 09:00'],
    ]);
  });

  test('AT-28 what the night held leaves in the order it was queued, spread or not', async () => {
    const contract = { contract: 'none', contractEnd: undefined, amount: 150 };
    const ways = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const errand = await openRepair(
          warehouse,
          await warehouse.desk('03-24 22:00', { policy: { messages: { spreadMinutes: 5, perMinute: 1 } } }),
        );
        await agree(errand, '03-25', '14:00', contract, 'helpRemotely', 'approveVisit', 'contact');
        await errand.desk.go('03-25 08:45');
        return heard(errand.caseId);
      }),
    );
    const minute = (line: string) => Number(line.slice(9, 11));
    for (const way of ways) {
      expect(way.map((line) => line.split(' ')[2])).toEqual([
        'rep.accepted#1',
        'rep.appointment#1',
        'rep.paid#1',
      ]);
      // The cap on messages a minute parts them where the spread does not.
      expect(minute(way[2]!)).toBeGreaterThan(minute(way[1]!));
    }
  });

  test('AT-28 a later message waits for the one that is being tried, five minutes at most', async () => {
    const desk = await office.desk('03-26 10:00', { policy: promptly });
    const sent = async (caseId: string) =>
      (await desk.facts(caseId, 'messageSent'))
        .filter((fact) => String(fact.data['template']).startsWith('cmp.'))
        .map((fact) => `${shown(fact.at)} ${String(fact.data['template'])}`);
    const twoNotices = async () => {
      const { caseId } = await desk.open();
      await desk.complete(caseId, 'acknowledge');
      await desk.act('note', caseId, { text: '配件已订', tellCustomer: true });
      return caseId;
    };
    await office.takeDown('sms');
    const short = await twoNotices();
    // Back after two minutes: the first is tried again after three and a half, and the second goes then.
    desk.when('03-26 10:02', () => office.bringBack('sms'));
    await desk.go('03-26 10:30');
    expect(await sent(short)).toEqual(['03-26 10:03 cmp.received', '03-26 10:03 cmp.progress']);

    office.refuseSms((sms) =>
      sms.template === 'cmp.received' ? new DeliveryError('retry', 'isv.SYSTEM_ERROR', 'later') : null,
    );
    const long = await twoNotices();
    await desk.go('03-26 10:34');
    expect(await sent(long)).toEqual([]);
    await desk.go('03-26 10:50');
    expect(await sent(long)).toEqual(['03-26 10:35 cmp.progress']);
  });

  test('AT-28 W16 who is called out waits for no earlier message to him', async () => {
    const desk = await office.desk('03-27 10:00', { policy: promptly });
    const { caseId } = await desk.open();
    await office.takeDown('mail');
    await desk.complete(caseId, 'acknowledge', { grade: 'major' });
    const called = (await desk.messages(caseId, 'staff.major'))[0]!;
    expect([called.status, called.channel, shown(called.at)]).toEqual(['sent', 'sms', '03-27 10:00']);
    const raised = (await desk.messages(caseId, 'staff.levelRaised')).find(
      (each) => 'id' in each.to && 'id' in called.to && each.to.id === called.to.id,
    );
    expect(raised).toMatchObject({ status: 'queued', at: null });
  });

  test('W40 AT-28 a reply that could not be given at once is a message like others: held until the morning', async () => {
    const desk = await office.desk('03-27 22:00', { policy: promptly });
    await office.takeDown('sms');
    const { caseId } = await desk.open();
    await desk.go('03-27 22:30');
    await office.bringBack('sms');
    await desk.go('03-28 08:31');
    expect(await post(desk, caseId, 'cmp.received')).toEqual([
      '03-27 22:00 queued',
      // The next try would have been after a quarter of an hour: the server gives up at the last one before.
      '03-27 22:07 deferred until 03-28 08:30 (quietHours)',
      '03-28 08:30 sent',
    ]);
  });

  test('W40 W25 a case that a repair opens at night answers nobody: its customer is told in the morning', async () => {
    const errand = await openRepair(warehouse, await warehouse.desk('03-28 09:00'));
    const { desk, caseId } = errand;
    const way = otherwise(paidRepair(errand, '03-28'), 'contact', { contract: 'within', amount: undefined });
    const covered = { covered: true, price: 0, consent: undefined };
    const [, , replaced] = way.find((step) => step.task === 'repairOnSite')!.answer['faults'] as object[];
    const fault = { ...replaced, ...covered, no: 1 };
    await walkTo(
      errand,
      way.filter((step) => step.task !== 'acceptPaid'),
      'repairOnSite',
    );
    await desk.go('03-28 21:30');
    const night = otherwise(way, 'repairOnSite', { faults: [fault], taken: undefined });
    await walk(
      errand,
      ['repairOnSite', 'signForm'].map((task): Step => night.find((step) => step.task === task)!),
    );
    const linked = String((await desk.facts(caseId, 'linked'))[0]!.data['case']);
    await desk.go('03-29 08:31');
    expect(await post(desk, linked, 'iss.registered')).toEqual([
      '03-28 21:30 deferred until 03-29 08:30 (quietHours)',
      '03-29 08:30 sent',
    ]);
  });
});

describe('AT-26 what cannot be delivered becomes a person’s task', () => {
  test('AT-26 mail and SMS refuse for good: deliverByHand at once; the case goes on, closing waits for it', async () => {
    const desk = await office.desk('03-13 09:00');
    const contact = { ...office.stranger(), mail: 'gone@example.com' };
    office.refuseSms((sms) =>
      sms.template.startsWith('cmp.')
        ? new DeliveryError('contact', 'isv.MOBILE_NUMBER_ILLEGAL', 'sms refused')
        : null,
    );
    office.refuseMail((address) => (address === contact.mail ? 550 : null));
    const { caseId } = await desk.open({ complainant: contact });

    expect(await post(desk, caseId, 'cmp.received')).toEqual([
      '03-13 09:00 queued',
      '03-13 09:00 failed (contact:550)',
    ]);
    const task = await desk.task(caseId, 'deliverByHand');
    expect(task).toMatchObject({ status: 'open', role: 'agent', assignee: 'li.na', rule: 'AT-26' });
    expect([shown(task.dueAt), task.context!['template'], task.context!['reason']]).toEqual([
      '03-13 13:00',
      'cmp.received',
      'contact:550',
    ]);
    expect((await desk.file(caseId)).row.attention).toBe('undelivered');
    expect((await office.mailbox(caseId)).filter((item) => item.key.includes('/cmp.'))).toEqual([]);

    // The case goes on …
    await desk.complete(caseId, 'acknowledge');
    expect(await desk.openTasks(caseId)).toEqual(['deliverByHand#1', 'investigate#1']);
    // … and ends, but for this.
    await desk.act('reclassify', caseId, { to: 'enquiry', reason: '其实是咨询' }, 'chen.hui');
    expect((await desk.file(caseId)).row).toMatchObject({
      status: 'closing',
      outcome: 'reclassified',
      closedAt: null,
    });
    expect(await desk.openTasks(caseId)).toEqual(['deliverByHand#1']);
    expect(await codeOf(desk.complete(caseId, 'investigate'))).toBe('case.closed');
    await desk.go('03-13 13:01');
    // Its clock runs, also while the case is closing.
    expect(
      lines(
        (await desk.facts(caseId, 'reminded', 'breached')).filter(
          (fact) => fact.data['task'] === 'deliverByHand',
        ),
      ),
    ).toEqual([
      '03-13 11:00 reminded deliverByHand 50% → li.na',
      '03-13 12:12 reminded deliverByHand 80% → li.na',
      '03-13 13:00 breached deliverByHand → li.na, chen.hui',
    ]);
    await desk.complete(caseId, 'deliverByHand', { means: 'phone' });
    expect((await desk.file(caseId)).row).toMatchObject({
      status: 'closed',
      attention: null,
      closedAt: at('03-13 13:01'),
    });
  });

  test('AT-26 mail and SMS down beyond their limits: 4 h and 12 h of tries, then a person; the case never waits', async () => {
    const desk = await office.desk('03-14 09:00', { policy: promptly });
    await office.takeDown('sms');
    await office.takeDown('mail');
    const { caseId } = await desk.open({
      complainant: { ...office.stranger(), mail: 'somebody@example.com' },
    });
    await desk.complete(caseId, 'acknowledge');
    await desk.go('03-14 17:59');
    // Both hosts are down all day; reminders and levels stand at their minutes all the same.
    expect(lines(await desk.facts(caseId, 'taskCompleted', 'reminded'))).toEqual([
      '03-14 09:00 taskCompleted acknowledge',
      '03-14 13:30 reminded investigate 50% → li.na',
      '03-14 16:12 reminded investigate 80% → li.na',
    ]);
    expect(await desk.openTasks(caseId)).toEqual(['investigate#1', 'keepPromise#1']);
    desk.when('03-15 01:00', () => office.bringBack());
    await desk.go('03-15 01:40');

    const [queued, failed, ...more] = await post(desk, caseId, 'cmp.received');
    expect(queued).toBe('03-14 09:00 queued');
    expect(more).toEqual([]);
    // 4 h by SMS, then 12 h by mail; the last try lies up to half an hour before each limit.
    const gaveUp = /^(\S+ \S+) failed/.exec(failed!)![1]!;
    expect(gaveUp > '03-14 23:59' && gaveUp < '03-15 01:00').toBe(true);
    const task = await desk.task(caseId, 'deliverByHand');
    expect([shown(task.openedAt), task.assignee, task.context!['template']]).toEqual([
      gaveUp,
      'li.na',
      'cmp.received',
    ]);
    // It is a person's now: the mail host that came back gets it no more.
    const keys = (await office.mailbox(caseId)).map((item) => item.key);
    expect(keys.filter((key) => key.includes('/cmp.received#'))).toEqual([]);
    // What still had time goes out late, and once.
    const reminder = (await desk.messages(caseId, 'staff.reminder')).find(
      (m) => shown(m.queuedAt) === '03-14 13:30',
    )!;
    expect([reminder.status, reminder.channel, shown(reminder.at)! >= '03-15 01:00']).toEqual([
      'sent',
      'mail',
      true,
    ]);
    expect((await office.mailbox(caseId)).every((item) => item.deliveries === 1)).toBe(true);
  });
});

describe('AT-29 one key, one message', () => {
  const message = (over: Partial<MessageRow>): MessageRow => ({
    key: 'T20300318-001/staff.progressDue#1/li.na',
    template: 'staff.progressDue',
    to: { kind: 'staff', id: 'li.na' },
    channels: ['mail'],
    params: { caseNo: 'T20300318-001' },
    urgency: 'normal',
    queuedAt: at('03-18 09:00'),
    notBefore: null,
    status: 'queued',
    channel: null,
    at: null,
    reason: null,
    rule: 'ESC-11',
    ...over,
  });
  const order = (channel: 'mail' | 'sms', over: Partial<MessageRow> = {}): DeliveryOrder => ({
    caseId: 'T20300318-001',
    message: message({
      ...over,
      key: `T20300318-001/${channel}/${over.key ?? ''}li.na`,
      channels: [channel],
    }),
    channel,
    at: at('03-18 09:00'),
    rules: {
      offsetMinutes: 480,
      perMinute: 100,
      perHour: 100,
      perDay: 100,
    },
  });

  test.each(['mail', 'sms'] as const)(
    'AT-29 %s: a delivery repeated after it was accepted sends nothing',
    async (channel) => {
      const { deliver } = office.activities();
      const first = await deliver(order(channel));
      const second = await deliver(order(channel));
      expect(first).toMatchObject({ status: 'accepted', channel, repeat: false });
      expect(second).toEqual({ ...first, repeat: true });
      const filed = (await office.mailbox()).filter((item) => item.key === order(channel).message.key);
      expect(filed.map((item) => item.deliveries)).toEqual([1]);
      // Another case under the same key, as the combined reminder of W11: one key, one message.
      expect(await deliver({ ...order(channel), caseId: 'T20300318-002' })).toEqual({ status: 'coalesced' });
      expect((await office.mailbox()).filter((item) => item.key === order(channel).message.key)).toHaveLength(
        1,
      );
    },
  );

  test.each(['mail', 'sms'] as const)(
    'AT-29 %s: a worker that dies after the host accepted leaves one copy with the reader',
    async (channel) => {
      const { ledger } = office.ports;
      let deaths = 1;
      const dying = createActivities({
        ...office.ports,
        ledger: {
          ...ledger,
          async acceptSend(...args) {
            if (deaths-- > 0) throw new Error('the worker was killed');
            return ledger.acceptSend(...args);
          },
        },
      });
      const lost = order(channel, { key: 'dies/' });
      await expect(dying.deliver(lost)).rejects.toThrow('the worker was killed');
      expect(await office.activities().deliver(lost)).toMatchObject({ status: 'accepted', channel });
      const filed = (await office.mailbox()).filter((item) => item.key === lost.message.key);
      expect(filed).toHaveLength(1);
      // A gateway is asked before anything is repeated; a mail host cannot be asked, it gets the same Message-ID.
      expect(filed[0]!.deliveries).toBe(channel === 'sms' ? 1 : 2);
    },
  );
});

describe('undoing a case', () => {
  async function askedTheUnit(day: string) {
    const desk = await office.desk(`${day} 09:00`);
    const { caseId } = await desk.open({ subject: 'unit', unit: 'yuhang-branch' });
    await desk.complete(caseId, 'acknowledge');
    expect(await desk.openTasks(caseId)).toEqual(['verifyWithUnit#1']);
    expect((await desk.messages(caseId, 'mail.cmp.verify')).map((m) => [m.status, m.channel])).toEqual([
      ['sent', 'mail'],
    ]);
    return { desk, caseId };
  }
  const given = {
    status: 'open',
    role: 'supervisor',
    assignee: 'chen.hui',
    context: { undo: 'asked', unit: 'yuhang-branch' },
  };

  test('house W33 cancelCase gives back what was asked for; the case ends when that is done', async () => {
    const { desk, caseId } = await askedTheUnit('03-20');
    await desk.go('03-20 09:30');
    const answer = await desk.act('cancelCase', caseId, { reason: '误登' }, 'chen.hui');
    expect(answer).toMatchObject({ status: 'closing', outcome: 'cancelled' });
    expect(await desk.task(caseId, 'verifyWithUnit')).toMatchObject({ status: 'moot' });
    expect(await desk.task(caseId, 'undoByHand')).toMatchObject(given);
    expect(lines(await desk.facts(caseId, 'cancelled', 'undone', 'closing'))).toHaveLength(3);
    // The wait for the unit is over, and no promise is watched any more.
    const { clocks } = await desk.file(caseId);
    expect(clocks.filter((clock) => clock.stoppedAt === null).map((clock) => clock.key)).toEqual([
      'undoByHand#1',
    ]);
    await desk.complete(caseId, 'undoByHand', {}, 'chen.hui');
    expect((await desk.file(caseId)).row).toMatchObject({ status: 'closed', outcome: 'cancelled' });
    expect((await office.client.workflow.getHandle(caseId).describe()).status.name).toBe('COMPLETED');
  });

  test('house W33 a cancel from the Temporal UI counts as cancelCase by an operator outside the desk, undo included', async () => {
    const { desk, caseId } = await askedTheUnit('03-21');
    await office.client.workflow.getHandle(caseId).cancel();
    await desk.settle();
    expect((await desk.facts(caseId, 'cancelled'))[0]).toMatchObject({
      actor: 'operator-outside-the-desk',
      rule: 'W33',
    });
    expect((await desk.file(caseId)).row).toMatchObject({ status: 'closing', outcome: 'cancelled' });
    expect(await desk.task(caseId, 'undoByHand')).toMatchObject(given);
    // People still act on what is left, clocks still run, the ledger still follows.
    await desk.go('03-21 11:01');
    expect(
      lines((await desk.facts(caseId, 'reminded')).filter((fact) => fact.data['task'] === 'undoByHand')),
    ).toEqual(['03-21 11:00 reminded undoByHand 50% → chen.hui']);
    const answer = await desk.complete(caseId, 'undoByHand', { note: '已电话撤回' }, 'chen.hui');
    expect(answer.inLedger).toBe(true);
    expect((await desk.file(caseId)).row).toMatchObject({ status: 'closed', outcome: 'cancelled' });
    expect((await office.client.workflow.getHandle(caseId).describe()).status.name).toBe('COMPLETED');
  });
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { cases, problems } = await office.audit();
  expect(problems).toEqual([]);
  expect(cases).toBe(25);
});
