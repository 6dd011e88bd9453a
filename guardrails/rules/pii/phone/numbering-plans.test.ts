import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  getExampleNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { createNationalNumberCheck, isInternationalNumber } from './numbering-plans.ts';

const countries = getCountries();
const checks = new Map(countries.map((country) => [country, createNationalNumberCheck([country])] as const));

/** Digits that are often numbers: those of an example, some of them changed, and what may be dialed before it. */
const dialed = fc
  .record({
    country: fc.constantFrom(...countries),
    of: fc.constantFrom(...countries),
    changed: fc.array(fc.tuple(fc.nat(14), fc.nat(9)), { maxLength: 4 }),
    before: fc.constantFrom(
      '',
      '',
      '',
      '0',
      '0',
      '1',
      '8',
      '00',
      '000',
      '010',
      '011',
      'code',
      '00code',
      '0code',
      'code0',
    ),
    cut: fc.constantFrom(0, 0, 0, 1, 2, 7),
    isOwn: fc.boolean(),
  })
  .map(({ country, of, changed, before, cut, isOwn }) => {
    const maker = isOwn ? country : of;
    const digits = [...(getExampleNumber(maker, examples)?.nationalNumber ?? '').slice(cut)];
    for (const [at, digit] of changed) if (at < digits.length) digits[at] = String(digit);
    return { country, digits: before.replace('code', getCountryCallingCode(maker)) + digits.join('') };
  });
const anyDigits = fc.record({
  country: fc.constantFrom(...countries),
  digits: fc.stringMatching(/^\d{3,17}$/),
});

function isInternational(digits: string): boolean {
  const number = parsePhoneNumberFromString(`+${digits}`);
  return number !== undefined && (number.isValid() || (number.isPossible() && number.number.length > 10));
}

describe('the numbering plans', () => {
  it.each([
    ['examples', dialed],
    ['digits', anyDigits],
  ])('have the numbers that libphonenumber has, of %s', (_name, numbers) => {
    const valid = (digits: string, country: CountryCode) =>
      parsePhoneNumberFromString(digits, country)?.isValid() === true;
    fc.assert(
      fc.property(numbers, ({ country, digits }) => {
        expect([country, digits, checks.get(country)?.(digits)]).toEqual([
          country,
          digits,
          valid(digits, country),
        ]);
        expect([digits, isInternationalNumber(digits)]).toEqual([digits, isInternational(digits)]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('have no numbers of countries that do not exist', () => {
    expect(createNationalNumberCheck(['ZZ'])('030901820')).toBe(false);
    expect(createNationalNumberCheck(['ZZ', 'DE'])('030901820')).toBe(true);
  });
});
