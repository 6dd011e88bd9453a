import { randomUUID } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { LoggedEvent, StreamLogs } from './stream-log.ts';

export interface TextEvent {
  readonly text: string;
}

export const say = (text: string): TextEvent => ({ text });

/** Every event of a log with its number. */
export async function all(events: AsyncIterable<LoggedEvent<TextEvent>>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { sequence, event } of events) seen.push(`${sequence}:${event.text}`);
  return seen;
}

/** What a reader may rely on when it leaves early or requests several events at once, kept by every implementation. */
export function streamLogReadersSuite(name: string, open: () => StreamLogs): void {
  describe(`readers of ${name} stream logs`, () => {
    it('detaches a reader whose signal aborts, also while it waits', async () => {
      const logs = open();
      const id = randomUUID();
      const onAbandoned = vi.fn();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000, onAbandoned });
      const abort = new AbortController();
      const reader = logs.read<TextEvent>(id, -1, abort.signal);
      await writer.append(say('a'));
      await reader.next();
      const waiting = reader.next();
      abort.abort();
      expect(await waiting).toEqual({ done: true, value: undefined });
      await vi.waitFor(() => expect(onAbandoned).toHaveBeenCalledTimes(1));
    });

    it('attaches no reader whose signal has aborted before, and leaves no listener on a signal', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      const gone = logs.read<TextEvent>(id, -1, AbortSignal.abort());
      await writer.append(say('a'));
      expect(await gone.next()).toEqual({ done: true, value: undefined });
      expect(await writer.readers()).toBe(0);
      const { signal } = new AbortController();
      const [left, read] = [logs.read<TextEvent>(id, -1, signal), logs.read<TextEvent>(id, -1, signal)];
      await left.next();
      await left.return?.();
      await writer.end(say('last'));
      expect(await all(read)).toEqual(['0:a', '1:last']);
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    });

    it('hands over each event once to a reader that requests all at once', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      const reader = logs.read<TextEvent>(id, -1);
      const asked = Array.from({ length: 600 }, () => reader.next());
      for (let at = 0; at < 600; at++) await writer.append(say(String(at)));
      const seen = (await Promise.all(asked)).map(({ value }) => value?.sequence);
      expect(seen).toEqual(Array.from({ length: 600 }, (_, at) => at));
      await reader.return?.();
    });

    it('hands over events in order to a reader that requests several at once', async () => {
      const logs = open();
      const id = randomUUID();
      const writer = await logs.open<TextEvent>(id, { owner: 'acme', keepMs: 60_000 });
      const reader = logs.read<TextEvent>(id, -1);
      const asked = [reader.next(), reader.next()];
      await writer.append(say('a'));
      await writer.append(say('b'));
      expect((await Promise.all(asked)).map(({ value }) => value?.event.text)).toEqual(['a', 'b']);
    });
  });
}
