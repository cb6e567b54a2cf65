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

/** Zod's issues as field and message, without values (they may be personal). */
export function formIssues(error: z.ZodError): FormIssue[] {
  return error.issues.map((issue) => ({
    field:
      issue.path.map(String).join('.') ||
      (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : '(form)'),
    message: issue.message,
  }));
}
