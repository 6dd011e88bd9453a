import { randomBytes } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { IssuerRecord } from '#mongo/issuers.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { Claims } from '../identity/claims.ts';
import { IssuerFailure, noFetch, type OutboundFetch } from '../identity/issuer-documents.ts';
import type { IssuerKeys } from '../identity/issuer-keys.ts';
import { isSafeUrl } from '../identity/issuer-url.ts';
import { requireDistinctNames } from '../identity/token-parts.ts';
import { TokenRefusal } from '../identity/token-refusal.ts';
import { type ProviderServer, ProviderServers } from './provider-server.ts';
import type { SignInClient } from './sign-in-client.ts';
import {
  findSignInIssuer,
  readSignInClient,
  type SignInIssuer,
  toRedirectSuffix,
} from './sign-in-issuers.ts';
import { openSignInState, type SignInState, sealState } from './sign-in-state.ts';

/** How long a person may take at the identity provider. */
const stateMsMax = 10 * 60_000;
const answerMsMax = 10_000;
const providerScopes = 'openid email profile';

/** Where the browser goes, and what it keeps meanwhile. */
export interface BegunSignIn {
  readonly url: string;
  readonly state: string;
}

/** What a browser comes back with from an identity provider. */
export interface ReturnedBrowser {
  readonly query: string;
  /** What it kept. */
  readonly sealed: string;
  /** The address that it came back to. */
  readonly redirectUri: string;
}

/** What the identity provider has proven. */
export interface FinishedSignIn {
  readonly issuer: IssuerRecord;
  readonly claims: Claims;
  readonly state: SignInState;
}

/** Sign-in at an identity provider: authorization code with PKCE (RFC 6749, 7636, 9207; OpenID Connect Core). */
export class CodeFlow {
  readonly #deps: TenantsDeps;
  readonly #keys: IssuerKeys;
  readonly #servers: ProviderServers;

  constructor(deps: TenantsDeps, keys: IssuerKeys) {
    this.#deps = deps;
    this.#keys = keys;
    this.#servers = new ProviderServers(deps);
  }

  /** Begins a sign-in at the issuer. `redirectUri`: where browsers come back to, without the ID of the issuer. */
  async begin(
    { issuer, clientId }: SignInIssuer,
    target: Pick<SignInState, 'redirectUri' | 'returnPath' | 'tenantId' | 'invitation'>,
  ): Promise<BegunSignIn> {
    const redirectUri = target.redirectUri + toRedirectSuffix(issuer._id);
    const server = await reachable(this.#servers.read(issuer));
    const codeVerifier = oauth.generateRandomCodeVerifier();
    const state: SignInState = {
      ...target,
      redirectUri,
      issuerId: issuer._id,
      state: randomBytes(32).toString('base64url'),
      nonce: randomBytes(32).toString('base64url'),
      codeVerifier,
      expiresAtMs: readNow(this.#deps).getTime() + stateMsMax,
    };
    const url = new URL(server.authorization_endpoint);
    const parameters = {
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: providerScopes,
      state: state.state,
      nonce: state.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url: url.href, state: await sealState(state, this.#readBoxes()) };
  }

  /** Redeems the code that the provider sent the browser back with. Throws UNAUTHENTICATED for an answer to another request. */
  async finish({ query, sealed, redirectUri }: ReturnedBrowser): Promise<FinishedSignIn> {
    const state = await openSignInState(sealed, readNow(this.#deps).getTime(), this.#readBoxes());
    // RFC 9700, 4.4: an answer to the request to another issuer comes back to that one's address.
    if (state.redirectUri !== redirectUri) {
      throw new HeddleError(
        'UNAUTHENTICATED',
        'The answer of the identity provider does not belong to this sign-in.',
      );
    }
    const found = await findSignInIssuer(state.issuerId, this.#deps);
    if (found === null) {
      throw new HeddleError('UNAUTHENTICATED', 'The identity provider has changed meanwhile: sign in again.');
    }
    const { issuer } = found;
    const client = await readSignInClient(found, this.#deps);
    const server = await reachable(this.#servers.read(issuer));
    try {
      const { idToken, claims } = await this.#redeem(server, client, query, state);
      requireDistinctNames(idToken);
      await this.#keys.verify(idToken, issuer);
      return { issuer, claims, state };
    } catch (error) {
      throw toSignInError(error);
    }
  }

  /** Where the browser ends its session at the provider as well; null where it has no such address. */
  async findLogoutUrl(issuerId: string): Promise<string | null> {
    const found = await findSignInIssuer(issuerId, this.#deps);
    if (found === null) return null;
    try {
      const { end_session_endpoint: endpoint } = await this.#servers.read(found.issuer);
      // The browser goes there: text that is no address of the web would run in the page.
      if (typeof endpoint !== 'string' || !isSafeUrl(endpoint)) return null;
      const url = new URL(endpoint);
      url.searchParams.set('client_id', found.clientId);
      return url.href;
    } catch (error) {
      // The session here has ended all the same.
      if (error instanceof IssuerFailure) return null;
      throw error;
    }
  }

  #readBoxes(): OwnerBoxes {
    const { secrets } = this.#deps;
    if (secrets === undefined) throw createOverloadedError('Nothing can be sealed here.');
    return secrets;
  }

  async #redeem(
    server: ProviderServer,
    { clientId, clientSecret }: SignInClient,
    query: string,
    { state, nonce, codeVerifier, redirectUri }: SignInState,
  ): Promise<{ readonly idToken: string; readonly claims: Claims }> {
    const client: oauth.Client = { client_id: clientId, [oauth.clockTolerance]: 60 };
    const parameters = oauth.validateAuthResponse(server, client, new URLSearchParams(query), state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      chooseAuthentication(server, clientSecret),
      parameters,
      redirectUri,
      codeVerifier,
      {
        [oauth.customFetch]: adaptFetch(this.#deps.outboundFetch ?? noFetch),
        [oauth.allowInsecureRequests]: server.issuer.startsWith('http:'),
        signal: AbortSignal.timeout(answerMsMax),
      },
    );
    const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    const claims = oauth.getValidatedIdTokenClaims(result);
    if (claims === undefined || result.id_token === undefined)
      throw new TypeError('The provider sent no ID token.');
    return { idToken: result.id_token, claims };
  }
}

/** Sends a text and answers with a whole Response, as the library expects them. */
function adaptFetch(fetch: OutboundFetch) {
  return async (
    url: string,
    { body, ...options }: oauth.CustomFetchOptions<'POST', URLSearchParams>,
  ): Promise<Response> => {
    const { status, headers, ...answer } = await readAnswer(
      fetch(url, { ...options, body: body.toString() }),
    );
    // A status such as 204 has no body.
    return new Response(answer.text === '' ? null : answer.text, { status, headers });
  };
}

/** Rejects with IssuerFailure where the provider cannot be reached. */
async function readAnswer(answering: Promise<Response>) {
  try {
    const answer = await answering;
    const type = answer.headers.get('content-type') ?? '';
    return { status: answer.status, headers: { 'content-type': type }, text: await answer.text() };
  } catch (cause) {
    // Any error: names, addresses, certificates and time all fail here.
    throw new IssuerFailure('its token endpoint cannot be reached.', { cause });
  }
}

function chooseAuthentication(server: ProviderServer, secret: string | undefined): oauth.ClientAuth {
  if (secret === undefined) return oauth.None();
  const { token_endpoint_auth_methods_supported: methods } = server;
  return !Array.isArray(methods) || methods.includes('client_secret_basic')
    ? oauth.ClientSecretBasic(secret)
    : oauth.ClientSecretPost(secret);
}

async function reachable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toSignInError(error);
  }
}

/** What the provider wrote is not repeated, but for the code of its error. */
function toSignInError(error: unknown): unknown {
  if (error instanceof TokenRefusal)
    return new HeddleError('UNAUTHENTICATED', error.message, { cause: error });
  if (error instanceof IssuerFailure) {
    return createOverloadedError(`The identity provider cannot be used now: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    const code = /^[a-z_]{1,40}$/.test(error.error) ? error.error : 'an error';
    return new HeddleError(
      'UNAUTHENTICATED',
      `The identity provider refused the sign-in (${code}): sign in again.`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    return new HeddleError(
      'UNAUTHENTICATED',
      'The answer of the identity provider does not belong to this sign-in.',
      {
        cause: error,
      },
    );
  }
  return error;
}
