/** Printed forms of a case: rendered from the ledger as PDF and stored as evidence (CMP-09). */
import { ApplicationFailure } from '@temporalio/activity';
import type { Ports } from '../adapters/ports.js';
import type { EvidenceRef } from '../domain/case.js';
import type { CaseActivities, DocumentOrder } from './contract.js';
import { printForm } from './printed.js';

/** @returns the `fileDocument` activity */
export function createDocuments(ports: Ports): CaseActivities['fileDocument'] {
  return async function fileDocument(order: DocumentOrder): Promise<EvidenceRef> {
    const file = await ports.ledger.caseFile(order.caseId);
    if (file === null)
      throw ApplicationFailure.retryable(
        `case ${order.caseId} is not in the ledger yet`,
        'document.caseMissing',
      );
    const { name, content } = await printForm(ports, file, order);
    const stored = await ports.storage.put(content);
    const ref: EvidenceRef = {
      evidence: `${order.caseId}/${order.key}`,
      sha256: stored.sha256,
      mediaType: 'application/pdf',
      bytes: stored.bytes,
    };
    await ports.ledger.addEvidence({
      ...ref,
      caseId: order.caseId,
      field: order.kind,
      name,
      addedBy: 'system',
      addedAt: order.at,
    });
    return ref;
  };
}
