import { importPKCS8, SignJWT } from 'jose';
import { expectError } from '#core/expect-error.ts';
import { ProviderFailure } from '../provider.ts';

/** The parts of a service account's JSON key file that signing in takes. */
export interface ServiceAccount {
  readonly projectId: string;
  readonly clientEmail: string;
  readonly privateKey: string;
  readonly privateKeyId: string | null;
  readonly tokenUri: string;
}

const scope = 'https://www.googleapis.com/auth/cloud-platform';
const lifetimeSeconds = 3600;
/** A token is renewed this long before it ends. */
const marginMs = 120_000;

function failed(message: string, cause?: unknown): ProviderFailure {
  return new ProviderFailure('PROVIDER_AUTH', message, {
    retryable: false,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** @throws {ProviderFailure} PROVIDER_AUTH when the text is no service account key */
export function parseServiceAccount(json: string): ServiceAccount {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    expectError(error, SyntaxError);
    throw failed('The Vertex credential is neither an API key nor the JSON of a service account key.');
  }
  const text = (name: string): string => {
    const value = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  const account: ServiceAccount = {
    projectId: text('project_id'),
    clientEmail: text('client_email'),
    privateKey: text('private_key'),
    privateKeyId: text('private_key_id') || null,
    tokenUri: text('token_uri') || 'https://oauth2.googleapis.com/token',
  };
  if (account.projectId === '' || account.clientEmail === '' || account.privateKey === '') {
    throw failed('The Vertex service account key lacks project_id, client_email or private_key.');
  }
  return account;
}

/**
 * Access tokens by Google's OAuth 2.0 server-to-server flow (RFC 7523), one in memory until shortly before it ends, requested
 * for once however many calls wait for it.
 */
export function createAccessTokens(
  account: ServiceAccount,
  fetch: typeof globalThis.fetch,
  now: () => number = Date.now,
): () => Promise<string> {
  let current: { readonly token: Promise<string>; validUntilMs: number } | null = null;

  async function request(): Promise<{ readonly token: string; readonly seconds: number }> {
    const key = await importPKCS8(account.privateKey, 'RS256').catch((cause: unknown) => {
      throw failed('The private key of the Vertex service account cannot be read.', cause);
    });
    const issuedAt = Math.floor(now() / 1000);
    const assertion = await new SignJWT({ scope })
      .setProtectedHeader({
        alg: 'RS256',
        typ: 'JWT',
        ...(account.privateKeyId ? { kid: account.privateKeyId } : {}),
      })
      .setIssuer(account.clientEmail)
      .setAudience(account.tokenUri)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(key);
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
    const response = await fetch(account.tokenUri, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(grant).toString(),
    });
    // Any error: an answer that is no JSON has no token, which is refused below.
    const answer: unknown = await response.json().catch(() => null);
    const token =
      typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'access_token') : undefined;
    const seconds =
      typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'expires_in') : undefined;
    if (!response.ok || typeof token !== 'string') {
      throw failed(`Google refused the service account (HTTP ${response.status}).`);
    }
    return { token, seconds: typeof seconds === 'number' ? seconds : lifetimeSeconds };
  }

  return () => {
    if (current !== null && now() < current.validUntilMs) return current.token;
    const entry = { token: Promise.resolve(''), validUntilMs: Number.POSITIVE_INFINITY };
    entry.token = request().then(
      ({ token, seconds }) => {
        entry.validUntilMs = now() + seconds * 1000 - marginMs;
        return token;
      },
      (error: unknown) => {
        if (current === entry) current = null;
        throw error;
      },
    );
    current = entry;
    return entry.token;
  };
}
