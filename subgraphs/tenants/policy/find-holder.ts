import { anonymousCaller, type Caller, hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput, notFound } from '#core/input.ts';
import type { PolicyHolder } from '#core/policies.ts';
import { rolesToScopes } from '#core/roles.ts';
import type { ApiKeyRecord } from '#mongo/api-keys.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { QueryPolicyArgs } from '../generated.ts';
import { findKeyScopes } from '../keys/key-owner.ts';
import type { TenantsContext } from '../loaders.ts';
import { listIssuerIds } from '../members/issuer-binding.ts';
import { findRoleScopes } from '../roles/find-role.ts';
import { findMemberScopes } from '../roles/member-role.ts';

/** Whose rights a policy is shown for. */
export interface Holder extends PolicyHolder {
  readonly isAnonymous: boolean;
  readonly scopes: readonly string[];
  /** Why it is refused whatever its scopes are; null: it is not. */
  readonly problem: string | null;
}

/**
 * The holder that `as` names: `ANONYMOUS`, a role of the caller's tenant, the id of an API key or member that the caller may
 * see, or the subject of a member of its tenant, at the issuer where one is named. The caller itself without one. NOT_FOUND in the same words for what is missing and
 * for what is of another tenant.
 */
export async function findHolder(
  { as, issuerId }: QueryPolicyArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<Holder> {
  const { caller, loaders } = context;
  if (as == null) {
    const { kind, scopes, appId, keyId, endUserId } = caller;
    return { isAnonymous: kind === 'ANONYMOUS', problem: null, scopes, appId, keyId, endUserId };
  }
  if (!hasScope(caller, 'tenants:read')) {
    throw new HeddleError('FORBIDDEN', 'The policy of others requires the scope tenants:read.');
  }
  if (as === anonymousCaller.kind) return { ...emptyHolder, isAnonymous: true };
  const builtIn = rolesToScopes(as);
  if (builtIn !== undefined) return ofRole(builtIn);
  const [key, member] = await Promise.all([loaders.apiKey.load(as), loaders.member.load(as)]);
  if (key) {
    const scopes = await findKeyScopes(key, deps);
    const problem = findProblem(key, readNow(deps));
    return {
      ...{ ...emptyHolder, appId: key.appId, keyId: key._id, scopes: scopes ?? [] },
      problem: scopes === null ? (problem ?? ownerGone) : problem,
    };
  }
  const role = await findRoleScopes(as, caller.tenantId, deps.connection);
  const named = member ?? (role === null ? await findBySubject(as, issuerId, caller, deps) : null);
  if (named) {
    return { ...emptyHolder, scopes: await findMemberScopes(named, deps), problem: findMemberProblem(named) };
  }
  if (role === null) return notFound('API key, member, subject or role', as);
  return ofRole(role);
}

const emptyHolder: Holder = {
  ...{ isAnonymous: false, scopes: [], problem: null },
  ...{ appId: null, keyId: null, endUserId: null },
};

/** A role is shown for an API key with its scopes, which is what can do most with them. */
function ofRole(scopes: readonly string[]): Holder {
  return { ...emptyHolder, scopes, appId: 'any', keyId: 'any' };
}

/** BAD_USER_INPUT where several issuers vouch for a member with the subject, and none is named: they are several people. */
async function findBySubject(
  subject: string,
  issuerId: string | null | undefined,
  { tenantId }: Caller,
  { connection }: TenantsDeps,
): Promise<MemberRecord | null> {
  if (tenantId === null) return null;
  const ofIssuer = issuerId == null ? {} : { issuerId: { $in: listIssuerIds(issuerId) } };
  const [found = null, other] = await members(connection)
    .find({ tenantId, subject, ...ofIssuer })
    .sort({ createdAt: 1, _id: 1 })
    .limit(2)
    .lean();
  if (other === undefined) return found;
  return badInput('issuerId', 'is required: members of several issuers have this subject.');
}

function findMemberProblem({ hidden, deactivatedAt }: MemberRecord): string | null {
  if (deactivatedAt != null) return 'The member is deactivated.';
  return hidden === true ? 'The tenant of the member is archived.' : null;
}

const ownerGone = 'The member that owns the API key is deactivated or removed.';

function findProblem(key: ApiKeyRecord, now: Date): string | null {
  if (key.revokedAt !== null) return 'The API key was revoked.';
  if (key.expiresAt !== null && key.expiresAt <= now) return 'The API key has expired.';
  return key.hidden === true ? 'The app or tenant of the API key is archived.' : null;
}
