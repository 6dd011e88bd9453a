import type { IssuerRecord } from '#mongo/issuers.ts';
import type { Claims } from './claims.ts';
import { TokenRefusal } from './token-refusal.ts';

/** Seconds by which the clock of an issuer may be ahead of that of this process; `exp` has no such margin. */
const skewSeconds = 60;
/** The longest life of a token, in seconds: one that is stolen ends by itself. */
const lifetimeSecondsMax = 24 * 60 * 60;

/** When the claims end, in milliseconds since the epoch. Throws TokenRefusal for claims that are not in force or not for this mesh. */
export function checkClaims(claims: Claims, issuer: IssuerRecord, nowMs: number): number {
  const now = nowMs / 1_000;
  const { exp, nbf, iat } = claims;
  if (!isTime(exp)) throw new TokenRefusal('CLAIMS', 'The token has no expiry (exp) that is a number.');
  if (exp <= now) throw new TokenRefusal('EXPIRED', 'The token has expired.');
  requirePast(nbf, 'nbf', now);
  requirePast(iat, 'iat', now);
  const begins = isTime(iat) ? iat : now;
  if (exp - begins > lifetimeSecondsMax + skewSeconds) {
    throw new TokenRefusal('CLAIMS', 'The token lives longer than 24 hours, the most that is accepted.');
  }
  requireAudience(claims, issuer);
  // RFC 9449, RFC 8705: who holds only the token does not hold its key.
  if (claims.cnf !== undefined) {
    throw new TokenRefusal(
      'CLAIMS',
      'The token is bound to a key of its client (cnf), which is not supported.',
    );
  }
  // RFC 8417: a security event, such as a logout, proves nothing about who sends it.
  if (claims.events !== undefined) {
    throw new TokenRefusal('CLAIMS', 'The token reports events, and is none that a caller sends.');
  }
  return exp * 1_000;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function requirePast(value: unknown, claim: string, now: number): void {
  if (value === undefined) return;
  if (!isTime(value)) throw new TokenRefusal('CLAIMS', `The token has a time (${claim}) that is no number.`);
  if (value - skewSeconds > now) {
    throw new TokenRefusal('CLAIMS', `The token is not in force yet (${claim}): compare the clocks.`);
  }
}

function requireAudience({ aud }: Claims, { audience, _id }: IssuerRecord): void {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (named.some((one) => typeof one === 'string' && audience.includes(one))) return;
  throw new TokenRefusal(
    'AUDIENCE',
    `The token is for another audience (aud) than those of the issuer ${JSON.stringify(_id)}.`,
  );
}
