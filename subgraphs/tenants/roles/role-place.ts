import type { Connection } from 'mongoose';
import { type Caller, hasScope, meetsScopes } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput, checkedId } from '#core/input.ts';
import { builtInRoles } from '#core/roles.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { toLookAlikeKey } from '#core/text/look-alike.ts';
import { roles } from '#mongo/roles.ts';
import type { TenantsContext } from '../loaders.ts';
import { visible } from '../tenants/visible.ts';

const nameLengthMax = 100;
const reserved: ReadonlySet<string> = new Set([...Object.keys(builtInRoles), 'CUSTOM'].map(toLookAlikeKey));

/** A name for a custom role. Only lower-case ASCII letters, and none that looks like a built-in role. */
export function checkedRoleName(name: string, field: string): string {
  if (reserved.has(toLookAlikeKey(name.slice(0, nameLengthMax)))) {
    badInput(field, `must not be or look like a built-in role: ${Object.keys(builtInRoles).join(', ')}.`);
  }
  return checkedId(name, field);
}

/** CONFLICT where another custom role that the tenant has looks the same. For the holder of the lock of roles. */
export async function requireUnlikeRole(
  name: string,
  tenantId: string | null,
  connection: Connection,
): Promise<void> {
  const owners = tenantId === null ? [null] : [null, tenantId];
  const others = await roles(connection)
    .find({ tenantId: { $in: owners }, name: { $ne: name } }, { name: 1 })
    .lean();
  const key = toLookAlikeKey(name);
  const alike = others.find((other) => toLookAlikeKey(other.name) === key);
  if (alike === undefined) return;
  throw new HeddleError(
    'CONFLICT',
    `The name ${JSON.stringify(name)} looks like the role ${JSON.stringify(alike.name)}: choose another.`,
  );
}

/**
 * The tenant of a custom role that an input means: the one it names, else the caller's own. Null, all tenants, for an operator
 * that names none. NOT_FOUND for a tenant that the caller may not see.
 */
export async function findRoleTenant(
  tenantId: string | null | undefined,
  context: TenantsContext,
): Promise<string | null> {
  if (tenantId == null && isOperator(context.caller)) return null;
  const { _id } = await visible('tenant', tenantId ?? ownTenantId(context.caller), context);
  return _id;
}

function isOperator(caller: Caller): boolean {
  return hasScope(caller, 'tenants:admin');
}

/** FORBIDDEN unless the caller has every scope of the role: no caller grants, changes or takes away more than it has. */
export function requireScopesOfRole(
  caller: Pick<Caller, 'scopes'>,
  name: string,
  scopes: readonly string[],
): void {
  const lacking = scopes.filter((scope) => !meetsScopes(caller, [[scope]]));
  if (lacking.length === 0) return;
  throw new HeddleError(
    'FORBIDDEN',
    `The role ${JSON.stringify(name)} has scopes that you lack: ${lacking.join(', ')}.`,
  );
}
