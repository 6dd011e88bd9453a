import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import { Keyring } from '#mongo/keyring/keyring.ts';
import { createRedisStreamLogs } from '#state/streams/redis.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { withRedis } from '#test/support/processes/with-redis.ts';

const log = pino({ level: 'silent' });
const hourMs = 3_600_000;

withRedis('streams in Redis, sealed with the data key of their tenant', (redis) => {
  it('are written and read on while the store that holds the key is away, for as long as they last', async () => {
    await using stack = new AsyncDisposableStack();
    const { commands, channels } = redis();
    const database = stack.use(await openTestDatabase());
    const roots = [createLocalRootKey(randomBytes(32))] as const;
    let nowMs = 0;
    const openLogs = () => {
      const keyring = stack.use(
        new Keyring({ connection: database.connection, roots, log, now: () => nowMs }),
      );
      return stack.use(createRedisStreamLogs(commands, channels, { log, seal: keyring.payloads }));
    };
    const [writing, reading] = [openLogs(), openLogs()];
    const writer = await writing.open<string>('away', { owner: 'acme', keepMs: 60_000 });
    const reader = reading.read<string>('away', -1);
    await writer.append('before');
    expect((await reader.next()).value).toEqual({ sequence: 0, event: 'before' });
    await database.close();
    for (const event of ['31 seconds later', '12 hours later', '24 hours later']) {
      nowMs += event.startsWith('31') ? 31_000 : 12 * hourMs;
      await writer.append(event);
      expect((await reader.next()).value).toMatchObject({ event });
    }
    await writer.end('end');
    expect((await reader.next()).value).toEqual({ sequence: 4, event: 'end' });
    expect((await reader.next()).done).toBe(true);
    // Who begins to read then needs the key, which the store has.
    await expect(reading.read('away', -1).next()).rejects.toThrow();
  });
});
