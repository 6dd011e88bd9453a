import { randomUUID } from 'node:crypto';
import { toNodeId } from '#core/node-id.ts';
import { type AlertRecord, alerts } from '#mongo/alerts.ts';
import { withRoom } from '../../../runtime/with-room.ts';
import type { UsageDeps } from '../../deps.ts';
import type { AlertInput } from '../../generated.ts';
import type { UsageContext } from '../../loaders.ts';
import { readSaver } from '../actions/alert-saver.ts';
import { checkActionTarget } from '../actions/checked-action.ts';
import { readAlertTimeMs } from '../deps.ts';
import { endEpisodes } from '../episodes/apply-judgements.ts';
import { type AlertContent, checkedAlert } from './alert-input.ts';
import { checkPlace, findAlertOwner, requireAlert } from './alert-place.ts';

/**
 * Saves an alert in place of the one with the same id, whose open episodes end. It is evaluated at once. What it does has the rights of the caller; FORBIDDEN
 * where these do not suffice.
 */
export async function saveAlert(
  input: AlertInput,
  context: UsageContext,
  deps: UsageDeps,
): Promise<AlertRecord> {
  const { connection } = deps;
  const { _id, tenantId } = await findAlertOwner(input.id, input.tenantId, context, connection);
  const content = checkedAlert(input);
  await checkPlace(content, tenantId, context, connection);
  const savedBy = readSaver(content.action, context.caller, tenantId);
  await checkActionTarget(content, content, tenantId, connection);
  await context.auditTarget({ tenantId, type: 'Alert', id: _id });
  const nowMs = await readAlertTimeMs(deps);
  const now = new Date(nowMs);
  const records = alerts(connection);
  const { before, after } = await withRoom(
    deps,
    tenantId === null ? 'alerts' : 'alertsPerTenant',
    tenantId ?? '',
    async () => {
      const others = await records.countDocuments({ tenantId, _id: { $ne: _id } });
      return others;
    },
    async () => {
      const before = await records.findById(_id).lean();
      const after: AlertRecord = {
        ...{ _id, tenantId, ...content, savedBy },
        ...{ createdAt: before?.createdAt ?? now, updatedAt: now },
        ...{ dueAt: now, turn: randomUUID(), evaluatedAt: null, problem: null },
      };
      await records.replaceOne({ _id }, after, { upsert: true });
      return { before, after };
    },
  );
  if (before !== null) await endEpisodes(_id, 'ALERT_CHANGED', nowMs, deps);
  context.audit({
    ...{ tenantId, type: 'Alert', id: _id },
    ...(before === null ? {} : { before: toAudited(before) }),
    after: toAudited(after),
  });
  context.loaders.alert.clear(_id);
  return after;
}

/** Deletes an alert, ends its open episodes, and returns its id. */
export async function deleteAlert(id: string, context: UsageContext, deps: UsageDeps): Promise<string> {
  const before = await requireAlert(id, context, deps.connection);
  const { _id, tenantId } = before;
  await context.auditTarget({ tenantId, type: 'Alert', id: _id });
  await alerts(deps.connection).deleteOne({ _id });
  await endEpisodes(_id, 'ALERT_DELETED', await readAlertTimeMs(deps), deps);
  context.audit({ tenantId, type: 'Alert', id: _id, before: toAudited(before) });
  context.loaders.alert.clear(_id);
  return toNodeId('Alert', _id);
}

/** An alert as the audit log has it: what was chosen, without what evaluations keep. */
function toAudited({ dueAt, turn, evaluatedAt, problem, ...chosen }: AlertRecord): Partial<AlertContent> {
  return chosen;
}
