import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { formatDuration, setLimitHeaders } from './limit-headers.ts';
import type { HeaderLimitFragment } from './operations.generated.ts';

function readHeaders(limits: readonly HeaderLimitFragment[]) {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  setLimitHeaders(response, limits);
  return response.getHeaders();
}

describe('limit headers', () => {
  it.each([
    [-5, '0s'],
    [0, '0s'],
    [1, '1ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [1_001, '2s'],
    [60_000, '1m0s'],
    [360_000, '6m0s'],
    [3_661_000, '1h1m1s'],
    [86_400_000, '24h0m0s'],
  ])('writes %i ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('never state more than the least that any limit of the meter admits', () => {
    const amount = fc.nat(1_000);
    const limit = fc.record({
      meter: fc.constantFrom('REQUESTS', 'TOKENS'),
      remaining: amount,
      more: amount,
    });
    fc.assert(
      fc.property(fc.array(limit, { minLength: 1, maxLength: 5 }), (drawn) => {
        const headers = readHeaders(
          drawn.map(({ meter, remaining, more }) => ({
            meter: meter as HeaderLimitFragment['meter'],
            limit: String(remaining + more),
            remaining: String(remaining),
            resetsAt: null,
          })),
        );
        for (const [meter, name] of [
          ['REQUESTS', 'requests'],
          ['TOKENS', 'tokens'],
        ]) {
          const all = drawn.filter((one) => one.meter === meter).map(({ remaining }) => remaining);
          const least = all.length === 0 ? undefined : String(Math.min(...all));
          expect(headers[`x-ratelimit-remaining-${name}`]).toBe(least);
        }
      }),
    );
  });

  it('are of the limit that takes longest to be whole, of those with as little left', () => {
    const full = { meter: 'REQUESTS', remaining: '0' } as const;
    const at = (limit: string, resetsAt: string | null) => ({ ...full, limit, resetsAt });
    const day = at('100', new Date(Date.now() + 3_600_000).toISOString());
    const minute = at('2', new Date(Date.now() + 60_000).toISOString());
    for (const limits of [
      [minute, day, at('7', null)],
      [at('7', null), day, minute],
    ]) {
      expect(readHeaders(limits)['x-ratelimit-limit-requests']).toBe('100');
    }
  });

  it('are none of meters that clients of REST dialects do not know', () => {
    const cost = { meter: 'COST', limit: '1.5', remaining: '1.0', resetsAt: null } as const;
    expect(readHeaders([cost, { ...cost, meter: 'CONCURRENCY' }])).toEqual({});
  });
});
