import { describe, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { admin, echo, type MeshOf, newTenant, unique } from './setup.ts';

const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';

/** Who may do what: keys, scopes, tenants. */
export function accessScenarios(mesh: MeshOf): void {
  describe('access', () => {
    it('returns the caller', async () => {
      expect(await admin(mesh).data('{ me { kind tenant { name } app { name } scopes } }')).toEqual({
        me: {
          kind: 'API_KEY',
          tenant: { name: 'default' },
          app: { name: 'default' },
          scopes: expect.arrayContaining(['inference:invoke', 'tenants:admin']),
        },
      });
    });

    it('refuses a caller without a key, and one with a wrong key', async () => {
      expect(await createTestClient(mesh().url, '').code(complete, echo('x'))).toBe('UNAUTHENTICATED');
      expect(
        await createTestClient(mesh().url, `hd_nobody_${'x'.repeat(40)}`).code(complete, echo('x')),
      ).toBe('UNAUTHENTICATED');
    });

    it('refuses a caller without the scope before any subgraph runs: no row is left', async () => {
      const { client } = await newTenant(mesh, { scopes: ['usage:read'] });
      expect(await client.code(complete, echo('x'))).toBe('FORBIDDEN');
      expect(await client.data('{ invocations { edges { node { id } } } }')).toEqual({
        invocations: { edges: [] },
      });
    });

    it('does not run a mutation at all when one of its fields is denied', async () => {
      const { client } = await newTenant(mesh, { scopes: ['inference:invoke'] });
      const answer = await client.send(
        `mutation ($input: CompletionInput!) {
          complete(input: $input) { text }
          createProvider(input: { id: "nope", kind: DEMO }) { id }
        }`,
        echo('x'),
      );
      expect(answer.errors?.map(({ extensions }) => extensions.code)).toContain('FORBIDDEN');
      expect(await client.data('{ invocations { edges { node { id } } } }')).toEqual({
        invocations: { edges: [] },
      });
    });

    it('stops a key at once when it is revoked', async () => {
      const { client, keyId } = await newTenant(mesh);
      await client.data(complete, echo('before'));
      await admin(mesh).data('mutation ($id: ID!) { revokeApiKey(id: $id) { revokedAt } }', { id: keyId });
      await expect
        .poll(() => client.send(complete, echo('after')), { timeout: 8_000 })
        .toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    });

    it.each([
      ['app', 'archiveApp', 'restoreApp'],
      ['tenant', 'archiveTenant', 'restoreTenant'],
    ] as const)(
      'stops the keys of an archived %s, lets their calls end, keeps what was called, and undoes it',
      async (what, archive, restore) => {
        const root = admin(mesh);
        const made = await newTenant(mesh);
        const { client, tenantId, appId } = made;
        const id = what === 'app' ? appId : tenantId;
        const once = echo('once');
        Object.assign(once.input as object, { idempotencyKey: unique('key') });
        const completeOnce = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text } }';
        const first = await client.data<{ complete: { id: string } }>(completeOnce, once);
        const { startCompletion } = await client.data<{ startCompletion: { id: string } }>(
          'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }',
          { input: { model: 'demo/slow', messages: [{ role: 'USER', content: 'word '.repeat(20) }] } },
        );
        expect(await root.data(`mutation ($id: ID!) { ${archive}(id: $id) }`, { id })).toEqual({
          [archive]: id,
        });
        await expect
          .poll(() => client.send(complete, echo('after')), { timeout: 8_000 })
          .toMatchObject({
            errors: [
              {
                message: `The ${what} of this API key is archived.`,
                extensions: { code: 'UNAUTHENTICATED' },
              },
            ],
          });
        const rows = () =>
          root.data(
            `query ($tenantId: ID!) { invocations(filter: { tenantId: $tenantId }) {
              edges { node { id status tenant { id } app { id name } } } } }`,
            { tenantId },
          );
        const app = { id: appId, name: 'app' };
        const ended = { status: 'SUCCEEDED', tenant: { id: tenantId }, app };
        await expect.poll(rows, { timeout: 20_000 }).toEqual({
          invocations: {
            edges: [startCompletion, first.complete].map(({ id: of }) => ({
              node: { ...ended, id: `invocation:${of}` },
            })),
          },
        });
        await root.data(`mutation ($id: ID!) { ${restore}(id: $id) { id archivedAt } }`, { id });
        await expect.poll(() => client.send(completeOnce, once), { timeout: 8_000 }).toEqual({ data: first });
      },
    );

    it('lets a key that was made without limits start no more calls at once than the default, and shows it', async () => {
      const { client, appId } = await newTenant(mesh);
      const { createApiKey } = await client.data<{
        createApiKey: { secret: string; key: { limits: { meter: string; amount: string }[] } };
      }>(
        'mutation ($id: ID!) { createApiKey(input: { appId: $id }) { secret key { limits { meter amount } } } }',
        {
          id: appId,
        },
      );
      expect(createApiKey.key.limits).toContainEqual({ meter: 'CONCURRENCY', amount: '20' });
      const key = createTestClient(mesh().url, createApiKey.secret);
      const start = (n: number) =>
        key.send<Record<string, { id: string }> | null>(
          `mutation ($input: CompletionInput!) { ${Array.from({ length: n }, (_, at) => `a${at}: startCompletion(input: $input) { id }`).join(' ')} }`,
          { input: { model: 'demo/slow', messages: [{ role: 'USER', content: 'word '.repeat(200) }] } },
        );
      const answers = await Promise.all(Array.from({ length: 30 }, () => start(1)));
      const started = answers.filter(({ errors }) => errors === undefined);
      expect(started).toHaveLength(20);
      expect((await start(1)).errors?.[0]?.extensions).toMatchObject({ code: 'QUOTA_EXCEEDED' });
      await Promise.all(
        started.map(({ data }) =>
          key.data('mutation ($id: ID!) { cancelCompletion(id: $id) { id } }', { id: data?.a0?.id }),
        ),
      );
    });

    it('draws every operation on READS by its cost, but not what is metered otherwise', async () => {
      const limits = [{ meter: 'READS', window: 'DAY', amount: '40' }];
      const { client } = await newTenant(mesh, { limits });
      const read = '{ me { kind } }';
      await client.data('query { __typename }');
      for (let call = 0; call < 5; call++) await client.data(complete, echo('x'));
      for (let call = 0; call < 20; call++) await client.data(read);
      await client.data('mutation { createApp(input: { name: "drawn" }) { id } }');
      const refused = await client.send(
        `{ me { kind } ${Array.from({ length: 9 }, (_, n) => `a${n}: me { kind }`).join(' ')} }`,
      );
      expect(refused.errors?.[0]?.extensions).toMatchObject({
        code: 'QUOTA_EXCEEDED',
        meter: 'READS',
        window: 'DAY',
        retryAfterMs: expect.any(Number),
      });
      // What is refused draws nothing.
      for (let call = 0; call < 8; call++) await client.data(read);
      expect(await client.code(read)).toBe('QUOTA_EXCEEDED');
      expect(await client.code('mutation { createApp(input: { name: "refused" }) { id } }')).toBe(
        'QUOTA_EXCEEDED',
      );
      await client.data(complete, echo('y'));
      const { client: other } = await newTenant(mesh);
      for (let call = 0; call < 50; call++) await other.data(read);
    });

    it('never shows one tenant what belongs to another', async () => {
      const [mine, other] = await Promise.all([newTenant(mesh), newTenant(mesh)]);
      const { complete: done } = await other.client.data<{
        complete: { id: string; invocation: { id: string } };
      }>(
        'mutation ($input: CompletionInput!) { complete(input: $input) { id invocation { id } } }',
        echo('secret'),
      );
      const name = unique('prompt');
      const { createPrompt } = await other.client.data<{ createPrompt: { id: string } }>(
        'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
        { input: { name, version: { model: 'demo/echo', template: 'secret' } } },
      );
      const answer = await mine.client.send<Record<string, unknown>>(
        `query ($tenant: ID!, $completion: ID!, $invocation: ID!, $prompt: ID!, $name: String!) {
          tenant(id: $tenant) { name }
          completion(id: $completion) { text }
          invocation(id: $invocation) { id }
          byId: prompt(id: $prompt) { name }
          byName: prompt(name: $name) { id }
          invocations { edges { node { id } } }
        }`,
        {
          tenant: other.tenantId,
          completion: done.id,
          invocation: done.invocation.id,
          prompt: createPrompt.id,
          name,
        },
      );
      expect(answer.data).toEqual({
        tenant: null,
        completion: null,
        invocation: null,
        byId: null,
        byName: null,
        invocations: { edges: [] },
      });
      expect(JSON.stringify(answer)).not.toContain('secret');
    });

    it('never grants a scope that the maker of a key lacks', async () => {
      const { client, appId } = await newTenant(mesh);
      expect(
        await client.code(
          'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
          {
            input: { appId, scopes: ['tenants:admin'] },
          },
        ),
      ).toBe('FORBIDDEN');
    });

    it('audits what an admin does, and never its secrets', async () => {
      const { keyId, tenantId } = await newTenant(mesh);
      const audit = JSON.stringify(
        await admin(mesh).data(
          '{ auditLog(first: 50) { edges { node { action actor { kind keyId } targetType targetId arguments before after at } } } }',
        ),
      );
      expect(audit).toContain(keyId);
      expect(audit).toContain(tenantId);
      expect(audit).not.toMatch(/hd_[A-Za-z0-9]+_[A-Za-z0-9]{20}/);
    });
  });
}
