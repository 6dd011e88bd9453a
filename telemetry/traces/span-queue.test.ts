import { describe, expect, it, vi } from 'vitest';
import { type RecordedSpan, Recording } from './recording.ts';
import { SpanQueue } from './span-queue.ts';
import { newTraceId } from './trace-ids.ts';

const output = {
  ...{ slowMs: 1_000, admit: () => true, export: () => undefined, dropped: () => undefined },
  ...{ hold: () => true, release: () => undefined },
};
const newSpan = (): RecordedSpan =>
  new Recording({ traceId: newTraceId(), isSampled: true, state: undefined }, output).begin(
    'span',
    {},
    undefined,
  );

/** A queue, the sizes of the batches that were sent, and what lets the sender take the one that it has. */
function open() {
  const sizes: number[] = [];
  const taking: PromiseWithResolvers<void>[] = [];
  const queue = new SpanQueue({
    open: async () => ({
      send(spans) {
        sizes.push(spans.length);
        const taken = Promise.withResolvers<void>();
        taking.push(taken);
        return taken.promise;
      },
      close: async () => undefined,
    }),
    ...{ observer: undefined, queueMax: 1_000, batchMax: 10, delayMs: 5_000, onFailure: () => undefined },
  });
  const add = (count: number) => {
    for (let at = 0; at < count; at += 1) queue.add(newSpan());
  };
  return { queue, sizes, add, take: () => taking.shift()?.resolve() };
}

describe('spans that wait for the collector', () => {
  it('are sent in full batches, and what fills none when it has waited long enough', async () => {
    vi.useFakeTimers();
    try {
      const { queue, sizes, add, take } = open();
      add(10);
      await vi.waitFor(() => expect(sizes).toEqual([10]));
      add(13);
      take();
      await vi.waitFor(() => expect(sizes).toEqual([10, 10]));
      take();
      await vi.advanceTimersByTimeAsync(4_999);
      expect(sizes).toEqual([10, 10]);
      add(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(sizes).toEqual([10, 10, 4]);
      take();
      await queue.close(1_000);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are all sent at the end, those too that came while others were sent', async () => {
    const { queue, sizes, add, take } = open();
    add(10);
    await vi.waitFor(() => expect(sizes).toEqual([10]));
    add(12);
    const closing = queue.close(60_000);
    for (const expected of [
      [10, 10],
      [10, 10, 2],
    ]) {
      take();
      await vi.waitFor(() => expect(sizes).toEqual(expected));
    }
    take();
    await closing;
  });
});
