import { describe, expect, it, vi } from 'vitest';
import { admin, echo, type MeshOf, newTenant, unique } from './setup.ts';

/** Completions, prompts, embeddings: what is asked, answered and accounted for. */
export function invocationScenarios(mesh: MeshOf): void {
  describe('invocation', () => {
    it('answers a completion with its model, its ledger row and its tenant, joined over four subgraphs', async () => {
      const { client, tenantId } = await newTenant(mesh);
      expect(
        await client.data(
          `mutation ($input: CompletionInput!) {
            complete(input: $input) {
              status text finishReason cost cache
              usage { inputTokens outputTokens totalTokens }
              model { id name provider { id kind } price { input output } }
              attempts { outcome model { id } }
              invocation { kind status tenant { id name } app { name tenant { id } } model { id } endedAt }
            }
          }`,
          echo('Hello, loom'),
        ),
      ).toMatchObject({
        complete: {
          status: 'SUCCEEDED',
          text: 'Hello, loom',
          finishReason: 'STOP',
          model: { id: 'demo/echo', name: 'echo', provider: { id: 'demo', kind: 'DEMO' } },
          attempts: [{ model: { id: 'demo/echo' } }],
          invocation: {
            kind: 'completion',
            status: 'SUCCEEDED',
            tenant: { id: tenantId },
            app: { name: 'app', tenant: { id: tenantId } },
            model: { id: 'demo/echo' },
            endedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          },
        },
      });
    });

    it('runs several calls of one mutation, the last with a prompt that the first has made', async () => {
      const { client } = await newTenant(mesh);
      const name = unique('several');
      const data = await client.data(
        `mutation ($input: CompletionInput!, $prompt: CreatePromptInput!, $run: RunPromptInput!) {
          createPrompt(input: $prompt) { name }
          a: complete(input: $input) { text }
          b: runPrompt(input: $run) { text }
        }`,
        {
          ...echo('one'),
          prompt: { name, version: { model: 'demo/echo', template: 'two', label: 'production' } },
          run: { name, variables: {} },
        },
      );
      expect(data).toEqual({ createPrompt: { name }, a: { text: 'one' }, b: { text: 'two' } });
    });

    it('answers the completion again by its id', async () => {
      const { client } = await newTenant(mesh);
      const { complete } = await client.data<{ complete: { id: string } }>(
        'mutation ($input: CompletionInput!) { complete(input: $input) { id } }',
        echo('again'),
      );
      expect(
        await client.data('query ($id: ID!) { completion(id: $id) { id text status } }', { id: complete.id }),
      ).toEqual({ completion: { id: complete.id, text: 'again', status: 'SUCCEEDED' } });
    });

    it.each([
      ['retention NONE', 'DEFAULT', 'NONE'],
      ['the payload rule NONE of the tenant', 'NONE', 'DEFAULT'],
    ])(
      'keeps no content of completions and prompts with %s, and their amounts',
      async (_, rule, retention) => {
        const { client, tenantId } = await newTenant(mesh);
        const name = unique('unkept');
        await admin(mesh).data(
          'mutation ($id: ID!, $rule: PayloadLogging) { updateTenant(id: $id, input: { payloadLogging: $rule }) { id } }',
          { id: tenantId, rule },
        );
        const data = await client.data<Record<'a' | 'b', { id: string; text: string }>>(
          `mutation ($input: CompletionInput!, $prompt: CreatePromptInput!, $run: RunPromptInput!) {
          createPrompt(input: $prompt) { name }
          a: complete(input: $input) { id text }
          b: runPrompt(input: $run) { id text }
        }`,
          {
            ...echo('one', { retention }),
            prompt: { name, version: { model: 'demo/echo', template: 'two', label: 'production' } },
            run: { name, variables: {}, retention },
          },
        );
        expect([data.a.text, data.b.text]).toEqual(['one', 'two']);
        for (const { id } of [data.a, data.b]) {
          const query =
            'query ($id: ID!) { completion(id: $id) { text status invocation { usage { outputTokens } } } }';
          expect(await client.data(query, { id })).toEqual({
            completion: {
              text: '',
              status: 'SUCCEEDED',
              invocation: { usage: { outputTokens: expect.any(Number) } },
            },
          });
        }
      },
    );

    it('runs prompts by version and label, and names the variables that are missing or unknown', async () => {
      const { client } = await newTenant(mesh);
      const name = unique('greet');
      const { createPrompt } = await client.data<{ createPrompt: { id: string } }>(
        'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
        { input: { name, version: { model: 'demo/echo', template: 'Hi {{name}}', label: 'production' } } },
      );
      await client.data(
        'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { number } }',
        { id: createPrompt.id, input: { model: 'demo/echo', template: 'Good day {{name}}' } },
      );
      const run =
        'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { text promptVersion { number prompt { name tenant { id } } } } }';
      expect(
        await client.data(run, { input: { name, label: 'production', variables: { name: 'Ada' } } }),
      ).toMatchObject({
        runPrompt: { text: 'Hi Ada', promptVersion: { number: 1, prompt: { name } } },
      });
      expect(
        await client.data(run, { input: { name, version: 2, variables: { name: 'Ada' } } }),
      ).toMatchObject({
        runPrompt: { text: 'Good day Ada', promptVersion: { number: 2 } },
      });
      await client.data(
        'mutation ($id: ID!) { labelPromptVersion(promptId: $id, label: "production", number: 2) { labels { name version { number } } } }',
        { id: createPrompt.id },
      );
      await expect
        .poll(() => client.data(run, { input: { name, label: 'production', variables: { name: 'Ada' } } }), {
          timeout: 8_000,
        })
        .toMatchObject({ runPrompt: { text: 'Good day Ada' } });
      const wrong = await client.send(run, { input: { name, variables: { nome: 'Ada' } } });
      expect(wrong.errors?.[0]).toMatchObject({
        message: expect.stringMatching(/name.*nome|nome.*name/s),
        extensions: { code: 'BAD_USER_INPUT' },
      });
    });

    it('embeds values', async () => {
      const { client } = await newTenant(mesh);
      const { embed } = await client.data<{ embed: { vectors: number[][] } }>(
        'mutation ($input: EmbedInput!) { embed(input: $input) { vectors model { id } invocation { kind status } usage { inputTokens } } }',
        { input: { model: 'demo/embed', values: ['warp', 'weft', 'warp'] } },
      );
      expect(embed).toMatchObject({
        model: { id: 'demo/embed' },
        invocation: { kind: 'embedding', status: 'SUCCEEDED' },
      });
      expect(embed.vectors[0]).toEqual(embed.vectors[2]);
      expect(embed.vectors[0]).not.toEqual(embed.vectors[1]);
    });

    it('starts a completion that answers at once, and cancels it', async () => {
      const { client } = await newTenant(mesh);
      const { startCompletion } = await client.data<{ startCompletion: { id: string; status: string } }>(
        'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id status } }',
        { input: { model: 'demo/slow', messages: [{ role: 'USER', content: 'word '.repeat(400) }] } },
      );
      expect(startCompletion.status).toBe('RUNNING');
      const { cancelCompletion } = await client.data<{ cancelCompletion: { status: string } }>(
        'mutation ($id: ID!) { cancelCompletion(id: $id) { status } }',
        { id: startCompletion.id },
      );
      expect(cancelCompletion.status).toBe('CANCELLED');
      expect(
        await client.data('query ($id: ID!) { invocation(id: $id) { status endedAt } }', {
          id: startCompletion.id,
        }),
      ).toMatchObject({ invocation: { status: 'CANCELLED', endedAt: expect.any(String) } });
    });

    it('answers a repeated completion from the cache, without a provider call', async () => {
      const { client } = await newTenant(mesh);
      const query =
        'mutation ($input: CompletionInput!) { complete(input: $input) { cache text attempts { outcome } } }';
      const variables = echo(unique('cached'), { cache: 'USE' });
      expect(await client.data(query, variables)).toMatchObject({ complete: { cache: 'MISS' } });
      expect(await client.data(query, variables)).toMatchObject({ complete: { cache: 'HIT', attempts: [] } });
    });

    it('runs once however often the same idempotency key is sent, and refuses other input under it', async () => {
      const { client } = await newTenant(mesh);
      const query = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
      const idempotencyKey = unique('once');
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => client.data(query, echo('once', { idempotencyKey }))),
      );
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(await client.code(query, echo('other', { idempotencyKey }))).toBe('CONFLICT');
    });

    it('refuses a key over its requests per minute, and states when to come back', async () => {
      const { client } = await newTenant(mesh, {
        scopes: ['inference:invoke'],
        limits: [{ meter: 'REQUESTS', window: 'MINUTE', amount: '2' }],
      });
      const query = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';
      await client.data(query, echo('one'));
      await client.data(query, echo('two'));
      const { errors } = await client.send(query, echo('three'));
      expect(errors?.[0]).toMatchObject({
        extensions: { code: 'QUOTA_EXCEEDED', retryAfterMs: expect.any(Number) },
      });
      expect(errors?.[0]?.extensions.retryAfterMs).toBeGreaterThan(0);
      expect(errors?.[0]?.extensions.retryAfterMs).toBeLessThanOrEqual(60_000);
    });

    it('accounts for every call by tenant, app, key and model', async () => {
      const { client, tenantId, appId, keyId } = await newTenant(mesh);
      for (const text of ['one', 'two', 'three']) {
        await client.data(
          'mutation ($input: CompletionInput!) { complete(input: $input) { id } }',
          echo(text),
        );
      }
      const range = {
        from: new Date(Date.now() - 3_600_000).toISOString(),
        to: new Date(Date.now() + 3_600_000).toISOString(),
        tenant: tenantId,
      };
      const answer = await client.data<{
        usage: { keys: Record<string, string>; requests: number }[];
        tenant: { usage: { requests: number }[] };
      }>(
        `query ($from: DateTime!, $to: DateTime!, $tenant: ID!) {
          usage(from: $from, to: $to, interval: ALL, by: [TENANT, APP, KEY, MODEL]) { keys requests failures inputTokens cost }
          tenant(id: $tenant) { usage(from: $from, to: $to, interval: ALL) { requests } apps { usage(from: $from, to: $to, interval: ALL) { requests } } }
        }`,
        range,
      );
      expect(answer).toMatchObject({
        usage: [{ requests: 3, failures: 0 }],
        tenant: { usage: [{ requests: 3 }], apps: [{ usage: [{ requests: 3 }] }] },
      });
      expect(Object.values(answer.usage[0]?.keys ?? {}).sort()).toEqual(
        [tenantId, appId, keyId, 'demo/echo'].sort(),
      );
      expect(
        await client.data(
          '{ invocations(first: 2) { edges { node { keyId model { id } } } pageInfo { hasNextPage } } }',
        ),
      ).toMatchObject({
        invocations: { edges: [{ node: { keyId } }, { node: { keyId } }], pageInfo: { hasNextPage: true } },
      });
    });

    it('deletes a provider in every process at once, and still shows it in the ledger and in usage', async () => {
      const { client } = await newTenant(mesh);
      const root = admin(mesh);
      const id = unique('p');
      const model = `${id}/echo`;
      const create = 'mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }';
      await root.data(create, { input: { id, kind: 'DEMO', registerModels: true } });
      const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text } }';
      const asking = echo('Before.', { model });
      const { complete: made } = await client.data<{ complete: { id: string } }>(complete, asking);
      const from = new Date(Date.now() - 3_600_000).toISOString();
      const to = new Date(Date.now() + 3_600_000).toISOString();

      expect(await root.data('mutation ($id: ID!) { deleteProvider(id: $id) }', { id })).toEqual({
        deleteProvider: id,
      });
      const deletedAt = expect.any(String);
      const shown = {
        id: model,
        name: 'echo',
        deletedAt,
        provider: { id, kind: 'DEMO', deletedAt, health: { circuit: 'CLOSED' } },
      };
      const fields = 'model { id name deletedAt provider { id kind deletedAt health { circuit } } }';
      expect(
        await client.data(
          `query ($id: ID!, $model: ID!, $provider: ID!, $from: DateTime!, $to: DateTime!) {
            completion(id: $id) { ${fields} attempts { ${fields} } invocation { ${fields} } }
            usage(from: $from, to: $to, interval: ALL, by: [MODEL, PROVIDER]) { keys requests }
            model(id: $model) { id } node(id: $provider) { id } provider(id: $provider) { id }
          }`,
          { id: made.id, model, provider: id, from, to },
        ),
      ).toEqual({
        completion: { model: shown, attempts: [{ model: shown }], invocation: { model: shown } },
        usage: [{ keys: { model, provider: id }, requests: 1 }],
        model: null,
        node: null,
        provider: null,
      });
      await vi.waitFor(async () => expect(await client.code(complete, asking)).toBe('NOT_FOUND'));
    });

    it('uses a provider that was added a moment ago, and forgets its key in every answer', async () => {
      const id = unique('p');
      const root = admin(mesh);
      const answer = await root.data(
        'mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id credentials { hint } } }',
        {
          input: {
            id,
            kind: 'OPENAI_COMPATIBLE',
            baseUrl: 'http://127.0.0.1:9',
            apiKey: 'sk-very-secret-1234',
          },
        },
      );
      expect(JSON.stringify(answer)).not.toContain('very-secret');
      await root.data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
        input: { providerId: id, name: 'm', capabilities: ['CHAT'] },
      });
      const refused = await root.send<{ complete: unknown }>(
        'mutation ($input: CompletionInput!) { complete(input: $input) { text } }',
        { input: { model: `${id}/m`, messages: [{ role: 'USER', content: 'x' }] } },
      );
      expect(refused.errors?.[0]?.extensions.code).toMatch(/^PROVIDER_/);
      expect(refused.errors?.[0]?.extensions.completionId).toEqual(expect.any(String));
      expect(JSON.stringify(refused)).not.toContain('very-secret');
    });
  });
}
