import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Provider, ProviderKind } from '../provider.ts';
import { makeProvider } from '../registry/registry.ts';

export interface ServedRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A provider's end of the wire, scripted by the test. */
export interface WireServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ServedRequest[];
  /** Resolves when the response to request `index` is over: true when the client cut it short. */
  closed(index: number): Promise<boolean>;
  /** Connections accepted so far. */
  readonly connections: number;
}

type Script = (response: ServerResponse, request: ServedRequest) => void | Promise<void>;

export async function startWireServer(script: Script): Promise<WireServer> {
  const requests: ServedRequest[] = [];
  const closings: Promise<boolean>[] = [];
  let connections = 0;
  const server: Server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { url = '', headers } = incoming;
      const request = { path: url, headers, body: Buffer.concat(chunks).toString() };
      closings.push(once(response, 'close').then(() => !response.writableFinished));
      requests.push(request);
      void script(response, request);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    closed: async (index) => {
      const closing = closings[index];
      if (closing === undefined) throw new Error(`No request ${index} came.`);
      return closing;
    },
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Server-sent events of chat completions. */
export function sse(...events: readonly (object | '[DONE]')[]): string {
  return events
    .map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
    .join('');
}

/** An event that names its type. */
export interface NamedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Server-sent events that name their type. */
export function namedSse(...events: readonly NamedEvent[]): string {
  return events.map((event) => `event: ${event.type}\n${sse(event)}`).join('');
}

/** A chunk of a chat completion with one choice. */
export function chunk(delta: object, finishReason: string | null = null): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
}

/** The chunk that reports the usage. */
export function usageChunk(promptTokens: number, completionTokens: number): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}

interface ServedProvider {
  readonly kind: ProviderKind;
  /** JSON, or a text as it is. */
  readonly answer: unknown;
  readonly status?: number;
  readonly secret: string;
  readonly fetch: typeof globalThis.fetch;
}

/** A server that answers so, and the provider that calls it. */
export async function serveProvider({
  kind,
  answer,
  status = 200,
  secret,
  fetch,
}: ServedProvider): Promise<{ readonly server: WireServer; readonly provider: Provider }> {
  const server = await startWireServer((response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  const provider = await makeProvider({ kind, baseUrl: server.url, region: null, secret, fetch });
  return { server, provider };
}
