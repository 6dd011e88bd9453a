import type { CacheScope } from '#core/graph-enums.generated.ts';
import { badInput } from '#core/input.ts';

/** A scope that a setting or a call narrows a field's @cache to; null: not at all. PUBLIC narrows nothing and is refused. */
export function checkedCacheScope(
  scope: CacheScope | null | undefined,
  field: string,
): Exclude<CacheScope, 'PUBLIC'> | null {
  if (scope === 'PUBLIC') badInput(field, 'must be CALLER, APP or TENANT.');
  return scope ?? null;
}
