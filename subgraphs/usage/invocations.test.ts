import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toStoredId } from '#core/node-id.ts';
import { newRequestId } from '#core/request-id.ts';
import { type Database, ensureIndexes } from '#mongo/connect.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { askForData, countCommands, testCaller } from '#test/support/subgraph.ts';
import {
  acme,
  everyone as admin,
  openUsageMesh,
  other,
  row,
  type UsageMesh,
} from '#test/support/usage-mesh.ts';
import type { Subgraph } from '#transport/executor.ts';

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
  const readIds = async (filter: object, caller = acme) => {
    const { invocations: page } = await askForData<InvocationPage>(subgraph, caller, list, { filter });
    return page.edges.map(({ node }) => toStoredId('Invocation', node.id));
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
    expect(await readIds(filter)).toEqual(ids);
  });

  it('shows every tenant to tenants:admin', async () => {
    expect(await readIds({ tenantId: 'other' }, admin)).toEqual(['b1']);
    expect(await readIds({}, admin)).toHaveLength(6);
    expect(await readIds({}, other)).toEqual(['b1']);
  });

  it('finds calls by their conversation and their rating, of the own tenant alone', async () => {
    const stated = testCaller('stated', 'usage:read');
    await invocations(database.connection).insertMany([
      row('said1', '2026-04-01T00:00:00Z', { tenantId: 'stated', conversationId: 'chat', rating: 5 }),
      row('said2', '2026-04-02T00:00:00Z', { tenantId: 'stated', conversationId: 'chat' }),
      row('said3', '2026-04-03T00:00:00Z', { tenantId: 'stated', rating: 1 }),
    ]);
    expect(await readIds({ conversationId: 'chat' }, stated)).toEqual(['said2', 'said1']);
    expect(await readIds({ rating: 5 }, stated)).toEqual(['said1']);
    const query = '{ invocation(id: "said1") { conversationId rating } }';
    expect(await askForData(subgraph, stated, query, {})).toEqual({
      invocation: { conversationId: 'chat', rating: 5 },
    });
    for (const filter of [{ conversationId: 'chat' }, { rating: 5 }]) {
      expect(await readIds(filter)).toEqual([]);
    }
    expect(await askForData(subgraph, acme, query, {})).toEqual({ invocation: null });
  });

  it('shows a key without usage:read its own calls alone, whatever it filters by, and by an index', async () => {
    const key = testCaller('shared', 'inference:invoke');
    const page = { ...key, endUserId: 'ada' };
    const own = { tenantId: 'shared', keyLineId: key.keyLineId, keyId: key.keyId };
    await invocations(database.connection).insertMany([
      row('own', '2026-03-01T00:00:00Z', own),
      row('own-ada', '2026-03-02T00:00:00Z', { ...own, endUserId: 'ada' }),
      row('own-eve', '2026-03-03T00:00:00Z', { ...own, endUserId: 'eve' }),
      row('not-own', '2026-03-04T00:00:00Z', { ...own, keyLineId: 'k', keyId: 'k', endUserId: 'ada' }),
    ]);
    expect(await readIds({}, key)).toEqual(['own-eve', 'own-ada', 'own']);
    expect(await readIds({ endUserId: 'ada' }, key)).toEqual(['own-ada']);
    expect(await readIds({ keyId: 'k' }, key)).toEqual([]);
    expect(await readIds({ tenantId: 'acme' }, key)).toEqual([]);
    expect(await readIds({}, page)).toEqual(['own-ada']);
    for (const filter of [
      { endUserId: 'eve' },
      { keyId: 'k' },
      { tenantId: 'acme' },
      { tenantId: 'other' },
    ]) {
      expect(await readIds(filter, page)).toEqual([]);
    }
    expect(await readIds({}, { ...page, scopes: [...page.scopes, 'usage:read'] })).toEqual(['own-ada']);
    await ensureIndexes(database.connection);
    const plan = await invocations(database.connection)
      .find({ tenantId: 'shared', keyLineId: key.keyLineId })
      .sort({ startedAt: -1, _id: -1 })
      .explain();
    expect(inspect(plan, { depth: null })).toContain('keyLineId_1_tenantId_1_startedAt_-1__id_-1');
  });

  it('pages without repeating or leaving out any', async () => {
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const { invocations: page }: InvocationPage = await askForData<InvocationPage>(subgraph, acme, list, {
        first: 2,
        after,
      });
      ids.push(...page.edges.map(({ node }) => toStoredId('Invocation', node.id)));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(ids).toEqual(['a5', 'a4', 'a3', 'a2', 'a1']);
  });

  it('returns everything of a row and where its parts are joined', async () => {
    const one = `query ($id: ID!) { invocation(id: $id) {
      id kind status tenant { id } app { id } keyId model { id } promptVersion { id }
      usage { inputTokens outputTokens totalTokens cachedInputTokens reasoningTokens }
      cost cache latencyMs timeToFirstTokenMs errorCode startedAt endedAt
    } }`;
    expect(await askForData(subgraph, acme, one, { id: 'a4' })).toEqual({
      invocation: {
        id: 'invocation:a4',
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
    expect(await askForData(subgraph, other, one, { id: 'a4' })).toEqual({ invocation: null });
  });

  it('returns why a call failed, provider by provider, to its tenant and to tenants:admin alone', async () => {
    const requestId = newRequestId();
    const attempt = {
      modelId: 'demo/flaky',
      startedAt: new Date('2026-06-01T00:00:00Z'),
      durationMs: 7,
      outcome: 'FAILED' as const,
      error: 'PROVIDER_ERROR: overloaded',
      usage: null,
      costNanos: 0n,
    };
    const sizes = {
      input: [{ role: 'TOOL' as const, characters: 12, parts: 2 }],
      ...{ tools: 3, textCharacters: 4, reasoningCharacters: 5, toolCalls: 6 },
    };
    // As inference writes it: without mongoose in between.
    await database.connection.collection<InvocationRecord>('invocations').insertMany([
      row('w1', '2026-06-01T00:00:00Z', {
        tenantId: 'why',
        status: 'FAILED',
        errorCode: 'PROVIDER_ERROR',
        error: 'overloaded',
        requestId,
        clientRequestId: 'their-id',
        trace: { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) },
        sizes,
        endUserId: 'u1',
        tags: ['a', 'b'],
        attempts: [attempt, { ...attempt, modelId: 'demo/echo' }],
      }),
    ]);
    const why = `query ($id: ID!) { invocation(id: $id) {
      errorCode error requestId clientRequestId traceId endUserId tags
      sizes { input { role characters parts } tools textCharacters reasoningCharacters toolCalls }
      attempts { model { id } outcome error durationMs startedAt usage { totalTokens } cost }
    } }`;
    const told = (modelId: string) => ({
      model: { id: modelId },
      outcome: 'FAILED',
      error: 'PROVIDER_ERROR: overloaded',
      durationMs: 7,
      startedAt: '2026-06-01T00:00:00.000Z',
      usage: null,
      cost: '0.000000000',
    });
    const expected = {
      errorCode: 'PROVIDER_ERROR',
      error: 'overloaded',
      requestId,
      clientRequestId: 'their-id',
      traceId: 'ab'.repeat(16),
      endUserId: 'u1',
      tags: ['a', 'b'],
      sizes,
      attempts: [told('demo/flaky'), told('demo/echo')],
    };
    for (const caller of [testCaller('why', 'usage:read'), admin]) {
      expect(await askForData(subgraph, caller, why, { id: 'w1' })).toEqual({ invocation: expected });
    }
    expect(await askForData(subgraph, other, why, { id: 'w1' })).toEqual({ invocation: null });
    // A row that an older version wrote has none of it.
    expect(await askForData(subgraph, acme, why, { id: 'a2' })).toEqual({
      invocation: {
        errorCode: 'PROVIDER_ERROR',
        error: null,
        requestId: null,
        clientRequestId: null,
        traceId: null,
        endUserId: null,
        tags: [],
        sizes: null,
        attempts: [],
      },
    });
  });

  it.each([
    ['endUserId', 'u-filter', 'somebody else'],
    ['tag', 't-filter', 'another'],
    [
      'requestId',
      newRequestId(Date.parse('2026-07-01T00:00:00Z')),
      newRequestId(Date.parse('2026-07-01T00:00:00Z')),
    ],
    ['requestId', newRequestId(Date.parse('2026-07-01T00:00:00Z')), 'no id of ours'],
  ])('finds by %s %s, within the tenant, and by an index', async (name, value, absent) => {
    const label = {
      endUserId: { endUserId: value },
      tag: { tags: ['x', value] },
      requestId: { requestId: value },
    }[name];
    const tenantId = `by ${name} ${absent}`;
    const id = `${tenantId} 1`;
    await invocations(database.connection).insertMany([
      row(id, '2026-07-01T00:00:01Z', { tenantId, ...label }),
      row(`${tenantId} 2`, '2026-07-01T00:00:02Z', { tenantId }),
      row(`${tenantId} 3`, '2026-07-01T00:00:03Z', { tenantId: 'third', ...label }),
    ]);
    expect(await readIds({ [name]: value }, testCaller(tenantId, 'usage:read'))).toEqual([id]);
    expect(await readIds({ [name]: absent }, testCaller(tenantId, 'usage:read'))).toEqual([]);
    expect(await readIds({ [name]: value, tenantId }, admin)).toEqual([id]);
    expect(
      await readIds({ [name]: value, from: '2026-07-01T00:00:02Z' }, testCaller(tenantId, 'usage:read')),
    ).toEqual([]);
    expect(await readIds({ [name]: value }, acme)).toEqual([]);
  });

  it.each(['endUserId', 'tags'])('reads no more of the ledger than what has the %s', async (field) => {
    const rows = invocations(database.connection);
    await ensureIndexes(database.connection);
    const plan = await rows
      .find({ tenantId: 'acme', [field]: 'x' })
      .sort({ startedAt: -1, _id: -1 })
      .explain();
    expect(inspect(plan, { depth: null })).toContain(`${field}_1_tenantId_1_startedAt_-1__id_-1`);
  });

  it("asks once for fifty referenced rows, and answers null for another tenant's", async () => {
    const crowd = testCaller('crowd', 'usage:read');
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
      const { _entities } = await askForData<{ _entities: unknown[] }>(subgraph, crowd, entities, { refs });
      expect(_entities[49]).toEqual({ id: 'invocation:c49', app: { id: 'app1' } });
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
