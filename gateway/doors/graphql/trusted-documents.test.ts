import { hash } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import { pushDocuments } from '#gateway/operations/own-documents.ts';
import { type SampleGateway, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { SampleSource, sampleCaller, started } from '#test/support/gateways/sample-subgraphs.ts';
import { keptLog, type LogLine } from '#test/support/processes/log-lines.ts';

const sha256 = (text: string) => hash('sha256', text, 'hex');
const motd = '{ motd }';
const mine = 'query Mine { me { scopes } }';
const shared = 'query Shared { motd }';
const stream = 'subscription S { completionStream(input: { model: "m1", text: "x" }) { sequence } }';
const apq = (text: string, hashed = sha256(text)) => ({ persistedQuery: { version: 1, sha256Hash: hashed } });

let sample: SampleGateway;
let lines: readonly LogLine[];
let clock = 1_000_000;
/** A key of each tenant and mode. */
let keys: Readonly<Record<string, string>>;
beforeAll(async () => {
  const kept = keptLog('info');
  lines = kept.lines;
  sample = await startSampleGateway({ log: kept.log, now: () => clock });
  const addKey = (tenantId: string, trustedDocuments?: TrustedDocumentsMode) =>
    sample.keyFor({
      ...sampleCaller('inference:invoke', 'tenants:write'),
      tenantId,
      appId: `${tenantId}-${trustedDocuments}`,
      keyId: `${tenantId}-${trustedDocuments}`,
      ...(trustedDocuments === undefined ? {} : { trustedDocuments }),
    });
  keys = {
    open: addKey('t1'),
    other: addKey('t2'),
    log: addKey('t1', 'LOG'),
    enforce: addKey('t1', 'ENFORCE'),
  };
  trust('t1', mine, 'mine');
  trust('', shared, 'shared');
  trust('t1', stream);
});
afterAll(() => sample?.[Symbol.asyncDispose]());

function trust(tenantId: string, text: string, id?: string): void {
  const hashed = sha256(text);
  for (const name of [hashed, `sha256:${hashed}`, ...(id === undefined ? [] : [id])]) {
    sample.mesh.documents.set(`${tenantId} ${name}`, text);
  }
}

interface Result {
  readonly status: number;
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function post(key: string, body: object, accept = 'application/json'): Promise<Result> {
  const response = await fetch(`${sample.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept,
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as object) };
}
const readCode = ({ errors }: Result) => errors?.[0]?.extensions.code;

describe('an automatic persisted query', () => {
  it('is unknown until it was sent with its hash, then its hash is enough, by POST and by GET', async () => {
    const unknown = await post(keys.open ?? '', { extensions: apq(motd) });
    expect(unknown).toMatchObject({
      status: 200,
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
    expect(await post(keys.open ?? '', { query: motd, extensions: apq(motd) })).toMatchObject({
      data: { motd: 'hello' },
    });
    expect(await post(keys.open ?? '', { extensions: apq(motd) })).toMatchObject({ data: { motd: 'hello' } });
    const search = new URLSearchParams({ extensions: JSON.stringify(apq(motd)) });
    const got = await fetch(`${sample.url}/graphql?${search}`, {
      headers: { authorization: `Bearer ${keys.open}` },
    });
    expect(await got.json()).toEqual({ data: { motd: 'hello' } });
  });

  it('of one tenant is as unknown to another, and to a client without a key, as one that was never sent', async () => {
    const text = 'query Secret { motd }';
    await post(keys.open ?? '', { query: text, extensions: apq(text) });
    for (const key of [keys.other ?? '', '']) {
      const [taken, never] = await Promise.all(
        [sha256(text), sha256('never')].map((hashed) => post(key, { extensions: apq('', hashed) })),
      );
      expect(readCode(taken as Result)).toBe('PERSISTED_QUERY_NOT_FOUND');
      expect(taken).toEqual(never);
    }
  });

  it('is refused, and not kept, where the hash is that of another text', async () => {
    const hashed = sha256('query Poisoned { motd }');
    const answer = await post(keys.open ?? '', { query: motd, extensions: apq('', hashed) });
    expect(readCode(answer)).toBe('BAD_USER_INPUT');
    expect(readCode(await post(keys.open ?? '', { extensions: apq('', hashed) }))).toBe(
      'PERSISTED_QUERY_NOT_FOUND',
    );
  });

  it('is not kept where the document is refused', async () => {
    const text = '{ nothing }';
    await post(keys.open ?? '', { query: text, extensions: apq(text) });
    expect(readCode(await post(keys.open ?? '', { extensions: apq(text) }))).toBe(
      'PERSISTED_QUERY_NOT_FOUND',
    );
  });

  it('does not rate-limit a client with a key whose queries are not known yet', async () => {
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, n) => post(keys.other ?? '', { extensions: apq(`n${n}`) })),
    );
    expect(new Set(answers.map(readCode))).toEqual(new Set(['PERSISTED_QUERY_NOT_FOUND']));
    expect(await post(keys.other ?? '', { query: '{ motd __typename }' })).toMatchObject({ status: 200 });
  });
});

describe('a trusted document is named', () => {
  it.each([
    ['by the hash of Apollo', { extensions: apq(mine) }],
    ['by an id of a manifest of Apollo', { extensions: apq('', 'mine') }],
    ['by documentId', { documentId: `sha256:${sha256(mine)}` }],
    ["by Relay's doc_id", { doc_id: 'mine' }],
    ["by Relay's id", { id: 'mine', query: null }],
  ])('%s', async (_how, body) => {
    for (const key of [keys.open, keys.log, keys.enforce]) {
      expect(await post(key ?? '', body)).toMatchObject({ data: { me: { scopes: expect.any(Array) } } });
    }
    expect(readCode(await post(keys.other ?? '', body))).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  it('by the clients of every tenant where it is of the mesh', async () => {
    for (const key of [keys.open, keys.other, '']) {
      expect(await post(key ?? '', { id: 'shared' })).toMatchObject({ data: { motd: 'hello' } });
    }
  });

  it('no longer, once the bus announces that documents have changed', async () => {
    trust('t1', 'query Gone { motd }', 'gone');
    expect(await post(keys.enforce ?? '', { id: 'gone' })).toMatchObject({ data: { motd: 'hello' } });
    sample.mesh.documents.delete('t1 gone');
    await sample.bus.publish('documents.changed', { tenantId: 't1' });
    expect(readCode(await post(keys.enforce ?? '', { id: 'gone' }))).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  it('is looked up once a minute, and one that does not exist once in five seconds', async () => {
    const count = () => sample.mesh.calls.filter(({ query }) => query.includes('_trustedDocument')).length;
    await post(keys.enforce ?? '', { id: 'mine' });
    await post(keys.enforce ?? '', { id: 'none' });
    const before = count();
    for (let n = 0; n < 3; n++) {
      await post(keys.enforce ?? '', { id: 'mine' });
      await post(keys.enforce ?? '', { id: 'none' });
    }
    expect(count()).toBe(before);
    clock += 5_001;
    await post(keys.enforce ?? '', { id: 'mine' });
    await post(keys.enforce ?? '', { id: 'none' });
    expect(count()).toBe(before + 1);
    clock += 60_001;
    await post(keys.enforce ?? '', { id: 'mine' });
    expect(count()).toBe(before + 2);
  });

  it('is never another text than its hash states', async () => {
    const hashed = sha256('query Expected { motd }');
    sample.mesh.documents.set(`t1 ${hashed}`, 'query Other { motd }');
    expect(readCode(await post(keys.enforce ?? '', { extensions: apq('', hashed) }))).toBe(
      'PERSISTED_QUERY_NOT_FOUND',
    );
  });
});

describe('an app that enforces trusted documents', () => {
  const untrusted = 'query Untrusted { motd }';

  it('refuses other documents by POST, by GET and as a persisted query, and accepts the texts of trusted ones', async () => {
    const key = keys.enforce ?? '';
    const refused = await post(key, { query: untrusted });
    expect(refused).toMatchObject({
      errors: [
        {
          message: expect.stringContaining('heddle operations push'),
          extensions: { code: 'DOCUMENT_NOT_TRUSTED', sha256: sha256(untrusted) },
        },
      ],
    });
    expect((await post(key, { query: untrusted }, 'application/graphql-response+json')).status).toBe(400);
    const got = await fetch(`${sample.url}/graphql?${new URLSearchParams({ query: untrusted })}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(readCode((await got.json()) as Result)).toBe('DOCUMENT_NOT_TRUSTED');
    expect(readCode(await post(key, { query: untrusted, extensions: apq(untrusted) }))).toBe(
      'DOCUMENT_NOT_TRUSTED',
    );
    // Kept by another app of the tenant, it is not for this one.
    await post(keys.open ?? '', { query: untrusted, extensions: apq(untrusted) });
    expect(readCode(await post(key, { extensions: apq(untrusted) }))).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect(readCode(await post(key, { query: '{ __schema { queryType { name } } }' }))).toBe(
      'DOCUMENT_NOT_TRUSTED',
    );
    expect(await post(key, { query: mine })).toMatchObject({ data: { me: {} } });
    expect(readCode(await post(key, { query: `${mine} ` }))).toBe('DOCUMENT_NOT_TRUSTED');
  });

  it('accepts the operations by which it is configured', async () => {
    // The sample graph has no such mutation: the document was read, not refused.
    expect(readCode(await post(keys.enforce ?? '', { query: pushDocuments, variables: { input: {} } }))).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('refuses them over server-sent events and WebSockets as well', async () => {
    const key = keys.enforce ?? '';
    const other = stream.replace('sequence', 'sequence __typename');
    const events = await fetch(`${sample.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${key}`,
      },
      body: JSON.stringify({ query: other }),
    });
    expect(await events.text()).toContain('"code":"DOCUMENT_NOT_TRUSTED"');
    const source = new SampleSource([started(0)]);
    source.end();
    sample.mesh.source = source;
    const client = createClient({
      url: `${sample.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      retryAttempts: 0,
    });
    const run = async (payload: object) => {
      const events: unknown[] = [];
      for await (const event of client.iterate(payload as never)) events.push(event);
      return events;
    };
    await expect(run({ query: other })).rejects.toMatchObject([
      { extensions: { code: 'DOCUMENT_NOT_TRUSTED' } },
    ]);
    expect(await run({ query: '', extensions: apq(stream) })).toEqual([
      { data: { completionStream: { sequence: 0 } } },
    ]);
    await expect(run({ query: '', documentId: 'none' })).rejects.toMatchObject([
      { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
    ]);
    await client.dispose();
  });
});

describe('an app that logs documents that are not trusted', () => {
  it('runs them, and logs each by its hash, never by its text', async () => {
    const text = 'query Unseen { motd }';
    expect(await post(keys.log ?? '', { query: text })).toMatchObject({ data: { motd: 'hello' } });
    expect(await post(keys.log ?? '', { query: mine })).toMatchObject({ data: { me: {} } });
    const logged = lines.filter(({ event }) => event === 'untrusted_document');
    expect(logged.map((line) => line.sha256)).toEqual([sha256(text)]);
    expect(logged[0]).toMatchObject({ tenantId: 't1', appId: 't1-LOG', keyId: 't1-LOG' });
    expect(JSON.stringify(lines)).not.toContain('Unseen');
  });

  it('logs an automatic persisted query that is not trusted', async () => {
    const text = 'query Kept { motd }';
    await post(keys.log ?? '', { query: text, extensions: apq(text) });
    expect(await post(keys.log ?? '', { extensions: apq(text) })).toMatchObject({ data: { motd: 'hello' } });
    expect(lines.filter((line) => line.sha256 === sha256(text))).toHaveLength(2);
  });
});

describe('a gateway', () => {
  it('applies the mode of the mesh to apps without one, and to clients without a key', async () => {
    await using strict = await startSampleGateway({ mesh: sample.mesh, trustedDocuments: 'ENFORCE' });
    const { trustedDocuments: _, ...without } = sampleCaller();
    const key = strict.keyFor(without);
    const open = strict.keyFor({ ...without, keyId: 'k2', trustedDocuments: 'OFF' });
    const send = async (auth: Record<string, string>) => {
      const response = await fetch(`${strict.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...auth },
        body: JSON.stringify({ query: motd }),
      });
      return readCode((await response.json()) as Result);
    };
    expect(await send({})).toBe('DOCUMENT_NOT_TRUSTED');
    expect(await send({ authorization: `Bearer ${key}` })).toBe('DOCUMENT_NOT_TRUSTED');
    expect(await send({ authorization: `Bearer ${open}` })).toBeUndefined();
  });

  it('that keeps no persisted queries states so by the code that clients give up on', async () => {
    await using without = await startSampleGateway({ mesh: sample.mesh, persistedQueries: false });
    const send = async (body: object) => {
      const response = await fetch(`${without.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return (await response.json()) as Result;
    };
    const text = '{ motd a: motd }';
    expect(await send({ query: text, extensions: apq(text) })).toMatchObject({ data: { motd: 'hello' } });
    expect(await send({ extensions: apq(text) })).toEqual({
      errors: [
        { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
      ],
    });
  });

  it('refuses with OVERLOADED what it cannot look up, and only logs where that is the mode', async () => {
    const { execute } = sample.mesh.executors.tenants;
    const text = 'query Down { motd }';
    Object.assign(sample.mesh.executors.tenants, {
      execute: async (request: Parameters<typeof execute>[0]) =>
        request.variables !== undefined && 'name' in request.variables
          ? { errors: [{ message: 'down' }] }
          : execute(request),
    });
    try {
      expect(readCode(await post(keys.enforce ?? '', { query: text }))).toBe('OVERLOADED');
      expect(await post(keys.log ?? '', { query: text })).toMatchObject({ data: { motd: 'hello' } });
      // What is known already is used on.
      clock += 60_001;
      expect(await post(keys.enforce ?? '', { id: 'mine' })).toMatchObject({ data: { me: {} } });
    } finally {
      Object.assign(sample.mesh.executors.tenants, { execute });
    }
  });
});
