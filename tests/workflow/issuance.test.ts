/** Issuance on the real server under the virtual clock: what the manual asks for beyond what the scenarios show. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isHeldByStaff } from '../../domain/custody.js';
import { Office, type Desk } from '../support/desk.js';
import {
  otherwise,
  paper,
  smoothWay,
  take,
  Warehouse,
  windUp,
  type Errand,
  type Step,
} from '../support/issuance.js';

let office: Office;
let warehouse: Warehouse;
beforeAll(async () => {
  office = await Office.open();
  warehouse = await Warehouse.stock(office, 60, '03-01 09:00');
});
afterAll(async () => {
  await office?.close();
});

const custody = (caseId: string, current = true) => office.ports.ledger.custody({ caseId, current });
const bookings = (caseId: string) => office.ports.ledger.bookings({ caseId });
const heldByStaff = async (caseId: string) =>
  (await custody(caseId)).filter((row) => isHeldByStaff(row.holder)).map((row) => row.item);

/** Runs work over a list, a few at a time: a case mostly waits for others. */
async function inLanes<T>(list: readonly T[], lanes: number, work: (each: T) => Promise<void>): Promise<void> {
  const waiting = [...list];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
    }),
  );
}

describe('cancelled at every step', () => {
  const DAY = '03-04';
  /** The smooth way, but the stamp is missing: one more duty that may be open when the customer cancels. */
  const way = (errand: Errand): Step[] =>
    otherwise(smoothWay(errand, DAY), 'signContract', {
      stamped: false,
      stampMissingReason: '公章外出',
      stampDueOn: '2030-03-06',
    });

  /** What must be undone after so many answers, besides giving back what is held. */
  function owed(answered: string[]): string[] {
    const has = (task: string) => answered.includes(task);
    return [
      ...(has('prepare') ? ['money'] : []),
      ...(has('callBureau') ? ['booking', 'booking', 'bureau'] : []),
      ...(has('bookInstallation') ? ['booking'] : []),
      ...(has('collectBalance') ? ['money'] : []),
    ].sort();
  }

  /** Answers whatever is open until the case is closed. Returns the names of what was asked. */
  async function closeDown(desk: Desk, errand: Errand): Promise<string[]> {
    const asked: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const { row, tasks } = await desk.file(errand.caseId);
      if (row.status === 'closed') return asked.sort();
      const open = tasks.filter((task) => task.status === 'open');
      for (const task of open) {
        asked.push(task.name);
        await take(errand, windUp(errand, task));
      }
      // Only messages are left: the next minute.
      if (open.length === 0) await desk.go(new Date(Date.parse(desk.now) + 60_000).toISOString());
    }
    throw new Error(`${errand.caseId} does not close: ${(await desk.openTasks(errand.caseId)).join(', ')}`);
  }

  test('ISS-25 W27 AT-43 after any answer all is given back, released, refunded and told once; it replays', async () => {
    const steps = 16;
    const undone: Record<number, string[]> = {};
    await inLanes(
      Array.from({ length: steps + 1 }, (_, index) => index),
      4,
      async (prefix) => {
        const desk = await warehouse.desk(`${DAY} 09:00`);
        const errand = await warehouse.open(desk);
        const all = way(errand);
        expect(all).toHaveLength(steps + 1);
        const done = all.slice(0, prefix);
        const after = `after ${done.at(-1)?.task ?? 'opening'}`;
        for (const step of done) await take(errand, step);
        const held = (await heldByStaff(errand.caseId)).sort();

        await desk.act('cancelCase', errand.caseId, { reason: '客户取消办理' }, 'chen.hui');
        undone[prefix] = await closeDown(desk, errand);

        const { row, timeline, tasks } = await desk.file(errand.caseId);
        expect([row.status, row.outcome], after).toEqual(['closed', 'cancelled']);
        expect(await heldByStaff(errand.caseId), after).toEqual([]);
        expect(
          (await bookings(errand.caseId)).filter((booking) => booking.status === 'booked'),
          after,
        ).toEqual([]);
        expect(
          tasks.filter((task) => task.status === 'open'),
          after,
        ).toEqual([]);

        // Told once, in the ledger and in the mailbox.
        const told = await desk.messages(errand.caseId, 'iss.cancelled');
        expect(
          told.map((message) => message.status),
          after,
        ).toEqual(['sent']);
        const filed = (await office.mailbox(errand.caseId)).filter((item) => item.key === told[0]!.key);
        expect(
          filed.map((item) => item.deliveries),
          after,
        ).toEqual([1]);

        // Every step of the undo list is a fact …
        const since = timeline.findIndex((fact) => fact.what === 'cancelled');
        const later = timeline.slice(since + 1);
        expect(
          later
            .filter((fact) => fact.what === 'undone')
            .map((fact) => fact.data['step'])
            .sort(),
          after,
        ).toEqual(owed(done.map((step) => step.task)));
        // … and everything held is seen to leave the hands it was in, once.
        expect(
          later
            .filter((fact) => fact.what === 'custodyMoved')
            .map((fact) => fact.data['item'])
            .sort(),
          after,
        ).toEqual(held);
        // What was paid is refunded, to the last yuan.
        const refunds = tasks
          .filter((task) => task.name === 'refund')
          .map((task) => Number(task.answer?.['amount']));
        const paid = done.some((step) => step.task === 'collectBalance')
          ? 1200
          : done.some((step) => step.task === 'prepare')
            ? 480
            : 0;
        expect(
          refunds.reduce((sum, amount) => sum + amount, 0),
          after,
        ).toBe(paid);
      },
    );
    // Who had to do something, by the last answer before the cancellation.
    expect(undone).toMatchInlineSnapshot(`
      {
        "0": [],
        "1": [
          "refund",
        ],
        "10": [
          "collectStamp",
          "refund",
          "returnItems",
          "returnItems",
        ],
        "11": [
          "collectStamp",
          "refund",
          "refund",
          "returnItems",
          "returnItems",
          "returnItems",
        ],
        "12": [
          "collectStamp",
          "refund",
          "refund",
          "returnItems",
          "returnItems",
          "returnItems",
        ],
        "13": [
          "collectStamp",
          "refund",
          "refund",
          "returnItems",
        ],
        "14": [
          "collectStamp",
          "refund",
          "refund",
        ],
        "15": [
          "collectStamp",
          "refund",
          "refund",
        ],
        "16": [
          "collectStamp",
          "refund",
          "refund",
        ],
        "2": [
          "callOffBureau",
          "refund",
        ],
        "3": [
          "callOffBureau",
          "refund",
          "returnItems",
        ],
        "4": [
          "refund",
          "returnItems",
          "returnItems",
        ],
        "5": [
          "refund",
          "returnItems",
          "returnItems",
        ],
        "6": [
          "refund",
          "returnItems",
          "returnItems",
        ],
        "7": [
          "refund",
          "returnItems",
        ],
        "8": [
          "refund",
          "returnItems",
        ],
        "9": [
          "refund",
          "returnItems",
        ],
      }
    `);
    expect((await office.replay()).differences).toEqual([]);
  });
});

void paper;
