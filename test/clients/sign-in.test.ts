import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createTestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

/** What a browser holds after a sign-in. */
interface SignedIn {
  readonly cookie: string;
  readonly csrf: string;
}

let mesh: TestMesh;
let signedIn: SignedIn;
beforeAll(async () => {
  mesh = await startOneProcess({ HEDDLE_TRUSTED_PROXIES: '127.0.0.1', HEDDLE_REFUSALS_PER_SECOND: '1000' });
  signedIn = await signIn();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const json = { 'content-type': 'application/json' };

const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify(body),
  });

/** The name and value of the cookie that an answer sets. */
const readCookie = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';

async function signIn(
  key = mesh.adminKey,
  headers: Readonly<Record<string, string>> = {},
): Promise<SignedIn> {
  const response = await post('/auth/session', { key }, headers);
  const { csrfToken } = (await response.json()) as { csrfToken: string };
  return { cookie: readCookie(response), csrf: csrfToken };
}

const toHeaders = ({ cookie, csrf }: SignedIn) => ({ cookie, 'x-heddle-csrf': csrf });

const whoAmI = { query: '{ me { scopes } }' };

/** A key of the first app with this scope alone. */
async function createKey(): Promise<{ readonly secret: string; readonly id: string }> {
  const { createApiKey } = await createTestClient(mesh.url, mesh.adminKey).data<{
    createApiKey: { secret: string; key: { id: string } };
  }>(
    'mutation { createApiKey(input: { appId: "default-app", scopes: ["inference:invoke"] }) { secret key { id } } }',
  );
  return { secret: createApiKey.secret, id: createApiKey.key.id };
}

describe('sign-in with an API key', () => {
  it('sets a cookie that no script reads, and answers without the key', async () => {
    const response = await post('/auth/session', { key: mesh.adminKey }, { origin: mesh.url });
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toMatch(
      /^heddle_session=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/,
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    const text = await response.text();
    expect(text).not.toContain(mesh.adminKey);
    expect(text).not.toContain(readCookie(response).split('=')[1]);
    expect(JSON.parse(text)).toMatchObject({
      signedIn: true,
      caller: { kind: 'API_KEY', tenantId: 'default' },
    });
  });

  it('sets a cookie for TLS alone behind a proxy that has TLS, and accepts no other there', async () => {
    const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'mesh.example' };
    const response = await post(
      '/auth/session',
      { key: mesh.adminKey },
      { ...proxied, origin: 'https://mesh.example' },
    );
    expect(response.headers.get('set-cookie')).toMatch(
      /^__Host-heddle_session=[\w-]{43}; Path=\/; .*; Secure$/,
    );
    const status = async (cookie: string) =>
      (
        (await (await fetch(`${mesh.url}/auth/session`, { headers: { ...proxied, cookie } })).json()) as {
          signedIn: boolean;
        }
      ).signedIn;
    const cookie = readCookie(response);
    expect(await status(cookie)).toBe(true);
    expect(await status(cookie.replace('__Host-', ''))).toBe(false);
    expect(await status(`${cookie}; ${cookie}`)).toBe(false);
  });

  it.each<[string, unknown, Readonly<Record<string, string>>, number, string]>([
    ['a wrong key', { key: `hd_wrong_${'0123456789'.repeat(4)}` }, {}, 401, 'UNAUTHENTICATED'],
    ['no key', {}, {}, 400, 'BAD_USER_INPUT'],
    ['a key that is no text', { key: 1 }, {}, 400, 'BAD_USER_INPUT'],
    ['a page of another origin', { key: 'x' }, { origin: 'https://evil.example' }, 403, 'FORBIDDEN'],
    ['a page of another site', { key: 'x' }, { 'sec-fetch-site': 'cross-site' }, 403, 'FORBIDDEN'],
    ['a page of another port', { key: 'x' }, { 'sec-fetch-site': 'same-site' }, 403, 'FORBIDDEN'],
  ])('is refused to %s, without a cookie', async (_what, body, headers, status, code) => {
    const response = await post('/auth/session', body, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  it('ends the session that the browser had before', async () => {
    const first = await signIn();
    const second = await signIn(mesh.adminKey, { cookie: first.cookie });
    expect(second.cookie).not.toBe(first.cookie);
    expect((await post('/graphql', whoAmI, toHeaders(first))).status).toBe(401);
    expect((await post('/graphql', whoAmI, toHeaders(second))).status).toBe(200);
  });

  it('is audited, as a wrong key is', async () => {
    const query = '{ auditLog(first: 50) { edges { node { action outcome errorCode } } } }';
    const { auditLog } = await createTestClient(mesh.url, mesh.adminKey).data<{
      auditLog: { edges: { node: object }[] };
    }>(query);
    const records = auditLog.edges.map(({ node }) => node);
    expect(records).toContainEqual({ action: 'session.start', outcome: 'SUCCEEDED', errorCode: null });
  });
});

describe('a request with a session', () => {
  it('acts for its key', async () => {
    const response = await post('/graphql', whoAmI, toHeaders(signedIn));
    expect(await response.json()).toMatchObject({
      data: { me: { scopes: expect.arrayContaining(['tenants:admin']) } },
    });
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['without a CSRF token', { 'x-heddle-csrf': '' }],
    ['with another CSRF token', { 'x-heddle-csrf': 'c'.repeat(43) }],
    ['of a page of another origin', { origin: 'https://evil.example' }],
    ['of a page without an origin', { origin: 'null' }],
    ['of a page of another port of this host', { origin: 'http://127.0.0.1:1' }],
    ['that the browser states to be of another site', { 'sec-fetch-site': 'cross-site' }],
    ['that the browser states to be of another host of this site', { 'sec-fetch-site': 'same-site' }],
  ])('is refused %s', async (_what, headers) => {
    const response = await post('/graphql', whoAmI, { ...toHeaders(signedIn), ...headers });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  it.each([
    ['the same origin', { 'sec-fetch-site': 'same-origin' }, 200],
    ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 403],
  ])('may read by GET without a CSRF token from %s: %o answers %i', async (_what, headers, status) => {
    const query = new URLSearchParams(whoAmI);
    const response = await fetch(`${mesh.url}/graphql?${query}`, {
      headers: { ...headers, cookie: signedIn.cookie },
    });
    expect(response.status).toBe(status);
  });

  it('acts for the key that it sends beside, good or wrong', async () => {
    const { secret } = await createKey();
    const narrow = await post('/graphql', whoAmI, {
      ...toHeaders(signedIn),
      authorization: `Bearer ${secret}`,
    });
    expect(await narrow.json()).toEqual({ data: { me: { scopes: ['inference:invoke'] } } });
    const wrong = await post('/graphql', whoAmI, { ...toHeaders(signedIn), 'x-api-key': `${secret}x` });
    expect(wrong.status).toBe(401);
    const basic = await post('/graphql', whoAmI, { ...toHeaders(signedIn), authorization: 'Basic eDp5' });
    expect(basic.status).toBe(200);
  });

  it('counts for nothing in the protocols of OpenAI and Anthropic and for prompts', async () => {
    for (const path of ['/v1/models', '/v1/messages', '/v1/chat/completions', '/prompts/greet']) {
      const response =
        path === '/v1/models'
          ? await fetch(`${mesh.url}${path}`, { headers: toHeaders(signedIn) })
          : await post(path, {}, toHeaders(signedIn));
      expect([path, response.status]).toEqual([path, 401]);
    }
  });

  it('is refused in a cookie as a key, and as a key in a header', async () => {
    const [, text = ''] = signedIn.cookie.split('=');
    expect((await post('/graphql', whoAmI, { authorization: `Bearer ${text}` })).status).toBe(401);
    const other = await post('/graphql', whoAmI, { cookie: `heddle_session=${mesh.adminKey}` });
    expect(await other.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });
});

/** Opens a WebSocket as a browser does: with the cookie, and the origin of the page. */
const createSocketType = (headers: Readonly<Record<string, string>>) =>
  class extends WebSocket {
    constructor(address: string, protocols: string | string[]) {
      super(address, protocols, { headers });
    }
  };

/** The first result of an operation over a WebSocket, or the error that it ended with. */
async function askOverSocket(
  headers: Readonly<Record<string, string>>,
  connectionParams: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const url = mesh.url.replace('http', 'ws');
  const client = createClient({
    url: `${url}/graphql`,
    webSocketImpl: createSocketType(headers),
    connectionParams,
    retryAttempts: 0,
  });
  try {
    const { value } = await client.iterate(whoAmI).next();
    return value;
  } finally {
    await client.dispose();
  }
}

describe('a WebSocket with a session', () => {
  it('acts for the session where a page of this origin opened it', async () => {
    expect(await askOverSocket({ cookie: signedIn.cookie, origin: mesh.url })).toMatchObject({
      data: { me: { scopes: expect.arrayContaining(['tenants:admin']) } },
    });
  });

  it('acts for the key of connection_init where there is one', async () => {
    const { secret } = await createKey();
    const params = { authorization: `Bearer ${secret}` };
    expect(await askOverSocket({ cookie: signedIn.cookie, origin: mesh.url }, params)).toEqual({
      data: { me: { scopes: ['inference:invoke'] } },
    });
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])(
    'is refused to a page of the origin %s',
    async (origin) => {
      const socket = new WebSocket(`${mesh.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        headers: { cookie: signedIn.cookie, origin },
      });
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
      expect(response.statusCode).toBe(403);
      socket.on('error', () => undefined);
      socket.terminate();
    },
  );
});

describe('sign-out', () => {
  it('ends the session and removes the cookie; a second time it changes nothing', async () => {
    const session = await signIn();
    const response = await post('/auth/logout', {}, toHeaders(session));
    expect(response.headers.get('set-cookie')).toMatch(/^heddle_session=; Path=\/; Max-Age=0; /);
    expect((await post('/graphql', whoAmI, toHeaders(session))).status).toBe(401);
    const again = await post('/auth/logout', {}, toHeaders(session));
    expect([again.status, await again.json()]).toEqual([200, { signedIn: false }]);
  });

  it('needs no body, but the CSRF token', async () => {
    const session = await signIn();
    const forged = await fetch(`${mesh.url}/auth/logout`, {
      method: 'POST',
      headers: { cookie: session.cookie },
    });
    expect(forged.status).toBe(415);
    expect((await post('/auth/logout', {}, { cookie: session.cookie })).status).toBe(403);
    const headers = toHeaders(session);
    expect((await fetch(`${mesh.url}/auth/logout`, { method: 'POST', headers })).status).toBe(200);
  });

  it('ends every session of the key where it is everywhere', async () => {
    const { secret } = await createKey();
    const [here, elsewhere] = [await signIn(secret), await signIn(secret)];
    await post('/auth/logout', { everywhere: true }, toHeaders(here));
    expect((await post('/graphql', whoAmI, toHeaders(elsewhere))).status).toBe(401);
    expect((await post('/graphql', whoAmI, toHeaders(signedIn))).status).toBe(200);
  });

  it('comes by itself when the key is revoked', async () => {
    const { secret, id } = await createKey();
    const session = await signIn(secret);
    expect((await post('/graphql', whoAmI, toHeaders(session))).status).toBe(200);
    await createTestClient(mesh.url, mesh.adminKey).data(
      'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }',
      { id },
    );
    expect((await post('/graphql', whoAmI, toHeaders(session))).status).toBe(401);
    const status = await fetch(`${mesh.url}/auth/session`, { headers: { cookie: session.cookie } });
    expect(await status.json()).toEqual({ signedIn: false });
  });
});
