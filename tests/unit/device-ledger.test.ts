import { describe, expect, it } from 'vitest';
import type { CustodyRow, Holder } from '../../domain/custody.js';
import { balances, deviceLedger, ledgerPeriod } from '../../domain/device-ledger.js';

const ZONE = 480;
const MARCH = ledgerPeriod('2030-03');

/** The life of a device: who has had it since when; `undone` where a claim was withdrawn. */
function life(
  item: string,
  steps: [holder: Holder, since: string, undone?: 'undone'][],
  family = 'taxControlDisk',
) {
  return steps.map(([holder, since, undone], i): CustodyRow => {
    const receivedFrom = steps[i - 1]?.[0] ?? null;
    const by = receivedFrom === null || undone ? null : 'pan.mei';
    return {
      ...{
        item,
        kind: 'device',
        family,
        model: 'M-1',
        amount: null,
        holder,
        receivedFrom,
        caseId: null,
        since,
      },
      ...{
        until: steps[i + 1]?.[1] ?? null,
        givenBy: by,
        receivedBy: by,
        givenProof: null,
        receivedProof: null,
      },
      ...{ dueBackAt: null, keeper: null, rule: 'REG-05', claim: `${item}#${i}` },
    };
  });
}

const WAREHOUSE = 'place/warehouse';
const NOTHING = {
  ...{ opening: 0, imported: 0, fromManufacturer: 0, fromCustomers: 0, found: 0 },
  ...{ issued: 0, toManufacturer: 0, lost: 0, closing: 0, inHouse: 0, onLoan: 0 },
};

describe('the ledger of special devices', () => {
  it('REG-05 spans a month or a year, and is due by the 10th or the end of January', () => {
    expect(ledgerPeriod('2030-03')).toEqual({ from: '2030-03-01', to: '2030-03-31', dueOn: '2030-04-10' });
    expect(ledgerPeriod('2030-12')).toEqual({ from: '2030-12-01', to: '2030-12-31', dueOn: '2031-01-10' });
    expect(ledgerPeriod('2028-02')).toEqual({ from: '2028-02-01', to: '2028-02-29', dueOn: '2028-03-10' });
    expect(ledgerPeriod('2030')).toEqual({ from: '2030-01-01', to: '2030-12-31', dueOn: '2031-01-31' });
  });

  it('REG-05 counts every way in and out by family and model; a loan is neither', () => {
    const rows = [
      life('A', [[WAREHOUSE, '2030-02-01T01:00:00.000Z']]),
      life('B', [
        [WAREHOUSE, '2030-02-01T01:00:00.000Z'],
        ['wang.lei', '2030-03-05T01:00:00.000Z'],
        ['customer/qingshan', '2030-03-05T05:00:00.000Z'],
      ]),
      life('C', [
        [WAREHOUSE, '2030-03-02T01:00:00.000Z'],
        ['wang.lei', '2030-03-05T01:00:00.000Z'],
      ]),
      life('D', [
        [WAREHOUSE, '2030-02-01T01:00:00.000Z'],
        ['wang.lei', '2030-02-05T01:00:00.000Z'],
        ['party/manufacturer', '2030-03-05T01:00:00.000Z'],
        [WAREHOUSE, '2030-03-20T01:00:00.000Z'],
      ]),
      life('E', [
        [WAREHOUSE, '2030-02-01T01:00:00.000Z'],
        ['party/lost', '2030-03-05T01:00:00.000Z'],
      ]),
      life('F', [
        [WAREHOUSE, '2030-02-01T01:00:00.000Z'],
        ['party/lost', '2030-02-05T01:00:00.000Z'],
        ['place/workshop', '2030-03-05T01:00:00.000Z'],
      ]),
      // Sold before; what a customer does with it afterwards is no stock of ours.
      life('G', [
        [WAREHOUSE, '2030-02-01T01:00:00.000Z'],
        ['customer/qingshan', '2030-02-05T01:00:00.000Z'],
        ['party/manufacturer', '2030-03-05T01:00:00.000Z'],
      ]),
      life(
        'H',
        [
          [WAREHOUSE, '2030-02-01T01:00:00.000Z'],
          ['customer/qingshan', '2030-02-05T01:00:00.000Z'],
          [WAREHOUSE, '2030-03-05T01:00:00.000Z'],
        ],
        'cardReader',
      ),
      life('I', [[WAREHOUSE, '2030-04-01T01:00:00.000Z']], 'icCard'),
    ].flat();
    const { lines, total, devices, broken } = deviceLedger(rows, MARCH, ZONE);
    const disks = {
      ...NOTHING,
      ...{ opening: 4, imported: 1, fromManufacturer: 1, found: 1 },
      ...{ issued: 1, toManufacturer: 1, lost: 1, closing: 4, inHouse: 3, onLoan: 1 },
    };
    expect(lines).toEqual([
      { family: 'cardReader', model: 'M-1', ...NOTHING, fromCustomers: 1, closing: 1, inHouse: 1 },
      { family: 'taxControlDisk', model: 'M-1', ...disks },
    ]);
    expect(total).toEqual({ ...disks, fromCustomers: 1, closing: 5, inHouse: 4 });
    expect(devices.map(({ item }) => item)).toEqual(['H', 'A', 'B', 'C', 'D', 'E', 'F']);
    expect(devices[2]).toEqual({
      ...{ item: 'B', family: 'taxControlDisk', model: 'M-1', opening: true, holder: 'customer/qingshan' },
      flows: [
        {
          at: '2030-03-05T05:00:00.000Z',
          ...{ flow: 'issued', undone: false, party: 'customer/qingshan', caseId: null },
        },
      ],
    });
    expect(broken).toEqual([]);
  });

  it('REG-05 local midnight parts the months', () => {
    const rows = [
      life('A', [[WAREHOUSE, '2030-02-28T15:59:00.000Z']]),
      life('B', [[WAREHOUSE, '2030-02-28T16:00:00.000Z']]),
      life('C', [[WAREHOUSE, '2030-03-31T15:59:00.000Z']]),
      life('D', [[WAREHOUSE, '2030-03-31T16:00:00.000Z']]),
    ].flat();
    expect(deviceLedger(rows, MARCH, ZONE).total).toMatchObject({ opening: 1, imported: 2, closing: 3 });
    expect(deviceLedger(rows, MARCH, 0).total).toMatchObject({ opening: 2, imported: 2, closing: 4 });
  });

  it('REG-05 a hand-over that was undone is counted back where it was counted, in a later month as well', () => {
    const undone = life('A', [
      [WAREHOUSE, '2030-02-01T01:00:00.000Z'],
      ['customer/qingshan', '2030-03-31T15:50:00.000Z'],
      [WAREHOUSE, '2030-03-31T15:58:00.000Z', 'undone'],
    ]);
    expect(deviceLedger(undone, MARCH, ZONE).total).toEqual({
      ...NOTHING,
      ...{ opening: 1, closing: 1, inHouse: 1 },
    });
    const late = life('A', [
      [WAREHOUSE, '2030-02-01T01:00:00.000Z'],
      ['customer/qingshan', '2030-02-28T15:50:00.000Z'],
      [WAREHOUSE, '2030-02-28T16:10:00.000Z', 'undone'],
    ]);
    const march = deviceLedger(late, MARCH, ZONE);
    expect(march.total).toEqual({ ...NOTHING, issued: -1, closing: 1, inHouse: 1 });
    expect(march.devices[0]!.flows).toMatchObject([
      { flow: 'issued', undone: true, party: 'customer/qingshan' },
    ]);
    expect(balances(march.total)).toBe(true);
  });

  it('REG-05 names devices whose rows do not follow one another', () => {
    const rows = life('A', [
      [WAREHOUSE, '2030-02-01T01:00:00.000Z'],
      ['customer/qingshan', '2030-03-05T01:00:00.000Z'],
    ]);
    rows[1] = { ...rows[1]!, receivedFrom: 'customer/yunfan' };
    expect(deviceLedger(rows, MARCH, ZONE).broken).toEqual(['A']);
    // As they were before it, nothing was wrong.
    expect(deviceLedger(rows, ledgerPeriod('2030-02'), ZONE).broken).toEqual([]);
  });
});
