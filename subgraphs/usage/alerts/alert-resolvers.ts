import { toNodeId, toStoredId } from '#core/node-id.ts';
import { toEntity } from '../../runtime/entity.ts';
import type { UsageDeps } from '../deps.ts';
import type { AlertEpisodeResolvers, AlertResolvers } from '../generated.ts';
import type { UsageContext } from '../loaders.ts';
import { toCallsUrl } from './episodes/episode-links.ts';

/** The fields of Alert and AlertEpisode. Parents are the records as they are stored. */
export function alertResolvers({ publicUrl }: UsageDeps) {
  return {
    Alert: {
      __resolveReference: ({ id }, { loaders }) => loaders.alert.load(toStoredId('Alert', id)),
      id: ({ _id }) => toNodeId('Alert', _id),
      tenant: ({ tenantId }) => toEntity(tenantId),
      app: ({ appId }) => toEntity(appId),
      model: ({ modelId }) => toEntity(modelId),
    } satisfies AlertResolvers<UsageContext>,
    AlertEpisode: {
      id: ({ _id }) => _id,
      alertId: ({ alertId }) => toNodeId('Alert', alertId),
      tenant: ({ tenantId }) => toEntity(tenantId),
      callsUrl: (episode) => toCallsUrl(episode, publicUrl),
    } satisfies AlertEpisodeResolvers<UsageContext>,
  };
}
