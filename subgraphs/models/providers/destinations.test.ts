import { createCipheriv, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { openCredential, sealCredential, toSealedCredential } from '#mongo/credential-secret.ts';
import { checkEncryptionKey } from '#mongo/encryption-check.ts';
import type { RootKeys } from '#mongo/keyring/data-keys.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import { rewrapDataKeys } from '#mongo/keyring/rotate.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import {
  modelsAdmin as admin,
  createProvider,
  type ModelsMesh,
  openModelsMesh,
} from '#test/support/models-mesh.ts';
import { openTestKeyring } from '#test/support/seal.ts';
import { askForData, testServices } from '#test/support/subgraph.ts';
import { createModelsSubgraph } from '../subgraph.ts';
import { registerEnvironmentProviders } from './register-provider.ts';
import { bindOlderCredentials, resealCredentials } from './reseal-credentials.ts';

let mesh: ModelsMesh;
beforeEach(async () => {
  mesh = await openModelsMesh();
});
afterEach(() => mesh?.[Symbol.asyncDispose]());

interface State {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
}
const states = async (id: string, subgraph = mesh.subgraph): Promise<readonly State[]> => {
  const query = 'query ($id: ID!) { provider(id: $id) { credentials { id state reason } } }';
  const { provider } = await askForData<{ provider: { credentials: State[] } }>(subgraph, admin, query, {
    id,
  });
  return provider.credentials;
};
const create = (input: Record<string, unknown>) =>
  askForData(mesh.subgraph, admin, createProvider, { input });
const update = (id: string, input: Record<string, unknown>) =>
  askForData(
    mesh.subgraph,
    admin,
    'mutation ($id: ID!, $input: UpdateProviderInput!) { updateProvider(id: $id, input: $input) { id } }',
    { id, input },
  );

/** What a call would send to the provider as the catalog has it now; null: nothing. */
async function sent(id: string): Promise<readonly (string | null)[]> {
  const provider = mesh.catalog.provider(id)!;
  const open = async (credential: (typeof provider.credentials)[number]) => {
    const sealed = { ...credential, providerId: id };
    const opened = await openCredential(mesh.keyring.secrets, sealed, providerDestination(provider));
    return opened.state === 'READY' ? opened.secret : null;
  };
  return Promise.all(provider.credentials.map(open));
}

const home = 'https://api.example.com/v1';

describe('the credentials of a provider whose address has changed', () => {
  it.each([
    ['another host', 'VLLM', { baseUrl: home }, { baseUrl: 'https://evil.example.com/v1' }],
    ['another scheme', 'VLLM', { baseUrl: home }, { baseUrl: 'http://api.example.com/v1' }],
    ['another port', 'VLLM', { baseUrl: home }, { baseUrl: 'https://api.example.com:8443/v1' }],
    [
      'another path on a shared host',
      'VLLM',
      { baseUrl: home },
      { baseUrl: 'https://api.example.com/steal' },
    ],
    ['an address instead of the vendor', 'OPENAI', {}, { baseUrl: 'https://evil.example.com/v1' }],
    ['the vendor instead of an address', 'OPENAI', { baseUrl: home }, { baseUrl: null }],
    ['another region of Bedrock', 'BEDROCK', { region: 'us-east-1' }, { region: 'eu-west-1' }],
    ['another region of Vertex', 'VERTEX', { region: 'europe-west1' }, { region: null }],
  ])('are sent nowhere until they are entered again: %s', async (_name, kind, before, after) => {
    await create({ id: 'p', kind, apiKey: 'sk-first-secret', ...before });
    expect(await sent('p')).toEqual(['sk-first-secret']);
    await update('p', after);
    expect(await sent('p')).toEqual([null]);
    const [credential] = await states('p');
    expect(credential).toMatchObject({ state: 'ORIGIN_CHANGED', reason: expect.stringContaining('again') });
    const enter = `mutation ($id: ID!, $input: UpdateProviderCredentialInput!) {
      updateProviderCredential(id: $id, input: $input) { hint state reason }
    }`;
    const enabled = await askForData(mesh.subgraph, admin, enter, {
      id: credential?.id,
      input: { enabled: true },
    });
    expect(enabled.updateProviderCredential).toMatchObject({ state: 'ORIGIN_CHANGED' });
    const input = { secret: 'sk-second-secret-2222' };
    expect(await askForData(mesh.subgraph, admin, enter, { id: credential?.id, input })).toEqual({
      updateProviderCredential: { hint: '2222', state: 'READY', reason: null },
    });
    expect(await sent('p')).toEqual(['sk-second-secret-2222']);
  });

  it.each([
    ["the vendor's own address, written out", 'OPENAI', {}, { baseUrl: 'https://api.openai.com/v1/' }],
    ['a region that only says where data stays', 'OPENAI', {}, { region: 'eu' }],
    ['the same address', 'VLLM', { baseUrl: home }, { baseUrl: `${home}/` }],
    ['whether the provider is called', 'VLLM', { baseUrl: home }, { enabled: false }],
  ])('are kept where they go to the same place: %s', async (_name, kind, before, after) => {
    await create({ id: 'p', kind, apiKey: 'sk-first-secret', ...before });
    await update('p', after);
    expect(await sent('p')).toEqual(['sk-first-secret']);
    expect(await states('p')).toMatchObject([{ state: 'READY', reason: null }]);
  });

  it('are entered anew beside the old ones, and only the new ones are sent', async () => {
    await create({ id: 'p', kind: 'VLLM', baseUrl: home, apiKey: 'sk-first-secret' });
    await update('p', { baseUrl: 'https://new.example.com' });
    await askForData(
      mesh.subgraph,
      admin,
      'mutation { addProviderCredential(providerId: "p", label: "new", secret: "sk-new") { state } }',
    );
    expect(await sent('p')).toEqual([null, 'sk-new']);
    expect((await states('p')).map(({ state }) => state)).toEqual(['ORIGIN_CHANGED', 'READY']);
  });

  it('do not open at another address, credential or provider, whatever the store states of them', async () => {
    await create({ id: 'p', kind: 'VLLM', baseUrl: home, apiKey: 'sk-first-secret' });
    const [record] = await providerCredentials(mesh.database.connection).find().lean();
    const sealed = {
      id: record!._id,
      providerId: 'p',
      sealed: record!.sealed,
      destination: record!.destination!,
    };
    const evil = providerDestination({ kind: 'VLLM', baseUrl: 'https://evil.example.com', region: null });
    const open = async (change: Partial<typeof sealed>, destination = sealed.destination) =>
      (await openCredential(mesh.keyring.secrets, { ...sealed, ...change }, destination)).state;
    expect(await open({})).toBe('READY');
    expect(await open({}, evil)).toBe('ORIGIN_CHANGED');
    expect(await open({ destination: evil }, evil)).toBe('UNREADABLE');
    expect(await open({ id: 'other' })).toBe('UNREADABLE');
    expect(await open({ providerId: 'other' })).toBe('UNREADABLE');
  });
});

describe('the keys of the environment', () => {
  const register = (env: Record<string, string>) =>
    registerEnvironmentProviders(mesh.database.connection, env, {
      bus: testServices(mesh.database).bus,
      secrets: mesh.keyring.secrets,
    }).then(() => mesh.catalog.refresh());

  it('are never sealed for an address that an admin set for their provider, at no later start', async () => {
    await register({ OPENAI_API_KEY: 'sk-environment' });
    expect(await sent('openai')).toEqual(['sk-environment']);
    await update('openai', { baseUrl: 'https://evil.example.com' });
    for (const key of ['sk-environment', 'sk-environment', 'sk-another']) {
      await register({ OPENAI_API_KEY: key });
      expect(await sent('openai')).toEqual([null]);
    }
    expect(await states('openai')).toMatchObject([{ state: 'ORIGIN_CHANGED' }]);
  });

  it('follow an address of the environment, and keep it when only the key is left there', async () => {
    await register({ OPENAI_API_KEY: 'sk-environment' });
    await register({ OPENAI_API_KEY: 'sk-environment', OPENAI_BASE_URL: home });
    expect(await sent('openai')).toEqual(['sk-environment']);
    await register({ OPENAI_API_KEY: 'sk-environment' });
    expect(await sent('openai')).toEqual(['sk-environment']);
  });

  it('are not sent to a provider of the same id that an admin made before', async () => {
    await create({ id: 'openai', kind: 'OPENAI_COMPATIBLE', baseUrl: 'https://other.example.com' });
    await register({ OPENAI_API_KEY: 'sk-environment' });
    expect(await sent('openai')).toEqual([null]);
  });
});

describe('secrets that an older version of Heddle sealed', () => {
  const key = randomBytes(32);
  const box = createSecretBox(key);
  let keyring: Keyring;
  beforeEach(() => {
    keyring = openTestKeyring(mesh.database.connection, key);
  });
  afterEach(() => keyring[Symbol.asyncDispose]());

  /** Without an address, in the first form of sealed texts. */
  const sealFirstForm = (secret: string) => {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    const text = Buffer.concat([cipher.update(secret), cipher.final()]);
    return `v1.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')}`;
  };

  async function storeOlder(sealed: string, more: { readonly destination?: string } = {}): Promise<void> {
    await create({ id: 'p', kind: 'VLLM', baseUrl: home });
    const record = { _id: 'old', providerId: 'p', label: 'old', hint: '', sealed, weight: 1, enabled: true };
    await providerCredentials(mesh.database.connection).create({ ...record, ...more, createdAt: new Date() });
  }
  const stored = async () => (await providerCredentials(mesh.database.connection).findById('old').lean())!;
  const bind = () => bindOlderCredentials(mesh.database.connection, keyring.secrets);

  it('are sealed anew for the present address, once', async () => {
    await storeOlder(sealFirstForm('sk-older'));
    expect(await bind()).toEqual({ resealed: 1, unreadable: 0 });
    const { sealed, destination } = await stored();
    expect([sealed.slice(0, 3), destination]).toEqual(['v3.', `VLLM ${home}`]);
    const credential = { id: 'old', providerId: 'p', sealed, destination: destination! };
    expect(await openCredential(keyring.secrets, credential, `VLLM ${home}`)).toEqual({
      state: 'READY',
      secret: 'sk-older',
    });
    expect(await bind()).toEqual({ resealed: 0, unreadable: 0 });
  });

  it('are bound to the address that they had when it changes before that, also where their key is away', async () => {
    await storeOlder(sealFirstForm('sk-older'));
    await update('p', { baseUrl: 'https://evil.example.com' });
    await bind();
    expect(await stored()).toMatchObject({ destination: `VLLM ${home}` });
    expect(await states('p')).toMatchObject([{ state: 'ORIGIN_CHANGED' }]);
  });

  it('open with the encryption key that sealed them until reseal moves them to the data key', async () => {
    const bound = { id: 'old', providerId: 'p', destination: `VLLM ${home}` };
    await storeOlder(sealCredential(box, 'sk-older', bound), { destination: bound.destination });
    const { connection } = mesh.database;
    const read = async () =>
      openCredential(keyring.secrets, toSealedCredential(await stored()), bound.destination);
    expect(await read()).toEqual({ state: 'READY', secret: 'sk-older' });
    expect(await resealCredentials(connection, keyring.secrets)).toEqual({ resealed: 1, unreadable: 0 });
    expect((await stored()).sealed).toMatch(/^v3\./);
    expect(await read()).toEqual({ state: 'READY', secret: 'sk-older' });
  });
});

describe('another encryption key than the one of the store', () => {
  let stack: AsyncDisposableStack;
  beforeEach(() => {
    stack = new AsyncDisposableStack();
  });
  afterEach(() => stack.disposeAsync());
  const open = (...given: readonly [Uint8Array, ...Uint8Array[]]) =>
    stack.use(openTestKeyring(mesh.database.connection, given[0], { previous: given.slice(1) }));
  const subgraphWith = ({ secrets }: Keyring) =>
    createModelsSubgraph({ ...testServices(mesh.database), connection: mesh.database.connection, secrets });

  it('is found at start and shown with each credential, and seals nothing new until the old ones are dropped', async () => {
    const { connection } = mesh.database;
    expect(await checkEncryptionKey(connection, mesh.keyring)).toEqual({ key: 'CURRENT', unreadable: 0 });
    await create({ id: 'p', kind: 'VLLM', baseUrl: home, apiKey: 'sk-first-secret' });
    const other = open(randomBytes(32));
    const subgraph = subgraphWith(other);
    expect(await checkEncryptionKey(connection, other)).toEqual({ key: 'OTHER', unreadable: 1 });
    const [credential] = await states('p', subgraph);
    expect(credential).toMatchObject({
      state: 'UNREADABLE',
      reason: expect.stringContaining('encryption key'),
    });
    const add = 'mutation { addProviderCredential(providerId: "p", label: "b", secret: "sk-b") { id } }';
    const enter = `mutation { updateProviderCredential(id: "${credential?.id}", input: { secret: "sk-b" }) { id } }`;
    const make = 'mutation { createProvider(input: { id: "q", kind: OPENAI, apiKey: "sk-b" }) { id } }';
    for (const mutation of [add, enter, make]) {
      await expect(askForData(subgraph, admin, mutation)).rejects.toThrow('another encryption key');
    }
    expect(await providerCredentials(connection).countDocuments()).toBe(1);
    expect(await checkEncryptionKey(connection, mesh.keyring)).toEqual({ key: 'CURRENT', unreadable: 0 });
  });

  it('is no other key where the former one is set as previous; the data keys are then wrapped with it', async () => {
    const { connection } = mesh.database;
    const [former, key] = [randomBytes(32), randomBytes(32)];
    const old = open(former);
    await checkEncryptionKey(connection, old);
    const before = subgraphWith(old);
    const input = { id: 'p', kind: 'VLLM', baseUrl: home, apiKey: 'sk-first-secret' };
    await askForData(before, admin, createProvider, { input });
    const both = open(key, former);
    expect(await checkEncryptionKey(connection, both)).toEqual({ key: 'PREVIOUS', unreadable: 0 });
    const roots: RootKeys = [createLocalRootKey(key), createLocalRootKey(former)];
    expect(await rewrapDataKeys(connection, roots)).toBe(1);
    expect(await rewrapDataKeys(connection, roots)).toBe(0);
    expect(await states('p', subgraphWith(open(key)))).toMatchObject([{ state: 'READY' }]);
    expect(await states('p', subgraphWith(open(former)))).toMatchObject([{ state: 'UNREADABLE' }]);
  });
});

describe('a base URL at the hosts of a vendor that has a form for it', () => {
  const account = `https://api.cloudflare.com/client/v4/accounts/${'a'.repeat(32)}/ai/v1`;

  it('is refused without the id of the account, when the provider is made and when it is changed', async () => {
    const without = 'https://api.cloudflare.com/client/v4';
    const form = /input\.baseUrl has the form https:\/\/api\.cloudflare\.com\//;
    await expect(create({ id: 'p', kind: 'CLOUDFLARE', baseUrl: without })).rejects.toThrow(form);
    await create({ id: 'p', kind: 'CLOUDFLARE', baseUrl: account });
    await expect(update('p', { baseUrl: without })).rejects.toThrow(form);
    expect(mesh.catalog.provider('p')?.baseUrl).toBe(account);
  });
});
