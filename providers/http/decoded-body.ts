import { PassThrough, pipeline, Readable, type Transform } from 'node:stream';
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

// What has been sent is given at once, and a body that lacks its trailer is given as far as it goes.
const zlibOptions = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotliOptions = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};
const zstdOptions = { flush: constants.ZSTD_e_flush, finishFlush: constants.ZSTD_e_flush };

const decoders: Readonly<Record<string, (first: number) => Transform>> = {
  gzip: () => createGunzip(zlibOptions),
  'x-gzip': () => createGunzip(zlibOptions),
  // By the book in zlib's format, which begins with an 8 in its lower half; some servers leave it out.
  deflate: (first) => ((first & 0x0f) === 8 ? createInflate(zlibOptions) : createInflateRaw(zlibOptions)),
  br: () => createBrotliDecompress(brotliOptions),
  zstd: () => createZstdDecompress(zstdOptions),
};

/** The codings of a `content-encoding` header (RFC 9110, 8.4) in the order in which they are taken off. */
export function readCodings(header: string | null): readonly string[] {
  if (header === null) return [];
  const codings = header.split(',').map((coding) => coding.trim().toLowerCase());
  return codings.filter((coding) => coding !== '' && coding !== 'identity').reverse();
}

/** A body without its codings: decompressed as it is read, and no further ahead than a few buffers. */
export class DecodedBody implements EncodedBody {
  readonly #source: EncodedBody;
  readonly #codings: readonly string[];
  readonly #bytesMax: number;
  #bytes = 0;
  #chunks: AsyncIterator<Uint8Array> | null = null;

  constructor(source: EncodedBody, codings: readonly string[], bytesMax: number) {
    this.#source = source;
    this.#codings = codings;
    this.#bytesMax = bytesMax;
  }

  async read(): Promise<Uint8Array | null> {
    this.#chunks ??= await this.#open();
    const { value, done } = await this.#chunks.next();
    if (done === true) return null;
    this.#bytes += value.byteLength;
    if (this.#bytes > this.#bytesMax) {
      const error = new Error(`The response is larger than ${this.#bytesMax} bytes.`);
      this.abort(error);
      throw error;
    }
    return value;
  }

  abort(reason: unknown): void {
    this.#source.abort(reason);
  }

  release(): void {
    this.#source.release();
    void this.#chunks?.return?.();
  }

  async #open(): Promise<AsyncIterator<Uint8Array>> {
    const first = await this.#source.read();
    const unknown = this.#codings.find((coding) => decoders[coding] === undefined);
    if (unknown !== undefined || this.#codings.length > codingsMax) {
      throw new Error(`The response has a content encoding that is not read: ${this.#codings.join(', ')}.`);
    }
    if (first === null) return new PassThrough().end()[Symbol.asyncIterator]();
    const source = this.#source;
    async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
      for (let chunk = first; chunk !== null; chunk = await source.read()) yield chunk;
    }
    const stages = this.#codings.map((coding) => decoders[coding]?.(first[0] ?? 0) ?? new PassThrough());
    const last = stages.at(-1) ?? new PassThrough();
    // Its errors come out of the last stage, where they are read.
    pipeline([Readable.from(chunks()), ...stages], () => undefined);
    return last[Symbol.asyncIterator]();
  }
}
