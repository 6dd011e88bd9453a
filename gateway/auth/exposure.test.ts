import { once } from 'node:events';
import { getIntrospectionQuery } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { anonymousCaller } from '#core/caller.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { type Exposure, exposures, type IntrospectionExposure, isExposed } from './exposure.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const start = async (introspection: IntrospectionExposure, explorer: Exposure = 'on') =>
  stack.use(await startSampleGateway({ exposures: { introspection, explorer } }));

const bearer = { authorization: `Bearer ${sampleKey}` };
type Result = { data?: unknown; errors?: { message: string; extensions: { code: string } }[] };
type Ask = (sample: SampleGateway, query: string, key: boolean, variables?: unknown) => Promise<Result>;

const overPost: Ask = async ({ url }, query, key, variables) => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key ? bearer : {}) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Result;
};
const overGet: Ask = async ({ url }, query, key, variables = {}) => {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
  return (await (await fetch(`${url}/graphql?${search}`, { headers: key ? bearer : {} })).json()) as Result;
};
const overSocket: Ask = async ({ url }, query, key, variables) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
  stack.defer(() => socket.terminate());
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: key ? bearer : {} }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }));
  const [data] = await once(socket, 'message');
  const { type, payload } = JSON.parse(String(data));
  return type === 'error' ? { errors: payload } : payload;
};
const ways: readonly [string, Ask][] = [
  ['POST', overPost],
  ['GET', overGet],
  ['WebSocket', overSocket],
];

const introspections = [
  getIntrospectionQuery(),
  '{ __schema { queryType { name } } }',
  '{ a: __type(name: "Query") { name } }',
  '{ ...f } fragment f on Query { ... { __type(name: "Query") { name } } }',
  'query ($no: Boolean = false) { motd __schema @include(if: $no) { queryType { name } } }',
];
const suggested: readonly [string, unknown?][] = [
  ['{ modl(id: "m1") { id } }'],
  ['{ model(ID: "m1") { id } }'],
  ['{ model(id: "m1") { nam } }'],
  ['{ ... on Quer { motd } }'],
  ['mutation { createModel(input: { nam: "x" }) { id } }'],
  ['mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', { input: { nam: 'x' } }],
];

describe.each(ways)('introspection over %s', (way, ask) => {
  const messages = async (...asked: Parameters<Ask>) => {
    const { errors = [] } = await ask(...asked);
    expect(errors).not.toEqual([]);
    return errors.map(({ message }) => message).join(' ');
  };

  it('and suggestions are for all callers where it is on', async () => {
    const sample = await start('on');
    expect((await ask(sample, introspections[1] ?? '', false)).data).toBeDefined();
    const [query] = suggested[0] ?? [''];
    expect((await ask(sample, query, false)).errors?.[0]?.message).toContain('Did you mean');
  });

  it('is for callers with a key where it is authenticated, and so are suggestions', async () => {
    const sample = await start('authenticated');
    for (const query of introspections) {
      expect((await ask(sample, query, false)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
      expect((await ask(sample, query, true)).errors).toBeUndefined();
    }
    for (const [query, variables] of suggested) {
      if (way === 'GET' && query.startsWith('mutation')) continue;
      expect(await messages(sample, query, false, variables)).not.toContain('Did you mean');
      expect(await messages(sample, query, true, variables)).toContain('Did you mean');
    }
  });

  it('shows a caller with a key what its scopes reach where it is role, and suggests nothing', async () => {
    const sample = await start('role');
    const query = '{ __type(name: "Mutation") { fields { name } } }';
    expect((await ask(sample, query, false)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const { data } = await ask(sample, query, true);
    expect(JSON.stringify(data)).toContain('createModel');
    // The same document, of a caller with fewer scopes.
    const response = await fetch(`${sample.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${sample.keyFor(sampleCaller('inference:invoke'))}`,
      },
      body: JSON.stringify({ query }),
    });
    const narrow = await response.text();
    expect(narrow).toContain('"complete"');
    expect(narrow).not.toContain('createModel');
    const [wrong] = suggested[0] ?? [''];
    expect(await messages(sample, wrong, true)).not.toContain('Did you mean');
  });

  it('is closed where it is off, and neither are suggestions; __typename is', async () => {
    const sample = await start('off');
    for (const query of introspections) {
      expect((await ask(sample, query, true)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
    for (const [query, variables] of suggested) {
      if (way === 'GET' && query.startsWith('mutation')) continue;
      expect(await messages(sample, query, true, variables)).not.toContain('Did you mean');
    }
    expect(await ask(sample, '{ __typename motd }', false)).toEqual({
      data: { __typename: 'Query', motd: 'hello' },
    });
  });
});

it('what is for callers with a key is refused to all others, also to a caller that is not known', () => {
  const withKey = { ...anonymousCaller, kind: 'API_KEY' } as const;
  const open = exposures.map((exposure) =>
    [withKey, anonymousCaller, undefined].map((caller) => isExposed(exposure, caller)),
  );
  expect(open).toEqual([
    [true, true, true],
    [true, false, false],
    [false, false, false],
  ]);
});

describe('the Explorer', () => {
  const get = ({ url }: SampleGateway, headers: Record<string, string> = {}) =>
    fetch(`${url}/graphql`, { headers: { accept: 'text/html', ...headers } });
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });

  it('is sent compressed, once: then the browser has it', async () => {
    const sample = await start('on');
    const response = await get(sample);
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, 'gzip']);
    expect(Number(response.headers.get('content-length'))).toBeLessThan(4_000_000);
    expect(response.headers.get('cache-control')).toBe('public, max-age=600');
    expect(response.headers.get('vary')).toBe('accept, accept-encoding');
    await response.body?.cancel();
    const again = await get(sample, { 'if-none-match': response.headers.get('etag') ?? '' });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await get(sample, { 'accept-encoding': 'identity' })).status).toBe(406);
  });

  it('counts as several refused requests, so that no client gets it sent without end', async () => {
    const sample = stack.use(
      await startSampleGateway({ limits: { refusalsPerSecond: 1 }, now: () => 1_000 }),
    );
    const statuses = [];
    for (let n = 0; n < 4; n++) {
      const response = await get(sample);
      statuses.push(response.status);
      await response.body?.cancel();
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it('requests a key from the browser where it is authenticated', async () => {
    const sample = await start('on', 'authenticated');
    for (const headers of [{}, basic('x', 'wrong'), basic('', ''), { authorization: 'Basic ?' }]) {
      const response = await get(sample, headers);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm="Heddle Explorer"/);
    }
    for (const headers of [basic('x', sampleKey), basic(sampleKey, ''), bearer]) {
      const response = await get(sample, headers);
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'private, no-cache']);
      await response.body?.cancel();
    }
    const operation = await fetch(`${sample.url}/graphql?query={motd}`, { headers: basic('x', sampleKey) });
    expect(operation.status).toBe(401);
  });

  it('is not there where it is off', async () => {
    const sample = await start('on', 'off');
    expect((await get(sample, bearer)).status).toBe(404);
    const root = await fetch(sample.url, { headers: { accept: 'text/html' } });
    expect(await root.text()).not.toContain('Explorer');
    expect(await (await fetch(sample.url)).json()).toMatchObject({ graph: '/graphql', explorer: null });
  });
});
