import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type SampleGateway, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const start = async (options: Parameters<typeof startSampleGateway>[0] = {}) =>
  stack.use(await startSampleGateway(options));

async function post(
  { url }: Pick<SampleGateway, 'url'>,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; code: string | undefined; retryAfter: string | null }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return {
    status: response.status,
    code: errors?.[0]?.extensions.code,
    retryAfter: response.headers.get('retry-after'),
  };
}

const motd = { query: '{ motd }' };
const wrong = (n: number) => ({ authorization: `Bearer hd_wrong${n}_${'0'.repeat(40)}` });

async function openSocket({ url }: SampleGateway, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws'], { headers });
  stack.defer(() => socket.terminate());
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return socket;
}

/** The acknowledgement, or the code of the close. */
async function init(socket: WebSocket, payload?: Record<string, string>): Promise<unknown> {
  const answered = Promise.race([
    once(socket, 'message').then(([data]) => JSON.parse(String(data)).type as string),
    once(socket, 'close').then(([code]) => code as number),
  ]);
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  return answered;
}

describe('behind a trusted proxy', () => {
  const proxied = async (options: Parameters<typeof startSampleGateway>[0] = {}) => {
    const sample = await start({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'], ...options });
    const key = sample.keyFor({
      ...sampleCaller('inference:invoke'),
      keyId: 'k9',
      allowedIps: ['9.9.9.0/24'],
    });
    return { sample, headers: { authorization: `Bearer ${key}` } };
  };

  it.each<[Record<string, string>, number]>([
    [{ 'x-forwarded-for': '9.9.9.9' }, 200],
    [{ 'x-forwarded-for': '1.1.1.1, 9.9.9.9, 10.0.0.1' }, 200],
    [{ forwarded: 'for="9.9.9.9:80";proto=https' }, 200],
    [{ 'x-forwarded-for': '9.9.9.9, 1.1.1.1' }, 403],
    [{ 'x-forwarded-for': '9.9.9.9, nonsense' }, 403],
    [{ 'x-forwarded-for': '1.1.1.1', forwarded: 'for=9.9.9.9' }, 403],
    [{}, 403],
  ])(
    'the address that a key may be used from is the client’s, over HTTP and WebSocket: %j',
    async (forwarded, status) => {
      const { sample, headers } = await proxied();
      expect((await post(sample, motd, { ...headers, ...forwarded })).status).toBe(status);
      const socket = await openSocket(sample, forwarded);
      expect(await init(socket, headers)).toBe(status === 200 ? 'connection_ack' : 4403);
      if (status === 200) {
        expect(sample.mesh.calls.at(-1)?.request.clientAddress).toBe('9.9.9.9');
      }
    },
  );

  it('a request counts as a connection of its client until it is answered, and no longer', async () => {
    const { sample } = await proxied({ limits: { connectionsPerAddressMax: 2 } });
    for (let n = 0; n < 8; n++) {
      expect((await post(sample, motd, { 'x-forwarded-for': '6.6.6.6' })).status).toBe(200);
    }
  });

  it('headers of others are not read', async () => {
    const { sample, headers } = await proxied({ trustedProxies: ['10.0.0.0/8'] });
    for (const forwarded of [{ 'x-forwarded-for': '9.9.9.9' }, { forwarded: 'for=9.9.9.9' }]) {
      expect((await post(sample, motd, { ...headers, ...forwarded })).status).toBe(403);
    }
  });

  it('each client has bounds of its own', async () => {
    const { sample } = await proxied({
      limits: { refusalsPerSecond: 1, anonymousSocketsMax: 1, connectionsPerAddressMax: 2 },
      now: () => 1_000,
    });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    for (let n = 0; n < 10; n++) await post(sample, motd, { ...wrong(n), ...from('1.1.1.1') });
    expect((await post(sample, motd, from('1.1.1.1'))).status).toBe(429);
    expect((await post(sample, motd, from('2.2.2.2'))).status).toBe(200);
    expect(await init(await openSocket(sample, from('3.3.3.3')))).toBe('connection_ack');
    expect(await init(await openSocket(sample, from('3.3.3.3')))).toBe(1013);
    expect(await init(await openSocket(sample, from('4.4.4.4')))).toBe('connection_ack');
    for (let n = 0; n < 2; n++) await openSocket(sample, from('5.5.5.5'));
    expect((await post(sample, motd, from('5.5.5.5'))).status).toBe(429);
    expect((await post(sample, motd, from('6.6.6.6'))).status).toBe(200);
  });
});
