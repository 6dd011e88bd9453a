import { type LimitAmount, toGraphLimit } from '#core/limit-amount.ts';
import { toNodeId, toStoredId } from '#core/node-id.ts';
import { toEntity } from '../../runtime/entity.ts';
import type { UsageDeps } from '../deps.ts';
import type { AlertActionRunResolvers, AlertEpisodeResolvers, AlertResolvers } from '../generated.ts';
import type { UsageContext } from '../loaders.ts';
import { toCallsUrl } from './episodes/episode-links.ts';

/** The fields of Alert, AlertEpisode and AlertActionRun. Parents are the records as they are stored. */
export function alertResolvers({ publicUrl }: UsageDeps) {
  return {
    Alert: {
      __resolveReference: ({ id }, { loaders }) => loaders.alert.load(toStoredId('Alert', id)),
      id: ({ _id }) => toNodeId('Alert', _id),
      tenant: ({ tenantId }) => toEntity(tenantId),
      app: ({ appId }) => toEntity(appId),
      model: ({ modelId }) => toEntity(modelId),
      actionLimit: ({ actionLimit }) => toLimit(actionLimit),
      actionRouteId: ({ actionRouteId }) => actionRouteId ?? null,
      actionModelId: ({ actionModelId }) => actionModelId ?? null,
    } satisfies AlertResolvers<UsageContext>,
    AlertEpisode: {
      id: ({ _id }) => _id,
      alertId: ({ alertId }) => toNodeId('Alert', alertId),
      tenant: ({ tenantId }) => toEntity(tenantId),
      action: ({ _id }, _args, { loaders }) => loaders.alertAction.load(_id),
      callsUrl: (episode) => toCallsUrl(episode, publicUrl),
    } satisfies AlertEpisodeResolvers<UsageContext>,
    AlertActionRun: {
      id: ({ _id }) => _id,
      alertId: ({ alertId }) => toNodeId('Alert', alertId),
      tenant: ({ tenantId }) => toEntity(tenantId),
      limit: ({ limit }) => toLimit(limit),
    } satisfies AlertActionRunResolvers<UsageContext>,
  };
}

const toLimit = (limit: LimitAmount | null | undefined) => (limit == null ? null : toGraphLimit(limit));
