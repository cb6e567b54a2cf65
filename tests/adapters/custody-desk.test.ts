/** Stock, custody and appointments as people see them: the command line over the facade over a real ledger. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extractText, getDocumentProxy } from 'unpdf';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readOrganisation, readStockCsv } from '../../adapters/organisation-file.js';
import { openLedger } from '../../adapters/ledger/index.js';
import type { CaseFile, LedgerPort } from '../../adapters/ports.js';
import { Aftercare } from '../../client/aftercare.js';
import { run } from '../../client/cli/run.js';
import { Output } from '../../client/cli/output.js';
import { loadPolicy } from '../../client/policy.js';
import type { CustodyRow, Movement } from '../../domain/custody.js';
import { startEmbeddedLedger, type EmbeddedLedger } from '../../runtime/ledger-embedded.js';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const CASE = 'F20300304-001';
/** Monday, 10:00 local. */
const NOW = '2030-03-04T02:00:00.000Z';

let embedded: EmbeddedLedger;
let ledger: LedgerPort;
let api: Aftercare;
/** The present; a test may move it. */
let now = NOW;

beforeAll(async () => {
  embedded = await startEmbeddedLedger({ dataDir: null });
  ledger = await openLedger({ url: embedded.url });
  await ledger.migrate();
  await ledger.importOrganisation(await readOrganisation(path('examples/organisation.yaml')));
  const policy = await loadPolicy(path('policy/default.yaml'));
  const none = undefined as never;
  api = new Aftercare({
    client: none,
    storage: none,
    taskQueue: 'none',
    ledger,
    policy,
    now: () => new Date(now),
  });
  await ledger.importStock(await readStockCsv(path('examples/stock.csv')), '2030-03-01T01:00:00.000Z');
  const borrowed: Movement = {
    item: 'JSP-30040001',
    kind: 'device',
    from: 'place/warehouse',
    to: 'wang.lei',
    givenBy: 'pan.mei',
    receivedBy: 'wang.lei',
    dueBackAt: '2030-03-04T01:30:00.000Z',
    keeper: 'pan.mei',
    rule: 'ISS-08',
  };
  const cash: Movement = {
    item: `${CASE}/cash#1`,
    kind: 'cash',
    amount: 820,
    from: 'customer/qingshan',
    to: 'wang.lei',
    givenBy: null,
    givenProof: { evidence: 'e1', sha256: 'abcdef0123456789', mediaType: 'image/png', bytes: 1 },
    receivedBy: 'wang.lei',
    dueBackAt: null,
    keeper: null,
    rule: 'ISS-13',
  };
  const done = await ledger.claim({
    key: `${CASE}/lend#1`,
    caseId: CASE,
    at: '2030-03-04T01:00:00.000Z',
    movements: [borrowed, cash],
    bookings: [
      visit('b2', '2030-03-05T05:00:00.000Z', 'west', 0),
      visit('b1', '2030-03-05T01:00:00.000Z', 'lakeside', 30),
      visit('b3', '2030-03-06T01:00:00.000Z', null, 0),
    ],
    releases: [],
  });
  expect(done.status).toBe('done');
});
afterAll(async () => {
  await ledger.close();
  await embedded.stop();
});

function visit(key: string, from: string, region: string | null, bufferMinutes: number) {
  const to = new Date(Date.parse(from) + 60 * 60_000).toISOString();
  return { key, who: 'wang.lei', kind: 'installation' as const, from, to, bufferMinutes, region };
}

async function aftercare(line: string) {
  const argv = line.split(' ');
  const said = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof said) => ({ write: (text: string) => (said[name] += text) });
  const json = argv.includes('--json');
  const out = new Output({ json, color: false }, sink('stdout'), sink('stderr'));
  const close = () => Promise.resolve();
  const exit = await run(argv, {
    out,
    connect: () => Promise.resolve(Object.assign(Object.create(api) as Aftercare, { close })),
    config: () => Promise.resolve({ as: null } as never),
  });
  return { exit, ...said };
}

const cells = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));

describe('stock', () => {
  it('REG-05 is listed by family: what is in the warehouse, and who has the others', async () => {
    const { stdout, exit } = await aftercare('stock list --all --family goldenTaxDisk');
    expect(exit).toBe(0);
    expect(cells(stdout)).toEqual([
      ['serial', 'kind', 'family', 'model', 'holder', 'since'],
      ['JSP-30040001', 'device', 'goldenTaxDisk', 'GTD-5 金税盘', 'wang.lei', 'Mon 09:00'],
      ['JSP-30040002', 'device', 'goldenTaxDisk', 'GTD-5 金税盘', 'place/warehouse', 'Fri 09:00'],
      ['JSP-30040003', 'device', 'goldenTaxDisk', 'GTD-5 金税盘', 'place/warehouse', 'Fri 09:00'],
      ['JSP-30040004', 'device', 'goldenTaxDisk', 'GTD-5 金税盘', 'place/warehouse', 'Fri 09:00'],
      ['goldenTaxDisk: 3 in the warehouse, 1 out'],
    ]);
    const inside = await aftercare('stock list --json');
    expect(JSON.parse(inside.stdout)).toHaveLength(11);
  });

  it('REG-05 is imported from a file, and again without effect', async () => {
    const again = await aftercare(`stock import ${path('examples/stock.csv')} --json`);
    expect(JSON.parse(again.stdout)).toEqual({
      items: 12,
      families: ['cardReader', 'goldenTaxDisk', 'printHead', 'reportDisk', 'taxControlDisk'],
      added: 0,
      unchanged: 12,
    });
  });

  it('REG-05 names the line of a serial number that is on file as something else', async () => {
    const item = { item: 'JSP-30040002', kind: 'device', family: 'reportDisk', model: 'RPD-1' } as const;
    const refused = api.importStock([{ ...item, line: 7 }]);
    await expect(refused).rejects.toMatchObject({
      code: 'stock.conflict',
      exit: 2,
      details: {
        fields: [
          { field: 'line 7', message: 'JSP-30040002 is on file as device goldenTaxDisk GTD-5 金税盘' },
        ],
      },
    });
  });
});

describe('custody', () => {
  it('AT-43 shows what our people hold, and what is overdue', async () => {
    const { stdout } = await aftercare('custody list');
    const lent = [
      'JSP-30040001',
      'goldenTaxDisk',
      'wang.lei',
      'place/warehouse',
      CASE,
      'Mon 09:00',
      'Mon 09:30 (30 min ago)',
      'pan.mei',
      'ISS-08',
    ];
    expect(cells(stdout).slice(1)).toEqual([
      lent,
      [`${CASE}/cash#1`, 'cash', 'wang.lei', 'customer/qingshan', CASE, 'Mon 09:00', 'ISS-13'],
    ]);
    const overdue = await aftercare('custody list --holder engineer-1 --overdue');
    expect(cells(overdue.stdout).slice(1)).toEqual([lent]);
    const none = await aftercare('custody list --holder li.na');
    expect(none.stdout).toBe('nothing is held\n');
  });

  it("counts customers' machines in our workshop as in our care, until they are back (ONS-14)", async () => {
    const machine = {
      item: 'MACHINE-1',
      kind: 'machine',
      holder: 'place/workshop',
      family: null,
    } as CustodyRow;
    const rows = ['place/workshop', 'customer/qingshan'].map((holder) => ({
      ...machine,
      holder,
      since: now,
    }));
    vi.spyOn(ledger, 'custody').mockResolvedValue(rows);
    const { stdout } = await aftercare('custody list --json');
    vi.restoreAllMocks();
    expect(JSON.parse(stdout)).toMatchObject([{ item: 'MACHINE-1', holder: 'place/workshop' }]);
  });

  it.each([
    ['--holder place/workshp', 'there is no place workshp', 'place/workshop'],
    ['--holder customer/nobody', 'no customer nobody is on file', 'org show --customers'],
    ['--holder bureau/nobody', 'no bureau nobody is on file', 'org show --units'],
    ['--holder nothing/nobody', 'nothing is called nothing/…', 'place/NAME'],
    ['--case F20261123-099', 'no case F20261123-099', 'case list'],
  ])('%s is not known', async (flags, message, remedy) => {
    const { exit, stdout, stderr } = await aftercare(`custody list ${flags}`);
    expect([exit, stdout]).toEqual([3, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain(remedy);
  });

  it('AT-43 tells a life with both confirmations of every hand-over', async () => {
    const device = await aftercare('device show jsp-30040001');
    expect(device.stdout.split('\n')[0]).toBe('JSP-30040001  device · goldenTaxDisk · GTD-5 金税盘');
    expect(cells(device.stdout).slice(2)).toEqual([
      ['Fri 09:00', 'Mon 09:00', 'place/warehouse', 'REG-05'],
      ['Mon 09:00', 'now', 'wang.lei', 'place/warehouse', 'pan.mei', 'wang.lei', CASE, 'ISS-08'],
      ['due back Mon 09:30 (30 min ago); keeper pan.mei'],
    ]);
    const cash = await aftercare(`device show ${CASE}/cash#1`);
    expect(cash.stdout).toContain('cash · 820 CNY');
    expect(cash.stdout).toMatch(/customer\/qingshan +signed abcdef01 +wang\.lei/);
    const unknown = await aftercare('device show NONE-1');
    expect(unknown.exit).toBe(3);
    expect(unknown.stderr).toContain('item.unknown');
  });
});

describe('the ledger of devices', () => {
  it('REG-05 tells by family and model what there was, what came and went, what is left and what is on loan', async () => {
    const { stdout, exit } = await aftercare('custody report --month 2030-03');
    expect(exit).toBe(0);
    expect(cells(stdout)).toEqual([
      ['2030-03', '2030-03-01 to 2030-03-31, due at the bureau by 2030-04-10'],
      ['not over yet: as of Mon 10:00'],
      ['family', 'model', 'opening', 'imported', 'closing', 'in house', 'on loan'],
      ['cardReader', 'CR-3 IC卡读卡器', '0', '1', '1', '1', '0'],
      ['goldenTaxDisk', 'GTD-5 金税盘', '0', '4', '4', '3', '1'],
      ['reportDisk', 'RPD-1 报税盘', '0', '2', '2', '2', '0'],
      ['taxControlDisk', 'TCD-2 税控盘', '0', '3', '3', '3', '0'],
      ['total', '0', '10', '10', '9', '1'],
    ]);
    const year = await aftercare('custody report --year 2030 --serials --json');
    expect(JSON.parse(year.stdout)).toMatchObject({
      ...{ period: '2030', from: '2030-01-01', to: '2030-12-31', dueOn: '2031-01-31', over: false },
      total: { opening: 0, imported: 10, issued: 0, closing: 10, inHouse: 9, onLoan: 1 },
      devices: expect.arrayContaining([
        {
          ...{ item: 'JSP-30040001', family: 'goldenTaxDisk', model: 'GTD-5 金税盘', opening: false },
          flows: [
            { at: '2030-03-01T01:00:00.000Z', flow: 'imported', undone: false, party: null, caseId: null },
          ],
          holder: 'wang.lei',
        },
      ]) as unknown,
    });
  });

  it('REG-05 is of the last month that is over unless told', async () => {
    const before = await aftercare('custody report');
    expect(before.stdout.split('\n')).toEqual([
      '2030-02  2030-02-01 to 2030-02-28, due at the bureau by 2030-03-10',
      'no special device was in stock in that time',
      '',
    ]);
    now = '2030-12-31T16:00:00.000Z';
    const december = await aftercare('custody report --json');
    now = NOW;
    expect(JSON.parse(december.stdout)).toMatchObject({
      ...{ period: '2030-12', over: true, total: { opening: 10, closing: 10, onLoan: 1 } },
    });
    expect(december.stdout).not.toContain('"devices"');
  });

  it('REG-05 is printed for the bureau, with names instead of ids', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'aftercare-ledger-')), 'ledger.pdf');
    const { stdout } = await aftercare(`custody report --month 2030-03 --serials --as pan.mei --out ${file}`);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`✓ saved as ${file}`);
    const pdf = await getDocumentProxy(new Uint8Array(await readFile(file)));
    const { text } = await extractText(pdf, { mergePages: true });
    const whole = text.replace(/\s/g, '');
    for (const part of [
      '专用设备收发存台账',
      '编号：SFC-2030-03',
      '期间：2030年3月1日至3月31日',
      '报送期限：2030年4月10日前',
      '制表人：潘梅',
      '本期未结束：数据截至2030年3月4日10:00',
      '金税盘GTD-5金税盘04000000431',
      '合计0100000001091',
      '3月1日购入王雷（借出）',
      '3月1日购入仓库',
    ])
      expect(whole).toContain(part);
    await rm(dirname(file), { recursive: true });
  });

  it.each([
    ['--month 2030-04', '--month 2030-04 lies in the future'],
    ['--year 2031', '--year 2031 lies in the future'],
    ['--month 2030-13', '--month cannot be "2030-13": a month, YYYY-MM'],
    ['--month 3', '--month cannot be "3": a month, YYYY-MM'],
    ['--year 30', '--year cannot be "30": a year, YYYY'],
    ['--month 2030-03 --year 2030', '--month and --year name two times'],
    ['--out ledger.xls', '--out cannot be "ledger.xls": a file name that ends in .pdf'],
  ])('REG-05 does not take %s', async (flags, told) => {
    const { exit, stderr, stdout } = await aftercare(`custody report ${flags}`);
    expect([exit, stdout]).toEqual([64, '']);
    expect(stderr).toContain(told);
  });

  it('REG-05 is refused when rows were altered so that in, out and stock do not agree', async () => {
    const altered = (await ledger.custody({ kind: 'device', current: false })).map((row) =>
      row.item === 'JSP-30040001' && row.holder === 'wang.lei'
        ? { ...row, receivedFrom: 'customer/qingshan' }
        : row,
    );
    vi.spyOn(ledger, 'custody').mockResolvedValue(altered);
    const { exit, stderr } = await aftercare('custody report --month 2030-03');
    vi.restoreAllMocks();
    expect(exit).toBe(2);
    expect(stderr).toContain('custody.broken');
    expect(stderr).toMatch(/JSP-30040001 +in, out and stock do not agree/);
  });
});

describe('appointments', () => {
  it('AT-42 stand in the agenda by time, with what to take along', async () => {
    const { stdout } = await aftercare('agenda --staff engineer-1 --day 2030-03-05');
    const kit = [
      '    take  JSP-30040001  device goldenTaxDisk GTD-5 金税盘',
      `    take  ${CASE}/cash#1  cash 820 CNY`,
    ];
    expect(stdout.trimEnd().split('\n')).toEqual([
      'wang.lei  Tue 5 Mar',
      `  09:00-10:00  installation  ${CASE} · lakeside · then 30 min of travel`,
      ...kit,
      `  13:00-14:00  installation  ${CASE} · west`,
      ...kit,
    ]);
    const today = await aftercare('agenda --as wang.lei');
    expect(today.stdout).toBe('wang.lei  Mon 4 Mar\nno appointment\n');
    const unknown = await aftercare('agenda --staff nobody');
    expect([unknown.exit, unknown.stderr]).toEqual([3, expect.stringContaining('staff.unknown')]);
  });

  it('AT-42 name whom they are with; what is over is done and needs nothing taken along', async () => {
    const caseFile = { row: { customer: 'qingshan' } } as CaseFile;
    vi.spyOn(ledger, 'caseFile').mockResolvedValue(caseFile);
    const all = await ledger.bookings({ who: 'wang.lei' });
    const counter = { ...all[0]!, who: 'bureau/xihu-bureau' };
    vi.spyOn(ledger, 'bookings').mockImplementation(({ who, caseId }) =>
      Promise.resolve(
        caseId !== undefined
          ? [...all, counter]
          : who === 'wang.lei'
            ? [{ ...all[0]!, status: 'kept' }, all[1]!]
            : [],
      ),
    );
    const { stdout } = await aftercare('agenda --staff wang.lei --day 2030-03-05');
    const bureau = await aftercare('agenda --staff bureau/xihu-bureau --day 2030-03-05');
    vi.restoreAllMocks();
    const customer = (await ledger.customer('qingshan'))!;
    const unit = (await ledger.unit('xihu-bureau'))!;
    const whom = `${CASE} · ${customer.name} (qingshan) · ${customer.contactName} ${customer.mobile}`;
    expect(stdout.trimEnd().split('\n')).toEqual([
      'wang.lei  Tue 5 Mar',
      `  09:00-10:00  installation  done  ${whom} · ${unit.name} · lakeside`,
      `  13:00-14:00  installation  ${whom} · west`,
      '    take  JSP-30040001  device goldenTaxDisk GTD-5 金税盘',
      `    take  ${CASE}/cash#1  cash 820 CNY`,
    ]);
    expect(bureau.stdout).toBe(`bureau/xihu-bureau  ${unit.name}  Tue 5 Mar\nno appointment\n`);
  });

  it('W20 a trip is one stop, with every case that has its place on it and what is taken along for each', async () => {
    const trip = 'R20300304-001';
    const from = '2030-03-07T01:00:00.000Z';
    const own = { ...visit(`${trip}/who`, from, null, 30), kind: 'issuance' as const };
    const counter = { ...own, key: `${trip}/bureau`, who: 'bureau/xihu-bureau' };
    const base = { at: '2030-03-04T02:00:00.000Z', movements: [], bookings: [], releases: [] };
    const wanted = { act: 'plan' as const, trip };
    await ledger.claim({ ...base, key: trip, caseId: trip, bookings: [own, counter], trip: wanted });
    const places = [CASE, 'F20300304-002', 'F20300304-003'];
    for (const caseId of places) {
      const place = { act: 'join' as const, trip, key: `${caseId}/place`, bureau: 'xihu-bureau' };
      expect(await ledger.claim({ ...base, key: place.key, caseId, trip: place })).toMatchObject({
        status: 'done',
      });
    }
    await ledger.releaseBookings([`${places[2]}/place`], base.at);
    const { stdout } = await aftercare('agenda --staff wang.lei --day 2030-03-07');
    expect(stdout.trimEnd().split('\n')).toEqual([
      'wang.lei  Thu 7 Mar',
      `  09:00-10:00  issuance  ${trip} · 示例市西湖区税务局 · then 30 min of travel`,
      `    for ${CASE}`,
      '      take  JSP-30040001  device goldenTaxDisk GTD-5 金税盘',
      `      take  ${CASE}/cash#1  cash 820 CNY`,
      `    for ${places[1]}`,
    ]);
  });

  it('AT-42 leave free times between them', async () => {
    const { stdout } = await aftercare(
      'bookings free --staff wang.lei --day 2030-03-05 --minutes 60 --count 4 --json',
    );
    const slots = JSON.parse(stdout) as { from: string; provisional: boolean }[];
    expect(slots.map((slot) => slot.from)).toEqual([
      '2030-03-05T02:30:00.000Z',
      '2030-03-05T03:30:00.000Z',
      '2030-03-05T06:00:00.000Z',
      '2030-03-05T07:00:00.000Z',
    ]);
    // The calendar of the policy does not know 2030 yet.
    expect(slots.every((slot) => slot.provisional)).toBe(true);
    const words = await aftercare('bookings free --staff wang.lei --count 1');
    expect(words.stdout).toBe('Mon 4 Mar  10:00-11:00  provisional\n');
  });

  it('W8 are at a bureau within the hours of its counter, or of the calendar named', async () => {
    const free = 'bookings free --staff bureau/xihu-bureau --day 2030-03-11 --minutes 60 --count 9';
    const times = async (line: string) =>
      cells((await aftercare(line)).stdout).map(([day, time]) => `${day} ${time}`);
    const own = await times(free);
    expect(own.slice(2, 5)).toEqual([
      'Mon 11 Mar 11:00-12:00',
      'Mon 11 Mar 13:30-14:30',
      'Mon 11 Mar 14:30-15:30',
    ]);
    expect(own).not.toContain('Mon 11 Mar 17:00-18:00');
    expect(await times(`${free} --calendar hotline`)).toContain('Mon 11 Mar 17:00-18:00');
    const unknown = await aftercare(`${free} --calendar none`);
    expect([unknown.exit, unknown.stderr]).toEqual([64, expect.stringContaining('one of hotline')]);
    const nobody = await aftercare('bookings free --staff bureau/none');
    expect([nobody.exit, nobody.stderr]).toEqual([3, expect.stringContaining('no bureau none is on file')]);
  });
});
