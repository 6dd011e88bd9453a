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
      '61 '.repeat(20_000),
      '%61'.repeat(20_000),
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
      { numRuns: 1_000 },
    );
    expect(found).toBeGreaterThan(80);
  });
});

/** The places of disguises by the definition of each. */
function findAlone(source: string): readonly { readonly start: number; readonly end: number }[] {
  const whole = { start: 0, end: source.length };
  const isText = (bytes: Buffer) => {
    const text = bytes.toString('utf8');
    return (
      text.length >= 8 &&
      !text.includes('\ufffd') &&
      /^[\p{L}\p{M}\p{N}\p{P}\p{S}\s]*$/u.test(text) &&
      /\p{L}{3}/u.test(text)
    );
  };
  const encoded = (pattern: RegExp, decode: (run: string) => Buffer) =>
    [...source.matchAll(pattern)]
      .filter(([run]) => isText(decode(run)))
      .map(({ 0: run, index }) => ({ start: index, end: index + run.length }));
  const hex =
    /(?:[0-9a-fA-F]{2}[ :,]?){12,4096}|(?:\\x[0-9a-fA-F]{2}){12,2048}|(?:%[0-9a-fA-F]{2}){12,2048}/g;
  const isSpaced = /(?<!\p{L})\p{L}([ .\-_*|])(?:\p{L}\1){2,40}\p{L}(?!\p{L})/u.test(source);
  return [
    ...encoded(/[A-Za-z0-9+/_-]{24,8192}={0,2}/g, (run) => Buffer.from(run, 'base64')),
    ...encoded(hex, (run) => Buffer.from(run.replace(/[^0-9a-fA-F]|x(?=[0-9a-fA-F]{2})/g, ''), 'hex')),
    ...(isSpaced ? [whole] : []),
  ];
}
