import { hasScope } from '#core/caller.ts';
import { type WebhookDeliveryRecord, webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { type WebhookRecord, webhooks } from '#mongo/webhooks.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { given, timeSort } from '../../runtime/list-input.ts';
import type { TenantsDeps } from '../deps.ts';
import type { QueryWebhookDeliveriesArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { toStoredWebhookId } from './webhook-place.ts';

type Deps = Pick<TenantsDeps, 'connection'>;

/** The webhooks of a tenant that the caller may see, by name; for operators that name none, those of the mesh and of their tenant. */
export async function listWebhooks(
  wanted: string | null | undefined,
  { caller }: TenantsContext,
  { connection }: Deps,
): Promise<WebhookRecord[]> {
  const isOperator = hasScope(caller, 'tenants:admin');
  const own = caller.tenantId === null ? [] : [caller.tenantId];
  const allowed = wanted == null ? own : isOperator ? [wanted] : own.filter((id) => id === wanted);
  const owners = wanted == null && isOperator ? [null, ...own] : allowed;
  return webhooks(connection)
    .find({ tenantId: { $in: owners } })
    .sort({ tenantId: 1, _id: 1 })
    .lean();
}

/** Deliveries that match every specified field and that the caller may see: of the webhooks of its tenant, or with tenants:admin of all. */
export function listWebhookDeliveries(
  { filter, orderBy, ...page }: QueryWebhookDeliveriesArgs,
  context: TenantsContext,
  { connection }: Deps,
): Promise<Connection<WebhookDeliveryRecord>> {
  const { caller } = context;
  const { tenantId, webhookId, state, eventId } = filter ?? {};
  const isOwn = caller.tenantId !== null && (tenantId == null || tenantId === caller.tenantId);
  const visible = hasScope(caller, 'tenants:admin')
    ? given({ tenantId })
    : { tenantId: isOwn ? caller.tenantId : { $in: [] } };
  const where = {
    ...visible,
    ...given({
      webhookId: webhookId == null ? null : toStoredWebhookId(webhookId, context),
      ...{ state, 'event.id': eventId },
    }),
  };
  return findPage(webhookDeliveries(connection), where, timeSort(orderBy ?? 'NEWEST_FIRST'), page);
}
