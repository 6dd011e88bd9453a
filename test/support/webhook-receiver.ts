import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request that the receiver got. */
export interface ReceivedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A receiver of webhooks on a free port of this machine. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** What it answers with; by default status 204. */
  answer: (request: ReceivedRequest, response: ServerResponse) => void;
  /** Resolves when there are so many requests. */
  waitFor(count: number): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const waiting = new Set<() => void>();
  const usual = (_request: ReceivedRequest, response: ServerResponse) => void response.writeHead(204).end();
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const received = { headers: request.headers as Record<string, string>, body: await text(request) };
    receiver.requests.push(received);
    receiver.answer(received, response);
    for (const look of waiting) look();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests: [],
    answer: usual,
    async waitFor(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (receiver.requests.length >= count) resolve();
      };
      waiting.add(look);
      look();
      await promise;
      waiting.delete(look);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}
