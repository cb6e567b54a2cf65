import { z } from 'zod';

/**
 * The organisation as data: company, departments, staff with roles and substitutes, subordinate units, customers.
 * Imported by `aftercare org import`; staff ids are pseudonymous and may stand in history, names may not.
 */

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, 'lower-case letters, digits, dot, dash, underscore; at most 40');
const language = z.enum(['zh-CN', 'en']);
const phone = z.string().min(7).max(20);

/** The company: `hotline`, `hours`, `mailFrom` and `place` are also where customers may complain (CMP-01). */
export const companySchema = z.strictObject({
  name: z.string().min(2),
  /** Signature of SMS, without the brackets. */
  smsSignature: z.string().min(2).max(16),
  hotline: z.string().min(7).max(20),
  place: z.string(),
  hours: z.string(),
  mailFrom: z.email(),
  recourseBodies: z.string(),
});

export const departmentSchema = z.strictObject({ id, name: z.string(), head: id.optional() });

export const staffSchema = z.strictObject({
  id,
  /** Other ids by which the same person is known, e.g. the employee number. */
  aliases: z.array(id).default([]),
  name: z.string().min(1),
  /** How customers are told: 李女士, Ms Li. Falls back to the name. */
  calledAs: z.string().optional(),
  roles: z.array(z.string()).min(1),
  department: id,
  mail: z.email().optional(),
  mobile: phone.optional(),
  language: language.default('zh-CN'),
  substitute: id.optional(),
  absent: z.boolean().default(false),
});

/** An officer of a tax bureau: by default one telephones; mail goes only to who wants it (W28). */
export const officerSchema = z
  .strictObject({
    id,
    name: z.string().min(1),
    mail: z.email().optional(),
    phone: phone.optional(),
    prefers: z.enum(['phone', 'mail']).default('phone'),
  })
  .refine((officer) => officer.prefers !== 'mail' || officer.mail !== undefined, {
    path: ['mail'],
    error: 'who prefers mail needs a mail address',
  });

export const unitSchema = z
  .strictObject({
    id,
    name: z.string(),
    kind: z.enum(['subordinate', 'manufacturer', 'bureau']),
    mail: z.email().optional(),
    phone: phone.optional(),
    language: language.default('zh-CN'),
    /** When somebody is there, in words. */
    hours: z.string().min(1).max(60).optional(),
    /** Whom we deal with at a bureau; of several who want mail the first is written to. */
    officers: z.array(officerSchema).default([]),
  })
  .refine((unit) => unit.kind === 'bureau' || unit.officers.length === 0, {
    path: ['officers'],
    error: 'only a bureau has officers',
  });

export const customerSchema = z.strictObject({
  id,
  name: z.string().min(4),
  taxpayerId: z.string().min(15).max(20).optional(),
  taxBureau: z.string().optional(),
  contactName: z.string().optional(),
  mobile: phone.optional(),
  landline: phone.optional(),
  mail: z.email().optional(),
  channel: z.enum(['sms', 'mail']).default('sms'),
  language: language.default('zh-CN'),
  tags: z.array(z.string()).default([]),
});

export const organisationSchema = z.strictObject({
  schema: z.literal('aftercare.organisation/1'),
  company: companySchema,
  departments: z.array(departmentSchema).min(1),
  staff: z.array(staffSchema).min(1),
  units: z.array(unitSchema).default([]),
  customers: z.array(customerSchema).default([]),
});

export type Company = z.infer<typeof companySchema>;
export type Department = z.infer<typeof departmentSchema>;
export type Staff = z.infer<typeof staffSchema>;
export type Unit = z.infer<typeof unitSchema>;
export type Officer = z.infer<typeof officerSchema>;
export type Customer = z.infer<typeof customerSchema>;
export type Organisation = z.infer<typeof organisationSchema>;

/** Whether a bureau is asked for a time in writing: one of its officers wants mail (W28). */
export function wantsMail(unit: Pick<Unit, 'officers'>): boolean {
  return unit.officers.some((officer) => officer.prefers === 'mail');
}

/** What a case needs to know of people: ids only, pinned in its snapshot. No names, no addresses. */
export interface Desk {
  /** Present, non-absent staff by role, in the organisation's order. */
  byRole: Record<string, string[]>;
  staff: Record<string, { roles: string[]; department: string; substitute: string | null; absent: boolean }>;
  /** Head of each department. */
  heads: Record<string, string | null>;
}

/** What a desk is made of, in the organisation's order. */
export interface Roster {
  staff: Pick<Staff, 'id' | 'roles' | 'department' | 'substitute' | 'absent'>[];
  departments: Pick<Department, 'id' | 'head'>[];
}

/** The desk of an organisation: who can be given work, by id. */
export function deskOf(organisation: Roster): Desk {
  const byRole: Record<string, string[]> = {};
  const staff: Desk['staff'] = {};
  for (const person of organisation.staff) {
    staff[person.id] = {
      roles: person.roles,
      department: person.department,
      substitute: person.substitute ?? null,
      absent: person.absent,
    };
    if (person.absent) continue;
    for (const role of person.roles) (byRole[role] ??= []).push(person.id);
  }
  const heads: Desk['heads'] = {};
  for (const department of organisation.departments) heads[department.id] = department.head ?? null;
  return { byRole, staff, heads };
}
