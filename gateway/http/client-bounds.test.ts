import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { post, sendInit } from '#test/support/gateways/bounded-clients.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const start = async (options: Parameters<typeof startSampleGateway>[0] = {}) =>
  stack.use(await startSampleGateway(options));

const motd = { query: '{ motd }' };
const bearer = { authorization: `Bearer ${sampleKey}` };
const wrong = (n: number) => ({ authorization: `Bearer hd_wrong${n}_${'0'.repeat(40)}` });

async function openSocket({ url }: SampleGateway, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws'], { headers });
  stack.defer(() => socket.terminate());
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return socket;
}

describe('requests that are refused', () => {
  it('are answered with 429 and Retry-After from a bound on, without a lookup, while good keys are served', async () => {
    const clock = { ms: Date.now() };
    const sample = await start({ now: () => clock.ms });
    expect((await post(sample, motd, bearer)).status).toBe(200);
    const answers = [];
    for (let n = 0; n < 40; n++) {
      answers.push(
        ...(await Promise.all(Array.from({ length: 10 }, (_, k) => post(sample, motd, wrong(n * 10 + k))))),
      );
    }
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(150);
    expect(limited[0]).toEqual({ status: 429, code: 'RATE_LIMITED', retryAfter: '1' });
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(400 - limited.length);
    const lookups = sample.mesh.calls.length;
    expect((await post(sample, motd, wrong(1_000))).status).toBe(429);
    expect((await post(sample, motd)).status).toBe(429);
    expect(sample.mesh.calls).toHaveLength(lookups);
    expect((await post(sample, motd, bearer)).status).toBe(200);
    clock.ms += 2_000;
    expect((await post(sample, motd, wrong(1_001))).status).toBe(401);
  });

  it.each<[string, unknown, Record<string, string>]>([
    ['documents that are invalid', { query: '{ nothing }' }, {}],
    ['fields that need a key', { query: '{ me { scopes } }' }, {}],
    ['bodies that are no JSON', '{', {}],
    ['content types that are wrong', motd, { 'content-type': 'text/plain' }],
    ['answers that cannot be written', motd, { accept: 'image/png' }],
    ['bodies that are too large', { query: `{ motd } #${'x'.repeat(40_000)}` }, {}],
  ])('count when they are %s', async (_what, body, headers) => {
    const sample = await start({ limits: { refusalsPerSecond: 1 }, now: () => 1_000 });
    expect((await post(sample, body, headers)).status).not.toBe(429);
    for (let n = 0; n < 9; n++) await post(sample, body, headers);
    expect((await post(sample, motd)).status).toBe(429);
  });

  it('count against a key where there is one, not against its address, and then refuse its new documents alone', async () => {
    const sample = await start({ limits: { refusalsPerSecond: 1 }, now: () => 1_000 });
    const key = sample.keyFor({ ...sampleCaller('inference:invoke'), keyId: 'k1', keyLineId: 'k1' });
    const headers = { authorization: `Bearer ${key}` };
    expect((await post(sample, motd, headers)).status).toBe(200);
    for (let n = 0; n < 50; n++) await post(sample, { query: '{ nothing }' }, headers);
    const answer = await post(sample, { query: '{ nothingElse }' }, headers);
    expect(answer).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect((await post(sample, motd, headers)).status).toBe(200);
    expect((await post(sample, { query: '{ a: motd }' })).status).toBe(200);
  });

  it('leave a few lookups a second to keys that were not seen yet, and none to what is no key or was refused', async () => {
    const clock = { ms: 1_000 };
    const sample = await start({ limits: { refusalsPerSecond: 1 }, now: () => clock.ms });
    const unseen = (n: number) => ({
      authorization: `Bearer hd_k${n}_${createHash('sha256').update(`${n}`).digest('hex')}`,
    });
    for (let n = 0; n < 20; n++) await post(sample, { query: '{ nothing }' });
    expect((await post(sample, motd)).status).toBe(429);
    const lookups = () => sample.mesh.calls.length;
    const before = lookups();
    for (const no of ['Bearer', 'Bearer hd_short', `Basic hd_${'x'.repeat(40)}`, wrong(1).authorization]) {
      expect((await post(sample, motd, { authorization: no })).status, no).toBe(429);
    }
    expect(lookups()).toBe(before);
    expect((await post(sample, motd, unseen(0))).status).toBe(401);
    expect((await post(sample, motd, unseen(0))).status).toBe(429);
    // A good key is looked up once; then it is known.
    for (let n = 0; n < 10; n++) expect((await post(sample, motd, bearer)).status).toBe(200);
    const statuses = [];
    for (let n = 1; n < 10; n++) statuses.push((await post(sample, motd, unseen(n))).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429, 429, 429, 429]);
    expect(lookups() - before).toBe(5 + 10);
    const late = sample.keyFor({ ...sampleCaller('inference:invoke'), keyId: 'late', keyLineId: 'late' });
    expect((await post(sample, motd, { authorization: `Bearer ${late}` })).status).toBe(429);
    clock.ms += 1_000;
    expect((await post(sample, motd, { authorization: `Bearer ${late}` })).status).toBe(200);
  });

  it('let the requests of one key through that come while it is looked up', async () => {
    const sample = await start({ limits: { refusalsPerSecond: 1 }, now: () => 1_000 });
    for (let n = 0; n < 20; n++) await post(sample, { query: '{ nothing }' });
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(sample, motd, bearer)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it('count over WebSockets too, and close those that come after with 1013', async () => {
    const sample = await start({ limits: { refusalsPerSecond: 1 }, now: () => 1_000 });
    for (let n = 0; n < 10; n++) {
      expect(await sendInit(await openSocket(sample), wrong(n))).toBe(4401);
    }
    expect(await sendInit(await openSocket(sample), wrong(11))).toBe(1013);
    expect(await sendInit(await openSocket(sample))).toBe(1013);
    expect((await post(sample, motd)).status).toBe(429);
  });

  it('count over an anonymous WebSocket, whose operations are then refused', async () => {
    const sample = await start({ limits: { refusalsPerSecond: 1 }, now: () => 1_000 });
    const socket = await openSocket(sample);
    expect(await sendInit(socket)).toBe('connection_ack');
    const codes: string[] = [];
    for (let n = 0; n < 11; n++) {
      socket.send(JSON.stringify({ id: `${n}`, type: 'subscribe', payload: { query: '{ nothing }' } }));
      const [data] = await once(socket, 'message');
      codes.push(JSON.parse(String(data)).payload[0].extensions.code);
    }
    expect(codes[0]).toBe('BAD_USER_INPUT');
    expect(codes[10]).toBe('RATE_LIMITED');
  });
});

/** Sends a part of a body and answers how the request ended. */
function sendPart(
  { url }: SampleGateway,
  part: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/graphql`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
      request.destroy();
    });
    request.once('error', reject);
    request.write(part);
  });
}

describe('bodies', () => {
  const json = { 'content-type': 'application/json' };
  const large = { query: `{ motd } #${'x'.repeat(100_000)}` };

  it('are small without a key', async () => {
    const sample = await start();
    expect((await post(sample, large)).status).toBe(413);
    expect((await post(sample, large, bearer)).status).toBe(200);
  });

  it('are not waited for before the caller is known', async () => {
    const sample = await start();
    const headers = { ...json, 'content-length': '1000000' };
    expect(await sendPart(sample, '{', { ...headers, ...wrong(1) })).toBe(401);
    expect(await sendPart(sample, '{', headers)).toBe(413);
  });

  it('have a time within which they must arrive', async () => {
    const sample = await start({ limits: { bodyTimeoutMs: 90 } });
    const headers = { ...json, 'content-length': '1000' };
    expect(await sendPart(sample, '{', headers)).toBe(408);
    expect(await sendPart(sample, '{', { ...headers, ...bearer })).toBe(408);
  });

  it('that are read at once are bounded for a caller, and returned when they break off', async () => {
    const bodyBytesMax = 40_000;
    const sample = await start({ limits: { bodyBytesMax, bodiesBytesMax: 100_000 } });
    const arrived = () => new Promise<void>((resolve) => setImmediate(resolve));
    const slow = Array.from({ length: 2 }, () => {
      const request = httpRequest(`${sample.url}/graphql`, {
        method: 'POST',
        headers: { ...json, ...bearer, 'content-length': '40000' },
      });
      request.on('error', () => undefined);
      request.write('x'.repeat(39_900));
      return request;
    });
    const body = { query: `{ motd } #${'x'.repeat(1_000)}` };
    let answer = await post(sample, body, bearer);
    while (answer.status === 200) {
      await arrived();
      answer = await post(sample, body, bearer);
    }
    expect(answer).toMatchObject({ status: 429, code: 'RATE_LIMITED', retryAfter: '1' });
    for (const request of slow) request.destroy();
    while ((await post(sample, body, bearer)).status !== 200) await arrived();
  });
});

describe('WebSockets', () => {
  it('take small messages alone until a key was shown', async () => {
    const sample = await start();
    const pad = 'x'.repeat(100_000);
    for (const isComplete of [true, false]) {
      const socket = await openSocket(sample);
      const closed = once(socket, 'close');
      socket.send(`{"type":"ping","payload":{"x":"${pad}"}}`, { fin: isComplete });
      expect((await closed)[0]).toBe(1009);
    }
    const anonymous = await openSocket(sample);
    await sendInit(anonymous);
    const closed = once(anonymous, 'close');
    anonymous.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: `{ motd } #${pad}` } }));
    expect((await closed)[0]).toBe(1009);
    const known = await openSocket(sample);
    await sendInit(known, bearer);
    known.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: `{ motd } #${pad}` } }));
    const [data] = await once(known, 'message');
    expect(JSON.parse(String(data))).toMatchObject({ type: 'next', payload: { data: { motd: 'hello' } } });
  });

  it('without a key are bounded for each address', async () => {
    const sample = await start({ limits: { anonymousSocketsMax: 3 } });
    const sockets = [];
    for (let n = 0; n < 3; n++) {
      const socket = await openSocket(sample);
      expect(await sendInit(socket)).toBe('connection_ack');
      sockets.push(socket);
    }
    expect(await sendInit(await openSocket(sample))).toBe(1013);
    expect(await sendInit(await openSocket(sample), bearer)).toBe('connection_ack');
    const [first] = sockets;
    first?.close();
    if (first !== undefined) await once(first, 'close');
    expect(await sendInit(await openSocket(sample))).toBe('connection_ack');
  });
});

describe('connections', () => {
  it('of one address are bounded', async () => {
    const sample = await start({ limits: { connectionsPerAddressMax: 1 } });
    const { hostname, port } = new URL(sample.url);
    const open = async () => {
      const socket = connect(Number(port), hostname);
      stack.defer(() => void socket.destroy());
      const ended = once(socket, 'close').then(() => 'closed');
      socket.on('error', () => undefined);
      socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
      socket.resume();
      return Promise.race([ended, once(socket, 'data').then(() => 'answered')]);
    };
    const ends = [];
    for (let n = 0; n < 12; n++) ends.push(await open());
    expect(ends).toEqual([...Array.from({ length: 10 }, () => 'answered'), 'closed', 'closed']);
  });
});

describe('answers with the schema', () => {
  it('are made one in each turn of the event loop, so that other connections are served between them', async () => {
    const { url } = await start();
    const { port, host } = new URL(url);
    const order: (string | undefined)[] = [];
    const note = (message: unknown) => {
      order.push((message as { readonly request: IncomingMessage }).request.url);
    };
    const open = async () => {
      const socket = connect(Number(port), '127.0.0.1');
      stack.defer(() => void socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    const [busy, other] = [await open(), await open()];
    const body = JSON.stringify({ query: '{ __schema { queryType { name } } }' });
    const head = `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`;
    const asked = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    // The document is prepared then: what takes a turn is the answer alone.
    busy.write(asked);
    await once(busy, 'data');
    subscribe('http.server.response.finish', note);
    stack.defer(() => {
      unsubscribe('http.server.response.finish', note);
    });
    busy.write(asked.repeat(40));
    other.write(`GET /health/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await expect.poll(() => order.length).toBe(41);
    expect(order.indexOf('/health/live')).toBeLessThan(10);
  });

  it('count against an address without a key, and not against a key', async () => {
    const sample = await start({ limits: { refusalsPerSecond: 1 }, now: () => 0 });
    const schema = { query: '{ __schema { queryType { name } } }' };
    await post(sample, schema, bearer);
    let answered = 0;
    while (answered < 20 && (await post(sample, schema)).status === 200) answered++;
    expect(answered).toBeGreaterThan(5);
    expect(answered).toBeLessThan(11);
    for (let asked = 0; asked < 20; asked++) expect((await post(sample, schema, bearer)).status).toBe(200);
  });
});
