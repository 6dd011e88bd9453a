import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Caller, type RefusedToken, systemCaller } from '#core/caller.ts';
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { IssuerKeys } from './issuer-keys.ts';

const secret = 'the-secret-of-the-client-0123456789';
let opened: AsyncDisposableStack;
let mesh: TestTenants;
let issuer: string;

beforeAll(async () => {
  opened = new AsyncDisposableStack();
  const server = createServer((request, response) => provider.callback()(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(() => void server.close());
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'ci',
        client_secret: secret,
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
      },
    ],
    scopes: ['models:read', 'inference:invoke'],
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: 'models:read inference:invoke',
          audience: resource,
          accessTokenFormat: 'jwt',
        }),
      },
    },
  });
  const http = opened.use(createHttpFetch());
  mesh = opened.use(await startTenants(() => openTestDatabase(), { outboundFetch: http.fetch }));
  await askForData(
    mesh.subgraph,
    mesh.admin,
    'mutation ($input: IssuerInput!) { saveIssuer(input: $input) { id } }',
    {
      input: {
        ...{ id: 'provider', issuer, audience: ['urn:heddle'] },
        rules: [{ claim: 'client_id', value: 'ci', role: 'DEVELOPER', tenantId: 'default' }],
      },
    },
  );
});
afterAll(() => opened?.disposeAsync());

async function fetchToken(resource: string): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`ci:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope: 'models:read' }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function find(token: string): Promise<Caller | RefusedToken> {
  const query = 'query ($hash: String!, $token: String) { _caller(keyHash: $hash, token: $token) }';
  const hash = createHash('sha256').update(token).digest('hex');
  type Found = { _caller: Caller | RefusedToken };
  return (await askForData<Found>(mesh.subgraph, systemCaller, query, { hash, token }))._caller;
}

it('a token that another project has issued is the caller of its rule, narrowed to its scope; for another audience it is refused', async () => {
  expect(await find(await fetchToken('urn:heddle'))).toMatchObject({
    ...{ kind: 'USER', tenantId: 'default', subject: 'ci', issuerId: 'provider', scopes: ['models:read'] },
  });
  expect(await find(await fetchToken('urn:other'))).toMatchObject({ refused: 'AUDIENCE' });
});

/** RFC 7515, A.2 (RS256) and A.3 (ES256); RFC 8037, A.4 (Ed25519). */
const examples = {
  RS256: [
    {
      kty: 'RSA',
      n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
      e: 'AQAB',
    },
    'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw',
  ],
  ES256: [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  ],
  EdDSA: [
    { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  ],
} as const;

it.each(Object.entries(examples))(
  'the example of %s in its RFC is verified, and not with a changed payload',
  async (_alg, [jwk, token]) => {
    const outboundFetch = async () => new Response(JSON.stringify({ keys: [jwk] }));
    const keys = new IssuerKeys({ outboundFetch, log: pino({ level: 'silent' }) });
    const source = { _id: 'joe', issuer: 'joe', jwksUrl: 'https://joe.example/keys' };
    await keys.verify(token, source);
    const [header, payload = '', signature] = token.split('.');
    const changed = `${header}.${payload.slice(0, -4)}AAAA.${signature}`;
    await expect(keys.verify(changed, source)).rejects.toMatchObject({ problem: 'SIGNATURE' });
  },
);
