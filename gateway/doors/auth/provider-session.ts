import { HeddleError } from '#core/errors.ts';
import { readOwnCookie } from '../../auth/session-cookie.ts';
import type { Exchange } from '../../http/exchange.ts';
import { showOffer } from './invitation.ts';
import { beginSession, readContext } from './key-session.ts';
import { sendLoginPage } from './login-page.ts';
import {
  beginAtProvider,
  readCallbackAddress,
  redirect,
  setSignInState,
  signInStateName,
} from './provider-redirect.ts';
import { readReturnPath } from './return-path.ts';

const stateLengthMax = 3_500;
const tenantIdLengthMax = 200;

function readTenantId(parameters: URLSearchParams): string | null {
  const tenantId = parameters.get('tenant');
  if (tenantId !== null && tenantId.length > tenantIdLengthMax) {
    throw new HeddleError('BAD_USER_INPUT', 'tenant must be the ID of a tenant.');
  }
  return tenantId;
}

/** Sends the browser to the identity provider; to the page for keys where none is configured, or `?with=key` requests it. */
export async function login(exchange: Exchange): Promise<void> {
  const { search, services } = exchange;
  const parameters = new URLSearchParams(search);
  if (parameters.get('with') === 'key') return sendLoginPage(exchange);
  const target = {
    redirectUri: readCallbackAddress(exchange),
    returnPath: readReturnPath(search),
    tenantId: readTenantId(parameters),
  };
  const begun = await services.sessions.begin(target, readContext(exchange));
  if (begun !== null) return beginAtProvider(exchange, begun);
  sendLoginPage(exchange);
}

/** Takes the browser back from the identity provider, once for each sign-in that it began. */
export async function completeSignIn(exchange: Exchange): Promise<void> {
  const { request, client, search, services } = exchange;
  const state = readOwnCookie(request, client.isProxied, signInStateName);
  setSignInState(exchange, '');
  if (state === undefined || state === '' || state.length > stateLengthMax) {
    throw new HeddleError('UNAUTHENTICATED', 'This browser has begun no sign-in: open /auth/login.');
  }
  const finished = await services.sessions.finish({ query: search.slice(1), state }, readContext(exchange));
  if (finished.invitation !== undefined) return showOffer(exchange, finished.invitation);
  await beginSession(exchange, finished);
  redirect(exchange, finished.returnPath);
}
