import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { HeddleError } from '#core/errors.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import {
  delta,
  finished,
  SampleSource,
  sampleCaller,
  started,
} from '#test/support/gateways/sample-subgraphs.ts';
import { keptLog, type LogLine } from '#test/support/processes/log-lines.ts';

const { log, lines } = keptLog();
let sample: SampleGateway;
const keys: Record<string, string> = {};
const nowMs = Date.now();

beforeAll(async () => {
  sample = await startSampleGateway({ log, limits: { costMax: 500 }, now: () => nowMs });
  keys.plain = sample.keyFor({ ...sampleCaller(), keyId: 'k-plain' });
  keys.ended = sample.keyFor({ ...sampleCaller(), keyId: 'k-ended', expiresAtMs: nowMs });
  keys.archived = sample.keyFor({ archived: 'app', caller: { ...sampleCaller(), keyId: 'k-archived' } });
  keys.elsewhere = sample.keyFor({ ...sampleCaller(), keyId: 'k-elsewhere', allowedIps: ['192.0.2.1'] });
});
afterAll(() => sample[Symbol.asyncDispose]());
beforeEach(() => {
  lines.length = 0;
});

const post = (key: string | null, body: unknown, headers: Record<string, string> = {}, url = sample.url) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-request-id': 'theirs',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: JSON.stringify(body),
  });

const selectEvents = (event: string) => lines.filter((line) => line.event === event);

const base = { event: 'refused', clientRequestId: 'theirs', clientAddress: '127.0.0.1' };
const level = { info: 30, warn: 40 };

/** Reads the response until the text has come; fails where it ends before. */
async function untilText(response: Response, wanted: string): Promise<void> {
  const reader = response.body?.getReader();
  for (let text = ''; !text.includes(wanted); ) {
    const { done, value = new Uint8Array() } = (await reader?.read()) ?? { done: true };
    if (done) throw new Error(`The response ended without ${wanted}: ${text}`);
    text += Buffer.from(value);
  }
}

describe('a refusal', () => {
  it('of a key that cannot be looked up is one line, with the cause', async () => {
    vi.spyOn(sample.mesh.executors.tenants, 'execute').mockRejectedValueOnce(new Error('It is away.'));
    const { status } = await post('hd_never_seen', { query: '{ motd }' });
    expect(status).toBe(503);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('It is away.');
  });

  it.each<[string, string | null, object, Record<string, string>, LogLine]>([
    [
      'an unknown key',
      'hd_nobody',
      { query: '{ motd }' },
      {},
      {
        level: level.warn,
        code: 'UNAUTHENTICATED',
        reason: 'UNKNOWN',
        keyId: null,
        keyFingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
      },
    ],
    [
      'a malformed credential',
      null,
      { query: '{ motd }' },
      { authorization: 'Basic x' },
      { level: level.warn, code: 'UNAUTHENTICATED', reason: 'MALFORMED', keyId: null },
    ],
    [
      'a key that is too long',
      'x'.repeat(600),
      { query: '{ motd }' },
      {},
      { level: level.warn, code: 'UNAUTHENTICATED', reason: 'MALFORMED', keyId: null },
    ],
    [
      'an expired key',
      'ended',
      { query: '{ motd }' },
      {},
      { level: level.warn, code: 'UNAUTHENTICATED', reason: 'EXPIRED', keyId: 'k-ended', tenantId: 't1' },
    ],
    [
      'a key of an archived app',
      'archived',
      { query: '{ motd }' },
      {},
      {
        level: level.warn,
        code: 'UNAUTHENTICATED',
        reason: 'ARCHIVED',
        keyId: 'k-archived',
        tenantId: 't1',
      },
    ],
    [
      'an address that is not allowed',
      'elsewhere',
      { query: '{ motd }' },
      {},
      { level: level.warn, code: 'FORBIDDEN', reason: 'ADDRESS', keyId: 'k-elsewhere', tenantId: 't1' },
    ],
    [
      'no credential',
      null,
      { query: 'mutation { m: createModel(input: { name: "x" }) { id } }' },
      {},
      {
        level: level.warn,
        code: 'UNAUTHENTICATED',
        field: 'Mutation.createModel',
        keyId: null,
        tenantId: null,
      },
    ],
    [
      'a missing scope',
      'plain',
      { query: 'mutation { m: createModel(input: { name: "x" }) { id } }' },
      {},
      {
        level: level.warn,
        code: 'FORBIDDEN',
        field: 'Mutation.createModel',
        keyId: 'k-plain',
        tenantId: 't1',
      },
    ],
    [
      'two fields of a query, below aliases and fragments',
      'plain',
      {
        query:
          'query { mine: model(id: "m1") { ...F b: replacedBy { wholesalePrice } } } fragment F on Model { again: replacedBy { p: price } }',
      },
      {},
      { level: level.warn, code: 'FORBIDDEN', field: 'Model.price', fields: 2, keyId: 'k-plain' },
    ],
    [
      'a document that is too costly',
      'plain',
      { query: '{ models(first: 200) { edges { node { id replacedBy { id replacedBy { id } } } } } }' },
      {},
      { level: level.info, code: 'GRAPH_COST_EXCEEDED', keyId: 'k-plain' },
    ],
    [
      'a document that nests too deep',
      'plain',
      { query: `{ model(id: "m1") { ${'replacedBy { '.repeat(30)} id ${'}'.repeat(30)} } }` },
      {},
      { level: level.info, code: 'GRAPH_COST_EXCEEDED', keyId: 'k-plain' },
    ],
  ])('is one line: %s', async (_what, key, body, headers, expected) => {
    const response = await post(key === null ? null : (keys[key] ?? key), body, headers);
    await response.text();
    expect(lines).toEqual([expect.objectContaining({ ...base, ...expected })]);
    expect(lines[0]?.requestId).toBe(response.headers.get('x-request-id'));
  });

  const refusing = (
    code:
      | 'PROVIDER_AUTH'
      | 'QUOTA_EXCEEDED'
      | 'BUDGET_EXCEEDED'
      | 'NO_ROUTE'
      | 'OVERLOADED'
      | 'ACCESS_PENDING',
    details: object,
  ) => {
    const error = new HeddleError(code, 'words of a client', { extensions: { ...details } });
    return vi.spyOn(sample.mesh.executors.models, 'execute').mockResolvedValueOnce({
      data: { motd: null },
      errors: [Object.assign(error, { path: ['motd'] }) as never],
    });
  };

  it.each([
    [
      'QUOTA_EXCEEDED',
      level.info,
      { meter: 'REQUESTS', window: 'MINUTE', subject: 'key:k', retryAfterMs: 5 },
    ],
    ['BUDGET_EXCEEDED', level.info, { meter: 'COST', window: 'MONTH', subject: 'budget:b' }],
    ['ACCESS_PENDING', level.info, {}],
    ['NO_ROUTE', level.warn, {}],
    ['PROVIDER_AUTH', level.warn, { retryAfterMs: 30_000 }],
    ['OVERLOADED', level.warn, { retryAfterMs: 1_000 }],
  ] as const)('of a subgraph is one line of the gateway: %s', async (code, expectedLevel, details) => {
    refusing(code, { ...details, words: 'of a client' });
    await post(keys.plain ?? '', { query: '{ said: motd }' });
    expect(lines).toEqual([
      {
        ...base,
        level: expectedLevel,
        code,
        field: 'Query.motd',
        keyId: 'k-plain',
        tenantId: 't1',
        requestId: expect.any(String),
        msg: 'a request was refused',
        ...details,
      },
    ]);
  });

  it('of a call that has a row is logged where it failed, and not again', async () => {
    refusing('BUDGET_EXCEEDED', { completionId: 'c1' });
    await post(keys.plain ?? '', { query: '{ motd }' });
    expect(lines).toEqual([]);
  });

  it('over a WebSocket is a line too: of its credential, of a document, of a field', async () => {
    const connect = (key: string) =>
      createClient({
        url: `${sample.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${key}` },
        retryAttempts: 0,
      });
    const ask = async (key: string, query: string) => {
      const client = connect(key);
      await new Promise<void>((over) =>
        client.subscribe({ query }, { next: () => undefined, error: () => over(), complete: over }),
      );
      await client.dispose();
      return lines.splice(0).map(({ code, reason, field, keyId }) => ({ code, reason, field, keyId }));
    };
    expect(await ask('hd_unknown', '{ motd }')).toEqual([
      { code: 'UNAUTHENTICATED', reason: 'UNKNOWN', field: undefined, keyId: null },
    ]);
    expect(
      await ask(keys.plain ?? '', '{ models(first: 200) { edges { node { replacedBy { id } } } } }'),
    ).toEqual([{ code: 'GRAPH_COST_EXCEEDED', reason: undefined, field: null, keyId: 'k-plain' }]);
    expect(await ask(keys.plain ?? '', 'mutation { x: retireModel(id: "m") { id } }')).toEqual([
      { code: 'FORBIDDEN', reason: undefined, field: 'Mutation.retireModel', keyId: 'k-plain' },
    ]);
  });

  it('is none where a request is merely wrong', async () => {
    for (const body of [
      { query: '{ nothing }' },
      { query: '{' },
      {},
      { query: 'mutation { retireModel(id: "x") { id } }' },
    ]) {
      await post(sampleKey, body);
    }
    expect(selectEvents('refused')).toEqual([]);
  });

  it('in a flood is a bounded number of lines', async () => {
    const flooded = sample.keyFor({ ...sampleCaller(), keyId: 'k-flood', allowedIps: ['192.0.2.1'] });
    for (let n = 0; n < 60; n++) await post(flooded, { query: '{ motd }' });
    expect(selectEvents('refused')).toHaveLength(5);
  });
});

describe('a stream', () => {
  const STREAM = {
    query:
      'subscription { s: completionStream(input: { model: "m", text: "t" }) { __typename ... on TextDelta { text } } }',
  };
  const first = { ...started(0), stream: { completionId: 'c1', ended: false } };

  /** What a subgraph yields, with the notes that it adds for the gateway. */
  function subscribeTo(results: AsyncIterable<unknown>) {
    vi.spyOn(sample.mesh.executors.inference, 'execute').mockResolvedValueOnce(results as never);
  }
  async function* noted(end: 'LAST' | 'LOST' | 'AWAY' | 'SLOW' | 'THROWS' | Promise<unknown>) {
    yield { data: { completionStream: first }, extensions: { stream: { completionId: 'c1', ended: false } } };
    yield { data: { completionStream: delta(1, 'a') } };
    if (end === 'LAST')
      yield {
        data: { completionStream: finished(2) },
        extensions: { stream: { completionId: 'c1', ended: true } },
      };
    else if (end === 'LOST')
      yield { errors: [{ message: 'broke', extensions: { code: 'INTERNAL', completionId: 'c1' } }] };
    else if (end === 'AWAY')
      yield { errors: [{ message: 'away', extensions: { code: 'OVERLOADED', subgraph: 'inference' } }] };
    else if (end === 'SLOW')
      yield { errors: [{ message: 'slow', extensions: { code: 'OVERLOADED', completionId: 'c1' } }] };
    else if (end === 'THROWS') throw new HeddleError('NOT_FOUND', 'gone');
    else await end;
  }
  const sse = async (signal?: AbortSignal) =>
    fetch(`${sample.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${sampleKey}`,
      },
      body: JSON.stringify(STREAM),
      ...(signal === undefined ? {} : { signal }),
    });
  const cut = {
    event: 'cut',
    completionId: 'c1',
    field: 'Subscription.completionStream',
    keyId: expect.anything(),
  };

  it('that reaches its last event leaves no line', async () => {
    subscribeTo(noted('LAST'));
    expect(await (await sse()).text()).toContain('CompletionFinished');
    expect(lines).toEqual([]);
  });

  it.each([
    ['LOST', 'CONNECTION_LOST', 'INTERNAL'],
    ['AWAY', 'CONNECTION_LOST', 'OVERLOADED'],
    ['SLOW', 'SLOW_READER', 'OVERLOADED'],
    ['THROWS', 'FAILED', 'NOT_FOUND'],
  ] as const)('that ends by an error is one line: %s', async (end, reason, code) => {
    subscribeTo(noted(end));
    await (await sse()).text();
    expect(lines).toEqual([expect.objectContaining({ ...cut, level: level.warn, reason, code })]);
  });

  it('whose client leaves is one line', async () => {
    const never = Promise.withResolvers<void>();
    subscribeTo(noted(never.promise));
    const leave = new AbortController();
    const response = await sse(leave.signal);
    await untilText(response, 'TextDelta');
    leave.abort();
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect(lines).toEqual([expect.objectContaining({ ...cut, level: level.info, reason: 'CLIENT_GONE' })]);
    never.resolve();
  });

  it('whose gateway stops is one line that reports it', async () => {
    const own = keptLog();
    const stopping = await startSampleGateway({ log: own.log });
    const never = Promise.withResolvers<void>();
    vi.spyOn(stopping.mesh.executors.inference, 'execute').mockResolvedValueOnce(
      noted(never.promise) as never,
    );
    const socket = new WebSocket(`${stopping.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const next = Promise.withResolvers<void>();
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data));
      if (type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: STREAM }));
      if (type === 'next') next.resolve();
    });
    socket.send(
      JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${sampleKey}` } }),
    );
    await next.promise;
    await stopping.gateway.close(0);
    expect(own.lines).toEqual([
      expect.objectContaining({ event: 'cut', reason: 'PROCESS_STOPPING', completionId: 'c1' }),
    ]);
    never.resolve();
    await stopping[Symbol.asyncDispose]();
  });

  it('that refuses a field in every event leaves one line for it', async () => {
    const source = new SampleSource([started(0), delta(1, 'a'), finished(2)]);
    source.end();
    sample.mesh.source = source;
    const key = sample.keyFor({ ...sampleCaller('inference:invoke'), keyId: 'k-stream' });
    const query =
      'subscription { completionStream(input: { model: "m", text: "t" }) { __typename ... on CompletionStarted { model { price } } ... on CompletionFinished { completion { model { price } } } } }';
    const response = await post(key, { query }, { accept: 'text/event-stream' });
    await response.text();
    expect(selectEvents('refused')).toEqual([
      expect.objectContaining({ code: 'FORBIDDEN', field: 'Model.price', keyId: 'k-stream' }),
    ]);
  });
});
