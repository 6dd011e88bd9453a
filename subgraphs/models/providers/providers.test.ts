import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalog } from '#catalog/catalog.ts';
import { auditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { openCredential } from '#mongo/credential-secret.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import {
  modelsAdmin as admin,
  createProvider,
  type ModelsMesh,
  openModelsMesh,
  modelsReader as reader,
} from '#test/support/models-mesh.ts';
import { askForData } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';

let mesh: ModelsMesh;
let database: Database;
let subgraph: Subgraph;
let catalog: Catalog;

beforeAll(async () => {
  mesh = await openModelsMesh();
  ({ database, subgraph, catalog } = mesh);
});

afterAll(() => mesh?.[Symbol.asyncDispose]());

const refusal: ModelsMesh['refusal'] = (...args) => mesh.refusal(...args);

/** The secrets of a provider, opened as a call opens them; null: not for its present address. */
async function readSecrets(id: string): Promise<readonly (string | null)[]> {
  const provider = catalog.provider(id);
  if (provider === undefined) throw new Error(`There is no provider ${id}.`);
  const open = async (credential: (typeof provider.credentials)[number]) => {
    const sealed = { ...credential, providerId: id };
    const opened = await openCredential(mesh.keyring.secrets, sealed, providerDestination(provider));
    return opened.state === 'READY' ? opened.secret : null;
  };
  return Promise.all(provider.credentials.map(open));
}

let taken = 0;

describe('providers', () => {
  it('keeps a key encrypted, shows its last four characters, and hands it to the catalog', async () => {
    const data = await askForData(subgraph, admin, createProvider, {
      input: {
        id: 'openai-eu',
        kind: 'OPENAI',
        baseUrl: 'https://eu.example.com/v1/',
        apiKey: ' sk-verysecret-1234\n',
        region: 'eu',
      },
    });
    expect(data.createProvider).toMatchObject({
      id: 'openai-eu',
      baseUrl: 'https://eu.example.com/v1',
      region: 'eu',
      enabled: true,
      credentials: [{ label: 'default', hint: '1234', weight: 1, enabled: true }],
    });
    const provider = catalog.provider('openai-eu');
    expect(provider).toMatchObject({ kind: 'OPENAI', region: 'eu' });
    expect(await readSecrets('openai-eu')).toEqual(['sk-verysecret-1234']);
    const everything = JSON.stringify([
      await auditLog(database.connection).find().lean(),
      await database.connection.collection('provider_credentials').find().toArray(),
    ]);
    expect(everything).not.toContain('verysecret');
    expect(everything).toContain('provider.create');
  });

  it.each([
    ['https://host.example/v1/chat/completions', 'https://host.example/v1'],
    ['https://host.example/v1/chat/completions/', 'https://host.example/v1'],
    ['https://host.example/V1/Chat/Completions', 'https://host.example/V1'],
    ['https://host.example/chat/completions//', 'https://host.example'],
    ['https://host.example/v1/completions', 'https://host.example/v1'],
    ['https://host.example/v1/responses', 'https://host.example/v1'],
    ['https://host.example/v1/messages', 'https://host.example/v1'],
    ['https://host.example/v1/embeddings', 'https://host.example/v1'],
    ['https://host.example/v1/models', 'https://host.example/v1'],
    ['https://host.example/v2/chat', 'https://host.example/v2'],
    ['https://host.example/v2/embed', 'https://host.example/v2'],
    ['https://host.example/api/chat', 'https://host.example'],
    ['https://host.example/v1beta/models/gemini-3-pro:generateContent', 'https://host.example/v1beta'],
    ['https://host.example/model/a.b-v1%3A0/converse', 'https://host.example'],
  ])(
    'refuses the path of a call in a base URL, and names what to send instead: %s',
    async (baseUrl, above) => {
      const kind = 'OPENAI_COMPATIBLE';
      const create = await refusal(createProvider, { input: { id: 'calls', kind, baseUrl } });
      taken += 1;
      const id = `above-${taken}`;
      await askForData(subgraph, admin, createProvider, { input: { id, kind, baseUrl: `${above}/` } });
      const update = `mutation ($id: ID!, $input: UpdateProviderInput!) { updateProvider(id: $id, input: $input) { id } }`;
      for (const refused of [create, await refusal(update, { id, input: { baseUrl } })]) {
        expect(refused).toMatch(/^BAD_USER_INPUT: .*input\.baseUrl/);
        expect(refused).toContain(`send ${above}.`);
      }
    },
  );

  it.each([
    'https://host.example/openai/v1',
    'https://host.example/chat',
    'https://host.example/messages-proxy/v1',
  ])('takes a base URL whose path only looks like that of a call: %s', async (baseUrl) => {
    const id = `path-${baseUrl.length}`;
    const data = await askForData(subgraph, admin, createProvider, { input: { id, kind: 'VLLM', baseUrl } });
    expect(data.createProvider).toMatchObject({ baseUrl });
  });

  it('adds, changes and removes credentials, and the catalog follows at once', async () => {
    await askForData(subgraph, admin, createProvider, { input: { id: 'keys', kind: 'ANTHROPIC' } });
    const { addProviderCredential: added } = await askForData<{ addProviderCredential: { id: string } }>(
      subgraph,
      admin,
      `mutation { addProviderCredential(providerId: "keys", label: "second", secret: "short", weight: 3) { id hint weight } }`,
    );
    expect(added).toMatchObject({ hint: '', weight: 3 });
    expect(catalog.provider('keys')?.credentials).toMatchObject([{ id: added.id, weight: 3 }]);
    await askForData(
      subgraph,
      admin,
      `mutation ($id: ID!) { updateProviderCredential(id: $id, input: { enabled: false }) { enabled } }`,
      added,
    );
    expect(catalog.provider('keys')?.credentials).toEqual([]);
    const remove = `mutation ($id: ID!) { removeProviderCredential(id: $id) }`;
    expect(await askForData(subgraph, admin, remove, added)).toEqual({ removeProviderCredential: added.id });
    expect(await refusal(remove, added)).toMatch(/^NOT_FOUND/);
  });

  it('reports what keeps every call from a provider, and nothing where a call is possible', async () => {
    const readProblem = async (id: string) => {
      const data = await askForData(subgraph, reader, 'query ($id: ID!) { provider(id: $id) { problem } }', {
        id,
      });
      return (data.provider as { readonly problem: string | null }).problem;
    };
    const change = (document: string) => askForData(subgraph, admin, `mutation { ${document} { id } }`, {});
    const own = { kind: 'OLLAMA', baseUrl: 'http://127.0.0.1:1/v1' };
    await askForData(subgraph, admin, createProvider, { input: { id: 'no-key-needed', ...own } });
    await askForData(subgraph, admin, createProvider, {
      input: { id: 'own-key', ...own, apiKey: 'k-12345678' },
    });
    const { createProvider: made } = await askForData<{
      createProvider: { credentials: readonly { id: string }[] };
    }>(subgraph, admin, createProvider, {
      input: { id: 'watched', kind: 'OPENAI', apiKey: 'sk-12345678901' },
    });
    const credential = made.credentials[0]?.id;
    expect(await readProblem('no-key-needed')).toBeNull();
    expect(await readProblem('own-key')).toBeNull();
    expect(await readProblem('watched')).toBeNull();

    await change(`updateProviderCredential(id: "${credential}", input: { enabled: false })`);
    expect(await readProblem('watched')).toMatch(/credentials are disabled/);
    await change('updateProvider(id: "own-key", input: { baseUrl: "http://127.0.0.2:1/v1" })');
    expect(await readProblem('own-key')).toMatch(/address has changed/);
    await askForData(subgraph, admin, `mutation { removeProviderCredential(id: "${credential}") }`, {});
    expect(await readProblem('watched')).toMatch(/no credential.*addProviderCredential/);
    await change('updateProvider(id: "watched", input: { enabled: false })');
    expect(await readProblem('watched')).toMatch(/disabled.*updateProvider/);
  });

  it("registers the vendor's present models when asked to", async () => {
    await askForData(subgraph, admin, createProvider, {
      input: { id: 'deep', kind: 'DEEPSEEK', apiKey: 'sk-deep-123456', registerModels: true },
    });
    expect(catalog.model('deep/deepseek-chat')).toMatchObject({ contextTokens: 64_000, lifecycle: 'ACTIVE' });
  });

  it('changes the specified fields and clears what is null', async () => {
    await askForData(subgraph, admin, createProvider, {
      input: { id: 'changing', kind: 'MISTRAL', baseUrl: 'http://127.0.0.1:1', region: 'eu' },
    });
    const update = `mutation ($input: UpdateProviderInput!) {
      updateProvider(id: "changing", input: $input) { baseUrl region enabled }
    }`;
    expect(await askForData(subgraph, admin, update, { input: { enabled: false } })).toEqual({
      updateProvider: { baseUrl: 'http://127.0.0.1:1', region: 'eu', enabled: false },
    });
    expect(await askForData(subgraph, admin, update, { input: { baseUrl: null, region: null } })).toEqual({
      updateProvider: { baseUrl: null, region: null, enabled: false },
    });
    expect(catalog.provider('changing')).toMatchObject({ baseUrl: null, enabled: false });
  });

  it.each([
    [{ id: 'Bad', kind: 'OPENAI' }, 'input.id must be'],
    [{ id: 'a/b', kind: 'OPENAI' }, 'input.id must be'],
    [{ id: 'url', kind: 'OPENAI', baseUrl: 'not a url' }, 'input.baseUrl must be an http'],
    [{ id: 'url', kind: 'OPENAI', baseUrl: 'file:///etc/passwd' }, 'input.baseUrl must be an http'],
    [{ id: 'url', kind: 'OPENAI', baseUrl: 'https://u:p@example.com' }, 'input.baseUrl must not hold a user'],
    [
      { id: 'url', kind: 'OPENAI', baseUrl: 'https://example.com/?a=1' },
      'input.baseUrl must not hold a query',
    ],
    [{ id: 'url', kind: 'VLLM', baseUrl: 'http://169.254.169.254/v1' }, 'input.baseUrl may not be called'],
    [{ id: 'url', kind: 'VLLM', baseUrl: 'http://2852039166' }, 'input.baseUrl may not be called'],
    [{ id: 'url', kind: 'VLLM', baseUrl: 'http://[fd00:ec2::254]' }, 'input.baseUrl may not be called'],
    [
      { id: 'url', kind: 'VLLM', baseUrl: 'http://metadata.google.internal' },
      'input.baseUrl may not be called',
    ],
    [{ id: 'url', kind: 'BEDROCK', region: 'us-east-1.evil.test/' }, 'input.region must be'],
    [{ id: 'url', kind: 'BEDROCK', region: 'x@127.0.0.1:1/#' }, 'input.region must be'],
    [{ id: 'url', kind: 'BEDROCK', region: 'evil.test/#' }, 'input.region must be'],
    [{ id: 'url', kind: 'BEDROCK', region: 'EU' }, 'input.region must be'],
    [{ id: 'url', kind: 'BEDROCK', region: '-eu' }, 'input.region must be'],
    [{ id: 'url', kind: 'BEDROCK', region: 'eu.west' }, 'input.region must be'],
    [{ id: 'url', kind: 'BEDROCK', region: ' ' }, 'input.region must be'],
    [{ id: 'url', kind: 'VLLM' }, 'input.baseUrl is needed'],
    [{ id: 'url', kind: 'BEDROCK', apiKey: 'x' }, 'input.region is needed'],
    [{ id: 'url', kind: 'OPENAI', apiKey: '  ' }, 'input.apiKey must have'],
    [{ id: 'url', kind: 'OPENAI', apiKey: 'sk-1\r\nx-evil: 1' }, 'input.apiKey must be one line'],
    [{ id: 'url', kind: 'OPENAI', apiKey: 'sk-\0' }, 'input.apiKey must be one line'],
    [{ id: 'url', kind: 'OPENAI', apiKey: 'sk-ключ' }, 'input.apiKey must be one line'],
  ])('refuses %j and leaves nothing behind', async (input, message) => {
    expect(await refusal(createProvider, { input })).toMatch(`BAD_USER_INPUT: ${message}`);
    expect(await askForData(subgraph, admin, `query ($id: ID!) { provider(id: $id) { id } }`, input)).toEqual(
      {
        provider: null,
      },
    );
  });

  it('takes the JSON of a service account as it was downloaded, in many lines', async () => {
    const apiKey = JSON.stringify({ type: 'service_account', private_key: 'a\nb' }, null, 2);
    await askForData(subgraph, admin, createProvider, { input: { id: 'json', kind: 'VERTEX', apiKey } });
    expect(await readSecrets('json')).toEqual([apiKey]);
  });

  it('keeps nothing of a base URL but origin and path', async () => {
    const input = { id: 'bare', kind: 'OPENAI', baseUrl: 'https://example.com/v1/?#' };
    expect((await askForData(subgraph, admin, createProvider, { input })).createProvider).toMatchObject({
      baseUrl: 'https://example.com/v1',
    });
  });

  it('refuses a taken id, and a credential for a provider that does not exist', async () => {
    await askForData(subgraph, admin, createProvider, { input: { id: 'taken', kind: 'OLLAMA' } });
    expect(await refusal(createProvider, { input: { id: 'taken', kind: 'OPENAI' } })).toMatch(/^CONFLICT/);
    const add = `mutation { addProviderCredential(providerId: "nowhere", label: "x", secret: "y") { id } }`;
    expect(await refusal(add)).toMatch(/^NOT_FOUND: .*nowhere/);
  });

  it('shows providers to everyone and credentials only to those who may change them', async () => {
    const { providers } = await askForData<{ providers: unknown[] }>(
      subgraph,
      reader,
      '{ providers { id kind enabled } }',
    );
    expect(providers.length).toBeGreaterThan(0);
    expect(await refusal('{ providers { credentials { hint } } }', {}, reader)).toContain('FORBIDDEN');
    expect(await refusal(createProvider, { input: { id: 'x', kind: 'DEMO' } }, reader)).toContain(
      'models:write',
    );
  });
});
