import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, systemCaller } from '#core/caller.ts';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { issuers } from '#mongo/issuers.ts';
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { openTestKeyring, testSecrets } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import { openClientSecret, resealClientSecrets, sealClientSecret } from './client-secret.ts';

const opened = new AsyncDisposableStack();
let mesh: TestTenants;
let one: TokenIssuer;
let other: TokenIssuer;

beforeAll(async () => {
  const http = opened.use(createHttpFetch());
  one = opened.use(await startTokenIssuer());
  other = opened.use(await startTokenIssuer());
  mesh = opened.use(
    await startTenants(() => openTestDatabase(), { outboundFetch: http.fetch, secrets: testSecrets }),
  );
});
afterAll(() => opened.disposeAsync());
beforeEach(() => issuers(mesh.database.connection).deleteMany({}));

const saving = `mutation ($input: IssuerInput!) {
  saveIssuer(input: $input) { id signIn { clientId hasClientSecret name emailDomains } }
}`;
const toInput = (signIn: object | null, more: object) => ({
  ...{ id: 'acme', issuer: one.url, audience: ['heddle'], signIn },
  ...more,
});
const save = async (signIn: object | null, more: object = {}) => {
  type Saved = { saveIssuer: { signIn: object | null } };
  const variables = { input: toInput(signIn, more) };
  return (await askForData<Saved>(mesh.subgraph, mesh.admin, saving, variables)).saveIssuer.signIn;
};
const refusal = async (signIn: object, more: object = {}) => {
  const { errors = [] } = await ask(mesh.subgraph, mesh.admin, saving, { input: toInput(signIn, more) });
  return `${errors[0]?.code}: ${errors[0]?.message}`;
};
const readSecret = async (id = 'acme') => {
  const record = await issuers(mesh.database.connection).findById(id).lean();
  const { clientId = '', clientSecret } = record?.signIn ?? {};
  const client = { _id: id, issuer: record?.issuer ?? '', clientId };
  return clientSecret == null ? clientSecret : openClientSecret(clientSecret, client, testSecrets);
};

describe('the client of an issuer', () => {
  it('is null until one is stated, and none again when it is left out', async () => {
    expect(await save(null)).toBeNull();
    const signIn = {
      clientId: 'c',
      clientSecret: 's',
      name: 'A',
      emailDomains: ['B.example', 'b.example', 'a.b.example'],
    };
    expect(await save(signIn)).toEqual({
      ...{ clientId: 'c', hasClientSecret: true, name: 'A', emailDomains: ['b.example', 'a.b.example'] },
    });
    const { saveIssuer } = await askForData<{ saveIssuer: object }>(mesh.subgraph, mesh.admin, saving, {
      input: { id: 'acme', issuer: one.url, audience: ['heddle'] },
    });
    expect(saveIssuer).toEqual({ id: 'acme', signIn: null });
  });

  it.each<[string, object, object, object, string | null | undefined]>([
    ['stays where it is not stated', { clientSecret: 's' }, {}, {}, 's'],
    ['is the stated one', { clientSecret: 's' }, { clientSecret: 't' }, {}, 't'],
    ['is removed by null', { clientSecret: 's' }, { clientSecret: null }, {}, null],
    ['is none where none was stated', {}, {}, {}, null],
    ['is none for another client after none', {}, { clientId: 'd' }, {}, null],
    ['is stated for another client', { clientSecret: 's' }, { clientId: 'd', clientSecret: 't' }, {}, 't'],
  ])('has a secret that %s', async (_what, before, after, more, secret) => {
    await save({ clientId: 'c', ...before });
    await save({ clientId: 'c', ...after }, more);
    expect(await readSecret()).toBe(secret);
    const stored = JSON.stringify(await issuers(mesh.database.connection).findById('acme').lean());
    expect(stored).not.toMatch(/"clientSecret":"[st]"/);
  });

  it('never has the secret that was stated for another issuer or client', async () => {
    await save({ clientId: 'c', clientSecret: 's' });
    expect(await refusal({ clientId: 'd' })).toMatch(
      /^BAD_USER_INPUT: input.signIn.clientSecret must be stated/,
    );
    expect(await refusal({ clientId: 'c' }, { issuer: other.url })).toMatch(/clientSecret must be stated/);
    expect(await readSecret()).toBe('s');
    const stored =
      (await issuers(mesh.database.connection).findById('acme').lean())?.signIn?.clientSecret ?? '';
    for (const foreign of [
      { _id: 'acme', issuer: other.url, clientId: 'c' },
      { _id: 'acme', issuer: one.url, clientId: 'd' },
      { _id: 'other', issuer: one.url, clientId: 'c' },
    ]) {
      expect(await openClientSecret(stored, foreign, testSecrets)).toBeUndefined();
    }
  });

  it.each<[object, RegExp]>([
    [{ clientId: '' }, /signIn\.clientId must be 1 to 200/],
    [{ clientId: 'c'.repeat(201) }, /signIn\.clientId/],
    [{ clientId: 'c\n' }, /signIn\.clientId/],
    [{ clientId: 'c', clientSecret: '' }, /signIn\.clientSecret must be 1 to 500/],
    [{ clientId: 'c', clientSecret: 's'.repeat(501) }, /signIn\.clientSecret/],
    [{ clientId: 'c', name: ' ' }, /signIn\.name must be 1 to 60/],
    [{ clientId: 'c', name: 'n'.repeat(61) }, /signIn\.name/],
    ...[
      '',
      'example',
      'a@b.example',
      '*.example.com',
      'https://b.example',
      'b.example/',
      '127.0.0.1',
      'a..example',
    ].map((domain): [object, RegExp] => [
      { clientId: 'c', emailDomains: ['ok.example', domain] },
      /signIn\.emailDomains\[1\] must be a domain/,
    ]),
    [
      { clientId: 'c', emailDomains: Array.from({ length: 51 }, (_, n) => `d${n}.example`) },
      /signIn\.emailDomains/,
    ],
  ])('is refused as %j, and shows no secret', async (signIn, why) => {
    const refused = await refusal(signIn);
    expect(refused).toMatch(/^BAD_USER_INPUT: /);
    expect(refused).toMatch(why);
    expect(refused).not.toContain('ssss');
    expect(await issuers(mesh.database.connection).countDocuments()).toBe(0);
  });

  it('is refused where another issuer has one of its domains, and where the issuer has no addresses for sign-in', async () => {
    await save({ clientId: 'c', emailDomains: ['a.example', 'b.example'] });
    const second = { id: 'second', issuer: other.url };
    const domains = { clientId: 'c', emailDomains: ['c.example', 'B.example'] };
    expect(await refusal(domains, second)).toMatch(
      /^CONFLICT: The issuer "acme" has one of the email domains/,
    );
    expect(await save({ clientId: 'c', emailDomains: ['b.example'] })).toMatchObject({
      emailDomains: ['b.example'],
    });
    other.answer = (path) => ({
      ...{
        status: 200,
        body: JSON.stringify({ issuer: other.url, jwks_uri: `${other.url}/jwks`, keys: other.keys, path }),
      },
    });
    expect(await refusal({ clientId: 'c' }, second)).toMatch(
      /^BAD_USER_INPUT: input.signIn cannot be used: .*authorization_endpoint/,
    );
    other.answer = null;
  });
});

describe('what an issuer answers to a sign-in', () => {
  it.each<[number, unknown]>([
    ...[200, 204, 205, 304, 404, 500].map((status): [number, unknown] => [status, ['client_secret_post']]),
    ...[7, 'none', null, {}].map((methods): [number, unknown] => [400, methods]),
  ])('is refused with a code: the status %i, with %j as methods', async (status, methods) => {
    await save({ clientId: 'c', clientSecret: 's' }, { id: 'second', issuer: other.url });
    const document = {
      ...{
        issuer: other.url,
        jwks_uri: `${other.url}/jwks`,
        authorization_endpoint: `${other.url}/authorize`,
      },
      ...{ token_endpoint: `${other.url}/token`, token_endpoint_auth_methods_supported: methods },
    };
    other.answer = (path) =>
      path === '/token' ? { status, body: '' } : { status: 200, body: JSON.stringify(document) };
    mesh.clock.ms = (mesh.clock.ms ?? Date.now()) + 11 * 60_000;
    const redirectUri = 'https://mesh.example/auth/callback';
    type Begun = { _beginSignIn: { url: string; state: string } };
    const { _beginSignIn: begun } = await askForData<Begun>(
      mesh.subgraph,
      systemCaller,
      'mutation ($redirectUri: String!) { _beginSignIn(redirectUri: $redirectUri, returnPath: "/", issuerId: "second") }',
      { redirectUri },
    );
    const { errors = [] } = await ask(
      mesh.subgraph,
      systemCaller,
      `mutation ($query: String!, $state: String!, $redirectUri: String!) {
        _finishSignIn(querySecret: $query, stateSecret: $state, redirectUri: $redirectUri)
      }`,
      {
        query: `code=c&state=${new URL(begun.url).searchParams.get('state')}`,
        ...{ state: begun.state, redirectUri: `${redirectUri}/second` },
      },
    );
    other.answer = null;
    expect(errors[0]?.code).toBe('UNAUTHENTICATED');
  });
});

describe('the end of a session of an issuer', () => {
  const endSession = async (endpoint: unknown) => {
    await save({ clientId: 'c' }, { id: 'second', issuer: other.url });
    const document = {
      ...{
        issuer: other.url,
        jwks_uri: `${other.url}/jwks`,
        authorization_endpoint: `${other.url}/authorize`,
      },
      ...{ token_endpoint: `${other.url}/token`, end_session_endpoint: endpoint },
    };
    other.answer = (path) => ({
      status: 200,
      body: JSON.stringify(path === '/jwks' ? { keys: other.keys } : document),
    });
    // The document that was fetched before is used for ten minutes.
    mesh.clock.ms = (mesh.clock.ms ?? Date.now()) + 11 * 60_000;
    const caller: Caller = {
      ...mesh.admin,
      ...{ kind: 'USER', keyId: null, subject: 'ada', issuerId: 'second', sessionId: 'session-of-ada' },
    };
    const { data, errors } = await ask(mesh.subgraph, caller, 'mutation { _endSession(everywhere: false) }');
    other.answer = null;
    expect(errors ?? []).toEqual([]);
    return data?._endSession;
  };

  it('leads to the address at which the issuer ends its own', async () => {
    expect(await endSession(`${other.url}/out`)).toBe(`${other.url}/out?client_id=c`);
  });

  it.each([
    ...[
      'javascript:alert(1)',
      'data:text/html,<script>alert(1)</script>',
      'http://mesh.example/out',
      '//x',
      '',
    ],
    ...[7, null, ['https://x.example']],
  ])('leads nowhere for the address %j', async (endpoint) => {
    expect(await endSession(endpoint)).toBeNull();
  });
});

it('secrets of clients are sealed with the present key of the mesh, but for those that no key at hand opens', async () => {
  await using database = await openTestDatabase();
  const { connection } = database;
  const key = randomBytes(32);
  await using keyring = openTestKeyring(connection, key);
  const { secrets } = keyring;
  const toClient = (_id: string) => ({ _id, issuer: `https://${_id}.example`, clientId: 'c' });
  const older = createSecretBox(key);
  const lost = createSecretBox(randomBytes(32));
  const seal = async (id: string) => {
    const [secret, { _id, issuer, clientId }] = [`secret of ${id}`, toClient(id)];
    const context = ['issuers', _id, issuer, clientId];
    if (id === 'none') return null;
    if (id === 'new') return sealClientSecret(secret, toClient(id), secrets);
    return (id === 'old' ? older : lost).seal(secret, context);
  };
  for (const id of ['old', 'new', 'lost', 'none']) {
    const { issuer, clientId } = toClient(id);
    const claims = { subject: 'sub', email: 'email', groups: 'groups', scopes: 'scope' };
    const signIn = { clientId, clientSecret: await seal(id), name: id, emailDomains: [] };
    const made = {
      ...{ _id: id, issuer, audience: ['a'], rules: [], claims, signIn },
      createdAt: new Date(),
    };
    await issuers(connection).create(made);
  }
  const before = await issuers(connection).find().lean();
  expect(await resealClientSecrets(connection, secrets)).toEqual({ resealed: 1, unreadable: 1 });
  const after = await issuers(connection).find().lean();
  const opened: Record<string, string | null | undefined> = {};
  for (const { _id, signIn } of after) {
    const sealed = signIn?.clientSecret ?? null;
    opened[_id] = sealed === null ? null : await openClientSecret(sealed, toClient(_id), secrets);
  }
  expect(opened).toEqual({ old: 'secret of old', new: 'secret of new', lost: undefined, none: null });
  const changed = after.filter(({ signIn }, at) => signIn?.clientSecret !== before[at]?.signIn?.clientSecret);
  expect(changed.map(({ _id }) => _id)).toEqual(['old']);
  expect(await resealClientSecrets(connection, secrets)).toEqual({ resealed: 0, unreadable: 1 });
});
