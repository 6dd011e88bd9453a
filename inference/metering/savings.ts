import type { CatalogModel } from '#catalog/catalog.ts';
import type { ProviderUsage } from '#providers/provider.ts';
import { exactCost, roundToNanos } from './usage-cost.ts';

type PricedModel = Pick<CatalogModel, 'price'>;

/** What is stated in the row of a call. */
export interface Saved {
  readonly savedNanos?: bigint;
}

const none: Saved = {};

/** What an answer that was there already would have cost of its AI model, at the price in force now. Nothing where that is not known. */
export function savedByCache(model: PricedModel | undefined, usage: ProviderUsage | undefined): Saved {
  if (model === undefined || usage === undefined) return none;
  return toSaved(roundToNanos(exactCost(model.price, usage)));
}

/**
 * What the first choice of a route would have taken for the usage of the answer beyond what the AI model that was called has: less
 * than nothing where that is the dearer one. Nothing where one of them has no price, or no other was chosen.
 */
export function savedByRouting(
  firstChoice: PricedModel,
  model: PricedModel,
  usage: ProviderUsage | null | undefined,
): Saved {
  if (firstChoice === model || usage == null || firstChoice.price === null || model.price === null)
    return none;
  return toSaved(
    roundToNanos(exactCost(firstChoice.price, usage)) - roundToNanos(exactCost(model.price, usage)),
  );
}

function toSaved(savedNanos: bigint): Saved {
  return savedNanos === 0n ? none : { savedNanos };
}
