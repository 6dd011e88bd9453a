import { importPKCS8, SignJWT } from 'jose';
import { expectError } from '#core/expect-error.ts';
import { createAccessTokens, requestToken } from '../http/access-tokens.ts';
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

/** Access tokens by Google's OAuth 2.0 server-to-server flow (RFC 7523). */
export function createAccountTokens(
  account: ServiceAccount,
  fetch: typeof globalThis.fetch,
  now: () => number = Date.now,
): () => Promise<string> {
  return createAccessTokens(async () => {
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
    const granted = await requestToken(account.tokenUri, grant, fetch);
    if (typeof granted === 'number') throw failed(`Google refused the service account (HTTP ${granted}).`);
    return granted;
  }, now);
}
