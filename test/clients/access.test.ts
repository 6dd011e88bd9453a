import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient, overWebSocket, type TestClient } from '../support/client.ts';
import { startOneProcess, type TestMesh } from '../support/mesh.ts';

let mesh: TestMesh;
let admin: TestClient;
let team: TestClient;

const model = 'demo/echo';
const complete = `mutation ($model: String!, $key: String) {
  complete(input: { model: $model, messages: [{ role: USER, content: "a" }], cache: USE, idempotencyKey: $key }) { id text cache }
}`;
const stream = `subscription ($model: String!) {
  completionStream(input: { model: $model, messages: [{ role: USER, content: "a" }] }) { __typename }
}`;
const decide =
  'mutation ($id: ID!, $approve: Boolean!) { decideAccess(id: $id, approve: $approve) { status } }';

async function requestAccess(resource: string): Promise<string> {
  const query = 'mutation ($r: String!) { requestAccess(resource: $r, reason: "a test") { id } }';
  return (await team.data<{ requestAccess: { id: string } }>(query, { r: resource })).requestAccess.id;
}

beforeAll(async () => {
  mesh = await startOneProcess();
  admin = createTestClient(mesh.url, mesh.adminKey);
  const { createTenant } = await admin.data<{ createTenant: { id: string } }>(
    'mutation { createTenant(input: { name: "Team" }) { id } }',
  );
  const { createApp } = await admin.data<{ createApp: { id: string } }>(
    'mutation ($t: ID!) { createApp(input: { tenantId: $t, name: "app" }) { id } }',
    { t: createTenant.id },
  );
  const { createApiKey } = await admin.data<{ createApiKey: { secret: string } }>(
    `mutation ($a: ID!) { createApiKey(input: { appId: $a, limits: [], scopes: ["inference:invoke", "tenants:write", "prompts:write"] }) { secret } }`,
    { a: createApp.id },
  );
  team = createTestClient(mesh.url, createApiKey.secret);
}, 120_000);
afterAll(() => mesh?.[Symbol.asyncDispose]());

const post = (path: string, body: object, headers: Record<string, string>) =>
  fetch(mesh.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, max_tokens: 20, messages: [{ role: 'user', content: 'a' }], ...body }),
  });

describe('an AI model that requires approval', () => {
  it('is refused in every dialect until an operator approves it, and at once after the revocation', async () => {
    const before = await team.data<{ complete: { id: string } }>(complete, { model, key: 'before' });
    await admin.data(
      'mutation ($id: ID!) { updateModel(id: $id, input: { requiresApproval: true }) { id } }',
      {
        id: model,
      },
    );
    const read = '{ model(id: "demo/echo") { requiresApproval access } }';
    expect(await team.data(read)).toEqual({ model: { requiresApproval: true, access: 'REQUIRED' } });
    const refusals = async () => [
      await team.code(complete, { model }),
      // The answer to it is cached, and its idempotency key is known.
      await team.code(complete, { model, key: 'before' }),
      await overWebSocket(team, stream, { model })
        .next()
        .then(
          () => 'none',
          // The errors that refuse the subscription.
          (errors: readonly { readonly extensions?: { readonly code?: string } }[]) =>
            errors[0]?.extensions?.code,
        ),
    ];
    expect(await refusals()).toEqual(['ACCESS_PENDING', 'ACCESS_PENDING', 'ACCESS_PENDING']);
    const bearer = { authorization: `Bearer ${team.key}` };
    const openai = await post('/v1/chat/completions', {}, bearer);
    expect(openai.status).toBe(403);
    expect(openai.headers.get('x-should-retry')).toBe('false');
    expect(await openai.json()).toMatchObject({
      error: { type: 'permission_error', code: 'access_pending' },
    });
    const anthropic = await post('/v1/messages', {}, { ...bearer, 'anthropic-version': '2023-06-01' });
    expect(anthropic.status).toBe(403);
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'permission_error' } });
    // What was called before stays readable.
    expect(await team.data('query ($id: ID!) { completion(id: $id) { status } }', before.complete)).toEqual({
      completion: { status: 'SUCCEEDED' },
    });

    const id = await requestAccess(model);
    expect(await team.data(read)).toMatchObject({ model: { access: 'PENDING' } });
    const { errors } = await team.send(complete, { model });
    expect(errors?.[0]?.message).toMatch(
      /^The AI model "demo\/echo" requires approval\. Access was requested at /,
    );
    expect(await team.code(decide, { id, approve: true })).toBe('FORBIDDEN');
    const decisions = overWebSocket<{ type: string; subject: string }>(
      admin,
      'subscription { events(types: ["access.*"]) { type subject } }',
    );
    const first = decisions.next();
    // The subscription is open when an event arrives: decisions are repeated until then.
    let decided: { value: unknown } | undefined;
    void first.then((event) => {
      decided = event;
    });
    while (decided === undefined) {
      await admin.data(decide, { id, approve: true });
      await admin.data(decide, { id, approve: false });
    }
    expect((await first).value).toMatchObject({ subject: id });
    await decisions.return(undefined);
    await admin.data(decide, { id, approve: true });
    expect(await team.data(read)).toMatchObject({ model: { access: 'APPROVED' } });
    expect(await team.data(complete, { model })).toMatchObject({ complete: { cache: 'HIT' } });
    expect(await team.data(complete, { model, key: 'before' })).toMatchObject({ complete: before.complete });
    await admin.data(decide, { id, approve: false });
    expect(await refusals()).toEqual(['ACCESS_PENDING', 'ACCESS_PENDING', 'ACCESS_PENDING']);
  });

  it('is called by a route and a prompt as those who saved them decided', async () => {
    await admin.data(
      `mutation { a: saveRoute(input: { alias: "open", strategy: PRIORITY, targets: [{ model: "demo/echo" }] }) { alias }
        b: saveRoute(input: { alias: "closed", strategy: PRIORITY, requiresApproval: true, targets: [{ model: "demo/echo" }] }) { alias }
        updateModel(id: "demo/echo", input: { requiresApproval: true }) { id } }`,
    );
    await team.data(
      `mutation { a: createPrompt(input: { name: "leading", version: { model: "demo/echo", template: "a" } }) { id }
        b: createPrompt(input: { name: "asking", requiresApproval: true, version: { model: "open", template: "a" } }) { id }
        saveModelAlias(input: { name: "mine", target: "demo/echo" }) { name } }`,
    );
    const prompt = 'mutation ($name: String!) { runPrompt(input: { name: $name, variables: {} }) { text } }';
    expect(await team.data(complete, { model: 'open' })).toMatchObject({
      complete: { text: expect.any(String) },
    });
    expect(await team.code(complete, { model: 'closed' })).toBe('ACCESS_PENDING');
    expect(await team.code(complete, { model: 'mine' })).toBe('ACCESS_PENDING');
    expect(await team.code(prompt, { name: 'leading' })).toBe('ACCESS_PENDING');
    expect(await team.code(prompt, { name: 'asking' })).toBe('ACCESS_PENDING');
    // The tenant owns its prompts, and decides on them itself.
    const asking = await requestAccess('asking');
    await team.data(decide, { id: asking, approve: true });
    expect(await team.data(prompt, { name: 'asking' })).toMatchObject({
      runPrompt: { text: expect.any(String) },
    });
    await team.data(decide, { id: asking, approve: false });
    expect(await team.code(prompt, { name: 'asking' })).toBe('ACCESS_PENDING');
    await admin.data(decide, { id: await requestAccess('closed'), approve: true });
    expect(await team.data(complete, { model: 'closed' })).toMatchObject({
      complete: { text: expect.any(String) },
    });
  });
});
