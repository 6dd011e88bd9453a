import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { chromiumPath, startBrowser } from '#test/support/processes/browser.ts';
import {
  type IdentityProvider,
  oidcClient,
  startIdentityProvider,
  TestBrowser,
} from '#test/support/processes/identity-provider.ts';
import { startTokenIssuer } from '#test/support/token-issuer.ts';

const stack = new AsyncDisposableStack();
let first: IdentityProvider;
let second: IdentityProvider;
let mesh: TestMesh;

beforeAll(async () => {
  first = stack.use(await startIdentityProvider());
  second = stack.use(await startIdentityProvider());
  mesh = stack.use(
    await startOneProcess({
      HEDDLE_OIDC_ISSUER: first.issuer,
      HEDDLE_OIDC_AUDIENCE: oidcClient.id,
      HEDDLE_OIDC_CLIENT_ID: oidcClient.id,
      HEDDLE_OIDC_CLIENT_SECRET: oidcClient.secret,
      HEDDLE_REFUSALS_PER_SECOND: '1000',
      LOG_LEVEL: 'info',
    }),
  );
  const states = (role: string) => (subject: string) => ({
    email: `${subject}@acme.example`,
    email_verified: true,
    ...{ heddle_tenant: 'default', heddle_role: role },
  });
  first.open(`${mesh.url}/auth/callback`, states('VIEWER'));
  second.open(`${mesh.url}/auth/callback/acme`, states('DEVELOPER'));
});
afterAll(() => stack.disposeAsync());

const run = <T>(query: string, variables: Readonly<Record<string, unknown>> = {}) =>
  createTestClient(mesh.url, mesh.adminKey).data<T>(query, variables);
const claims = { tenant: 'heddle_tenant', role: 'heddle_role' };
const save = (signIn: object | null, more: object = {}) =>
  run<{ saveIssuer: { signIn: object | null } }>(
    `mutation ($input: IssuerInput!) {
      saveIssuer(input: $input) { signIn { clientId hasClientSecret name emailDomains } }
    }`,
    { input: { id: 'acme', issuer: second.issuer, audience: [oidcClient.id], claims, signIn, ...more } },
  );
const client = { clientId: oidcClient.id, clientSecret: oidcClient.secret };

const open = (path: string, browser = new TestBrowser()) => browser.request(`${mesh.url}${path}`);
const locate = async (path: string) => new URL((await open(path)).headers.get('location') ?? '', mesh.url);
const toCallback = (id?: string) => `${mesh.url}/auth/callback${id === undefined ? '' : `/${id}`}`;

async function signIn(path: string, callback: string, subject = 'ada') {
  const browser = new TestBrowser();
  const answer = await browser.request(await browser.signInAs(subject, `${mesh.url}${path}`, callback));
  const headers = { accept: 'application/json' };
  const session = await browser.request(`${mesh.url}/auth/session`, { headers });
  return {
    browser,
    answer,
    session: (await session.json()) as Record<string, unknown> & { csrfToken: string },
  };
}

beforeEach(() => save({ ...client, name: 'Acme <b>', emailDomains: [] }));

describe('sign-in at one of several identity providers', () => {
  it('lists those by name, and the key, on a page without scripts', async () => {
    const page = await open('/auth/login?return=/graphql%3Fa%3D1&tenant=default&x=y');
    const html = await page.text();
    expect(page.status).toBe(200);
    const rest = 'return=%2Fgraphql%3Fa%3D1&amp;tenant=default';
    expect(
      [...html.matchAll(/<a href="([^"]+)">([^<]+)<\/a>/g)].map(([, href, text]) => [href, text]),
    ).toEqual([
      [`/auth/login?${rest}&amp;issuer=default`, 'default'],
      [`/auth/login?${rest}&amp;issuer=acme`, 'Acme &lt;b&gt;'],
      [`/auth/login?${rest}&amp;with=key`, 'API key'],
    ]);
    expect(html).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).not.toContain('script-src');
  });

  it.each([
    ['default', undefined, 'VIEWER'],
    ['acme', 'acme', 'DEVELOPER'],
  ])('starts a session of the person of the issuer %s, and ends it there', async (id, path, role) => {
    const { browser, answer, session } = await signIn(`/auth/login?issuer=${id}`, toCallback(path));
    expect(answer.status).toBe(303);
    expect(session).toMatchObject({ signedIn: true, caller: { tenantId: 'default', subject: 'ada', role } });
    const headers = {
      ...{ accept: 'application/json', 'content-type': 'application/json' },
      'x-heddle-csrf': session.csrfToken,
    };
    const body = JSON.stringify({ query: '{ me { issuerId } }' });
    const me = await browser.request(`${mesh.url}/graphql`, { method: 'POST', headers, body });
    expect(await me.json()).toEqual({ data: { me: { issuerId: id } } });
    const left = await browser.request(`${mesh.url}/auth/logout`, { method: 'POST', headers, body: '{}' });
    const provider = id === 'acme' ? second : first;
    expect(await left.json()).toMatchObject({
      logoutUrl: `${provider.issuer}/session/end?client_id=${oidcClient.id}`,
    });
  });

  it('finds an issuer with domains by the domain of an address, and lists it nowhere', async () => {
    await save({ ...client, emailDomains: ['Acme.Example', 'bücher.example'] });
    const html = await (await open('/auth/login')).text();
    expect(html).toContain('type="email"');
    expect(html).not.toContain('acme');
    for (const domain of ['acme.example', 'ACME.example', 'xn--bcher-kva.example', 'b%C3%BCcher.example']) {
      const url = await locate(`/auth/login?domain=${domain}`);
      expect([url.origin, url.searchParams.get('redirect_uri')]).toEqual([second.issuer, toCallback('acme')]);
    }
    for (const name of [
      'domain=other.example',
      'domain=sub.acme.example',
      'domain=%00',
      'issuer=none',
      'issuer=',
    ]) {
      expect((await open(`/auth/login?${name}`)).status, name).toBe(404);
    }
    expect((await open(`/auth/login?domain=${'a'.repeat(300)}`)).status).toBe(400);
    const { session } = await signIn('/auth/login?domain=acme.example', toCallback('acme'));
    expect(session).toMatchObject({ signedIn: true });
  });

  it('leads to the only one without a page', async () => {
    await save(null);
    expect((await locate('/auth/login')).origin).toBe(first.issuer);
    expect((await open('/auth/login?issuer=acme')).status).toBe(404);
  });

  it('is refused where the answer of one comes back to the address of another', async () => {
    for (const [issuer, own, foreign] of [
      ['acme', toCallback('acme'), toCallback()],
      ['default', toCallback(), toCallback('acme')],
      ['acme', toCallback('acme'), toCallback('default')],
    ] as const) {
      const browser = new TestBrowser();
      const returned = await browser.signInAs('ada', `${mesh.url}/auth/login?issuer=${issuer}`, own);
      const answer = await browser.request(returned.href.replace(own, foreign));
      expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining('does not belong')]);
    }
  });

  it('is refused where the issuer was deleted, or takes no sign-in any more, meanwhile', async () => {
    const browser = new TestBrowser();
    const returned = await browser.signInAs('ada', `${mesh.url}/auth/login?issuer=acme`, toCallback('acme'));
    await save(null);
    const answer = await browser.request(returned);
    expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining('has changed')]);
  });

  it('is of the issuer that has vouched for the person, and of no other that is saved with its ID', async () => {
    await using other = await startTokenIssuer();
    const { browser, session } = await signIn('/auth/login?issuer=acme', toCallback('acme'));
    expect(session).toMatchObject({ signedIn: true });
    await save(client, { issuer: other.url });
    const headers = { accept: 'application/json' };
    const after = await browser.request(`${mesh.url}/auth/session`, { headers });
    expect(await after.json()).toEqual({ signedIn: false });
  });

  it('is refused with another secret than the provider has', async () => {
    await save({ ...client, clientSecret: 'another secret' });
    const { answer, session } = await signIn('/auth/login?issuer=acme', toCallback('acme'));
    expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining('invalid_client')]);
    expect(session).toEqual({ signedIn: false });
  });

  it('keeps the secret where it is not stated, and returns, logs and records it nowhere', async () => {
    const { clientId } = client;
    expect((await save({ clientId, name: 'Acme' })).saveIssuer.signIn).toEqual({
      ...{ clientId, hasClientSecret: true, name: 'Acme', emailDomains: [] },
    });
    expect((await signIn('/auth/login?issuer=acme', toCallback('acme'))).session).toMatchObject({
      signedIn: true,
    });
    const shown = await run(
      '{ auditLog(first: 100) { edges { node { action arguments before after } } } issuers { edges { node { id signIn { clientId } } } } }',
    );
    const output = mesh.processes.map((process) => process.output()).join('\n');
    expect(JSON.stringify(shown)).toContain('issuer.save');
    for (const text of [oidcClient.secret, 'v2.']) expect(JSON.stringify(shown) + output).not.toContain(text);
  });

  it('leads an invited person to the issuer with the domain of the address', async () => {
    await save({ ...client, emailDomains: ['acme.example'] });
    const invite = async (email: string) => {
      const { inviteMember } = await run<{ inviteMember: { link: string } }>(
        'mutation ($email: String!) { inviteMember(input: { tenantId: "default", email: $email, role: VIEWER }) { link } }',
        { email },
      );
      return locate(inviteMember.link);
    };
    expect((await invite('grace@Acme.example')).origin).toBe(second.issuer);
    expect((await invite('grace@other.example')).origin).toBe(first.issuer);
  });

  it.runIf(chromiumPath !== undefined)(
    'sends only the domain of the address that a person types',
    async () => {
      await save({ ...client, emailDomains: ['acme.example'] });
      await using browser = await startBrowser(chromiumPath ?? '');
      const page = await browser.newPage();
      const requested: string[] = [];
      page.on('request', (request) => requested.push(request.url()));
      await page.goto(`${mesh.url}/auth/login?return=/prompts/docs`);
      await page.fill('#email', ' grace@acme.example');
      await page.click('button');
      await page.waitForSelector('input[name="login"]');
      expect(requested).toContain(`${mesh.url}/auth/login?return=%2Fprompts%2Fdocs&domain=acme.example`);
      expect(requested.join('\n')).not.toContain('grace');
    },
  );
});
