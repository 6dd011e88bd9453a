import { describe, expect, it } from 'vitest';
import { checkedClientRequestId, newRequestId, requestTimeMs } from './request-id.ts';

describe('request ids', () => {
  it('are UUIDs of version 7, unique, and contain the time when they were made', () => {
    const atMs = Date.parse('2026-01-02T03:04:05.678Z');
    const ids = new Set(Array.from({ length: 1_000 }, () => newRequestId(atMs)));
    expect(ids.size).toBe(1_000);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(requestTimeMs(id)).toBe(atMs);
    }
    expect(newRequestId(atMs + 1) > newRequestId(atMs)).toBe(true);
  });

  it.each(['', 'abc', '019b7d2e-1c2e-4abc-8abc-0123456789ab', '$gt'])(
    'reveal nothing where they are not ours: %j',
    (id) => {
      expect(requestTimeMs(id)).toBeUndefined();
    },
  );

  it.each([
    ['req_1', 'req_1'],
    ['Root=1-67891233-abcdef012345678912345678', 'Root=1-67891233-abcdef012345678912345678'],
    ['a'.repeat(128), 'a'.repeat(128)],
    ['a'.repeat(129), null],
    ['', null],
    ['a b', null],
    ['a\nb', null],
    ['<script>', null],
    ['é', null],
    [undefined, null],
  ])('of a client are kept where they are short and plain: %j', (given, kept) => {
    expect(checkedClientRequestId(given)).toBe(kept);
  });
});
