import { brotliCompressSync, gzipSync, constants as zlib, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { decodeBody, readContentEncoding } from './content-encoding.ts';

const encoders = [
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const;
const text = Buffer.from(JSON.stringify({ query: '{ motd }', filler: 'x'.repeat(100_000) }));

/** Bounds that count what is held, at its highest and now. */
function countHeld(bytesMax: number) {
  const held = { now: 0, most: 0 };
  const add = (bytes: number) => {
    held.now += bytes;
    held.most = Math.max(held.most, held.now);
  };
  const remove = (bytes: number) => {
    held.now -= bytes;
  };
  return { held, bounds: { bytesMax, add, remove } };
}

describe.each(encoders)('a body encoded with %s', (encoding, encode) => {
  it('is read as it was before, in any case of the name', async () => {
    const { held, bounds } = countHeld(text.length);
    const name = readContentEncoding(` ${encoding.toUpperCase()} `) ?? 'gzip';
    expect(await decodeBody(encode(text), name, bounds)).toEqual(text);
    expect(held).toEqual({ now: 0, most: text.length });
  });

  it('is refused as soon as more comes out than is allowed, and nothing of it is held', async () => {
    const bytesMax = 1_000_000;
    const { held, bounds } = countHeld(bytesMax);
    const bomb = encode(Buffer.alloc(64 * bytesMax));
    expect(bomb.length).toBeLessThan(bytesMax / 10);
    await expect(decodeBody(bomb, encoding, bounds)).rejects.toMatchObject({ status: 413 });
    expect(held.now).toBe(0);
    expect(held.most).toBeLessThanOrEqual(bytesMax);
  });

  it.each([
    ['is cut off', encode(text).subarray(0, -5)],
    ['is something else', text],
    ['is empty', Buffer.alloc(0)],
  ])('is refused where it %s', async (_what, body) => {
    const { held, bounds } = countHeld(text.length);
    await expect(decodeBody(body, encoding, bounds)).rejects.toMatchObject({
      status: 400,
      message: `The body is no valid ${encoding}.`,
    });
    expect(held.now).toBe(0);
  });

  it('is refused with the reason where no more bytes may be held', async () => {
    const full = new Error('full');
    const add = () => {
      throw full;
    };
    const bounds = { bytesMax: text.length, add, remove: () => undefined };
    await expect(decodeBody(encode(text), encoding, bounds)).rejects.toBe(full);
  });

  it('is a request like any other', async () => {
    await using sample = await startSampleGateway();
    const post = (body: Uint8Array<ArrayBuffer>) =>
      fetch(`${sample.url}/graphql`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${sampleKey}`,
          'content-type': 'application/json',
          'content-encoding': encoding,
        },
        body,
      });
    const answer = await post(new Uint8Array(encode('{"query":"{ motd }"}')));
    expect([answer.status, await answer.json()]).toEqual([200, { data: { motd: 'hello' } }]);
    expect((await post(new Uint8Array(encode(Buffer.alloc(2 * 1024 * 1024, ' '))))).status).toBe(413);
  });
});

it('a body of zstd with a window that HTTP does not allow takes no memory for it', async () => {
  const params = { [zlib.ZSTD_c_windowLog]: 27 };
  const body = zstdCompressSync(Buffer.alloc(16 * 1024 * 1024), { params });
  const { bounds } = countHeld(32 * 1024 * 1024);
  await expect(decodeBody(body, 'zstd', bounds)).rejects.toMatchObject({ status: 400 });
});

it('a body is of no encoding, or of one that is decoded', () => {
  for (const header of [undefined, '', 'identity', ' Identity ']) {
    expect(readContentEncoding(header)).toBeUndefined();
  }
  for (const header of ['deflate', 'gzip, br', 'compress', 'toString', 'constructor']) {
    expect(() => readContentEncoding(header)).toThrow(/gzip, br or zstd/);
  }
});
