import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgress } from '#core/egress.ts';
import { createHttpFetch } from './http-fetch.ts';

let server: Server;
let port: number;
let requests = 0;

beforeAll(async () => {
  server = createServer((_request, response) => {
    requests += 1;
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => server.close());

describe('a connection to a provider', () => {
  it.each([
    ['127.0.0.1', '10.0.0.0/8'],
    ['localhost', '10.0.0.0/8'],
    ['localhost', 'other.example.com'],
    ['[::ffff:127.0.0.1]', '10.0.0.0/8'],
  ])('is not made to %s where only %s is allowed', async (host, allowed) => {
    await using http = createHttpFetch({ egress: createEgress(allowed) });
    const before = requests;
    await expect(http.fetch(`http://${host}:${port}/`)).rejects.toMatchObject({
      code: 'NO_ROUTE',
      retryable: false,
      message: expect.stringContaining('HEDDLE_EGRESS_ALLOW'),
    });
    expect(requests).toBe(before);
  });

  it.each([
    ['127.0.0.1', '127.0.0.0/8'],
    ['localhost', '127.0.0.1, ::1'],
    ['localhost', 'localhost'],
  ])('is made to %s where %s is allowed', async (host, allowed) => {
    await using http = createHttpFetch({ egress: createEgress(allowed) });
    const response = await http.fetch(`http://${host}:${port}/`);
    expect(response.status).toBe(200);
    await response.text();
  });

  it('is judged by the address that a name stands for now', async () => {
    // A name that was harmless when the provider was made, and stands for a metadata service when it is called.
    const rebound = createEgress();
    await using http = createHttpFetch({
      egress: {
        ...rebound,
        refusalOfAddress: (_address, name) => rebound.refusalOfAddress('169.254.169.254', name),
      },
    });
    await expect(http.fetch(`http://localhost:${port}/`)).rejects.toMatchObject({
      code: 'NO_ROUTE',
      message: expect.stringContaining('169.254.169.254'),
    });
  });

  it.each(['169.254.169.254', '2852039166', '[::ffff:169.254.169.254]', 'metadata.google.internal'])(
    'is never made to %s',
    async (host) => {
      await using http = createHttpFetch();
      await expect(http.fetch(`http://${host}/latest/meta-data`)).rejects.toMatchObject({ code: 'NO_ROUTE' });
    },
  );
});
