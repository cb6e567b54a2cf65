/** Which forms can be printed of a case, how each is filled in from the ledger, and what the file is called. */
import { ApplicationFailure } from '@temporalio/activity';
import type { CaseFile, Ports } from '../adapters/ports.js';
import type { DocumentKind } from '../domain/case.js';
import { renderDocument, type DocumentModels } from '../documents/index.js';
import { activationForm } from './activation-form.js';
import { borrowSlip } from './borrow-slip.js';
import type { DocumentOrder } from './contract.js';
import { complaintHandlingForm } from './handling-form.js';

interface Printed<Kind extends DocumentKind> {
  /** Fills the form in. Names and texts come from the ledger, which is the only place that has them. */
  model(ports: Pick<Ports, 'ledger'>, file: CaseFile, order: DocumentOrder): Promise<DocumentModels[Kind]>;
  /** Ending of the file name, after the case number. */
  name: string;
}

/** Every form there is; null for those that nothing fills in. */
const KINDS: { [Kind in DocumentKind]: Printed<Kind> | null } = {
  complaintHandlingForm: { model: complaintHandlingForm, name: 'handling-form' },
  activationForm: { model: activationForm, name: 'activation-form' },
  borrowSlip: { model: borrowSlip, name: 'borrow-slip' },
  serviceForm: null,
  receipt: null,
  pickUpVoucher: null,
};

/**
 * Prints one form of a case. A character that the font does not have is marked, not refused: the case must not wait for
 * a paper because of a picture in a customer's message.
 * @throws ApplicationFailure `document.impossible`, not to be tried again: nothing fills this form in
 */
export async function printForm<Kind extends DocumentKind>(
  ports: Pick<Ports, 'ledger'>,
  file: CaseFile,
  order: DocumentOrder & { kind: Kind },
): Promise<{ name: string; content: Uint8Array }> {
  const printed: Printed<Kind> | null = KINDS[order.kind];
  if (printed === null)
    throw ApplicationFailure.nonRetryable(`no form ${order.kind} of a case`, 'document.impossible');
  const model = await printed.model(ports, file, order);
  const content = await renderDocument(order.kind, model, { unprintable: 'mark' });
  return { name: `${order.caseId}-${printed.name}.pdf`, content };
}
