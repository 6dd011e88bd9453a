import type { Connection } from 'mongoose';
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
 * Undoes what an alert did: it lies over what is configured no longer, which is in force again as it is by now. One that is not in force yet will not be, and publishes
 * no event. One that was undone stays so. NOT_FOUND where there is none that the caller may see, FORBIDDEN without the scopes of the action, CONFLICT for one that was
 * refused.
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
  const { action, tenantId, alertId, targetTenantId } = before;
  if (!mayAct(action, context.caller, tenantId)) {
    throw new HeddleError(
      'FORBIDDEN',
      `Undoing the action ${action} requires ${describeActionScopes(action, tenantId)}.`,
    );
  }
  if (before.state === 'REFUSED') refuse(id);
  const ofTenant = targetTenantId ?? tenantId;
  await context.auditTarget({ tenantId: ofTenant, type: 'Alert', id: alertId });
  const nowMs = await readAlertTimeMs(deps);
  // In the order of its states: it may become ACTIVE in between.
  const undone =
    (await changeState(id, 'PENDING', nowMs, connection)) ??
    (await changeState(id, 'ACTIVE', nowMs, connection));
  const after = undone ?? (await records.findById(id).lean()) ?? notFound('alert action', id);
  // It was refused in between.
  if (after.state === 'REFUSED') refuse(id);
  if (undone === null) context.unchanged();
  else {
    const about = { episodeId: id, action, target: undone.target };
    context.audit({
      ...{ tenantId: ofTenant, type: 'Alert', id: alertId },
      before: { ...about, state: undone.decidedAt === null ? 'PENDING' : 'ACTIVE' },
      after: { ...about, state: 'UNDONE' },
    });
  }
  // Also where it was undone before: whoever did may have been killed before the others were notified.
  await bumpCatalogRevision(connection);
  await bus.publish('catalog.changed', { collection: 'alertActions' });
  await bus.publish('callers.changed', { tenantId: after.targetTenantId ?? tenantId });
  if (undone !== null) await publishAction(undone, connection, deps.events);
  return after;
}

function refuse(id: string): never {
  throw new HeddleError('CONFLICT', `The alert action ${id} was refused: there is nothing to undo.`);
}

/** Null: it is not in that state. Only what was in force is published as undone. */
function changeState(
  id: string,
  from: 'PENDING' | 'ACTIVE',
  nowMs: number,
  connection: Connection,
): Promise<AlertActionRecord | null> {
  return alertActions(connection)
    .findOneAndUpdate(
      { _id: id, state: from },
      {
        $set: { state: 'UNDONE', undoneAt: new Date(nowMs), expiresAt: new Date(nowMs + actionsKeptMs) },
        ...(from === 'ACTIVE' && { $push: { unpublished: 'UNDONE' } }),
      },
      { returnDocument: 'after' },
    )
    .lean()
    .exec();
}
