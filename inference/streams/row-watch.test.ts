import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RowWatch } from './row-watch.ts';

let nowMs = 0;
beforeEach(() => {
  nowMs = 0;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const closed = new Set<string>();
  const ended = vi.fn(async (ids: readonly string[]) => ids.filter((id) => closed.has(id)));
  const watch = new RowWatch({ log: pino({ level: 'silent' }), now: () => nowMs, ended });
  /** Lets so much time pass, and each query be answered. */
  const pass = async (ms: number) => {
    for (let at = 0; at < ms; at += 250) {
      nowMs += 250;
      vi.advanceTimersByTime(250);
      await new Promise(setImmediate);
    }
  };
  const close = (id: string) => closed.add(id);
  return { watch, pass, close, ended, queries: () => ended.mock.calls.length };
}

it('ends a silent stream within two seconds of the end of its row, and not before', async () => {
  const { watch, pass, close } = start();
  const id = 'row';
  const onEnded = vi.fn();
  watch.watch({ id, progress: () => 3, onEnded });
  await pass(10_000);
  expect(onEnded).not.toHaveBeenCalled();
  close(id);
  await pass(2_000);
  expect(onEnded).toHaveBeenCalledTimes(1);
  await pass(5_000);
  expect(onEnded).toHaveBeenCalledTimes(1);
});

it('ends a wait without a stream within a second or so of the end of the row', async () => {
  const { watch, pass, close } = start();
  const id = 'row';
  const onEnded = vi.fn();
  watch.watch({ id, progress: null, onEnded });
  await pass(3_000);
  close(id);
  await pass(1_250);
  expect(onEnded).toHaveBeenCalledTimes(1);
});

it('reads no row whose stream emits something, or whose reader is not waiting', async () => {
  const { watch, pass, close, queries } = start();
  const id = 'row';
  close(id);
  const onEnded = vi.fn();
  let sequence = 0;
  watch.watch({ id, progress: () => sequence++, onEnded });
  watch.watch({ id, progress: () => undefined, onEnded });
  await pass(10_000);
  expect(queries()).toBe(0);
  expect(onEnded).not.toHaveBeenCalled();
});

it('reads the row of a stream only after a second of silence', async () => {
  const { watch, pass, queries } = start();
  watch.watch({ id: 'row', progress: () => 1, onEnded: vi.fn() });
  await pass(750);
  expect(queries()).toBe(0);
  await pass(250);
  expect(queries()).toBe(1);
});

it('does not end a stream whose end is late, but on its way', async () => {
  const { watch, pass, close } = start();
  const id = 'row';
  close(id);
  const onEnded = vi.fn();
  let sequence = 0;
  const stop = watch.watch({ id, progress: () => sequence, onEnded });
  await pass(1_000);
  // The row is known to have ended, and the end of the stream is waited for.
  await pass(250);
  expect(onEnded).not.toHaveBeenCalled();
  sequence += 1;
  await pass(250);
  // The reader has seen the end.
  stop();
  await pass(5_000);
  expect(onEnded).not.toHaveBeenCalled();
});

it('sends one query a second at most, for all who wait, and reaches each', async () => {
  const { watch, pass, close, queries } = start();
  const ids = Array.from({ length: 50 }, (_, at) => `row ${at}`);
  const onEnded = vi.fn();
  for (const id of ids) {
    watch.watch({ id, progress: () => 1, onEnded });
    watch.watch({ id, progress: null, onEnded });
  }
  await pass(10_000);
  expect(queries()).toBeLessThanOrEqual(11);
  for (const id of ids) close(id);
  await pass(2_000);
  expect(onEnded).toHaveBeenCalledTimes(100);
  const asked = queries();
  await pass(5_000);
  expect(queries()).toBe(asked);
});

it('reads no more for those that have left', async () => {
  const { watch, pass, close, queries } = start();
  const id = 'row';
  const onEnded = vi.fn();
  const stop = watch.watch({ id, progress: () => 1, onEnded });
  close(id);
  stop();
  await pass(5_000);
  expect(queries()).toBe(0);
  expect(onEnded).not.toHaveBeenCalled();
});

it('reads again when the database has failed', async () => {
  const { watch, pass, close, ended } = start();
  const id = 'row';
  close(id);
  const onEnded = vi.fn();
  ended.mockRejectedValueOnce(new Error('The database is away.'));
  watch.watch({ id, progress: null, onEnded });
  await pass(250);
  expect(onEnded).not.toHaveBeenCalled();
  await pass(1_000);
  expect(onEnded).toHaveBeenCalledTimes(1);
});

it('has one question under way at a time, of a bounded number of rows, and comes to all in turn', async () => {
  const { watch, pass, close, ended, queries } = start();
  const onEnded = vi.fn();
  // The oldest do not end, and hold up none of the others.
  for (let at = 0; at < 12_000; at++) {
    if (at >= 5_000) close(`row ${at}`);
    watch.watch({ id: `row ${at}`, progress: null, onEnded });
  }
  const answer = Promise.withResolvers<string[]>();
  ended.mockReturnValueOnce(answer.promise);
  await pass(5_000);
  expect(queries()).toBe(1);
  answer.resolve([]);
  await pass(4_000);
  expect(onEnded).toHaveBeenCalledTimes(7_000);
  for (const [ids] of ended.mock.calls) expect(ids.length).toBeLessThanOrEqual(5_000);
});
