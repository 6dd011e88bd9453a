import type { Redis } from 'ioredis';
import { explainRedisFailure } from '../redis/unavailable.ts';
import type { UsedTokens } from './tokens.ts';

/** The used tokens of all processes: a key each, which expires by itself. */
export function createRedisUsedTokens(redis: Redis): UsedTokens {
  return {
    shared: true,
    async add(id, rememberedMs) {
      try {
        return (await redis.set(`heddle:token:${id}`, '', 'PX', rememberedMs, 'NX')) === 'OK';
      } catch (error) {
        throw explainRedisFailure(error);
      }
    },
  };
}
