import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A body of Anthropic's messages, as far as tests look. */
export interface MessagesUpstreamBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly stream?: boolean;
  readonly [field: string]: unknown;
}

export interface MessagesUpstreamRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: MessagesUpstreamBody;
}

export type AnswerMessages = (
  request: MessagesUpstreamRequest,
  response: ServerResponse,
  number: number,
) => unknown;

/** A server of Anthropic's messages that a test writes: what it got, and whether a client has left it. */
export interface MessagesUpstream extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly MessagesUpstreamRequest[];
  /** Resolves when a client has left before its answer was whole. */
  readonly left: Promise<void>;
}

/** Listens on a free port of the loopback interface. */
export async function openMessagesUpstream(answer: AnswerMessages): Promise<MessagesUpstream> {
  const requests: MessagesUpstreamRequest[] = [];
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    response.once('close', () => {
      if (!response.writableFinished) leave();
    });
    void readBody(request).then((text) => {
      const body = JSON.parse(text) as MessagesUpstreamBody;
      const asked = { path: request.url ?? '', headers: request.headers, body };
      requests.push(asked);
      answer(asked, response, requests.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    left,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

export type MessagesBlock = Readonly<Record<string, unknown>> & { readonly type: string };

const usage = {
  input_tokens: 10,
  cache_read_input_tokens: 4,
  cache_creation_input_tokens: 3,
  output_tokens: 2,
};

/** Answers with the blocks, whole or streamed as the request asks. */
export function sendBlocks(
  { body }: MessagesUpstreamRequest,
  response: ServerResponse,
  blocks: readonly MessagesBlock[],
  stop_reason = 'end_turn',
): void {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: body.model, stop_sequence: null };
  if (body.stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...message, content: blocks, stop_reason, usage }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type: string, fields: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  send('message_start', { message: { ...message, content: [], stop_reason: null, usage } });
  for (const [index, block] of blocks.entries()) {
    const { start, deltas } = splitBlock(block);
    send('content_block_start', { index, content_block: start });
    for (const delta of deltas) send('content_block_delta', { index, delta });
    send('content_block_stop', { index });
  }
  send('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 2 } });
  send('message_stop', {});
  response.end();
}

/** A block as it is streamed. */
function splitBlock(block: MessagesBlock): { readonly start: object; readonly deltas: readonly object[] } {
  switch (block.type) {
    case 'text':
      return {
        start: { type: 'text', text: '' },
        deltas: String(block.text)
          .split(/(?<= )/)
          .map((text) => ({ type: 'text_delta', text })),
      };
    case 'thinking':
      return {
        start: { type: 'thinking', thinking: '', signature: '' },
        deltas: [
          { type: 'thinking_delta', thinking: block.thinking },
          { type: 'signature_delta', signature: block.signature },
        ],
      };
    case 'tool_use': {
      const input = JSON.stringify(block.input);
      const half = Math.floor(input.length / 2);
      return {
        start: { ...block, input: {} },
        deltas: [input.slice(0, half), input.slice(half)].map((partial_json) => ({
          type: 'input_json_delta',
          partial_json,
        })),
      };
    }
    default:
      return { start: block, deltas: [] };
  }
}
