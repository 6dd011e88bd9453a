import type { Connection } from 'mongoose';
import { hasScope } from '#core/caller.ts';
import { badInput, checkedId, notFound } from '#core/input.ts';
import { toStoredId } from '#core/node-id.ts';
import { seesOffer } from '#core/offers.ts';
import { readOwnerId, toOwnedId } from '#core/owned-id.ts';
import { ownTenantId, seesTenant } from '#core/tenant-reach.ts';
import { type AlertRecord, alerts } from '#mongo/alerts.ts';
import { findNodeRecords, type NodeType } from '#mongo/node-records.ts';
import { seesAlerts } from '../../deps.ts';
import type { UsageContext } from '../../loaders.ts';

/** The owner of an alert, and the id that it is stored under. */
export type AlertOwner = Pick<AlertRecord, '_id' | 'tenantId'>;

/** The alert to change, read afresh. NOT_FOUND when there is none or the caller may not see it. A name is one of the caller's own tenant, with tenants:admin of the mesh. */
export async function requireAlert(
  idOrName: string,
  { caller }: UsageContext,
  connection: Connection,
): Promise<AlertRecord> {
  const id = toStoredId('Alert', idOrName);
  const isWhole = readOwnerId(id) !== null || hasScope(caller, 'tenants:admin');
  const found = await alerts(connection)
    .findById(isWhole ? id : toOwnedId(caller.tenantId, id))
    .lean();
  if (found === null || !seesAlerts(caller, found.tenantId)) return notFound('alert', idOrName);
  return found;
}

/** The owner of an alert that is to be saved. NOT_FOUND for a tenant that the caller may not see, and for the whole id of an alert that is not there. */
export async function findAlertOwner(
  idOrName: string,
  wanted: string | null | undefined,
  context: UsageContext,
  connection: Connection,
): Promise<AlertOwner> {
  const { caller } = context;
  if (readOwnerId(toStoredId('Alert', idOrName)) !== null) {
    const { _id, tenantId } = await requireAlert(idOrName, context, connection);
    if (wanted == null || wanted === tenantId) return { _id, tenantId };
    return badInput('input.tenantId', 'is not the tenant of this alert, and an alert does not move.');
  }
  const name = checkedId(toStoredId('Alert', idOrName), 'input.id');
  if (wanted == null && hasScope(caller, 'tenants:admin')) return { _id: name, tenantId: null };
  const tenantId = wanted ?? ownTenantId(caller);
  const [tenant] = seesTenant(caller, tenantId)
    ? await findNodeRecords(connection, 'Tenant', [tenantId])
    : [];
  if (tenant === undefined) return notFound('tenant', tenantId);
  if (tenant.archivedAt !== null) return badInput('input.tenantId', 'is archived: restore it first.');
  return { _id: toOwnedId(tenantId, name), tenantId };
}

type Place = Pick<AlertRecord, 'appId' | 'keyId' | 'modelId' | 'budgetId'>;

/** What each part of a place is a record of. */
const types = {
  appId: ['App', 'app'],
  keyId: ['ApiKey', 'API key'],
  modelId: ['Model', 'AI model'],
  budgetId: ['Budget', 'budget'],
} as const satisfies Readonly<Record<keyof Place, readonly [NodeType, string]>>;

/** NOT_FOUND unless everything that is named is the tenant's, or an AI model of the mesh that is offered to the caller; of the mesh's alerts: is there. */
export async function checkPlace(
  place: Place,
  tenantId: string | null,
  { caller }: UsageContext,
  connection: Connection,
): Promise<void> {
  for (const [field, [type, words]] of Object.entries(types)) {
    const id = place[field as keyof Place];
    if (id === null) continue;
    const [found] = await findNodeRecords(connection, type, [id]);
    const isOffered =
      type === 'Model' &&
      found?.tenantId === null &&
      (found.offers === null || seesOffer(found.offers, caller));
    if (found === undefined || !(tenantId === null || found.tenantId === tenantId || isOffered))
      notFound(words, id);
  }
}
