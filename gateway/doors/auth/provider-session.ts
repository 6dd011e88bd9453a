import { HeddleError } from '#core/errors.ts';
import { readOwnCookie } from '../../auth/session-cookie.ts';
import type { Exchange } from '../../http/exchange.ts';
import { sendChoicePage } from './choice-page.ts';
import { showOffer } from './invitation.ts';
import { beginSession, readContext } from './key-session.ts';
import { sendLoginPage } from './login-page.ts';
import {
  beginAtProvider,
  readCallbackAddress,
  readReturnedAddress,
  redirect,
  setSignInState,
  signInStateName,
} from './provider-redirect.ts';
import { readReturnPath } from './return-path.ts';

const stateLengthMax = 3_500;
const nameLengthMax = 255;

function readName(parameters: URLSearchParams, name: string, what: string): string | null {
  const value = parameters.get(name);
  if (value !== null && value.length > nameLengthMax) {
    throw new HeddleError('BAD_USER_INPUT', `${name} must be ${what}.`);
  }
  return value;
}

/** Sends the browser to the identity provider, or to the page that lists several; to the page for keys where none is configured, or `?with=key` requests it. */
export async function login(exchange: Exchange): Promise<void> {
  const { search, services } = exchange;
  const parameters = new URLSearchParams(search);
  if (parameters.get('with') === 'key') return sendLoginPage(exchange);
  const target = {
    redirectUri: readCallbackAddress(exchange),
    returnPath: readReturnPath(search),
    tenantId: readName(parameters, 'tenant', 'the ID of a tenant'),
    issuerId: readName(parameters, 'issuer', 'the ID of an issuer'),
    emailDomain: readName(parameters, 'domain', 'the domain of an email address'),
  };
  const begun = await services.sessions.begin(target, readContext(exchange)).catch((error: unknown) => {
    // Whoever tries names is slowed down as one who tries keys.
    if (error instanceof HeddleError && error.code === 'NOT_FOUND')
      services.clients.refused(exchange.client.use);
    throw error;
  });
  if (begun === null) sendLoginPage(exchange);
  else if ('providers' in begun) sendChoicePage(exchange, begun);
  else beginAtProvider(exchange, begun);
}

/** Takes the browser back from the identity provider, once for each sign-in that it began. */
export async function completeSignIn(exchange: Exchange): Promise<void> {
  const { request, client, search, services } = exchange;
  const state = readOwnCookie(request, client.isProxied, signInStateName);
  setSignInState(exchange, '');
  if (state === undefined || state === '' || state.length > stateLengthMax) {
    throw new HeddleError('UNAUTHENTICATED', 'This browser has begun no sign-in: open /auth/login.');
  }
  const finished = await services.sessions.finish(
    { redirectUri: readReturnedAddress(exchange), query: search.slice(1), state },
    readContext(exchange),
  );
  if (finished.invitation !== undefined) return showOffer(exchange, finished.invitation);
  await beginSession(exchange, finished);
  redirect(exchange, finished.returnPath);
}
