import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type HeddleProcess, newAdminKey, startHeddle, temporaryDirectory } from '#test/support/mesh.ts';
import { createTestAuthority, type TestAuthority } from '../support/processes/certificates.ts';

describe('a gateway that serves its clients over TLS', () => {
  const stack = new AsyncDisposableStack();
  const adminKey = newAdminKey();
  let authority: TestAuthority;
  let heddle: HeddleProcess;
  let url: string;
  let dir: string;

  async function putCertificate() {
    const { cert, key } = await authority.issue();
    await writeFile(join(dir, 'cert.pem'), cert);
    await writeFile(join(dir, 'key.pem'), key);
  }
  beforeAll(async () => {
    authority = await createTestAuthority();
    dir = stack.use(await temporaryDirectory()).path;
    await putCertificate();
    heddle = stack.use(
      startHeddle([], {
        PORT: '0',
        HEDDLE_DATA_DIR: join(dir, 'data'),
        HEDDLE_ADMIN_KEY: adminKey,
        HEDDLE_PUBLIC_TLS_CERT: join(dir, 'cert.pem'),
        HEDDLE_PUBLIC_TLS_KEY: join(dir, 'key.pem'),
      }),
    );
    [, url = ''] = await heddle.line(/(https:\/\/127\.0\.0\.1:\d+)\/graphql/);
  });
  afterAll(() => stack.disposeAsync());

  async function post(body: unknown, headers: Record<string, string> = {}): Promise<string> {
    const options: RequestOptions = {
      method: 'POST',
      ca: authority.ca,
      headers: { 'content-type': 'application/json', 'x-api-key': adminKey, ...headers },
    };
    const sent = request(`${url}/graphql`, options).end(JSON.stringify(body));
    const [response] = await once(sent, 'response');
    return (await Array.fromAsync(response as AsyncIterable<Buffer>)).join('');
  }
  const stream =
    'subscription { completionStream(input: { model: "demo/echo", messages: [{ role: USER, content: "a b c" }] }) { __typename } }';

  it('answers over HTTPS, as server-sent events, and over WebSocket', async () => {
    expect(JSON.parse(await post({ query: '{ me { kind } }' }))).toEqual({
      data: { me: { kind: 'API_KEY' } },
    });
    expect(await post({ query: stream }, { accept: 'text/event-stream' })).toContain('CompletionFinished');
    const client = createClient({
      url: `${url.replace('https', 'wss')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(address: string | URL, protocols?: string | string[]) {
          super(address, protocols, { ca: authority.ca });
        }
      },
      connectionParams: { authorization: `Bearer ${adminKey}` },
      retryAttempts: 0,
    });
    const events = await Array.fromAsync(client.iterate({ query: stream }));
    await client.dispose();
    expect(events.at(-1)).toEqual({ data: { completionStream: { __typename: 'CompletionFinished' } } });
  });

  it('answers no plain HTTP', async () => {
    await expect(fetch(`${url.replace('https', 'http')}/health/live`)).rejects.toThrow();
  });

  it('takes a renewed certificate without a restart', { timeout: 20_000 }, async () => {
    const serialNumber = async () => {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', ca: authority.ca });
      await once(socket, 'secureConnect');
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const former = await serialNumber();
    await putCertificate();
    await heddle.line(/the certificates have changed/);
    expect(await serialNumber()).not.toBe(former);
  });

  it('ends at SIGTERM', async () => {
    expect(await heddle.end()).toBe(0);
  });
});
