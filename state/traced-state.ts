import { inSpan, type Span } from '#core/tracing/span.ts';
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
    reserve: (reservation) => inSpan('limits reserve', (span) => decide(quota.reserve(reservation), span)),
    spend: (spending) => inSpan('limits spend', (span) => decide(quota.spend(spending), span)),
    settle: (...settled) => inSpan('limits settle', () => quota.settle(...settled)),
    release: (partition, id) => inSpan('limits release', () => quota.release(partition, id)),
    read: (partition, keys) => inSpan('limits read', () => quota.read(partition, keys)),
    [Symbol.asyncDispose]: () => quota[Symbol.asyncDispose](),
  };
}

function traceCache(cache: Cache): Cache {
  return {
    get: (key) =>
      inSpan('cache get', async (span) => {
        const found = await cache.get(key);
        span?.set({ 'heddle.cache.hit': found !== undefined });
        return found;
      }),
    set: (...kept) => inSpan('cache set', () => cache.set(...kept)),
    delete: (key) => inSpan('cache delete', () => cache.delete(key)),
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}
