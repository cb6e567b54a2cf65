/** What stands on 借条 (ISS-08), read from custody: what left the warehouse, for what, and what became of it. */
import type { CaseFile } from '../adapters/ports.js';
import { atPlace, isHeldByStaff, withParty, type CustodyRow, type ItemKind } from '../domain/custody.js';
import type { IssuanceAnswers, IssuanceIntake } from '../domain/forms-issuance.js';
import type { BorrowLine, BorrowSlip } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';
import { FAMILIES, Paper, said, type Answered, type Source } from './paper.js';

type SlipPaper = Paper<IssuanceAnswers, IssuanceIntake>;
type Loan = Answered<IssuanceAnswers['borrowDevices']>;

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
  const borrowed = paper.answers('borrowDevices').flatMap((loan) => borrowedWith(order, loan, custody));
  const lines = borrowed.map((each) => lineOf(paper, each));

  const [first] = borrowed;
  const settled = lines.filter(({ disposition }) => disposition !== OPEN).length;
  const slipState = settled === 0 ? '未销' : settled < lines.length ? '部分销' : '已销';
  const out = first === undefined ? undefined : { at: first.taken.since };
  const back = slipState === '已销' ? lastReturn(paper, borrowed) : undefined;
  const overnight = paper
    .answers('afterClosing')
    .filter(({ answer }) => answer.decision === 'overnight')
    .at(-1);
  const borrower = paper.person(first?.taken.holder);
  return {
    head: paper.head(
      `${order.caseId}/slip`,
      first === undefined ? undefined : { by: first.taken.givenBy ?? '', at: first.taken.since },
      slipState === '已销' ? '已归档' : '已签',
    ),
    tripNo: first?.loan.answer.tripNo ?? '',
    purpose: '发行安装',
    borrower,
    borrowedAt: paper.at(out?.at),
    overnightApproval:
      overnight === undefined
        ? ''
        : paper.signed({ by: overnight.answer.approvedBy ?? '', at: overnight.at }),
    slipState,
    lines,
    borrowerOut: { name: borrower, signedAt: paper.at(out?.at) },
    keeperOut: { name: paper.person(first?.taken.givenBy), signedAt: paper.at(out?.at) },
    borrowerIn: back === undefined ? {} : { name: borrower, signedAt: paper.at(back.at) },
    keeperIn: back === undefined ? {} : { name: paper.person(back.by), signedAt: paper.at(back.at) },
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

function lineOf(paper: SlipPaper, { loan, taken, left }: Borrowed): BorrowLine {
  const asked = loan.answer.lines.find(({ serial }) => serial === taken.item);
  const { disposition, proof, returnedAt } = fateOf(paper, taken.item, left);
  return {
    kind: KINDS[taken.kind] ?? '',
    name: taken.model ?? said<string>(FAMILIES, taken.family ?? undefined),
    serialNo: taken.item,
    qty: '1',
    use: asked?.use === 'spare' ? '备用' : `指定客户（${machineOf(asked?.machineNo ?? 0)}）`,
    dueBackAt: paper.at(taken.dueBackAt),
    disposition,
    proof,
    returnedAt,
  };
}

/** 主机 has the number 0. */
function machineOf(no: number): string {
  return no === 0 ? '主机' : `${no}号机`;
}

/** 去向 and its proof. What is at the customer's is open until it is cleared against the sales slip (ISS-22). */
function fateOf(
  paper: SlipPaper,
  item: string,
  left: CustodyRow | undefined,
): { disposition: string; proof: string; returnedAt: string } {
  const returnedAt = paper.at(left?.since);
  const fate = (disposition: string, proof = '') => ({ disposition, proof, returnedAt });
  switch (left?.holder) {
    case undefined:
      return { disposition: OPEN, proof: '', returnedAt: '' };
    case atPlace('warehouse'):
      return fate('归还');
    case withParty('manufacturer'):
      return fate('退厂', namedIn(paper, 'returnToManufacturer', item)?.answer.reference);
    case withParty('lost'):
      return fate('遗失', namedIn(paper, 'reportLoss', item)?.answer.policeNo);
    default: {
      const cleared = paper.answer('clearSlip');
      return cleared === undefined
        ? { disposition: OPEN, proof: '', returnedAt: '' }
        : { disposition: '已销售', proof: cleared.answer.salesSlipNo, returnedAt: paper.at(cleared.at) };
    }
  }
}

/** The answer to a task that was about a thing. */
function namedIn<Name extends 'returnToManufacturer' | 'reportLoss'>(
  paper: SlipPaper,
  name: Name,
  item: string,
): Answered<IssuanceAnswers[Name]> | undefined {
  return paper
    .answers(name)
    .filter(({ task }) => ((task.context?.['items'] ?? []) as string[]).includes(item))
    .at(-1);
}

/** Who of ours confirmed the last line's settling, and when. */
function lastReturn(paper: SlipPaper, borrowed: readonly Borrowed[]): { by: string; at: string } | undefined {
  const cleared = paper.answer('clearSlip');
  const returns = borrowed.flatMap(({ left }) =>
    left === undefined ? [] : [{ by: left.receivedBy ?? '', at: left.since }],
  );
  return [...returns, ...(cleared === undefined ? [] : [{ by: cleared.by, at: cleared.at }])]
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .at(-1);
}
