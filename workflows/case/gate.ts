/**
 * The gate: the only sandbox module that knows zod. It is preloaded (worker/bundle.ts), so zod and the forms are
 * evaluated once per worker, not once per cached case (house, trap 2). It exports functions only: exported schemas
 * would be frozen and break. Each parser runs once at load, good and bad, so that lazy parts exist before freezing.
 */
import type { FormIssue } from '../../domain/forms.js';
import { formIssues } from '../../domain/forms.js';
import { complaintForms } from '../../domain/forms-complaint.js';
import type { ProcessName } from '../../domain/case.js';

const FORMS: Record<ProcessName, Record<string, { safeParse(value: unknown): Parsed }>> = {
  complaint: complaintForms('core') as unknown as Record<string, { safeParse(value: unknown): Parsed }>,
};

type Parsed = { success: true; data: unknown } | { success: false; error: Parameters<typeof formIssues>[0] };

for (const forms of Object.values(FORMS))
  for (const form of Object.values(forms)) {
    form.safeParse({});
    form.safeParse({ unknownField: 1, note: 1 });
  }

/**
 * Checks an answer against its form as it must stand in history: references instead of texts and files.
 * Returns the issues, without values; an empty list means it is in order. Never throws.
 */
export function answerIssues(process: ProcessName, task: string, answer: unknown): FormIssue[] {
  const form = FORMS[process][task];
  if (form === undefined) return [{ field: '(form)', message: `no form for ${task}` }];
  const parsed = form.safeParse(answer);
  return parsed.success ? [] : formIssues(parsed.error);
}
