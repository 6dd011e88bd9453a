import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Examined, openExamined } from '#test/support/examined.ts';
import { signV4 } from '#test/support/root-key-servers.ts';
import { buildKeyProbe } from '../probes/key-probe.ts';

let examined: Examined;
beforeEach(async () => {
  examined = await openExamined();
});
afterEach(() => examined[Symbol.asyncDispose]());

describe('a key probe', () => {
  const provider = { name: 'p', region: null, secret: 's', baseUrl: null } as const;
  it.each([
    ['OPENAI', 'https://api.openai.com/v1/models', { authorization: 'Bearer s' }],
    [
      'ANTHROPIC',
      'https://api.anthropic.com/v1/models',
      { 'x-api-key': 's', 'anthropic-version': '2023-06-01' },
    ],
    ['GOOGLE', 'https://generativelanguage.googleapis.com/v1beta/models', { 'x-goog-api-key': 's' }],
    [
      'VERTEX',
      'https://aiplatform.googleapis.com/v1beta1/publishers/google/models',
      { 'x-goog-api-key': 's' },
    ],
  ] as const)('of %s reads the list of AI models with the key in its header', async (kind, url, headers) => {
    expect(await buildKeyProbe({ ...provider, kind }, fetch)).toMatchObject({ url, headers, hasKey: true });
  });

  it('of BEDROCK is sent to the address beside that of the calls, in its region', async () => {
    const bedrock = { ...provider, kind: 'BEDROCK', region: 'eu-central-1' } as const;
    const url = 'https://bedrock.eu-central-1.amazonaws.com/foundation-models';
    expect(await buildKeyProbe(bedrock, fetch)).toEqual({
      ...{ url, headers: { authorization: 'Bearer s' }, hasKey: true },
    });
    const pair = await buildKeyProbe({ ...bedrock, secret: 'AKIAIOSFODNN7EXAMPLE:secret:session' }, fetch);
    expect(pair).toMatchObject({ url, headers: { 'x-amz-security-token': 'session' } });
    expect(pair?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request, /,
    );
  });

  it('of AZURE_OPENAI sends a token of Entra in the place of a service principal', async () => {
    const principal = { tenantId: 't', clientId: 'c', clientSecret: 'a~secret' };
    const granting: typeof globalThis.fetch = async () =>
      Response.json({ access_token: 'token', expires_in: 60 });
    const azure = {
      ...provider,
      kind: 'AZURE_OPENAI',
      baseUrl: 'https://x.openai.azure.com/openai/v1',
    } as const;
    const probe = await buildKeyProbe({ ...azure, secret: JSON.stringify(principal) }, granting);
    expect(probe?.headers).toEqual({ authorization: 'Bearer token' });
    expect((await buildKeyProbe(azure, fetch))?.headers).toEqual({ 'api-key': 's' });
  });

  it('is not made where no free call is known, nor at a host that no region names', async () => {
    const account = JSON.stringify({ project_id: 'p', client_email: 'e', private_key: 'k' });
    for (const none of [
      { kind: 'DEMO', baseUrl: 'https://x.example' },
      { kind: 'AZURE_OPENAI' },
      { kind: 'BEDROCK' },
      { kind: 'BEDROCK', region: 'x.example/' },
      { kind: 'VERTEX', region: 'x.example/', secret: account },
    ] as const)
      expect(await buildKeyProbe({ ...provider, ...none }, fetch)).toBeNull();
  });

  it('of a bare origin has the path of the API, and sends no key where there is none', async () => {
    const bare = { ...provider, kind: 'OPENAI', baseUrl: 'http://h:1', secret: null } as const;
    expect(await buildKeyProbe(bare, fetch)).toEqual({
      ...{ url: 'http://h:1/v1/models', headers: {}, hasKey: false },
    });
  });
});

describe('the providers of a mesh', () => {
  const secret = 'sk-marker-secret-0123456789';

  it.each<[number, string]>([
    [200, 'OK openai (of the environment) answers its list of AI models with the key'],
    [404, 'OK openai (of the environment) is reached (HTTP 404)'],
    [401, 'FAILED openai (of the environment) refuses the key (HTTP 401)'],
    [429, 'WARNING openai (of the environment) takes no more calls for now (HTTP 429)'],
    [503, 'FAILED openai (of the environment) fails (HTTP 503)'],
    [302, 'OK openai (of the environment) is reached (HTTP 302)'],
  ])(
    'reports what a provider answers with %i, and reads only its list of AI models',
    async (status, expected) => {
      const requests: string[] = [];
      const url = await examined.listen(({ method, url: path, headers }, response) => {
        requests.push(`${method} ${path} ${headers.authorization}`);
        response
          .writeHead(status, { date: new Date(Date.now() - 60_000).toUTCString(), location: '/other' })
          .end();
      });
      const found = await examined.examine({ OPENAI_API_KEY: secret, OPENAI_BASE_URL: url });
      expect(found).toContainEqual(expect.stringContaining(expected));
      expect(found).toContainEqual(
        expect.stringMatching(/^FAILED the clock differs from that of the provider openai/),
      );
      expect(requests).toEqual([`GET /v1/models Bearer ${secret}`]);
      expect(found.join('\n')).not.toContain(secret);
    },
  );

  it.each<[string, number, Readonly<Record<string, string>>, string]>([
    ['knows', 200, {}, 'OK bedrock (of the environment) answers its list of AI models with the key'],
    [
      'knows, without the right to the list',
      403,
      { 'x-amzn-errortype': 'AccessDeniedException:http://x.example/' },
      'OK bedrock (of the environment) takes the key, which may not read the list of AI models (HTTP 403)',
    ],
    [
      'does not know',
      403,
      { 'x-amzn-errortype': 'UnrecognizedClientException' },
      'FAILED bedrock (of the environment) refuses the key (HTTP 403)',
    ],
  ])('reports a key pair that Amazon %s, by a signed request', async (_what, status, headers, expected) => {
    const access = { secret: 'wJalrXUtnFEMI/K7MDENG', region: 'eu-central-1', service: 'bedrock' };
    const signatures: boolean[] = [];
    const url = await examined.listen((request, response) => {
      const [, names = '', signature] =
        /SignedHeaders=([^,]+), Signature=(\w+)$/.exec(request.headers.authorization ?? '') ?? [];
      const signed = Object.fromEntries(
        names.split(';').map((name) => [name, String(request.headers[name] ?? '')]),
      );
      const received = { method: 'GET', path: '/foundation-models', headers: signed, body: '' };
      signatures.push(
        request.url === received.path && 'host' in signed && signV4(received, access) === signature,
      );
      response.writeHead(status, headers).end('{}');
    });
    const found = await examined.examine({
      ...{ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: access.secret },
      ...{ AWS_REGION: access.region, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url },
    });
    expect(found).toContainEqual(expect.stringContaining(expected));
    expect(signatures).toEqual([true]);
    expect(found.join('\n')).not.toContain(access.secret);
  });

  it.each<[string, number, number, string]>([
    ['knows', 200, 200, 'OK vertex (of the environment) answers its list of AI models with the key'],
    ['does not let list', 200, 403, 'OK vertex (of the environment) takes the key, which may not read'],
    [
      'does not know',
      400,
      200,
      'FAILED vertex (of the environment): Google refused the service account (HTTP 400)',
    ],
  ])(
    'reports a service account that Google %s, by a token of its own',
    async (_what, token, list, expected) => {
      const requests: string[] = [];
      const url = await examined.listen(({ url: path, headers }, response) => {
        requests.push(`${path} ${headers.authorization ?? ''}`);
        const isToken = path === '/token';
        response
          .writeHead(isToken ? token : list)
          .end(isToken ? '{"access_token":"ya29.token","expires_in":3600}' : '{}');
      });
      const { privateKey } = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      });
      const account = {
        ...{ project_id: 'p', private_key: privateKey, client_email: 'me@p.example' },
        token_uri: `${url}/token`,
      };
      const found = await examined.examine({
        ...{ GOOGLE_VERTEX_CREDENTIALS: JSON.stringify(account), GOOGLE_VERTEX_BASE_URL: url },
        GOOGLE_VERTEX_LOCATION: 'europe-west4',
      });
      expect(found).toContainEqual(expect.stringContaining(expected));
      expect(requests).toEqual(
        ['/token ', '/v1beta1/publishers/google/models Bearer ya29.token'].slice(0, token === 200 ? 2 : 1),
      );
      expect(found.join('\n')).not.toContain('PRIVATE KEY');
    },
  );

  it('reports an API key that Google refuses with 400', async () => {
    const url = await examined.listen((_request, response) => void response.writeHead(400).end('{}'));
    const found = await examined.examine({
      GOOGLE_GENERATIVE_AI_API_KEY: secret,
      GOOGLE_GEMINI_BASE_URL: url,
    });
    expect(found).toContainEqual(
      expect.stringContaining('FAILED google (of the environment) refuses the key (HTTP 400)'),
    );
  });

  it('calls no provider with --offline, nor one that the egress rules refuse', async () => {
    let calls = 0;
    const url = await examined.listen((_request, response) => {
      calls += 1;
      response.end();
    });
    const env = { OPENAI_API_KEY: secret, OPENAI_BASE_URL: url };
    expect(await examined.examine(env, false)).toContain('SKIPPED providers are not called (--offline)');
    const found = await examined.examine({ ...env, HEDDLE_EGRESS_ALLOW: 'api.example.com' });
    expect(found).toContainEqual(expect.stringMatching(/^FAILED openai .*HEDDLE_EGRESS_ALLOW/));
    expect(calls).toBe(0);
  });
});
