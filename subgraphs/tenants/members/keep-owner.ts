import { HeddleError } from '#core/errors.ts';
import { members } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';

/** Throws CONFLICT where the member is the last owner of its tenant in force. For the holder of `withRoles`. */
export async function requireAnotherOwner(
  id: string,
  tenantId: string,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<void> {
  const owners = await members(connection)
    .find({ tenantId, role: 'OWNER', deactivatedAt: null })
    .sort({ createdAt: 1, _id: 1 })
    .limit(2)
    .lean();
  if (owners.length === 1 && owners[0]?._id === id) {
    throw new HeddleError(
      'CONFLICT',
      `The member ${id} is the last owner of the tenant: it keeps its role until another member is an owner.`,
    );
  }
}
