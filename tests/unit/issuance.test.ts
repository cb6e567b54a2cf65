/** Decisions of an issuance without Temporal (C5), and what its forms take and refuse. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issuanceForms, issuanceIntakeForm, serial } from '../../domain/forms-issuance.js';
import { day, formIssues } from '../../domain/forms.js';
import {
  apart,
  balance,
  borrowProblem,
  DEVICE_FAMILIES,
  kitOf,
  wantedFamilies,
  type DeviceLine,
} from '../../domain/issuance.js';

const line = (machineNo: number, more: Partial<DeviceLine> = {}): DeviceLine => ({
  family: 'goldenTaxDisk',
  machineNo,
  relation: 'new',
  replacesSerial: null,
  serial: null,
  state: 'ordered',
  ...more,
});
type Given = { use: 'customer' | 'spare'; machineNo?: number; serial: string };
const own = (sn: string, machineNo?: number): Given => ({
  use: 'customer',
  serial: sn,
  ...(machineNo === undefined ? {} : { machineNo }),
});
const spare = (sn: string): Given => ({ use: 'spare', serial: sn });

describe('ISS-08 ISS-09 what is borrowed fits the order', () => {
  const order = [line(0), line(1)];

  it.each<[string, Given[], string | null]>([
    ['one each', [own('A', 0), own('B', 1)], null],
    ['in any order', [own('B', 1), own('A', 0)], null],
    ['the main machine unless told', [own('A'), own('B', 1)], null],
    ['two spares', [own('A', 0), own('B', 1), spare('C'), spare('D')], null],
    ['one too few', [own('A', 0), spare('C')], 'no device for machine 1'],
    ['none', [], 'no device for machine 0'],
    ['a serial twice', [own('A', 0), own('A', 1)], 'A stands on the slip twice'],
    ['a spare that is taken already', [own('A', 0), own('B', 1), spare('B')], 'B stands on the slip twice'],
    ['two for one machine', [own('A', 0), own('B', 1), own('C', 1)], 'one device for each machine'],
    [
      'a machine nobody ordered',
      [own('A', 0), own('B', 1), own('C', 7)],
      'machine 7 is not waiting for a device',
    ],
    [
      'three spares (D3)',
      [own('A', 0), own('B', 1), spare('C'), spare('D'), spare('E')],
      'at most 2 spare sets a trip (D3)',
    ],
  ])('%s', (_title, given, problem) => expect(borrowProblem(order, given, 2)).toBe(problem));

  it('only lines that have no device yet want one', () => {
    const later = [line(0, { state: 'issued', serial: 'A' }), line(1, { family: 'reportDisk' })];
    expect(wantedFamilies(later)).toEqual(['reportDisk']);
    expect(borrowProblem(later, [own('B', 1)], 2)).toBeNull();
    expect(borrowProblem(later, [own('B', 1), own('C', 0)], 2)).toBe('machine 0 is not waiting for a device');
  });

  it('D3 holds for any order: taken exactly when each waiting machine gets one serial and spares stay in bounds', () => {
    const orders = fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 });
    const slips = fc.array(
      fc.record({
        use: fc.constantFrom<'customer' | 'spare'>('customer', 'spare'),
        machineNo: fc.nat({ max: 5 }),
        serial: fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G'),
      }),
      { maxLength: 7 },
    );
    const fits = (machines: number[], slip: Required<Given>[], spares: number) => {
      const mine = slip.filter((each) => each.use === 'customer').map((each) => each.machineNo);
      return (
        new Set(slip.map((each) => each.serial)).size === slip.length &&
        [...mine].sort().join() === [...machines].sort().join() &&
        slip.length - mine.length <= spares
      );
    };
    fc.assert(
      fc.property(orders, slips, fc.nat({ max: 3 }), (machines, slip, spares) => {
        const lines = machines.map((no) => line(no));
        expect(borrowProblem(lines, slip, spares) === null).toBe(fits(machines, slip, spares));
      }),
      { numRuns: 500 },
    );
    // Slips made at random seldom fit: those that do are made on purpose.
    fc.assert(
      fc.property(orders, fc.nat({ max: 3 }), fc.nat({ max: 5 }), (machines, spares, extra) => {
        const slip = [
          ...machines.map((no) => own(`OWN-${no}`, no)),
          ...Array.from({ length: extra }, (_, no) => spare(`SPARE-${no}`)),
        ];
        const lines = machines.map((no) => line(no));
        expect(borrowProblem(lines, slip, spares) === null).toBe(extra <= spares);
      }),
    );
  });
});

describe('W21 the money of an order that was installed in part', () => {
  it.each<[string, [number, number, number], ReturnType<typeof apart>]>([
    ['nothing paid yet', [2400, 0, 1200], { due: 1200, paid: 0, over: 0 }],
    ['part of it, all for what works', [2400, 1000, 1200], { due: 1200, paid: 1000, over: 0 }],
    ['part of it, more than what works costs', [2400, 2000, 1200], { due: 1200, paid: 1200, over: 800 }],
    ['all of it', [2400, 2400, 999.99], { due: 1400.01, paid: 1400.01, over: 999.99 }],
    ['the rest costs nothing', [2400, 2400, 0], { due: 2400, paid: 2400, over: 0 }],
  ])('%s', (_title, given, then) => expect(apart(...given)).toEqual(then));

  it('no cent is lost, asked for twice, or taken for more than the price', () => {
    const cents = fc.nat({ max: 1_000_000 });
    fc.assert(
      fc.property(cents, cents, cents, (a, b, c) => {
        const [share, paid, due] = [a, b, c].sort((one, other) => one - other).map((each) => each / 100);
        const then = apart(due!, paid!, share!);
        const total = (one: number, other: number) => Math.round((one + other) * 100) / 100;
        expect(total(then.due, share!)).toBe(due);
        expect(total(then.paid, then.over)).toBe(paid);
        expect(then.paid).toBeLessThanOrEqual(then.due);
        expect(then.over).toBeLessThanOrEqual(share!);
      }),
    );
  });
});

describe('ISS-16 D5 the kit', () => {
  const kits = {
    any: { version: '2026.1', items: ['screwdriver', 'contract'] },
    goldenTaxCard: { version: 'UCDOS-1', items: ['screwdriver', 'ucdos'] },
  };
  it('is that of the family, else the common one', () => {
    expect(kitOf(kits, ['goldenTaxCard'])).toEqual({ version: 'UCDOS-1', items: ['screwdriver', 'ucdos'] });
    expect(kitOf(kits, ['taxControlDisk'])).toEqual({
      version: '2026.1',
      items: ['screwdriver', 'contract'],
    });
  });
  it('of two families is both together, each thing once, under both versions', () =>
    expect(kitOf(kits, ['goldenTaxCard', 'taxControlDisk', 'reportDisk'])).toEqual({
      version: 'UCDOS-1 + 2026.1',
      items: ['screwdriver', 'ucdos', 'contract'],
    }));
  it('forgets nothing that any of the families needs', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...DEVICE_FAMILIES), { minLength: 1 }), (families) => {
        const { items } = kitOf(kits, families);
        for (const family of families)
          for (const item of kitOf(kits, [family]).items) expect(items).toContain(item);
        expect(new Set(items).size).toBe(items.length);
      }),
    ));
});

describe('D1 what is still owed', () => {
  it.each([
    [1200, 480, 720],
    [1200, 1200, 0],
    [0, 0, 0],
    [0.3, 0.1, 0.2],
    [100, 120, 0],
  ])('%d due, %d paid: %d', (due, paid, owed) => expect(balance(due, paid)).toBe(owed));

  it('paid in any two parts to the cent leaves nothing', () =>
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), fc.nat({ max: 10_000_000 }), (first, second) => {
        const due = (first + second) / 100;
        const owed = balance(due, first / 100);
        expect(owed).toBe(second / 100);
        expect(balance(due, first / 100 + owed)).toBe(0);
      }),
    ));
});

// ---------------------------------------------------------------- forms

const TEXT = { content: 'c-00000001', sha256: 'a'.repeat(64) };
const FILE = { evidence: 'e-00000001', sha256: 'b'.repeat(64), mediaType: 'text/plain', bytes: 3 };
const edge = issuanceForms('edge');
const core = issuanceForms('core');

/** Fields a form complains of; none when it takes the answer. */
function complaints(schema: { safeParse(value: unknown): unknown }, value: unknown): string[] {
  const parsed = schema.safeParse(value) as { success: boolean; error: Parameters<typeof formIssues>[0] };
  return parsed.success ? [] : [...new Set(formIssues(parsed.error).map((issue) => issue.field))];
}

describe('a calendar day', () => {
  it.each(['2030-01-01', '2030-12-31', '2028-02-29'])('takes %s', (value) =>
    expect(day().parse(value)).toBe(value),
  );
  it.each(['2030-02-29', '2030-04-31', '2030-13-01', '2030-00-10', '2030-1-1', '20300101', 'tomorrow', ''])(
    'refuses %j and does not throw',
    (value) => expect(day().safeParse(value).success).toBe(false),
  );
});

describe('a serial number', () => {
  it('is kept in capitals, without blanks around it', () =>
    expect(serial().parse(' jsp-30040001 ')).toBe('JSP-30040001'));
  it.each(['', '   ', 'JSP 3004', 'JSP/3004', '金税盘1', 'A'.repeat(31)])('refuses %j', (value) =>
    expect(serial().safeParse(value).success).toBe(false),
  );
});

describe('the request', () => {
  const request = {
    customer: 'yunfan',
    noticeNo: '杭税告2030-0113',
    noticeOn: '2030-03-01',
    bureau: 'xihu-bureau',
    devices: [{ family: 'goldenTaxDisk' }],
  };
  const form = issuanceIntakeForm('edge');
  const without = (field: string) => Object.fromEntries(Object.entries(request).filter(([k]) => k !== field));

  it('has its usual values', () =>
    expect(form.parse(request)).toMatchObject({
      kind: 'new',
      taxpayerType: 'general',
      invoiceKinds: ['ordinary'],
      devices: [{ family: 'goldenTaxDisk', machineNo: 0 }],
      relatedCases: [],
    }));

  it.each(['noticeNo', 'noticeOn', 'bureau', 'customer', 'devices'])(
    'REG-02 needs %s: no device without the notice',
    (field) => expect(complaints(form, without(field))).toEqual([field]),
  );

  it.each<[string, Record<string, unknown>, string]>([
    ['a blank notice number', { noticeNo: '  ' }, 'noticeNo'],
    ['a notice of no day', { noticeOn: '2030-02-30' }, 'noticeOn'],
    ['no devices', { devices: [] }, 'devices'],
    ['a family nobody makes', { devices: [{ family: 'abacus' }] }, 'devices.0.family'],
    [
      'a machine number twice',
      {
        devices: [
          { family: 'icCard', machineNo: 1 },
          { family: 'icCard', machineNo: 1 },
        ],
      },
      'devices',
    ],
    [
      'a machine number out of range',
      { devices: [{ family: 'icCard', machineNo: 1000 }] },
      'devices.0.machineNo',
    ],
    ['a field nobody knows', { colour: 'red' }, 'colour'],
  ])('refuses %s', (_title, more, field) =>
    expect(complaints(form, { ...request, ...more })).toEqual([field]),
  );

  it('PRV-02 the taxpayer id and texts stay at the edge: the case takes references only', () => {
    const inner = issuanceIntakeForm('core');
    expect(complaints(form, { ...request, taxpayerId: '91330106MA0000023E', note: '请先致电' })).toEqual([]);
    expect(complaints(inner, { ...request, taxpayerId: '91330106MA0000023E' })).toEqual(['taxpayerId']);
    expect(complaints(inner, { ...request, note: '请先致电' })).toEqual(['note']);
    expect(complaints(inner, { ...request, note: TEXT, noticeFile: FILE })).toEqual([]);
  });
});

describe('answers at the edge and in the core', () => {
  const prepared = {
    feeStatus: 'paid',
    due: 1200,
    paid: 1200,
    hasComputer: true,
    hasPrinter: true,
    backupAsked: true,
    dedicatedMachine: true,
    siteAddress: '杭州市西湖区文三路示例大厦5楼',
  };

  it('D6 a code is text at the edge and a reference in the core', () => {
    expect(edge.receiveCode.parse({ code: '7F3A9C21B4' })).toEqual({ code: { $text: '7F3A9C21B4' } });
    expect(complaints(core.receiveCode, { code: '7F3A9C21B4' })).toEqual(['code']);
    expect(core.receiveCode.parse({ code: TEXT })).toEqual({ code: TEXT });
    expect(complaints(edge.receiveCode, { code: 'X'.repeat(33) })).toEqual(['code']);
  });

  it('AT-43 both signatures are files at the edge and references in the core', () => {
    const slip = { lines: [{ serial: 'jsp-1' }], keeperSignature: '潘梅', borrowerSignature: '@slip.png' };
    expect(edge.borrowDevices.parse(slip)).toEqual({
      lines: [{ serial: 'JSP-1', use: 'customer' }],
      keeperSignature: { $file: { name: 'note.txt', text: '潘梅' } },
      borrowerSignature: { $file: { path: 'slip.png' } },
    });
    expect(complaints(core.borrowDevices, slip)).toEqual(['keeperSignature', 'borrowerSignature']);
    expect(complaints(edge.borrowDevices, { lines: [{ serial: 'JSP-1' }], keeperSignature: '潘梅' })).toEqual(
      ['borrowerSignature'],
    );
  });

  it('ISS-04 ISS-05 preparation asks about the backup and a machine of its own; a no is no answer', () => {
    expect(complaints(edge.prepare, prepared)).toEqual([]);
    expect(complaints(edge.prepare, { ...prepared, backupAsked: false, dedicatedMachine: false })).toEqual([
      'backupAsked',
      'dedicatedMachine',
    ]);
  });

  it('REG-03 unless told otherwise nothing is bought and nothing was recommended', () =>
    expect(edge.prepare.parse(prepared)).toMatchObject({
      choice: 'own',
      recommended: false,
      feeAsked: true,
    }));

  it('ISS-03 ISS-06 what the customer has and the exact address are asked for', () => {
    const { hasComputer: _computer, hasPrinter: _printer, siteAddress: _address, ...rest } = prepared;
    expect(complaints(edge.prepare, rest).sort()).toEqual(['hasComputer', 'hasPrinter', 'siteAddress']);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a tenth of a cent', { due: 1200.001 }, 'due'],
    ['money below nothing', { paid: -1 }, 'paid'],
    ['an address of 121 characters', { siteAddress: '路'.repeat(121) }, 'siteAddress'],
    ['half an appointment', { tentative: { technician: 'wang.lei' } }, 'tentative.from'],
  ])('prepare refuses %s', (_title, more, field) =>
    expect(complaints(edge.prepare, { ...prepared, ...more })).toContain(field),
  );

  it('REG-04 ISS-20 training is always offered, and something was explained', () => {
    const installed = {
      kitVersion: '2026.1',
      kit: ['screwdriver'],
      softwareVersion: 'V2.3.10',
      devices: [{ serial: 'JSP-1', result: 'installed' }],
      explained: ['invoicing'],
      trainingOffered: true,
    };
    expect(complaints(core.install, installed)).toEqual([]);
    expect(complaints(core.install, { ...installed, trainingOffered: false, explained: [] })).toEqual([
      'explained',
      'trainingOffered',
    ]);
  });

  it("W24 a missing stamp comes in by its proof or the lead's waiver, not by nothing", () => {
    expect(complaints(core.collectStamp, {})).toEqual(['(form)']);
    expect(complaints(core.collectStamp, { proof: FILE })).toEqual([]);
    expect(complaints(core.collectStamp, { waiver: TEXT })).toEqual([]);
  });

  it('ISS-24 the code is told after one of the known checks of who asks', () => {
    expect(complaints(edge.tellCode, { toldTo: '严帆', identityCheck: 'callback' })).toEqual([]);
    expect(complaints(edge.tellCode, { toldTo: '严帆' })).toEqual(['identityCheck']);
    expect(complaints(edge.tellCode, { toldTo: '严帆', identityCheck: 'sounds right' })).toEqual([
      'identityCheck',
    ]);
  });
});
