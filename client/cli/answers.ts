/** A form's answer from wherever it comes: flags, a file, stdin, or questions at a terminal. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { DeskError, EXIT, type FormField } from '../api.js';
import { allowedText, assign, checkFiles, everyField, fieldsOf, parseAnswers } from '../forms.js';
import type { Context } from './context.js';
import { UsageError } from './errors.js';

export interface AnswerInput {
  answer: string[];
  file?: string | undefined;
}

/** Text of a file, `-` being stdin. @throws UsageError when it cannot be read */
export function readInput(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new UsageError(
      'usage.file',
      `cannot read ${file}: ${code}`,
      'check the path; - reads stdin',
      '--file',
    );
  }
}

function readAnswerFile(file: string): Record<string, unknown> {
  const text = readInput(file);
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const first = (error as Error).message.split('\n')[0];
    throw new UsageError('usage.file', `${file}: ${first}`, 'one YAML or JSON object of the form', '--file');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new UsageError(
    'usage.file',
    `${file} holds no form`,
    'one YAML or JSON object of the form',
    '--file',
  );
}

function valueAt(answer: Record<string, unknown>, name: string): unknown {
  return name
    .split('.')
    .reduce<unknown>((place, key) => (place as Record<string, unknown> | undefined)?.[key], answer);
}

/**
 * The answer to a form. What is missing is asked for at a terminal; elsewhere the missing flag is named.
 * @throws UsageError, DeskError `usage.answer`: nothing was sent
 */
export async function gatherAnswer(
  ctx: Context,
  schema: z.ZodType,
  input: AnswerInput,
  options: { title: string; partial?: boolean },
): Promise<Record<string, unknown>> {
  const fields = fieldsOf(schema);
  const offsetMinutes = (await ctx.open()).policy.policy.zone.offsetMinutes;
  const fromFile = input.file === undefined ? {} : readAnswerFile(input.file);
  const answer = { ...fromFile, ...parseAnswers(schema, input.answer, { offsetMinutes }) };
  const nothingGiven = input.file === undefined && input.answer.length === 0;

  const missing = options.partial
    ? []
    : fields.filter((field) => field.required && valueAt(answer, field.name) === undefined);
  // Blocks within a form are optional as a whole; they are offered by file or flag, not asked field by field.
  const asked =
    nothingGiven && ctx.prompts.interactive ? fields.filter((field) => !field.name.includes('.')) : missing;
  if (asked.length > 0 && ctx.prompts.interactive) {
    ctx.out.say(ctx.out.e.bold(options.title));
    for (const field of asked) {
      const value = await ctx.prompts.field(field, { offsetMinutes });
      if (value !== undefined) assign(answer, field.name, value);
    }
  } else if (missing.length > 0 && input.file === undefined) {
    throw missingFields(missing);
  }
  await checkFiles(fields, answer);
  return answer;
}

function missingFields(missing: readonly FormField[]): DeskError {
  const first = missing[0]!;
  return new DeskError('usage.missing', `--answer ${missing.map((field) => field.name).join(', ')} missing`, {
    exit: EXIT.usage,
    fields: missing.map((field) => ({ field: field.name, message: allowedText(field) })),
    remedy: `add --answer ${first.name}=…, or --file answer.yaml`,
  });
}

/** A refusal with what each refused field allows (convention 7). */
export function explainRefusal(error: unknown, schema: z.ZodType): unknown {
  if (!(error instanceof DeskError) || !error.details.fields?.length) return error;
  const all = everyField(fieldsOf(schema));
  const fields = error.details.fields.map(({ field, message }) => {
    const takes = takenBy(all, field);
    return {
      field,
      message: takes === null || message.includes(takes) ? message : `${message}; takes ${takes}`,
    };
  });
  return new DeskError(error.code, error.message, { ...error.details, fields });
}

/** What may stand in a field, or which fields in a block; null for a field the form has not. */
function takenBy(all: readonly FormField[], refused: string): string | null {
  // `faults.0.class` is `faults[].class` on the form.
  const name = refused.replace(/\.\d+(?=\.)/g, '[]');
  const field = all.find((each) => each.name === name);
  if (field) return allowedText(field);
  const inside = all.filter((each) => each.name.startsWith(`${name}.`));
  return inside.length === 0
    ? null
    : `{ ${inside.map((each) => each.name.slice(name.length + 1)).join(', ')} }`;
}
