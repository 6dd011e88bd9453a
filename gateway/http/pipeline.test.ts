import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type ErrorCode, errorCatalog, HeddleError } from '#core/errors.ts';
import { sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { keptLog } from '#test/support/processes/log-lines.ts';
import type { Door } from '../doors/door.ts';
import { doors } from '../doors/doors.ts';
import { BadRequest, statuses } from './problem.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

/** A handler that does what a test sets. */
function doorThat(handle: Door['handle'], more: Partial<Door> = {}): Door {
  return {
    name: 'made-up',
    paths: [{ methods: ['GET', 'POST'], pattern: '/made-up/{what}', access: 'optional' }],
    isCrossOrigin: false,
    challenge: 'Own realm="x"',
    handle,
    writeError({ response }, { status, error }) {
      response.end(`${status} ${error.extensions?.code} ${error.message}`);
    },
    ...more,
  };
}
const startWith = async (door: Door, options: Parameters<typeof startSampleGateway>[0] = {}) =>
  stack.use(await startSampleGateway({ doors: [...doors, door], ...options }));

describe('what a handler throws', () => {
  it.each(Object.keys(errorCatalog) as ErrorCode[])('has the status of its code: %s', async (code) => {
    const sample = await startWith(
      doorThat(() => {
        throw new HeddleError(code, 'Why.', { extensions: { retryAfterMs: 2_001 } });
      }),
    );
    const response = await fetch(`${sample.url}/made-up/x`);
    expect(response.status).toBe(statuses[code]);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(response.headers.get('www-authenticate')).toBe(response.status === 401 ? 'Own realm="x"' : null);
    expect(await response.text()).toBe(`${statuses[code]} ${code} Why.`);
  });

  it('has a status of its own where it is a BadRequest', async () => {
    const sample = await startWith(
      doorThat(async () => {
        throw new BadRequest(418, 'Short and stout.');
      }),
    );
    expect(await (await fetch(`${sample.url}/made-up/x`)).text()).toBe('418 BAD_USER_INPUT Short and stout.');
  });

  it('is masked and logged where it was unexpected, and cuts an answer that has begun', async () => {
    const { log, lines } = keptLog();
    const sample = await startWith(
      doorThat(async ({ response, params }) => {
        if (params.what === 'late') await new Promise((sent) => response.write('begun', sent));
        throw new Error('a word of the store');
      }),
      { log },
    );
    const early = await fetch(`${sample.url}/made-up/early`);
    expect(early.status).toBe(500);
    expect(await early.text()).not.toContain('store');
    const late = await fetch(`${sample.url}/made-up/late`);
    await expect(late.text()).rejects.toThrow();
    expect(lines.filter(({ event }) => event === 'unexpected_error')).toHaveLength(2);
  });

  it('is not logged where it is how the handler stopped for a client that has left', async () => {
    const { log, lines } = keptLog();
    const begun = Promise.withResolvers<void>();
    const sample = await startWith(
      doorThat(async ({ signal }) => {
        begun.resolve();
        await once(signal, 'abort');
        signal.throwIfAborted();
      }),
      { log },
    );
    const left = new AbortController();
    const answer = fetch(`${sample.url}/made-up/x`, { signal: left.signal });
    await begun.promise;
    left.abort();
    await expect(answer).rejects.toThrow();
    await sample.gateway.stop();
    expect(lines).toEqual([]);
  });

  it('counts as a refusal of its caller, unless the gateway is at fault', async () => {
    for (const [code, isCounted] of [
      ['BAD_USER_INPUT', true],
      ['NOT_FOUND', true],
      ['OVERLOADED', false],
      ['INTERNAL', false],
      ['QUOTA_EXCEEDED', false],
    ] as const) {
      const sample = await startWith(
        doorThat(() => {
          throw new HeddleError(code, 'Why.');
        }),
        { limits: { refusalsPerSecond: 1 }, now: () => 1_000 },
      );
      for (let n = 0; n < 12; n++) await (await fetch(`${sample.url}/made-up/x`)).text();
      const last = await fetch(`${sample.url}/graphql?query=%7Bmotd%7D`);
      expect([code, last.status]).toEqual([code, isCounted ? 429 : 200]);
    }
  });
});

describe('the access of a path', () => {
  it('identifies no caller where it is public or unlimited, so that none can be taken for one', async () => {
    for (const access of ['public', 'unlimited'] as const) {
      const sample = await startWith(
        doorThat(({ response, caller }) => void response.end(caller.kind), {
          paths: [{ methods: ['GET'], pattern: '/made-up', access }],
        }),
      );
      const response = await fetch(`${sample.url}/made-up`, {
        headers: { authorization: `Bearer ${sampleKey}` },
      });
      expect(response.status).toBe(500);
    }
  });

  it('may be turned off', async () => {
    const sample = await startWith(
      doorThat(({ response }) => void response.end('served'), {
        paths: [{ methods: ['GET'], pattern: '/made-up', access: () => 'off', webSocket: 'made-up' }],
        upgrade: () => ({ receive() {}, closeWhenIdle() {}, ended() {} }),
      }),
    );
    const response = await fetch(`${sample.url}/made-up`, {
      headers: { authorization: `Bearer ${sampleKey}` },
    });
    expect([response.status, await response.text()]).toEqual([
      404,
      '404 NOT_FOUND This path is turned off by the operator of this mesh.',
    ]);
  });
});

describe('a POST that a page of another origin could make a browser send', () => {
  const key = `Basic ${Buffer.from(`x:${sampleKey}`).toString('base64')}`;
  it.each<[what: string, headers: Record<string, string>, status: number]>([
    ['nothing', {}, 415],
    ['an empty type', { 'content-type': '' }, 415],
    ['a text', { 'content-type': 'text/plain' }, 415],
    ['a form', { 'content-type': 'Application/X-WWW-Form-URLencoded; charset=utf-8' }, 415],
    ['a form with files', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['a password that the browser adds', { authorization: key }, 415],
    ['JSON', { 'content-type': 'application/json' }, 200],
    ['a key', { authorization: `Bearer ${sampleKey}` }, 200],
    ['a key of its own header', { 'x-api-key': sampleKey, 'content-type': 'text/plain' }, 200],
  ])(
    'does not reach a handler, whether or not that reads a body: with %s',
    async (_what, headers, status) => {
      let handled = 0;
      const sample = await startWith(
        doorThat(
          ({ response }) => {
            handled++;
            response.end('x');
          },
          { paths: [{ methods: ['GET', 'POST'], pattern: '/made-up', access: 'public' }] },
        ),
      );
      const response = await fetch(`${sample.url}/made-up`, { method: 'POST', headers });
      expect([response.status, handled]).toEqual([status, status === 200 ? 1 : 0]);
      expect((await fetch(`${sample.url}/made-up`, { headers })).status).toBe(200);
    },
  );
});

describe('the access log', () => {
  const requestLines = async (accessLog: boolean) => {
    const { log, lines } = keptLog('info');
    const sample = await startWith(
      doorThat(({ response }) => void response.end('x')),
      { log, accessLog },
    );
    await (
      await fetch(`${sample.url}/made-up/secret-name?query=secret-text`, {
        headers: { 'x-request-id': 'mine' },
      })
    ).text();
    await (await fetch(`${sample.url}/graphql`, { method: 'PUT' })).text();
    return lines.filter(({ event }) => event === 'request');
  };

  it('has a line for each request where it is on, without what the client wrote', async () => {
    const lines = await requestLines(true);
    expect(lines).toMatchObject([
      {
        method: 'GET',
        path: '/made-up/{what}',
        handler: 'made-up',
        status: 200,
        isCut: false,
        clientRequestId: 'mine',
      },
      { method: 'PUT', path: '/graphql', handler: 'graphql', status: 405, keyId: null },
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({ requestId: expect.stringMatching(/-7/), durationMs: expect.any(Number) });
    }
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('is off unless requested', async () => {
    expect(await requestLines(false)).toEqual([]);
  });
});
