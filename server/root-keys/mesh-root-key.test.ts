import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { newAdminKey, startHeddle, temporaryDirectory } from '#test/support/mesh.ts';
import { type RootKeyServer, serveKms, serveVault } from '#test/support/root-key-servers.ts';
import { readEnvironment } from '../config.ts';
import { openServiceRootKeys } from './open-root-keys.ts';

const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/one';
const access = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const token = { text: 'hvs.CAESIJexample' };
const adminKey = newAdminKey();

let stack: AsyncDisposableStack;
let kms: RootKeyServer;
let vault: RootKeyServer;
let dir: string;
let inVault: Readonly<Record<string, string>>;
let inKms: Readonly<Record<string, string>>;

beforeAll(async () => {
  await using opened = new AsyncDisposableStack();
  const key = randomBytes(32);
  kms = opened.use(await serveKms(new Map([[keyArn, key]]), access));
  vault = opened.use(await serveVault(new Map([['heddle', key]]), token));
  dir = opened.use(await temporaryDirectory()).path;
  const tokenFile = join(dir, 'vault-token');
  await writeFile(tokenFile, `${token.text}\n`);
  inVault = { HEDDLE_ROOT_KEY: 'vault:transit/heddle', VAULT_ADDR: vault.url, VAULT_TOKEN_FILE: tokenFile };
  inKms = {
    HEDDLE_ROOT_KEY: `aws-kms:${keyArn}`,
    AWS_ACCESS_KEY_ID: access.id,
    AWS_SECRET_ACCESS_KEY: access.secret,
    AWS_ENDPOINT_URL_KMS: kms.url,
  };
  stack = opened.move();
});
afterAll(() => stack?.disposeAsync());

const start = (args: readonly string[], more: Readonly<Record<string, string>>) =>
  startHeddle(args, {
    ...{ PORT: '0', HEDDLE_DATA_DIR: join(dir, 'data'), HEDDLE_ADMIN_KEY: adminKey, HEDDLE_DRAIN_MS: '0' },
    ...more,
  });

async function serve(more: Readonly<Record<string, string>>) {
  const heddle = start([], more);
  const [, url = ''] = await heddle.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
  return { heddle, client: createTestClient(url, adminKey) };
}

const complete = `mutation { complete(input: { model: "demo/echo", messages: [{ role: USER, content: "hello" }] }) { id text } }`;
const read = 'query ($id: ID!) { completion(id: $id) { text } }';

it('keeps a mesh without a key of its own: in Vault, then in AWS KMS after keys rotate, and what is stored still opens', async () => {
  const first = await serve(inVault);
  const { complete: made } = await first.client.data<{ complete: { id: string; text: string } }>(complete);
  const wrapped = vault.received.length;
  vault.instead = { status: 503, body: '' };
  await first.client.data(complete);
  expect(vault.received).toHaveLength(wrapped);
  vault.instead = null;
  expect(await first.heddle.end()).toBe(0);
  expect(existsSync(join(dir, 'data', 'encryption.key'))).toBe(false);

  const both = { ...inVault, ...inKms, HEDDLE_ROOT_KEY_PREVIOUS: 'vault:transit/heddle' };
  const second = await serve(both);
  expect(second.heddle.output()).toContain('"key":"PREVIOUS"');
  const rotating = start(['keys', 'rotate'], both);
  await rotating.line(/^never printed$/).catch(() => undefined);
  expect(await rotating.end(), rotating.output()).toBe(0);
  expect(rotating.output()).toContain('Wrapped the data keys of 2 owners with the key aws-kms:arn');
  expect(await second.heddle.end()).toBe(0);

  const third = await serve(inKms);
  const id = { id: made.id };
  expect((await third.client.data<{ completion: { text: string } }>(read, id)).completion.text).toBe(
    made.text,
  );
  expect(third.heddle.output()).not.toContain('encryption_key');
  expect(await third.heddle.end()).toBe(0);
  for (const { heddle } of [first, second, third]) {
    expect(heddle.output()).not.toMatch(/EXAMPLEKEY|hvs\.|AKIDEXAMPLE/);
  }
}, 90_000);

it.each<[string, () => Readonly<Record<string, string>>, RegExp]>([
  [
    'cannot be reached',
    () => ({ ...inVault, VAULT_ADDR: 'http://127.0.0.1:9' }),
    /^heddle: the data key of the mesh cannot be unwrapped: Vault cannot be reached: ECONNREFUSED\.$/m,
  ],
  [
    'refuses',
    () => ({ ...inKms, AWS_SECRET_ACCESS_KEY: 'wrong' }),
    /^heddle: the data key .* AWS KMS refused the root key: InvalidSignatureException\.$/m,
  ],
])(
  'refuses a start while the service %s, with one line that names no secret',
  async (_why, variables, message) => {
    const otherDir = join(dir, 'other');
    await using heddle = start([], { ...variables(), HEDDLE_DATA_DIR: otherDir });
    await heddle.line(/^never printed$/).catch(() => undefined);
    expect(await heddle.end()).toBe(1);
    expect(heddle.output()).toMatch(message);
    expect(heddle.output()).not.toMatch(/EXAMPLEKEY|hvs\.|AKIDEXAMPLE/);
  },
);

it.each([
  'vault:heddle',
  'vault:/heddle',
  'vault:transit/',
  'vault:transit/a b',
  'aws-kms:key/one',
  'aws-kms:arn:aws:s3:::bucket',
  'local',
])('refuses %s as a root key', (HEDDLE_ROOT_KEY) => {
  expect(() => readEnvironment({ HEDDLE_ROOT_KEY })).toThrow(
    `HEDDLE_ROOT_KEY=${HEDDLE_ROOT_KEY}: must be aws-kms:`,
  );
});

it.each([
  [{ HEDDLE_ROOT_KEY: 'vault:a/b', VAULT_ADDR: 'http://127.0.0.1:9' }, 'VAULT_TOKEN is not set'],
  [{ HEDDLE_ROOT_KEY_PREVIOUS: 'vault:a/b/c', VAULT_TOKEN: 'x' }, 'VAULT_ADDR is not set'],
  [{ HEDDLE_ROOT_KEY: `aws-kms:${keyArn}`, AWS_ACCESS_KEY_ID: 'x' }, 'AWS_SECRET_ACCESS_KEY is not set'],
])('names the variable that is missing: %o', async (variables, message) => {
  await expect(openServiceRootKeys(readEnvironment(variables))).rejects.toThrow(message);
});

it.each(['KMS', 'Vault'])(
  'unwraps the keys of as many tenants at once as call first after a start: %s',
  async (service) => {
    const environment = readEnvironment(service === 'KMS' ? inKms : inVault);
    await using services = await openServiceRootKeys(environment);
    const root = services.current;
    if (root === undefined) throw new Error('There is no root key.');
    const dataKey = randomBytes(32);
    const contexts = Array.from({ length: 300 }, (_, at) => ['tenant_keys', `tenant-${at}`, 'a']);
    const wrapped = await Promise.all(contexts.map((context) => root.wrap(dataKey, context)));
    const opened = await Promise.all(contexts.map((context, at) => root.unwrap(wrapped[at] ?? '', context)));
    expect(opened.every((key) => dataKey.equals(key))).toBe(true);
  },
);
