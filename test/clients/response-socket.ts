import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { z } from 'zod';
import {
  checkEventOrder,
  eventSchema,
  type ParsedEvent,
  type responseSchema,
  socketErrorSchema,
} from '#test/support/response-schemas.ts';

export type SocketError = z.infer<typeof socketErrorSchema>;
type Ended = z.infer<typeof responseSchema>;

/** A client of the WebSocket at /v1/responses that checks each message against its schema. */
export class ResponseSocket implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #messages: AsyncIterator<unknown[]>;

  private constructor(socket: WebSocket, messages: AsyncIterator<unknown[]>) {
    this.#socket = socket;
    this.#messages = messages;
  }

  /** Rejects where the upgrade is refused. */
  static async open(
    url: string,
    key: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ResponseSocket> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/responses`, {
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
    // Before the handshake has ended: no message is missed.
    const messages = receive(socket);
    await once(socket, 'open');
    return new ResponseSocket(socket, messages);
  }

  get closed(): Promise<unknown[]> {
    return once(this.#socket, 'close');
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async next(): Promise<Record<string, unknown>> {
    const { value } = await this.#messages.next();
    return JSON.parse(String(value?.[0]));
  }

  /** The events of the next response up to its end, in their order, or the error in place of it. */
  async receive(): Promise<readonly ParsedEvent[] | SocketError> {
    const events: ParsedEvent[] = [];
    for (;;) {
      const message = await this.next();
      if (message.type === 'error') return socketErrorSchema.parse(message);
      const event = eventSchema.parse(message);
      events.push(event);
      if (!/^response\.(?:completed|incomplete|failed)$/.test(event.type)) continue;
      checkEventOrder(events);
      return events;
    }
  }

  async create(body: object): Promise<Ended> {
    this.send({ type: 'response.create', ...body });
    const events = await this.receive();
    if (!Array.isArray(events)) throw new Error(`A response was refused: ${JSON.stringify(events)}`);
    return (events.at(-1) as { readonly response: Ended }).response;
  }

  async refused(message: unknown): Promise<SocketError> {
    this.send(message);
    const answer = await this.receive();
    if (!('error' in answer)) throw new Error('A response was created.');
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = this.closed;
    this.#socket.terminate();
    await closed;
  }
}

/** Messages wait in a list until they are read. */
function receive(socket: WebSocket): AsyncIterator<unknown[]> {
  const waiting: unknown[][] = [];
  let wake = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    waiting.push([data]);
    wake.resolve();
  });
  socket.on('close', () => wake.resolve());
  return {
    async next() {
      for (;;) {
        const message = waiting.shift();
        if (message !== undefined) return { done: false, value: message };
        if (socket.readyState === WebSocket.CLOSED) throw new Error('The WebSocket closed.');
        await wake.promise;
        wake = Promise.withResolvers();
      }
    },
  };
}
