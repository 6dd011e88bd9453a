import type { ErrorCode } from '#core/errors.ts';
import { type ClientError, presentError } from '../../errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { Problem } from '../../http/problem.ts';
import { sendValue } from '../../http/send.ts';
import { readRefusingRule, setGuardrailHeader } from '../guardrail-header.ts';
import { placeError } from '../input-places.ts';
import { setAnthropicLimitHeaders } from '../limit-headers.ts';
import { setRetryHeaders } from '../retry-headers.ts';

/** An error as Anthropic's API has it, with the code of Heddle's catalog beside its own. */
interface AnthropicError {
  readonly type: 'error';
  readonly error: { readonly type: string; readonly message: string; readonly heddle_code: ErrorCode };
  readonly request_id: string;
}

/** The type of each code, and its status where Anthropic has another than the gateway. */
const kinds: Readonly<Record<ErrorCode, readonly [type: string, status?: number]>> = {
  UNAUTHENTICATED: ['authentication_error'],
  FORBIDDEN: ['permission_error'],
  BAD_USER_INPUT: ['invalid_request_error'],
  PERSISTED_QUERY_NOT_FOUND: ['invalid_request_error'],
  PERSISTED_QUERY_NOT_SUPPORTED: ['invalid_request_error'],
  DOCUMENT_NOT_TRUSTED: ['permission_error'],
  NOT_FOUND: ['not_found_error'],
  CONFLICT: ['conflict_error'],
  QUOTA_EXCEEDED: ['rate_limit_error'],
  BUDGET_EXCEEDED: ['billing_error', 402],
  MODEL_UNPRICED: ['invalid_request_error'],
  ACCESS_PENDING: ['permission_error'],
  GUARDRAIL_BLOCKED: ['invalid_request_error'],
  GRAPH_COST_EXCEEDED: ['invalid_request_error'],
  RATE_LIMITED: ['rate_limit_error'],
  PROVIDER_ERROR: ['api_error'],
  PROVIDER_RATE_LIMITED: ['overloaded_error', 529],
  PROVIDER_TIMEOUT: ['timeout_error'],
  PROVIDER_AUTH: ['api_error'],
  CONTEXT_TOO_LONG: ['invalid_request_error'],
  CONTENT_FILTERED: ['invalid_request_error'],
  NO_ROUTE: ['api_error'],
  OVERLOADED: ['overloaded_error', 529],
  INTERNAL: ['api_error'],
};

/** Types of statuses that a request itself is refused with. */
const typesByStatus: Readonly<Record<number, string>> = { 408: 'timeout_error', 413: 'request_too_large' };

/** By these words Claude Code knows that it has to shorten the conversation. */
const tooLong = 'prompt is too long';

function readCode({ extensions }: ClientError): ErrorCode {
  return (extensions?.code ?? 'INTERNAL') as ErrorCode;
}

function toAnthropicError(
  error: ClientError,
  requestId: string,
  thrown: unknown,
  status = 0,
): AnthropicError {
  const code = readCode(error);
  const message = placeError(thrown)?.message ?? error.message;
  const isNamed = code !== 'CONTEXT_TOO_LONG' || message.includes(tooLong);
  return {
    type: 'error',
    error: {
      type: typesByStatus[status] ?? kinds[code][0],
      message: isNamed ? message : `${tooLong}: ${message}`,
      heddle_code: code,
    },
    request_id: requestId,
  };
}

/** The event of what was thrown in the middle of a stream, masked where it was unexpected. */
export function presentAnthropicError({ requestId, services }: Exchange, thrown: unknown): AnthropicError {
  return toAnthropicError(presentError(thrown, { requestId, log: services.log }), requestId, thrown);
}

/** Sets the header in which Anthropic's SDKs look for the id of the request. */
export function setRequestIdHeader({ response, requestId }: Exchange): void {
  response.setHeader('request-id', requestId);
}

/** Ends the response with the problem in Anthropic's shape. */
export function writeAnthropicError(exchange: Exchange, { status, error, thrown }: Problem): void {
  const { response, requestId } = exchange;
  setRequestIdHeader(exchange);
  setRetryHeaders(response, error, setAnthropicLimitHeaders);
  setGuardrailHeader(response, readRefusingRule(error));
  response.statusCode = kinds[readCode(error)][1] ?? status;
  sendValue(response, toAnthropicError(error, requestId, thrown, status));
}
