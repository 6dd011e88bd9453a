import { describe, expect, it } from 'vitest';
import { composeCheckout } from '#schema/compose.ts';
import { findUnplannable } from './unplannable.ts';

describe('a graph and its query planner', () => {
  it('fit, for every root field of this checkout', async () => {
    expect(await findUnplannable(composeCheckout())).toEqual([]);
  });

  it('do not fit where the planner panics: in its own words', async () => {
    const broken = composeCheckout().replace('@cost(weight: 10)', '@cost(weight: -5)');
    expect(await findUnplannable(broken)).toEqual([
      {
        rule: 'plan',
        where: 'the supergraph',
        problem: expect.stringContaining('must be a non-negative integer'),
        whatToDo: expect.stringMatching(/\w/),
      },
    ]);
  });

  it('do not fit where a field can be reached from nowhere', async () => {
    const sdl = composeCheckout();
    const cut = sdl.replace(/(\n {2}usage\([\s\S]*?\): \[UsageBucket!\]!.*?graph: )\w+/, '$1NOWHERE');
    expect(cut).not.toBe(sdl);
    expect((await findUnplannable(cut)).length).toBeGreaterThan(0);
  });
});
