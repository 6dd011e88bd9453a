import type { ErrorCode } from '../errors.ts';

/** Who caused an error: the caller, a policy of the mesh, a provider, or Heddle itself. */
export type ErrorCause = 'caller' | 'policy' | 'provider' | 'heddle';

const causes = {
  UNAUTHENTICATED: 'caller',
  FORBIDDEN: 'policy',
  BAD_USER_INPUT: 'caller',
  PERSISTED_QUERY_NOT_FOUND: 'caller',
  PERSISTED_QUERY_NOT_SUPPORTED: 'caller',
  DOCUMENT_NOT_TRUSTED: 'policy',
  NOT_FOUND: 'caller',
  CONFLICT: 'caller',
  QUOTA_EXCEEDED: 'policy',
  BUDGET_EXCEEDED: 'policy',
  MODEL_UNPRICED: 'policy',
  ACCESS_PENDING: 'policy',
  GUARDRAIL_BLOCKED: 'policy',
  GRAPH_COST_EXCEEDED: 'policy',
  RATE_LIMITED: 'policy',
  PROVIDER_ERROR: 'provider',
  PROVIDER_RATE_LIMITED: 'provider',
  PROVIDER_TIMEOUT: 'provider',
  PROVIDER_AUTH: 'provider',
  CONTEXT_TOO_LONG: 'caller',
  CONTENT_FILTERED: 'provider',
  NO_ROUTE: 'heddle',
  OVERLOADED: 'heddle',
  INTERNAL: 'heddle',
} as const satisfies Record<ErrorCode, ErrorCause>;

/** Every code with who causes it. */
export const errorCauses: readonly (readonly [ErrorCode, ErrorCause])[] = Object.entries(causes).map(
  ([code, cause]) => [code as ErrorCode, cause],
);

/** Who caused the error of a code; a code that is not in the catalog is Heddle's fault. */
export function findCause(code: string): ErrorCause {
  return Object.hasOwn(causes, code) ? causes[code as ErrorCode] : 'heddle';
}
