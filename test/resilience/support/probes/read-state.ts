import type { TestClient } from '#test/support/client.ts';

export type Kind = 'query' | 'mutation' | 'subscription';

/** The text of the response to an operation of any kind. */
export async function send(
  client: TestClient,
  kind: Kind,
  query: string,
  variables: unknown,
): Promise<string> {
  const response = await fetch(`${client.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: kind === 'subscription' ? 'text/event-stream' : 'application/graphql-response+json',
      authorization: `Bearer ${client.key}`,
    },
    body: JSON.stringify({ query, variables }),
  });
  return response.text();
}

/** All that a tenant has as it sees it: the answer to `tenantQuery`, its lists, and its audit log without the reading of it. */
export async function readState(client: TestClient, tenantQuery: string): Promise<string> {
  const tenant = await send(client, 'query', tenantQuery, {});
  const lists = await send(
    client,
    'query',
    `{ prompts { edges { node { id name description labels { name version { number } } versions { edges { node { id template } } } } } }
       invocations(first: 200) { edges { node { id status cost } } }
       accessGrants { edges { node { id status decidedBy } } } }`,
    {},
  );
  // What the tenant has started ends by itself, sooner or later: only a cancellation would be a change.
  const ended = lists.replaceAll('"status":"RUNNING"', '"status":"SUCCEEDED"');
  return [tenant, ended, ...(await readAuditLog(client))].join('\n');
}

/** The whole log, for each reading of it adds a record; without those records. */
async function readAuditLog(client: TestClient): Promise<string[]> {
  type Log = {
    readonly edges: readonly { readonly node: { id: string; action: string; outcome: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
  const records: string[] = [];
  for (let after: string | null = null; ; ) {
    const { auditLog }: { auditLog: Log } = await client.data(
      `query ($after: String) {
        auditLog(first: 200, after: $after) { edges { node { id action outcome } } pageInfo { hasNextPage endCursor } }
      }`,
      { after },
    );
    records.push(
      ...auditLog.edges
        .filter(({ node }) => node.action !== 'auditLog.read')
        .map(({ node }) => Object.values(node).join(' ')),
    );
    if (!auditLog.pageInfo.hasNextPage) return records;
    after = auditLog.pageInfo.endCursor;
  }
}
