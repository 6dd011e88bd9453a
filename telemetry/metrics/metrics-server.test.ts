import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestAuthority, createTlsSource } from '#test/support/processes/certificates.ts';
import { createMetrics } from './metrics.ts';
import { type MetricsServer, serveMetrics } from './metrics-server.ts';

const token = 'a-token-of-a-test-0123456789';
const opened = new AsyncDisposableStack();
afterAll(() => opened.disposeAsync());

async function serve(withToken: boolean): Promise<MetricsServer> {
  const { page } = createMetrics({ token: withToken ? token : undefined, oldNames: false });
  const log = pino({ level: 'silent' });
  return opened.use(await serveMetrics({ page, host: '127.0.0.1', port: 0, log }));
}
const guarded = await serve(true);
const local = await serve(false);

/** The status of a request with exactly these headers. */
function readStatus(url: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request(url, { headers, method, setHost: headers.host === undefined }, (response) => {
    response.resume().on('end', () => resolve(response.statusCode ?? 0));
  })
    .on('error', reject)
    .end();
  return promise;
}

describe('the port of metrics', () => {
  it.each([
    ['the token', { authorization: `Bearer ${token}` }, 200],
    ['the token and the scheme in small letters', { authorization: `bearer ${token}` }, 200],
    ['no token', {}, 401],
    ['another token', { authorization: `Bearer ${token}x` }, 401],
    ['a part of the token', { authorization: `Bearer ${token.slice(0, -1)}` }, 401],
    ['an empty token', { authorization: 'Bearer ' }, 401],
    ['another scheme', { authorization: `Basic ${token}` }, 401],
    ['the token as a key', { 'x-api-key': token }, 401],
  ])('with a token answers a request with %s', async (_what, headers, status) => {
    expect(await readStatus(guarded.url, headers)).toBe(status);
  });

  it.each([
    ['of this machine', {}, 200],
    ['of a proxy', { 'x-forwarded-for': '203.0.113.7' }, 403],
    ['of another proxy', { forwarded: 'for=203.0.113.7' }, 403],
    ['of a third proxy', { via: '1.1 proxy' }, 403],
    ['of a page whose name was bound to this machine', { host: 'evil.example' }, 403],
    ['of a name that begins like this machine', { host: 'localhost.evil.example' }, 403],
  ])('without a token answers a request %s', async (_what, headers, status) => {
    expect(await readStatus(local.url, headers)).toBe(status);
  });

  it('serves nothing else', async () => {
    const headers = { authorization: `Bearer ${token}` };
    expect(await readStatus(guarded.url.replace('/metrics', '/'), headers)).toBe(404);
    expect(await readStatus(guarded.url.replace('/metrics', '/graphql'), headers)).toBe(404);
    expect(await readStatus(guarded.url, headers, 'POST')).toBe(405);
    expect(await readStatus(guarded.url, headers, 'HEAD')).toBe(200);
  });

  it('names the scheme of its refusals, and never the token', async () => {
    const response = await fetch(guarded.url, { headers: { authorization: 'Bearer wrong' } });
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.text()).not.toContain(token);
  });

  it('serves HTTPS with the certificate of the process, and with a renewed one without a start', async () => {
    const authority = await createTestAuthority();
    const certificate = createTlsSource(await authority.issuePart('inference'));
    const { page } = createMetrics({ token, oldNames: false });
    const log = pino({ level: 'silent' });
    await using served = await serveMetrics({ page, host: '127.0.0.1', port: 0, certificate, log });
    expect(served.url).toMatch(/^https:/);
    /** The status of an answer, and the serial number of the certificate that it came with. */
    const read = () => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly [number | undefined, string]>();
      const options = { ca: authority.ca, agent: false, headers: { authorization: `Bearer ${token}` } };
      requestTls(served.url, options, (response) => {
        const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
        response.resume().on('end', () => resolve([response.statusCode, serialNumber]));
      })
        .on('error', reject)
        .end();
      return promise;
    };
    const [status, first] = await read();
    certificate.change(await authority.issuePart('inference'));
    const [statusAfter, second] = await read();
    expect([status, statusAfter]).toEqual([200, 200]);
    expect(second).not.toBe(first);
  });
});
