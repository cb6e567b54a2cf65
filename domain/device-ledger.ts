/**
 * The ledger of special devices (专用设备收发存台账, REG-05): what there was, what came, what went and what is left in a
 * month or a year, told from the holdings of each device. Pure.
 *
 * Stock is what is in our hands. Lending a device to an engineer moves nothing in or out: what is on loan at the end
 * stands beside what lies in the house, and both together are the closing stock.
 */
import type { Day, Instant } from './case.js';
import { addDays, instantOf } from './calendar.js';
import { isHeldByStaff, isUndone, LOST, type CustodyRow, type Holder } from './custody.js';

/** How a device comes in: taken into stock, back from a manufacturer or other party, back from a customer, found. */
export const INWARD = ['imported', 'fromManufacturer', 'fromCustomers', 'found'] as const;
/** How it goes: to a customer, to a manufacturer or other party, lost or stolen. */
export const OUTWARD = ['issued', 'toManufacturer', 'lost'] as const;
const FLOWS = [...INWARD, ...OUTWARD] as const;
export type Flow = (typeof FLOWS)[number];

/** Numbers of devices. `closing` is `opening` with what came in and without what went, always. */
export interface StockCount extends Record<Flow, number> {
  opening: number;
  closing: number;
  /** Of the closing stock: at one of our places, as a rule the warehouse. */
  inHouse: number;
  /** Of the closing stock: with our people. */
  onLoan: number;
}

/** One model of a family. */
export interface StockLine extends StockCount {
  family: string;
  model: string;
}

/** One device that was in stock, came in or went. */
export interface DeviceLine {
  item: string;
  family: string;
  model: string;
  /** Whether it was in stock when the time began. */
  opening: boolean;
  flows: DeviceFlow[];
  /** Who has it at the end. */
  holder: Holder;
}

export interface DeviceFlow {
  at: Instant;
  flow: Flow;
  /** The claim was withdrawn: counted one less, since nothing was handed over. */
  undone: boolean;
  /** The other side; null for what was taken into stock. */
  party: Holder | null;
  caseId: string | null;
}

export interface DeviceLedger {
  /** By family and model; what neither was there nor moved is left out. */
  lines: StockLine[];
  total: StockCount;
  /** By family, model and serial number. */
  devices: DeviceLine[];
  /** Serial numbers whose movements do not lead from where they were to where they are. None, unless rows were altered. */
  broken: string[];
}

/** The days of a month `2030-03` or a year `2030`, and the day by which its ledger is due at the bureau (REG-05). */
export function ledgerPeriod(period: string): { from: Day; to: Day; dueOn: Day } {
  const [year = 0, month] = period.split('-').map(Number);
  const firstOf = (number: number): Day =>
    `${year + Math.floor(number / 12)}-${twoDigits((number % 12) + 1)}-01`;
  return month === undefined
    ? { from: firstOf(0), to: `${year}-12-31`, dueOn: `${year + 1}-01-31` }
    : { from: firstOf(month - 1), to: addDays(firstOf(month), -1), dueOn: addDays(firstOf(month), 9) };
}

const twoDigits = (number: number) => String(number).padStart(2, '0');

/**
 * @param holdings every holding of every device there ever was, each device's in the order they were written
 * @param days both included; of the zone of `offsetMinutes`
 */
export function deviceLedger(
  holdings: readonly CustodyRow[],
  days: { from: Day; to: Day },
  offsetMinutes: number,
): DeviceLedger {
  const from = instantOf(days.from, '00:00', offsetMinutes);
  const until = instantOf(addDays(days.to, 1), '00:00', offsetMinutes);
  const known = grouped(
    holdings.filter(({ since }) => since < until),
    ({ item }) => item,
  );
  const told = known.map((rows) => deviceLine(rows, from)).sort(byFamily);
  const devices = told.filter(({ opening, flows }) => opening || flows.length > 0);
  const models = grouped(devices, ({ family, model }) => `${family}\n${model}`);
  return {
    lines: models.map((each) => ({ family: each[0]!.family, model: each[0]!.model, ...count(each) })),
    total: count(devices),
    devices,
    broken: told.filter((device) => !balances(count([device]))).map(({ item }) => item),
  };
}

/** What has the same key together, in the order of the list. */
function grouped<T>(list: readonly T[], keyOf: (each: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const each of list) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return [...groups.values()];
}

function deviceLine(rows: readonly CustodyRow[], from: Instant): DeviceLine {
  const { item, family, model, holder } = rows.at(-1)!;
  const before = rows.findLast(({ since }) => since < from);
  return {
    item,
    family: family ?? '',
    model: model ?? '',
    opening: before !== undefined && sideOf(before.holder) === 'ours',
    flows: rows.filter(({ since }) => since >= from).flatMap(flowOf),
    holder,
  };
}

/** What a hand-over did to the stock: nothing where it stayed in our hands, or was never in them. */
function flowOf(row: CustodyRow): DeviceFlow[] {
  const undone = isUndone(row);
  // What was undone is the first hand-over, taken back.
  const [giver, taker] = undone ? [row.holder, row.receivedFrom] : [row.receivedFrom, row.holder];
  const [from, to] = [sideOf(giver), sideOf(taker)];
  const flow = from === 'ours' ? OUT[to] : to === 'ours' ? IN[from] : null;
  if (flow === null) return [];
  const party = from === 'ours' ? taker : giver;
  return [{ at: row.since, flow, undone, party, caseId: row.caseId }];
}

type Side = 'ours' | 'nowhere' | 'customer' | 'party' | 'lost';
const IN: Record<Side, Flow | null> = {
  ours: null,
  nowhere: 'imported',
  party: 'fromManufacturer',
  customer: 'fromCustomers',
  lost: 'found',
};
const OUT: Record<Side, Flow | null> = {
  ours: null,
  nowhere: null,
  party: 'toManufacturer',
  customer: 'issued',
  lost: 'lost',
};

function sideOf(holder: Holder | null): Side {
  if (holder === null) return 'nowhere';
  if (holder === LOST) return 'lost';
  if (holder.startsWith('customer/')) return 'customer';
  return holder.startsWith('party/') ? 'party' : 'ours';
}

function count(devices: readonly DeviceLine[]): StockCount {
  const flows = devices.flatMap((device) => device.flows);
  const sum = (wanted: Flow) =>
    flows.reduce((all, { flow, undone }) => all + (flow === wanted ? (undone ? -1 : 1) : 0), 0);
  const ours = devices.filter(({ holder }) => sideOf(holder) === 'ours');
  const onLoan = ours.filter(({ holder }) => isHeldByStaff(holder)).length;
  return {
    opening: devices.filter(({ opening }) => opening).length,
    ...(Object.fromEntries(FLOWS.map((flow) => [flow, sum(flow)])) as Record<Flow, number>),
    // From where each device is, not from what moved: the two must agree.
    closing: ours.length,
    inHouse: ours.length - onLoan,
    onLoan,
  };
}

/** Whether the closing stock is the opening stock with what came in and without what went. */
export function balances(line: StockCount): boolean {
  const sum = (flows: readonly Flow[]) => flows.reduce((all, flow) => all + line[flow], 0);
  return line.opening + sum(INWARD) - sum(OUTWARD) === line.closing;
}

function byFamily(one: DeviceLine, other: DeviceLine): number {
  const key = ({ family, model, item }: DeviceLine) => [family, model, item].join('\n');
  return key(one) < key(other) ? -1 : 1;
}
