import { describe, expect, it } from 'vitest';
import { suggestName } from './suggest-name.ts';

const names = ['smart', 'up1/gpt-4o-mini', 'up1/gpt-4o-mini-search', 'eu/claude-sonnet-5', 'demo/echo'];

describe('the suggestion for an unknown model', () => {
  it.each([
    ['gpt-4o', 'up1/gpt-4o-mini'],
    ['gpt-4o-mini', 'up1/gpt-4o-mini'],
    ['openai/gpt-4o-mini', 'up1/gpt-4o-mini'],
    ['up1/gpt-4o-mni', 'up1/gpt-4o-mini'],
    ['CLAUDE-SONNET-5', 'eu/claude-sonnet-5'],
    ['claude-sonet-5', 'eu/claude-sonnet-5'],
    ['smrat', 'smart'],
    ['demo/ehco', 'demo/echo'],
  ])('of %s is %s', (wanted, expected) => {
    expect(suggestName(wanted, names)).toBe(` Did you mean "${expected}"?`);
  });

  it.each(['', 'x', 'ab', 'mistral-large', 'demo/', `${'x'.repeat(200)}`])('of %j is nothing', (wanted) => {
    expect(suggestName(wanted, names)).toBe('');
  });

  it('looks at 1000 names at most', () => {
    let seen = 0;
    function* many() {
      for (; seen < 5_000; seen++) yield `provider/model-${seen}`;
    }
    expect(suggestName('nothing-like-it', many())).toBe('');
    expect(seen).toBeLessThanOrEqual(1_001);
  });
});
