/**
 * Custody: what is held and by whom. Pure words and decisions; the ledger keeps the holdings and its constraint sees
 * to it that an item has exactly one holder at any instant (B1, AT-43).
 */
import type { Day, EvidenceRef, Instant } from './case.js';

/** Kinds of things that are handed over against a confirmation. */
export const ITEM_KINDS = [
  /** Special device (专用设备): in stock by serial number and family, REG-05. */
  'device',
  /** Spare part from stock. */
  'spare',
  /** The debt of a borrower until the keeper cancels the slip (借条), ISS-08. */
  'borrowSlip',
  'cash',
  'cheque',
  'salesSlip',
  /** Pick-up voucher (取机凭证): in the customer's hands while we have the machine. */
  'voucher',
  /** A customer's own machine. */
  'machine',
  /** A part or special device taken out of a customer's machine (更换下来的专用设备). */
  'replacedPart',
  /** Activation registration form (开通登记表). */
  'activationForm',
  /** Our copy of the after-sales receipt (售后服务回单). */
  'receipt',
] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

/** Kinds that must be in stock before anybody can hold them; all others come into being when they are handed over. */
export const STOCKED: readonly ItemKind[] = ['device', 'spare'];

/**
 * Who holds an item: a member of staff by id, a place (`place/warehouse`), a customer (`customer/qingshan`) or another
 * party (`party/manufacturer`). Staff ids never hold a slash.
 */
export type Holder = string;
export const PLACES = ['warehouse', 'finance', 'technicalService', 'workshop', 'archive'] as const;
export type Place = (typeof PLACES)[number];
export const atPlace = (place: Place): Holder => `place/${place}`;
export const withCustomer = (id: string): Holder => `customer/${id}`;
export const withParty = (id: string): Holder => `party/${id}`;

/** Held by one of our people: must be given back or on before a case may end. */
export function isHeldByStaff(holder: Holder): boolean {
  return !holder.includes('/');
}

/**
 * Whether a case still answers for a thing: what our people hold, and a customer's machine wherever we brought it
 * (workshop, manufacturer) until it is with the customer again (ONS-14).
 */
export function isOurs(kind: ItemKind, holder: Holder): boolean {
  return isHeldByStaff(holder) || (kind === 'machine' && !holder.startsWith('customer/') && holder !== LOST);
}

/** Who holds what is lost or stolen (REG-07). */
export const LOST: Holder = 'party/lost';

/** One hand-over: both sides confirm it (AT-43). */
export interface Movement {
  /** Serial number of a device; otherwise the key of the thing, e.g. `F20300304-001/cash#1`. Upper-case serials. */
  item: string;
  kind: ItemKind;
  family?: string;
  /** Any of these will do; which one it is the answer tells. */
  families?: string[];
  model?: string;
  /** CNY, for cash and cheques. */
  amount?: number;
  from: Holder;
  to: Holder;
  /** Staff member who confirms giving; null when the giver is not one of us and signed (`givenProof`). */
  givenBy: string | null;
  receivedBy: string | null;
  givenProof?: EvidenceRef;
  receivedProof?: EvidenceRef;
  /** When the new holder must have given it back or on; null: it may stay. */
  dueBackAt: Instant | null;
  /** Who looks after its return and is reminded with the holder; null when it may stay. */
  keeper: string | null;
  rule: string;
  /** The case that must be holding it so far, where it passes from one case to another (W20). */
  fromCase?: string;
}

/** What a case wants to take, move, book or release; all of it happens, or nothing. */
export interface ClaimOrder {
  /** Unique; the same key is done once, whatever is retried. */
  key: string;
  caseId: string;
  at: Instant;
  movements: Movement[];
  bookings: BookingRequest[];
  /** Keys of bookings given up with it, e.g. when an appointment moves: it is booked anew under the next key. */
  releases: string[];
  /** Keys of appointments that were kept: the rest of their time is free, and a trip waits for its places no longer (W20). */
  kept?: string[];
  /** What it has to do with a trip (W20). */
  trip?: TripClaim;
  /** Offset of the zone whose days a `taken` answer counts in; UTC when absent. */
  offsetMinutes?: number;
}

/**
 * A trip is known to the ledger by its own bookings, technician and counter, and by the holder of its slip
 * (`slipOf`); who is on it by a booking of each case whose `who` is the trip (`onTrip`).
 */
export type TripClaim =
  /** The trip itself has booked its time: the places on it move there. */
  | { act: 'plan'; trip: string }
  /** A case takes a place, under this booking key. What it names of the trip must be so. */
  | {
      act: 'join';
      trip: string;
      key: string;
      bureau: string;
      technician?: string;
      from?: Instant;
      to?: Instant;
    }
  /** A case puts devices on the trip's slip. */
  | { act: 'borrow'; trip: string }
  /** The trip is over or off: nobody may have a place on it any more. */
  | { act: 'end'; trip: string };

/** A trip as the ledger knows it at a moment. */
export interface TripView {
  trip: string;
  bureau: string;
  technician: string;
  from: Instant;
  to: Instant;
  /** Cases whose place stands and whose devices have no result yet. */
  cases: string[];
}

/** Who is booked when a case has its place on a trip. */
export const onTrip = (trip: string): string => `trip/${trip}`;
/** The one borrow slip of a trip or a case. */
export const slipOf = (caseId: string): string => `${caseId}/slip`;

export type ClaimResult =
  /**
   * `repeat`: an earlier attempt had done it. `families`, by item: of what was asked for as one of several. `trip`: the
   * trip it was about, as it stands now.
   */
  | { status: 'done'; repeat: boolean; families?: Record<string, string>; trip?: TripView | null }
  /**
   * The trip says no. `notOpen`: it has no time that lies ahead, or its slip is settled · `mismatch`: it goes elsewhere,
   * at another time or with somebody else · `noSlip`: its slip is not out yet · `notOn`: the case has no place on it ·
   * `casesOn`: cases still stand on it, with what its technician holds for each.
   */
  | {
      status: 'noTrip';
      code: 'trip.notOpen' | 'trip.mismatch' | 'trip.noSlip' | 'trip.notOn' | 'trip.casesOn';
      trip: TripView | null;
      waiting: { caseId: string; items: string[] }[];
    }
  /** Somebody else has it, it is not where it was said to be, or nobody knows it. Nothing was changed. */
  | {
      status: 'refused';
      code: 'custody.heldByOther' | 'custody.unknownItem' | 'custody.otherKind';
      item: string;
      holder: Holder | null;
      caseId: string | null;
    }
  /** The person or counter is booked then. `busy`: everything booked for it from that day on, soonest first. */
  | { status: 'taken'; who: string; from: Instant; to: Instant; busy: BusySpan[] }
  /** The claim was withdrawn before this attempt arrived. */
  | { status: 'withdrawn' };

/** What a booking keeps somebody busy with. */
export const BOOKING_KINDS = ['issuance', 'installation', 'visit', 'return'] as const;
export type BookingKind = (typeof BOOKING_KINDS)[number];

export interface BookingRequest {
  /** Derived from case and step, e.g. `F20300304-001/installation#1`. */
  key: string;
  /** Staff id, `bureau/<unit id>` for a counter of the tax bureau, `trip/<case>` for a place on a trip. */
  who: string;
  kind: BookingKind;
  from: Instant;
  to: Instant;
  /** Travel before the next appointment may begin; part of what is exclusive. */
  bufferMinutes: number;
  region: string | null;
}

export interface BusySpan {
  from: Instant;
  /** With the travel after it. */
  to: Instant;
  caseId: string;
}

/** A booking as the ledger keeps it. */
export interface BookingRow extends BookingRequest {
  caseId: string;
  /** `kept`: it was held and is over; a place on a trip, once its devices have their result. */
  status: 'booked' | 'kept' | 'released';
  bookedAt: Instant;
  releasedAt: Instant | null;
}

/** One holding of an item, as the ledger keeps it. */
export interface CustodyRow {
  item: string;
  kind: ItemKind;
  family: string | null;
  model: string | null;
  amount: number | null;
  holder: Holder;
  /** The holder before; null for the first holding. */
  receivedFrom: Holder | null;
  caseId: string | null;
  since: Instant;
  /** When it went on to the next holder; null while held. */
  until: Instant | null;
  /** Who confirmed; both null and no proof: nobody handed it over (the first holding, or a claim undone). */
  givenBy: string | null;
  receivedBy: string | null;
  /** SHA-256 of the evidence by which somebody who is not one of us confirmed. */
  givenProof: string | null;
  receivedProof: string | null;
  dueBackAt: Instant | null;
  keeper: string | null;
  rule: string;
  /** Claim that made it; `stock` for what was taken into stock. */
  claim: string;
}

/** Whether nobody handed it over: the claim before was undone, and the item is back with whom it came from. */
export function isUndone(row: CustodyRow): boolean {
  const { receivedFrom, givenBy, receivedBy, givenProof, receivedProof } = row;
  return (
    receivedFrom !== null && [givenBy, receivedBy, givenProof, receivedProof].every((side) => side === null)
  );
}

/** What an item is, whoever holds it. */
export interface ItemRow {
  item: string;
  kind: ItemKind;
  family: string | null;
  model: string | null;
  amount: number | null;
}

/** A special device or spare taken into stock (REG-05). */
export interface StockItem {
  item: string;
  kind: 'device' | 'spare';
  family: string;
  model: string;
}

export interface CustodyFilter {
  holder?: Holder;
  caseId?: string;
  item?: string;
  kind?: ItemKind;
  /** Only what should have been given back by this instant. */
  overdueAt?: Instant;
  /** true: only present holdings (default); false: every holding there was. */
  current?: boolean;
}

export interface BookingFilter {
  who?: string;
  caseId?: string;
  /** Local day; with it the zone's offset. */
  day?: Day;
  offsetMinutes?: number;
  status?: BookingRow['status'];
  /** Only what ends after this instant. */
  endsAfter?: Instant;
}
