/** Hand-overs, appointments and linked cases: thin over the ledger, whose constraints decide (C8). */
import { ApplicationFailure, getClient } from '@temporalio/activity';
import { ClaimConflict, type LedgerPort } from '../adapters/ports.js';
import { PROCESS_LETTERS } from '../domain/case.js';
import { wantsMail } from '../domain/organisation.js';
import type { CaseActivities, LinkedOrder } from './contract.js';

/** A start this far ahead of the machine's clock is meant: only the virtual clock of a simulation is. */
const AHEAD_MS = 60_000;

/** @returns the activities that take, withdraw and release, and the one that opens a linked case */
export function createHoldings(
  ledger: LedgerPort,
): Pick<CaseActivities, 'claim' | 'unclaim' | 'releaseBookings' | 'openLinked'> {
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
    async openLinked(order) {
      const { intake } = await ledger.receiveIntake({
        requestId: order.requestId,
        process: order.process,
        letter: PROCESS_LETTERS[order.process],
        day: order.day,
        input: await asBureauWants(ledger, order),
        contents: [],
        lookups: [
          ...order.serials.map((value) => ({ kind: 'serial' as const, value })),
          ...(order.customer === null ? [] : [{ kind: 'customer' as const, value: order.customer }]),
        ],
        actor: order.actor,
        at: order.at,
      });
      const { caseId } = intake;
      const ahead = Date.parse(order.at) - Date.now();
      try {
        // Not a child: the server lets no time pass for a parent on the virtual clock while a child of it runs, and the
        // two lives are separate anyway; the new case tells its opener by signal when it ends.
        await getClient().workflow.start(order.process, {
          workflowId: caseId,
          taskQueue: order.taskQueue,
          args: [{ ...(intake.input as object), caseId }],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          staticSummary: `${order.process} ${caseId}`,
          ...(ahead > AHEAD_MS ? { startDelay: ahead } : {}),
        });
      } catch (error) {
        if ((error as Error).name !== 'WorkflowExecutionAlreadyStartedError') throw error;
      }
      if (intake.state !== 'started') await ledger.markStarted(caseId);
      return { caseId };
    },
  };
}

/** The start argument, with what no case can look up: whether an officer of its bureau wants to be asked by mail (W28). */
async function asBureauWants(ledger: LedgerPort, order: LinkedOrder): Promise<unknown> {
  const start = order.input as { intake: { form: { bureau?: string } } };
  const { bureau } = start.intake.form;
  const unit = order.process === 'issuance' && bureau !== undefined ? await ledger.unit(bureau) : null;
  return unit !== null && wantsMail(unit)
    ? { ...start, intake: { ...start.intake, bureauByMail: true } }
    : start;
}
