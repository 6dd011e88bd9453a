import { type ErrorCode, HeddleError } from '#core/errors.ts';
import type { ClientError } from '../errors.ts';

/** A request that is refused with a status of its own, such as 413 or 415. */
export class BadRequest extends HeddleError {
  readonly status: number;

  constructor(status: number, message: string, code: ErrorCode = 'BAD_USER_INPUT') {
    super(code, message);
    this.status = status;
  }
}

/** Why a whole request failed, as the handler of its path writes it in its own dialect. */
export interface Problem {
  /** Already set on the response, with the headers that go with it. */
  readonly status: number;
  /** As the client may see it: masked where it was unexpected. */
  readonly error: ClientError;
  /** What was thrown. It is not for the client: only a handler's own classes are looked for in it. */
  readonly thrown: unknown;
}

/** The status of each code where the whole request fails with it. A result of the graph has a status of its own. */
export const statuses: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  PERSISTED_QUERY_NOT_FOUND: 400,
  PERSISTED_QUERY_NOT_SUPPORTED: 400,
  DOCUMENT_NOT_TRUSTED: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  QUOTA_EXCEEDED: 429,
  BUDGET_EXCEEDED: 429,
  MODEL_UNPRICED: 400,
  ACCESS_PENDING: 403,
  GUARDRAIL_BLOCKED: 400,
  GRAPH_COST_EXCEEDED: 400,
  RATE_LIMITED: 429,
  PROVIDER_ERROR: 502,
  PROVIDER_RATE_LIMITED: 503,
  PROVIDER_TIMEOUT: 504,
  PROVIDER_AUTH: 502,
  CONTEXT_TOO_LONG: 400,
  CONTENT_FILTERED: 400,
  NO_ROUTE: 503,
  OVERLOADED: 503,
  INTERNAL: 500,
};

/** The HTTP status of a request that failed with what was thrown. */
export function toStatus(error: unknown): number {
  if (error instanceof BadRequest) return error.status;
  return error instanceof HeddleError ? statuses[error.code] : 500;
}
