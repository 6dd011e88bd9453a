import { request as httpRequest } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { delta, SampleSource } from '#test/support/gateways/sample-subgraphs.ts';
import { acceptedEncoding } from './send.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway();
});
afterAll(() => sample[Symbol.asyncDispose]());

const schema = '{ __schema { types { name description fields { name description type { name kind } } } } }';

/** An answer as it came over the wire. */
function post(query: string, headers: Record<string, string>) {
  return new Promise<{ headers: NodeJS.Dict<string | string[]>; body: Buffer }>((resolve, reject) => {
    const request = httpRequest(
      `${sample.url}/graphql`,
      { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      async (response) =>
        resolve({ headers: response.headers, body: Buffer.concat(await response.toArray()) }),
    );
    request.on('error', reject);
    request.end(JSON.stringify({ query }));
  });
}

describe('acceptedEncoding', () => {
  it.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['deflate', undefined],
    ['gzip', 'gzip'],
    ['GZIP, deflate', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['gzip;q=0', undefined],
    ['*', 'br'],
    ['*;q=0.1, br;q=0', 'gzip'],
    ['gzip;q=x', undefined],
  ])('of %j is %j', (header, encoding) => {
    expect(acceptedEncoding(header)).toBe(encoding);
  });
});

describe('a long answer', () => {
  it('is compressed as the client accepts it, and states what it depends on', async () => {
    const plain = await post(schema, {});
    expect(plain.body.length).toBeGreaterThan(8 * 1024);
    expect(plain.headers).toMatchObject({
      vary: 'accept-encoding',
      'content-length': `${plain.body.length}`,
    });
    expect(plain.headers).not.toHaveProperty('content-encoding');
    for (const [encoding, open] of [
      ['gzip', gunzipSync],
      ['br', brotliDecompressSync],
    ] as const) {
      const { headers, body } = await post(schema, { 'accept-encoding': encoding });
      expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'accept-encoding' });
      expect(body.length).toBeLessThan(plain.body.length / 4);
      expect(open(body).equals(plain.body)).toBe(true);
    }
  });

  it('is short otherwise: then it is sent as it is', async () => {
    const { headers, body } = await post('{ motd }', { 'accept-encoding': 'gzip, br' });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(JSON.parse(String(body))).toEqual({ data: { motd: 'hello' } });
  });

  it('is none of a stream: its events are not compressed', async () => {
    for (const accept of ['text/event-stream', 'multipart/mixed;subscriptionSpec=1.0']) {
      const source = new SampleSource([delta(0, 'x'.repeat(20_000))]);
      source.end();
      sample.mesh.source = source;
      const query =
        'subscription { completionStream(input: { model: "m", text: "t" }) { ... on TextDelta { text } } }';
      const key = { authorization: `Bearer ${sampleKey}` };
      const { headers, body } = await post(query, { ...key, accept, 'accept-encoding': 'gzip, br' });
      expect(headers).not.toHaveProperty('content-encoding');
      expect(String(body)).toContain('x'.repeat(20_000));
    }
  });
});
