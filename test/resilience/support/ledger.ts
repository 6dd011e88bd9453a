import { toStoredId } from '#core/node-id.ts';
import { type KeyOptions, newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import type { TestMesh } from '#test/support/mesh.ts';

/** A row of the ledger as the graph shows it. */
export interface Row {
  readonly id: string;
  readonly status: string;
  readonly cost: string;
  readonly errorCode: string | null;
  readonly usageEstimated: boolean;
  readonly tags: readonly string[];
  readonly endedAt: string | null;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
  readonly model: { readonly id: string };
}

interface Page {
  readonly invocations: {
    readonly edges: readonly { readonly node: Row }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** Every row that the client may see. */
export async function allRows(client: TestClient): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: string | null = null; ; ) {
    const { invocations }: Page = await client.data<Page>(
      `query ($after: String) {
        invocations(first: 200, after: $after) {
          edges { node { id status cost errorCode usageEstimated tags endedAt usage { inputTokens outputTokens } model { id } } }
          pageInfo { hasNextPage endCursor }
        }
      }`,
      { after },
    );
    rows.push(...invocations.edges.map(({ node }) => ({ ...node, id: toStoredId('Invocation', node.id) })));
    if (!invocations.pageInfo.hasNextPage) return rows;
    after = invocations.pageInfo.endCursor;
  }
}

/** Registers an upstream as provider `up` with models of these names, a price on each. */
export async function registerUpstream(
  mesh: TestMesh,
  baseUrl: string,
  names: readonly string[],
): Promise<void> {
  const root = createTestClient(mesh.url, mesh.adminKey);
  await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
    input: { id: 'up', kind: 'OPENAI_COMPATIBLE', baseUrl, apiKey: 'upstream-secret-key' },
  });
  for (let first = 0; first < names.length; first += 20) {
    const fields = names.slice(first, first + 20).map(
      (
        name,
      ) => `${name}: createModel(input: { providerId: "up", name: "${name}", contextTokens: 10000, maxOutputTokens: 1000,
        capabilities: [CHAT, STREAMING], price: { input: "3", output: "15" } }) { id }`,
    );
    await root.data(`mutation { ${fields.join('\n')} }`);
  }
}

/** A tenant with one key, which survives restarts of the mesh: `clientNow` calls where it listens now. */
export async function durableTenant(mesh: TestMesh, options?: KeyOptions) {
  const tenant = await newTenant(() => mesh, options);
  return { ...tenant, clientNow: () => createTestClient(mesh.url, tenant.client.key) };
}
