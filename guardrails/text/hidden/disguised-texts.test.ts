import { isUtf8 } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { readDisguised } from './disguised-texts.ts';

const message = 'Meet me at the old harbour at noon.';

describe('disguised texts', () => {
  it.for([
    ['base64', Buffer.from(message).toString('base64')],
    ['hexadecimal digits', Buffer.from(message).toString('hex')],
    ['escapes', Buffer.from(message).toString('hex').replace(/../g, '\\x$&')],
    [
      'tag characters',
      Array.from(message, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xe0000)).join(''),
    ],
  ])('in %s are read at their place', ([, disguise]) => {
    const source = `see: ${disguise} !`;
    const found = readDisguised(source).find(({ text }) => text === message);
    expect(source.slice(found?.start, found?.end).trim()).toBe(disguise);
  });

  it('are decoded once', () => {
    const twice = Buffer.from(Buffer.from(message).toString('base64')).toString('base64');
    expect(readDisguised(twice).map(({ text }) => text)).not.toContain(message);
  });

  it('are none in bytes, hashes, identifiers and plain words', () => {
    const image = Buffer.from(Array.from({ length: 60 }, (_, at) => (at * 73) % 256)).toString('base64');
    const sources = [
      image,
      'd41d8cd98f00b204e9800998ecf8427e',
      'aVeryLongIdentifierOfSomeLibrary',
      'a b c, one two three',
    ];
    for (const source of sources) expect(readDisguised(source), source).toEqual([]);
  });

  it('take linear time', () => {
    for (const source of [
      'a '.repeat(20_000),
      'a'.repeat(50_000),
      'V'.repeat(50_000),
      '61 '.repeat(20_000),
      '%61'.repeat(20_000),
      'YWFh/'.repeat(10_000),
      `${'a'.repeat(16)}/`.repeat(3_000),
    ]) {
      expect(readDisguised(source).length).toBeLessThan(200);
    }
  });

  it('are found wherever their pattern matches', () => {
    const piece = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'aB30-._x%\\\\457@$!=+/:, é🔒注'), maxLength: 40 }),
      fc
        .string({ unit: fc.constantFrom('a', 'B', '1'), minLength: 20, maxLength: 30 })
        .map((text) => `${text}==`),
      fc.string({ maxLength: 40 }).map((text) => Buffer.from(text).toString('hex')),
      fc
        .tuple(
          fc.constantFrom(' ', '.', '-'),
          fc.string({ unit: fc.constantFrom('a', 'é', '🔒', '𝐛', '1'), maxLength: 8 }),
        )
        .map(([separator, text]) => Array.from(text).join(separator)),
      fc.string({ unit: 'binary', maxLength: 30 }).map((text) => Buffer.from(text).toString('base64url')),
    );
    const text = fc
      .array(piece, { maxLength: 8 })
      .chain((parts) => fc.constantFrom('', ' ', '_').map((separator) => parts.join(separator)));
    let found = 0;
    fc.assert(
      fc.property(text, (source) => {
        const places = readDisguised(source).map(({ start, end }) => ({ start, end }));
        const expected = findAlone(source);
        found += expected.length;
        expect(places).toEqual(expected);
      }),
      { numRuns: 500 },
    );
    expect(found).toBeGreaterThan(40);
  });
});

/** The places of disguises by the definition of each. */
function findAlone(source: string): readonly { readonly start: number; readonly end: number }[] {
  const whole = { start: 0, end: source.length };
  const base64 = [...source.matchAll(/[A-Za-z0-9+/_-]{16,}/g)].flatMap(({ 0: run, index }) =>
    [0, 1, 2, 3].flatMap((shift) =>
      findTexts(Buffer.from(run.slice(shift), 'base64'), shift === 0).map(({ from, to }) => {
        const [start, end] = [4 * Math.floor(from / 3), 4 * Math.ceil(to / 3)].map((at) => shift + at);
        const padding = /^={0,2}/.exec(source.slice(index + run.length))?.[0] ?? '';
        const last = (end ?? 0) < run.length ? index + (end ?? 0) : index + run.length + padding.length;
        return { start: index + (start ?? 0), end: last };
      }),
    ),
  );
  const hex = [
    ...source.matchAll(
      /(?:[0-9a-fA-F]{2}[ :,]?){12,}[0-9a-fA-F]?|(?:\\x[0-9a-fA-F]{2}){12,}|(?:%[0-9a-fA-F]{2}){12,}/g,
    ),
  ].flatMap(({ 0: run, index }) => {
    const places = [...run.matchAll(/[0-9a-fA-F]/g)].map((digit) => index + digit.index);
    const digits = run.replace(/[^0-9a-fA-F]/g, '');
    const sign = run.startsWith('%') ? 1 : run.startsWith('\\') ? 2 : 0;
    return (digits === run ? [0, 1] : [0]).flatMap((shift) =>
      findTexts(Buffer.from(digits.slice(shift), 'hex'), shift === 0).map(({ from, to }) => ({
        start: (places[shift + 2 * from] ?? 0) - sign,
        end: (places[shift + 2 * to - 1] ?? 0) + 1,
      })),
    );
  });
  const isSpaced = /(?<!\p{L})\p{L}([ .\-_*|])(?:\p{L}\1){2,40}\p{L}(?!\p{L})/u.test(source);
  return [...base64, ...hex, ...(isSpaced ? [whole] : [])];
}

/** The longest texts with a word among bytes, of at least 12 of them. */
function findTexts(bytes: Buffer, isBeginning: boolean) {
  const found: { readonly from: number; readonly to: number }[] = [];
  for (let from = 0; from < bytes.length; ) {
    let to = from;
    for (let length = measureCharacter(bytes, to); length > 0; length = measureCharacter(bytes, to)) {
      to += length;
    }
    const text = bytes.toString('utf8', from, to);
    const isText = (isBeginning && from === 0) || /[\t-\r -~]{11}/.test(text);
    if (to - from >= 12 && isText && /\p{L}{3}/u.test(text)) found.push({ from, to });
    from = Math.max(to, from + 1);
  }
  return found;
}

/** The bytes of the character at a place; 0: there is none, or one that controls. */
function measureCharacter(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return (first >= 0x20 && first !== 0x7f) || (first >= 0x09 && first <= 0x0d) ? 1 : 0;
  for (let length = 2; length <= 4 && at + length <= bytes.length; length += 1) {
    const character = bytes.subarray(at, at + length);
    if (isUtf8(character)) return length;
  }
  return 0;
}
