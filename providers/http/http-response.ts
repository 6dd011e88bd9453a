import { DecodedBody, type EncodedBody, readCodings } from './decoded-body.ts';
import type { ExchangeHead } from './exchange.ts';
import { ResponseHeaders } from './response-headers.ts';

function isPlain(chunk: Uint8Array): chunk is Uint8Array<ArrayBuffer> {
  return chunk.buffer instanceof ArrayBuffer;
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(chunks));
}

/** Keeps nothing from one whole text to the next. */
const decoder = new TextDecoder();

/** A fetch Response over an Exchange, its content codings taken off. `read()` is the cheap way to its bytes; `body` is made on the first read. */
export class HttpResponse implements Response {
  readonly #source: EncodedBody;
  #body: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  #used = false;
  readonly headers: ResponseHeaders;
  readonly ok: boolean;
  readonly redirected = false;
  readonly status: number;
  readonly statusText: string;
  readonly type = 'default';
  readonly url: string;

  constructor(exchange: EncodedBody, head: ExchangeHead, url: string, bytesMax: number) {
    this.headers = new ResponseHeaders(head.headers);
    const codings = readCodings(this.headers.get('content-encoding'));
    this.#source = codings.length === 0 ? exchange : new DecodedBody(exchange, codings, bytesMax);
    this.ok = head.status >= 200 && head.status < 300;
    this.status = head.status;
    this.statusText = head.statusText;
    this.url = url;
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  /** The next bytes of the body, null at its end. */
  read(): Promise<Uint8Array | null> {
    this.#used = true;
    return this.#source.read();
  }

  /** Closes the connection unless the body has been read to its end. */
  cancel(reason: unknown): void {
    this.#source.abort(reason);
  }

  /** The answer is complete though the connection is not: lets it end by itself, so that it can be used again. */
  release(): void {
    this.#source.release();
  }

  /** Pulls from the connection only when it is read: nothing is read ahead. */
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#body ??= new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: async (controller) => {
          const chunk = await this.read();
          if (chunk === null) controller.close();
          else controller.enqueue(isPlain(chunk) ? chunk : new Uint8Array(chunk));
        },
        cancel: (reason) => this.cancel(reason),
      },
      { highWaterMark: 0 },
    );
    return this.#body;
  }

  readonly bytes = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const chunks: Uint8Array[] = [];
    for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) chunks.push(chunk);
    return join(chunks);
  };

  readonly text = async (): Promise<string> => {
    const first = await this.read();
    if (first === null) return '';
    const chunks: Uint8Array[] = [first];
    for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) chunks.push(chunk);
    return decoder.decode(chunks.length === 1 ? first : join(chunks));
  };

  readonly json = async (): Promise<unknown> => JSON.parse(await this.text());
  readonly arrayBuffer = async (): Promise<ArrayBuffer> => (await this.bytes()).buffer;
  readonly blob = async (): Promise<Blob> => new Blob([await this.bytes()]);

  readonly formData = (): Promise<FormData> => {
    throw new TypeError('Form data is not read by this fetch.');
  };

  readonly clone = (): Response => {
    throw new TypeError('A response of this fetch cannot be cloned.');
  };
}
