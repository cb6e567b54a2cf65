/**
 * What stands on 借条 (ISS-08, ONS-08), read from custody: what left the warehouse, for what, and what became of it. A
 * trip has one slip for all its customers: its own spares, and what each case borrowed while it was on it (W20).
 */
import type { CaseFile } from '../adapters/ports.js';
import {
  atPlace,
  isHeldByStaff,
  LOST,
  onTrip,
  slipOf,
  withParty,
  type CustodyRow,
  type ItemKind,
} from '../domain/custody.js';
import type { IssuanceAnswers } from '../domain/forms-issuance.js';
import type { RepairAnswers } from '../domain/forms-repair.js';
import type { TripAnswers } from '../domain/forms-trip.js';
import type { BorrowLine, BorrowSlip } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';
import { byTime, familyOf, Paper, type Answered, type Signed, type Source } from './paper.js';

/** An issuance borrows for its order, a repair for each of its visits. */
type SlipAnswers = Pick<
  IssuanceAnswers,
  'borrowDevices' | 'afterClosing' | 'clearSlip' | 'returnToManufacturer' | 'reportLoss'
> &
  Pick<RepairAnswers, 'packUp'> &
  Pick<TripAnswers, 'borrowSpares' | 'settleSlip'>;
type SlipPaper = Paper<SlipAnswers, object>;
type Loan = Answered<SlipAnswers['borrowDevices' | 'packUp' | 'borrowSpares']>;

const KINDS: { [Kind in ItemKind]?: string } = { device: '专用设备', spare: '备件' };
const OPEN = '未还';

/** A thing borrowed, and the holding in which it left our people's hands again; none while they have it. */
interface Borrowed {
  loan: Loan;
  taken: CustodyRow;
  left: CustodyRow | undefined;
  /** The case that answers for it, whose answers say what became of it. */
  paper: SlipPaper;
}

/** @param file the case, read from the ledger a moment ago */
export async function borrowSlip(ports: Source, file: CaseFile, order: DocumentOrder): Promise<BorrowSlip> {
  const paper: SlipPaper = await Paper.open(ports, file, order);
  const { process } = file.row;
  const repair = process === 'repair';
  const trip = process === 'trip';
  const borrowed = trip ? await borrowedOnTrip(ports, paper) : await borrowedBy(ports, paper, repair);
  const lines = borrowed.map((each) => lineOf(each, trip));

  const settled = lines.filter(({ disposition }) => disposition !== OPEN).length;
  // Of a trip's lines those that are still out are their cases' to settle.
  const whole = paper.answer('settleSlip') !== undefined || settled === lines.length;
  const slipState = settled === 0 && !(trip && whole) ? '未销' : whole ? '已销' : '部分销';
  const [first] = borrowed;
  const at = first?.taken.since ?? '';
  const borrower = first === undefined ? undefined : { by: first.taken.holder, at };
  const keeper = first === undefined ? undefined : { by: first.taken.givenBy ?? '', at };
  const back = slipState === '已销' ? lastReturn(paper, borrowed) : undefined;
  const overnight = paper
    .answers('afterClosing')
    .filter(({ answer }) => answer.decision === 'overnight')
    .at(-1);
  return {
    head: paper.head(
      repair ? `${slipOf(order.caseId)}#${order.round}` : slipOf(order.caseId),
      keeper,
      slipState === '已销' ? '已归档' : '已签',
    ),
    tripNo: trip ? order.caseId : '',
    purpose: repair ? '维修' : '发行安装',
    borrower: paper.person(borrower?.by),
    borrowedAt: paper.at(at),
    overnightApproval:
      overnight === undefined
        ? ''
        : paper.signed({ by: overnight.answer.approvedBy ?? '', at: overnight.at }),
    slipState,
    lines,
    borrowerOut: paper.signatureOf(borrower),
    keeperOut: paper.signatureOf(keeper),
    borrowerIn: paper.signatureOf(back && borrower && { by: borrower.by, at: back.at }),
    keeperIn: paper.signatureOf(back),
  };
}

/** What a case borrowed for itself; a repair for one of its visits. */
async function borrowedBy(ports: Source, paper: SlipPaper, repair: boolean): Promise<Borrowed[]> {
  const { caseId, round } = paper.order;
  const custody = await ports.ledger.custody({ caseId, current: false });
  const loans: Loan[] = repair ? paper.answers('packUp', round) : paper.answers('borrowDevices');
  return loans.flatMap((loan) => borrowedWith(paper, loan, custody));
}

/** What is on the slip of a trip: each case's devices by the order of the cases, then the trip's spares. */
async function borrowedOnTrip({ ledger }: Source, paper: SlipPaper): Promise<Borrowed[]> {
  const trip = paper.order.caseId;
  const places = await ledger.bookings({ who: onTrip(trip) });
  const cases = [...new Set(places.map((place) => place.caseId))].sort();
  const papers = new Map([[trip, paper]]);
  const custody = await ledger.custody({ caseId: trip, current: false });
  for (const caseId of cases) {
    const file = await ledger.caseFile(caseId);
    if (file !== null) papers.set(caseId, await Paper.open({ ledger }, file, { ...paper.order, caseId }));
    custody.push(...(await ledger.custody({ caseId, current: false })));
  }
  custody.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
  const lines = cases.flatMap((caseId) => {
    const own = papers.get(caseId);
    const loans = own
      ?.answers('borrowDevices')
      .filter((loan) =>
        places.some(
          (place) =>
            place.caseId === caseId &&
            place.bookedAt <= loan.at &&
            (place.releasedAt === null || loan.at <= place.releasedAt),
        ),
      );
    return (loans ?? []).flatMap((loan) => borrowedWith(own!, loan, custody));
  });
  const spares = paper.answers('borrowSpares').flatMap((loan) => borrowedWith(paper, loan, custody));
  // A spare that a case took over is that case's to settle.
  return [...lines, ...spares].map((each) => {
    const last = custody.filter((row) => row.item === each.taken.item).at(-1);
    return { ...each, paper: papers.get(last?.caseId ?? trip) ?? paper };
  });
}

/** What was handed out with one answer. A claim is named after its task, and its holdings after the claim. */
function borrowedWith(paper: SlipPaper, loan: Loan, custody: readonly CustodyRow[]): Borrowed[] {
  return custody.flatMap((taken, i) => {
    const isLoan =
      taken.claim.startsWith(`${paper.order.caseId}/${loan.task.key}/`) &&
      taken.receivedFrom === atPlace('warehouse') &&
      KINDS[taken.kind] !== undefined;
    if (!isLoan) return [];
    const left = custody.slice(i + 1).find((row) => row.item === taken.item && !isHeldByStaff(row.holder));
    return [{ loan, taken, left, paper }];
  });
}

function lineOf(borrowed: Borrowed, trip: boolean): BorrowLine {
  const { taken, paper } = borrowed;
  const fate = fateOf(paper, borrowed);
  const { caseId } = paper.order;
  // Who settles what the trip no longer waits for.
  const elsewhere = trip && fate.disposition === OPEN && paper.file.row.process !== 'trip';
  return {
    kind: KINDS[taken.kind] ?? '',
    name: taken.model ?? familyOf(taken.family),
    serialNo: taken.item,
    qty: '1',
    use: useOf(borrowed, trip),
    dueBackAt: paper.at(taken.dueBackAt),
    ...fate,
    ...(elsewhere ? { proof: `由 ${caseId} 结清` } : {}),
  };
}

/** 指定客户 with the machine it is for, on a trip whose; or 备用; whatever a repair takes along may be used or not. */
function useOf({ loan, taken, paper }: Borrowed, trip: boolean): string {
  if (!('lines' in loan.answer)) return '备用';
  const asked = loan.answer.lines.find(({ serial }) => serial === taken.item);
  if (asked?.use === 'spare') return '备用';
  const no = asked?.machineNo ?? 0;
  const customer = trip ? paper.customer({}).companyName : '指定客户';
  return `${customer}\n${no === 0 ? '主机' : `${no}号机`}`;
}

/** 去向 and its proof. */
function fateOf(
  paper: SlipPaper,
  { loan, taken, left }: Borrowed,
): Pick<BorrowLine, 'disposition' | 'proof' | 'returnedAt'> {
  const fate = (disposition: string, proof = '', at: string | null | undefined = left?.since) => ({
    disposition,
    proof,
    returnedAt: paper.at(at),
  });
  switch (left?.holder) {
    case undefined:
      return fate(OPEN);
    case atPlace('warehouse'):
      return fate('归还');
    case withParty('manufacturer'):
      return fate('退厂', namedIn(paper, 'returnToManufacturer', taken.item)?.answer.reference);
    case LOST:
      return fate('遗失', namedIn(paper, 'reportLoss', taken.item)?.answer.policeNo);
    default: {
      if ('formNo' in loan.answer) return fate('已销售', `技服表格 ${loan.answer.formNo}`);
      // With the customer, but open until it is cleared against the sales slip (ISS-22).
      const cleared = paper.answer('clearSlip');
      return cleared === undefined
        ? fate(OPEN, '', null)
        : fate('已销售', cleared.answer.salesSlipNo, cleared.at);
    }
  }
}

/** The answer to a task that was about a thing. */
function namedIn<Name extends 'returnToManufacturer' | 'reportLoss'>(
  paper: SlipPaper,
  name: Name,
  item: string,
): Answered<SlipAnswers[Name]> | undefined {
  return paper
    .answers(name)
    .filter(({ task }) => ((task.context?.['items'] ?? []) as string[]).includes(item))
    .at(-1);
}

/** Who of ours confirmed that the last line was settled, and when. */
function lastReturn(paper: SlipPaper, borrowed: readonly Borrowed[]): Signed | undefined {
  // A trip's slip is settled as a whole.
  const settled = paper.answer('settleSlip');
  if (settled !== undefined) return settled;
  const returns: Signed[] = borrowed.flatMap(({ left }) =>
    left === undefined ? [] : [{ by: left.receivedBy ?? left.givenBy ?? '', at: left.since }],
  );
  const cleared = paper.answer('clearSlip');
  return [...returns, ...(cleared === undefined ? [] : [cleared])].sort(byTime).at(-1);
}
