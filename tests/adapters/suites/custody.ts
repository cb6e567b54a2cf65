import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLedger } from '../../../adapters/ledger/index.js';
import { ClaimConflict, StockConflict, type LedgerPort } from '../../../adapters/ports.js';
import type { EvidenceRef, Instant } from '../../../domain/case.js';
import type {
  BookingRequest,
  ClaimOrder,
  ClaimResult,
  CustodyRow,
  Movement,
  StockItem,
} from '../../../domain/custody.js';
import { balances, deviceLedger, INWARD, ledgerPeriod, OUTWARD } from '../../../domain/device-ledger.js';
import type { Database } from './ledger.js';

const CASE = 'F20300304-001';
const OTHER = 'F20300304-002';
const ZONE = 480;

/** Who holds what, and who is booked when: the ledger's contract, on any empty PostgreSQL database. */
export function describeCustody(name: string, make: () => Promise<Database>): void {
  describe(`custody on ${name}`, () => {
    let database: Database;
    let ledger: LedgerPort;
    let desks: LedgerPort[];

    beforeAll(async () => {
      database = await make();
      const { url } = database;
      ledger = await openLedger({ url });
      await ledger.migrate();
      desks = await Promise.all(Array.from({ length: 4 }, () => openLedger({ url, poolSize: 2 })));
    });
    afterAll(async () => {
      await Promise.all([ledger, ...desks].map((each) => each.close()));
      await database.stop();
    });

    const life = (item: string) => ledger.custody({ item, current: false });
    const holders = async (item: string) => (await life(item)).map((row) => row.holder);
    const stock = (item: string, rest: Partial<StockItem> = {}): StockItem => ({
      item,
      kind: 'device',
      family: 'goldenTaxDisk',
      model: 'JSP-100',
      ...rest,
    });

    describe('stock', () => {
      it('REG-05 takes devices into the warehouse once', async () => {
        const at = '2030-03-01T01:00:00.000Z';
        const items = [stock('S-2'), stock('S-1', { kind: 'spare', family: 'printHead', model: 'PH-9' })];
        expect(await ledger.importStock(items, at)).toEqual({ added: 2, unchanged: 0 });
        expect(await ledger.importStock([...items, stock('S-3')], later(at, 60))).toEqual({
          added: 1,
          unchanged: 2,
        });
        expect(await life('S-1')).toEqual([
          {
            item: 'S-1',
            kind: 'spare',
            family: 'printHead',
            model: 'PH-9',
            amount: null,
            holder: 'place/warehouse',
            receivedFrom: null,
            caseId: null,
            since: at,
            until: null,
            givenBy: null,
            receivedBy: null,
            givenProof: null,
            receivedProof: null,
            dueBackAt: null,
            keeper: null,
            rule: 'REG-05',
            claim: 'stock',
          },
        ]);
        expect(await ledger.item('S-3')).toEqual({ ...stock('S-3'), amount: null });
        expect(await ledger.item('S-4')).toBeNull();
      });

      it('REG-05 imports nothing when a serial number is on file as something else', async () => {
        await ledger.importStock([stock('S-10')], AT);
        const wrong = ledger.importStock([stock('S-11'), stock('S-10', { family: 'reportDisk' })], AT);
        await expect(wrong).rejects.toThrow(StockConflict);
        await expect(wrong).rejects.toMatchObject({ index: 1, item: 'S-10' });
        expect(await ledger.item('S-11')).toBeNull();
        const twice = ledger.importStock([stock('S-12'), stock('S-12', { family: 'reportDisk' })], AT);
        await expect(twice).rejects.toMatchObject({ index: 1, item: 'S-12' });
      });

      it('REG-05 leaves an imported device with whoever has it', async () => {
        await ledger.importStock([stock('S-20')], AT);
        await ledger.claim(order('S-20/borrow', { movements: [borrow('S-20')] }));
        expect(await ledger.importStock([stock('S-20')], AT)).toEqual({ added: 0, unchanged: 1 });
        expect(await holders('S-20')).toEqual(['place/warehouse', 'wang.lei']);
      });
    });

    describe('the ledger of devices', () => {
      const HOLDERS = [
        'place/warehouse',
        'place/workshop',
        'wang.lei',
        'customer/qingshan',
        'party/manufacturer',
        'party/lost',
      ];
      const step = fc.record({
        item: fc.nat(4),
        to: fc.constantFrom(...HOLDERS),
        hour: fc.nat(2300),
        undoneAfter: fc.option(fc.nat(800), { freq: 3 }),
      });

      it('REG-05 opening + in - out = closing, month after month, whatever moved and was undone', async () => {
        let round = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
            const prefix = `D${round++}`;
            const from = '2029-12-20T01:00:00.000Z';
            const items = Array.from({ length: 5 }, (_, i) => `${prefix}-${i}`);
            const model = (i: number) => ({ family: `${prefix}-family`, model: `M-${i % 2}` });
            for (const [i, item] of items.entries())
              await ledger.importStock([stock(item, model(i))], later(from, i * 17 * 1440));
            for (const [i, { item, to, hour, undoneAfter }] of steps.entries()) {
              const [held] = await ledger.custody({ item: items[item]! });
              const at = later(from, hour * 60);
              const key = `${prefix}/${i}`;
              const movements = [thing(items[item]!, 'device', held!.holder, to)];
              // Somebody signs for each side that is not one of ours.
              Object.assign(movements[0]!, { givenProof: proof(`${key}-given`), receivedProof: proof(key) });
              expect(await ledger.claim(order(key, { movements, at }))).toEqual(done);
              if (undoneAfter !== null)
                expect(await ledger.unclaim(key, later(at, undoneAfter * 60))).toBe('undone');
            }
            const rows = (await ledger.custody({ kind: 'device', current: false })).filter(({ item }) =>
              items.includes(item),
            );
            const over = (period: string) => deviceLedger(rows, ledgerPeriod(period), ZONE);
            const months = Array.from({ length: 12 }, (_, i) => `2030-${String(i + 1).padStart(2, '0')}`);
            const told = ['2029-12', ...months].map(over);
            let opening = 0;
            for (const { total, lines, devices, broken } of told) {
              expect(broken).toEqual([]);
              expect([total, ...lines].every(balances)).toBe(true);
              expect(total.opening).toBe(opening);
              expect(total.inHouse + total.onLoan).toBe(total.closing);
              opening = total.closing;
              for (const name of Object.keys(total) as (keyof typeof total)[])
                expect(lines.reduce((sum, line) => sum + line[name], 0)).toBe(total[name]);
              expect(devices.filter((device) => device.opening)).toHaveLength(total.opening);
            }
            // What is on file says where everything is now.
            const ours = (await Promise.all(items.map((item) => ledger.custody({ item })))).flat();
            expect(opening).toBe(ours.filter(({ holder }) => !/^(customer|party)\//.test(holder)).length);
            const year = over('2030').total;
            for (const flow of [...INWARD, ...OUTWARD])
              expect(told.slice(1).reduce((sum, { total }) => sum + total[flow], 0)).toBe(year[flow]);
            expect([year.opening, year.closing]).toEqual([told[0]!.total.closing, opening]);
          }),
          { numRuns: 15 },
        );
      });
    });

    describe('movements', () => {
      it('ISS-08 lends a device against a slip, and takes both back', async () => {
        await ledger.importStock([stock('M-1')], AT);
        const slip = `${CASE}/borrowSlip#1`;
        const dueBackAt = later(AT, 2880);
        const lend = [
          borrow('M-1', { dueBackAt }),
          thing(slip, 'borrowSlip', 'wang.lei', 'place/warehouse', { receivedBy: 'gao.yang' }),
        ];
        expect(await ledger.claim(order('M-1/lend', { movements: lend }))).toEqual(done);
        expect(await ledger.custody({ holder: 'wang.lei', caseId: CASE, item: 'M-1' })).toEqual([
          expect.objectContaining({
            item: 'M-1',
            kind: 'device',
            family: 'goldenTaxDisk',
            holder: 'wang.lei',
            receivedFrom: 'place/warehouse',
            caseId: CASE,
            since: AT,
            until: null,
            givenBy: 'gao.yang',
            receivedBy: 'wang.lei',
            dueBackAt,
            keeper: 'gao.yang',
            rule: 'ISS-08',
            claim: 'M-1/lend',
          }),
        ]);
        expect(await ledger.custody({ caseId: CASE, overdueAt: later(dueBackAt, -1) })).toEqual([]);
        const overdue = await ledger.custody({ caseId: CASE, overdueAt: dueBackAt });
        expect(overdue.map((row) => row.item)).toEqual(['M-1']);

        const back = [
          thing('M-1', 'device', 'wang.lei', 'place/warehouse', { receivedBy: 'gao.yang' }),
          thing(slip, 'borrowSlip', 'place/warehouse', 'wang.lei', { givenBy: 'gao.yang' }),
        ];
        const at = later(AT, 60);
        expect(await ledger.claim(order('M-1/back', { movements: back, at }))).toEqual(done);
        expect(await holders('M-1')).toEqual(['place/warehouse', 'wang.lei', 'place/warehouse']);
        expect(await holders(slip)).toEqual(['wang.lei', 'place/warehouse', 'wang.lei']);
        expect(await ledger.custody({ overdueAt: later(at, 99_999), item: 'M-1' })).toEqual([]);
      });

      it('AT-43 keeps both confirmations of a hand-over, also those of a customer', async () => {
        const item = `${CASE}/cash#1`;
        const paid = thing(item, 'cash', 'customer/qingshan', 'wang.lei', {
          amount: 1280.5,
          givenBy: null,
          givenProof: proof('signature'),
        });
        const at = later(AT, 5);
        expect(await ledger.claim(order('cash/take', { movements: [paid], at }))).toEqual(done);
        const [first, second, ...rest] = await life(item);
        expect(rest).toEqual([]);
        expect(first).toMatchObject({
          holder: 'customer/qingshan',
          receivedFrom: null,
          since: at,
          until: at,
        });
        expect(second).toMatchObject({
          amount: 1280.5,
          holder: 'wang.lei',
          receivedFrom: 'customer/qingshan',
          givenBy: null,
          givenProof: 'sha-of-signature',
          receivedBy: 'wang.lei',
          receivedProof: null,
        });
      });

      it('AT-43 moves an item several times within one minute', async () => {
        await ledger.importStock([stock('M-2')], AT);
        const movements = [
          borrow('M-2'),
          thing('M-2', 'device', 'wang.lei', 'li.na'),
          thing('M-2', 'device', 'li.na', 'customer/qingshan'),
        ];
        expect(await ledger.claim(order('M-2/chain', { movements }))).toEqual(done);
        const on = thing('M-2', 'device', 'customer/qingshan', 'wang.lei');
        expect(await ledger.claim(order('M-2/on', { movements: [on] }))).toEqual(done);
        expect(await holders('M-2')).toEqual([
          'place/warehouse',
          'wang.lei',
          'li.na',
          'customer/qingshan',
          'wang.lei',
        ]);
        expect((await life('M-2')).every((row) => row.since === AT)).toBe(true);
      });

      it('AT-43 lets no holding begin before the one it follows, whose case was ahead', async () => {
        await ledger.importStock([stock('M-3')], AT);
        const ahead = later(AT, 30);
        await ledger.claim(order('M-3/ahead', { movements: [borrow('M-3')], at: ahead }));
        const back = thing('M-3', 'device', 'wang.lei', 'place/warehouse');
        expect(await ledger.claim(order('M-3/behind', { movements: [back] }))).toEqual(done);
        const rows = await life('M-3');
        expect(rows.map(({ since, until }) => [since, until])).toEqual([
          [AT, ahead],
          [ahead, ahead],
          [ahead, null],
        ]);
      });

      it('AT-43 names the holder and the case when somebody else has it, and changes nothing', async () => {
        await ledger.importStock([stock('M-4'), stock('M-5')], AT);
        await ledger.claim(order('M-4/first', { movements: [borrow('M-4')] }));
        const both = order('M-4/second', {
          caseId: OTHER,
          movements: [
            borrow('M-5', { to: 'zhao.min' }),
            thing(`${OTHER}/voucher#1`, 'voucher', 'zhao.min', 'customer/qingshan'),
            borrow('M-4', { to: 'zhao.min' }),
          ],
          bookings: [booking('M-4/booking', 'zhao.min', '2030-04-01T01:00:00.000Z')],
        });
        const refused = {
          status: 'refused',
          code: 'custody.heldByOther',
          item: 'M-4',
          holder: 'wang.lei',
          caseId: CASE,
        };
        expect(await ledger.claim(both)).toEqual(refused);
        expect(await holders('M-5')).toEqual(['place/warehouse']);
        expect(await ledger.item(`${OTHER}/voucher#1`)).toBeNull();
        expect(await ledger.bookings({ who: 'zhao.min' })).toEqual([]);
        // A refusal is no memory: once the device is back, the same claim is done.
        const back = thing('M-4', 'device', 'wang.lei', 'place/warehouse');
        await ledger.claim(order('M-4/back', { movements: [back] }));
        expect(await ledger.claim(both)).toEqual(done);
      });

      it('REG-05 refuses a device that nobody took into stock, and a thing of another kind or family', async () => {
        const unknown = order('M-6/unknown', { movements: [borrow('M-6')] });
        expect(await ledger.claim(unknown)).toEqual({
          status: 'refused',
          code: 'custody.unknownItem',
          item: 'M-6',
          holder: null,
          caseId: null,
        });
        await ledger.importStock([stock('M-7')], AT);
        const machine = thing('M-7', 'machine', 'place/warehouse', 'wang.lei');
        expect(await ledger.claim(order('M-7/machine', { movements: [machine] }))).toEqual({
          status: 'refused',
          code: 'custody.otherKind',
          item: 'M-7',
          holder: 'place/warehouse',
          caseId: null,
        });
        const card = borrow('M-7', { family: 'goldenTaxCard' });
        expect(await ledger.claim(order('M-7/card', { movements: [card] }))).toMatchObject({
          status: 'refused',
          code: 'custody.otherKind',
          item: 'M-7',
        });
        const disk = borrow('M-7', { family: 'goldenTaxDisk' });
        expect(await ledger.claim(order('M-7/disk', { movements: [disk] }))).toMatchObject({
          status: 'done',
        });
      });

      it('ISS-09 REG-05 tells which of several families a thing is of, again when asked again; another one is refused', async () => {
        const card = { ...stock('M-9'), family: 'goldenTaxCard' };
        await ledger.importStock([card, stock('M-10')], AT);
        const either = { families: ['goldenTaxDisk', 'reportDisk'] };
        const wrong = order('M-9/spare', { movements: [borrow('M-10', either), borrow('M-9', either)] });
        expect(await ledger.claim(wrong)).toMatchObject({ code: 'custody.otherKind', item: 'M-9' });
        expect(await holders('M-10')).toEqual(['place/warehouse']);
        const both = order('M-9/both', {
          movements: [
            borrow('M-10', either),
            borrow('M-9', { families: ['goldenTaxDisk', 'goldenTaxCard'] }),
          ],
        });
        const families = { 'M-10': 'goldenTaxDisk', 'M-9': 'goldenTaxCard' };
        expect(await ledger.claim(both)).toEqual({ ...done, families });
        expect(await ledger.claim(both)).toEqual({ ...done, repeat: true, families });
      });

      it('AT-43 does a claim once, whatever is retried, and nothing else under its key', async () => {
        await ledger.importStock([stock('M-8')], AT);
        const once = order('M-8/once', { movements: [borrow('M-8')] });
        const answers = await Promise.all(desks.map((desk) => desk.claim(once)));
        expect(answers.filter((answer) => answer.status === 'done' && !answer.repeat)).toHaveLength(1);
        expect(answers.filter((answer) => answer.status === 'done' && answer.repeat)).toHaveLength(3);
        expect(await ledger.claim({ ...once, at: later(AT, 9) })).toEqual({ status: 'done', repeat: true });
        expect(await holders('M-8')).toEqual(['place/warehouse', 'wang.lei']);
        const other = { ...once, movements: [borrow('M-8', { to: 'li.na' })] };
        await expect(ledger.claim(other)).rejects.toThrow(ClaimConflict);
      });
    });

    describe('a claim that is withdrawn', () => {
      it('AT-43 gives items back on the terms they were held on', async () => {
        await ledger.importStock([stock('U-1')], AT);
        const dueBackAt = later(AT, 2880);
        await ledger.claim(order('U-1/lend', { movements: [borrow('U-1', { dueBackAt })] }));
        const item = `${OTHER}/cheque#1`;
        const key = 'U-1/hand-over';
        const handOver = order(key, {
          caseId: OTHER,
          at: later(AT, 10),
          movements: [
            thing('U-1', 'device', 'wang.lei', 'zhao.min'),
            thing('U-1', 'device', 'zhao.min', 'customer/qingshan'),
            thing(item, 'cheque', 'customer/qingshan', 'zhao.min'),
          ],
        });
        await ledger.claim(handOver);
        const at = later(AT, 20);
        expect(await ledger.unclaim(key, at)).toBe('undone');
        expect(await ledger.unclaim(key, later(at, 1))).toBe('undone');
        expect(await ledger.custody({ item: 'U-1' })).toEqual([
          expect.objectContaining({
            holder: 'wang.lei',
            receivedFrom: 'customer/qingshan',
            caseId: CASE,
            since: at,
            givenBy: null,
            receivedBy: null,
            dueBackAt,
            keeper: 'gao.yang',
            claim: key,
          }),
        ]);
        expect(await holders(item)).toEqual(['customer/qingshan', 'zhao.min', 'customer/qingshan']);
        expect(await ledger.claim(handOver)).toEqual({ status: 'withdrawn' });
      });

      it('AT-43 stands, unchanged, once an item has moved on', async () => {
        await ledger.importStock([stock('U-2'), stock('U-3')], AT);
        const starts = '2030-05-01T01:00:00.000Z';
        await ledger.claim(
          order('U-2/lend', {
            movements: [borrow('U-3'), borrow('U-2')],
            bookings: [booking('U-2/visit', 'u2', starts)],
          }),
        );
        const on = thing('U-2', 'device', 'wang.lei', 'customer/qingshan');
        await ledger.claim(order('U-2/on', { movements: [on] }));
        expect(await ledger.unclaim('U-2/lend', AT)).toBe('impossible');
        expect(await holders('U-3')).toEqual(['place/warehouse', 'wang.lei']);
        expect(await ledger.bookings({ who: 'u2', status: 'booked' })).toHaveLength(1);
        expect(await ledger.claim(order('U-2/on', { movements: [on] }))).toEqual({
          status: 'done',
          repeat: true,
        });
      });

      it('AT-43 is refused when it comes after all', async () => {
        await ledger.importStock([stock('U-4')], AT);
        expect(await ledger.unclaim('U-4/lend', AT)).toBe('nothing');
        expect(await ledger.unclaim('U-4/lend', AT)).toBe('nothing');
        const late = order('U-4/lend', { movements: [borrow('U-4')] });
        expect(await ledger.claim(late)).toEqual({ status: 'withdrawn' });
        expect(await holders('U-4')).toEqual(['place/warehouse']);
      });

      it('AT-42 has its bookings released, and what it gave up booked again', async () => {
        const [monday, tuesday] = ['2030-05-06T01:00:00.000Z', '2030-05-07T01:00:00.000Z'];
        await ledger.claim(order('u5#1', { bookings: [booking('u5/visit#1', 'u5', monday)] }));
        const moved = { releases: ['u5/visit#1'], bookings: [booking('u5/visit#2', 'u5', tuesday)] };
        await ledger.claim(order('u5#2', moved));
        expect(await starts('u5')).toEqual([tuesday]);
        expect(await ledger.unclaim('u5#2', AT)).toBe('undone');
        expect(await starts('u5')).toEqual([monday]);
      });

      it('AT-42 stands when the time it gave up is somebody else’s now', async () => {
        const [monday, tuesday] = ['2030-05-06T01:00:00.000Z', '2030-05-07T01:00:00.000Z'];
        await ledger.claim(order('u6#1', { bookings: [booking('u6/visit#1', 'u6', monday)] }));
        const moved = { releases: ['u6/visit#1'], bookings: [booking('u6/visit#2', 'u6', tuesday)] };
        await ledger.claim(order('u6#2', moved));
        const quick = order('u6#3', { caseId: OTHER, bookings: [booking('u6/other#1', 'u6', monday)] });
        expect(await ledger.claim(quick)).toEqual(done);
        expect(await ledger.unclaim('u6#2', AT)).toBe('impossible');
        expect(await starts('u6')).toEqual([monday, tuesday]);
      });

      it('AT-42 brings back no booking that was withdrawn or released for good', async () => {
        const [monday, tuesday] = ['2030-05-06T01:00:00.000Z', '2030-05-07T01:00:00.000Z'];
        const bookings = [booking('u7#1', 'u7', monday), booking('u7#2', 'u7', tuesday)];
        await ledger.claim(order('u7#1', { bookings: bookings.slice(0, 1) }));
        await ledger.claim(order('u7#2', { bookings: bookings.slice(1) }));
        await ledger.claim(order('u7#3', { releases: ['u7#1', 'u7#2'] }));
        expect(await ledger.unclaim('u7#1', AT)).toBe('undone');
        await ledger.releaseBookings(['u7#2'], AT);
        expect(await ledger.unclaim('u7#3', AT)).toBe('undone');
        expect(await starts('u7')).toEqual([]);
      });
    });

    const starts = async (who: string) =>
      (await ledger.bookings({ who, status: 'booked' })).map((row) => row.from);

    describe('bookings', () => {
      it('AT-42 books a person once at a time, the way home included, and tells what is booked', async () => {
        const nine = '2030-03-06T01:00:00.000Z';
        const first = { ...booking('b1', 'b.who', nine), bufferMinutes: 30, region: 'west' };
        expect(await ledger.claim(order('b1', { bookings: [first] }))).toEqual(done);
        const dayBefore = booking('b0', 'b.who', later(nine, -1440));
        await ledger.claim(order('b0', { bookings: [dayBefore] }));
        const clash = booking('b2', 'b.who', later(nine, 75));
        expect(
          await ledger.claim(order('b2', { caseId: OTHER, bookings: [clash], offsetMinutes: ZONE })),
        ).toEqual({
          status: 'taken',
          who: 'b.who',
          from: clash.from,
          to: clash.to,
          busy: [{ from: nine, to: later(nine, 90), caseId: CASE }],
        });
        const after = booking('b3', 'b.who', later(nine, 90));
        expect(await ledger.claim(order('b3', { caseId: OTHER, bookings: [after] }))).toEqual(done);
        const sameTime = booking('b4', 'b.other', nine);
        expect(await ledger.claim(order('b4', { bookings: [sameTime] }))).toEqual(done);

        const day = await ledger.bookings({ who: 'b.who', day: '2030-03-06', offsetMinutes: ZONE });
        expect(day).toEqual([
          { ...first, caseId: CASE, status: 'booked', bookedAt: AT, releasedAt: null },
          { ...after, caseId: OTHER, status: 'booked', bookedAt: AT, releasedAt: null },
        ]);
        expect((await ledger.bookings({ caseId: OTHER, who: 'b.who' })).map((row) => row.key)).toEqual([
          'b3',
        ]);
      });

      it('AT-42 frees the time of a released booking, and keeps the row', async () => {
        const nine = '2030-03-07T01:00:00.000Z';
        await ledger.claim(order('r1', { bookings: [booking('r1', 'r.who', nine)] }));
        const at = later(AT, 3);
        await ledger.releaseBookings(['r1', 'unknown'], at);
        await ledger.releaseBookings(['r1'], later(at, 1));
        await ledger.releaseBookings([], at);
        expect(await ledger.bookings({ who: 'r.who' })).toEqual([
          expect.objectContaining({ key: 'r1', status: 'released', releasedAt: at }),
        ]);
        expect(await ledger.claim(order('r2', { bookings: [booking('r2', 'r.who', nine)] }))).toEqual(done);
        // A key once released may be booked again; one that is booked may not.
        const again = booking('r1', 'r.who', later(nine, 120));
        expect(await ledger.claim(order('r3', { bookings: [again] }))).toEqual(done);
        await expect(ledger.claim(order('r4', { bookings: [again] }))).rejects.toThrow(ClaimConflict);
      });

      it('AT-42 books each of 1000 requests for 20 technicians once or not at all', async () => {
        const day = '2030-06-03T00:00:00.000Z';
        const technicians = Array.from({ length: 20 }, (_, i) => `tech.${i}`);
        // Fifty requests each for sixteen half-hours, of an hour and a quarter of travel.
        const requests = Array.from({ length: 1000 }, (_, i) => {
          const who = technicians[i % 20]!;
          const from = later(day, 30 * ((i * 7) % 16));
          return order(`many/${i}`, {
            caseId: `F20300603-${i}`,
            bookings: [{ ...booking(`many/${i}`, who, from), bufferMinutes: 15 }],
          });
        });
        const answers = await inTurns(requests, 32, (each, i) => desks[i % 4]!.claim(each));
        const booked = requests.filter((_, i) => answers[i]!.status === 'done').map((each) => each.key);
        expect(answers.every(({ status }) => status === 'done' || status === 'taken')).toBe(true);
        const kept = (await Promise.all(technicians.map((who) => ledger.bookings({ who })))).flat();
        expect(kept.map((row) => row.key).sort()).toEqual(booked.sort());
        for (const who of technicians) {
          const own = kept.filter((row) => row.who === who);
          expect(own.length).toBeGreaterThanOrEqual(3);
          own.slice(1).forEach((row, i) => expect(row.from >= later(own[i]!.to, 15)).toBe(true));
        }
      });
    });

    describe('trips', () => {
      const bureau = 'xihu-bureau';
      const nine = '2030-07-01T01:00:00.000Z';
      /** A trip with its time booked; `no` keeps its people apart from those of others. */
      const planned = async (no: string, from = nine, releases: string[] = []) => {
        const trip = `R-${no}`;
        const key = `${trip}/${from}`;
        const visit = { ...booking(`${key}/who`, `${trip}.who`, from), kind: 'issuance' as const };
        const bookings = [visit, { ...visit, key: `${key}/bureau`, who: `bureau/${bureau}-${no}` }];
        const claim = order(key, { caseId: trip, bookings, releases, trip: { act: 'plan', trip } });
        return { trip, key, answer: await ledger.claim(claim) };
      };
      const join = (no: string, caseId: string, from: LedgerPort = ledger, named = {}) => {
        const place = `${caseId}/trip`;
        const wanted = {
          act: 'join' as const,
          trip: `R-${no}`,
          key: place,
          bureau: `${bureau}-${no}`,
          ...named,
        };
        return from.claim(order(place, { caseId, trip: wanted }));
      };
      const end = (no: string, from: LedgerPort = ledger) =>
        from.claim(order(`R-${no}/end`, { caseId: `R-${no}`, trip: { act: 'end', trip: `R-${no}` } }));
      const places = async (no: string) =>
        (await ledger.bookings({ who: `trip/R-${no}` })).map((row) => [row.caseId, row.status, row.from]);

      it('W20 has places at one time for many cases, and says whom it waits for', async () => {
        const { trip } = await planned('a');
        // Cases that hold nothing of other tests.
        const [one, other] = ['F-a1', 'F-a2'];
        const view = { trip, bureau: `${bureau}-a`, technician: 'R-a.who', from: nine, to: later(nine, 60) };
        expect(await join('a', one)).toEqual({ ...done, trip: { ...view, cases: [one] } });
        expect(await join('a', other)).toEqual({ ...done, trip: { ...view, cases: [one, other] } });
        expect(await join('a', 'F-3', ledger, { technician: 'li.na' })).toEqual({
          ...{ status: 'noTrip', code: 'trip.mismatch', waiting: [] },
          trip: { ...view, cases: [one, other] },
        });
        await ledger.importStock([stock('TR-1')], AT);
        await ledger.claim(order('TR-1', { caseId: one, movements: [borrow('TR-1')] }));
        expect(await end('a')).toMatchObject({
          code: 'trip.casesOn',
          waiting: [
            { caseId: one, items: ['TR-1'] },
            { caseId: other, items: [] },
          ],
        });
        // One has its result, the other leaves.
        await ledger.claim(order('a-kept', { kept: [`${one}/trip`] }));
        await ledger.releaseBookings([`${other}/trip`], AT);
        expect(await end('a')).toMatchObject(done);
        expect(await places('a')).toEqual([
          [one, 'kept', nine],
          [other, 'released', nine],
        ]);
      });

      it('W20 takes a place, a result or a move back with the claim that made it', async () => {
        const { key } = await planned('b');
        await join('b', 'F-b1');
        await join('b', 'F-b2');
        expect(await ledger.unclaim('F-b2/trip', AT)).toBe('undone');
        await ledger.claim(order('b-kept', { caseId: 'F-b1', kept: ['F-b1/trip'] }));
        expect(await ledger.unclaim('b-kept', AT)).toBe('undone');
        expect(await places('b')).toEqual([
          ['F-b1', 'booked', nine],
          ['F-b2', 'released', nine],
        ]);
        // Moved: who stands on it moves along, who left does not.
        const ten = later(nine, 120);
        const moved = await planned('b', ten, [`${key}/who`, `${key}/bureau`]);
        expect(moved.answer).toMatchObject({ trip: { from: ten, cases: ['F-b1'] } });
        expect(await places('b')).toEqual([
          ['F-b2', 'released', nine],
          ['F-b1', 'booked', ten],
        ]);
        // Without a time it takes nobody.
        await ledger.releaseBookings([`${moved.key}/who`, `${moved.key}/bureau`], AT);
        expect(await join('b', 'F-b3')).toMatchObject({ code: 'trip.notOpen', trip: null });
      });

      it('W20 of cases that join a trip and its end at once, none is left on a trip that ended', async () => {
        for (let round = 0; round < 20; round += 1) {
          const no = `c${round}`;
          await planned(no, later(nine, round * 60));
          const slip = thing(`R-${no}/slip`, 'borrowSlip', 'place/warehouse', 'R.who');
          await ledger.claim(order(`R-${no}/lent`, { caseId: `R-${no}`, movements: [slip] }));
          const settled = desks[3]!.claim(
            order(`R-${no}/end`, {
              caseId: `R-${no}`,
              movements: [thing(`R-${no}/slip`, 'borrowSlip', 'R.who', 'place/warehouse')],
              trip: { act: 'end', trip: `R-${no}` },
            }),
          );
          const joined = [0, 1, 2].map((desk) => join(no, `F-${no}-${desk}`, desks[desk]!));
          const answers = await Promise.all([settled, ...joined]);
          const on = (await places(no)).filter(([, status]) => status === 'booked').length;
          expect(answers.slice(1).filter(({ status }) => status === 'done')).toHaveLength(on);
          if (answers[0]!.status === 'done') expect(on).toBe(0);
          else expect([answers[0], on]).toMatchObject([{ code: 'trip.casesOn' }, expect.any(Number)]);
        }
      });

      it('B1 W20 one of many cases that want a spare of a trip has it from the trip', async () => {
        await ledger.importStock([stock('TR-2')], AT);
        await ledger.claim(order('TR-2', { caseId: 'R-d', movements: [borrow('TR-2')] }));
        const cases = Array.from({ length: 8 }, (_, i) => `F-d${i}`);
        const take = (caseId: string) =>
          order(`${caseId}/take`, {
            caseId,
            movements: [thing('TR-2', 'device', 'wang.lei', 'wang.lei', { fromCase: 'R-d' })],
          });
        const answers = await inTurns(cases, 8, (caseId, i) => desks[i % 4]!.claim(take(caseId)));
        const winner = cases.filter((_, i) => answers[i]!.status === 'done');
        expect(winner).toHaveLength(1);
        expect(answers.filter(({ status }) => status === 'refused')).toEqual(
          Array.from({ length: 7 }, () => ({
            ...{ status: 'refused', code: 'custody.heldByOther', item: 'TR-2' },
            ...{ holder: 'wang.lei', caseId: winner[0] },
          })),
        );
        // Taken back, it is the trip's again.
        expect(await ledger.unclaim(`${winner[0]}/take`, AT)).toBe('undone');
        expect((await ledger.custody({ item: 'TR-2' })).map((row) => row.caseId)).toEqual(['R-d']);
      });
    });

    describe('at once', () => {
      const HOLDERS = ['place/warehouse', 'li.na', 'wang.lei', 'customer/qingshan'];
      const step = fc.record({
        item: fc.nat(3),
        from: fc.constantFrom(...HOLDERS),
        to: fc.constantFrom(...HOLDERS),
      });
      const act = fc.record({
        steps: fc.array(step, { minLength: 1, maxLength: 4 }),
        minute: fc.nat(3),
        withdraw: fc.boolean(),
      });

      it('AT-43 each item has one holder, whatever is moved and withdrawn at once', async () => {
        let round = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(act, { minLength: 8, maxLength: 40 }), async (acts) => {
            const prefix = `P${round++}`;
            const items = Array.from({ length: 4 }, (_, i) => `${prefix}-${i}`);
            await ledger.importStock(
              items.map((item) => stock(item)),
              AT,
            );
            const results = await Promise.all(
              acts.map(async ({ steps, minute, withdraw }, i) => {
                const desk = desks[i % 4]!;
                const key = `${prefix}/${i}`;
                const movements = steps.map((each) => thing(items[each.item]!, 'device', each.from, each.to));
                const asked = desk.claim(order(key, { movements, at: later(AT, minute) }));
                const undone = withdraw ? await desks[(i + 1) % 4]!.unclaim(key, later(AT, minute)) : null;
                return { key, movements, undone, answer: await asked };
              }),
            );
            for (const item of items) consistent(await life(item), results);
          }),
          { numRuns: 12 },
        );
      });

      it('AT-42 appointments made, moved and withdrawn at once never overlap, and none waits for ever', async () => {
        const wish = fc.record({ who: fc.nat(2), halfHour: fc.nat(7), buffer: fc.constantFrom(0, 15) });
        const plan = fc.record({
          wishes: fc.array(wish, { minLength: 1, maxLength: 3 }),
          gives: fc.array(fc.nat(19), { maxLength: 3 }),
          withdraw: fc.boolean(),
        });
        let round = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(plan, { minLength: 8, maxLength: 20 }), async (plans) => {
            const prefix = `Q${round++}`;
            const people = [0, 1, 2].map((i) => `${prefix}.${i}`);
            const results = await Promise.all(
              plans.map(async ({ wishes, gives, withdraw }, i) => {
                const key = `${prefix}/${i}`;
                const bookings = wishes.map((each, place) => ({
                  ...booking(`${key}/${place}`, people[each.who]!, later(AT, 30 * each.halfHour)),
                  bufferMinutes: each.buffer,
                }));
                const releases = gives.map((each) => `${prefix}/${each}/0`);
                const asked = desks[i % 4]!.claim(order(key, { bookings, releases }));
                const undone = withdraw ? await desks[(i + 1) % 4]!.unclaim(key, AT) : null;
                return { bookings, undone, answer: await asked };
              }),
            );
            const kept = (await Promise.all(people.map((who) => ledger.bookings({ who })))).flat();
            for (const who of people) {
              const own = kept.filter((row) => row.who === who && row.status === 'booked');
              own
                .slice(1)
                .forEach((row, i) => expect(row.from >= later(own[i]!.to, own[i]!.bufferMinutes)).toBe(true));
            }
            for (const { bookings, undone, answer } of results) {
              const rows = kept.filter((row) => bookings.some((each) => each.key === row.key));
              expect(rows).toHaveLength(answer.status === 'done' ? bookings.length : 0);
              if (undone === 'undone') expect(rows.every((row) => row.status === 'released')).toBe(true);
            }
          }),
          { numRuns: 12 },
        );
      });

      /** One present holder; holdings follow one another; each came of a claim that says it was done. */
      function consistent(
        rows: CustodyRow[],
        results: { key: string; movements: Movement[]; undone: string | null; answer: ClaimResult }[],
      ) {
        expect(rows.filter((row) => row.until === null)).toHaveLength(1);
        expect(rows.at(-1)!.until).toBeNull();
        rows.slice(1).forEach((row, i) => {
          expect(row.since).toBe(rows[i]!.until);
          expect(row.receivedFrom).toBe(rows[i]!.holder);
        });
        const item = rows[0]!.item;
        let moves = 1;
        for (const { key, movements, undone, answer } of results) {
          const own = movements.filter((movement) => movement.item === item).length;
          const found = rows.filter((row) => row.claim === key);
          const back = answer.status === 'done' && undone === 'undone' && own > 0 ? 1 : 0;
          expect(found).toHaveLength(answer.status === 'done' ? own + back : 0);
          if (answer.status === 'withdrawn') expect(undone).toBe('nothing');
          if (undone === 'impossible') expect(answer.status).toBe('done');
          moves += found.length;
        }
        expect(rows).toHaveLength(moves);
      }
    });
  });
}

const AT: Instant = '2030-03-04T01:00:00.000Z';
const done = { status: 'done', repeat: false };

function later(at: Instant, minutes: number): Instant {
  return new Date(Date.parse(at) + minutes * 60_000).toISOString();
}

function order(key: string, rest: Partial<ClaimOrder>): ClaimOrder {
  return { key, caseId: CASE, at: AT, movements: [], bookings: [], releases: [], ...rest };
}

function thing(
  item: string,
  kind: Movement['kind'],
  from: string,
  to: string,
  rest: Partial<Movement> = {},
): Movement {
  const own = (holder: string) => (holder.includes('/') ? null : holder);
  return {
    item,
    kind,
    from,
    to,
    givenBy: own(from),
    receivedBy: own(to),
    dueBackAt: null,
    keeper: null,
    rule: 'AT-43',
    ...rest,
  };
}

function borrow(item: string, rest: Partial<Movement> = {}): Movement {
  return thing(item, 'device', 'place/warehouse', 'wang.lei', {
    givenBy: 'gao.yang',
    keeper: 'gao.yang',
    rule: 'ISS-08',
    ...rest,
  });
}

/** An hour's visit without travel. */
function booking(key: string, who: string, from: Instant): BookingRequest {
  return { key, who, kind: 'visit', from, to: later(from, 60), bufferMinutes: 0, region: null };
}

function proof(evidence: string): EvidenceRef {
  return { evidence, sha256: `sha-of-${evidence}`, mediaType: 'image/png', bytes: 1 };
}

/** Works through a list with so many at once. */
async function inTurns<T, R>(list: T[], atOnce: number, work: (each: T, index: number) => Promise<R>) {
  const results: R[] = [];
  const queue = list.entries();
  const worker = async () => {
    for (const [index, each] of queue) results[index] = await work(each, index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
