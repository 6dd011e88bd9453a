import { type IssuerRecord, vouchesFor } from '#mongo/issuers.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import { type Claims, readText } from '../identity/claims.ts';
import type { Identity } from '../identity/identity.ts';
import { mapClaims, readNarrowing, readTenantId } from '../identity/map-claims.ts';
import { TokenRefusal } from '../identity/token-refusal.ts';
import { vouchedBy } from './issuer-binding.ts';

const subjectLengthMax = 256;

/**
 * Who the claims stand for in the tenant that is wanted; null: in the one that a rule or a claim states, else in the tenant that has
 * the person as a member for the longest time. A member's record precedes the rules of the issuer: its role counts, and one that is
 * deactivated is refused. Of a tenant that the issuer does not vouch for neither counts.
 */
export async function identifyPerson(
  issuer: IssuerRecord,
  claims: Claims,
  deps: Pick<TenantsDeps, 'connection'>,
  wanted: string | null = null,
): Promise<Identity> {
  const records = await findMemberships(issuer, claims, deps);
  const identity = mapOrRefuse(issuer, claims);
  const tenantId = wanted ?? readTenantId(issuer, claims) ?? findFirstTenant(records);
  if (tenantId !== undefined && !vouchesFor(issuer, tenantId)) throw noRoleThere();
  const member = records.find((one) => one.tenantId === tenantId);
  if (member === undefined) {
    if (identity instanceof TokenRefusal) throw identity;
    if (identity.tenantId !== tenantId) throw noRoleThere();
    return identity;
  }
  if (member.deactivatedAt != null) {
    throw new TokenRefusal('ROLE', 'This member of the tenant is deactivated.');
  }
  const role = member.customRole ?? member.role;
  return identity instanceof TokenRefusal || identity.tenantId !== tenantId
    ? toIdentity(issuer, member, claims)
    : { ...identity, role };
}

function noRoleThere(): TokenRefusal {
  return new TokenRefusal('ROLE', 'This person has no role in the tenant.');
}

function mapOrRefuse(issuer: IssuerRecord, claims: Claims): Identity | TokenRefusal {
  try {
    return mapClaims(issuer, claims);
  } catch (error) {
    if (error instanceof TokenRefusal && error.problem === 'ROLE') return error;
    throw error;
  }
}

/** The records of the person in all tenants that the issuer vouches for, the oldest first. */
async function findMemberships(
  issuer: IssuerRecord,
  claims: Claims,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<readonly MemberRecord[]> {
  const subject = readText(claims, issuer.claims.subject, subjectLengthMax);
  if (subject === undefined) return [];
  const found = await members(connection)
    .find({ subject, ...vouchedBy({ issuerId: issuer._id, issuer: issuer.issuer }), hidden: null })
    .sort({ createdAt: 1, _id: 1 })
    .lean();
  return found.filter(({ tenantId }) => vouchesFor(issuer, tenantId));
}

/** That of the oldest record in force: no other tenant can become it by adding the person. */
function findFirstTenant(records: readonly MemberRecord[]): string | undefined {
  return (records.find((one) => one.deactivatedAt == null) ?? records[0])?.tenantId;
}

function toIdentity(
  issuer: IssuerRecord,
  { subject, tenantId, role, customRole }: MemberRecord,
  claims: Claims,
): Identity {
  return {
    ...{ issuerId: issuer._id, issuer: issuer.issuer, subject, tenantId, role: customRole ?? role },
    ...{ email: readText(claims, issuer.claims.email, subjectLengthMax) ?? null, appId: null },
    ...readNarrowing(issuer, claims),
  };
}
