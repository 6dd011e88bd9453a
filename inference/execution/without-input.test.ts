import { describe, expect, it } from 'vitest';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { withoutInput } from './without-input.ts';

describe('withoutInput', () => {
  it('keeps an error that repeats nothing of the input as it is', () => {
    const error = 'The provider is overloaded (HTTP 529): try again later.';
    expect(withoutInput(error, { messages: [{ content: 'What is the answer?' }] })).toBe(error);
  });

  it('cuts an error to 500 characters', () => {
    expect(withoutInput('e'.repeat(2_000), {})).toHaveLength(500);
  });

  it('leaves out what it repeats, wherever in the input it was', () => {
    const secret = 'my diagnosis is X, and nobody may know';
    const places = [
      secret,
      [secret],
      { a: { b: [{ c: secret }] } },
      { [secret]: 1 },
      `before ${secret} after`,
    ];
    for (const input of places) {
      expect(withoutInput(`Cannot read "${secret}" in messages[0]`, input)).toBe(
        'Cannot read "…" in messages[0]',
      );
    }
  });

  it('never keeps twelve characters in a row of any input', () => {
    const random = createRandom(printedSeed('withoutInput'));
    const text = (length: number) => Array.from({ length }, () => random.pick([...'abcdef 0123'])).join('');
    for (let round = 0; round < 300; round++) {
      const input = [text(5 + random.below(200)), text(40)];
      const given = input[round % 2] ?? '';
      const from = random.below(Math.max(1, given.length - 12));
      const repeated = given.slice(from, from + 12 + random.below(30));
      const kept = withoutInput(`${text(random.below(30))}${repeated}${text(9)}`, input);
      for (const one of input) {
        for (let at = 0; at + 12 <= one.length; at++) expect(kept).not.toContain(one.slice(at, at + 12));
      }
    }
  });
});
