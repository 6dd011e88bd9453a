import { describe, expect, it } from 'vitest';
import { ProviderFailure } from '#providers/provider.ts';
import { nextAfterShown, nextStep, type RetryState } from './retry.ts';

function failure(
  code: ProviderFailure['code'],
  retryable: boolean,
  retryAfterMs: number | null = null,
): ProviderFailure {
  return new ProviderFailure(code, 'It failed.', { retryable, retryAfterMs });
}

function state(more: Partial<RetryState> = {}): RetryState {
  return {
    candidate: 0,
    modelIds: ['a', 'b'],
    attempts: 1,
    maxAttempts: 3,
    random: () => 1,
    hadBegun: false,
    hasOtherCredential: false,
    isFirstFailure: true,
    waitMs: () => 0,
    ...more,
  };
}

const broken = failure('PROVIDER_ERROR', true);
const limited = (ms: number | null) => failure('PROVIDER_RATE_LIMITED', true, ms);
const ask = (candidate: number, delayMs: number, isFree = false) => ({
  step: 'ASK',
  candidate,
  delayMs,
  isFree,
});
const stop = { step: 'STOP' };

describe('the next step', () => {
  it.each([
    ['a single error: the same target once more', broken, {}, ask(0, 100)],
    ['a limit with a short time: the same target after it', limited(2_000), {}, ask(0, 2_000)],
    ['a limit with a long time: the next target', limited(30_000), {}, ask(1, 0)],
    ['a limit of exactly 5 s: the same target after it', limited(5_000), {}, ask(0, 5_000)],
    ['a limit of more than 5 s: the next target', limited(5_001), {}, ask(1, 0)],
    [
      'a target that may be asked in 5 s counts as one that needs an attempt',
      broken,
      { modelIds: ['a', 'b', 'c'], waitMs: (at: number) => (at === 2 ? 5_000 : 0) },
      ask(1, 0),
    ],
    [
      'one that may be asked later than that does not',
      broken,
      { modelIds: ['a', 'b', 'c'], waitMs: (at: number) => (at === 2 ? 5_001 : 0) },
      ask(0, 100),
    ],
    ['a limit without a time: the next target', limited(null), {}, ask(1, 0)],
    ['silence: the next target', failure('PROVIDER_TIMEOUT', true), {}, ask(1, 0)],
    ['an error after tokens: the next target', broken, { hadBegun: true }, ask(1, 0)],
    ['one error of many: the next target', broken, { isFirstFailure: false }, ask(1, 0)],
    ['no attempt to spare: the next target', broken, { maxAttempts: 2 }, ask(1, 0)],
    ['three targets and three attempts: each once', broken, { modelIds: ['a', 'b', 'c'] }, ask(1, 0)],
    [
      'its circuit opened: the next target',
      broken,
      { waitMs: (at: number) => (at ? 0 : Infinity) },
      ask(1, 0),
    ],
    [
      'its circuit opened and there is no other: no more',
      broken,
      { modelIds: ['a'], waitMs: () => Infinity },
      stop,
    ],
    ['a refused credential: the next target', failure('PROVIDER_AUTH', false), {}, ask(1, 0)],
    ['an unknown model: the next target', failure('NOT_FOUND', false), {}, ask(1, 0)],
    ['too long: the next target', failure('CONTEXT_TOO_LONG', false), {}, ask(1, 0)],
    ['filtered: no other', failure('CONTENT_FILTERED', false), {}, stop],
    ['a wrong call: no other', failure('BAD_USER_INPUT', false), {}, stop],
    ['the last attempt: no other', broken, { attempts: 3 }, stop],
  ] as const)('%s', (_name, failed, more, expected) => {
    expect(nextStep(failed, state(more))).toEqual(expected);
  });

  it.each(['PROVIDER_AUTH', 'PROVIDER_RATE_LIMITED', 'NO_ROUTE'] as const)(
    'after %s is another credential of the same provider, also when no attempt is left',
    (code) => {
      const more = { hasOtherCredential: true, attempts: 3 };
      expect(nextStep(failure(code, false), state(more))).toEqual(ask(0, 0, true));
      expect(nextStep(broken, state(more))).toEqual(stop);
    },
  );

  it('is the same target where the route names it again, and no other for what it cannot answer', () => {
    const twice = { modelIds: ['a', 'a', 'b'], isFirstFailure: false };
    expect(nextStep(limited(2_000), state(twice))).toEqual(ask(1, 2_000));
    expect(nextStep(broken, state(twice))).toEqual(ask(1, 100));
    expect(nextStep(limited(30_000), state(twice))).toEqual(ask(2, 0));
    expect(nextStep(failure('CONTEXT_TOO_LONG', false), state(twice))).toEqual(ask(2, 0));
  });

  it('is the next target, and never the same, for what this one alone does not do of the call', () => {
    const failure = new ProviderFailure('PROVIDER_ERROR', 'x', { retryable: false, isAboutCall: true });
    expect(nextStep(failure, state({}))).toMatchObject({ step: 'ASK', candidate: 1 });
    expect(nextStep(failure, state({ modelIds: ['a'] }))).toEqual({ step: 'STOP' });
  });

  it('passes over targets that may not be called now', () => {
    const modelIds = ['a', 'b', 'c'];
    const waitMs = (at: number) => (at === 1 ? 30_000 : 0);
    expect(nextStep(limited(null), state({ modelIds, waitMs }))).toEqual(ask(2, 0));
  });

  it('after the last is the first again, later each time, and never after more than 5 s', () => {
    const one = { modelIds: ['a'], maxAttempts: 10 };
    const delays = Array.from({ length: 9 }, (_, at) => {
      const next = nextStep(broken, state({ ...one, attempts: at + 1 }));
      return next.step === 'ASK' ? next.delayMs : null;
    });
    expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    expect(nextStep(limited(5_000), state(one))).toEqual(ask(0, 5_000));
    expect(nextStep(limited(5_001), state(one))).toEqual(stop);
    expect(nextStep(broken, state({ candidate: 1, attempts: 2 }))).toEqual(ask(0, 200));
    expect(nextStep(limited(30_000), state({ candidate: 1, attempts: 2 }))).toEqual(ask(0, 200));
  });

  it('waits at random between half of its time and the whole', () => {
    for (const random of [0, 0.3, 1]) {
      const one = { modelIds: ['a'], random: () => random };
      expect(nextStep(broken, state(one))).toEqual(ask(0, 50 + random * 50));
    }
  });

  it('never goes beyond its bounds, whatever the failures: a property', () => {
    const seed = Number(process.env.HEDDLE_TEST_SEED ?? 2026);
    let at = seed;
    const random = () => {
      at = (Math.imul(at, 1_103_515_245) + 12_345) & 0x7fffffff;
      return at / 0x80000000;
    };
    const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
    const codes = ['PROVIDER_ERROR', 'PROVIDER_TIMEOUT', 'PROVIDER_AUTH', 'PROVIDER_RATE_LIMITED'] as const;
    for (let run = 0; run < 2_000; run++) {
      const modelIds = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick(['a', 'b', 'c']));
      const maxAttempts = 1 + Math.floor(random() * 10);
      let candidate = 0;
      let asked = 1;
      for (let attempts = 1; ; attempts++) {
        const failed = failure(pick(codes), random() < 0.7, pick([null, 100, 4_000, 60_000]));
        const waitMs = () => pick([0, 1_000, Number.POSITIVE_INFINITY]);
        const next = nextStep(
          failed,
          state({
            candidate,
            modelIds,
            attempts,
            maxAttempts,
            random,
            waitMs,
            isFirstFailure: random() < 0.5,
          }),
        );
        if (next.step === 'STOP') break;
        expect(next.delayMs, `seed ${seed}, run ${run}`).toBeLessThanOrEqual(5_000);
        expect(modelIds[next.candidate], `seed ${seed}, run ${run}`).toBeDefined();
        ({ candidate } = next);
        asked += 1;
      }
      expect(asked, `seed ${seed}, run ${run}`).toBeLessThanOrEqual(maxAttempts);
    }
  });
});

describe('the model that begins anew after the first token', () => {
  it('is another than the one that failed, where there is one that can be called', () => {
    const modelIds = ['a', 'a', 'b', 'c'];
    expect(nextAfterShown(state({ modelIds }))).toBe(2);
    expect(nextAfterShown(state({ modelIds, waitMs: (at) => (at === 2 ? 1 : 0) }))).toBe(3);
    expect(nextAfterShown(state({ modelIds: ['a', 'a'] }))).toBe(1);
    expect(nextAfterShown(state({ candidate: 3, modelIds }))).toBeNull();
  });
});
