import { createLocalJWKSet, errors, type JSONWebKeySet, type LocalJWKSet } from 'jose';
import { isSafeUrl } from './issuer-url.ts';
import { TokenRefusal } from './token-refusal.ts';

/** Calls to issuers, within the rules of egress. It follows no redirect. */
export type OutboundFetch = typeof globalThis.fetch;

/** Where no call to an issuer is possible. */
export const noFetch: OutboundFetch = () =>
  Promise.reject(new IssuerFailure('No issuer can be reached from this process.'));

/** How long an issuer may take for a document, and how many characters it may have. */
const answerMsMax = 5_000;
const documentLengthMax = 512 * 1024;
const keysMax = 200;

/** An issuer's document that cannot be used, in words for an operator. */
export class IssuerFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IssuerFailure';
  }
}

/** The discovery document of an issuer (OpenID Connect Discovery, 4), checked. Throws IssuerFailure. */
export async function fetchDiscovery(
  issuer: string,
  fetch: OutboundFetch,
): Promise<Readonly<Record<string, unknown>>> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await fetchJson(url, fetch);
  if (document.issuer !== issuer) {
    throw new IssuerFailure(
      'The discovery document names another issuer than the one that it was fetched for.',
    );
  }
  return document;
}

/** Where the keys of an issuer are, by its discovery document. */
export async function findJwksUrl(issuer: string, fetch: OutboundFetch): Promise<string> {
  const { jwks_uri: url } = await fetchDiscovery(issuer, fetch);
  if (typeof url !== 'string' || !isSafeUrl(url)) {
    throw new IssuerFailure('The discovery document names no jwks_uri that is an https URL.');
  }
  return url;
}

/** The public keys at a URL. Throws IssuerFailure. */
export async function fetchKeys(url: string, fetch: OutboundFetch): Promise<LocalJWKSet> {
  const { keys } = await fetchJson(url, fetch);
  if (!Array.isArray(keys) || keys.length > keysMax) {
    throw new IssuerFailure(`The document of the keys has no list of at most ${keysMax} keys.`);
  }
  try {
    return createLocalJWKSet({ keys } as JSONWebKeySet);
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause;
    throw new IssuerFailure('The document of the keys is malformed.', { cause });
  }
}

async function fetchJson(url: string, fetch: OutboundFetch): Promise<Readonly<Record<string, unknown>>> {
  if (!isSafeUrl(url)) throw new IssuerFailure('An issuer is called over https only.');
  const text = await fetchText(url, fetch);
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown>;
  } catch (cause) {
    // Any error: a text that does not parse is no document.
    throw new IssuerFailure(`${new URL(url).host} answered with text that is no JSON.`, { cause });
  }
  throw new IssuerFailure(`${new URL(url).host} answered with JSON that is no object.`);
}

async function fetchText(url: string, fetch: OutboundFetch): Promise<string> {
  const { host } = new URL(url);
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.timeout(answerMsMax);
    const headers = { accept: 'application/json' };
    response = await fetch(url, { headers, redirect: 'manual', signal });
    text = await response.text();
  } catch (cause) {
    // Any error: names, addresses, certificates and time all fail here.
    throw new IssuerFailure(`${host} cannot be reached${explain(cause)}.`, { cause });
  }
  if (response.status !== 200) throw new IssuerFailure(`${host} answered with status ${response.status}.`);
  if (text.length > documentLengthMax) throw new IssuerFailure(`${host} answered with too large a document.`);
  return text;
}

/** The code of a failed connection; nothing that the other side wrote. */
function explain(cause: unknown): string {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z_]{3,60}$/.test(code) ? ` (${code})` : '';
}

/** What a caller reads where the keys of its issuer cannot be fetched. */
export function issuerUnavailable(issuerId: string, cause: unknown): TokenRefusal {
  return new TokenRefusal(
    'ISSUER_UNAVAILABLE',
    `The keys of the issuer ${JSON.stringify(issuerId)} cannot be fetched now; nothing was begun.`,
    { cause },
  );
}
