/**
 * What workflows may ask of the world. Interfaces only: the one file of `activities/` that workflows name (type-only).
 * Every instant is passed in; an activity never stamps a time (house, "the workflow's clock is the only clock").
 */
import type {
  Actor,
  Channel,
  ContentRef,
  DocumentKind,
  EvidenceRef,
  Instant,
  MessageRow,
  ProcessName,
  TurnRecord,
} from '../domain/case.js';
import type { ClaimOrder, ClaimResult } from '../domain/custody.js';

/** Limits that decide whether a message may go now; from the case's policy snapshot. */
export interface SendingRules {
  offsetMinutes: number;
  /** Own cap per address over all cases (facts 5). */
  perMinute: number;
  perHour: number;
  perDay: number;
}

export interface DeliveryOrder {
  caseId: string;
  message: MessageRow;
  channel: Channel;
  /** The workflow's instant of sending. */
  at: Instant;
  rules: SendingRules;
}

export type DeliveryResult =
  /** Accepted by the provider; `repeat` when an earlier attempt had already been accepted. */
  | { status: 'accepted'; channel: Channel; providerId: string; repeat: boolean }
  /** Held back: a throttle. The workflow tries again at that instant. */
  | { status: 'held'; until: Instant; reason: string }
  /** The same key already belongs to another case: one key, one message (W11). */
  | { status: 'coalesced' }
  /** This channel cannot reach this recipient (no address, refused for good): take the next one. */
  | { status: 'unreachable'; reason: string };

export interface DocumentOrder {
  caseId: string;
  kind: DocumentKind;
  key: string;
  /** Round of the case, or visit of a repair, that the form is about. */
  round: number;
  at: Instant;
  offsetMinutes: number;
}

/** A case that another one opens. */
export interface LinkedOrder {
  requestId: string;
  process: ProcessName;
  /** Local day of the number, `YYYYMMDD`. */
  day: string;
  /** Start argument without the number. */
  input: unknown;
  /** By what later intakes find it (W35). */
  serials: string[];
  customer: string | null;
  actor: string;
  /** The opening case's instant: the new case begins then, also where that is not the present of the machine. */
  at: Instant;
  /** Queue of the workers that run cases. */
  taskQueue: string;
}

/** A case that another one opened and that is cancelled with it. */
export interface LinkedCancellation {
  caseId: string;
  /** The act as a person at the desk would send it; null: cancelled from outside the desk, and so is this one. */
  act: { requestId: string; by: Actor; reason: ContentRef } | null;
}

export interface CaseActivities {
  /**
   * Writes one turn in one transaction and returns the SHA-256 of its canonical rows.
   * Same key and digest: done already. Same key, other digest: `record.conflict`, not retryable.
   */
  record(turn: TurnRecord): Promise<{ digest: string }>;
  /** Sends one message on one channel, at most once per outbox key and channel. */
  deliver(order: DeliveryOrder): Promise<DeliveryResult>;
  /** Renders a printed form of the case from the ledger and stores it as evidence. */
  fileDocument(order: DocumentOrder): Promise<EvidenceRef>;
  /** Takes, hands over, books and releases: all of it or nothing, once per key. A "no" is a result (C10). */
  claim(order: ClaimOrder): Promise<ClaimResult>;
  /**
   * Withdraws a claim whose outcome was never learned, or undoes one that was done. `impossible`: something of it has
   * moved on meanwhile, so a person must look.
   */
  unclaim(order: { key: string; caseId: string; at: Instant }): Promise<'undone' | 'nothing' | 'impossible'>;
  /** Gives bookings up; one that is released already stays so. */
  releaseBookings(order: { keys: string[]; caseId: string; at: Instant }): Promise<void>;
  /**
   * Opens a case for another one (W21, W25), as the desk opens one: numbered and kept first, then started, then marked
   * so; a bureau on file says there how it wants to be asked (W28).
   * Once per request id; what a crash leaves half done `intake retry` finishes too.
   */
  openLinked(order: LinkedOrder): Promise<{ caseId: string }>;
  /**
   * Cancels such a case, by its own undo list. `ended`: it has come to its end, or is about to, and stays as it is;
   * `refused`: it would not be cancelled, so a person must look.
   */
  cancelLinked(order: LinkedCancellation): Promise<'cancelled' | 'ended' | 'refused'>;
}
