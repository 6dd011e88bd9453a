import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { openLocalStates, openWorkerState } from '#test/support/local-state.ts';
import { withRedis } from '#test/support/processes/with-redis.ts';
import { testPayloads } from '#test/support/seal.ts';
import type { Cache } from './cache.ts';
import { createMemoryCache } from './memory.ts';
import { createRedisCache } from './redis.ts';

function cacheSuite(name: string, open: () => Cache): void {
  describe(`${name} cache`, () => {
    it('returns what was set, until it is deleted', async () => {
      const cache = open();
      const key = randomUUID();
      expect(await cache.get(key)).toBeUndefined();
      await cache.set(key, 'ünï', 60_000, 'acme');
      expect(await cache.get(key)).toBe('ünï');
      await cache.set(key, 'other', 60_000, 'acme');
      expect(await cache.get(key)).toBe('other');
      await cache.delete(key);
      expect(await cache.get(key)).toBeUndefined();
    });

    it('forgets a value after its time', async () => {
      const cache = open();
      const key = randomUUID();
      await cache.set(key, 'soon gone', 30, 'acme');
      await vi.waitFor(async () => expect(await cache.get(key)).toBeUndefined());
    });

    it('does not keep what is too large', async () => {
      const cache = open();
      const key = randomUUID();
      await cache.set(key, 'x'.repeat(1024 * 1024 + 1), 60_000, 'acme');
      expect(await cache.get(key)).toBeUndefined();
    });
  });
}

cacheSuite('memory', () => createMemoryCache());
cacheSuite('local', () => openWorkerState().cache);

withRedis('redis cache', (redis) => {
  cacheSuite('redis', () =>
    createRedisCache(redis().commands, { log: pino({ level: 'silent' }), seal: testPayloads }),
  );
});

describe('memory cache', () => {
  it('is bounded: the least recently used goes first', async () => {
    const cache = createMemoryCache({ sizeMax: 3_000, valueSizeMax: 2_000 });
    for (const key of ['a', 'b']) await cache.set(key, 'x'.repeat(1_000), 60_000, 'acme');
    await cache.get('a');
    await cache.set('c', 'x'.repeat(1_000), 60_000, 'acme');
    expect(await cache.get('b')).toBeUndefined();
    expect(await cache.get('a')).toBeDefined();
  });
});

describe('local cache', () => {
  it('is one for all processes, and a miss where the first one is gone', async () => {
    const states = openLocalStates();
    const [one, two] = [states.addWorker(), states.addWorker()];
    await one.state.cache.set('a', 'of one', 60_000, 'acme');
    expect(await two.state.cache.get('a')).toBe('of one');
    expect(await states.primary.cache.get('a')).toBe('of one');
    two.kill();
    await vi.waitFor(async () => expect(await two.state.cache.get('a')).toBeUndefined());
    expect(await one.state.cache.get('a')).toBe('of one');
  });
});
