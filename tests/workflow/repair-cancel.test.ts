/** Repairs cancelled on the real server under the virtual clock, after each step of their ways. */
import { describe, expect, test } from 'vitest';
import type { CaseFile } from '../../adapters/ports.js';
import { TASK_QUEUE } from '../../domain/names.js';
import { codeOf, eventually, useOffice, type Desk, type Office } from '../support/desk.js';
import {
  cancelAndWindUp,
  inLanes,
  otherwise,
  smoothWay,
  walk,
  Warehouse,
  windUp,
  type Cancelled,
  type Errand,
  type Step,
} from '../support/issuance.js';
import { openRepair, paidRepair, smoothRepair } from '../support/repair.js';

let office: Office;
let warehouse: Warehouse;
useOffice(async (opened) => {
  office = opened;
  warehouse = await Warehouse.stock(office, 60, '03-01 09:00');
});

/** The cases that a repair opened, as the ledger has them. */
async function linkedTo({ desk, caseId }: Errand): Promise<CaseFile[]> {
  const facts = await desk.facts(caseId, 'linked');
  return Promise.all(facts.map((fact) => desk.file(String(fact.data['case']))));
}

describe('cancelled at every step', () => {
  const DAY = '03-18'; // a Monday

  /** Cancels after each number of answers, each in a case of its own; what was asked of whom each time. */
  async function cancelledAfter(
    prefixes: readonly number[],
    way: (errand: Errand, day: string) => Step[],
    expected: (answered: readonly string[]) => Pick<Cancelled, 'undone' | 'refunded'>,
  ): Promise<Record<number, string[]>> {
    const all: Record<number, string[]> = {};
    await inLanes(prefixes, async (prefix) => {
      const errand = await openRepair(warehouse, await warehouse.desk(`${DAY} 09:00`));
      const { caseId, customer } = errand;
      const done = way(errand, DAY).slice(0, prefix);
      await walk(errand, done);
      const { asked, came } = await cancelAndWindUp(errand, 'rep.cancelled');
      all[prefix] = asked;
      const names = done.map((step) => step.task);
      expect(came, `after ${names.at(-1) ?? 'opening'}`).toEqual({
        status: 'closed',
        outcome: 'cancelled',
        told: [[`${caseId}/rep.cancelled#1/${customer}`, 'sent', 1]],
        held: came.held,
        // Everything held is seen to leave the hands it was in, once.
        moved: came.held,
        ...expected(names),
        left: [],
      });
      // The issuance that it opened does not go on in silence.
      const linked = await linkedTo(errand);
      expect(linked.map(({ row }) => [row.status, row.outcome])).toEqual(
        came.undone.includes('linked') ? [['closed', 'cancelled']] : [],
      );
    });
    return all;
  }
  const back = (what: string, who = 'pan.mei', to = 'warehouse') =>
    `returnItems ${who}: ${what} of technician → ${to}`;
  const times = (answered: readonly string[], task: string) =>
    answered.filter((each) => each === task).length;

  test('ISS-25 W33 AT-43 within the contract: after any answer all is given back, released and told once', async () => {
    const steps = 9;
    const all = await cancelledAfter(
      Array.from({ length: steps + 1 }, (_, index) => index),
      smoothRepair,
      (answered) => ({
        // A visit that is over is given up no more.
        undone: times(answered, 'contact') === 1 && times(answered, 'signForm') === 0 ? ['booking'] : [],
        refunded: 0,
      }),
    );
    const spare = back('spare');
    const receipt = back('receipt', 'gu.yun', 'archive');
    const stamp = 'collectStamp technician';
    expect(Object.values(all)).toEqual([
      ...Array.from({ length: 4 }, () => []),
      // The spare in the bag; after the visit it is asked back already.
      ...Array.from({ length: 3 }, () => [spare]),
      [stamp, receipt, spare],
      [stamp, receipt],
      [stamp],
    ]);
  });

  test('ISS-25 W27 W33 ONS-14 paid and through the workshop: after any answer the machine goes home and the money back', async () => {
    const steps = 20;
    const all = await cancelledAfter(
      Array.from({ length: steps - 2 }, (_, index) => index + 3),
      paidRepair,
      (answered) => ({
        undone: [
          ...(times(answered, 'collectFee') === 2 ? ['money'] : []),
          ...(times(answered, 'bookReturn') === 1 && times(answered, 'returnMachine') === 0
            ? ['booking']
            : []),
          ...(times(answered, 'collectFee') > 0 ? ['linked', 'money'] : []),
          ...(times(answered, 'signForm') === 0 ? ['booking'] : []),
        ],
        refunded: [0, 410, 930][times(answered, 'collectFee')]!,
      }),
    );
    const spare = back('spare');
    const parts = back('replacedPart, replacedPart');
    const receipt = back('receipt', 'gu.yun', 'archive');
    const cash = back('cash', 'zhao.min', 'finance');
    const brought = back('machine', 'technician', 'customer');
    // Who repairs it brings it back.
    const fetched = 'returnItems zhou.jie: machine of workshop → customer';
    const fee = 'refund zhao.min: 410';
    const more = 'refund zhao.min: 520';
    expect(Object.values(all)).toEqual([
      ...Array.from({ length: 2 }, () => []),
      ...Array.from({ length: 2 }, () => [spare]),
      // The spare is the customer's, what it replaced is ours to hand in.
      [parts, brought],
      [receipt, parts, brought],
      [fee, receipt, parts, brought, cash],
      [fee, receipt, parts, brought],
      [fee, parts, brought],
      [fee, brought],
      ...Array.from({ length: 4 }, () => [fee, fetched]),
      [fee, brought],
      // The customer has it again.
      [fee],
      [fee, more, cash],
      [fee, more],
    ]);
  });
});

describe('with an issuance that it opened', () => {
  const DAY = '03-25'; // a Monday
  const NEXT_DAY = '03-26';
  const FEE = 9; // answers until the replacement is opened

  /** A repair that waits for a replacement, and that issuance as an errand of other people. */
  async function waiting(desk: Desk): Promise<{ repair: Errand; issuance: Errand }> {
    const repair = await openRepair(warehouse, desk);
    await walk(repair, paidRepair(repair, DAY).slice(0, FEE));
    const [linked] = await linkedTo(repair);
    const { customer, bureau } = repair;
    return { repair, issuance: { ...warehouse.next(desk), customer, bureau, caseId: linked!.row.caseId } };
  }
  const cancel = (errand: Errand, requestId?: string) =>
    errand.desk.act(
      'cancelCase',
      errand.caseId,
      { reason: '客户已停业' },
      'chen.hui',
      requestId === undefined ? {} : { requestId },
    );
  const row = async ({ desk, caseId }: Errand) => (await desk.file(caseId)).row;
  /** Steps undone, by whom. */
  const undone = async ({ desk, caseId }: Errand) =>
    (await desk.facts(caseId, 'undone')).map(({ data, rule }) => [data['step'], data['by'], rule]);

  test('W25 W33 it is cancelled by the same person for the same reason, through its own undo list; both end', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { repair, issuance } = await waiting(desk);
    office.cases.push(issuance.caseId);
    await walk(issuance, smoothWay(issuance, NEXT_DAY).slice(0, 3));

    await cancel(repair, 'the-only-request');
    const said = async (errand: Errand) =>
      (await desk.facts(errand.caseId, 'cancelled')).map(({ actor, data }) => [actor, data['reason']]);
    const words = await said(repair);
    expect(words).toEqual([['chen.hui', { content: expect.any(String), sha256: expect.any(String) }]]);
    expect(await said(issuance)).toEqual(words);
    expect(await undone(repair)).toEqual([
      ['linked', 'system', 'W25'],
      ['money', 'hand', 'W33'],
    ]);
    expect(await undone(issuance)).toEqual([
      ['bureau', 'hand', 'W33'],
      ['booking', 'system', 'W33'],
      ['booking', 'system', 'W33'],
      ['money', 'hand', 'W33'],
    ]);
    // The customer hears of both, once each.
    expect((await desk.messages(repair.caseId, 'rep.cancelled')).map(({ status }) => status)).toEqual([
      'sent',
    ]);
    expect((await desk.messages(issuance.caseId, 'iss.cancelled')).map(({ status }) => status)).toEqual([
      'sent',
    ]);
    const open = async (errand: Errand) =>
      (await desk.file(errand.caseId)).tasks.filter(({ status }) => status === 'open');
    expect((await open(issuance)).map(({ name, assignee }) => `${name} ${assignee}`)).toEqual([
      'callOffBureau li.na',
      'refund zhao.min',
      'returnItems pan.mei',
    ]);
    // A repeat of the request is the same request.
    await cancel(repair, 'the-only-request');
    expect(await said(issuance)).toHaveLength(1);
    expect(await codeOf(cancel(issuance))).toBe('case.closed');

    for (const errand of [issuance, repair]) {
      expect(await row(errand)).toMatchObject({ status: 'closing', outcome: 'cancelled' });
      await walk(
        errand,
        (await open(errand)).map((task) => windUp(errand, task)),
      );
      expect(await row(errand)).toMatchObject({ status: 'closed', outcome: 'cancelled' });
    }
    expect(await desk.facts(repair.caseId, 'linkedEnded')).toHaveLength(1);
  });

  test('W25 an issuance that is done, or only waits for its last paper, stays what it is', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { repair, issuance } = await waiting(desk);
    const unstamped = { stamped: false, stampMissingReason: '公章外出', stampDueOn: `2030-${NEXT_DAY}` };
    await walk(issuance, otherwise(smoothWay(issuance, NEXT_DAY), 'signContract', unstamped));
    expect(await row(issuance)).toMatchObject({ status: 'closing', outcome: 'activated' });
    await cancel(repair);
    expect((await undone(repair)).map(([step]) => step)).toEqual(['money']);
    expect((await desk.openTasks(repair.caseId)).filter((key) => key.startsWith('undoByHand'))).toEqual([]);
    expect(await desk.facts(issuance.caseId, 'cancelled')).toEqual([]);
    await walk(issuance, [windUp(issuance, await desk.task(issuance.caseId, 'collectStamp'))]);
    expect(await row(issuance)).toMatchObject({ status: 'closed', outcome: 'activated' });
  });

  test('W25 W33 cancelled while the issuance is being opened: it is cancelled as soon as it is there', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const repair = await openRepair(warehouse, desk);
    const way = paidRepair(repair, DAY);
    await walk(repair, way.slice(0, FEE - 1));
    const { ledger } = office.ports;
    const { receiveIntake } = ledger;
    let asked = false;
    let go = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    ledger.receiveIntake = async (request) => {
      asked = true;
      await gate;
      return receiveIntake(request);
    };
    try {
      const fee = way[FEE - 1]!;
      await desk.api.complete(repair.caseId, fee.task, fee.answer, fee.by);
      await eventually(() => Promise.resolve(asked), Boolean);
      expect(asked).toBe(true);
      await desk.api.act('cancelCase', repair.caseId, { reason: '客户已停业' }, 'chen.hui');
      await eventually(
        () => undone(repair),
        (steps) => steps.length === 1,
      );
    } finally {
      go();
      ledger.receiveIntake = receiveIntake;
    }
    await desk.settle();
    expect((await undone(repair)).map(([step]) => step)).toEqual(['money', 'linked']);
    const [linked] = await linkedTo(repair);
    expect(linked!.row).toMatchObject({ status: 'closed', outcome: 'cancelled' });
  });

  test('W25 AT-26 one that will not be cancelled is a task of a named person, and the repair waits for that', async () => {
    const desk = await warehouse.desk(`${DAY} 09:00`);
    const { repair, issuance } = await waiting(desk);
    // In its place runs a case that does not let this supervisor act.
    const { caseId } = await desk.open({ personsConcerned: ['chen.hui'] });
    const [run] = await desk.history(caseId);
    const input = run!.history.events[0]!['workflowExecutionStartedEventAttributes'] as {
      input: { payloads: { data: string }[] };
    };
    const start = JSON.parse(Buffer.from(input.input.payloads[0]!.data, 'base64').toString()) as object;
    const linked = office.client.workflow.getHandle(issuance.caseId);
    await linked.terminate();
    await office.client.workflow.start('complaint', {
      workflowId: issuance.caseId,
      taskQueue: TASK_QUEUE,
      args: [{ ...start, caseId: issuance.caseId }],
    });
    await cancel(repair);
    await linked.terminate();

    expect(await undone(repair)).toEqual([
      ['linked', 'hand', 'W33'],
      ['money', 'hand', 'W33'],
    ]);
    const task = await desk.task(repair.caseId, 'undoByHand');
    expect(task).toMatchObject({
      status: 'open',
      role: 'supervisor',
      assignee: expect.any(String) as string,
      context: { undo: 'linked', case: issuance.caseId },
    });
    const { tasks } = await desk.file(repair.caseId);
    const open = tasks.filter((each) => each.status === 'open' && each.key !== task.key);
    await walk(
      repair,
      open.map((each) => windUp(repair, each)),
    );
    expect(await row(repair)).toMatchObject({ status: 'closing', outcome: 'cancelled' });
    await walk(repair, [windUp(repair, task)]);
    expect(await row(repair)).toMatchObject({ status: 'closed', outcome: 'cancelled' });
  });
});

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { problems } = await office.audit();
  expect(problems).toEqual([]);
});
