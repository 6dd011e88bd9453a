import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createZstdDecompress, constants as zlib } from 'node:zlib';
import { BadRequest } from '../problem.ts';

/** The largest window of zstd as a power of two: the 8 MiB that RFC 9659 lets clients use over HTTP. */
const zstdWindowLogMax = 23;

const decoders = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress({ params: { [zlib.ZSTD_d_windowLogMax]: zstdWindowLogMax } }),
} satisfies Readonly<Record<string, () => Transform>>;

type ContentEncoding = keyof typeof decoders;

function isEncoding(name: string): name is ContentEncoding {
  return Object.hasOwn(decoders, name);
}

/** The encoding of a body; undefined: it comes as it is. Throws BadRequest 415 for one that is not decoded here. */
export function readContentEncoding(header: string | undefined): ContentEncoding | undefined {
  const name = header?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return undefined;
  if (isEncoding(name)) return name;
  throw new BadRequest(
    415,
    'Send the body with the content-encoding gzip, br or zstd, one of them alone, or without any.',
  );
}

/** How much may come out of an encoded body. */
export interface DecodedBounds {
  readonly bytesMax: number;
  /** Counts bytes that are held; throws where no more may be. */
  add(bytes: number): void;
  remove(bytes: number): void;
}

/**
 * The body without its encoding, decoded piece by piece: a small body never grows to more than `bytesMax` and one piece. Rejects with
 * BadRequest: 413 where there is more, 400 for what the encoding does not have; and with what `add` throws.
 */
export async function decodeBody(
  body: Buffer,
  encoding: ContentEncoding,
  { bytesMax, add, remove }: DecodedBounds,
): Promise<Buffer> {
  const decoder: Transform = decoders[encoding]();
  const chunks: Buffer[] = [];
  let bytes = 0;
  let held = 0;
  decoder.end(body);
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        throw new BadRequest(413, `The decoded body is larger than the ${bytesMax} bytes that are allowed.`);
      }
      add(chunk.length);
      held += chunk.length;
      chunks.push(chunk);
    }
  } catch (error) {
    throw isOfZlib(error) ? new BadRequest(400, `The body is no valid ${encoding}.`) : error;
  } finally {
    remove(held);
    decoder.destroy();
  }
  return Buffer.concat(chunks);
}

/** Whether zlib has thrown it: its errors alone have both. */
function isOfZlib(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && 'code' in error;
}
