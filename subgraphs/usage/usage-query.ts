import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import type { UsageOrder } from '#core/graph-enums.generated.ts';
import { badInput } from '#core/input.ts';
import type { QueryUsageArgs } from './generated.ts';

/** The arguments of every `usage` field; only that of the whole mesh has an order and a number. */
export type UsageArgs = Omit<QueryUsageArgs, 'orderBy' | 'top'> &
  Partial<Pick<QueryUsageArgs, 'orderBy' | 'top'>>;

/** What one `usage` field requests, checked. */
export interface UsageQuery extends Readonly<Omit<UsageArgs, 'orderBy' | 'top'>> {
  readonly orderBy: UsageOrder;
  /** Buckets of each start; null: all. */
  readonly top: number | null;
  /** Whether latencies are requested: they take a third of the work, and most of the memory. */
  readonly latencies: boolean;
  /** Whether the range before is requested too. */
  readonly previous: boolean;
  /** Whether the calls that were rated are requested too. */
  readonly rated: boolean;
}

const daysMax = 400;
const dayMs = 86_400_000;
const topMax = 10_000;

/** BAD_USER_INPUT for a range that is empty, turned round or longer than 400 days. Dimensions come once each. */
export function usageQuery(
  { from, to, interval, by, filter, orderBy, top = null }: UsageArgs,
  { fieldNodes, fragments }: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
): UsageQuery {
  checkUsageRange({ from, to });
  if (top !== null && (top < 1 || top > topMax)) badInput('top', `must be from 1 to ${topMax}.`);
  const fields = listFields(fieldNodes, fragments);
  const previous = fields.filter(({ name }) => name.value === 'previous');
  const all = [...fields, ...listFields(previous, fragments)];
  return {
    ...{ from, to, interval, top, orderBy: orderBy ?? 'KEYS', filter: filter ?? null },
    by: [...new Set(by)],
    latencies: all.some(({ name }) => name.value.startsWith('latency')),
    previous: previous.length > 0,
    rated: fields.some(({ name }) => name.value === 'rated'),
  };
}

/** BAD_USER_INPUT for a range that is empty, turned round or longer than 400 days. */
export function checkUsageRange<T extends { readonly from: Date; readonly to: Date }>(range: T): T {
  const { from, to } = range;
  if (from.getTime() >= to.getTime()) badInput('from', 'must lie before to.');
  if (to.getTime() - from.getTime() > daysMax * dayMs) {
    badInput('to', `must lie at most ${daysMax} days after from.`);
  }
  return range;
}

/** The fields that are selected of these, those of fragments included. */
function listFields(
  nodes: readonly { readonly selectionSet?: SelectionSetNode | undefined }[],
  fragments: GraphQLResolveInfo['fragments'],
): readonly FieldNode[] {
  return nodes
    .flatMap(({ selectionSet }) => selectionSet?.selections ?? [])
    .flatMap((one) => {
      if (one.kind === Kind.FIELD) return [one];
      const fragment = one.kind === Kind.INLINE_FRAGMENT ? one : fragments[one.name.value];
      return fragment === undefined ? [] : listFields([fragment], fragments);
    });
}

const hourMs = 3_600_000;
const unitMs = { HOUR: hourMs, DAY: dayMs } as const;

/** The range before, with the start of its bucket that stands for one of the range; BAD_USER_INPUT where its buckets would not be as long as those of the range. */
export function toPreviousRange({ from, to, interval }: Pick<UsageQuery, 'from' | 'to' | 'interval'>) {
  if (interval === 'MONTH') {
    if (!isMonthStart(from) || !isMonthStart(to)) {
      badInput(
        'previous',
        'needs a range from the start of a month to the start of another (UTC) for the interval MONTH.',
      );
    }
    const months = toMonth(to) - toMonth(from);
    const back = (at: Date) => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - months, 1));
    return { from: back(from), to: from, toStart: (start: Date | null) => start && back(start) };
  }
  const lengthMs = to.getTime() - from.getTime();
  if (interval !== 'ALL' && lengthMs % unitMs[interval] !== 0) {
    badInput(
      'previous',
      `needs a range of whole ${interval === 'DAY' ? 'days' : 'hours'} for the interval ${interval}.`,
    );
  }
  const back = (at: Date) => new Date(at.getTime() - lengthMs);
  return { from: back(from), to: from, toStart: (start: Date | null) => start && back(start) };
}

const toMonth = (at: Date) => at.getUTCFullYear() * 12 + at.getUTCMonth();

function isMonthStart(at: Date): boolean {
  return at.getTime() === Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
}
