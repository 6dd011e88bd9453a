import { request as httpRequest } from 'node:http';
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway({ limits: { bodyBytesMax: 64 * 1024 } });
});
afterAll(() => sample[Symbol.asyncDispose]());

const json = { 'content-type': 'application/json' };
const bearer = { authorization: `Bearer ${sampleKey}` };

function post(body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${sample.url}/graphql`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const readCode = async (response: Response) => {
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return errors?.[0]?.extensions.code;
};

describe('GraphQL over HTTP', () => {
  it('passes every audit of graphql-http', async () => {
    const audits = serverAudits({ url: () => `${sample.url}/graphql`, fetchFn: fetch });
    const failed: string[] = [];
    for (const audit of audits) {
      const result = await audit.fn();
      if (result.status !== 'ok') failed.push(`${audit.id} ${audit.name}: ${result.reason}`);
    }
    expect(audits).toHaveLength(61);
    expect(failed).toEqual([]);
  });

  it('identifies the caller by either header', async () => {
    for (const headers of [bearer, { 'x-api-key': sampleKey }, { authorization: `bearer ${sampleKey}` }]) {
      const response = await post({ query: '{ me { tenant { name } } }' }, headers);
      expect(await response.json()).toEqual({ data: { me: { tenant: { name: 'Tenant t1' } } } });
    }
  });

  it('answers credentials that are wrong with 401, and none with what is open to everyone', async () => {
    for (const headers of [
      { authorization: 'Bearer hd_wrong_0123456789012345678901234567890123456789' },
      { authorization: 'Basic dXNlcjpwYXNz' },
      { 'x-api-key': 'nonsense' },
    ]) {
      const response = await post({ query: '{ motd }' }, headers);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await readCode(response)).toBe('UNAUTHENTICATED');
    }
    for (const headers of [{}, { authorization: 'Bearer ' }]) {
      const response = await post({ query: '{ motd me { scopes } }' }, headers);
      expect(response.status).toBe(200);
      expect(await readCode(response)).toBe('UNAUTHENTICATED');
    }
  });

  it('never echoes a key', async () => {
    const secret = 'hd_wrong_secretsecretsecretsecretsecretsecretsecret';
    const text = await (await post({ query: '{ motd }' }, { authorization: `Bearer ${secret}` })).text();
    expect(text).not.toContain('secretsecret');
  });

  it('reads by GET, and only reads', async () => {
    const get = (query: string) =>
      fetch(`${sample.url}/graphql?query=${encodeURIComponent(query)}`, { headers: bearer });
    expect(await (await get('{ motd }')).json()).toEqual({ data: { motd: 'hello' } });
    const before = sample.mesh.calls.length;
    const refused = await get('mutation { createModel(input: { name: "n" }) { id } }');
    expect(refused.status).toBe(405);
    expect(refused.headers.get('allow')).toBe('POST');
    expect(sample.mesh.calls.slice(before).filter((call) => call.subgraph === 'models')).toEqual([]);
    expect((await fetch(`${sample.url}/graphql`, { method: 'PUT' })).status).toBe(405);
  });

  it('refuses what it cannot read, and lives on', async () => {
    const cases: [unknown, Record<string, string>, number][] = [
      ['{"query": "{ motd }"', {}, 400],
      ['[{"query": "{ motd }"}]', {}, 400],
      ['null', {}, 400],
      [{ query: '{ motd }', variables: '{"a": 1}' }, {}, 400],
      [{ query: '{ motd }' }, { 'content-type': 'text/plain' }, 415],
      [{ query: '{ motd }' }, { 'content-type': 'application/json; charset=latin1' }, 415],
      [{ query: '{ motd }' }, { accept: 'image/png' }, 406],
      [
        { query: 'subscription { completionStream(input: { model: "m", text: "t" }) { sequence } }' },
        bearer,
        406,
      ],
    ];
    for (const [body, headers, status] of cases) {
      const response = await post(body, headers);
      expect([body, response.status]).toEqual([body, status]);
      expect(await readCode(response)).toBe('BAD_USER_INPUT');
    }
    expect((await post({ query: '{ motd }' })).status).toBe(200);
  });

  it('refuses a body that is too large, announced or not, with 413', async () => {
    const query = `{ motd } #${'x'.repeat(70_000)}`;
    const announced = await post({ query });
    expect(announced.status).toBe(413);
    expect(await readCode(announced)).toBe('BAD_USER_INPUT');
    const chunked = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(`${sample.url}/graphql`, { method: 'POST', headers: json }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
      request.write(JSON.stringify({ query }));
      request.end();
    });
    expect(chunked).toBe(413);
    const enormous = await post({ query: 'x'.repeat(4 * 1024 * 1024) }).then(
      (response) => response.status,
      () => 'cut off',
    );
    expect([413, 'cut off']).toContain(enormous);
  });

  it('names the request in the error of what failed unexpectedly', async () => {
    const masked = await post({ query: '{ broken }' }, { 'x-request-id': 'abc' });
    const requestId = masked.headers.get('x-request-id');
    expect(await masked.json()).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL', requestId } }],
    });
  });

  it('lets browsers of other origins in, which have no credentials but a key they send', async () => {
    const preflight = await fetch(`${sample.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization, content-type');
    expect((await post({ query: '{ motd }' })).headers.get('access-control-allow-origin')).toBe('*');
  });

  it('aborts operations in progress in the subgraphs when the client leaves', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<AbortSignal | undefined>();
    const inner = sample.mesh.executors.models;
    const models = {
      execute: (request: Parameters<typeof inner.execute>[0]) => {
        arrive(request.signal);
        return new Promise<never>(() => undefined);
      },
    };
    await using waiting = await startSampleGateway({
      mesh: { ...sample.mesh, executors: { ...sample.mesh.executors, models } },
    });
    const leave = new AbortController();
    const left = fetch(`${waiting.url}/graphql`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ query: '{ motd }' }),
      signal: leave.signal,
    }).catch(() => 'left');
    const signal = await arrived;
    const aborted = new Promise((resolve) => signal?.addEventListener('abort', resolve));
    leave.abort();
    await aborted;
    expect(await left).toBe('left');
  });

  it('answers what it does not know with 404', async () => {
    const response = await fetch(`${sample.url}/nothing`);
    expect(response.status).toBe(404);
    expect(await readCode(response)).toBe('NOT_FOUND');
  });

  it('answers a client that offers a protocol of its own', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const request = httpRequest(
        `${sample.url}/graphql`,
        {
          method: 'POST',
          headers: { ...json, connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' },
        },
        (response) => response.setEncoding('utf8').once('data', resolve),
      );
      request.once('error', reject);
      request.end('{"query":"{ motd }"}');
    });
    expect(JSON.parse(text)).toEqual({ data: { motd: 'hello' } });
  });

  it('states which compressed bodies it takes', async () => {
    const response = await post({ query: '{ motd }' }, { 'content-encoding': 'deflate' });
    expect(response.status).toBe(415);
    expect(JSON.stringify(await response.json())).toContain('gzip, br or zstd');
    for (const coding of ['identity', 'Identity', ' IDENTITY '])
      expect((await post({ query: '{ motd }' }, { 'content-encoding': coding })).status).toBe(200);
  });

  it('lets no cache keep what it answered to a caller', async () => {
    const query = encodeURIComponent('{ me { scopes } }');
    const response = await fetch(`${sample.url}/graphql?query=${query}`, {
      headers: { 'x-api-key': sampleKey },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});
