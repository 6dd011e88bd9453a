import {
  APICallError,
  InvalidArgumentError,
  InvalidPromptError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import type { ErrorCode } from '#schema/errors.ts';
import { ProviderFailure } from '../provider.ts';
import { malformed } from './completeness.ts';
import { retryAfterMs } from './retry-after.ts';
import { presentable, type VendorError, vendorErrorOf, vendorErrorOfBody } from './vendor-message.ts';

function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), 'i');
}

const tooLong = anyOf(
  /context.{0,12}(?:length|window|limit)|context_length_exceeded|string_above_max_length/,
  /(?:prompt|input|request|message).{0,40}too (?:long|large|many tokens)|too many (?:input )?tokens/,
  /maximum (?:context|(?:prompt|model|input|sequence) length)|reduce the length of the (?:messages|prompt)/,
  /\bexceed(?:s|ed)?\b.{0,40}\b(?:tokens?|context)\b|\bover the (?:token|context)\b|max_tokens.{0,40}exceed/,
  /token count.{0,40}supports (?:only )?up to|`inputs` tokens \+ `max_new_tokens`/,
);
/** Vendors say these also with 403, which elsewhere means the key. */
const contentRefused = anyOf(
  /content[_ ]?(?:filter|policy|management)|usage guidelines|safety_check|content exists risk/,
);
const filtered = anyOf(
  contentRefused,
  /responsibleai|safety (?:system|filter|setting)|prohibited[_ ]content|flagged|moderation|blocked by/,
  /inappropriate content/,
);
/** What the model wrote was no call, or not the JSON that was asked for: it may do better the next time. */
const modelFailed = /tool_use_failed|json_validate_failed/i;
const badKey =
  /api[_ -]?key (?:not valid|invalid|expired)|invalid[_ -]?api[_ -]?key|api_key_invalid|incorrect api key/i;
const outOfCredit = /insufficient_quota|insufficient (?:balance|credit)|credit balance/i;

const networkTimeouts = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

interface Verdict {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly text: string;
}

const noCredit: Verdict = {
  code: 'PROVIDER_RATE_LIMITED',
  retryable: false,
  text: "The provider's account has no credit left",
};

const refusedContent: Verdict = {
  code: 'CONTENT_FILTERED',
  retryable: false,
  text: "The provider's content filter refused the call",
};

function badRequest(vendor: VendorError): Verdict {
  const all = `${vendor.words} ${vendor.message}`;
  if (outOfCredit.test(all)) return noCredit;
  if (tooLong.test(all)) {
    return { code: 'CONTEXT_TOO_LONG', retryable: false, text: 'The input does not fit the model' };
  }
  if (filtered.test(all)) return refusedContent;
  if (modelFailed.test(all)) {
    return {
      code: 'PROVIDER_ERROR',
      retryable: true,
      text: 'The model wrote what its provider could not read',
    };
  }
  if (badKey.test(all)) {
    return { code: 'PROVIDER_AUTH', retryable: false, text: 'The provider refused our credential' };
  }
  return { code: 'BAD_USER_INPUT', retryable: false, text: 'The provider refused the call' };
}

function verdictOf(status: number, vendor: VendorError): Verdict {
  const all = `${vendor.words} ${vendor.message}`;
  if (status === 403 && contentRefused.test(all)) return refusedContent;
  if (status === 401 || status === 403) {
    return { code: 'PROVIDER_AUTH', retryable: false, text: 'The provider refused our credential' };
  }
  if (status === 402 || (status === 429 && outOfCredit.test(all))) return noCredit;
  if (status === 429) {
    return { code: 'PROVIDER_RATE_LIMITED', retryable: true, text: 'The provider limits our calls' };
  }
  if (status === 404) return { code: 'NOT_FOUND', retryable: false, text: 'The provider has no such model' };
  if (status === 408 || status === 504) {
    return { code: 'PROVIDER_TIMEOUT', retryable: true, text: 'The provider took too long' };
  }
  if (status === 413) {
    return { code: 'CONTEXT_TOO_LONG', retryable: false, text: 'The input is too large for the provider' };
  }
  if (status === 409 || status === 424 || status === 425 || status === 498) {
    return { code: 'PROVIDER_ERROR', retryable: true, text: 'The provider could not take the call now' };
  }
  if (status >= 400 && status < 500) return badRequest(vendor);
  if (status >= 300 && status < 400) {
    return {
      code: 'PROVIDER_ERROR',
      retryable: false,
      text: 'The provider redirected the call: correct its base URL',
    };
  }
  return { code: 'PROVIDER_ERROR', retryable: true, text: 'The provider failed' };
}

export interface FailedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly vendor?: VendorError;
  readonly cause?: unknown;
}

/** What a response that is no success means. */
export function failureOfResponse(response: FailedResponse, secret: string | null): ProviderFailure {
  const { status, headers, body } = response;
  const vendor = response.vendor ?? vendorErrorOfBody(body);
  const { code, retryable, text } = verdictOf(status, vendor);
  // What a vendor says about a refused key may hold parts of the key, or whose it is.
  const aboutKey = code === 'PROVIDER_AUTH' || status === 403;
  const words = aboutKey ? '' : presentable(vendor.message, secret);
  const about = `${text} (HTTP ${status})`;
  return new ProviderFailure(code, words === '' ? `${about}.` : `${about}: ${words}`, {
    retryable,
    status,
    retryAfterMs: retryAfterMs(headers, body, Date.now()),
    ...(response.cause === undefined ? {} : { cause: response.cause }),
  });
}

function networkCode(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as { readonly code?: unknown };
    if (typeof code === 'string' && /^(?:UND_ERR_|E[A-Z_]+$|CERT_|DEPTH_|SELF_|UNABLE_|ERR_TLS)/.test(code))
      return code;
  }
  return null;
}

function failureOfNetwork(code: string, cause: unknown): ProviderFailure {
  if (networkTimeouts.has(code)) {
    return new ProviderFailure('PROVIDER_TIMEOUT', `The provider did not answer in time (${code}).`, {
      retryable: true,
      cause,
    });
  }
  return new ProviderFailure('PROVIDER_ERROR', `The connection to the provider failed (${code}).`, {
    retryable: true,
    cause,
  });
}

function failureOfApiCall(error: APICallError, secret: string | null): ProviderFailure {
  const network = networkCode(error.cause);
  if (network !== null) return failureOfNetwork(network, error);
  const status = error.statusCode;
  if (status === undefined || (status >= 200 && status < 300)) return malformed(error);
  const body = error.responseBody ?? '';
  const found = vendorErrorOfBody(body);
  const vendor = found.message === '' && error.message !== '' ? { ...found, message: error.message } : found;
  return failureOfResponse(
    { status, headers: error.responseHeaders ?? {}, body, vendor, cause: error },
    secret,
  );
}

const statusOfWords: readonly (readonly [RegExp, number])[] = [
  [/rate_?limit|throttl|resource_exhausted|too_many_requests|insufficient_quota/, 429],
  [/overload|unavailable/, 503],
  [/auth|permission|api_key/, 401],
  [/not_?found/, 404],
  [/timeout|deadline/, 504],
  [/invalid|bad_request|context_length|content_filter|validation/, 400],
];

/** An error that came inside a stream whose status was 200: what it says decides. */
export function failureOfEvent(event: unknown, secret: string | null): ProviderFailure {
  const given =
    typeof event === 'object' && event !== null ? (event as { readonly statusCode?: unknown }) : {};
  const vendor = vendorErrorOf(event);
  const code = /(?:^|\s)([45]\d\d)(?:\s|$)/.exec(vendor.words)?.[1];
  const named = statusOfWords.find(([pattern]) => pattern.test(vendor.words))?.[1];
  const status =
    typeof given.statusCode === 'number'
      ? given.statusCode
      : code !== undefined
        ? Number(code)
        : (named ?? (tooLong.test(`${vendor.words} ${vendor.message}`) ? 400 : 500));
  return failureOfResponse({ status, headers: {}, body: '', vendor, cause: event }, secret);
}

/**
 * Anything thrown on the way to a provider and back, in our words. An abort by the caller's signal stays the signal's
 * reason: it is not the provider's failure.
 */
export function toFailure(error: unknown, signal: AbortSignal | undefined, secret: string | null): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof ProviderFailure) return error;
  if (APICallError.isInstance(error)) return failureOfApiCall(error, secret);
  if (NoSuchModelError.isInstance(error)) {
    const { modelId, modelType } = error;
    return modelType === 'embeddingModel'
      ? new ProviderFailure('BAD_USER_INPUT', 'This provider does not embed.', {
          retryable: false,
          cause: error,
        })
      : new ProviderFailure('NOT_FOUND', `The provider has no model ${modelId}.`, {
          retryable: false,
          cause: error,
        });
  }
  if (
    UnsupportedFunctionalityError.isInstance(error) ||
    InvalidPromptError.isInstance(error) ||
    InvalidArgumentError.isInstance(error)
  ) {
    const words = presentable(error.message, secret);
    return new ProviderFailure('BAD_USER_INPUT', `This model cannot take the call: ${words}`, {
      retryable: false,
      cause: error,
    });
  }
  const network = networkCode(error);
  return network === null ? malformed(error) : failureOfNetwork(network, error);
}
