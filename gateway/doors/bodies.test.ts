import { request as httpRequest } from 'node:http';
import { afterAll, describe, expect, it } from 'vitest';
import type { GatewayObserver } from '#core/observers/gateway-observer.ts';
import { type DoorExample, postCases, servedDoors } from '#test/support/gateways/door-examples.ts';
import {
  createDoorMesh,
  oncePerMesh,
  replaceSubgraphs,
  sendExample,
} from '#test/support/gateways/door-requests.ts';
import { sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';

const bearer = { authorization: `Bearer ${sampleKey}` };

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());

/** A gateway for the routes of a mesh, and how many requests and operations are in progress in it. */
async function start(example: DoorExample, options: Parameters<typeof startSampleGateway>[0] = {}) {
  let countInProgress = () => 0;
  const observer: GatewayObserver = {
    operationEnded: () => undefined,
    errorAnswered: () => undefined,
    requestAnswered: () => undefined,
    streamBegun: () => () => undefined,
    streamCut: () => undefined,
    watch(read) {
      countInProgress = () => read().inProgress;
      return { [Symbol.dispose]: () => undefined };
    },
  };
  const sample = await startSampleGateway({
    doors: servedDoors,
    mesh: createDoorMesh(example),
    observer,
    ...options,
    // The routes are refused one after the other, and all from one address.
    limits: { refusalsPerSecond: 10_000, ...options.limits },
  });
  stack.defer(() => sample[Symbol.asyncDispose]());
  return { ...sample, countInProgress: () => countInProgress() };
}
const plain = oncePerMesh(start);
const small = oncePerMesh((example) =>
  start(example, { limits: { bodyBytesMax: 4_000, callBodyBytesMax: 4_000 } }),
);
const hurried = oncePerMesh((example) => start(example, { limits: { bodyTimeoutMs: 1 } }));

/** The statuses of OVERLOADED, where a dialect has its own. */
const overloadedStatuses: Readonly<Record<string, readonly number[]>> = {
  graphql: [200, 503],
  anthropic: [529],
};

describe.each(postCases)('the body of $route', ({ method, example }) => {
  it('is refused where a page of another origin could have made a browser send it', async () => {
    const sample = await plain(example);
    const before = sample.mesh.calls.length;
    const basic = { authorization: `Basic ${Buffer.from(`x:${sampleKey}`).toString('base64')}` };
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      for (const headers of [{}, basic]) {
        const answer = await sendExample(
          sample,
          { method, example },
          { headers: { ...headers, 'content-type': type } },
        );
        expect([401, 415]).toContain(answer.status);
      }
      const keyed = await sendExample(
        sample,
        { method, example },
        { headers: { ...bearer, 'content-type': type } },
      );
      expect([type, keyed.status]).toEqual([type, 415]);
      expect(example.messageIn(keyed.text)).toContain('application/json');
    }
    expect(sample.mesh.calls.slice(before).filter(({ subgraph }) => subgraph !== 'tenants')).toEqual([]);
  });

  it.each([
    ['is no JSON', '{', {}, 400, 'no valid JSON'],
    ['is no object of its protocol', '[]', {}, 400, /./],
    ['is encoded in an unknown way', '{}', { 'content-encoding': 'deflate' }, 415, 'content-encoding'],
    ['is encoded twice', '{}', { 'content-encoding': 'gzip, br' }, 415, 'content-encoding'],
    ['is not what its encoding has', '{}', { 'content-encoding': 'zstd' }, 400, 'no valid zstd'],
    ['is too large', JSON.stringify({ x: 'x'.repeat(5_000) }), {}, 413, 'larger than the 4000 bytes'],
  ] as const)('is refused where it %s', async (_what, body, headers, status, message) => {
    const sample = await small(example);
    const answer = await sendExample(
      sample,
      { method, example },
      { headers: { ...bearer, ...headers }, body },
    );
    expect(answer.status).toBe(status);
    expect(example.messageIn(answer.text)).toMatch(message);
  });

  it('may break off, and leaves nothing in progress', async () => {
    const sample = await plain(example);
    const request = httpRequest(`${sample.url}${example.path}`, {
      method,
      headers: { ...bearer, 'content-type': 'application/json', 'content-length': 1_000 },
    });
    request.on('error', () => undefined);
    request.write('{"x":');
    await expect.poll(sample.countInProgress).toBe(1);
    request.destroy();
    await expect.poll(sample.countInProgress).toBe(0);
  });

  it('is waited for within its time, and refused with the reason afterwards', async () => {
    const sample = await hurried(example);
    const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const request = httpRequest(
        `${sample.url}${example.path}`,
        { method, headers: { ...bearer, 'content-type': 'application/json', 'content-length': 1_000 } },
        async (response) => {
          const chunks = await Array.fromAsync(response);
          resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() });
          request.destroy();
        },
      );
      request.once('error', reject);
      request.write('{"x":');
    });
    expect(answer.status).toBe(408);
    expect(example.messageIn(answer.text)).toContain('took too long');
    await expect.poll(sample.countInProgress).toBe(0);
  });
});

const graphCases = postCases.filter(({ example }) => example.callsTenantsAlone !== true);

/** A gateway before subgraphs that answer nothing, and why each operation that they were asked for has ended. */
async function startWaiting(example: DoorExample) {
  const asked: Promise<unknown>[] = [];
  const executor: SubgraphExecutor = {
    execute: ({ signal }) =>
      new Promise((_, reject) => {
        const ended = Promise.withResolvers<unknown>();
        signal?.addEventListener('abort', () => {
          ended.resolve(signal.reason);
          reject(signal.reason);
        });
        asked.push(ended.promise);
      }),
  };
  const sample = await start(example, { mesh: replaceSubgraphs(createDoorMesh(example), executor) });
  return { ...sample, asked };
}
const waiting = oncePerMesh(startWaiting);
const failing = oncePerMesh((example) => {
  const executor = { execute: () => Promise.reject(new Error('the secret of the store')) };
  return start(example, { mesh: replaceSubgraphs(createDoorMesh(example), executor) });
});

describe.each(graphCases)('the operation of $route', ({ method, door, example }) => {
  it('leads to nothing that continues when its client has left', async () => {
    const { url, asked, countInProgress } = await waiting(example);
    const before = asked.length;
    const left = new AbortController();
    const answer = fetch(`${url}${example.path}`, {
      method,
      headers: { ...bearer, 'content-type': 'application/json' },
      body: JSON.stringify(example.body),
      signal: left.signal,
    });
    await expect.poll(() => asked.length).toBeGreaterThan(before);
    left.abort();
    await expect(answer).rejects.toThrow();
    expect(await asked[before]).toMatchObject({ name: 'AbortError' });
    await expect.poll(countInProgress).toBe(0);
  });

  it('is answered with the reason when the process ends first', async () => {
    const sample = await startWaiting(example);
    const answering = sendExample(sample, { method, example }, { headers: bearer });
    await expect.poll(() => sample.asked.length).toBeGreaterThan(0);
    const closed = sample.gateway.close(0);
    expect(await sample.asked[0]).toMatchObject({ code: 'OVERLOADED' });
    const answer = await answering;
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(example.messageIn(answer.text)).toContain('shut down');
    expect(overloadedStatuses[door.name] ?? [503]).toContain(answer.status);
    await closed;
  });

  it('leads to no word of an unexpected failure in the answer', async () => {
    const sample = await failing(example);
    const answer = await sendExample(sample, { method, example }, { headers: bearer });
    expect(answer.text).not.toContain('secret');
    expect(answer.text).toContain('INTERNAL');
    expect(answer.text).toContain(answer.headers.get('x-request-id') ?? '-');
  });
});
