import { describe, expect, it } from 'vitest';
import { readCallHeaders } from './call-headers.ts';

const read = (headers: Readonly<Record<string, string>>) =>
  readCallHeaders({ request: { headers } } as unknown as Parameters<typeof readCallHeaders>[0]);

describe('the headers that set what a call is', () => {
  it.each([
    ['x-heddle-cache', 'use', { cache: 'USE' }],
    ['x-heddle-cache', 'Bypass', { cache: 'BYPASS' }],
    ['x-heddle-cache-scope', 'caller', { cacheScope: 'CALLER' }],
    ['x-heddle-retention', 'none', { retention: 'NONE' }],
    ['x-heddle-retention', 'DEFAULT', { retention: 'DEFAULT' }],
    ['idempotency-key', 'a Key', { idempotencyKey: 'a Key' }],
    ['x-heddle-end-user', 'Ada', { endUserId: 'Ada' }],
    ['x-heddle-conversation', 'Chat 7', { conversationId: 'Chat 7' }],
    ['x-heddle-tags', 'a, B ,c', { tags: ['a', 'B', 'c'] }],
  ])('accept %s: %s, choices in any case', (header, value, expected) => {
    expect(read({ [header]: value })).toEqual(expected);
  });

  it.each(['x-heddle-cache', 'x-heddle-cache-scope', 'x-heddle-retention'])(
    'refuse %s with none of its choices, naming them',
    (header) => {
      for (const value of ['', 'sometimes', 'USE NONE']) {
        expect(() => read({ [header]: value })).toThrow(new RegExp(`^The header ${header} must be one of `));
      }
    },
  );
});
