import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import {
  type IdentityProvider,
  oidcClient,
  startIdentityProvider,
  TestBrowser,
} from '#test/support/processes/identity-provider.ts';

const stack = new AsyncDisposableStack();
let provider: IdentityProvider;
let mesh: TestMesh;
let callback: string;

beforeAll(async () => {
  provider = stack.use(await startIdentityProvider());
  mesh = stack.use(
    await startOneProcess({
      HEDDLE_OIDC_ISSUER: provider.issuer,
      HEDDLE_OIDC_AUDIENCE: oidcClient.id,
      HEDDLE_OIDC_CLIENT_ID: oidcClient.id,
      HEDDLE_OIDC_CLIENT_SECRET: oidcClient.secret,
      HEDDLE_REFUSALS_PER_SECOND: '1000',
    }),
  );
  callback = `${mesh.url}/auth/callback`;
  provider.open(callback, (subject) => ({
    email: `${subject}@example.com`,
    email_verified: true,
    ...(subject === 'stranger' ? {} : { heddle_tenant: 'default', heddle_role: 'VIEWER' }),
  }));
});
afterAll(() => stack.disposeAsync());

/** The address that the provider sends the browser back to, not yet opened. */
const authorize = (browser: TestBrowser, path = '/auth/login', subject = 'ada') =>
  browser.signInAs(subject, `${mesh.url}${path}`, callback);

async function signIn(subject = 'ada', path = '/auth/login') {
  const browser = new TestBrowser();
  const answer = await browser.request(await authorize(browser, path, subject));
  return { browser, answer };
}

const readSession = async (browser: TestBrowser) =>
  (await (
    await browser.request(`${mesh.url}/auth/session`, { headers: { accept: 'application/json' } })
  ).json()) as {
    signedIn: boolean;
    csrfToken: string;
  };

describe('sign-in at an identity provider', () => {
  it('requests a code with PKCE, a state and a nonce, and no secret', async () => {
    const browser = new TestBrowser();
    const begun = await browser.request(`${mesh.url}/auth/login`);
    const url = new URL(begun.headers.get('location') ?? '');
    expect([begun.status, url.origin]).toEqual([303, provider.issuer]);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: oidcClient.id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid email profile',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(begun.headers.get('set-cookie')).toMatch(
      /^heddle_sign_in=v3\.[^;]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
    );
  });

  it('starts a session of the person, with the tenant and the role that the provider states', async () => {
    const { browser, answer } = await signIn('ada', '/auth/login?return=/graphql%3Fa%3D1');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/graphql?a=1']);
    const session = await readSession(browser);
    expect(session).toMatchObject({
      signedIn: true,
      caller: { kind: 'USER', tenantId: 'default', subject: 'ada', email: 'ada@example.com', role: 'VIEWER' },
    });
    const response = await browser.request(`${mesh.url}/graphql`, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'x-heddle-csrf': session.csrfToken,
      },
      body: JSON.stringify({ query: '{ me { subject scopes } }' }),
    });
    expect(await response.json()).toMatchObject({
      data: { me: { subject: 'ada', scopes: expect.arrayContaining(['models:read']) } },
    });
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example'])(
    'never leads to %s',
    async (path) => {
      const { answer } = await signIn('ada', `/auth/login?${new URLSearchParams({ return: path })}`);
      expect(answer.headers.get('location')).toBe('/graphql');
    },
  );

  it('redeems a code once', async () => {
    const browser = new TestBrowser();
    const returned = await authorize(browser);
    const state = browser.readCookie(mesh.url, 'heddle_sign_in') ?? '';
    expect((await browser.request(returned)).status).toBe(303);
    expect((await browser.request(returned)).status).toBe(401);
    const thief = new TestBrowser();
    thief.setCookie(mesh.url, 'heddle_sign_in', state);
    const replayed = await thief.request(returned);
    expect(replayed.status).toBe(401);
    expect(await replayed.text()).toContain('invalid_grant');
    expect(await readSession(thief)).toEqual({ signedIn: false });
  });

  it.each<[string, (url: URL, browser: TestBrowser) => void]>([
    ['another state', (url) => url.searchParams.set('state', 's'.repeat(43))],
    ['no state', (url) => url.searchParams.delete('state')],
    ['another issuer', (url) => url.searchParams.set('iss', 'https://evil.example')],
    ['no issuer, though the provider states it', (url) => url.searchParams.delete('iss')],
    ['two codes', (url) => url.searchParams.append('code', 'another')],
    [
      'a denial',
      (url) => {
        url.searchParams.delete('code');
        url.searchParams.set('error', 'access_denied');
      },
    ],
    [
      'an altered cookie',
      (_url, browser) => {
        const sealed = browser.readCookie(mesh.url, 'heddle_sign_in') ?? '';
        browser.setCookie(mesh.url, 'heddle_sign_in', `${sealed.slice(0, -4)}AAAA`);
      },
    ],
    ['no cookie', (_url, browser) => browser.setCookie(mesh.url, 'heddle_sign_in', '')],
  ])('is refused for an answer with %s', async (_what, alter) => {
    const browser = new TestBrowser();
    const returned = await authorize(browser);
    alter(returned, browser);
    const answer = await browser.request(returned);
    expect(answer.status).toBe(401);
    expect(await readSession(browser)).toEqual({ signedIn: false });
  });

  it.each([
    ['nonce', 'n'.repeat(43)],
    ['code_challenge', 'c'.repeat(43)],
  ])('is refused where the provider was requested with another %s', async (name, value) => {
    const browser = new TestBrowser();
    const begun = await browser.request(`${mesh.url}/auth/login`);
    const url = new URL(begun.headers.get('location') ?? '');
    url.searchParams.set(name, value);
    const returned = await browser.signInAs('ada', url.href, callback);
    expect((await browser.request(returned)).status).toBe(401);
  });

  it('is refused for the code of another browser', async () => {
    const [victim, attacker] = [new TestBrowser(), new TestBrowser()];
    const [own, foreign] = [await authorize(victim), await authorize(attacker, '/auth/login', 'eve')];
    own.searchParams.set('code', foreign.searchParams.get('code') ?? '');
    expect((await victim.request(own)).status).toBe(401);
  });

  it('is refused to a person without a tenant or role, in words', async () => {
    const { browser, answer } = await signIn('stranger');
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('it has no role here');
    expect(await readSession(browser)).toEqual({ signedIn: false });
  });

  it('has the role of the member, which precedes the claims, and ends when the member is removed', async () => {
    const { data } = createTestClient(mesh.url, mesh.adminKey);
    const save = async (subject: string) =>
      (
        await data<{ saveMember: { id: string } }>(
          'mutation ($subject: String!) { saveMember(input: { subject: $subject, role: DEVELOPER }) { id } }',
          { subject },
        )
      ).saveMember.id;
    const id = await save('linus');
    const { browser } = await signIn('linus');
    expect(await readSession(browser)).toMatchObject({ caller: { tenantId: 'default', role: 'DEVELOPER' } });
    await data('mutation ($id: ID!) { removeMember(id: $id) }', { id });
    expect((await readSession(browser)).signedIn).toBe(false);
    await save('stranger');
    const { browser: member } = await signIn('stranger');
    expect(await readSession(member)).toMatchObject({ caller: { tenantId: 'default', role: 'DEVELOPER' } });
  });

  it('ends with its open subscriptions when the member is deactivated', async () => {
    const { data } = createTestClient(mesh.url, mesh.adminKey);
    const { saveMember } = await data<{ saveMember: { id: string } }>(
      'mutation { saveMember(input: { subject: "barbara", role: AUDITOR }) { id } }',
    );
    const { browser } = await signIn('barbara');
    const { csrfToken } = await readSession(browser);
    const stream = await browser.request(`${mesh.url}/graphql`, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        'x-heddle-csrf': csrfToken,
      },
      body: JSON.stringify({ query: 'subscription { events(types: ["nothing.*"]) { id } }' }),
    });
    expect(stream.status).toBe(200);
    const ended = stream.text();
    await data('mutation ($id: ID!) { deactivateMember(id: $id) { id } }', { id: saveMember.id });
    // Without an announced change the caller is looked up again after 30 seconds only, when this test has failed.
    expect(await ended).toContain('UNAUTHENTICATED');
    expect((await readSession(browser)).signedIn).toBe(false);
    const { answer } = await signIn('barbara');
    expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining('deactivated')]);
  });

  it('ends everywhere, and leads to the provider to end there as well', async () => {
    const { browser } = await signIn('grace');
    const { browser: elsewhere } = await signIn('grace');
    const { browser: other } = await signIn('ada');
    const { csrfToken } = await readSession(browser);
    const answer = await browser.request(`${mesh.url}/auth/logout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-heddle-csrf': csrfToken, accept: '*/*' },
      body: '{"everywhere":true}',
    });
    const { logoutUrl } = (await answer.json()) as { logoutUrl: string };
    expect(logoutUrl).toBe(`${provider.issuer}/session/end?client_id=${oidcClient.id}`);
    expect((await readSession(elsewhere)).signedIn).toBe(false);
    expect((await readSession(other)).signedIn).toBe(true);
  });

  it('leaves no code, token or secret in the log or the audit log', async () => {
    const { browser } = await signIn('ada');
    const query = '{ auditLog(first: 50) { edges { node { action after arguments } } } }';
    const audit = JSON.stringify(await createTestClient(mesh.url, mesh.adminKey).data(query));
    const output = mesh.processes.map((process) => process.output()).join('\n');
    const cookie = browser.readCookie(mesh.url, 'heddle_session') ?? '-';
    for (const text of [oidcClient.secret, cookie]) expect(output + audit).not.toContain(text);
    expect(audit + output).not.toMatch(/code=[\w-]{20}/);
    expect(audit).toContain('session.start');
  });

  it('still takes a key where that is requested', async () => {
    const page = await new TestBrowser().request(`${mesh.url}/auth/login?with=key`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('API key')]);
  });
});
