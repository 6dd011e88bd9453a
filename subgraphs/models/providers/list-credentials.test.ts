import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { createModelsSubgraph } from '#subgraphs/models/subgraph.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testSecrets } from '#test/support/seal.ts';
import { ask, askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';

let opened: AsyncDisposableStack;
let database: Database;
let subgraph: Subgraph;
let nowMs = Date.parse('2026-01-01T00:00:00Z');

const operator = testCaller('default', 'models:write', 'tenants:admin');
const maintainer = testCaller('default', 'models:write');
const acme = testCaller('acme', 'providers:write', 'models:read');
const other = testCaller('other', 'providers:write', 'models:read');

beforeAll(async () => {
  opened = new AsyncDisposableStack();
  database = await openTestDatabase();
  opened.defer(() => database.close());
  const { connection } = database;
  const deps = { ...testServices(database), connection, secrets: testSecrets, now: () => nowMs };
  subgraph = opened.use(createModelsSubgraph(deps));
  for (const [caller, id] of [
    [operator, 'mesh'],
    [acme, 'own'],
    [other, 'own'],
  ] as const) {
    nowMs += 1_000;
    const createProvider = `mutation { createProvider(input: { id: "${id}", kind: OPENAI }) { id } }`;
    const { createProvider: made } = await run<{ createProvider: { id: string } }>(createProvider, caller);
    for (const label of ['b', 'a']) {
      nowMs += 1_000;
      const add = `mutation { addProviderCredential(providerId: "${made.id}", label: "${label} of ${made.id}", secret: "sk-secret-${label}-of-${id}") { id } }`;
      await run(add, caller);
    }
  }
});
afterAll(() => opened?.disposeAsync());

const run = <T = Record<string, unknown>>(query: string, caller: Caller, variables = {}) =>
  askForData<T>(subgraph, caller, query, variables);

interface Page {
  readonly edges: readonly {
    cursor: string;
    node: { id: string; label: string; provider: { id: string } };
  }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}
const LIST = `query ($filter: ProviderCredentialFilter, $orderBy: ListOrder, $first: Int, $after: String) {
  providerCredentials(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    edges { cursor node { id label provider { id } } } pageInfo { hasNextPage endCursor } totalCount
  }
}`;
const readPage = async (caller: Caller, variables: object = {}) =>
  (await run<{ providerCredentials: Page }>(LIST, caller, { ...variables })).providerCredentials;
const list = async (caller: Caller, variables: object = {}) =>
  (await readPage(caller, variables)).edges.map(({ node }) => node.label);

const ofMesh = ['b of mesh', 'a of mesh'];
const ofAcme = ['b of acme:own', 'a of acme:own'];
const ofOther = ['b of other:own', 'a of other:own'];

describe('the list of provider credentials', () => {
  it('has those that the caller may change alone, whatever tenant the filter names', async () => {
    expect(await list(operator)).toEqual([...ofMesh, ...ofAcme, ...ofOther]);
    expect(await list(maintainer)).toEqual(ofMesh);
    expect(await list(acme)).toEqual(ofAcme);
    expect(await list(other)).toEqual(ofOther);
    expect(await list(operator, { filter: { tenantId: 'acme' } })).toEqual(ofAcme);
    for (const caller of [maintainer, other])
      expect(await list(caller, { filter: { tenantId: 'acme' } })).toEqual([]);
    expect(await list(other, { filter: { providerId: 'acme:own' } })).toEqual([]);
    expect(await list(acme, { filter: { providerId: 'mesh' } })).toEqual([]);
    const { errors } = await ask(subgraph, testCaller('acme', 'models:read'), LIST);
    expect(errors?.[0]?.code).toBe('FORBIDDEN');
  });

  it('is filtered, ordered and paginated, and shows the provider', async () => {
    expect(await list(operator, { filter: { search: 'A OF' } })).toEqual([ofMesh[1], ofAcme[1], ofOther[1]]);
    expect(await list(operator, { filter: { providerId: 'mesh' }, orderBy: 'NAME_ASC' })).toEqual(
      ofMesh.toReversed(),
    );
    const first = await readPage(operator, { first: 4 });
    expect([first.edges.length, first.totalCount, first.pageInfo.hasNextPage]).toEqual([4, 6, true]);
    expect(first.edges.map(({ node }) => node.provider.id)).toEqual(['mesh', 'mesh', 'acme:own', 'acme:own']);
    expect(await list(operator, { first: 4, after: first.pageInfo.endCursor })).toEqual(ofOther);
    const id = first.edges[0]?.node.id;
    await run(
      'mutation ($id: ID!) { updateProviderCredential(id: $id, input: { enabled: false }) { id } }',
      operator,
      {
        id,
      },
    );
    expect(await list(operator, { filter: { enabled: false } })).toEqual([ofMesh[0]]);
    expect(await list(operator, { filter: { enabled: true, providerId: 'mesh' } })).toEqual([ofMesh[1]]);
  });

  it('finds those with a replaced secret as long as it is kept', async () => {
    const [{ node } = { node: { id: '' } }] = (await readPage(acme)).edges;
    const rotate =
      'mutation ($id: ID!) { rotateProviderCredential(id: $id, secret: "sk-secret-new", overlapSeconds: 60) { id } }';
    await run(rotate, acme, { id: node.id });
    expect(await list(acme, { filter: { rotating: true } })).toEqual([ofAcme[0]]);
    expect(await list(acme, { filter: { rotating: false } })).toEqual([ofAcme[1]]);
    nowMs += 60_000;
    expect(await list(acme, { filter: { rotating: true } })).toEqual([]);
    expect(await list(acme, { filter: { rotating: false } })).toEqual(ofAcme);
  });
});
