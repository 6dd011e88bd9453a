import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Cache } from './cache.ts';

const keyOf = (key: string) => `heddle:cache:${key}`;
const valueSizeMaxDefault = 1024 * 1024;

/** The cache of many processes. Its size is Redis' to bound (maxmemory); every value has its time. */
export function createRedisCache(
  redis: Redis,
  log: Logger,
  options: { readonly valueSizeMax?: number } = {},
): Cache {
  const valueSizeMax = options.valueSizeMax ?? valueSizeMaxDefault;
  const failed = (err: unknown): undefined => {
    log.warn({ err }, 'the cache failed; it counts as empty');
  };
  return {
    async get(key) {
      return (await redis.get(keyOf(key)).catch(failed)) ?? undefined;
    },
    async set(key, value, ttlMs) {
      if (value.length > valueSizeMax || ttlMs < 1) return;
      await redis.set(keyOf(key), value, 'PX', Math.floor(ttlMs)).catch(failed);
    },
    async delete(key) {
      await redis.del(keyOf(key)).catch(failed);
    },
    async [Symbol.asyncDispose]() {},
  };
}
