import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createRestMesh } from '#test/support/gateways/rest-mesh.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { createSampleMesh, type SampleMesh } from '#test/support/gateways/sample-subgraphs.ts';
import { modelNamesDoor } from '#test/support/model-names/model-names-door.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { openExposures } from '../auth/exposure.ts';
import { RouteTable } from '../http/route-table.ts';
import { doors } from './doors.ts';

/** Every handler, and the one that docs/contributing/add-a-door.md builds. */
const all = [...doors, modelNamesDoor];
const routes = new RouteTable(all, openExposures).list();
const handlers = new Map(all.map((door) => [door.name, door]));

interface Example {
  /** Requests that succeed, each with the path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** What stands behind the gateway; the sample mesh unless given. */
  readonly mesh?: () => SampleMesh;
  /** The message in a body of the handler's dialect. */
  readonly messageIn: (body: string) => unknown;
}

const graphqlMessage = (body: string): unknown => JSON.parse(body).errors[0].message;

const promptsMessage = (body: string): unknown => JSON.parse(body).error.message;

const openAiMessage = (body: string): unknown => JSON.parse(body).error.message;

const anthropicMessage = (body: string): unknown => JSON.parse(body).error.message;

/** A request that succeeds for each route. */
const examples: Readonly<Record<string, Example>> = {
  'GET / root-page': { path: '/', messageIn: graphqlMessage },
  'HEAD / root-page': { path: '/', messageIn: graphqlMessage },
  'GET /graphql graphql': { path: '/graphql?query=%7Bmotd%7D', messageIn: graphqlMessage },
  'POST /graphql graphql': {
    path: '/graphql',
    body: { query: '{ model(id: "m1") { name } }' },
    messageIn: graphqlMessage,
  },
  'GET /graphql explorer': {
    path: '/graphql',
    headers: { accept: 'text/html' },
    messageIn: (body) => body.trim(),
  },
  'GET /health/live health': { path: '/health/live', messageIn: graphqlMessage },
  'HEAD /health/live health': { path: '/health/live', messageIn: graphqlMessage },
  'GET /health/ready health': { path: '/health/ready', messageIn: graphqlMessage },
  'HEAD /health/ready health': { path: '/health/ready', messageIn: graphqlMessage },
  'GET /model-names/{id} model-names': {
    path: '/model-names/m1',
    messageIn: (body) => JSON.parse(body).error,
  },
  'HEAD /model-names/{id} model-names': {
    path: '/model-names/m1',
    messageIn: (body) => JSON.parse(body).error,
  },
  'POST /model-names model-names': {
    path: '/model-names',
    body: { id: 'm1' },
    messageIn: (body) => JSON.parse(body).error,
  },
  'POST /prompts/{name} prompts': {
    path: '/prompts/greet@production',
    body: { name: 'Ada' },
    mesh: createRestMesh,
    messageIn: promptsMessage,
  },
  'POST /prompts/docs prompts': {
    path: '/prompts/docs',
    body: { name: 'Ada' },
    mesh: createRestMesh,
    messageIn: promptsMessage,
  },
  ...Object.fromEntries(
    ['GET', 'HEAD'].flatMap((method) => [
      [
        `${method} /prompts/docs prompt-docs`,
        { path: '/prompts/docs', messageIn: (body: string) => body.trim() },
      ],
      [
        `${method} /prompts/docs/{file} prompt-docs`,
        { path: '/prompts/docs/swagger-ui.css', messageIn: (body: string) => body.trim() },
      ],
    ]),
  ),
  ...Object.fromEntries(
    ['GET', 'HEAD'].map((method) => [
      `${method} /prompts/openapi.json prompts`,
      { path: '/prompts/openapi.json', mesh: createRestMesh, messageIn: promptsMessage },
    ]),
  ),
  'POST /v1/chat/completions openai': {
    path: '/v1/chat/completions',
    body: { model: 'demo/echo', messages: [{ role: 'user', content: 'Hello' }] },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  'POST /v1/completions openai': {
    path: '/v1/completions',
    body: { model: 'demo/echo', prompt: 'Hello' },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  'POST /v1/embeddings openai': {
    path: '/v1/embeddings',
    body: { model: 'demo/embed', input: 'Hello' },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  ...Object.fromEntries(
    ['GET', 'HEAD'].flatMap((method) => [
      [`${method} /v1/models openai`, { path: '/v1/models', mesh: createRestMesh, messageIn: openAiMessage }],
      [
        `${method} /v1/models/{id*} openai`,
        { path: '/v1/models/demo/echo', mesh: createRestMesh, messageIn: openAiMessage },
      ],
    ]),
  ),
  'POST /v1/messages anthropic': {
    path: '/v1/messages',
    body: { model: 'demo/echo', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] },
    mesh: createRestMesh,
    messageIn: anthropicMessage,
  },
  'POST /v1/messages/count_tokens anthropic': {
    path: '/v1/messages/count_tokens',
    body: { model: 'demo/echo', messages: [{ role: 'user', content: 'Hello' }] },
    mesh: createRestMesh,
    messageIn: anthropicMessage,
  },
  ...Object.fromEntries(
    ['GET', 'HEAD'].flatMap((method) =>
      [
        ['/v1/models', '/v1/models'],
        ['/v1/models/{id*}', '/v1/models/demo/echo'],
      ].map(([pattern, path]) => [
        `${method} ${pattern} anthropic`,
        {
          path,
          headers: { 'anthropic-version': '2023-06-01' },
          mesh: createRestMesh,
          messageIn: anthropicMessage,
        },
      ]),
    ),
  ),
  'POST /v1/responses responses': {
    path: '/v1/responses',
    body: { model: 'demo/echo', input: 'Hello' },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  'POST /v1/responses/compact responses': {
    path: '/v1/responses/compact',
    body: { model: 'demo/echo', input: 'Hello' },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  ...Object.fromEntries(
    [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/cancel'],
      ['GET', '/input_items'],
    ].map(([method, rest]) => [
      `${method} /v1/responses/{id}${rest} responses`,
      { path: `/v1/responses/resp_c1${rest}`, mesh: createRestMesh, messageIn: openAiMessage },
    ]),
  ),
};

const bearer = { authorization: `Bearer ${sampleKey}` };
const ours = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});
const start = async (example?: Example, options: Parameters<typeof startSampleGateway>[0] = {}) =>
  stack.use(await startSampleGateway({ doors: all, mesh: createMesh(example), ...options }));
const createMesh = (example?: Example) => example?.mesh?.() ?? createSampleMesh();

/** The mesh with every subgraph but `tenants` replaced. */
function replaceSubgraphs(mesh: SampleMesh, executor: SubgraphExecutor): SampleMesh {
  const { tenants } = mesh.executors;
  return {
    ...mesh,
    executors: { tenants, models: executor, inference: executor, prompts: executor, usage: executor },
  };
}

interface SentRequest {
  readonly method: string;
  readonly example: Example;
}

/** Sends the example of a route, with some of it replaced. */
async function ask(
  { url }: SampleGateway,
  { method, example }: SentRequest,
  { headers = {}, body, path }: { headers?: Record<string, string>; body?: string; path?: string } = {},
) {
  const sent = body ?? (example.body === undefined ? undefined : JSON.stringify(example.body));
  const response = await fetch(`${url}${path ?? example.path}`, {
    method,
    headers: {
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...example.headers,
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const http = routes.filter(({ when }) => when?.startsWith('upgrade') !== true);
const cases = http.map(({ method, path, door, access }) => {
  const handler = handlers.get(door);
  const example = examples[`${method} ${path} ${door}`];
  if (handler === undefined || example === undefined) {
    throw new Error(`${method} ${path} of ${door} has no example here.`);
  }
  return { route: `${method} ${path} of ${door}`, method, path, door: handler, access, example };
});
/** The statuses of OVERLOADED, where a dialect has its own. */
const overloadedStatuses: Readonly<Record<string, readonly number[]>> = {
  graphql: [200, 503],
  anthropic: [529],
};
const posts = cases.filter(({ method }) => method === 'POST');

const root = resolve(import.meta.dirname, '../..');
const readPage = (page: string) => readFileSync(resolve(root, 'docs', page), 'utf8');

describe('documentation of the handlers', () => {
  it('has every path but that of the page at /, in docs/frontend.md, clients.md or operations.md', () => {
    const pages = ['frontend.md', 'clients.md', 'operations.md'].map(readPage).join('\n');
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

describe.each(cases)('$route', ({ method, path, door, access, example }) => {
  it('answers with our request id, never the client’s, and the common headers', async () => {
    const sample = await start(example);
    const ids = new Set<string | null>();
    for (let n = 0; n < 2; n++) {
      const answer = await ask(
        sample,
        { method, example },
        { headers: { ...bearer, 'x-request-id': 'mine' } },
      );
      expect(answer.status).toBe(200);
      expect(answer.text === '').toBe(method === 'HEAD');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('x-request-id')).toMatch(ours);
      ids.add(answer.headers.get('x-request-id'));
    }
    expect(ids.size).toBe(2);
  });

  it('is found whatever the query of the URL', async () => {
    const sample = await start(example);
    for (const more of ['beta=true', 'a=/b?c=%2F', '%%%', '/../x']) {
      const mark = example.path.includes('?') ? '&' : '?';
      const answer = await ask(
        sample,
        { method, example },
        { headers: bearer, path: `${example.path}${mark}${more}` },
      );
      expect([more, answer.status]).toEqual([more, 200]);
    }
  });

  it('is open to pages of other origins only where its handler states so', async () => {
    const sample = await start(example);
    const origin = { origin: 'https://elsewhere.example' };
    const answer = await ask(sample, { method, example }, { headers: { ...bearer, ...origin } });
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
    const sample = await start(example);
    const allowed = http.filter((route) => route.path === path).map((route) => route.method);
    for (const other of ['PUT', 'DELETE', 'PROPFIND', 'HEAD', 'POST'].filter(
      (one) => !allowed.includes(one),
    )) {
      const answer = await ask(sample, {
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
    const sample = await start(example, { limits: { refusalsPerSecond: 1 }, now: () => 1_000 });
    if (access === 'optional' || access === 'required')
      await ask(sample, { method, example }, { headers: bearer });
    for (let n = 0; n < 20; n++) await fetch(`${sample.url}/graphql`, { method: 'PUT' });
    const answer = await ask(sample, { method, example });
    expect(answer.status).toBe(access === 'unlimited' ? 200 : 429);
    if (access === 'unlimited') return;
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    if (method !== 'HEAD') expect(example.messageIn(answer.text)).toContain('Too many requests');
    if (access !== 'public') {
      expect((await ask(sample, { method, example }, { headers: bearer })).status).toBe(200);
    }
  });

  it('requires a key as its access states', async () => {
    const sample = await start(example);
    const wrong = { authorization: `Bearer hd_wrong_${'0123456789'.repeat(4)}` };
    const isOpen = access === 'unlimited' || access === 'public';
    const withWrong = await ask(sample, { method, example }, { headers: wrong });
    expect(withWrong.status).toBe(isOpen ? 200 : 401);
    if (!isOpen) expect(withWrong.headers.get('www-authenticate')).toBe(door.challenge);
    const without = await ask(sample, { method, example });
    expect(without.status).toBe(access === 'required' ? 401 : 200);
    if (access !== 'required') return;
    expect(without.headers.get('www-authenticate')).toBe(door.challenge);
    if (method !== 'HEAD') expect(example.messageIn(without.text)).toContain('requires an API key');
  });

  it('serves no WebSocket but by its own subprotocol', async () => {
    const sample = await start(example);
    const serves = routes.some((route) => route.path === path && route.when?.startsWith('upgrade'));
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

describe.each(posts)('the body of $route', ({ method, door, example }) => {
  it('is refused where a page of another origin could have made a browser send it', async () => {
    const sample = await start(example);
    const before = sample.mesh.calls.length;
    const basic = { authorization: `Basic ${Buffer.from(`x:${sampleKey}`).toString('base64')}` };
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      for (const headers of [{}, basic]) {
        const answer = await ask(
          sample,
          { method, example },
          { headers: { ...headers, 'content-type': type } },
        );
        expect([401, 415]).toContain(answer.status);
      }
      const keyed = await ask(sample, { method, example }, { headers: { ...bearer, 'content-type': type } });
      expect([type, keyed.status]).toEqual([type, 415]);
      expect(example.messageIn(keyed.text)).toContain('application/json');
    }
    expect(sample.mesh.calls.slice(before).filter(({ subgraph }) => subgraph !== 'tenants')).toEqual([]);
  });

  it.each([
    ['is no JSON', '{', {}, 400, 'no valid JSON'],
    ['is no object of its protocol', '[]', {}, 400, /./],
    ['is encoded', '{}', { 'content-encoding': 'gzip' }, 415, 'content-encoding'],
    ['is too large', JSON.stringify({ x: 'x'.repeat(5_000) }), {}, 413, 'larger than the 4000 bytes'],
  ] as const)('is refused where it %s', async (_what, body, headers, status, message) => {
    const sample = await start(example, { limits: { bodyBytesMax: 4_000, callBodyBytesMax: 4_000 } });
    const answer = await ask(sample, { method, example }, { headers: { ...bearer, ...headers }, body });
    expect(answer.status).toBe(status);
    expect(example.messageIn(answer.text)).toMatch(message);
  });

  it('may break off, and leaves nothing in progress', async () => {
    const sample = await start(example);
    const request = httpRequest(`${sample.url}${example.path}`, {
      method,
      headers: { ...bearer, 'content-type': 'application/json', 'content-length': 1_000 },
    });
    request.on('error', () => undefined);
    request.write('{"x":');
    await once(request, 'socket');
    await fetch(`${sample.url}/health/live`);
    request.destroy();
    await sample.gateway.stop();
  });

  /** A mesh whose models subgraph waits for the end of what is asked. */
  async function startWaiting() {
    const asked = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<unknown>();
    const waiting: SubgraphExecutor = {
      execute: ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            ended.resolve(signal.reason);
            reject(signal.reason);
          });
          asked.resolve();
        }),
    };
    const sample = await start(example, { mesh: replaceSubgraphs(createMesh(example), waiting) });
    return { sample, asked: asked.promise, ended: ended.promise };
  }

  it('leads to nothing that continues when its client has left', async () => {
    const { sample, asked, ended } = await startWaiting();
    const left = new AbortController();
    const answer = fetch(`${sample.url}${example.path}`, {
      method,
      headers: { ...bearer, 'content-type': 'application/json' },
      body: JSON.stringify(example.body),
      signal: left.signal,
    });
    await asked;
    left.abort();
    await expect(answer).rejects.toThrow();
    expect(await ended).toMatchObject({ name: 'AbortError' });
    await sample.gateway.stop();
  });

  it('is answered with the reason when the process ends first', async () => {
    const { sample, asked, ended } = await startWaiting();
    const answering = ask(sample, { method, example }, { headers: bearer });
    await asked;
    const closed = sample.gateway.close(0);
    expect(await ended).toMatchObject({ code: 'OVERLOADED' });
    const answer = await answering;
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(example.messageIn(answer.text)).toContain('shut down');
    expect(overloadedStatuses[door.name] ?? [503]).toContain(answer.status);
    await closed;
  });

  it('leads to no word of an unexpected failure in the answer', async () => {
    const failing = { execute: () => Promise.reject(new Error('the secret of the store')) };
    const sample = await start(example, { mesh: replaceSubgraphs(createMesh(example), failing) });
    const answer = await ask(sample, { method, example }, { headers: bearer });
    expect(answer.text).not.toContain('secret');
    expect(answer.text).toContain('INTERNAL');
    expect(answer.text).toContain(answer.headers.get('x-request-id') ?? '-');
  });
});

it('every example above is a route', () => {
  const known = http.map(({ method, path, door }) => `${method} ${path} ${door}`);
  expect(Object.keys(examples).filter((name) => !known.includes(name))).toEqual([]);
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
  const { text } = await ask(
    sample,
    { method: 'GET', example: { path: '/model-names/m1', messageIn: String } },
    { headers: bearer },
  );
  expect(Number(response.headers['content-length'])).toBe(text.length);
});
