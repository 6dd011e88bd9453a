import type { ServerResponse } from 'node:http';
import { boundRetryAfterMs } from '#core/errors.ts';
import type { ClientError, ClientResult } from '../errors.ts';

/**
 * The value of the Retry-After header (RFC 9110, section 10.2.3): whole seconds, rounded up, at least one; the longest
 * where several errors carry a retryAfterMs, undefined where none does.
 */
export function retryAfterOf(errors: readonly ClientError[] | undefined): string | undefined {
  if (errors === undefined) return undefined;
  let longestMs: number | null = null;
  for (const { extensions } of errors) {
    const ms = boundRetryAfterMs(extensions?.retryAfterMs);
    if (ms !== null) longestMs = Math.max(longestMs ?? 0, ms);
  }
  return longestMs === null ? undefined : String(Math.max(1, Math.ceil(longestMs / 1000)));
}

/** Sets the Retry-After header for an answer whose errors say when the same call may succeed. */
export function setRetryAfter(response: ServerResponse, { errors }: ClientResult): void {
  const seconds = retryAfterOf(errors);
  if (seconds !== undefined) response.setHeader('retry-after', seconds);
}
