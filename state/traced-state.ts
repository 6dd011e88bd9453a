import { type Span, timeSpan } from '#core/tracing/span.ts';
import type { Cache } from './cache/cache.ts';
import type { State } from './open-state.ts';
import type { Quota, QuotaDecision } from './quota/quota.ts';

/** The state, with a span for each decision on limits and each use of the cache, where an operation waits for it. */
export function traceState(state: State): State {
  return {
    ...state,
    openQuota: (history, use) => traceQuota(state.openQuota(history, use)),
    cache: traceCache(state.cache),
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  };
}

async function decide<T extends QuotaDecision>(deciding: Promise<T>, span: Span | undefined): Promise<T> {
  const decision = await deciding;
  if (!decision.granted) {
    const { meter, window } = decision.refused;
    span?.set({ 'heddle.limit.meter': meter, 'heddle.limit.window': window });
  }
  span?.set({ 'heddle.limit.granted': decision.granted });
  return decision;
}

function traceQuota(quota: Quota): Quota {
  return {
    reserve: (reservation) => timeSpan('limits reserve', (span) => decide(quota.reserve(reservation), span)),
    spend: (spending) => timeSpan('limits spend', (span) => decide(quota.spend(spending), span)),
    settle: (...settled) => timeSpan('limits settle', () => quota.settle(...settled)),
    release: (partition, id) => timeSpan('limits release', () => quota.release(partition, id)),
    read: (partition, keys) => timeSpan('limits read', () => quota.read(partition, keys)),
    [Symbol.asyncDispose]: () => quota[Symbol.asyncDispose](),
  };
}

function traceCache(cache: Cache): Cache {
  return {
    get: (key) =>
      timeSpan('cache get', async (span) => {
        const found = await cache.get(key);
        span?.set({ 'heddle.cache.hit': found !== undefined });
        return found;
      }),
    set: (...kept) => timeSpan('cache set', () => cache.set(...kept)),
    delete: (key) => timeSpan('cache delete', () => cache.delete(key)),
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}
