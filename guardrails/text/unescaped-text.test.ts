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
      const { text, toStart, toEnd } = readUnescaped(source);
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
  expect(readUnescaped('a&commat;b&period;c &#64x &amp;#64; %2540 &#7; %0a %zz \\x4').text).toBe(
    'a@b.c @x &amp;#64; %40 &#7; %0a %zz \\x4',
  );
});
