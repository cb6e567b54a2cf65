/**
 * What a command file exports, and the map of all of them. A command is one file: parse, call the facade, print (C14).
 */
import type { z } from 'zod';
import type { Context } from './context.js';

export const GROUPS = [
  'Now',
  'Tasks',
  'Cases',
  'Visits',
  'Custody',
  'People',
  'Rules',
  'Mail',
  'Proof',
  'Try',
  'Run',
] as const;
export type Group = (typeof GROUPS)[number];

/** The one positional argument: a field of the input. */
export interface Positional {
  field: string;
  /** As help shows it, e.g. `CASE`. */
  value: string;
  /** Takes every remaining word. */
  many?: boolean;
}

export interface Command<Input extends z.ZodObject = z.ZodObject> {
  name: string;
  group: Group;
  summary: string;
  /** At least two; every one runs as it stands in a test. */
  examples: string[];
  positional?: Positional;
  /** Flags derive from it: `.describe()` gives the help line, `.meta({ value })` what stands for the value. */
  input: Input;
  /** Lines under the flags, for what a flag list cannot say. */
  notes?: string[];
  /** Resolves to the exit code; nothing means 0. */
  run(ctx: Context, input: z.output<Input>): Promise<number | void>;
}

/** Types the input of a command by its schema. */
export function command<Input extends z.ZodObject>(definition: Command<Input>): Command<Input> {
  return definition;
}

/** What the registry knows of a command without importing it. */
export interface Entry {
  name: string;
  group: Group;
  summary: string;
  load(): Promise<Command>;
}

/** Flags every command takes, anywhere on the line (convention 9). */
export interface Globals {
  json: boolean;
  as?: string;
  home?: string;
  color: boolean;
  time: 'local' | 'iso';
  yes: boolean;
  confirm?: string;
  dryRun: boolean;
  requestId?: string;
  verbose: boolean;
}
