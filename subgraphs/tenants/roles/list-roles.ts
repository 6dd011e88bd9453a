import { hasScope } from '#core/caller.ts';
import { checkedText } from '#core/input.ts';
import { builtInRoles } from '#core/roles.ts';
import { roles } from '#mongo/roles.ts';
import type { TenantsDeps } from '../deps.ts';
import type { QueryRolesArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { type ShownRole, showRole } from './shown-role.ts';

const builtIn: readonly ShownRole[] = Object.entries(builtInRoles).map(([name, scopes]) => ({
  ...{ name, scopes, builtIn: true, tenantId: null },
}));

/** Built-in roles first, then those of all tenants and of the tenant by name. Of a tenant that the caller may not see none are its own. */
export async function listRoles(
  { filter }: QueryRolesArgs,
  { caller }: Pick<TenantsContext, 'caller'>,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<readonly ShownRole[]> {
  const wanted = filter?.tenantId ?? caller.tenantId;
  const isSeen = wanted === caller.tenantId || hasScope(caller, 'tenants:admin');
  const found = await roles(connection)
    .find({ tenantId: { $in: isSeen ? [null, wanted] : [null] } })
    .sort({ tenantId: 1, name: 1 })
    .lean();
  const search = filter?.search == null ? '' : checkedText(filter.search, 'filter.search', 100).toLowerCase();
  return [...builtIn, ...found.map(showRole)].filter(
    (role) =>
      role.name.toLowerCase().includes(search) &&
      (filter?.builtIn == null || filter.builtIn === role.builtIn),
  );
}
