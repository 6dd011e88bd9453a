import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { findRepeatedName } from './repeated-names.ts';

describe('a JSON text with a name twice', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"b":2,"a":1}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"\\"":1,"\\u0022":2}', '"'],
    ['{"\\\\":1, "\\u005c" : 2}', '\\'],
    ['{"x":{"b":1,"b":2}}', 'b'],
    ['[{"x":[{"b":1 , "b"\n:2}]}]', 'b'],
    ['{"a":{"b":1},"a":{}}', 'a'],
    ['{"":1,"":2}', ''],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ])('%s has %j', (text, name) => {
    expect(findRepeatedName(text)).toBe(name);
    expect(() => JSON.parse(text)).not.toThrow();
  });

  it.each([
    '{"a":{"a":{"a":1}}}',
    '{"a":"a","b":"a"}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\"a\\":1","b":["a","a"]}',
    '{"a":1,"A":1,"á":1,"a\u0301":1}',
    '"a"',
    '[]',
  ])('%s has none', (text) => {
    expect(findRepeatedName(text)).toBeUndefined();
  });

  it('is found wherever the second one is, and not in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (value, isSpaced) => {
        const text = JSON.stringify(value, null, isSpaced ? 1 : 0);
        expect(findRepeatedName(text)).toBeUndefined();
        const doubled = text.replace(/("(?:[^"\\\\]|\\\\.)*"\s*:)/, '$10,$1');
        expect(findRepeatedName(doubled) === undefined).toBe(doubled === text);
      }),
    );
  });
});
