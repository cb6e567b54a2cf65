/**
 * Phone numbers of mainland China (facts 1). Pure text work: nothing is looked up, no operator is assumed
 * (numbers are portable), and an unknown prefix `1[3-9]` is accepted.
 */

const MOBILE = /^(?:\+?86|0086)?(1[3-9]\d{9})$/;
const LANDLINE = /^(?:0\d{2,3}-?)?\d{7,8}(?:-\d{1,6})?$/;
/** 400 numbers, 95xxx and 10xxx service lines, and the short public lines 12345, 12315, 12366. */
const SERVICE_LINE = /^(?:400-?\d{3,4}-?\d{3,4}|95\d{3,6}|10\d{3,4}|12\d{3})$/;

export type PhoneKind = 'mobile' | 'landline' | 'serviceLine';

export interface Phone {
  kind: PhoneKind;
  /** Mobile: E.164 (`+8613800000001`). Others: as dialled, without blanks. */
  value: string;
}

/** Full-width digits to half-width, blanks of every kind removed: what people paste from documents. */
function tidy(input: string): string {
  return input
    .normalize('NFKC')
    .replace(/\s+/g, '')
    .replace(/[‐‑‒–—−]/g, '-');
}

/**
 * Mobile number in E.164, or null when it is not a mainland mobile.
 * Accepts blanks, hyphens and the prefixes +86, 86, 0086.
 */
export function normaliseMobile(input: string): string | null {
  const match = MOBILE.exec(tidy(input).replace(/-/g, ''));
  return match ? `+86${match[1]}` : null;
}

/**
 * What kind of number this is, in the form it is stored in; null when it is none.
 * A landline serves as contact only: it never receives an SMS.
 */
export function parsePhone(input: string): Phone | null {
  const mobile = normaliseMobile(input);
  if (mobile) return { kind: 'mobile', value: mobile };
  const value = tidy(input).replace(/[()]/g, '');
  if (SERVICE_LINE.test(value)) return { kind: 'serviceLine', value };
  if (LANDLINE.test(value)) return { kind: 'landline', value };
  return null;
}

/** Whether the number may stand in a customer text: landline or service line, never a personal mobile (facts 1). */
export function mayStandInText(input: string): boolean {
  const phone = parsePhone(input);
  return phone !== null && phone.kind !== 'mobile';
}

/** Masked for display: first three and last four digits kept, `138****5678`; short numbers keep the last two. */
export function maskPhone(input: string): string {
  const mobile = normaliseMobile(input);
  const digits = mobile ? mobile.slice(3) : tidy(input).replace(/\D/g, '');
  if (digits.length < 8) return `****${digits.slice(-2)}`;
  return `${digits.slice(0, 3)}****${digits.slice(-4)}`;
}
