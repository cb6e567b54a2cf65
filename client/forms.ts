/**
 * Forms as an operator meets them: the fields of a schema, answers typed as `key=value`, and the word that was
 * probably meant. Everything derives from the zod schema of the form (edge shape); nothing here knows a form by name.
 */
import { access, constants, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { DeskError, EXIT, type FormField } from './api.js';

/** The part of JSON Schema that our forms and flags use. */
export interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  default?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxLength?: number;
  description?: string;
  /** Our own marks, set by `.meta()`. */
  personal?: boolean;
  evidence?: boolean;
  day?: boolean;
  /** What stands for the value in help, e.g. `STAFF`. */
  value?: string;
}

/** What a person may write into a form or a command, as JSON Schema. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

const STAFF_ID_PATTERN = '^[a-z0-9][a-z0-9._-]{0,39}$';

function kindOf(schema: JsonSchema): Pick<FormField, 'kind' | 'allowed' | 'day'> {
  if (schema.evidence) return { kind: 'file' };
  if (schema.personal) return { kind: 'text' };
  if (schema.enum) return { kind: 'choice', allowed: schema.enum.map(String) };
  if (schema.const !== undefined) {
    return typeof schema.const === 'boolean'
      ? { kind: 'yesno' }
      : { kind: 'choice', allowed: [String(schema.const)] };
  }
  if (schema.anyOf) {
    const words = schema.anyOf.flatMap((part) => (part.const === undefined ? [] : [String(part.const)]));
    const rest = schema.anyOf.find((part) => part.const === undefined);
    return { ...kindOf(rest ?? {}), ...(words.length ? { allowed: words } : {}) };
  }
  if (schema.type === 'boolean') return { kind: 'yesno' };
  if (schema.type === 'number' || schema.type === 'integer') return { kind: 'number' };
  if (schema.type === 'array') {
    const item = schema.items ?? {};
    if (item.enum) return { kind: 'choices', allowed: item.enum.map(String) };
    // A list of blocks: the names of its fields, required ones marked as everywhere else.
    const parts = Object.keys(item.properties ?? {});
    const marked = parts.map((key) => ((item.required ?? []).includes(key) ? `${key} *` : key));
    return { kind: 'list', ...(parts.length === 0 ? {} : { allowed: marked }) };
  }
  if (schema.day) return { kind: 'text', day: true };
  if (schema.format === 'date-time') return { kind: 'instant' };
  if (schema.pattern === STAFF_ID_PATTERN) return { kind: 'staff' };
  return { kind: 'text' };
}

/** `amountDisputed` as it is read: "amount disputed". */
export function labelOf(name: string): string {
  return name
    .replace(/\./g, ': ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

/** How a reader is told what an answer only refers to. */
export interface Telling {
  text(content: string): string;
  file(evidence: string): string;
  moment(at: string): string;
  yesNo(value: boolean): string;
}

const UTC_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/;

/** A value of an answer as people read it: what it refers to in its place, a block as `name value, name value`. */
export function valueText(value: unknown, telling: Telling): string {
  if (typeof value === 'boolean') return telling.yesNo(value);
  if (typeof value === 'string') return UTC_INSTANT.test(value) ? telling.moment(value) : value;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) {
    const blocks = value.some((each) => typeof each === 'object' && each !== null && !('sha256' in each));
    return value.map((each) => valueText(each, telling)).join(blocks ? '; ' : ', ');
  }
  const { content, evidence } = value as { content?: unknown; evidence?: unknown };
  if (typeof content === 'string') return telling.text(content);
  if (typeof evidence === 'string') return telling.file(evidence);
  return Object.entries(value as Record<string, unknown>)
    .filter(([, inner]) => inner !== null && inner !== undefined)
    .map(([name, inner]) => `${labelOf(name)} ${valueText(inner, telling)}`)
    .join(', ');
}

function collect(schema: JsonSchema, prefix: string, insideOptional: boolean): FormField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = prefix + key;
    // The other shape's field of a form with two shapes: nothing may be written there.
    if (Object.keys(property).length === 0) return [];
    const required = !insideOptional && (schema.required ?? []).includes(key);
    if (property.properties && !property.evidence) return collect(property, `${name}.`, !required);
    const maxLength = property.maxLength;
    return [
      {
        name,
        label: property.description ?? labelOf(name),
        required,
        ...kindOf(property),
        ...(property.items?.properties === undefined
          ? {}
          : { fields: collect(property.items, `${name}[].`, false) }),
        ...(property.default === undefined ? {} : { default: property.default }),
        ...(maxLength === undefined ? {} : { maxLength }),
        personal: property.personal === true,
      },
    ];
  });
}

/** The fields of a form in its order; a block within it gives dotted names (`complainant.phone`). */
export function fieldsOf(schema: z.ZodType): FormField[] {
  return collect(inputSchema(schema), '', false);
}

/** Every field of a form, those of a list's blocks after the list they belong to. */
export function everyField(fields: readonly FormField[]): FormField[] {
  return fields.flatMap((field) => [field, ...everyField(field.fields ?? [])]);
}

/** What may stand in a field, in a few words. */
export function allowedText(field: FormField): string {
  switch (field.kind) {
    case 'choice':
      return (field.allowed ?? []).join(' | ');
    case 'choices':
      return `one or more of ${(field.allowed ?? []).join(' | ')}`;
    case 'number':
      return ['a number', ...(field.allowed ?? [])].join(', or ');
    case 'yesno':
      return 'yes | no';
    case 'instant':
      return 'a time: 2030-03-04T18:00, or with offset +08:00';
    case 'staff':
      return 'a staff id';
    case 'file':
      return '@path of a file, or a line of text';
    case 'list':
      return field.allowed
        ? `a list of { ${field.allowed.join(', ')} }, as in [{ ${field.allowed[0]!.replace(' *', '')}: … }]`
        : 'a list: a,b';
    case 'text':
      if (field.day) return 'a day, YYYY-MM-DD';
      return field.maxLength ? `text, at most ${field.maxLength} characters` : 'text';
  }
}

/** Edits to get from one word to the other; two swapped neighbours are one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The candidate that was probably meant, or null. Suggested to the person, never put in its place. */
export function suggest(word: string, candidates: readonly string[]): string | null {
  const given = word.toLowerCase();
  const near = candidates
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const starts = given.length >= 3 && (lower.startsWith(given) || given.startsWith(lower));
      return { candidate, away: starts ? 0.5 : distance(given, lower) };
    })
    .filter(
      ({ away, candidate }) =>
        away <= Math.max(1, Math.floor(Math.max(given.length, candidate.length) * 0.4)),
    )
    .sort((a, b) => a.away - b.away);
  return near[0]?.candidate ?? null;
}

/** Everything that is wrong with how an answer was written, told at once. */
function allWrong(errors: readonly DeskError[]): DeskError {
  const [first, ...others] = errors as [DeskError, ...DeskError[]];
  if (others.length === 0) return first;
  return new DeskError(first.code, errors.map(({ message }) => message).join('; '), {
    ...first.details,
    fields: errors.flatMap(({ details }) => details.fields ?? []),
    remedy: [...new Set(errors.map(({ details }) => details.remedy))].join('; '),
  });
}

/** A mistake in how an answer was written: nothing was sent. */
function badAnswer(field: string, message: string, remedy: string): DeskError {
  return new DeskError('usage.answer', `${field}: ${message}`, {
    exit: EXIT.usage,
    fields: [{ field, message }],
    remedy,
  });
}

const YES = ['yes', 'true', 'y', '1'];
const NO = ['no', 'false', 'n', '0'];

export interface ParseOptions {
  /** Offset of the organisation's zone: a time without offset is local there. */
  offsetMinutes?: number;
}

/** `+08:00` */
export function offsetText(offsetMinutes: number): string {
  const size = Math.abs(offsetMinutes);
  const part = (value: number) => String(value).padStart(2, '0');
  return `${offsetMinutes < 0 ? '-' : '+'}${part(Math.floor(size / 60))}:${part(size % 60)}`;
}

/** A time as people type it (`2030-03-04 18:00`) as ISO with offset; null when it is none. */
export function instantText(value: string, offsetMinutes: number | undefined): string | null {
  const parts = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(
    value.trim(),
  );
  if (!parts) return null;
  const offset = parts[4] ?? (offsetMinutes === undefined ? undefined : offsetText(offsetMinutes));
  if (offset === undefined) return null;
  const text = `${parts[1]}T${parts[2]}${parts[3] ?? ':00'}${offset}`;
  return Number.isNaN(Date.parse(text)) ? null : text;
}

/** Turns what was typed into the field's type; the schema judges the value itself. */
export function coerce(field: FormField, typed: string, options: ParseOptions = {}): unknown {
  const remedy = `${field.name} takes ${allowedText(field)}`;
  const value = typed.trim();
  switch (field.kind) {
    case 'text':
    case 'staff':
    case 'file':
      return typed;
    case 'choice': {
      const hit = field.allowed?.find((word) => word === value);
      if (hit) return hit;
      const near = suggest(value, field.allowed ?? []);
      throw badAnswer(
        field.name,
        `"${value}" is not a choice${near ? `; did you mean ${near}?` : ''}`,
        remedy,
      );
    }
    case 'choices': {
      const words = value
        .replace(/^\[|\]$/g, '')
        .split(',')
        .map((word) => word.trim())
        .filter(Boolean);
      return words.map((word) => coerce({ ...field, kind: 'choice' }, word, options));
    }
    case 'number': {
      if (field.allowed?.includes(value)) return value;
      const number = Number(value.replace(/_/g, ''));
      if (value === '' || Number.isNaN(number))
        throw badAnswer(field.name, `"${value}" is not a number`, remedy);
      return number;
    }
    case 'yesno': {
      const lower = value.toLowerCase();
      if (YES.includes(lower)) return true;
      if (NO.includes(lower)) return false;
      throw badAnswer(field.name, `"${value}" is neither yes nor no`, remedy);
    }
    case 'instant': {
      const text = instantText(value, options.offsetMinutes);
      if (text) return text;
      throw badAnswer(field.name, `"${value}" is not a time`, remedy);
    }
    case 'list': {
      if (/^[[{]/.test(value)) {
        try {
          // YAML as in a file; JSON is part of it.
          const parsed: unknown = parse(value);
          return Array.isArray(parsed) ? parsed : [parsed];
        } catch {
          throw badAnswer(field.name, 'is neither YAML nor JSON', remedy);
        }
      }
      return value === '' ? [] : value.split(',').map((item) => item.trim());
    }
  }
}

/** Puts a value under a dotted name. */
export function assign(target: Record<string, unknown>, name: string, value: unknown): void {
  const path = name.split('.');
  const last = path.pop()!;
  let place = target;
  for (const key of path) place = (place[key] ??= {}) as Record<string, unknown>;
  const before = place[last];
  place[last] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
}

/**
 * Answers typed as `key=value`, each coerced by its field's type; a list's key may be repeated.
 * @throws DeskError `usage.answer` (exit 64) for unknown keys, with a suggestion, and values of the wrong type
 */
export function parseAnswers(
  schema: z.ZodType,
  pairs: readonly string[],
  options: ParseOptions = {},
): Record<string, unknown> {
  const fields = fieldsOf(schema);
  const answer: Record<string, unknown> = {};
  const wrong: DeskError[] = [];
  for (const pair of pairs) {
    try {
      const { field, typed } = meantField(fields, pair);
      assign(answer, field.name, coerce(field, typed, options));
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      wrong.push(error);
    }
  }
  if (wrong.length > 0) throw allWrong(wrong);
  return answer;
}

/** The field that `key=value` names. */
function meantField(fields: readonly FormField[], pair: string): { field: FormField; typed: string } {
  const names = fields.map((field) => field.name);
  const equals = pair.indexOf('=');
  if (equals < 1)
    throw badAnswer(pair, 'is not key=value', `write --answer KEY=VALUE; keys: ${names.join(', ')}`);
  const key = pair.slice(0, equals).trim();
  const field = fields.find((each) => each.name === key);
  if (field) return { field, typed: pair.slice(equals + 1) };
  const near = suggest(key, names);
  throw badAnswer(
    key,
    `no such field${near ? `; did you mean ${near}?` : ''}`,
    `fields: ${names.join(', ')}`,
  );
}

/** Names that are files' names, not a line of text. */
const FILE_NAME = /^\S+\.(pdf|png|jpe?g|gif|heic|tiff?|mp3|wav|m4a|mp4|docx?|xlsx?|eml|txt|zip)$/i;

/** Every value of a field, `lines[].photo` in each block of the list, with the name it has there. */
function valuesOf(answer: unknown, name: string): { at: string; value: unknown }[] {
  let found: { at: string; value: unknown }[] = [{ at: '', value: answer }];
  for (const part of name.split('.')) {
    const key = part.replace('[]', '');
    found = found.flatMap(({ at, value }) => {
      const place = at === '' ? key : `${at}.${key}`;
      const inner = (value as Record<string, unknown> | null | undefined)?.[key];
      if (!part.endsWith('[]')) return [{ at: place, value: inner }];
      return Array.isArray(inner) ? inner.map((each, i) => ({ at: `${place}.${i}`, value: each })) : [];
    });
  }
  return found;
}

/**
 * Says early that a file named in an answer (`@path`, or `{ file: path }`) is not there or empty, or that its `@` was
 * forgotten: a form must not fail half-way because of a wrong path, nor a file's name be filed in its place.
 * @param written how a path is given there, where it is a flag of its own
 * @throws DeskError `usage.file` (exit 64)
 */
export async function checkFiles(
  fields: readonly FormField[],
  answer: Record<string, unknown>,
  written: Written = (field, path) => `${field}=@${path}`,
): Promise<void> {
  for (const field of everyField(fields)) {
    if (field.kind !== 'file') continue;
    for (const { at, value } of valuesOf(answer, field.name)) await checkFile(at, value, written);
  }
}

type Written = (field: string, path: string) => string;

async function checkFile(field: string, value: unknown, written: Written): Promise<void> {
  const refused = (message: string, why: string, remedy: string) =>
    new DeskError('usage.file', `${field}: ${message}`, {
      exit: EXIT.usage,
      fields: [{ field, message: why }],
      remedy,
    });
  const plain = typeof value === 'string' && !value.startsWith('@');
  if (plain && (FILE_NAME.test(value) || (await isFile(value)))) {
    const said = `a file is given with @: ${written(field, value)}`;
    throw refused(said, said, 'add the @; in an answer file "@path" stands in quotes');
  }
  const path =
    typeof value === 'string' && !plain
      ? value.slice(1)
      : ((value as { file?: string } | null | undefined)?.file ?? null);
  if (path === null) return;
  const remedy = `check the path: ${written(field, 'path/to/file')}`;
  const found = await stat(path).catch(() => null);
  const readable =
    found !== null &&
    !found.isDirectory() &&
    (await access(path, constants.R_OK).then(
      () => true,
      () => false,
    ));
  if (!readable) throw refused(`cannot read ${basename(path)}`, `no readable file at ${path}`, remedy);
  if (found.isFile() && found.size === 0)
    throw refused(`${basename(path)} is empty`, `${path} has 0 bytes`, remedy);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() === true;
}
