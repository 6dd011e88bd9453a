import { expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { readUnescaped } from './unescaped-text.ts';

const writers: Readonly<Record<string, (code: number) => string>> = {
  'a URL': (code) => `%${code.toString(16)}`,
  'HTML, in decimal digits': (code) => `&#${code};`,
  'HTML, in hexadecimal digits': (code) => `&#x00${code.toString(16)};`,
  'a string of JavaScript': (code) => `\\x${code.toString(16)}`,
  'a string of JSON': (code) => `\\u00${code.toString(16)}`,
};

it.each(Object.entries(writers))('undoes the escapes of %s, and knows where each stood', (_, write) => {
  const printable = fc.integer({ min: 0x20, max: 0x7e });
  const part = fc.oneof(
    printable.map((code) => [String.fromCharCode(code), write(code)] as const),
    fc.constantFrom(['a', 'a'] as const, ['é', 'é'] as const, [' 5 ', ' 5 '] as const),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const source = parts.map(([, written]) => written).join('');
      const [unescaped, ...more] = readUnescaped(source);
      expect(more).toEqual([]);
      expect(unescaped === undefined).toBe(parts.every(([shown, written]) => shown === written));
      if (unescaped === undefined) return;
      const { text, toStart, toEnd } = unescaped;
      expect(text).toBe(parts.map(([shown]) => shown).join(''));
      let [shownAt, at] = [0, 0];
      for (const [shown, written] of parts) {
        expect([toStart(shownAt), toEnd(shownAt + shown.length)]).toEqual([at, at + written.length]);
        shownAt += shown.length;
        at += written.length;
      }
    }),
  );
});

it('undoes names of HTML, a reference without its semicolon, and each escape once', () => {
  const [undone] = readUnescaped(
    'a&commat;b&period;c &plus;1&lowbar;2&nbsp;3 &#64x &amp;#64; %2540 &#7; %0a %zz \\x4',
  );
  expect(undone?.text).toBe('a@b.c +1_2 3 @x &amp;#64; %40 &#7; %0a %zz \\x4');
});

it.each([
  '&commat;',
  '&plus;',
  '&period;',
  '&lowbar;',
  '&nbsp;',
  '%2b',
  '&#43;',
  '&#x2b;',
  '\\x2b',
  '\\u002b',
])('undoes %s where it stands alone', (written) => {
  expect(readUnescaped(written)[0]?.text).toHaveLength(1);
});

it.each(['', 'a@b.c', '100 % & more \\n', '%E4%B8 &amp; \\u4e2d'])('has nothing to undo in %j', (text) => {
  expect(readUnescaped(text)).toEqual([]);
});

it('reads what stands around escapes up to white space, and each place once where they are close', () => {
  const word = 'w'.repeat(100);
  const prose = 'and so on '.repeat(100);
  const source = `${prose}${word}%40${word} ${'x '.repeat(60)}%2b${prose}%40${word}`;
  const found = readUnescaped(source);
  expect(found.map(({ text }) => text.trim().replace(/(?:and|so|on| )+/g, '…'))).toEqual([
    `…${word}@${word}…${'x…'.repeat(60)}+…`,
    `…@${word}`,
  ]);
  for (const { text, toStart, toEnd } of found) {
    const at = text.indexOf('@');
    expect(source.slice(toStart(at), toEnd(at + 1))).toBe('%40');
    expect(source.slice(toEnd(at + 1), toEnd(at + 101))).toBe(word);
    expect(text.length).toBeLessThan(1_000);
  }
});

it('undoes escapes at any distance up to which they belong together', () => {
  for (let length = 0; length <= 256; length += 1) {
    const between = 'w'.repeat(length);
    const texts = readUnescaped(`%40${between}%2b`).map(({ text }) => text);
    expect([length, texts]).toEqual([length, [`@${between}+`]]);
  }
});
