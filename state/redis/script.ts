import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { explainRedisFailure } from './unavailable.ts';

/** One Lua script, run by its hash: its text is sent once. All keys of a call must lie in one slot. */
export type Script = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/**
 * Defines the script of a .lua file; the libraries, files or texts, are put in front of it.
 * @param name unique on the connection
 */
export function defineScript(
  redis: Redis,
  name: string,
  file: URL,
  ...libraries: readonly (URL | string)[]
): Script {
  const text = [...libraries, file].map((part) =>
    typeof part === 'string' ? part : readFileSync(part, 'utf8'),
  );
  redis.defineCommand(name, { lua: text.join('\n') });
  const command = Reflect.get(redis, name) as (...args: readonly (string | number)[]) => Promise<unknown>;
  return async (keys, args) => {
    try {
      return await command.call(redis, keys.length, ...keys, ...args);
    } catch (error) {
      throw explainRedisFailure(error);
    }
  };
}
