import { HeddleError } from '#core/errors.ts';
import { type TenantProvisioning, type TenantRecord, tenants } from '#mongo/tenants.ts';
import type { TenantsDeps } from '../deps.ts';

/** The provisioning of a tenant; null: it has none, or it ends. */
export function readProvisioning({
  _id,
  provisioning,
  departures = [],
}: TenantRecord): TenantProvisioning | null {
  if (provisioning == null || provisioning.due === 'END') return null;
  return { ...provisioning, tenantId: _id, departures };
}

/** The same, from the store. */
export async function findProvisioning(
  tenantId: string,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<TenantProvisioning | null> {
  const tenant = await tenants(connection).findById(tenantId).lean();
  return tenant && readProvisioning(tenant);
}

/** The same for what provisioning changes: CONFLICT where the tenant has none. */
export async function requireProvisioning(
  tenantId: string,
  deps: Pick<TenantsDeps, 'connection'>,
): Promise<TenantProvisioning> {
  const found = await findProvisioning(tenantId, deps);
  if (found !== null) return found;
  throw new HeddleError(
    'CONFLICT',
    `The tenant ${JSON.stringify(tenantId)} is not provisioned: an owner calls saveProvisioning first.`,
  );
}
