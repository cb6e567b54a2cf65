/** How a case says no: an update fails with a stable code, and nothing was changed (house, trap 5). */
import { ApplicationFailure } from '@temporalio/workflow';

/** @throws ApplicationFailure, not retryable; `details` reach the person who asked */
export function refuse(code: string, message: string, details: Record<string, unknown> = {}): never {
  throw ApplicationFailure.nonRetryable(message, code, details);
}
