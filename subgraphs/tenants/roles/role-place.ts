import { type Caller, hasScope, meetsScopes } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput, checkedId } from '#core/input.ts';
import { builtInRoles } from '#core/roles.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import type { TenantsContext } from '../loaders.ts';
import { visible } from '../tenants/visible.ts';

const reserved: ReadonlySet<string> = new Set([...Object.keys(builtInRoles), 'CUSTOM'].map(toLowerCase));

/** A name for a custom role. Only lower-case ASCII letters, so that no name looks like another or like a built-in role. */
export function checkedRoleName(name: string, field: string): string {
  if (reserved.has(name.trim().toLowerCase())) {
    badInput(field, `must not be the name of a built-in role: ${Object.keys(builtInRoles).join(', ')}.`);
  }
  return checkedId(name, field);
}

function toLowerCase(name: string): string {
  return name.toLowerCase();
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
export function requireScopesOfRole(caller: Caller, name: string, scopes: readonly string[]): void {
  const lacking = scopes.filter((scope) => !meetsScopes(caller, [[scope]]));
  if (lacking.length === 0) return;
  throw new HeddleError(
    'FORBIDDEN',
    `The role ${JSON.stringify(name)} has scopes that you lack: ${lacking.join(', ')}.`,
  );
}
