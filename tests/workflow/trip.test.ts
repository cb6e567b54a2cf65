/** Trips on the real server under the virtual clock: what several cases on one run to the bureau do to each other (W20). */
import { expect, test } from 'vitest';
import { DeskError } from '../../client/api.js';
import { onTrip } from '../../domain/custody.js';
import { at, codeOf, shown, useOffice, type Desk, type Office } from '../support/desk.js';
import { paper, smoothWay, take, walkFrom, Warehouse, type Errand } from '../support/issuance.js';

let office: Office;
let warehouse: Warehouse;
useOffice(async (opened) => {
  office = opened;
  warehouse = await Warehouse.stock(office, 24, '03-01 09:00');
});

const SIGNED = { technicianSignature: paper('technician'), keeperSignature: paper('keeper') };
const LENT = { keeperSignature: paper('keeper'), borrowerSignature: paper('technician') };

/** A trip that is planned for one of the errands' technicians and bureaus. */
interface Run {
  desk: Desk;
  trip: string;
  technician: string;
  bureau: string;
  day: string;
}

/** Opens a trip and plans it for 10:00 to 11:00. */
async function planned(desk: Desk, { technician, bureau }: Errand, day: string): Promise<Run> {
  const { caseId: trip } = await desk.api.open('trip', { bureau }, 'li.na');
  await desk.settle();
  const run = { desk, trip, technician, bureau, day };
  await plan(run, '10:00', '11:00');
  return run;
}
async function plan({ desk, trip, technician, day }: Run, from: string, to: string): Promise<void> {
  const time = { from: `2030-${day}T${from}:00+08:00`, to: `2030-${day}T${to}:00+08:00` };
  await desk.complete(trip, 'planTrip', { technician, ...time }, 'li.na');
}
/** The keeper hands out the slip and these spares. */
const lend = ({ desk, trip }: Run, spares: string[]) =>
  desk.complete(trip, 'borrowSpares', { spares, ...LENT }, 'pan.mei');
const settle = ({ desk, trip }: Run) => desk.complete(trip, 'settleSlip', SIGNED, 'pan.mei');

/** A case that goes to the run's bureau, asked as far as the call to the bureau. */
async function called(desk: Desk, day: string, bureau?: string): Promise<Errand> {
  const errand = await warehouse.open(desk, bureau === undefined ? {} : { bureau });
  await take(errand, smoothWay(errand, day)[0]!);
  return errand;
}
const join = ({ desk, caseId }: Errand, trip: string, more: Record<string, unknown> = {}) =>
  desk.complete(caseId, 'callBureau', { result: 'accepted', trip, ...more }, 'li.na');
const borrow = ({ desk, caseId, serials }: Errand) =>
  desk.complete(
    caseId,
    'borrowDevices',
    { lines: [{ serial: serials[0], machineNo: 0 }], ...LENT },
    'pan.mei',
  );
const issue = ({ desk, caseId }: Errand, device: Record<string, unknown>, by: string) =>
  desk.api.complete(caseId, 'issueDevices', { officerPresent: true, devices: [device] }, by);

/** Two cases on one trip with their devices handed out; the spares are the first one's last two. */
async function underWay(day: string): Promise<{ run: Run; first: Errand; second: Errand; spares: string[] }> {
  const desk = await warehouse.desk(`${day} 09:00`);
  const first = await called(desk, day);
  const run = await planned(desk, first, day);
  const second = await called(desk, day, run.bureau);
  const spares = first.serials.slice(2);
  await lend(run, spares);
  for (const each of [first, second]) {
    await join(each, run.trip);
    await borrow(each);
  }
  return { run, first, second, spares };
}

const refusal = async (work: Promise<unknown>): Promise<DeskError> => {
  const error: unknown = await work.then(
    () => new Error('accepted'),
    (caught: unknown) => caught,
  );
  if (error instanceof DeskError) return error;
  throw error;
};
const row = async (desk: Desk, caseId: string) => (await desk.file(caseId)).row;
const held = async (caseId: string) =>
  (await office.ports.ledger.custody({ caseId })).map((each) => [each.item, each.holder]);
const booked = async (caseId: string) =>
  (await office.ports.ledger.bookings({ caseId })).map((each) => [each.who, each.status]);

test('W20 ISS-07 a case takes its place on a trip: one appointment, and what it names of the trip must be so', async () => {
  const DAY = '03-04';
  const desk = await warehouse.desk(`${DAY} 09:00`);
  const first = await called(desk, DAY);
  const run = await planned(desk, first, DAY);
  const second = await called(desk, DAY, run.bureau);
  const elsewhere = await called(desk, DAY);
  const visit = `${run.trip} goes to ${run.bureau} with ${run.technician} on 2030-${DAY} from 10:00 to 11:00`;

  for (const other of [
    { technician: second.technician },
    { from: `2030-${DAY}T11:00:00+08:00` },
    { to: `2030-${DAY}T12:00:00+08:00` },
  ]) {
    const no = await refusal(join(second, run.trip, other));
    expect([no.code, no.message]).toEqual(['trip.mismatch', `${visit}; name that, or nothing of it`]);
  }
  expect((await refusal(join(elsewhere, run.trip))).code).toBe('trip.mismatch');
  expect((await refusal(join(second, 'R20300304-900'))).code).toBe('trip.notOpen');
  expect(await codeOf(join(second, first.caseId))).toBe('task.answerInvalid');
  expect(await codeOf(join(second, run.trip, { result: 'declined' }))).toBe('task.answerInvalid');
  expect(await booked(second.caseId)).toEqual([]);

  await join(first, run.trip, { technician: run.technician, from: `2030-${DAY}T10:00:00+08:00` });
  await join(second, run.trip);
  // The trip alone has an appointment; the cases have their places on it.
  expect(await booked(run.trip)).toEqual([
    [`bureau/${run.bureau}`, 'booked'],
    [run.technician, 'booked'],
  ]);
  for (const each of [first, second]) {
    expect(await booked(each.caseId)).toEqual([[onTrip(run.trip), 'booked']]);
    expect(shown((await desk.task(each.caseId, 'borrowDevices')).dueAt)).toBe(`${DAY} 10:00`);
  }
  // One stop in the technician's day, for both customers, with what is taken along for whom.
  await lend(run, [first.serials[3]!]);
  await borrow(second);
  const { entries } = await desk.api.agenda(run.technician, `2030-${DAY}`);
  expect(
    entries.map(({ booking, kit, places }) => [booking.caseId, kit.map(({ item }) => item), places?.length]),
  ).toEqual([[run.trip, [first.serials[3], `${run.trip}/slip`], 2]]);
  expect(
    entries[0]!.places!.map(({ booking, customer, kit }) => [
      booking.caseId,
      customer,
      kit.map(({ item }) => item),
    ]),
  ).toEqual([
    [first.caseId, first.customer, []],
    [second.caseId, second.customer, [second.serials[0]]],
  ]);
  expect((await desk.api.sheet(run.trip, 'li.na')).places?.map((place) => place.caseId)).toEqual([
    first.caseId,
    second.caseId,
  ]);
});

test('W20 W28 a bureau that wants mail is not written to for a case that goes with a trip', async () => {
  const DAY = '03-13';
  const desk = await warehouse.desk(`${DAY} 09:00`);
  const bureau = 'binjiang-bureau';
  const first = await called(desk, DAY, bureau);
  const second = await called(desk, DAY, bureau);
  const run = await planned(desk, { ...first, bureau }, DAY);
  const ask = ({ caseId }: Errand, answer: Record<string, unknown>) =>
    desk.complete(caseId, 'requestBureau', answer, 'li.na');
  // A time, or a trip: one of them it needs.
  expect(await codeOf(ask(first, {}))).toBe('task.answerInvalid');
  expect((await refusal(ask(first, { trip: run.trip, technician: second.technician }))).code).toBe(
    'trip.mismatch',
  );

  await ask(first, { trip: run.trip });
  expect(await desk.openTasks(first.caseId)).toEqual(['borrowDevices#1']);
  expect(shown((await desk.task(first.caseId, 'borrowDevices')).dueAt)).toBe(`${DAY} 10:00`);
  expect(await booked(first.caseId)).toEqual([[onTrip(run.trip), 'booked']]);
  const mails = async (caseId: string) =>
    (await desk.messages(caseId))
      .filter(({ template, status }) => template.startsWith('mail.iss.bureau') && status === 'sent')
      .map(({ template }) => template);
  expect(await mails(first.caseId)).toEqual([]);

  // Asked in writing before: the visit leaves the officer's calendar, and stands there again as the trip goes.
  const time = { from: '2030-03-14T09:00:00+08:00', to: '2030-03-14T10:00:00+08:00' };
  await ask(second, { technician: second.technician, ...time });
  await desk.complete(second.caseId, 'awaitBureau', { result: 'accept' }, 'li.na');
  const moved = { appointment: 'issuance', askedBy: 'us', reason: '同批发行' };
  await desk.act('reschedule', second.caseId, moved);
  await desk.settle();
  await ask(second, { trip: run.trip });
  await desk.settle();
  expect(await mails(second.caseId)).toEqual([
    'mail.iss.bureauSlot',
    'mail.iss.bureauMoved',
    'mail.iss.bureauConfirmed',
  ]);
  const places = (await booked(second.caseId)).filter(([, status]) => status === 'booked');
  expect(places).toEqual([[onTrip(run.trip), 'booked']]);

  // The trip moves, and with it what stands in the calendar of the officer who was invited; nobody else is.
  const off = { appointment: 'issuance', askedBy: 'bureau', reason: '税务局改期' };
  await desk.act('reschedule', run.trip, off);
  await plan(run, '10:30', '11:30');
  await desk.settle();
  const invitations = (await office.mailbox(second.caseId)).flatMap(({ invitation }) =>
    invitation === undefined
      ? []
      : [
          ['METHOD', 'SEQUENCE', 'DTSTART'].map(
            (name) => new RegExp(`^${name}.*:(\\S+)`, 'm').exec(invitation)?.[1],
          ),
        ],
  );
  expect(invitations).toEqual([
    ['REQUEST', '0', '20300314T010000Z'],
    ['CANCEL', '1', '20300314T010000Z'],
    ['REQUEST', '2', '20300313T020000Z'],
    ['REQUEST', '3', '20300313T023000Z'],
  ]);
  expect(await mails(first.caseId)).toEqual([]);

  // The trip called the bureau: a case that leaves it has nothing to call off.
  await desk.act('cancelCase', first.caseId, { reason: '客户取消' }, 'chen.hui');
  await desk.settle();
  expect((await row(desk, first.caseId)).outcome).toBe('cancelled');
  expect(await mails(first.caseId)).toEqual([]);
  expect((await desk.file(first.caseId)).tasks.map(({ name }) => name)).not.toContain('callOffBureau');

  await lend(run, []);
  await borrow(second);
  await desk.go(`${DAY} 10:30`);
  await issue(second, { serial: second.serials[0], result: 'passed' }, run.technician);
  await settle(run);
  expect((await row(desk, run.trip)).outcome).toBe('settled');
});

test('W20 ISS-25 B1 two cases want the same spare of the trip: exactly one gets it, the other hears who has it', async () => {
  const DAY = '03-05';
  const { run, first, second, spares } = await underWay(DAY);
  const { desk } = run;
  const [spare, other] = spares as [string, string];
  await desk.go(`${DAY} 10:30`);
  const wish = (each: Errand, spareSerial: string) =>
    issue(
      each,
      { serial: each.serials[0], result: 'failed', reason: '写入失败', spareSerial },
      run.technician,
    );
  const asked = [first, second].map((each) =>
    wish(each, spare).then(
      () => null,
      (error: unknown) => error,
    ),
  );
  const answers = await Promise.all(asked);
  await desk.settle();
  const [winner, loser] = answers[0] === null ? [first, second] : [second, first];
  const no = answers.find((answer) => answer !== null) as DeskError;
  expect(answers.filter((answer) => answer === null)).toHaveLength(1);
  expect([no.code, no.message]).toEqual([
    'custody.heldByOther',
    `${spare} is with ${run.technician} (${winner.caseId})`,
  ]);
  // One holding at any time: from the trip to the case.
  const life = await office.ports.ledger.custody({ item: spare, current: false });
  expect(life.map((each) => [each.holder, each.caseId, each.until === null])).toEqual([
    ['place/warehouse', null, false],
    [run.technician, run.trip, false],
    [run.technician, winner.caseId, true],
  ]);
  expect(await desk.openTasks(loser.caseId)).toContain('issueDevices#1');
  // The trip has heard of it; what is of no use to anybody else it still has.
  expect(await held(run.trip)).toEqual([
    [other, run.technician],
    [`${run.trip}/slip`, run.technician],
  ]);
  expect((await desk.api.view(run.trip)).custody.map(({ item }) => item)).toEqual([
    other,
    `${run.trip}/slip`,
  ]);
  // The other one takes the second spare, and another's device is no spare at all.
  expect(await codeOf(wish(loser, winner.serials[1]!))).toBe('custody.heldByOther');
  await wish(loser, other);
  await desk.settle();
  await settle(run);
  expect(await row(desk, run.trip)).toMatchObject({ status: 'closed', outcome: 'settled' });
});

test('W20 ISS-22 a case ends while its trip is open; the slip waits for who has no result, and says for whom', async () => {
  const DAY = '03-06';
  const { run, first, second, spares } = await underWay(DAY);
  const { desk } = run;
  // The first one goes all the way by itself; nobody asks it for the trip's spares.
  const way = smoothWay(first, DAY).filter((step) => step.task !== 'returnItems');
  await walkFrom(first, way, 'issueDevices');
  expect(await row(desk, first.caseId)).toMatchObject({ status: 'closed', outcome: 'activated' });
  const file = await desk.file(first.caseId);
  expect(file.tasks.map((task) => task.name)).not.toContain('returnItems');
  const kinds = await office.ports.ledger.custody({ caseId: first.caseId, current: false });
  expect(kinds.map((each) => each.kind)).not.toContain('borrowSlip');

  const no = await refusal(settle(run));
  expect([no.code, no.message]).toEqual([
    'trip.casesOn',
    `still on ${run.trip}: ${second.caseId} (${second.serials[0]})`,
  ]);
  expect(await held(run.trip)).toHaveLength(3);
  await issue(second, { serial: second.serials[0], result: 'passed' }, run.technician);
  await desk.settle();
  await settle(run);
  expect(await row(desk, run.trip)).toMatchObject({ status: 'closed', outcome: 'settled' });
  expect(await held(run.trip)).toEqual([
    [spares[0], 'place/warehouse'],
    [spares[1], 'place/warehouse'],
    [`${run.trip}/slip`, 'place/warehouse'],
  ]);
  // The one slip is filed, once.
  const fields = (await office.ports.ledger.evidence(run.trip)).map((each) => each.field);
  expect(fields.filter((field) => field === 'borrowSlip')).toHaveLength(1);
  const filed = await Promise.all([first, second].map(({ caseId }) => office.ports.ledger.evidence(caseId)));
  expect(filed.flat().map((each) => each.field)).not.toContain('borrowSlip');
});

test('D3 AT-43 spares that are not back at close: technician and keeper hear it, for what the trip still has', async () => {
  const DAY = '03-07';
  const { run, first, second, spares } = await underWay(DAY);
  const { desk } = run;
  await desk.go(`${DAY} 10:30`);
  await issue(
    first,
    { serial: first.serials[0], result: 'failed', reason: '写入失败', spareSerial: spares[0] },
    run.technician,
  );
  await issue(second, { serial: second.serials[0], result: 'passed' }, run.technician);
  await desk.settle();
  await desk.go(`${DAY} 18:00`);
  const told = async () =>
    (await desk.messages(run.trip, 'staff.custodyOverdue')).map((message) => [
      'id' in message.to ? message.to.id : '',
      message.params['count'],
      message.params['item'],
      shown(message.queuedAt),
    ]);
  const today = [
    [run.technician, 1, spares[1], `${DAY} 18:00`],
    ['pan.mei', 1, spares[1], `${DAY} 18:00`],
  ];
  expect(await told()).toEqual(today);
  // The spare that a case took is asked for by nobody.
  expect(await desk.messages(first.caseId, 'staff.custodyOverdue')).toEqual([]);
  // Again the next workday at ten, until it is back.
  await desk.go('03-08 10:00');
  const again = today.map(([who, count, item]) => [who, count, item, '03-08 10:00']);
  expect(await told()).toEqual([...today, ...again]);
  await settle(run);
  expect(await row(desk, run.trip)).toMatchObject({ status: 'closed', outcome: 'settled' });
  // Late, but settled: it is said of the clock.
  expect(shown((await desk.clockOf(run.trip, `custody:${spares[1]}`)).breachedAt)).toBe(`${DAY} 18:00`);
});

test('W20 ISS-25 a trip is called off only when no case stands on it; then all is given back', async () => {
  const DAY = '03-11';
  const { run, first, second, spares } = await underWay(DAY);
  const { desk, trip } = run;
  await desk.act('cancelCase', trip, { reason: '税务局停办' }, 'chen.hui');
  expect(await desk.openTasks(trip)).toEqual(['clearTrip#1']);
  const clear = () => desk.complete(trip, 'clearTrip', {}, 'chen.hui');
  const no = await refusal(clear());
  expect(no.message).toBe(
    `still on ${trip}: ${first.caseId} (${first.serials[0]}); ${second.caseId} (${second.serials[0]})`,
  );
  // Its time is given up at once, so that nobody joins it any more.
  expect((await booked(trip)).map(([, status]) => status)).toEqual(['released', 'released']);
  expect(await codeOf(join(await called(desk, DAY, run.bureau), trip))).toBe('trip.notOpen');
  // One is moved by itself, the other's customer gives up.
  await desk.act('reschedule', first.caseId, {
    appointment: 'issuance',
    askedBy: 'us',
    reason: '出工单取消',
  });
  expect(await desk.openTasks(first.caseId)).toContain('afterClosing#1');
  await desk.act('cancelCase', second.caseId, { reason: '客户取消办理' }, 'chen.hui');
  expect(await booked(first.caseId)).toEqual([[onTrip(trip), 'released']]);
  expect(await booked(second.caseId)).toEqual([[onTrip(trip), 'released']]);
  // The bureau is the trip's to call off, not the case's.
  expect(await desk.openTasks(second.caseId)).not.toContain('callOffBureau#1');

  await clear();
  expect((await booked(trip)).map(([, status]) => status)).toEqual(['released', 'released']);
  expect((await desk.openTasks(trip)).sort()).toEqual(['callOffBureau#1', 'returnItems#1']);
  const back = {
    items: [...spares, `${trip}/slip`],
    keeperSignature: paper('k'),
    holderSignature: paper('t'),
  };
  await desk.complete(trip, 'returnItems', back, 'pan.mei');
  await desk.complete(trip, 'callOffBureau', {}, 'li.na');
  expect(await row(desk, trip)).toMatchObject({ status: 'closed', outcome: 'cancelled' });
  expect((await held(trip)).every(([, holder]) => holder === 'place/warehouse')).toBe(true);
  // An empty trip is called off at once.
  const empty = await planned(desk, await called(desk, DAY), DAY);
  await desk.act('cancelCase', empty.trip, { reason: '无人同行' }, 'chen.hui');
  expect(await desk.openTasks(empty.trip)).toEqual(['callOffBureau#1']);
  expect((await booked(empty.trip)).map(([, status]) => status)).toEqual(['released', 'released']);
});

test('A4 AT-50 what an ending asks of people is asked once, however often the case goes on in a new run', async () => {
  const DAY = '03-14';
  const desk = await warehouse.desk(`${DAY} 09:00`, { policy: { kernel: { chapterEvents: 1 } } });
  const errand = await called(desk, DAY);
  const { trip } = await planned(desk, errand, DAY);
  await join(errand, trip);
  await desk.act('cancelCase', trip, { reason: '税务局停办' }, 'chen.hui');
  await desk.act('note', trip, { text: '已通知各客户' }, 'chen.hui');
  const asked = (await desk.file(trip)).tasks.filter((task) => task.name === 'clearTrip');
  expect(asked.map((task) => [task.key, task.status])).toEqual([['clearTrip#1', 'open']]);
  await desk.act('cancelCase', errand.caseId, { reason: '客户取消办理' }, 'chen.hui');
  await desk.complete(trip, 'clearTrip', {}, 'chen.hui');
  await desk.complete(trip, 'callOffBureau', {}, 'li.na');
  expect(await row(desk, trip)).toMatchObject({ status: 'closed', outcome: 'cancelled' });
});

test('ISS-25 W20 the trip moves: its cases move with it and their people hear it; nothing is handed out meanwhile', async () => {
  const DAY = '03-12';
  const desk = await warehouse.desk(`${DAY} 09:00`);
  const first = await warehouse.open(desk);
  const prepare = smoothWay(first, DAY)[0]!;
  const tentative = {
    technician: first.technician,
    from: `2030-${DAY}T14:00:00+08:00`,
    to: `2030-${DAY}T15:00:00+08:00`,
  };
  await take(first, { ...prepare, answer: { ...prepare.answer, tentative } });
  const run = await planned(desk, first, DAY);
  const second = await called(desk, DAY, run.bureau);
  await join(first, run.trip);
  await join(second, run.trip);
  await lend(run, []);
  await borrow(second);

  const off = { appointment: 'issuance', askedBy: 'bureau', reason: '税务局改期' };
  await desk.act('reschedule', run.trip, off);
  expect(await desk.openTasks(run.trip)).toEqual(['planTrip#1.2']);
  expect(await codeOf(borrow(first))).toBe('trip.notOpen');
  expect(await codeOf(join(await called(desk, DAY, run.bureau), run.trip))).toBe('trip.notOpen');
  // Who has the slip goes.
  const other = plan({ ...run, technician: second.technician }, '15:30', '16:30');
  expect(await codeOf(other)).toBe('task.answerInvalid');
  await plan(run, '15:30', '16:30');
  await desk.settle();

  for (const each of [first, second]) {
    const places = await office.ports.ledger.bookings({ caseId: each.caseId, who: onTrip(run.trip) });
    expect(places.map((place) => [place.status, shown(place.from), shown(place.to)])).toEqual([
      ['booked', `${DAY} 15:30`, `${DAY} 16:30`],
    ]);
    const flags = (await desk.facts(each.caseId, 'flagged')).filter(
      (fact) => fact.data['flag'] === 'tripMoved',
    );
    expect(flags.map((fact) => [fact.data['trip'], fact.data['from']])).toEqual([
      [run.trip, at(`${DAY} 15:30`)],
    ]);
    const told = await desk.messages(each.caseId, 'staff.tripMoved');
    expect(told.map((message) => [message.to, message.status])).toEqual([
      [{ kind: 'staff', id: 'li.na' }, 'sent'],
    ]);
  }
  expect(shown((await desk.task(first.caseId, 'borrowDevices')).dueAt)).toBe(`${DAY} 15:30`);
  expect(shown((await desk.task(second.caseId, 'issueDevices')).dueAt)).toBe(`${DAY} 16:30`);
  // What was agreed with the customer lies before it now.
  expect(await desk.openTasks(first.caseId)).toContain('moveInstallation#1');
  // The slip is out already, so nothing of the trip is handed out twice.
  expect(await desk.openTasks(run.trip)).toEqual(['settleSlip#1.2']);
  await borrow(first);
  expect(await desk.openTasks(first.caseId)).toContain('issueDevices#1');
});

test('D4 W20 the officer stays away: each case settles its own devices and leaves the trip, whose slip is then free', async () => {
  const DAY = '03-13';
  const { run, first, second } = await underWay(DAY);
  const { desk } = run;
  await desk.go(`${DAY} 10:30`);
  for (const { caseId } of [first, second])
    await desk.complete(caseId, 'issueDevices', { officerPresent: false }, run.technician);
  await desk.go(`${DAY} 17:00`);
  const after = (errand: Errand, answer: Record<string, unknown>) =>
    desk.complete(errand.caseId, 'afterClosing', answer, 'pan.mei');
  await after(first, {
    decision: 'returned',
    keeperSignature: paper('keeper'),
    holderSignature: paper('technician'),
  });
  const no = await refusal(settle(run));
  expect(no.message).toBe(`still on ${run.trip}: ${second.caseId} (${second.serials[0]})`);
  await after(second, { decision: 'overnight', approvedBy: 'chen.hui' });
  await settle(run);
  expect(await row(desk, run.trip)).toMatchObject({ status: 'closed', outcome: 'settled' });
  // Both ask for another time; what stayed out overnight is the case's own, on no slip of the trip.
  for (const { caseId } of [first, second]) expect(await desk.openTasks(caseId)).toContain('callBureau#1.2');
  expect(await held(second.caseId)).toEqual([[second.serials[0], run.technician]]);
  await desk.go('03-14 09:00');
  const visit = { from: '2030-03-14T10:00:00+08:00', to: '2030-03-14T11:00:00+08:00' };
  const own = { result: 'accepted', technician: run.technician, ...visit };
  await desk.complete(second.caseId, 'callBureau', own, 'li.na');
  await issue(second, { serial: second.serials[0], result: 'passed' }, run.technician);
  await desk.settle();
  expect(await desk.openTasks(second.caseId)).toContain('agreeInstallation#1');
});

test('W20 a spare that passed to a case unheard: the trip learns it from the ledger, and settles without it', async () => {
  const DAY = '03-15';
  const { run, first, second, spares } = await underWay(DAY);
  const { desk, technician, trip } = run;
  for (const each of [first, second])
    await issue(each, { serial: each.serials[0], result: 'passed' }, technician);
  await desk.settle();
  // As if the case had been ended by force between the ledger's yes and its word to the trip.
  const moved = {
    item: spares[0]!,
    kind: 'device',
    from: technician,
    to: technician,
    fromCase: trip,
  } as const;
  const nobody = {
    givenBy: technician,
    receivedBy: technician,
    dueBackAt: null,
    keeper: null,
    rule: 'ISS-25',
  };
  expect(
    await office.ports.ledger.claim({
      key: `${first.caseId}/unheard`,
      caseId: first.caseId,
      at: desk.now,
      movements: [{ ...moved, ...nobody }],
      bookings: [],
      releases: [],
    }),
  ).toEqual({ status: 'done', repeat: false });
  const no = await refusal(settle(run));
  expect([no.code, no.message]).toEqual([
    'custody.heldByOther',
    `${spares[0]} is with ${technician} (${first.caseId})`,
  ]);
  await settle(run);
  expect(await row(desk, trip)).toMatchObject({ status: 'closed', outcome: 'settled' });
  expect((await held(trip)).map(([item]) => item)).toEqual([spares[1], `${trip}/slip`]);
  // Settled before its time: nobody comes along any more all the same.
  expect(desk.now < at(`${DAY} 10:00`)).toBe(true);
  expect(await codeOf(join(await called(desk, DAY, run.bureau), trip))).toBe('trip.notOpen');
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { cases, problems } = await office.audit();
  expect(problems).toEqual([]);
  expect(cases).toBe(35);
});
