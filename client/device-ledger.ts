/**
 * The ledger of special devices on paper (专用设备收发存台账, REG-05), as the city bureau is given it. It belongs to no
 * case, so that no activity prints it: who asks for it gets it.
 */
import { dayOf } from '../domain/calendar.js';
import type { Instant } from '../domain/case.js';
import {
  INWARD,
  OUTWARD,
  type DeviceFlow,
  type DeviceLine,
  type Flow,
  type StockCount,
} from '../domain/device-ledger.js';
import { isHeldByStaff, type Holder, type Place } from '../domain/custody.js';
import { inLanguage } from '../domain/message.js';
import type { Organisation } from '../domain/organisation.js';
import { formatDay, formatInstant } from '../domain/text.js';
import { word } from '../domain/words.js';
import type { DeviceLedgerSheet, StockNumbers } from '../documents/index.js';
import type { StockReport } from './api.js';

const LANGUAGE = 'zh-CN';
const FLOWS: Record<Flow, string> = {
  imported: '购入',
  fromManufacturer: '厂家退回',
  fromCustomers: '客户退回',
  found: '找回',
  issued: '交付客户',
  toManufacturer: '退厂',
  lost: '遗失',
};
const PLACES: Record<Place, string> = {
  warehouse: '仓库',
  finance: '财务',
  technicalService: '技服部',
  workshop: '维修间',
  archive: '档案室',
};
const PARTIES: Record<string, string> = { manufacturer: '厂家', lost: '遗失' };

export interface PrintOrder {
  report: StockReport;
  organisation: Organisation;
  /** Who asked for it. */
  by: string | null;
  at: Instant;
  offsetMinutes: number;
  /** With every device by its serial number. */
  serials: boolean;
}

/** @returns a PDF; the same order makes the same bytes */
export async function printStockReport(order: PrintOrder): Promise<Uint8Array> {
  // Loaded here and nowhere else in the facade: the compiler and its fonts are large.
  const { renderDocument } = await import('../documents/index.js');
  return renderDocument('deviceLedger', sheetOf(order), { unprintable: 'mark' });
}

/** What stands on the paper. */
export function sheetOf({
  report,
  organisation,
  by,
  at,
  offsetMinutes,
  serials,
}: PrintOrder): DeviceLedgerSheet {
  const { period, from, to, dueOn, over, lines, total, devices } = report;
  const { company } = organisation;
  const local = (instant: Instant) =>
    `${dayOf(instant, offsetMinutes).slice(0, 4)}年${formatInstant(instant, LANGUAGE, offsetMinutes)}`;
  const on = (day: string) => `${day.slice(0, 4)}年${formatDay(day, LANGUAGE)}`;
  const moveOf = ({ at: moved, flow, undone, party }: DeviceFlow) => {
    const what = `${undone ? '冲销：' : ''}${FLOWS[flow]}`;
    // Who the other side is, where the word does not say it.
    const whom = party?.startsWith('customer/') ? ` ${holderOf(organisation, party)}` : '';
    return `${formatDay(dayOf(moved, offsetMinutes), LANGUAGE)} ${what}${whom}`;
  };
  const deviceOf = ({ item, family, model, opening, flows, holder }: DeviceLine) => ({
    serialNo: item,
    name: [word('family', family, LANGUAGE), model].filter(Boolean).join('\n'),
    opening: opening ? '有' : '无',
    moves: flows.map(moveOf).join('\n'),
    holder: holderOf(organisation, holder),
  });
  return {
    head: {
      company: inLanguage(company.name, LANGUAGE),
      hotline: company.hotline,
      formNo: `SFC-${period}`,
      filledBy: organisation.staff.find(({ id }) => id === by)?.name ?? '',
      filledAt: local(at),
      printedAt: local(at),
      createdAt: at,
    },
    period: `${on(from)}至${to.startsWith(from.slice(0, 4)) ? formatDay(to, LANGUAGE) : on(to)}`,
    dueOn: `${on(dueOn)}前`,
    state: over ? '' : `本期未结束：数据截至${local(at)}`,
    lines: lines.map(({ family, model, ...count }) => ({
      family: word('family', family, LANGUAGE),
      model,
      ...numbersOf(count),
    })),
    total: numbersOf(total),
    devices: serials ? devices.map(deviceOf) : [],
  };
}

function numbersOf(count: StockCount): StockNumbers {
  const names = ['opening', ...INWARD, ...OUTWARD, 'closing', 'inHouse', 'onLoan'] as const;
  return Object.fromEntries(names.map((name) => [name, String(count[name])]));
}

function holderOf({ staff, customers }: Organisation, holder: Holder): string {
  if (isHeldByStaff(holder)) return `${staff.find(({ id }) => id === holder)?.name ?? holder}（借出）`;
  const [kind, id = ''] = holder.split('/');
  if (kind === 'customer') return customers.find((each) => each.id === id)?.name ?? id;
  return (kind === 'place' ? PLACES[id as Place] : PARTIES[id]) ?? id;
}
