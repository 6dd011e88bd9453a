import type { QuotaAmounts } from './quota.ts';

/** How much more than is held of a call it is to have; never less than nothing. */
export function computeDifference(
  meter: string,
  amounts: QuotaAmounts,
  held: { readonly amounts: QuotaAmounts } | undefined,
): bigint {
  const difference = (amounts[meter] ?? 0n) - (held?.amounts[meter] ?? 0n);
  return difference > 0n ? difference : 0n;
}

/** Whether both have the same amount of every meter. */
export function isSame(a: QuotaAmounts, b: QuotaAmounts): boolean {
  const meters = Object.keys(a);
  return meters.length === Object.keys(b).length && meters.every((meter) => a[meter] === b[meter]);
}

/** Nothing of each meter. */
export function zeros(amounts: QuotaAmounts): QuotaAmounts {
  return Object.fromEntries(Object.keys(amounts).map((meter) => [meter, 0n]));
}

/** The larger of both, for each meter. */
export function raised(before: QuotaAmounts, after: QuotaAmounts): QuotaAmounts {
  const amounts = { ...before };
  for (const [meter, amount] of Object.entries(after)) {
    if (amount > (amounts[meter] ?? 0n)) amounts[meter] = amount;
  }
  return amounts;
}
