/** Which forms can be printed of a case, how each is filled in from the ledger, and what the file is called. */
import type { CaseFile, Ports } from '../adapters/ports.js';
import { renderDocument, type DocumentKind, type DocumentModels } from '../documents/index.js';
import type { DocumentOrder } from './contract.js';
import { complaintHandlingForm } from './handling-form.js';

interface Printed<Kind extends DocumentKind> {
  /** Fills the form in. Names and texts come from the ledger, which is the only place that has them. */
  model(ports: Pick<Ports, 'ledger'>, file: CaseFile, order: DocumentOrder): Promise<DocumentModels[Kind]>;
  /** Ending of the file name, after the case number. */
  name: string;
}

const KINDS = {
  complaintHandlingForm: { model: complaintHandlingForm, name: 'handling-form' },
} satisfies { [Kind in DocumentKind]?: Printed<Kind> };

export type PrintedKind = keyof typeof KINDS;

/**
 * Prints one form of a case. A character that the font does not have is marked, not refused: the case must not wait for
 * a paper because of a picture in a customer's message.
 */
export async function printForm(
  ports: Pick<Ports, 'ledger'>,
  file: CaseFile,
  order: DocumentOrder & { kind: PrintedKind },
): Promise<{ name: string; content: Uint8Array }> {
  const kind: PrintedKind = order.kind in KINDS ? order.kind : 'complaintHandlingForm';
  const { model, name } = KINDS[kind];
  const content = await renderDocument(kind, await model(ports, file, order), { unprintable: 'mark' });
  return { name: `${order.caseId}-${name}.pdf`, content };
}
