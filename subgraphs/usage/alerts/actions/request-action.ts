import { type AlertActionRecord, alertActions } from '#mongo/alert-actions.ts';
import type { AlertEpisodeRecord } from '#mongo/alert-episodes.ts';
import { alerts } from '#mongo/alerts.ts';
import type { AlertDeps } from '../deps.ts';

/**
 * Requests what the alert of an episode does, once for the episode. Nothing is requested where the alert was saved again, disabled or deleted since the episode began: whoever did that
 * does not want it. The tenants subgraph applies it.
 */
export async function requestAction(
  { _id, alertId, keys, startedAt }: AlertEpisodeRecord,
  { connection }: Pick<AlertDeps, 'connection'>,
): Promise<void> {
  const alert = await alerts(connection).findById(alertId).lean();
  if (alert === null || !alert.enabled || alert.updatedAt > startedAt) return;
  const { action, savedBy = null, tenantId, appId, keyId, modelId } = alert;
  if (action === 'NOTIFY' || savedBy === null) return;
  const measured = {
    ...(appId === null ? {} : { app: appId }),
    ...(keyId === null ? {} : { key: keyId }),
    ...(modelId === null ? {} : { model: modelId }),
  };
  const requested: Omit<AlertActionRecord, '_id'> = {
    ...{ alertId, tenantId, action, keys: { ...measured, ...keys }, savedBy },
    limit: alert.actionLimit ?? null,
    routeId: alert.actionRouteId ?? null,
    modelId: alert.actionModelId ?? null,
    ...{ state: 'PENDING', target: null, targetTenantId: null, reason: null },
    ...{ requestedAt: startedAt, decidedAt: null, undoneAt: null, unpublished: [] },
  };
  await alertActions(connection).updateOne({ _id }, { $setOnInsert: requested }, { upsert: true });
}
