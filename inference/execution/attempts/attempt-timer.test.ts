import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AttemptTimer, writingMsMax } from './attempt-timer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setup(bytesCount = false) {
  const messages: string[] = [];
  const limits = { connectMs: 1_000, firstMs: 1_500, nextMs: 300 };
  const timer = new AttemptTimer(limits, bytesCount, ({ message }) => messages.push(message));
  return { timer, messages, pass: (ms: number) => vi.advanceTimersByTime(ms) };
}

describe('the time limits of an attempt', () => {
  it('are measured each from its own start', () => {
    const { timer, messages, pass } = setup();
    timer.connecting();
    pass(999);
    timer.connected();
    pass(1_499);
    timer.progress();
    pass(299);
    timer.progress();
    pass(299);
    expect(messages).toEqual([]);
    pass(1);
    expect(messages).toEqual(['The provider has not continued its answer within 300 ms.']);
  });

  it('are those of the connection only while one is opened', () => {
    const opening = setup();
    opening.timer.connecting();
    opening.pass(1_000);
    expect(opening.messages).toEqual(['The provider has not accepted the connection within 1000 ms.']);
    const used = setup();
    used.timer.connected();
    used.pass(1_499);
    expect(used.messages).toEqual([]);
    used.pass(1);
    expect(used.messages).toEqual(['The provider has not begun to answer within 1500 ms.']);
  });

  it('begin again for each further request of an attempt', () => {
    const { timer, messages, pass } = setup(true);
    timer.connected();
    timer.received();
    pass(200);
    timer.connected();
    pass(1_499);
    expect(messages).toEqual([]);
  });

  it('do not run while the attempt waits for its own reader', () => {
    const { timer, messages, pass } = setup();
    timer.progress();
    timer.pause();
    pass(60_000);
    timer.resume();
    pass(299);
    expect(messages).toEqual([]);
    pass(1);
    expect(messages).toHaveLength(1);
  });

  it('count the bytes of an answer only where nothing else reports it', () => {
    for (const [bytesCount, limit] of [
      [false, 1_500],
      [true, 300],
    ] as const) {
      const { timer, messages, pass } = setup(bytesCount);
      timer.received();
      pass(limit - 1);
      expect(messages).toEqual([]);
      pass(1);
      expect(messages).toHaveLength(1);
    }
  });

  it('end with the attempt', () => {
    const { timer, messages, pass } = setup();
    timer[Symbol.dispose]();
    pass(60_000);
    expect(messages).toEqual([]);
  });
});

describe('the time to write a whole answer', () => {
  it('is twice the slowest pace of late, or 50 ms for each token', () => {
    expect(writingMsMax(1_000, null)).toBe(50_000);
    expect(writingMsMax(1_000, 12)).toBe(24_000);
  });
});
