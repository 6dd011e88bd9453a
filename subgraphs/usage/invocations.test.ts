import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { countCommands, dataOf, testCaller } from '#test/support/subgraph.ts';
import {
  acme,
  everyone as admin,
  openUsageMesh,
  other,
  row,
  type UsageMesh,
} from '#test/support/usage-mesh.ts';
import type { Subgraph } from '../shared/subgraph.ts';

let mesh: UsageMesh;
let database: Database;
let subgraph: Subgraph;

beforeAll(async () => {
  mesh = await openUsageMesh();
  ({ database, subgraph } = mesh);
});

afterAll(() => mesh?.[Symbol.asyncDispose]());

describe('invocations', () => {
  const list = `query ($filter: InvocationFilter, $first: Int, $after: String) {
    invocations(filter: $filter, first: $first, after: $after) {
      edges { node { id } } pageInfo { hasNextPage endCursor }
    }
  }`;
  const idsOf = async (filter: object, caller = acme) => {
    const { invocations: page } = await dataOf<InvocationPage>(subgraph, caller, list, { filter });
    return page.edges.map(({ node }) => node.id);
  };

  it.each([
    [{}, ['a5', 'a4', 'a3', 'a2', 'a1']],
    [{ from: '2026-01-02T00:00:00Z', to: '2026-02-01T00:00:01Z' }, ['a4', 'a3']],
    [{ status: 'FAILED' }, ['a2']],
    [{ errorCode: 'PROVIDER_ERROR' }, ['a2']],
    [{ kind: 'embedding' }, ['a5']],
    [{ appId: 'app2' }, ['a5']],
    [{ keyId: 'k2', model: 'demo/echo' }, ['a5']],
    [{ model: 'demo/slow' }, ['a3']],
    [{ promptId: 'p1' }, ['a4']],
    [{ tenantId: 'acme', appId: 'app1', status: 'SUCCEEDED' }, ['a3', 'a1']],
    [{ tenantId: 'other' }, []],
  ])('lists what fits %j, the newest first', async (filter, ids) => {
    expect(await idsOf(filter)).toEqual(ids);
  });

  it('shows every tenant to tenants:admin', async () => {
    expect(await idsOf({ tenantId: 'other' }, admin)).toEqual(['b1']);
    expect(await idsOf({}, admin)).toHaveLength(6);
    expect(await idsOf({}, other)).toEqual(['b1']);
  });

  it('pages without repeating or leaving out any', async () => {
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const { invocations: page }: InvocationPage = await dataOf<InvocationPage>(subgraph, acme, list, {
        first: 2,
        after,
      });
      ids.push(...page.edges.map(({ node }) => node.id));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(ids).toEqual(['a5', 'a4', 'a3', 'a2', 'a1']);
  });

  it('tells everything of a row and where its parts are joined', async () => {
    const one = `query ($id: ID!) { invocation(id: $id) {
      id kind status tenant { id } app { id } keyId model { id } promptVersion { id }
      usage { inputTokens outputTokens totalTokens cachedInputTokens reasoningTokens }
      cost cache latencyMs timeToFirstTokenMs errorCode startedAt endedAt
    } }`;
    expect(await dataOf(subgraph, acme, one, { id: 'a4' })).toEqual({
      invocation: {
        id: 'a4',
        kind: 'completion',
        status: 'RUNNING',
        tenant: { id: 'acme' },
        app: { id: 'app1' },
        keyId: 'k1',
        model: { id: 'demo/echo' },
        promptVersion: { id: 'v1' },
        usage: {
          inputTokens: 10,
          outputTokens: 5,
          totalTokens: 15,
          cachedInputTokens: 0,
          reasoningTokens: 0,
        },
        cost: '0.000000000',
        cache: 'MISS',
        latencyMs: null,
        timeToFirstTokenMs: null,
        errorCode: null,
        startedAt: '2026-02-01T00:00:00.000Z',
        endedAt: null,
      },
    });
    expect(await dataOf(subgraph, other, one, { id: 'a4' })).toEqual({ invocation: null });
  });

  it("asks once for fifty referenced rows, and answers null for another tenant's", async () => {
    const crowd = testCaller('crowd');
    await invocations(database.connection).insertMany(
      Array.from({ length: 50 }, (_, index) =>
        row(`c${index}`, '2026-05-01T00:00:00Z', { tenantId: 'crowd' }),
      ),
    );
    const refs = [...Array.from({ length: 50 }, (_, index) => `c${index}`), 'a1'].map((id) => ({
      __typename: 'Invocation',
      id,
    }));
    const entities = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Invocation { id app { id } } } }`;
    const commands = await countCommands(database, async () => {
      const { _entities } = await dataOf<{ _entities: unknown[] }>(subgraph, crowd, entities, { refs });
      expect(_entities[49]).toEqual({ id: 'c49', app: { id: 'app1' } });
      expect(_entities[50]).toBeNull();
    });
    expect(commands).toEqual(['find']);
  });
});

interface InvocationPage {
  readonly invocations: {
    readonly edges: readonly { readonly node: { readonly id: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}
