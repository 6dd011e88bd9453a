import type { CacheScope } from '#core/graph-enums.generated.ts';
import { badInput, checkedList } from '#core/input.ts';
import { payloadDaysMax } from '#core/payload-days.ts';

const region = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** A region as vendors name theirs: it becomes part of host names, and is compared letter by letter. */
export function checkedRegion(value: string, field: string): string {
  if (!region.test(value)) {
    badInput(field, 'must be 1 to 64 lower-case letters, digits and dashes, such as eu-west-1.');
  }
  return value;
}

/** Regions that a provider may be in; null: anywhere. An empty list would leave no provider at all. */
export function checkedRegions(
  regions: readonly string[] | null | undefined,
  field: string,
): string[] | null {
  if (regions === null || regions === undefined) return null;
  if (regions.length === 0) badInput(field, 'must not be empty; null means anywhere.');
  return checkedList(regions, field, 50).map((region, i) => checkedRegion(region, `${field}[${i}]`));
}

/** A scope that a setting or a call narrows a field's @cache to; null: not at all. PUBLIC narrows nothing and is refused. */
export function checkedCacheScope(
  scope: CacheScope | null | undefined,
  field: string,
): Exclude<CacheScope, 'PUBLIC'> | null {
  if (scope === 'PUBLIC') badInput(field, 'must be CALLER, APP or TENANT.');
  return scope ?? null;
}

/** The days that payloads are kept for; null: the default. */
export function checkedPayloadDays(days: number | null | undefined): number | null {
  if (days == null) return null;
  return days >= 1 && days <= payloadDaysMax
    ? days
    : badInput('input.payloadDays', `must be 1 to ${payloadDaysMax} days.`);
}
