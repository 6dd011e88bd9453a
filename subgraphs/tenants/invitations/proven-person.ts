import type { IssuerRecord } from '#mongo/issuers.ts';
import { type Claims, readEmailVerified, readText } from '../identity/claims.ts';
import { TokenRefusal } from '../identity/token-refusal.ts';

const textLengthMax = 256;

/** Who an identity provider has proven, before it is a member of anything. */
export interface ProvenPerson {
  readonly issuerId: string;
  /** The URL of the issuer. */
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  /** Whether the issuer states that the person receives mail at the address. */
  readonly isEmailVerified: boolean;
}

/** The person of the claims. Throws TokenRefusal where they state no subject. */
export function readProvenPerson(
  { _id, issuer, claims: paths, signIn }: IssuerRecord,
  claims: Claims,
): ProvenPerson {
  const subject = readText(claims, paths.subject, textLengthMax);
  if (subject === undefined) throw new TokenRefusal('CLAIMS', 'The identity provider states no subject.');
  const email = readText(claims, paths.email, textLengthMax) ?? null;
  // `email_verified` is about the claim `email`, and states nothing about another.
  const isVerified = email !== null && paths.email === 'email' && readEmailVerified(claims) === true;
  // An issuer with domains vouches for addresses of these alone.
  const domains = signIn?.emailDomains ?? [];
  const isOfDomain = domains.length === 0 || domains.includes(email?.toLowerCase().split('@').at(-1) ?? '');
  const isEmailVerified = isVerified && isOfDomain;
  return { issuerId: _id, issuer, subject, email, isEmailVerified };
}
