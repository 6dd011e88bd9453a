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
 * The longest wait after which an SDK may repeat a call by itself. Of a longer one OpenAI's SDKs take no notice and repeat the
 * call within seconds; Anthropic's would wait for days before they report anything.
 */
const waitMsMax = 60_000;

/**
 * States whether the official SDKs may send the same call again: `x-should-retry: false` where that cannot help, such as
 * without budget or scope, or before a time that they do not wait for, and `retry-after-ms` beside the retry-after that the
 * pipeline has set. Of a refusal by limits it states what is left of them.
 */
export function setRetryHeaders(
  response: ServerResponse,
  error: ClientError,
  setLimits: LimitHeaders = setLimitHeaders,
): void {
  setLimits(response, readRefusedLimits(error));
  const { extensions } = error;
  const code = extensions?.code as ErrorCode;
  const afterMs = boundRetryAfterMs(extensions?.retryAfterMs);
  if (afterMs !== null) response.setHeader('retry-after-ms', afterMs);
  const helps = afterMs === null ? passing.has(code) : afterMs <= waitMsMax && code !== 'BUDGET_EXCEEDED';
  if (helps) return;
  response.setHeader('x-should-retry', 'false');
  // The pipeline sets one for every 503.
  if (afterMs === null) response.removeHeader('retry-after');
}
