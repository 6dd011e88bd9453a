import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@heddle/embedded-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vendors } from '#providers/registry/vendors.generated.ts';
import { readEnvironment, variables } from '#server/config.ts';
import { loggedError } from '#server/log.ts';
import { registerEnvironmentProviders } from '#subgraphs/models/providers/register-provider.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient } from '#test/support/client.ts';
import { newAdminKey, runHeddle, temporaryDirectory } from '#test/support/mesh.ts';
import { createMeshKeyPair } from '#transport/mesh-keys.ts';
import { hasRedis, startRedis } from '../support/processes/redis.ts';
import { registerUpstream } from './support/ledger.ts';
import { type Restartable, startRestartable } from './support/restartable.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

const token = (name: string) => `${name}-${randomBytes(16).toString('hex')}`;
/** Everything that nobody may read anywhere. */
const secrets = {
  adminKey: newAdminKey(),
  encryptionKey: randomBytes(32).toString('hex'),
  meshSecret: token('mesh-secret'),
  meshKey: createMeshKeyPair().privateKey,
  environmentKey: token('sk-environment'),
  providerKey: 'upstream-secret-key',
  addedKey: token('sk-added'),
  replacedKey: token('sk-replaced'),
  addressPassword: token('pw-in-address'),
  unknownKey: `hd_nobody_${randomBytes(24).toString('hex')}`,
};
const complete =
  'mutation ($input: CompletionInput!) { complete(input: $input) { text attempts { error } } }';
const leaky = ['leaky200', 'leaky400', 'leaky401', 'leaky403', 'leaky429', 'leaky500'];

const stack = new AsyncDisposableStack();
let dir: string;
let mesh: Restartable;
let upstream: Upstream;
/** API keys that were shown once, when they were made. */
const apiKeys: string[] = [];
const answers: string[] = [];

async function ask(key: string, query: string, variables: Record<string, unknown> = {}): Promise<string> {
  const text = JSON.stringify(await createTestClient(mesh.url, key).send(query, variables));
  answers.push(text);
  return text;
}

beforeAll(async () => {
  dir = stack.use(await temporaryDirectory()).path;
  upstream = stack.use(await startUpstream());
  mesh = stack.use(
    await startRestartable(dir, {
      LOG_LEVEL: 'trace',
      HEDDLE_ADMIN_KEY: secrets.adminKey,
      HEDDLE_ENCRYPTION_KEY: secrets.encryptionKey,
      HEDDLE_MESH_SECRET: secrets.meshSecret,
      HEDDLE_MESH_KEY: secrets.meshKey,
      OPENAI_API_KEY: secrets.environmentKey,
    }),
  );
  await registerUpstream(mesh, upstream.url, ['m0', ...leaky]);
  const { client } = await newTenant(() => mesh, {
    scopes: ['inference:invoke', 'tenants:write', 'audit:read'],
  });
  apiKeys.push(client.key);
  const admin = secrets.adminKey;
  await ask(
    admin,
    `mutation { addProviderCredential(providerId: "up", label: "b", secret: "${secrets.addedKey}") { id hint } }`,
  );
  await ask(
    admin,
    `mutation { createProvider(input: { id: "third", kind: OPENAI_COMPATIBLE, baseUrl: "${upstream.url}", apiKey: "${secrets.replacedKey}" }) { id credentials { hint } } }`,
  );
  // What fails says its secret too, in literals as in variables.
  await ask(
    admin,
    `mutation { createProvider(input: { id: "third", kind: OPENAI_COMPATIBLE, apiKey: "${secrets.replacedKey}" }) { id } }`,
  );
  await ask(
    admin,
    `mutation { addProviderCredential(providerId: "nobody", label: "b", secret: "${secrets.addedKey}") { id } }`,
  );
  await ask(
    admin,
    `mutation { addProviderCredential(providerId: "up", label: "b", secret: "${secrets.addedKey}") { nothing } }`,
  );
  await ask(
    admin,
    'mutation ($secret: Int!) { addProviderCredential(providerId: "up", label: "b", secret: $secret) { id } }',
    { secret: secrets.addedKey },
  );
  // A password in an address, well formed or not, in literals as in variables.
  const password = secrets.addressPassword;
  for (const address of [
    `http://user:${password}@127.0.0.1/v1`,
    `user:${password}@host`,
    `http//u:${password}@h`,
  ]) {
    const create =
      'mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id baseUrl problem } }';
    await ask(admin, create, { input: { id: 'addressed', kind: 'OPENAI_COMPATIBLE', baseUrl: address } });
    await ask(
      admin,
      `mutation { updateProvider(id: "up", input: { baseUrl: "${address}" }) { id baseUrl } }`,
    );
    const parts = [{ imageUrl: address }];
    await ask(client.key, complete, { input: { model: 'up/m0', messages: [{ role: 'USER', parts }] } });
  }
  for (const model of ['m0', ...leaky]) {
    for (let n = 0; n < 3; n++) {
      await ask(client.key, complete, {
        input: { model: `up/${model}`, messages: [{ role: 'USER', content: 'x' }] },
      });
    }
    const stream =
      'subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename ... on CompletionFailed { code message } } }';
    const response = await fetch(`${mesh.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-api-key': client.key },
      body: JSON.stringify({
        query: stream,
        variables: { input: { model: `up/${model}`, messages: [{ role: 'USER', content: 'x' }] } },
      }),
    });
    answers.push(await response.text());
  }
  await ask(secrets.unknownKey, '{ me { kind } }');
  await ask(admin, '{ me { kind keyId app { keys { id hint label } } } }');
  await ask(admin, '{ providers { id baseUrl credentials { id label hint } health { circuit } } }');
  await ask(admin, '{ auditLog(first: 200) { edges { node { action arguments before after errorCode } } } }');
  await ask(admin, '{ invocations(first: 200) { edges { node { id errorCode } } } }');
}, 120_000);
afterAll(() => stack.disposeAsync());

/** Names of the secrets that the text holds, as they are or in base64 or hex. */
function told(text: string): string[] {
  return [...Object.entries(secrets), ...apiKeys.map((key, n): [string, string] => [`API key ${n}`, key])]
    .filter(([, secret]) =>
      [secret, Buffer.from(secret).toString('base64').slice(0, -4), Buffer.from(secret).toString('hex')].some(
        (form) => text.includes(form),
      ),
    )
    .map(([name]) => name);
}

describe('what is secret', () => {
  it('was used: the provider got each of the keys', () => {
    expect(upstream.authorizations).toContain(`Bearer ${secrets.providerKey}`);
    expect(upstream.authorizations).toContain(`Bearer ${secrets.addedKey}`);
  });

  it('stands in no answer, not in the audit log, and in no provider’s error that is handed on', () => {
    expect(answers.length).toBeGreaterThan(30);
    for (const answer of answers) expect(told(answer), answer).toEqual([]);
  });

  it('stands in no line of the log, at its most talkative', () => {
    const output = mesh.output();
    expect(output.length).toBeGreaterThan(200);
    for (const line of output.split('\n')) expect(told(line), line).toEqual([]);
  });

  it('stands in no file of the data directory, while it runs and after it has ended', async () => {
    const files = async () => {
      const found: string[] = [];
      for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        found.push(path);
        expect(told(await readFile(path, 'latin1')), path).toEqual([]);
      }
      return found;
    };
    expect((await files()).length).toBeGreaterThan(0);
    expect(await mesh.process.end('SIGTERM')).toBe(0);
    await files();
  });
});

/** What a start that fails prints, at its most talkative. */
async function failure(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, output } = await runHeddle(args, { PORT: '0', LOG_LEVEL: 'trace', ...environment });
  expect(code, output).toBe(1);
  return output;
}

const buildPem = (text: string) => `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`;
const someTls = { HEDDLE_TLS_CERT: import.meta.filename, HEDDLE_TLS_CA: import.meta.filename };

describe.concurrent('a start that fails', () => {
  const password = token('pw');
  it.each<[string, Record<string, string>, string[]?]>([
    ['a Redis that is not there', { REDIS_URL: `redis://user:${password}@127.0.0.1:1` }],
    ['a Redis URL that is none', { REDIS_URL: `http://user:${password}@127.0.0.1:1` }],
    ['a MongoDB URL that is none', { MONGO_URL: `mongo://user:${password}@127.0.0.1:1` }],
    ['a MongoDB URL with a wrong option', { MONGO_URL: `mongodb://user:${password}@127.0.0.1:1/?nothing=1` }],
    [
      'a MongoDB that is not there',
      { MONGO_URL: `mongodb://user:${password}@127.0.0.1:1/?serverSelectionTimeoutMS=300` },
    ],
    ['an admin key that is too short', { HEDDLE_ADMIN_KEY: password }],
    ['an encryption key of another length', { HEDDLE_ENCRYPTION_KEY: password }],
    ['a mesh key that is none', { HEDDLE_MESH_KEY: password }],
    ['a password of the store that is too short', { HEDDLE_STORE_PASSWORD: password.slice(0, 15) }],
    ['a mesh secret that is too short', { HEDDLE_MESH_SECRET: password.slice(0, 20) }],
    ['a MongoDB URL without a host', { MONGO_URL: `mongodb://user:${password}@` }],
    ['a MongoDB URL with a port of letters', { MONGO_URL: `mongodb://user:${password}@host:port` }],
    ['a MongoDB service without a domain', { MONGO_URL: `mongodb+srv://user:${password}@host` }],
    ['an admin key in place of its file', { HEDDLE_ADMIN_KEY_FILE: password }],
    ['a key in place of its certificate file', { ...someTls, HEDDLE_TLS_KEY: buildPem(password) }],
    ['a private key for the public ones', { HEDDLE_MESH_PUBLIC_KEYS: buildPem(password) }],
    ['a Redis with the address of another variable', { HOST: `redis://user:${password}@127.0.0.1` }],
    ['a level that is an address', { LOG_LEVEL: `user:${password}@host` }],
    ['a wrong command', {}, ['restore', `mongodb://user:${password}@host/file`]],
  ])('reports no secret: %s', async (_what, environment, args: string[] = []) => {
    await using empty = await temporaryDirectory();
    const said = await failure(args, { HEDDLE_DATA_DIR: empty.path, ...environment });
    expect(said).toMatch(/^heddle: /m);
    expect(said).not.toContain(password.slice(0, 20));
  });

  it('logs no password of a store and of a Redis that refuse it', async () => {
    await using empty = await temporaryDirectory();
    await using store = await openStore({
      dir: join(empty.path, 'store'),
      listen: { port: 0 },
      credentials: { user: 'heddle', password: token('other') },
    });
    const url = store.uri.replace('//', `//heddle:${password}@`);
    const said = await failure([], { HEDDLE_DATA_DIR: join(empty.path, 'data'), MONGO_URL: url });
    expect(said).toMatch(/^heddle: the database that MONGO_URL names cannot be used: .*[Aa]uth/m);
    expect(said).not.toContain(password);
    if (!hasRedis()) return;
    await using redis = await startRedis({ args: ['--requirepass', token('other')] });
    for (const user of ['', 'user']) {
      const REDIS_URL = redis.url.replace('//', `//${user}:${password}@`);
      const refused = await failure([], { HEDDLE_DATA_DIR: join(empty.path, 'data'), REDIS_URL });
      expect(refused).toMatch(/^heddle: Redis at 127.0.0.1:\d+ cannot be used: /m);
      expect(refused).not.toContain(password);
    }
  });
});

describe('an address with a user and a password', () => {
  const password = token('pw');
  const addresses = [
    ...Object.keys(variables).filter((name) => /_URL$/.test(name)),
    ...Object.values(vendors).flatMap(({ environment }) => environment.baseUrl ?? []),
  ];
  const forms: Readonly<Record<string, string>> = {
    malformed: `http//user:${password}@host`,
    'without a scheme': `user:${password}@host:1/graphql`,
    'with another scheme': `gopher://user:${password}@127.0.0.1:1`,
    'with a space': `http://user:${password}@host name/`,
    'with a port of letters': `http://user:${password}@host:port`,
    'with a password that ends it early': `redis://user:12/${password}@host`,
    'of the second of several': `http://127.0.0.1:1, http://user:${password}@127.0.0.1:2`,
  };

  it('can stand in every variable that this table knows', () => {
    expect(addresses).toEqual(
      expect.arrayContaining(['MONGO_URL', 'REDIS_URL', 'HEDDLE_INFERENCE_URL', 'OPENAI_BASE_URL']),
    );
  });

  it.each(addresses.flatMap((name) => Object.keys(forms).map((form): [string, string] => [name, form])))(
    'is refused in %s without being repeated: %s',
    async (name, form) => {
      const env = { OPENAI_COMPATIBLE_API_KEY: 'k', [name]: forms[form] ?? '' };
      const error = await catchRefusal(env);
      for (const text of [String(error), (error as Error).stack ?? '', JSON.stringify(loggedError(error))]) {
        expect(text).not.toContain(password);
        // Nor the beginning of it, which a parser takes for a port.
        expect(text).not.toContain('user:12');
      }
    },
  );
});

/** The error of a start with these variables, before main.ts hides what it knows to be secret. */
async function catchRefusal(env: Readonly<Record<string, string>>): Promise<unknown> {
  try {
    readEnvironment(env);
    // Addresses are checked before the first command.
    await registerEnvironmentProviders(null as never, withKeys(env), null as never);
  } catch (error) {
    return error;
  }
  throw new Error('nothing was refused');
}

/** A key for every provider, so that its address is looked at. */
function withKeys(env: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.values(vendors).flatMap(({ environment }) => environment.secret?.flat() ?? []);
  return { ...Object.fromEntries(names.map((name) => [name, 'key'])), ...env };
}
