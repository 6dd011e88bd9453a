import type { IncomingMessage, ServerResponse } from 'node:http';
import { csrfHeader } from '../auth/session-cookie.ts';
import { BadRequest } from './problem.ts';

/** What a page of another origin may read of an answer: every header that states something of the call. */
const exposedHeaders = [
  'x-request-id',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-heddle-completion-id',
  'x-heddle-dropped',
  'x-heddle-estimated',
  'x-heddle-finish-reason',
  'x-heddle-guardrails',
  'x-heddle-prompt-version',
  ...['requests', 'tokens'].flatMap((meter) =>
    ['limit', 'remaining', 'reset'].flatMap((state) => [
      `x-ratelimit-${state}-${meter}`,
      `anthropic-ratelimit-${meter}-${state}`,
    ]),
  ),
].join(', ');

/** Lets pages of every origin read the answer. */
export function allowCrossOrigin(response: ServerResponse): void {
  // Other origins send a key each time: the cookie of a session is accepted from pages of this origin alone.
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', exposedHeaders);
}

/** Answers the question of a browser that comes before a request of another origin. */
export function sendPreflight(request: IncomingMessage, response: ServerResponse, methods: string): void {
  response.setHeader('access-control-allow-methods', methods);
  response.setHeader(
    'access-control-allow-headers',
    request.headers['access-control-request-headers'] ??
      'authorization, content-type, x-api-key, x-request-id',
  );
  response.setHeader('access-control-max-age', '86400');
  response.writeHead(204).end();
}

/** What a page of any origin can make a browser send without a preflight request (Fetch standard, "CORS-safelisted"). */
const simpleTypes = new Set([
  undefined,
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
]);

/**
 * Throws BadRequest 415 for a POST that a page of another origin could make a browser send without a preflight. What a
 * browser adds by itself, the password of a page, does not show that it sent the request.
 */
export function refuseForgeable({ method, headers }: IncomingMessage): void {
  if (method !== 'POST') return;
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (!simpleTypes.has(type)) return;
  const { authorization } = headers;
  const hasKey = headers['x-api-key'] !== undefined || /^(?!basic\b)\S/i.test(authorization?.trim() ?? '');
  if (!hasKey && headers[csrfHeader] === undefined)
    throw new BadRequest(415, 'Send the request as application/json in UTF-8.');
}
