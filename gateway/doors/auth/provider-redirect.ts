import { createCookie } from '../../auth/session-cookie.ts';
import type { SignInRedirect } from '../../auth/sessions.ts';
import type { Exchange } from '../../http/exchange.ts';
import { readPageOrigin } from '../root-page/page-origin.ts';

/** The cookie of a browser while its user is at the identity provider. */
export const signInStateName = 'heddle_sign_in';
const stateSeconds = 600;
const callbackPath = '/auth/callback';

/** The address that the first identity provider sends browsers back to; what others have follows it. */
export function readCallbackAddress({ request, client }: Exchange): string {
  return readPageOrigin(request, client.isProxied) + callbackPath;
}

/** The address that the browser has come back to, without its query. */
export function readReturnedAddress(exchange: Exchange): string {
  const { issuer } = exchange.params;
  return readCallbackAddress(exchange) + (issuer === undefined ? '' : `/${issuer}`);
}

export function redirect({ response }: Exchange, location: string): void {
  response.writeHead(303, { location }).end();
}

/** Keeps the state of a sign-in in the browser; with an empty text it removes it. */
export function setSignInState({ request, response, client }: Exchange, text: string): void {
  const seconds = text === '' ? 0 : stateSeconds;
  const cookie = createCookie(request, client.isProxied, { name: signInStateName, text, seconds });
  response.appendHeader('set-cookie', cookie);
}

/** Sends the browser to the identity provider. */
export function beginAtProvider(exchange: Exchange, { url, state }: SignInRedirect): void {
  setSignInState(exchange, state);
  redirect(exchange, url);
}
