import { type GraphQLResolveInfo, Kind } from 'graphql';
import { badInput } from '#core/input.ts';
import type { QueryUsageArgs } from './generated.ts';

/** What one `usage` field requests, checked. */
export interface UsageQuery extends Readonly<QueryUsageArgs> {
  /** Whether latencies are requested: they take a third of the work, and most of the memory. */
  readonly latencies: boolean;
}

const daysMax = 400;
const dayMs = 86_400_000;

/** BAD_USER_INPUT for a range that is empty, turned round or longer than 400 days. Dimensions come once each. */
export function usageQuery(
  { from, to, interval, by, filter }: QueryUsageArgs,
  { fieldNodes }: Pick<GraphQLResolveInfo, 'fieldNodes'>,
): UsageQuery {
  if (from.getTime() >= to.getTime()) badInput('from', 'must lie before to.');
  if (to.getTime() - from.getTime() > daysMax * dayMs) {
    badInput('to', `must lie at most ${daysMax} days after from.`);
  }
  const selections = fieldNodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  const latencies = selections.some((one) => one.kind !== Kind.FIELD || one.name.value.startsWith('latency'));
  return { from, to, interval, by: [...new Set(by)], filter: filter ?? null, latencies };
}
