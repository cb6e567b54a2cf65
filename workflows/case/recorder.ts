/**
 * The recorder: one coroutine, the only caller of `record`. It waits until there are facts, takes all of them and
 * saves them as one turn; that wait is the end of a turn. A failure never escapes and never blocks the case (house 4).
 */
import { log } from '@temporalio/workflow';
import type { TurnRecord } from '../../domain/case.js';
import type { Kase } from './kase.js';
import { recordHere, recordUntilSaved } from './profiles.js';

export class Recorder {
  /** Highest turn that stands in the ledger. */
  saved: number;

  constructor(
    private readonly kase: Kase<never, never>,
    private readonly afterSaving: () => void,
  ) {
    this.saved = kase.state.turn;
  }

  async run(): Promise<void> {
    const { kase } = this;
    while (!kase.over) {
      await kase.when(() => kase.unrecorded || kase.over);
      if (kase.over) return;
      kase.busy.recorder = true;
      await kase.settled();
      const turn = kase.takeTurn();
      const saved = await this.save(turn);
      if (saved) this.saved = turn.turn;
      kase.busy.recorder = false;
      this.afterSaving();
      // What is unrecorded already is a turn of its own, before others react to this one.
      if (!kase.unrecorded) kase.wake();
    }
  }

  private async save(turn: TurnRecord): Promise<boolean> {
    try {
      await recordHere.record(turn);
      return true;
    } catch {
      // The ledger is slow or down: from here on retries are the server's, and nobody waits for them.
    }
    try {
      await recordUntilSaved.record(turn);
      return true;
    } catch (error) {
      // Only a conflict ends here: another digest under the same key. It must be seen, not retried.
      log.error('turn not saved', { caseId: turn.caseId, turn: turn.turn, error: String(error) });
      return false;
    }
  }
}
