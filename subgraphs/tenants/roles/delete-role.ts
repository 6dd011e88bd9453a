import { notFound } from '#core/input.ts';
import { roles, toRoleId } from '#mongo/roles.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { MutationDeleteRoleArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { withRoles } from './find-role.ts';
import { checkedRoleName, findRoleTenant, requireScopesOfRole } from './role-place.ts';
import { requireUnusedRole } from './role-uses.ts';

/** Deletes a custom role and returns its name. CONFLICT while members or rules of issuers have it. */
export async function deleteRole(
  { name: wanted, tenantId: wantedTenant }: MutationDeleteRoleArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string> {
  const name = checkedRoleName(wanted, 'name');
  const tenantId = await findRoleTenant(wantedTenant, context);
  const _id = toRoleId(tenantId, name);
  await context.auditTarget({ tenantId, type: 'Role', id: _id });
  const { connection } = deps;
  const remove = async () => {
    const before = await roles(connection).findById(_id).lean();
    if (before === null) return notFound('role', name);
    requireScopesOfRole(context.caller, name, before.scopes);
    await requireUnusedRole(before, connection);
    await roles(connection).deleteOne({ _id });
    return before;
  };
  const before = await (tenantId === null
    ? withRoles(tenantId, connection, remove)
    : withTenant(tenantId, deps, () => withRoles(tenantId, connection, remove)));
  context.audit({ tenantId, type: 'Role', id: _id, before });
  await callersChanged(deps, tenantId);
  return name;
}
