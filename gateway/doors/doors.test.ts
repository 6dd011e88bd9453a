import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '#telemetry/metrics/metrics.ts';
import {
  type DoorExample,
  doorCases,
  doorExamples,
  doorRoutes,
  httpRoutes,
  servedDoors,
} from '#test/support/gateways/door-examples.ts';
import { createDoorMesh, oncePerMesh, sendExample } from '#test/support/gateways/door-requests.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { doors } from './doors.ts';

const { page: metrics } = createMetrics({ token: undefined, oldNames: false });
const bearer = { authorization: `Bearer ${sampleKey}` };
const ours = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
const start = async (example?: DoorExample, options: Parameters<typeof startSampleGateway>[0] = {}) =>
  stack.use(
    await startSampleGateway({
      doors: servedDoors,
      metrics,
      mesh: createDoorMesh(example),
      ...options,
      // The routes are refused one after the other, and all from one address.
      limits: { refusalsPerSecond: 10_000, ...options.limits },
    }),
  );
const findSample = oncePerMesh((example) => start(example));
/** After more refused requests than the address may send; its key was good before. */
const findThrottled = oncePerMesh(async (example) => {
  const throttled = await start(example, { limits: { refusalsPerSecond: 1 }, now: () => 1_000 });
  await fetch(`${throttled.url}/graphql?query={__typename}`, { headers: bearer });
  for (let n = 0; n < 20; n++) await fetch(`${throttled.url}/graphql`, { method: 'PUT' });
  return throttled;
});
const root = resolve(import.meta.dirname, '../..');
const readPage = (page: string) => readFileSync(resolve(root, 'docs', page), 'utf8');

describe('documentation of the handlers', () => {
  it('has every path but that of the page at /, in docs/frontend.md, clients.md, operations.md or scim.md', () => {
    const pages = ['frontend.md', 'clients.md', 'operations.md', 'scim.md'].map(readPage).join('\n');
    const spans = [...pages.matchAll(/`([^`\n]+)`/g)].flatMap(([, span = '']) => span.split(' '));
    const paths = doors.flatMap((door) => door.paths).map(({ pattern }) => pattern.replace('*}', '}'));
    expect(paths.filter((path) => path !== '/' && !spans.includes(path))).toEqual([]);
  });

  it('has every header that a handler reads or sets, in docs/frontend.md', () => {
    const page = readPage('frontend.md');
    const sources = globSync('gateway/doors/**/*.ts', { cwd: root }).filter(
      (file) => !file.endsWith('.test.ts'),
    );
    const headers = new Set(
      sources.flatMap(
        (file) =>
          readFileSync(resolve(root, file), 'utf8').match(
            /(?<=['`])(?:x-heddle-[a-z-]+|idempotency-key)(?=['`])/g,
          ) ?? [],
      ),
    );
    expect(headers.size).toBeGreaterThan(5);
    expect([...headers].filter((header) => !page.includes(`\`${header}\``))).toEqual([]);
  });
});

describe.each(doorCases)('$route', ({ method, path, door, access, example }) => {
  const { status: success = 200 } = example;
  let sample: SampleGateway;
  beforeAll(async () => {
    sample = await findSample(example);
  });

  it('answers with our request id, never the client’s, and the common headers', async () => {
    const ids = new Set<string | null>();
    for (let n = 0; n < 2; n++) {
      const answer = await sendExample(
        sample,
        { method, example },
        { headers: { ...bearer, 'x-request-id': 'mine' } },
      );
      expect(answer.status).toBe(success);
      expect(answer.text === '').toBe(method === 'HEAD' || success === 204);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('x-request-id')).toMatch(ours);
      ids.add(answer.headers.get('x-request-id'));
    }
    expect(ids.size).toBe(2);
  });

  it('is found whatever the query of the URL', async () => {
    for (const more of ['beta=true', 'a=/b?c=%2F', '%%%', '/../x']) {
      const mark = example.path.includes('?') ? '&' : '?';
      const answer = await sendExample(
        sample,
        { method, example },
        { headers: bearer, path: `${example.path}${mark}${more}` },
      );
      expect([more, answer.status]).toEqual([more, success]);
    }
  });

  it('is open to pages of other origins only where its handler states so', async () => {
    const origin = { origin: 'https://elsewhere.example' };
    const answer = await sendExample(sample, { method, example }, { headers: { ...bearer, ...origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(door.isCrossOrigin ? '*' : null);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const preflight = await fetch(`${sample.url}${example.path}`, {
      method: 'OPTIONS',
      headers: {
        ...origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'x-a',
      },
    });
    expect(preflight.status).toBe(door.isCrossOrigin ? 204 : 405);
    const methods = preflight.headers.get('access-control-allow-methods');
    if (door.isCrossOrigin) expect(methods?.split(', ')).toContain(method);
    else expect(methods).toBeNull();
  });

  it('refuses another method with 405, what is allowed, and an error in its dialect', async () => {
    const allowed = httpRoutes.filter((route) => route.path === path).map((route) => route.method);
    for (const other of ['PUT', 'DELETE', 'PROPFIND', 'HEAD', 'POST'].filter(
      (one) => !allowed.includes(one),
    )) {
      const answer = await sendExample(sample, {
        method: other,
        example: { ...example, headers: {}, body: undefined },
      });
      expect([other, answer.status]).toEqual([other, 405]);
      expect(answer.headers.get('allow')?.split(', ').toSorted()).toEqual([...new Set(allowed)].sort());
      expect(answer.headers.get('x-request-id')).toMatch(ours);
      const isShared = door.name === 'explorer';
      if (other !== 'HEAD' && !isShared) expect(example.messageIn(answer.text)).toContain('served by');
    }
  });

  it('is answered after too many refused requests only where it is unlimited, or with a good key', async () => {
    const throttled = await findThrottled(example);
    const answer = await sendExample(throttled, { method, example });
    expect(answer.status).toBe(access === 'unlimited' ? success : 429);
    if (access === 'unlimited') return;
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    if (method !== 'HEAD') expect(example.messageIn(answer.text)).toContain('Too many requests');
    if (access !== 'public') {
      expect((await sendExample(throttled, { method, example }, { headers: bearer })).status).toBe(success);
    }
  });

  it('requires a key as its access states', async () => {
    const wrong = { authorization: `Bearer hd_wrong_${'0123456789'.repeat(4)}` };
    const isOpen = access === 'unlimited' || access === 'public';
    const withWrong = await sendExample(sample, { method, example }, { headers: wrong });
    expect(withWrong.status).toBe(isOpen ? success : 401);
    if (!isOpen) expect(withWrong.headers.get('www-authenticate')).toBe(door.challenge);
    const without = await sendExample(sample, { method, example });
    expect(without.status).toBe(access === 'required' ? 401 : success);
    if (access !== 'required') return;
    expect(without.headers.get('www-authenticate')).toBe(door.challenge);
    if (method !== 'HEAD') expect(example.messageIn(without.text)).toContain('requires an API key');
  });

  it('serves no WebSocket but by its own subprotocol', async () => {
    const serves = doorRoutes.some((route) => route.path === path && route.when?.startsWith('upgrade'));
    const served = serves ? /^HTTP\/1.1 101 / : /^HTTP\/1.1 404 /;
    expect(await upgradeAt(sample, example.path, bearer)).toMatch(served);
    const isRefused = serves && access === 'required';
    for (const headers of [{}, { authorization: `Bearer hd_wrong_${'0123456789'.repeat(4)}` }]) {
      expect(await upgradeAt(sample, example.path, headers)).toMatch(isRefused ? /^HTTP\/1.1 401 / : served);
    }
  });
});

async function upgradeAt(
  { url }: SampleGateway,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  stack.defer(() => void socket.destroy());
  const head = `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n`;
  const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `${head}${own.join('')}sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  const [answer] = await once(socket, 'data');
  return String(answer);
}

it('every example is a route', () => {
  const known = httpRoutes.map(({ method, path, door }) => `${method} ${path} ${door}`);
  expect(Object.keys(doorExamples).filter((name) => !known.includes(name))).toEqual([]);
});

it('a path of no handler is 404, whatever the method', async () => {
  const sample = await start();
  for (const path of [
    '/nothing',
    '/graphql/',
    '//graphql',
    '/GRAPHQL',
    '/model-names/',
    '/model-names/%zz',
    '/health',
  ]) {
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
      const response = await fetch(`${sample.url}${path}`, { method });
      await response.text();
      expect([path, method, response.status]).toEqual([path, method, 404]);
      expect(response.headers.get('x-request-id')).toMatch(ours);
    }
  }
});

it('docs/contributing/add-a-door.md shows the handler that this suite runs', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const [, shown = ''] = /```ts\n([\s\S]*?)```/.exec(read('docs/contributing/add-a-door.md')) ?? [];
  const plain = (text: string) =>
    text
      .replaceAll(/^ {3}/gm, '')
      .replaceAll("'../../", "'#gateway/")
      .replaceAll("'../", "'#gateway/doors/")
      .trim()
      .split('\n')
      .map((line) => line.trimEnd());
  expect(plain(shown)).toEqual(read('test/support/model-names/model-names-door.ts').trim().split('\n'));
});

it('an unread answer of a HEAD has the length that a GET has', async () => {
  const sample = await start();
  const request = httpRequest(`${sample.url}/model-names/m1`, { method: 'HEAD', headers: bearer });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { text } = await sendExample(
    sample,
    { method: 'GET', example: { path: '/model-names/m1', messageIn: String } },
    { headers: bearer },
  );
  expect(Number(response.headers['content-length'])).toBe(text.length);
});
