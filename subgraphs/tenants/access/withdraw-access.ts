import { notFound } from '#core/input.ts';
import { accessGrants } from '#mongo/access-grants.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { visible } from '../tenants/visible.ts';
import { proofOfChange, toAccessEvent } from './access-events.ts';

/** Removes a request for access, whatever was decided, and returns its id. NOT_FOUND when there is none that the caller may see. */
export async function withdrawAccess(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string> {
  const grant = await visible('accessGrant', id, context);
  const { _id, tenantId } = grant;
  await context.auditTarget({ tenantId, type: 'AccessGrant', id });
  const before =
    (await deps.events.withChange(
      toAccessEvent('access.withdrawn', grant),
      { ...proofOfChange(id), by: 'GONE' },
      () => accessGrants(deps.connection).findOneAndDelete({ _id }).lean(),
    )) ?? notFound('access request', id);
  context.audit({ tenantId: before.tenantId, type: 'AccessGrant', id, before });
  context.loaders.accessGrant.clear(id);
  await callersChanged(deps, before.tenantId);
  return id;
}
