import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A key pair of an issuer; `kid` names it. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function newIssuerKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** An issuer over HTTP on this machine: discovery, keys that can be replaced, and a count of what is fetched. */
export interface TokenIssuer extends AsyncDisposable {
  readonly url: string;
  /** The public keys that it publishes. */
  keys: JWK[];
  /** Paths that were fetched. */
  readonly fetched: string[];
  /** Answers instead of the issuer, where set. */
  answer:
    | ((path: string) => { readonly status: number; readonly body: string; readonly location?: string })
    | null;
  /** The ID token that its token endpoint answers with, for a sign-in. */
  idToken: string | null;
  /** Signs the claims; `iss` and, where left out, `aud`, `sub`, `iat` and `exp` are added. */
  sign(claims?: Record<string, unknown>, options?: { key?: IssuerKey; header?: object }): Promise<string>;
  readonly key: IssuerKey;
}

export async function startTokenIssuer(now: () => number = Date.now): Promise<TokenIssuer> {
  const key = await newIssuerKey('k1');
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    issuer.fetched.push(path);
    const given = issuer.answer?.(path);
    if (given !== undefined) {
      response.writeHead(given.status, given.location === undefined ? {} : { location: given.location });
      response.end(given.body);
      return;
    }
    const documents: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': {
        issuer: issuer.url,
        jwks_uri: `${issuer.url}/jwks`,
        authorization_endpoint: `${issuer.url}/authorize`,
        token_endpoint: `${issuer.url}/token`,
        id_token_signing_alg_values_supported: [key.alg],
      },
      '/jwks': { keys: issuer.keys },
      '/token': issuer.idToken && { access_token: 'a', token_type: 'bearer', id_token: issuer.idToken },
    };
    const document = documents[path] ?? undefined;
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer: TokenIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: [key.jwk],
    fetched: [],
    answer: null,
    idToken: null,
    key,
    async sign(claims = {}, { key: signer = key, header = {} } = {}) {
      const seconds = Math.floor(now() / 1_000);
      const all = { iss: issuer.url, aud: 'heddle', sub: 'ada', iat: seconds, exp: seconds + 300, ...claims };
      return new SignJWT(all)
        .setProtectedHeader({ alg: signer.alg, kid: signer.kid, ...header })
        .sign(signer.privateKey);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}
