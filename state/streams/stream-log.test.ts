import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { parseJson } from '#core/json/exact-json.ts';
import { openLocalStates, openPortPair, openWorkerState } from '#test/support/local-state.ts';
import { withRedis } from '#test/support/processes/with-redis.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { testPayloads } from '#test/support/seal.ts';
import type { LocalPort } from '../local/link.ts';
import { openLocalState } from '../local/open-local-state.ts';
import { openPrimaryState } from '../local/primary-state.ts';
import { createMemoryStreamLogs } from './memory.ts';
import { createRedisStreamLogs } from './redis.ts';
import type { LoggedEvent, StreamLogBounds } from './stream-log.ts';
import { streamLogReadersSuite } from './stream-log-readers-suite.ts';
import { streamLogSuite } from './stream-log-suite.ts';

const random = createRandom(printedSeed('stream logs'));
streamLogSuite('memory', (bounds) => createMemoryStreamLogs(bounds), random);
streamLogReadersSuite('memory', () => createMemoryStreamLogs());
const openLocal = (streamBounds: Partial<StreamLogBounds> = {}) => openWorkerState({ streamBounds }).streams;
streamLogSuite('local', openLocal, random);
streamLogReadersSuite('local', openLocal);
const openFirst = (streamBounds: Partial<StreamLogBounds> = {}) =>
  openLocalStates({ streamBounds }).primary.streams;
streamLogSuite('first process', openFirst, random);
streamLogReadersSuite('first process', openFirst);

describe('local stream logs of several processes', () => {
  const options = { owner: 'acme', keepMs: 60_000 };

  it('carry what one process writes, numbers beyond a double too, to readers in all', async () => {
    const states = openLocalStates();
    const [one, two] = [states.addWorker().state.streams, states.addWorker().state.streams];
    const writer = await one.open('shared', options);
    const readers = [states.primary.streams, one, two].map((logs) => logs.read('shared', -1));
    const event = parseJson('{"amount":12345678901234567890.125}');
    await writer.append(event);
    await writer.end('last');
    for (const reader of readers) {
      expect(JSON.stringify((await reader.next()).value)).toBe(
        '{"sequence":0,"event":{"amount":12345678901234567890.125}}',
      );
      expect((await reader.next()).value).toEqual({ sequence: 1, event: 'last' });
      expect((await reader.next()).done).toBe(true);
    }
    expect(await two.held('shared')).toHaveLength(2);
  });

  it('are sent to a reader no further than it may hold before it has taken some', async () => {
    const bounds = { eventsMax: 40 };
    const log = pino({ level: 'silent' });
    const primary = openPrimaryState(log, bounds);
    const [toWorker, toPrimary] = openPortPair();
    let sent = 0;
    const counting: LocalPort = {
      ...toWorker,
      send(messages) {
        sent += messages.filter(([kind, name]) => kind === 'note' && name === 'reader.event').length;
        toWorker.send(messages);
      },
    };
    primary.attach(counting);
    const { streams } = openLocalState(toPrimary, log, bounds);
    const writer = await primary.streams.open('slow', options);
    const reader = streams.read('slow', -1);
    await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
    for (let at = 0; at < 30; at++) writer.append(at);
    for (let look = 0; look < 3; look++) await streams.held('slow');
    expect(sent).toBe(10);
    for (let at = 0; at < 30; at++) expect((await reader.next()).value?.event).toBe(at);
    expect(sent).toBe(30);
  });

  it('are abandoned when the process of their writer is gone, and keep what they hold', async () => {
    const states = openLocalStates();
    const [dying, other] = [states.addWorker(), states.addWorker().state.streams];
    const writer = await dying.state.streams.open('cut', options);
    await writer.append('a');
    await vi.waitFor(async () => expect(await other.held('cut')).toHaveLength(1));
    const reader = other.read('cut', -1);
    expect((await reader.next()).value).toEqual({ sequence: 0, event: 'a' });
    const waiting = reader.next().catch(({ reason }) => reason);
    dying.kill();
    expect(await waiting).toBe('ABANDONED');
    expect(await other.held('cut')).toEqual([{ sequence: 0, event: 'a' }]);
  });

  it('report it when the process of the last reader is gone', async () => {
    const states = openLocalStates();
    const [dying, other] = [states.addWorker(), states.addWorker().state.streams];
    const onAbandoned = vi.fn();
    const writer = await other.open('unread', { ...options, onAbandoned });
    void dying.state.streams.read('unread', -1).next();
    await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
    dying.kill();
    await vi.waitFor(() => expect(onAbandoned).toHaveBeenCalledOnce());
    expect(await writer.readers()).toBe(0);
  });
});

withRedis('redis stream logs', (redis) => {
  const open = (bounds?: Partial<StreamLogBounds>) => {
    const { commands, channels } = redis();
    const log = pino({ level: 'silent' });
    return createRedisStreamLogs(commands, channels, { log, seal: testPayloads }, bounds);
  };
  streamLogSuite('redis', open, random);
  streamLogReadersSuite('redis', open);

  describe('redis stream logs of two processes', () => {
    it('report a reader in one what the other writes', async () => {
      const { commands, channels } = redis();
      const log = pino({ level: 'silent' });
      const [one, two] = [
        createRedisStreamLogs(commands, channels, { log, seal: testPayloads }),
        createRedisStreamLogs(commands, channels, { log, seal: testPayloads }),
      ];
      const writer = await one.open<string>('shared', { owner: 'acme', keepMs: 60_000 });
      const reader = two.read<string>('shared', -1);
      const first = reader.next();
      await writer.append('hello');
      expect(await first).toEqual({ done: false, value: { sequence: 0, event: 'hello' } });
      await writer.end('last');
      expect(await reader.next()).toEqual({ done: false, value: { sequence: 1, event: 'last' } });
      expect((await reader.next()).done).toBe(true);
    });

    it('report every event once though Redis answers too late', async () => {
      const { commands, channels, admin } = redis();
      await using stack = new AsyncDisposableStack();
      const impatient = stack.adopt(commands.duplicate({ commandTimeout: 100 }), (client) =>
        client.disconnect(),
      );
      const failures = new PassThrough({ objectMode: true });
      const logs = createRedisStreamLogs(impatient, channels, {
        log: pino({ level: 'warn' }, failures),
        seal: testPayloads,
      });
      const writer = await logs.open<string>('late', { owner: 'acme', keepMs: 60_000 });
      await admin.client('PAUSE', 60_000, 'WRITE');
      void writer.append('a');
      void writer.append('b');
      await once(failures, 'data');
      void writer.append('c');
      await once(failures, 'data');
      // What was sent so far is now carried out, one after the other.
      await admin.client('UNPAUSE');
      void writer.append('d');
      await writer.end('last');
      const seen: LoggedEvent<string>[] = [];
      for await (const logged of logs.read<string>('late', -1)) seen.push(logged);
      expect(seen).toEqual(['a', 'b', 'c', 'd', 'last'].map((event, sequence) => ({ sequence, event })));
    });

    it('leave nothing behind of a log that could not be opened', async () => {
      const { commands, channels, admin } = redis();
      await using stack = new AsyncDisposableStack();
      const impatient = stack.adopt(commands.duplicate({ commandTimeout: 100 }), (client) =>
        client.disconnect(),
      );
      const logs = createRedisStreamLogs(impatient, channels, {
        log: pino({ level: 'silent' }),
        seal: testPayloads,
      });
      await logs.open<string>('one', { owner: 'acme', keepMs: 1 });
      await admin.client('PAUSE', 60_000, 'WRITE');
      await expect(logs.open<string>('unopened', { owner: 'acme', keepMs: 1 })).rejects.toMatchObject({
        code: 'OVERLOADED',
      });
      await admin.client('UNPAUSE');
      const meta = 'heddle:stream:{unopened}:meta';
      await vi.waitFor(async () => expect(await admin.pttl(meta)).not.toBe(-2));
      expect(await admin.pttl(meta)).toBeGreaterThan(0);
    });

    it('do not take readers for gone that Redis has forgotten', async () => {
      const { commands, channels, admin } = redis();
      const logs = createRedisStreamLogs(commands, channels, {
        log: pino({ level: 'silent' }),
        seal: testPayloads,
      });
      const onAbandoned = vi.fn();
      const writer = await logs.open<string>('forgotten', { owner: 'acme', keepMs: 60_000, onAbandoned });
      const reader = logs.read<string>('forgotten', -1);
      await writer.append('a');
      expect((await reader.next()).value?.event).toBe('a');
      expect(await writer.readers()).toBe(1);
      const waiting = reader.next();
      await admin.del(['events', 'meta', 'readers'].map((key) => `heddle:stream:{forgotten}:${key}`));
      await writer.append('b');
      expect((await waiting).value).toEqual({ sequence: 1, event: 'b' });
      await writer.end('last');
      expect((await reader.next()).value?.event).toBe('last');
      expect(onAbandoned).not.toHaveBeenCalled();
    });

    it('hold the events of a silent writer longer than its readers wait, until it writes again', async () => {
      const { commands, channels, admin } = redis();
      const logs = createRedisStreamLogs(commands, channels, {
        log: pino({ level: 'silent' }),
        seal: testPayloads,
      });
      const [events, meta] = ['events', 'meta'].map((key) => `heddle:stream:{silent}:${key}`) as [
        string,
        string,
      ];
      const writer = await logs.open<string>('silent', { owner: 'acme', keepMs: 60_000 });
      await writer.append('a');
      await vi.waitFor(async () => expect(await logs.held('silent')).toHaveLength(1));
      expect(await admin.pttl(events)).toBeGreaterThan(3 * (await admin.pttl(meta)));
      // Its time is over.
      await admin.del(meta);
      expect(await logs.held('silent')).toEqual([{ sequence: 0, event: 'a' }]);
      await expect(logs.read('silent', -1).next()).rejects.toMatchObject({ reason: 'UNKNOWN' });
      await writer.append('b');
      await vi.waitFor(async () => expect(await logs.held('silent')).toEqual([{ sequence: 1, event: 'b' }]));
      await writer.end('c');
      expect(await admin.pttl(events)).toBeLessThanOrEqual(60_000);
      expect(await logs.held('silent')).toHaveLength(2);
    });

    it('continue when Redis has evicted the events of a full log', async () => {
      const { commands, channels, admin } = redis();
      const logs = createRedisStreamLogs(
        commands,
        channels,
        { log: pino({ level: 'silent' }), seal: testPayloads },
        { sizeMax: 1_000 },
      );
      const writer = await logs.open<string>('evicted', { owner: 'acme', keepMs: 60_000 });
      const reader = logs.read<string>('evicted', -1);
      await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
      void writer.append('a', 900);
      expect(await writer.readers()).toBe(1);
      const waited = writer.append('b', 900);
      expect(await writer.readers()).toBe(1);
      const room = writer.append('c', 1) ?? waited;
      expect(room).toBeDefined();
      await admin.del('heddle:stream:{evicted}:events');
      await reader.return?.();
      await room;
    });

    it('fail the readers of a writer that is gone', async () => {
      const { commands, channels, admin } = redis();
      const options = { log: pino({ level: 'silent' }), seal: testPayloads };
      const dying = commands.duplicate();
      await createRedisStreamLogs(dying, channels, options).open<string>('gone', {
        owner: 'acme',
        keepMs: 60_000,
      });
      const reader = createRedisStreamLogs(commands, channels, options).read<string>('gone', -1);
      // Attached: its first read is done.
      await vi.waitFor(async () => expect(await admin.hlen('heddle:stream:{gone}:readers')).toBe(1));
      // As a killed process: it does not say that it gives the log up.
      dying.disconnect();
      await admin.del('heddle:stream:{gone}:meta', 'heddle:stream:{gone}:events');
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      try {
        const ended = vi.fn();
        const next = reader.next();
        next.then(ended, ended);
        for (let seconds = 0; seconds < 60 && !ended.mock.calls.length; seconds++) {
          await vi.advanceTimersByTimeAsync(1_000);
          // What was sent before has been answered.
          await commands.ping();
        }
        expect(ended).toHaveBeenCalled();
        await expect(next).rejects.toMatchObject({ reason: 'ABANDONED' });
      } finally {
        vi.useRealTimers();
      }
    });
  });
});

describe('memory stream logs', () => {
  it('forgets ended logs after their time, and the oldest first when they hold too much together', async () => {
    let nowMs = 0;
    const logs = createMemoryStreamLogs({ now: () => nowMs, keptSizeMax: 1_000 });
    const write = async (id: string, keepMs: number, size: number, lastSize = 1) => {
      const writer = await logs.open<string>(id, { owner: 'acme', keepMs });
      await writer.append('a', size);
      await writer.end('last', lastSize);
    };
    const lost = (id: string) =>
      logs
        .read<string>(id, -1)
        .next()
        .then(
          () => false,
          () => true,
        );
    await write('short', 100, 100);
    nowMs = 99;
    expect(await lost('short')).toBe(false);
    nowMs = 100;
    expect(await lost('short')).toBe(true);
    await write('first', 1_000, 600);
    await write('second', 1_000, 600);
    expect(await lost('first')).toBe(true);
    expect(await lost('second')).toBe(false);
    await write('third', 1_000, 100, 900);
    expect(await lost('second')).toBe(true);
    expect(await lost('third')).toBe(false);
    // The one that ended first, however long each was to be kept.
    nowMs = 200;
    await write('longer', 5_000, 600);
    expect([await lost('third'), await lost('longer')]).toEqual([true, false]);
    nowMs = 201;
    await write('shorter', 1_000, 600);
    expect([await lost('longer'), await lost('shorter')]).toEqual([true, false]);
  });

  it('forgets each log after its own time, whichever ended first, and with nothing else going on', async () => {
    vi.useFakeTimers();
    try {
      await using logs = createMemoryStreamLogs({ now: Date.now });
      for (const [id, keepMs] of [
        ['long', 1_000],
        ['short', 100],
        ['later', 1_000],
      ] as const) {
        const writer = await logs.open<string>(id, { owner: 'acme', keepMs });
        await writer.end('last');
      }
      const held = async () => {
        const found = await Promise.all(
          ['long', 'short', 'later'].map(async (id) => [id, await logs.held(id)] as const),
        );
        return found.filter(([, events]) => events.length > 0).map(([id]) => id);
      };
      expect(await held()).toEqual(['long', 'short', 'later']);
      vi.advanceTimersByTime(100);
      expect(await held()).toEqual(['long', 'later']);
      vi.advanceTimersByTime(900);
      expect(vi.getTimerCount()).toBe(0);
      expect(await held()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('fails readers at once when the writer is disposed without an end', async () => {
    const logs = createMemoryStreamLogs();
    const writer = await logs.open<string>('x', { owner: 'acme', keepMs: 1 });
    const waiting = logs.read<string>('x', -1).next();
    await writer[Symbol.asyncDispose]();
    await expect(waiting).rejects.toMatchObject({ reason: 'ABANDONED' });
  });
});
