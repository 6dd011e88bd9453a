import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient, overEventStream, type TestClient } from '#test/support/client.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import { admin, echo, type MeshOf, newTenant, unique } from './setup.ts';

const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';

type Completed = { readonly complete: { readonly id: string } };

/** The prompt of the tenant. */
const prompt = 'greeting';

interface Call {
  readonly what: string;
  readonly path: string;
  readonly body?: (model: string) => object;
}

/** A request that succeeds at each handler of the dialects. */
const calls: readonly Call[] = [
  {
    what: 'chat completions',
    path: '/v1/chat/completions',
    body: (model) => ({ model, messages: [userMessage('hi')] }),
  },
  { what: 'responses', path: '/v1/responses', body: (model) => ({ model, input: 'hi' }) },
  {
    what: 'messages',
    path: '/v1/messages',
    body: (model) => ({ model, max_tokens: 9, messages: [userMessage('hi')] }),
  },
  { what: 'completions', path: '/v1/completions', body: (model) => ({ model, prompt: 'hi' }) },
  {
    what: 'embeddings',
    path: '/v1/embeddings',
    body: (model) => ({ model: model.replace('echo', 'embed'), input: 'hi' }),
  },
  {
    what: 'token counts',
    path: '/v1/messages/count_tokens',
    body: (model) => ({ model, messages: [userMessage('hi')] }),
  },
  { what: 'the list of models', path: '/v1/models' },
  { what: 'one model', path: '/v1/models/demo/echo' },
  { what: 'prompts', path: `/prompts/${prompt}`, body: () => ({ name: 'Ada' }) },
  { what: 'the document of prompts', path: '/prompts/openapi.json' },
  { what: 'the graph', path: '/graphql', body: () => ({ query: '{ me { kind } }' }) },
];
/** Those that call a model. */
const modelCalls = calls.slice(0, 5);

/** The handlers that stream, each with a call of the slow demo model. */
const streams: readonly Call[] = [
  {
    what: 'chat completions',
    path: '/v1/chat/completions',
    body: (text) => ({ ...slow, messages: [userMessage(text)] }),
  },
  { what: 'responses', path: '/v1/responses', body: (text) => ({ ...slow, input: text }) },
  {
    what: 'messages',
    path: '/v1/messages',
    body: (text) => ({ ...slow, max_tokens: 5_000, messages: [userMessage(text)] }),
  },
];
const slow = { model: 'demo/slow', stream: true };

function userMessage(content: string): object {
  return { role: 'user', content };
}

/** People with tokens of an issuer: at each handler, apart from each other, and until their tokens end. */
export function peopleScenarios(mesh: MeshOf): void {
  let issuer: TokenIssuer;
  let made: Awaited<ReturnType<typeof newTenant>>;

  beforeAll(async () => {
    issuer = await startTokenIssuer();
    made = await newTenant(mesh);
    const { tenantId, appId } = made;
    const root = admin(mesh);
    await made.client.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
      input: {
        name: prompt,
        version: { model: 'demo/echo', template: 'Hello {{name}}', label: 'production' },
      },
    });
    await root.data('mutation ($input: RoleInput!) { saveRole(input: $input) { name } }', {
      input: { tenantId, name: 'caller', scopes: ['inference:invoke', 'prompts:read'] },
    });
    const rules = ['ada', 'bob'].map((value) => ({ claim: 'sub', value, tenantId, role: 'caller', appId }));
    await root.data('mutation ($input: IssuerInput!) { saveIssuer(input: $input) { id } }', {
      input: { id: unique('issuer'), issuer: issuer.url, audience: 'heddle', rules },
    });
  });
  afterAll(() => issuer?.[Symbol.asyncDispose]());

  const send = (path: string, key: string, body?: object, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${mesh().url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key && { authorization: `Bearer ${key}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const person = async (sub: string): Promise<TestClient> =>
    createTestClient(mesh().url, await issuer.sign({ sub }));

  describe('a person with a token', () => {
    it.each(calls)(
      'is served by $what, as Bearer and as x-api-key, and by nothing with a changed token',
      async ({ path, body }) => {
        const token = await issuer.sign({ sub: 'ada' });
        const sent = body?.('demo/echo');
        expect((await send(path, token, sent)).status).toBe(200);
        expect((await send(path, '', sent, { 'x-api-key': token })).status).toBe(200);
        const [head, , signature] = token.split('.');
        const claims = {
          iss: issuer.url,
          aud: 'heddle',
          sub: 'bob',
          exp: Math.floor(Date.now() / 1_000) + 300,
        };
        const changed = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
        expect((await send(path, changed, sent)).status).toBe(401);
      },
    );

    it('reads own calls alone, has meters of its own, and shares no idempotency key', async () => {
      const [ada, bob] = [await person('ada'), await person('bob')];
      const input = echo('one', { idempotencyKey: unique('key') });
      const own = await ada.data<Completed>(complete, input);
      expect(await ada.data<Completed>(complete, input)).toEqual(own);
      const { id } = own.complete;
      const read = 'query ($id: ID!) { completion(id: $id) { id } invocation(id: $id) { status } }';
      expect(await ada.data(read, { id })).toMatchObject({
        completion: { id },
        invocation: { status: 'SUCCEEDED' },
      });
      expect(await bob.data(read, { id })).toEqual({ completion: null, invocation: null });
      expect(await bob.code('mutation ($id: ID!) { cancelCompletion(id: $id) { id } }', { id })).toBe(
        'NOT_FOUND',
      );
      expect((await send(`/v1/responses/resp_${id}`, bob.key)).status).toBe(404);
      const list = '{ invocations { edges { node { id } } } me { limits { subject } } }';
      interface Listed {
        readonly invocations: { readonly edges: readonly { readonly node: { readonly id: string } }[] };
        readonly me: { readonly limits: readonly { readonly subject: string }[] };
      }
      const [ofAda, ofBob] = [await ada.data<Listed>(list), await bob.data<Listed>(list)];
      const listIds = ({ invocations }: Listed) => invocations.edges.map(({ node }) => node.id);
      expect(listIds(ofAda)).toContain(`invocation:${id}`);
      expect(listIds(ofBob)).not.toContain(`invocation:${id}`);
      const findSubject = ({ me }: Listed) =>
        me.limits.map(({ subject }) => subject).find((subject) => subject.startsWith('key:user-'));
      expect(findSubject(ofAda)).toBeDefined();
      expect(findSubject(ofAda)).not.toBe(findSubject(ofBob));
      // The same idempotency key of another person begins a call of its own.
      expect((await bob.data<Completed>(complete, input)).complete.id).not.toBe(id);
    });
  });

  describe('a running stream', () => {
    const revoke = (id: string) =>
      admin(mesh).data('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id });

    /** Reads on to the end of a body that has begun, from its first words on; answers the rest of it. */
    async function readRest(response: Response, onWords: () => Promise<unknown>): Promise<string> {
      let text = '';
      let acted: Promise<unknown> | undefined;
      for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(
        new TextDecoderStream(),
      )) {
        text += chunk;
        if (text.includes('word')) acted ??= onWords();
      }
      await acted;
      return text;
    }

    const readStatus = (response: Response, client: TestClient) =>
      client.data('query ($id: ID!) { invocation(id: $id) { status } }', {
        id: response.headers.get('x-heddle-completion-id'),
      });

    it.each(streams)(
      'of $what ends soon when its key is revoked, and its row is closed',
      async ({ path, body }) => {
        const { client, keyId, tenantId } = await newTenant(mesh);
        // 600 words take 30 seconds, as long as the test may.
        const response = await send(path, client.key, body?.('word '.repeat(600)));
        const text = await readRest(response, () => revoke(keyId));
        expect(text).toMatch(/has expired or was revoked/);
        const rows =
          'query ($id: ID!) { invocations(filter: { tenantId: $id }) { edges { node { status } } } }';
        await expect
          .poll(() => admin(mesh).data(rows, { id: tenantId }), { timeout: 5_000 })
          .toEqual({ invocations: { edges: [{ node: { status: 'CANCELLED' } }] } });
      },
    );

    it('ends when the token of its person expires', async () => {
      const token = await issuer.sign({ sub: 'ada', exp: Math.floor(Date.now() / 1_000) + 3 });
      const response = await send('/v1/chat/completions', token, {
        ...slow,
        messages: [userMessage('word '.repeat(600))],
      });
      expect(await readRest(response, async () => undefined)).toMatch(/token .* has expired or was revoked/);
      await expect
        .poll(async () => readStatus(response, await person('ada')), { timeout: 5_000 })
        .toEqual({ invocation: { status: 'CANCELLED' } });
    });

    it('of a response in the background ends, and its call completes', async () => {
      const { client, keyId, tenantId } = await newTenant(mesh);
      const body = { ...slow, background: true, input: 'word '.repeat(200) };
      const text = await readRest(await send('/v1/responses', client.key, body), () => revoke(keyId));
      expect(text).toMatch(/has expired or was revoked/);
      const rows =
        'query ($id: ID!) { invocations(filter: { tenantId: $id }) { edges { node { status } } } }';
      await expect
        .poll(() => admin(mesh).data(rows, { id: tenantId }), { timeout: 20_000 })
        .toEqual({ invocations: { edges: [{ node: { status: 'SUCCEEDED' } }] } });
    });

    it.each([
      ['app', 'archiveApp'],
      ['tenant', 'archiveTenant'],
    ] as const)('ends when its %s is archived', async (what, archive) => {
      const { client, appId, tenantId } = await newTenant(mesh);
      const stream = `subscription ($input: CompletionInput!) { completionStream(input: $input) { sequence } }`;
      const input = { model: 'demo/slow', messages: [{ role: 'USER', content: 'word '.repeat(600) }] };
      const reading = (async () => {
        let acted = false;
        for await (const { sequence } of overEventStream<{ sequence: number }>(client, stream, { input })) {
          if (sequence < 2 || acted) continue;
          acted = true;
          await admin(mesh).data(`mutation ($id: ID!) { ${archive}(id: $id) }`, {
            id: what === 'app' ? appId : tenantId,
          });
        }
      })();
      await expect(reading).rejects.toThrow(`its ${what} is archived`);
    });

    it('of a session ends when it signs out', async () => {
      const { client } = await newTenant(mesh);
      const started = await send('/auth/session', '', { key: client.key });
      const cookie = started.headers.get('set-cookie')?.split(';')[0] ?? '';
      const { csrfToken } = (await started.json()) as { csrfToken: string };
      const headers = { cookie, 'x-heddle-csrf': csrfToken };
      const query = `subscription { completionStream(input: { model: "demo/slow", messages: [{ role: USER, content: "${'word '.repeat(600)}" }] }) { __typename ... on TextDelta { text } } }`;
      const response = await send('/graphql', '', { query }, { ...headers, accept: 'text/event-stream' });
      const text = await readRest(response, () => send('/auth/logout', '', {}, headers));
      expect(text).toMatch(/The session of this subscription has expired or was revoked/);
    });
  });

  describe('what requires an approval', () => {
    it('is neither listed nor served until the app has one, at every handler', async () => {
      const { client } = await newTenant(mesh);
      const route = unique('echo');
      const vectors = route.replace('echo', 'embed');
      const save = 'mutation ($input: RouteInput!) { saveRoute(input: $input) { id } }';
      for (const [alias, model] of [
        [route, 'demo/echo'],
        [vectors, 'demo/embed'],
      ]) {
        const input = { alias, strategy: 'PRIORITY', targets: [{ model }], requiresApproval: true };
        await admin(mesh).data(save, { input });
      }
      const listIds = async (headers = {}) =>
        (
          (await (await send('/v1/models?limit=1000', client.key, undefined, headers)).json()) as {
            data: { id: string }[];
          }
        ).data
          .map(({ id }) => id)
          .filter((id) => id === route || id === vectors);
      const anthropic = { 'anthropic-version': '2023-06-01' };
      const statuses = () =>
        Promise.all(
          modelCalls.map(async ({ path, body }) => (await send(path, client.key, body?.(route))).status),
        );
      expect([...(await listIds()), ...(await listIds(anthropic))]).toEqual([]);
      expect((await send(`/v1/models/${route}`, client.key)).status).toBe(404);
      expect(new Set(await statuses())).toEqual(new Set([403]));
      for (const resource of [route, vectors]) {
        const { requestAccess } = await client.data<{ requestAccess: { id: string } }>(
          'mutation ($r: String!) { requestAccess(resource: $r) { id } }',
          { r: resource },
        );
        const decide = 'mutation ($id: ID!) { decideAccess(id: $id, approve: true) { id } }';
        await admin(mesh).data(decide, { id: requestAccess.id });
      }
      await expect.poll(async () => new Set(await statuses()), { timeout: 8_000 }).toEqual(new Set([200]));
      expect((await listIds()).toSorted()).toEqual([route, vectors].toSorted());
      expect((await listIds(anthropic)).toSorted()).toEqual([route, vectors].toSorted());
      expect((await send(`/v1/models/${route}`, client.key)).status).toBe(200);
    });
  });
}
