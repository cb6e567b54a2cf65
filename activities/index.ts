/** The activities: thin factories over ports (C8). Each does one thing and classifies its failure once (C9). */
import { createHash } from 'node:crypto';
import { RecordConflict, type Ports } from '../adapters/ports.js';
import type { TemplateSet } from '../domain/text.js';
import { ApplicationFailure } from '@temporalio/activity';
import { canonicalJson } from '../domain/canonical.js';
import type { CaseActivities } from './contract.js';
import { createDelivery } from './delivery.js';
import { createDocuments } from './documents.js';
import { createHoldings } from './holdings.js';

/** @param ports with the message templates loaded and linted */
export function createActivities(ports: Ports & { texts: TemplateSet }): CaseActivities {
  return {
    async record(turn) {
      const digest = createHash('sha256').update(canonicalJson(turn)).digest('hex');
      try {
        await ports.ledger.record(turn, digest);
      } catch (error) {
        if (error instanceof RecordConflict)
          throw ApplicationFailure.create({
            message: `turn ${turn.turn} of ${turn.caseId} stands in the ledger with another digest`,
            type: 'record.conflict',
            nonRetryable: true,
            cause: error,
          });
        throw error;
      }
      return { digest };
    },
    deliver: createDelivery(ports),
    fileDocument: createDocuments(ports),
    ...createHoldings(ports.ledger),
  };
}
