import { describe, expect, it } from 'vitest';
import { type CallOutcome, createHealthRegistry } from './health.ts';

const succeeded: CallOutcome = {
  result: 'SUCCEEDED',
  latencyMs: 600_000,
  timeToFirstTokenMs: null,
  wholeMs: null,
  outputTokens: 100,
  retryAfterMs: null,
};

describe('the pace of an AI model', () => {
  it.each<[string, Partial<CallOutcome>, number | null]>([
    ['a whole answer', { wholeMs: 5_000 }, 50],
    ['a stream, whose reader may be slow', {}, null],
    ['an answer of one token', { wholeMs: 30_000, outputTokens: 1 }, null],
    ['a failure', { result: 'FAILED', wholeMs: 5_000 }, null],
  ])('is known from %s: %j', (_what, outcome, msPerToken) => {
    const health = createHealthRegistry();
    health.begin('m', 'p')?.({ ...succeeded, ...outcome });
    expect(health.msPerToken('m')).toBe(msPerToken);
  });
});

describe('what is known of an AI model', () => {
  const failed = (retryAfterMs: number | null): CallOutcome => ({
    ...succeeded,
    result: 'FAILED',
    retryAfterMs,
  });

  function setup() {
    const clock = { nowMs: 1_000_000 };
    const health = createHealthRegistry({ now: () => clock.nowMs });
    const end = (outcome: CallOutcome | null, id = 'm') => health.begin(id, 'p')?.(outcome);
    return { clock, health, end };
  }

  it.each([
    [[5_000], 5_000],
    [[600_000], 600_000],
    [[600_001], 600_000],
    [[86_400_000], 600_000],
    [[9_000, 2_000], 9_000],
    [[2_000, 9_000], 9_000],
    [[9_000, null], 9_000],
  ])('rests for the longest time that its provider requested, ten minutes at most: %j', (times, restMs) => {
    const { health, end } = setup();
    for (const ms of times) end(failed(ms));
    expect(health.restMs('m')).toBe(restMs);
  });

  it('rests no longer after a call that succeeded, nor after its time', () => {
    const { clock, health, end } = setup();
    const early = health.begin('m', 'p');
    end(failed(9_000));
    early?.(succeeded);
    expect(health.restMs('m')).toBe(0);
    end(failed(9_000));
    clock.nowMs += 8_999;
    expect(health.restMs('m')).toBe(1);
    clock.nowMs += 1;
    expect(health.restMs('m')).toBe(0);
  });

  it('keeps the slowest pace, which each faster answer brings a tenth nearer to its own', () => {
    const { health, end } = setup();
    const pace = (wholeMs: number, outputTokens: number) => {
      end({ ...succeeded, wholeMs, outputTokens });
      return health.msPerToken('m');
    };
    expect(pace(10_000, 100)).toBe(100);
    expect(pace(1_000, 100)).toBe(90);
    expect(pace(1_000, 100)).toBe(81);
    expect(pace(8_500, 100)).toBe(85);
  });

  it.each([
    [19, null],
    [20, 50],
  ])('takes an answer of %i tokens for a pace of %s ms a token', (outputTokens, msPerToken) => {
    const { health, end } = setup();
    end({ ...succeeded, wholeMs: 1_000, outputTokens });
    expect(health.msPerToken('m')).toBe(msPerToken);
  });

  it('counts a chosen call once, however often it is abandoned', () => {
    const { health } = setup();
    const end = health.begin('m', 'p');
    const release = health.expect('m', 'p');
    expect(health.inFlight('m')).toBe(2);
    for (let time = 0; time < 3; time++) release();
    expect(health.inFlight('m')).toBe(1);
    end?.(null);
    expect(health.inFlight('m')).toBe(0);
  });

  it('is of its last hundred calls', () => {
    const { health, end } = setup();
    const rate = () => health.provider('p').successRate;
    end(failed(null));
    for (let call = 0; call < 99; call++) end(succeeded);
    expect(rate()).toBe(0.99);
    end(succeeded);
    expect(rate()).toBe(1);
    end(failed(null));
    expect(rate()).toBe(0.99);
  });

  it('is forgotten for the 10,001st AI model: of the one seen first that has no call in flight', () => {
    const { health, end } = setup();
    const running = health.begin('m0', 'p');
    for (let at = 1; at < 10_000; at++) end(failed(9_000), `m${at}`);
    end(failed(9_000), 'one more');
    expect(health.inFlight('m0')).toBe(1);
    expect(['m1', 'm2', 'one more'].map((id) => health.restMs(id))).toEqual([0, 9_000, 9_000]);
    running?.(failed(9_000));
    expect(health.restMs('m0')).toBe(9_000);
  });
});
