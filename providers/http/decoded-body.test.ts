import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeProvider } from '../registry/registry.ts';
import { ask } from '../testing/calls.ts';
import { startWireServer } from '../testing/wire-server.ts';
import { DecodedBody, readCodings } from './decoded-body.ts';
import { createHttpFetch } from './http-fetch.ts';

const text = 'Grüße, 世界 🙂. '.repeat(200);

const encoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  'deflate without the header of zlib': (bytes) => deflateRawSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
};
const readEncoding = (encoder: string) => encoder.split(' ')[0] ?? '';
const names = Object.keys(encoders);

/** Reads a body of these pieces; notes why its connection was closed. */
function setup(header: string, pieces: readonly Uint8Array[], bytesMax = 1024 * 1024) {
  const rest = [...pieces];
  const aborted: unknown[] = [];
  const source = {
    read: async () => rest.shift() ?? null,
    abort: (reason: unknown) => void aborted.push(reason),
    release: () => undefined,
  };
  const body = new DecodedBody(source, readCodings(header), bytesMax);
  const read = async () => {
    const chunks: Uint8Array[] = [];
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  return { read, aborted };
}

const encode = (...encoding: readonly string[]) =>
  encoding.reduce<Buffer>((bytes, encoder) => encoders[encoder]?.(bytes) ?? bytes, Buffer.from(text));
const byByte = (bytes: Buffer) => Array.from(bytes, (byte) => Uint8Array.of(byte));

describe('a body with content codings', () => {
  const pairs = names.flatMap((first) => names.map((second) => [first, second]));

  it.each([...names.map((name) => [name]), ...pairs])('is read: %s %s', async (...encoding) => {
    const applied = encoding.filter((name) => name !== undefined);
    const header = applied.map(readEncoding).join(', ');
    const bytes = encode(...applied);
    expect(await setup(header, [bytes]).read()).toBe(text);
    expect(await setup(header, byByte(bytes)).read()).toBe(text);
  });

  it.each([
    ['GZIP', ['gzip']],
    [' gzip , , identity', ['gzip']],
    ['x-gzip', ['gzip']],
    ['gzip, gzip, gzip', ['gzip', 'gzip', 'gzip']],
    ['identity', []],
    ['', []],
  ])('is read as the header %j states', async (header, encoding) => {
    const codings = readCodings(header);
    if (codings.length === 0) return expect(encoding).toEqual([]);
    expect(await setup(header, [encode(...encoding)]).read()).toBe(text);
  });

  it.each(names)('is empty where nothing came: %s', async (encoder) => {
    expect(await setup(readEncoding(encoder), []).read()).toBe('');
  });

  it.each(['gzip;q=1', 'compress', 'gzip compress', '__proto__', 'constructor', 'gzip, gzip, gzip, gzip'])(
    'is refused with its connection closed where a coding is not read: %j',
    async (header) => {
      const { read, aborted } = setup(header, [encode('gzip'), encode('gzip')]);
      await expect(read()).rejects.toThrow(/content encoding/);
      expect(aborted).toHaveLength(1);
    },
  );

  it.each(names)('that is damaged fails with its connection closed: %s', async (encoder) => {
    const damaged = Buffer.alloc(100, 0xff);
    const { read, aborted } = setup(readEncoding(encoder), [damaged, damaged]);
    await expect(read()).rejects.toThrow();
    expect(aborted).toHaveLength(1);
  });

  it.each(names)('that is larger than allowed fails with its connection closed: %s', async (encoder) => {
    const bytes = encoders[encoder]?.(Buffer.alloc(100_000)) ?? Buffer.alloc(0);
    const { read, aborted } = setup(readEncoding(encoder), [bytes], 99_999);
    await expect(read()).rejects.toThrow(/larger than 99999 bytes/);
    expect(aborted).toHaveLength(1);
    expect(await setup(readEncoding(encoder), [bytes], 100_000).read()).toHaveLength(100_000);
  });

  it.each([
    ['damaged', { 'content-encoding': 'gzip' }],
    ['of an unknown coding', { 'content-encoding': 'compress' }],
    ['of too many codings', { 'content-encoding': 'gzip, gzip, gzip, gzip' }],
  ])(
    'leaves no call in flight where it is %s and never ends, whatever is requested',
    async (_what, headers) => {
      await using http = createHttpFetch({ callsMax: 1 });
      await using server = await startWireServer((response) => {
        response.writeHead(200, { 'content-type': 'application/json', ...headers });
        response.write('no such bytes');
      });
      const options = { kind: 'OPENAI_COMPATIBLE', baseUrl: server.url, region: null, secret: null } as const;
      const provider = await makeProvider({ ...options, fetch: http.fetch });
      for (const [index, run] of [
        () => provider.generate(ask('m', 'q')),
        () => provider.stream(ask('m', 'q'))[Symbol.asyncIterator]().next(),
        () => provider.embed({ model: 'm', values: ['a'] }),
      ].entries()) {
        await expect(run()).rejects.toMatchObject({ code: 'PROVIDER_ERROR' });
        expect(await server.closed(index)).toBe(true);
      }
    },
  );
});
