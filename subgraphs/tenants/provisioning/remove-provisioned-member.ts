import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { endProvisionedMember } from './end-provisioned-member.ts';
import { requireProvisioned } from './provisioned-member.ts';
import { requireReach } from './require-reach.ts';

/** Removes a provisioned member with its sessions and keys, and returns its id. Errors as of `endProvisionedMember`. */
export async function removeProvisionedMember(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string> {
  const before = await requireProvisioned(id, context);
  const target = { tenantId: before.tenantId, type: 'Member', id };
  await context.auditTarget(target);
  await requireReach([before], before.tenantId, context.caller, deps);
  await endProvisionedMember(before, { removes: true }, context.caller, deps);
  context.audit({ ...target, before });
  context.loaders.member.clear(id);
  return id;
}
