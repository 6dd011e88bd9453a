import { createHash, createHmac } from 'node:crypto';
import { exportSPKI, importJWK } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, type RefusedToken, systemCaller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { issuers } from '#mongo/issuers.ts';
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { newIssuerKey, startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import type { IssuerInput } from '../generated.ts';
import { createTenantsSubgraph } from '../subgraph.ts';

let opened: AsyncDisposableStack;
let mesh: TestTenants;
let issuer: TokenIssuer;
let tenant: TestTenant;
let nowMs = 1_800_000_000_000;

beforeAll(async () => {
  opened = new AsyncDisposableStack();
  const http = opened.use(createHttpFetch());
  issuer = opened.use(await startTokenIssuer(() => nowMs));
  mesh = opened.use(
    await startTenants(() => openTestDatabase(), { outboundFetch: http.fetch, now: () => nowMs }),
  );
  tenant = await mesh.addTenant('acme');
});
afterAll(() => opened?.disposeAsync());

const rule = (claim: string, value: string, role = 'DEVELOPER') => ({
  ...{ claim, value, role },
  tenantId: tenant.tenantId,
});

async function save(input: Partial<IssuerInput> = {}): Promise<void> {
  const whole = {
    id: 'main',
    issuer: issuer.url,
    audience: ['heddle'],
    rules: [rule('sub', 'ada')],
    ...input,
  };
  await askForData(
    mesh.subgraph,
    mesh.admin,
    'mutation ($input: IssuerInput!) { saveIssuer(input: $input) { id } }',
    { input: whole },
  );
}

async function find(token: string, subgraph = mesh.subgraph): Promise<Caller | RefusedToken> {
  const query = 'query ($hash: String!, $token: String) { _caller(keyHash: $hash, token: $token) }';
  const hash = createHash('sha256').update(token).digest('hex');
  const { _caller } = await askForData<{ _caller: Caller | RefusedToken }>(subgraph, systemCaller, query, {
    hash,
    token,
  });
  return _caller;
}

async function problem(token: string): Promise<string> {
  const found = await find(token);
  return 'refused' in found ? found.refused : found.kind;
}

const seconds = () => Math.floor(nowMs / 1_000);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

beforeEach(async () => {
  // Each test begins with no fetch in the last ten minutes.
  nowMs += 60 * 60_000;
  issuer.answer = null;
  issuer.keys = [issuer.key.jwk];
  await issuers(mesh.database.connection).deleteMany({});
  await save();
  issuer.fetched.length = 0;
});

describe('a token of an issuer that is saved', () => {
  it('is the caller that its rule states, with the scopes of the role and the default limits of a key', async () => {
    const exp = seconds() + 300;
    const caller = await find(await issuer.sign({ email: 'ada@example.com', exp }));
    expect(caller).toMatchObject({
      kind: 'USER',
      tenantId: tenant.tenantId,
      appId: null,
      keyId: null,
      subject: 'ada',
      issuerId: 'main',
      email: 'ada@example.com',
      role: 'DEVELOPER',
      scopes: builtInRoles.DEVELOPER,
      expiresAtMs: exp * 1_000,
    });
    const { keyLineId, limits } = caller as Caller;
    expect(limits.filter(({ subject }) => subject === `key:${keyLineId}`)).toHaveLength(4);
    const again = (await find(await issuer.sign())) as Caller;
    const other = (await find(await issuer.sign({ sub: 'ada' }))) as Caller;
    expect([again.keyLineId, other.keyLineId]).toEqual([keyLineId, keyLineId]);
  });

  it.each([
    ['RS256'],
    ['RS384'],
    ['RS512'],
    ['PS256'],
    ['PS384'],
    ['PS512'],
    ['ES256'],
    ['ES384'],
    ['ES512'],
    ['EdDSA'],
    ['Ed25519'],
  ])('is accepted with a signature of %s', async (alg) => {
    const key = await newIssuerKey('k2', alg);
    issuer.keys = [issuer.key.jwk, key.jwk];
    expect(await problem(await issuer.sign({}, { key }))).toBe('USER');
  });

  it('is accepted for one of several audiences, of type at+jwt, and without a key id where one key fits', async () => {
    expect(await problem(await issuer.sign({ aud: ['other', 'heddle'] }))).toBe('USER');
    expect(await problem(await issuer.sign({}, { header: { typ: 'at+jwt' } }))).toBe('USER');
    expect(await problem(await issuer.sign({}, { header: { typ: 'application/AT+JWT' } }))).toBe('USER');
    expect(await problem(await issuer.sign({}, { header: { kid: undefined } }))).toBe('USER');
    const second = await newIssuerKey('k2');
    issuer.keys = [second.jwk, issuer.key.jwk];
    nowMs += 11 * 60_000;
    expect(await problem(await issuer.sign({}, { header: { kid: undefined } }))).toBe('USER');
  });
});

describe('a hostile token', () => {
  const hour = 3_600;
  it.each<[what: string, refused: string, token: () => Promise<string> | string]>([
    [
      'of the algorithm none with a signature',
      'SIGNATURE',
      () => `${encode({ alg: 'none' })}.${encode({ iss: issuer.url })}.AAAA`,
    ],
    [
      'of the algorithm NONE',
      'SIGNATURE',
      () => `${encode({ alg: 'NONE' })}.${encode({ iss: issuer.url })}.AAAA`,
    ],
    [
      'without an algorithm',
      'SIGNATURE',
      () => `${encode({ kid: 'k1' })}.${encode({ iss: issuer.url })}.AAAA`,
    ],
    ['signed with the public key as a shared secret', 'SIGNATURE', () => confuse()],
    ['with a changed payload', 'SIGNATURE', async () => change(await issuer.sign())],
    [
      'with the signature of another token',
      'SIGNATURE',
      async () => graft(await issuer.sign(), await issuer.sign({ sub: 'eve' })),
    ],
    [
      'of a key that the issuer does not publish',
      'SIGNATURE',
      async () => issuer.sign({}, { key: await newIssuerKey('k1') }),
    ],
    [
      'of another kind of key with the same name',
      'SIGNATURE',
      async () => issuer.sign({}, { key: await newIssuerKey('k1', 'RS256') }),
    ],
    ['that names its own keys (jku, x5u, jwk)', 'SIGNATURE', () => named()],
    [
      'with critical headers',
      'MALFORMED',
      async () => head(await issuer.sign(), { crit: ['b64'], b64: false }),
    ],
    ['with a header twice', 'MALFORMED', () => signText('{"alg":"none","kid":"k1","alg":"ES256"}')],
    [
      'with a claim twice',
      'MALFORMED',
      () => signText(undefined, (claims) => `{"sub":"eve",${claims.slice(1)}`),
    ],
    [
      'with a claim twice, once escaped',
      'MALFORMED',
      () => signText(undefined, (claims) => `{"s\\u0075b":"eve",${claims.slice(1)}`),
    ],
    [
      'with a name twice within a claim',
      'MALFORMED',
      () => signText(undefined, (claims) => `${claims.slice(0, -1)},"x":{"role":1,"role":2}}`),
    ],
    ['with another token in it', 'MALFORMED', async () => issuer.sign({}, { header: { cty: 'JWT' } })],
    ['of the type of a logout', 'CLAIMS', async () => issuer.sign({}, { header: { typ: 'logout+jwt' } })],
    ['of the type of a proof', 'CLAIMS', async () => issuer.sign({}, { header: { typ: 'dpop+jwt' } })],
    ['whose type is no text', 'CLAIMS', async () => issuer.sign({}, { header: { typ: 7 } })],
    ['that reports events', 'CLAIMS', () => issuer.sign({ events: {} })],
    ['that is bound to a key', 'CLAIMS', () => issuer.sign({ cnf: { jkt: 'x' } })],
    ['of an issuer with a slash behind', 'ISSUER', () => issuer.sign({ iss: `${issuer.url}/` })],
    ['of an issuer in capitals', 'ISSUER', () => issuer.sign({ iss: issuer.url.toUpperCase() })],
    ['of an issuer that looks alike', 'ISSUER', () => issuer.sign({ iss: issuer.url.replace('p', 'р') })],
    ['of an issuer with a space behind', 'ISSUER', () => issuer.sign({ iss: `${issuer.url} ` })],
    ['of an issuer that is a list', 'ISSUER', () => issuer.sign({ iss: [issuer.url] as never })],
    ['of an issuer that is an object', 'ISSUER', () => issuer.sign({ iss: { $ne: null } as never })],
    ['without an issuer', 'ISSUER', () => issuer.sign({ iss: undefined })],
    ['of a subject that looks alike', 'ROLE', () => issuer.sign({ sub: '\u0430da' })],
    ['of a subject in another form of Unicode', 'ROLE', () => issuer.sign({ sub: '\uff41da' })],
    ['of a subject with an invisible character', 'CLAIMS', () => issuer.sign({ sub: 'ada\u200b' })],
    ['of a subject in capitals', 'ROLE', () => issuer.sign({ sub: 'ADA' })],
    ['for another audience', 'AUDIENCE', () => issuer.sign({ aud: 'heddle2' })],
    ['for no audience', 'AUDIENCE', () => issuer.sign({ aud: undefined })],
    ['for an empty list of audiences', 'AUDIENCE', () => issuer.sign({ aud: [] })],
    ['for an audience in a list in a list', 'AUDIENCE', () => issuer.sign({ aud: [['heddle']] as never })],
    ['that has expired', 'EXPIRED', () => issuer.sign({ exp: seconds() })],
    ['without an expiry', 'CLAIMS', () => issuer.sign({ exp: undefined })],
    ['whose expiry is a text', 'CLAIMS', () => issuer.sign({ exp: `${seconds() + 300}` as never })],
    ['that lives for years', 'CLAIMS', () => issuer.sign({ exp: seconds() + 25 * hour })],
    [
      'that lives for years, without a time of issue',
      'CLAIMS',
      () => issuer.sign({ iat: undefined, exp: seconds() + 25 * hour }),
    ],
    ['that begins in two minutes', 'CLAIMS', () => issuer.sign({ nbf: seconds() + 120 })],
    ['that was issued in two minutes', 'CLAIMS', () => issuer.sign({ iat: seconds() + 120 })],
    ['whose beginning is a text', 'CLAIMS', () => issuer.sign({ nbf: 'now' as never })],
    ['without a subject', 'CLAIMS', () => issuer.sign({ sub: undefined })],
    ['with a subject of 300 characters', 'CLAIMS', () => issuer.sign({ sub: 'a'.repeat(300) })],
    ['that no rule fits', 'ROLE', () => issuer.sign({ sub: 'eve' })],
    ['whose subject has other capitals than the rule', 'ROLE', () => issuer.sign({ sub: 'Ada' })],
    [
      'that states its role itself',
      'ROLE',
      () => issuer.sign({ sub: 'eve', heddle_tenant: tenant.tenantId, heddle_role: 'OWNER' }),
    ],
    ['of base64 that is no JSON', 'MALFORMED', () => 'eyJ.eyJ.AAAA'],
    ['whose payload is a list', 'MALFORMED', () => `${encode({ alg: 'ES256' })}.${encode([1])}.AAAA`],
  ])('%s is refused', async (_what, refused, token) => {
    expect(await problem(await token())).toBe(refused);
  });

  /** A token of these very texts, which the key of the issuer has signed. */
  async function signText(
    header = JSON.stringify({ alg: 'ES256', kid: 'k1' }),
    change = (claims: string) => claims,
  ): Promise<string> {
    const [, payload = ''] = (await issuer.sign()).split('.');
    const texts = [header, change(Buffer.from(payload, 'base64url').toString())];
    const signed = texts.map((text) => Buffer.from(text).toString('base64url')).join('.');
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await crypto.subtle.sign(algorithm, issuer.key.privateKey, Buffer.from(signed));
    return `${signed}.${Buffer.from(signature).toString('base64url')}`;
  }

  it('is refused for the name that it has twice alone: the same text with each name once is accepted', async () => {
    expect(await problem(await signText())).toBe('USER');
  });

  /** HS256 with the text of the public key as the secret. */
  async function confuse(): Promise<string> {
    const pem = await exportSPKI((await importJWK(issuer.key.jwk, 'ES256')) as CryptoKey);
    const [, payload] = (await issuer.sign()).split('.');
    const signed = `${encode({ alg: 'HS256', kid: 'k1' })}.${payload}`;
    return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
  }

  async function named(): Promise<string> {
    const own = await newIssuerKey('own');
    const at = { jku: `${issuer.url}/own`, x5u: `${issuer.url}/own`, jwk: own.jwk };
    return issuer.sign({}, { key: own, header: at });
  }

  function change(token: string): string {
    const [header, payload = '', signature] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return `${header}.${encode({ ...claims, sub: 'ada', groups: ['admins'] })}.${signature}`;
  }

  function graft(token: string, other: string): string {
    return [...token.split('.').slice(0, 2), other.split('.')[2]].join('.');
  }

  function head(token: string, more: object): string {
    const [header = '', ...rest] = token.split('.');
    return [encode({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), ...more }), ...rest].join(
      '.',
    );
  }

  it('is never the reason for a fetch from where it points', async () => {
    await problem(await named());
    expect(issuer.fetched).not.toContain('/own');
  });

  it('is in force within a minute of a clock that is ahead', async () => {
    expect(await problem(await issuer.sign({ nbf: seconds() + 59, iat: seconds() + 59 }))).toBe('USER');
  });
});

describe('the keys of an issuer', () => {
  const fetches = () => issuer.fetched.filter((path) => path === '/jwks').length;

  it('are fetched once for all tokens of ten minutes, also for those that come at once', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.sign()));
    expect(new Set(await Promise.all(tokens.map(problem)))).toEqual(new Set(['USER']));
    nowMs += 9 * 60_000;
    expect(await problem(await issuer.sign())).toBe('USER');
    expect(fetches()).toBe(1);
    nowMs += 60_000;
    expect(await problem(await issuer.sign())).toBe('USER');
    expect(fetches()).toBe(2);
  });

  it('are fetched at most once in ten seconds, however many tokens name unknown ones', async () => {
    await problem(await issuer.sign());
    issuer.fetched.length = 0;
    const foreign = await newIssuerKey('foreign');
    for (let n = 0; n < 50; n++) {
      const key = { ...foreign, kid: `unknown ${n}` };
      expect(await problem(await issuer.sign({}, { key }))).toBe('SIGNATURE');
      nowMs += 999;
    }
    expect(fetches()).toBe(4);
  });

  it('are taken over while tokens are signed with them: a new key is known at once, one that is gone no more', async () => {
    const former = await issuer.sign();
    expect(await problem(former)).toBe('USER');
    const key = await newIssuerKey('k2');
    issuer.keys = [key.jwk];
    nowMs += 10_000;
    expect(await problem(await issuer.sign({}, { key }))).toBe('USER');
    expect(await problem(former)).toBe('SIGNATURE');
  });

  it('are used for an hour while the issuer is down, then its tokens are refused as unavailable', async () => {
    expect(await problem(await issuer.sign())).toBe('USER');
    issuer.answer = () => ({ status: 503, body: '' });
    nowMs += 59 * 60_000;
    expect(await problem(await issuer.sign())).toBe('USER');
    const foreign = await newIssuerKey('foreign');
    expect(await problem(await issuer.sign({}, { key: foreign }))).toBe('ISSUER_UNAVAILABLE');
    nowMs += 60_000;
    expect(await problem(await issuer.sign())).toBe('ISSUER_UNAVAILABLE');
    // It is called once in ten seconds until it is back.
    expect(await problem(await issuer.sign())).toBe('ISSUER_UNAVAILABLE');
    issuer.answer = null;
    expect(await problem(await issuer.sign())).toBe('ISSUER_UNAVAILABLE');
    nowMs += 10_000;
    expect(await problem(await issuer.sign())).toBe('USER');
  });

  it.each<[what: string, answer: NonNullable<TokenIssuer['answer']>]>([
    ['redirects', () => ({ status: 302, body: '', location: `${issuer.url}/elsewhere` })],
    ['answers with text', () => ({ status: 200, body: '<html>' })],
    ['answers with a list', () => ({ status: 200, body: '[]' })],
    [
      'answers with a megabyte',
      () => ({ status: 200, body: JSON.stringify({ issuer: 'x'.repeat(1_000_000) }) }),
    ],
    [
      'names another issuer',
      () => ({
        status: 200,
        body: JSON.stringify({ issuer: `${issuer.url}/`, jwks_uri: `${issuer.url}/jwks` }),
      }),
    ],
    [
      'names keys over plain HTTP elsewhere',
      () => ({
        status: 200,
        body: JSON.stringify({ issuer: issuer.url, jwks_uri: 'http://192.0.2.1/jwks' }),
      }),
    ],
    ['names no keys', () => ({ status: 200, body: JSON.stringify({ issuer: issuer.url, keys: 'none' }) })],
  ])('are unavailable where the issuer %s, and no other address is called', async (_what, answer) => {
    issuer.answer = answer;
    expect(await problem(await issuer.sign())).toBe('ISSUER_UNAVAILABLE');
    expect(issuer.fetched).toEqual(['/.well-known/openid-configuration']);
  });

  it('that are shared secrets or private are not used', async () => {
    const secret = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64url');
    issuer.keys = [{ kty: 'oct', kid: 'k1', alg: 'ES256', k: secret }];
    expect(await problem(await issuer.sign())).toBe('SIGNATURE');
  });

  it('cannot be fetched by a process without calls to the outside', async () => {
    await using alone = createTenantsSubgraph({ ...mesh.deps, outboundFetch: undefined } as never);
    expect(await find(await issuer.sign(), alone)).toMatchObject({ refused: 'ISSUER_UNAVAILABLE' });
  });
});
