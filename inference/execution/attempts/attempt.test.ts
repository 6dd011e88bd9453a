import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Provider, ProviderFailure, type ProviderPart } from '#providers/provider.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { type AttemptResult, Cancelled, rateAttempt, Stopped, streamOnce, UnfitAnswer } from './attempt.ts';

const limits = { connectMs: 10_000, firstMs: 20_000, nextMs: 5_000 };
const text: ProviderPart = { type: 'text', text: 'x' };
const finish: ProviderPart = { type: 'finish', reason: 'STOP', usage: buildUsage(1, 1) };

/** Streams the parts; then fails, or says nothing more. */
function setup(parts: readonly ProviderPart[], failure?: Error) {
  let closed = 0;
  const steps = [...parts];
  const iterator: AsyncIterableIterator<ProviderPart> = {
    async next() {
      const value = steps.shift();
      if (value !== undefined) return { done: false, value };
      if (failure !== undefined) throw failure;
      return new Promise(() => undefined);
    },
    async return() {
      closed += 1;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const provider: Pick<Provider, 'stream'> = { stream: () => iterator };
  const abort = new AbortController();
  const run = (sink: (part: ProviderPart) => Promise<void> | undefined = () => undefined) =>
    streamOnce(provider as Provider, { model: 'm', messages: [] }, abort, limits, sink);
  return { abort, run, closed: () => closed };
}

describe('a streamed attempt', () => {
  it.each([
    ['finishes', [text, finish], undefined, 'SUCCEEDED'],
    ['fails', [text], buildFailure('PROVIDER_ERROR', true), 'FAILED'],
  ] as const)("closes the provider's iterator when it %s", async (_name, parts, failure, outcome) => {
    const { run, closed } = setup(parts, failure);
    expect(await run()).toMatchObject({ outcome });
    expect(closed()).toBe(1);
  });

  it.each([
    ['between parts', undefined],
    ['while its reader is behind', new Promise<void>(() => undefined)],
  ] as const)("closes the provider's iterator when it is stopped %s", async (_name, room) => {
    const { abort, run, closed } = setup([text]);
    const ended = run(() => {
      queueMicrotask(() => abort.abort(new Cancelled('gone')));
      return room;
    });
    expect(await ended).toMatchObject({ outcome: 'CANCELLED', cut: true });
    expect(closed()).toBe(1);
  });

  it("closes the provider's iterator when its sink throws", async () => {
    const { run, closed } = setup([text, finish]);
    await run(() => {
      throw new ProviderFailure('PROVIDER_ERROR', 'The log is gone.', { retryable: false });
    });
    expect(closed()).toBe(1);
  });
});

describe('the silence of a provider', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is limited again once the reader has caught up', async () => {
    vi.useFakeTimers();
    const { run } = setup([text]);
    const room = Promise.withResolvers<void>();
    let end: AttemptResult | undefined;
    void run(() => room.promise).then((ended) => {
      end = ended;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    room.resolve();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(end).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(end).toMatchObject({ outcome: 'FAILED', failure: { code: 'PROVIDER_TIMEOUT' } });
  });

  it('lasts until a first part of the answer, whatever it counts before', async () => {
    vi.useFakeTimers();
    const { run } = setup([{ type: 'usage', usage: buildUsage(5, 0) }]);
    let end: AttemptResult | undefined;
    void run().then((ended) => {
      end = ended;
    });
    await vi.advanceTimersByTimeAsync(19_999);
    expect(end).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(end).toMatchObject({ outcome: 'FAILED', failure: { code: 'PROVIDER_TIMEOUT' } });
  });
});

describe('what an end states about the health of its provider', () => {
  const times = { latencyMs: 1, timeToFirstTokenMs: null, wholeMs: null };
  const failed = (failure: ProviderFailure): AttemptResult => ({
    outcome: 'FAILED',
    failure,
    reported: null,
    partial: null,
    cut: false,
  });
  const refused = new ProviderFailure('PROVIDER_ERROR', 'It wrote no call.', {
    retryable: true,
    status: 400,
  });

  const unprocessable = new ProviderFailure('PROVIDER_ERROR', 'It failed.', { retryable: true, status: 422 });

  it.each([
    ['an error', buildFailure('PROVIDER_ERROR', true), 'FAILED'],
    ['silence', buildFailure('PROVIDER_TIMEOUT', true), 'FAILED'],
    ['a refused credential', buildFailure('PROVIDER_AUTH', false), 'REFUSED'],
    ['a rate limit', buildFailure('PROVIDER_RATE_LIMITED', true), 'REFUSED'],
    ['a wrong call', buildFailure('BAD_USER_INPUT', false), undefined],
    ['a long input', buildFailure('CONTEXT_TOO_LONG', false), undefined],
    ['a filtered input', buildFailure('CONTENT_FILTERED', false), undefined],
    ['an answer of another shape', new UnfitAnswer('It does not fit.'), undefined],
    ['a call that its provider could not use', refused, undefined],
    ['a call that its provider could not process', unprocessable, undefined],
    ['too many calls of this process', buildFailure('OVERLOADED', true), undefined],
    ['the end of the process', new Stopped('shutting down'), undefined],
  ] as const)('%s', (_name, failure, result) => {
    expect(rateAttempt(failed(failure), times)?.result).toBe(result);
  });
});
