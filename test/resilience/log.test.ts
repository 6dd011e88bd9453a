import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { subgraphNames } from '#core/subgraph-names.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { type TestMesh, temporaryDirectory } from '#test/support/mesh.ts';
import type { LogLine } from '../support/processes/log-lines.ts';
import { registerUpstream } from './support/ledger.ts';
import { startRestartable } from './support/restartable.ts';
import { startSplit } from './support/split.ts';
import { endless, startUpstream, type Upstream } from './support/upstream.ts';

const environment = {
  LOG_LEVEL: 'trace',
  HEDDLE_SHUTDOWN_GRACE_MS: '100',
  HEDDLE_DRAIN_MS: '0',
};
const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';

/** With a guardrail on the output, nothing of an answer is shown before its end: only one of the two has it. */
const deployments: readonly [string, string, (dir: string) => Promise<TestMesh>][] = [
  [
    'one process',
    'secrets',
    (dir) => startRestartable(dir, { ...environment, HEDDLE_GUARDRAILS: 'secrets' }),
  ],
  ['many processes', '', () => startSplit([subgraphNames.join(',')], environment)],
];

/** Reads the response until the text has come; fails where it ends before. */
async function untilText(response: Response, wanted: string): Promise<void> {
  const reader = response.body?.getReader();
  for (let text = ''; !text.includes(wanted); ) {
    const { done, value = new Uint8Array() } = (await reader?.read()) ?? { done: true };
    if (done) throw new Error(`The response ended without ${wanted}: ${text}`);
    text += Buffer.from(value);
  }
}

describe.each(deployments)('the log of %s', (_what, guardrails, start) => {
  const stack = new AsyncDisposableStack();
  /** Everything that no line may hold: keys, and what clients wrote. */
  const hidden: string[] = [];
  const marker = (prefix = 'm') => {
    const text = `${prefix}${randomBytes(20).toString('hex')}`;
    hidden.push(text);
    return text;
  };
  let mesh: TestMesh;
  let upstream: Upstream;
  let admin: TestClient;
  let tenant: Awaited<ReturnType<typeof newTenant>>;

  const lines = (): LogLine[] =>
    mesh.processes
      .flatMap(({ output }) => output().split('\n'))
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  /** The lines of one request: each event has one, whichever process writes it. */
  const selectLines = (requestId: string | null) =>
    vi.waitFor(() => {
      const found = lines().filter((line) => line.requestId === requestId && line.event !== undefined);
      expect(found).not.toEqual([]);
      return found;
    });

  async function post(key: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${mesh.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key}`,
        'x-request-id': 'theirs',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    await response.text();
    return response.headers.get('x-request-id');
  }

  /** A call with a marker in every place that a client writes into. */
  const asking = (model: string, more: Record<string, unknown> = {}) => ({
    query:
      `mutation ${marker('N')}($${marker('v')}: CompletionInput!) { ${marker('a')}: complete(input: $VAR) { id } }`.replace(
        '$VAR',
        () => `$${hidden.at(-2)}`,
      ),
    variables: {
      [hidden.at(-2) ?? '']: {
        model,
        messages: [
          { role: 'SYSTEM', content: marker() },
          { role: 'USER', parts: [{ text: marker() }] },
        ],
        stop: [marker()],
        tools: [
          { name: marker('t'), description: marker(), parameters: { type: 'object', title: marker() } },
        ],
        metadata: { [marker()]: marker() },
        tags: [marker()],
        endUserId: marker(),
        idempotencyKey: marker(),
        ...more,
      },
    },
  });

  const keyWith = async (input: Record<string, unknown>) => {
    const { createApiKey } = await admin.data<{ createApiKey: { secret: string; key: { id: string } } }>(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id } } }',
      { input: { appId: tenant.appId, scopes: ['inference:invoke'], ...input } },
    );
    hidden.push(createApiKey.secret);
    return { secret: createApiKey.secret, keyId: createApiKey.key.id };
  };

  beforeAll(async () => {
    mesh = stack.use(await start(stack.use(await temporaryDirectory()).path));
    upstream = stack.use(await startUpstream());
    admin = createTestClient(mesh.url, mesh.adminKey);
    hidden.push(mesh.adminKey, 'upstream-secret-key');
    await registerUpstream(mesh, upstream.url, ['leaky400', 'leaky500', endless, 'm1', 'gone']);
    // A provider of its own, since its refused credential rests for a while.
    await admin.data(
      `mutation ($baseUrl: String!) {
        createProvider(input: { id: "other", kind: OPENAI_COMPATIBLE, baseUrl: $baseUrl, apiKey: "upstream-secret-key" }) { id }
        createModel(input: { providerId: "other", name: "leaky401", capabilities: [CHAT, STREAMING, TOOLS] }) { id }
      }`,
      { baseUrl: upstream.url },
    );
    await admin.data('mutation { retireModel(id: "up/gone") { id } }');
    tenant = await newTenant(() => mesh, {
      scopes: ['inference:invoke', 'tenants:write', 'prompts:write', 'audit:read'],
    });
    hidden.push(tenant.client.key);
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  const call = { requestId: expect.any(String), clientRequestId: 'theirs', tenantId: expect.any(String) };
  const row = { ...call, completionId: expect.any(String) };
  const refused = { ...call, event: 'refused', clientAddress: expect.stringContaining('127.0.0.1') };

  it.each<[string, () => Promise<string | null>, LogLine]>([
    [
      'a failed attempt',
      () => post(tenant.client.key, asking('up/leaky400')),
      {
        ...row,
        event: 'attempt_failed',
        level: 40,
        providerId: 'up',
        modelId: 'up/leaky400',
        attempt: 1,
        status: 400,
        code: expect.any(String),
        durationMs: expect.any(Number),
        retryable: false,
      },
    ],
    [
      'a refused provider credential',
      () => post(tenant.client.key, asking('other/leaky401')),
      { ...row, event: 'attempt_failed', level: 40, status: 401, code: 'PROVIDER_AUTH' },
    ],
    [
      'a provider that rests',
      () => post(tenant.client.key, asking('other/leaky401')),
      { ...refused, level: 40, code: 'PROVIDER_AUTH', field: 'Mutation.complete' },
    ],
    [
      'an unknown key',
      () => post(marker('hd_'), asking('up/m1')),
      {
        ...refused,
        level: 40,
        code: 'UNAUTHENTICATED',
        reason: 'UNKNOWN',
        tenantId: null,
        keyId: null,
        keyFingerprint: expect.any(String),
      },
    ],
    [
      'an address that is not allowed',
      async () => post((await keyWith({ label: 'a', allowedIps: ['192.0.2.1'] })).secret, asking('up/m1')),
      { ...refused, level: 40, code: 'FORBIDDEN', reason: 'ADDRESS', keyId: expect.any(String) },
    ],
    [
      'a missing scope',
      () =>
        post(tenant.client.key, {
          query: `mutation { ${marker('a')}: createTenant(input: { name: "${marker()}" }) { id } }`,
        }),
      { ...refused, level: 40, code: 'FORBIDDEN', field: 'Mutation.createTenant', keyId: expect.any(String) },
    ],
    [
      'a quota that is used up',
      async () => {
        const { secret } = await keyWith({
          label: 'q',
          limits: [{ meter: 'REQUESTS', window: 'MONTH', amount: '1' }],
        });
        await post(secret, asking('demo/echo', { tools: null }));
        return post(secret, asking('demo/echo', { tools: null }));
      },
      {
        ...refused,
        level: 30,
        code: 'QUOTA_EXCEEDED',
        field: 'Mutation.complete',
        meter: 'REQUESTS',
        window: 'MONTH',
      },
    ],
    [
      'a guardrail',
      () =>
        post(
          tenant.client.key,
          asking('up/m1', {
            messages: [{ role: 'USER', content: `AKIA${randomBytes(8).toString('hex').toUpperCase()}` }],
          }),
        ),
      {
        ...refused,
        level: 40,
        code: 'GUARDRAIL_BLOCKED',
        field: 'Mutation.complete',
        guardrail: 'secrets',
        stage: 'input',
        'gen_ai.guardrail.policy.rule.id': 'secrets',
        'gen_ai.guardrail.source': 'input',
        'gen_ai.guardrail.result.type': 'action',
        'gen_ai.guardrail.result.value': 'BLOCK',
      },
    ],
    [
      'a model that may not be called',
      () => post(tenant.client.key, asking('up/gone')),
      { ...refused, level: 40, code: 'NO_ROUTE', field: 'Mutation.complete' },
    ],
    [
      'a document that is too costly',
      () =>
        post(tenant.client.key, {
          query: `{ ${marker('a')}: prompts(first: 200) { edges { node { versions(first: 200) { edges { node { id } } } } } } }`,
        }),
      { ...refused, level: 30, code: 'GRAPH_COST_EXCEEDED' },
    ],
  ])('has one line for %s', async (kind, ask, expected) => {
    if (kind === 'a guardrail' && guardrails === '') return;
    const requestId = await ask();
    const found = await selectLines(requestId);
    expect(found.filter(({ event }) => event === expected.event)).toEqual(
      expected.event === 'refused'
        ? [expect.objectContaining(expected)]
        : expect.arrayContaining([expect.objectContaining(expected)]),
    );
  });

  it('has one line for a stream whose client leaves', async () => {
    const leave = new AbortController();
    const query =
      'subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename } }';
    const response = await fetch(`${mesh.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'x-api-key': tenant.client.key,
      },
      body: JSON.stringify({
        query,
        variables: { input: { model: `up/${endless}`, messages: [{ role: 'USER', content: marker() }] } },
      }),
      signal: leave.signal,
    });
    await untilText(response, 'TextDelta');
    await vi.waitFor(() => expect(upstream.open).toBe(1));
    leave.abort();
    const found = await selectLines(response.headers.get('x-request-id'));
    expect(found).toEqual([
      expect.objectContaining({
        event: 'cut',
        level: 30,
        reason: 'CLIENT_GONE',
        completionId: expect.any(String),
        tenantId: tenant.tenantId,
        keyId: tenant.keyId,
        field: 'Subscription.completionStream',
      }),
    ]);
  });

  it('leads from the answer to the row, and from the row to the line', async () => {
    const requestId = await post(tenant.client.key, asking('up/leaky500'));
    const { invocations } = await admin.data<{ invocations: { edges: { node: Record<string, unknown> }[] } }>(
      `query ($filter: InvocationFilter) { invocations(filter: $filter) { edges { node {
        id status errorCode error requestId clientRequestId tags endUserId attempts { outcome error model { id } }
      } } } }`,
      { filter: { requestId } },
    );
    const nodes = invocations.edges.map(({ node }) => node);
    expect(nodes).toMatchObject([
      {
        status: 'FAILED',
        errorCode: 'PROVIDER_ERROR',
        requestId,
        clientRequestId: 'theirs',
        error: expect.any(String),
      },
    ]);
    const attempts = await selectLines(requestId);
    // The id of the row as a node; arguments take both.
    expect(attempts.map(({ completionId }) => `invocation:${completionId}`)).toEqual(
      attempts.map(() => nodes[0]?.id),
    );
    expect(attempts.length).toBe([nodes[0]?.attempts].flat().length);
  });

  it('is followed by the audit log, which counts what was refused', async () => {
    await vi.waitFor(
      async () => {
        const { auditLog } = await tenant.client.data<{
          auditLog: { edges: { node: Record<string, unknown> }[] };
        }>(
          '{ auditLog(first: 200) { edges { node { action outcome errorCode count clientRequestId actor { keyId } } } } }',
        );
        expect(auditLog.edges.map(({ node }) => node)).toContainEqual({
          action: 'tenant.create',
          outcome: 'REFUSED',
          errorCode: 'FORBIDDEN',
          count: 1,
          clientRequestId: 'theirs',
          actor: { keyId: tenant.keyId },
        });
      },
      { timeout: 15_000, interval: 500 },
    );
  }, 20_000);

  it('has a line for what a stop cuts, and in all its lines no secret and nothing of what a client wrote', async () => {
    const started = await admin.data<{ startCompletion: { id: string } }>(
      'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }',
      { input: { model: `up/${endless}`, messages: [{ role: 'USER', content: marker() }] } },
    );
    const prompt = marker('p');
    await tenant.client.send('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
      input: {
        name: prompt,
        version: {
          model: 'up/leaky500',
          template: `${marker()} {{x}}`,
          system: marker(),
          label: 'production',
        },
      },
    });
    const run = 'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { id } }';
    for (const variables of [{ x: marker() }, { [marker()]: marker() }]) {
      await tenant.client.send(run, { input: { name: prompt, variables } });
    }
    await tenant.client.send(COMPLETE, {
      input: { model: marker(), messages: [{ role: 'USER', content: marker() }] },
    });
    for (const heddle of mesh.processes) await heddle.end('SIGTERM');
    expect(
      lines().filter(
        ({ event, completionId }) => event === 'cut' && completionId === started.startCompletion.id,
      ),
    ).toEqual([expect.objectContaining({ reason: 'PROCESS_STOPPING', level: 40 })]);
    const text = mesh.processes.map(({ output }) => output()).join('\n');
    expect(hidden.length).toBeGreaterThan(50);
    expect(hidden.filter((secret) => text.includes(secret))).toEqual([]);
  }, 30_000);
});
