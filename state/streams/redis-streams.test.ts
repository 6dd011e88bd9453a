import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withRedis } from '#test/support/processes/with-redis.ts';
import { testPayloads } from '#test/support/seal.ts';
import { createRedisStreamLogs } from './redis.ts';
import { aliveMs, beatMs, defineStreamScripts, sealContext, streamKeys } from './redis-keys.ts';
import type { StreamLogBounds } from './stream-log.ts';

const farAwayMs = 4_000_000_000_000;

withRedis('what redis stream logs keep in Redis, and when', (redis) => {
  let ids = 0;
  /** A log of its own, and what Redis holds of it. */
  async function open(bounds: Partial<StreamLogBounds> = {}, onAbandoned = vi.fn()) {
    const { commands, channels, admin } = redis();
    const logs = createRedisStreamLogs(
      commands,
      channels,
      { log: pino({ level: 'silent' }), seal: testPayloads },
      bounds,
    );
    const id = `kept ${++ids}`;
    const keys = streamKeys(id);
    const writer = await logs.open<string>(id, { owner: 'acme', keepMs: 60_000, onAbandoned });
    /** Resolves when all that was sent before has been carried out. */
    const settled = async () => {
      for (let turns = 0; turns < 3; turns++) {
        await commands.ping();
        await new Promise(setImmediate);
      }
    };
    return { commands, channels, admin, logs, id, keys, writer, settled, onAbandoned };
  }

  afterEach(() => {
    vi.useRealTimers();
  });

  describe('redis stream logs', () => {
    it('take a reader for gone, and forget it, that has not shown itself in time', async () => {
      const { admin, keys, writer } = await open({ eventsMax: 2 });
      await admin.hset(keys.readers, 'alive', `0:${farAwayMs}`, 'dead', '0:1');
      expect(await writer.readers()).toBe(1);
      expect(await admin.hkeys(keys.readers)).toEqual(['alive']);
      await admin.hset(keys.readers, 'alive', '0:1');
      // Nobody is left whom the writer would wait for.
      for (let at = 0; at < 10; at++) await writer.append(String(at));
      expect(await writer.readers()).toBe(0);
    });

    it('take readers of a log that Redis has lost for gone only after they had time to show themselves', async () => {
      const { admin, keys, writer, onAbandoned } = await open();
      await admin.hset(keys.readers, 'r', `0:${farAwayMs}`);
      expect(await writer.readers()).toBe(1);
      await admin.del(keys.events, keys.meta, keys.readers);
      expect(await writer.readers()).toBe(1);
      expect(onAbandoned).not.toHaveBeenCalled();
      await admin.hset(keys.meta, 'lost', Date.now() - aliveMs - 1_000);
      expect(await writer.readers()).toBe(0);
      expect(onAbandoned).toHaveBeenCalledTimes(1);
    });

    it('have room again when Redis has evicted what they held', async () => {
      const { admin, keys, writer } = await open({ sizeMax: 1_000 });
      await writer.append('large', 1_500);
      await admin.del(keys.events);
      expect(await writer.readers()).toBe(0);
      await admin.hset(keys.readers, 'behind', `0:${farAwayMs}`);
      await writer.append('b', 10);
      await writer.readers();
      expect(writer.append('c', 10)).toBeUndefined();
    });

    it('let all that they keep expire: soon after the last word of a writer, later once they have ended', async () => {
      const { admin, keys, writer, logs, id } = await open();
      const all = [keys.events, keys.meta, keys.readers];
      const reader = logs.read<string>(id, -1);
      await writer.append('a');
      await reader.next();
      await writer.readers();
      for (const key of all) {
        expect(await admin.pttl(key), key).toBeGreaterThan(0);
        const lifeMs = key === keys.events ? 4 * aliveMs : aliveMs;
        expect(await admin.pttl(key), key).toBeLessThanOrEqual(lifeMs);
      }
      await writer.end('last');
      for (const key of all) {
        expect(await admin.pttl(key), key).toBeGreaterThan(aliveMs);
        expect(await admin.pttl(key), key).toBeLessThanOrEqual(60_000);
      }
      await reader.return?.();
    });

    it('are abandoned for no longer than a writer that fell silent is waited for', async () => {
      const { admin, keys, writer } = await open();
      await writer.append('a');
      await writer[Symbol.asyncDispose]();
      for (const key of [keys.events, keys.meta]) {
        expect(await admin.pttl(key)).toBeGreaterThan(0);
        expect(await admin.pttl(key)).toBeLessThanOrEqual(aliveMs);
      }
    });

    it('state at once that they are abandoned, and that they have ended, to readers who wait', async () => {
      for (const close of ['end', 'dispose'] as const) {
        const { writer, logs, id, settled } = await open();
        // No reader looks by itself: only what it is told wakes it.
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
        const reader = logs.read<string>(id, -1);
        const waiting = reader.next().then(
          ({ value }) => value?.event,
          ({ reason }) => reason,
        );
        await settled();
        if (close === 'end') await writer.end('last');
        else await writer[Symbol.asyncDispose]();
        expect(await waiting).toBe(close === 'end' ? 'last' : 'ABANDONED');
        vi.useRealTimers();
      }
    });

    it('hand out no more characters at once than requested, but one event whatever it holds', async () => {
      const { commands, keys, writer, id } = await open();
      for (const text of ['a', 'b', 'c', 'd']) await writer.append(text, 100);
      await writer.end('e', 100);
      const { read } = defineStreamScripts(commands);
      const batch = async (wanted: number, sizeMax: number, eventsMax = 256) => {
        const [state, ...sealed] = (await read(
          [keys.events, keys.meta, keys.readers],
          ['r', wanted, eventsMax, aliveMs, keys.writerChannel, sizeMax],
        )) as string[];
        return [state, ...sealed.map((text, at) => testPayloads.open(text, sealContext(id, wanted + at)))];
      };
      expect(await batch(0, 250)).toEqual(['OPEN', '"a"', '"b"']);
      expect(await batch(0, 200)).toEqual(['OPEN', '"a"', '"b"']);
      expect(await batch(0, 50)).toEqual(['OPEN', '"a"']);
      expect(await batch(2, 250, 1)).toEqual(['OPEN', '"c"']);
      expect(await batch(2, 250)).toEqual(['OPEN', '"c"', '"d"']);
      expect(await batch(3, 250)).toEqual(['ENDED', '"d"', '"e"']);
      expect(await batch(5, 250)).toEqual(['ENDED']);
      expect(await batch(6, 250)).toEqual(['TRIMMED']);
    });

    it('count as seen only what was before the last batch of a reader', async () => {
      const { admin, keys, writer, logs, id } = await open();
      for (const text of ['a', 'b', 'c']) await writer.append(text);
      await writer.readers();
      const reader = logs.read<string>(id, 0);
      await reader.next();
      expect(await admin.hvals(keys.readers)).toEqual([expect.stringMatching(/^1:\d+$/)]);
      await reader.return?.();
    });

    it('fail a reader at once whose events were dropped while it was taken for gone', async () => {
      const { admin, keys, writer, logs, id, settled } = await open({ eventsMax: 2 });
      await writer.append('0');
      const reader = logs.read<string>(id, -1);
      expect((await reader.next()).value?.event).toBe('0');
      await admin.del(keys.readers);
      for (let at = 1; at < 10; at++) await writer.append(String(at));
      await writer.readers();
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      await settled();
      await expect(reader.next()).rejects.toMatchObject({ reason: 'TRIMMED' });
    });

    it('have no listener when readers and writer have left', async () => {
      const { admin, keys, writer, logs, id } = await open();
      const listeners = async () =>
        (await admin.pubsub('NUMSUB', keys.eventsChannel, keys.writerChannel)) as unknown[];
      const [early, attached] = [logs.read<string>(id, -1), logs.read<string>(id, -1)];
      await early.return?.();
      await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
      expect(await listeners()).toEqual([keys.eventsChannel, 1, keys.writerChannel, 1]);
      await attached.return?.();
      await writer.end('last');
      await vi.waitFor(async () =>
        expect(await listeners()).toEqual([keys.eventsChannel, 0, keys.writerChannel, 0]),
      );
    });

    it('hear from waiting readers, and from a silent writer, every five seconds', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
      const { admin, keys, logs, id, settled } = await open();
      const reader = logs.read<string>(id, -1);
      void reader.next();
      await settled();
      const [name = ''] = await admin.hkeys(keys.readers);
      await admin.hset(keys.readers, name, '0:1');
      await admin.pexpire(keys.meta, 1_000);
      vi.advanceTimersByTime(beatMs);
      await settled();
      expect(await admin.hget(keys.readers, name)).not.toBe('0:1');
      expect(await admin.pttl(keys.meta)).toBeGreaterThan(1_000);
      await reader.return?.();
    });

    it('are left as they are by a second writer that their id is refused to', async () => {
      const { admin, keys, writer, logs, id } = await open();
      await expect(logs.open<string>(id, { owner: 'acme', keepMs: 1 })).rejects.toThrow(id);
      expect(await admin.hget(keys.meta, 'state')).toBe('OPEN');
      await writer.end('last');
      expect(await admin.hget(keys.meta, 'state')).toBe('ENDED');
      await vi.waitFor(async () =>
        expect(await admin.pubsub('NUMSUB', keys.writerChannel)).toEqual([keys.writerChannel, 0]),
      );
    });

    it('wake a reader that waits when it leaves', async () => {
      const { logs, id, settled } = await open();
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const reader = logs.read<string>(id, -1);
      const waiting = reader.next();
      await settled();
      await reader.return?.();
      expect(await waiting).toEqual({ done: true, value: undefined });
    });
  });
});
