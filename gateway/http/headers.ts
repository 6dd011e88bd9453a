import type { ServerResponse } from 'node:http';
import { boundRetryAfterMs } from '#core/errors.ts';
import type { ClientError, ClientResult } from '../errors.ts';

/** What no answer of the gateway does without: it is no page, nothing guesses its type, and no cache keeps it. */
export const commonHeaders: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cache-control', 'no-store'],
];

export function setCommonHeaders(response: ServerResponse): void {
  for (const [name, value] of commonHeaders) response.setHeader(name, value);
}

const lines = commonHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join('');

/** A whole answer without a body, for a connection that has no response of HTTP. */
export function bareAnswer(status: string, headers: Readonly<Record<string, string>> = {}): string {
  const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${own.join('')}${lines}connection: close\r\ncontent-length: 0\r\n\r\n`;
}

/**
 * The value of the Retry-After header (RFC 9110, section 10.2.3): whole seconds, rounded up, at least one; the longest
 * where several errors carry a retryAfterMs, undefined where none does.
 */
export function readRetryAfter(errors: readonly ClientError[] | undefined): string | undefined {
  if (errors === undefined) return undefined;
  let longestMs: number | null = null;
  for (const { extensions } of errors) {
    const ms = boundRetryAfterMs(extensions?.retryAfterMs);
    if (ms !== null) longestMs = Math.max(longestMs ?? 0, ms);
  }
  return longestMs === null ? undefined : String(Math.max(1, Math.ceil(longestMs / 1000)));
}

/** Sets the Retry-After header for an answer with errors that state when the same call may succeed. */
export function setRetryAfter(response: ServerResponse, { errors }: ClientResult): void {
  const seconds = readRetryAfter(errors);
  if (seconds !== undefined) response.setHeader('retry-after', seconds);
}
