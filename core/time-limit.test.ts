import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { waitAtMost, withTimeLimit } from './time-limit.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<never>(() => {});
const createError = () => new Error('too late');

describe('withTimeLimit', () => {
  it('has the outcome of a promise that is settled in time, and leaves no timer', async () => {
    expect(await withTimeLimit(Promise.resolve('in time'), 10, createError)).toBe('in time');
    await expect(withTimeLimit(Promise.reject(new Error('own')), 10, createError)).rejects.toThrow('own');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects with the error of the limit at the limit, not before', async () => {
    let outcome: unknown;
    const limited = withTimeLimit(never, 10, createError).catch((error: unknown) => {
      outcome = error;
    });
    await vi.advanceTimersByTimeAsync(9);
    expect(outcome).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await limited;
    expect(outcome).toEqual(new Error('too late'));
  });
});

describe('waitAtMost', () => {
  it('waits for the promise, and leaves no timer', async () => {
    await waitAtMost(Promise.resolve(), 10);
    await expect(waitAtMost(Promise.reject(new Error('own')), 10)).rejects.toThrow('own');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('resolves at the limit, not before', async () => {
    let isOver = false;
    const waited = waitAtMost(never, 10).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(9);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await waited;
  });
});
