import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import { auditLog, createAuditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { openCredential } from '#mongo/credential-secret.ts';
import { checkEncryptionKey } from '#mongo/encryption-check.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import { models } from '#mongo/models.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import { providerKinds, providerVariables } from '#providers/registry/environment.ts';
import { vendors } from '#providers/registry/vendors.generated.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { openTestKeyring } from '#test/support/seal.ts';
import { countCommands } from '#test/support/subgraph.ts';
import { registerEnvironmentProviders } from './register-provider.ts';

const key = randomBytes(32);
let keyring: Keyring;
let database: Database;
let catalog: Catalog;
let bus: ReturnType<typeof createMemoryBus>;

beforeEach(async () => {
  database = await openTestDatabase({ monitorCommands: true });
  keyring = openTestKeyring(database.connection, key);
  bus = createMemoryBus(pino({ level: 'silent' }));
  catalog = await openCatalog(database.connection, { bus, refreshMs: 3_600_000 });
});

afterEach(async () => {
  await catalog?.[Symbol.asyncDispose]();
  await keyring?.[Symbol.asyncDispose]();
  await database?.close();
});

const register = (env: Record<string, string>, { secrets } = keyring) =>
  registerEnvironmentProviders(database.connection, env, { bus, secrets });

const openSecret = (id: string) =>
  Promise.all(
    (catalog.provider(id)?.credentials ?? []).map(async (credential) => {
      const destination = providerDestination(catalog.provider(id)!);
      const opened = await openCredential(keyring.secrets, { ...credential, providerId: id }, destination);
      return opened.state === 'READY' ? opened.secret : null;
    }),
  );

describe('registerEnvironmentProviders', () => {
  it('records in the audit log what a start registers or changes, and nothing where nothing changes', async () => {
    const audit = createAuditLog(database.connection);
    const starts = [
      { OPENAI_API_KEY: 'sk-first' },
      { OPENAI_API_KEY: 'sk-first' },
      { OPENAI_API_KEY: 'sk-second' },
    ];
    for (const env of starts) {
      await registerEnvironmentProviders(database.connection, env, { bus, secrets: keyring.secrets, audit });
    }
    const records = await auditLog(database.connection).find({}).sort({ _id: 1 }).lean();
    expect(
      records.map(({ action, targetId, outcome, actor }) => [action, targetId, outcome, actor.kind]).sort(),
    ).toEqual([
      ['provider.register', 'demo', 'SUCCEEDED', 'SYSTEM'],
      ['provider.register', 'openai', 'SUCCEEDED', 'SYSTEM'],
      ['providerCredential.follow', 'openai', 'SUCCEEDED', 'SYSTEM'],
      ['providerCredential.follow', 'openai', 'SUCCEEDED', 'SYSTEM'],
    ]);
    expect(JSON.stringify(records)).not.toMatch(/sk-(first|second)/);
  });

  it('registers more than 400 models where every variable is set, each with abilities, and none twice', async () => {
    const given = { CLOUDFLARE_ACCOUNT_ID: 'a'.repeat(32), SNOWFLAKE_ACCOUNT: 'org-one' };
    const urls = providerVariables.filter((name) =>
      /_(?:URL|ENDPOINT|HOST|API_BASE|BEDROCK_RUNTIME)$/.test(name),
    );
    const env = Object.fromEntries(providerVariables.map((name) => [name, 'eu-central-1']));
    for (const name of urls) env[name] = 'http://127.0.0.1:9';
    for (const { environment } of Object.values(vendors)) {
      // The addresses that follow from the account.
      if (environment.account !== undefined) for (const name of environment.baseUrl ?? []) delete env[name];
    }
    const ids = await register({ ...env, ...given });
    expect(ids).toHaveLength(providerKinds.length);
    expect(ids.length).toBeGreaterThanOrEqual(35);
    const all = await models(database.connection).find({}).lean();
    expect(all.length).toBeGreaterThan(400);
    expect(new Set(all.map(({ _id }) => _id)).size).toBe(all.length);
    expect(all.filter(({ capabilities }) => capabilities.length === 0)).toEqual([]);
    expect(['cloudflare', 'snowflake'].map((id) => catalog.provider(id)?.baseUrl)).toEqual([
      `https://api.cloudflare.com/client/v4/accounts/${given.CLOUDFLARE_ACCOUNT_ID}/ai/v1`,
      'https://org-one.snowflakecomputing.com/api/v2/cortex/v1',
    ]);
  });

  it.each([
    ['CLOUDFLARE_ACCOUNT_ID', 'not-an-id', 'CLOUDFLARE_API_TOKEN'],
    ['CLOUDFLARE_ACCOUNT_ID', '../../zones', 'CLOUDFLARE_API_TOKEN'],
    ['SNOWFLAKE_ACCOUNT', 'evil.example/', 'SNOWFLAKE_PAT'],
    ['SNOWFLAKE_ACCOUNT', 'evil.example#', 'SNOWFLAKE_PAT'],
    ['SNOWFLAKE_ACCOUNT', 'evil.example:443', 'SNOWFLAKE_PAT'],
    ['DATABRICKS_HOST', 'https://acme.cloud.databricks.com/sql', 'DATABRICKS_TOKEN'],
  ])('refuses %s=%s, which is no account or address of the vendor', async (name, value, key) => {
    const refused = register({ [name]: value, [key]: 'k' });
    await expect(refused).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(refused).rejects.toThrow(/^The base URL of (cloudflare|snowflake|databricks) /);
  });

  it('registers the demo provider with its models, free of charge', async () => {
    expect(await register({})).toEqual(['demo']);
    for (const name of ['echo', 'slow', 'flaky', 'embed']) {
      expect(catalog.model(`demo/${name}`), name).toMatchObject({
        provider: { id: 'demo', kind: 'DEMO', enabled: true },
        price: { inputNanosPerMillion: 0n, outputNanosPerMillion: 0n },
        lifecycle: 'ACTIVE',
      });
    }
    expect(catalog.model('demo/embed')?.capabilities).toEqual(new Set(['EMBEDDINGS']));
  });

  it("registers a vendor whose key is set, with its present models and the catalog's prices", async () => {
    const ids = await register({
      OPENAI_API_KEY: 'sk-openai-0001',
      ANTHROPIC_API_KEY: 'sk-ant-0001',
      GEMINI_API_KEY: 'gem-0001',
    });
    expect(ids).toEqual(['demo', 'anthropic', 'google', 'openai']);
    expect(await openSecret('openai')).toEqual(['sk-openai-0001']);
    expect(catalog.model('openai/gpt-5-mini')).toMatchObject({
      contextTokens: 400_000,
      price: {
        inputNanosPerMillion: 250_000_000n,
        outputNanosPerMillion: 2_000_000_000n,
        cachedInputNanosPerMillion: 25_000_000n,
      },
    });
    expect(catalog.model('openai/text-embedding-3-small')?.capabilities).toEqual(new Set(['EMBEDDINGS']));
    expect(catalog.model('anthropic/claude-sonnet-4-5')?.capabilities).toContain('TOOLS');
    expect(catalog.model('google/gemini-2.5-pro')?.inputModalities).toContain('IMAGE');
    expect(catalog.model('google/claude-opus-5')).toBeUndefined();
    expect(catalog.model('openai/gpt-3.5-turbo')).toBeUndefined();
    expect(catalog.model('openai/whisper-1')).toBeUndefined();
  });

  it('leaves what an admin changed, and follows a new key or address', async () => {
    await register({ OPENAI_API_KEY: 'sk-openai-0001' });
    const { connection } = database;
    await providers(connection).updateOne({ _id: 'openai' }, { $set: { enabled: false, region: 'eu' } });
    await models(connection).updateOne({ _id: 'openai/gpt-5-mini' }, { $set: { lifecycle: 'RETIRED' } });
    await models(connection).deleteOne({ _id: 'openai/gpt-5-nano' });
    await register({ OPENAI_API_KEY: 'sk-openai-0002', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1/' });
    expect(await openSecret('openai')).toEqual(['sk-openai-0002']);
    expect(catalog.provider('openai')).toMatchObject({
      enabled: false,
      region: 'eu',
      baseUrl: 'http://127.0.0.1:9/v1',
    });
    expect(catalog.model('openai/gpt-5-mini')?.lifecycle).toBe('RETIRED');
    expect(catalog.model('openai/gpt-5-nano')).toBeUndefined();
  });

  it('writes nothing when nothing has changed', async () => {
    const env = { OPENAI_API_KEY: 'sk-openai-0001' };
    await register(env);
    const commands = await countCommands(database, () => register(env));
    expect(commands).toEqual(['find', 'find']);
  });

  it('leaves what is sealed under another encryption key than its own, which the start reports', async () => {
    await checkEncryptionKey(database.connection, keyring);
    await register({ MISTRAL_API_KEY: 'mistral-0001' });
    await using other = openTestKeyring(database.connection, randomBytes(32));
    await register({ MISTRAL_API_KEY: 'mistral-0002', OPENAI_API_KEY: 'sk-openai-0001' }, other);
    expect(await openSecret('mistral')).toEqual(['mistral-0001']);
    expect(await providerCredentials(database.connection).find().lean()).toHaveLength(1);
  });

  it('ends alike when several processes do it at once', async () => {
    const env = { OPENAI_API_KEY: 'sk-openai-0001' };
    await Promise.all([register(env), register(env), register(env)]);
    expect(await openSecret('openai')).toEqual(['sk-openai-0001']);
    expect(catalog.model('openai/gpt-5-mini')).toBeDefined();
  });

  it('refuses an address that is no URL and names the provider', async () => {
    await expect(register({ OPENAI_API_KEY: 'x', OPENAI_BASE_URL: 'nonsense' })).rejects.toThrow(
      'The base URL of openai must be an http',
    );
  });
});
