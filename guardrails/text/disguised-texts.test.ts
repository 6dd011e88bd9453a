import { describe, expect, it } from 'vitest';
import { readDisguised } from './disguised-texts.ts';

const read = (source: string) => [...readDisguised(source)];
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
    const found = read(source).find(({ text }) => text === message);
    expect(source.slice(found?.start, found?.end).trim()).toBe(disguise);
  });

  it('are decoded once', () => {
    const twice = Buffer.from(Buffer.from(message).toString('base64')).toString('base64');
    expect(read(twice).map(({ text }) => text)).not.toContain(message);
  });

  it('are none in bytes, hashes, identifiers and plain words', () => {
    const image = Buffer.from(Array.from({ length: 60 }, (_, at) => (at * 73) % 256)).toString('base64');
    const sources = [
      image,
      'd41d8cd98f00b204e9800998ecf8427e',
      'aVeryLongIdentifierOfSomeLibrary',
      'a b c, one two three',
    ];
    for (const source of sources)
      expect(
        read(source).filter(({ isAligned }) => !isAligned),
        source,
      ).toEqual([]);
  });

  it('take linear time', () => {
    for (const source of [
      'a '.repeat(20_000),
      'a'.repeat(50_000),
      '61 '.repeat(20_000),
      '%61'.repeat(20_000),
    ]) {
      expect(read(source).length).toBeLessThan(200);
    }
  });
});
