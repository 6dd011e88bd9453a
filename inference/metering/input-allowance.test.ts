import { describe, expect, it } from 'vitest';
import { InputAllowances } from './input-allowance.ts';

const counted = (inputTokens: number) => ({
  usage: { inputTokens, outputTokens: 1, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
  usageEstimated: false,
});

function setup() {
  let nowMs = 0;
  const allowances = new InputAllowances(() => nowMs);
  const advance = (ms: number) => {
    nowMs += ms;
  };
  return { allowances, advance, tokens: () => allowances.tokensFor('m') };
}

describe('what is reserved for tokens that an AI model adds to its input', () => {
  it('is what it was seen to add within the hour, beyond the text of the caller', () => {
    const { allowances, advance, tokens } = setup();
    expect(tokens()).toBe(128);
    allowances.observe('m', 20, counted(3_020));
    allowances.observe('m', 20, counted(120));
    expect(tokens()).toBe(3_128);
    expect(allowances.tokensFor('other')).toBe(128);
    advance(3_600_001);
    expect(tokens()).toBe(128);
  });

  // Else one caller's input would have the calls of all others refused, whose limits have no room for it.
  it.each([
    ['text of a token for each byte', 60_000, 60_000],
    ['text of two bytes a token', 60_000, 30_000],
    ['files, whatever they count as', null, 900_000],
  ])('is not raised by %s', (_, inputBytes, inputTokens) => {
    const { allowances, tokens } = setup();
    allowances.observe('m', inputBytes, counted(inputTokens));
    expect(tokens()).toBe(128);
  });

  it('has a bound, and is not learned from estimates', () => {
    const { allowances, tokens } = setup();
    allowances.observe('m', 20, { ...counted(5_000), usageEstimated: true });
    expect(tokens()).toBe(128);
    allowances.observe('m', 20, counted(1_000_000_000));
    expect(tokens()).toBe(128 + 32_768);
  });
});
