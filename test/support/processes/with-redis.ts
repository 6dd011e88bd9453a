import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, describe } from 'vitest';
import { connectRedis, type RedisConnections } from '#state/redis/connect.ts';
import { temporaryDirectory } from '../mesh.ts';
import { hasRedis, startRedis } from './redis.ts';

/** The users of deploy/redis-users.sh. */
export type RedisUser = 'heddle' | 'heddle-gateway';

const password = 'of-every-user-in-tests';

/** The lines of deploy/redis-users.sh. */
export const printRedisUsers = (): string =>
  execFileSync('sh', ['deploy/redis-users.sh'], {
    env: { ...process.env, REDIS_PASSWORD: password, REDIS_GATEWAY_PASSWORD: password },
    encoding: 'utf8',
  });

/** The URL as this user. */
export const urlAs = (url: string, user: RedisUser | 'admin') => url.replace('//', `//${user}:${password}@`);

/** A Redis whose users have the rights that deploy/redis-users.sh gives them, and `admin`, who has all. */
export async function startRedisWithUsers(
  options: { readonly certificate?: string } = {},
): Promise<{ readonly url: string } & AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const dir = opened.use(await temporaryDirectory());
  const file = join(dir.path, 'users.acl');
  await writeFile(file, `${printRedisUsers()}user admin on >${password} ~* &* +@all\n`);
  const { url } = opened.use(await startRedis({ ...options, args: ['--aclfile', file] }));
  const resources = opened.move();
  return { url, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Connections with the rights of the mesh, and one with every right: for what a test looks at, and breaks. */
export interface RedisUnderTest extends RedisConnections {
  readonly admin: Redis;
}

/**
 * Runs suites against a Redis server of their own, when there is one on the PATH; otherwise says what was left out.
 * The connections are there when the suites' tests run, with no more rights than the user has.
 */
export function withRedis(
  what: string,
  define: (connections: () => RedisUnderTest) => void,
  user: RedisUser = 'heddle',
): void {
  if (!hasRedis()) {
    console.warn(`Left out: ${what}. There is no redis-server on the PATH.`);
    return;
  }
  describe('with a Redis server', () => {
    let connections: RedisUnderTest | undefined;
    const opened = new AsyncDisposableStack();
    beforeAll(async () => {
      const { url } = opened.use(await startRedisWithUsers());
      const own = opened.use(await connectRedis(urlAs(url, user), pino({ level: 'silent' })));
      const admin = opened.adopt(new Redis(urlAs(url, 'admin')), (redis) => redis.disconnect());
      connections = { ...own, admin };
    });
    afterAll(() => opened.disposeAsync());
    define(() => {
      if (connections === undefined) throw new Error('Redis is not there yet.');
      return connections;
    });
  });
}
