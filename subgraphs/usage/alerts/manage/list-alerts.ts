import type { Connection as Database } from 'mongoose';
import { toStoredId } from '#core/node-id.ts';
import { type AlertActionRecord, alertActions } from '#mongo/alert-actions.ts';
import { type AlertEpisodeRecord, alertEpisodes } from '#mongo/alert-episodes.ts';
import { type AlertRecord, alerts } from '#mongo/alerts.ts';
import { type Connection, findPage } from '../../../runtime/connection.ts';
import { given, timeSort } from '../../../runtime/list-input.ts';
import { visibleRecords } from '../../deps.ts';
import type { QueryAlertActionsArgs, QueryAlertEpisodesArgs, QueryAlertsArgs } from '../../generated.ts';
import type { UsageContext } from '../../loaders.ts';

/** Alerts that match every specified field and that the caller may see, by ID. */
export function listAlerts(
  { filter, orderBy, ...page }: QueryAlertsArgs,
  { caller }: UsageContext,
  database: Database,
): Promise<Connection<AlertRecord>> {
  const { tenantId, condition, enabled } = filter ?? {};
  const where = { ...given({ condition, enabled }), ...ofTenant(tenantId, caller) };
  return findPage(alerts(database), where, { _id: orderBy === 'ID_DESC' ? -1 : 1 }, page);
}

/** Episodes that match every specified field and that the caller may see, by their beginning. */
export function listEpisodes(
  { filter, orderBy, ...page }: QueryAlertEpisodesArgs,
  { caller }: UsageContext,
  database: Database,
): Promise<Connection<AlertEpisodeRecord>> {
  const { tenantId, alertId, open, from, to } = filter ?? {};
  const range = given({ $gte: from, $lt: to });
  const where = {
    ...given({ alertId: alertId == null ? null : toStoredId('Alert', alertId) }),
    ...(open == null ? {} : { openKey: { $exists: open } }),
    ...(Object.keys(range).length === 0 ? {} : { startedAt: range }),
    ...ofTenant(tenantId, caller),
  };
  return findPage(alertEpisodes(database), where, timeSort(orderBy ?? 'NEWEST_FIRST', 'startedAt'), page);
}

/** What alerts have done, that matches every specified field and that the caller may see, by the time that it was requested. */
export function listAlertActions(
  { filter, orderBy, ...page }: QueryAlertActionsArgs,
  { caller }: UsageContext,
  database: Database,
): Promise<Connection<AlertActionRecord>> {
  const { tenantId, alertId, state } = filter ?? {};
  const where = {
    ...given({ alertId: alertId == null ? null : toStoredId('Alert', alertId), state }),
    ...ofTenant(tenantId, caller),
  };
  return findPage(alertActions(database), where, timeSort(orderBy ?? 'NEWEST_FIRST', 'requestedAt'), page);
}

/** The tenant that is wanted, of those that the caller may see. */
function ofTenant(wanted: string | null | undefined, caller: UsageContext['caller']) {
  const visible = visibleRecords(caller);
  const isOther = wanted != null && visible.tenantId !== undefined && wanted !== visible.tenantId;
  if (isOther) return { tenantId: { $in: [] } };
  return { ...given({ tenantId: wanted }), ...visible };
}
