import { createOverloadedError } from '#core/errors.ts';
import type { UsedTokens } from './tokens.ts';

/** The used tokens of one process, in two generations that are each as long as the longest requested memory. */
export function createMemoryUsedTokens(
  options: { readonly max?: number; readonly now?: () => number } = {},
): UsedTokens {
  const { max = 1_000_000, now = Date.now } = options;
  let young = new Set<string>();
  let old = new Set<string>();
  let bornAtMs = now();
  let generationMs = 0;
  return {
    shared: false,
    async add(id, rememberedMs) {
      const nowMs = now();
      generationMs = Math.max(generationMs, rememberedMs);
      const ageMs = nowMs - bornAtMs;
      if (ageMs >= generationMs) {
        old = ageMs >= 2 * generationMs ? new Set() : young;
        young = new Set();
        bornAtMs = nowMs;
      }
      if (young.has(id) || old.has(id)) return false;
      if (young.size + old.size >= max) {
        throw createOverloadedError('Too many identity tokens are in force; try again shortly.');
      }
      young.add(id);
      return true;
    },
  };
}
