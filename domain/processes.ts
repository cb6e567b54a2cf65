/**
 * The processes of the house by name: the forms of their tasks and of their intake. The one list that the client, the
 * CLI, the simulator and the workflow's gate take processes from.
 */
import type { z } from 'zod';
import { PROCESS_LETTERS, type ProcessName } from './case.js';
import { complaintForms, complaintIntakeForm } from './forms-complaint.js';
import { issuanceForms, issuanceIntakeForm } from './forms-issuance.js';
import { repairForms, repairIntakeForm } from './forms-repair.js';
import { tripForms, tripIntakeForm } from './forms-trip.js';
import type { FormMode } from './forms.js';

/** An object form that can also be asked for some of its fields only (corrections). */
export type Form = z.ZodType & { shape?: z.ZodRawShape };

const FORMS: Record<
  ProcessName,
  { tasks: (mode: FormMode) => object; intake: (mode: FormMode) => z.ZodType }
> = {
  complaint: { tasks: complaintForms, intake: complaintIntakeForm },
  issuance: { tasks: issuanceForms, intake: issuanceIntakeForm },
  repair: { tasks: repairForms, intake: repairIntakeForm },
  trip: { tasks: tripForms, intake: tripIntakeForm },
};

/** Names of the processes, in the order of the manual's letters. */
export const PROCESS_NAMES = Object.keys(FORMS) as ProcessName[];

/** The process a case number belongs to, by its letter (CRM-05); null for no case number of ours. */
export function processOf(caseId: string): ProcessName | null {
  return PROCESS_NAMES.find((name) => PROCESS_LETTERS[name] === caseId.slice(0, 1)) ?? null;
}

/** Forms of a process's tasks by task name. */
export function taskForms(process: ProcessName, mode: FormMode): Record<string, Form> {
  return FORMS[process].tasks(mode) as Record<string, Form>;
}

/** Form of a process's intake. */
export function intakeForm(process: ProcessName, mode: FormMode): z.ZodType {
  return FORMS[process].intake(mode);
}
