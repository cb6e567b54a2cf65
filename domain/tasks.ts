/** What a task is, and the tasks that any case may need whatever its manual. Pure and without zod. */
import type { ClockName } from './policy.js';

/** A task of the manual: who, which form, which clock, which rule. The name is the same everywhere. */
export interface TaskDefinition<Name extends string = string> {
  name: Name;
  /** Role that may do it; the assignee is chosen among its holders. */
  role: string;
  /** Its deadline; null for tasks whose due time is given when they are opened. */
  clock: ClockName | null;
  rule: string;
}

/** Makes a definition. */
export function task<Name extends string>(
  name: Name,
  role: string,
  clock: ClockName | null,
  rule: string,
): TaskDefinition<Name> {
  return { name, role, clock, rule };
}

/** Tasks the kernel opens in any case; their forms are `caseForms`. */
export const CASE_TASKS = {
  decideAfterWait: task('decideAfterWait', 'centreManager', 'decision', 'W12'),
  keepPromise: task('keepPromise', 'supervisor', 'keepPromise', 'W14'),
  callAboutDelay: task('callAboutDelay', 'centreManager', 'managerCall', 'W14'),
  deliverByHand: task('deliverByHand', 'agent', 'byHand', 'AT-26'),
  undoByHand: task('undoByHand', 'supervisor', 'byHand', 'AT-26'),
  sortOut: task('sortOut', 'supervisor', 'sortOut', 'AT-26'),
} as const;

/** What a visit to a customer may leave behind; their forms are `visitForms`. */
export const VISIT_TASKS = {
  collectStamp: task('collectStamp', 'engineer', 'stamp', 'W24'),
  confirmClearing: task('confirmClearing', 'finance', 'clearing', 'W27'),
  recoverPayment: task('recoverPayment', 'finance', 'payment', 'W27'),
} as const;

/** Tasks the kernel opens where things and money are held; a complaint holds none. */
export const HOLDING_TASKS = {
  returnItems: task('returnItems', 'engineer', 'returnItems', 'AT-43'),
  settleRefusal: task('settleRefusal', 'engineer', 'returnItems', 'AT-43'),
  reportLoss: task('reportLoss', 'supervisor', 'reportLoss', 'REG-07'),
  refund: task('refund', 'finance', 'payment', 'W27'),
} as const;
