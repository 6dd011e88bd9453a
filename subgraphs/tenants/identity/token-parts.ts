import { decodeJwt, decodeProtectedHeader } from 'jose';
import { findRepeatedName } from '#core/json/repeated-names.ts';
import type { Claims } from './claims.ts';
import { TokenRefusal } from './token-refusal.ts';

/** Signatures with a public key. With a shared secret (HS256 …) whoever checks a token could make it. */
export const signatureAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/**
 * Types of tokens that prove who sends them (RFC 7519, RFC 9068). Others are made for something else, such as a logout, and
 * their claims look alike (RFC 8725, 3.11).
 */
const acceptedTypes: ReadonlySet<string> = new Set(['jwt', 'at+jwt']);

export interface TokenParts {
  readonly issuer: string;
  /** Not verified yet. */
  readonly claims: Claims;
}

/** Reads a JWT that is not verified yet; throws TokenRefusal for one that would be refused whatever its signature. */
export function readToken(token: string): TokenParts {
  const { header, claims } = decode(token);
  requireDistinctNames(token);
  const { alg, typ, cty } = header;
  if (typeof alg !== 'string' || !signatureAlgorithms.includes(alg)) {
    throw new TokenRefusal(
      'SIGNATURE',
      `The token is signed in a way that is not accepted: use one of ${signatureAlgorithms.join(', ')}.`,
    );
  }
  if ('crit' in header) {
    throw new TokenRefusal('MALFORMED', 'The token has critical headers (crit), and none is supported.');
  }
  if (cty !== undefined) {
    throw new TokenRefusal('MALFORMED', 'The token has another token in it, which is not accepted.');
  }
  if (typ !== undefined && !isAcceptedType(typ)) {
    throw new TokenRefusal('CLAIMS', 'The token is of another type (typ) than JWT and at+jwt.');
  }
  if (typeof claims.iss !== 'string' || claims.iss === '') {
    throw new TokenRefusal('ISSUER', 'The token has no issuer (iss).');
  }
  return { issuer: claims.iss, claims };
}

function isAcceptedType(typ: unknown): boolean {
  return typeof typ === 'string' && acceptedTypes.has(typ.toLowerCase().replace(/^application\//, ''));
}

function decode(token: string) {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) as Claims };
  } catch (cause) {
    // Any error: what cannot be decoded is no JWT.
    throw new TokenRefusal('MALFORMED', 'The token is no JWT that can be read.', { cause });
  }
}

/**
 * Throws TokenRefusal for a token with a name twice in its header or claims. Whoever made the token and whoever reads it might take another one of two values of the same name (RFC 7519, 4 and 5).
 */
export function requireDistinctNames(token: string): void {
  for (const part of token.split('.', 2)) {
    const name = findRepeatedName(Buffer.from(part, 'base64url').toString());
    if (name === undefined) continue;
    throw new TokenRefusal('MALFORMED', `The token has the name ${JSON.stringify(name.slice(0, 50))} twice.`);
  }
}
