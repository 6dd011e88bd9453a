import { LRUCache } from 'lru-cache';
import type { Cache } from './cache.ts';

export interface MemoryCacheOptions {
  /** Keys and values together, in UTF-16 units; the least recently used go first. */
  readonly sizeMax?: number;
  readonly valueSizeMax?: number;
  readonly now?: () => number;
}

/** The cache of one process. */
export function createMemoryCache(options: MemoryCacheOptions = {}): Cache {
  const now = options.now ?? Date.now;
  const entries = new LRUCache<string, { readonly value: string; readonly expiresAtMs: number }>({
    maxSize: options.sizeMax ?? 64 * 1024 * 1024,
    maxEntrySize: options.valueSizeMax ?? 1024 * 1024,
    sizeCalculation: ({ value }, key) => value.length + key.length + 64,
  });
  return {
    async get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (now() < entry.expiresAtMs) return entry.value;
      entries.delete(key);
      return undefined;
    },
    async set(key, value, ttlMs) {
      entries.set(key, { value, expiresAtMs: now() + ttlMs });
    },
    async delete(key) {
      entries.delete(key);
    },
    async [Symbol.asyncDispose]() {
      entries.clear();
    },
  };
}
