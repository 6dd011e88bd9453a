import { toCallName } from '#core/owned-id.ts';
import type { TenantsDeps } from '../deps.ts';
import type { MutationResolvers, QueryResolvers, Resolvers } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { listWebhookDeliveries, listWebhooks } from './list-webhooks.ts';
import { replayWebhook } from './replay-webhook.ts';
import { saveWebhook } from './save-webhook.ts';
import { testWebhook } from './try-webhook.ts';

/** The fields of webhooks and their deliveries. */
export const webhookResolvers = {
  Webhook: {
    id: ({ _id }) => _id,
    name: ({ _id }) => toCallName(_id),
    tenant: ({ tenantId }, _args, { loaders }) => (tenantId === null ? null : loaders.tenant.load(tenantId)),
    types: ({ types }) => [...types],
    secretHint: ({ hint }) => hint,
  },
  WebhookDelivery: {
    id: ({ _id }) => _id,
    tenant: ({ tenantId }, _args, { loaders }) => (tenantId === null ? null : loaders.tenant.load(tenantId)),
    eventId: ({ event }) => event.id,
    eventType: ({ event }) => event.type,
    eventAt: ({ event }) => event.at,
    subject: ({ event }) => event.subject,
    nextAttemptAt: ({ state, dueAt }) => (state === 'PENDING' ? dueAt : null),
  },
} satisfies Resolvers<TenantsContext>;

/** The queries of webhooks and their deliveries. */
export function webhookQueries(deps: TenantsDeps) {
  return {
    webhooks: (_root, args, context) => listWebhooks(args.tenantId, context, deps),
    webhookDeliveries: (_root, args, context) => listWebhookDeliveries(args, context, deps),
  } satisfies Pick<QueryResolvers<TenantsContext>, 'webhooks' | 'webhookDeliveries'>;
}

type MutationNames = 'saveWebhook' | 'deleteWebhook' | 'testWebhook' | 'replayWebhook';

/** The mutations of webhooks. */
export function webhookMutations(deps: TenantsDeps) {
  return {
    saveWebhook: (_root, { input }, context) => saveWebhook(input, context, deps),
    deleteWebhook: (_root, args, context) => deleteWebhook(args.id, context, deps),
    testWebhook: (_root, args, context) => testWebhook(args.id, context, deps),
    replayWebhook: (_root, { input }, context) => replayWebhook(input, context, deps),
  } satisfies Pick<MutationResolvers<TenantsContext>, MutationNames>;
}
