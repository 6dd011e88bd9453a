import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { PayloadSeal } from '../payload-seal.ts';
import type { Cache } from './cache.ts';

const toRedisKey = (key: string) => `heddle:cache:${key}`;
const valueSizeMaxDefault = 1024 * 1024;

/** The cache of many processes; values are sealed in Redis. Its size is Redis' to bound (maxmemory); every value has its time. */
export function createRedisCache(
  redis: Redis,
  { log, seal }: { readonly log: Logger; readonly seal: PayloadSeal },
  options: { readonly valueSizeMax?: number } = {},
): Cache {
  const valueSizeMax = options.valueSizeMax ?? valueSizeMaxDefault;
  const failed = (err: unknown): undefined => {
    log.warn({ err }, 'the cache failed; it counts as empty');
  };
  return {
    async get(key) {
      try {
        const sealed = await redis.get(toRedisKey(key));
        return sealed === null ? undefined : await seal.open(sealed, ['cache', key]);
      } catch (error) {
        return failed(error);
      }
    },
    async set(key, value, ttlMs, owner) {
      if (value.length > valueSizeMax || ttlMs < 1) return;
      try {
        const sealed = (await seal.of(owner)).seal(value, ['cache', key]);
        await redis.set(toRedisKey(key), sealed, 'PX', Math.floor(ttlMs));
      } catch (error) {
        failed(error);
      }
    },
    async delete(key) {
      await redis.del(toRedisKey(key)).catch(failed);
    },
    async [Symbol.asyncDispose]() {},
  };
}
