import { describeActionScopes, mayAct } from '#core/alert-actions.ts';
import { keepRunning } from '#core/keep-running.ts';
import { publishAction, publishLeftActions } from '#mongo/alert-action-events.ts';
import { type AlertActionRecord, actionsKeptMs, alertActions } from '#mongo/alert-actions.ts';
import { alerts } from '#mongo/alerts.ts';
import { bumpCatalogRevision } from '#mongo/catalog-revisions.ts';
import { withLock } from '#mongo/locks.ts';
import { auditedStart } from '../../runtime/policy/audited-start.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import { findSaver } from './find-saver.ts';
import { type FoundTarget, findTarget } from './find-target.ts';

const everyMs = 3_000;
/** Actions that one sweep applies. */
const perSweepMax = 100;
/** Actions of one owner that are in force at once. */
const activeMax = 1_000;

/**
 * Applies what alerts have requested, with the rights that whoever saved the alert has by now: each once, in one process of all, also where one is killed. What is
 * refused keeps the reason. Returns how many there were.
 */
export async function applyAlertActions(deps: TenantsDeps): Promise<number> {
  const { connection, events } = deps;
  const pending = await alertActions(connection)
    .find({ state: 'PENDING' })
    .sort({ requestedAt: 1, _id: 1 })
    .limit(perSweepMax)
    .lean();
  for (const { _id } of pending) await withLock(connection, 'alert actions', () => applyAction(_id, deps));
  await publishLeftActions(connection, events);
  return pending.length;
}

async function applyAction(id: string, deps: TenantsDeps): Promise<void> {
  const records = alertActions(deps.connection);
  const requested = await records.findOne({ _id: id, state: 'PENDING' }).lean();
  if (requested === null) return;
  const found = await decide(requested, deps);
  const isRefused = 'refusal' in found;
  const target = isRefused ? null : found.target;
  const tenantId = isRefused ? requested.tenantId : found.tenantId;
  const now = readNow(deps);
  const change = {
    ...{ state: isRefused ? ('REFUSED' as const) : ('ACTIVE' as const), decidedAt: now, target },
    ...{ targetTenantId: tenantId, reason: isRefused ? found.refusal : null },
    ...(isRefused ? { expiresAt: new Date(now.getTime() + actionsKeptMs) } : {}),
  };
  const { alertId, action, limit, routeId, modelId, savedBy } = requested;
  const audited = {
    action,
    target,
    limit,
    routeId,
    modelId,
    savedBy,
    state: change.state,
    reason: change.reason,
  };
  const about = { action: 'alert.act', targetType: 'Alert', targetId: alertId, tenantId };
  await auditedStart(deps.audit, { ...about, requestId: `episode ${id}`, after: audited }, async () => {
    // Not where it was undone meanwhile.
    const { modifiedCount } = await records.updateOne(
      { _id: id, state: 'PENDING' },
      { $set: change, $push: { unpublished: 'ACTED' } },
    );
    return modifiedCount === 1;
  });
  if (!isRefused) await notify(action, tenantId, deps);
  const applied = await records.findById(id).lean();
  if (applied !== null) await publishAction(applied, deps.connection, deps.events);
}

/** What is acted on; why nothing is. */
async function decide(requested: AlertActionRecord, deps: TenantsDeps): Promise<FoundTarget> {
  const { action, tenantId, alertId, savedBy, requestedAt } = requested;
  const alert = await alerts(deps.connection).findById(alertId, { enabled: 1, updatedAt: 1 }).lean();
  if (alert === null || !alert.enabled || alert.updatedAt > requestedAt) {
    return { refusal: 'The alert was saved again, disabled or deleted since.' };
  }
  const saver = await findSaver(savedBy, deps);
  if (saver === null) return { refusal: 'Whoever saved the alert has no rights any more: save it again.' };
  if (!mayAct(action, saver, tenantId)) {
    return {
      refusal: `Whoever saved the alert lacks scopes by now; it requires ${describeActionScopes(action, tenantId)}.`,
    };
  }
  const found = await findTarget(requested, saver, deps);
  if ('refusal' in found) return found;
  const records = alertActions(deps.connection);
  const same = await records
    .findOne({ state: 'ACTIVE', target: found.target, alertId, action }, { _id: 1 })
    .lean();
  if (same !== null) return { refusal: `The action ${same._id} of the alert is in force on it already.` };
  if ((await records.countDocuments({ state: 'ACTIVE', tenantId }).limit(activeMax)) >= activeMax) {
    return { refusal: `${activeMax} actions are in force already: undo some of them.` };
  }
  return found;
}

/** Has every process look at what is in force now. */
async function notify(
  action: AlertActionRecord['action'],
  tenantId: string | null,
  deps: TenantsDeps,
): Promise<void> {
  if (action === 'LOWER_LIMIT' || action === 'SUSPEND_KEY') return callersChanged(deps, tenantId);
  await bumpCatalogRevision(deps.connection);
  await deps.bus.publish('catalog.changed', { collection: 'alertActions' });
}

/** Looks every three seconds until it is disposed; a look that fails is logged, and the next one makes up for it. */
export function keepApplyingActions(deps: TenantsDeps): AsyncDisposable {
  return keepRunning(
    everyMs,
    () => applyAlertActions(deps),
    (err) => deps.log.warn({ err }, 'actions of alerts could not be applied yet'),
  );
}
