import { describe, expect, it } from 'vitest';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { price } from '#test/support/setups/routing.ts';
import { savedByCache, savedByRouting } from './savings.ts';

const [dear, cheap, unpriced] = [{ price: price(5) }, { price: price(1) }, { price: null }];
const usage = buildUsage(1_000, 500);

describe('a call saved', () => {
  it('by the cache what its AI model would have cost', () => {
    expect(savedByCache(dear, usage)).toEqual({ savedNanos: 7_500_000n });
  });

  it('by its route the difference to the first choice, less than 0 where that is cheaper', () => {
    expect(savedByRouting(dear, cheap, usage)).toEqual({ savedNanos: 6_000_000n });
    expect(savedByRouting(cheap, dear, usage)).toEqual({ savedNanos: -6_000_000n });
  });

  it.each([
    ['the cache, of a model without a price', savedByCache(unpriced, usage)],
    ['the cache, of a model that is gone', savedByCache(undefined, usage)],
    ['the cache, of an answer whose usage is not known', savedByCache(dear, undefined)],
    ['its route, by the first choice itself', savedByRouting(dear, dear, usage)],
    ['its route, by a first choice without a price', savedByRouting(unpriced, cheap, usage)],
    ['its route, by an AI model without a price', savedByRouting(dear, unpriced, usage)],
    ['its route, without a usage', savedByRouting(dear, cheap, null)],
    ['its route, at equal prices', savedByRouting(dear, { price: price(5) }, usage)],
  ])('nothing that is stated by %s', (_what, saved) => expect(saved).toEqual({}));
});
