import { hasScope } from '#core/caller.ts';
import { badInput, checkedId, notFound } from '#core/input.ts';
import { readOwnerId, toOwnedId } from '#core/owned-id.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { withLock } from '#mongo/locks.ts';
import type { WebhookRecord } from '#mongo/webhooks.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';

/** The id that a webhook is stored under: a name is one of the caller's own tenant, with tenants:admin of the mesh. */
export function toStoredWebhookId(idOrName: string, { caller }: Pick<TenantsContext, 'caller'>): string {
  const isWhole = readOwnerId(idOrName) !== null || hasScope(caller, 'tenants:admin');
  return isWhole ? idOrName : toOwnedId(caller.tenantId, idOrName);
}

/** The webhook to change, read afresh; NOT_FOUND when there is none or the caller may not see it. */
export async function requireWebhook(idOrName: string, context: TenantsContext): Promise<WebhookRecord> {
  const storedId = toStoredWebhookId(idOrName, context);
  const found = await context.loaders.webhook.clear(storedId).load(storedId);
  return found ?? notFound('webhook', idOrName);
}

/**
 * The owner of a webhook that is to be saved, and the id that it is stored under. NOT_FOUND for the id of a webhook that is not there, and for a
 * tenant that the caller may not see.
 */
export async function findWebhookOwner(
  idOrName: string,
  wanted: string | null | undefined,
  context: TenantsContext,
): Promise<Pick<WebhookRecord, '_id' | 'tenantId'>> {
  if (readOwnerId(idOrName) !== null) {
    const { _id, tenantId } = await requireWebhook(idOrName, context);
    if (wanted == null || wanted === tenantId) return { _id, tenantId };
    return badInput('input.tenantId', 'is not the tenant of this webhook, and a webhook does not move.');
  }
  const name = checkedId(idOrName, 'input.id');
  if (wanted == null && hasScope(context.caller, 'tenants:admin')) return { _id: name, tenantId: null };
  const { _id: tenantId } = await visible('tenant', wanted ?? ownTenantId(context.caller), context);
  return { _id: toOwnedId(tenantId, name), tenantId };
}

/** Runs while no webhook of the owner is changed by another, in all processes; CONFLICT where its tenant is archived. */
export function withWebhooks<T>(
  tenantId: string | null,
  deps: TenantsDeps,
  run: () => Promise<T>,
): Promise<T> {
  return tenantId === null
    ? withLock(deps.connection, 'webhooks of the mesh', run)
    : withLiveOwner({ tenantId }, deps, run);
}
