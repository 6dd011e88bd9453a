import { describeActionScopes, mayAct } from '#core/alert-actions.ts';
import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { publishAction } from '#mongo/alert-action-events.ts';
import { type AlertActionRecord, actionsKeptMs, alertActions } from '#mongo/alert-actions.ts';
import { bumpCatalogRevision } from '#mongo/catalog-revisions.ts';
import { seesAlerts, type UsageDeps } from '../../deps.ts';
import type { UsageContext } from '../../loaders.ts';
import { readAlertTimeMs } from '../deps.ts';

/**
 * Undoes what an alert did: it lies over what is configured no longer, which is in force again as it is by now. One that was undone stays so. NOT_FOUND where there is none
 * that the caller may see, FORBIDDEN without the scopes of the action, CONFLICT for one that was refused.
 */
export async function undoAlertAction(
  id: string,
  context: UsageContext,
  deps: UsageDeps,
): Promise<AlertActionRecord> {
  const { connection, bus } = deps;
  const records = alertActions(connection);
  const before = await records.findById(id).lean();
  if (before === null || !seesAlerts(context.caller, before.tenantId)) return notFound('alert action', id);
  const { action, tenantId, alertId, target, targetTenantId } = before;
  if (!mayAct(action, context.caller, tenantId)) {
    throw new HeddleError(
      'FORBIDDEN',
      `Undoing the action ${action} requires ${describeActionScopes(action, tenantId)}.`,
    );
  }
  if (before.state === 'REFUSED') {
    throw new HeddleError('CONFLICT', `The alert action ${id} was refused: there is nothing to undo.`);
  }
  const ofTenant = targetTenantId ?? tenantId;
  await context.auditTarget({ tenantId: ofTenant, type: 'Alert', id: alertId });
  const nowMs = await readAlertTimeMs(deps);
  const undone = await records
    .findOneAndUpdate(
      { _id: id, state: { $in: ['PENDING', 'ACTIVE'] } },
      {
        $set: { state: 'UNDONE', undoneAt: new Date(nowMs), expiresAt: new Date(nowMs + actionsKeptMs) },
        $push: { unpublished: 'UNDONE' },
      },
      { returnDocument: 'after' },
    )
    .lean();
  if (undone !== null) {
    const about = { episodeId: id, action, target };
    context.audit({
      ...{ tenantId: ofTenant, type: 'Alert', id: alertId },
      before: { ...about, state: before.state },
      after: { ...about, state: 'UNDONE' },
    });
  } else context.unchanged();
  // Also where it was undone before: whoever did may have been killed before the others were notified.
  await bumpCatalogRevision(connection);
  await bus.publish('catalog.changed', { collection: 'alertActions' });
  await bus.publish('callers.changed', { tenantId: ofTenant });
  if (undone !== null) await publishAction(undone, connection, deps.events);
  return undone ?? (await records.findById(id).lean()) ?? notFound('alert action', id);
}
