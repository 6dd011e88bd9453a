import { pino } from 'pino';
import { afterAll, beforeAll, describe } from 'vitest';
import { connectRedis, type RedisConnections } from '#state/redis/connect.ts';
import { hasRedis, startRedis } from './redis.ts';

/**
 * Runs suites against a Redis server of their own, when there is one on the PATH; otherwise says what was left out.
 * The connections are there when the suites' tests run.
 */
export function withRedis(what: string, define: (connections: () => RedisConnections) => void): void {
  if (!hasRedis()) {
    console.warn(`Left out: ${what}. There is no redis-server on the PATH.`);
    return;
  }
  describe('with a Redis server', () => {
    let connections: RedisConnections | undefined;
    const opened = new AsyncDisposableStack();
    beforeAll(async () => {
      const { url } = opened.use(await startRedis());
      connections = opened.use(await connectRedis(url, pino({ level: 'silent' })));
    });
    afterAll(() => opened.disposeAsync());
    define(() => {
      if (connections === undefined) throw new Error('Redis is not there yet.');
      return connections;
    });
  });
}
