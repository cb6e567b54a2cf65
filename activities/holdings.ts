/** Hand-overs, appointments and linked cases: thin over the ledger, whose constraints decide (C8). */
import { ApplicationFailure } from '@temporalio/activity';
import { ClaimConflict, type LedgerPort } from '../adapters/ports.js';
import type { CaseActivities } from './contract.js';

/** @returns the activities that take, withdraw and release, and those that number a linked case */
export function createHoldings(
  ledger: LedgerPort,
): Pick<CaseActivities, 'claim' | 'unclaim' | 'releaseBookings' | 'receiveLinked' | 'markStarted'> {
  return {
    async claim(order) {
      try {
        return await ledger.claim(order);
      } catch (error) {
        if (!(error instanceof ClaimConflict)) throw error;
        throw ApplicationFailure.create({
          message: `claim ${order.key} asks for something else than before`,
          type: 'claim.conflict',
          nonRetryable: true,
          cause: error,
        });
      }
    },
    unclaim: ({ key, at }) => ledger.unclaim(key, at),
    releaseBookings: async ({ keys, at }) => {
      await ledger.releaseBookings(keys, at);
    },
    async receiveLinked(order) {
      const { intake } = await ledger.receiveIntake({
        requestId: order.requestId,
        process: order.process,
        letter: order.letter,
        day: order.day,
        input: order.input,
        contents: [],
        lookups: [
          ...order.serials.map((value) => ({ kind: 'serial' as const, value })),
          ...(order.customer === null ? [] : [{ kind: 'customer' as const, value: order.customer }]),
        ],
        actor: order.actor,
        at: order.at,
      });
      return { caseId: intake.caseId };
    },
    markStarted: ({ caseId }) => ledger.markStarted(caseId),
  };
}
