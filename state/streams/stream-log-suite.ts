import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { LoggedEvent, StreamLogBounds, StreamLogs } from './stream-log.ts';

interface Said {
  readonly text: string;
}

const say = (text: string): Said => ({ text });

async function all(events: AsyncIterable<LoggedEvent<Said>>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { sequence, event } of events) seen.push(`${sequence}:${event.text}`);
  return seen;
}

/** The promises of stream-log.ts, kept by every implementation. */
export function streamLogSuite(name: string, open: (bounds?: Partial<StreamLogBounds>) => StreamLogs): void {
  describe(`${name} stream logs`, () => {
    it('tells every reader all events after its number, in order, once, and then the end', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<Said>(id, { keepMs: 60_000 });
      const early = all(logs.read<Said>(id, -1));
      for (const text of ['a', 'b', 'c']) await writer.append(say(text));
      const middle = all(logs.read<Said>(id, 0));
      await writer.append(say('d'));
      await writer.end(say('last'));
      const whole = ['0:a', '1:b', '2:c', '3:d', '4:last'];
      expect(await early).toEqual(whole);
      expect(await middle).toEqual(whole.slice(1));
      expect(await all(logs.read<Said>(id, -1))).toEqual(whole);
      expect(await all(logs.read<Said>(id, 3))).toEqual(['4:last']);
      expect(await all(logs.read<Said>(id, 4))).toEqual([]);
    });

    it('carries a thousand events, written without waiting, to readers that come and go', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<Said>(id, { keepMs: 60_000 });
      const texts = Array.from({ length: 1_000 }, (_, at) => `event ${at}`);
      const reading = Promise.all([-1, 10, 500].map((after) => all(logs.read<Said>(id, after))));
      for (const text of texts) await writer.append(say(text));
      await writer.end(say('last'));
      const whole = [...texts, 'last'].map((text, at) => `${at}:${text}`);
      expect(await reading).toEqual([whole, whole.slice(11), whole.slice(501)]);
    });

    it('tells a reader of an unknown log that there is none', async () => {
      const reading = all(open().read<Said>(randomUUID(), -1));
      await expect(reading).rejects.toMatchObject({ name: 'StreamLogLost', reason: 'UNKNOWN' });
    });

    it('has one writer for an id', async () => {
      const logs = open();
      const id = randomUUID();
      await logs.open<Said>(id, { keepMs: 60_000 });
      await expect(logs.open<Said>(id, { keepMs: 60_000 })).rejects.toThrow(id);
    });

    it('makes the writer wait while the log is full and a reader is behind, and lets it go on when that has read', async () => {
      const logs = open({ eventsMax: 10 });
      const id = randomUUID();
      const writer = await logs.open<Said>(id, { keepMs: 60_000 });
      const reader = logs.read<Said>(id, -1);
      const first = reader.next();
      let waited: Promise<void> | undefined;
      let written = 0;
      await writer.append(say('0'));
      await first;
      await vi.waitFor(() => {
        while (waited === undefined && written < 300) {
          written += 1;
          waited = writer.append(say(String(written)));
        }
        expect(waited).toBeDefined();
      });
      let room = false;
      void waited?.then(() => {
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

    it('waits for nobody without readers, and then has dropped the oldest events', async () => {
      const logs = open({ eventsMax: 10 });
      const id = randomUUID();
      const writer = await logs.open<Said>(id, { keepMs: 60_000 });
      for (let at = 0; at < 500; at++) await writer.append(say(String(at)));
      await writer.end(say('last'));
      await expect(all(logs.read<Said>(id, -1))).rejects.toMatchObject({ reason: 'TRIMMED' });
      expect(await all(logs.read<Said>(id, 498))).toEqual(['499:499', '500:last']);
    });

    it('bounds what a log holds by size too', async () => {
      const logs = open({ sizeMax: 1_000 });
      const id = randomUUID();
      const writer = await logs.open<Said>(id, { keepMs: 60_000 });
      for (let at = 0; at < 20; at++) await writer.append(say('x'.repeat(400)), 400);
      await writer.end(say('last'));
      await expect(all(logs.read<Said>(id, -1))).rejects.toMatchObject({ reason: 'TRIMMED' });
    });

    it('says so each time the last reader has left before the end', async () => {
      const logs = open();
      const id = randomUUID();
      const onAbandoned = vi.fn();
      const writer = await logs.open<Said>(id, { keepMs: 60_000, onAbandoned });
      await writer.append(say('a'));
      const [one, two] = [logs.read<Said>(id, -1), logs.read<Said>(id, -1)];
      await Promise.all([one.next(), two.next()]);
      expect(await writer.readers()).toBe(2);
      await one.return?.();
      await vi.waitFor(async () => expect(await writer.readers()).toBe(1));
      expect(onAbandoned).not.toHaveBeenCalled();
      await two.return?.();
      await vi.waitFor(() => expect(onAbandoned).toHaveBeenCalled());
      const three = logs.read<Said>(id, -1);
      await three.next();
      expect(await writer.readers()).toBe(1);
      onAbandoned.mockClear();
      await three.return?.();
      await vi.waitFor(() => expect(onAbandoned).toHaveBeenCalled());
    });

    it('does not call a log abandoned whose readers have seen its end', async () => {
      const logs = open();
      const id = randomUUID();
      const onAbandoned = vi.fn();
      const writer = await logs.open<Said>(id, { keepMs: 60_000, onAbandoned });
      const reading = all(logs.read<Said>(id, -1));
      await writer.end(say('last'));
      await reading;
      expect(onAbandoned).not.toHaveBeenCalled();
    });

    it('detaches a reader whose signal aborts, also while it waits', async () => {
      const logs = open();
      const id = randomUUID();
      const onAbandoned = vi.fn();
      const writer = await logs.open<Said>(id, { keepMs: 60_000, onAbandoned });
      const abort = new AbortController();
      const reader = logs.read<Said>(id, -1, abort.signal);
      await writer.append(say('a'));
      await reader.next();
      const waiting = reader.next();
      abort.abort();
      expect(await waiting).toEqual({ done: true, value: undefined });
      await vi.waitFor(() => expect(onAbandoned).toHaveBeenCalledTimes(1));
    });

    it('hands over events in order to a reader that asks for several at once', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<Said>(id, { keepMs: 60_000 });
      const reader = logs.read<Said>(id, -1);
      const asked = [reader.next(), reader.next()];
      await writer.append(say('a'));
      await writer.append(say('b'));
      expect((await Promise.all(asked)).map(({ value }) => value?.event.text)).toEqual(['a', 'b']);
    });
  });
}
