import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { StreamLogBounds, StreamLogs, StreamWriter } from './stream-log.ts';
import { all, say, type TextEvent } from './stream-log-readers-suite.ts';

const turn = () => new Promise(setImmediate);

/**
 * Appends until the writer has to wait, and not only for events that are on their way: by then the log is full, and a reader is behind. How many it has
 * appended.
 */
async function fill(
  writer: StreamWriter<TextEvent>,
): Promise<{ readonly room: Promise<void>; readonly written: number }> {
  for (let written = 1; written <= 1_000; written++) {
    const room = writer.append(say(String(written)));
    if (room === undefined) continue;
    let isWaiting = true;
    void room.then(() => {
      isWaiting = false;
    });
    // What was on its way has arrived when its readers are known again.
    for (let look = 0; look < 3; look++) await writer.readers();
    if (isWaiting) return { room, written };
  }
  throw new Error('There is room yet.');
}

/** The promises of stream-log.ts, kept by every implementation. */
export function streamLogSuite(
  name: string,
  open: (bounds?: Partial<StreamLogBounds>) => StreamLogs,
  random: { below(n: number): number; pick<T>(items: readonly T[]): T },
): void {
  describe(`${name} stream logs`, () => {
    it('emits every event after its number to every reader, in order, once, and then the end', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      const early = all(logs.read<TextEvent>(id, -1));
      for (const text of ['a', 'b', 'c']) await writer.append(say(text));
      const middle = all(logs.read<TextEvent>(id, 0));
      await writer.append(say('d'));
      await writer.end(say('last'));
      const whole = ['0:a', '1:b', '2:c', '3:d', '4:last'];
      expect(await early).toEqual(whole);
      expect(await middle).toEqual(whole.slice(1));
      expect(await all(logs.read<TextEvent>(id, -1))).toEqual(whole);
      expect(await all(logs.read<TextEvent>(id, 3))).toEqual(['4:last']);
      expect(await all(logs.read<TextEvent>(id, 4))).toEqual([]);
    });

    it('carries a thousand events, written without waiting, to readers that come and go', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      const texts = Array.from({ length: 1_000 }, (_, at) => `event ${at}`);
      const reading = Promise.all([-1, 10, 500].map((after) => all(logs.read<TextEvent>(id, after))));
      for (const text of texts) await writer.append(say(text));
      await writer.end(say('last'));
      const whole = [...texts, 'last'].map((text, at) => `${at}:${text}`);
      expect(await reading).toEqual([whole, whole.slice(11), whole.slice(501)]);
    });

    it('returns the events that it holds, also of a log whose writer is gone, without attaching a reader', async () => {
      const logs = open({ eventsMax: 4 });
      const id = randomUUID();
      const onAbandoned = vi.fn();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000, onAbandoned });
      const held = async () =>
        (await logs.held<TextEvent>(id)).map(({ sequence, event }) => `${sequence}:${event.text}`);
      for (const text of ['a', 'b', 'c']) await writer.append(say(text));
      await vi.waitFor(async () => expect(await held()).toEqual(['0:a', '1:b', '2:c']));
      expect(await writer.readers()).toBe(0);
      for (const text of ['d', 'e', 'f']) await writer.append(say(text));
      await vi.waitFor(async () => expect((await held()).at(-1)).toBe('5:f'));
      await writer[Symbol.asyncDispose]();
      expect(await held()).toEqual(['2:c', '3:d', '4:e', '5:f']);
      expect(onAbandoned).not.toHaveBeenCalled();
      expect(await logs.held(randomUUID())).toEqual([]);
    });

    it('fails a reader of an unknown log', async () => {
      const reading = all(open().read<TextEvent>(randomUUID(), -1));
      await expect(reading).rejects.toMatchObject({ name: 'StreamLogLost', reason: 'UNKNOWN' });
    });

    it('has one writer for an id', async () => {
      const logs = open();
      const id = randomUUID();
      const first = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      await expect(logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 })).rejects.toThrow(id);
      const reading = all(logs.read<TextEvent>(id, -1));
      await vi.waitFor(async () => expect(await first.readers()).toBe(1));
      await first.append(say('a'));
      await first.end(say('last'));
      expect(await reading).toEqual(['0:a', '1:last']);
    });

    it('makes the writer wait while the log is full and a reader is behind, and lets it continue when that has read', async () => {
      const logs = open({ eventsMax: 10 });
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      const reader = logs.read<TextEvent>(id, -1);
      const first = reader.next();
      await writer.append(say('0'));
      await first;
      const { room: waited, written } = await fill(writer);
      let room = false;
      void waited.then(() => {
        room = true;
      });
      expect(await writer.readers()).toBe(1);
      expect(room).toBe(false);
      for (let at = 0; at < written; at++) await reader.next();
      const rest = reader.next();
      await waited;
      await writer.end(say('last'));
      expect((await rest).value?.event.text).toBe('last');
    });

    it('does not wait without readers, and then has dropped the oldest events', async () => {
      const logs = open({ eventsMax: 10 });
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      for (let at = 0; at < 500; at++) await writer.append(say(String(at)));
      await writer.end(say('last'));
      await expect(all(logs.read<TextEvent>(id, -1))).rejects.toMatchObject({ reason: 'TRIMMED' });
      expect(await all(logs.read<TextEvent>(id, 498))).toEqual(['499:499', '500:last']);
    });

    it('bounds what a log holds by size too', async () => {
      const logs = open({ sizeMax: 1_000 });
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      for (let at = 0; at < 20; at++) await writer.append(say('x'.repeat(400)), 400);
      await writer.end(say('last'));
      await expect(all(logs.read<TextEvent>(id, -1))).rejects.toMatchObject({ reason: 'TRIMMED' });
    });

    it('lets an event through that is larger than its bound, as soon as every reader has passed it', async () => {
      const logs = open({ sizeMax: 1_000 });
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      const reader = logs.read<TextEvent>(id, -1);
      const seen: (string | undefined)[] = [];
      const take = async () => seen.push((await reader.next()).value?.event.text);
      for (const [at, size] of [1_001, 999, 4_000, 4_000, 1].entries()) {
        const room = writer.append(say(String(at)), size);
        await take();
        const next = take();
        await room;
        await writer.append(say(`${at}b`), 10);
        await next;
      }
      await writer.end(say('last'), 5_000);
      await take();
      expect((await reader.next()).done).toBe(true);
      expect(seen).toEqual(['0', '0b', '1', '1b', '2', '2b', '3', '3b', '4', '4b', 'last']);
    });

    it('makes the writer wait for a reader that has not passed an event larger than the bound', async () => {
      const logs = open({ sizeMax: 1_000 });
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      const reader = logs.read<TextEvent>(id, -1);
      await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
      let room = false;
      const waited = writer.append(say('large'), 1_001)?.then(() => {
        room = true;
      });
      await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
      expect(waited).toBeDefined();
      expect(room).toBe(false);
      await reader.next();
      const next = reader.next();
      await waited;
      await writer.append(say('b'), 1);
      expect((await next).value?.event.text).toBe('b');
    });

    it('does not wait with an event larger than its bound, where there is no reader', async () => {
      const logs = open({ sizeMax: 1_000 });
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      for (const text of ['a', 'b', 'c']) await writer.append(say(text), 4_000);
      expect((await logs.read<TextEvent>(id, 1).next()).value?.event.text).toBe('c');
      await writer.end(say('last'));
    });

    it('delivers events of any sizes around its bound whole, in order, to readers of any speed, and stays bounded', async () => {
      const sizeMax = 1_000;
      const largest = 4 * sizeMax;
      for (let round = 0; round < 10; round++) {
        const logs = open({ sizeMax, eventsMax: random.pick([1, 10, 1_000]) });
        const id = randomUUID();
        const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
        const sizes = Array.from({ length: 60 }, () =>
          random.pick([1, 10, sizeMax - 1, sizeMax, sizeMax + 1, 2 * sizeMax, largest]),
        );
        const passed: number[] = [];
        const readers = [1, random.below(4), random.below(20)].map(async (turns, reader) => {
          const seen: string[] = [];
          passed[reader] = 0;
          for await (const { sequence, event } of logs.read<TextEvent>(id, -1)) {
            seen.push(`${sequence}:${event.text.length}`);
            passed[reader] = sequence + 1;
            for (let at = 0; at < turns; at++) await turn();
          }
          return seen;
        });
        // The readers count as attached when the writer has heard of them.
        await vi.waitFor(async () => expect(await writer.readers()).toBe(3));
        for (const [at, size] of sizes.entries()) {
          await writer.append(say('x'.repeat(size)), size);
          const unseen = sizes.slice(Math.min(...passed), at + 1).reduce((sum, one) => sum + one, 0);
          // What the log holds, and what a reader has taken out of it at once.
          expect(unseen).toBeLessThanOrEqual(2 * (sizeMax + largest));
        }
        await writer.end(say('x'.repeat(largest)), largest);
        const whole = [...sizes, largest].map((size, at) => `${at}:${size}`);
        expect(await Promise.all(readers)).toEqual([whole, whole, whole]);
      }
    });

    it('wakes a writer that waits when the log is closed: by its end, or because it is abandoned', async () => {
      for (const close of [
        (writer: StreamWriter<TextEvent>) => writer.end(say('last')),
        (writer: StreamWriter<TextEvent>) => writer[Symbol.asyncDispose](),
      ]) {
        const logs = open({ eventsMax: 10 });
        const id = randomUUID();
        const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
        const reader = logs.read<TextEvent>(id, -1);
        await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
        const { room } = await fill(writer);
        await close(writer);
        await room;
        await reader.return?.();
      }
    });

    it('emits what a log that was abandoned holds, and then fails its readers', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      const early = logs.read<TextEvent>(id, -1);
      await writer.append(say('a'));
      expect((await early.next()).value?.event.text).toBe('a');
      const waiting = expect(early.next()).rejects.toMatchObject({ reason: 'ABANDONED' });
      await writer[Symbol.asyncDispose]();
      await waiting;
      const late = logs.read<TextEvent>(id, -1);
      expect((await late.next()).value?.event.text).toBe('a');
      await expect(late.next()).rejects.toMatchObject({ reason: 'ABANDONED' });
      expect((await late.next()).done).toBe(true);
    });

    it('is read to its end after it has ended, however many events it holds', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      for (let at = 0; at < 700; at++) await writer.append(say(String(at)));
      await writer.end(say('700'));
      const whole = Array.from({ length: 701 }, (_, at) => `${at}:${at}`);
      expect(await all(logs.read<TextEvent>(id, -1))).toEqual(whole);
      expect(await all(logs.read<TextEvent>(id, 300))).toEqual(whole.slice(301));
    });

    it('fails a reader that requests events far after the end of a log', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      await writer.append(say('a'));
      await writer.end(say('last'));
      expect(await all(logs.read<TextEvent>(id, 1))).toEqual([]);
      await expect(all(logs.read<TextEvent>(id, 2))).rejects.toMatchObject({ reason: 'TRIMMED' });
    });

    it('reports it each time the last reader has left before the end', async () => {
      const logs = open();
      const id = randomUUID();
      const onAbandoned = vi.fn();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000, onAbandoned });
      await writer.append(say('a'));
      const [one, two] = [logs.read<TextEvent>(id, -1), logs.read<TextEvent>(id, -1)];
      await Promise.all([one.next(), two.next()]);
      expect(await writer.readers()).toBe(2);
      await one.return?.();
      await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
      expect(onAbandoned).not.toHaveBeenCalled();
      await two.return?.();
      await vi.waitFor(() => expect(onAbandoned).toHaveBeenCalled());
      const three = logs.read<TextEvent>(id, -1);
      await three.next();
      expect(await writer.readers()).toBe(1);
      onAbandoned.mockClear();
      await three.return?.();
      await vi.waitFor(() => expect(onAbandoned).toHaveBeenCalled());
    });

    it('stays ended, or abandoned, whatever its writer calls', async () => {
      const logs = open();
      for (const [id, close] of [
        [randomUUID(), (writer: StreamWriter<TextEvent>) => writer.end(say('last'))],
        [randomUUID(), (writer: StreamWriter<TextEvent>) => writer[Symbol.asyncDispose]()],
      ] as const) {
        const onAbandoned = vi.fn();
        const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000, onAbandoned });
        await writer.append(say('a'));
        await close(writer);
        await writer.readers();
        await writer[Symbol.asyncDispose]();
        expect(() => writer.append(say('b'))).toThrow();
        const reader = logs.read<TextEvent>(id, -1);
        await reader.next();
        await reader.return?.();
        const seen = await all(logs.read<TextEvent>(id, 0)).catch(({ reason }) => reason);
        expect(['ABANDONED', ['1:last']]).toContainEqual(seen);
        expect(onAbandoned).not.toHaveBeenCalled();
      }
    });

    it('abandons the logs that are still written when it is closed itself', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      await writer.append(say('a'));
      const reader = logs.read<TextEvent>(id, 0);
      const waiting = reader.next().catch(({ reason }) => reason);
      await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
      await logs[Symbol.asyncDispose]();
      expect(await waiting).toBe('ABANDONED');
    });

    it('does not call a log abandoned whose readers have seen its end', async () => {
      const logs = open();
      const id = randomUUID();
      const onAbandoned = vi.fn();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000, onAbandoned });
      const reading = all(logs.read<TextEvent>(id, -1));
      await writer.end(say('last'));
      await reading;
      expect(onAbandoned).not.toHaveBeenCalled();
    });
  });
}
