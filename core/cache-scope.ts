/** Whom a kept answer is shared with, the narrowest first; see the enum CacheScope in directives.graphql. */
export const cacheScopes = ['CALLER', 'APP', 'TENANT', 'PUBLIC'] as const;

export type CacheScope = (typeof cacheScopes)[number];

/** The narrowest of the scopes that are given. One that is unknown counts as CALLER. */
export function narrowestScope(
  first: CacheScope,
  ...others: readonly (CacheScope | null | undefined)[]
): CacheScope {
  const places = [first, ...others].flatMap((scope) => (scope == null ? [] : [cacheScopes.indexOf(scope)]));
  return cacheScopes[Math.min(...places)] ?? 'CALLER';
}
