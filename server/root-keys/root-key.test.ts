import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import type { RootKey } from '#core/secrets/root-key.ts';
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { type RootKeyServer, serveKms, serveVault, signV4 } from '#test/support/root-key-servers.ts';
import { createAwsKmsRootKey } from './aws-kms.ts';
import exchanges from './vault-exchanges.json' with { type: 'json' };
import { createVaultRootKey } from './vault-transit.ts';

const arn = (id: string) => `arn:aws:kms:eu-central-1:111122223333:key/${id}`;
const access = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const token = { text: 'hvs.CAESIJexample' };
const names = ['one', 'other'] as const;
const keys = new Map(names.flatMap((name) => [name, arn(name)].map((id) => [id, randomBytes(32)] as const)));
const context = ['tenant_keys', 'acme', '0123456789abcdef'];
const dataKey = randomBytes(32);

let stack: AsyncDisposableStack;
let kms: RootKeyServer;
let vault: RootKeyServer;
let fetch: typeof globalThis.fetch;
/** The waits before further attempts. */
let delays: number[];
const delay = async (ms: number) => void delays.push(ms);

beforeAll(async () => {
  await using opened = new AsyncDisposableStack();
  kms = opened.use(await serveKms(keys, access));
  vault = opened.use(await serveVault(keys, token));
  fetch = opened.use(createHttpFetch()).fetch;
  stack = opened.move();
});
afterAll(() => stack?.disposeAsync());
beforeEach(() => {
  delays = [];
  for (const server of [kms, vault]) {
    server.instead = null;
    server.received.length = 0;
  }
});

const openKms = (name: string, more = {}) =>
  createAwsKmsRootKey({
    keyArn: arn(name),
    accessKeyId: access.id,
    secretAccessKey: access.secret,
    endpoint: `${kms.url}/`,
    fetch,
    delay,
    ...more,
  });
const openVault = (name: string, more = {}) =>
  createVaultRootKey({ address: vault.url, mount: 'transit', key: name, token, fetch, delay, ...more });
const local = { one: createLocalRootKey(randomBytes(32)), other: createLocalRootKey(randomBytes(32)) };

const implementations: Readonly<Record<string, (name: (typeof names)[number]) => RootKey>> = {
  'of this process': (name) => local[name],
  'in AWS KMS': openKms,
  'in Vault': openVault,
};

const failure = (run: Promise<unknown>) =>
  run.then(
    () => null,
    ({ name, reason, message }) => ({ name, reason, message }),
  );

describe.each(Object.entries(implementations))('a root key %s', (_where, open) => {
  it('unwraps what it wrapped, for the same context, and wraps differently each time', async () => {
    const wrapped = await Promise.all([1, 2].map(() => open('one').wrap(dataKey, context)));
    expect(new Set(wrapped).size).toBe(2);
    for (const text of wrapped) {
      expect(Buffer.from(await open('one').unwrap(text, context)).equals(dataKey)).toBe(true);
      expect(text).toMatch(/^[\x21-\x7e]+$/);
      expect(text).not.toContain(dataKey.toString('base64').slice(0, 20));
    }
  });

  it.each<[string, (wrapped: string) => Promise<unknown>]>([
    ['another context', (wrapped) => open('one').unwrap(wrapped, ['tenant_keys', 'other', context[2] ?? ''])],
    ['another key', (wrapped) => open('other').unwrap(wrapped, context)],
    ['an altered text', (wrapped) => open('one').unwrap(`${wrapped.slice(0, -6)}AAAAAA`, context)],
    ['another text', () => open('one').unwrap('sk-secret', context)],
  ])('refuses %s, and does not try again', async (_what, unwrap) => {
    const failed = await failure(unwrap(await open('one').wrap(dataKey, context)));
    expect(failed).toMatchObject({ name: 'RootKeyFailure', reason: 'REFUSED' });
    expect(delays).toEqual([]);
  });

  it('has a name of its own, which is no secret', () => {
    expect(open('one').id).toBe(open('one').id);
    expect(open('one').id).not.toBe(open('other').id);
    expect(open('one').id).not.toMatch(/AKID|hvs|EXAMPLEKEY/);
  });
});

const services: Readonly<
  Record<string, { server: () => RootKeyServer; open: (more?: object) => RootKey; wrong: object }>
> = {
  'AWS KMS': {
    server: () => kms,
    open: (more) => openKms('one', more),
    wrong: { secretAccessKey: 'not-the-secret' },
  },
  Vault: {
    server: () => vault,
    open: (more) => openVault('one', more),
    wrong: { token: { text: 'not-the-token' } },
  },
};

describe.each(Object.entries(services))('the service %s', (name, { server, open, wrong }) => {
  it.each([
    ['a failure inside', { status: 500, body: { __type: 'KMSInternalException', errors: ['x'] } }],
    ['a sealed server, or one that is away', { status: 503, body: '<html>Service Unavailable</html>' }],
    ['too many requests', { status: 429, body: { errors: [] } }],
    ['an answer that is no JSON', { status: 200, body: '<html></html>' }],
    ['an answer of another form', { status: 200, body: { other: 1 } }],
  ])('is UNREACHABLE with %s, after at most three attempts', async (_what, instead) => {
    server().instead = instead;
    const failed = await failure(open().wrap(dataKey, context));
    expect(failed).toMatchObject({ reason: 'UNREACHABLE', message: expect.stringContaining(name) });
    expect(server().received.length).toBeLessThanOrEqual(3);
  });

  it('is called again after a failure that passes', async () => {
    server().instead = { status: 503, body: '' };
    const recovering = async (ms: number) => {
      delays.push(ms);
      server().instead = null;
    };
    const wrapped = await open({ delay: recovering }).wrap(dataKey, context);
    expect(Buffer.from(await open().unwrap(wrapped, context)).equals(dataKey)).toBe(true);
    expect(delays).toHaveLength(1);
  });

  it('is UNREACHABLE where nothing listens, where it does not answer, and where it answers too much', async () => {
    const nowhere = { endpoint: 'http://127.0.0.1:9/', address: 'http://127.0.0.1:9' };
    expect(await failure(open(nowhere).wrap(dataKey, context))).toMatchObject({
      reason: 'UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const aborted: typeof globalThis.fetch = async (_url, init) => {
      expect(init?.signal).toBeInstanceOf(AbortSignal);
      throw new DOMException('late', 'TimeoutError');
    };
    expect(await failure(open({ fetch: aborted }).wrap(dataKey, context))).toMatchObject({
      reason: 'UNREACHABLE',
      message: expect.stringContaining('no answer in time'),
    });
  });

  it('refuses a wrong credential with its code, and no message repeats a secret', async () => {
    const failed = await failure(open(wrong).wrap(dataKey, context));
    expect(failed?.reason).toBe('REFUSED');
    expect(failed?.message).toMatch(/: (InvalidSignatureException|status 403)\.$/);
    expect(JSON.stringify(failed)).not.toMatch(/EXAMPLEKEY|hvs|not-the|sk-/);
  });
});

describe('a request to AWS KMS', () => {
  it('has the signature that AWS documents for its own examples', () => {
    // The suite of AWS for signature version 4: get-vanilla and post-vanilla.
    const headers = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' };
    const scope = { secret: access.secret, region: 'us-east-1', service: 'service' };
    expect(signV4({ method: 'GET', path: '/', headers, body: '' }, scope)).toBe(
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    );
    expect(signV4({ method: 'POST', path: '/', headers, body: '' }, scope)).toBe(
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    );
  });

  it('names the key, the data key as base64, and its owner as the encryption context', async () => {
    await openKms('one', { sessionToken: 'session' }).wrap(dataKey, context);
    const [request] = kms.received;
    expect(request).toMatchObject({ method: 'POST', path: '/' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.Encrypt',
      'x-amz-security-token': 'session',
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      KeyId: arn('one'),
      Plaintext: dataKey.toString('base64'),
      EncryptionContext: { 'heddle-0': 'tenant_keys', 'heddle-1': 'acme', 'heddle-2': context[2] },
    });
  });

  it.each([
    [arn('one'), 'https://kms.eu-central-1.amazonaws.com/'],
    ['arn:aws-cn:kms:cn-north-1:111122223333:key/a', 'https://kms.cn-north-1.amazonaws.com.cn/'],
    ['arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a/b', 'https://kms.us-gov-west-1.amazonaws.com/'],
  ])('of %s goes to %s', async (keyArn, expected) => {
    const sent: string[] = [];
    const record: typeof globalThis.fetch = async (url) => {
      sent.push(String(url));
      return Response.json({ CiphertextBlob: 'blob' });
    };
    const root = openKms('one', { keyArn, endpoint: undefined, fetch: record });
    expect(await root.wrap(dataKey, context)).toBe('blob');
    expect(sent).toEqual([expected]);
  });

  it.each(['DisabledException', 'KMSInvalidStateException', 'AccessDeniedException', 'NotFoundException'])(
    'that ends with %s is REFUSED',
    async (code) => {
      kms.instead = { status: 400, body: { __type: code, message: access.secret } };
      expect(await failure(openKms('one').wrap(dataKey, context))).toEqual({
        name: 'RootKeyFailure',
        reason: 'REFUSED',
        message: `AWS KMS refused the root key: ${code}.`,
      });
    },
  );

  it.each(['ThrottlingException', 'DependencyTimeoutException', 'KeyUnavailableException'])(
    'that ends with %s is tried again',
    async (code) => {
      kms.instead = { status: 400, body: { __type: code } };
      expect(await failure(openKms('one').wrap(dataKey, context))).toMatchObject({ reason: 'UNREACHABLE' });
      expect(delays).toHaveLength(2);
    },
  );
});

describe('a request to Vault', () => {
  it('has the token, the namespace, the data key and its owner as base64', async () => {
    await openVault('one', { namespace: 'team/a', address: `${vault.url}/` }).wrap(dataKey, context);
    const [request] = vault.received;
    expect(request).toMatchObject({ method: 'POST', path: '/v1/transit/encrypt/one' });
    expect(request?.headers).toMatchObject({ 'x-vault-token': token.text, 'x-vault-namespace': 'team/a' });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      plaintext: dataKey.toString('base64'),
      associated_data: Buffer.from(JSON.stringify(context)).toString('base64'),
    });
  });

  it('is what the transit engine of Vault 1.21.4 took, and its answers are understood', async () => {
    const taken: unknown[] = [];
    const replay: typeof globalThis.fetch = async (url, init) => {
      const request = { path: new URL(String(url)).pathname, body: JSON.parse(String(init?.body)) };
      taken.push(request);
      const found = exchanges.find(({ path, body }) => isDeepStrictEqual({ path, body }, request));
      return new Response(found?.answer ?? '', { status: found?.status ?? 404 });
    };
    const key = Buffer.from(Array.from({ length: 32 }, (_, at) => at));
    const open = (name: string) => openVault(name, { fetch: replay });
    const wrapped = await open('one').wrap(key, context);
    expect(Buffer.from(await open('one').unwrap(wrapped, context)).equals(key)).toBe(true);
    for (const refused of [
      open('one').unwrap(wrapped, ['tenant_keys', 'other', context[2] ?? '']),
      open('one').unwrap('sk-secret', context),
      open('missing').unwrap(wrapped, context),
    ]) {
      expect(await failure(refused)).toMatchObject({
        reason: 'REFUSED',
        message: expect.stringContaining('status 400'),
      });
    }
    expect(taken).toEqual(exchanges.map(({ path, body }) => ({ path, body })));
  });

  it('reads a token file for each call, and is UNREACHABLE while there is none or it is being written', async () => {
    await using dir = await temporaryDirectory();
    const file = join(dir.path, 'token');
    const root = openVault('one', { token: { file } });
    expect(await failure(root.wrap(dataKey, context))).toMatchObject({ reason: 'UNREACHABLE' });
    await writeFile(file, '\n');
    expect(await failure(root.wrap(dataKey, context))).toMatchObject({ reason: 'UNREACHABLE' });
    await writeFile(file, 'expired\n');
    expect(await failure(root.wrap(dataKey, context))).toMatchObject({ reason: 'REFUSED' });
    await writeFile(file, `${token.text}\n`);
    expect(await root.wrap(dataKey, context)).toMatch(/^vault:v1:/);
  });
});
