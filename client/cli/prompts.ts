/** Questions at a terminal. Without one nothing is asked: the flag that is missing is named instead (convention 3). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FormField } from '../api.js';
import { allowedText, coerce, type ParseOptions } from '../forms.js';
import { Interrupted, UsageError } from './errors.js';

type Clack = typeof import('@clack/prompts');

/** What is asked through; a double stands in for it in tests. */
export interface Prompts {
  readonly interactive: boolean;
  confirm(question: string, flag: string): Promise<boolean>;
  text(question: string, flag: string, check?: (value: string) => string | undefined): Promise<string>;
  field(field: FormField, options: ParseOptions): Promise<unknown>;
}

const IN_EDITOR = '+';

export class TerminalPrompts implements Prompts {
  constructor(readonly interactive: boolean) {}

  private async clack(flag: string): Promise<Clack> {
    if (!this.interactive) {
      throw new UsageError('usage.missing', `${flag} is missing`, `no terminal to ask at: add ${flag}`, flag);
    }
    return import('@clack/prompts');
  }

  private answered<T>(clack: Clack, value: T): Exclude<T, symbol> {
    if (clack.isCancel(value)) throw new Interrupted();
    return value as Exclude<T, symbol>;
  }

  async confirm(question: string, flag: string): Promise<boolean> {
    const clack = await this.clack(flag);
    const value = await clack.confirm({ message: question, initialValue: false, output: process.stderr });
    return this.answered(clack, value);
  }

  async text(question: string, flag: string, check?: (value: string) => string | undefined): Promise<string> {
    const clack = await this.clack(flag);
    const value = await clack.text({
      message: question,
      output: process.stderr,
      ...(check ? { validate: (given: string | undefined) => check(given ?? '') } : {}),
    });
    return this.answered(clack, value);
  }

  /** One field of a form; undefined when an optional one is left empty. */
  async field(field: FormField, options: ParseOptions): Promise<unknown> {
    const clack = await this.clack(`--answer ${field.name}=…`);
    const output = process.stderr;
    const message = `${field.label}${field.required ? '' : ' (may stay empty)'}`;
    const initial = field.default;
    if (field.kind === 'choice') {
      const options_ = (field.allowed ?? []).map((value) => ({ value, label: value }));
      const skip = { value: '', label: '—', hint: 'leave empty' };
      const value = await clack.select({
        message,
        output,
        options: field.required || initial !== undefined ? options_ : [skip, ...options_],
        ...(typeof initial === 'string' ? { initialValue: initial } : {}),
      });
      return this.answered(clack, value) || undefined;
    }
    if (field.kind === 'choices') {
      const value = await clack.multiselect({
        message,
        output,
        required: field.required,
        options: (field.allowed ?? []).map((each) => ({ value: each, label: each })),
        ...(Array.isArray(initial) ? { initialValues: initial.map(String) } : {}),
      });
      const chosen = this.answered(clack, value);
      return chosen.length ? chosen : undefined;
    }
    if (field.kind === 'yesno' && (field.required || typeof initial === 'boolean')) {
      const value = await clack.confirm({ message, output, initialValue: initial !== false });
      return this.answered(clack, value);
    }
    const long = field.kind === 'text' && (field.maxLength ?? 0) >= 200;
    const value = await clack.text({
      message: long ? `${message}, ${IN_EDITOR} opens your editor` : message,
      output,
      placeholder: allowedText(field),
      ...(initial === undefined || Array.isArray(initial)
        ? {}
        : { defaultValue: String(initial), initialValue: String(initial) }),
      validate: (given) => this.problemOf(field, given ?? '', options),
    });
    const typed = this.answered(clack, value).trim();
    if (typed === '') return undefined;
    if (long && typed === IN_EDITOR) return writeInEditor(field.label, this.interactive);
    return coerce(field, typed, options);
  }

  private problemOf(field: FormField, given: string, options: ParseOptions): string | undefined {
    const typed = given.trim();
    if (typed === '') return field.required ? `${field.name} is required` : undefined;
    if (field.kind === 'text' && field.maxLength && [...typed].length > field.maxLength) {
      return `at most ${field.maxLength} characters, this has ${[...typed].length}`;
    }
    try {
      coerce(field, typed, options);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}

/** A text written in the person's own editor; the shell knows which one that is. */
function writeInEditor(label: string, interactive: boolean): string | undefined {
  if (!interactive) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-'));
  const file = join(folder, `${label.replace(/[^a-z]+/gi, '-')}.txt`);
  try {
    writeFileSync(file, '', { mode: 0o600 });
    const done = spawnSync('sh', ['-c', 'exec ${VISUAL:-${EDITOR:-vi}} "$0"', file], { stdio: 'inherit' });
    if (done.status !== 0)
      throw new UsageError('usage.editor', 'the editor ended with an error', 'set EDITOR, or type the text');
    return readFileSync(file, 'utf8').trim() || undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
