import { badInput, checkedList } from '#core/input.ts';
import { checkedRegion } from '../../runtime/policy/region.ts';

/** Regions that a provider may be in; null: anywhere. An empty list would leave no provider at all. */
export function checkedRegions(
  regions: readonly string[] | null | undefined,
  field: string,
): string[] | null {
  if (regions === null || regions === undefined) return null;
  if (regions.length === 0) badInput(field, 'must not be empty; null means anywhere.');
  return checkedList(regions, field, 50).map((region, i) => checkedRegion(region, `${field}[${i}]`));
}
