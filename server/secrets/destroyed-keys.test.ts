import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import type { Database } from '#mongo/connect.ts';
import { Keyring } from '#mongo/keyring/keyring.ts';
import { destroyTenantKey } from '#mongo/tenant-keys.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createRedisCache } from '#state/cache/redis.ts';
import { createRedisStreamLogs } from '#state/streams/redis.ts';
import { streamKeys } from '#state/streams/redis-keys.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { withRedis } from '#test/support/processes/with-redis.ts';
import { openTestKeyring } from '#test/support/seal.ts';
import { shareDestroyedKeys } from './secret-boxes.ts';

const log = pino({ level: 'silent' });
const encryptionKey = randomBytes(32);
let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database?.close());

describe('a key that is destroyed', () => {
  it('is forgotten at once by every process that the bus reaches, and by none that it does not', async () => {
    await using stack = new AsyncDisposableStack();
    const { connection } = database;
    const bus = stack.use(createMemoryBus(log));
    const roots = [createLocalRootKey(encryptionKey)] as const;
    // The time stands still: nothing is read again by itself. Only its own process notifies a keyring without the bus.
    const open = () => stack.use(new Keyring({ connection, roots, log, now: () => 0 }));
    const notified: string[] = [];
    stack.use(await bus.subscribe('keys.destroyed', ({ tenantId }) => void notified.push(tenantId)));
    const told: string[] = [];
    stack.use(await shareDestroyedKeys(connection, { forget: (tenantId) => void told.push(tenantId) }, bus));
    const { payloads } = open();
    const sealed = (await payloads.of('acme')).seal('text', ['a']);
    await destroyTenantKey(connection, 'acme');
    expect([notified, told]).toEqual([['acme'], ['acme']]);
    await expect(async () => payloads.open(sealed, ['a'])).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

withRedis('what Redis holds of a tenant whose key is destroyed', (redis) => {
  it('opens no more: neither streams nor cached answers, while those of others do', async () => {
    const { commands, channels } = redis();
    const { connection } = database;
    await using keyring = openTestKeyring(connection, encryptionKey);
    const options = { log, seal: keyring.payloads };
    await using logs = createRedisStreamLogs(commands, channels, options);
    const cache = createRedisCache(commands, options);
    for (const owner of ['erased', 'kept']) {
      const writer = await logs.open<string>(owner, { owner, keepMs: 60_000 });
      await writer.end(`secret words of ${owner}`);
      await cache.set(owner, `secret answer of ${owner}`, 60_000, owner);
      expect(await logs.held(owner)).toEqual([{ sequence: 0, event: `secret words of ${owner}` }]);
      expect(await cache.get(owner)).toBe(`secret answer of ${owner}`);
      const stored = JSON.stringify(await commands.xrange(streamKeys(owner).events, '-', '+'));
      expect(stored).not.toContain('secret');
      expect(await commands.get(`heddle:cache:${owner}`)).toMatch(/^v3\./);
    }
    await destroyTenantKey(connection, 'erased');
    await expect(logs.held('erased')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(logs.read('erased', -1).next()).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(logs.open('again', { owner: 'erased', keepMs: 1 })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await cache.set('again', 'answer', 60_000, 'erased');
    expect([await cache.get('erased'), await cache.get('again')]).toEqual([undefined, undefined]);
    expect(await logs.held('kept')).toEqual([{ sequence: 0, event: 'secret words of kept' }]);
    expect(await cache.get('kept')).toBe('secret answer of kept');
  });
});
