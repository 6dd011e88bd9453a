import { hash } from 'node:crypto';
import type { Caller } from '#core/caller.ts';
import type { CacheScope } from '#core/graph-enums.generated.ts';
import { withoutCallSecrets } from '../call-secrets.ts';
import type { CompletionRequest } from '../request.ts';

/** Fields of providers that name the end user and the purpose of a call: no answer depends on them. */
const attributions: ReadonlySet<string> = new Set([
  'user',
  'safety_identifier',
  'metadata',
  'client_metadata',
]);

function withoutAttribution(call: CompletionRequest['call']): CompletionRequest['call'] {
  const { providerOptions, ...rest } = call;
  if (providerOptions === undefined) return call;
  const kept = Object.entries(providerOptions).flatMap(([key, fields]) => {
    const own = Object.entries(fields).filter(([name]) => !attributions.has(name));
    return own.length === 0 ? [] : [[key, Object.fromEntries(own)]];
  });
  return kept.length === 0 ? rest : { ...rest, providerOptions: Object.fromEntries(kept) };
}

/** The same text for the same question: everything that the answer depends on, and nothing else. */
function canonicalQuestion(request: CompletionRequest): string {
  const { model, promptVersionId, call } = request;
  return canonicalJson({ model, promptVersionId, call: withoutAttribution(call) });
}

/**
 * Where the answer of a request is kept, and what joins calls in progress: for the callers that the scope joins, and no others.
 *
 * @param guardrails fingerprint of the plan that binds the call: an answer passes no other guardrails than those it was kept under
 */
export function cacheKey(
  request: CompletionRequest,
  caller: Caller,
  scope: CacheScope,
  guardrails: string,
): string {
  const audience = readAudience(request, caller, scope);
  // Residency is part of the question: an answer from elsewhere must not come in by the cache.
  const regions = caller.allowedRegions?.toSorted() ?? null;
  const bound = [audience, regions, ...(guardrails === '' ? [] : [guardrails])];
  return `completion:${sha256(JSON.stringify(bound))}:${sha256(canonicalQuestion(request))}`;
}

function readAudience(request: CompletionRequest, caller: Caller, scope: CacheScope): readonly unknown[] {
  const { tenantId, appId } = caller;
  if (scope === 'PUBLIC') return ['public'];
  if (scope === 'TENANT') return ['tenant', tenantId];
  if (scope === 'APP' && appId !== null) return ['app', tenantId, appId];
  return ['caller', tenantId, ...identifyCaller(caller, request)];
}

/** Determines whether a repeated idempotency key comes with the same input. A token that was renewed meanwhile is none of it. */
export function inputHash(request: CompletionRequest): string {
  return sha256(canonicalQuestion({ ...request, call: withoutCallSecrets(request.call) }));
}

/** The caller within the tenant: the line of the API key or user, else the user at its issuer, else the app; and for which end user. */
export function identifyCaller(
  { keyLineId, issuerId = '', subject, appId }: Caller,
  { labels }: LabeledRequest,
): readonly string[] {
  const caller =
    keyLineId !== null
      ? `key:${keyLineId}`
      : subject === null
        ? `app:${appId ?? ''}`
        : `subject:${JSON.stringify([issuerId, subject])}`;
  return labels.endUserId === null ? [caller] : [caller, labels.endUserId];
}

type LabeledRequest = Pick<CompletionRequest, 'labels'>;

export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** JSON with the keys of every object in order, so that equal values have equal texts. Undefined members are left out. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
