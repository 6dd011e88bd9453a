import type { CommandStartedEvent } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { foldUsage } from '#mongo/usage/fold.ts';
import { usageBlocks } from '#mongo/usage/usage-blocks.ts';
import { usageProgress } from '#mongo/usage/usage-progress.ts';
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

interface Bucket {
  readonly start: string | null;
  readonly keys: Readonly<Record<string, string | null>>;
  readonly requests: number;
  readonly latencyMsP50: number | null;
  readonly latencyMsP95: number | null;
}

const all = { from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z' };
const usage = `query ($from: DateTime!, $to: DateTime!, $interval: UsageInterval!, $by: [UsageDimension!]!) {
  usage(from: $from, to: $to, interval: $interval, by: $by) {
    start keys requests failures cacheHits inputTokens outputTokens cost unpricedRequests savedByCache savedByRouting latencyMsP50 latencyMsP95
  }
}`;

async function readBuckets(caller: typeof acme, interval: string, by: string[] = [], range = all) {
  return (await askForData<{ usage: Bucket[] }>(subgraph, caller, usage, { ...range, interval, by })).usage;
}

const refusal: UsageMesh['refusal'] = (...args) => mesh.refusal(...args);

describe('usage', () => {
  it('adds up the whole range exactly, above what a double or 32 bits hold', async () => {
    expect(await readBuckets(acme, 'ALL')).toEqual([
      {
        start: null,
        keys: {},
        requests: 5,
        failures: 1,
        cacheHits: 1,
        inputTokens: '4000000040',
        outputTokens: '21',
        cost: '9007199.254864393',
        unpricedRequests: 1,
        savedByCache: '0.000002000',
        savedByRouting: '-0.000000500',
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
    const buckets = await readBuckets(acme, interval);
    expect(buckets.map(({ start }) => start)).toEqual(starts);
    expect(buckets.map((bucket) => bucket.requests)).toEqual(requests);
  });

  it('takes in the instant of from and leaves out that of to', async () => {
    const range = { from: '2026-01-02T00:00:00Z', to: '2026-02-01T00:00:01Z' };
    expect(await readBuckets(acme, 'ALL', [], range)).toMatchObject([{ requests: 2 }]);
  });

  it.each([
    ['TENANT', [{ tenant: 'acme' }]],
    ['APP', [{ app: 'app1' }, { app: 'app2' }]],
    ['KEY', [{ key: 'k1' }, { key: 'k2' }]],
    ['MODEL', [{ model: 'demo/echo' }, { model: 'demo/slow' }]],
    ['PROVIDER', [{ provider: 'demo' }]],
    ['PROMPT', [{ prompt: null }, { prompt: 'p1' }]],
    ['CACHE', [{ cache: 'HIT' }, { cache: 'MISS' }]],
    ['STATUS', [{ status: 'FAILED' }, { status: 'RUNNING' }, { status: 'SUCCEEDED' }]],
    ['KIND', [{ kind: 'completion' }, { kind: 'embedding' }]],
  ])('distinguishes by %s', async (dimension, keys) => {
    expect((await readBuckets(acme, 'ALL', [dimension])).map((bucket) => bucket.keys)).toEqual(keys);
  });

  it('groups by several dimensions at once, each bucket adding up to the whole', async () => {
    const buckets = await readBuckets(acme, 'MONTH', ['MODEL', 'APP', 'MODEL']);
    expect(buckets.map(({ keys, requests }) => [keys, requests])).toEqual([
      [{ model: 'demo/echo', app: 'app1' }, 2],
      [{ model: 'demo/slow', app: 'app1' }, 1],
      [{ model: 'demo/echo', app: 'app1' }, 1],
      [{ model: 'demo/echo', app: 'app2' }, 1],
    ]);
  });

  it('shows a tenant its own rows alone, and all of them to tenants:admin', async () => {
    expect(await readBuckets(other, 'ALL', ['TENANT'])).toMatchObject([
      { keys: { tenant: 'other' }, requests: 1 },
    ]);
    expect(await readBuckets(admin, 'ALL', ['TENANT'])).toMatchObject([
      { keys: { tenant: 'acme' }, requests: 5 },
      { keys: { tenant: 'other' }, requests: 1 },
    ]);
    expect(await readBuckets(testCaller('empty', 'usage:read'), 'ALL')).toEqual([]);
  });

  describe('by what clients state of their calls', () => {
    const key = testCaller('stated', 'inference:invoke', 'usage:read');
    const query = `query ($by: [UsageDimension!]!, $filter: UsageFilter) {
      usage(from: "2026-04-01T00:00:00Z", to: "2026-05-01T00:00:00Z", interval: ALL, by: $by, filter: $filter) {
        keys requests cost rated { requests mean cost }
      }
    }`;
    type Rated = Bucket & { readonly cost: string; readonly rated: object };
    const read = async (by: readonly string[], filter: object = {}, caller = key) =>
      (await askForData<{ usage: Rated[] }>(subgraph, caller, query, { by, filter })).usage;
    beforeAll(async () => {
      const short = 'experiment:short';
      const own = { tenantId: 'stated', keyLineId: key.keyLineId, costNanos: 1_000n };
      await invocations(database.connection).insertMany([
        row('s1', '2026-04-01T00:00:00Z', { ...own, conversationId: 'c1', rating: 5, tags: [short] }),
        row('s2', '2026-04-02T00:00:00Z', { ...own, conversationId: 'c1', rating: 2, tags: ['web'] }),
        row('s3', '2026-04-03T00:00:00Z', { ...own, endUserId: 'ada', tags: [short, 'experiment:b'] }),
        row('s4', '2026-04-04T00:00:00Z', { ...own, rating: 5, costNanos: 500n, modelId: 'demo/slow' }),
      ]);
    });

    it.each([
      [['CONVERSATION'], { conversation: null }, 2, { conversation: 'c1' }, 2],
      [['EXPERIMENT'], { experiment: null }, 2, { experiment: 'b' }, 1, { experiment: 'short' }, 2],
      [['RATING'], { rating: null }, 1, { rating: '2' }, 1, { rating: '5' }, 2],
    ])('distinguishes by %j', async (by, ...expected) => {
      expect((await read(by)).flatMap(({ keys, requests }) => [keys, requests])).toEqual(expected);
    });

    it.each([
      [{ conversationId: 'c1' }, 2],
      [{ experiment: 'short' }, 2],
      [{ experiment: 'web' }, 0],
      [{ rating: 5 }, 2],
      [{ rating: 5, conversationId: 'c1' }, 1],
      [{ rating: 3 }, 0],
    ])('counts those that fit %j', async (filter, requests) => {
      expect((await read([], filter)).map((bucket) => bucket.requests)).toEqual(
        requests === 0 ? [] : [requests],
      );
    });

    it('states the number, the mean rating and the cost of those that were rated', async () => {
      expect(await read([])).toMatchObject([
        { requests: 4, cost: '0.000003500', rated: { requests: 3, mean: 4, cost: '0.000002500' } },
      ]);
      expect(await read(['MODEL'])).toMatchObject([
        { keys: { model: 'demo/echo' }, rated: { requests: 2, mean: 3.5, cost: '0.000002000' } },
        { keys: { model: 'demo/slow' }, rated: { requests: 1, mean: 5, cost: '0.000000500' } },
      ]);
      expect(await read(['RATING', 'KIND'], { conversationId: 'c1' })).toMatchObject([
        { keys: { rating: '2' }, rated: { requests: 1, mean: 2 } },
        { keys: { rating: '5' }, rated: { requests: 1, mean: 5 } },
      ]);
      expect(await read(['EXPERIMENT'])).toMatchObject([
        { keys: { experiment: null }, rated: { requests: 2, mean: 3.5 } },
        { keys: { experiment: 'b' }, rated: { requests: 0, mean: null, cost: '0.000000000' } },
        { keys: { experiment: 'short' }, rated: { requests: 1, mean: 5 } },
      ]);
    });

    it('has nothing of other tenants and other end users', async () => {
      for (const filter of [{}, { conversationId: 'c1' }, { rating: 5 }, { experiment: 'short' }]) {
        expect(await read(['RATING', 'CONVERSATION'], filter, testCaller('stranger', 'usage:read'))).toEqual(
          [],
        );
        const page = { ...key, endUserId: 'ada' };
        const ofAda = (await read(['CONVERSATION'], filter, page)).map(({ requests }) => requests);
        expect(ofAda).toEqual('conversationId' in filter || 'rating' in filter ? [] : [1]);
      }
    });
  });

  it('shows a caller that is bound to an end user the calls for this user alone', async () => {
    const key = testCaller('pages', 'inference:invoke', 'usage:read');
    const own = { tenantId: 'pages', appId: key.appId, keyId: key.keyId, keyLineId: key.keyLineId };
    await invocations(database.connection).insertMany([
      row('p1', '2026-09-05T00:00:00Z', { ...own, endUserId: 'ada' }),
      row('p2', '2026-09-05T00:00:00Z', { ...own, endUserId: 'eve' }),
      row('p3', '2026-09-05T00:00:00Z', own),
    ]);
    const range = { from: '2026-09-01T00:00:00Z', to: '2026-10-01T00:00:00Z' };
    expect(await readBuckets(key, 'ALL', [], range)).toMatchObject([{ requests: 3 }]);
    expect(await readBuckets({ ...key, endUserId: 'ada' }, 'ALL', [], range)).toMatchObject([
      { requests: 1 },
    ]);
    expect(await readBuckets({ ...key, endUserId: 'bob' }, 'ALL', [], range)).toEqual([]);
  });

  it('groups by end user and by tag, where a call counts for each of its tags', async () => {
    const caller = testCaller('labeled', 'usage:read');
    const own = { tenantId: 'labeled', costNanos: 1_000_000_000n };
    await invocations(database.connection).insertMany([
      row('l1', '2026-09-05T00:00:00Z', { ...own, endUserId: 'ada', tags: ['beta', 'web'] }),
      row('l2', '2026-09-05T00:00:00Z', { ...own, endUserId: 'eve', tags: ['web'] }),
      row('l3', '2026-09-05T00:00:00Z', own),
    ]);
    const range = { from: '2026-09-01T00:00:00Z', to: '2026-10-01T00:00:00Z' };
    const groups = async (...by: string[]) =>
      (await readBuckets(caller, 'ALL', by, range)).map(({ keys, requests }) => [
        ...Object.values(keys),
        requests,
      ]);
    expect(await groups('END_USER')).toEqual([
      [null, 1],
      ['ada', 1],
      ['eve', 1],
    ]);
    expect(await groups('TAG')).toEqual([
      [null, 1],
      ['beta', 1],
      ['web', 2],
    ]);
    expect(await groups('TAG', 'END_USER')).toEqual([
      [null, null, 1],
      ['beta', 'ada', 1],
      ['web', 'ada', 1],
      ['web', 'eve', 1],
    ]);
    expect(await groups()).toEqual([[3]]);
  });

  it('refuses a range that is empty, turned round or too long', async () => {
    const variables = { interval: 'DAY', by: [] };
    const wrong = (from: string, to: string) => refusal(acme, usage, { ...variables, from, to });
    expect(await wrong(all.from, all.from)).toMatch(/^BAD_USER_INPUT: from/);
    expect(await wrong(all.to, all.from)).toMatch(/^BAD_USER_INPUT: from/);
    expect(await wrong('2025-01-01T00:00:00Z', all.to)).toMatch(/^BAD_USER_INPUT: to .*400 days/);
  });
});

describe('the work of a usage', () => {
  it('is done for latencies only where they are requested', async () => {
    const { connection } = database;
    await foldUsage(connection, { nowMs: Date.parse(all.to), clocksDifferMs: 0 });
    const reads: boolean[] = [];
    const client = connection.getClient();
    const note = ({ command }: CommandStartedEvent) => {
      const isOfSums = command.find === usageBlocks(connection).collection.collectionName;
      if (isOfSums && command.filter.shape !== undefined)
        reads.push(command.projection?.['columns.latency'] !== 0);
    };
    client.on('commandStarted', note);
    const asking = (fields: string) =>
      askForData(
        subgraph,
        acme,
        `query ($from: DateTime!, $to: DateTime!) { usage(from: $from, to: $to) { ${fields} } }`,
        all,
      );
    await asking('requests cost');
    await asking('... on UsageBucket { latencyMsP95 }');
    client.off('commandStarted', note);
    expect(reads).toEqual([false, true]);
    await usageProgress(connection).deleteMany({});
  });
});

describe('a usage that is too wide', { timeout: 120_000 }, () => {
  it('is refused beyond exactly 10,000 buckets, and answered with fewer dimensions', async () => {
    const wide = testCaller('wide', 'usage:read');
    // Without mongoose, which takes most of the time of so many rows.
    await invocations(database.connection).collection.insertMany(
      Array.from({ length: 10_000 }, (_, index) =>
        row(`w${index}`, '2026-04-01T00:00:00Z', { tenantId: 'wide', keyId: `k${index}` }),
      ) as never,
    );
    const range = { from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z', interval: 'ALL' };
    expect(await readBuckets(wide, 'ALL', ['KEY'], range)).toHaveLength(10_000);
    await invocations(database.connection).create(
      row('w10000', '2026-04-01T00:00:00Z', { tenantId: 'wide', keyId: 'k10000' }),
    );
    expect(await refusal(wide, usage, { ...range, by: ['KEY'] })).toMatch(/^BAD_USER_INPUT: .*10000 buckets/);
    expect(await readBuckets(wide, 'ALL', ['APP'], range)).toMatchObject([{ requests: 10_001 }]);
    const top = `query ($from: DateTime!, $to: DateTime!) {
      usage(from: $from, to: $to, interval: ALL, by: [KEY], orderBy: COST, top: 2) { keys }
    }`;
    const { usage: first } = await askForData<{ usage: Bucket[] }>(subgraph, wide, top, range);
    expect(first.map(({ keys }) => keys.key)).toEqual(['k0', 'k1']);
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
    expect(await askForData(subgraph, acme, entities, { refs, ...all })).toEqual({
      _entities: [
        { id: 'acme', usage: [{ requests: 5 }] },
        { id: 'other', usage: [] },
        { id: 'app2', usage: [{ start: '2026-02-01T00:00:00.000Z', requests: 1 }] },
        { id: 'app9', usage: [] },
        { id: 'demo/echo', usage: [{ keys: { tenant: 'acme' }, requests: 4 }] },
        { id: 'p1', usage: [{ requests: 1 }] },
      ],
    });
    expect(await askForData(subgraph, admin, entities, { refs, ...all })).toMatchObject({
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

  it('queries the ledger once for the usage of fifty apps', async () => {
    const fifty = Array.from({ length: 50 }, (_, index) => ({ __typename: 'App', id: `app${index}` }));
    const commands = await countCommands(database, async () => {
      const { _entities } = await askForData<{ _entities: { usage: unknown[] }[] }>(
        subgraph,
        acme,
        entities,
        {
          refs: fifty,
          ...all,
        },
      );
      expect(_entities[1]?.usage).toHaveLength(2);
    });
    expect(commands).toEqual(['find', 'find']);
  });
});
