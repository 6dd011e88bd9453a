import type { Connection } from 'mongoose';
import { meetsScopes } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { type BuiltInRole, builtInRoles } from '#core/roles.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { members } from '#mongo/members.ts';
import { type RoleRecord, roles } from '#mongo/roles.ts';
import { hasRuleFor, membersWith } from './role-uses.ts';

const managing = 'tenants:write';

function manages(scopes: readonly string[]): boolean {
  return meetsScopes({ scopes }, [[managing]]);
}

const managingRoles = (Object.keys(builtInRoles) as BuiltInRole[]).filter((name) =>
  manages(builtInRoles[name]),
);

/** Tenants that are looked at; a role of all tenants that members of more have loses the scope in none. */
const tenantsMax = 1_000;

/**
 * CONFLICT where the change takes tenants:write from a role that is the only way to manage a tenant: there is no
 * API key without an end, no other member and no rule of an issuer that has it. For the holder of `withRoles`.
 */
export async function keepAccess(
  before: RoleRecord,
  scopes: readonly string[],
  connection: Connection,
): Promise<void> {
  if (!manages(before.scopes) || manages(scopes)) return;
  const tenantIds = await members(connection)
    .distinct('tenantId', { ...membersWith(before), hidden: null })
    .exec();
  if (tenantIds.length > tenantsMax) throw locksOut(before, `more than ${tenantsMax} tenants`);
  for (const tenantId of tenantIds) {
    if (await isManagedWithout(before, tenantId, connection)) continue;
    throw locksOut(before, `the tenant ${JSON.stringify(tenantId)}`);
  }
}

async function isManagedWithout(
  role: RoleRecord,
  tenantId: string,
  connection: Connection,
): Promise<boolean> {
  const key = {
    tenantId,
    scopes: managing,
    revokedAt: null,
    replacedById: null,
    expiresAt: null,
    hidden: null,
  };
  if ((await apiKeys(connection).exists(key)) !== null) return true;
  const others = await roles(connection)
    .find({ tenantId: { $in: [tenantId, null] }, _id: { $ne: role._id } })
    .lean();
  // Of two roles of one name the tenant's own is the one that counts.
  const own = new Set(others.flatMap((other) => (other.tenantId === null ? [] : [other.name])));
  if (role.tenantId === null && own.has(role.name)) return true;
  const names = others
    .filter((other) => other.name !== role.name && (other.tenantId !== null || !own.has(other.name)))
    .filter(({ scopes }) => manages(scopes))
    .map(({ name }) => name);
  const member = await members(connection)
    .findOne(
      {
        tenantId,
        hidden: null,
        deactivatedAt: null,
        $or: [{ role: { $in: managingRoles } }, { customRole: { $in: names } }],
      },
      { _id: 1 },
    )
    .lean();
  return member !== null || hasRuleFor([...managingRoles, ...names], tenantId, connection);
}

function locksOut({ name }: RoleRecord, where: string): HeddleError {
  return new HeddleError(
    'CONFLICT',
    `Without ${managing} in the role ${JSON.stringify(name)} no caller could manage ${where} any more: give another member a role with it, or make an API key with it that has no end.`,
  );
}
