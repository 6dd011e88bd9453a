import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DelayedWrite } from './delayed-write.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('writes once what gathers until the time is over, and anew what gathers afterwards', async () => {
  const write = vi.fn(async () => {});
  const writing = new DelayedWrite(1_000, write);
  writing.soon();
  await vi.advanceTimersByTimeAsync(999);
  writing.soon();
  expect(write).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(write).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(write).toHaveBeenCalledTimes(1);
  writing.soon();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(write).toHaveBeenCalledTimes(2);
});

it('writes what is left when it ends, after the write that is under way', async () => {
  const first = Promise.withResolvers<void>();
  const write = vi.fn(async () => {}).mockReturnValueOnce(first.promise);
  const writing = new DelayedWrite(1_000, write);
  writing.soon();
  await vi.advanceTimersByTimeAsync(1_000);
  writing.soon();
  const ended = writing[Symbol.asyncDispose]();
  await vi.advanceTimersByTimeAsync(0);
  expect(write).toHaveBeenCalledTimes(1);
  first.resolve();
  await ended;
  expect(write).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(write).toHaveBeenCalledTimes(2);
});
