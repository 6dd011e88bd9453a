import type { AlertEpisodeRecord } from '#mongo/alert-episodes.ts';

type Measured = Pick<AlertEpisodeRecord, 'tenantId' | 'keys' | 'callsFrom' | 'callsTo'>;

/**
 * The address of the Explorer with a query for the calls behind an episode; a path where there is no public address. The values are in the query: the
 * Explorer reads no variables from its address.
 */
export function toCallsUrl({ tenantId, keys, callsFrom, callsTo }: Measured, publicUrl = ''): string {
  const { tenant, app, key, model } = keys;
  const filter = {
    from: callsFrom.toISOString(),
    to: callsTo.toISOString(),
    tenantId: tenant ?? tenantId,
    appId: app,
    keyId: key,
    model,
  };
  const stated = Object.entries(filter).flatMap(([name, value]) =>
    value == null ? [] : [`${name}: ${JSON.stringify(value)}`],
  );
  const query = `{
  invocations(filter: { ${stated.join(', ')} }, first: 50) {
    edges { node { id startedAt status errorCode keyId model { id } cost latencyMs } }
    pageInfo { hasNextPage endCursor }
  }
}`;
  return `${publicUrl}/graphql?${new URLSearchParams({ query })}`;
}
