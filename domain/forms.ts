import { z } from 'zod';
import type { ContentRef, EvidenceRef } from './case.js';

/**
 * Forms come in two shapes from one source. At the **edge** (CLI, files) a personal field is text and evidence is a
 * file; the client stores both and sends references. In the **core** (workflow, history) only references are allowed,
 * so personal data cannot enter history even by mistake.
 */

export const contentRefSchema = z.strictObject({
  content: z.string().min(8).max(80),
  sha256: z.string().length(64),
});

export const evidenceRefSchema = z.strictObject({
  evidence: z.string().min(8).max(80),
  sha256: z.string().length(64),
  mediaType: z.string().max(100),
  bytes: z.number().int().nonnegative(),
});

/** A personal text at the edge, waiting to be stored. */
export interface PendingText {
  $text: string;
}
/** A file at the edge, waiting to be stored: a path, or its text inline. */
export interface PendingFile {
  $file: { path: string } | { name: string; text: string };
}

/** A staff id or alias at the edge, waiting to be looked up. */
export interface PendingStaff {
  $staff: string;
}

export type FormMode = 'edge' | 'core';

/** Builders for the fields that differ between the two shapes. */
export interface FormKit {
  /** Personal or free text of at most `max` Unicode characters (D24). */
  text(max: number): z.ZodType<ContentRef>;
  evidence(): z.ZodType<EvidenceRef>;
  /** A member of staff; at the edge an alias will do. */
  staff(): z.ZodType<string>;
}

const staffId = () => z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, 'a staff id');

const length = (value: string) => [...value].length;

const edgeKit = {
  text: (max: number) =>
    z
      .union([
        contentRefSchema,
        z
          .string()
          .trim()
          .min(1)
          .refine((value) => length(value) <= max, {
            error: `at most ${max} characters; attach longer text as a file`,
          }),
      ])
      .meta({ personal: true, maxLength: max })
      .transform((value) => (typeof value === 'string' ? { $text: value } : value)),
  evidence: () =>
    z
      .union([
        evidenceRefSchema,
        z.strictObject({ file: z.string().min(1) }),
        z.strictObject({ name: z.string().min(1).max(100), text: z.string().min(1) }),
        z.string().min(1),
      ])
      .meta({ evidence: true })
      .transform((value) => {
        if (typeof value === 'string')
          return value.startsWith('@')
            ? { $file: { path: value.slice(1) } }
            : { $file: { name: 'note.txt', text: value } };
        if ('file' in value) return { $file: { path: value.file } };
        if ('text' in value) return { $file: value };
        return value;
      }),
  staff: () =>
    staffId()
      .meta({ staff: true })
      .transform((value) => ({ $staff: value })),
};

const coreKit = { text: () => contentRefSchema, evidence: () => evidenceRefSchema, staff: staffId };

/** The kit of a mode. The edge kit's output is `PendingText | PendingFile | PendingStaff | ref`, typed as what it becomes. */
export function formKit(mode: FormMode): FormKit {
  return (mode === 'edge' ? edgeKit : coreKit) as unknown as FormKit;
}

/** Money in CNY: two decimals, not negative. */
export const money = () =>
  z
    .number()
    .nonnegative()
    .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, {
      error: 'at most two decimals',
    });

/** A number or name on paper: not empty, trimmed. */
export const reference = (max = 40) => z.string().trim().min(1).max(max);

/** Something that must have been done before the form is in order. */
export const yes = () => z.literal(true);

/** An instant with an offset, e.g. `2030-03-04T09:00:00+08:00`; kept as UTC. */
export const instant = () =>
  z.iso.datetime({ offset: true }).transform((value) => new Date(Date.parse(value)).toISOString());

/**
 * A calendar day `YYYY-MM-DD`. Not `z.iso.date()`: its pattern is one object for the whole library, and the sandbox
 * freezes what preloaded modules share (house, trap 2).
 */
export const day = () =>
  z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a day, YYYY-MM-DD')
    // Checked even when the pattern refused it already: `2030-13-01` is no date at all.
    .refine(
      (value) => {
        const at = Date.parse(`${value}T00:00:00Z`);
        return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value);
      },
      { error: 'no such day' },
    )
    .meta({ day: true });

/** What a refused form says: where, why, never the value. */
export interface FormIssue {
  field: string;
  message: string;
}

/** Zod's issues as field and message in plain words, without values (they may be personal). */
export function formIssues(error: z.ZodError): FormIssue[] {
  return error.issues.flatMap((issue) => issuesOf(issue, []));
}

type Issue = z.core.$ZodIssue;

function issuesOf(issue: Issue, above: readonly PropertyKey[]): FormIssue[] {
  const path = [...above, ...issue.path];
  const field = (keys: readonly PropertyKey[]) => keys.map(String).join('.') || '(form)';
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ field: field([...path, key]), message: 'no such field' }));
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue.errors);
    if (meant !== null) return meant.flatMap((each) => issuesOf(each, path));
    return [{ field: field(path), message: noBranch(issue.errors) }];
  }
  return [{ field: field(path), message: inWords(issue) }];
}

/** Of a value that may be one of several, the shape it was probably to have: the one whose kind it is. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const ofItsKind = (branch: readonly Issue[]) =>
    branch.length > 0 &&
    !branch.some(
      ({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
    );
  return branches.find(ofItsKind) ?? null;
}

function noBranch(branches: readonly (readonly Issue[])[]): string {
  const whole = branches.flatMap((branch) => branch.filter(({ path }) => path.length === 0));
  const told = [...new Set(whole.map(inWords))];
  if (told.includes(MISSING)) return MISSING;
  const [first, ...others] = told;
  return first === undefined
    ? NOT_AS_IT_MUST
    : [first, ...others.map((each) => each.replace(/^must be /, ''))].join(', or ');
}

const MISSING = 'is missing';
const NOT_AS_IT_MUST = 'is not written as it must be';

/** What zod says when the form has no words of its own. */
const OWN_WORDS = ['Invalid ', 'Too small: ', 'Too big: '];

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'yes or no (true, false)',
  object: 'a block of fields',
  array: 'a list',
};

function inWords(issue: Issue): string {
  const { message } = issue;
  if (message !== 'Invalid input' && !OWN_WORDS.some((words) => message.startsWith(words))) return message;
  switch (issue.code) {
    case 'invalid_type': {
      if (message.endsWith('received undefined')) return MISSING;
      const kind = KINDS[issue.expected] ?? issue.expected;
      const quotes = issue.expected === 'string' && message.endsWith('received number');
      return `must be ${kind}${quotes ? ', in quotes' : ''}`;
    }
    case 'invalid_value':
      return `must be ${issue.values.map((value) => (value === true ? 'yes' : String(value))).join(' | ')}`;
    case 'too_small': {
      const least = Number(issue.minimum);
      if (issue.origin === 'number' || issue.origin === 'int')
        return issue.inclusive === false ? `must be more than ${least}` : `must be ${least} at least`;
      return least === 1 ? 'may not be empty' : `must have ${least} ${countedOf(issue.origin)} at least`;
    }
    case 'too_big': {
      const most = Number(issue.maximum);
      if (issue.origin === 'number' || issue.origin === 'int')
        return issue.inclusive === false ? `must be less than ${most}` : `must be ${most} at most`;
      return `must have ${most} ${countedOf(issue.origin)} at most`;
    }
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'must be a time with its offset, as 2030-03-04T09:00:00+08:00'
        : NOT_AS_IT_MUST;
    default:
      return NOT_AS_IT_MUST;
  }
}

function countedOf(origin: string): string {
  return origin === 'array' ? 'entries' : 'characters';
}
