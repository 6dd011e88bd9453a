import { anonymousCaller, type Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { CallerContext, Credentials } from '../../auth/caller.ts';
import {
  computeCsrfToken,
  createSessionCookie,
  isOwnOrigin,
  readSessionCookie,
  refuseForgedSession,
} from '../../auth/session-cookie.ts';
import type { NewSession } from '../../auth/sessions.ts';
import { readJson } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { BadRequest } from '../../http/problem.ts';
import { sendValue } from '../../http/send.ts';
import { refuseRateLimited } from '../../http/services.ts';
import { CredentialRefusal } from '../../log/refusal-log.ts';

/** What of the caller the page of a session may show. */
function describeCaller({ kind, tenantId, appId, keyId, subject, email, role, scopes }: Caller) {
  return { kind, tenantId, appId, keyId, subject, email, role, scopes };
}

/** The body of an answer about a session. */
function describeSession(cookie: string, caller: Caller) {
  const { expiresAtMs } = caller;
  return {
    signedIn: true,
    csrfToken: computeCsrfToken(cookie),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    caller: describeCaller(caller),
  };
}

export function readContext({ requestId, clientRequestId, client }: Exchange): CallerContext {
  return {
    requestId,
    ...(clientRequestId === null ? {} : { clientRequestId }),
    clientAddress: client.address,
  };
}

/** The caller of the session whose cookie was sent; the anonymous one where there is no session, or it has ended. */
async function identifySession(exchange: Exchange, session: string | undefined): Promise<Caller> {
  if (session === undefined) return anonymousCaller;
  const { services, client } = exchange;
  const credentials: Credentials = { session };
  refuseRateLimited(services, client, credentials);
  try {
    return await services.callers.identify(credentials, readContext(exchange));
  } catch (error) {
    if (!(error instanceof CredentialRefusal) || error.code !== 'UNAUTHENTICATED') throw error;
    // A cookie of nothing is a lookup all the same.
    services.clients.refused(client.use);
    return anonymousCaller;
  }
}

function readCookieText({ request, client }: Exchange): string | undefined {
  return readSessionCookie(request, client.isProxied);
}

function setCookie({ request, response, client }: Exchange, text: string, seconds: number): void {
  response.appendHeader('set-cookie', createSessionCookie(request, client.isProxied, text, seconds));
}

/** Answers who is signed in, with the CSRF token of the session. */
export async function sendSession(exchange: Exchange): Promise<void> {
  const { request, client, response } = exchange;
  const cookie = readCookieText(exchange);
  if (cookie !== undefined) refuseForgedSession(request, client.isProxied, cookie, 'request');
  const caller = await identifySession(exchange, cookie);
  if (cookie === undefined || caller.kind === 'ANONYMOUS') return sendValue(response, { signedIn: false });
  sendValue(response, describeSession(cookie, caller));
}

/** Sends the browser the cookie of a new session, in place of the one that it sent. */
export async function beginSession(
  exchange: Exchange,
  { cookie, lifetimeSeconds }: NewSession,
): Promise<void> {
  const former = await identifySession(exchange, readCookieText(exchange));
  if (former.sessionId !== undefined)
    await exchange.services.sessions.end(former, false, readContext(exchange));
  setCookie(exchange, cookie, lifetimeSeconds);
}

function requireOwnOrigin({ request, client }: Exchange): void {
  if (!isOwnOrigin(request, client.isProxied)) {
    throw new HeddleError('FORBIDDEN', 'Pages of another origin may not sign in or out here.');
  }
}

/** Starts a session with the API key in the body, which is not kept. */
export async function signInWithKey(exchange: Exchange): Promise<void> {
  requireOwnOrigin(exchange);
  const { services, client, response } = exchange;
  const { key } = ((await readJson(exchange)) ?? {}) as { readonly key?: unknown };
  if (typeof key !== 'string' || key.trim() === '')
    throw new BadRequest(400, 'key must be the text of an API key.');
  const credentials: Credentials = { apiKey: key.trim() };
  refuseRateLimited(services, client, credentials);
  exchange.caller = await services.callers.identify(credentials, readContext(exchange));
  const started = await services.sessions.start(exchange.caller, readContext(exchange));
  await beginSession(exchange, started);
  const { caller } = exchange;
  sendValue(response, describeSession(started.cookie, { ...caller, expiresAtMs: started.expiresAtMs }));
}

/** What the body of a sign-out states; nothing where there is no body. */
async function readEverywhere(exchange: Exchange): Promise<boolean> {
  const { headers } = exchange.request;
  const hasBody = headers['content-type'] !== undefined || headers['transfer-encoding'] !== undefined;
  const body = hasBody ? await readJson(exchange) : {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequest(400, 'The body must be an object.');
  }
  const { everywhere = new URLSearchParams(exchange.search).get('everywhere') === 'true' } = body as {
    readonly everywhere?: unknown;
  };
  if (typeof everywhere !== 'boolean') throw new BadRequest(400, 'everywhere must be true or false.');
  return everywhere;
}

/** Ends the session, or `everywhere` all sessions of its key or person; what has ended already is no error. */
export async function signOut(exchange: Exchange): Promise<void> {
  requireOwnOrigin(exchange);
  const { request, response, client, services } = exchange;
  const everywhere = await readEverywhere(exchange);
  const cookie = readCookieText(exchange);
  if (cookie !== undefined) {
    refuseForgedSession(request, client.isProxied, cookie, 'request');
    const caller = await identifySession(exchange, cookie);
    setCookie(exchange, '', 0);
    if (caller.sessionId !== undefined) {
      const logoutUrl = await services.sessions.end(caller, everywhere, readContext(exchange));
      return sendValue(response, { signedIn: false, ...(logoutUrl === null ? {} : { logoutUrl }) });
    }
  }
  sendValue(response, { signedIn: false });
}
