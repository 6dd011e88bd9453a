import { decimalOfNanos } from '#core/money.ts';
import type { PriceRecord } from '#mongo/models.ts';
import type { ModelPrice, ModelPriceInput } from '../generated.ts';
import { checkedPrice } from '../inputs.ts';

/** A row of the price history that counts from `effectiveFrom`. */
export function priceRecord(price: ModelPriceInput, effectiveFrom: Date): PriceRecord {
  const optional = (value: string | null | undefined, field: string) =>
    value === null || value === undefined ? null : checkedPrice(value, field);
  return {
    effectiveFrom,
    inputNanosPerMillion: checkedPrice(price.input, 'input.price.input'),
    outputNanosPerMillion: checkedPrice(price.output, 'input.price.output'),
    cachedInputNanosPerMillion: optional(price.cachedInput, 'input.price.cachedInput'),
    cacheWriteNanosPerMillion: optional(price.cacheWrite, 'input.price.cacheWrite'),
    cacheWrite1hNanosPerMillion: optional(price.cacheWrite1h, 'input.price.cacheWrite1h'),
  };
}

export function modelPrice(price: PriceRecord): ModelPrice {
  const optional = (nanos: bigint | null | undefined) => (nanos == null ? null : decimalOfNanos(nanos));
  return {
    input: decimalOfNanos(price.inputNanosPerMillion),
    output: decimalOfNanos(price.outputNanosPerMillion),
    cachedInput: optional(price.cachedInputNanosPerMillion),
    cacheWrite: optional(price.cacheWriteNanosPerMillion),
    cacheWrite1h: optional(price.cacheWrite1hNanosPerMillion),
    effectiveFrom: price.effectiveFrom,
  };
}
