import type { UsageDimension } from '#core/graph-enums.generated.ts';
import type { CallRows } from '#core/ledger-reach.ts';
import type { RollupQuestion } from '#mongo/usage-rollups.ts';
import type { UsageFilter } from './generated.ts';

/** The dimensions that usage is joined to other types by. */
export type JoinDimension = Extract<UsageDimension, 'TENANT' | 'APP' | 'MODEL' | 'PROMPT'>;

/** Only calls with one of the values in the dimension, apart for each. */
export interface UsageJoin {
  readonly dimension: JoinDimension;
  readonly ids: readonly string[];
}

/** The dimension that each field of a filter is about. */
const filterDimensions: Readonly<Record<keyof UsageFilter, UsageDimension>> = {
  tenantId: 'TENANT',
  teamId: 'TEAM',
  appId: 'APP',
  keyId: 'KEY',
  model: 'MODEL',
  providerId: 'PROVIDER',
  promptId: 'PROMPT',
  status: 'STATUS',
  kind: 'KIND',
  endUserId: 'END_USER',
  conversationId: 'CONVERSATION',
  tag: 'TAG',
  experiment: 'EXPERIMENT',
  cache: 'CACHE',
  guardrail: 'GUARDRAIL',
  rating: 'RATING',
};

/** Which calls are summed. */
export type UsageCalls = Required<Pick<RollupQuestion, 'tenantId' | 'filter' | 'rows'>>;

/** The calls that `scope` lets through and that match; null: none can. */
export function toCalls(
  { tenantId: ownTenantId, ...rows }: CallRows,
  filter: UsageFilter | null,
  join?: UsageJoin,
): UsageCalls | null {
  const filters: Partial<Record<UsageDimension, readonly string[]>> = {};
  for (const [name, value] of Object.entries(filter ?? {})) {
    if (value != null) filters[filterDimensions[name as keyof UsageFilter]] = [String(value)];
  }
  if (join !== undefined) {
    const { dimension, ids } = join;
    filters[dimension] = filters[dimension]?.filter((value) => ids.includes(value)) ?? ids;
  }
  const { TENANT: named, ...rest } = filters;
  const tenants =
    ownTenantId == null ? named : named === undefined || named.includes(ownTenantId) ? [ownTenantId] : [];
  if (tenants?.length === 0 || Object.values(rest).some((values) => values.length === 0)) return null;
  const [tenantId = null, ...others] = tenants ?? [];
  const isOne = tenantId !== null && others.length === 0;
  return {
    tenantId: isOne ? tenantId : null,
    rows,
    filter: { ...rest, ...(tenants !== undefined && !isOne && { TENANT: tenants }) },
  };
}
