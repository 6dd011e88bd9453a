import { Readable } from 'node:stream';
import {
  brotliCompressSync,
  constants,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startWireServer } from '../testing/wire-server.ts';
import { createHttpFetch, type HttpFetch } from './http-fetch.ts';

describe('http fetch', () => {
  const open: HttpFetch[] = [];
  const make = (options?: Parameters<typeof createHttpFetch>[0]) => {
    const http = createHttpFetch(options);
    open.push(http);
    return http;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((http) => http.close()));
  });

  it('returns status, headers and body as fetch does', async () => {
    await using server = await startWireServer((response, request) => {
      response.writeHead(201, {
        'content-type': 'application/json',
        'x-two': ['a', 'b'],
        'set-cookie': ['c=1', 'd=2'],
      });
      response.end(request.body);
    });
    const { fetch } = make();
    const response = await fetch(`${server.url}/path?q=1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'x-none': 'kept' },
      body: '{"ä":1}',
    });
    expect(response).toMatchObject({ status: 201, ok: true, statusText: 'Created', redirected: false });
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(response.headers.get('x-two')).toBe('a, b');
    expect(response.headers.getSetCookie()).toEqual(['c=1', 'd=2']);
    expect(Object.fromEntries(response.headers)).toMatchObject({ 'content-type': 'application/json' });
    expect(await response.json()).toEqual({ ä: 1 });
    expect(server.requests[0]).toMatchObject({ path: '/path?q=1', body: '{"ä":1}' });
    expect(server.requests[0]?.headers).toMatchObject({
      'x-none': 'kept',
      'content-length': '8',
      'accept-encoding': 'identity',
    });
  });

  it('reads a body through a web stream, as bytes and as text', async () => {
    await using server = await startWireServer((response) => void response.end('grüße'));
    const { fetch } = make();
    const body = (await fetch(server.url)).body?.pipeThrough(new TextDecoderStream());
    const pieces: string[] = [];
    for await (const piece of body ?? []) pieces.push(piece);
    expect(pieces.join('')).toBe('grüße');
    expect((await (await fetch(server.url)).arrayBuffer()).byteLength).toBe(7);
    expect(await (await fetch(server.url)).text()).toBe('grüße');
  });

  it('keeps the connection for the next call, and follows no redirect', async () => {
    await using server = await startWireServer(
      (response) => void response.writeHead(302, { location: '/b' }).end('x'),
    );
    const { fetch } = make();
    for (let call = 0; call < 6; call++) {
      const response = await fetch(server.url);
      expect([response.status, await response.text()]).toEqual([302, 'x']);
    }
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('rejects with the reason of the abort before the response, and closes the connection', async () => {
    const arrived = Promise.withResolvers<void>();
    await using server = await startWireServer(() => arrived.resolve());
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    const pending = make().fetch(server.url, { signal: abort.signal });
    await arrived.promise;
    abort.abort(reason);
    await expect(pending).rejects.toBe(reason);
    expect(await server.closed(0)).toBe(true);
    await expect(make().fetch(server.url, { signal: abort.signal })).rejects.toBe(reason);
  });

  it('rejects with the reason of the abort while the body is read, and closes the connection', async () => {
    await using server = await startWireServer((response) => void response.write('begun'));
    const abort = new AbortController();
    const reason = new Error('enough');
    const response = await make().fetch(server.url, { signal: abort.signal });
    const reading = response.text();
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(await server.closed(0)).toBe(true);
  });

  it('closes the connection when the body is cancelled', async () => {
    await using server = await startWireServer((response) => void response.write('begun'));
    const response = await make().fetch(server.url);
    await response.body?.cancel();
    expect(await server.closed(0)).toBe(true);
  });

  it('takes no more from the socket than is read', async () => {
    let sent = 0;
    function* blocks() {
      for (; sent < 64 * 1024 * 1024; sent += 65_536) yield Buffer.alloc(65_536);
    }
    await using server = await startWireServer((response) => void Readable.from(blocks()).pipe(response));
    const response = await make().fetch(server.url);
    let before = -1;
    await vi.waitUntil(
      () => {
        const still = sent === before;
        before = sent;
        return still && sent > 0;
      },
      { interval: 200 },
    );
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    await response.body?.cancel();
  });

  it('refuses a response over its bound', async () => {
    await using server = await startWireServer((response) => void response.end('x'.repeat(2000)));
    const response = await make({ responseBytesMax: 1000 }).fetch(server.url);
    await expect(response.text()).rejects.toThrow('larger than 1000 bytes');
  });

  const codings: Readonly<Record<string, (data: string) => Buffer>> = {
    gzip: gzipSync,
    'x-gzip': gzipSync,
    deflate: deflateSync,
    'deflate, without its frame': deflateRawSync,
    br: brotliCompressSync,
    zstd: zstdCompressSync,
    'gzip, br': (data) => brotliCompressSync(gzipSync(data)),
    'GZIP, identity': gzipSync,
  };

  it.each(Object.entries(codings))(
    'takes the coding %s off, however the bytes are cut',
    async (name, compress) => {
      const body = compress('{"ä":1}');
      await using server = await startWireServer(async (response) => {
        response.writeHead(400, { 'content-encoding': name.replace(', without its frame', '') });
        for (const byte of body) await new Promise((resolve) => response.write(Buffer.of(byte), resolve));
        response.end();
      });
      expect(await (await make().fetch(server.url)).json()).toEqual({ ä: 1 });
      const pieces: string[] = [];
      for await (const piece of (await make().fetch(server.url)).body?.pipeThrough(new TextDecoderStream()) ??
        [])
        pieces.push(piece);
      expect(pieces.join('')).toBe('{"ä":1}');
    },
  );

  it('returns what was compressed and flushed before the response ends', async () => {
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    await using server = await startWireServer((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      gzip.pipe(response);
      gzip.write('first');
    });
    const response = await make().fetch(server.url);
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
    const second = reader?.read();
    gzip.end('second');
    expect(Buffer.from((await second)?.value ?? []).toString()).toBe('second');
    expect((await reader?.read())?.done).toBe(true);
  });

  it('bounds what a compressed response comes to', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    await using server = await startWireServer((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(bomb);
    });
    const response = await make({ responseBytesMax: 1024 * 1024 }).fetch(server.url);
    await expect(response.text()).rejects.toThrow('larger than 1048576 bytes');
  });

  it.each([
    ['a coding that it does not know', 'compress', Buffer.from('x')],
    ['too many codings', 'gzip, gzip, gzip, gzip', Buffer.from('x')],
    ['bytes that are not of the coding', 'gzip', Buffer.from('no gzip at all')],
  ])('refuses %s', async (_, coding, body) => {
    await using server = await startWireServer((response) => {
      response.writeHead(200, { 'content-encoding': coding });
      response.end(body);
    });
    await expect((await make().fetch(server.url)).text()).rejects.toThrow();
  });

  it('reads an empty body of any coding, and closes a compressed body that is left', async () => {
    let end = true;
    await using server = await startWireServer((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      if (end) response.end();
      else response.write(gzipSync('x'));
    });
    expect(await (await make().fetch(server.url)).text()).toBe('');
    end = false;
    await (await make().fetch(server.url)).body?.cancel();
    expect(await server.closed(1)).toBe(true);
    const abort = new AbortController();
    const reading = (await make().fetch(server.url, { signal: abort.signal })).text();
    abort.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    expect(await server.closed(2)).toBe(true);
  });

  it('refuses calls over its bound with OVERLOADED, and takes them again when there is room', async () => {
    const responses: (() => void)[] = [];
    await using server = await startWireServer((response) => void responses.push(() => response.end('x')));
    const { fetch } = make({ callsMax: 1 });
    const first = fetch(server.url);
    await expect(fetch(server.url)).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true });
    await vi.waitUntil(() => responses.length === 1);
    responses[0]?.();
    expect(await (await first).text()).toBe('x');
    const second = fetch(server.url);
    await vi.waitUntil(() => responses.length === 2);
    responses[1]?.();
    expect(await (await second).text()).toBe('x');
  });

  it('rejects when no server listens, and when the connection is cut in the middle', async () => {
    await using server = await startWireServer((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('x', () => response.destroy());
    });
    const response = await make().fetch(server.url);
    await expect(response.text()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    await expect(make().fetch('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
