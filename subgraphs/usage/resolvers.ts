import type { GraphQLResolveInfo } from 'graphql';
import { badInput } from '#core/input.ts';
import { decimalOfNanos } from '#core/money.ts';
import { toNodeId, toStoredId } from '#core/node-id.ts';
import type { EventRecord } from '#mongo/events.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import type { CompleteResolvers } from '../runtime/complete-resolvers.ts';
import { readNow } from '../runtime/context.ts';
import { type EntityReference, toEntity } from '../runtime/entity.ts';
import { undoAlertAction } from './alerts/actions/undo-action.ts';
import { alertResolvers } from './alerts/alert-resolvers.ts';
import { listAlertActions, listAlerts, listEpisodes } from './alerts/manage/list-alerts.ts';
import { deleteAlert, saveAlert } from './alerts/manage/save-alert.ts';
import type { UsageDeps } from './deps.ts';
import type { EventFeed } from './events/event-feed.ts';
import { followEvents, listEvents } from './events/read-events.ts';
import { explainInvocation } from './explanation/explain-invocation.ts';
import {
  deleteUsageExport,
  findUsageExport,
  listUsageExports,
  readUsageExportPart,
  startUsageExport,
} from './exports/manage-exports.ts';
import type { ExportRunner } from './exports/run-exports.ts';
import { readCostForecast } from './forecast/cost-forecast.ts';
import type { Resolvers } from './generated.ts';
import { listAuditRecords } from './list-audit-records.ts';
import { listInvocations } from './list-invocations.ts';
import type { UsageContext } from './loaders.ts';
import { findNode, readNodeRules } from './nodes.ts';
import { usageBuckets } from './usage-buckets.ts';
import type { JoinDimension } from './usage-calls.ts';
import { type UsageArgs, usageQuery } from './usage-query.ts';

/** Ids that one field `nodes` takes. */
const nodesMax = 50;

/** A type of another subgraph that usage adds a field to: the reference itself is all that is known of it. */
function withUsage(dimension: JoinDimension) {
  return {
    __resolveReference: ({ id }: EntityReference) => ({ id }),
    usage: ({ id }: EntityReference, args: UsageArgs, { loaders }: UsageContext, info: GraphQLResolveInfo) =>
      loaders.usage.load({ dimension, id, query: usageQuery(args, info) }),
  };
}

/** Parents are the records as they are stored. */
export function usageResolvers(
  deps: UsageDeps,
  feed: EventFeed,
  exporting: Pick<ExportRunner, 'wake'>,
): CompleteResolvers<Resolvers<UsageContext>> {
  const { connection } = deps;
  const nodeRules = readNodeRules();
  return {
    ...scalarResolvers,
    Query: {
      node: (_, { id }, context) => findNode(id, context, nodeRules),
      nodes: (_, { ids }, context) => {
        if (ids.length > nodesMax) badInput('ids', `must be at most ${nodesMax}; there are ${ids.length}.`);
        return ids.map((id) => findNode(id, context, nodeRules));
      },
      usage: (_, args, context, info) =>
        usageBuckets(connection, context.reach('own-row').rows(), usageQuery(args, info)),
      costForecast: (_, { filter }, context) =>
        readCostForecast(
          connection,
          context.reach('own-row').rows(),
          filter ?? null,
          readNow(deps).getTime(),
        ),
      usageExport: (_, { id }, context) => findUsageExport(id, context, connection),
      usageExports: (_, _args, context) => listUsageExports(context, connection),
      invocations: (_, args, context) => listInvocations(connection, args, context.reach('own-row')),
      invocation: (_, { id }, { loaders }) => loaders.invocation.load(toStoredId('Invocation', id)),
      auditLog: (_, args, { caller }) => listAuditRecords(args, caller, connection),
      events: (_, args, { caller }) => listEvents(args, caller, connection),
      alerts: (_, args, context) => listAlerts(args, context, connection),
      alert: (_, { id }, { loaders }) => loaders.alert.load(toStoredId('Alert', id)),
      alertEpisodes: (_, args, context) => listEpisodes(args, context, connection),
      alertActions: (_, args, context) => listAlertActions(args, context, connection),
    },
    Mutation: {
      saveAlert: (_, { input }, context) => saveAlert(input, context, deps),
      deleteAlert: (_, { id }, context) => deleteAlert(id, context, deps),
      startUsageExport: async (_, { input }, context) => {
        const started = await startUsageExport(input, context, deps);
        exporting.wake();
        return started;
      },
      deleteUsageExport: (_, { id }, context) => deleteUsageExport(id, context, deps),
      undoAlertAction: (_, { id }, context) => undoAlertAction(id, context, deps),
    },
    Subscription: {
      events: {
        subscribe: (_, args, { caller, signal }) =>
          followEvents(args, caller, signal, { feed, database: connection }),
        resolve: (event: EventRecord) => event,
      },
    },
    ...alertResolvers(deps),
    UsageExport: {
      id: ({ _id }) => _id,
      tenant: ({ tenantId }) => toEntity(tenantId),
      part: (record, { number }) => readUsageExportPart(record, number, connection),
    },
    MeshEvent: {
      id: ({ _id }) => _id,
      tenant: ({ tenantId }) => toEntity(tenantId),
    },
    Invocation: {
      __resolveReference: ({ id }, { loaders }) => loaders.invocation.load(toStoredId('Invocation', id)),
      id: ({ _id }) => toNodeId('Invocation', _id),
      tenant: ({ tenantId }) => toEntity(tenantId),
      app: ({ appId }) => toEntity(appId),
      model: ({ modelId }) => toEntity(modelId),
      promptVersion: ({ promptVersionId }) => toEntity(promptVersionId),
      cost: ({ costNanos }) => decimalOfNanos(costNanos),
      unpriced: ({ unpriced }) => unpriced ?? false,
      tags: ({ tags }) => tags ?? [],
      traceId: ({ trace }) => trace?.traceId ?? null,
      guardrailVerdicts: ({ guardrailVerdicts }) => guardrailVerdicts ?? [],
      usageEstimated: ({ attempts }) => attempts.some(({ usageEstimated }) => usageEstimated === true),
      explanation: explainInvocation,
    },
    GuardrailVerdict: {
      policyId: ({ policyId }) => (policyId === null ? null : toNodeId('GuardrailPolicy', policyId)),
      spans: () => [],
    },
    Attempt: {
      model: ({ modelId }) => toEntity(modelId),
      usageEstimated: ({ usageEstimated }) => usageEstimated ?? false,
      cost: ({ costNanos }) => decimalOfNanos(costNanos),
    },
    TokenUsage: {
      totalTokens: (usage) => usage.inputTokens + usage.outputTokens,
      cacheWrite1hTokens: (usage) => usage.cacheWrite1hTokens ?? 0,
    },
    Budget: {
      __resolveReference: ({ id }: EntityReference) => ({ id }),
      forecast: ({ id }: EntityReference, _args, { loaders }) => loaders.budgetForecast.load(id),
    },
    Tenant: withUsage('TENANT'),
    App: withUsage('APP'),
    Model: withUsage('MODEL'),
    Prompt: withUsage('PROMPT'),
    AuditRecord: {
      id: ({ _id }) => _id,
      tenant: ({ tenantId }) => toEntity(tenantId),
      count: ({ count }) => count ?? 1,
      lastAt: ({ at, lastAt }) => lastAt ?? at,
      expiresAt: ({ expiresAt, keptUntil }) => expiresAt ?? keptUntil ?? null,
      sequence: ({ sequence }) => sequence ?? 0,
      hash: ({ hash }) => hash ?? '',
      previousHash: ({ previousHash }) => previousHash ?? '',
    },
    AuditActor: { app: ({ appId }) => toEntity(appId) },
  };
}
