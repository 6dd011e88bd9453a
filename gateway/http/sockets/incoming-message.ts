import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { HeddleError } from '#core/errors.ts';
import { expectError } from '#core/expect-error.ts';
import type { Client } from '../../auth/client-use.ts';
import { chooseBodyBounds } from '../../limits.ts';
import type { GatewayServices } from '../services.ts';

/** Close codes of WebSockets (RFC 6455, section 7.4). */
export const goingAway = 1001;
export const tryAgainLater = 1013;
const messageTooBig = 1009;
/** Most bytes that one read of a connection brings. */
const readBytesMax = 64 * 1024;
/** Of a control frame of a client, beside what it carries. */
const controlFrameBytes = 6;

/**
 * Counts the bytes of the message that a WebSocket is receiving: ws holds them until the message is complete. Before the
 * caller has shown a key the message must be small, as a body without a key.
 */
export class IncomingMessageBytes {
  readonly #services: GatewayServices;
  readonly #socket: WebSocket;
  readonly #client: Client;
  readonly #isCall: boolean;
  #hasKey = false;
  #bytes = 0;
  #begunMs = 0;

  constructor(
    services: GatewayServices,
    {
      socket,
      client,
      wire,
      isCall = false,
    }: {
      readonly socket: WebSocket;
      readonly client: Client;
      readonly wire: Socket;
      /** True where messages call AI models: they may be larger. */
      readonly isCall?: boolean;
    },
  ) {
    this.#services = services;
    this.#socket = socket;
    this.#client = client;
    this.#isCall = isCall;
    // Before ws looks at it: a message that is complete with this read is released by it.
    wire.prependListener('data', (chunk: Buffer) => this.#receive(chunk.length));
    socket.on('ping', (data: Buffer) => this.#forget(data.length + controlFrameBytes));
    socket.on('pong', (data: Buffer) => this.#forget(data.length + controlFrameBytes));
    socket.once('close', () => this.#forget(this.#bytes));
  }

  /** The caller has shown a key: messages may be larger. */
  admit(): void {
    const bytes = this.#bytes;
    this.#forget(bytes);
    this.#hasKey = true;
    if (bytes > 0) this.#receive(bytes);
  }

  /** A message is complete: false, and the socket closes, where it is too large for its caller. */
  complete(bytes: number): boolean {
    this.#forget(this.#bytes);
    if (bytes <= this.#chooseBounds().bytesMax) return true;
    this.#socket.close(messageTooBig, 'Message too big');
    return false;
  }

  /** Disconnects a client when its message takes too long. */
  refuseSlow(nowMs: number): void {
    if (this.#bytes === 0) return;
    const { timeoutMs } = this.#chooseBounds();
    if (nowMs - this.#begunMs > timeoutMs) this.#socket.terminate();
  }

  #chooseBounds(): ReturnType<typeof chooseBodyBounds> {
    return chooseBodyBounds(this.#services.limits, !this.#hasKey, this.#isCall);
  }

  #receive(bytes: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    try {
      this.#services.clients.addBytes(this.#client.use, bytes, !this.#hasKey);
    } catch (error) {
      expectError(error, HeddleError);
      this.#socket.close(tryAgainLater, 'Try again later');
      return;
    }
    if (this.#bytes === 0) this.#begunMs = performance.now();
    this.#bytes += bytes;
    const { bytesMax } = this.#chooseBounds();
    // What is complete within this read is not counted twice, so one read more than the message is no message too large.
    if (this.#bytes > bytesMax + readBytesMax) this.#socket.close(messageTooBig, 'Message too big');
  }

  #forget(bytes: number): void {
    const forgotten = Math.min(bytes, this.#bytes);
    this.#bytes -= forgotten;
    this.#services.clients.removeBytes(this.#client.use, forgotten, !this.#hasKey);
  }
}
