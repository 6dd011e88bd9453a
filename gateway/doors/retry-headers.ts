import type { ServerResponse } from 'node:http';
import { boundRetryAfterMs, type ErrorCode } from '#core/errors.ts';
import type { ClientError } from '../errors.ts';
import { type LimitHeaders, readRefusedLimits, setLimitHeaders } from './limit-headers.ts';

/** Codes after which the same call may succeed, though no time is known. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'PROVIDER_ERROR',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_TIMEOUT',
  'OVERLOADED',
  'RATE_LIMITED',
]);

/**
 * States whether the official SDKs may send the same call again: `x-should-retry: false` where that cannot help, such as
 * without budget or scope, and `retry-after-ms` beside the retry-after that the pipeline has set. Of a refusal by limits it
 * states what is left of them.
 */
export function setRetryHeaders(
  response: ServerResponse,
  error: ClientError,
  setLimits: LimitHeaders = setLimitHeaders,
): void {
  setLimits(response, readRefusedLimits(error));
  const { extensions } = error;
  const afterMs = boundRetryAfterMs(extensions?.retryAfterMs);
  if (afterMs !== null) response.setHeader('retry-after-ms', afterMs);
  const helps = afterMs !== null || passing.has(extensions?.code as ErrorCode);
  if (!helps) response.setHeader('x-should-retry', 'false');
}
