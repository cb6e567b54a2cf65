/**
 * Taxpayer ids (纳税人识别号): the unified social credit code of GB 32100-2015 with its check characters, and the
 * older forms that are still on file (facts 2, 3). A legacy id is accepted and flagged, never refused.
 */

/** The 31 symbols of GB 32100: digits and letters without I, O, S, V, Z. */
const SYMBOLS = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** 3^(i-1) mod 31. */
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const CODE = /^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/;

/** GB 11714: weights of the organisation code, positions 9 to 16 of the credit code. */
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

const ID_CARD_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const ID_CARD_CHECKS = '10X98765432';

export type TaxpayerIdKind =
  'creditCode' | 'idCard' | 'legacy15' | 'legacy17' | 'idCardWithSequence' | 'temporary';

export type TaxpayerIdCheck =
  | {
      ok: true;
      /** As stored: upper-case, half-width, without blanks. */
      id: string;
      kind: TaxpayerIdKind;
      /** True for every form but the credit code: to be replaced when the customer has a new one. */
      legacy: boolean;
    }
  | { ok: false; id: string; problem: string; allowed: string };

function weighted(values: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * (values[index] ?? 0), 0);
}

/** Upper-case, half-width, no blanks or hyphens. */
export function normaliseTaxpayerId(input: string): string {
  return input
    .normalize('NFKC')
    .replace(/[\s-]+/g, '')
    .toUpperCase();
}

/**
 * Check character (position 18) for the first 17 characters of a credit code.
 * @throws RangeError when a character is not one of the 31 symbols
 */
export function creditCodeCheck(first17: string): string {
  const values = [...first17].map((symbol) => SYMBOLS.indexOf(symbol));
  if (values.length !== 17 || values.includes(-1)) throw new RangeError('needs 17 symbols of GB 32100');
  return SYMBOLS[(31 - (weighted(values, WEIGHTS) % 31)) % 31]!;
}

/**
 * Check character of an organisation code (GB 11714) for its first 8 characters; position 17 of a credit code.
 * @throws RangeError unless eight of 0-9 A-Z are given
 */
export function organisationCodeCheck(first8: string): string {
  if (!/^[0-9A-Z]{8}$/.test(first8)) throw new RangeError('needs 8 characters of 0-9 A-Z');
  const values = [...first8].map((symbol) => parseInt(symbol, 36));
  const check = 11 - (weighted(values, ORGANISATION_WEIGHTS) % 11);
  return check === 10 ? 'X' : check === 11 ? '0' : String(check);
}

/** Whether a credit code is well formed and both its check characters are right. */
export function isCreditCode(input: string): boolean {
  const id = normaliseTaxpayerId(input);
  return (
    CODE.test(id) &&
    id[17] === creditCodeCheck(id.slice(0, 17)) &&
    id[16] === organisationCodeCheck(id.slice(8, 16))
  );
}

/** Whether an 18-character id-card number has a possible birthday and the right check character. */
export function isIdCard(input: string): boolean {
  const id = normaliseTaxpayerId(input);
  const match = /^[1-9]\d{5}(\d{4})(\d{2})(\d{2})\d{3}[\dX]$/.exec(id);
  if (!match) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate())
    return false;
  const values = [...id.slice(0, 17)].map(Number);
  return id[17] === ID_CARD_CHECKS[weighted(values, ID_CARD_WEIGHTS) % 11];
}

/**
 * Checks a taxpayer id as it is taken down from a customer (TAX in forms).
 * 18 characters: credit code or id card, with their check characters. 15, 17 and 20: older forms, characters only.
 * `L` first: temporary id.
 */
export function checkTaxpayerId(input: string): TaxpayerIdCheck {
  const id = normaliseTaxpayerId(input);
  const accept = (kind: TaxpayerIdKind): TaxpayerIdCheck => ({
    ok: true,
    id,
    kind,
    legacy: kind !== 'creditCode',
  });
  if (/^L[0-9A-Z]{14,19}$/.test(id)) return accept('temporary');
  if (id.length === 18) {
    if (isCreditCode(id)) return accept('creditCode');
    if (isIdCard(id)) return accept('idCard');
    const problem = CODE.test(id)
      ? 'a check character is wrong: a typing error'
      : 'a character stands where it cannot';
    return {
      ok: false,
      id,
      problem,
      allowed: '18 characters of 0-9 A-Z without I O S V Z, the last ones check characters',
    };
  }
  if (/^\d{6}[0-9A-Z]{9}$/.test(id)) return accept('legacy15');
  if (/^\d{6}[0-9A-Z]{11}$/.test(id)) return accept('legacy17');
  if (/^\d{17}[\dX]\d{2}$/.test(id)) return accept('idCardWithSequence');
  return {
    ok: false,
    id,
    problem: `${id.length} characters`,
    allowed: '18 characters (credit code or id card), or an older form of 15, 17 or 20',
  };
}
