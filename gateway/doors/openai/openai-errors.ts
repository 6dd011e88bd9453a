import type { ErrorCode } from '#core/errors.ts';
import { type ClientError, presentError } from '../../errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import { BadRequest, type Problem } from '../../http/problem.ts';
import { sendValue } from '../../http/send.ts';
import { WrongField } from '../body-fields.ts';
import { readRefusingRule, setGuardrailHeader } from '../guardrail-header.ts';
import { type PlacedError, placeError } from '../input-places.ts';
import { setRetryHeaders } from '../retry-headers.ts';

/** An error as OpenAI's API has it, with the code of Heddle's catalog beside its own. */
interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly heddle_code: ErrorCode;
  /** Where the message leads to the log. */
  readonly request_id?: string;
}

type Kind = readonly [type: string, code: string | null, param?: string];

const invalid = (code: string | null, param?: string): Kind =>
  param === undefined ? ['invalid_request_error', code] : ['invalid_request_error', code, param];

/** How each code of the catalog is named by OpenAI's API, whose clients look at `type` and `code`. */
const kinds: Readonly<Record<ErrorCode, Kind>> = {
  UNAUTHENTICATED: invalid('invalid_api_key'),
  FORBIDDEN: ['permission_error', 'insufficient_permissions'],
  BAD_USER_INPUT: invalid(null),
  PERSISTED_QUERY_NOT_FOUND: invalid(null),
  PERSISTED_QUERY_NOT_SUPPORTED: invalid(null),
  DOCUMENT_NOT_TRUSTED: ['permission_error', 'document_not_trusted'],
  NOT_FOUND: invalid('model_not_found', 'model'),
  CONFLICT: ['invalid_request_error', 'conflict'],
  QUOTA_EXCEEDED: ['rate_limit_error', 'rate_limit_exceeded'],
  BUDGET_EXCEEDED: ['insufficient_quota', 'insufficient_quota'],
  MODEL_UNPRICED: invalid('model_not_priced', 'model'),
  ACCESS_PENDING: ['permission_error', 'access_pending'],
  GUARDRAIL_BLOCKED: invalid('content_policy_violation'),
  GRAPH_COST_EXCEEDED: invalid('request_too_large'),
  RATE_LIMITED: ['rate_limit_error', 'rate_limit_exceeded'],
  PROVIDER_ERROR: ['server_error', 'provider_error'],
  PROVIDER_RATE_LIMITED: ['rate_limit_error', 'provider_rate_limited'],
  PROVIDER_TIMEOUT: ['server_error', 'provider_timeout'],
  PROVIDER_AUTH: ['server_error', 'provider_auth'],
  CONTEXT_TOO_LONG: invalid('context_length_exceeded', 'messages'),
  CONTENT_FILTERED: invalid('content_filter'),
  NO_ROUTE: ['server_error', 'no_route'],
  OVERLOADED: ['server_error', 'overloaded'],
  INTERNAL: ['server_error', null],
};

/** A refusal that OpenAI's API has a code of its own for, or none. */
export class NamedRefusal extends BadRequest {
  readonly ownCode: string | null;
  readonly param: string | null;

  constructor(
    status: number,
    message: string,
    named: { readonly code: ErrorCode; readonly ownCode: string | null; readonly param: string | null },
  ) {
    super(status, message, named.code);
    this.ownCode = named.ownCode;
    this.param = named.param;
  }
}

/** The field of the body that is wrong: `named` by the code where the error states none. */
function readParam(thrown: unknown, placed: PlacedError | undefined, named: string | null): string | null {
  if (placed !== undefined) return placed.param;
  if (thrown instanceof NamedRefusal) return thrown.param;
  return thrown instanceof WrongField && thrown.param !== '' ? thrown.param : named;
}

/** The error in OpenAI's shape; `thrown` names the field of the body that is wrong. */
function toOpenAiError({ message, extensions }: ClientError, thrown?: unknown): OpenAiError {
  const code = (extensions?.code ?? 'INTERNAL') as ErrorCode;
  const [type, own, param = null] = kinds[code];
  const placed = placeError(thrown);
  return {
    message: placed?.message ?? message,
    type,
    param: readParam(thrown, placed, param),
    code: thrown instanceof NamedRefusal ? thrown.ownCode : own,
    heddle_code: code,
    ...(typeof extensions?.requestId === 'string' ? { request_id: extensions.requestId } : {}),
  };
}

/** What was thrown in the middle of a stream, masked where it was unexpected. */
export function presentOpenAiError(
  { requestId, services }: Pick<Exchange, 'requestId' | 'services'>,
  thrown: unknown,
): OpenAiError {
  return toOpenAiError(presentError(thrown, { requestId, log: services.log }), thrown);
}

/** Ends the response with the problem in OpenAI's shape. */
export function writeOpenAiError({ response }: Exchange, { error, thrown }: Problem): void {
  setRetryHeaders(response, error);
  setGuardrailHeader(response, readRefusingRule(error));
  sendValue(response, { error: toOpenAiError(error, thrown) });
}
