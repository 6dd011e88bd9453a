import type { IssuerRecord } from '#mongo/issuers.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import { type Claims, readText } from '../identity/claims.ts';
import type { Identity } from '../identity/identity.ts';
import { mapClaims } from '../identity/map-claims.ts';
import { TokenRefusal } from '../identity/token-refusal.ts';

/** Members whose record names no issuer belong to this one. */
export const firstIssuerId = 'default';
const subjectLengthMax = 256;

/** What the records of members that this issuer vouches for have as `issuerId`. */
export function listIssuerIds(issuerId: string): (string | null)[] {
  return issuerId === firstIssuerId ? [issuerId, null] : [issuerId];
}

/**
 * Who the claims stand for. A member's record precedes the rules of the issuer: its role counts, and one that is deactivated is
 * refused. A person without a tenant by rules and claims is in the one tenant that has it as a member.
 */
export async function identifyPerson(
  issuer: IssuerRecord,
  claims: Claims,
  deps: Pick<TenantsDeps, 'connection'>,
): Promise<Identity> {
  const records = await findMemberships(issuer, claims, deps);
  const identity = mapOrRefuse(issuer, claims);
  const tenantId = identity instanceof TokenRefusal ? findOnlyTenant(records) : identity.tenantId;
  const member = records.find((one) => one.tenantId === tenantId);
  if (member === undefined) {
    if (identity instanceof TokenRefusal) throw identity;
    return identity;
  }
  if (member.deactivatedAt != null) {
    throw new TokenRefusal('ROLE', 'This member of the tenant is deactivated.');
  }
  const role = member.customRole ?? member.role;
  return identity instanceof TokenRefusal ? toIdentity(issuer, member, claims) : { ...identity, role };
}

function mapOrRefuse(issuer: IssuerRecord, claims: Claims): Identity | TokenRefusal {
  try {
    return mapClaims(issuer, claims);
  } catch (error) {
    if (error instanceof TokenRefusal && error.problem === 'ROLE') return error;
    throw error;
  }
}

/** The records of the person in all tenants. */
async function findMemberships(
  { _id: issuerId, claims: paths }: IssuerRecord,
  claims: Claims,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<readonly MemberRecord[]> {
  const subject = readText(claims, paths.subject, subjectLengthMax);
  if (subject === undefined) return [];
  return members(connection)
    .find({ subject, issuerId: { $in: listIssuerIds(issuerId) }, hidden: null })
    .lean();
}

function findOnlyTenant(records: readonly MemberRecord[]): string | undefined {
  const inForce = records.filter((one) => one.deactivatedAt == null);
  if (inForce.length > 1) {
    throw new TokenRefusal(
      'ROLE',
      'This person is a member of several tenants: a rule or the tenant claim of the issuer must name one.',
    );
  }
  return (inForce[0] ?? records[0])?.tenantId;
}

function toIdentity(
  { _id, issuer, claims: paths }: IssuerRecord,
  { subject, tenantId, role: builtIn, customRole }: MemberRecord,
  claims: Claims,
): Identity {
  const email = readText(claims, paths.email, subjectLengthMax) ?? null;
  const role = customRole ?? builtIn;
  return {
    ...{ issuerId: _id, issuer, subject, email, tenantId, role },
    ...{ scopes: null, appId: null, endUserId: null },
  };
}
