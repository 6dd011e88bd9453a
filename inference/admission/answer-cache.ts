import type { Catalog } from '#catalog/catalog.ts';
import { narrowestScope } from '#core/cache-scope.ts';
import type { Caller } from '#core/caller.ts';
import type { FinishReason } from '#core/graph-enums.generated.ts';
import { parseJson } from '#core/json/exact-json.ts';
import { meshOwner } from '#core/secrets/owner-boxes.ts';
import type { Span } from '#core/tracing/span.ts';
import type { ProviderUsage } from '#providers/provider.ts';
import type { Cache } from '#state/cache/cache.ts';
import type { CompletionData } from '../completion.ts';
import type { ClosedInvocation } from '../execution/outcome.ts';
import { findOwnLast } from '../ledger/rows.ts';
import type { CachePolicy, CompletionRequest } from '../request.ts';
import { cacheKey } from './cache-key.ts';

/** What of a completion is the answer, as opposed to what it took. */
export type CachedAnswer = Pick<
  CompletionData,
  'text' | 'json' | 'reasoning' | 'toolCalls' | 'extras' | 'dropped' | 'finishReason' | 'modelId'
> & {
  /** What the provider has counted for it; absent where that is not known, and in what older versions of Heddle kept. */
  readonly usage?: ProviderUsage;
};

/**
 * Result of the call that owns a coalesced request. FAILED: each waiter makes its own call, or they would fail one after
 * the other. NO_ANSWER: the owner was canceled or not admitted, so the first waiter becomes the owner.
 */
export type CoalescedResult = CachedAnswer | 'FAILED' | 'NO_ANSWER';

/** A call in progress whose result those of identical requests take. */
export interface CoalescedOwner {
  readonly result: Promise<CoalescedResult>;
  /** Undefined: it is not traced. */
  readonly span: Span | undefined;
}

/** Request coalescing, by cache key: the owner that waiters of an identical request wait for. */
export type CoalescedAnswers = Map<string, CoalescedOwner>;

/** Which parts the cache plays for one request. */
export interface CachePlan {
  readonly key: string;
  readonly read: boolean;
  readonly maxAgeMs: number;
  /** Whose answer is kept: the tenant of the call. */
  readonly owner: string;
}

/** Shared as far as the field's @cache, the caller's app and tenant, and the call all allow. Null: the cache has no part in it. `guardrails` as in `cacheKey`. */
export function cachePlan(
  request: CompletionRequest,
  caller: Caller,
  policy: CachePolicy | null,
  guardrails: string,
): CachePlan | null {
  const use = request.cache === 'DEFAULT' ? (caller.cacheByDefault ? 'USE' : 'BYPASS') : request.cache;
  if (policy === null || use === 'BYPASS') return null;
  const scope = narrowestScope(policy.scope, caller.cacheScope, request.cacheScope);
  return {
    key: cacheKey(request, caller, scope, guardrails),
    read: use === 'USE',
    maxAgeMs: policy.maxAgeMs,
    owner: caller.tenantId ?? meshOwner,
  };
}

interface KeptAnswer extends CachedAnswer {
  /** When the model was created; absent in what older versions of Heddle kept. */
  readonly modelCreatedAtMs?: number;
}

type Models = Pick<Catalog, 'model'>;

/** Null also for the answer of a model that was deleted since, whether there is one of the same id again or not. */
export async function cachedAnswer(
  cache: Cache,
  plan: CachePlan,
  catalog: Models,
): Promise<CachedAnswer | null> {
  const text = await cache.get(plan.key);
  if (text === undefined) return null;
  const { modelCreatedAtMs, ...answer } = parseJson(text) as KeptAnswer;
  const model = catalog.model(answer.modelId);
  if (model === undefined || model.createdAtMs !== (modelCreatedAtMs ?? model.createdAtMs)) return null;
  return answer;
}

/** Keeps an answer, unless its model was deleted meanwhile. */
export async function keepAnswer(
  cache: Cache,
  plan: CachePlan,
  answer: CachedAnswer,
  catalog: Models,
): Promise<void> {
  const model = catalog.model(answer.modelId);
  if (model === undefined) return;
  const kept: KeptAnswer = { ...answer, modelCreatedAtMs: model.createdAtMs };
  await cache.set(plan.key, JSON.stringify(kept), plan.maxAgeMs, plan.owner);
}

const keptReasons: ReadonlySet<FinishReason> = new Set<FinishReason>(['STOP', 'TOOL_CALLS', 'LENGTH']);

export function toCachedAnswer({ completion, failure }: ClosedInvocation): CachedAnswer | null {
  const { status, text, json, reasoning, toolCalls, extras, dropped, finishReason, modelId } = completion;
  if (failure !== null || status !== 'SUCCEEDED' || !keptReasons.has(finishReason)) return null;
  const usage = findOwnLast(completion.attempts)?.usage;
  return {
    ...{ text, json, reasoning, toolCalls, finishReason, modelId },
    ...(usage == null ? {} : { usage }),
    ...(extras === undefined ? {} : { extras }),
    ...(dropped === undefined ? {} : { dropped }),
  };
}
