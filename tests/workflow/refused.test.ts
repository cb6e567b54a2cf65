/** Hand-overs that a receiver refuses, on the real server under the virtual clock: nothing moves, the keeper knows. */
import { describe, expect, test } from 'vitest';
import { codeOf, shown, useOffice, type Office } from '../support/desk.js';
import { smoothWay, take, walk, walkTo, Warehouse, type Errand, type Step } from '../support/issuance.js';
import { openRepair, paidRepair } from '../support/repair.js';

let office: Office;
let warehouse: Warehouse;
useOffice(async (opened) => {
  office = opened;
  warehouse = await Warehouse.stock(office, 6, '03-01 09:00');
});

const DAY = '03-18'; // a Monday
const custody = ({ caseId }: Errand) => office.ports.ledger.custody({ caseId, current: false });
const refuse = ({ desk, caseId }: Errand, by: string, args: Record<string, unknown>) =>
  desk.act('refuseAcceptance', caseId, { reason: '外壳有裂纹', ...args }, by);
/** Who was told, in the order of being told, and when the mail left. */
const told = async ({ desk, caseId }: Errand) =>
  (await desk.messages(caseId, 'staff.acceptanceRefused')).map(({ to, status, at }) => [
    'id' in to ? to.id : to.kind,
    status,
    shown(at),
  ]);
const settling = async ({ desk, caseId }: Errand) =>
  (await desk.file(caseId)).tasks
    .filter((task) => task.name === 'settleRefusal')
    .map(({ status, assignee, context, dueAt }) => [status, assignee, context!['refused'], shown(dueAt)]);

describe('AT-43 a receiver refuses', () => {
  test('AT-43 on handing over: the devices stay in stock, the warehouse hears of it at once, and hands over others', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const way = smoothWay(errand, DAY);
    const borrow = await walkTo(errand, way, 'borrowDevices');
    const [device] = errand.serials as [string];
    expect(await codeOf(refuse(errand, errand.technician, { task: 'borrowDevices' }))).toBe('act.invalid');
    expect(await codeOf(refuse(errand, errand.technician, { task: 'callBureau' }))).toBe('task.notOpen');
    await refuse(errand, errand.technician, { task: 'borrowDevices', items: [device] });

    expect(await custody(errand)).toEqual([]);
    expect(await told(errand)).toEqual([['pan.mei', 'sent', `${DAY} 09:00`]]);
    // The task of who has them is the hand-over itself.
    expect(await desk.openTasks(errand.caseId)).toEqual(['borrowDevices#1']);
    const facts = await desk.facts(errand.caseId, 'acceptanceRefused');
    expect(facts.map(({ actor, rule, data }) => [actor, rule, data])).toEqual([
      [
        errand.technician,
        'AT-43',
        {
          task: 'borrowDevices',
          key: 'borrowDevices#1',
          items: [device],
          reason: { content: expect.any(String) as string, sha256: expect.any(String) as string },
        },
      ],
    ]);
    const mail = (await office.mailbox(errand.caseId)).find(({ key }) => key.includes('acceptanceRefused'));
    expect(JSON.stringify(mail)).toContain('外壳有裂纹');

    await take(errand, borrow);
    expect((await custody(errand)).map(({ item, holder }) => [item, holder])).toContainEqual([
      device,
      errand.technician,
    ]);
  });

  test('AT-43 on return: it stays with its holder, who has a task until it is taken; also while the case closes', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await warehouse.open(desk);
    const { technician, caseId } = errand;
    const way = smoothWay(errand, DAY);
    const back = await walkTo(errand, way, 'returnItems');
    const [device, spare] = errand.serials as [string, string];
    const before = await custody(errand);
    // What is not asked for cannot be refused, nor a task that hands nothing over.
    expect(await codeOf(refuse(errand, 'pan.mei', { task: 'returnItems', items: [device] }))).toBe(
      'custody.notHeld',
    );
    expect(await codeOf(refuse(errand, 'pan.mei', { task: 'checkBackup' }))).toBe('custody.noHandOver');
    await refuse(errand, 'pan.mei', { task: 'returnItems' });

    expect(await custody(errand)).toEqual(before);
    // The keeper said it herself; the holder hears of it.
    expect((await told(errand)).map(([who]) => who)).toEqual([technician]);
    expect(await settling(errand)).toEqual([['open', technician, [spare], `${DAY} 18:00`]]);
    expect(await desk.openTasks(caseId)).toContain('returnItems#1');
    // Refused once more by a colleague: both are told, but nobody has a second task.
    await refuse(errand, 'chen.hui', { task: 'returnItems', items: [spare] });
    expect((await told(errand)).map(([who]) => who)).toEqual([technician, 'pan.mei', technician]);
    expect(await settling(errand)).toHaveLength(1);

    // Cancelled meanwhile, it is still to be settled, and still asked for by one task only.
    await desk.act('cancelCase', caseId, { reason: '客户取消办理' }, 'chen.hui');
    expect((await settling(errand)).map(([status]) => status)).toEqual(['open']);
    const asked = (await desk.file(caseId)).tasks.filter(
      ({ status, context }) => status === 'open' && ((context?.['items'] ?? []) as string[]).includes(spare),
    );
    expect(asked.map(({ key }) => key)).toEqual(['returnItems#1']);
    await take(errand, { ...back, task: 'returnItems#1' });
    expect((await settling(errand)).map(([status]) => status)).toEqual(['moot']);
    expect((await custody(errand)).filter(({ item }) => item === spare).at(-1)!.holder).toBe(
      'place/warehouse',
    );
  });

  test('AT-43 ONS-14 a customer will not take his machine back: it stays with the technician, whose task it is', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const errand = await openRepair(warehouse, desk);
    const way = paidRepair(errand, DAY);
    const last = way.findIndex(({ task }) => task === 'returnMachine');
    await walk(errand, way.slice(0, last));
    const { technician, caseId } = errand;
    const machine = `${caseId}/machine#1`;
    await refuse(errand, technician, { task: 'returnMachine', items: [machine] });
    const held = await office.ports.ledger.custody({ caseId, kind: 'machine' });
    expect(held.map(({ holder, keeper }) => [holder, keeper])).toEqual([[technician, 'li.na']]);
    expect((await told(errand)).map(([who]) => who)).toEqual(['li.na']);
    expect(await settling(errand)).toEqual([]);
    expect(await desk.task(caseId, 'returnMachine')).toMatchObject({ status: 'open', assignee: technician });
  });

  test('AT-43 D1 money that finance will not take is the technician’s to settle; he says when he has', async () => {
    const errand = await openRepair(warehouse, await warehouse.desk(`${DAY} 09:00`));
    const way = paidRepair(errand, DAY);
    const handIn = way.findIndex(({ task }) => task === 'handInMoney');
    await walk(errand, way.slice(0, handIn));
    const { technician, caseId } = errand;
    const cash = `${caseId}/cash#1`;
    await refuse(errand, technician, { task: 'handInMoney', items: [cash] });
    expect((await told(errand)).map(([who]) => who)).toEqual(['zhao.min']);
    expect(await settling(errand)).toEqual([['open', technician, [cash], `${DAY} 18:00`]]);
    const settle: Step = { task: 'settleRefusal', by: technician, answer: { note: '换了一张真钞' } };
    await take(errand, settle);
    await take(errand, way[handIn]!);
    expect((await settling(errand)).map(([status]) => status)).toEqual(['completed']);
  });
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { cases, problems } = await office.audit();
  expect(problems).toEqual([]);
  expect(cases).toBe(4);
});
