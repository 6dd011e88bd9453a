import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Document, deserialize, serialize } from 'bson';

const OP_MSG = 2013;
const HEADER_BYTES = 16;

/** A client that can say what no driver would: bytes out, whole messages in. */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly #replies: Document[] = [];
  #bytes = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#collect();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  /** @param uri of a store, on TCP or on a unix socket: `mongodb://%2Fpath%2Fto.sock/…` */
  static async open(uri: string): Promise<RawClient> {
    const { hostname, port } = new URL(uri);
    const socket = port === '' ? connect({ path: parseSocketPath(uri) }) : connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Sends a command and gives its answer; undefined when the server closed the connection instead. */
  async command(document: Document): Promise<Document | undefined> {
    this.send(opMsg(document));
    return await this.reply();
  }

  /** The next answer; undefined once the connection is closed. */
  async reply(): Promise<Document | undefined> {
    while (this.#replies.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#replies.shift();
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    if (!this.#closed) await once(this.socket, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed();
  }

  #collect(): void {
    while (this.#bytes.length >= HEADER_BYTES && this.#bytes.length >= this.#bytes.readInt32LE(0)) {
      const length = this.#bytes.readInt32LE(0);
      const document = this.#bytes.subarray(HEADER_BYTES + 5, length);
      this.#replies.push(deserialize(document, { promoteLongs: false }));
      this.#bytes = this.#bytes.subarray(length);
    }
    this.#wake?.();
  }
}

/** The path of the unix socket that a store's URI names. */
export function parseSocketPath(uri: string): string {
  const host = /^mongodb:\/\/([^/?]+)/.exec(uri)?.[1];
  if (host === undefined) throw new Error('the URI names no socket');
  return decodeURIComponent(host);
}

/** A message of any opcode, with a right header unless `length` says otherwise. */
export function message(opcode: number, body: Uint8Array, length = HEADER_BYTES + body.length): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  bytes.writeInt32LE(length, 0);
  bytes.writeInt32LE(7, 4);
  bytes.writeInt32LE(opcode, 12);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** An OP_MSG of one document section; the document may be given as raw bytes. */
export function opMsg(document: Document | Uint8Array, flags = 0): Buffer {
  const bson = document instanceof Uint8Array ? document : serialize(document);
  const body = Buffer.alloc(5 + bson.length);
  body.writeUInt32LE(flags, 0);
  body.set(bson, 5);
  return message(OP_MSG, body);
}
