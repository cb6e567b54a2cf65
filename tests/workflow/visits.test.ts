/** Visits and what is said of them, on the real server under the virtual clock: when, by whom, and what a refusal leaves. */
import { describe, expect, test } from 'vitest';
import { codeOf, shown, useOffice, type Office } from '../support/desk.js';
import {
  paper,
  refusal,
  smoothWay,
  take,
  walkFrom,
  walkTo,
  Warehouse,
  type Errand,
  type Step,
} from '../support/issuance.js';
import { openRepair, paidRepair, smoothRepair } from '../support/repair.js';
import { DeskError } from '../../client/api.js';

let office: Office;
let warehouse: Warehouse;
useOffice(async (opened) => {
  office = opened;
  warehouse = await Warehouse.stock(office, 16, '03-01 09:00');
});

const DAY = '03-18'; // a Monday
const local = (time: string, day = DAY) => `2030-${day}T${time}:00+08:00`;
const say = ({ desk, caseId }: Errand, step: Step, more: Record<string, unknown> = {}) =>
  desk.api.complete(caseId, step.task, { ...step.answer, ...more }, step.by);
/** Fields of a refusal with what is said of each. */
async function told(work: Promise<unknown>): Promise<[string, string][]> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof DeskError)) throw error ?? new Error('was accepted');
  return (error.details.fields ?? []).map(({ field, message }) => [field, message]);
}
const flags = async ({ desk, caseId }: Errand, flag: string) =>
  (await desk.facts(caseId, 'flagged')).filter(({ data }) => data['flag'] === flag);
const booked = async ({ caseId }: Errand) =>
  (await office.ports.ledger.bookings({ caseId })).map(({ kind, who, status }) => [kind, who, status]);

describe('W8 the bureau’s hours', () => {
  test('W8 W28 a time we propose lies in them, and the refusal names the next; the officer’s own word counts and is kept in mind', async () => {
    const errand = await warehouse.open(await warehouse.desk(`${DAY} 09:00`));
    const way = smoothWay(errand, DAY);
    const call = await walkTo(errand, way, 'callBureau');
    const closed = { from: local('12:15'), to: local('13:00') };
    expect(await told(say(errand, call, closed))).toEqual([
      [
        'from',
        'the bureau is closed then; it opens next on 2030-03-18 13:30 (W8); where the officer himself named the time, answer result: otherTime',
      ],
    ]);
    const saturday = { from: local('10:00', '03-23'), to: local('11:00', '03-23') };
    expect((await told(say(errand, call, saturday)))[0]).toEqual([
      'from',
      expect.stringContaining('opens next on 2030-03-25 09:00') as string,
    ]);
    const late = { from: local('16:30'), to: local('17:30') };
    expect((await told(say(errand, call, late)))[0]).toEqual([
      'to',
      expect.stringContaining('closes at 2030-03-18 17:00 and opens next on 2030-03-19 09:00') as string,
    ]);
    await say(errand, call, { result: 'otherTime', ...late });
    expect((await flags(errand, 'outsideBureauHours')).map(({ rule, data }) => [rule, data['to']])).toEqual([
      ['W8', '2030-03-18T09:30:00.000Z'],
    ]);
  });

  test('D3 W8 what is taken along on an evening visit is due back at the close of the next workday, not before it began', async () => {
    const errand = await warehouse.open(await warehouse.desk(`${DAY} 09:00`));
    const way = smoothWay(errand, DAY);
    const evening = { from: local('19:00'), to: local('20:00') };
    const call = await walkTo(errand, way, 'callBureau');
    await say(errand, call, { result: 'otherTime', ...evening });
    await take(
      errand,
      way.find(({ task }) => task === 'borrowDevices')!,
    );
    const spare = (await office.ports.ledger.custody({ caseId: errand.caseId })).find(
      ({ item }) => item === errand.serials[1],
    );
    expect(shown(spare!.dueBackAt)).toBe('03-19 18:00');
  });

  test('ISS-13 who was at the bureau agrees the installation; a visit at another time is kept in mind', async () => {
    const errand = await warehouse.open(await warehouse.desk(`${DAY} 09:00`));
    const way = smoothWay(errand, DAY);
    const agree = await walkTo(errand, way, 'agreeInstallation');
    expect((await errand.desk.task(errand.caseId, 'agreeInstallation')).assignee).toBe(errand.technician);
    await take(errand, agree);
    const book = way.find(({ task }) => task === 'bookInstallation')!;
    await say(errand, book, { from: local('15:00'), to: local('16:00') });
    expect((await flags(errand, 'otherThanAgreed')).map(({ rule, data }) => [rule, data['from']])).toEqual([
      ['ISS-13', '2030-03-18T07:00:00.000Z'],
    ]);
  });

  test('W8 ISS-13 a time agreed for the installation, too', async () => {
    const errand = await warehouse.open(await warehouse.desk(`${DAY} 09:00`));
    const agree = await walkTo(errand, smoothWay(errand, DAY), 'agreeInstallation');
    const evening = { officerInstallAt: local('18:30') };
    expect((await told(say(errand, agree, evening))).map(([field]) => field)).toEqual(['officerInstallAt']);
    await say(errand, agree, { ...evening, namedByOfficer: true });
    expect(await flags(errand, 'outsideBureauHours')).toHaveLength(1);
  });

  test('W8 W20 and a trip', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { bureau, technician } = warehouse.next(desk);
    const { caseId } = await desk.api.open('trip', { bureau }, 'li.na');
    office.cases.push(caseId);
    await desk.settle();
    const plan = (more: object) => desk.api.complete(caseId, 'planTrip', { technician, ...more }, 'li.na');
    const noon = { from: local('12:00'), to: local('13:00') };
    expect(await refusal(plan(noon))).toBe('task.answerInvalid from');
    // Over the officers' lunch, but begun and ended while somebody is there.
    expect(await refusal(plan({ from: local('11:00'), to: local('14:00') }))).toBe('accepted');
    await desk.settle();
    await desk.act('cancelCase', caseId, { reason: '不去了' }, 'chen.hui');
    await desk.settle();
    await desk.api.complete(caseId, 'callOffBureau', {}, 'li.na');
  });
});

describe('not before it can be', () => {
  test('ISS-10 ISS-15 nothing is issued or installed the day before; who comes early may answer', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const next = '03-19';
    const way = smoothWay(errand, next);
    const issue = way.find(({ task }) => task === 'issueDevices')!;
    for (const step of way.slice(0, way.indexOf(issue))) await take(errand, { ...step, at: `${DAY} 09:00` });
    expect(await told(say(errand, issue))).toEqual([
      [
        'officerPresent',
        'not before 2030-03-19 08:00: the appointment is on 2030-03-19 10:00; one that is held earlier is moved first (`aftercare case reschedule`)',
      ],
    ]);
    await desk.go(`${next} 08:00`);
    await take(errand, { ...issue, at: `${next} 09:15` });
    // Over before it was to end: whoever it kept is free (AT-42).
    expect(await booked(errand)).toEqual([
      ['issuance', `bureau/${errand.bureau}`, 'kept'],
      ['issuance', errand.technician, 'kept'],
    ]);
    const door = way.find(({ task }) => task === 'checkBackup')!;
    const upTo = way.slice(way.indexOf(issue) + 1, way.indexOf(door));
    for (const step of upTo) await take(errand, step);
    expect(await refusal(say(errand, door))).toBe('task.answerInvalid backup');
    await take(errand, { ...door, at: `${next} 12:30` });
    expect((await desk.openTasks(errand.caseId))[0]).toBe('install#1');
    await walkFrom(errand, way, 'install');
    expect((await desk.file(errand.caseId)).row.status).toBe('closed');
  });

  test('ONS-10 D9 no repair before the visit, no follow-up before its day; a visit that is over frees its time', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await openRepair(warehouse, desk);
    const { technician } = errand;
    const way = smoothRepair(errand, DAY);
    const door = way.find(({ task }) => task === 'arrive')!;
    for (const step of way.slice(0, way.indexOf(door))) await take(errand, step);
    expect(await refusal(say(errand, door))).toBe('task.answerInvalid present');
    await take(errand, { ...door, at: `${DAY} 13:10` });
    await take(
      errand,
      way.find(({ task }) => task === 'repairOnSite')!,
    );
    expect(await booked(errand)).toEqual([['visit', technician, 'booked']]);
    const sign = way.find(({ task }) => task === 'signForm')!;
    await take(errand, { ...sign, answer: { ...sign.answer, stamped: true }, at: `${DAY} 13:40` });
    expect(await booked(errand)).toEqual([['visit', technician, 'kept']]);
    // The rest of the two hours is somebody else's.
    const other = await openRepair(warehouse, desk);
    const contact = await walkTo(other, smoothRepair(other, DAY), 'contact');
    const by = (await desk.task(other.caseId, 'contact')).assignee!;
    const at = { technician, from: local('14:30'), to: local('15:30') };
    expect(await refusal(say(other, { ...contact, by }, at))).toBe('accepted');

    const call = way.find(({ task }) => task === 'followUp')!;
    for (const step of way.slice(way.indexOf(sign) + 1, way.indexOf(call))) await take(errand, step);
    const early = [
      'systemState',
      'not before 2030-03-21, the day the call is planned for, unless the customer calls (D9)',
    ];
    expect(await told(say(errand, call))).toEqual([early]);
    expect((await told(say(errand, call, { visitSatisfaction: undefined }))).map(([field]) => field)).toEqual(
      ['systemState', 'visitSatisfaction'],
    );
    // Who calls before that is asked then.
    expect(await refusal(say(errand, call, { initiatedBy: 'customer' }))).toBe('accepted');
    await desk.settle();
    expect((await desk.file(errand.caseId)).row.status).toMatch(/clos/);
    // What is done is done: a fault that comes back is a case of its own (W34 speaks of complaints).
    await desk.go('03-19 09:00');
    const again = desk.api.act('reopen', errand.caseId, { reason: '又坏了' }, 'li.na');
    await expect(again).rejects.toMatchObject({
      code: 'act.notForThisProcess',
      details: { remedy: `open a new one with relatedCases: [${errand.caseId}]` },
    });
    expect((await desk.file(errand.caseId)).row).toMatchObject({ status: 'closed', rounds: 1 });
  });
});

test('ONS-09 ONS-14 what serves an appointment or a promise is due by then; every objection to a form comes at once', async () => {
  const desk = await warehouse.desk(`${DAY} 09:00`);
  const errand = await openRepair(warehouse, desk);
  const way = paidRepair(errand, DAY);
  const accept = await walkTo(errand, way, 'acceptPaid');
  expect(shown((await desk.task(errand.caseId, 'acceptPaid')).dueAt)).toBe(`${DAY} 14:00`);
  await take(errand, accept);
  const rest = way.slice(way.indexOf(accept) + 1);
  const work = rest.find(({ task }) => task === 'repairOnSite')!;
  for (const step of rest.slice(0, rest.indexOf(work))) await take(errand, step);
  const [first, second] = (work.answer['faults'] as Record<string, unknown>[]).map((fault) => ({ ...fault }));
  delete first!['openConsent'];
  delete second!['price'];
  Object.assign(second!, { retest: false, explained: false });
  expect(await refusal(say(errand, work, { faults: [first, second], customerPhoneUsed: true }))).toBe(
    'task.answerInvalid faults.0.openConsent faults.1.price faults.1.retest faults.1.explained replacement phoneAllowed',
  );
  // What is not in the house cannot be asked to issue anything (W25).
  const replacement = { ...(work.answer['replacement'] as object), bureau: 'nowhere' };
  expect(await refusal(say(errand, work, { replacement }))).toBe('task.answerInvalid replacement.bureau');
  const machine = rest.find(({ task }) => task === 'repairMachine')!;
  for (const step of rest.slice(rest.indexOf(work), rest.indexOf(machine))) await take(errand, step);
  expect(shown((await desk.task(errand.caseId, 'repairMachine')).dueAt)).toBe(`${DAY} 18:00`);
});

describe('who may', () => {
  test('ISS-25 PRV-04 an appointment is moved by who makes it, owns the case or is to be there', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await openRepair(warehouse, desk);
    await walkTo(errand, smoothRepair(errand, DAY), 'packUp');
    const move = (by: string) =>
      desk.act('reschedule', errand.caseId, { appointment: 'visit', askedBy: 'us', reason: '冲突' }, by);
    expect(await codeOf(move('zhao.min'))).toBe('act.roleNotAllowed');
    expect(await codeOf(move('zhou.jie'))).toBe('act.roleNotAllowed');
    await move(errand.technician);
    expect(await desk.openTasks(errand.caseId)).toEqual(['contact#1.2']);
  });

  test('HOT-06 who simulates a fault is a technician, in the call and in the case', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const help = { result: 'simulate', tried: '重启无效', engineer: 'zhao.min' };
    expect(await refusal(openRepair(warehouse, desk, { remote: help }))).toBe(
      'task.answerInvalid remote.engineer',
    );
    const errand = await openRepair(warehouse, desk);
    const say_ = (engineer: string) =>
      desk.api.complete(errand.caseId, 'helpRemotely', { ...help, engineer }, 'li.na');
    expect(await refusal(say_('zhao.min'))).toBe('task.answerInvalid engineer');
    const past = { ...help, engineer: 'zhao.min', promiseAt: local('08:00') };
    expect(await refusal(desk.api.complete(errand.caseId, 'helpRemotely', past, 'li.na'))).toBe(
      'task.answerInvalid engineer promiseAt',
    );
    expect(await refusal(say_('zhou.jie'))).toBe('accepted');
  });
});

describe('a refusal', () => {
  test('PRV-02 leaves no text and no paper on file; a repeat of what was accepted keeps them', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await openRepair(warehouse, desk);
    const { caseId } = errand;
    const { ledger } = office.ports;
    const filed = async () => [
      (await ledger.contentsOf(caseId)).length,
      (await ledger.evidence(caseId)).length,
    ];
    const before = await filed();
    const note = { paid: 5, means: 'cash', payerSignature: paper('payer') };
    expect(await refusal(desk.api.complete(caseId, 'collectFee', note, 'li.na'))).toBe('task.notOpen');
    const tried = { result: 'visit', tried: '重启无效' };
    expect(await codeOf(desk.api.complete(caseId, 'helpRemotely', tried, 'pan.mei'))).toBe(
      'task.roleNotAllowed',
    );
    expect(await codeOf(desk.act('cancelCase', caseId, { reason: '误录' }, 'li.na'))).toBe(
      'act.roleNotAllowed',
    );
    expect(await filed()).toEqual(before);
    // Accepted once: asked again under its own request id it stays, also when the case is over.
    await desk.api.complete(caseId, 'helpRemotely', tried, 'li.na', { requestId: 'kept-1' });
    const kept = await filed();
    expect(kept).toEqual([before[0]! + 1, before[1]]);
    await desk.settle();
    await desk.act('cancelCase', caseId, { reason: '误录' }, 'chen.hui');
    await desk.settle();
    const closed = await filed();
    expect(await codeOf(desk.act('cancelCase', caseId, { reason: '误录' }, 'chen.hui'))).toBe('case.closed');
    expect(await filed()).toEqual(closed);
  });

  test('REG-02 W28 a dry run finds what a real one would, and opens nothing', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { customer, bureau } = warehouse.next(desk);
    const input = {
      customer,
      noticeNo: 'N-1',
      noticeOn: `2030-${DAY}`,
      bureau,
      devices: [{ family: 'goldenTaxDisk' }],
    };
    const before = (await desk.api.cases({})).length;
    await desk.api.check('issuance', input, 'li.na');
    expect(await refusal(desk.api.check('issuance', { ...input, customer: 'nobody' }, 'li.na'))).toBe(
      'task.answerInvalid customer',
    );
    expect(await refusal(desk.api.check('issuance', { ...input, bureau: 'nowhere' }, 'li.na'))).toBe(
      'task.answerInvalid bureau',
    );
    expect(await told(desk.api.check('issuance', { ...input, noticeOn: '2031-03-18' }, 'li.na'))).toEqual([
      ['noticeOn', 'lies in the future'],
    ]);
    expect((await desk.api.cases({})).length).toBe(before);

    const errand = await openRepair(warehouse, desk);
    const dry = (task: string, answer: object, by: string) =>
      refusal(desk.api.checkAct('completeTask', errand.caseId, { task, answer }, by));
    const help = { result: 'simulate', tried: '重启无效' };
    expect([
      await dry('helpRemotely', { result: 'visit', tried: '重启无效' }, 'li.na'),
      await dry('helpRemotely', { result: 'visit', tried: '重启无效' }, 'zhao.min'),
      await dry('helpRemotely', { ...help, engineer: 'nobody' }, 'li.na'),
      // What only the case can say, as well.
      await dry('helpRemotely', { ...help, engineer: 'zhao.min' }, 'li.na'),
      await dry('approveVisit', { decision: 'refused', reason: '超出范围' }, 'chen.hui'),
    ]).toEqual([
      'accepted',
      'task.roleNotAllowed',
      'task.answerInvalid engineer',
      'task.answerInvalid engineer',
      'task.notOpen',
    ]);
    const act = (name: Parameters<typeof desk.api.checkAct>[0], args: object, by = 'li.na') =>
      refusal(desk.api.checkAct(name, errand.caseId, args, by));
    expect([
      await act('pause', { reason: 'waitingCustomer' }),
      await act('resume', {}),
      await act('cancelCase', { reason: '误录' }),
      await act('cancelCase', { reason: '误录' }, 'chen.hui'),
      await act('withdraw', { channel: 'phone', proof: { name: 'letter.txt', text: '撤回' } }),
      await act('reassign', { to: 'nobody', reason: '休假' }),
      await act('raiseLevel', { reason: '久拖', to: 'L9' }),
      await act('reopen', { reason: '还是坏' }),
    ]).toEqual([
      'accepted',
      'case.notPaused',
      'act.roleNotAllowed',
      'accepted',
      'act.notForThisProcess',
      'task.answerInvalid to',
      'task.answerInvalid to',
      'act.notForThisProcess',
    ]);
    const filed = await desk.api.sheet(errand.caseId, 'li.na');
    expect(filed.refusals).toEqual([]);
    expect(filed.evidence).toEqual([]);
    expect(await desk.openTasks(errand.caseId)).toEqual(['helpRemotely#1']);
  });
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { problems } = await office.audit();
  expect(problems).toEqual([]);
});
