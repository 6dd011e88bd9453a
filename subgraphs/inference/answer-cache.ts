import { narrowestScope } from '#schema/cache-scope.ts';
import type { Caller } from '#schema/caller.ts';
import { parseJson } from '#schema/exact-json.ts';
import type { Cache } from '#state/cache/cache.ts';
import { cacheKey } from './cache-key.ts';
import type { CompletionData } from './completion.ts';
import type { Ended } from './ending.ts';
import type { CachePolicy, CompletionRequest } from './request.ts';

/** What of a completion is the answer, as opposed to what it took. */
export type CachedAnswer = Pick<
  CompletionData,
  'text' | 'json' | 'reasoning' | 'toolCalls' | 'finishReason' | 'modelId'
>;

/** Which parts the cache plays for one request. */
export interface CachePlan {
  readonly key: string;
  readonly read: boolean;
  readonly maxAgeMs: number;
}

/** Shared as far as the field's @cache, the caller's app and tenant, and the call all allow. Null: the cache has no part in it. */
export function cachePlan(
  request: CompletionRequest,
  caller: Caller,
  policy: CachePolicy | null,
): CachePlan | null {
  const use = request.cache === 'DEFAULT' ? (caller.cacheByDefault ? 'USE' : 'BYPASS') : request.cache;
  if (policy === null || use === 'BYPASS') return null;
  const scope = narrowestScope(policy.scope, caller.cacheScope, request.cacheScope);
  return { key: cacheKey(request, caller, scope), read: use === 'USE', maxAgeMs: policy.maxAgeMs };
}

export async function cachedAnswer(cache: Cache, plan: CachePlan): Promise<CachedAnswer | null> {
  const text = await cache.get(plan.key);
  return text === undefined ? null : (parseJson(text) as CachedAnswer);
}

const keptReasons: ReadonlySet<string> = new Set(['STOP', 'TOOL_CALLS', 'LENGTH']);

export function answerOf({ completion, failure }: Ended): CachedAnswer | null {
  const { status, text, json, reasoning, toolCalls, finishReason, modelId } = completion;
  if (failure !== null || status !== 'SUCCEEDED' || !keptReasons.has(finishReason)) return null;
  return { text, json, reasoning, toolCalls, finishReason, modelId };
}
