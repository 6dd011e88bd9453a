import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../http/exchange.ts';
import { readPromptReference, versionHeader } from './prompt-reference.ts';

const read = (name: string, version?: string) =>
  readPromptReference({
    params: { name },
    pattern: '/prompts/{name}',
    request: { headers: version === undefined ? {} : { [versionHeader]: version } },
  } as unknown as Exchange);

describe('the prompt that a request names', () => {
  it.each<[name: string, version: string | undefined, expected: object]>([
    ['greet', undefined, { name: 'greet' }],
    ['greet@production', undefined, { name: 'greet', label: 'production' }],
    ['greet@3', undefined, { name: 'greet', version: 3 }],
    ['greet', '12', { name: 'greet', version: 12 }],
    ['greet', 'latest', { name: 'greet', label: 'latest' }],
    ['greet@a-b_1', 'a-b_1', { name: 'greet', label: 'a-b_1' }],
  ])('is read from the path %s and the header %s', (name, version, expected) => {
    expect(read(name, version)).toEqual(expected);
  });

  it.each(['', '@', '-1', '1.5', '1e3', '3 ', '1234567890', '__proto__', 'a.b', 'ä', 'a/b', 'x'.repeat(65)])(
    'has no version %j',
    (version) => {
      expect(() => read(`greet@${version}`)).toThrow(
        /^What follows @ in the path must be the number or the label/,
      );
      expect(() => read('greet', version)).toThrow(/^The header x-heddle-prompt-version must be/);
    },
  );

  it('has one version alone', () => {
    expect(() => read('greet@3', '4')).toThrow('different versions');
  });

  it('is the last segment of a path that stands for a page as well', () => {
    const exchange = { params: {}, pattern: '/prompts/docs', request: { headers: {} } };
    expect(readPromptReference(exchange as unknown as Exchange)).toEqual({ name: 'docs' });
  });
});
