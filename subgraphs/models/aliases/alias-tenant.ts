import { type Caller, hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { ownTenantId, seesTenant } from '#core/tenant-reach.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import type { ModelsDeps } from '../deps.ts';

/** The tenant of the aliases: the caller's own by default. NOT_FOUND for one that the caller may not see. */
export async function findAliasTenant(
  wanted: string | null | undefined,
  caller: Caller,
  { connection }: Pick<ModelsDeps, 'connection'>,
): Promise<string> {
  const tenantId = wanted ?? ownTenantId(caller);
  if (tenantId === caller.tenantId) return tenantId;
  if (!seesTenant(caller, tenantId)) return notFound('tenant', tenantId);
  const found = await findNodeRecords(connection, 'Tenant', [tenantId]);
  return found[0]?.id ?? notFound('tenant', tenantId);
}

/** CONFLICT for an archived tenant. A caller of it is refused before. */
export async function requireLiveAliasTenant(
  tenantId: string,
  caller: Caller,
  { connection }: Pick<ModelsDeps, 'connection'>,
): Promise<void> {
  if (tenantId === caller.tenantId) return;
  const [found] = await findNodeRecords(connection, 'Tenant', [tenantId]);
  if (found === undefined || found.archivedAt === null) return;
  throw new HeddleError('CONFLICT', `The tenant ${JSON.stringify(tenantId)} is archived: restore it first.`);
}

/** May the caller read the target of an alias that it cannot call? */
export function seesEveryTarget(caller: Caller): boolean {
  return hasScope(caller, 'models:read') || hasScope(caller, 'tenants:read');
}
