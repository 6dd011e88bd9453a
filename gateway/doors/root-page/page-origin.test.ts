import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { readPageOrigin } from './page-origin.ts';

function createRequest(socket: Socket, headers: Readonly<Record<string, string>>): IncomingMessage {
  const request = new IncomingMessage(socket);
  Object.assign(request.headers, headers);
  return request;
}

describe('the address of the page at /', () => {
  it.each([
    ['http', () => new Socket()],
    ['https', () => new TLSSocket(new Socket())],
  ])('is that of the connection: %s', (scheme, open) => {
    expect(readPageOrigin(createRequest(open(), { host: 'mesh.test' }), false)).toBe(`${scheme}://mesh.test`);
  });

  it('is that of the proxy’s client, whatever the connection to the proxy is', () => {
    const headers = { host: 'inner', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'mesh.test' };
    const request = createRequest(new TLSSocket(new Socket()), headers);
    expect(readPageOrigin(request, true)).toBe('http://mesh.test');
    expect(readPageOrigin(request, false)).toBe('https://inner');
  });
});
