import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, echo, newTenant, unique } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { addModel, startVendors } from './vendors.ts';

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
/** Answers everything with usage of 1,000 tokens in and 200 out: $0.003. */
let priced: string;
let calls: () => number;
let vendors: Awaited<ReturnType<typeof startVendors>>;
beforeAll(async () => {
  vendors = await startVendors(stack);
  const usage = { prompt_tokens: 1_000, completion_tokens: 200 };
  vendors.on({ predicate: () => true }, { content: 'Yes.', usage });
  calls = () => vendors.getRequests().length;
  priced = await addModel(() => mesh, 'OPENAI_COMPATIBLE', `${vendors.url}/v1`, 'priced', {
    maxOutputTokens: 200,
  });
});
afterAll(() => stack.disposeAsync());

const complete =
  'mutation ($input: CompletionInput!) { complete(input: $input) { text cache cost attempts { outcome } } }';
const ask = (client: TestClient, text: string, more: Record<string, unknown> = {}) =>
  client.send<{ complete: { cache: string; cost: string; attempts: unknown[] } }>(
    complete,
    echo(text, { model: priced, ...more }),
  );
const readCode = async (answer: ReturnType<typeof ask>) =>
  (await answer).errors?.[0]?.extensions.code ?? 'OK';
const limit = (meter: string, window: string, amount: string) => ({ limits: [{ meter, window, amount }] });

const cached = async (client: TestClient, text: string, cache?: string) => {
  const { complete: answer } = (await ask(client, text, cache === undefined ? {} : { cache })).data;
  return answer.cache;
};

describe('@requiresScopes', () => {
  it('names the scope that is missing', async () => {
    const { client } = await newTenant(() => mesh, { scopes: [] });
    const { errors } = await client.send(complete, echo('x'));
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('inference:invoke'),
      extensions: { code: 'FORBIDDEN' },
    });
  });

  it('hides a denied field and nothing else, inside what may be seen', async () => {
    const { client } = await newTenant(() => mesh);
    const answer = await client.send(
      '{ model(id: "demo/echo") { id } auditLog(first: 1) { edges { cursor } } }',
    );
    expect(answer.errors?.map(({ path, extensions }) => [path, extensions.code])).toContainEqual([
      ['auditLog'],
      'FORBIDDEN',
    ]);
  });

  it('requests nothing of a field that is skipped', async () => {
    const { client } = await newTenant(() => mesh);
    expect(
      await client.send(
        'query ($no: Boolean!) { me { kind } auditLog(first: 1) @include(if: $no) { edges { cursor } } }',
        { no: false },
      ),
    ).toEqual({ data: { me: { kind: 'API_KEY' } } });
  });
});

describe('@quota', () => {
  it('lets exactly as many requests through as fit, however many come at once', async () => {
    const { client } = await newTenant(() => mesh, limit('REQUESTS', 'MINUTE', '5'));
    const codes = await Promise.all(
      Array.from({ length: 12 }, (_, n) => readCode(ask(client, `at once ${n}`))),
    );
    expect(codes.filter((code) => code === 'OK')).toHaveLength(5);
    expect(codes.filter((code) => code === 'QUOTA_EXCEEDED')).toHaveLength(7);
  });

  it('counts tokens by what the provider states, and refuses before it is called', async () => {
    const { client } = await newTenant(() => mesh, limit('TOKENS', 'MINUTE', '2600'));
    expect(await readCode(ask(client, 'one'))).toBe('OK');
    expect(await readCode(ask(client, 'two'))).toBe('OK');
    const before = calls();
    const { errors } = await ask(client, 'three');
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'QUOTA_EXCEEDED', retryAfterMs: expect.any(Number) },
    });
    expect(calls()).toBe(before);
  });

  it('lets no more calls run at once than CONCURRENCY states, and the next when they have ended', async () => {
    const { client } = await newTenant(() => mesh, limit('CONCURRENCY', 'INFLIGHT', '2'));
    const slow = (n: number) => readCode(ask(client, `some slow words ${n}`, { model: 'demo/slow' }));
    const codes = await Promise.all([1, 2, 3, 4, 5].map(slow));
    expect(codes.filter((code) => code === 'OK')).toHaveLength(2);
    expect(codes.filter((code) => code === 'QUOTA_EXCEEDED')).toHaveLength(3);
    expect(await Promise.all([6, 7].map(slow))).toEqual(['OK', 'OK']);
  });

  it('holds a plan of the tenant and a limit of the key at once', async () => {
    const { client, tenantId } = await newTenant(() => mesh, limit('REQUESTS', 'HOUR', '3'));
    const id = unique('plan');
    await admin(() => mesh).data(
      'mutation ($plan: PlanInput!, $tenant: ID!, $id: ID!) { savePlan(input: $plan) { id } assignPlan(tenantId: $tenant, planId: $id) { plan { id } } }',
      { plan: { id, name: id, ...limit('REQUESTS', 'DAY', '2') }, tenant: tenantId, id },
    );
    const codes: string[] = [];
    for (const n of [1, 2, 3]) codes.push(await readCode(ask(client, `planned ${n}`)));
    expect(codes).toEqual(['OK', 'OK', 'QUOTA_EXCEEDED']);
  });
});

describe('budgets', () => {
  const save = (client: TestClient, input: Record<string, unknown>) =>
    client.data('mutation ($input: BudgetInput!) { saveBudget(input: $input) { id } }', { input });
  const budgets = async (client: TestClient) =>
    (
      await client.data<{ tenant: { budgets: { spent: string; reserved: string }[] } }>(
        '{ tenant { budgets { spent reserved amount hard } } }',
      )
    ).tenant.budgets;

  it('refuse what does not fit a hard one before the provider is called, and report what was spent', async () => {
    const { client } = await newTenant(() => mesh);
    await save(client, { amount: '0.008', window: 'DAY' });
    expect(await readCode(ask(client, 'one'))).toBe('OK');
    expect(await budgets(client)).toMatchObject([
      { spent: '0.003000000', reserved: '0.000000000', hard: true },
    ]);
    expect(await readCode(ask(client, 'two'))).toBe('OK');
    const before = calls();
    const { errors } = await ask(client, 'three');
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'BUDGET_EXCEEDED', retryAfterMs: expect.any(Number) },
    });
    expect(calls()).toBe(before);
    expect(await budgets(client)).toMatchObject([{ spent: '0.006000000' }]);
  });

  it('only count beyond a soft one', async () => {
    const { client } = await newTenant(() => mesh);
    await save(client, { amount: '0.001', window: 'MONTH', hard: false });
    expect(await readCode(ask(client, 'one'))).toBe('OK');
    expect(await readCode(ask(client, 'two'))).toBe('OK');
    expect(await budgets(client)).toMatchObject([{ spent: '0.006000000', hard: false }]);
  });

  it('are never overspent by calls that come at once', async () => {
    const { client } = await newTenant(() => mesh);
    await save(client, { amount: '0.011', window: 'DAY' });
    // The upper bound of each is a little above what it then costs: three of them fit.
    const text = 'x'.repeat(3_000);
    const model = await addModel(() => mesh, 'OPENAI_COMPATIBLE', `${vendors.url}/v1`, 'bounded', {
      maxOutputTokens: 200,
    });
    const call = (n: number) => readCode(ask(client, `${text}${n}`, { model }));
    const codes = await Promise.all(Array.from({ length: 10 }, (_, n) => call(n)));
    expect(codes.filter((code) => code === 'OK')).toHaveLength(3);
    expect(codes.filter((code) => code === 'BUDGET_EXCEEDED')).toHaveLength(7);
    expect(await budgets(client)).toMatchObject([{ spent: '0.009000000', reserved: '0.000000000' }]);
  });
});

describe('@cache', () => {
  it('answers from the cache only on request: USE reads and writes, REFRESH writes, BYPASS and the default neither', async () => {
    const { client } = await newTenant(() => mesh);
    const text = unique('cached');
    const before = calls();
    expect(await cached(client, text)).toBe('BYPASS');
    expect(await cached(client, text, 'BYPASS')).toBe('BYPASS');
    expect(await cached(client, text, 'USE')).toBe('MISS');
    expect(await cached(client, text, 'USE')).toBe('HIT');
    expect(await cached(client, text, 'REFRESH')).toBe('MISS');
    expect(await cached(client, text, 'USE')).toBe('HIT');
    expect(await cached(client, text)).toBe('BYPASS');
    expect(calls() - before).toBe(5);
  });

  it('costs nothing and draws no tokens, and leaves its row', async () => {
    const { client } = await newTenant(() => mesh, limit('TOKENS', 'MINUTE', '2600'));
    const text = unique('free');
    for (const n of [1, 2, 3, 4]) {
      const { data } = await ask(client, text, { cache: 'USE' });
      expect(data.complete).toMatchObject(
        n === 1
          ? { cache: 'MISS', cost: '0.003000000' }
          : { cache: 'HIT', cost: '0.000000000', attempts: [] },
      );
    }
    const { invocations } = await client.data<{ invocations: { edges: { node: { cache: string } }[] } }>(
      '{ invocations { edges { node { cache status } } } }',
    );
    expect(invocations.edges.map(({ node }) => node.cache)).toEqual(['HIT', 'HIT', 'HIT', 'MISS']);
  });

  it('is on by default where the tenant, or the app, was set so', async () => {
    const { client, tenantId, appId } = await newTenant(() => mesh);
    const root = admin(() => mesh);
    const text = unique('default');
    await root.data(
      'mutation ($id: ID!) { updateTenant(id: $id, input: { cacheByDefault: true }) { cacheByDefault } }',
      { id: tenantId },
    );
    await expect.poll(() => cached(client, text), { timeout: 8_000 }).toBe('HIT');
    expect(await cached(client, text, 'BYPASS')).toBe('BYPASS');
    await root.data(
      'mutation ($id: ID!) { updateApp(id: $id, input: { cacheByDefault: false }) { cacheByDefault } }',
      { id: appId },
    );
    await expect.poll(() => cached(client, text), { timeout: 8_000 }).toBe('BYPASS');
  });

  it('is shared by the keys of a tenant and with no other tenant', async () => {
    const [mine, other] = await Promise.all([newTenant(() => mesh), newTenant(() => mesh)]);
    const { createApiKey } = await mine.client.data<{ createApiKey: { secret: string } }>(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      { input: { appId: mine.appId } },
    );
    const colleague = createTestClient(mesh.url, createApiKey.secret);
    const text = unique('shared');
    expect(await cached(mine.client, text, 'USE')).toBe('MISS');
    expect(await cached(colleague, text, 'USE')).toBe('HIT');
    expect(await cached(other.client, text, 'USE')).toBe('MISS');
  });
});

describe('the scope of cached answers', () => {
  const setTenant =
    'mutation ($id: ID!, $scope: CacheScope) { updateTenant(id: $id, input: { cacheScope: $scope }) { cacheScope } }';
  const setApp =
    'mutation ($id: ID!, $scope: CacheScope) { updateApp(id: $id, input: { cacheScope: $scope }) { cacheScope } }';
  const createKeyMutation =
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }';

  /** A client with a new key of the app. */
  async function keyIn(client: TestClient, appId: string): Promise<TestClient> {
    const made = await client.data<{ createApiKey: { secret: string } }>(createKeyMutation, {
      input: { appId },
    });
    return createTestClient(mesh.url, made.createApiKey.secret);
  }

  it('is the narrower one of tenant and app, as soon as it is set', async () => {
    const { client, tenantId, appId } = await newTenant(() => mesh);
    const { createApp } = await client.data<{ createApp: { id: string; cacheScope: string | null } }>(
      'mutation { createApp(input: { name: "second" }) { id cacheScope } }',
    );
    expect(createApp.cacheScope).toBeNull();
    const [colleague, stranger] = [await keyIn(client, appId), await keyIn(client, createApp.id)];
    const root = admin(() => mesh);
    /** What a key of the app, and one of the other app, find of what the first key has asked. */
    const found = async () => {
      const text = unique('scoped');
      await cached(client, text, 'USE');
      expect(await cached(client, text, 'USE')).toBe('HIT');
      return [await cached(colleague, text, 'USE'), await cached(stranger, text, 'USE')];
    };
    const wait = { timeout: 8_000 };
    expect(await found()).toEqual(['HIT', 'HIT']);
    expect(await root.data(setTenant, { id: tenantId, scope: 'APP' })).toEqual({
      updateTenant: { cacheScope: 'APP' },
    });
    await expect.poll(found, wait).toEqual(['HIT', 'MISS']);
    expect(await client.data(setApp, { id: appId, scope: 'CALLER' })).toEqual({
      updateApp: { cacheScope: 'CALLER' },
    });
    await expect.poll(found, wait).toEqual(['MISS', 'MISS']);
    await client.data(setApp, { id: appId, scope: 'TENANT' });
    await expect.poll(found, wait).toEqual(['HIT', 'MISS']);
    expect(await root.data(setTenant, { id: tenantId, scope: null })).toEqual({
      updateTenant: { cacheScope: null },
    });
    await client.data(setApp, { id: appId, scope: null });
    await expect.poll(found, wait).toEqual(['HIT', 'HIT']);
  });

  it('CALLER separates the visitors of a page, who share one key', async () => {
    const { client, tenantId } = await newTenant(() => mesh);
    const root = admin(() => mesh);
    await root.data(setTenant, { id: tenantId, scope: 'CALLER' });
    const visitor = async (endUserId: string) => {
      const { createPageToken } = await client.data<{ createPageToken: { token: string } }>(
        'mutation ($input: PageTokenInput!) { createPageToken(input: $input) { token } }',
        { input: { endUserId } },
      );
      return createTestClient(mesh.url, createPageToken.token);
    };
    const [ada, adaAgain, ben] = [await visitor('ada'), await visitor('ada'), await visitor('ben')];
    const text = unique('visitors');
    expect(await cached(ada, text, 'USE')).toBe('MISS');
    expect(await cached(adaAgain, text, 'USE')).toBe('HIT');
    expect(await cached(ben, text, 'USE')).toBe('MISS');
  });

  it('is chosen when a tenant or an app is made; PUBLIC is refused everywhere', async () => {
    const root = admin(() => mesh);
    const { client, tenantId, appId } = await newTenant(() => mesh);
    const makeTenant = 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { cacheScope } }';
    const makeApp = 'mutation ($input: CreateAppInput!) { createApp(input: $input) { cacheScope } }';
    expect(await root.data(makeTenant, { input: { name: unique('t'), cacheScope: 'APP' } })).toEqual({
      createTenant: { cacheScope: 'APP' },
    });
    expect(await client.data(makeApp, { input: { name: 'third', cacheScope: 'CALLER' } })).toEqual({
      createApp: { cacheScope: 'CALLER' },
    });
    const wide = { name: unique('w'), cacheScope: 'PUBLIC' };
    expect(await root.code(makeTenant, { input: wide })).toBe('BAD_USER_INPUT');
    expect(await client.code(makeApp, { input: wide })).toBe('BAD_USER_INPUT');
    expect(await root.code(setTenant, { id: tenantId, scope: 'PUBLIC' })).toBe('BAD_USER_INPUT');
    expect(await client.code(setApp, { id: appId, scope: 'PUBLIC' })).toBe('BAD_USER_INPUT');
  });
});

describe('@audited', () => {
  it('records who did what, with how it was and how it is, and no secret', async () => {
    const root = admin(() => mesh);
    const id = unique('audited');
    await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
      input: { id, kind: 'OPENAI', apiKey: 'sk-audited-secret-999', region: 'eu' },
    });
    await root.data('mutation ($id: ID!) { updateProvider(id: $id, input: { region: "us" }) { region } }', {
      id,
    });
    await root.data(
      'mutation ($id: ID!) { addProviderCredential(providerId: $id, label: "two", secret: "sk-other-secret-888") { id } }',
      { id },
    );
    await root.code('mutation ($id: ID!) { deprecateModel(id: $id) { id } }', { id: `${id}/none` });
    interface Audit {
      readonly auditLog: { readonly edges: readonly { readonly node: Record<string, unknown> }[] };
    }
    const { auditLog } = await root.data<Audit>(
      `{ auditLog(first: 200) { edges { node {
        action outcome errorCode targetType targetId before after arguments requestId clientAddress actor { kind keyId }
      } } } }`,
    );
    // Others change the mesh too.
    const records = auditLog.edges
      .map(({ node }) => node)
      .filter((node) => JSON.stringify(node).includes(id));
    expect(records).toHaveLength(4);
    const [failed, added, updated, created] = records;
    expect(created).toMatchObject({
      action: 'provider.create',
      outcome: 'SUCCEEDED',
      targetId: id,
      before: null,
      after: { region: 'eu' },
      actor: { kind: 'API_KEY', keyId: expect.any(String) },
      clientAddress: '127.0.0.1',
    });
    expect(updated).toMatchObject({
      action: 'provider.update',
      targetId: id,
      before: { region: 'eu' },
      after: { region: 'us' },
    });
    expect(added).toMatchObject({ action: 'providerCredential.add', outcome: 'SUCCEEDED' });
    expect(failed).toMatchObject({ action: 'model.deprecate', outcome: 'FAILED', errorCode: 'NOT_FOUND' });
    expect(JSON.stringify(records)).not.toMatch(/audited-secret|other-secret/);
  });
});

describe('@cost and @listSize', () => {
  it('refuse a page of pages before anything runs, and state how to request less', async () => {
    const nested = (first: number) =>
      `{ invocations(first: ${first}) { edges { node { tenant { apps { keys { id } usage(from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z") { requests } } } } } } }`;
    const root = admin(() => mesh);
    const { errors } = await root.send(nested(200));
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(/\d/),
      extensions: { code: 'GRAPH_COST_EXCEEDED' },
    });
    expect((await root.send(nested(2))).errors).toBeUndefined();
  });
});
