import { type Caller, hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { ApiKeyOwnerKind } from '#core/graph-enums.generated.ts';
import { badInput, checkedId, notFound } from '#core/input.ts';
import type { ApiKeyRecord } from '#mongo/api-keys.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import type { CreateApiKeyInput } from '../generated.ts';
import { findMaker } from '../members/find-maker.ts';
import { intersectScopes, scopesOfKey } from '../restrictions/scopes.ts';
import { findMemberScopes, requireScopesOfMember } from '../roles/member-role.ts';

type Owner = Pick<ApiKeyRecord, 'ownerMemberId' | 'service'>;
type OwnedKey = Owner & Pick<ApiKeyRecord, 'tenantId'>;
type OwnerDeps = Pick<TenantsDeps, 'connection'>;

/** What a key belongs to; one that names neither a member nor a service, as older ones, to its app. */
export function readOwnerKind({ ownerMemberId, service }: Owner): ApiKeyOwnerKind {
  if (ownerMemberId != null) return 'MEMBER';
  return service == null ? 'APP' : 'SERVICE';
}

/** The keys of a kind of owner; all without one. */
export function withOwnerKind(kind: ApiKeyOwnerKind | null | undefined): object {
  if (kind == null) return {};
  if (kind === 'MEMBER') return { ownerMemberId: { $ne: null } };
  return kind === 'SERVICE' ? { service: { $ne: null } } : { ownerMemberId: null, service: null };
}

/** The owner that an input names; neither field: the app. BAD_USER_INPUT for two owners, and for what is no name of a service. */
export function checkedOwner({
  ownerMemberId,
  service,
}: Pick<CreateApiKeyInput, 'ownerMemberId' | 'service'>): Owner {
  if (ownerMemberId != null && service != null) {
    badInput('input.service', 'cannot be combined with input.ownerMemberId: a key has one owner.');
  }
  if (ownerMemberId != null) return { ownerMemberId };
  return service == null ? {} : { service: checkedId(service, 'input.service') };
}

/**
 * Refuses to show the text of a member's key to who is neither the member nor manages it: FORBIDDEN without tenants:write, or
 * without a scope of its role; NOT_FOUND for no member of the tenant, CONFLICT for a deactivated one. For the holder of the
 * tenant's lock, so that no key comes after the end of a membership.
 */
export async function requireOwner(key: OwnedKey, caller: Caller, deps: OwnerDeps): Promise<void> {
  const { ownerMemberId } = key;
  if (ownerMemberId == null) return;
  const member = await findOwner(key, deps);
  if (member === null) return notFound('member', ownerMemberId);
  if (member.deactivatedAt != null) {
    throw new HeddleError('CONFLICT', `The member ${ownerMemberId} is deactivated: reactivate it first.`);
  }
  if ((await findMaker(caller, deps)) === ownerMemberId) return;
  if (!hasScope(caller, 'tenants:write')) {
    throw new HeddleError(
      'FORBIDDEN',
      'A key of a member is made and rotated by the member itself, or with the scope tenants:write.',
    );
  }
  await requireScopesOfMember(member, caller, deps);
}

/** FORBIDDEN for a key with scopes that the role of its owner lacks. */
export async function requireScopesOfOwner(
  key: OwnedKey & Pick<ApiKeyRecord, 'scopes' | 'lineId'>,
  deps: OwnerDeps,
): Promise<void> {
  const allowed = new Set(await findKeyScopes(key, deps));
  const lacking = scopesOfKey(key).filter((scope) => !allowed.has(scope));
  if (lacking.length === 0) return;
  throw new HeddleError(
    'FORBIDDEN',
    `The role of the member that owns the key lacks scopes of it: ${lacking.join(', ')}. Leave them out, or change the role first.`,
  );
}

/** The scopes that a key has at the moment: of a member's those that its role has as well. Null: the member is deactivated or gone. */
export async function findKeyScopes(
  key: OwnedKey & Pick<ApiKeyRecord, 'scopes' | 'lineId'>,
  deps: OwnerDeps,
): Promise<readonly string[] | null> {
  const scopes = scopesOfKey(key);
  if (key.ownerMemberId == null) return scopes;
  const member = await findOwner(key, deps);
  if (member === null || member.deactivatedAt != null) return null;
  return intersectScopes(scopes, await findMemberScopes(member, deps));
}

function findOwner(
  { ownerMemberId, tenantId }: OwnedKey,
  { connection }: OwnerDeps,
): Promise<MemberRecord | null> {
  return members(connection)
    .findOne({ _id: ownerMemberId ?? '', tenantId })
    .lean()
    .exec();
}
