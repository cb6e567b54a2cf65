/** Hand-overs, appointments and linked cases: thin over the ledger, whose constraints decide (C8). */
import { ApplicationFailure, getClient, log } from '@temporalio/activity';
import { ClaimConflict, type LedgerPort } from '../adapters/ports.js';
import { PROCESS_LETTERS } from '../domain/case.js';
import { wantsMail } from '../domain/organisation.js';
import type { CaseActivities, LinkedOrder } from './contract.js';

/** A start this far ahead of the machine's clock is meant: only the virtual clock of a simulation is. */
const AHEAD_MS = 60_000;

/** What a case says that will not be cancelled because it ends anyway (workflows/case/acts.ts). */
const ENDING = ['case.closed', 'case.ending'];

/** @returns the activities that take, withdraw and release, and those that open and cancel a linked case */
export function createHoldings(
  ledger: LedgerPort,
): Pick<CaseActivities, 'claim' | 'unclaim' | 'releaseBookings' | 'openLinked' | 'cancelLinked'> {
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
    async cancelLinked({ caseId, act }) {
      const linked = getClient().workflow.getHandle(caseId);
      try {
        if (act === null) await linked.cancel();
        else await linked.executeUpdate('cancelCase', { args: [act], updateId: act.requestId });
        return 'cancelled';
      } catch (error) {
        const { name, cause, message } = error as Error & { cause?: ApplicationFailure };
        if (name === 'WorkflowNotFoundError' || /already completed/i.test(cause?.message ?? message))
          return 'ended';
        if (name !== 'WorkflowUpdateFailedError') throw error;
        if (ENDING.includes(cause?.type ?? '')) return 'ended';
        log.warn('linked case not cancelled', { caseId, code: cause?.type ?? 'unknown' });
        return 'refused';
      }
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
