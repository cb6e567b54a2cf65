/** Which forms can be printed of a case, how each is filled in from the ledger, and what the file is called. */
import { ApplicationFailure } from '@temporalio/activity';
import type { CaseFile, Ports } from '../adapters/ports.js';
import type { DocumentKind } from '../domain/case.js';
import { renderDocument, type DocumentModels } from '../documents/index.js';
import { activationForm } from './activation-form.js';
import { borrowSlip } from './borrow-slip.js';
import type { DocumentOrder } from './contract.js';
import { complaintHandlingForm } from './handling-form.js';
import { pickUpVoucher } from './pick-up-voucher.js';
import { receipt } from './receipt.js';
import { serviceForm } from './service-form.js';

interface Printed<Kind extends DocumentKind> {
  /** Fills the form in. Names and texts come from the ledger, which is the only place that has them. */
  model(ports: Pick<Ports, 'ledger'>, file: CaseFile, order: DocumentOrder): Promise<DocumentModels[Kind]>;
  /** Ending of the file name, after the case number. */
  name: string;
  /** One for each visit: from the second on, its number stands in the file name. */
  perVisit?: true;
}

/** Every form there is. */
const KINDS: { [Kind in DocumentKind]: Printed<Kind> } = {
  complaintHandlingForm: { model: complaintHandlingForm, name: 'handling-form' },
  activationForm: { model: activationForm, name: 'activation-form' },
  borrowSlip: { model: borrowSlip, name: 'borrow-slip', perVisit: true },
  serviceForm: { model: serviceForm, name: 'service-form', perVisit: true },
  receipt: { model: receipt, name: 'receipt', perVisit: true },
  pickUpVoucher: { model: pickUpVoucher, name: 'pick-up-voucher', perVisit: true },
};

/**
 * Prints one form of a case. A character that the font does not have is marked, not refused: the case must not wait for
 * a paper because of a picture in a customer's message.
 * @throws ApplicationFailure `document.impossible`, not to be tried again: a form that this version does not know
 */
export async function printForm<Kind extends DocumentKind>(
  ports: Pick<Ports, 'ledger'>,
  file: CaseFile,
  order: DocumentOrder & { kind: Kind },
): Promise<{ name: string; content: Uint8Array }> {
  if (!Object.hasOwn(KINDS, order.kind))
    throw ApplicationFailure.nonRetryable(`no form is called ${order.kind}`, 'document.impossible');
  const printed: Printed<Kind> = KINDS[order.kind];
  const model = await printed.model(ports, file, order);
  const content = await renderDocument(order.kind, model, { unprintable: 'mark' });
  const visit = printed.perVisit === true && order.round > 1 ? `-${order.round}` : '';
  return { name: `${order.caseId}-${printed.name}${visit}.pdf`, content };
}
