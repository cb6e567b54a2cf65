/** Repairs cancelled on the real server under the virtual clock, after each step of their ways. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Office } from '../support/desk.js';
import { cancelAndWindUp, inLanes, walk, Warehouse, type Errand, type Step } from '../support/issuance.js';
import { openRepair, paidRepair, smoothRepair } from '../support/repair.js';

let office: Office;
let warehouse: Warehouse;
beforeAll(async () => {
  office = await Office.open();
  warehouse = await Warehouse.stock(office, 60, '03-01 09:00');
});
afterAll(async () => {
  await office?.close();
});

describe('cancelled at every step', () => {
  const DAY = '03-18'; // a Monday

  /** Cancels after each number of answers, each in a case of its own; what was asked of whom each time. */
  async function cancelledAfter(
    prefixes: readonly number[],
    way: (errand: Errand, day: string) => Step[],
    expected: (answered: readonly string[]) => { undone: string[]; refunded: number },
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
      (answered) => ({ undone: times(answered, 'contact') === 1 ? ['booking'] : [], refunded: 0 }),
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
          ...(times(answered, 'bookReturn') === 1 ? ['booking'] : []),
          ...(times(answered, 'collectFee') > 0 ? ['money'] : []),
          'booking',
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

test('every history replays with the cache off; waits are told in words; one alarm at a time (C11, C13)', async () => {
  const { problems } = await office.audit();
  expect(problems).toEqual([]);
});
