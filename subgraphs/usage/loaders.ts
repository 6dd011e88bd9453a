import DataLoader from 'dataloader';
import type { Connection } from 'mongoose';
import { hasScope } from '#core/caller.ts';
import { findPrefixedType, isPrefixedType, toStoredId } from '#core/node-id.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import { type AlertActionRecord, alertActions } from '#mongo/alert-actions.ts';
import { type AlertRecord, alerts } from '#mongo/alerts.ts';
import { type AuditRecord, auditLog } from '#mongo/audit/log.ts';
import { budgets } from '#mongo/budgets.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { findNodeRecords, type NodeRecord, type NodeType, plainIdTypes } from '#mongo/node-records.ts';
import { readNow, type SubgraphContext } from '../runtime/context.ts';
import { recordLoader } from '../runtime/loaders.ts';
import { seesAlerts, type UsageDeps } from './deps.ts';
import { readBudgetForecast } from './forecast/budget-forecast.ts';
import type { BudgetForecast, UsageBucket } from './generated.ts';
import { usageBuckets } from './usage-buckets.ts';
import type { JoinDimension } from './usage-calls.ts';
import type { UsageQuery } from './usage-query.ts';

/** The usage of one tenant, app, model or prompt. */
interface UsageRequest {
  readonly dimension: JoinDimension;
  readonly id: string;
  readonly query: UsageQuery;
}

export interface UsageLoaders {
  readonly invocation: DataLoader<string, InvocationRecord | null>;
  readonly alert: DataLoader<string, AlertRecord | null>;
  /** By the id of its episode. */
  readonly alertAction: DataLoader<string, AlertActionRecord | null>;
  readonly auditRecord: DataLoader<string, AuditRecord | null>;
  /** What is stored under an id of the graph, whoever may see it. */
  readonly nodeRecords: DataLoader<string, readonly NodeRecord[]>;
  readonly usage: DataLoader<UsageRequest, readonly UsageBucket[], string>;
  /** By the id of a budget; null also where the caller does not see all calls of its tenant. */
  readonly budgetForecast: DataLoader<string, BudgetForecast | null>;
}

const batchMax = 500;

const toGroupKey = ({ dimension, query }: UsageRequest) => `${dimension} ${JSON.stringify(query)}`;

/** One command for each type that an id may be of. */
async function loadNodeRecords(
  connection: Connection,
  ids: readonly string[],
): Promise<(readonly NodeRecord[])[]> {
  const wanted = new Map<NodeType, Set<string>>();
  const storedAs = (type: NodeType, id: string) => (isPrefixedType(type) ? toStoredId(type, id) : id);
  for (const id of ids) {
    for (const type of nodeTypesOfId(id)) {
      const known = wanted.get(type);
      if (known === undefined) wanted.set(type, new Set([storedAs(type, id)]));
      else known.add(storedAs(type, id));
    }
  }
  const found = await Promise.all(
    [...wanted].map(([type, stored]) => findNodeRecords(connection, type, [...stored])),
  );
  const records = found.flat();
  return ids.map((id) => {
    const types = nodeTypesOfId(id);
    return records.filter((record) => types.includes(record.type) && record.id === storedAs(record.type, id));
  });
}

export function createUsageLoaders(
  deps: UsageDeps,
  context: Pick<SubgraphContext, 'caller' | 'reach'>,
): UsageLoaders {
  const { connection } = deps;
  const { caller } = context;
  /** One command for all that differ only in the id. */
  async function loadUsage(wanted: readonly UsageRequest[]): Promise<(readonly UsageBucket[])[]> {
    const kinds = Map.groupBy(wanted, toGroupKey);
    const buckets = new Map<string, UsageBucket[]>();
    await Promise.all(
      [...kinds].map(async ([kind, group]) => {
        const [first] = group;
        if (first === undefined) return;
        const found = await usageBuckets(connection, context.reach('own-row').rows(), first.query, {
          dimension: first.dimension,
          ids: group.map(({ id }) => id),
        });
        for (const { joinId, ...bucket } of found) {
          const key = `${kind} ${joinId}`;
          const known = buckets.get(key);
          if (known === undefined) buckets.set(key, [bucket]);
          else known.push(bucket);
        }
      }),
    );
    return wanted.map((one) => buckets.get(`${toGroupKey(one)} ${one.id}`) ?? []);
  }

  async function loadBudgetForecasts(ids: readonly string[]): Promise<(BudgetForecast | null)[]> {
    const found = await budgets(connection)
      .find({ _id: { $in: ids }, hidden: null })
      .lean();
    const forecasts = new Map<string, BudgetForecast | null>();
    for (const budget of found) {
      const ofTenant = { tenantId: budget.tenantId, appId: null, keyId: null };
      if (context.reach('own-row').sees(ofTenant))
        forecasts.set(budget._id, await readBudgetForecast(budget, connection, readNow(deps).getTime()));
    }
    return ids.map((id) => forecasts.get(id) ?? null);
  }

  return {
    invocation: recordLoader(
      (ids) =>
        invocations(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      (invocation) => invocation._id,
      (row) => context.reach('own-row').sees(row),
    ),
    alert: recordLoader(
      (ids) =>
        alerts(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      (alert) => alert._id,
      ({ tenantId }) => seesAlerts(caller, tenantId),
    ),
    alertAction: recordLoader(
      (ids) =>
        alertActions(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      (action) => action._id,
      ({ tenantId }) => seesAlerts(caller, tenantId),
    ),
    auditRecord: recordLoader(
      (ids) =>
        auditLog(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      (record) => record._id,
      ({ tenantId }) =>
        tenantId === null ? hasScope(caller, 'tenants:admin') : seesTenant(caller, tenantId),
    ),
    nodeRecords: new DataLoader((ids) => loadNodeRecords(connection, ids), { maxBatchSize: batchMax }),
    usage: new DataLoader(loadUsage, {
      maxBatchSize: batchMax,
      cacheKeyFn: (one) => `${toGroupKey(one)} ${one.id}`,
    }),
    budgetForecast: new DataLoader(loadBudgetForecasts, { maxBatchSize: batchMax }),
  };
}

/** The types that the form of an id allows. */
function nodeTypesOfId(id: string): readonly NodeType[] {
  const prefixed = findPrefixedType(id);
  if (prefixed !== undefined) return [prefixed];
  return id.includes('/') ? ['Model'] : plainIdTypes;
}

export type UsageContext = SubgraphContext<UsageLoaders>;
