/**
 * Several devices of one order (W21): some work and others cannot be installed. What becomes of these, of the money for
 * them, and of the things themselves.
 */
import { describe, expect, test } from 'vitest';
import { linkPairs } from '../../client/cli/views.js';
import type { TaskRow } from '../../domain/case.js';
import type { CaseView } from '../../workflows/case/messages.js';
import { at, shown, useOffice, type Desk, type Office } from '../support/desk.js';
import {
  otherwise,
  paper,
  refusals,
  smoothWay,
  take,
  walkFrom,
  walkTo,
  Warehouse,
  windUp,
  type Errand,
  type Step,
} from '../support/issuance.js';

const DAY = '04-10'; // a Wednesday

let office: Office;
let warehouse: Warehouse;
useOffice(async (opened) => {
  office = opened;
  warehouse = await Warehouse.stock(office, 10, '03-01 09:00');
});

const PAPERS = { technicianSignature: paper('technician'), keeperSignature: paper('keeper') };
const row = async (errand: Errand) => (await errand.desk.file(errand.caseId)).row;
const open = async (errand: Errand) => (await errand.desk.openTasks(errand.caseId)).sort();
const holders = async (caseId: string) =>
  new Map((await office.ports.ledger.custody({ caseId })).map((held) => [held.item, held.holder]));
const refunds = async (errand: Errand): Promise<unknown[]> =>
  (await errand.desk.file(errand.caseId)).tasks
    .filter((task) => task.name === 'refund')
    .map((task) => task.context?.['amount']);

/** A main machine and an extension for 2400, of which 2000 are paid; at the customer's only the first works. */
async function partly(desk: Desk): Promise<{ errand: Errand; way: Step[]; ask: Step }> {
  const errand = await warehouse.open(desk, {
    devices: [
      { family: 'goldenTaxDisk', machineNo: 0 },
      { family: 'goldenTaxDisk', machineNo: 1, replacesSerial: 'OLD-1' },
    ],
  });
  const [good, bad] = errand.serials as [string, string];
  let way = smoothWay(errand, DAY).filter((step) => step.task !== 'returnItems');
  way = otherwise(way, 'prepare', { due: 2400, paid: 2000 });
  way = otherwise(way, 'borrowDevices', {
    lines: [good, bad].map((serial, machineNo) => ({ serial, machineNo })),
  });
  way = otherwise(way, 'issueDevices', {
    devices: [good, bad].map((serial) => ({ serial, result: 'passed' })),
  });
  way = otherwise(way, 'install', {
    devices: [
      { serial: good, result: 'installed', sample: paper('sample') },
      { serial: bad, result: 'failed', reason: '无法识别' },
    ],
  });
  return {
    errand,
    way,
    ask: { task: 'agreeSplit', by: 'li.na', answer: { decision: 'split', share: 1200 } },
  };
}
/** The case that another one opened, as an errand of the same people. */
async function linkedOf(errand: Errand): Promise<Errand> {
  const [opened] = await errand.desk.facts(errand.caseId, 'linked');
  return { ...errand, caseId: String(opened!.data['case']) };
}
/** Answers whatever is open until the case is closed. */
async function closeDown(errand: Errand): Promise<void> {
  for (let round = 0; round < 5; round += 1)
    for (const task of (await errand.desk.file(errand.caseId)).tasks)
      if (task.status === 'open') await take(errand, closing(errand, task));
  expect(await row(errand)).toMatchObject({ status: 'closed' });
}
function closing(errand: Errand, task: TaskRow): Step {
  return task.name === 'returnToManufacturer'
    ? { task: task.key, by: 'pan.mei', answer: { reference: 'RMA-1', ...PAPERS } }
    : windUp(errand, task);
}

describe('W21 the customer is asked what becomes of the devices left over', () => {
  test('yes: a case of its own goes on with them and what was paid; each may be cancelled alone, and every yuan is refunded once', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { errand, way, ask } = await partly(desk);
    await walkTo(errand, way, 'signContract');
    expect(await open(errand)).toEqual(['agreeSplit#1', 'returnToManufacturer#1', 'signContract#1']);
    expect(await desk.task(errand.caseId, 'agreeSplit')).toMatchObject({
      assignee: 'li.na',
      context: { machines: [1], families: ['goldenTaxDisk'] },
    });
    // The signature waits for nobody; money is asked for only when it is known for what.
    await take(
      errand,
      way.find((step) => step.task === 'signContract')!,
    );
    expect(await open(errand)).toEqual(['agreeSplit#1', 'returnToManufacturer#1']);
    expect(
      await refusals(errand, { ...ask, answer: {} }, [
        {},
        { decision: 'split' },
        { decision: 'split', share: 2400.01 },
        { decision: 'wait', share: 1200 },
        { decision: 'wait', share: 1200, againOn: `2030-${DAY}` },
      ]),
    ).toEqual(
      ['decision', 'share', 'share', 'againOn', 'againOn'].map((field) => `task.answerInvalid ${field}`),
    );
    await take(errand, ask);

    // 1200 stay for what works, the other 800 went along: nothing is owed here, nor held.
    expect(await open(errand)).toEqual(['handInForm#1', 'handInMoney#1', 'returnToManufacturer#1']);
    expect((await desk.task(errand.caseId, 'handInMoney')).context).toEqual({ amount: 0 });
    const rest = await linkedOf(errand);
    const told = await desk.messages(errand.caseId, 'iss.split');
    const [sms] = (await office.mailbox(errand.caseId)).filter((item) => item.key === told[0]!.key);
    expect(sms!.text).toBe(
      `【示例税控】未装好的设备转入编号${rest.caseId}继续办理，原编号${errand.caseId}。电话0571-5550100。`,
    );

    // The same request, for what is left of it; the law counts from that day (REG-01).
    const [first, second] = [await row(errand), await row(rest)];
    expect(second).toMatchObject({
      process: 'issuance',
      owner: 'li.na',
      customer: errand.customer,
      receivedAt: first.receivedAt,
      relatedTo: errand.caseId,
    });
    expect((await desk.clockOf(rest.caseId, 'installation')).dueAt).toBe(
      (await desk.clockOf(errand.caseId, 'installation')).dueAt,
    );
    const intake = async ({ caseId }: Errand) =>
      ((await office.ports.ledger.intakeOf(caseId))!.input as { intake: { form: Record<string, unknown> } })
        .intake.form;
    expect(await intake(rest)).toEqual({
      ...(await intake(errand)),
      devices: [{ family: 'goldenTaxDisk', machineNo: 1, replacesSerial: 'OLD-1' }],
      relatedCases: [errand.caseId],
    });
    // Each shows the other.
    const links = async ({ caseId }: Errand) => {
      const sheet = await desk.api.sheet(caseId, 'li.na');
      return linkPairs(sheet.row.relatedTo, sheet.timeline);
    };
    expect(await links(errand)).toEqual([
      ['related to', null],
      ['linked cases', rest.caseId],
    ]);
    expect(await links(rest)).toEqual([
      ['part of', errand.caseId],
      ['linked cases', ''],
    ]);
    expect((await desk.facts(errand.caseId, 'linked')).map((fact) => fact.rule)).toEqual(['W21']);

    // What was agreed and paid is not asked for again.
    const prepare = otherwise(smoothWay(rest, DAY), 'prepare', { due: 1200, paid: 800 })[0]!;
    expect((await desk.task(rest.caseId, 'prepare')).context).toEqual({
      case: errand.caseId,
      due: 1200,
      paid: 800,
    });
    expect(
      await refusals(rest, prepare, [{ due: 1300 }, { paid: 799.99 }, { paid: 0, feeStatus: 'unpaid' }]),
    ).toEqual(['due', 'paid', 'paid'].map((field) => `task.answerInvalid ${field}`));
    await take(rest, { ...prepare, answer: { ...prepare.answer, paid: 900 } });

    await desk.act('cancelCase', errand.caseId, { reason: '客户取消办理' }, 'chen.hui');
    expect(await refunds(errand)).toEqual([1200]);
    await closeDown(errand);
    expect(await desk.messages(errand.caseId, 'iss.cancelled')).toMatchObject([{ params: { amount: 1200 } }]);
    expect(await row(errand)).toMatchObject({ outcome: 'cancelled' });
    expect(await row(rest)).toMatchObject({ status: 'open' });
    expect(await open(rest)).toEqual(['callBureau#1']);
    await desk.act('cancelCase', rest.caseId, { reason: '客户取消办理' }, 'chen.hui');
    expect(await refunds(rest)).toEqual([100, 800]);
    await closeDown(rest);
    office.cases.push(rest.caseId);
  });

  test('ISS-25 yes, and both go on to their ends, neither waiting for the other; finance has every yuan once', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { errand, way, ask } = await partly(desk);
    await walkTo(errand, way, 'agreeInstallation');
    await walkFrom(
      errand,
      way.slice(
        0,
        way.findIndex((step) => step.task === 'signContract'),
      ),
      'agreeInstallation',
    );
    await take(errand, { ...ask, answer: { decision: 'split', share: 200 } });
    // 2200 are the price of what works, 2000 are paid for it, and nothing for the rest.
    const later = otherwise(way, 'collectBalance', { paid: 200 });
    await walkFrom(errand, otherwise(later, 'handInMoney', { received: 200 }), 'signContract');
    const [good, bad, other, spare] = errand.serials as [string, string, string, string];
    await take(errand, closing(errand, await desk.task(errand.caseId, 'returnToManufacturer')));
    expect(await row(errand)).toMatchObject({ status: 'closed', outcome: 'activatedPartly' });
    // A device that failed at the customer's went to the manufacturer, and nobody asked for it otherwise.
    expect((await desk.file(errand.caseId)).tasks.map((task) => task.name)).not.toContain('returnItems');
    const where = await holders(errand.caseId);
    expect([where.get(good), where.get(bad)]).toEqual([`customer/${errand.customer}`, 'party/manufacturer']);

    const rest = await linkedOf(errand);
    const next = '04-11';
    let on = smoothWay({ ...rest, serials: [other, spare] }, next);
    on = otherwise(on, 'prepare', { due: 200, paid: 0, feeStatus: 'unpaid' });
    on = otherwise(on, 'borrowDevices', {
      lines: [
        { serial: other, machineNo: 1 },
        { serial: spare, use: 'spare' },
      ],
    });
    on = otherwise(on, 'collectBalance', { paid: 200 });
    on = otherwise(on, 'handInMoney', { received: 200 });
    await desk.go(`${next} 09:00`);
    for (const step of on) await take(rest, step);
    expect(await row(rest)).toMatchObject({ status: 'closed', outcome: 'activated' });
    office.cases.push(rest.caseId);
  });

  test('no: he is asked again on the day agreed, and given up at last; what was paid for them is refunded', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { errand, way, ask } = await partly(desk);
    await walkTo(errand, way, 'signContract');
    await take(errand, { ...ask, answer: { decision: 'wait', share: 1200, againOn: '2030-04-16' } });
    // Everything else goes on to its end, and the case stays open for the answer.
    const paid = way.filter((step) => step.task !== 'collectBalance');
    await walkFrom(errand, otherwise(paid, 'handInMoney', { received: 0 }), 'signContract');
    await take(errand, closing(errand, await desk.task(errand.caseId, 'returnToManufacturer')));
    expect(await open(errand)).toEqual([]);
    expect(await row(errand)).toMatchObject({ status: 'open' });
    expect(await desk.facts(errand.caseId, 'linked')).toEqual([]);

    await desk.go('04-16 12:00'); // a Tuesday
    const again = await desk.task(errand.caseId, 'agreeSplit#1.2');
    expect([shown(again.openedAt), again.context]).toEqual([
      '04-16 09:00',
      { machines: [1], families: ['goldenTaxDisk'], share: 1200, paid: 800 },
    ]);
    expect(await refusals(errand, { ...ask, answer: { decision: 'cancel' } }, [{ share: 1000 }])).toEqual([
      'task.answerInvalid share',
    ]);
    await take(errand, { ...ask, answer: { decision: 'cancel' } });
    expect(await refunds(errand)).toEqual([800]);
    expect(await row(errand)).toMatchObject({ status: 'closing', outcome: 'activatedPartly' });
    await closeDown(errand);
    expect(await desk.facts(errand.caseId, 'linked')).toEqual([]);
    expect(await desk.messages(errand.caseId, 'iss.split')).toEqual([]);
  });

  test('AT-26 the other case cannot be opened for half a day: somebody sorts it out, and then it is opened, once', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { errand, way, ask } = await partly(desk);
    await walkTo(errand, way, 'signContract');
    await office.takeDown('ledger');
    desk.when('04-11 08:30', () => office.bringBack('ledger'));
    await desk.send('completeTask', errand.caseId, { task: ask.task, answer: ask.answer }, ask.by);
    await desk.go('04-11 09:00');
    expect(await open(errand)).toContain('sortOut#1');
    expect(await desk.task(errand.caseId, 'sortOut')).toMatchObject({
      role: 'supervisor',
      context: { problem: 'linkedCase', process: 'issuance' },
    });
    expect(await desk.facts(errand.caseId, 'linked')).toEqual([]);
    await take(errand, { task: 'sortOut', by: 'chen.hui', answer: { done: true } });
    expect((await desk.facts(errand.caseId, 'linked')).map((fact) => fact.rule)).toEqual(['W21']);
    const rest = await linkedOf(errand);
    expect(await open(rest)).toEqual(['prepare#1']);
    for (const each of [errand, rest]) {
      await desk.act('cancelCase', each.caseId, { reason: '客户取消办理' }, 'chen.hui');
      await closeDown(each);
    }
    office.cases.push(rest.caseId);
  });

  test('W27 the case is cancelled while he has not decided: all that was paid is refunded, once', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { errand, way, ask } = await partly(desk);
    await walkTo(errand, way, 'signContract');
    await take(errand, { ...ask, answer: { decision: 'wait', share: 1200, againOn: '2030-04-16' } });
    await desk.act('cancelCase', errand.caseId, { reason: '客户取消办理' }, 'chen.hui');
    expect(await refunds(errand)).toEqual([2000]);
    expect(await desk.messages(errand.caseId, 'iss.cancelled')).toMatchObject([{ params: { amount: 2000 } }]);
    await closeDown(errand);
  });
});

describe('devices that fail', () => {
  test('ISS-25 W21 none works at the customer’s: they go to the manufacturer, and others are issued and installed', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const [bad, , good] = errand.serials as [string, string, string];
    const way = smoothWay(errand, DAY);
    await walkTo(errand, way, 'install');
    const failed = { devices: [{ serial: bad, result: 'failed', reason: '无法识别' }] };
    await take(
      errand,
      otherwise(way, 'install', failed).find((step) => step.task === 'install')!,
    );
    // Nobody is asked to sign for nothing, and the law's clock runs on.
    expect(await open(errand)).toEqual(['callBureau#1.2', 'returnToManufacturer#1']);
    expect((await desk.clockOf(errand.caseId, 'installation')).stoppedAt).toBeNull();
    expect(
      (await office.ports.ledger.bookings({ caseId: errand.caseId }))
        .filter((booking) => booking.kind === 'installation')
        .map((booking) => booking.status),
    ).toEqual(['released']);
    await take(errand, closing(errand, await desk.task(errand.caseId, 'returnToManufacturer')));
    expect((await holders(errand.caseId)).get(bad)).toBe('party/manufacturer');

    const next = '04-11';
    let again = smoothWay({ ...errand, serials: [good, bad] }, next);
    again = otherwise(again, 'borrowDevices', { lines: [{ serial: good, machineNo: 0 }] });
    await desk.go(`${next} 09:00`);
    await walkFrom(
      errand,
      again.filter((step) => step.task !== 'returnItems'),
      'callBureau',
    );
    expect(await row(errand)).toMatchObject({ status: 'closed', outcome: 'activated' });
    expect((await holders(errand.caseId)).get(good)).toBe(`customer/${errand.customer}`);
  });

  test('ISS-09 D3 a spare fits a device that waits: stock knows its family, at the warehouse and at the bureau', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk, {
      devices: [
        { family: 'goldenTaxDisk', machineNo: 0 },
        { family: 'reportDisk', machineNo: 1 },
      ],
    });
    const stock = (item: string, family: string) => ({
      item,
      kind: 'device' as const,
      family,
      model: family,
    });
    await office.ports.ledger.importStock(
      [stock('REPORT-1', 'reportDisk'), stock('REPORT-2', 'reportDisk'), stock('CARD-1', 'goldenTaxCard')],
      at('03-01 09:00'),
    );
    const [disk] = errand.serials as [string];
    const borrowed = (spare: string) => ({
      lines: [
        { serial: disk, machineNo: 0 },
        { serial: 'REPORT-1', machineNo: 1 },
        { serial: spare, use: 'spare' },
      ],
    });
    const way = otherwise(smoothWay(errand, DAY), 'borrowDevices', borrowed('REPORT-2'));
    const borrow = await walkTo(errand, way, 'borrowDevices');
    expect(await refusals(errand, borrow, [borrowed('CARD-1')])).toEqual(['custody.otherKind']);
    expect((await holders(errand.caseId)).size).toBe(0);
    await take(errand, borrow);
    const issue = await walkTo(errand, way.slice(3), 'issueDevices');
    const failing = (serial: string, other: string) => ({
      devices: [
        { serial, result: 'failed', reason: '写入失败', spareSerial: 'REPORT-2' },
        { serial: other, result: 'passed' },
      ],
    });
    expect(await refusals(errand, issue, [failing(disk, 'REPORT-1')])).toEqual([
      'task.answerInvalid devices.0.spareSerial',
    ]);
    // In one of several runs, too: what stock told is the case's from then on.
    await take(errand, { ...issue, answer: { ...issue.answer, ...failing('REPORT-1', disk) } });
    const view = (await office.client.workflow.getHandle(errand.caseId).query('caseView')) as CaseView;
    expect(
      view.custody.filter((held) => held.kind === 'device').map((held) => [held.item, held.family]),
    ).toEqual([
      [disk, 'goldenTaxDisk'],
      ['REPORT-1', 'reportDisk'],
      ['REPORT-2', 'reportDisk'],
    ]);
    expect((await desk.facts(errand.caseId, 'flagged')).at(-1)?.data).toEqual({
      flag: 'deviceFailed',
      serial: 'REPORT-1',
      spare: 'REPORT-2',
    });
  });
});

test('every history replays with the cache off', async () => {
  expect((await office.audit()).problems).toEqual([]);
});
