import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, importSPKI, jwtVerify } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { createHttpFetch } from '../http/http-fetch.ts';
import { makeProvider } from '../registry/registry.ts';
import { ask, collect } from '../testing/calls.ts';
import { type ServedRequest, sse, startWireServer, type WireServer } from '../testing/wire-server.ts';
import { createAccountTokens } from './access-token.ts';

const http = createHttpFetch();
afterAll(() => http.close());

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

const gemini = {
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
};
const claude = {
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [{ type: 'text', text: 'Hi.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 2 },
};

function serve(): Promise<WireServer> {
  return startWireServer((response, { path }: ServedRequest) => {
    if (path === '/token')
      return void response.end(JSON.stringify({ access_token: 'ya29.token', expires_in: 3600 }));
    if (path.includes('streamGenerateContent')) return void response.end(sse(gemini));
    return void response.end(JSON.stringify(path.includes('rawPredict') ? claude : gemini));
  });
}

function account(server: WireServer): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'my-project',
    private_key_id: 'k1',
    private_key: privateKey,
    client_email: 'me@my-project.iam.gserviceaccount.com',
    token_uri: `${server.url}/token`,
  });
}

function open(server: WireServer, secret: string) {
  const { fetch } = http;
  return makeProvider({ kind: 'VERTEX', baseUrl: server.url, region: 'europe-west4', secret, fetch });
}

describe('Vertex', () => {
  it('signs in with a service account once, and calls Gemini and Claude of its project and region', async () => {
    await using server = await serve();
    const provider = await open(server, account(server));
    expect((await provider.generate(ask('gemini-2.5-flash', 'hello'))).text).toBe('Hi.');
    expect(await collect(provider, ask('gemini-2.5-flash', 'hello'))).toMatchObject({
      text: 'Hi.',
      error: null,
    });
    expect((await provider.generate(ask('claude-sonnet-4-5@20250929', 'hello'))).text).toBe('Hi.');
    const base = '/v1/projects/my-project/locations/europe-west4/publishers';
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/token',
      `${base}/google/models/gemini-2.5-flash:generateContent`,
      `${base}/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse`,
      `${base}/anthropic/models/claude-sonnet-4-5@20250929:rawPredict`,
    ]);
    for (const { headers } of server.requests.slice(1)) {
      expect(headers.authorization).toBe('Bearer ya29.token');
      expect(headers['x-goog-api-key']).toBeUndefined();
    }
    expect(JSON.parse(server.requests[3]?.body ?? '')).toMatchObject({
      anthropic_version: 'vertex-2023-10-16',
    });
    const assertion = new URLSearchParams(server.requests[0]?.body).get('assertion') ?? '';
    await jwtVerify(assertion, await importSPKI(publicKey, 'RS256'), { audience: `${server.url}/token` });
    expect(decodeJwt(assertion)).toMatchObject({ iss: 'me@my-project.iam.gserviceaccount.com' });
  });

  it('sends an API key as one', async () => {
    await using server = await serve();
    const provider = await open(server, 'vertex-key');
    expect((await provider.generate(ask('gemini-2.5-flash', 'hello'))).text).toBe('Hi.');
    expect(server.requests[0]?.path).toBe('/v1/publishers/google/models/gemini-2.5-flash:generateContent');
    expect(server.requests[0]?.headers['x-goog-api-key']).toBe('vertex-key');
  });
});

describe('access tokens', () => {
  const service = { projectId: 'p', clientEmail: 'e', privateKey, privateKeyId: null };

  it('are requested once for all who wait, and again shortly before they end', async () => {
    await using server = await serve();
    let now = 1_000_000;
    const token = createAccountTokens({ ...service, tokenUri: `${server.url}/token` }, http.fetch, () => now);
    expect(await Promise.all([token(), token(), token()])).toEqual(Array(3).fill('ya29.token'));
    now += 3_400_000;
    await token();
    expect(server.requests).toHaveLength(1);
    now += 100_000;
    await token();
    expect(server.requests).toHaveLength(2);
  });

  it('that are refused are PROVIDER_AUTH, and requested again at the next call', async () => {
    await using server = await startWireServer(
      (response) => void response.writeHead(400).end('{"error":"invalid_grant"}'),
    );
    const token = createAccountTokens({ ...service, tokenUri: `${server.url}/token` }, http.fetch);
    await expect(token()).rejects.toMatchObject({ code: 'PROVIDER_AUTH' });
    await expect(token()).rejects.toMatchObject({ code: 'PROVIDER_AUTH' });
    expect(server.requests).toHaveLength(2);
  });
});
