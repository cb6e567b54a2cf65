/** Issuance on the real server under the virtual clock: what the manual asks for beyond what the scenarios show. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isHeldByStaff } from '../../domain/custody.js';
import { at, codeOf, shown, useOffice, type Office } from '../support/desk.js';
import {
  cancelAndWindUp,
  inLanes,
  otherwise,
  paper,
  refusal,
  refusals,
  request,
  smoothWay,
  take,
  walk,
  walkFrom,
  walkTo,
  Warehouse,
  windUp,
  type Errand,
  type Step,
} from '../support/issuance.js';

let office: Office;
let warehouse: Warehouse;
useOffice(async (opened) => {
  office = opened;
  warehouse = await Warehouse.stock(office, 60, '03-01 09:00');
});

const custody = (caseId: string, current = true) => office.ports.ledger.custody({ caseId, current });
const bookings = (caseId: string) => office.ports.ledger.bookings({ caseId });
const heldByStaff = async (caseId: string) =>
  (await custody(caseId)).filter((row) => isHeldByStaff(row.holder)).map((row) => row.item);

describe('cancelled at every step', () => {
  const DAY = '03-04';
  /** The smooth way, but the stamp is missing: one more duty that may be open when the customer cancels. */
  const way = (errand: Errand): Step[] =>
    otherwise(smoothWay(errand, DAY), 'signContract', {
      stamped: false,
      stampMissingReason: '公章外出',
      stampDueOn: '2030-03-06',
    });

  /** What must be undone after so many answers, the latest first, besides giving back what is held. */
  function owed(answered: string[]): string[] {
    const has = (task: string) => answered.includes(task);
    return [
      ...(has('collectBalance') ? ['money'] : []),
      // A visit that is over is given up no more.
      ...(has('bookInstallation') && !has('signContract') ? ['booking'] : []),
      ...(has('callBureau') ? ['bureau'] : []),
      ...(has('callBureau') && !has('issueDevices') ? ['booking', 'booking'] : []),
      ...(has('prepare') ? ['money'] : []),
    ];
  }

  test('ISS-25 W27 AT-43 after any answer all is given back, released, refunded and told once; it replays', async () => {
    const steps = 16;
    const undone: Record<number, string[]> = {};
    await inLanes(
      Array.from({ length: steps + 1 }, (_, index) => index),
      async (prefix) => {
        const errand = await warehouse.open(await warehouse.desk(`${DAY} 09:00`));
        const { caseId, customer } = errand;
        const all = way(errand);
        expect(all).toHaveLength(steps + 1);
        const done = all.slice(0, prefix);
        await walk(errand, done);
        const { asked, came } = await cancelAndWindUp(errand, 'iss.cancelled');
        undone[prefix] = asked;
        const names = done.map((step) => step.task);
        expect(came, `after ${names.at(-1) ?? 'opening'}`).toEqual({
          status: 'closed',
          outcome: 'cancelled',
          told: [[`${caseId}/iss.cancelled#1/${customer}`, 'sent', 1]],
          undone: owed(names),
          held: came.held,
          // Everything held is seen to leave the hands it was in, once.
          moved: came.held,
          refunded: names.includes('collectBalance') ? 1200 : names.includes('prepare') ? 480 : 0,
          left: [],
        });
      },
    );
    // Who had to do what, by the number of answers before the cancellation.
    const deposit = 'refund zhao.min: 480';
    const both = [deposit, 'refund zhao.min: 720'];
    const back = (what: string, who = 'pan.mei', to = 'warehouse') =>
      `returnItems ${who}: ${what} of technician → ${to}`;
    const form = back('activationForm', 'gu.yun', 'technicalService');
    const stamp = 'collectStamp technician';
    expect(Array.from({ length: steps + 1 }, (_, prefix) => undone[prefix])).toEqual([
      [],
      [deposit],
      ['callOffBureau li.na', deposit],
      ['callOffBureau li.na', deposit, back('borrowSlip, device, device')],
      // The spare was asked back already; the visit to the bureau was held and needs no calling off.
      ...Array.from({ length: 3 }, () => [deposit, back('borrowSlip, device'), back('device')]),
      ...Array.from({ length: 2 }, () => [deposit, back('borrowSlip, device')]),
      // What is installed is the customer's.
      [deposit, back('borrowSlip')],
      [stamp, deposit, form, back('borrowSlip')],
      [stamp, ...both, form, back('borrowSlip'), back('cash', 'zhao.min', 'finance')],
      [stamp, ...both, form, back('borrowSlip'), back('salesSlip', 'pan.mei', 'finance')],
      [stamp, ...both, form],
      ...Array.from({ length: 3 }, () => [stamp, ...both]),
    ]);
  });
});

const row = async (errand: Errand) => (await errand.desk.file(errand.caseId)).row;

describe('the request', () => {
  test('REG-02 no case without the notice; the taxpayer id is checked by its algorithm; a legacy one is flagged', async () => {
    const desk = await warehouse.desk('03-04 09:00');
    await office.ports.ledger.importOrganisation({
      ...warehouse.organisation,
      customers: [
        ...warehouse.organisation.customers,
        // A check character is wrong: 91330106MA0000023E is the id that exists.
        {
          ...warehouse.organisation.customers.find((each) => each.id === 'yunfan')!,
          id: 'typo',
          taxpayerId: '91330106MA0000023F',
        },
      ],
    });
    const before = await office.ports.ledger.cases({ process: 'issuance' });
    const asked = (input: Record<string, unknown>) => refusal(request(desk, input));
    expect(await asked({ noticeNo: undefined })).toBe('task.answerInvalid noticeNo');
    expect(await asked({ noticeNo: '   ' })).toBe('task.answerInvalid noticeNo');
    expect(await asked({ noticeOn: '2030-02-30' })).toBe('task.answerInvalid noticeOn');
    // Mistyped; of somebody else; and wrong where it is kept.
    expect(await asked({ taxpayerId: '91330106MA0000023F' })).toBe('task.answerInvalid taxpayerId');
    expect(await asked({ taxpayerId: '91330106MA0000015K' })).toBe('task.answerInvalid taxpayerId');
    expect(await asked({ customer: 'typo' })).toBe('task.answerInvalid customer');
    expect(await asked({ customer: 'nobody' })).toBe('task.answerInvalid customer');
    // Nothing of all this became a case, or waits to become one.
    expect(await office.ports.ledger.cases({ process: 'issuance' })).toEqual(before);
    expect(await office.ports.ledger.pendingIntakes()).toEqual([]);

    const legacy = async (errand: Errand) =>
      (await desk.facts(errand.caseId, 'flagged')).map((fact) => [fact.data['flag'], fact.rule]);
    const usual = await warehouse.open(desk, { customer: 'yunfan', taxpayerId: ' 91330106ma0000023e ' });
    expect(await legacy(usual)).toEqual([['notice', 'REG-02']]);
    const old = await warehouse.open(desk, { customer: 'laochang' });
    expect(await legacy(old)).toEqual([
      ['notice', 'REG-02'],
      ['legacyTaxpayerId', 'REG-02'],
    ]);
    // Told by the customer and not on file: checked and flagged all the same, and in no history.
    const told = await warehouse.open(desk, { taxpayerId: '330106100000012' });
    expect(await legacy(told)).toEqual(await legacy(old));
    expect(await desk.kept(told.caseId)).not.toContain('330106100000012');
  });

  test('REG-01 waiting for anybody moves other deadlines, never the legal three workdays', async () => {
    // A Monday at noon: the day of the request does not count.
    const desk = await warehouse.desk('03-04 12:00');
    const errand = await warehouse.open(desk);
    const { caseId } = errand;
    const due = async (name: string) => shown((await desk.clockOf(caseId, name)).dueAt);
    expect([await due('installation'), await due('prepare#1')]).toEqual(['03-07 18:00', '03-04 18:00']);
    await desk.act('pause', caseId, { reason: 'waitingCustomer' });
    await desk.go('03-05 12:00');
    await desk.act('resume', caseId);
    expect(await due('installation')).toBe('03-07 18:00');
    expect(await due('prepare#1')).toBe('03-05 18:00');
    // And while it waits, the law's deadline passes all the same.
    await desk.act('pause', caseId, { reason: 'waitingTaxBureau' });
    await desk.go('03-07 18:00');
    const clock = await desk.clockOf(caseId, 'installation');
    expect([shown(clock.dueAt), shown(clock.breachedAt)]).toEqual(['03-07 18:00', '03-07 18:00']);
    const breached = await desk.facts(caseId, 'breached');
    expect(breached.map((fact) => [shown(fact.at), fact.data['clock']])).toEqual([
      ['03-07 18:00', 'installation'],
    ]);
  });
});

describe('money', () => {
  const DAY = '03-08'; // a Friday

  test('ISS-02 D1 what was paid must fit what is said of it; the balance, its proofs and the hand-in fit to the cent', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = smoothWay(errand, DAY);
    const prepare = await walkTo(errand, way, 'prepare');
    expect(
      await refusals(errand, prepare, [
        { feeStatus: 'paid' },
        { feeStatus: 'unpaid' },
        { feeStatus: 'partial', paid: 0 },
        { feeStatus: 'partial', paid: 1200 },
        { feeStatus: 'paid', paid: 1200.01 },
        { feeStatus: 'paid', paid: 1199.99 },
      ]),
    ).toEqual([
      ...Array(4).fill('task.answerInvalid feeStatus'),
      'task.answerInvalid paid',
      'task.answerInvalid feeStatus',
    ]);
    const collect = await walkTo(errand, way, 'collectBalance');
    expect(
      await refusals(errand, collect, [
        { paid: 719.99 },
        { paid: 720.01 },
        { paid: 0 },
        { means: 'cheque' },
        { means: 'transfer' },
        { means: 'companyCode' },
      ]),
    ).toEqual([
      ...Array(3).fill('task.answerInvalid paid'),
      'task.answerInvalid chequeNo',
      ...Array(2).fill('task.answerInvalid transferRef'),
    ]);
    // By bank it is in nobody's hands.
    await take(errand, { ...collect, answer: { paid: 720, means: 'transfer', transferRef: 'TR-1' } });
    expect((await custody(errand.caseId, false)).filter((held) => held.kind === 'cash')).toEqual([]);
    const handIn = way.find((step) => step.task === 'handInMoney')!;
    await desk.go(handIn.at!);
    // Nothing is asked for but what is held: the deposit was paid before, the balance by bank.
    expect((await desk.task(errand.caseId, 'handInMoney')).context).toEqual({ amount: 0 });
    expect(await refusals(errand, handIn, [{ received: 720 }, { received: 0.01 }])).toEqual(
      Array(2).fill('task.answerInvalid received'),
    );
    await take(errand, { ...handIn, answer: { ...handIn.answer, received: 0 } });
    expect(await desk.openTasks(errand.caseId)).toContain('clearSlip#1');
  });

  test('D1 D8 AT-43 cash is in custody and due the same day: overdue, holder and keeper hear of it, again next workday at 10:00', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = smoothWay(errand, DAY);
    await take(errand, await walkTo(errand, way, 'collectBalance'));
    const cash = (await custody(errand.caseId)).find((held) => held.kind === 'cash')!;
    expect(cash).toMatchObject({ holder: errand.technician, amount: 720, keeper: 'zhao.min' });
    expect(shown(cash.dueBackAt)).toBe(`${DAY} 18:00`);

    await desk.go('03-11 10:00'); // the weekend over
    const overdue = async (to: string) =>
      (await desk.messages(errand.caseId, 'staff.custodyOverdue'))
        .filter((message) => message.to.kind === 'staff' && message.to.id === to)
        .map((message) => shown(message.queuedAt));
    // The form is due the same day: the holder hears of both at once, each keeper of his own.
    for (const person of [errand.technician, 'zhao.min', 'gu.yun'])
      expect(await overdue(person), person).toEqual([`${DAY} 18:00`, '03-11 10:00']);
    const breaches = (await desk.facts(errand.caseId, 'breached')).filter(
      (fact) => fact.data['item'] === cash.item,
    );
    expect(breaches.map((fact) => [shown(fact.at), fact.rule])).toEqual([
      [`${DAY} 18:00`, 'D1'],
      ['03-11 10:00', 'D1'],
    ]);
    // Handed in, nobody is reminded any more.
    await take(errand, { ...way.find((step) => step.task === 'handInMoney')!, at: '03-11 11:00' });
    await desk.go('03-12 10:30');
    expect(await overdue('zhao.min')).toHaveLength(2);
  });

  test('D1 cash taken after closing time is due at the close of the next workday', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const collect = await walkTo(errand, smoothWay(errand, DAY), 'collectBalance');
    await take(errand, { ...collect, at: `${DAY} 19:10` });
    const cash = (await custody(errand.caseId)).find((held) => held.kind === 'cash')!;
    expect(shown(cash.dueBackAt)).toBe('03-11 18:00');
  });

  test('W27 a bounced cheque is a task of finance: the devices stay, and the case ends when the money is there', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = otherwise(smoothWay(errand, DAY), 'collectBalance', { means: 'cheque', chequeNo: 'C-77' });
    for (const step of way) await take(errand, step);
    expect(await row(errand)).toMatchObject({ status: 'closing', outcome: 'activated' });
    expect(await desk.openTasks(errand.caseId)).toEqual(['confirmClearing#1']);
    const finance = (task: string, answer: Record<string, unknown>) =>
      take(errand, { task, by: 'zhao.min', answer });
    await finance('confirmClearing', { clearing: 'bounced' });
    expect(await desk.openTasks(errand.caseId)).toEqual(['recoverPayment#1']);
    const cleared = await desk.facts(errand.caseId, 'moneyCleared');
    expect(cleared.map((fact) => [fact.data['result'], fact.rule])).toEqual([['bounced', 'W27']]);
    const device = (await custody(errand.caseId)).find((held) => held.item === errand.serials[0]);
    expect(device!.holder).toBe(`customer/${errand.customer}`);
    await finance('recoverPayment', { reference: 'TR-9' });
    expect(await row(errand)).toMatchObject({ status: 'closed', outcome: 'activated' });
  });
});

describe('what is signed and brought along', () => {
  const DAY = '03-13'; // a Wednesday

  test('REG-03 ISS-03 D2 equipment is bought only with the written word of the customer', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const prepare = await walkTo(errand, smoothWay(errand, DAY), 'prepare');
    const bought = { recommended: true, choice: 'bought' };
    expect(await refusals(errand, prepare, [bought, { ...bought, hasComputer: false }])).toEqual(
      Array(2).fill('task.answerInvalid voluntaryConfirm'),
    );
    await take(errand, {
      ...prepare,
      answer: { ...prepare.answer, ...bought, voluntaryConfirm: paper('voluntary') },
    });
    expect((await desk.task(errand.caseId, 'prepare')).answer).toMatchObject({
      choice: 'bought',
      voluntaryConfirm: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
  });

  test('REG-06 W24 a contract covers all of the service; without a stamp it is signed and the stamp follows in three workdays', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = smoothWay(errand, DAY);
    const sign = await walkTo(errand, way, 'signContract');
    const scope = sign.answer['scope'] as string[];
    expect(
      await refusals(errand, sign, [
        ...scope.map((left) => ({ scope: scope.filter((word) => word !== left) })),
        { endOn: `2030-${DAY}` },
      ]),
    ).toEqual([...scope.map(() => 'task.answerInvalid scope'), 'task.answerInvalid endOn']);
    const unstamped = { stamped: false, stampMissingReason: '公章外出' };
    expect(
      await refusals(errand, sign, [
        { stamped: false, stampDueOn: '2030-03-15' },
        unstamped,
        { ...unstamped, stampDueOn: '2030-03-12' },
        { ...unstamped, stampDueOn: '2030-03-19' },
      ]),
    ).toEqual(['task.answerInvalid stampMissingReason', ...Array(3).fill('task.answerInvalid stampDueOn')]);

    // Over the weekend: Thursday, Friday, Monday.
    const later = otherwise(way, 'signContract', { ...unstamped, stampDueOn: '2030-03-18' });
    await walkFrom(errand, later, 'signContract');
    const stamp = await desk.task(errand.caseId, 'collectStamp');
    expect([stamp.assignee, shown(stamp.dueAt)]).toEqual([errand.technician, '03-18 18:00']);
    expect(await row(errand)).toMatchObject({ status: 'closing', outcome: 'activated' });
    const collect = { task: 'collectStamp', by: errand.technician, answer: {} };
    expect(await refusals(errand, collect, [{}])).toEqual(['task.answerInvalid (form)']);
    // What is not stamped is waived by the lead alone, whoever has the task and whatever he says of it.
    const waiver = { waiver: '主管书面同意免盖章' };
    const waive = (by: string) => desk.api.complete(errand.caseId, 'collectStamp', waiver, by);
    expect(await refusals(errand, collect, [waiver, { ...waiver, proof: paper('stamped') }])).toEqual(
      Array(2).fill('task.leadOnly'),
    );
    await expect(waive(errand.technician)).rejects.toThrow(
      /\(W24\): (chen\.hui|guo\.feng) answers collectStamp#1 with the waiver, or proof of the stamp is given$/,
    );
    expect(await refusal(waive('li.na'))).toBe('task.leadOnly');
    expect(await refusal(waive('pan.mei'))).toBe('task.leadOnly');
    // Nor does the lead bring the stamp: that stays with who took the signature.
    expect(await refusals(errand, { ...collect, by: 'chen.hui' }, [{ proof: paper('stamped') }])).toEqual([
      'task.roleNotAllowed',
    ]);
    expect(await row(errand)).toMatchObject({ status: 'closing' });
    await take(errand, { ...collect, by: 'chen.hui', answer: waiver });
    expect((await desk.task(errand.caseId, 'collectStamp')).completedBy).toBe('chen.hui');
    expect(await row(errand)).toMatchObject({ status: 'closed' });

    // Nor does a waiver come in by way of a correction.
    const again = await warehouse.open(await warehouse.desk(`${DAY} 09:00`));
    const unsigned = otherwise(smoothWay(again, DAY), 'signContract', {
      ...unstamped,
      stampDueOn: '2030-03-18',
    });
    await take(again, await walkTo(again, unsigned, 'signContract'));
    await take(again, windUp(again, await again.desk.task(again.caseId, 'collectStamp')));
    const correct = (by: string) =>
      refusal(
        again.desk.act(
          'correctTask',
          again.caseId,
          { task: 'collectStamp', correction: waiver, reason: '客户无公章' },
          by,
        ),
      );
    expect(await correct(again.technician)).toBe('task.leadOnly');
    expect(await correct('chen.hui')).toBe('accepted');
  });

  test('ISS-16 D5 the kit is that of the family in its version; what is forgotten at home is not ticked', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk, {
      devices: [
        { family: 'goldenTaxCard', machineNo: 0 },
        { family: 'goldenTaxDisk', machineNo: 1 },
      ],
    });
    const [disk] = errand.serials as [string];
    const card = 'CARD-1';
    await office.ports.ledger.importStock(
      [{ item: card, kind: 'device', family: 'goldenTaxCard', model: 'GTC-1' }],
      at('03-01 09:00'),
    );
    const borrowed = (main: string, second: string) => ({
      lines: [
        { serial: main, machineNo: 0 },
        { serial: second, machineNo: 1 },
      ],
    });
    let way = otherwise(smoothWay(errand, DAY), 'borrowDevices', borrowed(card, disk)).filter(
      (step) => step.task !== 'returnItems',
    );
    way = otherwise(way, 'issueDevices', {
      devices: [card, disk].map((serial) => ({ serial, result: 'passed' })),
    });
    // A disk is no card: the warehouse hands out what was ordered (ISS-08).
    const borrow = await walkTo(errand, way, 'borrowDevices');
    expect(await refusals(errand, borrow, [borrowed(disk, card)])).toEqual(['custody.otherKind']);
    expect(await heldByStaff(errand.caseId)).toEqual([]);
    await take(errand, borrow);
    const from = way.findIndex((step) => step.task === 'issueDevices');
    const to = way.findIndex((step) => step.task === 'install');
    for (const step of way.slice(from, to)) await take(errand, step);

    const kit = {
      kitVersion: 'UCDOS-1 + 2026.1',
      kit: [
        'screwdriver',
        'ucdos',
        'invoicingSoftware',
        'invoices',
        'contract',
        'activationForm',
        'installationMedia',
      ],
    };
    expect((await desk.task(errand.caseId, 'install')).context).toEqual({
      version: kit.kitVersion,
      items: kit.kit,
    });
    const install: Step = {
      ...way[to]!,
      answer: {
        ...way[to]!.answer,
        ...kit,
        devices: [card, disk].map((serial) => ({ serial, result: 'installed', sample: paper(serial) })),
      },
    };
    expect(
      await refusals(errand, install, [
        { kitVersion: '2026.1' },
        { kit: kit.kit.filter((item) => item !== 'ucdos') },
        { kit: kit.kit.filter((item) => item !== 'installationMedia') },
      ]),
    ).toEqual(['task.answerInvalid kitVersion', ...Array(2).fill('task.answerInvalid kit')]);
    await take(errand, install);
    expect((await desk.task(errand.caseId, 'install')).answer).toMatchObject(kit);
  });

  test('W26 ISS-17 a sample on a real invoice is voided and its number kept; no sample, no result', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = smoothWay(errand, DAY);
    const install = await walkTo(errand, way, 'install');
    const [serial] = errand.serials as [string];
    const real = { sampleOn: 'realInvoice' };
    expect(
      await refusals(errand, install, [
        real,
        { ...real, sampleNo: '044001900111-08812345' },
        { ...real, voided: true },
        { ...real, sampleNo: '044001900111', voided: false },
        { devices: [{ serial, result: 'installed' }] },
        { devices: [{ serial, result: 'failed' }] },
        { devices: [{ serial: errand.serials[1], result: 'installed', sample: paper('sample') }] },
      ]),
    ).toEqual([
      'task.answerInvalid voided sampleNo',
      // Longer than any number of an invoice: refused by the form already.
      'task.answerInvalid sampleNo',
      'task.answerInvalid sampleNo',
      'task.answerInvalid voided',
      'task.answerInvalid devices.0.sample',
      'task.answerInvalid devices.0.reason',
      'task.answerInvalid devices devices.0.serial',
    ]);
    await take(errand, {
      ...install,
      answer: { ...install.answer, ...real, sampleNo: '044001900111', voided: true },
    });
    expect((await desk.task(errand.caseId, 'install')).answer).toMatchObject({
      ...real,
      sampleNo: '044001900111',
      voided: true,
    });
  });
});

describe('to the end', () => {
  const DAY = '03-20'; // a Wednesday

  test('ISS-21 ISS-22 ISS-23 finance before the warehouse for what was sold; form and spares at any time; nothing ends with things held', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = smoothWay(errand, DAY);
    const step = (task: string) => way.find((each) => each.task === task)!;
    for (const each of way.slice(
      0,
      way.findIndex(({ task }) => task === 'handInMoney'),
    ))
      if (each.task !== 'returnItems') await take(errand, each);
    expect(
      await refusal(desk.api.complete(errand.caseId, 'clearSlip', step('clearSlip').answer, 'pan.mei')),
    ).toBe('task.notOpen');
    await take(errand, step('handInForm'));
    await take(errand, step('handInMoney'));
    expect(await refusals(errand, step('clearSlip'), [{ salesSlipNo: 'XH-0318' }])).toEqual([
      'task.answerInvalid salesSlipNo',
    ]);
    await take(errand, step('clearSlip'));
    for (const task of ['receiveCode', 'tellCode', 'followUpActivation']) await take(errand, step(task));

    // All is said and done, but a spare is still in the technician's bag.
    expect(await heldByStaff(errand.caseId)).toEqual([errand.serials[1]]);
    expect(await desk.openTasks(errand.caseId)).toEqual(['returnItems#1']);
    await desk.go('03-22 12:00');
    expect(await row(errand)).toMatchObject({ status: 'closing', closedAt: null });
    await take(errand, step('returnItems'));
    expect(await row(errand)).toMatchObject({ status: 'closed', outcome: 'activated' });
    expect(await heldByStaff(errand.caseId)).toEqual([]);
    expect(shown((await row(errand)).closedAt)).toBe('03-22 12:00');
  });

  test('W21 one device of two fails and no spare is left: the other is activated, the case ends as activated in part', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk, {
      devices: [
        { family: 'goldenTaxDisk', machineNo: 0 },
        { family: 'goldenTaxDisk', machineNo: 1 },
      ],
    });
    const [good, bad] = errand.serials as [string, string];
    let way = otherwise(smoothWay(errand, DAY), 'borrowDevices', {
      lines: [
        { serial: good, machineNo: 0 },
        { serial: bad, machineNo: 1 },
      ],
    }).filter((step) => step.task !== 'returnItems');
    way = otherwise(way, 'issueDevices', {
      devices: [
        { serial: good, result: 'passed' },
        { serial: bad, result: 'failed', reason: '写入失败' },
      ],
    });
    const issue = await walkTo(errand, way, 'issueDevices');
    expect(
      await refusals(errand, issue, [
        { devices: [{ serial: good, result: 'passed' }] },
        {
          devices: [
            { serial: good, result: 'passed' },
            { serial: bad, result: 'failed' },
          ],
        },
        {
          devices: [
            { serial: good, result: 'passed' },
            { serial: bad, result: 'failed', reason: '写入失败', spareSerial: errand.serials[2] },
          ],
        },
      ]),
    ).toEqual([
      'task.answerInvalid devices',
      'task.answerInvalid devices.1.reason',
      'task.answerInvalid devices.1.spareSerial',
    ]);
    // What works goes on; the customer gives the other one up, and nothing was paid for it.
    const asked = way.findIndex((step) => step.task === 'collectBalance');
    const given = { task: 'agreeSplit', by: 'li.na', answer: { decision: 'cancel', share: 0 } };
    await walkFrom(errand, way.toSpliced(asked, 0, given), 'issueDevices');
    expect((await desk.file(errand.caseId)).tasks.map((task) => task.name)).not.toContain('refund');
    const failed = (await desk.facts(errand.caseId, 'flagged')).filter(
      (fact) => fact.data['flag'] === 'deviceFailed',
    );
    expect(failed.map((fact) => [fact.data['serial'], fact.data['spare']])).toEqual([[bad, null]]);
    // The failed one is out for the manufacturer, and the case waits for that only.
    expect(await row(errand)).toMatchObject({ status: 'closing', outcome: 'activatedPartly' });
    expect(await desk.openTasks(errand.caseId)).toEqual(['returnToManufacturer#1']);
    await take(errand, {
      task: 'returnToManufacturer',
      by: 'pan.mei',
      answer: {
        reference: 'RMA-1',
        technicianSignature: paper('technician'),
        keeperSignature: paper('keeper'),
      },
    });
    expect(await row(errand)).toMatchObject({ status: 'closed', outcome: 'activatedPartly' });
    const holders = new Map((await custody(errand.caseId)).map((held) => [held.item, held.holder]));
    expect([holders.get(good), holders.get(bad)]).toEqual([
      `customer/${errand.customer}`,
      'party/manufacturer',
    ]);
  });

  test('D6 the feature code stands in no history and in no message, and is read by those who may', async () => {
    const code = 'CODE5EC2E7FEATURE';
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = otherwise(smoothWay(errand, DAY), 'receiveCode', { code });
    const tell = await walkTo(errand, way, 'tellCode');
    const shownTo = async (reader: string) =>
      Object.values((await desk.api.sheet(errand.caseId, reader)).texts).filter((text) =>
        text.endsWith('RE'),
      );
    // Technical service, which got it, and who is to tell it; nobody else, and he no longer once it is told.
    expect([await shownTo('gu.yun'), await shownTo(tell.by), await shownTo('wang.lei')]).toEqual([
      [code],
      [code],
      ['******RE'],
    ]);
    expect((await desk.task(errand.caseId, 'tellCode')).context).toHaveProperty('code.content');
    // What is written can be read by others.
    expect(await refusals(errand, tell, [{ means: 'sms' }, { means: 'mail' }])).toEqual(
      Array(2).fill('task.answerInvalid means'),
    );
    await walkFrom(errand, way, 'tellCode');
    expect(await shownTo(tell.by)).toEqual(['******RE']);
    expect(await row(errand)).toMatchObject({ status: 'closed', outcome: 'activated' });
    const kept = await desk.kept(errand.caseId);
    expect(kept).toContain('receiveCode');
    expect(kept).not.toContain(code);
    expect(JSON.stringify(await desk.file(errand.caseId))).not.toContain(code);
    const filed = await office.mailbox(errand.caseId);
    expect(filed.length).toBeGreaterThan(3);
    expect(JSON.stringify(filed)).not.toContain(code);

    // Printed papers can be had as files, those of this case only.
    const { evidence } = await desk.api.sheet(errand.caseId, 'li.na');
    const slip = evidence.find((each) => each.field === 'borrowSlip')!;
    const paperOf = (sha256: string) => desk.api.evidenceFile(errand.caseId, sha256, 'li.na');
    expect(Buffer.from(await paperOf(slip.sha256)).toString('latin1', 0, 4)).toBe('%PDF');
    expect(await codeOf(paperOf('0'.repeat(64)))).toBe('evidence.notFound');
  });
});

describe('lost, bounced, called off', () => {
  const DAY = '03-22'; // a Friday

  test('REG-07 a device that was lost is neither issued nor sent to its maker: it has failed, and a spare takes its place', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = smoothWay(errand, DAY);
    const issue = await walkTo(errand, way, 'issueDevices');
    const [device, spare] = errand.serials as [string, string];
    await desk.act('reportLost', errand.caseId, { items: [device] }, errand.technician);
    const at = `2030-${DAY}T01:00:00.000Z`;
    const report = { policeNo: 'P-118', reportedAt: at, bureauReportedAt: at };
    await take(errand, { task: 'reportLoss', by: 'chen.hui', answer: report });
    await desk.go(issue.at!);
    const say = (result: object) =>
      refusal(
        desk.api.complete(
          errand.caseId,
          'issueDevices',
          { officerPresent: true, devices: [{ serial: device, ...result }] },
          errand.technician,
        ),
      );
    expect(await say({ result: 'passed' })).toBe('task.answerInvalid devices.0.result');
    expect(await say({ result: 'failed', reason: '途中遗失', spareSerial: spare })).toBe('accepted');
    await desk.settle();
    expect(await desk.openTasks(errand.caseId)).toEqual(['agreeInstallation#1']);
    await desk.act('cancelCase', errand.caseId, { reason: '不办了' }, 'chen.hui');
  });

  test('W27 ISS-25 a cheque that bounced is not refunded, and a refund is what is owed', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = otherwise(smoothWay(errand, DAY), 'collectBalance', { means: 'cheque', chequeNo: 'C-78' });
    for (const step of way.slice(
      0,
      way.findIndex(({ task }) => task === 'receiveCode'),
    ))
      await take(errand, step);
    const answer = { clearing: 'bounced' };
    await take(errand, { task: 'confirmClearing', by: 'zhao.min', answer });
    await desk.act('cancelCase', errand.caseId, { reason: '客户退单' }, 'chen.hui');
    await desk.settle();
    const open = (await desk.file(errand.caseId)).tasks.filter(({ status }) => status === 'open');
    expect(open.map(({ name, context }) => [name, context?.['amount']])).toEqual(
      expect.arrayContaining([
        ['recoverPayment', 720],
        ['refund', 480],
      ]),
    );
    expect(open.filter(({ name }) => name === 'refund')).toHaveLength(1);
    const pay = (amount: number) =>
      refusal(desk.api.complete(errand.caseId, 'refund', { amount, reference: 'R-1' }, 'zhao.min'));
    expect([await pay(1200), await pay(480)]).toEqual(['task.answerInvalid amount', 'accepted']);
  });
});

describe('giving back', () => {
  test('AT-43 ISS-22 what comes back in part is asked for again; a thing for the manufacturer is not asked for twice', async () => {
    const DAY = '03-25';
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const [bad, spare, other] = errand.serials as [string, string, string];
    let way = otherwise(smoothWay(errand, DAY), 'borrowDevices', {
      lines: [
        { serial: bad, machineNo: 0 },
        { serial: spare, use: 'spare' },
        { serial: other, use: 'spare' },
      ],
    });
    way = otherwise(way, 'issueDevices', {
      devices: [{ serial: bad, result: 'failed', reason: '写入失败', spareSerial: spare }],
    });
    await walkTo(errand, way, 'agreeInstallation');
    await desk.act('cancelCase', errand.caseId, { reason: '客户取消办理' }, 'chen.hui');
    const asked = async () =>
      (await desk.file(errand.caseId)).tasks
        .filter((task) => task.status === 'open' && task.context?.['items'] !== undefined)
        .map((task) => [task.name, task.assignee, task.context!['items']]);
    expect(await asked()).toEqual([
      ['returnToManufacturer', 'pan.mei', [bad]],
      ['returnItems', 'pan.mei', [other]],
      ['returnItems', 'pan.mei', [spare, `${errand.caseId}/slip`]],
    ]);
    const both = { keeperSignature: paper('keeper'), holderSignature: paper('technician') };
    await take(errand, {
      task: 'returnItems#2',
      by: 'pan.mei',
      answer: { items: [`${errand.caseId}/slip`], ...both },
    });
    expect((await asked()).at(-1)).toEqual(['returnItems', 'pan.mei', [spare]]);
    await take(errand, {
      task: 'returnToManufacturer',
      by: 'pan.mei',
      answer: {
        reference: 'RMA-2',
        technicianSignature: paper('technician'),
        keeperSignature: paper('keeper'),
      },
    });
    await take(errand, { task: 'returnItems#1', by: 'pan.mei', answer: { items: [other], ...both } });
    await take(errand, { task: 'returnItems#3', by: 'pan.mei', answer: { items: [spare], ...both } });
    await take(errand, { task: 'refund', by: 'zhao.min', answer: { amount: 480, reference: 'TK-1' } });
    expect(await row(errand)).toMatchObject({ status: 'closed', outcome: 'cancelled' });
    expect(await heldByStaff(errand.caseId)).toEqual([]);
  });
});

describe('the ledger is down while an answer needs it', () => {
  test('AT-42 ISS-08 refused within the minute and nothing is changed; sent anew when it is back, it works, and no half is left', async () => {
    const DAY = '03-27';
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const { caseId } = errand;
    const way = smoothWay(errand, DAY);
    await walkTo(errand, way, 'borrowDevices');
    const file = (name: string) => ({
      evidence: `e-${name}-signature`,
      sha256: createHash('sha256').update(name).digest('hex'),
      mediaType: 'text/plain',
      bytes: name.length,
    });
    const answer = {
      lines: errand.serials.slice(0, 2).map((serial, index) => ({
        serial,
        ...(index === 0 ? { use: 'customer', machineNo: 0 } : { use: 'spare' }),
      })),
      keeperSignature: file('keeper'),
      borrowerSignature: file('borrower'),
    };
    // Past the facade, which would not get so far: what the case itself does.
    const borrow = (requestId: string) =>
      desk.send('completeTask', caseId, { task: 'borrowDevices', answer }, 'pan.mei', requestId).then(
        () => 'accepted',
        (error: { cause?: { type?: string } }) => error.cause?.type ?? String(error),
      );
    const before = await desk.file(caseId);
    const heldBefore = await custody(caseId, false);

    await office.takeDown('ledger');
    desk.when(`${DAY} 09:10`, () => office.bringBack('ledger'));
    const first = borrow('first');
    await desk.settle();
    await desk.go(`${DAY} 09:02`);
    expect(await first).toBe('ledger.unreachable');
    // What the first attempt may have done is being withdrawn; until then nobody else is let in.
    expect(await borrow('tooSoon')).toBe('task.beingAnswered');
    await desk.go(`${DAY} 09:25`);

    expect(await custody(caseId, false)).toEqual(heldBefore);
    const after = await desk.file(caseId);
    expect({ ...after, row: { ...after.row, nextDueAt: null } }).toEqual({
      ...before,
      row: { ...before.row, nextDueAt: null },
    });
    expect(await desk.openTasks(caseId)).toEqual(['borrowDevices#1']);
    // The same request gets the same answer, a new one works.
    expect(await borrow('first')).toBe('ledger.unreachable');
    expect(await borrow('second')).toBe('accepted');
    await desk.settle();
    expect(
      (await custody(caseId))
        .filter((held) => held.kind === 'device')
        .map((held) => [held.item, held.holder]),
    ).toEqual(errand.serials.slice(0, 2).map((serial) => [serial, errand.technician]));
    const moves = (await desk.facts(caseId, 'custodyMoved')).map((fact) => fact.data['item']);
    expect(new Set(moves).size).toBe(moves.length);
    // The rest of the way is as smooth as ever.
    await walkFrom(errand, way, 'issueDevices');
    expect(await row(errand)).toMatchObject({ status: 'closed', outcome: 'activated' });
    expect((await bookings(caseId)).every((booking) => booking.caseId === caseId)).toBe(true);
  });
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { cases, problems } = await office.audit();
  expect(problems).toEqual([]);
  expect(cases).toBe(19 + 18);
});
