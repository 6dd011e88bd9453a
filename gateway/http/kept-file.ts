import { createHash } from 'node:crypto';
import type { Exchange } from './exchange.ts';
import { BadRequest } from './problem.ts';
import { acceptedEncoding, compress, type Encoding } from './send.ts';

/** How a file is sent. */
export interface KeptFileHeaders {
  readonly contentType: string;
  readonly cacheControl: string;
  /** What the answer depends on, besides `accept-encoding`. */
  readonly vary?: string;
}

interface KeptFileContent {
  readonly etag: string;
  readonly bodies: Map<Encoding, Promise<Buffer>>;
  readonly plain: Buffer;
}

/** What one file of a megabyte and more counts against its address, in refused requests. */
const weight = 4;

/** A large file of a page: it is made when it is first requested, and compressed once for all requests. */
export class KeptFile {
  readonly #name: string;
  readonly #make: () => Promise<Buffer>;
  #content: Promise<KeptFileContent> | undefined;

  /** @param name begins the message to clients that take no compressed answer */
  constructor(name: string, make: () => Promise<Buffer>) {
    this.#name = name;
    this.#make = make;
  }

  /** Ends the response with the file, or with 304 where the client has it. */
  async send(
    { services, client, request, response }: Exchange,
    { contentType, cacheControl, vary }: KeptFileHeaders,
  ): Promise<void> {
    const { etag, bodies, plain } = await this.#open();
    response.setHeader('vary', vary === undefined ? 'accept-encoding' : `${vary}, accept-encoding`);
    const encoding = acceptedEncoding(request.headers['accept-encoding']);
    if (encoding === undefined) {
      throw new BadRequest(
        406,
        `${this.#name} has several megabytes: accept-encoding must allow br or gzip.`,
      );
    }
    const isUnchanged = request.headers['if-none-match']?.includes(etag) === true;
    let bytes: Buffer | undefined;
    if (!isUnchanged) {
      services.clients.weigh(client.use, weight);
      const body = bodies.get(encoding) ?? compress(encoding, plain);
      bodies.set(encoding, body);
      bytes = await body;
    }
    response.setHeader('cache-control', cacheControl);
    response.setHeader('etag', etag);
    if (bytes === undefined) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, {
      'content-type': contentType,
      'content-encoding': encoding,
      'content-length': bytes.length,
    });
    response.end(bytes);
  }

  #open(): Promise<KeptFileContent> {
    this.#content ??= this.#make().then((plain) => ({
      etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
      bodies: new Map(),
      plain,
    }));
    // Any error: each request that waits for the file receives it.
    this.#content.catch(() => {
      this.#content = undefined;
    });
    return this.#content;
  }
}
