import DataLoader from 'dataloader';
import type { Connection } from 'mongoose';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { type SubgraphContext, seesTenant } from '../shared/context.ts';
import { recordLoader } from '../shared/loaders.ts';
import { visibleRows } from './deps.ts';
import { type UsageBucket, usageBuckets } from './usage-buckets.ts';
import type { UsageQuery } from './usage-query.ts';
import type { JoinField } from './usage-rows.ts';

/** The usage of one tenant, app, model or prompt. */
interface UsageOf {
  readonly field: JoinField;
  readonly id: string;
  readonly query: UsageQuery;
}

export interface UsageLoaders {
  readonly invocation: DataLoader<string, InvocationRecord | null>;
  readonly usageOf: DataLoader<UsageOf, readonly UsageBucket[], string>;
}

const batchMax = 500;

const kindOf = ({ field, query }: UsageOf) => `${field} ${JSON.stringify(query)}`;

export function createUsageLoaders(
  connection: Connection,
  { caller }: Pick<SubgraphContext, 'caller'>,
): UsageLoaders {
  /** One command for all that differ only in the id. */
  async function usageOf(wanted: readonly UsageOf[]): Promise<(readonly UsageBucket[])[]> {
    const kinds = Map.groupBy(wanted, kindOf);
    const buckets = new Map<string, UsageBucket[]>();
    await Promise.all(
      [...kinds].map(async ([kind, group]) => {
        const [first] = group;
        if (first === undefined) return;
        const found = await usageBuckets(connection, visibleRows(caller), first.query, {
          field: first.field,
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
    return wanted.map((one) => buckets.get(`${kindOf(one)} ${one.id}`) ?? []);
  }

  return {
    invocation: recordLoader(
      (ids) =>
        invocations(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      (invocation) => invocation._id,
      ({ tenantId }) => seesTenant(caller, tenantId),
    ),
    usageOf: new DataLoader(usageOf, {
      maxBatchSize: batchMax,
      cacheKeyFn: (one) => `${kindOf(one)} ${one.id}`,
    }),
  };
}
