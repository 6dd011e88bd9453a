import { HeddleError } from '#core/errors.ts';
import { createCookie, readOwnCookie } from '../../auth/session-cookie.ts';
import type { Exchange } from '../../http/exchange.ts';
import { readPageOrigin } from '../root-page/page-origin.ts';
import { beginSession, readContext } from './key-session.ts';
import { sendLoginPage } from './login-page.ts';
import { readReturnPath } from './return-path.ts';

/** The cookie of a browser while its user is at the identity provider. */
const stateName = 'heddle_sign_in';
const stateSeconds = 600;
const stateLengthMax = 3_500;
const tenantIdLengthMax = 200;
const callbackPath = '/auth/callback';

function redirect({ response }: Exchange, location: string): void {
  response.writeHead(303, { location }).end();
}

function setState({ request, response, client }: Exchange, text: string, seconds: number): void {
  response.appendHeader(
    'set-cookie',
    createCookie(request, client.isProxied, { name: stateName, text, seconds }),
  );
}

function readTenantId(parameters: URLSearchParams): string | null {
  const tenantId = parameters.get('tenant');
  if (tenantId !== null && tenantId.length > tenantIdLengthMax) {
    throw new HeddleError('BAD_USER_INPUT', 'tenant must be the ID of a tenant.');
  }
  return tenantId;
}

/** Sends the browser to the identity provider; to the page for keys where none is configured, or `?with=key` requests it. */
export async function login(exchange: Exchange): Promise<void> {
  const { request, client, search, services } = exchange;
  const parameters = new URLSearchParams(search);
  if (parameters.get('with') === 'key') return sendLoginPage(exchange);
  const target = {
    redirectUri: readPageOrigin(request, client.isProxied) + callbackPath,
    returnPath: readReturnPath(search),
    tenantId: readTenantId(parameters),
  };
  const begun = await services.sessions.begin(target, readContext(exchange));
  if (begun !== null) {
    setState(exchange, begun.state, stateSeconds);
    return redirect(exchange, begun.url);
  }
  sendLoginPage(exchange);
}

/** Takes the browser back from the identity provider, once for each sign-in that it began. */
export async function completeSignIn(exchange: Exchange): Promise<void> {
  const { request, client, search, services } = exchange;
  const state = readOwnCookie(request, client.isProxied, stateName);
  setState(exchange, '', 0);
  if (state === undefined || state === '' || state.length > stateLengthMax) {
    throw new HeddleError('UNAUTHENTICATED', 'This browser has begun no sign-in: open /auth/login.');
  }
  const started = await services.sessions.finish({ query: search.slice(1), state }, readContext(exchange));
  await beginSession(exchange, started);
  redirect(exchange, started.returnPath);
}
