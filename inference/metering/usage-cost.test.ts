import { describe, expect, it } from 'vitest';
import type { CatalogModel } from '#catalog/catalog.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import {
  estimatedUsage,
  exactCost,
  outputTokensLimit,
  outputTokensMax,
  roundToNanos,
  upperBound,
} from './usage-cost.ts';

const price = {
  inputNanosPerMillion: 150_000_000n,
  outputNanosPerMillion: 600_000_000n,
  cachedInputNanosPerMillion: 75_000_000n,
  cacheWriteNanosPerMillion: 187_500_000n,
  effectiveFrom: new Date(0),
};

describe('pricing', () => {
  it('prices plain, cached and written input and output each at its own price', () => {
    const usage = { ...buildUsage(1_000, 100), cachedInputTokens: 600, cacheWriteTokens: 200 };
    // 200 × 0.15 + 600 × 0.075 + 200 × 0.1875 + 100 × 0.6 dollars per million.
    expect(roundToNanos(exactCost(price, usage))).toBe(30_000n + 45_000n + 37_500n + 60_000n);
  });

  it('prices cache writes of an hour at their own price, or as other cache writes', () => {
    const hour = { ...price, cacheWrite1hNanosPerMillion: 300_000_000n };
    const usage = { ...buildUsage(1_000, 0), cacheWriteTokens: 200, cacheWrite1hTokens: 100 };
    // 800 × 0.15 + 100 × 0.1875 + 100 × 0.3 dollars per million.
    expect(roundToNanos(exactCost(hour, usage))).toBe(120_000n + 18_750n + 30_000n);
    expect(roundToNanos(exactCost(price, usage))).toBe(120_000n + 37_500n);
    const unpriced = { ...price, cacheWriteNanosPerMillion: null, cacheWrite1hNanosPerMillion: null };
    expect(roundToNanos(exactCost(unpriced, usage))).toBe(150_000n);
  });

  it('reserves input at its dearest price', () => {
    const model = { price: { ...price, cacheWrite1hNanosPerMillion: 300_000_000n } } as CatalogModel;
    expect(upperBound(model, 1_000, 0).costNanos).toBe(300_000n);
    expect(upperBound({ ...model, price }, 1_000, 0).costNanos).toBe(187_500n);
  });

  it('counts cached and written input as input where it has no price of its own', () => {
    const plain = { ...price, cachedInputNanosPerMillion: null, cacheWriteNanosPerMillion: null };
    const usage = { ...buildUsage(1_000, 0), cachedInputTokens: 600, cacheWriteTokens: 200 };
    expect(roundToNanos(exactCost(plain, usage))).toBe(150_000n);
  });

  it('rounds half up, once', () => {
    const cheap = { ...price, inputNanosPerMillion: 1n, outputNanosPerMillion: 0n };
    expect(roundToNanos(exactCost(cheap, buildUsage(499_999, 0)))).toBe(0n);
    expect(roundToNanos(exactCost(cheap, buildUsage(500_000, 0)))).toBe(1n);
    const half = exactCost(cheap, buildUsage(250_000, 0));
    expect(roundToNanos(half) + roundToNanos(half)).toBe(0n);
    expect(roundToNanos(half + half)).toBe(1n);
  });

  it('costs nothing where no price is known', () => {
    expect(exactCost(null, buildUsage(1_000, 1_000))).toBe(0n);
  });

  it('never goes below zero for a provider that counts more cached than input tokens', () => {
    const odd = { ...buildUsage(10, 0), cachedInputTokens: 20 };
    expect(exactCost(price, odd)).toBe(20n * 75_000_000n);
  });

  it('estimates a cut call from what was sent and received, and trusts the provider where it reported more', () => {
    const bounds = { inputTokensMax: 400, outputTokensMax: null };
    expect(estimatedUsage(bounds, 40, null)).toMatchObject({ inputTokens: 300, outputTokens: 10 });
    expect(estimatedUsage(bounds, 40, buildUsage(123, 1))).toMatchObject({
      inputTokens: 123,
      outputTokens: 10,
    });
    expect(estimatedUsage(bounds, 40, buildUsage(123, 99))).toMatchObject({ outputTokens: 99 });
  });

  it('estimates no more output than the limit allows, unless the provider counted more', () => {
    const bounds = { inputTokensMax: 400, outputTokensMax: 8 };
    expect(estimatedUsage(bounds, 40, null)).toMatchObject({ outputTokens: 8 });
    expect(estimatedUsage(bounds, 40, buildUsage(123, 9))).toMatchObject({ outputTokens: 9 });
    expect(estimatedUsage(bounds, 4, null)).toMatchObject({ outputTokens: 1 });
  });

  it('limits an answer by the request and the model, whichever is less; null where neither does', () => {
    const model = (maxOutputTokens: number | null) => ({ maxOutputTokens }) as CatalogModel;
    expect(outputTokensLimit(model(null), undefined)).toBeNull();
    expect(outputTokensLimit(model(null), 7)).toBe(7);
    expect(outputTokensLimit(model(5), undefined)).toBe(5);
    expect(outputTokensLimit(model(5), 7)).toBe(5);
    expect(outputTokensLimit(model(5), 3)).toBe(3);
  });

  it.each([
    [null, null, undefined, 4_096],
    [1_000, null, undefined, 1_000],
    [100_000, null, undefined, 4_096],
    [1_000, 5_000, undefined, 5_000],
    [1_000, null, 2_000, 2_000],
  ])(
    'takes an answer for no longer than its limit, or the usual one within the context: %s, %s, %s',
    (contextTokens, maxOutputTokens, requested, most) => {
      expect(outputTokensMax({ contextTokens, maxOutputTokens } as CatalogModel, requested)).toBe(most);
    },
  );
});
