import type { GraphQLResolveInfo } from 'graphql';
import { badInput } from '#core/input.ts';
import { decimalOfNanos } from '#core/money.ts';
import { nodeIdOf, storedIdOf } from '#core/node-id.ts';
import type { AuditRecord } from '#mongo/audit-log.ts';
import type { AttemptRecord, InvocationRecord, UsageRecord } from '#mongo/invocations.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import type { SubgraphResolvers } from '../runtime/subgraph.ts';
import type { UsageContext } from './context.ts';
import { type UsageDeps, visibleRows } from './deps.ts';
import { listAuditRecords } from './list-audit-records.ts';
import { listInvocations } from './list-invocations.ts';
import type { UsageLoaders } from './loaders.ts';
import { findNode, readNodeRules } from './nodes.ts';
import { usageBuckets } from './usage-buckets.ts';
import { type UsageArgs, usageQuery } from './usage-query.ts';
import type { JoinField } from './usage-rows.ts';

/** Ids that one field `nodes` takes. */
const nodesMax = 50;

interface Entity {
  readonly id: string;
}

/** Another subgraph's entity; null stays null. */
const entity = (id: string | null) => (id === null ? null : { id });

/** A type of another subgraph that usage adds a field to: the reference itself is all that is known of it. */
function withUsage(field: JoinField) {
  return {
    __resolveReference: ({ id }: Entity) => ({ id }),
    usage: ({ id }: Entity, args: UsageArgs, { loaders }: UsageContext, info: GraphQLResolveInfo) =>
      loaders.usageOf.load({ field, id, query: usageQuery(args, info) }),
  };
}

/** Parents are the records as they are stored. */
export function usageResolvers({ connection }: UsageDeps): SubgraphResolvers<UsageLoaders> {
  const nodeRules = readNodeRules();
  return {
    ...scalarResolvers,
    Query: {
      node: (_, { id }, context) => findNode(id, context, nodeRules),
      nodes: (_, { ids }: { readonly ids: readonly string[] }, context) => {
        if (ids.length > nodesMax) badInput('ids', `must be at most ${nodesMax}; there are ${ids.length}.`);
        return ids.map((id) => findNode(id, context, nodeRules));
      },
      usage: (_, args: UsageArgs, { caller }, info) =>
        usageBuckets(connection, visibleRows(caller), usageQuery(args, info)),
      invocations: (_, { filter, ...page }, { caller }) =>
        listInvocations(connection, filter ?? null, caller, page),
      invocation: (_, { id }, { loaders }) => loaders.invocation.load(storedIdOf('Invocation', id)),
      auditLog: (_, args, { caller }) => listAuditRecords(args, caller, connection),
    },
    Invocation: {
      __resolveReference: ({ id }: Entity, { loaders }) =>
        loaders.invocation.load(storedIdOf('Invocation', id)),
      id: ({ _id }: InvocationRecord) => nodeIdOf('Invocation', _id),
      tenant: ({ tenantId }: InvocationRecord) => entity(tenantId),
      app: ({ appId }: InvocationRecord) => entity(appId),
      model: ({ modelId }: InvocationRecord) => entity(modelId),
      promptVersion: ({ promptVersionId }: InvocationRecord) => entity(promptVersionId),
      cost: ({ costNanos }: InvocationRecord) => decimalOfNanos(costNanos),
      unpriced: ({ unpriced }: InvocationRecord) => unpriced ?? false,
      tags: ({ tags }: InvocationRecord) => tags ?? [],
      usageEstimated: ({ attempts }: InvocationRecord) =>
        attempts.some(({ usageEstimated }) => usageEstimated === true),
    },
    Attempt: {
      model: ({ modelId }: AttemptRecord) => entity(modelId),
      usageEstimated: ({ usageEstimated }: AttemptRecord) => usageEstimated ?? false,
      cost: ({ costNanos }: AttemptRecord) => decimalOfNanos(costNanos),
    },
    TokenUsage: { totalTokens: (usage: UsageRecord) => usage.inputTokens + usage.outputTokens },
    Tenant: withUsage('tenantId'),
    App: withUsage('appId'),
    Model: withUsage('modelId'),
    Prompt: withUsage('promptId'),
    AuditRecord: {
      id: ({ _id }: AuditRecord) => _id,
      tenant: ({ tenantId }: AuditRecord) => entity(tenantId),
      count: ({ count }: AuditRecord) => count ?? 1,
      lastAt: ({ at, lastAt }: AuditRecord) => lastAt ?? at,
    },
    AuditActor: { app: ({ appId }: AuditRecord['actor']) => entity(appId) },
  };
}
