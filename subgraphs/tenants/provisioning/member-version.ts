import { hash } from 'node:crypto';
import { HeddleError } from '#core/errors.ts';
import type { MemberGroupRecord } from '#mongo/member-groups.ts';
import type { ProvisionedMemberRecord } from '#mongo/members.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireProvisioned } from './provisioned-member.ts';

/** What a provisioned member is like: the same text for the same state, groups and their names included. */
export async function computeMemberVersion(
  { _id, subject, email, deactivatedAt, provisioned }: ProvisionedMemberRecord,
  { loaders }: Pick<TenantsContext, 'loaders'>,
): Promise<string> {
  const { userName, displayName, givenName, familyName, groupIds, modifiedAt } = provisioned;
  const groups = await Promise.all(groupIds.map((id) => loaders.memberGroup.load(id)));
  const names = groups.map((group) => group && [group._id, group.displayName]);
  const person = [subject, email, userName, displayName, givenName, familyName, modifiedAt];
  return hash('sha256', JSON.stringify([_id, person, deactivatedAt != null, names]), 'hex').slice(0, 32);
}

/** CONFLICT where the member is not like this any more; undefined or null: whatever it is like. For the holder of the tenant's lock. */
export async function requireMemberVersion(
  id: string,
  wanted: string | null | undefined,
  context: TenantsContext,
): Promise<void> {
  if (wanted == null) return;
  const member = await requireProvisioned(id, context);
  for (const groupId of member.provisioned.groupIds) context.loaders.memberGroup.clear(groupId);
  if ((await computeMemberVersion(member, context)) !== wanted) throw changedMeanwhile('member', id);
}

/** The same for a group. */
export function requireGroupRevision(
  { _id, revision }: Pick<MemberGroupRecord, '_id' | 'revision'>,
  wanted: number | null | undefined,
): void {
  if (wanted != null && revision !== wanted) throw changedMeanwhile('group', _id);
}

function changedMeanwhile(what: string, id: string): HeddleError {
  return new HeddleError('CONFLICT', `The ${what} ${id} has changed meanwhile: read it again.`, {
    extensions: { reason: 'VERSION' },
  });
}
