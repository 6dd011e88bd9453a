import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scopes } from '#core/caller.ts';
import { admin, echo, newTenant, unique } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

const tenantScopes = Object.keys(scopes).filter((scope) => scope !== 'tenants:admin');

interface List {
  readonly name: string;
  /** The order that there is without one, and the same backwards. */
  readonly orders: readonly [forwards: string, backwards: string];
  /** The query of one of them by its id. */
  readonly one?: string;
  /** The filter `tenantId`; absent where the ledger's test has it. */
  readonly byTenant: boolean;
}

const created = ['CREATED_AT_ASC', 'CREATED_AT_DESC'] as const;
const newest = ['NEWEST_FIRST', 'OLDEST_FIRST'] as const;

const lists: readonly List[] = [
  { name: 'apps', orders: created, one: 'app', byTenant: true },
  { name: 'apiKeys', orders: created, one: 'apiKey', byTenant: true },
  { name: 'members', orders: created, one: 'member', byTenant: true },
  { name: 'budgets', orders: ['OLDEST_FIRST', 'NEWEST_FIRST'], one: 'budget', byTenant: true },
  { name: 'accessGrants', orders: newest, byTenant: true },
  { name: 'prompts', orders: ['CREATED_AT_DESC', 'CREATED_AT_ASC'], one: 'prompt', byTenant: true },
  { name: 'invocations', orders: newest, one: 'invocation', byTenant: true },
];

let mesh: TestMesh;
let a: Awaited<ReturnType<typeof newTenant>>;
let b: Awaited<ReturnType<typeof newTenant>>;
const count = 5;
/** One budget of each: a second of the same window replaces the first. */
const windows = ['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH'];

beforeAll(async () => {
  mesh = await startOneProcess({ HEDDLE_COST_MAX: '1000000' });
  const of = () => mesh;
  a = await newTenant(of, { scopes: tenantScopes });
  b = await newTenant(of, { scopes: tenantScopes });
  await fill(a.client, a.appId, count);
  await fill(b.client, b.appId, 1);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

/** Makes so many of everything; of apps and keys the tenant has one already. */
async function fill(client: TestClient, appId: string, size: number): Promise<void> {
  for (let i = 0; i < size; i++) {
    await client.data(
      `mutation ($name: String!, $app: ID!, $first: Boolean!, $call: CompletionInput!) {
        saveMember(input: { subject: $name, role: ${i % 2 === 0 ? 'VIEWER' : 'OWNER'} }) { id }
        saveBudget(input: { amount: "5", window: ${windows[i]} }) { id }
        requestAccess(resource: $name) { id }
        createPrompt(input: { name: $name }) { id }
        complete(input: $call) { id }
        createApp(input: { name: $name }) @skip(if: $first) { id }
        createApiKey(input: { appId: $app, label: $name, scopes: [] }) @skip(if: $first) { secret }
      }`,
      { name: `n${i}${unique('x')}`, app: appId, first: i === 0, call: echo(`call ${i}`).input },
    );
  }
}

interface Page {
  readonly list: {
    readonly totalCount: number;
    readonly edges: readonly { readonly node: { readonly id: string } }[];
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly hasPreviousPage: boolean;
      readonly startCursor: string | null;
      readonly endCursor: string | null;
    };
  };
}

async function readPage(client: TestClient, name: string, args: string): Promise<Page['list']> {
  const { list } = await client.data<Page>(
    `{ list: ${name}${args === '' ? '' : `(${args})`} {
      totalCount edges { node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }`,
  );
  return list;
}

const readIds = async (client: TestClient, name: string, args = '') =>
  (await readPage(client, name, args)).edges.map(({ node }) => node.id);

describe.each(lists)('the list of $name', ({ name, orders, one, byTenant }) => {
  it('has all of the tenant and no others, and counts them', async () => {
    const all = await readPage(a.client, name, '');
    expect(all).toMatchObject({ totalCount: count });
    expect(all.edges).toHaveLength(count);
    const other = await readPage(b.client, name, '');
    expect(other.totalCount).toBe(1);
    expect(all.edges).not.toContainEqual(other.edges[0]);
  });

  it('is paged from both ends, in either order', async () => {
    const forwards = await readIds(a.client, name, `orderBy: ${orders[0]}`);
    expect(await readIds(a.client, name)).toEqual(forwards);
    const backwards = await readIds(a.client, name, `orderBy: ${orders[1]}`);
    expect(backwards).toEqual(forwards.toReversed());
    for (const [order, expected] of [
      [orders[0], forwards],
      [orders[1], backwards],
    ] as const) {
      const seen: string[] = [];
      for (let cursor = ''; ; ) {
        const page = await readPage(a.client, name, `orderBy: ${order}, first: 2${cursor}`);
        expect(page.totalCount).toBe(count);
        seen.push(...page.edges.map(({ node }) => node.id));
        if (!page.pageInfo.hasNextPage) break;
        cursor = `, after: "${page.pageInfo.endCursor}"`;
      }
      expect(seen).toEqual(expected);
      const fromEnd: string[] = [];
      for (let cursor = ''; ; ) {
        const page = await readPage(a.client, name, `orderBy: ${order}, last: 2${cursor}`);
        fromEnd.unshift(...page.edges.map(({ node }) => node.id));
        if (!page.pageInfo.hasPreviousPage) break;
        cursor = `, before: "${page.pageInfo.startCursor}"`;
      }
      expect(fromEnd).toEqual(expected);
    }
  });

  it('shows no other tenant’s by a filter, and each tenant’s to tenants:admin', async () => {
    if (!byTenant) return;
    const filter = `filter: { tenantId: "${a.tenantId}" }`;
    expect(await readPage(b.client, name, filter)).toMatchObject({ totalCount: 0, edges: [] });
    expect(
      await readIds(
        admin(() => mesh),
        name,
        filter,
      ),
    ).toEqual(await readIds(a.client, name));
  });

  it('uses no cursor of another tenant to show what is the other’s', async () => {
    const { pageInfo } = await readPage(a.client, name, 'first: 1');
    const own = await readIds(b.client, name);
    for (const args of [`after: "${pageInfo.endCursor}"`, `last: 5, before: "${pageInfo.endCursor}"`]) {
      for (const id of await readIds(b.client, name, args)) expect(own).toContain(id);
    }
  });

  it('has each of them by its id, and for no other tenant', async () => {
    if (one === undefined) return;
    const [id] = await readIds(a.client, name);
    const query = `query ($id: ID!) { ${one}(id: $id) { id } }`;
    expect(await a.client.data(query, { id })).toEqual({ [one]: { id } });
    expect(await b.client.data(query, { id })).toEqual({ [one]: null });
  });
});

describe('a filter', () => {
  it.each([
    ['members', '{ role: OWNER }', 2],
    ['members', '{ search: "N0" }', 1],
    ['members', '{ search: ".*" }', 0],
    ['budgets', '{ window: MONTH }', 1],
    ['budgets', '{ hard: false }', 0],
    ['apps', '{ search: "n1" }', 1],
    ['apiKeys', '{ search: "n1" }', 1],
    ['apiKeys', '{ active: true }', 5],
    ['apiKeys', '{ active: false }', 0],
    ['accessGrants', '{ status: PENDING }', 5],
    ['accessGrants', '{ status: DENIED }', 0],
    ['prompts', '{ search: "n4" }', 1],
    ['prompts', '{ archived: true }', 0],
    ['prompts', '{ archived: false }', 5],
    ['prompts', '{ label: "production" }', 0],
    ['prompts', '{ label: "a.b" }', 0],
    ['invocations', '{ kind: "completion" }', 5],
    ['invocations', '{ status: FAILED }', 0],
  ])('of %s %s fits %i', async (name, filter, expected) => {
    const page = await readPage(a.client, name, `filter: ${filter}`);
    expect(page.edges).toHaveLength(expected);
    expect(page.totalCount).toBe(expected);
  });

  it('finds the keys that have ended', async () => {
    const made = await a.client.data<{ createApiKey: { key: { id: string } } }>(
      'mutation ($app: ID!) { createApiKey(input: { appId: $app, scopes: [] }) { key { id } } }',
      { app: a.appId },
    );
    const { id } = made.createApiKey.key;
    await a.client.data('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id });
    expect(await readIds(a.client, 'apiKeys', 'filter: { active: false }')).toEqual([id]);
    expect(await readIds(a.client, 'apiKeys', 'filter: { active: true }')).not.toContain(id);
  });
});

describe('lists of the mesh', () => {
  it('are filtered and ordered', async () => {
    const root = admin(() => mesh);
    const id = unique('p');
    await root.data(
      `mutation ($id: ID!) {
        a: createProvider(input: { id: $id, kind: OLLAMA, region: "eu", enabled: false }) { id }
        b: saveRoute(input: { alias: $id, strategy: CHEAPEST, targets: [{ model: "demo/echo" }] }) { id }
        c: savePlan(input: { id: "plan-${id}", name: "${id}", limits: [] }) { id }
      }`,
      { id },
    );
    const read = await root.data<Record<string, { id: string }[]>>(
      `{
        providers(filter: { kind: OLLAMA, enabled: false, region: "eu", search: "${id.toUpperCase()}" }) { id }
        none: providers(filter: { enabled: true, search: "${id}" }) { id }
        routes(filter: { model: "demo/echo", strategy: CHEAPEST, search: "${id}" }) { id }
        noRoutes: routes(filter: { model: "demo/other" }) { id }
        plans(filter: { search: "${id}" }) { id }
        all: providers(orderBy: NAME_ASC) { id }
        reversed: providers(orderBy: NAME_DESC) { id }
      }`,
    );
    expect(read).toMatchObject({
      providers: [{ id }],
      none: [],
      routes: [{ id: `route:${id}` }],
      noRoutes: [],
      plans: [{ id: `plan-${id}` }],
    });
    expect(read.reversed).toEqual(read.all?.toReversed());
    const tenants = await readPage(
      root,
      'tenants',
      'filter: { planId: "unlimited" }, orderBy: NAME_DESC, last: 1',
    );
    expect(tenants.edges[0]?.node.id).toBe('default');
  });
});

describe('the usage', () => {
  it('is of the calls that fit the filter, of the own tenant alone', async () => {
    const usage = (filter: string) => `{
      usage(from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z", interval: ALL, filter: ${filter}) { requests }
    }`;
    for (const [filter, expected] of [
      ['{ status: SUCCEEDED }', [{ requests: count }]],
      ['{ model: "demo/echo", providerId: "demo", kind: "completion" }', [{ requests: count }]],
      [`{ appId: "${a.appId}", keyId: "${a.keyId}" }`, [{ requests: count }]],
      ['{ model: "demo/other" }', []],
      ['{ endUserId: "nobody" }', []],
      ['{ tag: "none" }', []],
      [`{ tenantId: "${b.tenantId}" }`, []],
      [`{ appId: "${b.appId}" }`, []],
    ] as const) {
      expect(await a.client.data(usage(filter)), filter).toEqual({ usage: expected });
    }
  });
});

describe('me', () => {
  it('has what is left of the own limits of a key, and of all that bind it with tenants:read', async () => {
    const limited = await newTenant(() => mesh, {
      scopes: ['inference:invoke'],
      limits: [
        { meter: 'REQUESTS', window: 'DAY', amount: '3' },
        { meter: 'CONCURRENCY', window: 'INFLIGHT', amount: '2' },
      ],
    });
    await admin(() => mesh).data(
      'mutation ($id: ID!) { saveBudget(input: { tenantId: $id, amount: "1.5", window: MONTH, hard: false }) { id } }',
      { id: limited.tenantId },
    );
    const query = '{ me { limits { subject meter window amount used reserved remaining resetsAt hard } } }';
    await limited.client.data(
      'mutation ($input: CompletionInput!) { complete(input: $input) { id } }',
      echo('x'),
    );
    const { me } = await limited.client.data<{ me: { limits: readonly Record<string, unknown>[] } }>(query);
    const ofKey = me.limits.filter(({ subject }) => subject === `key:${limited.keyId}`);
    expect(ofKey).toEqual([
      {
        subject: `key:${limited.keyId}`,
        meter: 'REQUESTS',
        window: 'DAY',
        amount: '3',
        used: '1',
        reserved: '0',
        remaining: '2',
        resetsAt: expect.stringMatching(/T00:00:00\.000Z$/),
        hard: true,
      },
      expect.objectContaining({ meter: 'CONCURRENCY', used: '0', remaining: '2', resetsAt: null }),
    ]);
    expect(me.limits).toHaveLength(ofKey.length);
    const reader = await createKey(limited.appId, ['tenants:read']);
    const seen = await reader.data<{ me: { limits: readonly Record<string, unknown>[] } }>(query);
    expect(seen.me.limits.filter(({ subject }) => String(subject).startsWith('budget:'))).toMatchObject([
      { meter: 'COST', amount: '1.500000000', remaining: '1.500000000', hard: false },
    ]);
    const others = await a.client.data<{ me: { limits: readonly Record<string, unknown>[] } }>(query);
    expect(others.me.limits.map(({ subject }) => subject)).not.toContain(`key:${limited.keyId}`);
    expect(await (await createKey(limited.appId, [])).code(query)).toBe('FORBIDDEN');
  });
});

async function createKey(appId: string, held: readonly string[]): Promise<TestClient> {
  const { createApiKey } = await admin(() => mesh).data<{ createApiKey: { secret: string } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
    { input: { appId, scopes: held } },
  );
  return createTestClient(mesh.url, createApiKey.secret);
}
