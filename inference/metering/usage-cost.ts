import type { CatalogModel, CatalogPrice } from '#catalog/catalog.ts';
import type { ProviderCall, ProviderUsage } from '#providers/provider.ts';

/** What maxOutputTokens is taken to be where neither the client nor the catalog states. */
const outputTokensUnknown = 4_096;

const tokensPerPrice = 1_000_000n;

/** Nano-dollars times 10^6: exact, so that an invocation of several attempts is rounded once. */
export type ExactCost = bigint;

function priced(tokens: number, nanosPerMillion: bigint): ExactCost {
  return tokens === 0 ? 0n : BigInt(tokens) * nanosPerMillion;
}

/**
 * What a usage costs: cached input and cache writes at their own prices, which count as input where none is known; cache
 * writes of an hour count as other cache writes where they have no price of their own.
 * A model without a price costs nothing.
 */
export function exactCost(price: CatalogPrice | null, usage: ProviderUsage): ExactCost {
  if (price === null) return 0n;
  const { inputNanosPerMillion: input } = price;
  const plain = Math.max(0, usage.inputTokens - usage.cachedInputTokens - usage.cacheWriteTokens);
  const write = price.cacheWriteNanosPerMillion ?? input;
  const writes1h = Math.min(usage.cacheWrite1hTokens ?? 0, usage.cacheWriteTokens);
  return (
    priced(plain, input) +
    priced(usage.cachedInputTokens, price.cachedInputNanosPerMillion ?? input) +
    priced(usage.cacheWriteTokens - writes1h, write) +
    priced(writes1h, price.cacheWrite1hNanosPerMillion ?? write) +
    priced(usage.outputTokens, price.outputNanosPerMillion)
  );
}

/** Rounded half up to whole nano-dollars. */
export function roundToNanos(cost: ExactCost): bigint {
  return (cost + tokensPerPrice / 2n) / tokensPerPrice;
}

/** The limit on the answer's tokens: what the client requests, but never more than the model's limit. Null: there is none. */
export function outputTokensLimit(model: CatalogModel, requested: number | undefined): number | null {
  const limit = model.maxOutputTokens;
  return requested === undefined || limit === null ? (requested ?? limit) : Math.min(requested, limit);
}

/** The most tokens that the answer is taken to have: the limit on them, or a usual one where there is none. */
export function outputTokensMax(model: CatalogModel, requested: number | undefined): number {
  return (
    outputTokensLimit(model, requested) ??
    Math.min(outputTokensUnknown, model.contextTokens ?? outputTokensUnknown)
  );
}

type BoundedCall = Pick<ProviderCall, 'maxOutputTokens' | 'alternatives'>;

/** The most tokens of all the answers that a call requests. */
export function answersTokensMax(
  model: CatalogModel,
  { maxOutputTokens, alternatives = 1 }: BoundedCall,
): number {
  return alternatives * outputTokensMax(model, maxOutputTokens);
}

/** The limit on them; null: there is none. */
export function answersTokensLimit(
  model: CatalogModel,
  { maxOutputTokens, alternatives = 1 }: BoundedCall,
): number | null {
  const limit = outputTokensLimit(model, maxOutputTokens);
  return limit === null ? null : alternatives * limit;
}

/** What a call may draw at most: reserved before it, settled after it. */
export interface UpperBound {
  readonly tokens: bigint;
  readonly costNanos: bigint;
}

export function upperBound(model: CatalogModel, inputTokens: number, outputTokens: number): UpperBound {
  const price = model.price;
  if (price === null) return { tokens: BigInt(inputTokens + outputTokens), costNanos: 0n };
  const { cacheWriteNanosPerMillion: write, cacheWrite1hNanosPerMillion: write1h } = price;
  const input = [price.inputNanosPerMillion, write ?? 0n, write1h ?? 0n].reduce((a, b) => (a > b ? a : b));
  return {
    tokens: BigInt(inputTokens + outputTokens),
    costNanos: roundToNanos(priced(inputTokens, input) + priced(outputTokens, price.outputNanosPerMillion)),
  };
}

/** The usual ratio. */
export const charsPerToken = 4;

/** What bounds the estimate of a call's usage. */
export interface UsageBounds {
  readonly inputTokensMax: number;
  /** Null: the answer has no limit. */
  readonly outputTokensMax: number | null;
}

/**
 * What a call that was cut took, where its provider did not report it: providers bill such calls all the same. Four bytes
 * a token, the usual ratio, for what was sent and for what had come, the latter up to the limit that the provider
 * keeps to; what the provider did report counts where it is more.
 */
export function estimatedUsage(
  { inputTokensMax, outputTokensMax }: UsageBounds,
  receivedChars: number,
  reported: ProviderUsage | null,
): ProviderUsage {
  const outputTokens = Math.min(
    Math.ceil(receivedChars / charsPerToken),
    outputTokensMax ?? Number.POSITIVE_INFINITY,
  );
  return {
    inputTokens: reported === null ? Math.ceil((inputTokensMax * 3) / 4) : reported.inputTokens,
    outputTokens: Math.max(reported?.outputTokens ?? 0, outputTokens),
    cachedInputTokens: reported?.cachedInputTokens ?? 0,
    cacheWriteTokens: reported?.cacheWriteTokens ?? 0,
    ...(reported?.cacheWrite1hTokens === undefined
      ? {}
      : { cacheWrite1hTokens: reported.cacheWrite1hTokens }),
    reasoningTokens: reported?.reasoningTokens ?? 0,
  };
}
