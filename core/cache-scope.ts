import type { CacheScope } from './graph-enums.generated.ts';

/** How widely a kept answer is shared: more with each number. */
const widths = { CALLER: 0, APP: 1, TENANT: 2, PUBLIC: 3 } as const satisfies Record<CacheScope, number>;

/** The callers that share a kept answer, the narrowest scope first. */
export const cacheScopes: readonly CacheScope[] = (Object.keys(widths) as CacheScope[]).sort(
  (a, b) => widths[a] - widths[b],
);

/** The narrowest of the scopes. One that is unknown counts as CALLER. */
export function narrowestScope(
  first: CacheScope,
  ...others: readonly (CacheScope | null | undefined)[]
): CacheScope {
  const places = [first, ...others].flatMap((scope) => (scope == null ? [] : [cacheScopes.indexOf(scope)]));
  return cacheScopes[Math.min(...places)] ?? 'CALLER';
}
