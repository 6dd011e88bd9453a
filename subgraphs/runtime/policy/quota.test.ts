import { describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { listCodes, startGraph } from '#test/support/gateways/small-graph.ts';
import { testCaller } from '#test/support/subgraph.ts';
import { readQuota } from './policy.ts';

describe('@quota', () => {
  const sdl = `
    type Query {
      cheap: Int @quota(meters: [REQUESTS])
      dear: Int @quota(meters: [REQUESTS], weight: 3)
      busy: Int @quota(meters: [REQUESTS, CONCURRENCY])
      fails: Int @quota(meters: [CONCURRENCY])
      metered: String @quota(meters: [REQUESTS, TOKENS, COST])
      free: Int
    }
  `;
  const limited = (limits: Caller['limits']): Caller => ({ ...testCaller('acme'), limits });

  it('lets REQUESTS through to the limit and then states when to come back', async () => {
    const { run } = startGraph(sdl, { Query: { cheap: () => 1, dear: () => 1 } });
    const caller = limited([{ subject: 'key:a', meter: 'REQUESTS', window: 'MINUTE', amount: '4' }]);
    expect(await run('{ cheap }', caller)).toEqual({ data: { cheap: 1 } });
    expect(await run('{ dear }', caller)).toEqual({ data: { dear: 1 } });
    const { errors } = await run('{ cheap }', caller);
    expect(errors).toMatchObject([
      {
        message:
          'The limit on REQUESTS of key:a per MINUTE has no room for this call: wait, or request a larger limit.',
        extensions: { code: 'QUOTA_EXCEEDED', subject: 'key:a', meter: 'REQUESTS', window: 'MINUTE' },
      },
    ]);
    expect(errors?.[0]?.extensions.retryAfterMs).toBeGreaterThan(0);
    expect(errors?.[0]?.extensions.retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(await run('{ cheap }', limited([]))).toEqual({ data: { cheap: 1 } });
  });

  it('returns CONCURRENCY when a call has ended, also in failure', async () => {
    const release = Promise.withResolvers<number>();
    const { run } = startGraph(sdl, {
      Query: {
        busy: () => release.promise,
        fails: () => {
          throw new HeddleError('CONFLICT', 'no');
        },
      },
    });
    const caller = limited([{ subject: 'key:a', meter: 'CONCURRENCY', window: 'INFLIGHT', amount: '1' }]);
    const first = run('{ busy }', caller);
    expect(listCodes(await run('{ busy }', caller))).toEqual(['QUOTA_EXCEEDED']);
    release.resolve(7);
    expect(await first).toEqual({ data: { busy: 7 } });
    for (let i = 0; i < 3; i++) expect(listCodes(await run('{ fails }', caller))).toEqual(['CONFLICT']);
    expect(await run('{ busy }', caller)).toEqual({ data: { busy: 7 } });
  });

  it('states when a call will never fit', async () => {
    const { run } = startGraph(sdl, { Query: { dear: () => 1 } });
    const caller = limited([{ subject: 'key:a', meter: 'REQUESTS', window: 'DAY', amount: '2' }]);
    const { errors } = await run('{ dear }', caller);
    expect(errors?.[0]?.message).toMatch(/larger than the limit .* will ever allow/);
    expect(errors?.[0]?.extensions).not.toHaveProperty('retryAfterMs');
  });

  it('leaves fields that draw TOKENS or COST to themselves and returns to them what they declare', async () => {
    const { run } = startGraph(sdl, {
      Query: {
        metered: (_root, _args, _context, info) => JSON.stringify(readQuota(info)),
        free: (_root, _args, _context, info) => (readQuota(info) === undefined ? 1 : 0),
      },
    });
    const caller = limited([{ subject: 'key:a', meter: 'REQUESTS', window: 'DAY', amount: '1' }]);
    for (let i = 0; i < 3; i++) {
      expect(await run('{ metered free }', caller)).toEqual({
        data: { metered: '{"meters":["REQUESTS","TOKENS","COST"],"weight":1}', free: 1 },
      });
    }
  });
});
