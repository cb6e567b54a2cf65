import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkTaxpayerId,
  creditCodeCheck,
  isCreditCode,
  isIdCard,
  organisationCodeCheck,
} from '../../domain/taxpayer.js';

describe('unified social credit code (GB 32100-2015, facts 2)', () => {
  it.each(['91350100M000100Y43', '11320000MB151840XJ', '9111000071093123XX'])('takes %s', (id) => {
    expect(isCreditCode(id)).toBe(true);
    expect(creditCodeCheck(id.slice(0, 17))).toBe(id[17]);
    expect(organisationCodeCheck(id.slice(8, 16))).toBe(id[16]);
  });

  it("refuses the standard's example with a Z", () => expect(isCreditCode('91350100M000100Y4Z')).toBe(false));

  it('computes the organisation part: M000100Y gives 4', () =>
    expect(organisationCodeCheck('M000100Y')).toBe('4'));

  it('takes lower case, full width and blanks', () => {
    expect(checkTaxpayerId(' 91350100m000100y43 ')).toMatchObject({ ok: true, id: '91350100M000100Y43' });
    expect(checkTaxpayerId('９１３５０１００Ｍ０００１００Ｙ４３')).toMatchObject({
      ok: true,
      id: '91350100M000100Y43',
    });
  });

  it('catches every single wrong character', () => {
    const symbols = [...'0123456789ABCDEFGHJKLMNPQRTUWXY'];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 17 }), fc.constantFrom(...symbols), (place, symbol) => {
        const right = '91350100M000100Y43';
        const changed = right.slice(0, place) + symbol + right.slice(place + 1);
        expect(isCreditCode(changed)).toBe(changed === right);
      }),
    );
  });
});

describe('other taxpayer ids (facts 3)', () => {
  it('checks an id card: birthday and check character', () => {
    expect(isIdCard('11010519491231002X')).toBe(true);
    expect(isIdCard('110105194912310021')).toBe(false);
    expect(isIdCard('11010519491331002X')).toBe(false);
    expect(checkTaxpayerId('11010519491231002x')).toMatchObject({ ok: true, kind: 'idCard', legacy: true });
  });

  it.each([
    ['330106100000012', 'legacy15'],
    ['33010610000001201', 'legacy17'],
    ['11010519491231002X01', 'idCardWithSequence'],
    ['L33010610000001', 'temporary'],
  ])('accepts %s and flags it as %s', (id, kind) =>
    expect(checkTaxpayerId(id)).toEqual({ ok: true, id, kind, legacy: true }),
  );

  it('does not flag a credit code', () =>
    expect(checkTaxpayerId('91350100M000100Y43')).toMatchObject({ kind: 'creditCode', legacy: false }));

  it('says what is wrong and what is allowed', () => {
    expect(checkTaxpayerId('91350100M000100Y44')).toMatchObject({
      ok: false,
      problem: expect.stringContaining('typing error'),
    });
    expect(checkTaxpayerId('91350100M000100Y4Z')).toMatchObject({
      ok: false,
      problem: expect.stringContaining('cannot'),
    });
    expect(checkTaxpayerId('1234')).toMatchObject({
      ok: false,
      problem: '4 characters',
      allowed: expect.stringContaining('18'),
    });
  });
});
