import type { IncomingMessage } from 'node:http';
import { type Credentials, hasKey } from './caller.ts';
import { readSessionCookie, refuseForgedSession, type SessionUse } from './session-cookie.ts';

/**
 * The credentials of a request: the key or token that it sends, otherwise its session where the handler accepts one. Throws
 * FORBIDDEN for a session that a page of another origin may have sent.
 */
export function addSession(
  credentials: Credentials,
  request: IncomingMessage,
  isProxied: boolean,
  use: SessionUse | undefined,
): Credentials {
  if (use === undefined || request.headers.cookie === undefined || hasKey(credentials)) return credentials;
  const session = readSessionCookie(request, isProxied);
  if (session === undefined) return credentials;
  refuseForgedSession(request, isProxied, session, use);
  return { session };
}
