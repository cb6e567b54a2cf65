/** Inputs that several commands share, so that the same thing has the same flag everywhere. */
import { z } from 'zod';

export const caseNumber = () =>
  z
    .string()
    .regex(/^[A-Z]\d{8}-\d{3,}$/, 'a case number, e.g. T20300304-001')
    .meta({ description: 'case number', value: 'CASE' });

export const CASE = { field: 'case', value: 'CASE' } as const;

export const taskFlag = () =>
  z
    .string()
    .min(1)
    .meta({ description: 'name of an open task; default: your only one there', value: 'NAME' })
    .optional();

export const reasonFlag = (why = 'why; stands on the record') =>
  z.string().trim().min(1).meta({ description: why, value: 'TEXT' });

/** Serials are kept in capitals; keys of papers and money hold a slash and stand as they are. */
export const itemId = (typed: string) => (typed.includes('/') ? typed : typed.toUpperCase());

export const answerFlag = () =>
  z
    .array(z.string())
    .default([])
    .meta({ description: 'a field of the form; a file as proof=@path', value: 'KEY=VALUE' });

/** Whose appointments. */
export const whoFlag = () =>
  z
    .string()
    .min(1)
    .meta({
      description: 'staff id, or bureau/UNIT for a counter of the tax bureau; default: who acts',
      value: 'STAFF',
    })
    .optional();

export const dayFlag = () =>
  z.iso.date().meta({ description: 'a day; default today', value: 'YYYY-MM-DD' }).optional();

export const fileFlag = () =>
  z.string().meta({ description: 'the answer as YAML or JSON; - reads stdin', value: 'FILE' }).optional();
