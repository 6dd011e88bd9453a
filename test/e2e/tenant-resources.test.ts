import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient, overEventStream, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

let mesh: TestMesh;
let admin: TestClient;

interface Tenant {
  readonly id: string;
  readonly owner: TestClient;
}
let acme: Tenant;
let other: Tenant;

const createKey = `mutation ($appId: ID!, $scopes: [String!]) {
  createApiKey(input: { appId: $appId, scopes: $scopes, limits: [] }) { secret }
}`;
const scopes = ['inference:invoke', 'models:read', 'providers:write', 'tenants:write', 'usage:read'];
const complete = (model: string, cache = 'BYPASS') =>
  `mutation { complete(input: { model: "${model}", cache: ${cache}, messages: [{ role: USER, content: "hi" }] }) { cache model { id } } }`;

async function addApp(client: TestClient, input: string): Promise<TestClient> {
  const { createApp } = await client.data<{ createApp: { id: string } }>(
    `mutation { createApp(input: { ${input} }) { id } }`,
  );
  const { createApiKey } = await client.data<{ createApiKey: { secret: string } }>(createKey, {
    appId: createApp.id,
    scopes,
  });
  return createTestClient(mesh.url, createApiKey.secret);
}

async function addTenant(name: string): Promise<Tenant> {
  const { createTenant } = await admin.data<{ createTenant: { id: string } }>(
    `mutation { createTenant(input: { name: "${name}", planId: "unlimited" }) { id } }`,
  );
  return { id: createTenant.id, owner: await addApp(admin, `tenantId: "${createTenant.id}", name: "app"`) };
}

beforeAll(async () => {
  mesh = await startOneProcess({});
  admin = createTestClient(mesh.url, mesh.adminKey);
  [acme, other] = [await addTenant('Acme'), await addTenant('Other')];
  await acme.owner.data('mutation { createProvider(input: { id: "demo", kind: DEMO }) { id } }');
  await acme.owner.data(
    `mutation { createModel(input: { providerId: "demo", tenantId: "${acme.id}", name: "echo" }) { id } }`,
  );
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe("a tenant's own provider", () => {
  it('answers the calls of its tenant by the name of the mesh’s, in rows, usage and the cache apart from it', async () => {
    const own = `${acme.id}:demo/echo`;
    for (const [{ owner }, id] of [
      [acme, own],
      [other, 'demo/echo'],
    ] as const) {
      expect(await owner.data(complete('demo/echo', 'USE'))).toMatchObject({ complete: { model: { id } } });
      expect(await owner.data(complete('demo/echo', 'USE'))).toMatchObject({
        complete: { cache: 'HIT', model: { id } },
      });
      const to = new Date(Date.now() + 86_400_000).toISOString();
      const { usage } = await owner.data<{ usage: { keys: object }[] }>(
        `{ usage(from: "2026-01-01T00:00:00Z", to: "${to}", interval: ALL, by: [MODEL]) { keys } }`,
      );
      expect(usage).toEqual([{ keys: { model: id } }]);
    }
    expect(await other.owner.code(complete(own))).toBe('NOT_FOUND');
    // Deleted, its answers are those of no call any more.
    await acme.owner.data(`mutation { deleteModel(id: "${own}") }`);
    expect(await acme.owner.data(complete('demo/echo', 'USE'))).toMatchObject({
      complete: { cache: 'MISS', model: { id: 'demo/echo' } },
    });
    await acme.owner.data(
      `mutation { createModel(input: { providerId: "${acme.id}:demo", name: "echo" }) { id } }`,
    );
  });

  it('is listed to clients of OpenAI by the name that they call, once', async () => {
    const list = async ({ key }: TestClient) => {
      const response = await fetch(`${mesh.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      const { data } = (await response.json()) as { data: { id: string }[] };
      return data.map(({ id }) => id);
    };
    const names = await list(acme.owner);
    expect(names.filter((name) => name === 'demo/echo')).toHaveLength(1);
    expect([...names, ...(await list(other.owner))].filter((name) => name.includes(acme.id))).toEqual([]);
  });

  it('is no node for others, by its id or that of what belongs to it', async () => {
    for (const id of [`${acme.id}:demo`, `${acme.id}:demo/echo`]) {
      const query = `{ node(id: "${id}") { id } }`;
      expect(await acme.owner.data(query)).toEqual({ node: { id } });
      expect(await other.owner.data(query)).toEqual({ node: null });
    }
  });
});

describe('a provider that is no longer offered', () => {
  it('is not answered for from the cache either', async () => {
    await other.owner.data(complete('demo/slow', 'USE'));
    expect(await other.owner.data(complete('demo/slow', 'USE'))).toMatchObject({
      complete: { cache: 'HIT' },
    });
    const offer = (to: string) =>
      `mutation { updateProvider(id: "demo", input: { offeredTo: ${to} }) { id } }`;
    await admin.data(offer(`{ tenants: ["${acme.id}"] }`));
    expect(await other.owner.code(complete('demo/slow', 'USE'))).toBe('NOT_FOUND');
    expect(await other.owner.data('{ node(id: "demo/slow") { id } }')).toEqual({ node: null });
    await acme.owner.data(complete('demo/slow'));
    await admin.data(offer('null'));
    expect(await other.owner.data(complete('demo/slow', 'USE'))).toMatchObject({
      complete: { cache: 'HIT' },
    });
  });
});

describe('the limits of a team', () => {
  it('count the calls of all of its apps, beside those of others, and usage shows them', async () => {
    const { createTeam } = await acme.owner.data<{ createTeam: { id: string } }>(
      'mutation { createTeam(input: { name: "search", limits: [{ meter: REQUESTS, window: DAY, amount: 2 }] }) { id } }',
    );
    const team = createTeam.id;
    const [one, two] = [
      await addApp(acme.owner, `name: "one", teamId: "${team}"`),
      await addApp(acme.owner, `name: "two", teamId: "${team}"`),
    ];
    await one.data(complete('demo/echo'));
    await two.data(complete('demo/echo'));
    const { errors = [] } = await one.send(complete('demo/echo'));
    expect(errors[0]?.extensions).toMatchObject({ code: 'QUOTA_EXCEEDED', subject: `team:${team}` });
    await acme.owner.data(complete('demo/echo'));
    const to = new Date(Date.now() + 86_400_000).toISOString();
    const { usage } = await acme.owner.data<{ usage: { requests: number }[] }>(
      `{ usage(from: "2026-01-01T00:00:00Z", to: "${to}", interval: ALL, by: [TEAM], filter: { teamId: "${team}" }) { keys requests } }`,
    );
    expect(usage).toEqual([{ keys: { team }, requests: 2 }]);
    expect(await acme.owner.data(`{ node(id: "${team}") { id } }`)).toEqual({ node: { id: team } });
    expect(await other.owner.data(`{ node(id: "${team}") { id } }`)).toEqual({ node: null });
  });
});

describe('a prompt of the mesh', () => {
  const secret = 'Only the mesh knows';
  const runPrompt = `mutation ($name: String!, $cache: CacheUse, $variables: JSON = { who: "you" }) {
    runPrompt(input: { name: $name, cache: $cache, variables: $variables }) { id text cache model { id } }
  }`;
  const publish =
    'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { id } }';
  const update =
    'mutation ($id: ID!, $input: UpdatePromptInput!) { updatePrompt(id: $id, input: $input) { id } }';
  const events = `subscription ($name: String!) { promptStream(input: { name: $name, variables: { who: "you" } }) { __typename } }`;
  /** The code of the first error; undefined: there was none. */
  const readCode = async (client: TestClient, query: string, variables: Record<string, unknown> = {}) =>
    (await client.send(query, variables)).errors?.[0]?.extensions.code;
  const offer = (id: string, offeredTo: object | null) => admin.data(update, { id, input: { offeredTo } });

  /** A prompt of the mesh, or of the tenant of the client. Its model answers with what it was sent. */
  async function addPrompt(client: TestClient, name: string, more: object = {}, model = 'demo/echo') {
    const input = { name, version: { model, template: `${secret} {{who}}`, label: 'production' }, ...more };
    const { createPrompt } = await client.data<{ createPrompt: { id: string } }>(
      'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
      { input },
    );
    return createPrompt.id;
  }
  async function addWriter({ id }: Tenant): Promise<TestClient> {
    const { createApp } = await admin.data<{ createApp: { id: string } }>(
      'mutation ($id: ID!) { createApp(input: { tenantId: $id, name: "prompts" }) { id } }',
      { id },
    );
    const { createApiKey } = await admin.data<{ createApiKey: { secret: string } }>(createKey, {
      appId: createApp.id,
      scopes: [
        'inference:invoke',
        'prompts:write',
        'tenants:write',
        'guardrails:write',
        'usage:read',
        'logs:read',
      ],
    });
    return createTestClient(mesh.url, createApiKey.secret);
  }
  let writers: { readonly acme: TestClient; readonly other: TestClient };
  beforeAll(async () => {
    writers = { acme: await addWriter(acme), other: await addWriter(other) };
  });

  it('is run by every tenant with the models of the mesh, whatever it owns and names itself', async () => {
    await addPrompt(admin, 'hello');
    await admin.data(
      `mutation { saveModelAlias(input: { tenantId: "${other.id}", name: "demo/echo", target: "demo/slow" }) { name } }`,
    );
    // acme owns a model of this name, and other has an alias of it.
    for (const client of [writers.acme, writers.other])
      expect(await client.data(runPrompt, { name: 'hello' })).toMatchObject({
        runPrompt: { text: `${secret} you`, model: { id: 'demo/echo' } },
      });
    await admin.data(`mutation { deleteModelAlias(tenantId: "${other.id}", name: "demo/echo") }`);
    await addPrompt(writers.acme, 'own');
    expect(await writers.acme.data(runPrompt, { name: 'own' })).toMatchObject({
      runPrompt: { model: { id: `${acme.id}:demo/echo` } },
    });
  });

  it('comes after the tenant’s own of the same name, in GraphQL, over REST and in its description', async () => {
    const rest = async ({ key }: TestClient, path: string, body?: object) => {
      const response = await fetch(`${mesh.url}/prompts/${path}`, {
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      });
      return (await response.json()) as { readonly text?: string; readonly paths?: object };
    };
    const described = async (client: TestClient) => {
      const document = await rest(client, 'openapi.json');
      expect(JSON.stringify(document)).not.toContain(secret);
      return Object.keys(document.paths ?? {}).filter((path) => !path.includes('@'));
    };
    const mine = await addPrompt(writers.acme, 'shared', {
      version: { model: 'demo/echo', template: 'mine {{who}}' },
    });
    await addPrompt(admin, 'shared');
    for (const [client, text] of [
      [writers.acme, 'mine you'],
      [writers.other, `${secret} you`],
    ] as const) {
      expect(await client.data(runPrompt, { name: 'shared' })).toMatchObject({ runPrompt: { text } });
      expect(await rest(client, 'shared', { who: 'you' })).toEqual({ text });
      expect(await described(client)).toEqual(expect.arrayContaining(['/prompts/hello', '/prompts/shared']));
    }
    expect(await described(writers.other)).toEqual(['/prompts/hello', '/prompts/shared']);
    expect(await described(writers.acme)).toEqual(['/prompts/hello', '/prompts/own', '/prompts/shared']);
    await writers.acme.data('mutation ($id: ID!) { archivePrompt(id: $id) }', { id: mine });
    expect(await rest(writers.acme, 'shared', { who: 'you' })).toEqual({ text: `${secret} you` });
  });

  it('exists for those alone that it is offered to, in calls, cached answers, streams, nodes and policies', async () => {
    const id = await addPrompt(admin, 'dear', { offeredTo: { tenants: [acme.id] } });
    const version = await admin.data<{ prompt: { version: { id: string } } }>(
      `{ prompt(id: "${id}") { version { id } } }`,
    );
    const nodes = [id, version.prompt.version.id];
    const policy = (name: string) =>
      `mutation { saveGuardrailPolicy(input: { id: "${name}", promptId: "${id}", rules: [{ rule: "secrets", stages: [INPUT], action: WARN }] }) { promptId } }`;
    const exists = async (client: TestClient) => ({
      call: await readCode(client, runPrompt, { name: 'dear', cache: 'USE' }),
      nodes: (
        await client.data<{ nodes: unknown[] }>('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
          ids: nodes,
        })
      ).nodes,
      usage: await client.data(`{ node(id: "${id}") { ... on Prompt { name } } }`),
      policy: await readCode(client, policy('of-dear')),
    });
    const there = {
      call: undefined,
      nodes: nodes.map((one) => ({ id: one })),
      usage: { node: { name: 'dear' } },
      policy: undefined,
    };
    const missing = { call: 'NOT_FOUND', nodes: [null, null], usage: { node: null }, policy: 'NOT_FOUND' };
    expect(await exists(writers.acme)).toEqual(there);
    expect(await exists(writers.other)).toEqual(missing);
    await writers.acme.data(runPrompt, { name: 'dear', cache: 'USE' });
    const call = await writers.acme.data(runPrompt, { name: 'dear', cache: 'USE' });
    expect(call).toMatchObject({ runPrompt: { cache: 'HIT' } });
    await offer(id, {});
    expect(await exists(writers.acme)).toEqual(missing);
    await expect(overEventStream(writers.acme, events, { name: 'dear' }).next()).rejects.toThrow(
      'no prompt named "dear"',
    );
    await offer(id, { plans: ['unlimited'] });
    expect(await exists(writers.acme)).toEqual(there);
    expect(await exists(writers.other)).toEqual(there);
    const plan = 'mutation ($t: ID!, $p: ID!) { assignPlan(tenantId: $t, planId: $p) { id } }';
    await admin.data('mutation { savePlan(input: { id: "small", name: "Small", limits: [] }) { id } }');
    await admin.data(plan, { t: other.id, p: 'small' });
    expect(await exists(writers.other)).toEqual(missing);
    await admin.data(plan, { t: other.id, p: 'unlimited' });
    await admin.data('mutation ($id: ID!) { archivePrompt(id: $id) }', { id });
    expect(await exists(writers.acme)).toEqual(missing);
  });

  it('is bound by policies of the mesh that name it, for every tenant', async () => {
    const id = await addPrompt(admin, 'bound');
    await admin.data(
      `mutation { saveGuardrailPolicy(input: { id: "mesh-bound", promptId: "${id}", rules: [
        { rule: "words", stages: [INPUT], action: BLOCK, options: { words: ["forbidden"] } }
      ] }) { id } }`,
    );
    const call = (who: string) => readCode(writers.other, runPrompt, { name: 'bound', variables: { who } });
    expect([await call('you'), await call('forbidden')]).toEqual([undefined, 'GUARDRAIL_BLOCKED']);
  });

  it('that requires approval is run by apps that an operator has approved, until the revocation', async () => {
    const decide =
      'mutation ($id: ID!, $approve: Boolean!) { decideAccess(id: $id, approve: $approve) { status } }';
    const request = async () => {
      const query = 'mutation { requestAccess(resource: "costly") { id } }';
      return (await writers.acme.data<{ requestAccess: { id: string } }>(query)).requestAccess.id;
    };
    // An approval of the tenant itself, for a prompt of its own of the same name, is none for the mesh's.
    const own = await addPrompt(writers.acme, 'costly', { requiresApproval: true });
    await writers.acme.data(decide, { id: await request(), approve: true });
    expect(await readCode(writers.acme, runPrompt, { name: 'costly' })).toBeUndefined();
    await writers.acme.data('mutation ($id: ID!) { archivePrompt(id: $id) }', { id: own });
    const id = await addPrompt(admin, 'costly', { requiresApproval: true });
    const code = () => readCode(writers.acme, runPrompt, { name: 'costly', cache: 'USE' });
    const access = () => writers.acme.data(`{ prompt(id: "${id}") { access } }`);
    expect(await code()).toBe('ACCESS_PENDING');
    expect(await access()).toEqual({ prompt: { access: 'REQUIRED' } });
    const requestId = await request();
    expect(await readCode(writers.acme, decide, { id: requestId, approve: true })).toBe('FORBIDDEN');
    expect(await access()).toEqual({ prompt: { access: 'PENDING' } });
    await admin.data(decide, { id: requestId, approve: true });
    expect([await code(), await code()]).toEqual([undefined, undefined]);
    expect(await access()).toEqual({ prompt: { access: 'APPROVED' } });
    await admin.data(decide, { id: requestId, approve: false });
    expect(await code()).toBe('ACCESS_PENDING');
    await expect(overEventStream(writers.acme, events, { name: 'costly' }).next()).rejects.toThrow(
      'requires approval',
    );
  });

  it('counts for each tenant its own runs, and shows no other that there are more', async () => {
    const id = await addPrompt(admin, 'counted');
    await writers.acme.data(runPrompt, { name: 'counted', cache: 'BYPASS' });
    await writers.acme.data(runPrompt, { name: 'counted', cache: 'BYPASS' });
    await writers.other.data(runPrompt, { name: 'counted', cache: 'BYPASS' });
    const to = new Date(Date.now() + 86_400_000).toISOString();
    const range = `from: "2026-01-01T00:00:00Z", to: "${to}", interval: ALL`;
    for (const [client, requests] of [
      [writers.acme, 2],
      [writers.other, 1],
    ] as const) {
      expect(await client.data(`{ prompt(id: "${id}") { usage(${range}) { requests } } }`)).toEqual({
        prompt: { usage: [{ requests }] },
      });
      expect(await client.data(`{ usage(${range}, filter: { promptId: "${id}" }) { requests } }`)).toEqual({
        usage: [{ requests }],
      });
    }
  });

  it('is in no payload that its tenant keeps, of a call or a cached answer, and the tenant’s own is', async () => {
    await addPrompt(admin, 'kept', {}, 'demo/echo');
    await addPrompt(writers.other, 'ownKept', { version: { model: 'demo/echo', template: 'ours {{who}}' } });
    await admin.data(`mutation { updateTenant(id: "${other.id}", input: { payloadLogging: FULL }) { id } }`);
    const read = async (name: string, cache: string) => {
      const { runPrompt: ran } = await writers.other.data<{ runPrompt: { id: string; cache: string } }>(
        runPrompt,
        { name, cache: 'USE' },
      );
      expect(ran.cache).toBe(cache);
      return writers.other.data<{
        invocation: { request: { messages?: object }; payloadState: string; attemptPayloads: object };
      }>('query ($id: ID!) { invocation(id: $id) { payloadState request attemptPayloads { request } } }', {
        id: `invocation:${ran.id}`,
      });
    };
    for (const cache of ['MISS', 'HIT']) {
      const { invocation } = await read('kept', cache);
      expect(invocation).toMatchObject({ payloadState: 'KEPT', request: expect.any(Object) });
      expect(JSON.stringify(invocation)).not.toContain(secret);
      expect(invocation.request.messages).toBeUndefined();
      expect((await read('ownKept', cache)).invocation.request.messages).toMatchObject([{ role: 'user' }]);
    }
  });

  it('shows no text of it in errors, tokens and tested guardrails', async () => {
    const id = await addPrompt(admin, 'silent', {}, 'demo/slow');
    const answers = await Promise.all([
      writers.other.send(runPrompt, { name: 'silent', variables: {} }),
      writers.other.send(runPrompt, { name: 'silent', variables: { who: 1, more: 2 } }),
      writers.other.send(
        `mutation { runPrompt(input: { name: "silent", version: 9, variables: {} }) { id } }`,
      ),
      writers.other.send(publish, { id, input: { model: 'demo/echo', template: 'x {{y}}' } }),
      writers.other.send(`mutation { copyPrompt(id: "${id}") { id } }`),
      writers.other.send('{ explainPrompt(name: "silent") { candidates { id reason } } }'),
      writers.other.send(
        `mutation { testGuardrails(input: { text: "x", promptId: "${id}" }) { allowed text } }`,
      ),
      writers.other.send(`{ prompt(id: "${id}") { versions { edges { node { system template note } } } } }`),
    ]);
    expect(JSON.stringify(answers)).not.toContain(secret);
  });
});
