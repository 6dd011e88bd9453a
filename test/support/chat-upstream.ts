import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A body of chat completions, as far as tests look. */
export interface ChatUpstreamBody {
  readonly model: string;
  readonly messages: readonly Record<string, unknown>[];
  readonly stream?: boolean;
  readonly [field: string]: unknown;
}

/** A server of chat completions that a test writes: what it got, and how each call ended. */
export interface ChatUpstream extends AsyncDisposable {
  readonly url: string;
  readonly bodies: readonly ChatUpstreamBody[];
  /** Resolves when a client has left before its answer was whole. */
  readonly left: Promise<void>;
}

export type AnswerChat = (body: ChatUpstreamBody, response: ServerResponse, number: number) => unknown;

/** Listens on a free port of the loopback interface. */
export async function openChatUpstream(answer: AnswerChat): Promise<ChatUpstream> {
  const bodies: ChatUpstreamBody[] = [];
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    response.once('close', () => {
      if (!response.writableFinished) leave();
    });
    void readBody(request).then((text) => {
      const body = JSON.parse(text) as ChatUpstreamBody;
      bodies.push(body);
      answer(body, response, bodies.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    bodies,
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

const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };

/** One choice of an answer: its message, and why it ended. */
export interface ChatChoice {
  readonly message: Readonly<Record<string, unknown>>;
  readonly finish?: string;
  readonly logprobs?: object;
}

/** Answers with the choices, whole or streamed as the request asks. */
export function sendChoices(
  { stream }: ChatUpstreamBody,
  response: ServerResponse,
  choices: readonly ChatChoice[],
): void {
  if (stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' });
    const whole = choices.map(({ message, finish = 'stop', logprobs }, index) => ({
      index,
      message: { role: 'assistant', ...message },
      finish_reason: finish,
      ...(logprobs === undefined ? {} : { logprobs }),
    }));
    response.end(JSON.stringify({ choices: whole, usage }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [index, { message, finish = 'stop', logprobs }] of choices.entries()) {
    const delta = {
      index,
      delta: message,
      finish_reason: null,
      ...(logprobs === undefined ? {} : { logprobs }),
    };
    response.write(`data: ${JSON.stringify({ choices: [delta] })}\n\n`);
    response.write(`data: ${JSON.stringify({ choices: [{ index, delta: {}, finish_reason: finish }] })}\n\n`);
  }
  response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
}

export function sendChatText(body: ChatUpstreamBody, response: ServerResponse, content: string): void {
  sendChoices(body, response, [{ message: { content } }]);
}

export function sendChatCall(
  body: ChatUpstreamBody,
  response: ServerResponse,
  id: string,
  name: string,
  given: string,
): void {
  const call = { index: 0, id, type: 'function', function: { name, arguments: given } };
  sendChoices(body, response, [{ message: { content: null, tool_calls: [call] }, finish: 'tool_calls' }]);
}
