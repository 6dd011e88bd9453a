import { LRUCache } from 'lru-cache';
import { expect, it } from 'vitest';
import { limitEntries } from './cache-entries.ts';

it('bounds a cache to so many entries, of which it forgets the one that was used least lately', () => {
  const cache = new LRUCache<string, number>(limitEntries(3));
  for (const [at, key] of ['a', 'b', 'c'].entries()) cache.set(key, at);
  expect(cache.get('a')).toBe(0);
  cache.set('d', 3);
  expect([...cache.keys()].sort()).toEqual(['a', 'c', 'd']);
});
