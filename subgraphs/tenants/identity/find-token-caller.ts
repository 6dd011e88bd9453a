import type { ArchivedCaller, Caller, RefusedToken } from '#core/caller.ts';
import { issuers } from '#mongo/issuers.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { identifyPerson } from '../members/identify-person.ts';
import { checkClaims } from './check-claims.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { findPersonCaller, type PersonDeps } from './person-caller.ts';
import { readToken } from './token-parts.ts';
import { TokenRefusal } from './token-refusal.ts';

type TokenDeps = PersonDeps & Pick<TenantsDeps, 'connection' | 'now'>;

/**
 * The caller that a JWT proves: its issuer is one of those that are saved, one of the issuer's keys has signed it, its claims
 * are in force and for this mesh, and rules or claims state the tenant and the role. One command for the issuer, and those of
 * the caller.
 */
export async function findTokenCaller(
  token: string,
  keys: IssuerKeys,
  deps: TokenDeps,
): Promise<Caller | ArchivedCaller | RefusedToken> {
  try {
    const { issuer: iss, claims } = readToken(token);
    const issuer = await issuers(deps.connection).findOne({ issuer: iss }).lean();
    if (issuer === null) {
      throw new TokenRefusal('ISSUER', 'The issuer (iss) of this token is none that is saved here.');
    }
    // What is cheap comes first: keys are fetched for no token that would be refused anyway.
    const expiresAtMs = checkClaims(claims, issuer, readNow(deps).getTime());
    await keys.verify(token, issuer);
    return await findPersonCaller(await identifyPerson(issuer, claims, deps), expiresAtMs, deps);
  } catch (error) {
    if (error instanceof TokenRefusal) return error.toResult();
    throw error;
  }
}
