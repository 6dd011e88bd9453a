import { isIPv4 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { findCardEnd, isDate, isInThousands, readIpv4, skipExtension } from './number-forms.ts';

/** Digits in groups of few lengths, with few signs between, so that many have a form. */
function grouped(lengths: readonly number[], signs: readonly string[]): fc.Arbitrary<string> {
  const digits = fc
    .constantFrom(...lengths)
    .chain((length) => fc.stringMatching(new RegExp(`^\\d{${length}}$`)));
  const sign = fc.constantFrom(...signs);
  return fc
    .tuple(digits, fc.array(fc.tuple(sign, digits), { maxLength: 5 }), fc.constantFrom('', ...signs, 'x'))
    .map(([first, others, last]) => first + others.map((other) => other.join('')).join('') + last);
}

function toUnits(text: string): Uint16Array {
  return Uint16Array.from([...text, '\0'], (unit) => unit.charCodeAt(0));
}

/** Where the match of a pattern at the beginning ends, if no digit follows it; -1: there is none. */
function matchEnd(pattern: RegExp, text: string): number {
  const written = pattern.exec(text)?.[0];
  return written === undefined || /^\d/.test(text.slice(written.length)) ? -1 : written.length;
}

const runs = { numRuns: 5_000 };

describe('a number', () => {
  it('of a card stands in one group, as 4-4-4-4 with up to three more, or as 4-6-4 or 4-6-5', () => {
    const form = /^(?:\d{4}([ .-]?)\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ .-]?)\d{6}\2\d{4,5}|\d{12,19})/;
    const like = fc.oneof(
      grouped([4], [' ', '-', '.']),
      grouped([4], ['-']),
      grouped([4, 6, 5], ['-']),
      grouped([4, 3, 1], [' ']),
      grouped([11, 12, 16, 19, 20], [' ', 'x']),
      fc
        .tuple(fc.constantFrom(' ', '-'), grouped([4], ['']))
        .map(([sign, text]) => `1234${sign}123456${sign}${text}`),
      fc
        .tuple(fc.constantFrom(' ', '-'), grouped([2, 3, 4, 5], ['']))
        .map(([sign, text]) => `1234${sign}1234${sign}1234${sign}1234${sign}${text}`),
    );
    fc.assert(
      fc.property(like, (text) => {
        expect([text, findCardEnd(toUnits(text), 0)]).toEqual([text, matchEnd(form, text)]);
      }),
      runs,
    );
  });

  it('is a date where up to four digits, up to two, and more stand between full stops, slashes or hyphens', () => {
    const form = /^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}/;
    fc.assert(
      fc.property(grouped([1, 2, 3, 4, 5], ['.', '/', '-', ' ']), (text) => {
        expect([text, isDate(toUnits(text), 0)]).toEqual([text, form.test(text)]);
      }),
      runs,
    );
  });

  it('is an amount where groups of three follow up to three digits, behind spaces or full stops', () => {
    const form = /^\d{1,3}(?:[ .]\d{3})+$/;
    const written = fc.oneof(grouped([3], [' ', '.']), grouped([1, 2, 3, 4], [' ', '.', '-']));
    fc.assert(
      fc.property(written, (text) => {
        const isGrouped = /\D/.test(text);
        expect([text, isInThousands(toUnits(text), 0, text.length)]).toEqual([
          text,
          isGrouped ? form.test(text) : text.length <= 3,
        ]);
      }),
      runs,
    );
  });

  it.each([
    ['x1', 2],
    ['x123456', 7],
    ['x1234567', 7],
    ['x', 0],
    ['y1', 0],
  ])('has an extension of up to six digits behind an x: %s', (text, end) => {
    expect(skipExtension(toUnits(text), 0)).toBe(end);
  });

  it('is an address of version 4 where Node has it for one', () => {
    const part = fc.oneof(
      fc.nat(300).map(String),
      fc.constantFrom('0', '00', '01', '001', '255', '256', '10'),
    );
    fc.assert(
      fc.property(fc.tuple(part, part, part, part), (parts) => {
        const text = parts.join('.');
        expect([text, readIpv4(text) !== null]).toEqual([text, isIPv4(text)]);
      }),
      runs,
    );
    expect([readIpv4('1.2.3.4'), readIpv4('255.0.0.1')]).toEqual([0x0102_0304, 0xff00_0001 | 0]);
  });
});
