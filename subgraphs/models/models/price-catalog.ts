import type { ConditionalPrice, ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import type { ProviderKind } from '#core/graph-enums.generated.ts';
import type { ModelRecord, PriceRecord } from '#mongo/models.ts';
import { vendors } from '#providers/registry/vendors.generated.ts';
import type { VendorModel } from '#providers/vendor.ts';
import { guessOfferedTraits, guessTraits, isCurrent } from './model-traits.ts';

/** What is known of a model before an admin states anything. */
export type ModelFacts = Pick<
  ModelRecord,
  'capabilities' | 'inputModalities' | 'outputModalities' | 'contextTokens' | 'maxOutputTokens' | 'prices'
>;

export interface KnownModel {
  readonly name: string;
  readonly facts: ModelFacts;
}

/** The package of prices is large, so it is loaded when a model is made and not at each start. */
const loadPrices = () => import('@pydantic/genai-prices');

/**
 * What the catalog knows of a model by the provider's own name, dated names included; what it does not know is
 * guessed from the name (abilities) or left unknown (price, sizes).
 */
export async function findModelFacts(kind: ProviderKind, name: string, nowMs: number): Promise<ModelFacts> {
  const { pricesId, isFree, models } = await vendors[kind].load();
  const own = models?.find((model) => model.name === name);
  if (own !== undefined) return factsOfOwn(own, isFree);
  if (pricesId === null) {
    const facts = factsFrom(name, undefined, nowMs);
    return isFree === true ? { ...facts, prices: [free] } : facts;
  }
  const { calcPrice } = await loadPrices();
  return factsFrom(name, calcPrice({}, name, { providerId: pricesId })?.model, nowMs);
}

/** The chat and embedding models that the vendor offers today, as far as the catalog knows. */
export async function currentModels(kind: ProviderKind, nowMs: number): Promise<readonly KnownModel[]> {
  const { pricesId, isFree, models = [], offersModel = () => true } = await vendors[kind].load();
  const own = models.map((model) => ({ name: model.name, facts: factsOfOwn(model, isFree) }));
  if (pricesId === null) return own;
  const { findProvider } = await loadPrices();
  const entries = findProvider({ providerId: pricesId })?.models ?? [];
  const offered = entries.filter(
    ({ id, deprecated }) => deprecated !== true && isCurrent(id) && offersModel(id),
  );
  return [...own, ...offered.map((entry) => ({ name: entry.id, facts: factsFrom(entry.id, entry, nowMs) }))];
}

const free: PriceRecord = {
  effectiveFrom: new Date(0),
  inputNanosPerMillion: 0n,
  outputNanosPerMillion: 0n,
  cachedInputNanosPerMillion: null,
  cacheWriteNanosPerMillion: null,
};

/** Of a model that its vendor names itself. */
function factsOfOwn(
  { name: _name, description: _description, isFree: isFreeItself, ...facts }: VendorModel,
  isFree: true | undefined,
): ModelFacts {
  return { ...facts, prices: isFree === true || isFreeItself === true ? [free] : [] };
}

function factsFrom(name: string, entry: ModelInfo | undefined, nowMs: number): ModelFacts {
  return {
    ...(entry === undefined ? guessTraits(name) : guessOfferedTraits(name)),
    contextTokens: entry?.context_window ?? null,
    prices: entry === undefined ? [] : toPriceRecords(entry.prices, nowMs),
  };
}

/**
 * The price in force and those announced for later. A price that changes with the time of day counts at its dearest,
 * one that changes with the length of the input at its base.
 */
function toPriceRecords(prices: ModelInfo['prices'], nowMs: number): readonly PriceRecord[] {
  if (!Array.isArray(prices)) return records(prices, new Date(nowMs));
  const startMs = ({ constraint }: ConditionalPrice) =>
    constraint?.type === 'start_date' ? Date.parse(constraint.start_date) : Number.NEGATIVE_INFINITY;
  const byDay = prices.filter((price) => price.constraint?.type !== 'time_of_date');
  const begun = byDay.findLast((price) => startMs(price) <= nowMs);
  const byTime = prices.filter((price) => price.constraint?.type === 'time_of_date');
  const [dearest] = [...(begun === undefined ? [] : [begun]), ...byTime].sort(
    (a, b) => (base(b.prices, 'input_mtok') ?? 0) - (base(a.prices, 'input_mtok') ?? 0),
  );
  return [
    ...(dearest === undefined ? [] : records(dearest.prices, new Date(nowMs))),
    ...byDay
      .filter((price) => startMs(price) > nowMs)
      .flatMap((price) => records(price.prices, new Date(startMs(price)))),
  ];
}

/** None for a model that is not paid by tokens. */
function records(price: ModelPrice, effectiveFrom: Date): readonly PriceRecord[] {
  const input = nanos(price, 'input_mtok');
  if (input === null) return [];
  return [
    {
      effectiveFrom,
      inputNanosPerMillion: input,
      outputNanosPerMillion: nanos(price, 'output_mtok') ?? 0n,
      cachedInputNanosPerMillion: nanos(price, 'cache_read_mtok'),
      cacheWriteNanosPerMillion: nanos(price, 'cache_write_mtok'),
      cacheWrite1hNanosPerMillion: nanos(price, 'cache_write_1h_mtok'),
    },
  ];
}

function base(price: ModelPrice, unit: string): number | null {
  const value = price[unit];
  return value === undefined ? null : typeof value === 'number' ? value : value.base;
}

/** Dollars with at most nine decimal places, which a double holds exactly enough to round back. */
function nanos(price: ModelPrice, unit: string): bigint | null {
  const dollars = base(price, unit);
  return dollars === null ? null : BigInt(Math.round(dollars * 1e9));
}
