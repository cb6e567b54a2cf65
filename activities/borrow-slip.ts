/** What stands on 借条 (ISS-08, ONS-08), read from custody: what left the warehouse, for what, and what became of it. */
import type { CaseFile } from '../adapters/ports.js';
import {
  atPlace,
  isHeldByStaff,
  LOST,
  withParty,
  type CustodyRow,
  type ItemKind,
} from '../domain/custody.js';
import type { IssuanceAnswers } from '../domain/forms-issuance.js';
import type { RepairAnswers } from '../domain/forms-repair.js';
import type { BorrowLine, BorrowSlip } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';
import { byTime, FAMILIES, Paper, said, type Answered, type Signed, type Source } from './paper.js';

/** An issuance borrows for its order, a repair for each of its visits. */
type SlipAnswers = Pick<
  IssuanceAnswers,
  'borrowDevices' | 'afterClosing' | 'clearSlip' | 'returnToManufacturer' | 'reportLoss'
> &
  Pick<RepairAnswers, 'packUp'>;
type SlipPaper = Paper<SlipAnswers, object>;
type Loan = Answered<SlipAnswers['borrowDevices']> | Answered<SlipAnswers['packUp']>;

const KINDS: { [Kind in ItemKind]?: string } = { device: '专用设备', spare: '备件' };
const OPEN = '未还';

/** A thing borrowed, and the holding in which it left our people's hands again; none while they have it. */
interface Borrowed {
  loan: Loan;
  taken: CustodyRow;
  left: CustodyRow | undefined;
}

/** @param file the case, read from the ledger a moment ago */
export async function borrowSlip(ports: Source, file: CaseFile, order: DocumentOrder): Promise<BorrowSlip> {
  const paper: SlipPaper = await Paper.open(ports, file, order);
  const custody = await ports.ledger.custody({ caseId: order.caseId, current: false });
  const repair = file.row.process === 'repair';
  const loans: Loan[] = repair ? paper.answers('packUp', order.round) : paper.answers('borrowDevices');
  const borrowed = loans.flatMap((loan) => borrowedWith(order, loan, custody));
  const lines = borrowed.map((each) => lineOf(paper, each));

  const settled = lines.filter(({ disposition }) => disposition !== OPEN).length;
  const slipState = settled === 0 ? '未销' : settled < lines.length ? '部分销' : '已销';
  const [first] = borrowed;
  const at = first?.taken.since ?? '';
  const borrower = first === undefined ? undefined : { by: first.taken.holder, at };
  const keeper = first === undefined ? undefined : { by: first.taken.givenBy ?? '', at };
  const back = slipState === '已销' ? lastReturn(paper, borrowed) : undefined;
  const overnight = paper
    .answers('afterClosing')
    .filter(({ answer }) => answer.decision === 'overnight')
    .at(-1);
  const trip = first === undefined || !('lines' in first.loan.answer) ? undefined : first.loan.answer.tripNo;
  return {
    head: paper.head(
      repair ? `${order.caseId}/slip#${order.round}` : `${order.caseId}/slip`,
      keeper,
      slipState === '已销' ? '已归档' : '已签',
    ),
    tripNo: trip ?? '',
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

/** What was handed out with one answer. A claim is named after its task, and its holdings after the claim. */
function borrowedWith(order: DocumentOrder, loan: Loan, custody: readonly CustodyRow[]): Borrowed[] {
  return custody.flatMap((taken, i) => {
    const isLoan =
      taken.claim.startsWith(`${order.caseId}/${loan.task.key}/`) &&
      taken.receivedFrom === atPlace('warehouse') &&
      KINDS[taken.kind] !== undefined;
    if (!isLoan) return [];
    const left = custody.slice(i + 1).find((row) => row.item === taken.item && !isHeldByStaff(row.holder));
    return [{ loan, taken, left }];
  });
}

function lineOf(paper: SlipPaper, borrowed: Borrowed): BorrowLine {
  const { taken } = borrowed;
  return {
    kind: KINDS[taken.kind] ?? '',
    name: taken.model ?? said<string>(FAMILIES, taken.family ?? undefined),
    serialNo: taken.item,
    qty: '1',
    use: useOf(borrowed),
    dueBackAt: paper.at(taken.dueBackAt),
    ...fateOf(paper, borrowed),
  };
}

/** 指定客户 with the machine it is for, or 备用; whatever a repair takes along may be used or not. */
function useOf({ loan, taken }: Borrowed): string {
  if (!('lines' in loan.answer)) return '备用';
  const asked = loan.answer.lines.find(({ serial }) => serial === taken.item);
  if (asked?.use === 'spare') return '备用';
  const no = asked?.machineNo ?? 0;
  return `指定客户\n${no === 0 ? '主机' : `${no}号机`}`;
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
  const returns: Signed[] = borrowed.flatMap(({ left }) =>
    left === undefined ? [] : [{ by: left.receivedBy ?? left.givenBy ?? '', at: left.since }],
  );
  const cleared = paper.answer('clearSlip');
  return [...returns, ...(cleared === undefined ? [] : [cleared])].sort(byTime).at(-1);
}
