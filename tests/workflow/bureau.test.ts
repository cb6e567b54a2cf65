/** A tax bureau that is asked by mail (W28): what its officer gets, what his calendar keeps, and whose answer counts. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { MailboxItem } from '../../adapters/ports.js';
import { codeOf, shown, useOffice, type Desk, type Office } from '../support/desk.js';

let office: Office;
useOffice((opened) => {
  office = opened;
});

const OFFICER = 'su.ke@example.net';
const CODE = /[2-9A-Z]{4}(?:-[2-9A-Z]{4}){2}/;
const PREPARED = {
  feeStatus: 'unpaid',
  due: 1200,
  hasComputer: true,
  hasPrinter: true,
  backupAsked: true,
  dedicatedMachine: true,
  siteAddress: '杭州市滨江区江南大道示例园区2幢',
};

/** An issuance up to the request to the bureau. */
async function asked(desk: Desk, day: string): Promise<string> {
  const { caseId } = await desk.api.open(
    'issuance',
    {
      customer: 'yunfan',
      noticeNo: '杭税告2030-0113',
      noticeOn: '2030-03-01',
      bureau: 'binjiang-bureau',
      devices: [{ family: 'goldenTaxDisk' }],
    },
    'li.na',
  );
  await desk.settle();
  await desk.complete(caseId, 'prepare', PREPARED, 'li.na');
  const visit = { from: `2030-${day}T09:00:00+08:00`, to: `2030-${day}T10:00:00+08:00` };
  await desk.complete(caseId, 'requestBureau', { technician: 'wang.lei', ...visit }, 'li.na');
  return caseId;
}
/** What lies in the officer's mailbox for a case. */
async function letters(caseId: string): Promise<MailboxItem[]> {
  return (await office.mailbox(caseId)).filter((item) => item.to === OFFICER);
}
const calendarLine = (mail: MailboxItem | undefined, name: string) =>
  new RegExp(`^${name}(?:;[^:]*)?:(.*)$`, 'm').exec(mail?.invitation ?? '')?.[1]?.trim();
/** Method, sequence and beginning of every invitation, in the order of sending. */
const invitations = (mails: MailboxItem[]) =>
  mails
    .filter((mail) => mail.invitation !== undefined)
    .map((mail) => ['METHOD', 'SEQUENCE', 'DTSTART'].map((name) => calendarLine(mail, name)).join(' '));

test('W28 ISS-07 the code answers once, as the bureau, and stands neither in history nor in the ledger', async () => {
  const desk = await office.desk('04-08 09:00');
  const caseId = await asked(desk, '04-10');
  const [request] = await letters(caseId);
  const code = CODE.exec(request?.text ?? '')![0];

  expect(await codeOf(desk.api.answerBureau('2222-3333-4444', { result: 'accept' }))).toBe(
    'bureau.codeUnknown',
  );
  // A rehearsal is the same answer, not given.
  const rehearsed = (answer: object) => codeOf(desk.api.checkBureauAnswer(code, answer));
  expect(await rehearsed({ result: 'accept' })).toBe('accepted');
  expect(await rehearsed({ result: 'otherTime' })).toBe('task.answerInvalid');
  expect(await desk.openTasks(caseId)).toEqual(['awaitBureau#1']);
  // However it is typed.
  const typed = ` ${code.toLowerCase().replaceAll('-', ' ')}`;
  const requestId = 'the-officer-types';
  const first = await desk.api.answerBureau(typed, { result: 'accept' }, { requestId });
  await desk.settle();
  expect(await desk.api.answerBureau(code, { result: 'accept' }, { requestId })).toEqual(first);
  expect(await codeOf(desk.api.answerBureau(code, { result: 'decline' }))).toBe('bureau.codeSpent');
  expect(await rehearsed({ result: 'decline' })).toBe('bureau.codeSpent');

  expect(await desk.task(caseId, 'awaitBureau')).toMatchObject({
    status: 'completed',
    completedBy: 'bureau:binjiang-bureau',
  });
  expect(await desk.openTasks(caseId)).toEqual(['borrowDevices#1']);
  const told = JSON.stringify(await desk.file(caseId)) + (await desk.kept(caseId));
  expect(told).toContain('awaitBureau');
  const known = await office.ports.ledger.bureauCode(
    createHash('sha256').update(code.replaceAll('-', '')).digest('hex'),
  );
  expect(known).toMatchObject({ caseId, taskKey: 'awaitBureau#1', unitId: 'binjiang-bureau' });
  expect(known?.usedRequest).toBe(requestId);
  for (const secret of [code, code.replaceAll('-', ''), '苏科', OFFICER]) expect(told).not.toContain(secret);
  expect(await desk.replay(caseId)).toMatchObject({ differences: [] });
});

test('W28 ISS-25 one appointment in the calendar: another time, a moved visit and a cancellation change it, each at once', async () => {
  const desk = await office.desk('04-15 09:00');
  const caseId = await asked(desk, '04-17');
  const named = { from: '2030-04-18T14:00:00+08:00', to: '2030-04-18T15:00:00+08:00' };
  const answer = async (given: object) => {
    const code = (await letters(caseId)).map((mail) => CODE.exec(mail.text)?.[0]).findLast(Boolean)!;
    await desk.api.answerBureau(code, given);
    await desk.settle();
  };
  await answer({ result: 'otherTime', ...named });
  await desk.complete(caseId, 'confirmBureau', { technician: 'wang.lei', ...named }, 'li.na');
  await desk.act('reschedule', caseId, { appointment: 'issuance', askedBy: 'us', reason: '技术员请假' });
  // Off the calendar before anybody knows when else.
  const off = (await letters(caseId)).at(-1)!;
  expect([off.key, ...invitations([off])]).toEqual([
    `${caseId}/mail.iss.bureauMoved#1/binjiang-bureau`,
    'CANCEL 2 20300418T060000Z',
  ]);
  expect(off.text).toContain('原定4月18日14:00的专用设备发行因故改期');
  expect(await desk.openTasks(caseId)).toEqual(['requestBureau#1.2']);
  const again = { from: '2030-04-19T09:00:00+08:00', to: '2030-04-19T10:00:00+08:00' };
  await desk.complete(caseId, 'requestBureau', { technician: 'zhou.jie', ...again }, 'li.na');
  await answer({ result: 'accept' });
  await desk.act('cancelCase', caseId, { reason: '客户取消办理' }, 'chen.hui');

  const mails = await letters(caseId);
  expect(invitations(mails)).toEqual([
    'REQUEST 0 20300417T010000Z',
    'REQUEST 1 20300418T060000Z',
    'CANCEL 2 20300418T060000Z',
    'REQUEST 3 20300419T010000Z',
    'CANCEL 4 20300419T010000Z',
  ]);
  expect(new Set(mails.map((mail) => calendarLine(mail, 'UID'))).size).toBe(1);
  expect((await desk.file(caseId)).tasks.map((task) => task.name)).not.toContain('callOffBureau');
});

test('W28 ISS-25 a time that suits nobody leaves the calendar; what is off already is not called off twice', async () => {
  const desk = await office.desk('05-20 09:00');
  const caseId = await asked(desk, '05-22');
  const [request] = await letters(caseId);
  const named = { from: '2030-05-23T14:00:00+08:00', to: '2030-05-23T15:00:00+08:00' };
  await desk.api.answerBureau(CODE.exec(request?.text ?? '')![0], { result: 'otherTime', ...named });
  await desk.settle();
  await desk.complete(caseId, 'confirmBureau', { result: 'impossible' }, 'li.na');
  expect(await desk.openTasks(caseId)).toEqual(['callBureau#1']);
  const given = ['REQUEST 0 20300522T010000Z', 'CANCEL 1 20300522T010000Z'];
  expect(invitations(await letters(caseId))).toEqual(given);
  await desk.act('cancelCase', caseId, { reason: '客户取消办理' }, 'chen.hui');
  expect(invitations(await letters(caseId))).toEqual(given);
});

test('W28 ISS-25 a visit agreed by telephone stands in no calendar, so none is put right when it moves', async () => {
  const desk = await office.desk('05-27 09:00');
  const { caseId } = await desk.api.open(
    'issuance',
    {
      customer: 'yunfan',
      noticeNo: '杭税告2030-0113',
      noticeOn: '2030-03-01',
      bureau: 'xihu-bureau',
      devices: [{ family: 'goldenTaxDisk' }],
    },
    'li.na',
  );
  await desk.settle();
  await desk.complete(caseId, 'prepare', PREPARED, 'li.na');
  const visit = { from: '2030-05-29T09:00:00+08:00', to: '2030-05-29T10:00:00+08:00' };
  const called = { result: 'accepted', technician: 'wang.lei', ...visit };
  await desk.complete(caseId, 'callBureau', called, 'li.na');
  await desk.act('reschedule', caseId, { appointment: 'issuance', askedBy: 'us', reason: '技术员请假' });
  expect(await desk.openTasks(caseId)).toEqual(['callBureau#1.2']);
  expect((await desk.messages(caseId)).filter((each) => each.to.kind === 'unit')).toEqual([]);
});

test('W12 W28 silence: one mail a workday, none by SMS, after two workdays the lead hears and we telephone', async () => {
  const desk = await office.desk('04-22 09:00'); // a Monday
  const caseId = await asked(desk, '04-26');
  await desk.go('04-25 09:30');

  const mails = await letters(caseId);
  expect(mails.map((mail) => shown(new Date(mail.at).toISOString()))).toEqual([
    '04-22 09:00',
    '04-23 10:00',
    '04-24 10:00',
  ]);
  expect(invitations(mails)).toHaveLength(1);
  expect(
    (await office.mailbox(caseId)).filter((item) => item.channel === 'sms' && item.to === OFFICER),
  ).toEqual([]);
  expect(
    (await desk.messages(caseId)).filter((each) => each.to.kind === 'unit' && each.channel === 'sms'),
  ).toEqual([]);

  expect(await desk.task(caseId, 'awaitBureau')).toMatchObject({ completedBy: 'system' });
  expect(await desk.task(caseId, 'callBureau')).toMatchObject({ status: 'open', assignee: 'li.na' });
  expect(await desk.messages(caseId, 'staff.bureauNoSlot')).toMatchObject([
    { to: { kind: 'staff', id: 'chen.hui' }, params: { reason: { word: 'reason:bureauSilent' } } },
  ]);
  const code = CODE.exec(mails.at(-1)?.text ?? '')![0];
  expect(await codeOf(desk.api.answerBureau(code, { result: 'accept' }))).toBe('bureau.codeSpent');
});

test('W28 a no by mail gives the slot up and is followed by telephone', async () => {
  const desk = await office.desk('05-13 09:00');
  const caseId = await asked(desk, '05-15');
  const [request] = await letters(caseId);
  await desk.api.answerBureau(CODE.exec(request?.text ?? '')![0], { result: 'decline' });
  await desk.settle();
  const bookings = await office.ports.ledger.bookings({ caseId });
  expect(bookings.map((booking) => booking.releasedAt === null)).toEqual([false, false]);
  expect(await desk.openTasks(caseId)).toEqual(['callBureau#1']);
  expect(await desk.messages(caseId, 'staff.bureauNoSlot')).toMatchObject([
    { params: { reason: { word: 'reason:bureauDeclined' } } },
  ]);
  // No by telephone as well: nobody is asked anything until the counter opens again, and the case says so.
  await desk.complete(caseId, 'callBureau', { result: 'declined' }, 'li.na');
  expect(await desk.openTasks(caseId)).toEqual([]);
  const { waits } = await desk.api.view(caseId);
  expect(waits.map(({ name, until }) => [name, shown(until)])).toEqual([['bureauAgain', '05-14 09:00']]);
});

test('W25 W28 a replacement that a repair opens asks the bureau as its officer wants it', async () => {
  const desk = await office.desk('06-10 09:00');
  const { caseId } = await desk.api.open(
    'repair',
    {
      customer: 'yunfan',
      caller: '严帆',
      taxSubBureau: 'binjiang-bureau',
      symptom: '金税盘无法识别',
      serials: ['JSP-20090001'],
      diagnosis: Object.fromEntries(
        ['readerLamp', 'memory', 'printerDriver', 'cardDate', 'filingStart', 'accountingMonth'].map(
          (step) => [step, { skipped: 'cannotEnter' }],
        ),
      ),
      remote: { result: 'visit', tried: '换机均无法识别' },
    },
    'li.na',
  );
  await desk.settle();
  const on = (task: string, answer: Record<string, unknown>, by = 'wang.lei') =>
    desk.complete(caseId, task, answer, by);
  await on('approveVisit', { decision: 'approved', technician: 'wang.lei' }, 'chen.hui');
  await on('contact', {
    result: 'reached',
    companyStated: true,
    contract: 'within',
    contractEnd: '2030-12-31',
    backupRequired: true,
    siteAddress: '杭州市西湖区文三路示例大厦5楼',
    technician: 'wang.lei',
    from: '2030-06-10T10:00:00+08:00',
    to: '2030-06-10T11:00:00+08:00',
  });
  await on('packUp', { formNo: 'JF-1', packed: ['spares', 'forms', 'tools'], contractChecked: true });
  await on('arrive', { present: true, backup: 'done' });
  await on('repairOnSite', {
    faults: [
      {
        no: 1,
        description: '金税盘无法识别',
        class: 'specialDevice',
        cause: '金税盘损坏',
        covered: true,
        steps: { connections: 'normal', software: 'normal', hardware: 'faulty' },
        treatment: ['replaced'],
        parts: [{ name: '金税盘', oldSerial: 'JSP-20090001' }],
        result: 'replace',
      },
    ],
    replacement: {
      noticeNo: '杭税告2030-0188',
      noticeOn: '2030-06-10',
      bureau: 'binjiang-bureau',
      devices: [{ family: 'goldenTaxDisk', machineNo: 0, replacesSerial: 'JSP-20090001' }],
    },
    tidied: true,
  });
  await on('signForm', {
    signer: '严帆',
    signature: { name: 'form.txt', text: '技服表格签字' },
    receiptNo: 'HD-1',
    customerCopyGiven: true,
    stamped: true,
  });
  const [opened] = await desk.facts(caseId, 'linked');
  const issuance = String(opened!.data['case']);
  await desk.complete(issuance, 'prepare', PREPARED, 'li.na');
  expect(await desk.openTasks(issuance)).toEqual(['requestBureau#1']);
  office.cases.push(issuance);
});

test('every history replays', async () => {
  expect((await office.audit()).problems).toEqual([]);
});
