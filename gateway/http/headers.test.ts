import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { SampleSource } from '#test/support/gateways/sample-subgraphs.ts';
import { commonHeaders } from './headers.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway({ limits: { refusalsPerSecond: 1_000 } });
});
afterAll(() => sample[Symbol.asyncDispose]());

const json = { 'content-type': 'application/json' };
const bearer = { authorization: `Bearer ${sampleKey}` };
const motd = JSON.stringify({ query: '{ motd }' });
const stream = JSON.stringify({
  query: 'subscription { completionStream(input: { model: "m", text: "t" }) { sequence } }',
});
const [, , policy, cache] = commonHeaders;

describe('every answer', () => {
  it.each<[string, number, string, RequestInit]>([
    ['a result', 200, '/graphql', { method: 'POST', headers: { ...json, ...bearer }, body: motd }],
    ['a result of a GET', 200, '/graphql?query={motd}', {}],
    [
      'a document that is refused',
      400,
      '/graphql',
      {
        method: 'POST',
        headers: { ...json, accept: 'application/graphql-response+json' },
        body: '{"query":"{ x }"}',
      },
    ],
    [
      'a wrong key',
      401,
      '/graphql',
      { method: 'POST', headers: { ...json, authorization: 'Bearer x' }, body: motd },
    ],
    ['a wrong method', 405, '/graphql', { method: 'PUT' }],
    ['a wrong accept', 406, '/graphql', { headers: { accept: 'image/png' } }],
    [
      'a body that is too large',
      413,
      '/graphql',
      { method: 'POST', headers: json, body: `"${'x'.repeat(40_000)}"` },
    ],
    ['a wrong content type', 415, '/graphql', { method: 'POST', body: motd }],
    ['a batch', 400, '/graphql', { method: 'POST', headers: json, body: `[${motd}]` }],
    ['a preflight', 204, '/graphql', { method: 'OPTIONS' }],
    [
      'a stream',
      200,
      '/graphql',
      { method: 'POST', headers: { ...json, ...bearer, accept: 'text/event-stream' }, body: stream },
    ],
    ['the Explorer', 200, '/graphql', { headers: { accept: 'text/html' } }],
    ['the page', 200, '/', { headers: { accept: 'text/html' } }],
    ['the page as JSON', 200, '/', {}],
    ['a wrong method of the page', 405, '/', { method: 'POST' }],
    ['health', 200, '/health/live', {}],
    ['readiness', 200, '/health/ready', {}],
    ['an unknown path', 404, '/nothing', {}],
    ['a path of OpenAI', 401, '/v1/chat/completions', { method: 'POST', body: '{}' }],
  ])('has the common headers: %s', async (what, status, path, init) => {
    const source = new SampleSource([]);
    source.end();
    sample.mesh.source = source;
    const response = await fetch(`${sample.url}${path}`, init);
    const { headers } = response;
    await response.text();
    expect(response.status).toBe(status);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-request-id')).toMatch(/./);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    const isPage = what === 'the Explorer' || what === 'the page';
    if (!isPage) expect(headers.get('content-security-policy')).toBe(policy?.[1]);
    if (what === 'the Explorer') return;
    expect(headers.get('cache-control')).toContain(cache?.[1]);
  });

  it.each<[string, string, string]>([
    ['400', 'no request', 'nonsense\r\n\r\n'],
    [
      '431',
      'headers that are too large',
      `GET / HTTP/1.1\r\nhost: x\r\nx-filler: ${'x'.repeat(20_000)}\r\n\r\n`,
    ],
    [
      '404',
      'an upgrade elsewhere',
      'GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    ],
    [
      '400',
      'an upgrade that is none',
      'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    ],
  ])('has them too where there is no response of HTTP: %s for %s', async (status, _what, text) => {
    const { hostname, port } = new URL(sample.url);
    const socket = connect(Number(port), hostname);
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    for (const [name, value] of commonHeaders) expect(answer).toContain(`\r\n${name}: ${value}\r\n`);
    expect(answer).toContain('\r\nx-request-id: ');
  });
});
