import { type DirectiveNode, Kind, parse } from 'graphql';
import { cacheScopes } from '#core/cache-scope.ts';
import type { CacheScope } from '#core/graph-enums.generated.ts';
import type { CachePolicy } from '#inference/request.ts';
import { readArguments } from '#schema/directives.ts';

/** The fields that may be answered from the cache. */
type CachedField = 'complete' | 'runPrompt' | 'completionStream' | 'promptStream';

/** What the SDL's @cache states of each field; null: nothing. */
export type CachePolicies = Readonly<Record<CachedField, CachePolicy | null>>;

/** Reads @cache of the fields that have it. Throws where it requests what is not offered. */
export function readCachePolicies(sdl: string): CachePolicies {
  const policies = new Map<string, CachePolicy>();
  for (const definition of parse(sdl, { noLocation: true }).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const field of definition.fields ?? []) {
      const cache = field.directives?.find(({ name }) => name.value === 'cache');
      if (cache !== undefined) policies.set(field.name.value, readCachePolicy(cache, field.name.value));
    }
  }
  const of = (field: CachedField) => policies.get(field) ?? null;
  return {
    complete: of('complete'),
    runPrompt: of('runPrompt'),
    completionStream: of('completionStream'),
    promptStream: of('promptStream'),
  };
}

function readCachePolicy(directive: DirectiveNode, field: string): CachePolicy {
  const { maxAge, scope = 'TENANT', match = 'EXACT' } = readArguments(directive);
  if (match !== 'EXACT') throw new Error(`${field}: @cache(match: ${match}) is not offered; EXACT is.`);
  if (typeof maxAge !== 'number' || !isScope(scope)) {
    throw new Error(`${field}: @cache needs a maxAge, and a scope of ${cacheScopes.join(', ')}.`);
  }
  return { maxAgeMs: maxAge * 1_000, scope };
}

function isScope(value: unknown): value is CacheScope {
  return cacheScopes.some((scope) => scope === value);
}
