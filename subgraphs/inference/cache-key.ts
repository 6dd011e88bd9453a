import { hash } from 'node:crypto';
import type { Caller } from '#schema/caller.ts';
import { canonicalJson } from './canonical-json.ts';
import type { CachePolicy, CompletionRequest } from './request.ts';

/** The same text for the same question: everything that the answer depends on, and nothing else. */
function canonicalQuestion(request: CompletionRequest): string {
  const { model, promptVersionId, call } = request;
  return canonicalJson({ model, promptVersionId, call });
}

/** Where the answer of a request is kept: for the callers that the policy's scope joins, and nobody else. */
export function cacheKey(request: CompletionRequest, caller: Caller, { scope }: CachePolicy): string {
  const audience = {
    CALLER: ['caller', caller.tenantId, ...askerOf(caller, request)],
    TENANT: ['tenant', caller.tenantId],
    PUBLIC: ['public'],
  }[scope];
  // Residency is part of the question: an answer from elsewhere must not come in by the cache.
  const regions = caller.allowedRegions?.toSorted() ?? null;
  return `completion:${sha256(JSON.stringify([audience, regions]))}:${sha256(canonicalQuestion(request))}`;
}

/** What tells whether a repeated idempotency key comes with the same input. */
export function inputHash(request: CompletionRequest): string {
  return sha256(canonicalQuestion(request));
}

/** Who asks, within the tenant: the API key (rotation keeps it), the user, or failing both the app; and for which end user. */
export function askerOf({ keyLineId, subject, appId }: Caller, { labels }: AskedBy): readonly string[] {
  const caller =
    keyLineId !== null ? `key:${keyLineId}` : subject === null ? `app:${appId ?? ''}` : `subject:${subject}`;
  return labels.endUserId === null ? [caller] : [caller, labels.endUserId];
}

type AskedBy = Pick<CompletionRequest, 'labels'>;

export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
