import type { TenantsDeps } from '../deps.ts';
import type { MutationRemoveProvisionedMemberArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireReach } from '../roles/require-reach.ts';
import { endProvisionedMember } from './end-provisioned-member.ts';
import { requireMemberVersion } from './member-version.ts';
import { requireProvisioned } from './provisioned-member.ts';

/** Removes a provisioned member with its sessions and keys, and returns its id. CONFLICT where it is not of the version that is stated; errors as of `endProvisionedMember`. */
export async function removeProvisionedMember(
  { id, ifVersion }: MutationRemoveProvisionedMemberArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string> {
  const before = await requireProvisioned(id, context);
  const target = { tenantId: before.tenantId, type: 'Member', id };
  await context.auditTarget(target);
  await requireReach([before], before.tenantId, context.caller, deps);
  await endProvisionedMember(
    before,
    { removes: true, check: () => requireMemberVersion(id, ifVersion, context) },
    context.caller,
    deps,
  );
  context.audit({ ...target, before });
  context.loaders.member.clear(id);
  return id;
}
