import { type RoleRecord, roles, toRoleId } from '#mongo/roles.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { RoleInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedScopes } from '../restrictions/scopes.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { withRoles } from './find-role.ts';
import { keepAccess } from './keep-access.ts';
import { checkedRoleName, findRoleTenant, requireScopesOfRole, requireUnlikeRole } from './role-place.ts';

/** Creates a custom role or replaces its scopes; who has it has the new ones at once. FORBIDDEN beyond the scopes of the caller. */
export async function saveRole(
  input: RoleInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<RoleRecord> {
  const name = checkedRoleName(input.name, 'input.name');
  const scopes = checkedScopes(input.scopes, 'input.scopes');
  const tenantId = await findRoleTenant(input.tenantId, context);
  requireScopesOfRole(context.caller, name, scopes);
  const _id = toRoleId(tenantId, name);
  await context.auditTarget({ tenantId, type: 'Role', id: _id });
  const { connection } = deps;
  const records = roles(connection);
  const save = async () => {
    const before = await records.findById(_id).lean();
    if (before) {
      requireScopesOfRole(context.caller, name, before.scopes);
      await keepAccess(before, scopes, connection);
    } else {
      await requireUnlikeRole(name, tenantId, connection);
      await requireRoom(deps, tenantId === null ? 'roles' : 'rolesPerTenant', () =>
        records.countDocuments({ tenantId }),
      );
    }
    const now = readNow(deps);
    const after: RoleRecord = {
      _id,
      tenantId,
      name,
      scopes,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    };
    await records.updateOne({ _id }, { $set: after }, { upsert: true });
    return { before, after };
  };
  const { before, after } = await (tenantId === null
    ? withRoles(tenantId, connection, save)
    : withLiveOwner({ tenantId }, deps, () => withRoles(tenantId, connection, save)));
  context.audit({ tenantId, type: 'Role', id: _id, before, after });
  await callersChanged(deps, tenantId);
  return after;
}
