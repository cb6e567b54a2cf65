/** What stands against an answer that is in order as a form: found together, so that it is mended once. */
import type { FormIssue } from '../../domain/forms.js';
import type { TaskState } from './state.js';

/** What stands against one field of an answer, or nothing. */
export type Objection = FormIssue | null;
/** What stands against an answer: nothing, or everything at once. */
export type Objections = Objection | FormIssue[];

/** What stands against a field when something is so. */
export function objectIf(wrong: boolean, field: string, message: string): Objection {
  return wrong ? { field, message } : null;
}

/** Everything that is wrong with a form, so that it is mended once; null when nothing is. */
export function together(problems: readonly Objections[]): Objections {
  const found = allOf(problems);
  return found.length === 0 ? null : found;
}

/** The same as a plain list. */
export function allOf(problems: readonly Objections[]): FormIssue[] {
  return problems.flatMap((problem) => problem ?? []);
}

/** The money a task is about, in CNY. */
export function amountOf({ context }: TaskState): number {
  return Number(context?.['amount'] ?? 0);
}

/** What stands against paying another amount than a task is about. @param why what makes it that amount */
export function amountProblem(task: TaskState, amount: unknown, why: string): Objection {
  const owed = amountOf(task);
  return objectIf(amount !== owed, 'amount', `${owed} CNY ${why}`);
}
