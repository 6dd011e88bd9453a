import { describe, expect, it } from 'vitest';
import { recordingFetch } from '../testing/recording-fetch.ts';
import { type ServedRequest, startWireServer } from '../testing/wire-server.ts';
import { readAzureCredential } from './entra.ts';

const principal = { tenantId: 'my-tenant', clientId: 'my-client', clientSecret: 'a~secret' };
const login = 'https://login.microsoftonline.com';

/** A server for the resource and for the sign-in of Azure, and a fetch that finds it there. */
async function startAzure(
  grant: (request: ServedRequest, number: number) => [status: number, answer: unknown],
) {
  let grants = 0;
  const server = await startWireServer((response, request) => {
    if (!request.path.endsWith('/token')) return void response.end('{}');
    grants += 1;
    const [status, answer] = grant(request, grants);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  const signedInAt: string[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    const url = new URL(String(input));
    if (!url.hostname.startsWith('login.')) return globalThis.fetch(input, init);
    signedInAt.push(url.origin);
    return globalThis.fetch(`${server.url}${url.pathname}`, init);
  };
  return { server, fetch, signedInAt };
}

const granted = (token: string): [number, unknown] => [200, { access_token: token, expires_in: 3_600 }];

describe('a service principal of Azure', () => {
  it('is exchanged for a token by client credentials, once until shortly before that ends', async () => {
    const { server, fetch } = await startAzure((_, number) => granted(`token-${number}`));
    await using _ = server;
    let nowMs = 0;
    const credential = readAzureCredential(JSON.stringify(principal), 'api-key', fetch, () => nowMs);
    expect(credential).toMatchObject({ headers: {}, secret: 'a~secret' });
    await Promise.all([credential.fetch(server.url), credential.fetch(server.url)]);
    nowMs = 3_470_000;
    await credential.fetch(server.url);
    nowMs = 3_490_000;
    await credential.fetch(server.url, { headers: { 'x-other': '1' } });
    const forms = server.requests.filter(({ path }) => path.endsWith('/token'));
    expect(forms.map(({ path }) => path)).toEqual(Array(2).fill('/my-tenant/oauth2/v2.0/token'));
    expect(Object.fromEntries(new URLSearchParams(forms[0]?.body))).toEqual({
      ...{ grant_type: 'client_credentials', client_id: 'my-client', client_secret: 'a~secret' },
      scope: 'https://cognitiveservices.azure.com/.default',
    });
    const calls = server.requests.filter(({ path }) => path === '/');
    expect(calls.map(({ headers }) => headers.authorization)).toEqual([
      ...['Bearer token-1', 'Bearer token-1', 'Bearer token-1', 'Bearer token-2'],
    ]);
    expect(calls[3]?.headers['x-other']).toBe('1');
    expect(await credential.toHeaders()).toEqual({ authorization: 'Bearer token-2' });
  });

  it('is read in each form that the command line of Azure prints, and signs in at its cloud', async () => {
    const { server, fetch, signedInAt } = await startAzure(() => granted('t'));
    await using _ = server;
    for (const json of [
      { tenant: 'my-tenant', appId: 'my-client', password: 'a~secret', displayName: 'x' },
      { ...principal, subscriptionId: 's', activeDirectoryEndpointUrl: 'https://login.microsoftonline.us/' },
    ]) {
      await readAzureCredential(JSON.stringify(json), 'api-key', fetch).fetch(server.url);
    }
    expect(signedInAt).toEqual([login, 'https://login.microsoftonline.us']);
    const scopes = server.requests.map(({ body }) => new URLSearchParams(body).get('scope'));
    expect(scopes).toEqual([
      ...['https://cognitiveservices.azure.com/.default', null],
      ...['https://cognitiveservices.azure.us/.default', null],
    ]);
  });

  it.each<[status: number, answer: unknown]>([
    [401, { error: 'invalid_client', error_description: 'AADSTS7000215: a~secret is wrong' }],
    [200, { token: 'x' }],
    [200, 'nothing'],
  ])(
    'that is refused (%i %j) fails with PROVIDER_AUTH, and signs in again with the next call',
    async (status, answer) => {
      const { server, fetch } = await startAzure((_, number) =>
        number === 1 ? [status, answer] : granted('t'),
      );
      await using _ = server;
      const credential = readAzureCredential(JSON.stringify(principal), 'api-key', fetch);
      const failure = await credential.fetch(server.url).then(
        () => null,
        (error: Error) => error,
      );
      expect(failure).toMatchObject({ code: 'PROVIDER_AUTH' });
      expect(failure?.message).not.toContain('a~secret');
      expect((await credential.fetch(server.url)).status).toBe(200);
    },
  );

  it.each([
    '{',
    '{}',
    JSON.stringify({ ...principal, clientSecret: '' }),
    JSON.stringify({ ...principal, tenantId: '../x' }),
    JSON.stringify({ ...principal, activeDirectoryEndpointUrl: 'https://login.evil.test' }),
    JSON.stringify({ ...principal, activeDirectoryEndpointUrl: 'constructor' }),
  ])('is refused before it is sent anywhere: %s', (json) => {
    const { fetch, sent } = recordingFetch(globalThis.fetch);
    const refused = () => readAzureCredential(json, 'api-key', fetch);
    expect(refused).toThrow(expect.objectContaining({ code: 'PROVIDER_AUTH' }));
    expect(refused).not.toThrow(/a~secret/);
    expect(sent).toEqual([]);
  });
});

describe('a credential of Azure', () => {
  it.each([
    ['a-key-0123', { 'api-key': 'a-key-0123' }],
    [
      'eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.c2ln',
      { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.c2ln' },
    ],
    ['', {}],
  ])('that is no service principal is sent as it is: %j', async (secret, headers) => {
    const credential = readAzureCredential(secret, 'api-key', globalThis.fetch);
    expect(credential).toMatchObject({ headers, secret, fetch: globalThis.fetch });
    expect(credential.headers).toEqual(headers);
    expect(await credential.toHeaders()).toEqual(headers);
  });
});
