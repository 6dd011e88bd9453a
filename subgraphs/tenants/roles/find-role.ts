import type { Connection } from 'mongoose';
import { scopes as knownScopes, type Scope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { rolesToScopes } from '#core/roles.ts';
import { withPartOfLock, withWholeLock } from '#mongo/locks.ts';
import { type RoleRecord, roles, toRoleId } from '#mongo/roles.ts';

/**
 * The scopes of the role of this name in a tenant: a built-in one, one of the tenant, or one of all tenants, in this order.
 * Null: the tenant has no such role, and whoever is to have it gets nothing. Without a tenant only the other two are looked for.
 */
export async function findRoleScopes(
  name: string,
  tenantId: string | null,
  connection: Connection,
): Promise<readonly Scope[] | null> {
  const builtIn = rolesToScopes(name);
  if (builtIn !== undefined) return builtIn;
  const found = await findCustomRole(name, tenantId, connection);
  return found && readScopes(found);
}

/** The record that the name leads to in the tenant; null: there is none. */
async function findCustomRole(
  name: string,
  tenantId: string | null,
  connection: Connection,
): Promise<RoleRecord | null> {
  const found = await roles(connection)
    .find({ _id: { $in: [toRoleId(tenantId, name), toRoleId(null, name)] } })
    .lean();
  return found.find((role) => role.tenantId !== null) ?? found[0] ?? null;
}

/** The scopes of a record, without those that this version does not know. */
export function readScopes({ scopes }: Pick<RoleRecord, 'scopes'>): readonly Scope[] {
  return scopes.filter((scope): scope is Scope => Object.hasOwn(knownScopes, scope));
}

/** The scopes of a role that members or rules are to have; BAD_USER_INPUT where the tenant has none of this name. For the holder of `withRoles`. */
export async function requireRole(
  name: string,
  field: string,
  tenantId: string,
  connection: Connection,
): Promise<readonly Scope[]> {
  const scopes = await findRoleScopes(name, tenantId, connection);
  if (scopes !== null) return scopes;
  throw new HeddleError(
    'BAD_USER_INPUT',
    `${field} names no role of the tenant: ${JSON.stringify(name.slice(0, 100))}. Create it with saveRole first.`,
    { extensions: { field } },
  );
}

/**
 * Runs while no role that the tenant has, and no role of a member of it, is changed or deleted by another, in all processes; null: no role of any
 * tenant. Tenants do not wait for each other. The lock of a tenant is taken before it, never after.
 */
export function withRoles<T>(
  tenantId: string | null,
  connection: Connection,
  run: () => Promise<T>,
): Promise<T> {
  return tenantId === null
    ? withWholeLock(connection, 'roles', run)
    : withPartOfLock(connection, 'roles', tenantId, run);
}
