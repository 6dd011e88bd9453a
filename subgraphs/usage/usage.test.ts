import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { ask, countCommands, dataOf, testCaller, testServices } from '#test/support/subgraph.ts';
import type { Subgraph, SubgraphServices } from '../shared/subgraph.ts';
import { createUsageSubgraph } from './subgraph.ts';

const acme = testCaller('acme');
const other = testCaller('other');
const admin = testCaller('root', 'tenants:admin', 'audit:read');

let database: Database;
let services: SubgraphServices;
let subgraph: Subgraph;

beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
  services = testServices(database);
  subgraph = createUsageSubgraph({ ...services, connection: database.connection });
  await invocations(database.connection).insertMany([
    row('a1', '2026-01-01T10:00:00Z', { costNanos: 123_400n, latencyMs: 100 }),
    row('a2', '2026-01-01T10:30:00Z', { status: 'FAILED', errorCode: 'PROVIDER_ERROR', latencyMs: 300 }),
    row('a3', '2026-01-02T00:00:00Z', { cache: 'HIT', modelId: 'demo/slow', latencyMs: 1 }),
    row('a4', '2026-02-01T00:00:00Z', {
      status: 'RUNNING',
      latencyMs: null,
      endedAt: null,
      promptId: 'p1',
      promptVersionId: 'v1',
    }),
    row('a5', '2026-02-01T00:00:01Z', {
      kind: 'embedding',
      appId: 'app2',
      keyId: 'k2',
      costNanos: 9_007_199_254_740_993n,
      usage: tokens(4_000_000_000, 1),
    }),
    row('b1', '2026-01-01T10:00:00Z', { tenantId: 'other', appId: 'app9', keyId: 'k9' }),
  ]);
});

afterAll(() => database?.close());

function tokens(inputTokens: number, outputTokens: number) {
  return { inputTokens, outputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
}

function row(_id: string, startedAt: string, rest: Partial<InvocationRecord> = {}): InvocationRecord {
  return {
    _id,
    kind: 'completion',
    status: 'SUCCEEDED',
    tenantId: 'acme',
    appId: 'app1',
    keyId: 'k1',
    subject: null,
    modelId: 'demo/echo',
    providerId: 'demo',
    promptId: null,
    promptVersionId: null,
    usage: tokens(10, 5),
    costNanos: 0n,
    cache: 'MISS',
    latencyMs: 50,
    timeToFirstTokenMs: null,
    errorCode: null,
    startedAt: new Date(startedAt),
    endedAt: new Date(startedAt),
    ownerId: 'test',
    attempts: [],
    ...rest,
  };
}

interface Bucket {
  readonly start: string | null;
  readonly keys: Readonly<Record<string, string | null>>;
  readonly requests: number;
}

const all = { from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z' };
const usage = `query ($from: DateTime!, $to: DateTime!, $interval: UsageInterval!, $by: [UsageDimension!]!) {
  usage(from: $from, to: $to, interval: $interval, by: $by) {
    start keys requests failures cacheHits inputTokens outputTokens cost latencyMsP50 latencyMsP95
  }
}`;

async function bucketsOf(caller: typeof acme, interval: string, by: string[] = [], range = all) {
  return (await dataOf<{ usage: Bucket[] }>(subgraph, caller, usage, { ...range, interval, by })).usage;
}

async function refusal(caller: typeof acme, query: string, variables: Record<string, unknown> = {}) {
  const { errors = [] } = await ask(subgraph, caller, query, variables);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

describe('usage', () => {
  it('adds up the whole range exactly, above what a double or 32 bits hold', async () => {
    expect(await bucketsOf(acme, 'ALL')).toEqual([
      {
        start: null,
        keys: {},
        requests: 5,
        failures: 1,
        cacheHits: 1,
        inputTokens: '4000000040',
        outputTokens: '21',
        cost: '9007199.254864393',
        latencyMsP50: expect.closeTo(50, -0.4),
        latencyMsP95: expect.closeTo(300, -1.2),
      },
    ]);
  });

  it.each([
    ['HOUR', ['2026-01-01T10:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-02-01T00:00:00.000Z'], [2, 1, 2]],
    ['DAY', ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-02-01T00:00:00.000Z'], [2, 1, 2]],
    ['MONTH', ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'], [3, 2]],
  ])('makes buckets by %s in UTC, in order', async (interval, starts, requests) => {
    const buckets = await bucketsOf(acme, interval);
    expect(buckets.map(({ start }) => start)).toEqual(starts);
    expect(buckets.map((bucket) => bucket.requests)).toEqual(requests);
  });

  it('takes in the instant of from and leaves out that of to', async () => {
    const range = { from: '2026-01-02T00:00:00Z', to: '2026-02-01T00:00:01Z' };
    expect(await bucketsOf(acme, 'ALL', [], range)).toMatchObject([{ requests: 2 }]);
  });

  it.each([
    ['TENANT', [{ tenant: 'acme' }]],
    ['APP', [{ app: 'app1' }, { app: 'app2' }]],
    ['KEY', [{ key: 'k1' }, { key: 'k2' }]],
    ['MODEL', [{ model: 'demo/echo' }, { model: 'demo/slow' }]],
    ['PROVIDER', [{ provider: 'demo' }]],
    ['PROMPT', [{ prompt: null }, { prompt: 'p1' }]],
  ])('tells apart by %s', async (dimension, keys) => {
    expect((await bucketsOf(acme, 'ALL', [dimension])).map((bucket) => bucket.keys)).toEqual(keys);
  });

  it('tells apart by several dimensions at once, each bucket adding up to the whole', async () => {
    const buckets = await bucketsOf(acme, 'MONTH', ['MODEL', 'APP', 'MODEL']);
    expect(buckets.map(({ keys, requests }) => [keys, requests])).toEqual([
      [{ model: 'demo/echo', app: 'app1' }, 2],
      [{ model: 'demo/slow', app: 'app1' }, 1],
      [{ model: 'demo/echo', app: 'app1' }, 1],
      [{ model: 'demo/echo', app: 'app2' }, 1],
    ]);
  });

  it('shows a tenant its own rows alone, and all of them to tenants:admin', async () => {
    expect(await bucketsOf(other, 'ALL', ['TENANT'])).toMatchObject([
      { keys: { tenant: 'other' }, requests: 1 },
    ]);
    expect(await bucketsOf(admin, 'ALL', ['TENANT'])).toMatchObject([
      { keys: { tenant: 'acme' }, requests: 5 },
      { keys: { tenant: 'other' }, requests: 1 },
    ]);
    expect(await bucketsOf(testCaller('empty'), 'ALL')).toEqual([]);
  });

  it('refuses a range that is empty, turned round or too long', async () => {
    const variables = { interval: 'DAY', by: [] };
    const wrong = (from: string, to: string) => refusal(acme, usage, { ...variables, from, to });
    expect(await wrong(all.from, all.from)).toMatch(/^BAD_USER_INPUT: from/);
    expect(await wrong(all.to, all.from)).toMatch(/^BAD_USER_INPUT: from/);
    expect(await wrong('2025-01-01T00:00:00Z', all.to)).toMatch(/^BAD_USER_INPUT: to .*400 days/);
  });
});

describe('a usage that is too wide', () => {
  it('is refused, and answered with fewer dimensions', async () => {
    const wide = testCaller('wide');
    await invocations(database.connection).insertMany(
      Array.from({ length: 10_001 }, (_, index) =>
        row(`w${index}`, '2026-04-01T00:00:00Z', { tenantId: 'wide', keyId: `k${index}` }),
      ),
    );
    const range = { from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z', interval: 'ALL' };
    expect(await refusal(wide, usage, { ...range, by: ['KEY'] })).toMatch(/^BAD_USER_INPUT: .*10000 buckets/);
    expect(await bucketsOf(wide, 'ALL', ['APP'], range)).toMatchObject([{ requests: 10_001 }]);
  });
});

describe('usage of tenants, apps, models and prompts', () => {
  const entities = `query ($refs: [_Any!]!, $from: DateTime!, $to: DateTime!) {
    _entities(representations: $refs) {
      ... on Tenant { id usage(from: $from, to: $to, interval: ALL) { requests } }
      ... on App { id usage(from: $from, to: $to, interval: MONTH) { start requests } }
      ... on Model { id usage(from: $from, to: $to, interval: ALL, by: [TENANT]) { keys requests } }
      ... on Prompt { id usage(from: $from, to: $to, interval: ALL) { requests } }
    }
  }`;
  const refs = [
    { __typename: 'Tenant', id: 'acme' },
    { __typename: 'Tenant', id: 'other' },
    { __typename: 'App', id: 'app2' },
    { __typename: 'App', id: 'app9' },
    { __typename: 'Model', id: 'demo/echo' },
    { __typename: 'Prompt', id: 'p1' },
  ];

  it("joins what belongs to each, and nothing of another tenant's", async () => {
    expect(await dataOf(subgraph, acme, entities, { refs, ...all })).toEqual({
      _entities: [
        { id: 'acme', usage: [{ requests: 5 }] },
        { id: 'other', usage: [] },
        { id: 'app2', usage: [{ start: '2026-02-01T00:00:00.000Z', requests: 1 }] },
        { id: 'app9', usage: [] },
        { id: 'demo/echo', usage: [{ keys: { tenant: 'acme' }, requests: 4 }] },
        { id: 'p1', usage: [{ requests: 1 }] },
      ],
    });
    expect(await dataOf(subgraph, admin, entities, { refs, ...all })).toMatchObject({
      _entities: [
        { usage: [{ requests: 5 }] },
        { usage: [{ requests: 1 }] },
        {},
        { usage: [{ requests: 1 }] },
        { usage: [{ keys: { tenant: 'acme' } }, { keys: { tenant: 'other' } }] },
        {},
      ],
    });
  });

  it('asks the database once for the usage of fifty apps', async () => {
    const fifty = Array.from({ length: 50 }, (_, index) => ({ __typename: 'App', id: `app${index}` }));
    const commands = await countCommands(database, async () => {
      const { _entities } = await dataOf<{ _entities: { usage: unknown[] }[] }>(subgraph, acme, entities, {
        refs: fifty,
        ...all,
      });
      expect(_entities[1]?.usage).toHaveLength(2);
    });
    expect(commands).toEqual(['aggregate']);
  });
});

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
    expect(await idsOf({ to: all.to }, admin)).toHaveLength(6);
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

describe('auditLog', () => {
  const log =
    '{ auditLog { edges { node { action outcome tenant { id } actor { kind keyId app { id } } targetId arguments } } } }';

  beforeAll(async () => {
    for (const tenantId of ['acme', 'other', null]) {
      const id = await services.audit.begin({
        tenantId,
        actor: { kind: 'API_KEY', keyId: 'k1', appId: 'app1', subject: null },
        action: `thing.${tenantId}`,
        arguments: { name: 'x' },
        requestId: 'r1',
        clientAddress: null,
      });
      await services.audit.end(id, {
        outcome: 'SUCCEEDED',
        errorCode: null,
        targetType: 'Thing',
        targetId: 't1',
        before: null,
        after: null,
      });
    }
  });

  const actions = async (caller: typeof acme) => {
    const { auditLog } = await dataOf<{ auditLog: { edges: { node: { action: string } }[] } }>(
      subgraph,
      caller,
      log,
    );
    return auditLog.edges.map(({ node }) => node.action);
  };

  it('shows a tenant its own records alone, and those of the mesh to tenants:admin', async () => {
    expect(await actions(testCaller('acme', 'audit:read'))).toEqual(['thing.acme']);
    expect((await actions(admin)).toSorted()).toEqual(['thing.acme', 'thing.null', 'thing.other']);
  });

  it('tells who did what', async () => {
    expect(await dataOf(subgraph, testCaller('acme', 'audit:read'), log)).toEqual({
      auditLog: {
        edges: [
          {
            node: {
              action: 'thing.acme',
              outcome: 'SUCCEEDED',
              tenant: { id: 'acme' },
              actor: { kind: 'API_KEY', keyId: 'k1', app: { id: 'app1' } },
              targetId: 't1',
              arguments: { name: 'x' },
            },
          },
        ],
      },
    });
  });

  it('needs audit:read', async () => {
    expect(await refusal(acme, log)).toMatch(/^FORBIDDEN: .*audit:read/);
  });
});

interface InvocationPage {
  readonly invocations: {
    readonly edges: readonly { readonly node: { readonly id: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}
