import { pipeline, Readable, type Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';

/** The body of a response before its codings are taken off. */
export interface EncodedBody {
  read(): Promise<Uint8Array | null>;
  abort(reason: unknown): void;
  release(): void;
}

/** More codings on one body are an attack, or a mistake. */
const codingsMax = 3;

// What has been sent is returned at once, and a body that lacks its trailer is returned up to where it ends.
const zlibOptions = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotliOptions = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};
const zstdOptions = { flush: constants.ZSTD_e_flush, finishFlush: constants.ZSTD_e_flush };

/** By coding, from the first byte of what it decodes. */
const decoders = new Map<string, (first: number) => Transform>([
  ['gzip', () => createGunzip(zlibOptions)],
  ['x-gzip', () => createGunzip(zlibOptions)],
  // By the book in zlib's format, which begins with an 8 in its lower half; some servers leave it out.
  ['deflate', (first) => ((first & 0x0f) === 8 ? createInflate(zlibOptions) : createInflateRaw(zlibOptions))],
  ['br', () => createBrotliDecompress(brotliOptions)],
  ['zstd', () => createZstdDecompress(zstdOptions)],
]);

/** The codings of a `content-encoding` header (RFC 9110, 8.4) in the order in which they are taken off. */
export function readCodings(header: string | null): readonly string[] {
  if (header === null) return [];
  const codings = header.split(',').map((coding) => coding.trim().toLowerCase());
  return codings.filter((coding) => coding !== '' && coding !== 'identity').reverse();
}

type Chunks = AsyncGenerator<Uint8Array, void, undefined>;

async function* readAll(source: EncodedBody): Chunks {
  for (let chunk = await source.read(); chunk !== null; chunk = await source.read()) yield chunk;
}

async function* decode(encoded: Chunks, create: (first: number) => Transform): Chunks {
  const { value: first, done } = await encoded.next();
  if (done === true) return;
  async function* all(): Chunks {
    yield first as Uint8Array;
    yield* encoded;
  }
  const decoder = create(first[0] ?? 0);
  // Its errors come out of the decoder, where they are read.
  pipeline(Readable.from(all()), decoder, () => undefined);
  yield* decoder;
}

/** A body without its codings: decompressed as it is read, and no further ahead than a few buffers. */
export class DecodedBody implements EncodedBody {
  readonly #source: EncodedBody;
  readonly #codings: readonly string[];
  readonly #bytesMax: number;
  #bytes = 0;
  #chunks: Chunks | null = null;

  constructor(source: EncodedBody, codings: readonly string[], bytesMax: number) {
    this.#source = source;
    this.#codings = codings;
    this.#bytesMax = bytesMax;
  }

  /** The next bytes, null at the end. What fails here closes the connection: nothing more is read from it. */
  async read(): Promise<Uint8Array | null> {
    try {
      this.#chunks ??= this.#open();
      const { value, done } = await this.#chunks.next();
      if (done === true) return null;
      this.#bytes += value.byteLength;
      if (this.#bytes > this.#bytesMax) {
        throw new Error(`The response is larger than ${this.#bytesMax} bytes.`);
      }
      return value;
    } catch (error) {
      this.abort(error);
      throw error;
    }
  }

  abort(reason: unknown): void {
    this.#source.abort(reason);
  }

  release(): void {
    this.#source.release();
    void this.#chunks?.return();
  }

  #open(): Chunks {
    const creates = this.#codings.map((coding) => decoders.get(coding));
    if (creates.length > codingsMax || creates.includes(undefined)) {
      throw new Error(`The response has a content encoding that is not read: ${this.#codings.join(', ')}.`);
    }
    return creates
      .filter((create) => create !== undefined)
      .reduce((chunks, create) => decode(chunks, create), readAll(this.#source));
  }
}
