/** Things held and appointments: stock, custody, agendas, free times, and the ledger of special devices (REG-05). */
import { StockConflict } from '../adapters/ports.js';
import { busySpan, freeSlots } from '../domain/booking.js';
import type { Day } from '../domain/case.js';
import { dayOf, instantOf } from '../domain/calendar.js';
import {
  atPlace,
  isHeldByStaff,
  onTrip,
  PLACES,
  type BookingFilter,
  type BookingRow,
  type CustodyFilter,
  type Holder,
} from '../domain/custody.js';
import { deviceLedger, ledgerPeriod } from '../domain/device-ledger.js';
import { processOf } from '../domain/processes.js';
import {
  DeskError,
  EXIT,
  type AftercareApi,
  type Agenda,
  type AgendaEntry,
  type ItemLife,
  type StockReport,
} from './api.js';
import { printStockReport } from './device-ledger.js';
import type { Desk } from './desk.js';
import { notFound } from './failures.js';

/** Who has the appointments of a counter: `bureau/<unit id>`. */
const BUREAU = 'bureau/';

export class Holdings {
  constructor(private readonly desk: Desk) {}

  importStock(items: Parameters<AftercareApi['importStock']>[0]) {
    return this.desk.guarded(undefined, async () => {
      try {
        return await this.desk.ledger.importStock(items, this.desk.at);
      } catch (error) {
        if (!(error instanceof StockConflict)) throw error;
        const { item, index, known } = error;
        const what = [known.kind, known.family, known.model].filter(Boolean).join(' ');
        throw new DeskError('stock.conflict', 'nothing was imported', {
          fields: [
            { field: `line ${items[index]?.line ?? index + 1}`, message: `${item} is on file as ${what}` },
          ],
          remedy: `mend the line, or look: aftercare device show ${item}`,
          cause: error,
        });
      }
    });
  }

  async custody(filter: CustodyFilter) {
    const { holder, caseId } = filter;
    const by = holder === undefined ? filter : { ...filter, holder: await this.holder(holder) };
    const found = await this.desk.guarded(undefined, () => this.desk.ledger.custody(by));
    if (found.length === 0 && caseId !== undefined) await this.refuseUnknownCase(caseId);
    return found;
  }

  private async refuseUnknownCase(caseId: string): Promise<void> {
    const file = await this.desk.guarded(undefined, () => this.desk.ledger.caseFile(caseId));
    if (file === null) throw notFound(caseId);
  }

  async life(item: string): Promise<ItemLife> {
    const known = await this.desk.guarded(undefined, () => this.desk.ledger.item(item));
    if (known === null)
      throw new DeskError('item.unknown', `no item ${item} is on file`, {
        exit: EXIT.notFound,
        remedy: 'what there is: aftercare stock list --all, aftercare custody list',
      });
    return { ...known, holdings: await this.desk.ledger.custody({ item, current: false }) };
  }

  async stockReport(period: string): Promise<StockReport> {
    const holdings = await this.custody({ kind: 'device', current: false });
    const { dueOn, ...days } = ledgerPeriod(period);
    const { broken, ...ledger } = deviceLedger(holdings, days, this.desk.offset);
    if (broken.length > 0)
      throw new DeskError('custody.broken', 'movements do not lead to where these devices are', {
        fields: broken.map((item) => ({ field: item, message: 'in, out and stock do not agree' })),
        remedy: `rows were altered; look: aftercare device show ${broken[0]}`,
      });
    const asOf = this.desk.at;
    return { period, ...days, dueOn, over: dayOf(asOf, this.desk.offset) > days.to, asOf, ...ledger };
  }

  async printStockReport(report: StockReport, { serials, by }: { serials: boolean; by: string | null }) {
    const organisation = await this.desk.organisation();
    const actor = by === null ? null : (await this.desk.staff(by)).id;
    return printStockReport({
      report,
      organisation,
      by: actor,
      at: report.asOf,
      offsetMinutes: this.desk.offset,
      serials,
    });
  }

  bookings(filter: BookingFilter) {
    return this.desk.guarded(undefined, () => this.desk.ledger.bookings(filter));
  }

  async agenda(named: string, day: Day): Promise<Agenda> {
    const who = await this.holder(named);
    const all = await this.bookings({ who, day, offsetMinutes: this.desk.offset });
    const booked = all.filter(({ status }) => status !== 'released');
    const entryOf = async (booking: BookingRow): Promise<AgendaEntry> => {
      const { caseId } = booking;
      const file = await this.desk.ledger.caseFile(caseId);
      const kit = await this.desk.ledger.custody({ holder: who, caseId });
      const customer = file?.row.customer ?? null;
      return {
        booking,
        customer,
        contact: await this.contact(customer),
        bureau: who.startsWith(BUREAU) ? null : await this.bureauOf(booking),
        kit,
      };
    };
    const entries = booked.map(async (booking): Promise<AgendaEntry> => {
      const entry = await entryOf(booking);
      if (processOf(booking.caseId) !== 'trip') return entry;
      const places = await this.bookings({ who: onTrip(booking.caseId) });
      const taken = places.filter((place) => place.status !== 'released');
      return { ...entry, places: await Promise.all(taken.map(entryOf)) };
    });
    return { who, name: await this.nameOf(who), day, entries: await Promise.all(entries) };
  }

  /** Whom an appointment is with. */
  private async contact(customer: string | null): Promise<AgendaEntry['contact']> {
    const known = customer === null ? null : await this.desk.ledger.customer(customer);
    if (known === null) return null;
    const { name, contactName = null, mobile, landline } = known;
    return { customer: name, name: contactName, phone: mobile ?? landline ?? null };
  }

  /** Name of the bureau whose counter is booked for the same time. */
  private async bureauOf({ caseId, from }: BookingRow): Promise<string | null> {
    const sameCase = await this.bookings({ caseId });
    const counter = sameCase.find(
      (each) => each.from === from && each.status !== 'released' && each.who.startsWith(BUREAU),
    );
    return counter === undefined ? null : this.nameOf(counter.who);
  }

  /** Name of a bureau; people are known by their id. */
  private async nameOf(who: Holder): Promise<string | null> {
    if (!who.startsWith(BUREAU)) return null;
    return (await this.desk.ledger.unit(who.slice(BUREAU.length)))?.name ?? null;
  }

  async freeSlots(wanted: Parameters<AftercareApi['freeSlots']>[0]) {
    const { day, calendar, minutes, bufferMinutes, count } = wanted;
    const who = await this.holder(wanted.who);
    const midnight = instantOf(day, '00:00', this.desk.offset);
    const booked = await this.bookings({ who, status: 'booked', endsAfter: midnight });
    const from = midnight > this.desk.at ? midnight : this.desk.at;
    return freeSlots(this.desk.policy.calendars, calendar, booked.map(busySpan), {
      from,
      minutes,
      bufferMinutes,
      count,
    });
  }

  /**
   * A member of staff by id or alias; places, customers and bureaus stand for themselves.
   * @throws DeskError exit 3 for who or what is not known
   */
  private async holder(named: string): Promise<Holder> {
    if (isHeldByStaff(named)) return (await this.desk.staff(named)).id;
    const [kind, id] = [named.slice(0, named.indexOf('/')), named.slice(named.indexOf('/') + 1)];
    const unknown = (code: string, message: string, remedy: string) =>
      new DeskError(code, message, { exit: EXIT.notFound, remedy });
    switch (kind) {
      case 'place':
        if (!(PLACES as readonly string[]).includes(id))
          throw unknown(
            'place.unknown',
            `there is no place ${id}`,
            `places: ${PLACES.map(atPlace).join(', ')}`,
          );
        return named;
      case 'customer':
        if ((await this.desk.guarded(undefined, () => this.desk.ledger.customer(id))) === null)
          throw unknown(
            'customer.unknown',
            `no customer ${id} is on file`,
            'ids: aftercare org show --customers',
          );
        return named;
      case 'bureau':
        if ((await this.desk.guarded(undefined, () => this.desk.ledger.unit(id)))?.kind !== 'bureau')
          throw unknown('bureau.unknown', `no bureau ${id} is on file`, 'ids: aftercare org show --units');
        return named;
      case 'party':
        return named;
      default:
        throw unknown(
          'holder.unknown',
          `nothing is called ${kind}/…`,
          'a staff id, place/NAME, customer/ID, bureau/ID or party/ID',
        );
    }
  }
}
