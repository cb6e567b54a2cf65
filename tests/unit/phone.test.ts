import { describe, expect, it } from 'vitest';
import { maskPhone, mayStandInText, normaliseMobile, parsePhone } from '../../domain/phone.js';

describe('phone numbers (facts 1)', () => {
  it.each([
    '13800000001',
    '+8613800000001',
    '8613800000001',
    '008613800000001',
    '138 0000 0001',
    '138-0000-0001',
    '１３８０００００００１',
  ])('takes %s as the same mobile', (input) => expect(normaliseMobile(input)).toBe('+8613800000001'));

  it('accepts prefixes nobody uses yet and refuses what is no mobile', () => {
    expect(normaliseMobile('15400000000')).toBe('+8615400000000');
    for (const input of ['12800000001', '1380000000', '138000000011', '0571-5550100', '', '1380000000a'])
      expect(normaliseMobile(input), input).toBeNull();
  });

  it.each([
    ['0571-5550100', 'landline', '0571-5550100'],
    ['（0571）5550100', 'landline', '05715550100'],
    ['010-12345678-801', 'landline', '010-12345678-801'],
    ['5550100', 'landline', '5550100'],
    ['400-555-0100', 'serviceLine', '400-555-0100'],
    ['4005550100', 'serviceLine', '4005550100'],
    ['95588', 'serviceLine', '95588'],
    ['12366', 'serviceLine', '12366'],
    ['+86 138 0000 0001', 'mobile', '+8613800000001'],
  ])('reads %s as %s', (input, kind, value) => expect(parsePhone(input)).toEqual({ kind, value }));

  it('refuses what is no number', () => {
    for (const input of ['', 'abc', '123', '0571', '13800000001x'])
      expect(parsePhone(input), input).toBeNull();
  });

  it('lets landlines and service lines stand in a text, never a mobile', () => {
    expect(mayStandInText('0571-5550100')).toBe(true);
    expect(mayStandInText('400-555-0100')).toBe(true);
    expect(mayStandInText('13800000001')).toBe(false);
  });

  it('masks all but three and four digits', () => {
    expect(maskPhone('+8613812345678')).toBe('138****5678');
    expect(maskPhone('0571-5550100')).toBe('057****0100');
    expect(maskPhone('12345')).toBe('****45');
  });
});
