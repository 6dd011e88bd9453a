import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { readEncoded } from './encoded-texts.ts';

const inBase64 = (text: string) => Buffer.from(text).toString('base64');
const inHex = (text: string) => Buffer.from(text).toString('hex');

/** How texts are written, and how a piece of what is written is read. */
const encodings: Readonly<
  Record<string, { readonly write: (text: string) => string; readonly read: (written: string) => Buffer }>
> = {
  base64: { write: inBase64, read: (written) => Buffer.from(written, 'base64') },
  'base64 of addresses': {
    write: (text) => Buffer.from(text).toString('base64url'),
    read: (written) => Buffer.from(written, 'base64url'),
  },
  'hexadecimal digits': { write: inHex, read: (written) => Buffer.from(written, 'hex') },
  'bytes with spaces': {
    write: (text) => inHex(text).replace(/..(?=.)/g, '$& '),
    read: (written) => Buffer.from(written.replaceAll(' ', ''), 'hex'),
  },
  'escapes of strings': {
    write: (text) => inHex(text).replace(/../g, '\\x$&'),
    read: (written) => Buffer.from(written.replaceAll('\\x', ''), 'hex'),
  },
  'escapes of addresses': {
    write: (text) => inHex(text).replace(/../g, '%$&'),
    read: (written) => Buffer.from(written.replaceAll('%', ''), 'hex'),
  },
};

describe('encoded texts', () => {
  it.each(Object.entries(encodings))(
    'in %s are found in whole, and each of their characters at its digits',
    (_, { write, read }) => {
      const text = fc
        .array(fc.constantFrom('Meet ann', ' 4111-1111', 'é', '注文', '🔒', '\n', '?~>', 'plain words'), {
          minLength: 1,
          maxLength: 9,
        })
        .map((parts) => `${parts.join('')} at the old harbour`);
      const part = fc.tuple(fc.nat(), fc.nat());
      fc.assert(
        fc.property(text, part, fc.constantFrom('', 'x: ', '"'), (written, [first, length], before) => {
          const points = Array.from(written);
          const start = points.slice(0, first % points.length).join('');
          const value = points
            .slice(first % points.length)
            .slice(0, 1 + (length % points.length))
            .join('');
          const source = `${before}${write(written)}."`;
          const found = readEncoded(source).find((one) => one.text === written);
          expect(source.slice(found?.start, found?.end)).toBe(write(written));
          const [from, to] = [start.length, start.length + value.length];
          const digits = source.slice(found?.toStart(from), found?.toEnd(to));
          expect(read(digits).toString('utf8')).toContain(value);
          // No more than the rest of two groups of base64.
          expect(read(digits).length - Buffer.byteLength(value)).toBeLessThanOrEqual(4);
        }),
        { numRuns: 60 },
      );
    },
  );

  it('in base64 are found behind any digits, and of any length', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'abcXYZ019+/_-'), maxLength: 70 });
    fc.assert(
      fc.property(digits, digits, fc.constantFrom(1, 2, 900), (before, after, times) => {
        const value = 'see ann.lee@x.example now';
        const source = `${before}/${inBase64('and so on, '.repeat(times) + value)}${after}`;
        const found = readEncoded(source).find(({ text }) => text.includes(value));
        const from = found?.text.indexOf(value) ?? -1;
        const place = source.slice(found?.toStart(from), found?.toEnd(from + value.length));
        expect(Buffer.from(place, 'base64').toString('latin1')).toContain(value);
      }),
      { numRuns: 60 },
    );
  });

  it('in hexadecimal digits are found behind a digit that is none of them', () => {
    const source = `a${inHex('see ann.lee@x.example')}`;
    const [found] = readEncoded(source);
    expect([found?.text, found?.start, found?.end]).toEqual(['see ann.lee@x.example', 1, source.length]);
  });

  it('are none in bytes: of 100 KB that are drawn at random nearly none seem to be text', () => {
    const bytes = fc.uint8Array({ minLength: 100_000, maxLength: 100_000, size: 'max' });
    fc.assert(
      fc.property(bytes, (drawn) => {
        const buffer = Buffer.from(drawn);
        for (const encoding of ['base64', 'hex'] as const) {
          const texts = readEncoded(buffer.toString(encoding)).map(({ text }) => text);
          expect(texts.join('').length).toBeLessThan(500);
        }
      }),
      { numRuns: 2 },
    );
  });

  it('are found up to a place as without it', () => {
    const long = `${'x'.repeat(9)}, ${'and so on. '.repeat(3)}`;
    const written = Object.values(encodings).map(({ write }) => write('Meet ann at the harbour'));
    const pieces = fc.array(fc.constantFrom(...written, ' ', '/', 'ab', '\n', long), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, fc.nat(300), (parts, until) => {
        const source = parts.join('');
        const places = (found: ReturnType<typeof readEncoded>) =>
          found.filter(({ start }) => start < until).map(({ text, start, end }) => ({ text, start, end }));
        expect(places(readEncoded(source, until))).toEqual(places(readEncoded(source)));
      }),
    );
    expect(readEncoded(`${' '.repeat(40)}${inBase64('Meet ann at the harbour')}`, 20)).toEqual([]);
  });
});
