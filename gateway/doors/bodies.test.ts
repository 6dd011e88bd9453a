import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type DoorExample, postCases, servedDoors } from '#test/support/gateways/door-examples.ts';
import { createDoorMesh, replaceSubgraphs, sendExample } from '#test/support/gateways/door-requests.ts';
import { sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';

const bearer = { authorization: `Bearer ${sampleKey}` };

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});
const start = async (example?: DoorExample, options: Parameters<typeof startSampleGateway>[0] = {}) =>
  stack.use(await startSampleGateway({ doors: servedDoors, mesh: createDoorMesh(example), ...options }));
/** The statuses of OVERLOADED, where a dialect has its own. */
const overloadedStatuses: Readonly<Record<string, readonly number[]>> = {
  graphql: [200, 503],
  anthropic: [529],
};

describe.each(postCases)('the body of $route', ({ method, example }) => {
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
    const sample = await start(example, { limits: { bodyBytesMax: 4_000, callBodyBytesMax: 4_000 } });
    const answer = await sendExample(
      sample,
      { method, example },
      { headers: { ...bearer, ...headers }, body },
    );
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

  it('is waited for within its time, and refused with the reason afterwards', async () => {
    const sample = await start(example, { limits: { bodyTimeoutMs: 1 } });
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
    await sample.gateway.stop();
  });
});

const graphCases = postCases.filter(({ example }) => example.callsTenantsAlone !== true);

describe.each(graphCases)('the operation of $route', ({ method, door, example }) => {
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
    const sample = await start(example, { mesh: replaceSubgraphs(createDoorMesh(example), waiting) });
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
    const answering = sendExample(sample, { method, example }, { headers: bearer });
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
    const sample = await start(example, { mesh: replaceSubgraphs(createDoorMesh(example), failing) });
    const answer = await sendExample(sample, { method, example }, { headers: bearer });
    expect(answer.text).not.toContain('secret');
    expect(answer.text).toContain('INTERNAL');
    expect(answer.text).toContain(answer.headers.get('x-request-id') ?? '-');
  });
});
